//! Pulling from Resend: the newest first and the rest behind, in pieces, in disorder and through failures; hostile answers; files; and what
//! became of what was sent where no webhook tells.

use crate::conformance::{NOW, context, op};
use crate::far_end::{Answer, FarEnd};
use crate::resend::{ResendCase, resend, row, world};
use crate::sendgrid::{OURS, THEIRS};
use frontdesk::domain::clock::Ms;
use frontdesk::domain::delivery::Delivery;
use frontdesk::domain::event::{Event, MessageFact, MessageRef};
use frontdesk::domain::failure::Failure;
use frontdesk::domain::mail::{Mail, Mailbox, message_id};
use frontdesk::domain::message::{Direction, MediaRef, MessageKind};
use frontdesk::domain::op::{Op, OpBody};
use frontdesk::provider::resend::Resend;
use frontdesk::provider::{Cursor, Page, Provider, Scope};
use frontdesk::sandbox::letter::{File, Letter};
use frontdesk::sandbox::resend::{Answer as Fault, Inbound, Outcome, Plan, ResendWorld, Told};
use serde_json::json;
use std::time::Duration;

const MINUTE: Ms = 60_000;
const DAY: Ms = 86_400_000;

fn letter(id: &str) -> Letter {
    Letter::new(&format!("{id}@mail.example.net"), THEIRS, OURS, "order", &format!("text {id}"))
}

/// A mail that came so many milliseconds ago, without a webhook.
async fn came(world: &ResendWorld, id: &str, ago: Ms) -> String {
    world.inbound(Inbound { at: Some(NOW - ago), push: None, ..letter(id).into() }).await.0
}

async fn pull(one: &Resend, cursor: &Cursor) -> Page {
    one.pull(cursor.clone(), Scope::Since, NOW).await.unwrap()
}

fn facts(events: &[Event]) -> Vec<&MessageFact> {
    events
        .iter()
        .filter_map(|event| match event {
            Event::Message(fact) => Some(fact.as_ref()),
            _ => None,
        })
        .collect()
}

fn texts(events: &[Event]) -> Vec<String> {
    facts(events).iter().map(|fact| fact.text.trim_start_matches("text ").to_owned()).collect()
}

#[tokio::test]
async fn the_newest_come_first_the_rest_behind_and_news_in_between() {
    let world = world().await;
    for n in 0..60 {
        came(&world, &n.to_string(), MINUTE * (100 - n)).await;
    }
    came(&world, "too old", 31 * DAY).await;
    let first = pull(&resend(world.base_url(), &[]), &Cursor::default()).await;
    assert!(first.more);
    assert_eq!(texts(&first.events), (35..60).map(|n| n.to_string()).collect::<Vec<_>>());
    // A restart, and a mail that comes while the old ones are read: it is told first.
    let one = resend(world.base_url(), &[]);
    came(&world, "new", 0).await;
    let second = pull(&one, &first.cursor).await;
    assert_eq!((texts(&second.events), second.more), (vec!["new".to_owned()], true));
    let third = pull(&one, &second.cursor).await;
    assert_eq!(texts(&third.events), (10..35).map(|n| n.to_string()).collect::<Vec<_>>());
    let fourth = pull(&one, &third.cursor).await;
    assert_eq!(texts(&fourth.events), (0..10).map(|n| n.to_string()).collect::<Vec<_>>());
    assert!(!fourth.more, "what is older than a month is not read");
    world.requests();
    let nothing = pull(&one, &fourth.cursor).await;
    assert_eq!((nothing.events, nothing.more), (Vec::new(), false));
    assert_eq!(world.requests(), ["GET /emails/receiving?limit=25"], "one question where nothing is new");
}

#[tokio::test]
async fn a_mail_is_what_its_bytes_say() {
    let world = world().await;
    let file = |name: &str, id: Option<&str>| File {
        name: name.into(),
        mime: "image/png".into(),
        bytes: name.as_bytes().to_vec(),
        content_id: id.map(str::to_owned),
    };
    let mail = Letter {
        cc: Some("boss@example.net".into()),
        in_reply_to: Some("b@mail.example.net".into()),
        references: vec!["a@mail.example.net".into(), "b@mail.example.net".into()],
        date: Some("Fri, 20 Nov 2026 09:14:00 +0000".into()),
        html: Some("<p>Where? <img src=\"cid:ii_1\"></p>".into()),
        files: vec![file("Größe.png", None), file("logo.png", Some("ii_1"))],
        envelope_to: vec![format!("support+{}@in.example.com", "abcdefghabcdefgh")],
        ..Letter::new("CAF1x@mail.example.net", "Däna <dana@example.net>", OURS, "Re: örder", "Where?")
    };
    let mut told = Vec::new();
    for is_whole in [true, false] {
        let one = resend(world.base_url(), &[("reply_domain", "in.example.com")]);
        let inbound = Inbound { at: Some(NOW - 1_000), is_whole, push: None, ..mail.clone().into() };
        let (id, _) = world.inbound(inbound).await;
        let page = pull(&one, &Cursor::default()).await;
        world.forget(&id);
        let fact = facts(&page.events)[0].clone();
        let read = fact.mail.as_ref().unwrap();
        assert_eq!(
            (read.message_id.as_str(), read.subject.as_str()),
            ("CAF1x@mail.example.net", "Re: örder")
        );
        assert_eq!(read.references, ["a@mail.example.net", "b@mail.example.net"]);
        assert_eq!(read.token.as_deref(), Some("abcdefghabcdefgh"), "by where it was delivered to");
        assert_eq!((fact.direction, fact.kind), (Direction::Inbound, MessageKind::Attachment));
        assert_eq!((fact.text.as_str(), fact.sent_at), ("Where?", NOW - 1_000));
        assert_eq!(fact.conversation.party.name.as_deref(), Some("Däna"));
        assert_eq!(fact.metadata["resend_id"], json!(id));
        let names: Vec<_> = fact.attachments.iter().map(|a| a.name.clone().unwrap_or_default()).collect();
        assert_eq!(names, ["Größe.png", "logo.png"]);
        assert!(fact.attachments.iter().all(|a| a.on_demand && a.path.is_none() && a.size.is_some()));
        told.push((fact.external_id, fact.conversation.key, fact.text, read.cc.clone()));
    }
    assert_eq!(told[0], told[1], "the same, whole and in pieces");
}

#[tokio::test]
async fn files_are_fetched_when_somebody_wants_them() {
    let world = world().await;
    let one = resend(world.base_url(), &[]);
    let bytes: Vec<u8> = (0..300_000u32).map(|n| n.to_le_bytes()[0]).collect();
    let file = File { name: "offer.pdf".into(), mime: "application/pdf".into(), bytes, content_id: None };
    for is_whole in [true, false] {
        let mail = Letter { files: vec![file.clone()], ..letter("1") };
        let (id, _) = world.inbound(Inbound { is_whole, push: None, ..mail.into() }).await;
        let page = pull(&one, &Cursor::default()).await;
        let media = facts(&page.events)[0].attachments[0].media.clone().unwrap();
        let got = one.fetch(&media, 1_000_000).await.unwrap();
        assert!(got.bytes == file.bytes && got.mime.as_deref() == Some("application/pdf"));
        match one.fetch(&media, 299_999).await {
            Err(Failure::Rejected { reason, .. }) => assert_eq!(reason.code.as_deref(), Some("too-large")),
            other => panic!("{other:?}"),
        }
        world.plan_read("/cdn/", Fault::CutBefore);
        assert!(matches!(one.fetch(&media, 1_000_000).await, Err(Failure::Transient { .. })));
        world.forget(&id);
        match one.fetch(&media, 1_000_000).await {
            Err(Failure::Rejected { reason, .. }) => assert_eq!(reason.code.as_deref(), Some("gone")),
            other => panic!("{other:?}"),
        }
    }
    world.requests();
    for odd in ["", "{}", "https://example.com/x", r#"{"m":"../x","p":"2"}"#, r#"{"m":"a","f":"../../x"}"#] {
        let odd = one.fetch(&MediaRef(odd.into()), 10).await;
        assert!(matches!(odd, Err(Failure::Rejected { .. })), "{odd:?}");
    }
    assert!(world.requests().is_empty());
}

#[tokio::test]
async fn disorder_and_repetition_lose_nothing_and_tell_nothing_twice() {
    let world = world().await;
    let one = resend(world.base_url(), &[]);
    came(&world, "2", MINUTE).await;
    let first = pull(&one, &Cursor::default()).await;
    // One turns up in the list behind another that came later.
    came(&world, "1", 3 * MINUTE).await;
    let second = pull(&one, &first.cursor).await;
    assert_eq!(texts(&second.events), ["1"]);
    assert_eq!(pull(&one, &second.cursor).await.events, []);
    // The same mail from an older cursor has the same name and the same words.
    let again = pull(&one, &first.cursor).await;
    assert_eq!(again.events, second.events);
    // Where the cursor cannot be read, everything is told again, as it was.
    let anew = pull(&one, &Cursor(Some("of another program".into()))).await;
    assert_eq!(anew.events, [second.events, first.events].concat());
}

#[tokio::test]
async fn a_failure_in_the_middle_keeps_what_was_read_and_goes_on_there() {
    let world = world().await;
    let one = resend(world.base_url(), &[]);
    let mut ids = Vec::new();
    for n in 0..6 {
        ids.push(came(&world, &n.to_string(), 60 * MINUTE * (10 - n)).await);
    }
    for fault in [Fault::TooMany { seconds: 0 }, Fault::ErrorBefore, Fault::CutBefore] {
        world.plan_read(&format!("/emails/receiving/{}", ids[3]), fault.clone());
        let page = pull(&one, &Cursor::default()).await;
        assert_eq!(
            (texts(&page.events), page.more),
            (vec!["4".to_owned(), "5".to_owned()], true),
            "{fault:?}"
        );
        let rest = pull(&one, &page.cursor).await;
        assert_eq!(
            (texts(&rest.events), rest.more),
            (["0", "1", "2", "3"].map(str::to_owned).to_vec(), false)
        );
    }
    // The mail behind which it goes on is deleted meanwhile: from the top, and nothing is left out.
    world.plan_read(&format!("/emails/receiving/{}", ids[3]), Fault::ErrorBefore);
    let mut page = pull(&one, &Cursor::default()).await;
    world.forget(&ids[4]);
    let mut got = texts(&page.events);
    while page.more {
        page = pull(&one, &page.cursor).await;
        got.extend(texts(&page.events));
    }
    got.sort();
    assert_eq!(got, ["0", "1", "2", "3", "4", "5"]);
    // Nothing could be read at all: the failure is told, in its class.
    world.plan_read(
        "/emails/receiving",
        Fault::Refused { status: 401, name: "missing_api_key", message: "x" },
    );
    assert!(matches!(one.pull(Cursor::default(), Scope::Recent, NOW).await, Err(Failure::Auth { .. })));
    world.plan_read("/emails/receiving", Fault::TooMany { seconds: 3 });
    match one.pull(Cursor::default(), Scope::Recent, NOW).await {
        Err(Failure::Transient { retry_after, .. }) => assert_eq!(retry_after, Some(Duration::from_secs(3))),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_mail_that_is_refused_holds_up_no_other_and_is_told_of() {
    let world = world().await;
    let one = resend(world.base_url(), &[]);
    let mut ids = Vec::new();
    for n in 0..3 {
        ids.push(came(&world, &n.to_string(), MINUTE * (10 - n)).await);
    }
    let refused = Fault::Refused { status: 422, name: "validation_error", message: "it is damaged" };
    world.plan_read(&format!("/emails/receiving/{}", ids[1]), refused);
    let page = pull(&one, &Cursor::default()).await;
    assert_eq!(texts(&page.events), ["0", "2"]);
    let told = one.notice().unwrap();
    assert!(told.starts_with("1 mail could not be read") && told.contains("it is damaged"), "{told}");
    // One that is deleted meanwhile is nobody's loss.
    let id = came(&world, "3", MINUTE).await;
    world.plan_read(
        &format!("/emails/receiving/{id}"),
        Fault::Refused { status: 404, name: "not_found", message: "gone" },
    );
    assert_eq!(pull(&one, &page.cursor).await.events, []);
    assert_eq!(one.notice(), Some(told));
}

#[tokio::test]
async fn bytes_that_never_come_hold_nothing_up() {
    let world = world().await;
    let one = resend(world.base_url(), &[]);
    let id = came(&world, "1", MINUTE).await;
    for _ in 0..2 {
        world.plan_read(&format!("/cdn/{id}"), Fault::ErrorBefore);
        let failure = one.pull(Cursor::default(), Scope::Recent, NOW).await.unwrap_err();
        assert!(matches!(failure, Failure::Transient { .. }), "{failure:?}");
    }
    world.plan_read(&format!("/cdn/{id}"), Fault::ErrorBefore);
    assert_eq!(texts(&pull(&one, &Cursor::default()).await.events), ["1"], "put together from its pieces");
}

#[tokio::test]
async fn only_mail_of_this_account_comes_in_and_old_mail_counts_as_seen() {
    let world = world().await;
    let one = resend(world.base_url(), &[("receives", "support@example.com, in.example.com")]);
    let to = |id: &str, to: &str, envelope: &str| Inbound {
        push: None,
        ..Letter { to: to.into(), envelope_to: vec![envelope.into()], ..letter(id) }.into()
    };
    world.inbound(to("1", OURS, "x@team.resend.app")).await;
    world.inbound(to("2", "sales@example.com", "sales@example.com")).await;
    world.inbound(to("3", "list@example.org", "support@in.example.com")).await;
    came(&world, "4", 2 * DAY).await;
    let page = pull(&one, &Cursor::default()).await;
    let seen: Vec<_> = facts(&page.events).iter().map(|fact| (fact.text.clone(), fact.history)).collect();
    let want = [("text 4", true), ("text 1", false), ("text 3", false)];
    assert_eq!(seen, want.map(|(text, history)| (text.to_owned(), history)));
}

#[tokio::test]
async fn hostile_answers_do_no_harm() {
    let far = FarEnd::start().await;
    let one = resend(&far.base, &[]);
    let list =
        |rows: serde_json::Value, more: bool| Answer::json(200, json!({"data": rows, "has_more": more}));
    // Ids that lead elsewhere, and rows that are none.
    let odd = json!([{"id": "../domains"}, {"id": "a/b"}, 5, null, {"created_at": "x"}]);
    far.answer(list(odd, true));
    let page = one.pull(Cursor::default(), Scope::Recent, NOW).await.unwrap();
    assert_eq!((page.events, page.more, far.asked().len()), (Vec::new(), false, 1));
    // Bytes are fetched from nowhere else, and our key goes with no address of a file.
    let stranger = FarEnd::start().await;
    let at = "2026-11-20T09:14:00.000Z";
    let mut whole = row("a", at);
    whole["text"] = json!("the words");
    whole["headers"] =
        json!({"x\r\nFrom": "evil@example.org", "reply-to": "a@example.net\r\nBcc: b@example.org", "to": 5});
    whole["raw"] = json!({"download_url": format!("{}/raw", stranger.base)});
    far.answer(list(json!([row("a", at)]), false)).answer(Answer::json(200, whole.clone()));
    let page = one.pull(Cursor::default(), Scope::Recent, NOW).await.unwrap();
    let fact = facts(&page.events)[0].clone();
    let mail = fact.mail.unwrap();
    assert_eq!((fact.text.as_str(), mail.from), ("the words", Some(Mailbox::bare(THEIRS))));
    assert!(mail.bcc.is_empty() && stranger.asked().is_empty());
    whole["raw"] = json!({"download_url": format!("{}/raw?Signature=1", far.base)});
    far.asked();
    let raw = Answer {
        status: 200,
        headers: Vec::new(),
        body: b"From: x@example.org\r\n\r\nraw words\r\n".to_vec(),
    };
    far.answer(list(json!([row("b", at)]), false)).answer(Answer::json(200, whole)).answer(raw);
    let page = one.pull(Cursor::default(), Scope::Recent, NOW).await.unwrap();
    assert_eq!(facts(&page.events)[0].text, "raw words");
    let asked = far.asked();
    assert!(asked[0].header("authorization").is_some() && asked[2].header("authorization").is_none());
    // A list that turns in circles has an end, and what is no list says nothing of mails.
    let mut cursor = Cursor::default();
    for pages in 0.. {
        assert!(pages < 5, "it ends");
        far.answer(list(json!([{"id": "c", "created_at": at, "to": ["x"]}]), true));
        far.answer(Answer::json(404, json!({})));
        far.answer(list(json!([{"id": "c", "created_at": at, "to": ["x"]}]), true));
        let page = one.pull(cursor, Scope::Since, NOW).await.unwrap();
        cursor = page.cursor;
        if !page.more {
            break;
        }
    }
    for body in [json!(null), json!([]), json!({"data": {}}), json!({"data": "x", "has_more": "yes"})] {
        let far = FarEnd::start().await;
        far.answer(Answer::json(200, body));
        let page = resend(&far.base, &[]).pull(Cursor::default(), Scope::Recent, NOW).await.unwrap();
        assert_eq!((page.events, page.more), (Vec::new(), false));
    }
    let far = FarEnd::start().await;
    far.answer(Answer { status: 200, headers: Vec::new(), body: b"<html>".to_vec() });
    let none = resend(&far.base, &[]).pull(Cursor::default(), Scope::Recent, NOW).await;
    assert!(matches!(none, Err(Failure::Transient { .. })), "{none:?}");
}

/// What a page says of deliveries.
fn deliveries(events: &[Event]) -> Vec<(MessageRef, Delivery)> {
    events
        .iter()
        .filter_map(|event| match event {
            Event::Delivery { message, report } => Some((message.clone(), report.state)),
            _ => None,
        })
        .collect()
}

/// A mail to somebody, with the message id that its op gives it.
fn mail_to(to: &str, text: &str) -> (Op, String) {
    let mut op = op(&ResendCase, text);
    let name = message_id(op.id, "example.com");
    if let OpBody::Send { mail: Some(mail), .. } = &mut op.body {
        mail.mail = Mail {
            message_id: name.clone(),
            subject: "News".into(),
            to: vec![Mailbox::bare(to)],
            ..mail.mail.clone()
        };
    }
    (op, name)
}

#[tokio::test]
async fn what_became_of_mails_is_heard_without_any_webhook() {
    let world = world().await;
    let one = resend(world.base_url(), &[]);
    world.plan(Outcome::Delivered);
    world.plan(Outcome::Bounced("550 5.1.1 unknown user"));
    let (good, good_name) = mail_to("a@example.net", "hello");
    let (bad, bad_name) = mail_to("b@example.net", "hello");
    for op in [&good, &bad] {
        one.push(op, &context()).await.unwrap();
    }
    world
        .until(|w| w.sent().iter().all(|sent| matches!(sent.last_event.as_str(), "delivered" | "bounced")))
        .await;
    let page = pull(&one, &Cursor::default()).await;
    let mut want = vec![
        (MessageRef::Token(bad.id, Some(bad_name)), Delivery::Failed),
        (MessageRef::Token(good.id, Some(good_name.clone())), Delivery::Delivered),
    ];
    let mut got = deliveries(&page.events);
    let by_state = |one: &(MessageRef, Delivery)| one.1.word().to_owned();
    want.sort_by_key(by_state);
    got.sort_by_key(by_state);
    assert_eq!(got, want);
    // The message id that Resend gave it is learnt: answers name that one.
    let theirs = world.sent()[0].message_id.clone();
    assert!(page.events.contains(&Event::MailNamed { mail: good_name, also: theirs }), "{:?}", page.events);
    world.requests();
    assert_eq!(pull(&one, &page.cursor).await.events, []);
    assert_eq!(world.requests().len(), 1, "what is over is not asked for any more");
    // That the list cannot be had stops nothing.
    one.push(&mail_to("c@example.net", "hello").0, &context()).await.unwrap();
    came(&world, "1", MINUTE).await;
    world.plan_read("/emails?", Fault::ErrorBefore);
    assert_eq!(texts(&pull(&one, &page.cursor).await.events), ["1"]);
}

#[tokio::test]
async fn a_doubt_is_settled_one_to_one_or_stays() {
    let world = world().await;
    let one = resend(world.base_url(), &[]);
    let lookup = async |op: &Op| {
        let page =
            one.pull(Cursor(Some("kept".into())), Scope::Lookup(Box::new(op.clone())), NOW).await.unwrap();
        assert_eq!(page.cursor, Cursor(Some("kept".into())));
        page.events
    };
    // A mail like it that is another op's.
    one.push(&mail_to("a@example.net", "On its **way**, Dana.").0, &context()).await.unwrap();
    let (op, name) = mail_to("a@example.net", "On its **way**, Dana.");
    assert_eq!(lookup(&op).await, [], "it was not sent");
    let cut = |w: &ResendWorld| {
        for _ in 0..2 {
            w.plan(Plan { answer: Fault::CutAfter, told: Told::Lost, outcome: Outcome::Silence });
        }
    };
    cut(&world);
    assert!(matches!(one.push(&op, &context()).await, Err(Failure::Unknown { .. })));
    let found = lookup(&op).await;
    assert_eq!(deliveries(&found), [(MessageRef::Token(op.id, Some(name.clone())), Delivery::Accepted)]);
    assert!(matches!(&found[0], Event::MailNamed { mail, .. } if *mail == name), "{found:?}");
    // Another subject, other people, other words: none of them is it.
    assert_eq!(lookup(&mail_to("b@example.net", "On its **way**, Dana.").0).await, []);
    assert_eq!(lookup(&mail_to("a@example.net", "It is lost.").0).await, []);
    // Two like it of which nobody knows whose they are: it stays in doubt. After a restart nothing is remembered.
    let one = resend(world.base_url(), &[]);
    let page = one.pull(Cursor::default(), Scope::Lookup(Box::new(op.clone())), NOW).await.unwrap();
    assert_eq!(page.events, []);
    // Each has an answer address of its own: then it is known among any number of others.
    let addressed = resend(world.base_url(), &[("reply_domain", "in.example.com")]);
    let (other, _) = mail_to("a@example.net", "On its **way**, Dana.");
    addressed.push(&other, &context()).await.unwrap();
    let (lost, name) = mail_to("a@example.net", "On its **way**, Dana.");
    cut(&world);
    assert!(matches!(addressed.push(&lost, &context()).await, Err(Failure::Unknown { .. })));
    let addressed = resend(world.base_url(), &[("reply_domain", "in.example.com")]);
    let never = mail_to("a@example.net", "On its **way**, Dana.").0;
    for (op, want) in
        [(never, vec![]), (lost.clone(), vec![(MessageRef::Token(lost.id, Some(name)), Delivery::Accepted)])]
    {
        let page = addressed.pull(Cursor::default(), Scope::Lookup(Box::new(op)), NOW).await.unwrap();
        assert_eq!(deliveries(&page.events), want);
    }
    // What was sent before it was asked for is not it.
    let later = Op { created_at: NOW + 10 * MINUTE, ..op };
    let page = one.pull(Cursor::default(), Scope::Lookup(Box::new(later)), NOW).await.unwrap();
    assert_eq!(page.events, []);
    world.plan_read("/emails", Fault::TooMany { seconds: 1 });
    let failure =
        one.pull(Cursor::default(), Scope::Lookup(Box::new(mail_to("a@x.example", "x").0)), NOW).await;
    assert!(matches!(failure, Err(Failure::Transient { .. })), "{failure:?}");
}
