//! Whose a mail is: from us or to us, and which customer it is with. Pure.
//!
//! A mail that says to be ours counts as such only where that is proved; else it is taken as one that came in, under a name of its own. So
//! is one that a form of ours wrote in our name for a customer: it goes to nobody but us, and is to be answered to somebody else.

use crate::domain::mail::{Mail, Mailbox};
use crate::provider::mail::fact::Taken;
use crate::text::mail::parsed::Parsed;

/// The address of who cannot be known (RFC 2606).
const UNKNOWN: &str = "unknown@invalid";

/// Whether a mail is one that we sent.
pub(super) fn is_from_us(mail: &Mail, taken: &Taken<'_>) -> bool {
    let is_ours = |one: &Mailbox| taken.own.is_ours(&one.address);
    let says_so = mail.from.as_ref().is_some_and(is_ours);
    let to_us = || recipients(mail, taken).any(|to| taken.own.is_ours(to));
    let to_others = || recipients(mail, taken).any(|to| !taken.own.is_ours(to));
    let by_form = || !to_others() && mail.reply_to.iter().any(|one| !is_ours(one));
    if says_so { (taken.is_sent || taken.is_proved) && !by_form() } else { taken.is_sent && !to_us() }
}

/// Every address that it was sent to.
pub(super) fn recipients<'a>(mail: &'a Mail, taken: &'a Taken<'_>) -> impl Iterator<Item = &'a str> {
    let head = mail.to.iter().chain(&mail.cc).chain(&mail.bcc).map(|one| one.address.as_str());
    head.chain(taken.envelope_to.iter().map(String::as_str))
}

/// The customer of a mail that came in: who wrote it. A report speaks of one; a sender who takes no answers names another.
pub(super) fn sender(parsed: &Parsed, taken: &Taken<'_>) -> Mailbox {
    let (mail, own) = (&parsed.mail, taken.own);
    if let Some(about) = parsed.bounces.iter().find_map(|b| b.recipient.clone()) {
        return Mailbox::bare(about);
    }
    let Some(from) = mail.from.as_ref().or(parsed.sender.as_ref()) else {
        let known = mail.reply_to.first().cloned();
        let envelope = taken.envelope_from.filter(|from| !from.trim().is_empty()).map(Mailbox::bare);
        return known.or(envelope).unwrap_or_else(|| Mailbox::bare(UNKNOWN));
    };
    let list = parsed.headers.iter().any(|(name, _)| matches!(name.as_str(), "list-id" | "list-post"));
    // A group of ours that has its answers come back to itself is not who wrote.
    let reply = mail.reply_to.iter().find(|reply| !own.is_ours(&reply.address));
    match reply {
        Some(reply) if list || is_no_reply(&from.address) || own.is_ours(&from.address) => reply.clone(),
        _ => from.clone(),
    }
}

/// Whether an address says of itself that nobody reads what is sent there.
fn is_no_reply(address: &str) -> bool {
    let local = address.rsplit_once('@').map_or(address, |(local, _)| local).to_lowercase();
    let letters: String = local.chars().filter(|c| c.is_alphanumeric()).collect();
    ["noreply", "donotreply", "dontreply", "neantworten", "nepasrepondre", "noresponder", "naoresponda"]
        .iter()
        .any(|word| letters.contains(word))
}

/// The customer of a mail that we sent: the first recipient who is not one of us.
pub(super) fn recipient(mail: &Mail, taken: &Taken<'_>) -> Mailbox {
    let mut all = mail.to.iter().chain(&mail.cc).chain(&mail.bcc);
    let theirs = all.find(|one| !taken.own.is_ours(&one.address)).cloned();
    let by_envelope = || taken.envelope_to.iter().find(|to| !taken.own.is_ours(to)).map(Mailbox::bare);
    let anybody = || mail.to.first().cloned();
    theirs.or_else(by_envelope).or_else(anybody).unwrap_or_else(|| Mailbox::bare(UNKNOWN))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::delivery::DeliverySource;
    use crate::domain::event::Event;
    use crate::domain::ids::OpId;
    use crate::domain::mail::{Automatic, message_id};
    use crate::domain::message::{AuthorKind, Direction, MessageKind};
    use crate::provider::mail::fact::events;
    use crate::provider::mail::fact::tests::{NOW, mail, own, told};
    use crate::text::mail::parsed::BounceReport;

    #[test]
    fn ours_is_only_what_is_proved() {
        let op = OpId(uuid::Uuid::from_u128(0x0199_0000_0000_7000_8000_1234_5678_9abc));
        let mut sent = mail();
        sent.mail.from = Some(Mailbox::named("Example", "support@example.com"));
        sent.mail.to = vec![Mailbox::bare("hello@example.com"), Mailbox::named("Dana", "dana@example.net")];
        sent.mail.message_id = message_id(op, "example.com");
        let fact = told(&sent, |t| t.is_proved = true);
        assert_eq!((fact.direction, fact.token), (Direction::Outbound, Some(op)));
        assert_eq!(fact.conversation.theirs, "dana@example.net");
        assert_eq!((fact.author.kind, fact.author.name.as_deref()), (AuthorKind::Agent, Some("Example")));
        let forged = told(&sent, |_| ());
        assert_eq!((forged.direction, forged.token), (Direction::Inbound, None));
        assert_ne!(forged.external_id, fact.external_id, "it cannot change what we wrote");
        let other = told(&mail(), |t| t.is_proved = true);
        assert_eq!(other.direction, Direction::Inbound);
    }

    #[test]
    fn what_lies_among_what_was_sent_is_from_us_whoever_signs_it() {
        let mut sent = mail();
        sent.mail.from = Some(Mailbox::bare("billing@example.com"));
        sent.mail.to = vec![Mailbox::bare("dana@example.net")];
        let fact = told(&sent, |t| t.is_sent = true);
        assert_eq!(
            (fact.direction, fact.conversation.theirs.as_str()),
            (Direction::Outbound, "dana@example.net")
        );
        assert_eq!(
            told(&sent, |t| t.is_proved = true).direction,
            Direction::Inbound,
            "nobody knows that address"
        );
        let misplaced = told(&mail(), |t| t.is_sent = true);
        assert_eq!(misplaced.direction, Direction::Inbound, "a mail to us, put into the wrong folder");
    }

    #[test]
    fn a_form_of_ours_writes_for_the_customer() {
        let mut form = mail();
        form.mail.from = Some(Mailbox::named("Our site", "support@example.com"));
        form.mail.to = vec![Mailbox::bare("support@example.com")];
        form.mail.reply_to = vec![Mailbox::named("Dana", "dana@example.net")];
        for change in [
            |_: &mut Taken<'_>| (),
            |t: &mut Taken<'_>| t.is_proved = true,
            |t: &mut Taken<'_>| t.is_sent = true,
        ] {
            let fact = told(&form, change);
            assert_eq!(fact.direction, Direction::Inbound);
            assert_eq!(fact.conversation.theirs, "dana@example.net");
        }
        // A group of ours in which others write: its answers go back to it.
        let mut group = mail();
        group.headers = vec![("list-id".into(), "<support.example.com>".into())];
        group.mail.reply_to = vec![Mailbox::bare("support@example.com")];
        assert_eq!(told(&group, |_| ()).conversation.theirs, "Dana@example.net");
    }

    #[test]
    fn the_customer_is_who_can_be_answered() {
        let mut form = mail();
        form.mail.from = Some(Mailbox::named("Forms", "no-reply@forms.example"));
        form.mail.reply_to = vec![Mailbox::named("Dana", "dana@example.net")];
        assert_eq!(told(&form, |_| ()).conversation.theirs, "dana@example.net");
        let mut other = mail();
        other.mail.reply_to = vec![Mailbox::bare("assistant@example.net")];
        assert_eq!(told(&other, |_| ()).conversation.theirs, "Dana@example.net", "who wrote it is known");
        let mut nobody = mail();
        nobody.mail.from = None;
        assert_eq!(told(&nobody, |_| ()).conversation.theirs, UNKNOWN);
        assert_eq!(
            told(&nobody, |t| t.envelope_from = Some("d@x.example")).conversation.theirs,
            "d@x.example"
        );
    }

    #[test]
    fn a_bounce_is_with_the_customer_it_did_not_reach() {
        let op = OpId(uuid::Uuid::from_u128(0x0199_0000_0000_7000_8000_1234_5678_9abc));
        let mut bounce = mail();
        bounce.kind = Some(MessageKind::Bounce);
        bounce.mail.automatic = Some(Automatic::Bounce);
        bounce.mail.from = Some(Mailbox::named("Mail Delivery", "mailer-daemon@mx.example"));
        bounce.bounces = vec![BounceReport {
            message_id: Some(message_id(op, "Example.com")),
            recipient: Some("dana@example.net".into()),
            action: "failed".into(),
            ..BounceReport::default()
        }];
        let own = own();
        let all = events(&bounce, Taken::now(&own, NOW, DeliverySource::Webhook));
        let [Event::Message(fact), Event::Delivery { .. }] = all.as_slice() else { panic!("{all:?}") };
        assert_eq!((fact.kind, fact.author.kind), (MessageKind::Bounce, AuthorKind::System));
        assert_eq!(fact.conversation.theirs, "dana@example.net");
        assert_eq!(fact.conversation.key.0, format!("mail:{}", message_id(op, "example.com")));
    }
}
