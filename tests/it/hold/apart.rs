//! Two workspaces of one home share nothing: no row, file, hook, token, lock or keyring entry.

use super::{CUSTOMER, exchange, post, world};
use crate::support::{Home, Serve, until, write_private};
use frontdesk::net::keyring;
use frontdesk::sandbox::visitor::{Claims, Visitor, VisitorError};
use serde_json::Value;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_workspaces_share_nothing() {
    let world = world().await;
    let home = Home::empty();
    let mut text = "[agent]\nname = \"Ana\"\nemail = \"ana@example.com\"\n".to_owned();
    for (workspace, token) in [("one", world.auth_token()), ("two", "ffffffffffffffffffffffffffffffff")] {
        let file = home.path().join(format!("token-{workspace}"));
        write_private(&file, token);
        text.push_str(&format!(
            "[workspace.{workspace}.channel.support]\nprovider = \"twilio\"\naccount_sid = \"{}\"\nfrom = \"{}\"\nbase_url = \"{}\"\npoll_seconds = 0\n\
             secrets = {{ auth_token = {{ file = {:?} }} }}\n[workspace.{workspace}.channel.shop]\nprovider = \"webchat\"\n",
            world.account_sid(), world.numbers()[0], world.base_url(), file.display().to_string()
        ));
    }
    text.push_str("[workspace.two.channel.private]\nprovider = \"webchat\"\n");
    home.configure(&text);
    let serve = |workspace: &str| {
        Serve::start(home.command(&["--workspace", workspace, "serve", "--listen", "127.0.0.1:0"]))
    };
    // Both engines run at once: each has a lock of its own.
    let (one, two) = (serve("one"), serve("two"));
    let list = |workspace: &str| -> Vec<Value> {
        home.run(&["--workspace", workspace, "list", "--json"]).ok().json()
    };

    let chat = |s: &Serve| format!("{}/chat/shop", s.base);
    let visitor = Visitor::arrive(&chat(&one), &Claims::default()).await.unwrap();
    visitor.say("a secret of one").await.unwrap();
    until("it is read", || (list("one").len() == 1).then_some(()));
    assert!(list("two").is_empty());
    assert!(home.run(&["--workspace", "two", "search", "secret"]).out.trim().is_empty());
    // The page of the other workspace, of the same name, does not know the visitor.
    let stranger = Visitor::resume(&chat(&two), visitor.token(), visitor.public_id()).unwrap();
    for refused in [
        stranger.messages(None, 10).await.map(drop),
        stranger.say("me again").await.map(drop),
        stranger.typing(true).await,
    ] {
        assert!(matches!(refused, Err(VisitorError::Refused { status: 401, .. })), "{refused:?}");
    }
    assert_eq!(visitor.messages(None, 10).await.unwrap().messages.len(), 1);

    // A hook of one workspace is not there in the other, and a signature of one is none in the other.
    let missing =
        post(&one.base, "/chat/private/api/visitor", &[("Content-Type", "application/json")], b"{}");
    assert_eq!(missing.status, 404);
    assert_eq!(
        exchange(&one.base, b"GET /hooks/private HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").status,
        404
    );
    let hook = format!("{}/hooks/support", two.base).into();
    let sent = world.inbound(&hook, CUSTOMER, &world.numbers()[0], "wrong door", Default::default()).await;
    assert_eq!(sent.answers[0].status, 401);
    let hook = format!("{}/hooks/support", one.base).into();
    let sent = world.inbound(&hook, CUSTOMER, &world.numbers()[0], "right door", Default::default()).await;
    assert_eq!(sent.answers[0].status, 200);
    until("it is read", || (list("one").len() == 2).then_some(()));
    assert!(list("two").is_empty());

    // An id of one workspace is nobody in the other; what is done in one is not done in the other.
    let id = list("one")[0]["id"].as_str().unwrap().to_owned();
    for args in
        [&["show", id.as_str()][..], &["reply", id.as_str(), "hi"], &["status", id.as_str(), "resolved"]]
    {
        let answer = home.run(&[&["--workspace", "two"], args].concat());
        assert_eq!(answer.code(), 3, "{args:?}: {}", answer.err);
    }
    home.run(&["--workspace", "one", "quick-reply", "add", "hello", "Hello!"]).ok();
    assert!(home.run(&["--workspace", "two", "quick-reply", "list", "--json"]).ok().json().is_empty());

    // No file of one is a file of the other.
    use std::os::unix::fs::MetadataExt;
    let inodes = |w: &str| -> Vec<u64> {
        super::everything_below(&home.path().join("data").join(w))
            .iter()
            .map(|p| std::fs::symlink_metadata(p).unwrap().ino())
            .collect()
    };
    let (ours, theirs) = (inodes("one"), inodes("two"));
    assert!(ours.len() >= 4 && theirs.len() >= 4);
    assert!(ours.iter().all(|i| !theirs.contains(i)));
    assert_ne!(keyring::service("one"), keyring::service("two"));
    assert_eq!(keyring::service("one"), "frontdesk/one");
    assert_eq!(keyring::user("support", "auth_token"), "support/auth_token");

    // The end of one is not the end of the other.
    assert!(one.terminate().success());
    Visitor::arrive(&chat(&two), &Claims::default()).await.unwrap();
    home.run(&["workspace", "remove", "one", "--yes"]);
    assert!(two.terminate().success());
}
