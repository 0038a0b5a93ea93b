//! Sending: what travels, what is kept, and that it is known at every moment whether it can have been sent.

use super::*;
use frontdesk::domain::delivery::Delivery;
use frontdesk::domain::event::MessageRef;
use frontdesk::domain::failure::Failure;
use frontdesk::domain::op::Accepted;
use frontdesk::sandbox::mailbox::{ImapFault, SmtpFault, Step};

fn accepted(result: Result<Accepted, Failure>) -> (OpId, String, String) {
    match result {
        Ok(Accepted::State { events }) => match events.as_slice() {
            [Event::Delivery { message: MessageRef::Token(op, Some(id)), report }] => {
                assert_eq!(report.state, Delivery::Accepted);
                (*op, id.clone(), report.said.clone())
            }
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

fn headers(mail: &[u8]) -> Vec<(String, String)> {
    let text = String::from_utf8_lossy(mail).replace("\r\n\t", " ").replace("\r\n ", " ");
    let head = text.split("\r\n\r\n").next().unwrap();
    head.split("\r\n")
        .filter_map(|l| l.split_once(": "))
        .map(|(n, v)| (n.to_lowercase(), v.trim().to_owned()))
        .collect()
}

fn header(mail: &[u8], name: &str) -> Option<String> {
    headers(mail).into_iter().find(|(known, _)| known == name).map(|(_, value)| value)
}

#[tokio::test]
async fn an_answer_goes_out_whole_is_kept_once_and_marks_what_it_answers() {
    let world = world().await;
    world.deliver("INBOX", &mail("1", ""), &["\\Seen"]);
    let imap = imap(&world, &[]);
    let (_, cursor) = pull_all(&imap, &Cursor::default()).await;
    let mut asked = op(&["dana@example.net", "Dana@Example.net"], "On its way\r\n.\r\nbye", Some("1"));
    if let OpBody::Send { mail: Some(mail), .. } = &mut asked.body {
        mail.mail.cc = vec![Mailbox::named("Bo", "bo@example.net")];
        mail.mail.bcc = vec![Mailbox::bare("secret@example.net")];
    }
    let (named, id, said) = accepted(imap.push(&asked, &context()).await);
    assert_eq!(named, asked.id);
    assert_eq!(said, "250 2.0.0 queued as 4711");
    let handed = world.handed();
    assert_eq!(handed.len(), 1);
    assert_eq!(handed[0].from, OURS);
    assert_eq!(handed[0].to, ["dana@example.net", "bo@example.net", "secret@example.net"], "each once");
    let sent = &handed[0].mail;
    assert_eq!(header(sent, "message-id"), Some(format!("<{id}>")));
    assert_eq!(header(sent, "in-reply-to").as_deref(), Some("<1@example.net>"));
    assert_eq!(header(sent, "references").as_deref(), Some("<1@example.net>"));
    let text = String::from_utf8_lossy(sent).into_owned();
    assert!(!text.contains("secret@"), "nobody sees who is hidden");
    assert!(text.contains("\r\n.\r\nbye") || text.contains("=2E"), "a dot alone is a dot: {text}");
    // Kept once, as read, and the very same mail.
    let kept = world.mails("Sent");
    assert_eq!(kept.len(), 1);
    assert!(kept[0].1.contains("\\Seen"));
    assert_eq!(String::from_utf8_lossy(&kept[0].2).trim_end(), text.trim_end());
    assert!(world.mails("INBOX")[0].1.contains("\\Answered"));
    // The next pull finds it, and knows it.
    let (events, _) = pull_all(&imap, &cursor).await;
    let out: Vec<_> = facts(&events).into_iter().filter(|fact| fact.token == Some(asked.id)).collect();
    assert_eq!(out.len(), 1);
    assert_eq!(out[0].external_id, id);
}

#[tokio::test]
async fn a_receipt_is_asked_for_only_where_that_is_wanted() {
    for (more, wanted) in [(&[][..], None), (&[("read_receipts", "yes")][..], Some(OURS))] {
        let world = world().await;
        accepted(imap(&world, more).push(&op(&["dana@example.net"], "hello", None), &context()).await);
        let asks = header(&world.handed()[0].mail, "disposition-notification-to");
        assert_eq!(asks.as_deref(), wanted, "{more:?}");
    }
}

/// An op that passes on the mail of that id, whole.
fn passing_on(id: &str) -> Op {
    let mut asked = op(&["courier@example.net"], "please look", None);
    if let OpBody::Send { mail: Some(out), .. } = &mut asked.body {
        (out.manner, out.mail.manner) = (Manner::ForwardAttached, Some(Manner::ForwardAttached));
        out.mail.references = vec!["0@example.net".into(), format!("{id}@example.net")];
        out.mail.subject = "Fwd: Order".into();
    }
    asked
}

#[tokio::test]
async fn a_mail_is_passed_on_as_it_came_wherever_it_lies_by_now() {
    let world = world().await;
    let imap = imap(&world, &[]);
    let original = mail("1", "X-Spam-Status: No\r\nReceived: from a by b\r\n");
    world.deliver("Archive", &original, &["\\Seen"]);
    let (_, _, said) = accepted(imap.push(&passing_on("1"), &context()).await);
    assert_eq!(said, "250 2.0.0 queued as 4711");
    let sent = String::from_utf8(world.handed()[0].mail.clone()).unwrap();
    let original = String::from_utf8(original).unwrap();
    assert!(sent.contains(&original), "every line of it: {sent}");
    assert!(sent.contains("Content-Type: message/rfc822") && sent.contains("Order 1.eml"), "{sent}");
    assert!(sent.contains("please look"));
    // Read as any mail is read, it is one with a file.
    let parsed = frontdesk::text::mail::parse::parse(sent.as_bytes());
    let names: Vec<_> = parsed.files.iter().map(|file| file.name.clone().unwrap_or_default()).collect();
    assert_eq!((parsed.text.trim(), names), ("please look", vec!["Order 1.eml".to_owned()]));
    // Nothing has changed for who looks at the mailbox with another program.
    assert_eq!(world.mails("Archive")[0].1.iter().collect::<Vec<_>>(), ["\\Seen"]);
}

#[tokio::test]
async fn a_mail_of_eight_bits_is_passed_on_as_a_file_that_no_server_touches() {
    let world = world().await;
    let mut original =
        mail("1", "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n");
    original.extend_from_slice("Grüße\r\n".as_bytes());
    world.deliver("INBOX", &original, &[]);
    accepted(imap(&world, &[]).push(&passing_on("1"), &context()).await);
    let parsed = frontdesk::text::mail::parse::parse(&world.handed()[0].mail);
    assert_eq!(parsed.files[0].name.as_deref(), Some("Order 1.eml"));
    assert_eq!(parsed.files[0].bytes, original);
}

#[tokio::test]
async fn what_is_not_in_the_mailbox_any_more_is_not_passed_on_whole() {
    let world = world().await;
    let failure = imap(&world, &[]).push(&passing_on("9"), &context()).await.unwrap_err();
    assert!(failure.to_string().contains("forward it with its words instead"), "{failure}");
    assert_eq!(class(&failure), "rejected");
    assert!(world.handed().is_empty());
}

#[tokio::test]
async fn a_server_that_keeps_what_is_sent_keeps_the_only_copy() {
    for (more, saves, kept) in [
        (("save_sent", "auto"), true, 1),
        (("save_sent", "yes"), true, 1),
        (("save_sent", "no"), false, 0),
        (("save_sent", "no"), true, 1),
    ] {
        let world = MailboxWorld::start(MailboxOptions { saves_sent: saves, ..options() }).await.unwrap();
        accepted(imap(&world, &[more]).push(&op(&["dana@example.net"], "x", None), &context()).await);
        assert_eq!(world.mails("Sent").len(), kept, "{more:?} {saves}");
    }
}

#[tokio::test]
async fn what_is_said_together_is_said_together_only_where_the_server_takes_it() {
    for pipelining in [true, false] {
        let smtp = if pipelining { vec!["PIPELINING".to_owned()] } else { vec![] };
        let world = MailboxWorld::start(MailboxOptions { smtp, ..options() }).await.unwrap();
        let asked = op(&["a@example.net", "b@example.net"], "x", None);
        accepted(imap(&world, &[]).push(&asked, &context()).await);
        let together = world.happened().smtp.iter().filter(|line| line.ends_with('+')).count();
        assert_eq!(together > 0, pipelining, "{:?}", world.happened().smtp);
        assert!(
            !world.happened().smtp.iter().any(|line| line.starts_with("RCPT TO:<b") && line.ends_with('+'))
        );
        assert_eq!(world.handed()[0].to.len(), 2);
    }
}

#[tokio::test]
async fn a_copy_that_cannot_be_kept_does_not_undo_the_sending() {
    let world = world().await;
    let imap = imap(&world, &[]);
    // Once more, and then it is so.
    world.plan_imap("APPEND", ImapFault::No("[OVERQUOTA] full".into()));
    accepted(imap.push(&op(&["dana@example.net"], "x", None), &context()).await);
    assert_eq!(world.mails("Sent").len(), 1);
    for _ in 0..2 {
        world.plan_imap("APPEND", ImapFault::No("[OVERQUOTA] full".into()));
    }
    let (_, _, said) = accepted(imap.push(&op(&["dana@example.net"], "y", None), &context()).await);
    assert!(said.starts_with("250 ") && said.ends_with("no copy of it in the mailbox: full"), "{said}");
    assert_eq!((world.mails("Sent").len(), world.handed().len()), (1, 2));
    // The answer breaks off behind a copy that was kept: there is one of it.
    world.plan_imap("APPEND", ImapFault::Cut(1));
    accepted(imap.push(&op(&["dana@example.net"], "z", None), &context()).await);
    assert_eq!(world.mails("Sent").len(), 2);
}

#[tokio::test]
async fn a_copy_that_is_owed_is_told_of_and_kept_as_soon_as_there_is_room() {
    let world = world().await;
    world.deliver("INBOX", &mail("1", ""), &["\\Seen"]);
    let imap = imap(&world, &[]);
    let (_, cursor) = pull_all(&imap, &Cursor::default()).await;
    assert_eq!(imap.notice(), None);
    for _ in 0..3 {
        world.plan_imap("APPEND", ImapFault::No("[OVERQUOTA] full".into()));
    }
    let asked = op(&["dana@example.net"], "x", Some("1"));
    accepted(imap.push(&asked, &context()).await);
    let told = imap.notice().unwrap();
    assert!(told.starts_with("1 mail was sent, but no copy of it") && told.contains(": full;"), "{told}");
    // In vain once more; then it is not asked for at every pull.
    let (_, cursor) = pull_all(&imap, &cursor).await;
    let tries =
        |world: &MailboxWorld| world.happened().imap.iter().filter(|l| l.contains(" APPEND ")).count();
    assert_eq!((tries(&world), world.mails("Sent").len()), (3, 0));
    let (_, cursor) = pull_all(&imap, &cursor).await;
    assert_eq!(tries(&world), 3);
    assert!(imap.notice().is_some());
    let later = imap.pull(cursor, Scope::Since, NOW + 120_000).await.unwrap();
    assert_eq!((world.mails("Sent").len(), world.handed().len()), (1, 1));
    assert!(world.mails("INBOX")[0].1.contains("\\Answered"));
    assert_eq!(imap.notice(), None);
    // What lies there now is known to be ours.
    let (events, _) = pull_all(&imap, &later.cursor).await;
    assert_eq!(facts(&events).iter().map(|fact| fact.token).collect::<Vec<_>>(), [Some(asked.id)]);
}

/// What became of a sending, in a word.
fn class(failure: &Failure) -> &'static str {
    match failure {
        Failure::Transient { .. } => "transient",
        Failure::Later { .. } => "later",
        Failure::Auth { .. } => "auth",
        Failure::Rejected { .. } => "rejected",
        Failure::Unknown { .. } => "unknown",
        Failure::Unsupported => "unsupported",
    }
}

#[tokio::test]
async fn every_step_that_fails_has_its_class() {
    let reply = |code: u16| SmtpFault::Reply(code, format!("{}.7.1 because", code / 100));
    for (step, fault, want, sent) in [
        (Step::Greeting, reply(421), "transient", 0),
        (Step::Greeting, reply(554), "rejected", 0),
        (Step::Greeting, SmtpFault::Cut, "transient", 0),
        (Step::Ehlo, reply(421), "transient", 0),
        (Step::Ehlo, SmtpFault::Cut, "transient", 0),
        (Step::Auth, reply(535), "auth", 0),
        (Step::Auth, reply(454), "transient", 0),
        (Step::Auth, SmtpFault::Cut, "transient", 0),
        (Step::Mail, reply(451), "transient", 0),
        (Step::Mail, reply(550), "rejected", 0),
        (Step::Mail, SmtpFault::Cut, "transient", 0),
        (Step::Rcpt, reply(451), "later", 0),
        (Step::Rcpt, reply(421), "transient", 0),
        (Step::Rcpt, reply(550), "rejected", 0),
        (Step::Rcpt, SmtpFault::Cut, "transient", 0),
        (Step::Data, reply(451), "later", 0),
        (Step::Data, reply(421), "transient", 0),
        (Step::Data, reply(554), "rejected", 0),
        (Step::Data, SmtpFault::Cut, "transient", 0),
        (Step::Dot, reply(451), "later", 0),
        (Step::Dot, reply(421), "transient", 0),
        (Step::Dot, reply(554), "rejected", 0),
        (Step::Dot, SmtpFault::Cut, "unknown", 0),
        (Step::Dot, SmtpFault::CutDone, "unknown", 1),
    ] {
        let world = world().await;
        world.plan_smtp(step, fault.clone());
        let imap = imap(&world, &[]);
        let failure = imap.push(&op(&["dana@example.net"], "x", None), &context()).await.unwrap_err();
        assert_eq!(class(&failure), want, "{step:?} {fault:?}: {failure:?}");
        assert_eq!(world.handed().len(), sent, "{step:?} {fault:?}");
        assert_eq!(world.mails("Sent").len(), 0, "what was not sent is not kept");
        if let Failure::Rejected { reason, .. } = &failure {
            assert!(reason.code.is_some() && reason.human.contains("because"), "{reason:?}");
        }
        if failure.did_nothing() {
            // The next one goes.
            accepted(imap.push(&op(&["dana@example.net"], "x", None), &context()).await);
            assert_eq!(world.handed().len(), 1);
        }
    }
}

#[tokio::test]
async fn silence_is_a_doubt_only_behind_the_final_dot() {
    let patience = Patience { verdict: Duration::from_millis(200), ..HASTY };
    for (step, fault, want) in [
        (Step::Greeting, SmtpFault::Silent, "transient"),
        (Step::Mail, SmtpFault::Silent, "transient"),
        (Step::Data, SmtpFault::Silent, "transient"),
        (Step::Dot, SmtpFault::Silent, "unknown"),
        (Step::Dot, SmtpFault::SilentDone, "unknown"),
    ] {
        let world = world().await;
        world.plan_smtp(step, fault.clone());
        let imap = provider(&setup(&world, &[]), patience);
        let failure = imap.push(&op(&["dana@example.net"], "x", None), &context()).await.unwrap_err();
        assert_eq!(class(&failure), want, "{step:?} {fault:?}: {failure:?}");
    }
}

#[tokio::test]
async fn a_connection_cut_in_the_middle_of_a_large_mail_has_sent_nothing() {
    let world = world().await;
    world.plan_smtp(Step::Body, SmtpFault::Cut);
    let imap = imap(&world, &[]);
    let large = "x".repeat(70).replace('x', "many words ") + "\r\n";
    let failure =
        imap.push(&op(&["dana@example.net"], &large.repeat(20_000), None), &context()).await.unwrap_err();
    assert_eq!(class(&failure), "transient", "{failure:?}");
    assert!(world.handed().is_empty());
}

#[tokio::test]
async fn a_recipient_that_is_refused_is_named_and_nobody_gets_it() {
    let world = world().await;
    let imap = imap(&world, &[]);
    world.plan_smtp(Step::Rcpt, SmtpFault::Reply(550, "5.1.1 no such user".into()));
    let asked = op(&["nobody@example.net", "dana@example.net"], "x", None);
    match imap.push(&asked, &context()).await {
        Err(Failure::Rejected { reason, field }) => {
            assert!(reason.human.contains("nobody@example.net: 550 5.1.1 no such user"), "{reason:?}");
            assert!(!reason.human.contains("dana@"), "{reason:?}");
            assert_eq!((reason.code.as_deref(), field.as_deref()), (Some("550 5.1.1"), Some("to")));
        }
        other => panic!("{other:?}"),
    }
    assert!(world.handed().is_empty());
    assert!(!world.happened().smtp.iter().any(|line| line == "DATA"), "no word of it left");
}

#[tokio::test]
async fn what_the_server_cannot_carry_is_told_before_it_is_tried() {
    let world =
        MailboxWorld::start(MailboxOptions { smtp: vec!["SIZE 2000".into()], ..options() }).await.unwrap();
    let imap = imap(&world, &[]);
    let large = imap.push(&op(&["dana@example.net"], &"x\r\n".repeat(2_000), None), &context()).await;
    assert!(
        matches!(&large, Err(Failure::Rejected { reason, .. }) if reason.human.contains("at most")),
        "{large:?}"
    );
    let odd = imap.push(&op(&["dänä@example.net"], "x", None), &context()).await;
    assert!(
        matches!(&odd, Err(Failure::Rejected { reason, .. }) if reason.human.contains("SMTPUTF8")),
        "{odd:?}"
    );
    assert!(!world.happened().smtp.iter().any(|line| line.starts_with("MAIL")));
}

#[tokio::test]
async fn a_doubt_is_settled_by_what_lies_in_the_mailbox() {
    let world = MailboxWorld::start(MailboxOptions { saves_sent: true, ..options() }).await.unwrap();
    let imap = imap(&world, &[]);
    world.plan_smtp(Step::Dot, SmtpFault::CutDone);
    let asked = op(&["dana@example.net"], "x", None);
    assert_eq!(class(&imap.push(&asked, &context()).await.unwrap_err()), "unknown");
    let found = imap.pull(Cursor::default(), Scope::Lookup(Box::new(asked.clone())), NOW).await.unwrap();
    let fact = facts(&found.events)[0];
    assert_eq!(fact.token, Some(asked.id));
    assert!(found.events.iter().any(|event| {
        matches!(event, Event::Delivery { message: MessageRef::Token(op, _), .. } if *op == asked.id)
    }));
    // Not sent, not there: it stays in doubt.
    world.plan_smtp(Step::Dot, SmtpFault::Cut);
    let other = op(&["dana@example.net"], "y", None);
    assert_eq!(class(&imap.push(&other, &context()).await.unwrap_err()), "unknown");
    let found = imap.pull(Cursor::default(), Scope::Lookup(Box::new(other)), NOW).await.unwrap();
    assert_eq!(found.events, []);
}
