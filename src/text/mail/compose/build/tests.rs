//! What is built is read back as it was, and nothing in it comes from where it should not.

use super::*;
use crate::domain::mail::{Mail, Manner};
use mail_parser::{HeaderValue, Message, MessageParser, MimeHeaders as _};
use proptest::prelude::*;

/// 2026-11-20 09:15:00 UTC.
const DATE: Ms = 1_795_166_100_000;

fn outgoing_mail() -> Outgoing {
    Outgoing {
        mail: Mail {
            message_id: "fd.01@acme.example".into(),
            in_reply_to: vec!["b@c.example".into()],
            references: vec!["a@c.example".into(), "b@c.example".into()],
            subject: "Re: Größe".into(),
            to: vec![Mailbox::named("Jörg, M.", "j@Bücher.example")],
            cc: vec![Mailbox::bare("d@d.example"), Mailbox::named("E", "e@e.example")],
            bcc: vec![Mailbox::named("Hidden", "secret@s.example")],
            ..Mail::default()
        },
        manner: Manner::Reply,
        quoted: None,
        is_html: false,
    }
}

fn identity() -> Identity {
    let reply_to = Some(Mailbox::bare("support+tok@acme.example"));
    Identity { from: Mailbox::named("Acme Support", "support@acme.example"), reply_to }
}

fn body(text: &str, html: &str) -> Body {
    Body { text: text.into(), html: html.into(), inline: Vec::new() }
}

fn built(mail: &Outgoing, body: &Body, files: &[FilePart<'_>], extra: &[(&str, &str)]) -> Vec<u8> {
    build(mail, body, &identity(), files, DATE, extra).unwrap()
}

/// Rules for bytes that every server takes.
fn check(raw: &[u8]) {
    let text = String::from_utf8_lossy(raw);
    assert!(raw.is_ascii(), "eight bits: {text}");
    assert!(
        raw.ends_with(b"\r\n") && !text.replace("\r\n", "").contains(['\r', '\n', '\0']),
        "a bare line end: {text}"
    );
    assert!(text.split("\r\n").all(|line| line.len() <= LONGEST_LINE), "a long line: {text}");
}

fn read(raw: &[u8]) -> Message<'_> {
    MessageParser::default().parse(raw).unwrap()
}

fn boxes(address: Option<&mail_parser::Address<'_>>) -> Vec<Mailbox> {
    let all = address.map(mail_parser::Address::iter).into_iter().flatten();
    all.map(|one| Mailbox {
        name: one.name().map(|name| name.trim_end().to_owned()),
        address: one.address().unwrap_or_default().to_owned(),
    })
    .collect()
}

fn chain(value: &HeaderValue<'_>) -> Vec<String> {
    value.as_text_list().unwrap_or_default().iter().map(ToString::to_string).collect()
}

#[test]
fn the_same_mail_has_the_same_bytes() {
    let file = FilePart { name: "a.png", mime: "image/png", bytes: b"x", cid: Some("a@b") };
    let make = || built(&outgoing_mail(), &body("x", "<p>x</p>"), &[file], &[("Auto-Submitted", "no")]);
    assert_eq!(make(), make());
}

#[test]
fn plain_words_are_one_part() {
    let raw = built(&outgoing_mail(), &body("Hello\n", ""), &[], &[]);
    check(&raw);
    let text = String::from_utf8(raw).unwrap();
    assert!(
        text.ends_with(
            "Content-Type: text/plain; charset=\"utf-8\"\r\nContent-Transfer-Encoding: 7bit\r\n\r\nHello\r\n"
        ),
        "{text}"
    );
}

#[test]
fn hidden_recipients_stay_hidden() {
    let mut mail = outgoing_mail();
    let raw = String::from_utf8(built(&mail, &body("x", "<p>x</p>"), &[], &[])).unwrap();
    assert!(!raw.contains("secret") && !raw.contains("Hidden") && !raw.to_lowercase().contains("bcc"));
    mail.mail.to.clear();
    mail.mail.cc.clear();
    let raw = String::from_utf8(built(&mail, &body("x", ""), &[], &[])).unwrap();
    assert!(raw.contains("\r\nTo: undisclosed-recipients:;\r\n") && !raw.contains("secret"), "{raw}");
}

#[test]
fn nothing_is_asked_for_or_told_that_was_not_wanted() {
    let raw =
        String::from_utf8(built(&outgoing_mail(), &body("x", "<p>x</p>"), &[], &[])).unwrap().to_lowercase();
    for header in [
        "user-agent",
        "x-mailer",
        "disposition-notification",
        "return-receipt",
        "sender",
        "received",
        "localhost",
    ] {
        assert!(!raw.contains(header), "{header}");
    }
}

#[test]
fn a_mail_goes_along_as_a_mail_if_every_server_takes_it() {
    let inner = "From: Cy <cy@c.example>\nTo: support@acme.example\nSubject: inner\nMessage-ID: <i@c.example>\n\nHello\n";
    fn part(bytes: &[u8]) -> FilePart<'_> {
        FilePart { name: "inner.eml", mime: "message/rfc822", bytes, cid: None }
    }
    let raw = built(&outgoing_mail(), &body("see below", "<p>see below</p>"), &[part(inner.as_bytes())], &[]);
    check(&raw);
    let found = read(&raw);
    let inside = found.attachment(0).and_then(|part| part.message()).unwrap();
    assert_eq!((inside.subject(), inside.message_id()), (Some("inner"), Some("i@c.example")));
    assert_eq!(inside.body_text(0).unwrap().trim_end(), "Hello");
    for eight in
        [inner.replace("Hello", "Größe").into_bytes(), inner.replace("Hello", &"x".repeat(1000)).into_bytes()]
    {
        let raw = built(&outgoing_mail(), &body("see below", ""), &[part(&eight)], &[]);
        check(&raw);
        let found = read(&raw);
        let file = found.attachment(0).unwrap();
        assert_eq!(file.content_type().unwrap().subtype(), Some("octet-stream"));
        assert_eq!((file.attachment_name(), file.contents()), (Some("inner.eml"), eight.as_slice()));
    }
}

#[test]
fn what_cannot_be_written_is_refused() {
    let mut mail = outgoing_mail();
    for bad in [
        "a@b.example>, <x@y.example",
        "a@b.example\r\nBcc: x@y.example",
        "",
        "Ana <a@b.example>",
        "\"a b\"@c.example",
    ] {
        mail.mail.to = vec![Mailbox::bare(bad)];
        let wrong = build(&mail, &body("x", ""), &identity(), &[], DATE, &[]).unwrap_err();
        assert_eq!(wrong, Unbuildable::Address(sanitize::line(bad).into_owned()));
    }
    for (name, value) in [
        ("Bcc", "x@y.example"),
        ("content-type", "text/html"),
        ("X-A: b\r\nBcc", "x"),
        ("", "x"),
        ("X-Ä", "x"),
        ("X-Long", &"x".repeat(1000)),
    ] {
        let wrong =
            build(&outgoing_mail(), &body("x", ""), &identity(), &[], DATE, &[(name, value)]).unwrap_err();
        assert!(matches!(wrong, Unbuildable::Header(_)), "{name}");
    }
    mail = outgoing_mail();
    mail.mail.message_id = "a b@c".into();
    assert!(build(&mail, &body("x", ""), &identity(), &[], DATE, &[]).is_err());
}

#[test]
fn no_field_begins_a_header() {
    const EVIL: &str = "x\r\nEvil: yes\r\n\r\nbody\n\u{2028}Evil: yes";
    let mut mail = outgoing_mail();
    mail.mail.subject = EVIL.into();
    mail.mail.to = vec![Mailbox::named(EVIL, "a@b.example")];
    mail.mail.references = vec![EVIL.into(), "a@c.example".into(), "a>\r\nEvil: yes\r\n <b@c".into()];
    let who = Identity { from: Mailbox::named(EVIL, "s@acme.example"), reply_to: None };
    let file = FilePart { name: EVIL, mime: "text/plain\r\nEvil: yes", bytes: b"x", cid: Some(EVIL) };
    let raw = build(&mail, &body("x", "<p>x</p>"), &who, &[file], DATE, &[("X-Note", EVIL)]).unwrap();
    check(&raw);
    assert!(!String::from_utf8_lossy(&raw).contains("\r\nEvil"));
    let found = read(&raw);
    assert!(
        found.headers().iter().chain(found.parts.iter().flat_map(|p| &p.headers)).all(|h| h.name() != "Evil")
    );
    assert_eq!(found.subject(), Some("x Evil: yes body Evil: yes"));
    assert_eq!(chain(found.references()), ["a@c.example"]);
}

#[test]
fn addresses_of_other_scripts_need_a_server_that_takes_them() {
    let mut mail = outgoing_mail();
    mail.mail.to = vec![Mailbox::named("用户", "用户@例え.example")];
    let raw = built(&mail, &body("x", ""), &[], &[]);
    assert!(!raw.is_ascii());
    let text = String::from_utf8(raw).unwrap();
    assert!(text.contains("<用户@xn--r8jz45g.example>"), "{text}");
}

fn words() -> impl Strategy<Value = String> {
    "([ -~]{0,12}|é|日本|👍🏽|=\\?utf-8\\?Q\\?x\\?=|\"|\\\\|[\r\n\t]|\u{0}|\u{200f}|[a-z]{60,90}| ){0,8}"
}

fn text() -> impl Strategy<Value = String> {
    "([ -~]{0,40}|é|日本|👍🏽|\n|\r\n|\t|\\.\n|From x\n|--=_|[a-z]{1000}| \n){0,12}"
}

fn mailbox() -> impl Strategy<Value = Mailbox> {
    (proptest::option::of(words()), "[a-zA-Z0-9.+_-]{1,20}", "([a-z]{1,8}\\.){1,3}[a-z]{2,5}")
        .prop_map(|(name, local, domain)| Mailbox { name, address: format!("{local}@{domain}") })
}

fn id() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9.$+=_-]{1,60}@[a-z0-9.-]{1,40}"
}

fn name() -> impl Strategy<Value = String> {
    "([ -~]{1,10}|é|日本|[a-z]{40}|\"|\\\\|'|%|;){1,5}"
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]
    #[test]
    fn what_is_built_is_read_as_it_was(
        (subject, to, cc, bcc) in (
            words(),
            proptest::collection::vec(mailbox(), 0..8),
            proptest::collection::vec(mailbox(), 0..3),
            proptest::collection::vec(mailbox(), 0..3),
        ),
        (message_id, parents, references) in (id(), proptest::collection::vec(id(), 0..3), proptest::collection::vec(id(), 0..20)),
        (plain, html) in (text(), text()),
        files in proptest::collection::vec((name(), proptest::collection::vec(any::<u8>(), 0..300), any::<bool>()), 0..4),
        date in 0..4_000_000_000_i64,
    ) {
        let mail = Outgoing {
            mail: Mail {
                message_id: message_id.clone(), in_reply_to: parents.clone(), references: references.clone(), subject: subject.clone(),
                to: to.clone(), cc: cc.clone(), bcc, ..Mail::default()
            },
            ..outgoing_mail()
        };
        let inline: Vec<(usize, String)> =
            files.iter().enumerate().filter(|(_, (_, _, shown))| *shown).map(|(n, _)| (n, format!("{n}.x@y"))).collect();
        let body = Body { text: plain.clone(), html: html.clone(), inline: inline.clone() };
        let parts: Vec<FilePart<'_>> = files
            .iter()
            .map(|(name, bytes, shown)| {
                FilePart { name, mime: if *shown { "image/png" } else { "application/pdf" }, bytes, cid: None }
            })
            .collect();
        let raw = build(&mail, &body, &identity(), &parts, date * 1000, &[]).unwrap();
        check(&raw);
        let found = read(&raw);
        let tidy = |boxes: &[Mailbox]| -> Vec<Mailbox> {
            let name = |one: &Mailbox| one.name.as_deref().map(one_line).filter(|name| !name.is_empty());
            boxes.iter().map(|one| Mailbox { name: name(one), address: one.address.clone() }).collect()
        };
        prop_assert_eq!(found.subject().unwrap_or_default().trim_end(), one_line(&subject));
        prop_assert_eq!(boxes(found.to()), tidy(&to));
        prop_assert_eq!(boxes(found.cc()), tidy(&cc));
        prop_assert!(found.bcc().is_none());
        prop_assert_eq!(boxes(found.from()), vec![identity().from]);
        prop_assert_eq!(boxes(found.reply_to()), vec![identity().reply_to.unwrap()]);
        prop_assert_eq!(found.message_id(), Some(message_id.as_str()));
        prop_assert_eq!(chain(found.in_reply_to()), parents);
        prop_assert_eq!(chain(found.references()), references);
        prop_assert_eq!(found.date().map(mail_parser::DateTime::to_timestamp), Some(date));
        let lines = |text: &str| text.replace("\r\n", "\n");
        // Of a mail that is one part, its end may be the end of a line.
        let mut read = lines(found.text_part(0).and_then(|part| part.text_contents()).unwrap_or_default());
        if found.parts.len() == 1 && read.strip_suffix('\n') == Some(outgoing(&plain).as_str()) {
            read.pop();
        }
        prop_assert_eq!(read, outgoing(&plain));
        if !html.is_empty() {
            prop_assert_eq!(lines(found.html_part(0).and_then(|part| part.text_contents()).unwrap_or_default()), outgoing(&html));
        }
        let mut wanted: Vec<(String, &[u8], Option<String>)> = Vec::new();
        for (at, (name, bytes, _)) in files.iter().enumerate() {
            let cid = inline.iter().find(|(n, _)| *n == at).map(|(_, cid)| cid.clone()).filter(|_| !html.is_empty());
            wanted.push((one_line(name), bytes, cid));
        }
        let mut read: Vec<(String, &[u8], Option<String>)> = found
            .parts
            .iter()
            .filter(|part| part.content_disposition().is_some())
            .map(|part| {
                let name = part.attachment_name().unwrap_or_default().to_owned();
                (name, part.contents(), part.content_id().map(str::to_owned))
            })
            .collect();
        wanted.sort();
        read.sort();
        prop_assert_eq!(read, wanted);
    }
}
