//! Mails that cannot be read: each has its place in a thread, with what could be had of it, and holds up no other.

use super::*;
use frontdesk::domain::message::Direction;
use frontdesk::sandbox::mailbox::ImapFault;

fn heads(world: &MailboxWorld) {
    world.plan_imap("UID FETCH", ImapFault::Line("* OK heads".into()));
}

#[tokio::test]
async fn a_mail_whose_bytes_are_not_given_is_told_of_by_its_head() {
    let world = world().await;
    world.deliver("INBOX", &mail("1", "In-Reply-To: <0@example.net>\r\n"), &[]);
    world.deliver("INBOX", &mail("2", ""), &[]);
    let imap = imap(&world, &[]);
    heads(&world);
    // Together, and then each alone.
    for _ in 0..2 {
        world.plan_imap("UID FETCH", ImapFault::Nil);
    }
    for fault in [ImapFault::Line("* OK there".into()), ImapFault::Line("* OK head".into()), ImapFault::Nil] {
        world.plan_imap("UID FETCH", fault);
    }
    let (events, cursor) = pull_all(&imap, &Cursor::default()).await;
    assert_eq!(ids(&events), ["1@example.net", "2@example.net"]);
    let fact = facts(&events)[0];
    assert_eq!(fact.direction, Direction::Inbound);
    assert_eq!(fact.conversation.theirs, "dana@example.net");
    assert_eq!(fact.conversation.key.0, "mail:0@example.net");
    assert!(fact.text.contains("could not be read") && fact.text.contains("INBOX"), "{}", fact.text);
    let page = pull(&imap, &cursor).await;
    assert!(page.events.is_empty(), "once");
    assert_eq!(
        imap.notice().as_deref(),
        Some("2 mails could not be read: they say so in their conversations")
    );
    // Once it can be read, that counts.
    let found = imap.pull(Cursor::default(), Scope::Object("1@example.net".into()), NOW).await.unwrap();
    let read = facts(&found.events)[0];
    assert_eq!((read.external_id.as_str(), read.text.as_str()), ("1@example.net", "Hello 1"));
    assert!(read.rev > fact.rev);
}

#[tokio::test]
async fn a_mail_of_which_nothing_can_be_had_has_a_place_all_the_same() {
    let world = world().await;
    world.deliver("INBOX", &mail("1", ""), &[]);
    world.deliver("INBOX", &mail("2", ""), &[]);
    let imap = imap(&world, &[]);
    // Together, alone, and then, behind the other one, its head: in vain.
    heads(&world);
    world.plan_imap("UID FETCH", ImapFault::Garbled);
    heads(&world);
    world.plan_imap("UID FETCH", ImapFault::Garbled);
    heads(&world);
    heads(&world);
    world.plan_imap("UID FETCH", ImapFault::Garbled);
    let (events, _) = pull_all(&imap, &Cursor::default()).await;
    let told = facts(&events);
    assert_eq!(told.len(), 2, "{told:?}");
    let fact = told.iter().find(|fact| fact.external_id != "2@example.net").unwrap();
    assert!(fact.external_id.ends_with("@missing.invalid"), "{}", fact.external_id);
    assert_eq!(fact.conversation.theirs, "unknown@invalid");
    assert_eq!(fact.sent_at, NOW);
    assert!(fact.text.contains("could not be read"), "{}", fact.text);
}

#[tokio::test]
async fn a_mail_without_a_size_is_read_all_the_same() {
    let world = world().await;
    world.deliver("INBOX", &mail("1", ""), &[]);
    world.plan_imap("UID FETCH", ImapFault::Without("RFC822.SIZE"));
    let imap = imap(&world, &[]);
    let page = pull(&imap, &Cursor::default()).await;
    assert_eq!(ids(&page.events), ["1@example.net"]);
    assert_eq!(facts(&page.events)[0].text, "Hello 1");
    assert_eq!(imap.notice(), None);
}

#[tokio::test]
async fn a_mail_that_is_refused_holds_up_no_other() {
    let world = world().await;
    for id in ["1", "2", "3"] {
        world.deliver("INBOX", &mail(id, ""), &[]);
    }
    let imap = imap(&world, &[]);
    heads(&world);
    for _ in 0..2 {
        world.plan_imap("UID FETCH", ImapFault::No("Some messages could not be FETCHed (Failure)".into()));
    }
    let (events, _) = pull_all(&imap, &Cursor::default()).await;
    assert_eq!(ids(&events), ["1@example.net", "2@example.net", "3@example.net"]);
    let told: Vec<bool> = facts(&events).iter().map(|fact| fact.text.contains("could not be read")).collect();
    assert_eq!(told, [true, false, false]);
    assert_eq!(imap.notice().as_deref(), Some("one mail could not be read: it says so in its conversation"));
}
