//! Files that go out: kept with the draft, shown with the message, carried by its op, and never doubled by the provider's copies.

use super::kit::{Kit, NOW, ana, capabilities, delivered, fact, spec};
use frontdesk::domain::attachment::{Enclosure, Written};
use frontdesk::domain::capability::{AttachmentLimits, Ownership};
use frontdesk::domain::command::{Action, ComposeMode};
use frontdesk::domain::delivery::Delivery;
use frontdesk::domain::event::{Event, MessageRef};
use frontdesk::domain::ids::ConversationId;
use frontdesk::domain::message::{AttachmentFact, Direction, MediaRef, MessageKind};
use frontdesk::domain::op::OpBody;
use frontdesk::domain::quick_reply::QuickReply;
use frontdesk::store::{AccountSpec, Class, StoreError};

const CUSTOMER: &str = "+15558675310";

/// A workspace whose account takes two small files, with a conversation in it.
fn desk() -> (Kit, ConversationId) {
    let kit = Kit::new();
    let mut caps = capabilities(Ownership::Local);
    for channel in &mut caps.channels {
        channel.attachments = AttachmentLimits { bytes: 100, count: 2, ..AttachmentLimits::default() };
    }
    let spec = AccountSpec { capabilities: Some(caps), ..spec("support", Ownership::Local) };
    kit.store.writer().call(Class::Durable, move |t| t.account_upsert(&spec)).unwrap();
    let c = kit.inbound("SM1", CUSTOMER, NOW - 60_000, "a picture, please");
    (kit, c)
}

fn file(kit: &Kit, name: &str, text: &str) -> Enclosure {
    let path = kit.dir.path().join(name);
    std::fs::write(&path, text).unwrap();
    kit.store.keep(&path).unwrap()
}

fn with(text: &str, files: &[Enclosure]) -> Written {
    Written { text: text.into(), files: files.to_vec(), mail: None }
}

#[test]
fn an_answer_carries_copies_that_outlive_their_originals() {
    let (kit, c) = desk();
    let (a, b) = (file(&kit, "a.txt", "one"), file(&kit, "b.txt", "two"));
    std::fs::remove_file(kit.dir.path().join("a.txt")).unwrap();
    let text = with("", &[a.clone(), b.clone()]);
    let done = kit.perform(Action::Reply { conversation: c, text, undo_ms: 0, at: None });
    let row = kit.reader().message(done.message.unwrap()).unwrap().unwrap();
    assert_eq!((row.kind, row.text.as_str()), (MessageKind::Attachment, ""));
    let seen: Vec<_> = row.attachments.iter().map(|f| (f.name.as_str(), f.mime.as_deref(), f.size)).collect();
    assert_eq!(seen, [("a.txt", Some("text/plain"), Some(3)), ("b.txt", Some("text/plain"), Some(3))]);
    assert_eq!(row.written(), with("", &[a.clone(), b]));
    let (op, ..) = kit.reader().op(done.op.unwrap()).unwrap().unwrap();
    let OpBody::Send { attachments, .. } = op.body else { panic!() };
    assert_eq!(attachments.iter().filter_map(Enclosure::of_fact).next(), Some(a.clone()));
    assert_eq!(std::fs::read(kit.store.dir().join(&a.path)).unwrap(), b"one");
    let shown = kit.reader().conversation(c).unwrap().unwrap();
    assert_eq!(shown.preview, "Attachment: a.txt");
    assert!(kit.reader().attachments_due(NOW + 999_999, 9).unwrap().is_empty(), "there is nothing to fetch");
    kit.check();
}

#[test]
fn what_the_medium_does_not_take_is_refused_and_the_draft_stays() {
    let (kit, c) = desk();
    let large = file(&kit, "large.txt", &"x".repeat(101));
    let draft = with("here", std::slice::from_ref(&large));
    kit.perform(Action::Draft { conversation: c, mode: ComposeMode::Reply, text: draft.clone() });
    let reply = |text| Action::Reply { conversation: c, text, undo_ms: 0, at: None };
    let refused = kit.try_perform(reply(draft.clone())).unwrap_err();
    assert_eq!(refused, StoreError::Refused("large.txt is 101 B; SMS takes 100 B".into()));
    assert_eq!(kit.reader().draft(c, ComposeMode::Reply).unwrap(), Some(draft));
    let small = file(&kit, "s.txt", "s");
    let many = with("", &[small.clone(), small.clone(), small.clone()]);
    let why = kit.try_perform(reply(many)).unwrap_err().to_string();
    assert!(why.contains("3 files are attached; SMS takes 2"), "{why}");
    // A path that is none of ours never leaves.
    let sly = Enclosure { path: "files/own/../../frontdesk.db".into(), ..small.clone() };
    assert!(matches!(kit.try_perform(reply(with("", &[sly]))), Err(StoreError::Refused(_))));
    // Once it is said, the draft goes with its files.
    kit.perform(reply(with("", &[small])));
    assert_eq!(kit.reader().draft(c, ComposeMode::Reply).unwrap(), None);
}

#[test]
fn a_draft_of_nothing_but_files_is_one() {
    let (kit, c) = desk();
    let files = [file(&kit, "a.txt", "one")];
    let keep = |text| Action::Draft { conversation: c, mode: ComposeMode::Note, text };
    kit.perform(keep(with("", &files)));
    assert_eq!(kit.reader().draft(c, ComposeMode::Note).unwrap(), Some(with("", &files)));
    assert!(kit.reader().conversation(c).unwrap().unwrap().draft);
    kit.perform(keep(Written::default()));
    assert_eq!(kit.reader().draft(c, ComposeMode::Note).unwrap(), None);
    // A note takes what no medium would.
    let note = with("", &[file(&kit, "big.txt", &"x".repeat(500))]);
    let done = kit.perform(Action::Note { conversation: c, text: note.clone() });
    assert_eq!(kit.reader().message(done.message.unwrap()).unwrap().unwrap().written(), note);
}

/// The provider tells of our message with its own copies of the files, before or after its answer.
#[test]
fn the_providers_copies_are_no_files_of_their_own() {
    for pulled_first in [true, false] {
        let (kit, c) = desk();
        let ours = [file(&kit, "a.txt", "one")];
        let reply = Action::Reply { conversation: c, text: with("look", &ours), undo_ms: 0, at: None };
        let done = kit.perform(reply);
        let mut copy = fact("MM9", CUSTOMER, Direction::Outbound, NOW + 1_000, "look");
        copy.attachments = vec![AttachmentFact {
            external_id: "ME1".into(),
            place: None,
            name: None,
            mime: Some("text/plain".into()),
            size: None,
            caption: None,
            media: Some(MediaRef("https://api.example.com/ME1".into())),
            path: None,
            on_demand: false,
        }];
        let pull = Event::Message(Box::new(copy));
        let answer = MessageRef::Token(done.op.unwrap(), Some("MM9".into()));
        let answer = delivered(answer, Delivery::Accepted, "queued", NOW + 500);
        let events = if pulled_first { [pull, answer] } else { [answer, pull] };
        for event in events {
            kit.apply(vec![event]);
        }
        let thread = kit.reader().thread(c, None, 10).unwrap();
        assert_eq!(thread.len(), 2, "one message, {pulled_first}");
        assert_eq!(thread[1].written(), with("look", &ours), "{pulled_first}");
        assert_eq!(thread[1].attachments.len(), 1, "{pulled_first}");
        kit.check();
    }
}

#[test]
fn a_message_that_failed_goes_out_again_with_its_files() {
    let (kit, c) = desk();
    let ours = [file(&kit, "a.txt", "one")];
    let done =
        kit.perform(Action::Reply { conversation: c, text: with("look", &ours), undo_ms: 0, at: None });
    let failed = MessageRef::Token(done.op.unwrap(), Some("MM9".into()));
    kit.apply(vec![delivered(failed, Delivery::Failed, "failed", NOW + 500)]);
    let again = kit.perform(Action::Retry { message: done.message.unwrap() });
    assert_ne!(again.message, done.message);
    let row = kit.reader().message(again.message.unwrap()).unwrap().unwrap();
    assert_eq!(row.written(), with("look", &ours));
    let waiting = kit.reader().outbox(9, NOW).unwrap();
    assert_eq!(waiting[0].text, Some(with("look", &ours)));
}

#[test]
fn what_was_scheduled_is_looked_at_again_with_its_files() {
    let (kit, c) = desk();
    let ours = [file(&kit, "a.txt", "one")];
    let at = Some(NOW + 60_000);
    let done = kit.perform(Action::Reply { conversation: c, text: with("", &ours), undo_ms: 0, at });
    let op = done.op.unwrap();
    kit.clock.set(NOW + 60_000);
    // Meanwhile the account takes no files any more.
    let spec = spec("support", Ownership::Local);
    kit.store.writer().call(Class::Durable, move |t| t.account_upsert(&spec)).unwrap();
    let taken = kit.store.writer().call(Class::Durable, move |t| t.op_take(op, NOW + 60_000)).unwrap();
    assert_eq!(taken, frontdesk::store::Taken::Parked);
}

#[test]
fn quick_replies_keep_their_files() {
    let (kit, _) = desk();
    let reply = QuickReply {
        shortcut: "terms".into(),
        channel: None,
        language: None,
        slot: None,
        title: "Terms".into(),
        body: "Our terms".into(),
        files: vec![file(&kit, "terms.pdf", "%PDF-1.7")],
    };
    let save = Action::QuickReplySave { id: None, reply: reply.clone() };
    kit.store.writer().call(Class::Durable, move |t| t.perform(&ana(), &save)).unwrap();
    let all = kit.reader().quick_replies().unwrap();
    assert_eq!(all[0].reply, reply);
    assert_eq!(all[0].reply.files[0].mime, "application/pdf");
}

#[test]
fn the_pictures_of_a_message_stay_in_their_order_whoever_tells_of_them_first() {
    let file = |id: &str, place: Option<u16>| AttachmentFact {
        external_id: id.into(),
        place,
        name: Some(format!("{id}.jpg")),
        mime: Some("image/jpeg".into()),
        size: None,
        caption: None,
        media: None,
        path: None,
        on_demand: false,
    };
    let told = |files: &[AttachmentFact]| {
        let mut told = fact("MM1", CUSTOMER, Direction::Inbound, NOW, "");
        told.attachments = files.to_vec();
        vec![Event::Message(Box::new(told))]
    };
    // The push knows the order, the list has another one, and one file more.
    let push = told(&[file("ME9", Some(0)), file("ME10", Some(1)), file("ME1", Some(2))]);
    let list = told(&[file("ME1", None), file("ME10", None), file("ME0", None), file("ME9", None)]);
    for [first, second] in [[&push, &list], [&list, &push]] {
        let (kit, _) = desk();
        let c = kit.apply(first.clone()).conversations[0];
        kit.apply(second.clone());
        let message = kit.reader().thread(c, None, 9).unwrap().pop().unwrap();
        let names: Vec<&str> = message.attachments.iter().map(|a| a.name.as_str()).collect();
        assert_eq!(names, ["ME9.jpg", "ME10.jpg", "ME1.jpg", "ME0.jpg"]);
        let row = kit.reader().conversation(c).unwrap().unwrap();
        assert!(row.preview.contains("ME9.jpg"), "{}", row.preview);
    }
}
