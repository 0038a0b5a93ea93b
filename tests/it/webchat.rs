//! The visitor's side of web chat over a real listener: what a visitor sends is durable and once; what they get is complete,
//! theirs alone, and goes on where it was cut.

mod desk;

use axum::http::StatusCode;
use desk::{Desk, NOW, Visitor, pair, texts};
use frontdesk::domain::account::Channel;
use frontdesk::domain::attachment::Written;
use frontdesk::domain::command::Action;
use frontdesk::domain::delivery::Delivery;
use frontdesk::domain::ids::ConversationId;
use frontdesk::domain::signal::Signal;
use serde_json::{Value, json};

#[tokio::test]
async fn a_visitor_writes_an_agent_answers_and_both_see_how_far_it_is() {
    let desk = Desk::open(&[]).await;
    let ana = desk.visitor(json!({})).await;
    assert_eq!(ana.messages("").await["messages"], json!([]));
    let mut stream = ana.stream(None).await;

    let (status, said) = ana.say("c-1", "Where is my order?").await;
    assert_eq!((status, said["id"].as_str()), (201, Some("c-1")));
    assert_eq!(said["sent_at"], "2026-09-21T14:13:20.000Z");
    // Its 201 is a promise: it is in the store before anyone has read it.
    assert_eq!(desk.store.reader().unwrap().receipts_waiting(10).unwrap().len(), 1);
    desk.later(5);
    assert_eq!(ana.say("c-1", "Where is my order?").await, (200, said.clone()));
    desk.apply();
    assert_eq!(ana.say("c-1", "Where is my order?").await, (200, said));
    desk.apply();
    let row = desk.conversation();
    assert_eq!((row.channel, row.unread, row.preview.as_str()), (Channel::Webchat, 1, "Where is my order?"));
    assert_eq!(desk.thread(row.id).len(), 1, "said twice is said once");
    assert_eq!(stream.message().await, pair("Where is my order?", "delivered"));

    desk.act(Action::Read { conversation: row.id });
    assert_eq!(stream.message().await, pair("Where is my order?", "read"));

    desk.later(1000);
    desk.reply(row.id, "On its way <b>&amp;").await;
    let (_, answer) = stream.next().await.unwrap();
    assert_eq!(answer["text"], "On its way <b>&amp;");
    assert_eq!((&answer["direction"], &answer["state"]), (&json!("outbound"), &json!("sent")));
    assert_eq!(answer["author"], json!({ "name": "Ana" }));
    let id = answer["id"].as_str().unwrap();

    for (word, delivery) in [("delivered", Delivery::Delivered), ("read", Delivery::Read)] {
        let answer = ana.post("receipt", json!({ word: id })).await;
        assert_eq!(answer.status(), StatusCode::NO_CONTENT);
        desk.apply();
        assert_eq!(desk.thread(row.id)[1].delivery, Some(delivery));
        assert_eq!(stream.message().await, pair("On its way <b>&amp;", word));
    }
    let receipts = || desk.store.reader().unwrap().receipts_waiting(10).unwrap().len();
    assert_eq!(ana.post("receipt", json!({ "delivered": id })).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(receipts(), 0, "nothing new is told, nothing is stored");
    assert_eq!(ana.post("receipt", json!({ "read": "nobody" })).await.status(), StatusCode::BAD_REQUEST);
    let page = ana.messages("").await;
    assert_eq!(texts(&page), ["Where is my order?", "On its way <b>&amp;"]);
    assert_eq!(page["more"], false);
}

#[tokio::test]
async fn what_happens_while_the_visitor_is_away_waits_for_them_once() {
    let mut desk = Desk::open(&[]).await;
    let ana = desk.visitor(json!({})).await;
    let mut stream = ana.stream(None).await;
    ana.say("1", "one").await;
    desk.apply();
    stream.message().await;
    let c = desk.conversation().id;
    let cursor = stream.last.clone().unwrap();
    drop(stream);

    // Away: an answer that can still be taken back, one that was sent, a note; and the first message is seen.
    desk.later(1000);
    let slow =
        desk.act(Action::Reply { conversation: c, text: "slow".into(), undo_ms: 60_000, at: None }).unwrap();
    desk.act(Action::Note { conversation: c, text: "between us".into() });
    desk.act(Action::Read { conversation: c });
    desk.later(1000);
    ana.say("2", "two").await;
    desk.apply();
    // Even the program was away: nothing of this is in memory.
    desk.listen().await;
    let ana = Visitor { base: desk.base.clone(), ..ana };
    let mut stream = ana.stream(Some(&cursor)).await;
    assert_eq!(stream.message().await, pair("one", "read"));
    assert_eq!(stream.message().await, pair("two", "delivered"));
    let middle = stream.last.clone().unwrap();
    drop(stream);

    // It was written before "two", and is shown after it.
    desk.later(60_000);
    desk.deliver(slow).await;
    desk.reply(c, "last").await;
    let mut stream = ana.stream(Some(&middle)).await;
    assert_eq!(stream.message().await, pair("slow", "sent"));
    let half = stream.last.clone().unwrap();
    drop(stream);
    let mut stream = ana.stream(Some(&half)).await;
    assert_eq!(
        stream.message().await,
        pair("last", "sent"),
        "a cut between two events loses and repeats none"
    );

    let last = stream.last.clone().unwrap();
    assert_eq!(ana.messages(&format!("?after={last}")).await["messages"], json!([]));
    let all = ana.messages("?after=&limit=3").await;
    assert_eq!((texts(&all), &all["more"]), (vec!["slow", "two", "last"], &json!(true)));
    let first = all["messages"][0]["id"].as_str().unwrap();
    assert_eq!(texts(&ana.messages(&format!("?before={first}")).await), ["one"]);
    let since = ana.messages(&format!("?after={cursor}&limit=2")).await;
    assert_eq!((texts(&since), &since["more"]), (vec!["one", "slow"], &json!(true)));
    let cursor = since["cursor"].as_str().unwrap();
    assert_eq!(texts(&ana.messages(&format!("?after={cursor}")).await), ["two", "last"]);
}

#[tokio::test]
async fn a_page_that_was_away_for_hundreds_of_messages_gets_them_all() {
    let desk = Desk::open(&[("messages_per_minute", "60000")]).await;
    let ana = desk.visitor(json!({})).await;
    ana.say("first", "first").await;
    desk.apply();
    let cursor = ana.messages("").await["cursor"].as_str().unwrap().to_owned();
    for n in 0..250 {
        desk.later(700);
        ana.say(&n.to_string(), &n.to_string()).await;
    }
    desk.apply();
    desk.apply();
    desk.apply();
    let mut stream = ana.stream(Some(&cursor)).await;
    for n in 0..250 {
        assert_eq!(stream.message().await, pair(&n.to_string(), "delivered"));
        if n % 60 == 59 {
            let last = stream.last.clone();
            stream = ana.stream(last.as_deref()).await;
        }
    }
}

#[tokio::test]
async fn nobody_sees_anothers_conversation_whatever_they_claim() {
    let desk = Desk::open(&[]).await;
    let claim = json!({ "name": "Ana \u{1b}[31m", "email": "Ana@Example.com" });
    let (ana, eve) = (desk.visitor(claim.clone()).await, desk.visitor(claim.clone()).await);
    ana.say("same-id", "my secret").await;
    desk.apply();
    let first = desk.conversation();
    desk.reply(first.id, "our secret").await;
    assert_eq!(eve.messages("").await["messages"], json!([]));
    let mut stream = eve.stream(None).await;
    eve.say("same-id", "hello").await;
    assert_eq!(eve.post("profile", claim).await.status(), StatusCode::NO_CONTENT);
    desk.apply();
    assert_eq!(stream.message().await, pair("hello", "delivered"));
    assert_eq!(texts(&eve.messages("").await), ["hello"]);
    let id = ana.messages("").await["messages"][1]["id"].as_str().unwrap().to_owned();
    assert_eq!(eve.post("receipt", json!({ "read": id })).await.status(), StatusCode::BAD_REQUEST);

    let rows = desk.conversations();
    assert_eq!(rows.len(), 2);
    assert_ne!(rows[0].contact, rows[1].contact, "a claim merges nobody");
    assert!(!rows[0].contact_name.contains('\u{1b}'));
    let contact = desk.store.reader().unwrap().contact(first.contact).unwrap().unwrap();
    assert!(contact.identities.iter().any(|(i, proved)| i.value == "ana@example.com" && !proved));
}

#[tokio::test]
async fn typing_is_shown_both_ways_and_never_stored() {
    let desk = Desk::open(&[("agent_name", "Support team")]).await;
    let ana = desk.visitor(json!({})).await;
    let mut heard = desk.bus.signals();
    assert_eq!(ana.post("typing", json!({ "on": true })).await.status(), StatusCode::NO_CONTENT);
    ana.say("1", "one").await;
    desk.apply();
    let c = desk.conversation().id;
    assert_eq!(ana.post("typing", json!({ "on": true })).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(heard.recv().await.unwrap(), Signal::ContactTyping { conversation: c, on: true });

    let mut stream = ana.stream(None).await;
    stream.message().await;
    let typing = |conversation, on| Signal::AgentTyping { conversation, agent: "Ana".into(), on };
    desk.bus.signal(typing(ConversationId(c.0 + 1), true));
    desk.bus.signal(typing(c, true));
    let (name, data) = stream.next().await.unwrap();
    assert_eq!((name.as_str(), data), ("typing", json!({ "on": true, "name": "Support team" })));
    desk.reply(c, "hi").await;
    let (name, data) = stream.next().await.unwrap();
    assert_eq!((name.as_str(), &data["on"]), ("typing", &json!(false)), "who has sent has stopped typing");
    assert_eq!(stream.message().await.0, "hi");
}

#[tokio::test]
async fn tokens_hold_across_a_restart_and_nothing_else_opens_the_door() {
    let mut desk = Desk::open(&[]).await;
    let ana = desk.visitor(json!({})).await;
    ana.say("1", "one").await;
    desk.apply();
    desk.listen().await;
    let ana = Visitor { base: desk.base.clone(), ..ana };
    assert_eq!(texts(&ana.messages("").await), ["one"]);

    let (head, tail) = ana.token.split_at(ana.token.len() - 4);
    let other = if tail == "AAAA" { "AAAB" } else { "AAAA" };
    for token in ["", "x", &format!("{head}{other}"), &ana.token.to_uppercase()] {
        let bad = Visitor { token: token.to_owned(), ..ana.clone() };
        for path in ["messages", "typing", "receipt", "profile"] {
            assert_eq!(bad.post(path, json!({})).await.status(), StatusCode::UNAUTHORIZED, "{path}");
        }
        for path in ["messages", "events"] {
            let url = format!("{}/api/{path}", bad.base);
            let answer = desk.http.get(url).bearer_auth(token).send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
            assert_eq!(answer.json::<Value>().await.unwrap(), json!({ "error": "no valid token" }));
        }
    }
    let bare = desk.http.get(format!("{}/api/messages", desk.base)).send().await.unwrap();
    assert_eq!(bare.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn only_named_origins_may_call_and_frame() {
    let desk = Desk::open(&[("origins", "https://shop.example, https://www.shop.example")]).await;
    let url = format!("{}/api/visitor", desk.base);
    let ask = |origin: &str| desk.http.post(&url).header("origin", origin.to_owned()).json(&json!({}));
    for foreign in ["https://evil.example", "null", "http://shop.example"] {
        let answer = ask(foreign).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{foreign}");
        assert!(!answer.headers().contains_key("access-control-allow-origin"));
    }
    let same = desk.base.trim_end_matches("/chat/site").to_owned();
    assert_eq!(ask(&same).send().await.unwrap().status(), StatusCode::CREATED);
    let good = ask("https://shop.example").send().await.unwrap();
    assert_eq!(good.status(), StatusCode::CREATED);
    assert_eq!(good.headers()["access-control-allow-origin"], "https://shop.example");

    let preflight = |origin: &str| {
        desk.http
            .request(reqwest::Method::OPTIONS, format!("{}/api/messages", desk.base))
            .header("origin", origin.to_owned())
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "authorization,content-type")
            .send()
    };
    let answer = preflight("https://www.shop.example").await.unwrap();
    assert_eq!(answer.status(), StatusCode::NO_CONTENT);
    assert!(answer.headers()["access-control-allow-headers"].to_str().unwrap().contains("authorization"));
    assert_eq!(preflight("https://evil.example").await.unwrap().status(), StatusCode::FORBIDDEN);

    let page = desk.http.get(&desk.base).send().await.unwrap();
    let policy = page.headers()["content-security-policy"].to_str().unwrap();
    assert!(
        policy.contains("frame-ancestors 'self' https://shop.example https://www.shop.example;"),
        "{policy}"
    );
}

#[tokio::test]
async fn too_much_is_refused_with_the_time_to_wait() {
    let desk = Desk::open(&[("messages_per_minute", "15")]).await;
    let ana = desk.visitor(json!({})).await;
    for n in 0..5 {
        assert_eq!(ana.say(&n.to_string(), "x").await.0, 201);
    }
    let answer = ana.post("messages", json!({ "id": "5", "text": "x" })).await;
    assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(answer.headers()["retry-after"], "4");
    assert!(answer.json::<Value>().await.unwrap()["error"].is_string());
    let bob = desk.visitor(json!({})).await;
    assert_eq!(bob.say("1", "x").await.0, 201, "one visitor does not silence another");
    desk.later(4000);
    assert_eq!(ana.say("5", "x").await.0, 201);

    let arrive = |address: &'static str| {
        desk.http
            .post(format!("{}/api/visitor", desk.base))
            .header("x-forwarded-for", address)
            .json(&json!({}))
            .send()
    };
    for _ in 0..20 {
        assert_eq!(arrive("203.0.113.1").await.unwrap().status(), StatusCode::CREATED);
    }
    let answer = arrive("198.51.100.7, 203.0.113.1").await.unwrap();
    assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(answer.headers()["retry-after"], "3");
    assert_eq!(arrive("203.0.113.2").await.unwrap().status(), StatusCode::CREATED);
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_and_harms_nothing() {
    let desk = Desk::open(&[]).await;
    let ana = desk.visitor(json!({})).await;
    let raw = |body: String| {
        desk.http.post(format!("{}/api/messages", desk.base)).bearer_auth(&ana.token).body(body).send()
    };
    let big = json!({ "id": "1", "text": "x".repeat(66_000) }).to_string();
    assert_eq!(raw(big).await.unwrap().status(), StatusCode::PAYLOAD_TOO_LARGE);
    for body in [
        String::new(),
        "null".into(),
        "[".repeat(16_000),
        "{\"a\":".repeat(3_000),
        json!({ "id": "1", "text": " \n" }).to_string(),
        json!({ "id": "1", "text": "\u{200b}\u{202e}" }).to_string(),
        json!(["1", "x"]).to_string(),
        json!({ "id": "1", "text": "x".repeat(4001) }).to_string(),
        json!({ "id": "", "text": "x" }).to_string(),
        json!({ "id": "a:b", "text": "x" }).to_string(),
        json!({ "id": "x".repeat(65), "text": "x" }).to_string(),
        json!({ "id": 7, "text": "x" }).to_string(),
    ] {
        let shown = body.chars().take(40).collect::<String>();
        desk.later(10_000);
        assert_eq!(raw(body).await.unwrap().status(), StatusCode::BAD_REQUEST, "{shown}");
    }
    for profile in [json!({ "email": "nobody" }), json!({ "name": "x".repeat(81) }), json!({ "name": 1 })] {
        assert_eq!(ana.post("profile", profile).await.status(), StatusCode::BAD_REQUEST);
    }
    assert_eq!(ana.say("ok", &"\u{fc}".repeat(4000)).await.0, 201, "4000 characters, not bytes");
    let root = desk.base.trim_end_matches("/site");
    let page = desk.http.get(format!("{root}/nobody")).send().await.unwrap();
    assert_eq!(page.status(), StatusCode::NOT_FOUND);
    assert!(page.text().await.unwrap().contains("There is no chat here"), "who opens a page gets one");
    for path in ["/site/api/nothing", "/nobody/api/visitor"] {
        let answer = desk.http.get(format!("{root}{path}")).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
        assert_eq!(
            answer.json::<Value>().await.unwrap(),
            json!({ "error": "there is no such chat, file or path" })
        );
    }
    let wrong = desk.http.delete(format!("{}/api/messages", desk.base)).send().await.unwrap();
    assert_eq!(wrong.status(), StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn a_closed_chat_says_so_and_hangs_up() {
    let desk = Desk::open(&[]).await;
    let ana = desk.visitor(json!({})).await;
    let mut stream = ana.stream(None).await;
    desk.configure(&[], false);
    desk.bus.bump();
    assert_eq!(stream.next().await, None);
    assert_eq!(ana.say("1", "x").await.0, 503);
    let page = desk.http.get(&desk.base).send().await.unwrap();
    assert_eq!(
        (page.status(), &page.headers()["content-type"]),
        (StatusCode::SERVICE_UNAVAILABLE, &"text/html; charset=utf-8".parse().unwrap())
    );
    assert!(page.text().await.unwrap().contains("closed at the moment"));
    // Pages of the shop may read why.
    desk.configure(&[("origins", "https://shop.example")], false);
    let origin = "https://shop.example";
    let answer =
        desk.http.get(format!("{}/api/messages", desk.base)).header("origin", origin).send().await.unwrap();
    assert_eq!(answer.headers()["access-control-allow-origin"], origin);
    assert_eq!(answer.json::<Value>().await.unwrap()["error"], "this chat is closed at the moment");
}

#[tokio::test]
async fn who_sends_drop_by_drop_is_not_waited_for() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let desk = Desk::open(&[]).await;
    let address = desk.base.trim_start_matches("http://").split('/').next().unwrap().to_owned();
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let head = "POST /chat/site/api/visitor HTTP/1.1\r\nhost: x\r\ncontent-length: 50\r\n\r\n{";
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 408");
}

#[tokio::test]
async fn an_answer_that_was_scheduled_reaches_a_page_that_has_gone_on_since() {
    let desk = Desk::open(&[]).await;
    let ana = desk.visitor(json!({})).await;
    ana.say("1", "q1").await;
    desk.apply();
    let row = desk.conversation();
    let at = Some(NOW + 5_000);
    let later =
        desk.act(Action::Reply { conversation: row.id, text: "later".into(), undo_ms: 0, at }).unwrap();
    let soon =
        desk.act(Action::Reply { conversation: row.id, text: "soon".into(), undo_ms: 0, at: None }).unwrap();
    desk.later(1_000);
    ana.say("2", "q2").await;
    desk.apply();
    // A page that has the newest message alone, with an answer on its way that is older, and one that was written long before it leaves.
    let page = ana.messages("?limit=1").await;
    assert_eq!((texts(&page), &page["more"]), (vec!["q2"], &json!(true)));
    let mut stream = ana.stream(page["cursor"].as_str()).await;
    desk.deliver(soon).await;
    assert_eq!(stream.message().await, pair("soon", "sent"));
    desk.later(5_000);
    desk.deliver(later).await;
    assert_eq!(stream.message().await, pair("later", "sent"));
    let news = ana.messages(&format!("?after={}", page["cursor"].as_str().unwrap())).await;
    assert_eq!(texts(&news), ["soon", "later"]);
    let again = ana.messages(&format!("?after={}", news["cursor"].as_str().unwrap())).await;
    assert_eq!(again["messages"], json!([]), "told once");
}

#[tokio::test]
async fn read_up_to_a_message_is_read_however_many_there_are() {
    let desk = Desk::open(&[]).await;
    let ana = desk.visitor(json!({})).await;
    ana.say("1", "q").await;
    desk.apply();
    let row = desk.conversation();
    for n in 0..130 {
        desk.later(1_000);
        desk.reply(row.id, &format!("answer {n}")).await;
    }
    let newest = ana.messages("?limit=1").await["messages"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(ana.post("receipt", json!({ "read": newest })).await.status(), StatusCode::NO_CONTENT);
    desk.apply();
    let all = desk.store.reader().unwrap().thread(row.id, None, 200).unwrap();
    let read = all.iter().filter(|m| m.delivery == Some(Delivery::Read)).count();
    assert_eq!(read, 130);
}

#[tokio::test]
async fn a_visitor_may_correct_their_name() {
    let desk = Desk::open(&[]).await;
    let ana = desk.visitor(json!({ "name": "Jhon Smth" })).await;
    ana.say("1", "hello").await;
    desk.apply();
    assert_eq!(desk.conversation().contact_name, "Jhon Smth");
    desk.later(1_000);
    assert_eq!(ana.post("profile", json!({ "name": "John Smith" })).await.status(), StatusCode::NO_CONTENT);
    desk.apply();
    assert_eq!(desk.conversation().contact_name, "John Smith");
}

#[tokio::test]
async fn a_clean_shutdown_need_not_wait_for_open_pages() {
    let desk = Desk::open(&[]).await;
    let mut stream = desk.visitor(json!({})).await.stream(None).await;
    desk.stop.send(true).unwrap();
    assert_eq!(stream.next().await, None);
}

#[tokio::test]
async fn the_page_is_locked_down_and_the_accounts_words_stay_words() {
    let desk =
        Desk::open(&[("title", "</title><script>alert(1)</script>"), ("greeting", "\"Hi\" & <b>")]).await;
    let page = desk.http.get(&desk.base).send().await.unwrap();
    assert_eq!(page.status(), StatusCode::OK);
    let header = |name: &str| page.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(
        header("content-security-policy"),
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data: blob:; \
         frame-ancestors 'self'; base-uri 'none'; form-action 'none'"
    );
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert_eq!(header("referrer-policy"), "no-referrer");
    assert_eq!(header("cache-control"), "no-store");
    assert_eq!(header("content-type"), "text/html; charset=utf-8");
    let html = page.text().await.unwrap();
    assert!(
        html.contains("&lt;/title&gt;&lt;script&gt;alert(1)")
            && html.contains("&quot;Hi&quot; &amp; &lt;b&gt;")
    );
    assert_eq!(html.matches("<script").count(), 1);

    for (file, kind) in [("app.js", "text/javascript"), ("style.css", "text/css")] {
        let url = format!("{}/{file}", desk.base);
        let answer = desk.http.get(&url).send().await.unwrap();
        assert!(answer.headers()["content-type"].to_str().unwrap().starts_with(kind));
        let tag = answer.headers()["etag"].clone();
        let again = desk.http.get(&url).header("if-none-match", tag).send().await.unwrap();
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    }
    let slash = desk.http.get(format!("{}/", desk.base)).send().await.unwrap();
    assert_eq!(slash.url().as_str(), desk.base, "one address for the page");
}

#[tokio::test]
async fn files_of_an_answer_are_there_for_its_visitor_and_nobody_else() {
    let desk = Desk::open(&[]).await;
    let (ana, bob) = (desk.visitor(json!({})).await, desk.visitor(json!({})).await);
    ana.say("c-1", "What does it look like?").await;
    desk.apply();
    let c = desk.conversation().id;
    bob.say("c-1", "Hello?").await;
    desk.apply();
    let mut stream = ana.stream(None).await;
    assert_eq!(stream.next().await.unwrap().1["files"], Value::Null, "what has none says nothing of them");
    let png = b"\x89PNG\r\n\x1a\nso";
    let files = vec![desk.file("so \u{e9}.png", png), desk.file("run.html", b"<script>alert(1)</script>")];
    let text = Written { text: "Like this".into(), files, mail: None };
    let op = desk.act(Action::Reply { conversation: c, text, undo_ms: 0, at: None }).unwrap();
    let hidden = desk.thread(c)[1].attachments[0].id.to_string();
    assert_eq!(ana.file(&hidden).await.status(), 404, "it can still be taken back");
    desk.deliver(op).await;

    let (_, answer) = stream.next().await.unwrap();
    assert_eq!(ana.messages("").await["messages"][1], answer, "the stream and the history say the same");
    assert_eq!(
        answer["files"],
        json!([
            { "id": hidden, "name": "so \u{e9}.png", "mime": "image/png", "size": 10, "image": true },
            { "id": answer["files"][1]["id"], "name": "run.html", "mime": "text/html", "size": 25, "image": false }
        ])
    );
    let picture = ana.file(&hidden).await;
    let header = |answer: &reqwest::Response, name: &str| answer.headers()[name].to_str().unwrap().to_owned();
    assert_eq!((picture.status(), header(&picture, "content-type").as_str()), (StatusCode::OK, "image/png"));
    assert!(header(&picture, "content-disposition").starts_with("inline; filename=\"so _.png\""));
    assert_eq!(header(&picture, "x-content-type-options"), "nosniff");
    assert!(header(&picture, "content-security-policy").starts_with("default-src 'none'"));
    assert!(header(&picture, "cache-control").contains("no-store"));
    assert_eq!(picture.bytes().await.unwrap().as_ref(), png);
    // What could run is only ever saved.
    let page = ana.file(answer["files"][1]["id"].as_str().unwrap()).await;
    assert!(header(&page, "content-disposition").starts_with("attachment;"));

    // Neither another visitor, nor who has no token, nor who makes up ids.
    assert_eq!(bob.file(&hidden).await.status(), 404);
    let stranger = Visitor { token: "x".into(), ..ana.clone() };
    assert_eq!(stranger.file(&hidden).await.status(), 401);
    for id in ["0", "-1", "99999", "x", "..%2F..%2Ffrontdesk.db", "1%00"] {
        assert_eq!(ana.file(id).await.status(), 404, "{id}");
    }
    // What agents keep among themselves stays there.
    let note = Written { files: vec![desk.file("internal.txt", b"secret")], ..Written::default() };
    desk.act(Action::Note { conversation: c, text: note });
    let internal = desk.thread(c)[2].attachments[0].id.to_string();
    assert_eq!(ana.file(&internal).await.status(), 404);
    assert_eq!(ana.messages("").await["messages"].as_array().unwrap().len(), 2);
    // An answer of a file alone has no words.
    let text = Written { files: vec![desk.file("a.pdf", b"%PDF-1.7")], ..Written::default() };
    let op = desk.act(Action::Reply { conversation: c, text, undo_ms: 0, at: None }).unwrap();
    desk.deliver(op).await;
    assert_eq!(stream.next().await.unwrap().1["text"], "");
}
