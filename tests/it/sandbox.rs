//! The far ends of the sandbox, checked from outside: over HTTP, as a client and as a webhook receiver.

mod people;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::IntoResponse;
use frontdesk::domain::clock::ManualClock;
use frontdesk::sandbox::twilio::sign::{form, signature};
use frontdesk::sandbox::twilio::{
    Answer, Callbacks, Extra, Hook, Location, Medium, Outcome, Plan, Push, Status, TwilioOptions, TwilioWorld,
};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

const NOW: i64 = 1_763_700_000_000;
const CUSTOMER: &str = "+12125550142";
const OURS: &str = "+15557122661";

/// Fails a test that waits for what never comes.
async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(30), what).await.expect("it came in time")
}

fn run<T>(test: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap().block_on(test)
}

fn client() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap()
}

async fn world(options: TwilioOptions) -> TwilioWorld {
    TwilioWorld::start(TwilioOptions { clock: Arc::new(ManualClock::new(NOW)), ..options }).await.unwrap()
}

/// A webhook as it arrived.
#[derive(Debug, Clone)]
struct Got {
    path: String,
    signature: Option<String>,
    params: Vec<(String, String)>,
}

impl Got {
    fn get(&self, name: &str) -> &str {
        self.params
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
            .unwrap_or_default()
    }

    fn is_signed(&self, base: &str, token: &str) -> bool {
        let url = format!("{base}{}", self.path);
        self.signature.as_deref() == Some(signature(token, &url, &self.params).as_str())
    }
}

/// A small listener for webhooks; its address and what it gets.
async fn receiver() -> (String, mpsc::UnboundedReceiver<Got>) {
    async fn take(
        State(tell): State<mpsc::UnboundedSender<Got>>,
        uri: Uri,
        headers: HeaderMap,
        body: Bytes,
    ) -> impl IntoResponse {
        let path = uri.path_and_query().unwrap().to_string();
        let signature = headers.get("x-twilio-signature").map(|value| value.to_str().unwrap().to_owned());
        let params = url::form_urlencoded::parse(&body).into_owned().collect();
        tell.send(Got { path, signature, params }).unwrap();
        ([("content-type", "text/xml")], "<Response></Response>")
    }
    let (tell, got) = mpsc::unbounded_channel();
    let base = serve(Router::new().fallback(take).with_state(tell)).await;
    (base, got)
}

async fn serve(routes: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
    base
}

fn messages_url(world: &TwilioWorld) -> String {
    format!("{}/2010-04-01/Accounts/{}/Messages.json", world.base_url(), world.account_sid())
}

async fn send(world: &TwilioWorld, fields: &[(&str, &str)]) -> Result<reqwest::Response, reqwest::Error> {
    let login = (world.account_sid(), Some(world.auth_token()));
    client().post(messages_url(world)).basic_auth(login.0, login.1).form(fields).send().await
}

async fn fetch(world: &TwilioWorld, path: &str) -> (StatusCode, Value) {
    let url = if path.starts_with('/') { format!("{}{path}", world.base_url()) } else { path.to_owned() };
    let answer =
        client().get(url).basic_auth(world.account_sid(), Some(world.auth_token())).send().await.unwrap();
    (answer.status(), answer.json().await.unwrap_or(Value::Null))
}

#[test]
fn signs_as_twilio_signs() {
    let file: Value =
        serde_json::from_str(include_str!("../vectors/twilio-signatures-sandbox.json")).unwrap();
    let vectors = file["vectors"].as_array().unwrap();
    assert!(vectors.len() >= 6);
    for vector in vectors {
        let params: Vec<(String, String)> = serde_json::from_value(vector["params"].clone()).unwrap();
        let made = signature(
            vector["auth_token"].as_str().unwrap(),
            vector["signed_url"].as_str().unwrap(),
            &params,
        );
        assert_eq!(made, vector["signature"].as_str().unwrap(), "{}", vector["id"]);
        let back: Vec<(String, String)> =
            url::form_urlencoded::parse(form(&params).as_bytes()).into_owned().collect();
        assert_eq!(back, params, "{}: the form carries what is signed", vector["id"]);
    }
    let fragment = signature("t", "https://a.example/x#rc=3", &[]);
    assert_eq!(fragment, signature("t", "https://a.example/x", &[]), "a fragment is not signed");
}

#[test]
fn a_send_is_answered_called_back_in_order_and_listed() {
    run(async {
        let world = world(TwilioOptions::default()).await;
        let (base, mut got) = receiver().await;
        let callback = format!("{base}/hooks/sms?op=7a%2Fb");
        let answer = send(
            &world,
            &[("To", CUSTOMER), ("From", OURS), ("Body", "Hi €"), ("StatusCallback", &callback)],
        )
        .await
        .unwrap();
        assert_eq!(answer.status(), 201);
        let message: Value = answer.json().await.unwrap();
        let sid = message["sid"].as_str().unwrap();
        assert!(sid.starts_with("SM") && sid.len() == 34);
        assert_eq!(message["status"], "queued");
        assert_eq!(message["num_segments"], "1");
        assert_eq!(message["num_media"], "0");
        assert_eq!(message["date_sent"], Value::Null);
        assert_eq!(message["date_created"], "Fri, 21 Nov 2025 04:40:00 +0000");
        assert_eq!(message["error_code"], Value::Null);
        for want in ["queued", "sent", "delivered"] {
            let call = soon(got.recv()).await.unwrap();
            assert_eq!(call.get("MessageStatus"), want);
            assert_eq!(call.get("MessageSid"), sid);
            assert_eq!(call.path, "/hooks/sms?op=7a%2Fb");
            assert!(call.is_signed(&base, world.auth_token()), "{want} is signed");
        }
        soon(world.until(|world| world.pushed().len() == 3)).await;
        let (status, one) = fetch(&world, message["uri"].as_str().unwrap()).await;
        assert_eq!((status.as_u16(), &one["status"]), (200, &json!("delivered")));
        assert_eq!(world.sent().len(), 1);
        assert_eq!(world.sent()[0].status_callback.as_deref(), Some(callback.as_str()));
        let (_, list) = fetch(&world, &messages_url(&world)).await;
        assert_eq!(list["messages"][0]["sid"], sid);
        let (_, account) = fetch(&world, &format!("/2010-04-01/Accounts/{}.json", world.account_sid())).await;
        assert_eq!(account["status"], "active");
    });
}

#[test]
fn refusals_have_twilios_codes_and_do_nothing() {
    run(async {
        let options =
            TwilioOptions { api_keys: vec![("SK1".into(), "s3".into())], ..TwilioOptions::default() };
        let world = world(options).await;
        let long = "x".repeat(1601);
        type Case<'a> = (&'a [(&'a str, &'a str)], u16, u64);
        let cases: &[Case<'_>] = &[
            (&[("From", OURS), ("Body", "x")], 400, 21604),
            (&[("To", CUSTOMER), ("Body", "x")], 400, 21603),
            (&[("To", CUSTOMER), ("From", OURS)], 400, 21602),
            (&[("To", "12"), ("From", OURS), ("Body", "x")], 400, 21211),
            (&[("To", CUSTOMER), ("From", "+15550000000"), ("Body", "x")], 400, 21606),
            (&[("To", CUSTOMER), ("From", OURS), ("Body", &long)], 400, 21617),
            (&[("To", "whatsapp:+12125550142"), ("From", OURS), ("Body", "x")], 400, 21910),
            (&[("To", "+15005550009"), ("From", OURS), ("Body", "x")], 400, 21614),
        ];
        for (fields, status, code) in cases {
            let answer = send(&world, fields).await.unwrap();
            assert_eq!(answer.status().as_u16(), *status, "{code}");
            let body: Value = answer.json().await.unwrap();
            assert_eq!(body["code"], *code);
            assert_eq!(body["status"], *status);
        }
        let form = [("To", CUSTOMER), ("From", OURS), ("Body", "x")];
        let wrong =
            client().post(messages_url(&world)).basic_auth(world.account_sid(), Some("no")).form(&form);
        let wrong = wrong.send().await.unwrap();
        assert_eq!(wrong.status(), 401);
        assert_eq!(wrong.json::<Value>().await.unwrap()["code"], 20003);
        assert_eq!(world.sent().len(), 0);
        let keyed = client().post(messages_url(&world)).basic_auth("SK1", Some("s3")).form(&form);
        assert_eq!(keyed.send().await.unwrap().status(), 201);
        assert_eq!((world.requests().unauthorized, world.sent().len()), (1, 1));
        let (status, body) =
            fetch(&world, &format!("/2010-04-01/Accounts/{}/Messages/SMx.json", world.account_sid())).await;
        assert_eq!((status.as_u16(), &body["code"]), (404, &json!(20404)));
    });
}

#[test]
fn faults_do_what_they_say_and_a_cut_is_a_real_one() {
    run(async {
        let world = world(TwilioOptions::default()).await;
        let form = |body| [("To", CUSTOMER), ("From", OURS), ("Body", body)];

        world.plan_send(Answer::TooMany { retry_after: Some(3) });
        let answer = send(&world, &form("one")).await.unwrap();
        assert_eq!(
            (answer.status().as_u16(), &answer.headers()["retry-after"]),
            (429, &"3".parse().unwrap())
        );
        assert_eq!(answer.json::<Value>().await.unwrap()["code"], 20429);

        world.plan_send(Answer::ErrorBefore);
        assert_eq!(send(&world, &form("two")).await.unwrap().status(), 500);
        world.plan_send(Answer::CutBefore);
        let failure = send(&world, &form("three")).await.unwrap_err();
        assert!(failure.is_request() && !failure.is_connect() && !failure.is_timeout(), "{failure:?}");
        assert_eq!(world.sent().len(), 0, "nothing was done so far");

        world.plan_send(Answer::ErrorAfter);
        assert_eq!(send(&world, &form("four")).await.unwrap().status(), 500);
        world.plan_send(Answer::CutAfter);
        let failure = send(&world, &form("five")).await.unwrap_err();
        assert!(failure.is_request() && !failure.is_connect() && !failure.is_timeout(), "{failure:?}");
        let bodies: Vec<String> = world.sent().into_iter().map(|sent| sent.body).collect();
        assert_eq!(bodies, ["four", "five"], "done once each, whatever was answered");
        assert_eq!(world.requests().sends, 5, "the client did not try again by itself");

        world.plan_send(Answer::Held);
        let held = {
            let form = form("six");
            let request = client().post(messages_url(&world)).form(&form);
            request.basic_auth(world.account_sid(), Some(world.auth_token())).send()
        };
        let held = tokio::spawn(held);
        soon(world.until(|world| world.sent().len() == 3)).await;
        assert!(!held.is_finished(), "it is done and not answered");
        world.release();
        assert_eq!(soon(held).await.unwrap().unwrap().status(), 201);

        world.plan_read(Answer::TooMany { retry_after: None });
        assert_eq!(fetch(&world, &messages_url(&world)).await.0, 429);
        assert_eq!(fetch(&world, &messages_url(&world)).await.0, 200);
    });
}

#[test]
fn callbacks_are_lost_doubled_reversed_early_and_bad_news_as_planned() {
    run(async {
        let world = world(TwilioOptions::default()).await;
        let (base, mut got) = receiver().await;
        let cases: [(Plan, &[&str]); 6] = [
            (Callbacks::Reversed.into(), &["delivered", "sent", "queued"]),
            (Callbacks::Twice.into(), &["queued", "queued", "sent", "sent", "delivered", "delivered"]),
            (Outcome::Undelivered(30003).into(), &["queued", "sent", "undelivered"]),
            (Outcome::Failed(30007).into(), &["queued", "failed"]),
            (Callbacks::Early.into(), &["queued", "sent", "delivered"]),
            (Callbacks::Lost.into(), &[]),
        ];
        for (i, (plan, want)) in cases.into_iter().enumerate() {
            world.plan_send(plan);
            let callback = format!("{base}/{i}");
            let fields = [("To", CUSTOMER), ("From", OURS), ("Body", "x"), ("StatusCallback", &callback)];
            let answer: Value = send(&world, &fields).await.unwrap().json().await.unwrap();
            let sid = answer["sid"].as_str().unwrap().to_owned();
            if plan.callbacks == Callbacks::Early {
                assert_eq!(
                    world.pushed().iter().filter(|push| push.sid == sid).count(),
                    3,
                    "before the answer"
                );
            }
            let mut heard = Vec::new();
            for _ in want {
                let call = soon(got.recv()).await.unwrap();
                if call.get("MessageStatus") == "undelivered" {
                    assert_eq!(call.get("ErrorCode"), "30003");
                    assert_eq!(call.get("RawDlrDoneDate"), "2511210440");
                }
                heard.push(call.get("MessageStatus").to_owned());
            }
            assert_eq!(heard, want);
            if plan.callbacks == Callbacks::Lost {
                soon(world.until(|world| world.message(&sid).unwrap().status == Status::Delivered)).await;
                assert!(got.try_recv().is_err());
            }
        }
    });
}

#[test]
fn a_list_filters_pages_newest_first_and_refuses_made_up_pages() {
    run(async {
        let world = world(TwilioOptions { bare: true, ..TwilioOptions::default() }).await;
        let nowhere = Hook::from("http://127.0.0.1:1/");
        for i in 0..7_i64 {
            let at = Some(NOW - i * 86_400_000);
            let extra = Extra { at, push: Push::Lost, ..Extra::default() };
            world.inbound(&nowhere, CUSTOMER, OURS, &format!("day {i}"), extra).await;
        }
        send(&world, &[("To", CUSTOMER), ("From", OURS), ("Body", "answer")]).await.unwrap();
        let mut next = Some(format!("{}?PageSize=3&To=%2B15557122661", messages_url(&world)));
        let (mut bodies, mut pages) = (Vec::new(), 0);
        while let Some(uri) = next {
            let (status, page) = fetch(&world, &uri).await;
            assert_eq!(status, 200);
            bodies.extend(page["messages"].as_array().unwrap().iter().map(|m| m["body"].clone()));
            next = page["next_page_uri"].as_str().map(str::to_owned);
            pages += 1;
        }
        let want: Vec<Value> = (0..7).map(|i| json!(format!("day {i}"))).collect();
        assert_eq!((bodies, pages), (want, 3));

        let since = format!("{}?DateSent%3E=2025-11-19&From=%2B12125550142", messages_url(&world));
        let (_, page) = fetch(&world, &since).await;
        assert_eq!(page["messages"].as_array().unwrap().len(), 3, "the day itself is included");
        let (_, page) = fetch(&world, &format!("{}?DateSent%3C=2025-11-17", messages_url(&world))).await;
        assert_eq!(page["messages"].as_array().unwrap().len(), 3);
        let (_, page) = fetch(&world, &format!("{}?DateSent=2025-11-21", messages_url(&world))).await;
        assert_eq!(page["messages"].as_array().unwrap().len(), 2);
        assert_eq!(fetch(&world, &format!("{}?Page=1", messages_url(&world))).await.0, 400);
    });
}

#[test]
fn customers_write_signed_webhooks_and_stop_is_stop() {
    run(async {
        let world = world(TwilioOptions::default()).await;
        let (base, mut got) = receiver().await;
        let hook = Hook::from(format!("{base}/hooks/sms"));
        let made = world.inbound(&hook, CUSTOMER, OURS, "Hi & 20+5 = 25 €", Extra::default()).await;
        let call = soon(got.recv()).await.unwrap();
        assert!(call.is_signed(&base, world.auth_token()));
        assert_eq!((call.get("Body"), call.get("MessageSid")), ("Hi & 20+5 = 25 €", made.sid.as_str()));
        assert_eq!(made.answers[0].body, "<Response></Response>");

        let tunnel = Hook { signed_as: Some("https://public.example/hooks/sms".into()), ..hook.clone() };
        world.inbound(&tunnel, CUSTOMER, OURS, "by tunnel", Extra::default()).await;
        let call = soon(got.recv()).await.unwrap();
        assert!(!call.is_signed(&base, world.auth_token()));
        assert!(
            Got { path: "/hooks/sms".into(), ..call }.is_signed("https://public.example", world.auth_token())
        );

        let bad = Extra { push: Push::BadSignature, ..Extra::default() };
        world.inbound(&hook, CUSTOMER, OURS, "forged", bad).await;
        assert!(!soon(got.recv()).await.unwrap().is_signed(&base, world.auth_token()));
        let lost = Extra { push: Push::Lost, ..Extra::default() };
        let lost = world.inbound(&hook, CUSTOMER, OURS, "lost", lost).await;
        assert!(got.try_recv().is_err());
        let (_, list) = fetch(&world, &messages_url(&world)).await;
        assert_eq!(list["messages"][0]["sid"], lost.sid, "a pull finds it");

        world.inbound(&hook, CUSTOMER, OURS, " stop ", Extra::default()).await;
        let form = [("To", CUSTOMER), ("From", OURS), ("Body", "x")];
        let refused: Value = send(&world, &form).await.unwrap().json().await.unwrap();
        assert_eq!(refused["code"], 21610);
        world.inbound(&hook, CUSTOMER, OURS, "START", Extra::default()).await;
        assert_eq!(send(&world, &form).await.unwrap().status(), 201);
    });
}

#[test]
fn whatsapp_has_names_places_windows_and_media_behind_a_redirect() {
    run(async {
        let world = world(TwilioOptions::default()).await;
        let (base, mut got) = receiver().await;
        let hook = Hook::from(format!("{base}/hooks/wa"));
        let (zoe, ours) = ("whatsapp:+491715550133", "whatsapp:+15557122661");
        let callback = format!("{base}/status");
        let form = [("To", zoe), ("From", ours), ("Body", "Hallo"), ("StatusCallback", &callback)];
        send(&world, &form).await.unwrap();
        assert_eq!(soon(got.recv()).await.unwrap().get("MessageStatus"), "queued");
        let failed = soon(got.recv()).await.unwrap();
        assert_eq!((failed.get("MessageStatus"), failed.get("ErrorCode")), ("failed", "63016"));

        let photo = Medium { content_type: "image/png".into(), bytes: vec![1, 2, 3] };
        let name = Some("Zoë".to_owned());
        let extra = Extra { profile_name: name.clone(), media: vec![photo], ..Extra::default() };
        world.inbound(&hook, zoe, ours, "broken", extra).await;
        let call = soon(got.recv()).await.unwrap();
        assert_eq!((call.get("ProfileName"), call.get("WaId")), ("Zoë", "491715550133"));
        assert_eq!((call.get("MessageType"), call.get("NumMedia")), ("image", "1"));
        let login =
            |url: &str| client().get(url).basic_auth(world.account_sid(), Some(world.auth_token())).send();
        let media = call.get("MediaUrl0").to_owned();
        assert_eq!(client().get(&media).send().await.unwrap().status(), 401);
        let redirect = login(&media).await.unwrap();
        assert_eq!(redirect.status(), 307);
        let place = redirect.headers()["location"].to_str().unwrap().to_owned();
        assert_eq!(login(&place).await.unwrap().status(), 400, "credentials must not follow");
        let content = client().get(&place).send().await.unwrap();
        assert_eq!(content.headers()["content-type"], "image/png");
        assert_eq!(content.bytes().await.unwrap().as_ref(), [1, 2, 3]);
        let listed = media.rsplit_once("/Media/").unwrap().0.to_owned() + "/Media.json";
        let (_, list) = fetch(&world, &listed).await;
        assert_eq!(list["media_list"][0]["content_type"], "image/png");

        let (latitude, longitude) = ("52.5".to_owned(), "13.4".to_owned());
        let location =
            Location { latitude, longitude, address: "Rosenthaler Str.".into(), label: "Home".into() };
        let extra = Extra { profile_name: name, location: Some(location), ..Extra::default() };
        world.inbound(&hook, zoe, ours, "", extra).await;
        let call = soon(got.recv()).await.unwrap();
        assert_eq!((call.get("MessageType"), call.get("Latitude")), ("location", "52.5"));

        send(&world, &form).await.unwrap();
        for want in ["queued", "sent", "delivered", "read"] {
            let call = soon(got.recv()).await.unwrap();
            assert_eq!((call.get("MessageStatus"), call.get("ChannelPrefix")), (want, "whatsapp"));
        }
    });
}

#[test]
fn many_sends_at_once_are_each_done_once() {
    run(async {
        let world = Arc::new(world(TwilioOptions { bare: true, ..TwilioOptions::default() }).await);
        let client = client();
        let mut all = tokio::task::JoinSet::new();
        for i in 0..200 {
            let (world, client) = (world.clone(), client.clone());
            all.spawn(async move {
                let body = format!("n{i}");
                let form = [("To", CUSTOMER), ("From", OURS), ("Body", body.as_str())];
                let request = client.post(messages_url(&world)).form(&form);
                let answer =
                    request.basic_auth(world.account_sid(), Some(world.auth_token())).send().await.unwrap();
                assert_eq!(answer.status(), 201);
            });
        }
        soon(async { while all.join_next().await.is_some_and(|done| done.is_ok()) {} }).await;
        let sent = world.sent();
        let bodies: BTreeSet<String> = sent.iter().map(|sent| sent.body.clone()).collect();
        let sids: BTreeSet<String> = sent.iter().map(|sent| sent.sid.clone()).collect();
        assert_eq!((sent.len(), bodies.len(), sids.len()), (200, 200, 200));
        assert!(world.pushed().is_empty());
    });
}
