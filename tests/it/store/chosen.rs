//! Whom an answer by mail goes to where nobody says so, and what an agent cannot choose; and that it goes out again as it was.

use crate::store::kit::*;
use crate::store::mailbox::*;
use frontdesk::domain::command::{Action, ComposeMode};
use frontdesk::domain::delivery::Delivery;
use frontdesk::domain::event::MessageRef;
use frontdesk::domain::mail::{MailHead, Mailbox, Manner};
use frontdesk::store::StoreError;

#[test]
fn who_answers_what_was_passed_on_is_not_written_to_by_itself() {
    const SUPPLIER: &str = "parts@supplier.example";
    let kit = mail_kit(&[]);
    let id = kit.apply(vec![mailed(mail("a", ANNA, "Lamp"), NOW, "one")]).conversations[0];
    let about = Some(kit.reader().thread(id, None, 10).unwrap()[0].id);
    let to = Some(vec![Mailbox::bare(SUPPLIER)]);
    kit.clock.set(NOW + 500);
    let passed =
        reply(&kit, id, MailHead { manner: Manner::Forward, about, to, ..MailHead::default() }).unwrap();
    let mut theirs = mail("s", SUPPLIER, "Re: Fwd: Lamp");
    theirs.in_reply_to = vec![passed.mail.message_id.clone()];
    kit.apply(vec![mailed(theirs, NOW + 1000, "we have one")]);
    assert_eq!(ids(&kit), [id]);
    kit.clock.set(NOW + 2000);
    let out = reply(&kit, id, MailHead::default()).unwrap();
    assert_eq!(addresses(&out.mail.to), [ANNA]);
    assert_eq!((out.mail.subject.as_str(), out.quoted.unwrap().text.as_str()), ("Re: Lamp", "one"));
    assert_eq!(kit.reader().conversation(id).unwrap().unwrap().theirs, ANNA);
    // By choice they are.
    let newest =
        kit.reader().thread(id, None, 10).unwrap().iter().find(|m| m.text == "we have one").unwrap().id;
    let head = MailHead { manner: Manner::Reply, about: Some(newest), ..MailHead::default() };
    assert_eq!(addresses(&reply(&kit, id, head).unwrap().mail.to), [SUPPLIER]);
    kit.check();
}

#[test]
fn the_address_of_a_conversation_is_that_of_its_earliest_mail_in_any_order() {
    let mails = || {
        [
            mailed(mail("a", ANNA, "Lamp"), NOW, "one"),
            mailed(answer_to(&["a"], mail("b", BOB, "Re: Lamp")), NOW + 1000, "two"),
            mailed(answer_to(&["a"], mail("c", ANNA, "Re: Lamp")), NOW + 2000, "three"),
            mailed(answer_to(&["a"], mail("d", BOB, "Re: Lamp")), NOW + 3000, "four"),
        ]
    };
    for order in [[0, 1, 2, 3], [3, 2, 1, 0], [1, 3, 0, 2]] {
        let kit = mail_kit(&[]);
        for one in order {
            kit.apply(vec![mails()[one].clone()]);
        }
        let row = kit.reader().conversation(ids(&kit)[0]).unwrap().unwrap();
        assert_eq!(row.theirs, ANNA, "{order:?}");
        let out = reply(&kit, row.id, MailHead::default()).unwrap();
        assert_eq!(out.quoted.unwrap().text, "three", "{order:?}");
        kit.check();
    }
}

#[test]
fn an_address_of_ours_is_no_recipient_that_an_agent_names() {
    let kit = mail_kit(&[]);
    let id = kit.apply(vec![mailed(mail("a", ANNA, "Lamp"), NOW, "one")]).conversations[0];
    let ours = || vec![Mailbox::bare("Help@example.com")];
    for head in [
        MailHead { to: Some(ours()), ..MailHead::default() },
        MailHead { more_cc: ours(), ..MailHead::default() },
        MailHead { bcc: ours(), ..MailHead::default() },
    ] {
        match reply(&kit, id, head) {
            Err(StoreError::Refused(why)) => assert!(why.contains("an address of ours"), "{why}"),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn html_that_failed_goes_out_as_html_again() {
    let kit = mail_kit(&[]);
    let id = kit.apply(vec![mailed(mail("a", ANNA, "Lamp"), NOW, "one")]).conversations[0];
    let text = written("<b>Hello</b>", MailHead { html: true, ..MailHead::default() });
    let done = kit.perform(Action::Reply { conversation: id, text, undo_ms: 0, at: None });
    let failed = Delivery::Failed;
    let message = MessageRef::Token(done.op.unwrap(), Some("x".into()));
    kit.apply(vec![delivered(message, failed, "bounced", NOW + 5)]);
    let row = kit.reader().message(done.message.unwrap()).unwrap().unwrap();
    assert!(row.written().mail.unwrap().html, "what is edited is HTML as well");
    let again = kit.perform(Action::Retry { message: done.message.unwrap() });
    assert!(sent(&kit, again.op).is_html);
}

#[test]
fn trying_again_does_not_touch_what_is_being_typed() {
    let kit = mail_kit(&[]);
    let id = kit.apply(vec![mailed(mail("a", ANNA, "Lamp"), NOW, "one")]).conversations[0];
    let done = kit.perform(Action::Reply { conversation: id, text: "Hello".into(), undo_ms: 0, at: None });
    let failed = Delivery::Failed;
    let message = MessageRef::Token(done.op.unwrap(), Some("x".into()));
    kit.apply(vec![delivered(message, failed, "bounced", NOW + 5)]);
    kit.perform(Action::Draft { conversation: id, mode: ComposeMode::Reply, text: "something else".into() });
    kit.perform(Action::Retry { message: done.message.unwrap() });
    assert_eq!(kit.reader().draft(id, ComposeMode::Reply).unwrap(), Some("something else".into()));
}
