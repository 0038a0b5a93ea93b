//! Mail of Amazon SES that lies in a bucket: what is new is found whoever tells of it, read once, and nothing is lost on the way.

use crate::conformance::NOW;
use crate::far_end::client;
use crate::ses::setup;
use frontdesk::domain::clock::Ms;
use frontdesk::domain::event::{Event, MessageFact};
use frontdesk::domain::failure::Failure;
use frontdesk::domain::message::{Direction, MediaRef};
use frontdesk::domain::secret::Secret;
use frontdesk::provider::ses::Ses;
use frontdesk::provider::{Cursor, Page, Provider, RawPush, Scope};
use frontdesk::sandbox::letter::{File, Letter};
use frontdesk::sandbox::ses::inbound::{notice, written};
use frontdesk::sandbox::ses::topic::Signer;
use frontdesk::sandbox::ses::{Inbound, Object, SesOptions, SesWorld, Way};
use serde_json::Value;
use std::time::Duration;

const MINUTE: Ms = 60_000;
const DAY: Ms = 24 * 60 * MINUTE;
const TOPIC: &str = "arn:aws:sns:eu-west-1:123456789012:mail";

fn ses(world: &SesWorld, more: &[(&str, &str)]) -> Ses {
    let bucket = [("bucket", "example-mail"), ("prefix", "support/")];
    let all: Vec<_> = bucket.iter().chain(more).copied().collect();
    Ses::new(&setup(world.base_url(), &all), &client(Duration::from_secs(30))).unwrap()
}

fn letter(id: &str) -> Letter {
    let text = format!("words of {id}");
    Letter::new(
        &format!("{id}@mail.example.net"),
        "Dana <dana@example.net>",
        "support@example.com",
        "order",
        &text,
    )
}

fn put(world: &SesWorld, key: &str, letter: Letter, at: Ms) {
    let bytes = written(&letter.into());
    world.put(&format!("support/{key}"), Object { at, bytes });
}

/// The message that tells of an object.
fn hint(world: &SesWorld, key: &str) -> RawPush {
    let key = format!("support/{key}");
    let told = Inbound { way: Way::Bucket, ..letter("x").into() };
    let told = notice(&told, "x", Some(("example-mail", &key)), TOPIC, NOW).to_string();
    let body = Signer::new().unwrap().message(world.base_url(), TOPIC, "1", "Notification", &told);
    RawPush {
        method: "POST".into(),
        url: "https://inbox.example.com/hooks/support/sns".into(),
        headers: vec![("x-amz-sns-message-type".into(), "Notification".into())],
        body: Value::Object(body).to_string().into_bytes(),
        received_at: NOW,
    }
}

fn facts(page: &Page) -> Vec<MessageFact> {
    let message = |event: &Event| match event {
        Event::Message(fact) => Some((**fact).clone()),
        _ => None,
    };
    page.events.iter().filter_map(message).collect()
}

fn texts(page: &Page) -> Vec<String> {
    facts(page).into_iter().map(|fact| fact.text).collect()
}

async fn world() -> SesWorld {
    SesWorld::start(SesOptions { page: 2, ..SesOptions::default() }).await.unwrap()
}

/// Pulls until there is no more; the words of all, and where it ended.
async fn all(ses: &Ses, mut cursor: Cursor, now: Ms) -> (Vec<String>, Cursor) {
    let mut got = Vec::new();
    loop {
        let page = ses.pull(cursor, Scope::Since, now).await.unwrap();
        got.extend(texts(&page));
        cursor = page.cursor;
        if !page.more {
            return (got, cursor);
        }
    }
}

#[tokio::test]
async fn the_first_reading_has_all_of_it_the_oldest_first() {
    let world = world().await;
    for n in 0..45 {
        // Names in another order than times.
        put(&world, &format!("{:02}", (n * 7) % 45), letter(&format!("{n:02}")), NOW - 60 * DAY + n * DAY);
    }
    put(&world, "AMAZON_SES_SETUP_NOTIFICATION", letter("setup"), NOW);
    world.put("support/", Object { at: NOW, bytes: Vec::new() });
    world.put("support/notes.txt", Object { at: NOW, bytes: b"not a mail".to_vec() });
    world.put("billing/1", Object { at: NOW, bytes: written(&letter("billing").into()) });
    put(&world, "new & <odd>+ü", letter("new"), NOW - MINUTE);
    let one = ses(&world, &[]);
    let first = one.pull(Cursor::default(), Scope::Recent, NOW).await.unwrap();
    assert!(first.more && first.events.len() == 20);
    let progress = first.progress.unwrap();
    assert_eq!((progress.done, progress.total), (20, 47));
    assert!(facts(&first).iter().all(|fact| fact.history), "it was there long before");
    // A restart in the middle reads nothing twice but what is on the edge.
    let one = ses(&world, &[]);
    let (rest, cursor) = all(&one, first.cursor.clone(), NOW).await;
    let mut want: Vec<String> = (19..45).map(|n| format!("words of {n:02}")).collect();
    want.push("words of new".into());
    assert_eq!(rest, want);
    let again = one.pull(cursor.clone(), Scope::Since, NOW + 5 * MINUTE).await.unwrap();
    assert_eq!((again.events.len(), again.more, again.progress), (0, false, None));
    assert_eq!(again.cursor, cursor);
}

#[tokio::test]
async fn what_a_hook_tells_of_is_read_at_once_and_what_nobody_tells_of_in_time() {
    let world = world().await;
    let one = ses(&world, &[]);
    assert_eq!(one.poll_every(), Some(Duration::from_secs(300)));
    let (none, cursor) = all(&one, Cursor::default(), NOW).await;
    assert!(none.is_empty() && cursor.0.is_some());
    put(&world, "told", letter("told"), NOW + MINUTE);
    put(&world, "silent", letter("silent"), NOW + MINUTE);
    let requests = world.requests();
    assert!(one.ingest(&hint(&world, "told")).unwrap().pull);
    assert!(one.ingest(&hint(&world, "told")).unwrap().pull, "told twice");
    let page = one.pull(cursor, Scope::Since, NOW + MINUTE).await.unwrap();
    assert_eq!((texts(&page), page.more), (vec!["words of told".to_owned()], false));
    assert!(!facts(&page)[0].history);
    assert_eq!(world.requests(), requests + 1, "the list is not looked through for that");
    let (rest, cursor) = all(&one, page.cursor, NOW + 5 * MINUTE).await;
    assert_eq!(rest, ["words of silent"], "and what was read is not read again");
    // One that shows in the list later than it says.
    put(&world, "late", letter("late"), NOW + MINUTE - 10_000);
    let (rest, cursor) = all(&one, cursor, NOW + 10 * MINUTE).await;
    assert_eq!(rest, ["words of late"]);
    // After a restart, what is on the edge is read once more, under the same names.
    let (rest, _) = all(&ses(&world, &[]), cursor, NOW + 15 * MINUTE).await;
    assert_eq!(rest, ["words of late", "words of silent", "words of told"]);
    // One that is gone before it is read.
    put(&world, "gone", letter("gone"), NOW + MINUTE);
    assert!(one.ingest(&hint(&world, "gone")).unwrap().pull);
    world.remove("support/gone");
    let page = one.pull(Cursor::default(), Scope::Since, NOW + 16 * MINUTE).await;
    assert!(page.is_ok());
}

#[tokio::test]
async fn a_mail_in_a_bucket_that_nobody_has_named_waits_until_it_is() {
    let world = world().await;
    let bare = Ses::new(&setup(world.base_url(), &[]), &client(Duration::from_secs(30))).unwrap();
    let told = bare.ingest(&hint(&world, "1")).unwrap_err().to_string();
    assert!(told.contains("example-mail") && told.contains("setting bucket"), "{told}");
    assert!(ses(&world, &[]).ingest(&hint(&world, "1")).unwrap().pull, "replayed");
}

#[tokio::test]
async fn a_mail_that_does_not_say_who_wrote_it_is_one() {
    let world = world().await;
    let bytes =
        b"To: support@example.com\r\nSubject: Help\r\nMessage-ID: <x@y.example>\r\n\r\nwords of nobody\r\n"
            .to_vec();
    world.put("support/nobody", Object { at: NOW, bytes });
    let one = ses(&world, &[]);
    assert_eq!(all(&one, Cursor::default(), NOW).await.0, ["words of nobody"]);
    assert_eq!(one.notice(), None);
}

#[tokio::test]
async fn what_is_no_mail_holds_up_none_and_is_told_of() {
    let world = world().await;
    let one = ses(&world, &[]);
    world.put("support/odd", Object { at: NOW - MINUTE, bytes: b"\x00\x01 no mail".to_vec() });
    put(&world, "1", letter("1"), NOW);
    let (read, cursor) = all(&one, Cursor::default(), NOW).await;
    assert_eq!(read, ["words of 1"]);
    let told = one.notice().unwrap();
    assert!(
        told.starts_with("1 mail could not be read and is not shown here: an object of the bucket"),
        "{told}"
    );
    let (rest, _) = all(&one, cursor, NOW + 5 * MINUTE).await;
    assert!(rest.is_empty() && one.notice() == Some(told), "it is told once");
}

#[tokio::test]
async fn a_page_that_was_not_kept_is_read_again() {
    let world = world().await;
    let one = ses(&world, &[]);
    let (_, cursor) = all(&one, Cursor::default(), NOW).await;
    put(&world, "1", letter("1"), NOW + MINUTE);
    one.ingest(&hint(&world, "1")).unwrap();
    let lost = one.pull(cursor.clone(), Scope::Since, NOW + MINUTE).await.unwrap();
    assert_eq!(texts(&lost), ["words of 1"]);
    assert_ne!(lost.cursor, cursor);
    let again = one.pull(cursor.clone(), Scope::Since, NOW + 2 * MINUTE).await.unwrap();
    assert_eq!(texts(&again), ["words of 1"], "what the hook had told of as well");
    let after = one.pull(again.cursor, Scope::Since, NOW + 3 * MINUTE).await.unwrap();
    assert!(after.events.is_empty());
}

#[tokio::test]
async fn without_looks_only_what_is_told_of_is_read() {
    let world = world().await;
    let one = ses(&world, &[("poll_seconds", "0")]);
    assert_eq!(one.poll_every(), None);
    put(&world, "1", letter("1"), NOW);
    put(&world, "2", letter("2"), NOW);
    one.ingest(&hint(&world, "2")).unwrap();
    let (got, cursor) = all(&one, Cursor::default(), NOW).await;
    assert_eq!(got, ["words of 2"]);
    let (got, _) = all(&one, cursor, NOW + DAY).await;
    assert!(got.is_empty());
    assert_eq!(world.read(), ["support/2"]);
}

#[tokio::test]
async fn files_are_fetched_when_somebody_wants_them() {
    let world = world().await;
    let bytes = b"%PDF-1.4 invoice".to_vec();
    let file = File {
        name: "invoice.pdf".into(),
        mime: "application/pdf".into(),
        bytes: bytes.clone(),
        content_id: None,
    };
    put(&world, "1", Letter { files: vec![file], ..letter("1") }, NOW);
    let one = ses(&world, &[]);
    let page = one.pull(Cursor::default(), Scope::Recent, NOW).await.unwrap();
    let fact = facts(&page).remove(0);
    assert_eq!((fact.direction, fact.conversation.theirs.as_str()), (Direction::Inbound, "dana@example.net"));
    let file = &fact.attachments[0];
    assert_eq!((file.on_demand, file.size, file.name.as_deref()), (true, Some(16), Some("invoice.pdf")));
    let media = file.media.clone().unwrap();
    let got = one.fetch(&media, 16).await.unwrap();
    assert_eq!((got.bytes, got.mime.as_deref()), (bytes, Some("application/pdf")));
    assert!(matches!(one.fetch(&media, 15).await, Err(Failure::Rejected { .. })), "too large");
    for odd in [
        "x",
        "{}",
        r#"{"k":"support/none","p":"2"}"#,
        r#"{"k":"support/1","p":"9"}"#,
        r#"{"k":"../../other/1","p":"2"}"#,
    ] {
        let outcome = one.fetch(&MediaRef(odd.into()), 100).await;
        assert!(matches!(outcome, Err(Failure::Rejected { .. })), "{odd}: {outcome:?}");
    }
    world.remove("support/1");
    match one.fetch(&media, 16).await {
        Err(Failure::Rejected { reason, .. }) => assert_eq!(reason.code.as_deref(), Some("gone")),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn refusals_are_told_in_words() {
    let world = world().await;
    let bucket = |more: &[(&str, &str)]| {
        let all: Vec<_> = [("bucket", "example-mail")].iter().chain(more).copied().collect();
        setup(world.base_url(), &all)
    };
    let told = async |setup| {
        let one = Ses::new(&setup, &client(Duration::from_secs(30))).unwrap();
        let pulled = one.pull(Cursor::default(), Scope::Recent, NOW).await.unwrap_err();
        assert!(one.probe().await.is_err(), "the login check looks at the bucket as well");
        pulled
    };
    let mut wrong = bucket(&[]);
    wrong.secrets.insert("secret_access_key".into(), Secret::new("another".into()));
    assert!(matches!(told(wrong).await, Failure::Auth { human } if human.contains("secret_access_key")));
    let mut unknown = bucket(&[]);
    unknown.secrets.insert("session_token".into(), Secret::new("token".into()));
    assert!(matches!(told(unknown).await, Failure::Auth { .. }));
    let elsewhere = bucket(&[("region", "eu-central-1")]);
    assert!(matches!(told(elsewhere).await, Failure::Auth { .. }));
    let nobody = crate::far_end::nobody().await;
    let nobody = setup(&nobody, &[("bucket", "example-mail")]);
    assert!(matches!(told(nobody).await, Failure::Transient { .. }));
    let good = Ses::new(&bucket(&[]), &client(Duration::from_secs(30))).unwrap();
    assert_eq!(good.probe().await.unwrap().who, "support@example.com");
}
