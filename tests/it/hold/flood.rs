//! Floods: replays make one message, wrong signatures are throttled, and neither keeps a correctly signed push out.

use super::{CUSTOMER, list, messages, signed, webhook, world};
use crate::support::{Home, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hundred_replays_at_once_are_one_message_and_all_hear_200() {
    let world = world().await;
    let home = Home::with_accounts(&world);
    let serve = home.serve(0);
    let number = world.numbers()[0].clone();
    let params = [
        ("MessageSid", "SM0000000000000000000000000000abcd"),
        ("From", CUSTOMER),
        ("To", number.as_str()),
        ("Body", "only once"),
    ];
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let calls: Vec<_> =
            (0..100).map(|_| scope.spawn(|| webhook(&world, &serve.base, &params).status)).collect();
        calls.into_iter().map(|c| c.join().unwrap()).collect()
    });
    assert_eq!(statuses, vec![200; 100]);
    let row = until("it is read", || list(&home).into_iter().next());
    // Once more after it was read, and after a restart.
    assert_eq!(webhook(&world, &serve.base, &params).status, 200);
    let port = serve.port();
    assert!(serve.terminate().success());
    let serve = home.serve(port);
    assert_eq!(webhook(&world, &serve.base, &params).status, 200);
    let next = [("MessageSid", "SM2"), ("From", CUSTOMER), ("To", number.as_str()), ("Body", "the next")];
    assert_eq!(webhook(&world, &serve.base, &next).status, 200);
    until("the next one is read", || (messages(&home, &row).len() >= 2).then_some(()));
    let texts: Vec<_> = messages(&home, &row).into_iter().map(|m| m["text"].clone()).collect();
    assert_eq!(texts, ["only once", "the next"]);
    assert_eq!(list(&home).len(), 1);
    assert_eq!(list(&home)[0]["unread"], 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn wrong_signatures_are_throttled_and_a_right_one_never_is() {
    let world = world().await;
    let home = Home::with_accounts(&world);
    let serve = home.serve(0);
    let number = world.numbers()[0].clone();
    let body = b"MessageSid=SM1&From=%2B15550000000&To=%2B15557122661&Body=let+me+in";
    let statuses: Vec<u16> = (0..500)
        .map(|n| signed(&serve.base, if n % 2 == 0 { "d3Jvbmc=" } else { "\u{7f}no base64" }, body).status)
        .collect();
    let throttled = statuses.iter().position(|s| *s == 429).expect("throttled at some point");
    assert!(statuses[..throttled].iter().all(|s| *s == 401 || *s == 400), "{statuses:?}");
    assert!((10..=200).contains(&throttled), "after {throttled}");
    assert!(statuses[throttled..].iter().all(|s| *s == 429 || *s == 400), "{statuses:?}");
    for n in 0..200 {
        let sid = format!("SM{n}");
        let params =
            [("MessageSid", sid.as_str()), ("From", CUSTOMER), ("To", number.as_str()), ("Body", "right")];
        assert_eq!(webhook(&world, &serve.base, &params).status, 200, "{n}");
    }
    until("all are read", || (list(&home).first()?["unread"] == 200).then_some(()));
    assert_eq!(list(&home).len(), 1, "nothing of the wrong ones is there");
    assert!(serve.terminate().success());
    // The log has not grown with the flood.
    let log: String = super::everything_below(&home.path().join("log"))
        .iter()
        .map(|p| std::fs::read_to_string(p).unwrap())
        .collect();
    assert!(log.lines().count() < 200, "{} lines", log.lines().count());
}
