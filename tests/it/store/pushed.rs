//! What pushes alone bring: files that came along, what counts as new whatever its date, and mails that come back.

use super::kit::{Kit, NOW, fact, report};
use frontdesk::domain::account::Channel;
use frontdesk::domain::attachment::CAME;
use frontdesk::domain::delivery::{Delivery, DeliverySource, Reason};
use frontdesk::domain::event::{DeliveryReport, Event, MessageFact, MessageRef};
use frontdesk::domain::message::{AttachmentFact, Direction, MediaRef};
use frontdesk::domain::row::MessageRow;
use frontdesk::store::{Applied, Class};

const CUSTOMER: &str = "+15558675310";

fn with_file(path: Option<String>, media: Option<&str>) -> Event {
    let mut told = fact("M1", CUSTOMER, Direction::Inbound, NOW, "a photo");
    told.attachments.push(AttachmentFact {
        external_id: "2".into(),
        place: None,
        name: Some("photo.jpg".into()),
        mime: Some("image/jpeg".into()),
        size: Some(5),
        caption: None,
        media: media.map(|m| MediaRef(m.into())),
        path,
        on_demand: false,
    });
    Event::Message(Box::new(told))
}

fn only(kit: &Kit) -> MessageRow {
    let c = kit.reader().conversation_ids().unwrap()[0];
    let mut all = kit.reader().thread(c, None, 9).unwrap();
    assert_eq!(all.len(), 1);
    all.remove(0)
}

#[test]
fn a_file_that_came_along_is_here_in_whichever_order_it_is_told() {
    let kit = Kit::new();
    let path = kit.store.keep_came("photo.jpg", b"12345").unwrap();
    let (here, there) = (with_file(Some(path.clone()), None), with_file(None, Some("https://far.example/1")));
    for order in [vec![here.clone()], vec![here.clone(), there.clone()], vec![there, here.clone(), here]] {
        let kit = Kit::new();
        for event in order {
            kit.apply(vec![event]);
        }
        let row = only(&kit);
        assert_eq!(row.attachments[0].path.as_ref(), Some(&path));
        assert_eq!(row.attachments[0].error, None);
        assert!(kit.reader().attachments_due(NOW + 999_999, 9).unwrap().is_empty(), "nothing to fetch");
        kit.check();
    }
}

#[test]
fn a_place_that_a_stranger_names_is_not_looked_at() {
    let kit = Kit::new();
    let hash = "0123456789abcdef".repeat(4);
    for odd in ["/etc/passwd".to_owned(), format!("{CAME}{hash}/../../x"), format!("files/own/{hash}/a.png")]
    {
        kit.apply(vec![with_file(Some(odd), None)]);
    }
    assert_eq!(only(&kit).attachments[0].path, None);
}

fn pushed(kit: &Kit, event: MessageFact) -> Applied {
    let account = kit.account;
    let events = [Event::Message(Box::new(event))];
    kit.store.writer().call(Class::Apply, move |t| t.apply_pushed(account, &events)).unwrap()
}

#[test]
fn what_is_pushed_is_new_and_what_is_pulled_from_before_is_history() {
    let kit = Kit::new();
    let old = |id: &str| fact(id, CUSTOMER, Direction::Inbound, NOW - 86_400_000, "from yesterday");
    let c = pushed(&kit, old("M1")).conversations[0];
    assert_eq!(kit.reader().conversation(c).unwrap().unwrap().unread, 1);
    kit.apply(vec![Event::Message(Box::new(old("M2")))]);
    assert_eq!(kit.reader().conversation(c).unwrap().unwrap().unread, 1);
    pushed(&kit, old("M2"));
    assert_eq!(kit.reader().conversation(c).unwrap().unwrap().unread, 1, "what was history stays so");
    kit.check();
}

/// A message that was sent on this medium, after these statements.
fn sent(channel: Channel, told: &[(Delivery, DeliverySource)]) -> MessageRow {
    let kit = Kit::new();
    let mut out = fact("M1", CUSTOMER, Direction::Outbound, NOW, "hello");
    out.conversation.channel = channel;
    kit.apply(vec![Event::Message(Box::new(out))]);
    for (state, source) in told {
        let reason = (*state == Delivery::Failed).then(|| Reason::ours("there is no such mailbox"));
        let report = DeliveryReport { source: *source, reason, ..report(*state, state.word(), NOW) };
        kit.apply(vec![Event::Delivery { message: MessageRef::External("M1".into()), report }]);
        kit.check();
    }
    only(&kit)
}

#[test]
fn a_mail_that_came_back_is_failed_in_whichever_order_it_is_told() {
    use Delivery::{Accepted, Delivered, Failed, Read};
    use DeliverySource::{Agent, Pull, Webhook};
    for order in [
        [(Accepted, Webhook), (Delivered, Webhook), (Failed, Webhook)],
        [(Failed, Pull), (Read, Webhook), (Delivered, Webhook)],
        [(Read, Webhook), (Failed, Webhook), (Accepted, Webhook)],
    ] {
        let row = sent(Channel::Email, &order);
        assert_eq!(row.delivery, Some(Failed), "{order:?}");
        assert_eq!(row.reason.unwrap().human, "there is no such mailbox");
    }
    // An agent's word gives way to what is known, and a device's word is final.
    assert_eq!(sent(Channel::Email, &[(Failed, Agent), (Delivered, Webhook)]).delivery, Some(Delivered));
    assert_eq!(sent(Channel::Sms, &[(Delivered, Webhook), (Failed, Webhook)]).delivery, Some(Delivered));
}
