//! Reading a mailbox: the newest first, resumable, nothing lost and nothing twice, whatever the server can and whatever breaks.

use super::*;
use frontdesk::domain::conversation::Status;
use frontdesk::domain::delivery::Delivery;
use frontdesk::domain::event::MessageRef;
use frontdesk::domain::facet::Facet;
use frontdesk::domain::failure::Failure;
use frontdesk::domain::message::Direction;
use frontdesk::domain::rev::Rev;
use frontdesk::provider::Progress;
use frontdesk::sandbox::mailbox::ImapFault;
use std::collections::BTreeSet;

/// What a modern, an older and an old server can.
const SERVERS: [&[&str]; 4] = [
    &[
        "SASL-IR",
        "LITERAL+",
        "ID",
        "ENABLE",
        "IDLE",
        "CONDSTORE",
        "QRESYNC",
        "UIDPLUS",
        "MOVE",
        "SPECIAL-USE",
    ],
    &["IDLE", "CONDSTORE", "UIDPLUS"],
    &["UIDPLUS"],
    &[],
];

fn seen(events: &[Event]) -> Vec<(&str, bool, Rev)> {
    let seen = |event| match event {
        &Event::Seen { message: MessageRef::External(ref id), ref state } => {
            Some((id.as_str(), state.value, state.rev))
        }
        _ => None,
    };
    events.iter().filter_map(seen).collect()
}

fn status(fact: &MessageFact) -> Option<(Status, Rev)> {
    fact.conversation.facets.iter().find_map(|facet| match &facet.value {
        Facet::Status { status, .. } => Some((*status, facet.rev)),
        _ => None,
    })
}

#[tokio::test]
async fn a_first_sync_goes_backwards_and_on_where_it_was() {
    let world = world().await;
    for n in 0..460 {
        world.deliver("INBOX", &mail(&n.to_string(), ""), &["\\Seen"]);
    }
    for n in 0..20 {
        world.deliver("Sent", &sent_mail(&format!("s{n}@example.test"), "0"), &["\\Seen"]);
    }
    let first = imap(&world, &[]).pull(Cursor::default(), Scope::Recent, NOW).await.unwrap();
    let newest: Vec<String> = (410..460).map(|n| format!("{n}@example.net")).collect();
    assert_eq!(ids(&first.events), newest, "the newest fifty, in the order in which they came");
    assert!(first.more);
    assert_eq!(first.progress, Some(Progress { done: 50, total: 460 }));

    // A restart in the middle: another provider goes on from the saved cursor.
    let again = imap(&world, &[]);
    let (mut all, mut cursor, mut pages) = (first.events, first.cursor, 1);
    loop {
        let page = pull(&again, &cursor).await;
        (cursor, pages) = (page.cursor, pages + 1);
        all.extend(page.events);
        if !page.more {
            assert_eq!(page.progress, None);
            break;
        }
    }
    let got: Vec<&str> = ids(&all);
    assert_eq!(got.iter().collect::<BTreeSet<_>>().len(), got.len(), "nothing twice");
    assert_eq!(got.len(), 480);
    assert_eq!(pages, 5, "the inbox in four pieces, what was sent in one");
    // Nothing new: nothing told.
    assert_eq!(pull(&again, &cursor).await.events, []);
    assert!(world.mails("INBOX").iter().all(|(_, flags, _)| flags.len() == 1));
}

#[tokio::test]
async fn the_first_page_has_conversations_to_choose_from() {
    let world = world().await;
    for n in 0..400 {
        // Five mails to a thread.
        let root = n - n % 5;
        let more = if n == root { String::new() } else { format!("References: <{root}@example.net>\r\n") };
        world.deliver("INBOX", &mail(&n.to_string(), &more), &["\\Seen"]);
    }
    let first = imap(&world, &[]).pull(Cursor::default(), Scope::Recent, NOW).await.unwrap();
    let told = facts(&first.events);
    let threads: BTreeSet<&str> = told.iter().map(|fact| fact.conversation.key.0.as_str()).collect();
    assert_eq!((told.len(), threads.len()), (150, 30));
    let unique: BTreeSet<&str> = told.iter().map(|fact| fact.external_id.as_str()).collect();
    assert_eq!(
        unique,
        (250..400)
            .map(|n| format!("{n}@example.net"))
            .collect::<Vec<_>>()
            .iter()
            .map(String::as_str)
            .collect()
    );
    assert_eq!(first.progress, Some(Progress { done: 150, total: 400 }));
}

#[tokio::test]
async fn reading_changes_nothing() {
    for server in SERVERS {
        let world = MailboxWorld::start(old_server(server)).await.unwrap();
        world.deliver("INBOX", &mail("1", ""), &[]);
        world.deliver("INBOX", &mail("2", ""), &["\\Flagged"]);
        let before = world.mails("INBOX");
        let imap = imap(&world, &[]);
        let (_, cursor) = pull_all(&imap, &Cursor::default()).await;
        pull_all(&imap, &cursor).await;
        assert_eq!(world.mails("INBOX"), before, "{server:?}");
    }
}

#[tokio::test]
async fn mail_that_comes_while_old_mail_is_read_shows_at_once() {
    for server in SERVERS {
        let world = MailboxWorld::start(old_server(server)).await.unwrap();
        for n in 0..300 {
            world.deliver("INBOX", &mail(&n.to_string(), ""), &["\\Seen"]);
        }
        let imap = imap(&world, &[]);
        let first = pull(&imap, &Cursor::default()).await;
        world.deliver("INBOX", &mail("new", ""), &[]);
        world.deliver("Sent", &sent_mail("out@example.test", "new"), &["\\Seen"]);
        let second = pull(&imap, &first.cursor).await;
        assert!(second.more, "{server:?}");
        assert_eq!(ids(&second.events)[..2], ["new@example.net", "out@example.test"], "{server:?}");
        let new = facts(&second.events)[0];
        assert!(!new.history && new.direction == Direction::Inbound, "{server:?}");
        let (rest, _) = pull_all(&imap, &second.cursor).await;
        assert_eq!(first.events.len() + second.events.len() + rest.len(), 2 * 301 + 1, "{server:?}");
    }
}

#[tokio::test]
async fn flags_that_others_set_are_told_once() {
    for server in SERVERS {
        let world = MailboxWorld::start(old_server(server)).await.unwrap();
        let (a, b) =
            (world.deliver("INBOX", &mail("a", ""), &[]), world.deliver("INBOX", &mail("b", ""), &[]));
        let imap = imap(&world, &[]);
        let (events, cursor) = pull_all(&imap, &Cursor::default()).await;
        let first: Vec<_> = seen(&events).iter().map(|(id, value, _)| (*id, *value)).collect();
        assert_eq!(first, [("a@example.net", false), ("b@example.net", false)], "{server:?}");
        let (_, cursor) = pull_all(&imap, &cursor).await;
        world.flag("INBOX", a, "\\Seen", true);
        let (events, cursor) = pull_all(&imap, &cursor).await;
        let rev = Rev { at: NOW, rank: 1 };
        assert_eq!(seen(&events), [("a@example.net", true, rev)], "{server:?}");
        assert!(facts(&events).is_empty());
        assert_eq!(pull_all(&imap, &cursor).await.0, [], "{server:?}: once");
        // Unread again, and another one gone: with another connection, as after a restart.
        world.flag("INBOX", a, "\\Seen", false);
        world.remove("INBOX", b);
        let (events, cursor) = pull_all(&imap, &cursor).await;
        assert_eq!(seen(&events), [("a@example.net", false, rev)], "{server:?}");
        world.hang_up();
        world.deliver("INBOX", &mail("c", ""), &[]);
        let (events, _) = pull_all(&imap, &cursor).await;
        assert_eq!(ids(&events), ["c@example.net"], "{server:?}");
    }
}

#[tokio::test]
async fn where_reading_is_not_written_back_unread_there_means_nothing() {
    let world = world().await;
    let a = world.deliver("INBOX", &mail("a", ""), &["\\Seen"]);
    let imap = imap(&world, &[("marks", "archived")]);
    let (_, cursor) = pull_all(&imap, &Cursor::default()).await;
    world.flag("INBOX", a, "\\Seen", false);
    assert_eq!(pull_all(&imap, &cursor).await.0, []);
}

#[tokio::test]
async fn a_folder_that_counts_anew_is_read_again_under_the_same_names() {
    let world = world().await;
    for n in 0..5 {
        world.deliver("INBOX", &mail(&n.to_string(), ""), &[]);
    }
    let imap = imap(&world, &[]);
    let (before, cursor) = pull_all(&imap, &Cursor::default()).await;
    world.recount("INBOX");
    world.deliver("INBOX", &mail("new", ""), &[]);
    let (after, cursor) = pull_all(&imap, &cursor).await;
    let mut known = ids(&before);
    known.push("new@example.net");
    assert_eq!(ids(&after), known);
    // That they are unseen there is no news: somebody here may have read them since.
    assert_eq!(seen(&after), []);
    world.deliver("INBOX", &mail("last", ""), &[]);
    assert_eq!(ids(&pull_all(&imap, &cursor).await.0), ["last@example.net"]);
}

#[tokio::test]
async fn what_was_over_before_the_account_was_connected_is_not_opened() {
    let world = world().await;
    let old = |id: &str, days: i64, flags: &[&str], more: &str| {
        let date = jiff::Timestamp::from_millisecond(NOW - days * DAY).unwrap();
        let date = date.strftime("Date: %a, %d %b %Y %H:%M:%S +0000").to_string();
        let text = String::from_utf8(mail(id, more)).unwrap();
        let text = text.replace("Date: Fri, 20 Nov 2026 09:14:00 +0000", &date);
        world.deliver_at("INBOX", text.as_bytes(), flags, NOW - days * DAY);
    };
    old("over", 90, &["\\Seen"], "");
    old("begun", 80, &["\\Seen"], "");
    old("unread", 70, &[], "");
    old("later", 5, &["\\Seen"], "In-Reply-To: <begun@example.net>\r\n");
    old("fresh", 1, &["\\Seen"], "");
    let (events, _) = pull_all(&imap(&world, &[]), &Cursor::default()).await;
    let told: Vec<_> =
        facts(&events).iter().map(|f| (f.external_id.as_str(), status(f), f.history)).collect();
    let over = Some((Status::Resolved, Rev::at(0)));
    let alive = Some((Status::Open, Rev { at: 0, rank: 1 }));
    assert_eq!(
        told,
        [
            ("over@example.net", over, true),
            ("begun@example.net", over, true),
            ("unread@example.net", alive, false),
            ("later@example.net", alive, true),
            ("fresh@example.net", alive, true),
        ]
    );
}

#[tokio::test]
async fn folders_say_what_their_mail_is() {
    let world = world().await;
    world.deliver("INBOX", &mail("in", ""), &[]);
    world.deliver("Sent", &sent_mail("out@example.test", "in"), &["\\Seen"]);
    let ours = message_id(OpId(uuid::Uuid::from_u128(7)), "example.test");
    world.deliver("Sent", &sent_mail(&ours, "in"), &["\\Seen"]);
    world.deliver("Junk", &mail("spam", ""), &[]);
    world.deliver("Archive", &mail("away", ""), &["\\Seen"]);
    world.deliver("INBOX", &mail("draft", ""), &["\\Draft"]);
    world.deliver("INBOX", &mail("thrown", ""), &["\\Deleted"]);
    // Somebody writes from our address: only what lies where we send from is ours.
    world.deliver("INBOX", &sent_mail("forged@example.test", "in"), &[]);
    let more = [("folders", "INBOX, Archive"), ("junk", "yes")];
    let (events, _) = pull_all(&imap(&world, &more), &Cursor::default()).await;
    let mut told: Vec<_> = facts(&events)
        .iter()
        .map(|f| (f.external_id.as_str(), f.direction, status(f).map(|s| s.0)))
        .collect();
    told.sort();
    assert_eq!(
        told,
        [
            ("away@example.net", Direction::Inbound, Some(Status::Resolved)),
            (ours.as_str(), Direction::Outbound, None),
            ("forged@example.test", Direction::Inbound, Some(Status::Open)),
            ("in@example.net", Direction::Inbound, Some(Status::Open)),
            ("out@example.test", Direction::Outbound, None),
            ("spam@example.net", Direction::Inbound, Some(Status::Spam)),
        ]
    );
    let op = facts(&events).into_iter().find(|fact| fact.external_id == ours).unwrap();
    assert_eq!(op.token, Some(OpId(uuid::Uuid::from_u128(7))));
    assert_eq!(op.delivery.as_ref().map(|d| d.state), Some(Delivery::Accepted));
    assert!(facts(&events).iter().all(|f| f.metadata["folder"].is_string()));
    let plain = pull_all(&imap(&world, &[]), &Cursor::default()).await.0;
    assert!(!ids(&plain).contains(&"spam@example.net"), "junk is read only where it is wanted");
}

#[tokio::test]
async fn only_so_many_days_are_read_where_that_is_wished() {
    let world = world().await;
    world.deliver_at("INBOX", &mail("old", ""), &[], NOW - 40 * DAY);
    world.deliver_at("INBOX", &mail("young", ""), &[], NOW - 2 * DAY);
    let (events, _) = pull_all(&imap(&world, &[("since_days", "30")]), &Cursor::default()).await;
    assert_eq!(ids(&events), ["young@example.net"]);
}

#[tokio::test]
async fn an_answer_that_breaks_off_loses_nothing() {
    for cut in [10, 200, 700, 5_000] {
        let world = world().await;
        for n in 0..30 {
            world.deliver("INBOX", &mail(&n.to_string(), ""), &[]);
        }
        let imap = imap(&world, &[]);
        world.plan_imap("UID FETCH", ImapFault::Line("* OK patience".into()));
        world.plan_imap("UID FETCH", ImapFault::Cut(cut));
        let first = imap.pull(Cursor::default(), Scope::Recent, NOW).await;
        assert!(matches!(first, Err(Failure::Transient { .. })), "{cut}: {first:?}");
        let (events, _) = pull_all(&imap, &Cursor::default()).await;
        assert_eq!(facts(&events).len(), 30, "{cut}");
    }
}

#[tokio::test]
async fn a_connection_that_died_while_it_rested_is_opened_anew() {
    let world = world().await;
    let imap = imap(&world, &[]);
    let page = pull(&imap, &Cursor::default()).await;
    world.hang_up();
    world.deliver("INBOX", &mail("1", ""), &[]);
    assert_eq!(ids(&pull(&imap, &page.cursor).await.events), ["1@example.net"]);
    assert_eq!(world.happened().connections, 2);
}

#[tokio::test]
async fn a_mail_that_cannot_be_read_holds_up_no_other() {
    let world = world().await;
    for n in 0..5 {
        world.deliver("INBOX", &mail(&n.to_string(), ""), &[]);
    }
    let imap = imap(&world, &[]);
    // The heads are read; then the mails together, in vain; then one by one, of which the first cannot be read.
    world.plan_imap("UID FETCH", ImapFault::Line("* OK heads".into()));
    world.plan_imap("UID FETCH", ImapFault::Garbled);
    world.plan_imap("UID FETCH", ImapFault::Line("* OK heads".into()));
    world.plan_imap("UID FETCH", ImapFault::Garbled);
    let (events, cursor) = pull_all(&imap, &Cursor::default()).await;
    assert_eq!(
        ids(&events),
        ["1@example.net", "2@example.net", "3@example.net", "4@example.net", "0@example.net"]
    );
    world.deliver("INBOX", &mail("5", ""), &[]);
    assert_eq!(ids(&pull_all(&imap, &cursor).await.0), ["5@example.net"]);
}

#[tokio::test]
async fn a_mail_with_a_wrong_clock_is_of_the_day_on_which_it_came() {
    let world = world().await;
    let wrong = |id: &str| {
        let text = String::from_utf8(mail(id, "")).unwrap();
        text.replace("Fri, 20 Nov 2026 09:14:00", "Mon, 1 Jan 2001 00:00:00").into_bytes()
    };
    // What was there before the account may be as old as it says.
    world.deliver_at("INBOX", &wrong("old"), &["\\Seen"], NOW - DAY);
    let imap = imap(&world, &[]);
    let (before, cursor) = pull_all(&imap, &Cursor::default()).await;
    world.deliver("INBOX", &wrong("new"), &[]);
    let (after, _) = pull_all(&imap, &cursor).await;
    let sent: Vec<Ms> = [&before, &after].into_iter().map(|events| facts(events)[0].sent_at).collect();
    assert_eq!(sent, [978_307_200_000, NOW]);
    // The same when it is looked for by its name.
    let found = imap.pull(Cursor::default(), Scope::Object("new@example.net".into()), NOW).await.unwrap();
    assert_eq!(facts(&found.events)[0].sent_at, NOW);
}

#[tokio::test]
async fn thousands_of_new_mails_are_counted_once() {
    let world = world().await;
    let imap = imap(&world, &[]);
    let (_, cursor) = pull_all(&imap, &Cursor::default()).await;
    for n in 0..1_000 {
        world.deliver("INBOX", &mail(&n.to_string(), ""), &[]);
    }
    let told = world.happened().imap.len();
    let page = pull(&imap, &cursor).await;
    // A page that is not kept is asked for again, from the same place.
    let again = pull(&imap, &cursor).await;
    assert_eq!(ids(&page.events), ids(&again.events));
    world.deliver("INBOX", &mail("last", ""), &[]);
    let (rest, _) = pull_all(&imap, &again.cursor).await;
    let all: Vec<&str> = ids(&again.events).into_iter().chain(ids(&rest)).collect();
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), 1_001);
    assert_eq!(all.len(), 1_001, "nothing twice");
    let asked: Vec<String> = world.happened().imap.split_off(told);
    let counts = asked.iter().filter(|line| line.contains(":* ")).count();
    assert!(counts <= 4, "{counts} times all that is new: {asked:?}");
}

#[tokio::test]
async fn a_page_of_old_mail_that_is_not_kept_is_told_again() {
    let world = world().await;
    for n in 0..300 {
        world.deliver("INBOX", &mail(&n.to_string(), ""), &["\\Seen"]);
    }
    let imap = imap(&world, &[]);
    let first = pull(&imap, &Cursor::default()).await;
    let lost = pull(&imap, &first.cursor).await;
    let again = pull(&imap, &first.cursor).await;
    assert_eq!(ids(&again.events), ids(&lost.events));
    let (rest, _) = pull_all(&imap, &again.cursor).await;
    assert_eq!(facts(&first.events).len() + facts(&again.events).len() + facts(&rest).len(), 300);
}

#[tokio::test]
async fn a_folder_of_the_settings_that_is_not_there_is_told_until_it_is() {
    let world = world().await;
    world.deliver("INBOX", &mail("1", ""), &[]);
    let imap = imap(&world, &[("folders", "INBOX, Orders")]);
    let page = pull(&imap, &Cursor::default()).await;
    assert_eq!(ids(&page.events), ["1@example.net"], "the others are read all the same");
    let notice = imap.notice().unwrap();
    assert!(notice.contains("Orders") && notice.contains("not there"), "{notice}");
    world.deliver("Orders", &mail("2", ""), &[]);
    let page = pull(&imap, &page.cursor).await;
    assert_eq!(imap.notice(), None);
    let (rest, _) = pull_all(&imap, &page.cursor).await;
    assert!(ids(&page.events).contains(&"2@example.net") || ids(&rest).contains(&"2@example.net"));
}

#[tokio::test]
async fn refusals_have_their_class() {
    let world = world().await;
    let imap = imap(&world, &[]);
    world.plan_imap("SELECT", ImapFault::No("[LIMIT] slow down".into()));
    match imap.pull(Cursor::default(), Scope::Recent, NOW).await {
        Err(Failure::Transient { retry_after: Some(_), human }) => assert_eq!(human, "slow down"),
        other => panic!("{other:?}"),
    }
    world.plan_imap("SELECT", ImapFault::Bye("going down".into()));
    world.plan_imap("SELECT", ImapFault::Bye("going down".into()));
    match imap.pull(Cursor::default(), Scope::Recent, NOW).await {
        Err(Failure::Transient { retry_after: None, human }) => assert_eq!(human, "going down"),
        other => panic!("{other:?}"),
    }
    let hasty = provider(&setup(&world, &[]), HASTY);
    world.plan_imap("SELECT", ImapFault::Silent);
    let silent = hasty.pull(Cursor::default(), Scope::Recent, NOW).await;
    assert!(matches!(silent, Err(Failure::Transient { .. })), "{silent:?}");
    assert!(pull(&hasty, &Cursor::default()).await.events.is_empty());
}

#[tokio::test]
async fn one_mail_is_found_by_its_name_wherever_it_lies() {
    let world = world().await;
    world.deliver("Archive", &mail("away", ""), &["\\Seen"]);
    let imap = imap(&world, &[]);
    let page = imap.pull(Cursor::default(), Scope::Object("away@example.net".into()), NOW).await.unwrap();
    assert_eq!(ids(&page.events), ["away@example.net"]);
    let page = imap.pull(Cursor::default(), Scope::Object("gone@example.net".into()), NOW).await.unwrap();
    assert_eq!(page.events, []);
}
