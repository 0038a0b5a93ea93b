//! What the head of a mail of ours will be, as far as the agent has not said it: one piece for the store, which sends it, and for
//! the screen, which shows it before.

use crate::domain::capability::ChannelCapabilities;
use crate::domain::delivery::Delivery;
use crate::domain::mail::{Mail, MailHead, Mailbox, Manner};
use crate::domain::message::{Direction, MessageKind};
use crate::domain::row::{ConversationRow, MessageRow};
use crate::text::mail::compose::recipients::{Own, recipients};
use crate::text::mail::compose::subject;
use crate::text::mail::mailboxes::{self, Among};

/// A head with nothing left open.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Whole {
    /// How it came to be.
    pub manner: Manner,
    /// The subject.
    pub subject: String,
    /// To whom.
    pub to: Vec<Mailbox>,
    /// Who gets a copy that everybody sees.
    pub cc: Vec<Mailbox>,
    /// Who gets a copy that nobody sees.
    pub bcc: Vec<Mailbox>,
}

impl Whole {
    /// Who gets it because it answers a mail; nobody, where it answers none.
    pub fn answered(self) -> Vec<Mailbox> {
        if self.manner.is_answer() { [self.to, self.cc].concat() } else { Vec::new() }
    }

    /// The same with each address once, in the first field that names it: nobody gets a mail twice.
    pub fn once(mut self) -> Whole {
        self.to = mailboxes::once(self.to);
        self.cc = others(self.cc, &Among::of(&self.to));
        self.bcc = others(self.bcc, &Among::of(self.to.iter().chain(&self.cc)));
        self
    }

    /// The mail of this head, tied to the one that it answers or passes on. Its id and its sender are the caller's to add.
    pub fn mail(self, about: Option<&Mail>) -> Mail {
        let tied = about.filter(|_| self.manner != Manner::New);
        let answered = tied.filter(|_| self.manner.is_answer());
        Mail {
            in_reply_to: answered.map(|mail| mail.message_id.clone()).into_iter().collect(),
            // What is passed on is no answer, but what is answered to it belongs to the same conversation.
            references: tied.map(Mail::references_of_answer).unwrap_or_default(),
            subject: self.subject,
            to: self.to,
            cc: self.cc,
            bcc: self.bcc,
            manner: Some(self.manner),
            ..Mail::default()
        }
    }
}

/// Those that are not there already, once each.
fn others(boxes: Vec<Mailbox>, there: &Among) -> Vec<Mailbox> {
    let mut boxes = mailboxes::once(boxes);
    boxes.retain(|one| !there.has(&one.address));
    boxes
}

/// Our addresses in a conversation: those of its account's medium, and the one that it is kept under.
fn own(row: &ConversationRow, medium: &[String]) -> Own {
    Own::new(medium.iter().chain([&row.ours]))
}

/// The same, as far as an account says what is ours.
pub fn ours(row: &ConversationRow, medium: Option<&ChannelCapabilities>) -> Own {
    let (account, house) = medium.map(|can| (can.own.as_slice(), can.house.as_slice())).unwrap_or_default();
    own(row, account).beside(house)
}

/// The head of a mail in a conversation. `about` is the mail that is answered or passed on, if there is one. What the agent said
/// counts as it was said, but for who is named twice.
pub fn whole(row: &ConversationRow, own: &Own, head: &MailHead, about: Option<&MessageRow>) -> Whole {
    let mail = about.and_then(|message| Some((message, message.mail.as_deref()?)));
    let manner = match (head.manner, mail) {
        // Whoever answers without a word on how, answers the sender.
        (Manner::New, Some(_)) if head.about.is_none() && head.to.is_none() => Manner::Reply,
        (manner, _) => manner,
    };
    let (to, cc) = match mail {
        Some((message, mail)) if manner.is_answer() => {
            let found = recipients(mail, message.direction, own, manner);
            (found.to, found.cc)
        }
        _ if manner.is_forward() => (Vec::new(), Vec::new()),
        _ => {
            let name = row.known_name().map(str::to_owned);
            (vec![Mailbox { name, address: row.theirs.clone() }], Vec::new())
        }
    };
    let subject = match (&head.subject, mail) {
        (Some(subject), _) => subject.clone(),
        (None, Some((_, mail))) if manner.is_forward() => subject::forward(&mail.subject),
        (None, Some((_, mail))) => subject::answer(&mail.subject),
        (None, None) => row.subject.clone().unwrap_or_default(),
    };
    let mut cc = head.cc.clone().unwrap_or(cc);
    cc.extend_from_slice(&head.more_cc);
    Whole { manner, subject, to: head.to.clone().unwrap_or(to), cc, bcc: head.bcc.clone() }.once()
}

/// Whether a message is a mail that can be answered where none is named: said by a person, and not taken back.
fn is_answered(message: &MessageRow) -> bool {
    message.mail.is_some()
        && matches!(message.direction, Direction::Inbound | Direction::Outbound)
        && message.delivery != Some(Delivery::Cancelled)
        && !matches!(message.kind, MessageKind::AutoReply | MessageKind::Bounce)
}

/// The mail that is answered where none is named: the newest of the customer's, else the newest of ours to them. Others take part in
/// a thread (a supplier answers what was passed on to them): they are answered where an agent chooses their mail. Who has never
/// written from a known address, and from whom nothing was kept either by passing a mail on, is whoever answers. The store asks its
/// tables the same.
pub fn answered<'a>(messages: &'a [MessageRow], customer: &[&str]) -> Option<&'a MessageRow> {
    let newest = |fits: &dyn Fn(&MessageRow) -> bool| {
        messages.iter().filter(|m| is_answered(m) && fits(m)).max_by_key(|m| (m.sent_at, m.id))
    };
    let is_in = |m: &MessageRow| m.direction == Direction::Inbound;
    let is_passed_on = |m: &MessageRow| !is_in(m) && m.kind == MessageKind::Forward;
    let is_alone = !messages.iter().any(|m| is_answered(m) && is_passed_on(m));
    newest(&|m| is_in(m) && is_by(m, customer))
        .or_else(|| newest(&|m| is_in(m) && is_alone))
        .or_else(|| newest(&|m| !is_in(m) && !is_passed_on(m)))
}

/// Whether somebody of these addresses wrote a mail.
fn is_by(message: &MessageRow, addresses: &[&str]) -> bool {
    let from = message.mail.as_ref().and_then(|mail| mail.from.as_ref());
    from.is_some_and(|from| addresses.iter().any(|one| mailboxes::same(one, &from.address)))
}

/// Why a mail does not go to an address of ours that an agent has named, if one is among these. That the answer to a note to ourselves
/// goes there is no mistake: `follows` are those who get it by themselves.
pub fn to_ourselves<'a>(
    own: &Own,
    follows: &[Mailbox],
    named: &'a [Mailbox],
) -> Option<(&'a Mailbox, String)> {
    let follows = |one: &Mailbox| follows.iter().any(|known| mailboxes::same(&known.address, &one.address));
    // Few are ours: only those are looked for among who follows.
    let one = named.iter().find(|one| own.is(&one.address) && !follows(one))?;
    Some((one, format!("{} is an address of ours: take it out", one.address)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::fixture;

    fn row() -> ConversationRow {
        ConversationRow {
            ours: "support@acme.example".into(),
            theirs: "anna@c.example".into(),
            contact_name: "Anna".into(),
            subject: Some("Lamp".into()),
            ..fixture::conversation(1)
        }
    }

    fn mailed(id: i64, direction: Direction) -> MessageRow {
        let mail = Mail {
            message_id: "b@c.example".into(),
            references: vec!["a@c.example".into()],
            subject: "AW: Lamp".into(),
            from: Some(Mailbox::named("Anna", "anna@c.example")),
            to: mailboxes::read("support@acme.example, bob@c.example").unwrap(),
            cc: mailboxes::read("team@acme.example, carl@c.example").unwrap(),
            ..Mail::default()
        };
        MessageRow { mail: Some(Box::new(mail)), ..fixture::message(id, direction, "hello") }
    }

    fn of(head: &MailHead, about: Option<&MessageRow>) -> (Manner, String, String, String) {
        let whole = whole(&row(), &own(&row(), &["team@acme.example".into()]), head, about);
        (whole.manner, whole.subject, mailboxes::line(&whole.to), mailboxes::line(&whole.cc))
    }

    fn said(manner: Manner, subject: &str, to: &str, cc: &str) -> (Manner, String, String, String) {
        (manner, subject.into(), to.into(), cc.into())
    }

    #[test]
    fn what_is_not_said_follows_from_the_mail_and_the_manner() {
        let mail = mailed(1, Direction::Inbound);
        let manner = |manner| MailHead { manner, about: Some(mail.id), ..MailHead::default() };
        let anna = "Anna <anna@c.example>";
        let all = "Anna <anna@c.example>, bob@c.example";
        for (head, about, wanted) in [
            (MailHead::default(), Some(&mail), said(Manner::Reply, "Re: Lamp", anna, "")),
            (
                manner(Manner::ReplyAll),
                Some(&mail),
                said(Manner::ReplyAll, "Re: Lamp", all, "carl@c.example"),
            ),
            (manner(Manner::Forward), Some(&mail), said(Manner::Forward, "Fwd: Re: Lamp", "", "")),
            (MailHead::default(), None, said(Manner::New, "Lamp", anna, "")),
        ] {
            assert_eq!(of(&head, about), wanted, "{head:?}");
        }
        let typed = MailHead {
            subject: Some(String::new()),
            to: Some(vec![Mailbox::bare("x@y.example")]),
            ..manner(Manner::ReplyAll)
        };
        assert_eq!(of(&typed, Some(&mail)), said(Manner::ReplyAll, "", "x@y.example", "carl@c.example"));
    }

    #[test]
    fn nobody_gets_a_mail_twice() {
        let mail = mailed(1, Direction::Inbound);
        let head = MailHead {
            manner: Manner::ReplyAll,
            about: Some(mail.id),
            more_cc: mailboxes::read("bob@C.example, eve@x.example").unwrap(),
            bcc: mailboxes::read("f@x.example, EVE@x.example, carl@c.example").unwrap(),
            ..MailHead::default()
        };
        let whole = whole(&row(), &own(&row(), &["team@acme.example".into()]), &head, Some(&mail));
        let lines = [&whole.to, &whole.cc, &whole.bcc].map(|boxes| mailboxes::line(boxes));
        let wanted = ["Anna <anna@c.example>, bob@c.example", "carl@c.example, eve@x.example", "f@x.example"];
        assert_eq!(lines, wanted);
    }

    #[test]
    fn a_mail_is_tied_to_what_it_answers_or_passes_on_and_a_new_one_to_nothing() {
        let mail = mailed(1, Direction::Inbound);
        let about = mail.mail.as_deref();
        let chain = ["a@c.example", "b@c.example"];
        let tied = |manner| Whole { manner, ..Whole::default() }.mail(about);
        let answer = tied(Manner::ReplyAll);
        assert_eq!(
            (answer.in_reply_to.as_slice(), answer.about()),
            (&chain.map(str::to_owned)[1..], Some("b@c.example"))
        );
        assert_eq!(answer.references, chain);
        for manner in [Manner::Forward, Manner::ForwardAttached] {
            let passed = tied(manner);
            assert!(passed.in_reply_to.is_empty(), "it answers nobody");
            assert_eq!(
                (passed.references.as_slice(), passed.about()),
                (&chain.map(str::to_owned)[..], Some("b@c.example"))
            );
            assert_eq!(passed.head().manner, manner);
        }
        let new = tied(Manner::New);
        assert!(new.in_reply_to.is_empty() && new.references.is_empty() && new.about().is_none());
    }

    #[test]
    fn the_newest_mail_of_the_customer_is_answered_and_machines_are_not() {
        let mut machine = mailed(4, Direction::Inbound);
        machine.kind = MessageKind::AutoReply;
        let mut gone = mailed(5, Direction::Outbound);
        gone.delivery = Some(Delivery::Cancelled);
        let all = [
            mailed(1, Direction::Inbound),
            mailed(2, Direction::Inbound),
            mailed(3, Direction::Outbound),
            machine,
            gone,
            fixture::message(6, Direction::Inbound, "no mail"),
        ];
        let of = |all: &[MessageRow]| answered(all, &["anna@C.example"]).map(|m| m.id.0);
        assert_eq!(of(&all), Some(2));
        assert_eq!(of(&all[2..]), Some(3));
        assert_eq!(of(&all[3..]), None);
    }

    #[test]
    fn whoever_answers_what_was_passed_on_is_answered_by_choice_alone() {
        let by = |id, from: &str| {
            let mut message = mailed(id, Direction::Inbound);
            if let Some(mail) = &mut message.mail {
                mail.from = Some(Mailbox::bare(from));
            }
            message
        };
        let mut passed_on = mailed(2, Direction::Outbound);
        passed_on.kind = MessageKind::Forward;
        let all = [mailed(1, Direction::Inbound), passed_on, by(3, "supplier@s.example")];
        let of = |all: &[MessageRow]| answered(all, &["anna@c.example"]).map(|m| m.id.0);
        assert_eq!(of(&all), Some(1));
        assert_eq!(of(&all[1..]), None, "nothing is written to the supplier by itself");
        // We have begun, and somebody else answers for them.
        assert_eq!(of(&[mailed(4, Direction::Outbound), by(5, "bob@c.example")]), Some(5));
    }

    #[test]
    fn an_address_of_ours_is_no_recipient_unless_it_follows() {
        let own = own(&row(), &["team@acme.example".into()]);
        let named = mailboxes::read("bob@c.example, Team <TEAM@acme.example>").unwrap();
        let (one, why) = to_ourselves(&own, &[], &named).unwrap();
        assert_eq!((one.address.as_str(), why.contains("address of ours")), ("TEAM@acme.example", true));
        assert_eq!(to_ourselves(&own, &named, &named), None);
        assert_eq!(to_ourselves(&own, &[], &named[..1]), None);
    }
}
