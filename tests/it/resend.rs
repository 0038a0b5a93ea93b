//! What is particular to Resend: known answers for signatures, webhooks, what a send looks like, and what is done where it has no answer.

use crate::conformance::{Case, NOW, context, op};
use crate::far_end::{Answer, Asked, FarEnd, client};
use crate::sendgrid::{OURS, THEIRS, outgoing};
use frontdesk::domain::account::Channel;
use frontdesk::domain::clock::ManualClock;
use frontdesk::domain::delivery::Delivery;
use frontdesk::domain::event::Event;
use frontdesk::domain::failure::Failure;
use frontdesk::domain::ids::OpId;
use frontdesk::domain::mail::{Mailbox, Outgoing, reply_token};
use frontdesk::domain::message::MediaRef;
use frontdesk::domain::op::{Accepted, OpBody};
use frontdesk::domain::secret::Secret;
use frontdesk::provider::resend::{Resend, VENDOR, sign};
use frontdesk::provider::{Ingest, Provider, RawPush, Reject, Setup, Vendor};
use frontdesk::sandbox::resend::sign::Key;
use frontdesk::sandbox::resend::{Answer as Fault, ResendOptions, ResendWorld};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

const HOOK: &str = "https://inbox.example.com/hooks/support";

/// Resend in the common story.
pub struct ResendCase;

fn key() -> Key {
    Key::of(7, "events")
}

pub fn setup(base: &str, more: &[(&str, &str)]) -> Setup {
    let mut setup = Setup { name: "support".into(), ..Setup::default() };
    let own = [("from", "Example, Inc. <support@example.com>"), ("base_url", base)];
    for (key, value) in own.iter().chain(more) {
        setup.settings.insert((*key).into(), (*value).into());
    }
    setup.secrets.insert("api_key".into(), Secret::new(ResendOptions::default().api_key));
    setup.secrets.insert("webhook_secret".into(), Secret::new(key().shown()));
    setup
}

pub fn resend(base: &str, more: &[(&str, &str)]) -> Resend {
    Resend::new(&setup(base, more), &client(Duration::from_secs(30))).unwrap()
}

/// The far end at the moment at which the tests play.
pub async fn world() -> ResendWorld {
    let clock = Arc::new(ManualClock::new(NOW));
    ResendWorld::start(ResendOptions { clock, ..ResendOptions::default() }).await.unwrap()
}

fn push(id: &str, body: Vec<u8>) -> RawPush {
    let seconds = NOW / 1000;
    RawPush {
        method: "POST".into(),
        url: format!("{HOOK}/events"),
        headers: vec![
            ("content-type".into(), "application/json".into()),
            ("svix-id".into(), format!("msg_{id}")),
            ("svix-timestamp".into(), seconds.to_string()),
            ("svix-signature".into(), key().sign(&format!("msg_{id}"), seconds, &body)),
        ],
        body,
        received_at: NOW,
    }
}

fn event(kind: &str, data: Value) -> RawPush {
    let event = json!({"type": kind, "created_at": "2026-11-20T09:14:59.000Z", "data": data});
    push(kind, event.to_string().into_bytes())
}

/// A mail that came in, as the list tells of it.
pub fn row(id: &str, at: &str) -> Value {
    json!({"id": id, "to": [OURS], "from": THEIRS, "created_at": at, "subject": "order", "message_id": format!("<{id}@x.example>")})
}

/// The same with its words.
fn whole(id: &str, at: &str, text: &str) -> Value {
    let mut whole = row(id, at);
    whole["text"] = json!(text);
    whole["headers"] = json!({"received": "by mx.example.net"});
    whole
}

fn at(id: &str) -> String {
    format!("2026-11-20 09:0{id}:00.000000+00")
}

impl Case for ResendCase {
    fn vendor(&self) -> &'static Vendor {
        &VENDOR
    }
    fn setup(&self, base: &str) -> Setup {
        setup(base, &[])
    }
    fn login(&self) -> Answer {
        self.no_news().remove(0)
    }
    fn page(&self, messages: &[(&str, &str)], more: bool) -> Option<Vec<Answer>> {
        let rows: Vec<Value> = messages.iter().map(|(id, _)| row(id, &at(id))).collect();
        let list = Answer::json(200, json!({"object": "list", "has_more": more, "data": rows}));
        let mails = messages.iter().map(|(id, text)| Answer::json(200, whole(id, &at(id), text)));
        Some(std::iter::once(list).chain(mails).collect())
    }
    fn no_news(&self) -> Vec<Answer> {
        vec![Answer::json(200, json!({"object": "list", "has_more": false, "data": []}))]
    }
    fn sent(&self, id: &str) -> Answer {
        Answer::json(200, json!({"id": format!("re-{id}")}))
    }
    fn refused(&self) -> Answer {
        let message = "Invalid `to` field. The email address needs to follow the `email@example.com` format.";
        Answer::json(422, json!({"statusCode": 422, "name": "validation_error", "message": message}))
    }
    fn webhook(&self, id: &str, _: &str) -> RawPush {
        let event = json!({"type": "email.received", "data": {"email_id": id, "from": THEIRS, "to": [OURS]}});
        push(id, event.to_string().into_bytes())
    }
    fn media(&self, _: &str) -> Option<MediaRef> {
        None
    }
    fn asks_for_files(&self) -> bool {
        true
    }
    fn token(&self, asked: &Asked) -> Option<OpId> {
        let body: Value = serde_json::from_slice(&asked.body).unwrap();
        assert_eq!(body["tags"][0]["name"], "fd_op");
        assert_eq!(asked.header("idempotency-key"), body["tags"][0]["value"].as_str());
        body["tags"][0]["value"].as_str()?.parse().ok()
    }
    fn enclosed(&self, asked: &Asked) -> Vec<String> {
        let body: Value = serde_json::from_slice(&asked.body).unwrap();
        let files = body["attachments"].as_array().unwrap().iter();
        files.map(|file| file["filename"].as_str().unwrap().to_owned()).collect()
    }
    fn hands_over(&self) -> bool {
        true
    }
    fn mail(&self) -> Option<Box<Outgoing>> {
        Some(Box::new(outgoing()))
    }
    fn to(&self) -> (Channel, String, String) {
        (Channel::Email, OURS.into(), THEIRS.into())
    }
}

#[test]
fn every_signature_vector() {
    use base64::Engine as _;
    let path = format!("{}/tests/vectors/resend-signatures.json", env!("CARGO_MANIFEST_DIR"));
    let file: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut counted = (0, 0);
    for v in file["vectors"].as_array().unwrap() {
        let headers = v["headers"].as_object().unwrap().iter();
        let body =
            base64::engine::general_purpose::STANDARD.decode(v["body_base64"].as_str().unwrap()).unwrap();
        let push = RawPush {
            method: "POST".into(),
            url: format!("{HOOK}/events"),
            headers: headers.map(|(k, v)| (k.to_lowercase(), v.as_str().unwrap().to_owned())).collect(),
            body,
            received_at: v["received_at"].as_i64().unwrap(),
        };
        let key = sign::key(v["secret"].as_str().unwrap()).unwrap();
        let valid = v["valid"].as_bool().unwrap();
        assert_eq!(sign::check(&push, &key).is_ok(), valid, "{} {}", v["id"], v["name"]);
        if valid { counted.0 += 1 } else { counted.1 += 1 }
    }
    assert_eq!(counted, (7, 9), "all vectors were there");
}

#[test]
fn the_hook_has_its_place_and_its_secret() {
    let one = resend("http://127.0.0.1:9", &[]);
    let good = event("email.sent", json!({}));
    assert!(one.admit(&good).is_ok() && one.verify(&good).is_ok());
    for url in [HOOK.to_owned(), format!("{HOOK}/"), format!("{HOOK}/other"), format!("{HOOK}/events/x")] {
        let elsewhere = RawPush { url, ..good.clone() };
        assert!(one.admit(&elsewhere).is_err() && one.verify(&elsewhere).is_err());
    }
    assert!(one.admit(&RawPush { method: "GET".into(), ..good.clone() }).is_err());
    // All attempts of one push are one, whenever they were signed.
    let again = RawPush { received_at: NOW + 1, ..good.clone() };
    assert_eq!(one.verify(&again), one.verify(&good));
    // Without the secret nothing is believed, and it is said why.
    let mut without = setup("http://127.0.0.1:9", &[]);
    without.secrets.remove("webhook_secret");
    let one = Resend::new(&without, &client(Duration::from_secs(1))).unwrap();
    match one.verify(&good) {
        Err(Reject::Signature(why)) => assert!(why.contains("webhook_secret"), "{why}"),
        other => panic!("{other:?}"),
    }
    without.secrets.insert("webhook_secret".into(), Secret::new("re_123".into()));
    let odd = Resend::new(&without, &client(Duration::from_secs(1))).map(|_| ()).unwrap_err();
    assert!(odd.to_string().contains("whsec_"), "{odd}");
}

#[test]
fn odd_events_are_quarantined_or_say_nothing() {
    let one = resend("http://127.0.0.1:9", &[]);
    for odd in [&b""[..], b"\xff", b"[]", b"{}", b"5", b"{\"type\":5}", b"{\"type\":\"email.sent\""] {
        assert!(one.ingest(&push("1", odd.to_vec())).is_err(), "{odd:?}");
    }
    for data in [
        json!(null),
        json!([]),
        json!({"tags": {"fd_op": "nonsense"}}),
        json!({"tags": [1, {"name": "fd_op"}], "to": 5, "bounce": "x", "message_id": 9}),
    ] {
        for kind in ["email.sent", "email.bounced", "email.complained", "email.suppressed"] {
            assert_eq!(one.ingest(&event(kind, data.clone())).unwrap(), Ingest::default(), "{kind} {data}");
        }
    }
    let hint = one.ingest(&event("email.received", json!("whatever"))).unwrap();
    assert_eq!(hint, Ingest { pull: true, ..Ingest::default() });
}

#[test]
fn hostile_words_in_events_stay_words() {
    let one = resend("http://127.0.0.1:9", &[]);
    let words = format!("smtp; 550 5.7.1 {}\u{1b}]0;x\u{7}\u{202e}", "x".repeat(5_000));
    let data = json!({
        "to": ["dana@example.net\u{1b}[31m"], "tags": {"fd_op": "01990000-0000-7000-8000-0000000000ab"},
        "bounce": {"type": "Permanent", "subType": "General\u{1b}", "diagnosticCode": [words], "message": "x"},
    });
    let told = one.ingest(&event("email.bounced", data)).unwrap();
    let [Event::Delivery { report, .. }] = told.events.as_slice() else { panic!("{told:?}") };
    let reason = report.reason.clone().unwrap();
    for text in [&report.said, &reason.human, &reason.code.unwrap()] {
        assert!(!text.contains(['\u{1b}', '\u{7}', '\u{202e}']) && text.len() < 1_000, "{text}");
    }
}

#[tokio::test]
async fn a_send_is_written_as_documented() {
    let far = FarEnd::start().await;
    let one = resend(&far.base, &[("reply_domain", "in.example.com"), ("signature", "Your Example team")]);
    let mut send = op(&ResendCase, "Hello **Dana**");
    if let OpBody::Send { mail: Some(mail), .. } = &mut send.body {
        mail.mail.cc = vec![Mailbox::bare("DANA@example.net"), Mailbox::bare("boss@example.net")];
        mail.mail.bcc = vec![Mailbox::bare("archive@example.com")];
    }
    far.answer(ResendCase.sent("1"));
    let Ok(Accepted::State { events }) = one.push(&send, &context()).await else { panic!("not accepted") };
    let [Event::Delivery { report, .. }] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!((report.state, report.said.as_str()), (Delivery::Accepted, "queued at Resend as re-1"));
    let asked = far.asked();
    assert_eq!((asked[0].method.as_str(), asked[0].path.as_str()), ("POST", "/emails"));
    assert_eq!(asked[0].header("authorization"), Some("Bearer re_sandbox_key"));
    assert_eq!(asked[0].header("content-type"), Some("application/json"));
    let body: Value = serde_json::from_slice(&asked[0].body).unwrap();
    assert_eq!(body["from"], "\"Example, Inc.\" <support@example.com>");
    assert_eq!(body["to"], json!(["Dana <dana@example.net>"]));
    assert_eq!(body["cc"], json!(["boss@example.net"]), "nobody twice");
    assert_eq!(body["bcc"], json!(["archive@example.com"]));
    let reply = format!("support+{}@in.example.com", reply_token(send.id));
    assert!(body["reply_to"][0].as_str().unwrap().contains(&reply), "{}", body["reply_to"]);
    assert_eq!(body["subject"], "Re: Where is my order?");
    assert_eq!(body["headers"]["In-Reply-To"], "<b@mail.example.net>");
    assert_eq!(
        body["headers"]["References"],
        "<a@mail.example.net> <b@mail.example.net> <fd.019900000000700080000000000000ab@example.com>",
        "our own id at the end, since Resend keeps no Message-ID"
    );
    assert!(body["text"].as_str().unwrap().contains("Your Example team"));
    assert!(body["html"].as_str().unwrap().contains("<strong>Dana</strong>"));
    let known =
        ["from", "to", "cc", "bcc", "reply_to", "subject", "text", "html", "headers", "tags", "attachments"];
    assert!(body.as_object().unwrap().keys().all(|key| known.contains(&key.as_str())), "{body}");
}

#[tokio::test]
async fn what_would_be_refused_is_not_asked_for() {
    let far = FarEnd::start().await;
    let one = resend(&far.base, &[]);
    let mut nobody = op(&ResendCase, "hello");
    let mut many = nobody.clone();
    let mut no_mail = nobody.clone();
    if let OpBody::Send { mail: Some(mail), .. } = &mut nobody.body {
        mail.mail.to.clear();
    }
    if let OpBody::Send { mail: Some(mail), .. } = &mut many.body {
        mail.mail.to = (0..51).map(|n| Mailbox::bare(format!("{n}@example.net"))).collect();
    }
    if let OpBody::Send { mail, .. } = &mut no_mail.body {
        *mail = None;
    }
    for (op, says) in [(nobody, "no recipient"), (many, "50 people"), (no_mail, "write it again")] {
        match one.push(&op, &context()).await {
            Err(Failure::Rejected { reason, .. }) => assert!(reason.human.contains(says), "{reason:?}"),
            other => panic!("{other:?}"),
        }
    }
    assert!(far.asked().is_empty());
}

#[tokio::test]
async fn what_has_no_answer_is_put_once_more_with_the_same_key_and_sent_once() {
    let world = world().await;
    let one = resend(world.base_url(), &[]);
    for fault in [Fault::CutAfter, Fault::ErrorAfter] {
        world.plan(fault);
        one.push(&op(&ResendCase, "hello"), &context()).await.unwrap();
    }
    assert_eq!((world.sent().len(), world.requests().len()), (2, 4));
    // Both are cut off, or the second is answered with something else than a yes: nobody knows.
    let refused = Fault::Refused { status: 422, name: "validation_error", message: "Invalid `to` field." };
    for second in [Fault::CutBefore, Fault::TooMany { seconds: 1 }, refused] {
        world.plan(Fault::CutAfter);
        world.plan(second);
        let failure = one.push(&op(&ResendCase, "hello"), &context()).await.unwrap_err();
        assert!(matches!(failure, Failure::Unknown { .. }), "{failure:?}");
    }
    // What certainly did nothing is told as that, and not repeated here.
    let before = world.sent().len();
    world.requests();
    world.plan(Fault::TooMany { seconds: 7 });
    match one.push(&op(&ResendCase, "hello"), &context()).await {
        Err(Failure::Transient { retry_after, .. }) => assert_eq!(retry_after, Some(Duration::from_secs(7))),
        other => panic!("{other:?}"),
    }
    assert_eq!((world.sent().len(), world.requests().len()), (before, 1));
    // The same op again is the same mail; with other words it is in doubt.
    let mut twice = op(&ResendCase, "hello");
    one.push(&twice, &context()).await.unwrap();
    one.push(&twice, &context()).await.unwrap();
    assert_eq!(world.sent().len(), before + 1);
    if let OpBody::Send { text, .. } = &mut twice.body {
        text.push_str(", with other words");
    }
    let failure = one.push(&twice, &context()).await.unwrap_err();
    assert!(matches!(failure, Failure::Unknown { .. }), "{failure:?}");
    assert_eq!(world.sent().len(), before + 1);
}

#[tokio::test]
async fn a_key_that_may_only_send_is_enough_where_nothing_is_asked_for() {
    let options = ResendOptions { sends_only: true, ..ResendOptions::default() };
    let world = ResendWorld::start(options).await.unwrap();
    match resend(world.base_url(), &[]).probe().await {
        Err(Failure::Auth { human }) => assert!(human.contains("Full access"), "{human}"),
        other => panic!("{other:?}"),
    }
    assert_eq!(resend(world.base_url(), &[("poll_seconds", "0")]).probe().await.unwrap().who, OURS);
    let mut wrong = setup(world.base_url(), &[("poll_seconds", "0")]);
    wrong.secrets.insert("api_key".into(), Secret::new("re_other".into()));
    let wrong = Resend::new(&wrong, &client(Duration::from_secs(30))).unwrap();
    match wrong.probe().await {
        Err(Failure::Auth { human }) => assert!(human.contains("wrong or was deleted"), "{human}"),
        other => panic!("{other:?}"),
    }
    let none = Setup { secrets: Default::default(), ..setup(world.base_url(), &[]) };
    assert!(matches!(Resend::new(&none, &client(Duration::from_secs(1))), Err(Failure::Auth { .. })));
}
