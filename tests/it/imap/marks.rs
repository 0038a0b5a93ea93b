//! What agents do with mail, shown to other programs, and taken back.

use super::*;
use frontdesk::domain::failure::Failure;
use frontdesk::domain::op::{Accepted, Mark};
use frontdesk::sandbox::mailbox::ImapFault;

fn mark_op(ids: &[&str], mark: Mark, on: bool) -> Op {
    let messages = ids.iter().map(|id| (*id).to_owned()).collect();
    let body = OpBody::Mark { conversation: ConversationKey("mail:x".into()), messages, mark, on };
    Op { body, ..op(&[], "", None) }
}

async fn mark(imap: &Imap, ids: &[&str], mark: Mark, on: bool) -> Result<(), Failure> {
    match imap.push(&mark_op(ids, mark, on), &context()).await? {
        Accepted::State { events } if events.is_empty() => Ok(()),
        other => panic!("{other:?}"),
    }
}

fn flags(world: &MailboxWorld, folder: &str) -> Vec<Vec<String>> {
    world.mails(folder).into_iter().map(|(_, flags, _)| flags.into_iter().collect()).collect()
}

#[tokio::test]
async fn flags_are_set_and_taken_back_where_the_mail_is_known_and_where_it_is_not() {
    for known in [true, false] {
        let world = world().await;
        for id in ["1", "2", "3"] {
            world.deliver("INBOX", &mail(id, ""), &[]);
        }
        let imap = imap(&world, &[]);
        if known {
            pull_all(&imap, &Cursor::default()).await;
        }
        let two = ["1@example.net", "3@example.net"];
        mark(&imap, &two, Mark::Seen, true).await.unwrap();
        let (none, seen) = (Vec::<String>::new(), vec!["\\Seen".to_owned()]);
        assert_eq!(flags(&world, "INBOX"), [seen.clone(), none.clone(), seen.clone()], "{known}");
        mark(&imap, &["1@example.net"], Mark::Seen, false).await.unwrap();
        assert_eq!(flags(&world, "INBOX"), [none.clone(), none.clone(), seen], "{known}");
        mark(&imap, &["2@example.net"], Mark::Answered, true).await.unwrap();
        assert_eq!(flags(&world, "INBOX")[1], ["\\Answered"], "{known}");
        let searched = world.happened().imap.iter().any(|line| line.contains("SEARCH HEADER"));
        assert_eq!(searched, !known, "who knows does not search");
        // What is gone is done.
        mark(&imap, &["gone@example.net"], Mark::Seen, true).await.unwrap();
    }
}

#[tokio::test]
async fn mail_moves_to_its_folder_and_back_with_and_without_the_command_for_it() {
    let all: &[&str] = &["IDLE", "UIDPLUS", "MOVE", "SPECIAL-USE"];
    for server in [all, &["UIDPLUS"]] {
        for (what, folder) in [(Mark::Archived, "Archive"), (Mark::Spam, "Junk"), (Mark::Deleted, "Trash")] {
            let world = MailboxWorld::start(old_server(server)).await.unwrap();
            world.deliver("INBOX", &mail("1", ""), &["\\Seen"]);
            world.deliver("INBOX", &mail("2", ""), &[]);
            let imap = imap(&world, &[("marks", "archived, spam, deleted")]);
            let (_, cursor) = pull_all(&imap, &Cursor::default()).await;
            mark(&imap, &["1@example.net"], what, true).await.unwrap();
            assert_eq!(
                (world.mails("INBOX").len(), world.mails(folder).len()),
                (1, 1),
                "{server:?} {folder}"
            );
            assert_eq!(world.mails(folder)[0].2, mail("1", ""));
            // Again: it is there already.
            mark(&imap, &["1@example.net"], what, true).await.unwrap();
            mark(&imap, &["1@example.net"], what, false).await.unwrap();
            assert_eq!(
                (world.mails("INBOX").len(), world.mails(folder).len()),
                (2, 0),
                "{server:?} {folder}"
            );
            let (events, _) = pull_all(&imap, &cursor).await;
            assert_eq!(ids(&events), ["1@example.net"], "it comes back under its name: nothing doubles");
        }
    }
}

#[tokio::test]
async fn a_folder_that_is_missing_is_made() {
    let world = MailboxWorld::start(MailboxOptions { folders: vec![], ..options() }).await.unwrap();
    world.deliver("INBOX", &mail("1", ""), &[]);
    let imap = imap(&world, &[]);
    mark(&imap, &["1@example.net"], Mark::Archived, true).await.unwrap();
    assert_eq!(world.mails("Archive").len(), 1);
    mark(&imap, &["1@example.net"], Mark::Archived, false).await.unwrap();
    assert_eq!(world.mails("INBOX").len(), 1);
}

#[tokio::test]
async fn what_is_not_wished_is_not_done_and_what_fails_can_be_repeated() {
    let world = world().await;
    world.deliver("INBOX", &mail("1", ""), &[]);
    let imap = imap(&world, &[]);
    let unwished = mark(&imap, &["1@example.net"], Mark::Deleted, true).await;
    assert_eq!(unwished, Err(Failure::Unsupported));
    assert_eq!(world.happened().connections, 0);
    world.plan_imap("UID STORE", ImapFault::No("[UNAVAILABLE] later".into()));
    let later = mark(&imap, &["1@example.net"], Mark::Seen, true).await;
    assert!(matches!(later, Err(Failure::Transient { .. })), "{later:?}");
    mark(&imap, &["1@example.net"], Mark::Seen, true).await.unwrap();
    assert_eq!(flags(&world, "INBOX"), [["\\Seen"]]);
    // A connection that breaks off in the middle: once more.
    world.plan_imap("UID STORE", ImapFault::Cut(3));
    mark(&imap, &["1@example.net"], Mark::Seen, false).await.unwrap();
    assert_eq!(flags(&world, "INBOX")[0].len(), 0);
}
