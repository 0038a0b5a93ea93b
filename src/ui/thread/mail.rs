//! What the thread tells of a mail besides its words: who got it, where that says more than who the conversation is with, its subject
//! where that is another one, what kind of thing it is; and which of its words are folded away.

use crate::domain::mail::{Mail, Mailbox, Manner};
use crate::domain::message::{Direction, MessageKind};
use crate::domain::row::MessageRow;
use crate::text::mail::compose::head;
use crate::text::mail::compose::recipients::Own;
use crate::text::mail::fold::{self, Kind};
use crate::text::mail::{mailboxes, subject};
use crate::text::{format, sanitize};
use crate::ui::msg::Context;
use std::ops::Range;

/// Names that are told of each sort of recipients while a mail is folded.
const NAMES: usize = 3;
/// A quotation of so many lines stays where it is if own words follow: without it they answer nothing.
const SHORT: usize = 3;

/// What of a conversation its mails are told against.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Scene {
    own: Own,
    theirs: String,
    subject: String,
}

impl Scene {
    pub(super) fn of(context: &Context) -> Scene {
        let row = &context.row;
        let caps = context.account.capabilities.as_ref().and_then(|caps| caps.on(row.channel));
        Scene {
            own: head::ours(row, caps),
            theirs: row.theirs.clone(),
            subject: subject::base(row.subject.as_deref().unwrap_or_default()).to_lowercase(),
        }
    }

    fn is_theirs(&self, address: &str) -> bool {
        mailboxes::same(&self.theirs, address)
    }
}

/// What is told of a mail above its words.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Told {
    /// The sender's address, where it is not the one that the conversation is with.
    pub(crate) from: String,
    /// What kind of thing it is.
    pub(crate) kind: String,
    /// Lines of recipients, and the subject.
    pub(crate) lines: Vec<String>,
    /// There is more to it than is told.
    pub(crate) is_short: bool,
}

/// What is told of a message; all of it where it is unfolded.
pub(crate) fn told(message: &MessageRow, scene: &Scene, is_whole: bool) -> Told {
    let mut told = Told { kind: kind(message), ..Told::default() };
    let Some(mail) = message.mail.as_deref() else { return told };
    let is_inbound = message.direction == Direction::Inbound;
    let is_said = is_inbound && told.kind.is_empty();
    if let Some(from) = mail.from.as_ref().filter(|from| is_said && !scene.is_theirs(&from.address)) {
        let known = message.author_name.as_deref().unwrap_or_default();
        if !mailboxes::same(known, &from.address) {
            told.from = sanitize::line(&from.address).into_owned();
        }
    }
    let says_more = says_more(mail, scene, is_inbound);
    let is_passed_on = message.kind == MessageKind::Forward && !is_inbound;
    if is_whole {
        told.lines = whole(mail);
    } else if says_more && !(is_passed_on && all(mail).count() == 1) {
        told.lines.push(in_short(mail, scene));
    }
    told.is_short = says_more;
    let base = subject::base(&mail.subject);
    if (is_whole || base.to_lowercase() != scene.subject) && !base.is_empty() {
        told.lines.push(format!("Subject: {}", sanitize::line(&mail.subject)));
    }
    told
}

fn all(mail: &Mail) -> impl Iterator<Item = &Mailbox> {
    mail.to.iter().chain(&mail.cc).chain(&mail.bcc)
}

/// Whether others than us and the customer have got it, or not the customer.
fn says_more(mail: &Mail, scene: &Scene, is_inbound: bool) -> bool {
    if is_inbound {
        return all(mail).any(|one| !scene.own.is(&one.address));
    }
    let mut others = all(mail).filter(|one| !scene.is_theirs(&one.address));
    others.next().is_some()
        || !mail.to.iter().any(|one| scene.is_theirs(&one.address)) && all(mail).count() > 0
}

/// What kind of thing a message is, where that is worth words.
fn kind(message: &MessageRow) -> String {
    match message.kind {
        MessageKind::Text | MessageKind::Attachment | MessageKind::Activity => String::new(),
        MessageKind::OptOut => "consent".into(),
        MessageKind::ContactCard => "contact card".into(),
        MessageKind::AutoReply => "answering machine".into(),
        MessageKind::Bounce => "could not be delivered".into(),
        MessageKind::Forward => {
            let mail = message.mail.as_deref();
            let mut to = mail.into_iter().flat_map(all).map(name);
            let as_file = match mail.and_then(|mail| mail.manner) {
                Some(Manner::ForwardAttached) => " as a file",
                _ => "",
            };
            match (to.next().filter(|_| message.direction == Direction::Outbound), to.count()) {
                (None, _) => "forwarded".into(),
                (Some(one), 0) => format!("forwarded{as_file} to {one}"),
                (Some(one), more) => format!("forwarded{as_file} to {one} +{more}"),
            }
        }
        kind => kind.word().replace('_', " "),
    }
}

fn name(one: &Mailbox) -> String {
    format::person(one.name.as_deref().unwrap_or_default(), &one.address)
}

/// Who got it, by names; of many the first ones.
fn in_short(mail: &Mail, scene: &Scene) -> String {
    let said = |boxes: &[Mailbox]| {
        let mut names: Vec<String> = Vec::new();
        for one in boxes {
            let name = if scene.own.is(&one.address) { "us".to_owned() } else { name(one) };
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let more = names.len().saturating_sub(NAMES);
        names.truncate(NAMES);
        match more {
            0 => names.join(", "),
            more => format!("{} +{more}", names.join(", ")),
        }
    };
    let parts = [("to ", &mail.to), ("Cc ", &mail.cc), ("Bcc ", &mail.bcc)];
    let parts = parts.into_iter().filter(|(_, boxes)| !boxes.is_empty());
    parts.map(|(word, boxes)| format!("{word}{}", said(boxes))).collect::<Vec<_>>().join(" · ")
}

/// Who wrote it and who got it, with all addresses.
fn whole(mail: &Mail) -> Vec<String> {
    let from: Vec<Mailbox> = mail.from.iter().cloned().collect();
    let parts = [
        ("From", &from),
        ("Reply to", &mail.reply_to),
        ("To", &mail.to),
        ("Cc", &mail.cc),
        ("Bcc", &mail.bcc),
    ];
    let parts = parts.into_iter().filter(|(_, boxes)| !boxes.is_empty());
    parts.map(|(word, boxes)| format!("{word}: {}", mailboxes::line(boxes))).collect()
}

/// A piece of the words of a mail, as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    /// The writer's own words.
    Own(Range<usize>),
    /// Words of others.
    Quoted(Range<usize>),
    /// So many lines that are folded away, and what they are.
    Folded(usize, Kind),
    /// An empty line between two others.
    Gap,
}

/// The words of a mail in pieces. Quoted history and signatures are folded away; a short quotation before own words is not.
pub(crate) fn parts(text: &str, is_whole: bool) -> Vec<Part> {
    let pieces = fold::split(text);
    let is_blank = |range: &Range<usize>| text[range.clone()].trim().is_empty();
    let last_own = pieces.iter().rposition(|piece| piece.kind == Kind::Own && !is_blank(&piece.range));
    let mut out: Vec<Part> = Vec::new();
    for (at, piece) in pieces.into_iter().enumerate() {
        let words = text[piece.range.clone()].trim_matches(['\n', '\r']);
        let count = words.lines().filter(|line| !line.trim().is_empty()).count();
        if count == 0 {
            continue;
        }
        let is_answered = piece.kind == Kind::Quoted && last_own.is_some_and(|last| at < last);
        out.push(match piece.kind {
            Kind::Own => Part::Own(piece.range),
            Kind::Quoted if is_whole || (is_answered && count <= SHORT) => Part::Quoted(piece.range),
            Kind::Signature if is_whole => Part::Quoted(piece.range),
            kind => Part::Folded(count, kind),
        });
    }
    out
}

/// What stands for lines that are folded away.
pub(crate) fn folded_words(count: usize, kind: Kind) -> String {
    let plural = if count == 1 { "" } else { "s" };
    match kind {
        Kind::Signature => "⋯ signature".to_owned(),
        Kind::Quoted | Kind::Own => format!("⋯ {count} quoted line{plural}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::fixture;

    fn scene() -> Scene {
        Scene {
            own: Own::new(["support@acme.example"]),
            theirs: "anna@c.example".into(),
            subject: "lamp".into(),
        }
    }

    fn mailed(direction: Direction, from: &str, to: &str, cc: &str, subject: &str) -> MessageRow {
        let mail = Mail {
            from: mailboxes::read(from).unwrap().pop(),
            to: mailboxes::read(to).unwrap(),
            cc: mailboxes::read(cc).unwrap(),
            subject: subject.into(),
            ..Mail::default()
        };
        MessageRow { mail: Some(Box::new(mail)), ..fixture::message(1, direction, "hello") }
    }

    const US: &str = "support@acme.example";
    const ANNA: &str = "Anna <anna@c.example>";

    #[test]
    fn recipients_are_told_where_they_say_more_than_the_contact() {
        use Direction::{Inbound, Outbound};
        for (direction, from, to, cc, lines) in [
            (Inbound, ANNA, US, "", vec![]),
            (Outbound, US, ANNA, "", vec![]),
            (
                Inbound,
                ANNA,
                "support+x1@acme.example, Bob <bob@c.example>",
                "carl@c.example",
                vec!["to us, Bob · Cc carl@c.example"],
            ),
            (Outbound, US, "a@x.example, b@x.example, c@x.example, d@x.example, e@x.example", "", {
                vec!["to a@x.example, b@x.example, c@x.example +2"]
            }),
            (Outbound, US, "bob@c.example", "", vec!["to bob@c.example"]),
        ] {
            let told = told(&mailed(direction, from, to, cc, "AW: Lamp"), &scene(), false);
            assert_eq!((told.lines.iter().map(String::as_str).collect::<Vec<_>>(), told.is_short), {
                let is_short = !lines.is_empty();
                (lines, is_short)
            });
        }
    }

    #[test]
    fn another_sender_another_subject_and_machines_are_told() {
        let other = mailed(Direction::Inbound, "bob@other.example", US, "", "Invoice\u{1b}[31m 7");
        let told = |message: &MessageRow, is_whole| told(message, &scene(), is_whole);
        let found = told(&other, false);
        assert_eq!(
            (found.from.as_str(), found.lines),
            ("bob@other.example", vec!["Subject: Invoice 7".into()])
        );
        assert_eq!(
            told(&other, true).lines,
            ["From: bob@other.example", "To: support@acme.example", "Subject: Invoice 7"]
        );
        let mut passed = mailed(Direction::Outbound, US, "Courier <c@x.example>", "", "Fwd: Lamp");
        passed.kind = MessageKind::Forward;
        assert_eq!(told(&passed, false).kind, "forwarded to Courier");
        assert!(told(&passed, false).lines.is_empty());
        passed.kind = MessageKind::AutoReply;
        assert_eq!(told(&passed, false).kind, "answering machine");
        passed.kind = MessageKind::Bounce;
        assert_eq!(told(&passed, false).kind, "could not be delivered");
    }

    #[test]
    fn history_is_folded_and_what_is_answered_in_place_is_not() {
        let text = "Dear all,\n> is it blue?\nYes.\n\n> one\n> two\n> three\n> four\nNo.\n\nOn Monday Ana wrote:\n> old\n> older\n-- \nAnna\n";
        let shown = |is_whole| -> Vec<String> {
            let part = |part: Part| match part {
                Part::Own(range) => text[range].trim().to_owned(),
                Part::Quoted(range) => format!("[{}]", text[range].trim()),
                Part::Folded(count, kind) => folded_words(count, kind),
                Part::Gap => String::new(),
            };
            parts(text, is_whole).into_iter().map(part).collect()
        };
        assert_eq!(
            shown(false),
            [
                "Dear all,",
                "[> is it blue?]",
                "Yes.",
                "⋯ 4 quoted lines",
                "No.",
                "⋯ 3 quoted lines",
                "⋯ signature"
            ]
        );
        assert!(!shown(true).iter().any(|part| part.starts_with('⋯')));
        assert_eq!(parts("> only\n", false), [Part::Folded(1, Kind::Quoted)]);
    }
}
