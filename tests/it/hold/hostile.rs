//! Hostile requests: refused or neutralised, quickly, and the honest ones beside them are served.

use super::{CUSTOMER, exchange, list, messages, post, signed, webhook, world};
use crate::support::{Home, until};
use frontdesk::sandbox::visitor::{Claims, Visitor};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_body_of_ten_megabytes_is_refused_at_once_by_every_door() {
    let world = world().await;
    let home = Home::with_accounts(&world);
    let serve = home.serve(0);
    let huge = vec![b'a'; 10 << 20];
    let form = [("Content-Type", "application/x-www-form-urlencoded"), ("X-Twilio-Signature", "x")];
    let json = [("Content-Type", "application/json")];
    for (path, headers) in
        [("/hooks/support", &form[..]), ("/hooks/shop", &form[..]), ("/chat/shop/api/visitor", &json[..])]
    {
        let begun = Instant::now();
        let reply = post(&serve.base, path, headers, &huge);
        assert_eq!(reply.status, 413, "{path}: {reply:?}");
        assert!(begun.elapsed() < Duration::from_secs(5), "{path}: {:?}", begun.elapsed());
    }
    // Without a length, in pieces, and never ending: cut off as well.
    let mut stream = TcpStream::connect(serve.base.strip_prefix("http://").unwrap()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream
        .write_all(b"POST /hooks/support HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        .unwrap();
    let piece = [b"10000\r\n".to_vec(), vec![b'z'; 0x10000], b"\r\n".to_vec()].concat();
    let mut pieces = 0;
    while pieces < 1_000 && stream.write_all(&piece).is_ok() {
        pieces += 1;
    }
    assert!(pieces < 1_000, "it took 64 MB");
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 413"), "{answer}");
    assert_eq!(
        exchange(&serve.base, b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").status,
        200
    );
    assert!(list(&home).is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn bytes_that_are_no_text_become_text_and_are_not_lost() {
    let world = world().await;
    let home = Home::with_accounts(&world);
    let serve = home.serve(0);
    let number = &world.numbers()[0];
    let body = format!(
        "MessageSid=SM{:032x}&From=%2B15558675310&To=%2B{}&Body=caf%E9+%ff%fe+%00+%ED%A0%80+ok&ProfileName=%C3%28&%FF=%FF&&&=&a",
        7,
        number.trim_start_matches('+')
    );
    // Twilio signs the bytes, whatever they are.
    let url = format!("{}/hooks/support", serve.base);
    let signature = frontdesk::provider::twilio::sign::sign(world.auth_token(), &url, body.as_bytes());
    assert_eq!(signed(&serve.base, &signature, body.as_bytes()).status, 200);
    let row = until("it is read", || list(&home).into_iter().next());
    let all = messages(&home, &row);
    let text = all[0]["text"].as_str().unwrap();
    assert!(text.starts_with("caf\u{fffd} ") && text.ends_with(" ok"), "{text:?}");
    assert!(home.run(&["search", "ok"]).ok().out.contains("caf"));
    let shown = home.run(&["show", row["id"].as_str().unwrap()]).ok().out;
    assert!(!shown.contains('\0'), "{shown:?}");
    assert!(home.run(&["webhooks", "list", "--quarantined", "--json"]).ok().json().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_signed_push_that_makes_no_sense_is_kept_aside_and_can_be_read_again() {
    let world = world().await;
    let home = Home::with_accounts(&world);
    let serve = home.serve(0);
    let odd = webhook(&world, &serve.base, &[("Hello", "World")]);
    assert_eq!(odd.status, 200, "it is genuine: {odd:?}");
    let aside = until("quarantined", || {
        home.run(&["webhooks", "list", "--quarantined", "--json"]).ok().json().into_iter().next()
    });
    let id = aside["id"].as_str().unwrap();
    assert!(home.run(&["webhooks", "show", id, "--json"]).ok().out.contains("Hello=World"));
    home.run(&["webhooks", "replay", id]).ok();
    // What follows it is read all the same.
    let number = world.numbers()[0].clone();
    let good = [
        ("MessageSid", "SM00000000000000000000000000000001"),
        ("From", CUSTOMER),
        ("To", &number),
        ("Body", "hi"),
    ];
    assert_eq!(webhook(&world, &serve.base, &good).status, 200);
    until("the good one is read", || (list(&home).len() == 1).then_some(()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn deep_json_wild_paths_and_broken_requests_leave_the_listener_alone() {
    let world = world().await;
    let home = Home::with_accounts(&world);
    let serve = home.serve(0);
    let chat = format!("{}/chat/shop", serve.base);
    let visitor = Visitor::arrive(&chat, &Claims::default()).await.unwrap();
    let bearer = format!("Bearer {}", visitor.token());
    let headers = [("Content-Type", "application/json"), ("Authorization", bearer.as_str())];
    let deep = [b"[".repeat(7_000), b"]".repeat(7_000)].concat();
    let objects = [b"{\"a\":".repeat(2_500), b"1".to_vec(), b"}".repeat(2_500)].concat();
    for body in [
        deep.as_slice(),
        objects.as_slice(),
        b"{\"id\":\"a\",\"text\":",
        b"\xff\xfe",
        b"",
        b"null",
        b"1e999999",
        br#"{"id":"a","text":"\ud800"}"#,
        br#"{"id":"../../x","text":"x"}"#,
        br#"{"id":"a","text":{"b":1}}"#,
        br#"{"id":"a","text":"   "}"#,
    ] {
        for door in ["messages", "visitor", "typing", "receipt", "profile"] {
            let reply = post(&serve.base, &format!("/chat/shop/api/{door}"), &headers, body);
            let fine = if door == "visitor" { [400, 201, 429] } else { [400, 429, 204] };
            assert!(fine.contains(&reply.status), "{door} {:?}: {reply:?}", String::from_utf8_lossy(body));
        }
    }
    for request in [
        "GET /chat/../../etc/passwd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        "GET /chat/shop/..%2f..%2fetc%2fpasswd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        "GET /hooks/%00 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        "GET /hooks/%ff%fe HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        "POST /hooks/support HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        "POST /hooks/support HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\nzz\r\n",
        "\x16\x03\x01\x02\x00\x01\x00\x01",
        "GET / HTTP/9.9\r\n\r\n",
    ] {
        let reply = exchange(&serve.base, request.as_bytes());
        assert!([0, 400, 401, 404, 405, 413, 501, 505].contains(&reply.status), "{request:?}: {reply:?}");
        assert!(!reply.body.contains("root:"), "{reply:?}");
    }
    let long = format!("GET /{} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "a".repeat(900_000));
    assert!([0, 400, 404, 414, 431].contains(&exchange(&serve.base, long.as_bytes()).status));
    // A fresh visitor is still served.
    let other = Visitor::arrive(&chat, &Claims::default()).await.unwrap();
    other.say("hello?").await.unwrap();
    let row = until("it is read", || list(&home).into_iter().next());
    assert_eq!(row["preview"], "hello?");
    assert!(serve.terminate().success());
}
