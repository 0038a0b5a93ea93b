//! Conversations of mails that turn out to be one: nothing that stands or is typed in either is lost.

use crate::store::kit::*;
use crate::store::mailbox::*;
use frontdesk::domain::attachment::{Enclosure, Written};
use frontdesk::domain::command::{Action, ComposeMode, set};
use frontdesk::domain::event::Event;
use frontdesk::domain::ids::ConversationId;
use frontdesk::domain::mail::{MailHead, Mailbox};

/// Two conversations of mails, and what makes them one.
fn two_that_join(kit: &Kit) -> (ConversationId, ConversationId, Event) {
    let one =
        kit.apply(vec![mailed(answer_to(&["m"], mail("a", ANNA, "Re: Lamp")), NOW, "one")]).conversations[0];
    let two = kit
        .apply(vec![mailed(answer_to(&["n"], mail("b", BOB, "Re: Lamp")), NOW + 1, "two")])
        .conversations[0];
    (one, two, mailed(answer_to(&["m", "n"], mail("c", ANNA, "Re: Lamp")), NOW - 5000, "zero"))
}

fn keep(kit: &Kit, conversation: ConversationId, text: Written) {
    kit.perform(Action::Draft { conversation, mode: ComposeMode::Reply, text });
}

#[test]
fn drafts_of_conversations_that_become_one_keep_heads_files_and_every_word() {
    let kit = mail_kit(&[]);
    let (one, two, both) = two_that_join(&kit);
    let file = |name: &str| Enclosure {
        name: name.into(),
        mime: "application/pdf".into(),
        size: 3,
        path: format!("files/own/{}/{name}", "0123456789abcdef".repeat(4)),
    };
    let plain = Written { files: vec![file("a.pdf")], ..written("for Anna", MailHead::default()) };
    let head = MailHead { bcc: vec![Mailbox::bare("boss@example.com")], ..MailHead::default() };
    keep(&kit, one, plain);
    keep(&kit, two, Written { files: vec![file("b.pdf")], ..written("for Bob", head.clone()) });
    kit.apply(vec![both]);
    let draft = kit.reader().draft(one, ComposeMode::Reply).unwrap().unwrap();
    assert_eq!((draft.text.as_str(), draft.files.len()), ("for Anna\nfor Bob", 2));
    assert_eq!(draft.mail, Some(Box::new(head)), "the head of the one that has said one");
    // The screen that has the other open has not seen the first: it goes on writing its own.
    keep(&kit, two, "for Bob and Carl".into());
    let reader = kit.reader();
    assert_eq!(reader.draft(one, ComposeMode::Reply).unwrap().unwrap().text, "for Anna\nfor Bob and Carl");
    assert_eq!(reader.drafts(one, ComposeMode::Reply).unwrap().len(), 2);
    // Nor does sending one of them take the other along.
    kit.perform(Action::Reply { conversation: two, text: "for Bob and Carl".into(), undo_ms: 0, at: None });
    let draft = kit.reader().draft(one, ComposeMode::Reply).unwrap().unwrap();
    assert_eq!(draft.text, "for Anna");
    assert!(kit.reader().conversation(one).unwrap().unwrap().draft);
    keep(&kit, one, Written::default());
    assert!(!kit.reader().conversation(one).unwrap().unwrap().draft);
    kit.check();
}

#[test]
fn two_heads_that_differ_are_told_in_words() {
    let to = |to: &str| MailHead { to: Some(vec![Mailbox::bare(to)]), ..MailHead::default() };
    let one = written("dear Anna", MailHead { subject: Some("Lamp".into()), ..to(ANNA) });
    let two = written("dear Bob", MailHead { subject: Some("Order".into()), ..to(BOB) });
    let both = one.clone().before(two);
    assert_eq!(both.mail, one.mail);
    assert_eq!(both.text, format!("dear Anna\nTo: {BOB}\nSubject: Order\ndear Bob"));
}

#[test]
fn who_asks_for_a_conversation_that_is_part_of_another_one_is_answered_by_that() {
    let kit = mail_kit(&[]);
    let (one, two, both) = two_that_join(&kit);
    keep(&kit, two, "for Bob".into());
    kit.apply(vec![both]);
    let reader = kit.reader();
    assert_eq!(reader.conversation(two).unwrap().unwrap().id, one);
    assert_eq!(texts(&kit, two), ["zero", "one", "two"]);
    assert_eq!(reader.draft(two, ComposeMode::Reply).unwrap().unwrap().text, "for Bob");
    assert_eq!(reader.draft(one, ComposeMode::Reply).unwrap().unwrap().text, "for Bob");
    assert!(reader.conversation(one).unwrap().unwrap().draft);
}

#[test]
fn a_mail_that_names_two_conversations_makes_them_one_and_loses_nothing() {
    let kit = mail_kit(&[]);
    // Newest first, as a mailbox is read: the mail that both name comes last.
    let one =
        kit.apply(vec![mailed(answer_to(&["m"], mail("a", ANNA, "Re: Lamp")), NOW, "one")]).conversations[0];
    let two = kit
        .apply(vec![mailed(answer_to(&["n"], mail("b", BOB, "Re: Lamp")), NOW + 1, "two")])
        .conversations[0];
    assert_ne!(one, two);
    kit.set(two, set::label("vip", true));
    kit.perform(Action::Draft { conversation: one, mode: ComposeMode::Reply, text: "for Anna".into() });
    kit.perform(Action::Draft { conversation: two, mode: ComposeMode::Reply, text: "for Bob".into() });
    let queued = kit.perform(Action::Reply {
        conversation: two,
        text: "on its way".into(),
        undo_ms: 60_000,
        at: None,
    });
    kit.perform(Action::Draft { conversation: two, mode: ComposeMode::Reply, text: "for Bob".into() });
    kit.apply(vec![mailed(answer_to(&["m", "n"], mail("c", ANNA, "Re: Lamp")), NOW - 5000, "zero")]);
    assert_eq!(ids(&kit), [one]);
    assert_eq!(texts(&kit, one), ["zero", "one", "on its way", "two"]);
    kit.check();
    let reader = kit.reader();
    let row = reader.conversation(one).unwrap().unwrap();
    assert_eq!((row.unread, row.labels.as_slice()), (2, &["vip".to_owned()][..]));
    let draft = reader.draft(one, ComposeMode::Reply).unwrap().unwrap();
    assert_eq!(draft.text, "for Anna\nfor Bob");
    assert_eq!(reader.op(queued.op.unwrap()).unwrap().unwrap().0.conversation, one);
    // What is asked of the one that is gone goes to where it is now.
    kit.set(two, set::label("urgent", true));
    let row = kit.reader().conversation(one).unwrap().unwrap();
    assert_eq!(row.labels, ["urgent", "vip"]);
    kit.check();
}
