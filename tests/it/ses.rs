//! What is particular to Amazon SES: known answers for both kinds of signatures, what is believed and what is not, mails that come in,
//! events, and what a send looks like.

use crate::conformance::{Case, NOW, context, op};
use crate::far_end::{Answer, Asked, FarEnd, client};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use frontdesk::domain::account::Channel;
use frontdesk::domain::delivery::Delivery;
use frontdesk::domain::event::{Event, MessageFact, MessageRef};
use frontdesk::domain::failure::Failure;
use frontdesk::domain::ids::OpId;
use frontdesk::domain::mail::{Mailbox, Outgoing};
use frontdesk::domain::message::{Direction, MediaRef, MessageKind};
use frontdesk::domain::op::Accepted;
use frontdesk::domain::op::OpBody;
use frontdesk::domain::secret::Secret;
use frontdesk::net::http::{Body, Method, Request};
use frontdesk::provider::ses::{Ses, VENDOR, sigv4};
use frontdesk::provider::{Cursor, Ingest, Page, Provider, RawPush, Reject, Scope, Setup, Vendor};
use frontdesk::sandbox::letter::{File, Letter};
use frontdesk::sandbox::ses::inbound::notice;
use frontdesk::sandbox::ses::topic::{CERTIFICATE, PLACE, Signer};
use frontdesk::sandbox::ses::{Inbound, Way};
use frontdesk::text::mail::parse::parse;
use serde_json::{Value, json};
use std::time::Duration;
use url::Url;

const OURS: &str = "support@example.com";
const THEIRS: &str = "dana@example.net";
const HOOK: &str = "https://inbox.example.com/hooks/support";
const TOPIC: &str = "arn:aws:sns:eu-west-1:123456789012:mail";
/// Where nobody is: nothing may be asked there.
const NOWHERE: &str = "http://127.0.0.1:9";
const TOKEN: &str = "a-token-of-some-length";

/// Amazon SES in the common story.
pub struct SesCase;

pub fn setup(base: &str, more: &[(&str, &str)]) -> Setup {
    let mut setup = Setup { name: "support".into(), ..Setup::default() };
    let own = [
        ("from", "Example <support@example.com>"),
        ("region", "eu-west-1"),
        ("topic_arn", TOPIC),
        ("configuration_set", "frontdesk"),
        ("base_url", base),
    ];
    for (key, value) in own.iter().chain(more) {
        setup.settings.insert((*key).into(), (*value).into());
    }
    let secrets =
        [("access_key_id", "AKIASANDBOX"), ("secret_access_key", "sandbox/secret"), ("forward_token", TOKEN)];
    setup.secrets.extend(secrets.map(|(name, value)| (name.to_owned(), Secret::new(value.to_owned()))));
    setup
}

/// A provider that has fetched the certificate of SNS before.
pub fn ses(base: &str, more: &[(&str, &str)]) -> Ses {
    let one = Ses::new(&setup(base, more), &client(Duration::from_secs(30))).unwrap();
    let url = Url::parse(&format!("{base}{PLACE}")).unwrap();
    one.certificates.keep(&url, CERTIFICATE.as_bytes()).unwrap();
    one
}

fn posted(kind: &str, body: &Value) -> RawPush {
    RawPush {
        method: "POST".into(),
        url: format!("{HOOK}/sns"),
        headers: vec![
            ("content-type".into(), "text/plain; charset=UTF-8".into()),
            ("x-amz-sns-message-type".into(), kind.into()),
            ("x-amz-sns-topic-arn".into(), TOPIC.into()),
        ],
        body: body.to_string().into_bytes(),
        received_at: NOW,
    }
}

fn published(id: &str, kind: &str, message: &str) -> RawPush {
    let envelope = Signer::new().unwrap().message(NOWHERE, TOPIC, id, kind, message);
    posted(kind, &Value::Object(envelope))
}

fn told_by(inbound: &Inbound) -> RawPush {
    published(
        "1",
        "Notification",
        &notice(inbound, "d6iitobk", Some(("example-mail", "support/d6iitobk")), TOPIC, NOW).to_string(),
    )
}

fn handed_over(body: &[u8], bearer: &str) -> RawPush {
    RawPush {
        method: "POST".into(),
        url: format!("{HOOK}/raw"),
        headers: vec![
            ("authorization".into(), bearer.into()),
            ("content-type".into(), "message/rfc822".into()),
        ],
        body: body.to_vec(),
        received_at: NOW,
    }
}

impl Case for SesCase {
    fn vendor(&self) -> &'static Vendor {
        &VENDOR
    }
    fn setup(&self, base: &str) -> Setup {
        setup(base, &[])
    }
    fn build(&self, base: &str, patience: Duration) -> Box<dyn Provider> {
        let one = Ses::new(&setup(base, &[]), &client(patience)).unwrap();
        let url = Url::parse(&format!("{base}{PLACE}")).unwrap();
        one.certificates.keep(&url, CERTIFICATE.as_bytes()).unwrap();
        Box::new(one)
    }
    fn login(&self) -> Answer {
        Answer::json(200, json!({"SendingEnabled": true, "ProductionAccessEnabled": true}))
    }
    fn page(&self, _: &[(&str, &str)], _: bool) -> Option<Vec<Answer>> {
        None
    }
    fn sent(&self, id: &str) -> Answer {
        Answer::json(200, json!({"MessageId": format!("0102{id}-000000")}))
    }
    fn refused(&self) -> Answer {
        Answer::json(400, json!({"message": "Email address is not verified."}))
            .with("x-amzn-errortype", "MessageRejected")
    }
    fn webhook(&self, id: &str, text: &str) -> RawPush {
        let letter = Letter::new(&format!("{id}@mail.example.net"), THEIRS, OURS, "order", text);
        published(id, "Notification", &notice(&letter.into(), id, None, TOPIC, NOW).to_string())
    }
    fn unsigned(&self, push: &RawPush) -> RawPush {
        let mut body: Value = serde_json::from_slice(&push.body).unwrap();
        body["Signature"] = json!("");
        RawPush { body: body.to_string().into_bytes(), ..push.clone() }
    }
    fn media(&self, _: &str) -> Option<MediaRef> {
        None
    }
    fn token(&self, asked: &Asked) -> Option<OpId> {
        let body: Value = serde_json::from_slice(&asked.body).unwrap();
        assert_eq!(body["EmailTags"][0]["Name"], "fd_op");
        body["EmailTags"][0]["Value"].as_str()?.parse().ok()
    }
    fn enclosed(&self, asked: &Asked) -> Vec<String> {
        parse(&raw(asked)).files.into_iter().filter_map(|file| file.name).collect()
    }
    fn hands_over(&self) -> bool {
        true
    }
    fn mail(&self) -> Option<Box<Outgoing>> {
        Some(Box::new(crate::sendgrid::outgoing()))
    }
    fn to(&self) -> (Channel, String, String) {
        (Channel::Email, OURS.into(), THEIRS.into())
    }
}

/// The mail that was asked to be sent.
fn raw(asked: &Asked) -> Vec<u8> {
    let body: Value = serde_json::from_slice(&asked.body).unwrap();
    STANDARD.decode(body["Content"]["Raw"]["Data"].as_str().unwrap()).unwrap()
}

fn vectors(name: &str) -> Value {
    let path = format!("{}/tests/vectors/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn every_vector_of_sns() {
    let file = vectors("sns-signatures");
    let mut counted = (0, 0);
    for v in file["vectors"].as_array().unwrap() {
        // Against the addresses of the world: no test far end stands in for them here.
        let mut setup = setup("https://aws.example.com", &[]);
        setup.settings.remove("base_url");
        let one = Ses::new(&setup, &client(Duration::from_secs(1))).unwrap();
        let body = v["body"].as_str().unwrap();
        let envelope: Value = serde_json::from_str(body).unwrap();
        let url = Url::parse(envelope["SigningCertURL"].as_str().unwrap()).unwrap();
        let kind = envelope["Type"].as_str().unwrap();
        let push = RawPush { body: body.as_bytes().to_vec(), ..posted(kind, &json!({})) };
        let valid = v["valid"].as_bool().unwrap();
        if valid {
            assert!(
                matches!(one.verify(&push), Err(Reject::Later(_))),
                "{}: its certificate is not there yet",
                v["id"]
            );
        }
        one.certificates.keep(&url, v["certificate"].as_str().unwrap().as_bytes()).unwrap();
        let outcome = one.verify(&push);
        assert_eq!(outcome.is_ok(), valid, "{} {}: {outcome:?}", v["id"], v["name"]);
        assert!(!matches!(outcome, Err(Reject::Later(_))));
        if valid { counted.0 += 1 } else { counted.1 += 1 }
    }
    assert_eq!(counted, (8, 12), "all vectors were there");
}

#[test]
fn every_vector_of_signature_version_4() {
    let file = vectors("aws-sigv4");
    let all = file["vectors"].as_array().unwrap();
    for v in all {
        let text = |key: &str| v[key].as_str().unwrap_or_default().to_owned();
        let key = sigv4::AccessKey {
            id: "AKIAIOSFODNN7EXAMPLE".into(),
            secret: Secret::new("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".into()),
            session: v["session_token"].as_str().map(|token| Secret::new(token.to_owned())),
        };
        let url = Url::parse(&text("url")).unwrap();
        let request = match v["method"].as_str().unwrap() {
            "POST" => {
                Request::new(Method::Post, url, Body::Bytes("application/json", text("body").into_bytes()))
            }
            _ => Request::get(url),
        };
        let target = sigv4::Target { region: &text("region"), service: &text("service") };
        let signed = sigv4::signed(request, &key, target, v["at"].as_i64().unwrap());
        let proof = signed.headers.iter().find(|(name, _)| *name == "authorization").unwrap();
        assert_eq!(*proof.1.expose(), text("authorization"), "{} {}", v["id"], v["name"]);
    }
    assert_eq!(all.len(), 7);
}

#[test]
fn what_is_not_of_our_topic_or_not_at_sns_is_never_believed() {
    let one = ses(NOWHERE, &[]);
    let good = SesCase.webhook("1", "hello");
    assert!(one.admit(&good).is_ok() && one.verify(&good).is_ok());
    let signer = Signer::new().unwrap();
    let theirs =
        signer.message(NOWHERE, "arn:aws:sns:eu-west-1:999999999999:theirs", "1", "Notification", "{}");
    let refused = |push: &RawPush, why: &str| match one.verify(push) {
        Err(Reject::Signature(said)) => assert!(said.contains(why), "{said}"),
        other => panic!("{why}: {other:?}"),
    };
    refused(&posted("Notification", &Value::Object(theirs)), "topic");
    let mut envelope = signer.message(NOWHERE, TOPIC, "1", "Notification", "{}");
    for place in [
        "http://127.0.0.1:90/x.pem",
        "http://127.0.0.2:9/x.pem",
        "https://sns.eu-west-1.amazonaws.com.evil.example/x.pem",
        "https://evil.example/x.pem",
        "http://127.0.0.1:9/x.pem?to=elsewhere",
        "http://127.0.0.1:9/x",
        "file:///etc/passwd",
        "",
    ] {
        envelope.insert("SigningCertURL".into(), json!(place));
        refused(&posted("Notification", &Value::Object(envelope.clone())), "certificate");
    }
    refused(&RawPush { body: b"{}".to_vec(), ..good.clone() }, "SNS");
    refused(&RawPush { body: vec![b' '; 2 << 20], ..good.clone() }, "long");
    let mut other = good.clone();
    other.headers[1].1 = "SubscriptionConfirmation".into();
    refused(&other, "differ");
    let mut bare = good.clone();
    bare.headers.push(("x-amz-sns-rawdelivery".into(), "true".into()));
    refused(&bare, "raw message delivery");
    assert!(one.admit(&bare).is_err());
    bare.headers.truncate(1);
    assert!(one.admit(&bare).is_err(), "no type");
    let mut long = good.clone();
    long.headers.push(("content-length".into(), "40000000".into()));
    assert!(one.admit(&long).is_err());
    for url in [HOOK.to_owned(), format!("{HOOK}/"), format!("{HOOK}/other"), format!("{HOOK}/sns/x")] {
        let elsewhere = RawPush { url, ..good.clone() };
        assert!(
            one.verify(&elsewhere).is_err()
                && one.admit(&elsewhere).is_err()
                && one.ingest(&elsewhere).is_err()
        );
    }
    let mut nobody = setup(NOWHERE, &[]);
    nobody.settings.remove("topic_arn");
    let nobody = Ses::new(&nobody, &client(Duration::from_secs(1))).unwrap();
    assert!(nobody.admit(&good).is_err() && nobody.verify(&good).is_err(), "no topic is believed");
    assert!(nobody.watch().is_none());
}

#[test]
fn whole_mails_are_taken_from_who_has_the_token_alone() {
    let one = ses(NOWHERE, &[]);
    let letter = Letter {
        files: vec![File {
            name: "a.txt".into(),
            mime: "text/plain".into(),
            bytes: b"12345".to_vec(),
            content_id: None,
        }],
        ..Letter::new("1@mail.example.net", "Dana <dana@example.net>", OURS, "order", "hello")
    };
    let good = handed_over(&letter.raw(), &format!("Bearer {TOKEN}"));
    assert!(one.admit(&RawPush { body: Vec::new(), ..good.clone() }).is_ok());
    let key = one.verify(&good).unwrap();
    assert_eq!(
        one.verify(&handed_over(&letter.raw(), &format!("bearer {TOKEN}"))).unwrap(),
        key,
        "a repetition is one"
    );
    // The token is not kept with the push, and not needed to read it.
    let kept = RawPush { headers: Vec::new(), ..good.clone() };
    let ingest = one.ingest(&kept).unwrap();
    let [Event::Message(fact)] = ingest.events.as_slice() else { panic!("{ingest:?}") };
    assert_eq!((fact.direction, fact.text.as_str()), (Direction::Inbound, "hello"));
    assert_eq!(ingest.files[0].bytes, b"12345");
    for bearer in
        ["", "Bearer", "Bearer ", "Bearer another-token-of-length", &format!("Basic {TOKEN}"), TOKEN]
    {
        let bad = handed_over(&letter.raw(), bearer);
        assert!(one.admit(&bad).is_err() && one.verify(&bad).is_err(), "{bearer}");
    }
    let forged =
        Letter::new("fd.019900000000700080000000000000ab@example.com", OURS, THEIRS, "x", "not ours");
    let told = one.ingest(&handed_over(&forged.raw(), "")).unwrap();
    let Some(Event::Message(fact)) = told.events.first() else { panic!("{told:?}") };
    assert_eq!(fact.direction, Direction::Inbound, "nothing proves that it is ours");
    let mut closed = setup(NOWHERE, &[]);
    closed.secrets.remove("forward_token");
    let closed = Ses::new(&closed, &client(Duration::from_secs(1))).unwrap();
    assert!(closed.admit(&good).is_err() && closed.verify(&good).is_err(), "none is set");
    let mut short = setup(NOWHERE, &[]);
    short.secrets.insert("forward_token".into(), Secret::new("short".into()));
    assert!(matches!(Ses::new(&short, &client(Duration::from_secs(1))), Err(Failure::Rejected { .. })));
}

fn letter() -> Letter {
    Letter {
        cc: Some("boss@example.net".into()),
        references: vec!["a@mail.example.net".into(), "b@mail.example.net".into()],
        date: Some("Fri, 20 Nov 2026 09:14:00 +0000".into()),
        html: Some("<p>Where is it?</p>".into()),
        files: vec![File {
            name: "Größe.pdf".into(),
            mime: "application/pdf".into(),
            bytes: b"%PDF-1.4\r\n--xY\x00".to_vec(),
            content_id: None,
        }],
        envelope_to: vec!["support@parse.example.com".into()],
        ..Letter::new(
            "CAF1x@mail.example.net",
            "Däna <dana@example.net>",
            OURS,
            "Re: Where is my örder?",
            "Where is it?",
        )
    }
}

fn told(inbound: &Inbound) -> (MessageFact, Ingest) {
    let push = told_by(inbound);
    let one = ses(NOWHERE, &[("reply_domain", "parse.example.com")]);
    one.verify(&push).unwrap();
    let ingest = one.ingest(&push).unwrap();
    let Some(Event::Message(fact)) = ingest.events.first() else { panic!("{ingest:?}") };
    ((**fact).clone(), ingest)
}

#[test]
fn a_mail_is_the_same_as_text_and_as_base64() {
    let mut facts = Vec::new();
    for way in [Way::Notice, Way::Coded] {
        let (fact, ingest) = told(&Inbound { way, ..letter().into() });
        let mail = fact.mail.as_ref().unwrap();
        assert_eq!(mail.subject, "Re: Where is my örder?");
        assert_eq!(mail.references, ["a@mail.example.net", "b@mail.example.net"]);
        assert_eq!((fact.text.as_str(), fact.kind), ("Where is it?", MessageKind::Attachment));
        assert_eq!((fact.direction, fact.sent_at), (Direction::Inbound, NOW));
        assert_eq!(fact.conversation.party.name.as_deref(), Some("Däna"));
        assert_eq!((&fact.metadata["spf"], &fact.metadata["virus"]), (&json!("pass"), &json!("pass")));
        assert_eq!(fact.attachments[0].name.as_deref(), Some("Größe.pdf"));
        assert_eq!((fact.attachments[0].size, &fact.attachments[0].media), (Some(15), &None));
        assert_eq!(ingest.files[0].bytes, letter().files[0].bytes);
        assert!(!ingest.pull);
        facts.push(fact);
    }
    assert_eq!(facts[0], facts[1]);
}

#[test]
fn only_a_proved_mail_of_ours_is_ours() {
    let sent =
        Letter::new("9@example.com", "Example <support@example.com>", THEIRS, "order", "sent elsewhere");
    let way = |checks: [&'static str; 3], envelope: &str| {
        let letter = Letter { envelope_from: Some(envelope.into()), ..sent.clone() };
        told(&Inbound { checks, ..letter.into() }).0.direction
    };
    assert_eq!(way(["PASS", "GRAY", "GRAY"], "bounce@example.com"), Direction::Outbound);
    assert_eq!(way(["FAIL", "PASS", "PASS"], "x@example.org"), Direction::Outbound);
    assert_eq!(
        way(["PASS", "PASS", "GRAY"], "x@example.org"),
        Direction::Inbound,
        "whose DKIM that was is not told"
    );
    assert_eq!(way(["FAIL", "GRAY", "FAIL"], "x@example.com"), Direction::Inbound);
}

#[test]
fn what_only_hints_is_pulled_and_what_is_not_ours_is_not() {
    let bucket = [("bucket", "example-mail"), ("prefix", "support/")];
    let one = ses(NOWHERE, &bucket);
    let hint = told_by(&Inbound { way: Way::Bucket, ..letter().into() });
    assert_eq!(one.ingest(&hint).unwrap(), Ingest { pull: true, ..Ingest::default() });
    let by_s3 = |bucket: &str, key: &str, event: &str| {
        let record = json!({"eventName": event, "s3": {"bucket": {"name": bucket}, "object": {"key": key, "size": 7}}});
        one.ingest(&published("2", "Notification", &json!({"Records": [record]}).to_string())).unwrap().pull
    };
    assert!(by_s3("example-mail", "support/a+b%2Bc", "ObjectCreated:Put"));
    assert!(!by_s3("example-mail", "support/a", "ObjectRemoved:Delete"));
    assert!(!by_s3("other", "support/a", "ObjectCreated:Put"));
    assert!(!by_s3("example-mail", "billing/a", "ObjectCreated:Put"));
    let unnamed = ses(NOWHERE, &[]).ingest(&hint).unwrap_err().to_string();
    assert!(unnamed.contains("example-mail") && unnamed.contains("setting bucket"), "{unnamed}");
}

#[test]
fn what_is_said_besides_is_understood_or_set_aside() {
    let one = ses(NOWHERE, &[]);
    let nothing = [
        "Successfully validated SNS topic for Amazon SES event publishing.",
        r#"{"notificationType":"AmazonSnsSubscriptionSucceeded","message":"x"}"#,
        r#"{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"example-mail"}"#,
        r#"{"eventType":"Click","mail":{},"click":{"link":"https://example.com"}}"#,
        r#"{"notificationType":"Received","receipt":{"action":{"type":"Bounce"}},"mail":{}}"#,
    ];
    for message in nothing {
        assert_eq!(
            one.ingest(&published("1", "Notification", message)).unwrap(),
            Ingest::default(),
            "{message}"
        );
    }
    for odd in [
        "",
        "hello",
        "{}",
        "[]",
        "null",
        r#"{"notificationType":"Received","content":"%"}"#,
        r#"{"x":{"y":1}}"#,
    ] {
        assert!(one.ingest(&published("1", "Notification", odd)).is_err(), "{odd}");
    }
    assert_eq!(one.ingest(&published("1", "UnsubscribeConfirmation", "x")).unwrap(), Ingest::default());
    assert!(one.ingest(&published("1", "OfALaterYear", "x")).is_err());
    let asked = one.ingest(&published("1", "SubscriptionConfirmation", "x")).unwrap();
    assert_eq!(asked, Ingest { pull: true, ..Ingest::default() });
    let mut envelope = Signer::new().unwrap().message(NOWHERE, TOPIC, "1", "SubscriptionConfirmation", "x");
    for place in
        ["http://127.0.0.2:9/?Action=ConfirmSubscription", "http://127.0.0.1:9/?Action=DeleteTopic", "x"]
    {
        envelope.insert("SubscribeURL".into(), json!(place));
        assert!(
            one.ingest(&posted("SubscriptionConfirmation", &Value::Object(envelope.clone()))).is_err(),
            "{place}"
        );
    }
}

#[tokio::test]
async fn a_certificate_is_fetched_once_and_a_subscription_confirmed() {
    let far = FarEnd::start().await;
    let one = Ses::new(&setup(&far.base, &[]), &client(Duration::from_secs(30))).unwrap();
    let signer = Signer::new().unwrap();
    let asked = signer.message(&far.base, TOPIC, "1", "SubscriptionConfirmation", "x");
    let asked = posted("SubscriptionConfirmation", &Value::Object(asked));
    for _ in 0..3 {
        assert!(matches!(one.verify(&asked), Err(Reject::Later(_))));
    }
    let file = Answer { status: 200, headers: Vec::new(), body: CERTIFICATE.into() };
    far.answer(file);
    assert_eq!(one.pull(Cursor::default(), Scope::Since, NOW).await, Ok(Page::default()));
    let wanted: Vec<String> = far.asked().into_iter().map(|asked| asked.path).collect();
    assert_eq!(wanted, [PLACE], "once, however often it was wanted");
    one.verify(&asked).unwrap();
    assert!(one.ingest(&asked).unwrap().pull);
    // The first visit fails; it is made again.
    far.answer(Answer::json(500, json!({}))).answer(Answer::json(200, json!({})));
    for _ in 0..3 {
        one.pull(Cursor::default(), Scope::Since, NOW).await.unwrap();
    }
    let visits = far.asked();
    assert_eq!(visits.len(), 2, "{visits:?}");
    assert!(
        visits
            .iter()
            .all(|visit| visit.query.contains("Token=token-1") && visit.header("authorization").is_none())
    );
}

#[tokio::test]
async fn a_certificate_that_is_none_is_not_taken() {
    let far = FarEnd::start().await;
    let one = Ses::new(&setup(&far.base, &[]), &client(Duration::from_secs(30))).unwrap();
    let envelope = Signer::new().unwrap().message(&far.base, TOPIC, "1", "Notification", "{}");
    let push = posted("Notification", &Value::Object(envelope));
    let elsewhere = Answer::json(302, json!({})).with("location", "http://127.0.0.2:9/x.pem");
    let key = std::fs::read(format!("{}/tests/vectors/mail-key.pem", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let odd = [
        Answer::json(404, json!({})),
        elsewhere,
        Answer {
            status: 200,
            headers: Vec::new(),
            body: b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".to_vec(),
        },
        Answer { status: 200, headers: Vec::new(), body: key },
        Answer { status: 200, headers: Vec::new(), body: vec![b'x'; 100_000] },
    ];
    for answer in odd {
        assert!(matches!(one.verify(&push), Err(Reject::Later(_))));
        far.answer(answer);
        one.pull(Cursor::default(), Scope::Since, NOW).await.unwrap();
        assert_eq!(far.asked().len(), 1);
    }
    // The certificate of another key proves nothing.
    let other = std::fs::read(format!("{}/tests/vectors/mail-cert.pem", env!("CARGO_MANIFEST_DIR"))).unwrap();
    one.certificates.keep(&Url::parse(&format!("{}{PLACE}", far.base)).unwrap(), &other).unwrap();
    assert!(matches!(one.verify(&push), Err(Reject::Signature(_))));
}

#[tokio::test]
async fn a_send_is_written_as_documented() {
    let far = FarEnd::start().await;
    let one = ses(&far.base, &[("signature", "Your Example team")]);
    let mut send = op(&SesCase, "Hello **Dana**");
    if let OpBody::Send { mail: Some(mail), .. } = &mut send.body {
        mail.mail.cc = vec![Mailbox::bare("DANA@example.net"), Mailbox::bare("boss@example.net")];
        mail.mail.bcc = vec![Mailbox::bare("archive@example.com")];
    }
    far.answer(SesCase.sent("1"));
    let Ok(Accepted::State { events }) = one.push(&send, &context()).await else { panic!("not accepted") };
    let [Event::MailNamed { mail, also }, Event::Delivery { message, report }] = events.as_slice() else {
        panic!("{events:?}")
    };
    let ours = "fd.019900000000700080000000000000ab@example.com";
    assert_eq!((mail.as_str(), also.as_str()), (ours, "01021-000000@eu-west-1.amazonses.com"));
    assert_eq!(*message, MessageRef::Token(send.id, Some(ours.into())));
    assert_eq!(
        (report.state, report.said.as_str()),
        (Delivery::Accepted, "taken by Amazon SES as 01021-000000")
    );
    let asked = far.asked();
    assert_eq!((asked[0].method.as_str(), asked[0].path.as_str()), ("POST", "/v2/email/outbound-emails"));
    let proof = asked[0].header("authorization").unwrap();
    assert!(proof.starts_with("AWS4-HMAC-SHA256 Credential=AKIASANDBOX/"), "{proof}");
    assert_eq!(asked[0].header("x-amz-security-token"), None);
    let body: Value = serde_json::from_slice(&asked[0].body).unwrap();
    assert_eq!(
        body["Destination"],
        json!({
            "ToAddresses": [THEIRS], "CcAddresses": ["boss@example.net"], "BccAddresses": ["archive@example.com"],
        })
    );
    assert_eq!(body["ConfigurationSetName"], "frontdesk");
    let sent = raw(&asked[0]);
    assert!(
        !String::from_utf8_lossy(&sent).contains("archive@example.com"),
        "hidden recipients stand nowhere"
    );
    let sent = parse(&sent);
    assert_eq!(sent.mail.message_id, ours);
    assert_eq!(sent.mail.from, Some(Mailbox::named("Example", OURS)));
    assert_eq!(sent.mail.references, ["a@mail.example.net", "b@mail.example.net"]);
    assert!(sent.text.contains("Your Example team"), "{}", sent.text);
}

#[tokio::test]
async fn what_would_be_refused_is_not_asked_for_and_what_says_nothing_is_a_doubt() {
    let far = FarEnd::start().await;
    let one = ses(&far.base, &[]);
    let mut nobody = op(&SesCase, "hello");
    let mut many = nobody.clone();
    if let OpBody::Send { mail: Some(mail), .. } = &mut nobody.body {
        mail.mail.to.clear();
    }
    if let OpBody::Send { mail: Some(mail), .. } = &mut many.body {
        mail.mail.to = (0..51).map(|n| Mailbox::bare(format!("{n}@example.net"))).collect();
    }
    for (op, says) in [(nobody, "no recipient"), (many, "50 people")] {
        match one.push(&op, &context()).await {
            Err(Failure::Rejected { reason, .. }) => assert!(reason.human.contains(says), "{reason:?}"),
            other => panic!("{other:?}"),
        }
    }
    assert!(far.asked().is_empty());
    for odd in [json!({}), json!({"MessageId": ""}), json!({"MessageId": "a>b\r\nx"}), json!([])] {
        far.answer(Answer::json(200, odd));
        let outcome = one.push(&op(&SesCase, "hello"), &context()).await;
        assert!(matches!(outcome, Err(Failure::Unknown { .. })), "{outcome:?}");
    }
}

#[tokio::test]
async fn the_login_tells_what_the_account_may_do() {
    let far = FarEnd::start().await;
    let who = |answer: Value| {
        far.answer(Answer::json(200, answer));
        let one = ses(&far.base, &[]);
        async move { one.probe().await.unwrap().who }
    };
    assert_eq!(who(json!({"SendingEnabled": true, "ProductionAccessEnabled": true})).await, OURS);
    let sandbox = who(json!({"SendingEnabled": true, "ProductionAccessEnabled": false})).await;
    assert!(sandbox.contains("verified addresses only"), "{sandbox}");
    let off = who(json!({"SendingEnabled": false, "ProductionAccessEnabled": true})).await;
    assert!(off.contains("switched off"), "{off}");
    for missing in ["access_key_id", "secret_access_key"] {
        let mut none = setup(&far.base, &[]);
        none.secrets.remove(missing);
        match Ses::new(&none, &client(Duration::from_secs(1))) {
            Err(Failure::Auth { human }) => assert!(human.contains(missing), "{human}"),
            other => panic!("{other:?}"),
        }
    }
}
