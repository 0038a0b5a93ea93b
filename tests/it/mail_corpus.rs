//! Hard mails, each naming the rule or the defect that it shows (`X-Shows`), read and held against what is expected beside them;
//! and what holds for every mail, however it was mutilated.

use frontdesk::text::mail::features::feature_line;
use frontdesk::text::mail::fold;
use frontdesk::text::mail::html;
use frontdesk::text::mail::mime::{addresses, dates, fields, ids, words};
use frontdesk::text::mail::parse::parse;
use frontdesk::text::mail::parsed::Parsed;
use frontdesk::text::mail::subject;
use proptest::prelude::*;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::LazyLock;

fn dir() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/it/mails")
}

/// Names and bytes of the corpus, in order.
static CORPUS: LazyLock<Vec<(String, Vec<u8>)>> = LazyLock::new(|| {
    let mut all: Vec<(String, Vec<u8>)> = std::fs::read_dir(dir())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "eml"))
        .map(|path| (path.file_stem().unwrap().to_str().unwrap().to_owned(), std::fs::read(&path).unwrap()))
        .collect();
    all.sort();
    all
});

/// A mail as it was read, for a person to judge.
fn shown(raw: &[u8]) -> String {
    let read = parse(raw);
    let mail = &read.mail;
    let mut out = String::new();
    let mut say = |name: &str, value: String| {
        if !value.is_empty() {
            // Whatever is no printable character is shown by its number.
            let escaped: String = value
                .chars()
                .map(|c| {
                    if c.is_control()
                        || ('\u{2000}'..='\u{206f}').contains(&c)
                            && !"\u{2013}\u{2014}\u{2018}\u{2019}\u{201c}\u{201d}\u{201e}".contains(c)
                    {
                        c.escape_default().to_string()
                    } else {
                        c.to_string()
                    }
                })
                .collect();
            writeln!(out, "{name}: {escaped}").unwrap();
        }
    };
    let one = |m: &frontdesk::domain::mail::Mailbox| match &m.name {
        Some(name) => format!("{name} <{}>", m.address),
        None => m.address.clone(),
    };
    let all = |list: &[frontdesk::domain::mail::Mailbox]| list.iter().map(one).collect::<Vec<_>>().join(", ");
    let ids = |list: &[String]| match list.len() {
        0..=6 => list.join(" "),
        n => format!("{} {} ... {} ({n})", list[0], list[1], list[n - 1]),
    };
    say("shows", fields::of_mail(raw).fields.get("x-shows").unwrap_or_default().to_owned());
    say("id", mail.message_id.clone());
    say("in reply to", ids(&mail.in_reply_to));
    say("references", ids(&mail.references));
    say("subject", mail.subject.clone());
    say("base", Some(subject::base(&mail.subject)).filter(|base| *base != mail.subject).unwrap_or_default());
    say("from", mail.from.iter().map(one).collect());
    say("sender", read.sender.iter().map(one).collect());
    say("reply to", all(&mail.reply_to));
    say("to", all(&mail.to));
    say("cc", all(&mail.cc));
    say("bcc", all(&mail.bcc));
    say(
        "date",
        read.date.map(|ms| jiff::Timestamp::from_millisecond(ms).unwrap().to_string()).unwrap_or_default(),
    );
    say("kind", read.kind.map(|kind| kind.to_string()).unwrap_or_default());
    say("automatic", mail.automatic.map(|automatic| format!("{automatic:?}")).unwrap_or_default());
    for (name, value) in &read.headers {
        say(name, value.clone());
    }
    for feature in &read.features {
        say("feature", feature_line(feature));
    }
    for bounce in &read.bounces {
        say("bounce", format!("{bounce:?}"));
    }
    for defect in &read.defects {
        say("defect", defect.clone());
    }
    for file in &read.files {
        let id = file.content_id.as_ref().map(|id| format!(" <{id}>")).unwrap_or_default();
        let inline = if file.is_inline { " inline" } else { "" };
        let start: Vec<u8> = file.bytes.iter().copied().take(24).collect();
        say(
            "file",
            format!(
                "{} {:?} {}{id}{inline}, {} bytes: {}",
                file.part,
                file.name.as_deref().unwrap_or_default(),
                file.mime.as_deref().unwrap_or_default(),
                file.bytes.len(),
                start.escape_ascii(),
            ),
        );
    }
    say("html", mail.html.as_ref().map(|html| format!("{} bytes", html.len())).unwrap_or_default());
    for piece in fold::split(&read.text) {
        let mark = match piece.kind {
            fold::Kind::Own => '|',
            fold::Kind::Quoted => '"',
            fold::Kind::Signature => '~',
        };
        for line in read.text[piece.range].lines() {
            let line = if line.len() > 300 {
                format!("{}… ({} bytes)", &line[..60], line.len())
            } else {
                line.to_owned()
            };
            writeln!(out, "{mark} {line}").unwrap();
        }
    }
    out
}

#[test]
fn every_mail_of_the_corpus_is_read_as_expected() {
    assert!(CORPUS.len() >= 60, "the corpus was not found");
    let settings = {
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path("mails/expected");
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings
    };
    settings.bind(|| {
        for (name, raw) in CORPUS.iter() {
            insta::assert_snapshot!(name.as_str(), shown(raw));
        }
    });
}

#[test]
fn every_mail_of_the_corpus_says_what_it_shows() {
    for (name, raw) in CORPUS.iter() {
        let text = String::from_utf8_lossy(raw);
        assert!(text.contains("X-Shows: "), "{name}");
        assert!(raw.len() < 8 * 1024, "{name} is not small");
    }
    for entry in std::fs::read_dir(dir().join("expected")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let stem = name.trim_end_matches(".snap");
        assert!(CORPUS.iter().any(|(known, _)| known == stem), "{name} belongs to no mail");
    }
}

/// What holds for every mail.
fn holds(raw: &[u8]) -> Parsed {
    let read = parse(raw);
    assert_eq!(read, parse(raw), "the same each time");
    let mail = &read.mail;
    assert!(!mail.message_id.is_empty());
    let ids = std::iter::once(&mail.message_id).chain(&mail.in_reply_to).chain(&mail.references);
    let boxes: Vec<_> =
        mail.from.iter().chain(&mail.to).chain(&mail.cc).chain(&mail.bcc).chain(&mail.reply_to).collect();
    for id in ids {
        assert!(!id.chars().any(|c| c.is_control() || c.is_whitespace()), "{id:?}");
        assert!(!id.contains(['<', '>']), "{id:?}");
    }
    for mailbox in &boxes {
        let address = &mailbox.address;
        assert!(!address.chars().any(|c| c.is_control() || c.is_whitespace()), "{address:?}");
        let (local, domain) = address.rsplit_once('@').unwrap();
        assert!(!local.is_empty() && !domain.is_empty(), "{address:?}");
        assert!(mailbox.name.as_ref().is_none_or(|name| !name.chars().any(char::is_control)), "{mailbox:?}");
    }
    for line in
        [&mail.subject].into_iter().chain(&read.defects).chain(read.headers.iter().map(|(_, value)| value))
    {
        assert!(!line.chars().any(char::is_control), "{line:?}");
    }
    assert!(!read.text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t')), "{:?}", read.text);
    // Bounds, as `parse` promises them.
    assert!(read.text.len() <= 24 * raw.len() + 64 && read.text.len() <= 1 << 20);
    let files: usize = read.files.iter().map(|file| file.bytes.len()).sum();
    assert!(files <= 2 * raw.len(), "{files} of {}", raw.len());
    assert!(mail.html.as_ref().is_none_or(|html| html.len() <= 4 * raw.len() && html.len() <= 2 << 20));
    let parts: std::collections::HashSet<&str> = read.files.iter().map(|file| file.part.as_str()).collect();
    assert_eq!(parts.len(), read.files.len(), "each file has its place");
    for file in &read.files {
        assert!(file.name.as_ref().is_none_or(|name| !name.chars().any(char::is_control)), "{:?}", file.name);
    }
    for feature in &read.features {
        assert!(!feature_line(feature).chars().any(char::is_control));
    }
    covered(&read.text);
    read
}

/// A text is taken apart without a gap.
fn covered(text: &str) {
    let mut at = 0;
    for piece in fold::split(text) {
        assert_eq!(piece.range.start, at);
        assert!(piece.range.end > at);
        at = piece.range.end;
    }
    assert_eq!(at, text.len());
    fold::own(text);
}

#[test]
fn every_mail_of_the_corpus_cut_anywhere_is_read() {
    for (_, raw) in CORPUS.iter() {
        let step = (raw.len() / 30).max(1);
        for end in (0..raw.len()).step_by(step).chain([raw.len()]) {
            holds(&raw[..end]);
        }
    }
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { failure_persistence: None, cases, ..ProptestConfig::default() }
}

/// Pieces that mails are made of, right and wrong.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        6 => proptest::sample::select(vec![
            "\r\n", "\n", "\r", "\n\n", " ", "\t", ": ", ";", ",", "<", ">", "\"", "(", ")", "\\", "=", "--", "--b", "--b--", "=?utf-8?Q?", "?=",
            "=?iso-2022-jp?B?", "From: ", "To: ", "Subject: ", "Message-ID: <", "References: ", "In-Reply-To: ", "Date: ", "Received: x; ", "Tue, 1 Dec 2026 10:00:00 +0100",
            "Content-Type: multipart/mixed; boundary=b\n\n--b\n", "Content-Type: multipart/alternative; boundary=\"b\"\n\n--b\n", "Content-Type: text/html; charset=utf-7\n\n",
            "Content-Type: text/plain; format=flowed; delsp=yes\n\n", "Content-Type: message/rfc822\n\n", "Content-Type: message/delivery-status\n\n", "Content-Type: text/calendar\n\n",
            "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n", "Content-Type: application/pkcs7-mime\n\n", "Content-Transfer-Encoding: base64\n",
            "Content-Transfer-Encoding: quoted-printable\n", "Content-Disposition: attachment; filename*0*=utf-8''%", "Content-ID: <a@x>\n", "=C3=", "=\n", "SGVsbG8=",
            "BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:", "Final-Recipient: rfc822;", "Action: failed\n", "<p>", "<div style='display:none'>", "<table><tr><td>", "</table>", "<a href='", "<blockquote>",
            "<!--", "&#x", "&amp;", "> ", "-- \n", "On 1 Jan 2024 at 10:00, a@x wrote:\n", "X-Failed-Recipients: a@b\n", "cid:a@x", "-----BEGIN PGP SIGNED MESSAGE-----\n", "\u{feff}", "\u{202e}", "ä", "中",
        ]).prop_map(|text| text.as_bytes().to_vec()),
        2 => "[a-z@.0-9 ]{0,12}".prop_map(String::into_bytes),
        1 => proptest::collection::vec(any::<u8>(), 0..12),
    ]
}

/// Multiparts within one another, some of them wrong.
fn nested() -> impl Strategy<Value = String> {
    let leaf = proptest::sample::select(vec![
        "Content-Type: text/plain\n\nwords\n",
        "Content-Type: text/html\n\n<p>words <img src='cid:a@x'></p>\n",
        "Content-Type: image/png; name=a.png\nContent-ID: <a@x>\nContent-Transfer-Encoding: base64\n\niVBORw0K\n",
        "Content-Type: message/rfc822\n\nSubject: inner\n\nwords\n",
        "\nbare\n",
    ])
    .prop_map(str::to_owned);
    leaf.prop_recursive(6, 60, 4, |inner| {
        let kind =
            proptest::sample::select(vec!["mixed", "alternative", "related", "signed", "report", "digest"]);
        (proptest::collection::vec(inner, 0..4), kind, 0..5u8, any::<bool>()).prop_map(
            |(parts, kind, name, is_closed)| {
                let mut out = format!("Content-Type: multipart/{kind}; boundary=b{name}\n\n");
                for part in parts {
                    out.push_str(&format!("--b{name}\n{part}"));
                }
                if is_closed {
                    out.push_str(&format!("\n--b{name}--\n"));
                }
                out
            },
        )
    })
}

proptest! {
    #![proptest_config(config(200))]

    #[test]
    fn any_bytes_are_read(raw in proptest::collection::vec(any::<u8>(), 0..600)) {
        holds(&raw);
    }

    #[test]
    fn any_pieces_of_mails_are_read(pieces in proptest::collection::vec(piece(), 0..40)) {
        holds(&pieces.concat());
    }

    #[test]
    fn any_nesting_is_read(raw in nested()) {
        let read = holds(format!("From: a@b.org\n{raw}").as_bytes());
        prop_assert!(read.mail.from.is_some());
    }

    #[test]
    fn mutilated_mails_are_read(
        which in any::<proptest::sample::Index>(),
        changes in proptest::collection::vec((any::<proptest::sample::Index>(), piece(), 0..9usize), 1..6),
    ) {
        let mut raw = which.get(&CORPUS).1.clone();
        for (at, bytes, gone) in changes {
            let from = at.index(raw.len().max(1)).min(raw.len());
            let to = (from + gone).min(raw.len());
            raw.splice(from..to, bytes);
        }
        holds(&raw);
    }

    #[test]
    fn any_text_is_html(pieces in proptest::collection::vec(piece(), 0..30)) {
        let text = String::from_utf8_lossy(&pieces.concat()).into_owned();
        let out = html::to_text(&text);
        prop_assert!(out.len() <= 24 * text.len() + 64);
        prop_assert!(!out.chars().any(|c| c.is_control() && c != '\n' && c != '\t'));
        html::shown_parts(&text);
        covered(&text);
    }

    #[test]
    fn any_value_of_a_field_is_read(value in "(\\PC|=\\?utf-8\\?[QB]\\?|\\?=|<|>|@|,|;|:|\"|\\(|\\)|\u{0}|\t){0,40}") {
        for mailbox in addresses::read(&value) {
            prop_assert!(mailbox.address.contains('@') && !mailbox.address.contains(char::is_whitespace));
        }
        for id in ids::read(&value) {
            prop_assert!(!id.is_empty() && !id.contains(char::is_whitespace));
        }
        dates::read(&value);
        words::decode(&value);
        let base = subject::base(&value);
        prop_assert_eq!(subject::base(&base), base);
    }
}

/// What would take hours if any step went over the same bytes again and again. Each is of some hundred thousand bytes.
#[test]
fn hostile_repetition_costs_what_its_length_costs() {
    let multipart = |n: usize| format!("Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n");
    let many: [(&str, String); 20] = [
        ("multiparts within one another", (0..10_000).map(multipart).collect()),
        (
            "multiparts that share a boundary",
            "Content-Type: multipart/mixed; boundary=b\n\n--b\n".repeat(20_000),
        ),
        ("multiparts that name no boundary", "Content-Type: multipart/mixed\n\n".repeat(30_000)),
        ("dividers", format!("{}{}", multipart(0), "--b0\n".repeat(60_000))),
        ("enclosed mails", "Content-Type: message/rfc822\n\n".repeat(30_000)),
        ("comments", format!("To: {}\n\n", "(".repeat(1_000_000))),
        ("quotation marks", format!("To: {}\n\n", "\"a ".repeat(300_000))),
        ("brackets", format!("To: {}\n\n", "<".repeat(1_000_000))),
        ("groups", format!("To: {}\n\n", "a:".repeat(500_000))),
        ("encoded words", format!("Subject: {}\n\n", "=?utf-8?Q?ab?= ".repeat(70_000))),
        ("open encoded words", format!("Subject: {}\nFrom: {0}\n\n", "=?ab?Q?ab".repeat(110_000))),
        ("ids", format!("References: {}\n\n", "<a@b>".repeat(200_000))),
        ("open ids", format!("References: {}\n\n", "<a".repeat(500_000))),
        ("parameters", format!("Content-Type: text/plain{}\n\n", "; a*0*=x".repeat(120_000))),
        ("dates", format!("Date: {}\n\n", "(1 Dec ".repeat(150_000))),
        ("fields", "X: y\n".repeat(200_000)),
        ("folds", format!("Subject: a\n{}\n", " \n".repeat(500_000))),
        ("flowed lines", format!("Content-Type: text/plain; format=flowed\n\n{}", "> a \n".repeat(200_000))),
        ("lines above quotations", format!("X: y\n\n{}", "On 1 Jan 2024 at 10:00\n".repeat(40_000))),
        ("heads of quoted mails", format!("X: y\n\n{}", "From: a\n".repeat(120_000))),
    ];
    for (what, raw) in many {
        let read = parse(raw.as_bytes());
        assert!(read.text.len() <= 1 << 20, "{what}");
        covered(&read.text);
        subject::base(&read.mail.subject);
    }
}
