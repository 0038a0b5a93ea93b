//! What would lose a mail, double it or take it for another, if it were not looked for: servers that refuse single mails, folders that
//! change while they are read, names that are pieces of others.

use super::*;
use frontdesk::domain::conversation::Status;
use frontdesk::domain::facet::Facet;
use frontdesk::domain::failure::Failure;
use frontdesk::domain::message::Direction;
use frontdesk::domain::op::Mark;
use frontdesk::domain::rev::Rev;
use frontdesk::sandbox::mailbox::ImapFault;
use std::collections::BTreeSet;

#[tokio::test]
async fn a_mail_that_the_server_does_not_hand_out_holds_up_no_other_and_is_told_of() {
    let world = world().await;
    for n in 0..4 {
        world.deliver("INBOX", &mail(&n.to_string(), ""), &[]);
    }
    let refuse = || {
        // The heads are read; then the mails together, in vain; then one by one, of which the first is refused.
        world.plan_imap("UID FETCH", ImapFault::Line("* OK heads".into()));
        world.plan_imap("UID FETCH", ImapFault::No("this mail is damaged".into()));
    };
    refuse();
    refuse();
    let imap = imap(&world, &[]);
    let (events, cursor) = pull_all(&imap, &Cursor::default()).await;
    assert_eq!(ids(&events), ["0@example.net", "1@example.net", "2@example.net", "3@example.net"]);
    let facts = facts(&events);
    let unread: Vec<&str> = facts
        .iter()
        .filter(|f| f.text.contains("could not be read"))
        .map(|f| f.external_id.as_str())
        .collect();
    assert_eq!(unread, ["1@example.net"]);
    let told = imap.notice().unwrap();
    assert!(told.starts_with("one mail could not be read"), "{told}");
    world.deliver("INBOX", &mail("4", ""), &[]);
    assert_eq!(ids(&pull_all(&imap, &cursor).await.0), ["4@example.net"]);
}

#[tokio::test]
async fn a_server_that_has_no_time_for_a_mail_is_asked_for_it_again() {
    let world = world().await;
    world.deliver("INBOX", &mail("1", ""), &[]);
    let imap = imap(&world, &[]);
    world.plan_imap("UID FETCH", ImapFault::Line("* OK heads".into()));
    world.plan_imap("UID FETCH", ImapFault::No("[UNAVAILABLE] later".into()));
    let later = imap.pull(Cursor::default(), Scope::Recent, NOW).await;
    assert!(matches!(later, Err(Failure::Transient { .. })), "{later:?}");
    assert_eq!(ids(&pull_all(&imap, &Cursor::default()).await.0), ["1@example.net"]);
    assert_eq!(imap.notice(), None);
}

#[tokio::test]
async fn a_mail_whose_name_is_a_piece_of_anothers_is_itself() {
    let world = world().await;
    for id in ["21", "1", "31"] {
        world.deliver("INBOX", &mail(id, ""), &[]);
    }
    let imap = imap(&world, &[]);
    // Nothing was read here yet: it is looked for by its name.
    let body = OpBody::Mark {
        conversation: ConversationKey("mail:x".into()),
        messages: vec!["1@example.net".into()],
        mark: Mark::Archived,
        on: true,
    };
    imap.push(&Op { body, ..op(&[], "", None) }, &context()).await.unwrap();
    let moved: Vec<Vec<u8>> = world.mails("Archive").into_iter().map(|(_, _, bytes)| bytes).collect();
    assert_eq!(moved, [mail("1", "")]);
    let found = imap.pull(Cursor::default(), Scope::Object("1@example.net".into()), NOW).await.unwrap();
    assert_eq!(ids(&found.events), ["1@example.net"]);
}

#[tokio::test]
async fn a_folder_that_is_renamed_is_told_of_and_the_others_are_read() {
    let world = world().await;
    world.deliver("INBOX", &mail("1", ""), &[]);
    let imap = imap(&world, &[("folders", "INBOX, Orders")]);
    let (events, cursor) = pull_all(&imap, &Cursor::default()).await;
    assert_eq!(ids(&events), ["1@example.net"]);
    let told = imap.notice().unwrap();
    assert!(told.contains("Orders") && told.contains("of its settings is not there"), "{told}");
    world.deliver("Orders", &mail("2", ""), &[]);
    world.hang_up();
    let (events, cursor) = pull_all(&imap, &cursor).await;
    assert_eq!(ids(&events), ["2@example.net"]);
    assert_eq!(imap.notice(), None);
    assert_eq!(pull_all(&imap, &cursor).await.0, []);
}

#[tokio::test]
async fn what_all_folders_show_is_one_mail_each_and_ours_stay_ours() {
    let all = "[Gmail]/All Mail";
    let folders = vec![("[Gmail]/Sent Mail", "\\Sent"), (all, "\\All")];
    let world = MailboxWorld::start(MailboxOptions { folders, ..options() }).await.unwrap();
    let theirs = mail("1", "");
    let ours = sent_mail("out@example.test", "1");
    world.deliver("INBOX", &theirs, &[]);
    world.deliver(all, &theirs, &[]);
    world.deliver(all, &ours, &["\\Seen"]);
    world.deliver("[Gmail]/Sent Mail", &ours, &["\\Seen"]);
    world.deliver(all, &mail("2", ""), &["\\Seen"]);
    // A form of ours writes in our name for a customer: nobody has sent that.
    let form = format!(
        "From: Form <{OURS}>\r\nTo: {OURS}\r\nReply-To: dana@example.net\r\nMessage-ID: <3@example.net>\r\n\r\nHelp\r\n"
    );
    world.deliver(all, form.as_bytes(), &[]);
    let imap = imap(&world, &[("folders", "INBOX, [Gmail]/All Mail")]);
    let (events, _) = pull_all(&imap, &Cursor::default()).await;
    let told: BTreeSet<(&str, Direction)> =
        facts(&events).iter().map(|fact| (fact.external_id.as_str(), fact.direction)).collect();
    let want = [
        ("1@example.net", Direction::Inbound),
        ("2@example.net", Direction::Inbound),
        ("3@example.net", Direction::Inbound),
        ("out@example.test", Direction::Outbound),
    ];
    assert_eq!(told, BTreeSet::from(want));
}

#[tokio::test]
async fn a_folder_that_counts_anew_in_the_middle_of_the_first_reading_loses_none() {
    let world = world().await;
    for n in 0..300 {
        let flags: &[&str] = if n % 3 == 0 { &[] } else { &["\\Seen"] };
        world.deliver_at("INBOX", &mail(&n.to_string(), ""), flags, NOW - DAY);
    }
    let imap = imap(&world, &[]);
    let first = pull(&imap, &Cursor::default()).await;
    world.recount("INBOX");
    world.deliver("INBOX", &mail("new", ""), &[]);
    let (rest, cursor) = pull_all(&imap, &first.cursor).await;
    let all: BTreeSet<&str> = ids(&first.events).into_iter().chain(ids(&rest)).collect();
    assert_eq!(all.len(), 301);
    // What nobody has read is not told to be history, before and after.
    let unseen = facts(&rest).iter().filter(|fact| !fact.history).count();
    assert_eq!(unseen, 100 + 1);
    assert_eq!(pull_all(&imap, &cursor).await.0, []);
}

#[tokio::test]
async fn a_page_that_was_not_kept_is_told_again_although_the_folder_counts_anew() {
    let world = world().await;
    for n in 0..5 {
        world.deliver("INBOX", &mail(&n.to_string(), ""), &[]);
    }
    let imap = imap(&world, &[]);
    let (_, cursor) = pull_all(&imap, &Cursor::default()).await;
    world.recount("INBOX");
    world.deliver("INBOX", &mail("new", ""), &[]);
    // The disk was full: the page and its cursor are gone, the folder is open still.
    let lost = pull(&imap, &cursor).await;
    assert!(!lost.events.is_empty());
    let (events, _) = pull_all(&imap, &cursor).await;
    assert_eq!(ids(&events).into_iter().collect::<BTreeSet<_>>().len(), 6);
}

#[tokio::test]
async fn a_restart_between_two_pages_closes_no_thread_that_is_alive() {
    let world = world().await;
    let at = |id: &str, days: i64, more: &str| {
        let date = jiff::Timestamp::from_millisecond(NOW - days * DAY).unwrap();
        let date = date.strftime("Date: %a, %d %b %Y %H:%M:%S +0000").to_string();
        let text = String::from_utf8(mail(id, more)).unwrap();
        let text = text.replace("Date: Fri, 20 Nov 2026 09:14:00 +0000", &date);
        world.deliver_at("INBOX", text.as_bytes(), &["\\Seen"], NOW - days * DAY);
    };
    at("begun", 80, "");
    for n in 0..60 {
        at(&format!("between{n}"), 40, "");
    }
    at("later", 5, "In-Reply-To: <begun@example.net>\r\n");
    let first = pull(&imap(&world, &[]), &Cursor::default()).await;
    // Another provider, as after a restart, reads the rest.
    let (rest, _) = pull_all(&imap(&world, &[]), &first.cursor).await;
    let said = |events: &[Event], id: &str| -> (Status, Rev) {
        let facts = facts(events);
        let fact = facts.iter().find(|fact| fact.external_id == id).unwrap();
        let mut all = fact.conversation.facets.iter().filter_map(|facet| match &facet.value {
            Facet::Status { status, .. } => Some((*status, facet.rev)),
            _ => None,
        });
        all.next().unwrap()
    };
    let (alive, over) = (said(&first.events, "later@example.net"), said(&rest, "begun@example.net"));
    assert_eq!((alive.0, over.0), (Status::Open, Status::Resolved));
    assert!(alive.1 > over.1, "the one that is alive counts, whichever comes first");
    // And any word of an agent counts more than both.
    assert!(Rev::at(1) > alive.1);
}
