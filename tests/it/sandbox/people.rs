//! Visitors, the cast and the made-up history, against a web chat with just enough behind it.

use super::{NOW, OURS, receiver, run, send, serve, soon, world};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use frontdesk::sandbox::cast::{Cast, CastOptions};
use frontdesk::sandbox::history::History;
use frontdesk::sandbox::mailbox::{MailboxOptions, MailboxWorld};
use frontdesk::sandbox::twilio::TwilioOptions;
use frontdesk::sandbox::visitor::{Claims, Heard, Visitor, VisitorError};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::Read;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::watch;
use url::Url;

/// A web chat with just enough behind it to try its clients on.
#[derive(Clone, Default)]
struct Chat {
    said: Arc<Mutex<Vec<(String, String)>>>,
    receipts: Arc<Mutex<Vec<Value>>>,
    changed: Arc<watch::Sender<u64>>,
    /// What a stream says that resumes after an id (empty: a new one), once each; all others stay open and silent.
    streams: Arc<Mutex<Vec<(&'static str, String)>>>,
}

impl Chat {
    async fn serve(&self) -> String {
        let routes = Router::new()
            .route(
                "/chat/web/api/visitor",
                post(|State(chat): State<Chat>| async move {
                    let n = chat.changed.send_replace(0);
                    (StatusCode::CREATED, axum::Json(json!({"token": format!("t{n}"), "visitor": "abcd"})))
                }),
            )
            .route(
                "/chat/web/api/messages",
                post(|State(chat): State<Chat>, headers: HeaderMap, body: axum::Json<Value>| async move {
                    if !headers.contains_key("authorization") {
                        return (StatusCode::UNAUTHORIZED, axum::Json(json!({"error": "no token"})));
                    }
                    let id = body["id"].as_str().unwrap().to_owned();
                    let mut said = chat.said.lock().unwrap();
                    let known = said.iter().any(|(old, _)| *old == id);
                    if !known {
                        said.push((id.clone(), body["text"].as_str().unwrap().to_owned()));
                    }
                    chat.changed.send_modify(|n| *n += 1);
                    let status = if known { StatusCode::OK } else { StatusCode::CREATED };
                    (status, axum::Json(json!({"id": id, "sent_at": "2026-11-21T07:00:00Z"})))
                })
                .get(|| async { axum::Json(json!({"messages": [], "cursor": "c1"})) }),
            )
            .route(
                "/chat/web/api/receipt",
                post(|State(chat): State<Chat>, body: axum::Json<Value>| async move {
                    chat.receipts.lock().unwrap().push(body.0);
                    chat.changed.send_modify(|n| *n += 1);
                    StatusCode::NO_CONTENT
                }),
            )
            .route("/chat/web/api/typing", post(|| async { StatusCode::NO_CONTENT }))
            .route(
                "/chat/web/api/events",
                get(|State(chat): State<Chat>, headers: HeaderMap| async move {
                    let last =
                        headers.get("last-event-id").map(|id| id.to_str().unwrap()).unwrap_or_default();
                    let mut streams = chat.streams.lock().unwrap();
                    let at = streams.iter().position(|(after, _)| *after == last);
                    let text = at.map(|at| streams.remove(at).1);
                    let stream = match text {
                        Some(text) => axum::body::Body::from(text),
                        None => axum::body::Body::from_stream(futures_util::stream::pending::<
                            Result<Bytes, std::io::Error>,
                        >()),
                    };
                    ([("content-type", "text/event-stream")], stream)
                }),
            )
            .with_state(self.clone());
        serve(routes).await + "/chat/web"
    }

    async fn until(&self, ready: impl Fn(&Chat) -> bool) {
        let mut changed = self.changed.subscribe();
        soon(async {
            while !ready(self) {
                changed.changed().await.unwrap();
            }
        })
        .await;
    }

    fn texts(&self) -> Vec<String> {
        self.said.lock().unwrap().iter().map(|(_, text)| text.clone()).collect()
    }
}

#[test]
fn a_visitor_speaks_once_and_resumes_the_stream_where_it_broke() {
    run(async {
        let chat = Chat::default();
        let message = |id: &str| {
            json!({"id": id, "direction": "outbound", "text": "hello", "author": {"name": "Ana"},
                   "sent_at": "2026-11-21T07:00:00Z", "state": "sent"})
        };
        let first = format!(": ping\n\nretry: 5\nid: 41\nevent: message\ndata: {}\n\n", message("m1"));
        let second = format!(
            "event: typing\ndata: {{\"on\":true,\"name\":\"Ana\"}}\n\nid: 42\nevent: message\ndata: {}\n\n",
            message("m2")
        );
        *chat.streams.lock().unwrap() = vec![("", first), ("41", second)];
        let base = chat.serve().await;
        let visitor =
            Visitor::arrive(&base, &Claims { name: Some("Maya".into()), email: None }).await.unwrap();
        assert_eq!(visitor.public_id(), "abcd");
        let id = uuid::Uuid::from_u128(7);
        assert!(!visitor.say_as(id, "hi").await.unwrap().repeated);
        assert!(visitor.say_as(id, "hi").await.unwrap().repeated);
        assert_eq!(chat.texts(), ["hi"]);
        visitor.typing(true).await.unwrap();
        visitor.read("m1").await.unwrap();
        assert_eq!(*chat.receipts.lock().unwrap(), [json!({"read": "m1"})]);
        assert_eq!(visitor.messages(Some("c0"), 10).await.unwrap().cursor.as_deref(), Some("c1"));

        let mut listening = visitor.listen("", Duration::from_millis(5));
        let mut heard = Vec::new();
        while heard.len() < 7 {
            heard.push(soon(listening.next()).await.unwrap());
        }
        let text: Vec<String> = heard
            .iter()
            .map(|heard| match heard {
                Heard::Connected { after } => format!("after {after}"),
                Heard::Message(message) => message.id.clone(),
                Heard::Typing { on, name } => format!("{name} {on}"),
                Heard::Lost => "lost".into(),
                Heard::Refused(status) => format!("refused {status}"),
            })
            .collect();
        assert_eq!(text, ["after ", "m1", "lost", "after 41", "Ana true", "m2", "lost"]);
        assert!(matches!(soon(listening.next()).await, Some(Heard::Connected { after }) if after == "42"));

        let nobody = Visitor::arrive(&base.replace("/web", "/other"), &Claims::default()).await;
        assert!(matches!(nobody, Err(VisitorError::Refused { status: 404, .. })));
    });
}

#[test]
fn the_cast_writes_by_every_way_and_reacts_to_what_it_is_told() {
    run(async {
        let world = Arc::new(world(TwilioOptions::default()).await);
        let chat = Chat::default();
        let told = json!({"id": "a1", "direction": "outbound", "text": "What is your order number, please?",
                          "sent_at": "2026-11-21T07:00:00Z", "state": "sent"});
        let mailbox = Arc::new(MailboxWorld::start(MailboxOptions::default()).await.unwrap());
        // Each of the two visitors is asked for the number once.
        let asked = format!("id: 1\nevent: message\ndata: {told}\n\n");
        *chat.streams.lock().unwrap() = vec![("", asked); 2];
        let base = chat.serve().await;
        let (hook, mut got) = receiver().await;
        let (stop, stopped) = watch::channel(false);
        let cast = Cast::run(CastOptions {
            seed: 5,
            speed: 0.0,
            twilio: world.clone(),
            twilio_hook: Url::parse(&format!("{hook}/hooks/sms")).unwrap(),
            mailbox: mailbox.clone(),
            whatsapp_hook: Some(Url::parse(&format!("{hook}/hooks/wa")).unwrap()),
            chat_base: Url::parse(&base).unwrap(),
            stop: stopped,
        });
        let mut senders = BTreeSet::new();
        let mut stop_came = false;
        let mut pictures = 0;
        while senders.len() < 8 || !stop_came || pictures == 0 {
            let call = soon(got.recv()).await.unwrap();
            assert!(call.is_signed(&hook, world.auth_token()));
            assert_eq!(call.path == "/hooks/wa", call.get("From").starts_with("whatsapp:"));
            senders.insert(call.get("From").to_owned());
            stop_came |= call.get("Body") == "STOP";
            pictures += usize::from(call.get("NumMedia") == "1");
        }
        chat.until(|chat| {
            ["48213", "48500"].iter().all(|order| chat.texts().iter().any(|t| t.contains(order)))
        })
        .await;
        chat.until(|chat| !chat.receipts.lock().unwrap().is_empty()).await;

        let form = [("To", "+12125550142"), ("From", OURS), ("Body", "We have issued a refund.")];
        send(&world, &form).await.unwrap();
        loop {
            let call = soon(got.recv()).await.unwrap();
            if call.get("From") == "+12125550142" && call.get("Body").to_lowercase().contains("thank") {
                break;
            }
        }
        // Two write mails, and one answers what is sent back, in the same thread.
        let mails = |world: &MailboxWorld| -> Vec<String> {
            let mails = world.mails("INBOX").into_iter();
            mails.map(|(_, _, bytes)| String::from_utf8(bytes).unwrap()).collect()
        };
        soon(mailbox.until(|world| mails(world).len() >= 2)).await;
        let written = mails(&mailbox);
        assert!(
            written.iter().any(|mail| mail.contains("Subject: Linen curtains, order 45518\r\n")),
            "{written:?}"
        );
        assert!(written.iter().any(|mail| mail.contains("<jonas.weber@example.org>\r\n")), "{written:?}");
        handed(&mailbox, "e.whitcombe@example.net", "I am sorry about the curtains.").await;
        let answers = |world: &MailboxWorld| -> Vec<String> {
            mails(world)
                .into_iter()
                .filter(|mail| mail.contains("In-Reply-To: <ours@example.test>\r\n"))
                .collect()
        };
        soon(mailbox.until(|world| !answers(world).is_empty())).await;
        assert!(answers(&mailbox)[0].contains("Subject: Re: Linen curtains, order 45518\r\n"));
        stop.send(true).unwrap();
        soon(cast).await.unwrap();
    });
}

/// We send a mail by the mailbox's server.
async fn handed(mailbox: &MailboxWorld, to: &str, words: &str) {
    let own = mailbox.address().to_owned();
    let mut client = mail_send::SmtpClientBuilder::new("127.0.0.1".to_owned(), mailbox.smtp().port())
        .unwrap()
        .implicit_tls(false)
        .credentials((own.clone(), mailbox.password().to_owned()))
        .connect_plain()
        .await
        .unwrap();
    let body = format!(
        "From: <{own}>\r\nTo: <{to}>\r\nSubject: Re: x\r\nMessage-ID: <ours@example.test>\r\n\r\n{words}\r\n"
    );
    let message = mail_send::smtp::message::Message::new(own, [to.to_owned()], body.into_bytes());
    client.send(message).await.unwrap();
}

#[test]
fn a_history_repeats_ends_in_time_and_reads_as_lines() {
    let lines: Vec<String> = History::new(3000, 9, NOW).collect();
    assert_eq!(lines.len(), 3000);
    assert_eq!(lines, History::new(3000, 9, NOW).collect::<Vec<_>>());
    assert_ne!(lines[..50], History::new(3000, 10, NOW).take(50).collect::<Vec<_>>());
    let mut bytes = String::new();
    History::new(3000, 9, NOW).into_read().read_to_string(&mut bytes).unwrap();
    assert_eq!(bytes.lines().collect::<Vec<_>>(), lines);

    let mut last = 0;
    let mut ids = BTreeSet::new();
    let mut orders = 0;
    for (i, line) in lines.iter().enumerate() {
        let message: Value = serde_json::from_str(line).unwrap();
        let keys: BTreeSet<&str> = message.as_object().unwrap().keys().map(String::as_str).collect();
        let want = [
            "channel",
            "conversation",
            "customer",
            "direction",
            "from",
            "id",
            "in_reply_to",
            "references",
            "seq",
            "subject",
            "text",
            "to",
            "ts",
        ];
        assert!(keys.iter().copied().eq(want), "{keys:?}");
        let ts = message["ts"].as_i64().unwrap();
        assert!(ts >= last && ts * 1000 < NOW, "line {i}");
        last = ts;
        if let Some(parent) = message["in_reply_to"].as_str() {
            assert!(ids.contains(parent), "a reply follows what it replies to");
        }
        let text = message["text"].as_str().unwrap();
        assert!(!text.contains(['{', '}']), "{text}");
        orders += usize::from(text.contains("order"));
        ids.insert(message["id"].as_str().unwrap().to_owned());
    }
    assert_eq!(ids.len(), 3000);
    assert!(orders > 1000, "{orders} of 3000 have the common word");
    assert_eq!(lines.iter().filter(|line| line.contains("zqxrare")).count(), 3);
    assert!(NOW / 1000 - last <= 1800);
}
