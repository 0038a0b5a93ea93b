//! Waiting for news: told at once where the server tells, and never for ever.

use super::*;
use std::time::Duration;

/// Long enough for anything that happens by itself.
const LONG: Duration = Duration::from_secs(30);

async fn watch(imap: &Imap) -> Result<(), frontdesk::domain::failure::Failure> {
    tokio::time::timeout(LONG, imap.watch().unwrap()).await.expect("in time")
}

/// Waits until somebody waits for news.
async fn waiting(world: &MailboxWorld, times: usize) {
    let idles = |w: &MailboxWorld| w.happened().imap.iter().filter(|line| line.ends_with(" IDLE")).count();
    tokio::time::timeout(LONG, world.until(|w| idles(w) >= times)).await.expect("in time");
}

#[tokio::test]
async fn new_mail_flags_and_removals_are_news() {
    let world = Arc::new(world().await);
    let first = world.deliver("INBOX", &mail("1", ""), &[]);
    let imap = Arc::new(imap(&world, &[]));
    let (_, _) = pull_all(&imap, &Cursor::default()).await;
    for (n, what) in ["mail", "removal"].into_iter().enumerate() {
        let (watcher, far) = (imap.clone(), world.clone());
        let waits = tokio::spawn(async move { watch(&watcher).await });
        waiting(&far, n + 1).await;
        match what {
            "mail" => drop(world.deliver("INBOX", &mail("2", ""), &[])),
            _ => world.remove("INBOX", first),
        }
        waits.await.unwrap().unwrap();
    }
    assert!(imap.poll_every().unwrap() > Duration::from_secs(60), "who is told asks seldom");
    let several = Arc::new(super::imap(&world, &[("folders", "INBOX, Archive")]));
    pull_all(&several, &Cursor::default()).await;
    let watcher = several.clone();
    let waits = tokio::spawn(async move { watch(&watcher).await });
    waiting(&world, 3).await;
    world.deliver("INBOX", &mail("3", ""), &[]);
    waits.await.unwrap().unwrap();
    assert_eq!(several.poll_every(), Some(Duration::from_secs(60)), "nobody tells of the other folder");
}

#[tokio::test]
async fn what_came_before_the_wait_began_is_news() {
    let world = world().await;
    let imap = imap(&world, &[]);
    pull_all(&imap, &Cursor::default()).await;
    world.deliver("INBOX", &mail("1", ""), &[]);
    watch(&imap).await.unwrap();
}

#[tokio::test]
async fn what_the_server_tells_when_it_is_asked_whether_it_lives_is_news() {
    let world = Arc::new(world().await);
    let imap = Arc::new(provider(&setup(&world, &[]), Patience { rest: Duration::ZERO, ..PATIENT }));
    pull_all(&imap, &Cursor::default()).await;
    let (watcher, far) = (imap.clone(), world.clone());
    let waits = tokio::spawn(async move { watch(&watcher).await });
    waiting(&far, 1).await;
    world.deliver("INBOX", &mail("1", ""), &[]);
    waits.await.unwrap().unwrap();
    // The next one comes while nobody waits.
    world.deliver("INBOX", &mail("2", ""), &[]);
    watch(&imap).await.unwrap();
    assert_eq!(world.happened().connections, 2, "one that pulls, one that waits");
}

#[tokio::test]
async fn the_wait_is_begun_again_and_a_dead_connection_noticed() {
    let world = Arc::new(world().await);
    let patience = Patience { idle: Duration::from_millis(30), ..PATIENT };
    let imap = Arc::new(provider(&setup(&world, &[]), patience));
    pull_all(&imap, &Cursor::default()).await;
    let watcher = imap.clone();
    let waits = tokio::spawn(async move { watch(&watcher).await });
    // Nothing happens: the command is given again and again.
    waiting(&world, 3).await;
    assert!(world.happened().imap.iter().any(|line| line == "DONE"));
    world.hang_up();
    assert!(waits.await.unwrap().is_err(), "the wait ends, and the next pull finds what came meanwhile");
    assert_eq!(imap.poll_every(), Some(Duration::from_secs(60)), "who is not told asks more often");
}

#[tokio::test]
async fn where_the_server_does_not_tell_it_is_asked() {
    let world = MailboxWorld::start(old_server(&["UIDPLUS"])).await.unwrap();
    let imap = imap(&world, &[("poll_seconds", "86400")]);
    pull_all(&imap, &Cursor::default()).await;
    let waits = imap.watch().unwrap();
    assert!(tokio::time::timeout(Duration::from_millis(200), waits).await.is_err(), "it waits for its time");
    assert_eq!(imap.poll_every(), Some(Duration::from_secs(86_400)));
    assert!(!world.happened().imap.iter().any(|line| line.contains("IDLE")));
}

#[tokio::test]
async fn never_more_than_three_connections_to_the_mailbox() {
    let world = Arc::new(world().await);
    for n in 0..120 {
        world.deliver("INBOX", &mail(&n.to_string(), ""), &[]);
    }
    let imap = Arc::new(imap(&world, &[]));
    let (_, cursor) = pull_all(&imap, &Cursor::default()).await;
    let watcher = imap.clone();
    let waits = tokio::spawn(async move { watch(&watcher).await });
    waiting(&world, 1).await;
    let mut jobs = Vec::new();
    for n in 0..8 {
        let (imap, cursor) = (imap.clone(), cursor.clone());
        jobs.push(tokio::spawn(async move {
            let id = Scope::Object(format!("{n}@example.net"));
            let found = imap.pull(Cursor::default(), id, NOW).await.unwrap();
            assert_eq!(facts(&found.events).len(), 1);
            pull(&imap, &cursor).await;
        }));
    }
    for job in jobs {
        job.await.unwrap();
    }
    waits.abort();
    assert!(world.happened().most <= 3, "{:?}", world.happened().most);
}
