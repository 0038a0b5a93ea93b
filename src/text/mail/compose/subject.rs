//! The subject of an answer and of what is passed on: one "Re: " or "Fwd: ", whatever stood before.

use crate::text::mail::subject::{base, is_answer, is_forward};

/// The subject of an answer. Marks of answers become one "Re: " (RFC 5322, section 3.6.5); that a mail was passed on before
/// is a part of its subject and stays as it is: the other side's program finds the conversation by it.
pub fn answer(subject: &str) -> String {
    marked("Re:", subject, is_only_answer, |rest| is_forward(rest).then(|| rest.to_owned()))
}

/// The subject of what is passed on. Marks of passing on become one "Fwd: "; that it was an answer before is a part of its
/// subject and stays, in one mark.
pub fn forward(subject: &str) -> String {
    marked("Fwd:", subject, is_forward, |rest| is_only_answer(rest).then(|| answer(rest)))
}

fn is_only_answer(subject: &str) -> bool {
    is_answer(subject) && !is_forward(subject)
}

/// The subject with this mark instead of those of the same kind. What mail servers put before it (`[EXT]`) goes: the other
/// side never saw it, and its program finds the conversation by the subject.
fn marked(
    mark: &str,
    subject: &str,
    is_same: fn(&str) -> bool,
    as_other: impl FnOnce(&str) -> Option<String>,
) -> String {
    let folded: Vec<&str> = subject.split_whitespace().collect();
    let folded = folded.join(" ");
    let mut rest = folded.as_str();
    while let Some(after) = without_mark(rest, is_same) {
        rest = after;
    }
    let rest = as_other(rest).unwrap_or_else(|| base(rest));
    if rest.is_empty() { mark.to_owned() } else { format!("{mark} {rest}") }
}

/// The subject behind its first mark, where that is of a kind.
fn without_mark(subject: &str, is_same: fn(&str) -> bool) -> Option<&str> {
    let (at, colon) = subject.char_indices().find(|(_, c)| matches!(c, ':' | '\u{ff1a}'))?;
    let probe = format!("{}: x", &subject[..at]);
    (base(&probe) == "x" && is_same(&probe)).then(|| subject[at + colon.len_utf8()..].trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_answer_says_so_once() {
        for (subject, wanted) in [
            ("Invoice", "Re: Invoice"),
            ("Re: Invoice", "Re: Invoice"),
            ("AW: Re: RE[2]: Invoice", "Re: Invoice"),
            ("\u{56de}\u{590d}\u{ff1a}Invoice", "Re: Invoice"),
            ("AW: Re: Fwd: x", "Re: Fwd: x"),
            ("Re: WG: TR: x", "Re: WG: TR: x"),
            ("WG: AW: x", "Re: WG: AW: x"),
            ("[Fwd: x]", "Re: [Fwd: x]"),
            ("[EXT] Re: Invoice", "Re: Invoice"),
            ("[EXT] Invoice", "Re: Invoice"),
            ("[acme] Re: lost parcel", "Re: [acme] lost parcel"),
            ("Re: [acme] Re: lost parcel", "Re: [acme] lost parcel"),
            ("Meeting: 10:30", "Re: Meeting: 10:30"),
            (" a \r\n\tb ", "Re: a b"),
            ("", "Re:"),
            ("Re:", "Re:"),
        ] {
            assert_eq!(answer(subject), wanted, "{subject}");
        }
    }

    #[test]
    fn what_is_passed_on_says_so_once() {
        for (subject, wanted) in [
            ("Invoice", "Fwd: Invoice"),
            ("FW: WG: Invoice", "Fwd: Invoice"),
            ("Re: Invoice", "Fwd: Re: Invoice"),
            ("TR: Re: Invoice", "Fwd: Re: Invoice"),
            ("Re: AW: Re: Invoice", "Fwd: Re: Invoice"),
            ("[Fwd: Invoice]", "Fwd: Invoice"),
            ("Invoice (fwd)", "Fwd: Invoice"),
            ("[EXT] Invoice", "Fwd: Invoice"),
            ("", "Fwd:"),
        ] {
            assert_eq!(forward(subject), wanted, "{subject}");
        }
    }

    proptest! {
        #[test]
        fn twice_is_once(subject in "((Re|AW|Fwd|WG|x|Subject): |\\[(EXT|list)\\] |[a-z: \\[\\]]{0,3}|\\(fwd\\)|\r\n){0,6}") {
            for make in [answer, forward] {
                let once = make(&subject);
                prop_assert_eq!(make(&once), once.clone());
                prop_assert!(!once.contains(char::is_control));
            }
            prop_assert!(is_answer(&answer(&subject)) && is_forward(&forward(&subject)));
            prop_assert_eq!(base(&answer(&subject)), base(&subject));
        }
    }
}
