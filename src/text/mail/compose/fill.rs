//! What an agent left empty of a mail's head, filled in from the mail that it answers or passes on.

use super::recipients::{Own, recipients};
use super::subject;
use crate::domain::mail::{Mail, MailHead, Mailbox};
use crate::domain::message::Direction;
use crate::text::mail::mailboxes;

/// The head of a mail of ours: subject, recipients and what ties it to its thread. Its id and its sender are the caller's to add.
/// `about` is the mail that is answered or passed on. What the agent gave counts as it is given.
pub fn fill(head: &MailHead, about: Option<(&Mail, Direction)>, own: &Own) -> Mail {
    let manner = head.manner;
    let found = about.map(|(mail, direction)| recipients(mail, direction, own, manner)).unwrap_or_default();
    let subject = head.subject.clone().unwrap_or_else(|| match about {
        Some((mail, _)) if manner.is_forward() => subject::forward(&mail.subject),
        Some((mail, _)) if manner.is_answer() => subject::answer(&mail.subject),
        _ => String::new(),
    });
    let to = mailboxes::once(head.to.clone().unwrap_or(found.to));
    let cc = others(head.cc.clone().unwrap_or(found.cc), &[&to]);
    let bcc = others(head.bcc.clone(), &[&to, &cc]);
    let tied = about.map(|(mail, _)| mail).filter(|mail| !mail.message_id.is_empty());
    let answered = tied.filter(|_| manner.is_answer());
    // What is passed on is no answer, but what is answered to it belongs to the same conversation.
    let chained = tied.filter(|_| manner.is_answer() || manner.is_forward());
    Mail {
        in_reply_to: answered.map(|mail| mail.message_id.clone()).into_iter().collect(),
        references: chained.map(Mail::references_of_answer).unwrap_or_default(),
        subject,
        to,
        cc,
        bcc,
        ..Mail::default()
    }
}

/// Those that are not there already, once each: nobody gets a mail twice.
fn others(boxes: Vec<Mailbox>, there: &[&[Mailbox]]) -> Vec<Mailbox> {
    let mut boxes = mailboxes::once(boxes);
    boxes.retain(|one| {
        !there.iter().copied().flatten().any(|known| mailboxes::same(&known.address, &one.address))
    });
    boxes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::mail::Manner;

    fn customers() -> Mail {
        Mail {
            message_id: "b@c.example".into(),
            references: vec!["a@c.example".into()],
            subject: "AW: Order".into(),
            from: Some(Mailbox::named("Cy", "cy@c.example")),
            to: vec![Mailbox::bare("support@acme.example"), Mailbox::bare("d@d.example")],
            cc: vec![Mailbox::bare("e@e.example")],
            ..Mail::default()
        }
    }

    fn filled(head: &MailHead) -> Mail {
        fill(head, Some((&customers(), Direction::Inbound)), &Own::new(["support@acme.example"]))
    }

    #[test]
    fn an_answer_follows_from_what_it_answers() {
        let found = filled(&MailHead { manner: Manner::ReplyAll, ..MailHead::default() });
        assert_eq!(found.subject, "Re: Order");
        assert_eq!(mailboxes::line(&found.to), "Cy <cy@c.example>, d@d.example");
        assert_eq!(mailboxes::line(&found.cc), "e@e.example");
        assert_eq!(found.in_reply_to, ["b@c.example"]);
        assert_eq!(found.references, ["a@c.example", "b@c.example"]);
    }

    #[test]
    fn what_is_passed_on_stays_in_its_conversation_and_goes_to_nobody_by_itself() {
        let found = filled(&MailHead { manner: Manner::Forward, ..MailHead::default() });
        assert_eq!((found.subject.as_str(), found.to.len(), found.cc.len()), ("Fwd: AW: Order", 0, 0));
        assert!(found.in_reply_to.is_empty());
        assert_eq!(found.references, ["a@c.example", "b@c.example"]);
    }

    #[test]
    fn what_was_given_counts_and_nobody_is_named_twice() {
        let head = MailHead {
            manner: Manner::ReplyAll,
            subject: Some("Other".into()),
            to: Some(vec![Mailbox::bare("e@e.example"), Mailbox::bare("E@e.example")]),
            bcc: vec![Mailbox::bare("f@f.example"), Mailbox::bare("e@E.example")],
            ..MailHead::default()
        };
        let found = filled(&head);
        assert_eq!(found.subject, "Other");
        let lines = [&found.to, &found.cc, &found.bcc].map(|boxes| mailboxes::line(boxes));
        assert_eq!(lines, ["e@e.example", "", "f@f.example"]);
    }

    #[test]
    fn a_new_mail_is_tied_to_none() {
        let found = filled(&MailHead::default());
        assert_eq!(found, Mail::default());
        assert_eq!(fill(&MailHead::default(), None, &Own::default()), Mail::default());
    }
}
