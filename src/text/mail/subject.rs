//! What a subject is about, without the marks that answering and passing on leave before it: "Re:", "AW:", "Fwd:", `[EXT]`.
//!
//! RFC 5256 (section 2.1, "base subject") is the model, with two differences. The prefixes of many languages are known, not
//! those of English alone. And a tag such as `[Ticket 12]` or `[list]` stays: here the base is also what an answer's subject is
//! made of, and such a tag belongs to it.

use crate::domain::mail::as_reply_token;

/// What a prefix says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Prefix {
    Answer,
    Forward,
}

/// Prefixes in lower case: those of answers, those of what was passed on. Single letters are in [`LETTERS`]. What is an ordinary
/// word before a colon as well ("Ref: 2024-118") is left out, as a wrong guess would join what does not belong together.
const PREFIXES: &[(&str, &str)] = &[
    ("re", "fwd|fw"),                               // English, and nearly everywhere
    ("aw|antw|antwort", "wg|weitergeleitet"),       // German
    ("antw|antwoord", "doorst|doorgestuurd"),       // Dutch
    ("re|rép", "tr"),                               // French
    ("res", "enc"),                                 // Portuguese
    ("re", "rv|reenv"),                             // Spanish
    ("rif|ris", "inoltro"),                         // Italian
    ("sv|svar", "vb|videresendt"),                  // Danish, Norwegian, Swedish
    ("vs", "vl"),                                   // Finnish; elsewhere in the north VS is passed on
    ("odp|odpověď|odpoveď", "pd|přeposláno"),       // Polish, Czech, Slovak
    ("ynt|yanıt", "ilt|i\u{307}lt"),                // Turkish: the lower case of İ has its dot apart
    ("atb", "yml"),                                 // Welsh
    ("bls", "trs"),                                 // Indonesian
    ("vá|válasz", "továbbítás"),                    // Hungarian
    ("atbildēt", "pārsūtīt"),                       // Latvian
    ("απ|σχετ", "πρθ"),                             // Greek
    ("отв|ответ|відп", "пересл|переслано"),         // Russian, Ukrainian
    ("תגובה|השב", "הועבר"),                         // Hebrew
    ("رد|الرد|پاسخ", "إعادة توجيه"),                // Arabic, Persian
    ("回复|回覆|答复|答覆", "转发|转寄|轉發|轉寄"), // Chinese
    ("返信", "転送"),                               // Japanese
    ("답장|회신", "전달"),                          // Korean
    ("trả lời", "chuyển tiếp"),                     // Vietnamese
    ("ตอบ", "ส่งต่อ"),                                // Thai
];

/// Prefixes of one letter (Italian Outlook). Only as capitals, as they are written there: "i: think" is no prefix.
const LETTERS: &[(&str, Prefix)] = &[("R", Prefix::Answer), ("I", Prefix::Forward)];

/// What mail servers put before the subjects of mails from outside, in brackets or with a colon; lower case.
const OUTSIDE: &[&str] = &[
    "ext",
    "extern",
    "external",
    "externe",
    "externo",
    "esterno",
    "external email",
    "external mail",
    "external sender",
    "external message",
    "externe e-mail",
    "externe mail",
    "externe email",
];

/// Longest prefix that is looked at, in bytes: none is nearly as long.
const LONGEST: usize = 48;

/// Tags before a prefix that are looked behind.
const TAGS: usize = 8;

/// The subject without the marks of answering and passing on, whatever their number and language; runs of blanks are one.
/// Empty where there is nothing else.
pub fn base(subject: &str) -> String {
    Stripped::of(subject).base
}

/// Whether it has a mark of an answer. That it was passed on later does not matter: see [`is_forward`].
pub fn is_answer(subject: &str) -> bool {
    Stripped::of(subject).found.contains(&Prefix::Answer)
}

/// Whether the last thing that was done to it is that it was passed on: its first mark says so.
pub fn is_forward(subject: &str) -> bool {
    Stripped::of(subject).found.first() == Some(&Prefix::Forward)
}

/// The subject with a reply token behind it, in place of an older one: `Re: Where is my order? [#abcdefghabcdefgh]`.
pub fn with_token(subject: &str, token: &str) -> String {
    let mut bare = subject.trim_end();
    while let Some(before) = without_token(bare) {
        bare = before.trim_end();
    }
    format!("{bare} [#{token}]").trim_start().to_owned()
}

/// What stands before a reply token at the end.
fn without_token(text: &str) -> Option<&str> {
    let (before, token) = text.trim_end().strip_suffix(']')?.rsplit_once("[#")?;
    as_reply_token(token).map(|_| before)
}

/// A subject taken apart.
struct Stripped {
    base: String,
    /// The marks that went, the outermost first.
    found: Vec<Prefix>,
}

impl Stripped {
    fn of(subject: &str) -> Stripped {
        let words: Vec<&str> = subject.split_whitespace().collect();
        let folded = words.join(" ");
        let mut found = Vec::new();
        let mut tags: Vec<&str> = Vec::new();
        let mut rest = folded.as_str();
        loop {
            rest = rest.trim_start();
            if let Some(after) = outside(rest) {
                rest = after;
            } else if let Some((prefix, after)) = prefix(rest) {
                found.push(prefix);
                rest = after;
            } else if let Some(before) = without_token(rest) {
                rest = before.trim_end();
            } else if let Some(inner) = wrapped(rest) {
                found.push(Prefix::Forward);
                rest = inner;
            } else if let Some(before) = without_suffix(rest) {
                found.push(Prefix::Forward);
                rest = before;
            } else if let Some((tag, after)) = tag(rest).filter(|(_, after)| leads_to_prefix(after))
                && tags.len() < TAGS
            {
                // "[list] Re: words": the tag stays, what is behind it goes on being looked at.
                tags.push(tag);
                rest = after;
            } else {
                break;
            }
        }
        tags.dedup();
        // A list puts its tag before each answer: once is enough.
        if tags.last().is_some_and(|tag| rest.starts_with(tag)) {
            tags.pop();
        }
        let mut base = String::with_capacity(rest.len());
        for piece in tags.into_iter().chain([rest.trim()]).filter(|piece| !piece.is_empty()) {
            if !base.is_empty() {
                base.push(' ');
            }
            base.push_str(piece);
        }
        Stripped { base, found }
    }
}

/// A prefix at the beginning, and what is behind its colon.
fn prefix(text: &str) -> Option<(Prefix, &str)> {
    let (head, after) = to_colon(text)?;
    let word = uncounted(head);
    if let Some((_, prefix)) = LETTERS.iter().find(|(letter, _)| *letter == word) {
        return Some((*prefix, after));
    }
    let word = word.to_lowercase();
    let word = word.trim_end_matches('.');
    let among = |words: &str| !word.is_empty() && words.split('|').any(|known| known == word);
    let (answers, _) = PREFIXES.iter().find(|(answers, forwards)| among(answers) || among(forwards))?;
    Some((if among(answers) { Prefix::Answer } else { Prefix::Forward }, after))
}

/// What stands before the first colon (of Latin or of East Asian script), without blanks around it, and what stands behind.
fn to_colon(text: &str) -> Option<(&str, &str)> {
    let near = text.char_indices().take_while(|(at, _)| *at <= LONGEST);
    let (at, colon) = { near }.find(|(_, c)| matches!(c, ':' | '\u{ff1a}'))?;
    Some((text[..at].trim_end(), &text[at + colon.len_utf8()..]))
}

/// Without the number of answers: `Re[2]`, `Re^3`, `Re(2)`, `RE*2`, `Re2`.
fn uncounted(head: &str) -> &str {
    let bare = head.trim_end_matches([']', ')']);
    let word = bare.trim_end_matches(|c: char| c.is_ascii_digit());
    if word.len() == bare.len() {
        return head;
    }
    word.trim_end_matches(['[', '(', '^', '*', ' '])
}

/// A tag in square brackets at the beginning, and what is behind it.
fn tag(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_prefix('[')?;
    let end = inner.find(['[', ']']).filter(|end| inner[*end..].starts_with(']') && *end > 0)?;
    Some((&text[..end + 2], inner[end + 1..].trim_start()))
}

/// Whether tags and then a prefix follow.
fn leads_to_prefix(mut text: &str) -> bool {
    for _ in 0..TAGS {
        let Some((_, after)) = tag(text) else { break };
        text = after;
    }
    prefix(text).is_some()
}

/// What is behind a mark of mails from outside.
fn outside(text: &str) -> Option<&str> {
    let known = |word: &str| OUTSIDE.contains(&word.trim().to_lowercase().as_str());
    for (open, close) in [('[', ']'), ('(', ')'), ('{', '}'), ('<', '>'), ('*', '*')] {
        let Some(inner) = text.strip_prefix(open) else { continue };
        let inner = inner.trim_start_matches(open);
        let end = inner.char_indices().take_while(|(at, _)| *at <= LONGEST).find(|(_, c)| *c == close)?.0;
        let after = inner[end..].trim_start_matches(close);
        return known(&inner[..end]).then(|| after.trim_start().strip_prefix(':').unwrap_or(after));
    }
    let (head, after) = to_colon(text)?;
    // "Ext: 214" is a telephone: as a prefix only the long words, and "EXT" in capitals.
    (known(head) && (head.len() > 3 || head == "EXT")).then_some(after)
}

/// The inner of `[Fwd: …]` (RFC 5256: `subj-fwd-hdr`).
fn wrapped(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('[')?.strip_suffix(']')?;
    let (prefix, inner) = prefix(inner.trim_start())?;
    (prefix == Prefix::Forward).then_some(inner)
}

/// Without `(fwd)` at the end (RFC 5256: `subj-trailer`).
fn without_suffix(text: &str) -> Option<&str> {
    let text = text.trim_end();
    let cut = text.len().checked_sub("(fwd)".len())?;
    let end = text.get(cut..)?;
    end.eq_ignore_ascii_case("(fwd)").then(|| text[..cut].trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_stands_behind_a_subject_once_and_is_no_part_of_it() {
        let (one, other) = ("abcdefghabcdefgh", "23456789abcdefgh");
        let marked = with_token("Re: Where is my order?", one);
        assert_eq!(marked, "Re: Where is my order? [#abcdefghabcdefgh]");
        assert_eq!(base(&marked), "Where is my order?");
        assert_eq!(base(&format!("AW: {marked}")), "Where is my order?");
        assert!(is_answer(&format!("Re: Order [#{one}]")));
        assert_eq!(with_token(&marked, other), "Re: Where is my order? [#23456789abcdefgh]");
        assert_eq!(with_token("", one), "[#abcdefghabcdefgh]");
        assert_eq!(base("Order [#12]"), "Order [#12]", "a number of theirs");
    }

    #[test]
    fn prefixes_of_many_languages_go() {
        for subject in [
            "Invoice 2024-118",
            "Re: Invoice 2024-118",
            "RE: re: Re: Invoice 2024-118",
            "Re : Invoice  2024-118",
            "RE[2]: Invoice 2024-118",
            "Re^2: Invoice 2024-118",
            "Re (3): Invoice 2024-118",
            "Re2: Invoice\r\n\t2024-118",
            "AW: WG: Invoice 2024-118",
            "Antw: Invoice 2024-118",
            "Antw.: Doorst: Invoice 2024-118",
            "SV: VS: Invoice 2024-118",
            "RV: RIF: R: I: Invoice 2024-118",
            "Odp: PD: Invoice 2024-118",
            "YNT: \u{130}LT: Invoice 2024-118",
            "ATB: Invoice 2024-118",
            "TR: Invoice 2024-118",
            "Fwd: FW: Invoice 2024-118",
            "ENC: RES: Invoice 2024-118",
            "\u{56de}\u{590d}\u{ff1a}Invoice 2024-118",
            "\u{7b54}\u{590d}: \u{8f6c}\u{53d1}: Invoice 2024-118",
            "\u{8fd4}\u{4fe1}: Invoice 2024-118",
            "\u{41e}\u{442}\u{432}: Invoice 2024-118",
            "[EXT] Re: Invoice 2024-118",
            "Re: [External] AW: Invoice 2024-118",
            "*** EXTERNAL *** Invoice 2024-118",
            "[EXTERNAL]: Re: Invoice 2024-118",
            "EXTERNAL: Invoice 2024-118",
            "[Fwd: Invoice 2024-118]",
            "Re: [Fwd: Re: Invoice 2024-118] (fwd) (FWD)",
            "  Re:\u{a0}Invoice 2024-118  ",
        ] {
            assert_eq!(base(subject), "Invoice 2024-118", "{subject}");
        }
    }

    #[test]
    fn what_only_looks_like_a_prefix_stays() {
        for subject in [
            "Regarding: the order",
            "i: think",
            "r: 5 cm",
            "Tr\u{e4}ume: ein Buch",
            "Ref: 2024-118",
            ": x",
            "Ext: 214 does not answer",
            "Meeting: 10:30",
            "Re",
            "Refund (fwd",
            "[Ticket 12] words",
            "[]: x",
            "[[a] b",
            "(external) hard disk [new]".strip_prefix("(external) ").unwrap_or_default(),
        ] {
            assert_eq!(base(subject), subject, "{subject}");
            assert!(!is_answer(subject) && !is_forward(subject), "{subject}");
        }
    }

    #[test]
    fn tags_of_lists_and_tickets_stay_once() {
        for (subject, want) in [
            ("[acme] Re: lost parcel", "[acme] lost parcel"),
            ("Re: [acme] lost parcel", "[acme] lost parcel"),
            ("[acme] Re: [acme] lost parcel", "[acme] lost parcel"),
            ("Re: [a] [b] AW: lost parcel", "[a] [b] lost parcel"),
            ("Fwd: [Ticket 12] Re: lost parcel", "[Ticket 12] lost parcel"),
        ] {
            assert_eq!(base(subject), want, "{subject}");
        }
    }

    #[test]
    fn nothing_but_marks_is_nothing() {
        for subject in ["", " ", "Re:", "Re: AW: ", "[EXT]", "Fwd: (fwd)"] {
            assert_eq!(base(subject), "", "{subject}");
        }
    }

    #[test]
    fn an_answer_and_what_was_passed_on_are_told_apart() {
        assert!(is_answer("Re: x") && !is_forward("Re: x"));
        assert!(is_answer("Re: Fwd: x") && !is_forward("Re: Fwd: x"));
        assert!(is_answer("WG: AW: x") && is_forward("WG: AW: x"));
        assert!(!is_answer("Fwd: x") && is_forward("Fwd: x"));
        assert!(is_forward("[Fwd: x]") && is_forward("x (fwd)"));
        assert!(is_answer("[list] Re: x") && is_answer("[EXT] \u{56de}\u{590d}\u{ff1a}x"));
    }

    #[test]
    fn base_of_a_base_is_itself() {
        for subject in ["Re: [a] Re: [EXT] b: (fwd)", "[Fwd: [Fwd: x]]", "Re: I: R: [x] [y]", "a (fwd) b"] {
            let once = base(subject);
            assert_eq!(base(&once), once, "{subject}");
        }
    }
}
