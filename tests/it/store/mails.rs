//! Mails in the store: to which conversation each belongs, to whom an answer goes, what is shown at the provider.

use crate::store::kit::*;
use crate::store::mailbox::*;
use frontdesk::domain::account::Channel;
use frontdesk::domain::command::{Action, set};
use frontdesk::domain::contact::ConsentState;
use frontdesk::domain::conversation::Status;
use frontdesk::domain::delivery::{Delivery, DeliverySource};
use frontdesk::domain::event::{DeliveryReport, Event, MessageRef};
use frontdesk::domain::mail::{MailHead, Mailbox, Manner, op_of, reply_token};
use frontdesk::domain::message::{Direction, MessageKind};
use frontdesk::domain::op::{Mark, OpBody};
use frontdesk::domain::rev::{Rev, Stamped};
use frontdesk::store::StoreError;

#[test]
fn an_answer_joins_its_thread_and_another_topic_does_not() {
    let kit = mail_kit(&[]);
    kit.apply(vec![
        mailed(mail("a", ANNA, "Broken lamp"), NOW, "one"),
        mailed(answer_to(&["a"], mail("b", ANNA, "Re: Broken lamp")), NOW + 1000, "two"),
        mailed(mail("c", ANNA, "Invoice"), NOW + 2000, "three"),
    ]);
    let all = ids(&kit);
    assert_eq!(all.len(), 2);
    assert_eq!(texts(&kit, all[0]), ["one", "two"]);
    assert_eq!(texts(&kit, all[1]), ["three"]);
    let row = kit.reader().conversation(all[0]).unwrap().unwrap();
    assert_eq!((row.external_id.as_str(), row.theirs.as_str()), ("mail:a@x.example", ANNA));
    kit.check();
}

#[test]
fn others_who_take_part_stay_who_they_are() {
    let kit = mail_kit(&[]);
    kit.apply(vec![
        mailed(mail("a", ANNA, "Lamp"), NOW, "one"),
        mailed(answer_to(&["a"], mail("b", BOB, "Re: Lamp")), NOW + 1000, "two"),
    ]);
    let all = ids(&kit);
    assert_eq!(all.len(), 1);
    let thread = kit.reader().thread(all[0], None, 10).unwrap();
    let who: Vec<_> = thread.iter().map(|m| m.author_name.as_deref().unwrap()).collect();
    assert_eq!(who, [ANNA, BOB]);
    let row = kit.reader().conversation(all[0]).unwrap().unwrap();
    let contact = kit.reader().contact(row.contact).unwrap().unwrap();
    assert_eq!(contact.identities.len(), 1, "nobody became somebody else: {contact:?}");
    assert_eq!(contact.identities[0].0.value, ANNA);
}

#[test]
fn an_answer_without_names_is_found_by_its_subject_or_its_token() {
    let kit = mail_kit(&[]);
    let day = 24 * 3_600_000;
    kit.apply(vec![
        mailed(mail("a", ANNA, "Broken lamp"), NOW, "one"),
        mailed(mail("b", ANNA, "AW: broken  LAMP"), NOW + day, "two"),
        mailed(mail("c", BOB, "Re: Broken lamp"), NOW + day, "of somebody else"),
        mailed(mail("d", ANNA, "Broken lamp"), NOW + 2 * day, "no answer, so another matter"),
        mailed(mail("e", ANNA, "Re: Broken lamp"), NOW + 40 * day, "too late"),
    ]);
    let all = ids(&kit);
    assert_eq!(texts(&kit, all[0]), ["one", "two"]);
    assert_eq!(all.len(), 4);

    let out = reply(&kit, all[0], MailHead::default()).unwrap();
    let op = op_of(&out.mail.message_id).unwrap();
    let mut bare = mail("f", BOB, "About something else");
    bare.token = Some(reply_token(op).to_uppercase());
    kit.apply(vec![mailed(bare, NOW + 50 * day, "by token")]);
    assert_eq!(texts(&kit, all[0]).last().unwrap(), "by token");
    kit.check();
}

#[test]
fn an_answer_goes_to_the_sender_and_one_to_all_to_everybody_but_us() {
    let kit = mail_kit(&[]);
    let mut first = mail("a", ANNA, "Lamp");
    first.from = Some(Mailbox::named("Anna", ANNA));
    first.to = vec![Mailbox::bare(DESK), Mailbox::bare(BOB)];
    first.cc = vec![Mailbox::bare("carl@customer.example"), Mailbox::bare("Help@Example.com")];
    let id = kit.apply(vec![mailed(first, NOW, "one")]).conversations[0];
    let out = reply(&kit, id, MailHead::default()).unwrap();
    assert_eq!(out.manner, Manner::Reply);
    assert_eq!(
        (out.mail.subject.as_str(), out.mail.to.as_slice()),
        ("Re: Lamp", &[Mailbox::named("Anna", ANNA)][..])
    );
    assert!(out.mail.cc.is_empty() && out.mail.bcc.is_empty());
    assert_eq!(out.mail.in_reply_to, ["a@x.example"]);
    assert_eq!(out.mail.references, ["a@x.example"]);
    assert!(out.mail.message_id.ends_with("@example.com"), "{}", out.mail.message_id);
    assert_eq!(out.quoted.unwrap().text, "one");

    let head = MailHead {
        manner: Manner::ReplyAll,
        bcc: vec![Mailbox::bare("boss@example.com")],
        ..MailHead::default()
    };
    let out = reply(&kit, id, head).unwrap();
    assert_eq!(addresses(&out.mail.to), [ANNA, BOB]);
    assert_eq!(addresses(&out.mail.cc), ["carl@customer.example"]);
    assert_eq!(addresses(&out.mail.bcc), ["boss@example.com"]);

    let about = kit.reader().thread(id, None, 10).unwrap()[0].id;
    let head = MailHead { manner: Manner::Forward, about: Some(about), ..MailHead::default() };
    assert!(
        matches!(reply(&kit, id, head.clone()), Err(StoreError::Refused(why)) if why.contains("no recipient"))
    );
    let to = Some(vec![Mailbox::bare("courier@example.net")]);
    let out = reply(&kit, id, MailHead { to, ..head }).unwrap();
    assert_eq!((out.mail.subject.as_str(), out.manner), ("Fwd: Lamp", Manner::Forward));
    assert!(out.mail.in_reply_to.is_empty(), "it answers nobody");
    kit.check();
}

#[test]
fn passing_on_does_not_answer_the_customer() {
    let kit = mail_kit(&[]);
    let id = kit.apply(vec![mailed(mail("a", ANNA, "Lamp"), NOW, "one")]).conversations[0];
    let about = kit.reader().thread(id, None, 10).unwrap()[0].id;
    kit.clock.set(NOW + 1000);
    let to = Some(vec![Mailbox::bare("courier@example.net")]);
    let head = MailHead { manner: Manner::Forward, about: Some(about), to, ..MailHead::default() };
    let done = kit.perform(Action::Reply {
        conversation: id,
        text: written("please look", head),
        undo_ms: 0,
        at: None,
    });
    let told = MessageRef::Token(done.op.unwrap(), Some("x".into()));
    kit.apply(vec![delivered(told, frontdesk::domain::delivery::Delivery::Accepted, "sent", NOW + 1500)]);
    let row = kit.reader().conversation(id).unwrap().unwrap();
    assert_eq!(row.waiting_since, Some(NOW), "the customer still waits");
    kit.check();
}

#[test]
fn what_was_passed_on_and_failed_is_passed_on_again() {
    let kit = mail_kit(&[]);
    let first = mailed(mail("a", ANNA, "Lamp"), NOW, "one");
    let id = kit.apply(vec![first, mailed(answer_to(&["a"], mail("b", ANNA, "Re: Lamp")), NOW + 1, "two")]);
    let id = id.conversations[0];
    let about = kit.reader().thread(id, None, 10).unwrap().iter().find(|m| m.text == "one").unwrap().id;
    kit.clock.set(NOW + 1000);
    let to = Some(vec![Mailbox::bare("courier@example.net")]);
    let subject = Some("For you".to_owned());
    let head = MailHead { manner: Manner::Forward, about: Some(about), to, subject, ..MailHead::default() };
    let text = written("please look", head.clone());
    let done = kit.perform(Action::Reply { conversation: id, text, undo_ms: 0, at: None });
    // The server took it, and it came back: another mail has to go out.
    let (token, failed) = (done.op.unwrap(), frontdesk::domain::delivery::Delivery::Failed);
    kit.apply(vec![delivered(MessageRef::Token(token, Some("x".into())), failed, "bounced", NOW + 1500)]);
    let again = kit.perform(Action::Retry { message: done.message.unwrap() });
    assert_ne!(again.message, done.message);
    let out = sent(&kit, again.op);
    assert_eq!((out.manner, out.mail.subject.as_str()), (Manner::Forward, "For you"));
    assert_eq!(addresses(&out.mail.to), ["courier@example.net"]);
    assert_eq!(out.quoted.unwrap().text, "one", "not the newest mail: the one that was passed on");
    assert!(out.mail.in_reply_to.is_empty());
    assert_eq!(out.mail.references, ["a@x.example"]);
    // Which mail is meant is never guessed.
    let nameless = MailHead { about: None, ..head };
    assert!(
        matches!(reply(&kit, id, nameless), Err(StoreError::Refused(why)) if why.contains("forward it anew"))
    );
    kit.check();
}

#[test]
fn what_came_back_from_one_of_several_goes_out_again_to_that_one_alone() {
    let kit = mail_kit(&[]);
    let id = kit.apply(vec![mailed(mail("a", ANNA, "Lamp"), NOW, "one")]).conversations[0];
    kit.clock.set(NOW + 1000);
    let head = MailHead {
        to: Some(vec![Mailbox::named("Anna", ANNA)]),
        cc: Some(vec![Mailbox::bare(BOB), Mailbox::bare("carl@customer.example")]),
        bcc: vec![Mailbox::bare("boss@example.net")],
        ..MailHead::default()
    };
    let done =
        kit.perform(Action::Reply { conversation: id, text: written("hello", head), undo_ms: 0, at: None });
    let returned = |missed: &[&str], at| {
        let missed = missed.iter().map(|one| (*one).to_owned()).collect();
        let report = DeliveryReport { missed, ..report(Delivery::Failed, &format!("returned {at}"), at) };
        Event::Delivery { message: MessageRef::Token(done.op.unwrap(), Some("x".into())), report }
    };
    // Told twice, and of another one besides.
    kit.apply(vec![returned(&["Bob@Customer.example"], NOW + 1500)]);
    kit.apply(vec![
        returned(&["Bob@Customer.example"], NOW + 1500),
        returned(&["boss@example.net"], NOW + 1600),
    ]);
    let again = kit.perform(Action::Retry { message: done.message.unwrap() });
    let out = sent(&kit, again.op);
    assert_eq!(addresses(&out.mail.to), [""; 0], "the others have it");
    assert_eq!(addresses(&out.mail.cc), [BOB]);
    assert_eq!(addresses(&out.mail.bcc), ["boss@example.net"]);
    assert_eq!(out.mail.subject, "Re: Lamp");
    kit.check();
}

#[test]
fn what_came_back_from_nobody_who_was_written_to_goes_to_nobody_again() {
    let kit = mail_kit(&[]);
    let id = kit.apply(vec![mailed(mail("a", ANNA, "Lamp"), NOW, "one")]).conversations[0];
    kit.clock.set(NOW + 1000);
    let send = |to: &[&str]| {
        let to = Some(to.iter().map(|one| Mailbox::bare(*one)).collect());
        let text = written("hello", MailHead { to, ..MailHead::default() });
        let done = kit.perform(Action::Reply { conversation: id, text, undo_ms: 0, at: None });
        let missed = vec!["anna.private@elsewhere.example".to_owned()];
        let report = DeliveryReport { missed, ..report(Delivery::Failed, "returned", NOW + 1500) };
        let message = MessageRef::Token(done.op.unwrap(), Some(done.message.unwrap().to_string()));
        kit.apply(vec![Event::Delivery { message, report }]);
        done.message.unwrap()
    };
    let several = send(&[ANNA, BOB]);
    let refused = kit.try_perform(Action::Retry { message: several });
    assert!(matches!(&refused, Err(StoreError::Refused(why)) if why.contains("anna.private")), "{refused:?}");
    let alone = send(&[ANNA]);
    assert_eq!(addresses(&sent(&kit, kit.perform(Action::Retry { message: alone }).op).mail.to), [ANNA]);
    kit.check();
}

#[test]
fn what_is_given_as_html_is_read_as_its_readers_see_it() {
    let kit = mail_kit(&[]);
    let id = kit.apply(vec![mailed(mail("a", ANNA, "Lamp"), NOW, "one")]).conversations[0];
    kit.clock.set(NOW + 1000);
    let given = "<p>Dear <b>Anna</b></p><script>steal()</script>";
    let head = MailHead { html: true, ..MailHead::default() };
    let done =
        kit.perform(Action::Reply { conversation: id, text: written(given, head), undo_ms: 0, at: None });
    let message = done.message.unwrap();
    assert_eq!(texts(&kit, id), ["one", "Dear Anna"]);
    assert_eq!(kit.reader().mail_html(message).unwrap().as_deref(), Some(given));
    let row = kit.reader().message(message).unwrap().unwrap();
    let again = row.written();
    assert_eq!((again.text.as_str(), again.mail.unwrap().html), (given, true), "to be written on");
    // It leaves as it was given, also the second time.
    let token = MessageRef::Token(done.op.unwrap(), Some("x".into()));
    kit.apply(vec![delivered(token, Delivery::Failed, "bounced", NOW + 1500)]);
    let again = kit.perform(Action::Retry { message });
    for op in [done.op, again.op] {
        let body = kit.reader().op(op.unwrap()).unwrap().unwrap().0.body;
        assert!(matches!(&body, OpBody::Send { text, .. } if text == given), "{body:?}");
    }
    assert_eq!(texts(&kit, id).last().unwrap(), "Dear Anna");
    kit.check();
}

#[test]
fn a_mail_is_passed_on_whole_only_where_it_can_be_had() {
    let about = |kit: &Kit| {
        let id = kit.apply(vec![mailed(mail("a", ANNA, "Lamp"), NOW, "one")]).conversations[0];
        (id, Some(kit.reader().thread(id, None, 10).unwrap()[0].id))
    };
    let head = |about| MailHead {
        manner: Manner::ForwardAttached,
        about,
        to: Some(vec![Mailbox::bare("courier@example.net")]),
        ..MailHead::default()
    };
    let kit = mail_kit(&[]);
    let (id, message) = about(&kit);
    match reply(&kit, id, head(message)) {
        Err(StoreError::Refused(why)) => assert!(why.contains("not the mails as they came"), "{why}"),
        other => panic!("{other:?}"),
    }
    let kit = mail_kit_with(&[], true);
    let (id, message) = about(&kit);
    let out = reply(&kit, id, head(message)).unwrap();
    assert_eq!((out.manner, out.quoted), (Manner::ForwardAttached, None), "its words are in the file");
    assert_eq!(out.mail.about(), Some("a@x.example"));
}

#[test]
fn nobody_is_written_to_who_has_opted_out() {
    let kit = mail_kit(&[]);
    let id = kit.apply(vec![mailed(mail("a", ANNA, "Lamp"), NOW, "one")]).conversations[0];
    kit.apply(vec![Event::Consent {
        identity: frontdesk::domain::contact::Identity::new(
            frontdesk::domain::contact::IdentityKind::Email,
            "bob@customer.example",
        ),
        channel: Channel::Email,
        state: Stamped { value: ConsentState::OptedOut, rev: Rev::at(NOW) },
        said: "spam report".into(),
    }]);
    let head = MailHead { bcc: vec![Mailbox::bare("Bob@Customer.example")], ..MailHead::default() };
    match reply(&kit, id, head) {
        Err(StoreError::Refused(why)) => {
            assert!(why.contains("Bob@Customer.example") && why.contains("spam report"))
        }
        other => panic!("{other:?}"),
    }
    let head = MailHead { to: Some(vec![Mailbox::bare("nobody")]), ..MailHead::default() };
    assert!(
        matches!(reply(&kit, id, head), Err(StoreError::Refused(why)) if why.contains("no e-mail address"))
    );
}

#[test]
fn an_answer_that_is_faster_than_our_copy_finds_its_thread() {
    let kit = mail_kit(&[]);
    let text =
        written("Are you there?", MailHead { subject: Some("Your order".into()), ..MailHead::default() });
    let new = Action::New {
        account: kit.account,
        channel: Channel::Email,
        to: ANNA.into(),
        text,
        undo_ms: 0,
        at: None,
    };
    let done = kit.perform(new.clone());
    let other = kit.perform(new);
    assert_ne!(done.conversation, other.conversation, "each mail that is begun is a matter of its own");
    let out = sent(&kit, done.op);
    let row = kit.reader().conversation(done.conversation.unwrap()).unwrap().unwrap();
    assert_eq!(row.subject.as_deref(), Some("Your order"));
    let mut back = mail("a", ANNA, "Re: Your order");
    back.in_reply_to = vec![out.mail.message_id.clone()];
    kit.apply(vec![mailed(back, NOW + 1000, "yes")]);
    assert_eq!(texts(&kit, done.conversation.unwrap()), ["Are you there?", "yes"]);

    // Our copy in Sent is the same message, and what its head hides stays ours.
    let mut copy = out.mail.clone();
    copy.bcc.clear();
    copy.token = None;
    let mut fact = mail_fact(copy, NOW, "Are you there?");
    fact.token = op_of(&fact.external_id);
    kit.apply(vec![Event::Message(Box::new(fact))]);
    assert_eq!(texts(&kit, done.conversation.unwrap()).len(), 2);
    kit.check();
}

#[test]
fn answering_machines_and_bounces_call_nobody() {
    let kit = mail_kit(&[]);
    let id = kit.apply(vec![mailed(mail("a", ANNA, "Lamp"), NOW, "one")]).conversations[0];
    kit.reply(id, "done");
    kit.set(id, set::status(Status::Resolved));
    let mut auto = mail_fact(answer_to(&["a"], mail("b", ANNA, "Out of office")), NOW + 9000, "I am away");
    auto.kind = MessageKind::AutoReply;
    let mut bounce = mail_fact(answer_to(&["a"], mail("c", ANNA, "Undelivered")), NOW + 9500, "no such user");
    bounce.kind = MessageKind::Bounce;
    kit.apply(vec![Event::Message(Box::new(auto)), Event::Message(Box::new(bounce))]);
    let row = kit.reader().conversation(id).unwrap().unwrap();
    assert_eq!((row.status, row.unread, row.waiting_since), (Status::Resolved, 0, None));
    assert_eq!(row.last_inbound_at, Some(NOW));
    assert_eq!(texts(&kit, id).len(), 4, "they are in the thread all the same");
    kit.check();
}

#[test]
fn what_is_seen_here_is_shown_there_and_the_other_way_round() {
    let kit = mail_kit(&[Mark::Seen, Mark::Archived, Mark::Spam]);
    let id = kit.apply(vec![mailed(mail("a", ANNA, "Lamp"), NOW, "one")]).conversations[0];
    let unread = |kit: &Kit| kit.reader().conversation(id).unwrap().unwrap().unread;
    let seen = |value, at| Event::Seen {
        message: MessageRef::External("a@x.example".into()),
        state: Stamped { value, rev: Rev { at, rank: 1 } },
    };
    kit.apply(vec![seen(true, NOW + 10)]);
    assert_eq!(unread(&kit), 0, "somebody has read it in another program");
    kit.apply(vec![seen(false, NOW + 5)]);
    assert_eq!(unread(&kit), 0, "an older word");
    kit.apply(vec![seen(false, NOW + 20)]);
    assert_eq!(unread(&kit), 1, "marked as unread there");

    kit.clock.set(NOW + 30);
    kit.perform(Action::Read { conversation: id });
    assert_eq!(marks(&kit), [(Mark::Seen, true, vec!["a@x.example".to_owned()])]);
    // The mailbox was looked at before it heard of that.
    kit.apply(vec![seen(false, NOW + 40)]);
    assert_eq!(unread(&kit), 0, "what is on its way counts more");
    kit.set(id, set::archived(Some(NOW)));
    kit.set(id, set::status(Status::Spam));
    kit.set(id, set::status(Status::Open));
    let told: Vec<_> = marks(&kit).into_iter().map(|(mark, on, _)| (mark, on)).collect();
    assert_eq!(told, [(Mark::Seen, true), (Mark::Archived, true), (Mark::Spam, true), (Mark::Spam, false)]);
    kit.check();
}

/// The marks that are on their way, in the order in which they were asked for.
fn marks(kit: &Kit) -> Vec<(Mark, bool, Vec<String>)> {
    let active = kit.reader().ops_active(kit.account).unwrap();
    let mark = |op: OpBody| match op {
        OpBody::Mark { messages, mark, on, .. } => Some((mark, on, messages)),
        _ => None,
    };
    active.into_iter().filter_map(|a| mark(a.op.body)).collect()
}

#[test]
fn only_what_was_put_away_from_here_comes_back() {
    let kit = mail_kit(&[Mark::Archived]);
    let named = |ids: &[&str]| ids.iter().map(|id| format!("{id}@x.example")).collect::<Vec<_>>();
    let id = kit.apply(vec![mailed(mail("a", ANNA, "Lamp"), NOW, "one")]).conversations[0];
    kit.set(id, set::archived(Some(NOW)));
    // An old one is found by its answer; it may lie in the archive of the mailbox for years.
    let mut old = mail_fact(answer_to(&["a"], mail("b", ANNA, "Re: Lamp")), NOW - 5000, "old");
    old.history = true;
    kit.apply(vec![Event::Message(Box::new(old))]);
    kit.set(id, set::archived(None));
    let wanted = [(Mark::Archived, true, named(&["a"])), (Mark::Archived, false, named(&["a"]))];
    assert_eq!(marks(&kit), wanted);
    kit.set(id, set::archived(Some(NOW + 1)));
    kit.set(id, set::archived(None));
    let both = named(&["a", "b"]);
    assert_eq!(marks(&kit)[2..], [(Mark::Archived, true, both.clone()), (Mark::Archived, false, both)]);
}

#[test]
fn by_policy_what_is_archived_is_thrown_away_there() {
    let kit = mail_kit(&[Mark::Archived, Mark::Deleted]);
    let id = kit.apply(vec![mailed(mail("a", ANNA, "Lamp"), NOW, "one")]).conversations[0];
    kit.set(id, set::archived(Some(NOW)));
    kit.set(id, set::archived(None));
    let told: Vec<_> = marks(&kit).into_iter().map(|(mark, on, _)| (mark, on)).collect();
    assert_eq!(told, [(Mark::Deleted, true), (Mark::Deleted, false)]);
    assert_eq!(texts(&kit, id), ["one"], "no word of a customer is thrown away here");
}

#[test]
fn what_a_mail_brings_back_stays_although_another_program_has_shown_it() {
    for told_first in [false, true] {
        let kit = mail_kit(&[]);
        let id = kit.apply(vec![mailed(mail("a", ANNA, "Lamp"), NOW, "one")]).conversations[0];
        kit.set(id, set::status(Status::Resolved));
        kit.set(id, set::archived(Some(NOW)));
        kit.clock.set(NOW + 5000);
        let answer = mailed(answer_to(&["a"], mail("b", ANNA, "Re: Lamp")), NOW + 4000, "two");
        let message = MessageRef::External("b@x.example".into());
        let seen =
            Event::Seen { message, state: Stamped { value: true, rev: Rev { at: NOW + 5000, rank: 1 } } };
        let events = if told_first { vec![seen, answer] } else { vec![answer, seen] };
        kit.apply(events);
        let row = kit.reader().conversation(id).unwrap().unwrap();
        assert_eq!((row.status, row.unread, row.archived_at), (Status::Open, 0, None), "{told_first}");
        kit.check();
        // Nobody is called back to what is muted.
        kit.set(id, set::muted(true));
        kit.set(id, set::status(Status::Resolved));
        let answer = mailed(answer_to(&["a"], mail("c", ANNA, "Re: Lamp")), NOW + 6000, "three");
        let message = MessageRef::External("c@x.example".into());
        let seen =
            Event::Seen { message, state: Stamped { value: true, rev: Rev { at: NOW + 7000, rank: 1 } } };
        kit.apply(vec![answer, seen]);
        assert_eq!(kit.reader().conversation(id).unwrap().unwrap().status, Status::Resolved);
        kit.check();
    }
}

#[test]
fn what_is_told_of_a_mail_before_it_comes_is_kept_for_it() {
    let kit = mail_kit(&[]);
    let message = MessageRef::External("a@x.example".into());
    let state = Stamped { value: true, rev: Rev::at(NOW) };
    kit.apply(vec![Event::Seen { message, state }]);
    let id = kit.apply(vec![mailed(mail("a", ANNA, "Lamp"), NOW, "one")]).conversations[0];
    assert_eq!(kit.reader().conversation(id).unwrap().unwrap().unread, 0);
    kit.check();
}

#[test]
fn an_answer_to_the_name_that_a_carrier_gave_finds_its_thread() {
    let named = || Event::MailNamed { mail: "a@x.example".into(), also: "carried@far.example".into() };
    let first = || mailed(mail("a", ANNA, "Lamp"), NOW, "one");
    let answer = || {
        let mut answer = mail("b", ANNA, "Quite another subject");
        answer.in_reply_to = vec!["carried@FAR.example".into()];
        mailed(answer, NOW + 1, "two")
    };
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let kit = mail_kit(&[]);
        for one in order {
            kit.apply(vec![[first(), named(), answer()][one].clone()]);
        }
        let id = kit.apply(vec![first()]).conversations[0];
        assert_eq!(texts(&kit, id), ["one", "two"], "{order:?}");
        kit.check();
    }
}

#[test]
fn a_return_that_names_a_mail_as_its_carrier_did_is_about_that_mail() {
    let named = || Event::MailNamed { mail: "out@x.example".into(), also: "carried@far.example".into() };
    let sent = || mailed(mail("out", DESK, "Lamp"), NOW, "one");
    let returned = || Event::Delivery {
        message: MessageRef::External("carried@far.example".into()),
        report: DeliveryReport {
            state: Delivery::Failed,
            said: "returned".into(),
            reason: None,
            missed: Vec::new(),
            price: None,
            at: NOW + 1,
            source: DeliverySource::Webhook,
        },
    };
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let kit = mail_kit(&[]);
        for one in order {
            kit.apply(vec![[sent(), named(), returned()][one].clone()]);
        }
        let id = kit.apply(vec![sent()]).conversations[0];
        let thread = kit.reader().thread(id, None, 10).unwrap();
        assert_eq!(thread[0].delivery, Some(Delivery::Failed), "{order:?}");
        kit.check();
    }
}

#[test]
fn mails_of_programs_that_give_all_of_them_one_id_are_all_kept() {
    let kit = mail_kit(&[]);
    let scanned = |from: &str, at: i64, words: &str| {
        let mut fact = mail_fact(mail("scan", from, "Scan"), at, words);
        fact.metadata = serde_json::json!({ "date": at });
        Event::Message(Box::new(fact))
    };
    let first = kit.apply(vec![scanned(ANNA, NOW, "one")]).conversations[0];
    let second = kit.apply(vec![scanned(BOB, NOW + 60_000, "two")]).conversations[0];
    assert_ne!(first, second, "two people");
    assert_eq!((texts(&kit, first), texts(&kit, second)), (vec!["one".to_owned()], vec!["two".to_owned()]));
    // In the very same second, but by somebody else.
    let third = kit.apply(vec![scanned("carl@customer.example", NOW, "three")]).conversations[0];
    assert_eq!(texts(&kit, third), ["three"]);
    // The same ones once more.
    kit.apply(vec![
        scanned(BOB, NOW + 60_000, "two"),
        scanned("Carl@customer.example", NOW, "three"),
        scanned(ANNA, NOW, "one"),
    ]);
    assert_eq!([first, second, third].map(|id| texts(&kit, id).len()), [1, 1, 1]);
    assert_eq!(kit.reader().conversation(first).unwrap().unwrap().theirs, ANNA);
    kit.check();
}

#[test]
fn the_head_and_the_html_of_a_mail_are_kept() {
    let kit = mail_kit(&[]);
    let mut first = mail("a", ANNA, "Lamp");
    first.html = Some("<p>one</p>".into());
    first.cc = vec![Mailbox::named("Bob", BOB)];
    let id = kit.apply(vec![mailed(first.clone(), NOW, "one")]).conversations[0];
    let row = kit.reader().thread(id, None, 10).unwrap().remove(0);
    assert_eq!(kit.reader().mail_html(row.id).unwrap().as_deref(), Some("<p>one</p>"));
    first.html = None;
    assert_eq!(row.mail.as_deref(), Some(&first));
    assert_eq!(row.direction, Direction::Inbound);
}

#[test]
fn a_new_conversation_never_takes_the_number_of_one_that_is_part_of_another() {
    let kit = mail_kit(&[]);
    let one =
        kit.apply(vec![mailed(answer_to(&["m"], mail("a", ANNA, "Re: Lamp")), NOW, "one")]).conversations[0];
    let two = kit
        .apply(vec![mailed(answer_to(&["n"], mail("b", ANNA, "Re: Lamp")), NOW + 1, "two")])
        .conversations[0];
    kit.apply(vec![mailed(answer_to(&["m", "n"], mail("c", ANNA, "Re: Lamp")), NOW + 2, "three")]);
    let next = kit.apply(vec![mailed(mail("d", BOB, "Invoice"), NOW + 3, "four")]).conversations[0];
    assert_ne!(next, two);
    kit.set(two, set::label("vip", true));
    let labels = |id| kit.reader().conversation(id).unwrap().unwrap().labels;
    assert_eq!((labels(one), labels(next)), (vec!["vip".to_owned()], Vec::new()));
    kit.check();
}
