//! The sandbox's mailbox, checked from outside: line by line, and by clients that others wrote.

use async_imap::imap_proto::BodyStructure;
use async_imap::types::{Fetch, Flag};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use frontdesk::domain::clock::ManualClock;
use frontdesk::sandbox::mailbox::{Deed, MailboxOptions, MailboxWorld, Place, Protocol, Put, Words};
use futures_util::TryStreamExt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

/// 2026-11-16 14:02 UTC.
const NOW: i64 = 1_794_837_720_000;
const US: &str = "support@example.test";

/// Fails a test that waits for what never comes.
async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(30), what).await.expect("it came in time")
}

fn options() -> MailboxOptions {
    MailboxOptions { clock: Arc::new(ManualClock::new(NOW)), ..MailboxOptions::default() }
}

async fn world(options: MailboxOptions) -> MailboxWorld {
    MailboxWorld::start(options).await.unwrap()
}

fn mail(subject: &str) -> Vec<u8> {
    format!("From: Dana <dana@example.net>\r\nTo: <{US}>\r\nSubject: {subject}\r\nMessage-ID: <{subject}@example.net>\r\n\r\nHello\r\n")
        .into_bytes()
}

/// A client that says exactly what it is told.
struct Line {
    stream: BufReader<TcpStream>,
    tags: usize,
}

impl Line {
    async fn to(port: u16) -> Line {
        let stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        Line { stream: BufReader::new(stream), tags: 0 }
    }

    /// Logged in by IMAP.
    async fn imap(world: &MailboxWorld) -> Line {
        let mut line = Line::to(world.imap_port()).await;
        assert!(line.next().await.starts_with("* OK [CAPABILITY IMAP4rev1 "));
        let answer = line.ask(&format!("LOGIN {US} \"a password\"")).await;
        assert!(answer.last().unwrap().starts_with("OK [CAPABILITY IMAP4rev1 "), "{answer:?}");
        line
    }

    /// Logged in by SMTP.
    async fn smtp(world: &MailboxWorld) -> Line {
        let mut line = Line::to(world.smtp_port()).await;
        assert_eq!(line.reply().await, "220 mail.example.test ESMTP sandbox");
        line.command("EHLO localhost").await;
        let plain = STANDARD.encode(format!("\0{US}\0a password"));
        assert_eq!(line.command(&format!("AUTH PLAIN {plain}")).await, "235 2.7.0 Logged in");
        line
    }

    async fn say(&mut self, text: &str) {
        self.stream.get_mut().write_all(text.as_bytes()).await.unwrap();
    }

    /// The next line; empty at the end.
    async fn next(&mut self) -> String {
        let mut line = Vec::new();
        // A connection that is cut may end with an error too.
        let _ = soon(self.stream.read_until(b'\n', &mut line)).await;
        String::from_utf8_lossy(&line).trim_end().to_owned()
    }

    /// Says a command of IMAP; answers what it brings, the tagged line without its tag. An end in the middle is the last line, empty.
    async fn ask(&mut self, command: &str) -> Vec<String> {
        self.tags += 1;
        let tag = format!("a{}", self.tags);
        self.say(&format!("{tag} {command}\r\n")).await;
        self.answer(&tag).await
    }

    async fn answer(&mut self, tag: &str) -> Vec<String> {
        let mut lines = Vec::new();
        loop {
            let line = self.next().await;
            if let Some(done) = line.strip_prefix(&format!("{tag} ")) {
                lines.push(done.to_owned());
                return lines;
            }
            let ended = line.is_empty() && self.stream.buffer().is_empty() && self.ended().await;
            lines.push(line);
            if ended {
                return lines;
            }
        }
    }

    async fn ended(&mut self) -> bool {
        !matches!(soon(self.stream.fill_buf()).await, Ok([_, ..]))
    }

    /// Says a command of SMTP; answers the last line of the reply.
    async fn command(&mut self, command: &str) -> String {
        self.say(&format!("{command}\r\n")).await;
        self.reply().await
    }

    async fn reply(&mut self) -> String {
        loop {
            let line = self.next().await;
            if line.as_bytes().get(3) != Some(&b'-') {
                return line;
            }
        }
    }
}

#[tokio::test]
async fn imap_takes_every_login_that_it_offers_and_no_other() {
    let world = world(options()).await;
    let base64 = |text: &str| STANDARD.encode(text);
    let token = |token: &str| base64(&format!("user={US}\u{1}auth=Bearer {token}\u{1}\u{1}"));
    let bearer =
        base64(&format!("n,a={US},\u{1}host=localhost\u{1}port=143\u{1}auth=Bearer ya29.a-token\u{1}\u{1}"));
    let plain = base64(&format!("\0{US}\0a password"));
    for (first, answers) in [
        (format!("AUTHENTICATE PLAIN {plain}"), vec![]),
        ("AUTHENTICATE PLAIN".to_owned(), vec![("+ ", plain.clone())]),
        (
            "AUTHENTICATE LOGIN".to_owned(),
            vec![("+ VXNlcm5hbWU6", base64(US)), ("+ UGFzc3dvcmQ6", base64("a password"))],
        ),
        (format!("AUTHENTICATE XOAUTH2 {}", token("ya29.a-token")), vec![]),
        (format!("AUTHENTICATE OAUTHBEARER {bearer}"), vec![]),
    ] {
        let mut line = Line::to(world.imap_port()).await;
        line.next().await;
        line.say(&format!("a {first}\r\n")).await;
        for (challenge, answer) in answers {
            assert_eq!(line.next().await, challenge.trim_end(), "{first}");
            line.say(&format!("{answer}\r\n")).await;
        }
        assert!(line.next().await.starts_with("a OK [CAPABILITY "), "{first}");
        assert!(line.ask("SELECT INBOX").await.last().unwrap().starts_with("OK "));
    }
    let mut line = Line::to(world.imap_port()).await;
    let greeting = line.next().await;
    assert!(greeting.contains("AUTH=XOAUTH2") && !greeting.contains("MOVE"), "{greeting}");
    assert!(line.ask("SELECT INBOX").await[0].starts_with("BAD Log in first"));
    let refused = "NO [AUTHENTICATIONFAILED] Authentication failed.";
    assert_eq!(line.ask(&format!("LOGIN {US} wrong")).await, [refused]);
    assert_eq!(line.ask(&format!("AUTHENTICATE PLAIN {}", base64("\0x\0y"))).await, [refused]);
    assert!(line.ask("AUTHENTICATE CRAM-MD5").await[0].starts_with("NO "));
    // The reason why a token is not taken is a challenge, to be answered by nothing.
    line.say(&format!("t AUTHENTICATE XOAUTH2 {}\r\n", token("old"))).await;
    let why = line.next().await;
    let why = STANDARD.decode(why.strip_prefix("+ ").unwrap()).unwrap();
    assert!(String::from_utf8(why).unwrap().contains("\"status\":\"401\""));
    line.say("\r\n").await;
    assert_eq!(line.next().await, format!("t {refused}"));
    world.set_password("another");
    assert_eq!(line.ask(&format!("LOGIN {US} \"a password\"")).await, [refused]);
    assert!(line.ask(&format!("LOGIN {US} another")).await[0].starts_with("OK "));
    // Nothing secret is remembered.
    let heard = world.heard();
    assert!(heard.iter().any(|heard| heard.line == format!("LOGIN {US}")), "{heard:?}");
    assert!(heard.iter().all(|heard| !heard.line.contains("another") && !heard.line.contains(&plain)));
    let bye = line.ask("LOGOUT").await;
    assert!(bye[0].starts_with("* BYE") && bye[1].starts_with("OK ") && line.ended().await);
}

#[tokio::test]
async fn folders_are_listed_made_counted_and_opened() {
    let folders = [("Sent", Some("\\Sent")), ("Kunden/Gelöscht", None), ("Kunden", None)];
    let folders = folders.map(|(name, special)| (name.to_owned(), special.map(str::to_owned))).to_vec();
    let world = world(MailboxOptions { folders, ..options() }).await;
    let mut line = Line::imap(&world).await;
    assert_eq!(
        line.ask("LIST \"\" \"*\" RETURN (SPECIAL-USE)").await,
        [
            "* LIST (\\HasNoChildren) \"/\" \"INBOX\"",
            "* LIST (\\HasChildren) \"/\" \"Kunden\"",
            "* LIST (\\HasNoChildren) \"/\" \"Kunden/Gel&APY-scht\"",
            "* LIST (\\HasNoChildren \\Sent) \"/\" \"Sent\"",
            "OK Listed.",
        ]
    );
    assert_eq!(line.ask("LIST (SPECIAL-USE) \"\" \"*\"").await.len(), 2);
    assert_eq!(line.ask("LIST \"\" inbox").await.len(), 2);
    assert_eq!(line.ask("LIST Kunden/ %").await.len(), 2);
    assert_eq!(line.ask("LIST \"\" \"\"").await[0], "* LIST (\\Noselect) \"/\" \"\"");
    assert_eq!(line.ask("NAMESPACE").await[0], "* NAMESPACE ((\"\" \"/\")) NIL NIL");
    assert_eq!(line.ask("CREATE Archive").await, ["OK Made."]);
    assert!(line.ask("CREATE archive").await[0].starts_with("OK"), "names differ by case");
    assert!(line.ask("CREATE inbox").await[0].starts_with("NO [ALREADYEXISTS]"));
    assert_eq!(line.ask("RENAME archive Old").await, ["OK Renamed."]);
    assert_eq!(line.ask("UNSUBSCRIBE Old").await, ["OK Noted."]);
    assert!(!line.ask("LSUB \"\" *").await.iter().any(|line| line.contains("Old")));
    assert_eq!(line.ask("DELETE Old").await, ["OK Gone."]);
    assert!(line.ask("SELECT Old").await[0].starts_with("NO [NONEXISTENT]"));

    world.add("Kunden/Gelöscht", Put { flags: vec!["\\Seen".into()], ..mail("one").into() });
    world.add("Kunden/Gelöscht", mail("two"));
    let validity = world.validity("Kunden/Gelöscht").unwrap();
    assert_eq!(
        line.ask("STATUS \"Kunden/Gel&APY-scht\" (MESSAGES UNSEEN UIDNEXT UIDVALIDITY HIGHESTMODSEQ)").await
            [0],
        format!(
            "* STATUS \"Kunden/Gel&APY-scht\" (MESSAGES 2 UNSEEN 1 UIDNEXT 3 UIDVALIDITY {validity} HIGHESTMODSEQ 3)"
        )
    );
    assert_eq!(
        line.ask("SELECT {20}\r\nKunden/Gel&APY-scht").await.len(),
        2,
        "a literal of another size than what is sent is nonsense"
    );
    let mut line = Line::imap(&world).await;
    line.say("s SELECT {19}\r\n").await;
    assert_eq!(line.next().await, "+ Go on");
    line.say("Kunden/Gel&APY-scht (CONDSTORE)\r\n").await;
    assert_eq!(
        line.answer("s").await,
        [
            "* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)",
            "* OK [PERMANENTFLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft \\*)] These stay.",
            "* 2 EXISTS",
            "* 0 RECENT",
            "* OK [UNSEEN 2] The first unseen.",
            &format!("* OK [UIDVALIDITY {validity}] Numbers hold."),
            "* OK [UIDNEXT 3] The next number.",
            "* OK [HIGHESTMODSEQ 3] The last change.",
            "OK [READ-WRITE] Opened.",
        ]
    );
    let examined = line.ask("EXAMINE INBOX").await;
    assert_eq!(examined.last().unwrap(), "OK [READ-ONLY] Opened.");
    assert!(line.ask("STORE 1 +FLAGS \\Seen").await[0].starts_with("NO [READ-ONLY]"));
    world.renumber("INBOX");
    assert_eq!(line.ask("NOOP").await[0], "* BYE That folder is not what it was.");
    assert_ne!(world.validity("INBOX"), Some(1_700_000_001));
}

#[tokio::test]
async fn mails_are_fetched_flagged_copied_moved_kept_and_tidied_away() {
    let world = world(options()).await;
    for subject in ["one", "two", "three", "four"] {
        world.add("INBOX", mail(subject));
    }
    let mut line = Line::imap(&world).await;
    line.ask("SELECT INBOX").await;
    let fetched =
        line.ask("UID FETCH 2,4:* (FLAGS RFC822.SIZE INTERNALDATE BODY.PEEK[HEADER.FIELDS (SUBJECT)])").await;
    assert_eq!(
        fetched[0],
        format!(
            "* 2 FETCH (UID 2 FLAGS () RFC822.SIZE {} INTERNALDATE \"16-Nov-2026 14:02:00 +0000\" BODY[HEADER.FIELDS (SUBJECT)] {{16}}",
            mail("two").len()
        )
    );
    assert_eq!(fetched[1..4], ["Subject: two", "", ")"]);
    assert!(fetched[4].starts_with("* 4 FETCH (UID 4 ") && fetched.len() == 9, "{fetched:?}");
    // Read without PEEK, a mail has been seen.
    assert_eq!(
        line.ask("FETCH 3 BODY[TEXT]<0.5>").await[0],
        "* 3 FETCH (BODY[TEXT]<0> \"Hello\" FLAGS (\\Seen))"
    );
    assert_eq!(
        line.ask("UID STORE 1:2 +FLAGS (\\answered vip)").await,
        [
            "* 1 FETCH (UID 1 FLAGS (\\Answered vip))",
            "* 2 FETCH (UID 2 FLAGS (\\Answered vip))",
            "OK Stored."
        ]
    );
    assert_eq!(line.ask("UID STORE 2 -FLAGS.SILENT (vip)").await, ["OK Stored."]);
    assert_eq!(line.ask("UID STORE 99 +FLAGS (\\Seen)").await, ["OK Stored."]);
    assert_eq!(line.ask("UID SEARCH ANSWERED NOT KEYWORD vip").await[0], "* SEARCH 2");
    assert_eq!(line.ask("UID SEARCH HEADER Message-ID three@example.net").await[0], "* SEARCH 3");
    assert_eq!(line.ask("UID SEARCH UNSEEN SINCE 1-Jan-2027").await[0], "* SEARCH");

    let archive = world.validity("Archive").unwrap();
    assert_eq!(
        line.ask("UID COPY 1:2,50 Archive").await,
        [format!("OK [COPYUID {archive} 1:2 1:2] Copied.")]
    );
    assert_eq!(
        line.ask("UID MOVE 1,3 Archive").await,
        [&format!("* OK [COPYUID {archive} 1,3 3:4] Moved."), "* 3 EXPUNGE", "* 1 EXPUNGE", "OK Done."]
    );
    assert!(line.ask("UID MOVE 2 Nowhere").await[0].starts_with("NO [TRYCREATE]"));
    let flags: Vec<_> = world.mails("Archive").into_iter().map(|kept| kept.flags).collect();
    assert_eq!(flags[2], ["\\Answered", "vip"]);

    let raw = String::from_utf8(mail("kept")).unwrap();
    line.say(&format!("k APPEND Sent (\\Seen) \" 1-Nov-2026 10:00:00 +0100\" {{{}}}\r\n", raw.len())).await;
    assert_eq!(line.next().await, "+ Go on");
    line.say(&format!("{raw}\r\n")).await;
    let sent = world.validity("Sent").unwrap();
    assert_eq!(line.answer("k").await, [format!("OK [APPENDUID {sent} 1] Kept.")]);
    let kept = &world.mails("Sent")[0];
    assert_eq!((&*kept.raw, kept.at), (raw.as_bytes(), NOW - 15 * 86_400_000 - (5 * 3600 + 120) * 1000));
    assert_eq!(
        line.ask(&format!("APPEND Sent {{{}+}}\r\n{raw}", raw.len())).await,
        [format!("OK [APPENDUID {sent} 2] Kept.")]
    );
    assert!(line.ask("APPEND Nowhere {1+}\r\nx").await[0].starts_with("NO [TRYCREATE]"));

    line.ask("UID STORE 2,4 +FLAGS.SILENT (\\Deleted)").await;
    assert_eq!(line.ask("UID EXPUNGE 4:9").await, ["* 2 EXPUNGE", "OK Tidied."]);
    assert_eq!(line.ask("EXPUNGE").await, ["* 1 EXPUNGE", "OK Tidied."]);
    assert_eq!(world.mails("INBOX"), []);
    for nonsense in ["FETCH", "FETCH x (UID)", "FETCH 1 (NOTHING)", "STORE 1 +FLAGS", "SEARCH", "FOO", "UID"]
    {
        assert!(line.ask(nonsense).await.last().unwrap().contains("BAD "), "{nonsense}");
    }
}

#[tokio::test]
async fn changes_are_counted_and_what_is_gone_is_told() {
    let world = world(options()).await;
    for subject in ["one", "two", "three"] {
        world.add("INBOX", mail(subject));
    }
    let mut line = Line::imap(&world).await;
    assert_eq!(line.ask("ENABLE CONDSTORE QRESYNC FOO").await[0], "* ENABLED CONDSTORE QRESYNC");
    line.ask("SELECT INBOX").await;
    let validity = world.validity("INBOX").unwrap();
    world.flag("INBOX", 1, "\\Seen", true);
    world.remove("INBOX", 2);
    assert_eq!(
        line.ask("NOOP").await,
        ["* VANISHED 2", "* 1 FETCH (UID 1 FLAGS (\\Seen) MODSEQ (5))", "OK Nothing done."]
    );
    assert_eq!(
        line.ask("UID FETCH 1:* (FLAGS) (CHANGEDSINCE 4 VANISHED)").await,
        ["* VANISHED (EARLIER) 2", "* 1 FETCH (UID 1 FLAGS (\\Seen) MODSEQ (5))", "OK Fetched."]
    );
    assert_eq!(line.ask("UID FETCH 1:* (FLAGS) (CHANGEDSINCE 6)").await, ["OK Fetched."]);
    assert_eq!(
        line.ask("UID STORE 1,3 (UNCHANGEDSINCE 4) +FLAGS.SILENT (\\Flagged)").await,
        ["* 2 FETCH (UID 3 MODSEQ (7))", "OK [MODIFIED 1] Some had changed."]
    );
    assert_eq!(line.ask("UID SEARCH MODSEQ 6").await[0], "* SEARCH 3 (MODSEQ 7)");
    let mut other = Line::imap(&world).await;
    other.ask("ENABLE QRESYNC").await;
    let opened = other.ask(&format!("SELECT INBOX (QRESYNC ({validity} 5))")).await;
    assert!(opened.contains(&"* VANISHED (EARLIER) 2".to_owned()), "{opened:?}");
    assert!(opened.contains(&"* 2 FETCH (UID 3 FLAGS (\\Flagged) MODSEQ (7))".to_owned()), "{opened:?}");
    assert!(!opened.iter().any(|line| line.starts_with("* 1 FETCH")), "{opened:?}");
}

#[tokio::test]
async fn who_idles_is_told_at_once_what_others_do() {
    let world = world(options()).await;
    world.add("INBOX", mail("one"));
    let mut line = Line::imap(&world).await;
    line.ask("SELECT INBOX").await;
    line.say("i IDLE\r\n").await;
    assert_eq!(line.next().await, "+ idling");
    soon(world.until(|world| world.connections(Protocol::Imap).idling == 1)).await;
    assert_eq!(world.add("INBOX", mail("two")), 2);
    assert_eq!(line.next().await, "* 2 EXISTS");
    world.flag("INBOX", 1, "\\Seen", true);
    assert_eq!(line.next().await, "* 1 FETCH (FLAGS (\\Seen))");
    world.move_to("INBOX", 1, "Archive").unwrap();
    assert_eq!(line.next().await, "* 1 EXPUNGE");
    line.say("DONE\r\n").await;
    assert_eq!(line.next().await, "i OK Idled.");
    let counts = world.connections(Protocol::Imap);
    assert_eq!((counts.ever, counts.now, counts.idling), (1, 1, 0));
    line.say("i IDLE\r\n").await;
    line.next().await;
    world.cut_all();
    assert!(line.ended().await);
    soon(world.until(|world| world.connections(Protocol::Imap).now == 0)).await;
    assert_eq!(world.connections(Protocol::Imap).idling, 0);
}

#[tokio::test]
async fn what_a_server_does_not_offer_it_does_not_do() {
    let mut imap = Words::imap();
    for word in
        ["IDLE", "MOVE", "CONDSTORE", "QRESYNC", "UIDPLUS", "SPECIAL-USE", "LITERAL+", "NAMESPACE", "ID"]
    {
        imap = imap.without(word);
    }
    let world = world(MailboxOptions { imap: imap.without("SASL-IR"), ..options() }).await;
    world.add("INBOX", mail("one"));
    let mut line = Line::imap(&world).await;
    let opened = line.ask("SELECT INBOX").await;
    assert!(!opened.iter().any(|line| line.contains("HIGHESTMODSEQ")), "{opened:?}");
    for command in [
        "IDLE",
        "UID MOVE 1 Archive",
        "UID EXPUNGE 1",
        "NAMESPACE",
        "ID NIL",
        "SELECT INBOX (CONDSTORE)",
        "FETCH 1 (MODSEQ)",
        "FETCH 1 (FLAGS) (CHANGEDSINCE 1)",
        "LIST \"\" * RETURN (SPECIAL-USE)",
    ] {
        assert!(line.ask(command).await[0].starts_with("BAD "), "{command}");
        line.ask("SELECT INBOX").await;
    }
    assert_eq!(line.ask("UID COPY 1 Archive").await, ["OK Done."]);
    assert!(line.ask("LIST \"\" Sent").await[0].starts_with("* LIST (\\HasNoChildren) "));
    assert!(line.ask("APPEND Sent {1+}\r\nx").await[0].starts_with("* BYE "));
    assert!(line.ended().await);
}

#[tokio::test]
async fn imap_fails_where_it_was_told_to() {
    let world = world(options()).await;
    world.add("INBOX", mail("one"));
    world.plan(Place::ImapGreeting, Deed::CutBefore);
    assert!(Line::to(world.imap_port()).await.ended().await);

    let mut line = Line::imap(&world).await;
    line.ask("SELECT INBOX").await;
    world.plan_times(2, Place::Imap("FETCH"), Deed::say("NO [UNAVAILABLE] Later."));
    for _ in 0..2 {
        assert_eq!(line.ask("UID FETCH 1 (UID)").await, ["NO [UNAVAILABLE] Later."]);
    }
    world.plan(Place::Imap("FETCH"), Deed::CutWithin(40));
    line.say("f UID FETCH 1 BODY.PEEK[]\r\n").await;
    let mut heard = Vec::new();
    let _ = soon(line.stream.read_to_end(&mut heard)).await;
    assert_eq!(heard.len(), 40);

    // Done, and yet not said: the mail is there.
    let mut line = Line::imap(&world).await;
    line.ask("SELECT INBOX").await;
    world.plan(Place::Imap("APPEND"), Deed::CutAfter);
    assert_eq!(line.ask("APPEND Sent {1+}\r\nx").await, [""]);
    assert_eq!(world.mails("Sent").len(), 1);
    let mut line = Line::imap(&world).await;
    line.ask("SELECT INBOX").await;
    world.plan(Place::Imap("STORE"), Deed::CutBefore);
    assert_eq!(line.ask("UID STORE 1 +FLAGS (\\Seen)").await, [""]);
    assert!(!world.mails("INBOX")[0].has("\\Seen"));

    let mut line = Line::imap(&world).await;
    line.ask("SELECT INBOX").await;
    world.plan(Place::Imap("STORE"), Deed::Held);
    line.say("h UID STORE 1 +FLAGS.SILENT (\\Seen)\r\n").await;
    soon(world.until(|world| world.held() == 1)).await;
    assert!(world.mails("INBOX")[0].has("\\Seen"), "it is done");
    assert!(line.stream.get_mut().try_read(&mut [0; 1]).is_err(), "and not answered");
    world.release();
    assert_eq!(line.next().await, "h OK Stored.");
    assert_eq!(world.held(), 0);

    world.plan(Place::Imap("NOOP"), Deed::Silence);
    line.say("n NOOP\r\n").await;
    soon(world.until(|world| world.heard_times("NOOP") == 1)).await;
    world.cut_all();
    assert_eq!(line.next().await, "");
    world.plan(Place::Imap("NOOP"), Deed::Silence);
    world.forget_plans();
    let mut line = Line::imap(&world).await;
    assert_eq!(line.ask("NOOP").await, ["OK Nothing done."]);
}

#[tokio::test]
async fn smtp_takes_mails_from_who_is_logged_in_and_delivers_our_own() {
    let world = world(MailboxOptions { keeps_sent: true, ..options() }).await;
    let mut line = Line::to(world.smtp_port()).await;
    line.reply().await;
    assert!(line.command("MAIL FROM:<a@b.test>").await.starts_with("503 "));
    line.command("EHLO localhost").await;
    assert!(line.command(&format!("MAIL FROM:<{US}>")).await.starts_with("530 "));
    assert!(line.command("AUTH PLAIN AGEAYg==").await.starts_with("535 "));
    assert!(line.command("AUTH CRAM-MD5").await.starts_with("504 "));
    line.command("AUTH LOGIN").await;
    line.command(&STANDARD.encode(US)).await;
    assert!(line.command(&STANDARD.encode("a password")).await.starts_with("235 "));

    // All at once, and no answer in between is waited for.
    let to = ["dana@example.net", "support+7@example.test"];
    line.say(&format!(
        "MAIL FROM:<{US}> SIZE=99 BODY=8BITMIME SMTPUTF8\r\nRCPT TO:<{}>\r\nRCPT TO:<{}>\r\nDATA\r\n",
        to[0], to[1]
    ))
    .await;
    for code in ["250 2.1.0", "250 2.1.5", "250 2.1.5", "354"] {
        assert!(line.reply().await.starts_with(code));
    }
    assert_eq!(line.command("Subject: hé\r\n\r\n..\r\n..dots\r\n.").await, "250 2.0.0 Taken as 1");
    let sent = &world.sent()[0];
    let raw = "Subject: hé\r\n\r\n.\r\n.dots\r\n";
    assert_eq!((sent.from.as_str(), &*sent.raw, sent.at), (US, raw.as_bytes(), NOW));
    assert_eq!((sent.to.as_slice(), sent.login.as_deref()), (to.map(str::to_owned).as_slice(), Some(US)));
    assert_eq!(sent.parameters, ["SIZE=99", "BODY=8BITMIME", "SMTPUTF8"]);
    let arrived = String::from_utf8(world.mails("INBOX")[0].raw.to_vec()).unwrap();
    assert!(arrived.starts_with(&format!("Return-Path: <{US}>\r\nDelivered-To: {}\r\n", to[1])), "{arrived}");
    assert!(arrived.ends_with(raw), "{arrived}");
    assert!(world.mails("Sent")[0].has("\\Seen"));
    world.bounce(sent, "5.1.1", "550 5.1.1 nobody");
    assert_eq!(world.mails("INBOX").len(), 2);

    for (command, code) in [
        ("DATA", "503"),
        ("RCPT TO:<a@b.test>", "503"),
        ("MAIL FROM:<a@b.test> SIZE=99999999", "552"),
        ("MAIL FROM:<a@b.test> FOO=1", "555"),
        ("MAIL FROM:a@b.test", "501"),
        ("MAIL FROM:<ä@b.test>", "553"),
        ("MAIL FROM:<>", "250"),
        ("MAIL FROM:<>", "503"),
        ("DATA", "554"),
        ("RCPT TO:<ä@b.test>", "553"),
        ("RCPT TO:<a@b.test>", "250"),
        ("RSET", "250"),
        ("DATA", "503"),
        ("STARTTLS", "500"),
        ("NOOP", "250"),
    ] {
        assert!(line.command(command).await.starts_with(code), "{command}");
    }
    for (text, code) in [
        ("a\nb\r\n.".to_owned(), "550 5.6.11"),
        (format!("{}\r\n.", "x".repeat(998)), "250"),
        (format!("{}\r\n.", "x".repeat(999)), "550 5.6.0"),
    ] {
        line.say("MAIL FROM:<>\r\nRCPT TO:<a@b.test>\r\nDATA\r\n").await;
        for _ in 0..3 {
            line.reply().await;
        }
        assert!(line.command(&text).await.starts_with(code), "{code}");
    }
    assert_eq!(world.sent().len(), 2);
    assert!(line.command("QUIT").await.starts_with("221") && line.ended().await);
}

#[tokio::test]
async fn smtp_offers_less_and_then_takes_less() {
    let smtp =
        ["PIPELINING", "8BITMIME", "SMTPUTF8", "AUTH"].iter().fold(Words::smtp(), |w, name| w.without(name));
    let world = world(MailboxOptions { smtp: smtp.with("SIZE 100"), ..options() }).await;
    let mut line = Line::to(world.smtp_port()).await;
    line.reply().await;
    line.say("EHLO localhost\r\n").await;
    let words = [line.next().await, line.next().await, line.next().await];
    assert_eq!(words, ["250-mail.example.test", "250-ENHANCEDSTATUSCODES", "250 SIZE 100"]);
    for (command, code) in [
        ("AUTH PLAIN AGEAYg==", "504"),
        ("MAIL FROM:<a@b.test> BODY=8BITMIME", "555"),
        ("MAIL FROM:<a@b.test> SMTPUTF8", "555"),
        ("MAIL FROM:<a@b.test> SIZE=101", "552"),
        ("MAIL FROM:<a@b.test>", "250"),
        ("RCPT TO:<a@b.test>", "250"),
        ("DATA", "354"),
    ] {
        assert!(line.command(command).await.starts_with(code), "{command}");
    }
    assert!(line.command(&format!("{}\r\n.", "x".repeat(99))).await.starts_with("552"));
    line.say("NOOP\r\nNOOP\r\n").await;
    assert!(line.reply().await.starts_with("554 5.5.0"));
    assert!(line.ended().await);
}

#[tokio::test]
async fn smtp_fails_where_it_was_told_to() {
    let world = world(options()).await;
    let begin = "MAIL FROM:<>\r\nRCPT TO:<a@b.test>\r\nRCPT TO:<c@d.test>\r\nDATA\r\n";
    for (place, codes) in [
        (Place::Smtp("MAIL"), ["451", "503", "503", "503"]),
        (Place::Smtp("RCPT"), ["250", "451", "250", "354"]),
        (Place::Rcpt("C@d.test".into()), ["250", "250", "451", "354"]),
        (Place::Smtp("DATA"), ["250", "250", "250", "451"]),
    ] {
        let mut line = Line::smtp(&world).await;
        world.plan(place.clone(), Deed::say("451 4.3.2 Later"));
        line.say(begin).await;
        for code in codes {
            assert!(line.reply().await.starts_with(code), "{place:?}");
        }
    }
    let mail = "Subject: x\r\n\r\nx\r\n.";
    for (place, deed, answer, kept) in [
        (Place::Dot, Deed::say("550 5.7.1 Spam"), "550 5.7.1 Spam", 0),
        (Place::Dot, Deed::SayAfter("451 4.3.0 Who knows".into()), "451 4.3.0 Who knows", 1),
        (Place::Dot, Deed::CutBefore, "", 0),
        (Place::Dot, Deed::CutAfter, "", 1),
        (Place::Dot, Deed::CutWithin(6), "250 2.", 1),
        (Place::Within(5), Deed::CutBefore, "", 0),
        (Place::Within(0), Deed::CutBefore, "", 0),
    ] {
        let before = world.sent().len();
        let mut line = Line::smtp(&world).await;
        world.plan(place.clone(), deed.clone());
        line.say(begin).await;
        for _ in 0..4 {
            line.reply().await;
        }
        // Where the connection is closed early, not all of it can be said.
        let _ = line.stream.get_mut().write_all(format!("{mail}\r\n").as_bytes()).await;
        assert_eq!(line.reply().await, answer, "{place:?} {deed:?}");
        assert_eq!(world.sent().len() - before, kept, "{place:?} {deed:?}");
    }
    world.plan(Place::SmtpGreeting, Deed::say("421 4.3.2 Too busy"));
    let mut line = Line::to(world.smtp_port()).await;
    assert_eq!(line.reply().await, "421 4.3.2 Too busy");
    assert!(line.ended().await);
    world.plan(Place::Smtp("AUTH"), Deed::say("454 4.7.0 Later"));
    let mut line = Line::to(world.smtp_port()).await;
    line.reply().await;
    line.command("EHLO localhost").await;
    assert_eq!(line.command("AUTH LOGIN").await, "454 4.7.0 Later");
    world.plan(Place::Dot, Deed::Silence);
    let mut line = Line::smtp(&world).await;
    line.say(begin).await;
    for _ in 0..4 {
        line.reply().await;
    }
    line.say(&format!("{mail}\r\n")).await;
    soon(world.until(|world| world.planned() == 0)).await;
    world.cut_all();
    assert_eq!(line.reply().await, "");
}

#[tokio::test]
async fn clients_that_others_wrote_understand_it() {
    let world = world(options()).await;
    let nested = "From: =?utf-8?q?D=C3=A4na?= <dana@example.net>\r\nTo: support@example.test\r\nSubject: hi\r\n\
        Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\ntext\r\n--b\r\nContent-Type: application/pdf; name=a.pdf\r\n\
        Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=a.pdf\r\n\r\nUERG\r\n--b--\r\n";
    world.add("INBOX", nested);
    let stream = TcpStream::connect(("127.0.0.1", world.imap_port())).await.unwrap();
    let mut client = async_imap::Client::new(stream);
    client.read_response().await.unwrap().expect("a greeting");
    let mut session = client.login(US, "a password").await.map_err(|(e, _)| e).unwrap();
    assert!(session.capabilities().await.unwrap().has_str("MOVE"));
    let names: Vec<_> = session.list(Some(""), Some("*")).await.unwrap().try_collect().await.unwrap();
    assert_eq!(names.len(), 6);
    let inbox = session.select_condstore("INBOX").await.unwrap();
    assert_eq!((inbox.exists, inbox.uid_next, inbox.highest_modseq), (1, Some(2), Some(2)));
    let asked = "(UID FLAGS ENVELOPE INTERNALDATE BODYSTRUCTURE BODY.PEEK[])";
    let fetched: Vec<Fetch> = session.uid_fetch("1:*", asked).await.unwrap().try_collect().await.unwrap();
    assert_eq!(fetched[0].body(), Some(nested.as_bytes()));
    assert_eq!(fetched[0].internal_date().unwrap().timestamp_millis(), NOW);
    let envelope = fetched[0].envelope().unwrap();
    assert_eq!(envelope.subject.as_deref(), Some(b"hi".as_slice()));
    assert_eq!(envelope.from.as_ref().unwrap()[0].mailbox.as_deref(), Some(b"dana".as_slice()));
    match fetched[0].bodystructure().unwrap() {
        BodyStructure::Multipart { bodies, .. } => match &bodies[1] {
            BodyStructure::Basic { common, other, .. } => {
                assert_eq!((common.ty.ty.as_ref(), common.ty.subtype.as_ref()), ("application", "pdf"));
                assert_eq!(common.disposition.as_ref().unwrap().ty, "attachment");
                assert_eq!(other.octets, 4);
            }
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
    let part = "BODY.PEEK[2]";
    let fetched: Vec<Fetch> = session.uid_fetch("1", part).await.unwrap().try_collect().await.unwrap();
    let section = async_imap::imap_proto::SectionPath::Part(vec![2], None);
    assert_eq!(fetched[0].section(&section), Some(b"UERG".as_slice()));
    let stored = session.uid_store("1", "+FLAGS (\\Seen)").await.unwrap();
    let stored: Vec<Fetch> = stored.try_collect().await.unwrap();
    assert!(stored[0].flags().any(|flag| flag == Flag::Seen));
    session.append("Sent", Some("(\\Seen)"), None, mail("appended")).await.unwrap();
    assert_eq!(world.mails("Sent").len(), 1);

    let mut idle = session.idle();
    idle.init().await.unwrap();
    let (news, _stop) = idle.wait();
    world.add("INBOX", mail("news"));
    soon(news).await.unwrap();
    let mut session = idle.done().await.unwrap();
    assert_eq!(session.uid_search("SUBJECT news").await.unwrap().into_iter().collect::<Vec<_>>(), [2]);
    session.uid_mv("2", "Archive").await.unwrap();
    assert_eq!(world.mails("Archive").len(), 1);
    session.logout().await.unwrap();

    let smtp = mail_send::SmtpClientBuilder::new("127.0.0.1".to_owned(), world.smtp_port()).unwrap();
    let smtp = smtp.implicit_tls(false).helo_host("localhost").timeout(Duration::from_secs(30));
    let smtp = smtp.credentials((US.to_owned(), "a password".to_owned()));
    let mut smtp = smtp.connect_plain().await.unwrap();
    let message = mail_send::smtp::message::Message::new(US, [US], mail("sent"));
    smtp.send(message).await.unwrap();
    // This client ends every mail with one line more.
    assert_eq!(&*world.sent()[0].raw, [mail("sent").as_slice(), b"\r\n"].concat().as_slice());
    assert_eq!(world.mails("INBOX").len(), 2);
}
