//! What is particular to Twilio: known answers for signatures, webhooks and list entries to events, and what a send looks like.

use crate::conformance::{Case, NOW, context, op};
use crate::far_end::{Answer, Asked, FarEnd, client};
use crate::store::kit::Kit;
use frontdesk::domain::account::Channel;
use frontdesk::domain::contact::{ConsentState, Identity, IdentityKind};
use frontdesk::domain::delivery::{Delivery, DeliverySource};
use frontdesk::domain::event::{Event, MessageFact, MessageRef};
use frontdesk::domain::failure::Failure;
use frontdesk::domain::ids::OpId;
use frontdesk::domain::message::{AuthorKind, Direction, MediaRef, MessageKind};
use frontdesk::domain::op::{Accepted, OpBody};
use frontdesk::domain::row::ConversationRow;
use frontdesk::domain::secret::Secret;
use frontdesk::provider::twilio::{Twilio, VENDOR, sign};
use frontdesk::provider::{Provider, PushContext, RawPush, Setup, Vendor};
use serde_json::{Value, json};
use std::time::Duration;

pub const ACCOUNT: &str = "AC5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e";
const TOKEN: &str = "2f1c7a9be4d84f0c9a63d1e5b7a80c46";
const HOOK: &str = "https://inbox.example.com/hooks/support";
pub const OURS: &str = "+15557122661";
pub const THEIRS: &str = "+15558675310";

/// Twilio in the common story.
pub struct TwilioCase;

pub fn sid(id: &str) -> String {
    format!("SM{id:0>32}")
}

pub fn setup(base: &str, more: &[(&str, &str)]) -> Setup {
    let mut setup = Setup { name: "support".into(), ..Setup::default() };
    for (key, value) in [("account_sid", ACCOUNT), ("from", OURS), ("base_url", base)].iter().chain(more) {
        setup.settings.insert((*key).into(), (*value).into());
    }
    setup.secrets.insert("auth_token".into(), Secret::new(TOKEN.into()));
    setup
}

pub fn twilio(base: &str, more: &[(&str, &str)]) -> Twilio {
    Twilio::new(&setup(base, more), &client(Duration::from_secs(30))).unwrap()
}

/// A list entry: inbound unless told otherwise.
pub fn entry(id: &str, body: &str, more: Value) -> Value {
    let mut entry = json!({
        "sid": sid(id), "account_sid": ACCOUNT, "direction": "inbound", "from": THEIRS, "to": OURS, "body": body,
        "status": "received", "num_media": "0", "num_segments": "1", "price": null, "price_unit": "USD",
        "error_code": null, "error_message": null, "messaging_service_sid": null,
        "date_created": "Fri, 20 Nov 2026 09:14:00 +0000", "date_sent": "Fri, 20 Nov 2026 09:14:01 +0000",
        "date_updated": "Fri, 20 Nov 2026 09:14:02 +0000",
    });
    entry.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
    entry
}

pub fn list(entries: &[Value], next: Option<&str>) -> Answer {
    let next = next.map(|n| format!("/2010-04-01/Accounts/{ACCOUNT}/Messages.json?{n}"));
    Answer::json(200, json!({"messages": entries, "page": 0, "page_size": 50, "next_page_uri": next}))
}

pub fn push(url: &str, form: &str) -> RawPush {
    RawPush {
        method: "POST".into(),
        url: url.into(),
        headers: vec![
            ("content-type".into(), "application/x-www-form-urlencoded; charset=UTF-8".into()),
            ("x-twilio-signature".into(), sign::sign(TOKEN, url, form.as_bytes())),
        ],
        body: form.as_bytes().to_vec(),
        received_at: NOW,
    }
}

impl Case for TwilioCase {
    fn vendor(&self) -> &'static Vendor {
        &VENDOR
    }
    fn setup(&self, base: &str) -> Setup {
        setup(base, &[])
    }
    fn login(&self) -> Answer {
        Answer::json(200, json!({"sid": ACCOUNT, "friendly_name": "Acme", "status": "active"}))
    }
    fn page(&self, messages: &[(&str, &str)], more: bool) -> Option<Vec<Answer>> {
        let entries: Vec<_> = messages.iter().map(|(id, text)| entry(id, text, json!({}))).collect();
        Some(vec![list(&entries, more.then_some("PageSize=200&Page=1&PageToken=PASM0"))])
    }
    fn sent(&self, id: &str) -> Answer {
        let more = json!({"direction": "outbound-api", "status": "queued", "from": OURS, "to": THEIRS});
        Answer::json(201, entry(id, "hello", more))
    }
    fn refused(&self) -> Answer {
        Answer::json(
            400,
            json!({"code": 21610, "message": "Attempt to send to unsubscribed recipient", "status": 400}),
        )
    }
    fn webhook(&self, id: &str, text: &str) -> RawPush {
        push(
            HOOK,
            &format!(
                "MessageSid={}&From=%2B15558675310&To=%2B15557122661&Body={text}&SmsStatus=received",
                sid(id)
            ),
        )
    }
    fn media(&self, base: &str) -> Option<MediaRef> {
        Some(MediaRef(format!("{base}/2010-04-01/Accounts/{ACCOUNT}/Messages/MM1/Media/ME1")))
    }
    fn token(&self, asked: &Asked) -> Option<OpId> {
        asked.field("StatusCallback")?.split_once("?op=")?.1.parse().ok()
    }
    fn enclosed(&self, asked: &Asked) -> Vec<String> {
        assert_eq!(asked.field("Body"), None, "no words, no body");
        asked.form().into_iter().filter(|(name, _)| name == "MediaUrl").map(|(_, url)| url).collect()
    }
    fn to(&self) -> (Channel, String, String) {
        (Channel::Sms, OURS.into(), THEIRS.into())
    }
}

fn vectors(file: &str) -> Value {
    let path = format!("{}/tests/vectors/{file}", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn every_signature_vector() {
    let file = vectors("twilio-signatures.json");
    let mut kinds = std::collections::BTreeMap::new();
    for v in file["vectors"].as_array().unwrap() {
        let mut headers: Vec<(String, String)> = v["headers"]
            .as_object()
            .unwrap()
            .iter()
            .map(|(k, v)| (k.to_lowercase(), v.as_str().unwrap().to_owned()))
            .collect();
        let secret = v["secret"].as_str().unwrap();
        // A SharedKey signs where the settings header names its algorithm.
        let by_shared = headers.iter().any(|(k, v)| k.ends_with("settings") && v.contains("algorithm="));
        let keys = if by_shared {
            sign::Keys { tokens: &[], shared: Some(secret) }
        } else {
            sign::Keys { tokens: &["another", secret], shared: None }
        };
        headers.sort();
        let push = RawPush {
            method: v["method"].as_str().unwrap().into(),
            url: v["url"].as_str().unwrap().into(),
            headers,
            body: v["body"].as_str().unwrap_or_default().as_bytes().to_vec(),
            received_at: NOW,
        };
        let good = sign::check(&push, &keys).is_ok();
        assert_eq!(good, v["valid"].as_bool().unwrap(), "{} {}", v["id"], v["name"]);
        *kinds.entry(v["scheme"].as_str().unwrap().to_owned()).or_insert(0) += 1;
    }
    let counted: Vec<_> = kinds.values().copied().collect();
    assert_eq!(counted, [12, 4, 3], "all vectors were there: {kinds:?}");
}

fn sample(name: &str) -> Vec<Event> {
    let file = vectors("twilio-payloads.json");
    let samples = file["samples"].as_array().unwrap();
    let found = samples.iter().find(|s| s["name"] == name).unwrap_or_else(|| panic!("no sample {name}"));
    let push = push(HOOK, found["body"].as_str().unwrap());
    let twilio = twilio("http://127.0.0.1:9", &[]);
    twilio.verify(&push).unwrap();
    twilio.ingest(&push).unwrap().events
}

pub fn message(events: &[Event]) -> &MessageFact {
    let Some(Event::Message(fact)) = events.first() else { panic!("{events:?}") };
    fact
}

fn consent(events: &[Event]) -> Option<(Identity, Channel, ConsentState, String)> {
    events.iter().find_map(|e| match e {
        Event::Consent { identity, channel, state, said } => {
            Some((identity.clone(), *channel, state.value, said.clone()))
        }
        _ => None,
    })
}

/// Every sample body of the vendor, as events: a golden file, since Event is a public format.
#[test]
fn samples_become_events() {
    let file = vectors("twilio-payloads.json");
    let mut golden = serde_json::Map::new();
    for s in file["samples"].as_array().unwrap() {
        let name = s["name"].as_str().unwrap();
        let mut events = serde_json::to_value(sample(name)).unwrap();
        for event in events.as_array_mut().unwrap() {
            // All parameters are in there: checked below, not repeated here.
            if let Some(map) = event.as_object_mut() {
                map.remove("metadata");
            }
        }
        golden.insert(name.to_owned(), events);
    }
    let made = serde_json::to_string_pretty(&golden).unwrap() + "\n";
    let path = format!("{}/tests/vectors/twilio-events.json", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("FRONTDESK_BLESS").is_some() {
        std::fs::write(&path, &made).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap();
    assert_eq!(made, kept, "events changed; if that is right, run the test with FRONTDESK_BLESS=1");
}

#[test]
fn an_sms_is_a_message_with_all_that_came_with_it() {
    let events = sample("sms text");
    let m = message(&events);
    assert_eq!(events.len(), 1);
    assert_eq!((m.text.as_str(), m.kind, m.sent_at), ("My order #4471 is late", MessageKind::Text, NOW));
    assert_eq!(m.conversation.key.0, "+15557122661|+15558675310");
    assert_eq!(m.conversation.party.identities, [Identity::new(IdentityKind::Phone, THEIRS)]);
    assert_eq!(m.metadata["FromCity"], "PORTLAND");
    assert_eq!(m.metadata["ToCity"], "");
}

#[test]
fn whatsapp_knows_names_numbers_and_user_ids() {
    let events = sample("whatsapp voice");
    let m = message(&events);
    let c = &m.conversation;
    assert_eq!(c.key.0, "whatsapp:+15557122661|whatsapp:+4915112345678");
    assert_eq!((c.channel, c.party.name.as_deref()), (Channel::Whatsapp, Some("Zoë")));
    assert_eq!(
        c.party.identities,
        [
            Identity::new(IdentityKind::Phone, "+4915112345678"),
            Identity::new(IdentityKind::Whatsapp, "DE.13491208655302741918"),
        ]
    );
    assert_eq!((m.kind, m.attachments.len()), (MessageKind::Attachment, 1));
    assert_eq!(m.attachments[0].external_id, "ME00000000000000000000000000000004");
    // Someone without a number has one identity, and is answered there.
    let url = "From=whatsapp%3AES.2000&ExternalUserId=whatsapp%3AES.2000&To=whatsapp%3A%2B15557122661&Body=Hola&MessageSid=SM1";
    let events = twilio("http://127.0.0.1:9", &[]).ingest(&push(HOOK, url)).unwrap().events;
    let c = &message(&events).conversation;
    assert_eq!(c.party.identities, [Identity::new(IdentityKind::Whatsapp, "ES.2000")]);
    assert_eq!(c.theirs, "whatsapp:ES.2000");
    let place = sample("whatsapp location");
    assert_eq!(message(&place).text, "[location] Home, Storgata 1, Oslo (59.9139, 10.7522)");
}

#[test]
fn stop_start_and_help() {
    let who = Identity::new(IdentityKind::Phone, THEIRS);
    for (name, want) in [
        ("sms STOP with advanced opt-out", Some((ConsentState::OptedOut, "STOP"))),
        ("sms STOP without advanced opt-out", Some((ConsentState::OptedOut, "Stop"))),
        ("sms START", Some((ConsentState::OptedIn, "START"))),
        ("sms HELP", None),
    ] {
        let events = sample(name);
        assert_eq!(message(&events).kind, MessageKind::OptOut, "{name}");
        let want = want.map(|(state, said)| (who.clone(), Channel::Sms, state, said.to_owned()));
        assert_eq!(consent(&events), want, "{name}");
        let lines: Vec<&MessageFact> = events.iter().filter_map(activity).collect();
        assert_eq!(lines.len(), usize::from(want.is_some()), "{name}");
        if let (Some(line), Some((_, _, state, said))) = (lines.first(), want) {
            let did =
                if state == ConsentState::OptedOut { "opted out of SMS" } else { "opted in to SMS again" };
            assert_eq!(line.text, format!("{did} by {said}"));
            assert_eq!((line.sent_at, line.author.kind), (NOW, AuthorKind::Contact));
        }
    }
}

fn activity(event: &Event) -> Option<&MessageFact> {
    match event {
        Event::Message(fact) if fact.direction == Direction::Activity => Some(fact),
        _ => None,
    }
}

/// The store after these batches of events: what stands in the thread, and what the list shows.
fn told(batches: &[&[Event]]) -> (Vec<(String, String)>, ConversationRow) {
    let kit = Kit::new();
    for batch in batches {
        kit.apply(batch.to_vec());
    }
    kit.check();
    let c = kit.reader().conversation_ids().unwrap()[0];
    let said = kit.reader().thread(c, None, 99).unwrap();
    let row = ConversationRow { last_inbound_at: None, ..kit.reader().conversation(c).unwrap().unwrap() };
    (said.into_iter().map(|m| (m.direction.to_string(), m.text)).collect(), row)
}

#[test]
fn a_wish_stands_in_the_thread_once_and_asks_for_nothing() {
    let form = |id: &str, body: &str| {
        let form = format!("MessageSid={id}&From=%2B15558675310&To=%2B15557122661&Body={body}");
        let mut push = push(HOOK, &form);
        push.received_at = if body == "STOP" { NOW } else { NOW + 60_000 };
        twilio("http://127.0.0.1:9", &[]).ingest(&push).unwrap().events
    };
    let (stop, start) = (form("SM1", "STOP"), form("SM2", "START"));
    let plain =
        |events: &[Event]| events.iter().filter(|e| activity(e).is_none()).cloned().collect::<Vec<_>>();
    let (lines, row) = told(&[&stop, &start]);
    let want = [
        ("inbound", "STOP"),
        ("activity", "opted out of SMS by STOP"),
        ("inbound", "START"),
        ("activity", "opted in to SMS again by START"),
    ];
    assert_eq!(lines, want.map(|(d, t)| (d.to_owned(), t.to_owned())));
    assert_eq!(
        told(&[&start, &stop, &stop, &start]),
        (lines, row.clone()),
        "however often, in whichever order"
    );
    assert_eq!(told(&[&plain(&stop), &plain(&start)]).1, row, "the list looks as without these lines");
    assert_eq!((row.unread, row.preview.as_str()), (2, "START"));
}

fn report(form: &str, url: &str) -> (MessageRef, Delivery, Option<String>, Vec<Event>) {
    let push = push(url, form);
    let twilio = twilio("http://127.0.0.1:9", &[]);
    assert_eq!(twilio.hook_answer(&push).status, 204);
    let events = twilio.ingest(&push).unwrap().events;
    let Event::Delivery { message, report } = events[0].clone() else { panic!("{events:?}") };
    (message, report.state, report.reason.map(|r| r.human), events)
}

#[test]
fn callbacks_report_deliveries() {
    let id = sid("1");
    let op = OpId::fresh();
    let form = |more: &str| format!("MessageSid={id}&From=%2B15557122661&To=%2B15558675310&{more}");
    let tokened = format!("{HOOK}?op={op}");
    assert_eq!(
        report(&form("MessageStatus=sent"), &tokened).0,
        MessageRef::Token(op, Some(id.clone())),
        "the token joins what the answer could not"
    );
    assert_eq!(report(&form("MessageStatus=sent"), HOOK).0, MessageRef::External(id.clone()));
    for (word, state) in [
        ("accepted", Delivery::Accepted),
        ("scheduled", Delivery::Accepted),
        ("queued", Delivery::Accepted),
        ("sending", Delivery::Accepted),
        ("sent", Delivery::Accepted),
        ("delivered", Delivery::Delivered),
        ("partially_delivered", Delivery::Delivered),
        ("read", Delivery::Read),
        ("undelivered", Delivery::Failed),
        ("failed", Delivery::Failed),
        ("canceled", Delivery::Failed),
        ("sublimated", Delivery::Accepted),
    ] {
        assert_eq!(report(&form(&format!("MessageStatus={word}")), HOOK).1, state, "{word}");
    }
    let (_, _, why, events) = report(&form("MessageStatus=undelivered&ErrorCode=30003"), HOOK);
    assert!(why.unwrap().contains("unreachable"));
    assert_eq!(consent(&events), None);
    let (_, _, _, events) = report(&form("MessageStatus=failed&ErrorCode=21610"), HOOK);
    assert_eq!(consent(&events).unwrap().2, ConsentState::OptedOut);
    // Each statement is told once, and none hides another.
    let twilio = twilio("http://127.0.0.1:9", &[]);
    let key = |more: &str| twilio.verify(&push(HOOK, &form(more))).unwrap();
    assert_eq!(key("MessageStatus=sent"), key("MessageStatus=sent&RawDlrDoneDate=1"));
    assert_ne!(key("MessageStatus=sent"), key("MessageStatus=delivered"));
    assert_ne!(key("MessageStatus=failed&ErrorCode=1"), key("MessageStatus=failed&ErrorCode=2"));
    let inbound = push(HOOK, &form("Body=x&SmsStatus=received"));
    let answer = twilio.hook_answer(&inbound);
    assert_eq!((answer.status, answer.content_type), (200, "text/xml"));
    assert!(answer.body.ends_with("<Response></Response>"));
}

#[tokio::test]
async fn a_send_names_both_sides_and_carries_the_token() {
    let far = FarEnd::start().await;
    let case = TwilioCase;
    let provider = twilio(&far.base, &[]);
    far.answer(case.sent("9"));
    let asked_for = op(&case, "Grüße & 20+5 €");
    let Accepted::State { events } = provider.push(&asked_for, &context()).await.unwrap() else { panic!() };
    let asked = far.asked().remove(0);
    assert_eq!(
        (asked.method.as_str(), asked.path.as_str()),
        ("POST", format!("/2010-04-01/Accounts/{ACCOUNT}/Messages.json").as_str())
    );
    assert_eq!(
        asked.form(),
        [
            ("To".to_owned(), THEIRS.to_owned()),
            ("From".into(), OURS.into()),
            ("Body".into(), "Grüße & 20+5 €".into()),
            ("StatusCallback".into(), format!("{HOOK}?op={}", asked_for.id)),
        ]
    );
    let basic = "Basic ".to_owned() + &base64(&format!("{ACCOUNT}:{TOKEN}"));
    assert_eq!(asked.header("authorization"), Some(basic.as_str()));
    let [Event::Delivery { message, report }] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!(*message, MessageRef::Token(asked_for.id, Some(sid("9"))));
    assert_eq!(
        (report.state, report.said.as_str(), report.source),
        (Delivery::Accepted, "queued", DeliverySource::Answer)
    );

    // No callback where Twilio could not reach us.
    far.answer(case.sent("9"));
    provider
        .push(
            &asked_for,
            &PushContext { callback: None, files: Vec::new(), dir: Default::default(), now: NOW },
        )
        .await
        .unwrap();
    assert_eq!(far.asked()[0].field("StatusCallback"), None);
}

#[tokio::test]
async fn services_and_whatsapp_address_as_they_must() {
    let far = FarEnd::start().await;
    let service = "MG33333333333333333333333333333333";
    let provider = twilio(&far.base, &[("from", ""), ("messaging_service_sid", service)]);
    let with = provider.conversation_with(Channel::Whatsapp, THEIRS).unwrap();
    assert_eq!(with.key.0, format!("whatsapp:{service}|whatsapp:{THEIRS}"));
    let mut asked_for = op(&TwilioCase, "hi");
    if let OpBody::Send { channel, from, to, .. } = &mut asked_for.body {
        (*channel, *from, *to) = (Channel::Whatsapp, with.ours, THEIRS.to_owned());
    }
    far.answer(TwilioCase.sent("9"));
    provider
        .push(
            &asked_for,
            &PushContext { callback: None, files: Vec::new(), dir: Default::default(), now: NOW },
        )
        .await
        .unwrap();
    let sent = far.asked()[0].form();
    assert_eq!(
        sent,
        [
            ("To".to_owned(), format!("whatsapp:{THEIRS}")),
            ("MessagingServiceSid".into(), service.into()),
            ("Body".into(), "hi".into()),
        ]
    );
    // The answer comes to one of the service's numbers, and into the same conversation.
    let form = "MessageSid=SM1&From=whatsapp%3A%2B15558675310&To=whatsapp%3A%2B15550001111&Body=yes";
    let events = provider.ingest(&push(HOOK, form)).unwrap().events;
    assert_eq!(message(&events).conversation.key, with.key);
}

#[tokio::test]
async fn a_refusal_teaches_that_the_customer_opted_out() {
    let far = FarEnd::start().await;
    let provider = twilio(&far.base, &[]);
    far.answer(TwilioCase.refused());
    let asked_for = op(&TwilioCase, "hi");
    let failure = provider.push(&asked_for, &context()).await.unwrap_err();
    let events = provider.learn_from_failure(&asked_for, &failure, NOW);
    let (who, channel, state, said) = consent(&events).unwrap();
    assert_eq!((who.value.as_str(), channel, state), (THEIRS, Channel::Sms, ConsentState::OptedOut));
    assert_eq!(said, "21610");
    assert!(provider.learn_from_failure(&asked_for, &Failure::transient("x"), NOW).is_empty());
}

#[tokio::test]
async fn an_api_key_logs_in_although_it_may_not_see_the_account() {
    let far = FarEnd::start().await;
    let mut setup = setup(&far.base, &[]);
    setup.secrets.clear();
    let http = client(Duration::from_secs(30));
    assert!(matches!((VENDOR.build)(&setup, &http), Err(Failure::Auth { .. })));
    setup.secrets.insert("api_key".into(), Secret::new("SK1".into()));
    setup.secrets.insert("api_secret".into(), Secret::new("s3cret".into()));
    let provider = (VENDOR.build)(&setup, &http).unwrap();
    far.answer(Answer::json(401, json!({"code": 20003}))).answer(list(&[], None));
    assert_eq!(provider.probe().await.unwrap().who, ACCOUNT);
    assert_eq!(
        far.asked()[1].header("authorization"),
        Some(format!("Basic {}", base64("SK1:s3cret")).as_str())
    );
    assert!(
        provider.verify(&TwilioCase.webhook("1", "x")).is_err(),
        "without a token no webhook is believed"
    );
}

fn base64(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}
