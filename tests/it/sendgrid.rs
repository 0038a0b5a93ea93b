//! What is particular to SendGrid: known answers for signatures, mails that come in either way, events, and what a send looks like.

use crate::conformance::{Case, NOW, context, op};
use crate::far_end::{Answer, Asked, FarEnd, client};
use frontdesk::domain::account::Channel;
use frontdesk::domain::delivery::Delivery;
use frontdesk::domain::event::{Event, MessageFact};
use frontdesk::domain::failure::Failure;
use frontdesk::domain::ids::OpId;
use frontdesk::domain::mail::{Mail, Mailbox, Manner, Outgoing, reply_token};
use frontdesk::domain::message::{Direction, MediaRef, MessageKind};
use frontdesk::domain::op::{Accepted, OpBody};
use frontdesk::domain::secret::Secret;
use frontdesk::provider::sendgrid::{SendGrid, VENDOR, sign};
use frontdesk::provider::{Ingest, Provider, RawPush, Setup, Vendor};
use frontdesk::sandbox::letter::{File, Letter};
use frontdesk::sandbox::sendgrid::inbound::body;
use frontdesk::sandbox::sendgrid::sign::Key;
use frontdesk::sandbox::sendgrid::{Inbound, Push};
use serde_json::{Value, json};
use std::time::Duration;

pub const OURS: &str = "support@example.com";
pub const THEIRS: &str = "dana@example.net";
const HOOK: &str = "https://inbox.example.com/hooks/support";

/// SendGrid in the common story.
pub struct SendGridCase;

fn key() -> Key {
    Key::of(7, "events").unwrap()
}

pub fn setup(base: &str, more: &[(&str, &str)]) -> Setup {
    let mut setup = Setup { name: "support".into(), ..Setup::default() };
    let public = key().public();
    let own = [("from", "Example <support@example.com>"), ("verification_key", &public), ("base_url", base)];
    for (key, value) in own.iter().chain(more) {
        setup.settings.insert((*key).into(), (*value).into());
    }
    setup.secrets.insert("api_key".into(), Secret::new("SG.key".into()));
    setup
}

pub fn sendgrid(base: &str, more: &[(&str, &str)]) -> SendGrid {
    SendGrid::new(&setup(base, more), &client(Duration::from_secs(30))).unwrap()
}

fn push(place: &str, kind: &str, body: Vec<u8>) -> RawPush {
    let time = (NOW / 1000).to_string();
    RawPush {
        method: "POST".into(),
        url: format!("{HOOK}/{place}"),
        headers: vec![
            ("content-type".into(), kind.into()),
            ("x-twilio-email-event-webhook-signature".into(), key().sign(&time, &body)),
            ("x-twilio-email-event-webhook-timestamp".into(), time),
        ],
        body,
        received_at: NOW,
    }
}

fn posted(inbound: &Inbound) -> RawPush {
    let (kind, body) = body(inbound);
    push("parse", &kind, body)
}

pub fn outgoing() -> Outgoing {
    Outgoing {
        mail: Mail {
            message_id: "fd.019900000000700080000000000000ab@example.com".into(),
            subject: "Re: Where is my order?".into(),
            in_reply_to: vec!["b@mail.example.net".into()],
            references: vec!["a@mail.example.net".into(), "b@mail.example.net".into()],
            from: Some(Mailbox::bare(OURS)),
            to: vec![Mailbox::named("Dana", THEIRS)],
            ..Mail::default()
        },
        manner: Manner::Reply,
        quoted: None,
        is_html: false,
    }
}

impl Case for SendGridCase {
    fn vendor(&self) -> &'static Vendor {
        &VENDOR
    }
    fn setup(&self, base: &str) -> Setup {
        setup(base, &[])
    }
    fn login(&self) -> Answer {
        Answer::json(200, json!({"scopes": ["alerts.read", "mail.send"]}))
    }
    fn page(&self, _: &[(&str, &str)], _: bool) -> Option<Vec<Answer>> {
        None
    }
    fn sent(&self, id: &str) -> Answer {
        Answer { status: 202, headers: vec![("x-message-id".into(), format!("sg{id}"))], body: Vec::new() }
    }
    fn refused(&self) -> Answer {
        let error =
            json!({"message": "Does not contain a valid address.", "field": "personalizations.0.to.0.email"});
        Answer::json(400, json!({"errors": [error]}))
    }
    fn webhook(&self, id: &str, text: &str) -> RawPush {
        let letter = Letter::new(&format!("{id}@mail.example.net"), THEIRS, OURS, "order", text);
        posted(&letter.into())
    }
    fn media(&self, _: &str) -> Option<MediaRef> {
        None
    }
    fn token(&self, asked: &Asked) -> Option<OpId> {
        let body: Value = serde_json::from_slice(&asked.body).unwrap();
        body["personalizations"][0]["custom_args"]["fd_op"].as_str()?.parse().ok()
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
    let path = format!("{}/tests/vectors/sendgrid-signatures.json", env!("CARGO_MANIFEST_DIR"));
    let file: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut counted = (0, 0);
    for v in file["vectors"].as_array().unwrap() {
        let headers = v["headers"].as_object().unwrap().iter();
        use base64::Engine as _;
        let body =
            base64::engine::general_purpose::STANDARD.decode(v["body_base64"].as_str().unwrap()).unwrap();
        let push = RawPush {
            method: "POST".into(),
            url: v["url"].as_str().unwrap().into(),
            headers: headers.map(|(k, v)| (k.to_lowercase(), v.as_str().unwrap().to_owned())).collect(),
            body,
            received_at: NOW,
        };
        let key = sign::key(v["public_key"].as_str().unwrap()).unwrap();
        let valid = v["valid"].as_bool().unwrap();
        assert_eq!(sign::check(&push, &key).is_ok(), valid, "{} {}", v["id"], v["name"]);
        if valid { counted.0 += 1 } else { counted.1 += 1 }
    }
    assert_eq!(counted, (3, 4), "all vectors were there");
}

#[test]
fn each_hook_has_its_own_key_and_place() {
    let other = Key::of(8, "parse").unwrap();
    let one = sendgrid("http://127.0.0.1:9", &[("parse_verification_key", &other.public())]);
    let events = push("events", "application/json", b"[]".to_vec());
    assert!(one.verify(&events).is_ok() && one.admit(&events).is_ok());
    let mut parse = SendGridCase.webhook("1", "x");
    assert!(one.verify(&parse).is_err(), "signed with the key of events");
    let time = (NOW / 1000).to_string();
    parse.headers[1].1 = other.sign(&time, &parse.body);
    assert!(one.verify(&parse).is_ok());
    for url in [HOOK.to_owned(), format!("{HOOK}/"), format!("{HOOK}/other"), format!("{HOOK}/events/x")] {
        let elsewhere = RawPush { url, ..events.clone() };
        assert!(one.verify(&elsewhere).is_err() && one.admit(&elsewhere).is_err());
        assert!(one.ingest(&elsewhere).is_err());
    }
    assert!(one.admit(&RawPush { method: "GET".into(), ..events }).is_err());
}

fn letter() -> Letter {
    Letter {
        cc: Some("boss@example.net".into()),
        in_reply_to: Some("b@mail.example.net".into()),
        references: vec!["a@mail.example.net".into(), "b@mail.example.net".into()],
        date: Some("Fri, 20 Nov 2026 09:14:00 +0000".into()),
        html: Some("<p>Where is it? <img src=\"cid:ii_l1\"></p>".into()),
        files: vec![
            File {
                name: "Größe.pdf".into(),
                mime: "application/pdf".into(),
                bytes: b"%PDF-1.4\r\n--xY\x00".to_vec(),
                content_id: None,
            },
            File {
                name: "logo.png".into(),
                mime: "image/png".into(),
                bytes: b"\x89PNG".to_vec(),
                content_id: Some("ii_l1".into()),
            },
        ],
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
    let push = posted(inbound);
    let one = sendgrid("http://127.0.0.1:9", &[("reply_domain", "parse.example.com")]);
    one.verify(&push).unwrap();
    let ingest = one.ingest(&push).unwrap();
    let Some(Event::Message(fact)) = ingest.events.first() else { panic!("{ingest:?}") };
    ((**fact).clone(), ingest)
}

#[test]
fn a_mail_is_the_same_raw_and_taken_apart() {
    let mut facts = Vec::new();
    for is_raw in [true, false] {
        let (fact, ingest) = told(&Inbound { is_raw, ..letter().into() });
        let mail = fact.mail.as_ref().unwrap();
        assert_eq!(mail.subject, "Re: Where is my örder?");
        assert_eq!(mail.references, ["a@mail.example.net", "b@mail.example.net"]);
        assert_eq!(mail.cc, [Mailbox::bare("boss@example.net")]);
        assert!(mail.html.as_ref().unwrap().contains("Where is it?"));
        assert_eq!(fact.text, "Where is it?");
        assert_eq!((fact.direction, fact.kind), (Direction::Inbound, MessageKind::Attachment));
        assert_eq!(fact.sent_at, NOW, "when it came");
        assert_eq!(fact.conversation.party.name.as_deref(), Some("Däna"));
        assert_eq!(
            (&fact.metadata["spf"], &fact.metadata["sender_ip"]),
            (&json!("pass"), &json!("192.0.2.25"))
        );
        let names: Vec<_> = fact.attachments.iter().map(|a| a.name.as_deref().unwrap_or_default()).collect();
        assert_eq!(names, ["Größe.pdf", "logo.png"], "files before pictures of the HTML");
        assert_eq!(fact.attachments[0].size, Some(15));
        for file in &ingest.files {
            let of = fact.attachments.iter().find(|a| a.external_id == file.attachment).unwrap();
            let want = letter().files.into_iter().find(|f| Some(&f.name) == of.name.as_ref()).unwrap();
            assert_eq!((&file.bytes, of.mime.as_deref()), (&want.bytes, Some(want.mime.as_str())));
            assert_eq!(file.message, fact.external_id);
        }
        assert_eq!(ingest.files.len(), 2);
        facts.push((
            fact.conversation,
            fact.external_id,
            fact.text,
            fact.mail.map(|m| Mail { html: None, ..*m }),
        ));
    }
    assert_eq!(facts[0], facts[1]);
}

#[test]
fn words_arrive_in_the_charset_that_is_told() {
    let plain = Letter::new("1@x.example", THEIRS, OURS, "order", "");
    let charset = Some(("windows-1252".to_owned(), b"f\xfcr 5 \x80".to_vec()));
    assert_eq!(told(&Inbound { is_raw: false, charset, ..plain.clone().into() }).0.text, "für 5 €");
    let charset = Some(("iso-2022-jp".to_owned(), b"\x1b$B$3$s\x1b(B".to_vec()));
    assert_eq!(told(&Inbound { is_raw: false, charset, ..plain.into() }).0.text, "こん");
}

#[test]
fn an_answer_without_headers_is_known_by_its_address() {
    let op = OpId(uuid::Uuid::from_u128(0x0199_0000_0000_7000_8000_1234_5678_9abc));
    let mut answer = Letter::new("9@x.example", THEIRS, "other@example.org", "", "here it is");
    answer.envelope_to = vec![format!("support+{}@parse.example.com", reply_token(op))];
    for is_raw in [true, false] {
        let (fact, _) = told(&Inbound { is_raw, ..answer.clone().into() });
        let mail = fact.mail.unwrap();
        assert_eq!(mail.token, Some(reply_token(op)));
        assert!(mail.thread_names().contains(&format!("token:{}", reply_token(op))));
    }
}

#[test]
fn only_a_proved_mail_of_ours_is_ours() {
    let sent =
        Letter::new("9@example.com", "Example <support@example.com>", THEIRS, "order", "sent elsewhere");
    let way = |spf: &str, dkim: &str, envelope: &str| {
        let letter = Letter { envelope_from: Some(envelope.into()), ..sent.clone() };
        told(&Inbound { spf: spf.into(), dkim: dkim.into(), ..letter.into() }).0.direction
    };
    assert_eq!(way("pass", "none", "bounce@example.com"), Direction::Outbound);
    assert_eq!(way("none", "{@example.com : pass}", "x@example.org"), Direction::Outbound);
    assert_eq!(way("pass", "none", "x@example.org"), Direction::Inbound);
    assert_eq!(
        way("fail", "{@example.com : fail, @example.org : pass}", "x@example.com"),
        Direction::Inbound
    );
}

#[test]
fn odd_pushes_are_quarantined_and_old_mails_count_as_new() {
    let one = sendgrid("http://127.0.0.1:9", &[]);
    assert!(one.ingest(&push("parse", "application/json", b"{}".to_vec())).is_err());
    let empty = b"--xYzZY--\r\n".to_vec();
    assert!(one.ingest(&push("parse", "multipart/form-data; boundary=xYzZY", empty)).is_err());
    assert!(one.ingest(&push("events", "application/json", b"{}".to_vec())).is_err());
    // A wrong clock, or a mail from the future: what counts is when it came.
    for date in ["Fri, 01 Jan 1999 00:00:00 +0000", "Fri, 01 Jan 2100 00:00:00 +0000", "yesterday"] {
        let letter = Letter { date: Some(date.into()), ..letter() };
        assert_eq!(told(&letter.into()).0.sent_at, NOW, "{date}");
    }
}

#[tokio::test]
async fn a_send_is_written_as_documented() {
    let far = FarEnd::start().await;
    let one =
        sendgrid(&far.base, &[("reply_domain", "parse.example.com"), ("signature", "Your Example team")]);
    let mut send = op(&SendGridCase, "Hello **Dana**");
    if let OpBody::Send { mail: Some(mail), .. } = &mut send.body {
        mail.mail.cc = vec![Mailbox::bare("DANA@example.net"), Mailbox::bare("boss@example.net")];
        mail.mail.bcc = vec![Mailbox::bare("archive@example.com")];
    }
    far.answer(SendGridCase.sent("1"));
    let Ok(Accepted::State { events }) = one.push(&send, &context()).await else { panic!("not accepted") };
    let [Event::Delivery { report, .. }] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!((report.state, report.said.as_str()), (Delivery::Accepted, "queued at SendGrid as sg1"));
    let asked = far.asked();
    assert_eq!((asked[0].method.as_str(), asked[0].path.as_str()), ("POST", "/v3/mail/send"));
    assert_eq!(asked[0].header("authorization"), Some("Bearer SG.key"));
    assert_eq!(asked[0].header("content-type"), Some("application/json"));
    let body: Value = serde_json::from_slice(&asked[0].body).unwrap();
    let block = &body["personalizations"][0];
    assert_eq!(block["to"], json!([{"email": THEIRS, "name": "Dana"}]));
    assert_eq!(block["cc"], json!([{"email": "boss@example.net"}]), "nobody twice");
    assert_eq!(block["bcc"], json!([{"email": "archive@example.com"}]));
    assert_eq!(body["from"], json!({"email": OURS, "name": "Example"}));
    let reply = format!("support+{}@parse.example.com", reply_token(send.id));
    assert_eq!(body["reply_to"]["email"], json!(reply));
    assert_eq!(body["headers"]["Message-ID"], "<fd.019900000000700080000000000000ab@example.com>");
    assert_eq!(body["headers"]["In-Reply-To"], "<b@mail.example.net>");
    assert_eq!(body["headers"]["References"], "<a@mail.example.net> <b@mail.example.net>");
    assert_eq!(body["content"][0]["type"], "text/plain");
    assert!(body["content"][0]["value"].as_str().unwrap().contains("Your Example team"));
    for kind in ["click_tracking", "open_tracking", "subscription_tracking"] {
        assert_eq!(body["tracking_settings"][kind], json!({"enable": false}));
    }
}

#[tokio::test]
async fn what_would_be_refused_is_not_asked_for() {
    let far = FarEnd::start().await;
    let one = sendgrid(&far.base, &[]);
    let mut nobody = op(&SendGridCase, "hello");
    let mut many = nobody.clone();
    let mut no_mail = nobody.clone();
    if let OpBody::Send { mail: Some(mail), .. } = &mut nobody.body {
        mail.mail.to.clear();
    }
    if let OpBody::Send { mail: Some(mail), .. } = &mut many.body {
        mail.mail.to = (0..1_001).map(|n| Mailbox::bare(format!("{n}@example.net"))).collect();
    }
    if let OpBody::Send { mail, .. } = &mut no_mail.body {
        *mail = None;
    }
    for (op, says) in [(nobody, "no recipient"), (many, "1000 people"), (no_mail, "write it again")] {
        match one.push(&op, &context()).await {
            Err(Failure::Rejected { reason, .. }) => assert!(reason.human.contains(says), "{reason:?}"),
            other => panic!("{other:?}"),
        }
    }
    assert!(far.asked().is_empty());
}

#[tokio::test]
async fn a_key_that_may_not_send_is_told() {
    let far = FarEnd::start().await;
    far.answer(Answer::json(200, json!({"scopes": ["alerts.read"]})));
    match sendgrid(&far.base, &[]).probe().await {
        Err(Failure::Auth { human }) => assert!(human.contains("Mail Send"), "{human}"),
        other => panic!("{other:?}"),
    }
    let none = Setup { secrets: Default::default(), ..setup(&far.base, &[]) };
    assert!(matches!(SendGrid::new(&none, &client(Duration::from_secs(1))), Err(Failure::Auth { .. })));
}

#[test]
fn a_push_twice_is_one() {
    let (kind, body) = body(&Inbound { push: Push::Twice, ..letter().into() });
    let one = sendgrid("http://127.0.0.1:9", &[]);
    assert_eq!(
        one.verify(&push("parse", &kind, body.clone())).unwrap(),
        one.verify(&push("parse", &kind, body)).unwrap()
    );
}
