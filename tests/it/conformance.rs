//! The one story that every adapter passes: login, first pull and resuming, good, bad and repeated webhooks, each op it claims
//! and the refusal of others, and every way in which a far end can fail. What a vendor does not have is left out of its story.

use crate::far_end::{Answer, Asked, Break, FarEnd, broken, client, nobody};
use crate::resend::ResendCase;
use crate::sendgrid::SendGridCase;
use crate::ses::SesCase;
use crate::twilio::TwilioCase;
use frontdesk::domain::account::Channel;
use frontdesk::domain::attachment::Enclosure;
use frontdesk::domain::clock::Ms;
use frontdesk::domain::conversation::Status;
use frontdesk::domain::event::{ConversationKey, Event, MessageRef};
use frontdesk::domain::facet::Facet;
use frontdesk::domain::failure::Failure;
use frontdesk::domain::ids::{AccountId, ConversationId, OpId};
use frontdesk::domain::mail::Outgoing;
use frontdesk::domain::message::{AttachmentFact, Direction, MediaRef};
use frontdesk::domain::op::{Accepted, Op, OpBody};
use frontdesk::provider::{Cursor, Page, Provider, PushContext, RawPush, Scope, Setup, Vendor};
use std::time::Duration;

/// The moment at which the story plays: Fri, 20 Nov 2026 09:15:00 UTC.
pub const NOW: Ms = 1_795_166_100_000;

/// What is particular to a vendor.
pub trait Case {
    fn vendor(&self) -> &'static Vendor;
    /// Good settings and secrets, with the far end at `base`.
    fn setup(&self, base: &str) -> Setup;
    /// The provider of these, which knows what it would have to fetch before it could believe a webhook.
    fn build(&self, base: &str, patience: Duration) -> Box<dyn Provider> {
        (self.vendor().build)(&self.setup(base), &client(patience)).unwrap()
    }
    /// The answer to a login check.
    fn login(&self) -> Answer;
    /// The answers that make a page with these inbound messages (id, text), newest first, and say whether there is another; none where
    /// nothing is ever pulled.
    fn page(&self, messages: &[(&str, &str)], more: bool) -> Option<Vec<Answer>>;
    /// The answers that say that nothing is new, where a pull that goes on looks for news first.
    fn no_news(&self) -> Vec<Answer> {
        Vec::new()
    }
    /// The answer to a send.
    fn sent(&self, id: &str) -> Answer;
    /// The answer that refuses a send for good.
    fn refused(&self) -> Answer;
    /// A genuine webhook with an inbound message.
    fn webhook(&self, id: &str, text: &str) -> RawPush;
    /// The same as nobody has signed it.
    fn unsigned(&self, push: &RawPush) -> RawPush {
        let mut unsigned = push.clone();
        unsigned.headers.retain(|(name, _)| !name.contains("signature"));
        unsigned
    }
    /// Where this far end keeps a file of its own; none where files come with their message.
    fn media(&self, base: &str) -> Option<MediaRef>;
    /// Whether files take more than one question: their story is the vendor's own.
    fn asks_for_files(&self) -> bool {
        false
    }
    /// Our token in a send, as it reached the far end.
    fn token(&self, asked: &Asked) -> Option<OpId>;
    /// Where the far end is told to fetch what goes along with a send; where files are handed over with it, their names.
    fn enclosed(&self, asked: &Asked) -> Vec<String>;
    /// Whether files are handed over.
    fn hands_over(&self) -> bool {
        false
    }
    /// What a send is besides, where it is a mail.
    fn mail(&self) -> Option<Box<Outgoing>> {
        None
    }
    /// Somewhere to send to.
    fn to(&self) -> (Channel, String, String);
}

pub fn op(case: &dyn Case, text: &str) -> Op {
    let (channel, from, to) = case.to();
    Op {
        id: OpId::fresh(),
        account: AccountId(1),
        conversation: ConversationId(1),
        message: None,
        body: OpBody::Send {
            conversation: ConversationKey(format!("{from}|{to}")),
            channel,
            from,
            to,
            text: text.to_owned(),
            attachments: Vec::new(),
            mail: case.mail(),
        },
        created_at: NOW,
        not_before: NOW,
    }
}

/// A picture of ours.
pub fn file() -> AttachmentFact {
    let path = format!("files/own/{}/a.png", "0123456789abcdef".repeat(4));
    Enclosure { name: "a.png".into(), mime: "image/png".into(), size: 9, path }.fact(0)
}

pub fn context() -> PushContext {
    PushContext {
        callback: Some("https://inbox.example.com/hooks/support".into()),
        files: Vec::new(),
        dir: Default::default(),
        now: NOW,
    }
}

fn patient(case: &dyn Case, base: &str) -> Box<dyn Provider> {
    case.build(base, Duration::from_secs(30))
}

async fn send_to(case: &dyn Case, base: &str, patience: Duration) -> Failure {
    case.build(base, patience).push(&op(case, "hello"), &context()).await.unwrap_err()
}

fn words(events: &[Event]) -> Vec<(String, String)> {
    let message = |e: &Event| match e {
        Event::Message(m) => Some((m.external_id.clone(), m.text.clone())),
        _ => None,
    };
    events.iter().filter_map(message).collect()
}

async fn login(case: &dyn Case) {
    let far = FarEnd::start().await;
    far.answer(case.login());
    assert!(!patient(case, &far.base).probe().await.unwrap().who.is_empty());
    far.answer(Answer::json(401, serde_json::json!({})));
    assert!(matches!(patient(case, &far.base).probe().await, Err(Failure::Auth { .. })));
    let nobody = nobody().await;
    assert!(matches!(patient(case, &nobody).probe().await, Err(Failure::Transient { .. })));
}

async fn pulling(case: &dyn Case) {
    let far = FarEnd::start().await;
    let provider = patient(case, &far.base);
    let page = |messages: &[(&str, &str)], more| case.page(messages, more);
    let (Some(first), Some(last)) =
        (page(&[("2", "two"), ("1", "one")], true), page(&[("0", "zero")], false))
    else {
        assert_eq!(provider.poll_every(), None);
        let nothing = provider.pull(Cursor::default(), Scope::Lookup(Box::new(op(case, "x"))), NOW).await;
        assert_eq!(nothing, Ok(Page::default()), "it waits for what is pushed");
        assert!(far.asked().is_empty());
        return;
    };
    for answer in first.into_iter().chain(case.no_news()).chain(last) {
        far.answer(answer);
    }
    let first = provider.pull(Cursor::default(), Scope::Recent, NOW).await.unwrap();
    assert!(first.more);
    // A restart in the middle: another provider goes on from the saved cursor.
    let provider = patient(case, &far.base);
    let second = provider.pull(first.cursor, Scope::Since, NOW).await.unwrap();
    assert!(!second.more);
    let got = [words(&first.events), words(&second.events)].concat();
    let texts: Vec<_> = got.iter().map(|(_, text)| text.as_str()).collect();
    assert_eq!(texts, ["one", "two", "zero"], "each page in the order in which it happened");
    // What is told again is told with the same name and the same words, if it is asked for again at all.
    for answer in page(&[("2", "two")], false).unwrap() {
        far.answer(answer);
    }
    let again = words(&provider.pull(second.cursor.clone(), Scope::Since, NOW).await.unwrap().events);
    assert!(again.is_empty() || again == [got[1].clone()], "{again:?}");
    // A failure in between loses nothing: the cursor stays ours.
    let far = FarEnd::start().await;
    let provider = patient(case, &far.base);
    far.answer(Answer::json(503, serde_json::json!({})).with("retry-after", "7"));
    match provider.pull(second.cursor, Scope::Since, NOW).await {
        Err(Failure::Transient { retry_after, .. }) => assert_eq!(retry_after, Some(Duration::from_secs(7))),
        other => panic!("{other:?}"),
    }
}

fn webhooks(case: &dyn Case) {
    let provider = patient(case, "http://127.0.0.1:9");
    let good = case.webhook("7", "hello");
    let key = provider.verify(&good).unwrap();
    let event = provider.ingest(&good).unwrap();
    assert_eq!(provider.verify(&good).unwrap(), key, "a replay has the same key");
    assert_eq!(provider.ingest(&good).unwrap(), event, "and says the same");
    assert_ne!(provider.verify(&case.webhook("8", "hello")).unwrap(), key);
    assert!((200..300).contains(&provider.hook_answer(&good).status));
    match event.events.as_slice() {
        [] => assert!(event.pull, "it hints at what a pull tells"),
        [Event::Message(message)] => {
            assert_eq!((message.direction, message.text.as_str()), (Direction::Inbound, "hello"));
            assert!(message.metadata.as_object().is_some_and(|m| !m.is_empty()), "what has no place is kept");
        }
        _ => panic!("{event:?}"),
    }

    let unsigned = case.unsigned(&good);
    let mut tampered = good.clone();
    tampered.body.push(b'x');
    let mut elsewhere = good.clone();
    elsewhere.url.push_str("/x");
    for bad in [unsigned, tampered, elsewhere] {
        assert!(provider.verify(&bad).is_err(), "{bad:?}");
    }
    let mut nonsense = good;
    nonsense.body = vec![0xff, 0x00, b'&', b'%'];
    assert!(provider.ingest(&nonsense).is_err(), "quarantined, not invented");
}

async fn sending(case: &dyn Case) {
    let far = FarEnd::start().await;
    let provider = patient(case, &far.base);
    far.answer(case.sent("9"));
    let asked_for = op(case, "hello");
    let Accepted::State { events } = provider.push(&asked_for, &context()).await.unwrap() else {
        panic!("a send answers with the state")
    };
    let named = events.iter().any(|e| {
        matches!(e, Event::Delivery { message: MessageRef::Token(op, Some(_)), .. } if *op == asked_for.id)
    });
    assert!(named, "{events:?}");
    let asked = far.asked();
    assert_eq!(asked.len(), 1);
    assert_eq!(case.token(&asked[0]), Some(asked_for.id), "our token travels");

    far.answer(case.refused());
    match provider.push(&op(case, "hello"), &context()).await {
        Err(Failure::Rejected { reason, .. }) => {
            assert!(reason.code.is_some() && reason.human.len() > 10, "{reason:?}");
        }
        other => panic!("{other:?}"),
    }
    far.answer(Answer::json(401, serde_json::json!({})));
    assert!(matches!(provider.push(&op(case, "x"), &context()).await, Err(Failure::Auth { .. })));
    far.answer(Answer::json(429, serde_json::json!({})).with("retry-after", "3"));
    match provider.push(&op(case, "x"), &context()).await {
        Err(Failure::Transient { retry_after, .. }) => assert_eq!(retry_after, Some(Duration::from_secs(3))),
        other => panic!("{other:?}"),
    }
    for status in [500, 502, 503, 504] {
        far.answer(Answer::json(status, serde_json::json!({})));
        assert!(matches!(provider.push(&op(case, "x"), &context()).await, Err(Failure::Unknown { .. })));
    }
    far.answer(Answer { status: 201, headers: Vec::new(), body: b"<html>".to_vec() });
    assert!(matches!(provider.push(&op(case, "x"), &context()).await, Err(Failure::Unknown { .. })));
    far.asked();

    if case.hands_over() {
        handing_over(case, &far, provider.as_ref()).await;
    } else {
        // Files go along where the far end can fetch them; where it cannot, nothing is said at all.
        let mut files = op(case, "");
        if let OpBody::Send { attachments, .. } = &mut files.body {
            attachments.push(file());
        }
        let url = "https://inbox.example.com/media/T/a.png".to_owned();
        far.answer(case.sent("10"));
        provider.push(&files, &PushContext { files: vec![url.clone()], ..context() }).await.unwrap();
        assert_eq!(case.enclosed(&far.asked()[0]), [url]);
        match provider.push(&files, &context()).await {
            Err(Failure::Rejected { reason, .. }) => {
                assert!(reason.human.contains("public_url"), "{reason:?}")
            }
            other => panic!("{other:?}"),
        }
        assert!(far.asked().is_empty());
    }

    // What is not ours to do there is an answer, and asks nothing.
    let mut set = op(case, "");
    set.body = OpBody::Set {
        conversation: ConversationKey("x".into()),
        facet: Facet::Status { status: Status::Resolved, until: None },
        expected: None,
    };
    assert_eq!(provider.push(&set, &context()).await, Err(Failure::Unsupported));
    assert!(far.asked().is_empty());
}

/// Files go along from the workspace; one that is gone stops the whole, and nothing is asked.
async fn handing_over(case: &dyn Case, far: &FarEnd, provider: &dyn Provider) {
    let dir = tempfile::tempdir().unwrap();
    let ctx = PushContext { dir: dir.path().to_owned(), ..context() };
    let mut files = op(case, "");
    if let OpBody::Send { attachments, .. } = &mut files.body {
        attachments.push(file());
    }
    match provider.push(&files, &ctx).await {
        Err(Failure::Rejected { reason, .. }) => assert!(reason.human.contains("a.png"), "{reason:?}"),
        other => panic!("{other:?}"),
    }
    assert!(far.asked().is_empty());
    let path = dir.path().join(file().path.unwrap());
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, b"\x89PNG12345").unwrap();
    far.answer(case.sent("10"));
    provider.push(&files, &ctx).await.unwrap();
    assert_eq!(case.enclosed(&far.asked()[0]), ["a.png"]);
}

async fn breaking(case: &dyn Case) {
    let long = Duration::from_secs(30);
    let refused = send_to(case, &nobody().await, long).await;
    assert!(matches!(refused, Failure::Transient { .. }), "{refused:?}");
    for how in [Break::AfterRequest, Break::InAnswer] {
        let base = broken(how).await;
        let failure = send_to(case, &base, long).await;
        assert!(matches!(failure, Failure::Unknown { .. }), "{how:?}: {failure:?}");
        if case.page(&[], false).is_some() {
            let read = patient(case, &base).pull(Cursor::default(), Scope::Recent, NOW).await;
            assert!(matches!(read, Err(Failure::Transient { .. })), "{how:?}: {read:?}");
        }
        let login = patient(case, &base).probe().await;
        assert!(matches!(login, Err(Failure::Transient { .. })), "{how:?}: {login:?}");
    }
    let silent = send_to(case, &broken(Break::Silent).await, Duration::from_millis(300)).await;
    assert!(matches!(silent, Failure::Unknown { .. }), "{silent:?}");
}

async fn files(case: &dyn Case) {
    if case.asks_for_files() {
        return;
    }
    let (far, other) = (FarEnd::start().await, FarEnd::start().await);
    let provider = patient(case, &far.base);
    let Some(media) = case.media(&far.base) else {
        let nowhere = provider.fetch(&MediaRef("x".into()), 5).await;
        assert_eq!(nowhere, Err(Failure::Unsupported));
        return;
    };
    let file = |bytes: &[u8]| Answer {
        status: 200,
        headers: vec![("content-type".into(), "image/png".into())],
        body: bytes.to_vec(),
    };
    far.answer(file(b"12345"));
    let got = provider.fetch(&media, 5).await.unwrap();
    assert_eq!((got.bytes.as_slice(), got.mime.as_deref()), (b"12345".as_slice(), Some("image/png")));
    far.answer(file(b"123456"));
    assert!(matches!(provider.fetch(&media, 5).await, Err(Failure::Rejected { .. })), "too large");
    // A redirect within is followed without the credentials, one to elsewhere is not followed.
    far.asked();
    far.answer(Answer::json(302, serde_json::json!({})).with("location", "/elsewhere")).answer(file(b"1"));
    assert_eq!(provider.fetch(&media, 5).await.unwrap().bytes, b"1");
    let asked = far.asked();
    assert_eq!(asked.len(), 2);
    assert!(asked[0].header("authorization").is_some() && asked[1].header("authorization").is_none());
    far.answer(Answer::json(302, serde_json::json!({})).with("location", format!("{}/x", other.base)));
    assert!(matches!(provider.fetch(&media, 5).await, Err(Failure::Rejected { .. })));
    assert!(matches!(
        provider.fetch(&case.media(&other.base).unwrap(), 5).await,
        Err(Failure::Rejected { .. })
    ));
    assert!(other.asked().is_empty(), "no one else is asked");
}

async fn story(case: &dyn Case) {
    let vendor = case.vendor();
    assert_eq!(frontdesk::provider::vendor(vendor.name).map(|v| v.name), Some(vendor.name));
    assert_eq!((vendor.check)(&case.setup("http://127.0.0.1:9").settings), Ok(()));
    assert!((vendor.check)(&Default::default()).is_err());
    login(case).await;
    pulling(case).await;
    webhooks(case);
    sending(case).await;
    breaking(case).await;
    files(case).await;
}

#[tokio::test]
async fn twilio_conforms() {
    story(&TwilioCase).await;
}

#[tokio::test]
async fn resend_conforms() {
    story(&ResendCase).await;
}

#[tokio::test]
async fn sendgrid_conforms() {
    story(&SendGridCase).await;
}

#[tokio::test]
async fn ses_conforms() {
    story(&SesCase).await;
}
