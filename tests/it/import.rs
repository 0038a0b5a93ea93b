//! Mails from mbox files and Maildirs: what lands in the store, whatever form they come in, in which order, and how often.

use crate::laws::facts::dump_of;
use crate::support::{Home, until};
use frontdesk::domain::clock::{ManualClock, SystemClock};
use frontdesk::domain::conversation::Status;
use frontdesk::domain::message::{Direction, MessageKind};
use frontdesk::domain::query::parse;
use frontdesk::domain::row::{ConversationRow, Fetch, MessageRow};
use frontdesk::engine::import::{
    ImportError, ImportReport, MailOptions, Mails, Place, Progress, import_mails,
};
use frontdesk::engine::lock;
use frontdesk::store::{Reader, Store};
use jiff::tz::TimeZone;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const NOW: i64 = 1_800_000_000_000;
const DESK: &str = "Desk <support@acme.example>";
const ANNA: &str = "Anna de Vries <anna@customer.example>";
const BOB: &str = "bob@customer.example";

/// A workspace and a place for files.
struct Desk {
    dir: tempfile::TempDir,
    store: Store,
}

/// A mail as it lies in a file: which folder, how it is marked, its text.
struct Lying {
    folder: &'static str,
    letters: Option<&'static str>,
    text: String,
}

impl Desk {
    fn new() -> Desk {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("w"), Arc::new(ManualClock::new(NOW))).unwrap();
        Desk { dir, store }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn import(&self, from: &Path, options: &MailOptions) -> ImportReport {
        import_mails(&self.store, Mails::Path(from), options, &mut |_| {}).unwrap()
    }

    fn reader(&self) -> Reader {
        self.store.reader().unwrap()
    }

    /// All conversations, the one with the newest message first.
    fn all(&self) -> Vec<ConversationRow> {
        self.reader().list_query(&parse("").unwrap(), None, 100, None, 0, &TimeZone::UTC).unwrap()
    }

    fn thread(&self, row: &ConversationRow) -> Vec<MessageRow> {
        self.reader().thread(row.id, None, 100).unwrap()
    }

    fn texts(&self, row: &ConversationRow) -> Vec<String> {
        self.thread(row).into_iter().map(|m| m.text).collect()
    }

    fn check(&self) {
        let reader = self.reader();
        for row in self.all() {
            let wrong = reader.verify(row.id).unwrap();
            assert!(wrong.is_empty(), "{wrong:?}");
        }
        assert!(reader.verify_counts().unwrap().is_empty());
    }

    fn dump(&self) -> Vec<String> {
        dump_of(self.store.dir())
    }
}

fn mail(id: &str, minute: u8, from: &str, to: &str, subject: &str, more: &str, body: &str) -> String {
    // What we sent lies where our own program has put it: no server has brought it.
    let way = match from {
        DESK => String::new(),
        _ => format!(
            "Received: from mx.example by mx.acme.example; Thu, 16 Nov 2023 10:{minute:02}:01 +0000\n"
        ),
    };
    format!(
        "{way}Message-ID: <{id}@x.example>\nDate: Thu, 16 Nov 2023 10:{minute:02}:00 +0000\nFrom: {from}\nTo: {to}\n\
         Subject: {subject}\n{more}MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n{body}\n"
    )
}

/// A small mailbox: two matters, an answer of ours, and what is not wanted.
fn mailbox() -> Vec<Lying> {
    let lying = |folder, letters, text| Lying { folder, letters, text };
    vec![
        lying("", Some("RS"), mail("a", 0, ANNA, DESK, "Broken lamp", "", "It does not light.")),
        lying(
            ".Sent",
            Some("S"),
            mail("b", 10, DESK, ANNA, "Re: Broken lamp", "In-Reply-To: <a@x.example>\n", "A new one comes."),
        ),
        lying(
            "",
            None,
            mail(
                "c",
                20,
                ANNA,
                DESK,
                "Re: Broken lamp",
                "References: <a@x.example> <b@x.example>\n",
                "Thanks!",
            ),
        ),
        lying("", Some("F"), mail("d", 30, BOB, DESK, "Invoice", "", "From where I sit it is wrong.")),
        lying("", Some("ST"), mail("e", 40, BOB, DESK, "Invoice", "", "thrown away")),
        lying("", Some("D"), mail("f", 41, DESK, BOB, "Re: Invoice", "", "not sent yet")),
        lying(".Trash", Some("S"), mail("g", 42, BOB, DESK, "Old", "", "in the trash")),
        lying(".Junk.2023", None, mail("h", 43, "spam@y.example", DESK, "Win", "", "spam")),
        lying(".Drafts", Some("D"), mail("i", 44, DESK, BOB, "Hello", "", "a draft")),
    ]
}

fn maildir(root: &Path, mails: &[Lying]) {
    for (n, one) in mails.iter().enumerate() {
        let folder = root.join(one.folder);
        for part in ["cur", "new", "tmp"] {
            fs::create_dir_all(folder.join(part)).unwrap();
        }
        let name = match one.letters {
            Some(letters) => format!("cur/{}.M{n}.mx:2,{letters}", 1_700_128_000 + n),
            None => format!("new/{}.M{n}.mx", 1_700_128_000 + n),
        };
        fs::write(folder.join(name), &one.text).unwrap();
    }
}

/// The same as one file, as `mboxrd` writes it.
fn mbox(mails: &[Lying]) -> String {
    let mut out = String::new();
    for one in mails {
        out.push_str("From x@y.example Thu Nov 16 10:00:00 2023\n");
        for (letter, field) in [
            ("S", "Status: RO\n"),
            ("R", "X-Status: A\n"),
            ("F", "X-Status: F\n"),
            ("T", "X-Status: D\n"),
            ("D", "X-Status: T\n"),
        ] {
            if one.letters.is_some_and(|letters| letters.contains(letter)) {
                out.push_str(field);
            }
        }
        for line in one.text.lines() {
            if line.trim_start_matches('>').starts_with("From ") {
                out.push('>');
            }
            out.push_str(line);
            out.push('\n');
        }
        out.push('\n');
    }
    out
}

fn wanted() -> Vec<Lying> {
    mailbox().into_iter().filter(|one| matches!(one.folder, "" | ".Sent")).collect()
}

#[test]
fn a_maildir_becomes_read_and_resolved_history() {
    let desk = Desk::new();
    maildir(&desk.path("m"), &mailbox());
    let report = desk.import(&desk.path("m"), &MailOptions::default());
    assert_eq!((report.lines, report.messages, report.duplicates, report.conversations), (6, 4, 0, 2));
    assert_eq!((report.bad, report.left_out), (0, 2), "{:?}", report.bad_places);
    assert_eq!(report.folders_left_out, ["Drafts", "Junk/2023", "Trash"]);
    assert_eq!((report.own.as_slice(), report.own_guessed), (&["support@acme.example".to_owned()][..], true));
    let rows = desk.all();
    let (bob, anna) = (&rows[0], &rows[1]);
    for row in &rows {
        assert_eq!((row.status, row.unread, row.waiting_since), (Status::Resolved, 0, None));
        assert_eq!((row.account_name.as_str(), row.ours.as_str()), ("import/email", "support@acme.example"));
    }
    assert_eq!((anna.contact_name.as_str(), anna.subject.as_deref()), ("Anna de Vries", Some("Broken lamp")));
    assert_eq!((bob.theirs.as_str(), bob.labels.as_slice()), (BOB, &["flagged".to_owned()][..]));
    assert_eq!(desk.texts(bob), ["From where I sit it is wrong."]);
    let thread = desk.thread(anna);
    let told: Vec<_> = thread.iter().map(|m| (m.direction, m.text.as_str())).collect();
    assert_eq!(
        told,
        [
            (Direction::Inbound, "It does not light."),
            (Direction::Outbound, "A new one comes."),
            (Direction::Inbound, "Thanks!"),
        ]
    );
    assert_eq!(thread[0].sent_at, 1_700_128_800_000);
    assert_eq!(thread[1].mail.as_ref().unwrap().in_reply_to, ["a@x.example"]);
    let capabilities = desk.reader().account(anna.account).unwrap().unwrap().capabilities.unwrap();
    assert!(capabilities.on(anna.channel).unwrap().read_only.is_some());
    desk.check();
}

#[test]
fn all_takes_spam_and_trash_but_never_drafts() {
    let desk = Desk::new();
    maildir(&desk.path("m"), &mailbox());
    let report = desk.import(&desk.path("m"), &MailOptions { all: true, ..MailOptions::default() });
    assert_eq!((report.messages, report.left_out, report.folders_left_out.len()), (7, 1, 1));
}

#[test]
fn open_leaves_open_and_unread_what_nobody_has_read() {
    let desk = Desk::new();
    maildir(&desk.path("m"), &mailbox());
    desk.import(&desk.path("m"), &MailOptions { open: true, ..MailOptions::default() });
    let told: Vec<_> = desk.all().iter().map(|r| (r.status, r.unread, r.waiting_since.is_some())).collect();
    assert_eq!(told, [(Status::Open, 1, true), (Status::Open, 1, true)]);
    desk.check();
    // Imported again as history it is read and resolved.
    desk.import(&desk.path("m"), &MailOptions::default());
    let told: Vec<_> = desk.all().iter().map(|r| (r.status, r.unread)).collect();
    assert_eq!(told, [(Status::Resolved, 0), (Status::Resolved, 0)]);
    desk.check();
}

#[test]
fn the_form_of_the_files_makes_no_difference() {
    let as_maildir = Desk::new();
    maildir(&as_maildir.path("m"), &wanted());
    as_maildir.import(&as_maildir.path("m"), &MailOptions::default());
    let options = MailOptions { own: vec!["Support@acme.example".into()], ..MailOptions::default() };
    let said = |desk: &Desk| -> Vec<_> {
        let rows = desk.all();
        rows.iter().map(|r| (r.external_id.clone(), r.labels.clone(), r.status, desk.texts(r))).collect()
    };
    for text in [mbox(&wanted()), mbox(&wanted()).replace('\n', "\r\n")] {
        let as_mbox = Desk::new();
        fs::write(as_mbox.path("all.mbox"), &text).unwrap();
        let mut last = Progress::default();
        let report =
            import_mails(&as_mbox.store, Mails::Path(&as_mbox.path("all.mbox")), &options, &mut |p| last = p)
                .unwrap();
        assert_eq!((report.messages, report.left_out, report.bad), (4, 2, 0), "{report:?}");
        assert_eq!((last.lines, last.messages), (6, 4));
        assert_eq!((last.done, last.total), (text.len() as u64, text.len() as u64));
        assert_eq!(said(&as_mbox), said(&as_maildir));
        as_mbox.check();
        let as_stream = Desk::new();
        let source = Mails::Reader(&mut text.as_bytes());
        import_mails(&as_stream.store, source, &options, &mut |_| {}).unwrap();
        assert_eq!(said(&as_stream), said(&as_maildir));
    }
}

#[test]
fn twice_is_once_and_the_order_makes_no_difference() {
    let (there, back) = (Desk::new(), Desk::new());
    let mut mails = wanted();
    fs::write(there.path("m"), mbox(&mails)).unwrap();
    there.import(&there.path("m"), &MailOptions::default());
    let once = there.dump();
    let report = there.import(&there.path("m"), &MailOptions::default());
    assert_eq!((report.messages, report.duplicates, report.conversations), (0, 4, 2));
    assert_eq!(there.dump(), once);
    mails.reverse();
    for (n, one) in mails.iter().enumerate() {
        // Every mail on its own, the newest first.
        let text = mbox(std::slice::from_ref(one));
        let file = back.path(&format!("{n}/m"));
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, text).unwrap();
        back.import(
            &file,
            &MailOptions { own: vec!["support@acme.example".into()], ..MailOptions::default() },
        );
        back.check();
    }
    assert_eq!(back.dump(), once);
}

#[test]
fn what_an_agent_has_done_meanwhile_stays() {
    use frontdesk::domain::command::{Action, set};
    use frontdesk::store::{Actor, Class};
    let desk = Desk::new();
    maildir(&desk.path("m"), &wanted());
    desk.import(&desk.path("m"), &MailOptions::default());
    let id = desk.all()[0].id;
    for facet in [set::status(Status::Open), set::label("flagged", false)] {
        let action = Action::Set { conversation: id, facet };
        let actor = Actor { name: "Ana".into(), email: "ana@example.com".into() };
        desk.store.writer().call(Class::Durable, move |t| t.perform(&actor, &action)).unwrap();
    }
    desk.import(&desk.path("m"), &MailOptions::default());
    let row = &desk.all()[0];
    assert_eq!((row.status, row.labels.len()), (Status::Open, 0));
    desk.check();
}

#[test]
fn what_is_no_mail_is_told_and_passed_over() {
    let desk = Desk::new();
    let root = desk.path("m");
    maildir(&root, &wanted());
    fs::write(root.join("cur/1.empty:2,S"), "").unwrap();
    fs::write(root.join("cur/2.words:2,S"), "just words\n").unwrap();
    fs::write(root.join("cur/3.bytes:2,S"), [0u8, 255, 10, 13, 0]).unwrap();
    let report = desk.import(&root, &MailOptions::default());
    assert_eq!((report.messages, report.bad, report.lines), (4, 3, 9));
    let told: Vec<String> = report.bad_places.iter().map(|(place, why)| format!("{place}: {why}")).collect();
    assert!(told[0].ends_with("1.empty:2,S: it is empty"), "{told:?}");
    assert!(told[1].contains("it has no head"), "{told:?}");

    let file = desk.path("broken.mbox");
    let begin = "words before the first mail\n\n";
    fs::write(&file, format!("{begin}{}", mbox(&wanted()))).unwrap();
    let report = desk.import(&file, &MailOptions::default());
    assert_eq!((report.duplicates, report.bad), (4, 1));
    assert_eq!(report.bad_places[0].0, Place::Offset(file.clone(), 0));
    assert_eq!(report.own, ["support@acme.example"]);
}

#[test]
fn who_we_are_has_to_be_known() {
    let desk = Desk::new();
    let import = |from: &str| {
        import_mails(&desk.store, Mails::Path(&desk.path(from)), &MailOptions::default(), &mut |_| {})
    };
    fs::create_dir_all(desk.path("nothing")).unwrap();
    assert!(matches!(import("nothing"), Err(ImportError::Nothing { .. })));
    fs::create_dir_all(desk.path("trash/.Trash/cur")).unwrap();
    let why = import("trash").unwrap_err().to_string();
    assert!(why.contains("Trash") && why.contains("--all"), "{why}");
    fs::write(desk.path("nobody"), "From x@y.example Thu Nov 16 10:00:00 2023\nSubject: x\n\nx\n").unwrap();
    let why = import("nobody").unwrap_err().to_string();
    assert!(why.contains("--own"), "{why}");
    let stream =
        import_mails(&desk.store, Mails::Reader(&mut "".as_bytes()), &MailOptions::default(), &mut |_| {});
    assert!(matches!(stream, Err(ImportError::OwnOfStream)));
    assert!(matches!(import("missing"), Err(ImportError::Read(_))));
}

/// A mail with a file whose name wants to be somewhere else.
fn with_file(id: &str) -> String {
    let head =
        mail(id, 5, ANNA, DESK, "Photo", "", "").replace("Content-Type: text/plain; charset=utf-8\n\n\n", "");
    format!(
        "{head}Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nSee there.\n--b\n\
         Content-Type: image/png; name=\"../../.ssh/a\u{1b}[2Jb.png\"\nContent-Transfer-Encoding: base64\n\
         Content-Disposition: attachment\n\niVBORw0KGgo=\n--b--\n"
    )
}

#[test]
fn files_are_named_and_kept_where_that_is_asked_for() {
    let desk = Desk::new();
    let lying =
        [("1", "x"), ("2", "y")].map(|(_, id)| Lying { folder: "", letters: Some("S"), text: with_file(id) });
    maildir(&desk.path("m"), &lying);
    let file = |desk: &Desk| {
        let row = desk.all().remove(0);
        desk.thread(&row).remove(0).attachments.remove(0)
    };
    let report = desk.import(&desk.path("m"), &MailOptions::default());
    assert_eq!((report.messages, report.files), (2, 0));
    let named = file(&desk);
    assert!(named.name.ends_with("b.png") && !named.name.contains(['/', '\u{1b}']), "{named:?}");
    assert_eq!((named.size, named.path.as_deref(), named.fetch), (Some(8), None, Fetch::No));
    assert!(!desk.store.files_dir().exists());
    // Once more, with files: nothing is new but those.
    let report = desk.import(&desk.path("m"), &MailOptions { files: true, ..MailOptions::default() });
    assert_eq!((report.messages, report.duplicates, report.files), (0, 2, 2));
    let kept = file(&desk);
    let path = desk.store.dir().join(kept.path.unwrap());
    assert_eq!(fs::read(&path).unwrap(), b"\x89PNG\r\n\x1a\n");
    let places = fs::read_dir(path.parent().unwrap().parent().unwrap()).unwrap().count();
    assert_eq!(places, 1, "the same content is kept once");
    desk.check();
}

#[test]
fn mails_without_an_id_are_recognised_by_themselves() {
    let desk = Desk::new();
    let bare = |words: &str| {
        let text = mail("x", 1, ANNA, DESK, "Hi", "", words).replace("Message-ID: <x@x.example>\n", "");
        Lying { folder: "", letters: Some("S"), text }
    };
    maildir(&desk.path("m"), &[bare("one"), bare("two"), bare("one")]);
    let report = desk.import(&desk.path("m"), &MailOptions::default());
    assert_eq!((report.messages, report.duplicates), (2, 1));
}

#[test]
fn a_mail_that_came_back_calls_nobody_in_imported_history() {
    let desk = Desk::new();
    let bounce = "Message-ID: <z@mx.example>\nDate: Thu, 16 Nov 2023 10:15:00 +0000\nFrom: MAILER-DAEMON@mx.example\n\
         To: support@acme.example\nSubject: Undelivered\nMIME-Version: 1.0\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\nContent-Type: text/plain\n\n\
         It came back.\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n\
         Final-Recipient: rfc822; anna@customer.example\nAction: failed\nStatus: 5.1.1\n\n--b\n\
         Content-Type: message/rfc822\n\nMessage-ID: <b@x.example>\nSubject: Re: Broken lamp\n\nwords\n--b--\n";
    let mut mails = wanted();
    mails.push(Lying { folder: "", letters: Some("S"), text: bounce.into() });
    maildir(&desk.path("m"), &mails);
    desk.import(&desk.path("m"), &MailOptions::default());
    let rows = desk.all();
    let anna = rows.iter().find(|row| row.subject.as_deref() == Some("Broken lamp")).unwrap();
    let kinds: Vec<_> = desk.thread(anna).iter().map(|m| (m.kind, m.delivery.is_some())).collect();
    assert_eq!(kinds.iter().filter(|(kind, _)| *kind == MessageKind::Bounce).count(), 1, "{kinds:?}");
    assert!(kinds.iter().all(|(_, told)| !told), "nothing is failed: {kinds:?}");
    desk.check();
}

#[test]
fn who_only_writes_our_address_above_a_mail_puts_no_words_into_our_mouth() {
    let desk = Desk::new();
    let delivered = |text: String| format!("Return-Path: <x@evil.example>\n{text}");
    let forged = delivered(mail("z", 50, DESK, ANNA, "Pay here", "", "Send money."));
    let form = delivered(mail(
        "y",
        51,
        DESK,
        DESK,
        "From our form",
        &format!("Reply-To: {BOB}\n"),
        "I have a question.",
    ));
    let sent = delivered(mail("x", 52, DESK, ANNA, "Hello", "", "We are here."));
    let mails = [("", forged), ("", form), (".Sent", sent)].map(|(folder, text)| Lying {
        folder,
        letters: Some("S"),
        text,
    });
    maildir(&desk.path("m"), &mails);
    desk.import(
        &desk.path("m"),
        &MailOptions { own: vec!["support@acme.example".into()], ..MailOptions::default() },
    );
    let told: BTreeMap<String, Direction> =
        desk.all().iter().flat_map(|row| desk.thread(row)).map(|m| (m.text, m.direction)).collect();
    assert_eq!(told["Send money."], Direction::Inbound);
    assert_eq!(told["I have a question."], Direction::Inbound);
    assert_eq!(
        told["We are here."],
        Direction::Outbound,
        "whoever has brought it, it lies among what was sent"
    );
    desk.check();
}

/// Many mails, some of them answers to others.
fn many(count: usize) -> String {
    let mut out = String::new();
    for n in 0..count {
        let from = format!("customer{}@x.example", n % 97);
        let more = if n >= 100 && n % 3 > 0 {
            format!("In-Reply-To: <m{}@x.example>\n", n - 97)
        } else {
            String::new()
        };
        let subject = format!("{}Matter {}", if more.is_empty() { "" } else { "Re: " }, n % 97);
        out.push_str("From x@y.example Thu Nov 16 10:00:00 2023\n");
        out.push_str(&mail(
            &format!("m{n}"),
            (n % 60) as u8,
            &from,
            DESK,
            &subject,
            &more,
            &format!("words {n}"),
        ));
        out.push('\n');
    }
    out
}

#[test]
fn an_import_that_is_killed_goes_on_when_it_is_begun_again() {
    let (home, other) = (Home::empty(), Home::empty());
    for home in [&home, &other] {
        fs::write(home.path().join("m.mbox"), many(3_000)).unwrap();
        home.run(&["list"]).ok();
    }
    let import = |home: &Home| {
        let file = home.path().join("m.mbox");
        let mut command = home.command(&["import", file.to_str().unwrap(), "--own", "support@acme.example"]);
        command.stdout(std::process::Stdio::null());
        command
    };
    // While an engine runs, transactions are small.
    let engine = lock::try_acquire(&home.workspace()).unwrap().expect("nobody else runs it");
    let mut child = import(&home).spawn().unwrap();
    let store = Store::open(&home.workspace(), Arc::new(SystemClock)).unwrap();
    let messages = || store.reader().unwrap().conversation_ids().unwrap().len();
    until("the first mails", || (messages() > 0).then_some(()));
    child.kill().unwrap();
    child.wait().unwrap();
    drop(engine);
    let kept = store.reader().unwrap().conversation_ids().unwrap();
    for id in kept {
        assert!(store.reader().unwrap().verify(id).unwrap().is_empty());
    }
    drop(store);
    assert!(import(&home).status().unwrap().success());
    assert!(import(&other).status().unwrap().success());
    assert_eq!(dump_of(&home.workspace()), dump_of(&other.workspace()));
}
