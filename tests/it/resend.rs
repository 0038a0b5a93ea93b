//! What is particular to Resend: webhooks that only tell, the list and what it leads to, and sends that can be repeated.

use crate::conformance::{Case, NOW, context, op};
use crate::far_end::{Answer, Asked, FarEnd, client};
use crate::sendgrid::outgoing;
use frontdesk::domain::account::Channel;
use frontdesk::domain::event::{Event, MessageFact};
use frontdesk::domain::failure::Failure;
use frontdesk::domain::ids::OpId;
use frontdesk::domain::mail::{Mailbox, Outgoing};
use frontdesk::domain::message::MediaRef;
use frontdesk::domain::op::{Accepted, OpBody};
use frontdesk::domain::secret::Secret;
use frontdesk::provider::resend::{Resend, VENDOR};
use frontdesk::provider::{Cursor, Provider, PushContext, RawPush, Scope, Setup, Vendor};
use frontdesk::sandbox::letter::{File, Letter};
use frontdesk::sandbox::resend::sign::signature;
use serde_json::{Value, json};
use std::time::Duration;

const OURS: &str = "support@example.com";
const THEIRS: &str = "dana@example.net";
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const DAY: i64 = 86_400_000;

/// Resend in the common story.
pub struct ResendCase;

fn setup(base: &str, more: &[(&str, &str)]) -> Setup {
    let mut setup = Setup { name: "support".into(), ..Setup::default() };
    for (key, value) in [("from", "Example <support@example.com>"), ("base_url", base)].iter().chain(more) {
        setup.settings.insert((*key).into(), (*value).into());
    }
    setup.secrets.insert("api_key".into(), Secret::new("re_key".into()));
    setup.secrets.insert("webhook_secret".into(), Secret::new(SECRET.into()));
    setup
}

fn resend(base: &str, more: &[(&str, &str)]) -> Resend {
    Resend::new(&setup(base, more), &client(Duration::from_secs(30))).unwrap()
}

fn push(id: &str, event: &Value) -> RawPush {
    let (body, time) = (event.to_string(), (NOW / 1000).to_string());
    let headers = [
        ("content-type", "application/json".to_owned()),
        ("svix-id", id.to_owned()),
        ("svix-timestamp", time.clone()),
        ("svix-signature", signature(SECRET, id, &time, &body)),
    ];
    RawPush {
        method: "POST".into(),
        url: "https://inbox.example.com/hooks/support".into(),
        headers: headers.map(|(n, v)| (n.to_owned(), v)).to_vec(),
        body: body.into_bytes(),
        received_at: NOW,
    }
}

fn entry(id: &str) -> Value {
    json!({"id": id, "created_at": "2026-11-20 09:14:30.123456+00", "from": THEIRS, "to": [OURS], "subject": "order"})
}

/// The answers to a question for one mail: its description, and the mail itself.
fn mail(base: &str, id: &str, letter: &Letter) -> Vec<Answer> {
    let mut told = entry(id);
    told["raw"] = json!({"download_url": format!("{base}/raw/{id}?signature=x")});
    vec![Answer::json(200, told), Answer { status: 200, headers: Vec::new(), body: letter.raw() }]
}

fn list(ids: &[&str], more: bool) -> Answer {
    let data: Vec<Value> = ids.iter().map(|id| entry(id)).collect();
    Answer::json(200, json!({"object": "list", "has_more": more, "data": data}))
}

impl Case for ResendCase {
    fn vendor(&self) -> &'static Vendor {
        &VENDOR
    }
    fn setup(&self, base: &str) -> Setup {
        setup(base, &[])
    }
    fn login(&self) -> Answer {
        list(&[], false)
    }
    fn page(&self, base: &str, messages: &[(&str, &str)], more: bool) -> Option<Vec<Answer>> {
        let ids: Vec<_> = messages.iter().map(|(id, _)| *id).collect();
        let mails = messages.iter().flat_map(|(id, text)| {
            mail(base, id, &Letter::new(&format!("{id}@x.example"), THEIRS, OURS, "order", text))
        });
        Some(std::iter::once(list(&ids, more)).chain(mails).collect())
    }
    fn sent(&self, id: &str) -> Answer {
        Answer::json(200, json!({"id": format!("49a3999c-0ce1-4ea6-ab68-{id:0>12}")}))
    }
    fn refused(&self) -> Answer {
        Answer::json(
            422,
            json!({"statusCode": 422, "name": "validation_error", "message": "Invalid `to` field."}),
        )
    }
    fn webhook(&self, id: &str, _: &str) -> RawPush {
        push(&format!("msg_{id}"), &json!({"type": "email.received", "data": {"email_id": id}}))
    }
    fn carries(&self) -> bool {
        false
    }
    fn media(&self, _: &str) -> Option<MediaRef> {
        None
    }
    fn token(&self, asked: &Asked) -> Option<OpId> {
        let body: Value = serde_json::from_slice(&asked.body).unwrap();
        let tag: OpId = body["tags"][0]["value"].as_str()?.parse().ok()?;
        (asked.header("idempotency-key") == Some(&tag.to_string())).then_some(tag)
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

fn messages(events: &[Event]) -> Vec<&MessageFact> {
    let message = |e: &'_ Event| matches!(e, Event::Message(_));
    let all = events.iter().filter(|e| message(e));
    all.map(|e| match e {
        Event::Message(m) => m.as_ref(),
        _ => unreachable!(),
    })
    .collect()
}

#[tokio::test]
async fn a_mail_is_asked_for_whole_and_its_files_when_they_are_wanted() {
    let far = FarEnd::start().await;
    let one = resend(&far.base, &[]);
    let letter = Letter {
        files: vec![File {
            name: "a.pdf".into(),
            mime: "application/pdf".into(),
            bytes: b"%PDF".to_vec(),
            content_id: None,
        }],
        ..Letter::new("1@x.example", "Dana <dana@example.net>", OURS, "order", "see the file")
    };
    far.answer(list(&["abc-1"], false)).answers(mail(&far.base, "abc-1", &letter));
    let page = one.pull(Cursor::default(), Scope::Recent, NOW).await.unwrap();
    let asked = far.asked();
    assert_eq!(asked[0].query, "limit=10");
    assert_eq!(asked[1].path, "/emails/receiving/abc-1");
    assert_eq!(asked[2].path, "/raw/abc-1");
    assert!(asked[1].header("authorization").is_some());
    assert_eq!(asked[2].header("authorization"), None, "the key stays here");
    let facts = messages(&page.events);
    assert_eq!((facts[0].text.as_str(), facts[0].external_id.as_str()), ("see the file", "1@x.example"));
    let file = &facts[0].attachments[0];
    assert!(!file.on_demand, "mails are kept there for a while only");
    far.answers(mail(&far.base, "abc-1", &letter));
    let media = one.fetch(file.media.as_ref().unwrap(), 100).await.unwrap();
    assert_eq!((media.bytes.as_slice(), media.name.as_deref()), (b"%PDF".as_slice(), Some("a.pdf")));
    for odd in ["abc-1", "abc-1#9", "../x#2", "http://evil.example#1"] {
        far.answers(mail(&far.base, "abc-1", &letter));
        let failure = one.fetch(&MediaRef(odd.into()), 100).await.unwrap_err();
        assert!(matches!(failure, Failure::Rejected { .. }), "{odd}: {failure:?}");
        far.forget();
    }
}

#[tokio::test]
async fn what_is_gone_stands_in_nobodys_way_and_what_was_read_is_kept() {
    let far = FarEnd::start().await;
    let one = resend(&far.base, &[]);
    let letter = |id: &str| Letter::new(&format!("{id}@x.example"), THEIRS, OURS, "order", id);
    // The first is gone; the mail of the second is gone, its description is not; then it is too much for them.
    let mut second = entry("b");
    second["text"] = json!("in words");
    second["message_id"] = json!("<b@x.example>");
    second["headers"] = json!({"in-reply-to": "<a@x.example>", "x: y\nBcc": "evil"});
    second["attachments"] = json!([{"id": "1", "filename": "a.pdf"}]);
    far.answer(list(&["a", "b", "c", "d"], false))
        .answer(Answer::json(404, json!({"name": "not_found", "message": "gone"})))
        .answer(Answer::json(200, second))
        .answers(mail(&far.base, "c", &letter("c")))
        .answer(Answer::json(429, json!({"name": "rate_limit_exceeded"})).with("retry-after", "1"));
    let page = one.pull(Cursor::default(), Scope::Recent, NOW).await.unwrap();
    let facts = messages(&page.events);
    assert_eq!(facts.iter().map(|f| f.text.as_str()).collect::<Vec<_>>(), ["c", "in words"]);
    let mail_of = facts[1].mail.as_ref().unwrap();
    assert_eq!(
        (mail_of.in_reply_to.as_slice(), mail_of.from.as_ref().unwrap().address.as_str()),
        (&["a@x.example".to_owned()][..], THEIRS)
    );
    assert!(facts[1].metadata["defects"].to_string().contains("files are gone"));
    assert!(page.more);
    far.answer(list(&["d"], false)).answers(mail(&far.base, "d", &letter("d")));
    let rest = one.pull(page.cursor, Scope::Since, NOW).await.unwrap();
    assert!(far.asked().iter().any(|asked| asked.query == "limit=10&after=c"));
    assert_eq!(messages(&rest.events)[0].text, "d");
    assert!(!rest.more);
    // Nothing new: one question.
    far.asked();
    far.answer(list(&["a", "b", "c", "d"], true));
    let nothing = one.pull(rest.cursor, Scope::Since, NOW).await.unwrap();
    assert!(nothing.events.is_empty() && !nothing.more);
    assert_eq!(far.asked().len(), 1);
}

#[tokio::test]
async fn a_webhook_wakes_the_next_pull() {
    let one = resend("http://127.0.0.1:9", &[("poll_seconds", "0")]);
    assert!(one.poll_every().is_some());
    one.ingest(&ResendCase.webhook("1", "")).unwrap();
    one.watch().unwrap().await.unwrap();
    let sent = push("msg_2", &json!({"type": "email.sent", "data": {"tags": {}}}));
    one.ingest(&sent).unwrap();
    tokio::time::pause();
    let woken = tokio::time::timeout(Duration::from_secs(60), one.watch().unwrap()).await;
    assert!(woken.is_err(), "nothing came in");
}

#[tokio::test]
async fn a_send_is_written_as_documented_and_repeated_for_a_day_only() {
    let far = FarEnd::start().await;
    let one = resend(&far.base, &[("signature", "Your Example team")]);
    let mut send = op(&ResendCase, "Hello");
    if let OpBody::Send { mail: Some(mail), .. } = &mut send.body {
        mail.mail.to = vec![Mailbox::named("Dana \"D\" <x>", THEIRS)];
        mail.mail.bcc = vec![Mailbox::bare("archive@example.com")];
    }
    far.answer(ResendCase.sent("1"));
    assert!(matches!(one.push(&send, &context()).await, Ok(Accepted::State { .. })));
    let asked = far.asked();
    assert_eq!((asked[0].method.as_str(), asked[0].path.as_str()), ("POST", "/emails"));
    assert_eq!(asked[0].header("authorization"), Some("Bearer re_key"));
    let body: Value = serde_json::from_slice(&asked[0].body).unwrap();
    assert_eq!(body["from"], "\"Example\" <support@example.com>");
    assert_eq!(body["to"], json!(["\"Dana D <x>\" <dana@example.net>"]));
    assert_eq!(body["bcc"], json!(["archive@example.com"]));
    assert_eq!(body["headers"]["References"], "<a@mail.example.net> <b@mail.example.net>");
    assert!(body["text"].as_str().unwrap().contains("Your Example team"));

    // Taken before, with other settings.
    far.answer(Answer::json(409, json!({"name": "invalid_idempotent_request", "message": "x"})));
    assert!(matches!(one.push(&send, &context()).await, Ok(Accepted::State { .. })));
    far.asked();
    let late = PushContext { now: NOW + DAY, ..context() };
    match one.push(&send, &late).await {
        Err(Failure::Rejected { reason, .. }) => assert!(reason.human.contains("look there"), "{reason:?}"),
        other => panic!("{other:?}"),
    }
    assert!(far.asked().is_empty());
    assert!(one.capabilities().idempotent_send);
}

#[tokio::test]
async fn a_key_that_is_none_is_told() {
    let far = FarEnd::start().await;
    far.answer(Answer::json(400, json!({"name": "validation_error", "message": "API key is invalid"})));
    assert!(matches!(resend(&far.base, &[]).probe().await, Err(Failure::Auth { .. })));
    let mut odd = setup(&far.base, &[]);
    odd.secrets.insert("webhook_secret".into(), Secret::new("not base64!".into()));
    match Resend::new(&odd, &client(Duration::from_secs(1))) {
        Err(Failure::Auth { human }) => assert!(human.contains("whsec_"), "{human}"),
        other => panic!("{other:?}"),
    }
    let mut none = setup(&far.base, &[]);
    none.secrets.remove("webhook_secret");
    let none = Resend::new(&none, &client(Duration::from_secs(1))).unwrap();
    assert!(none.verify(&ResendCase.webhook("1", "")).is_err(), "nothing to check it with");
}
