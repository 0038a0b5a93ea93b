//! A home of its own for the real binary, and customers who write into its store.

use frontdesk::domain::account::Channel;
use frontdesk::domain::clock::{Clock, SystemClock};
use frontdesk::domain::contact::{Identity, IdentityKind, Party};
use frontdesk::domain::event::{ConversationFact, ConversationKey, Event, MessageFact};
use frontdesk::domain::mail::{Mail, Mailbox};
use frontdesk::domain::message::{Author, Direction, MessageKind};
use frontdesk::domain::rev::Rev;
use frontdesk::store::{Class, Store};
use serde_json::Value;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

/// A home of its own.
pub struct World {
    home: tempfile::TempDir,
}

/// What a run printed, and how it ended.
#[derive(Debug)]
pub struct Run {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Run {
    /// The objects that were printed.
    pub fn objects(&self) -> Vec<Value> {
        self.out.lines().map(|l| serde_json::from_str(l).unwrap_or_else(|e| panic!("{e}: {l}"))).collect()
    }
}

impl World {
    pub fn new() -> World {
        World { home: tempfile::tempdir().unwrap() }
    }

    pub fn home(&self) -> &Path {
        self.home.path()
    }

    pub fn config(&self, text: &str) {
        std::fs::write(self.home().join("config.toml"), text).unwrap();
    }

    pub fn run(&self, args: &[&str]) -> Run {
        self.run_with(args, &[], "")
    }

    /// Runs with variables and standard input. Nothing of the environment of the tests is seen.
    pub fn run_with(&self, args: &[&str], env: &[(&str, &str)], stdin: &str) -> Run {
        let mut child = Command::new(env!("CARGO_BIN_EXE_frontdesk"))
            .args(args)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.home())
            .env("FRONTDESK_HOME", self.home())
            .env("FRONTDESK_AGENT_NAME", "Ana")
            .env("FRONTDESK_AGENT_EMAIL", "ana@example.com")
            .env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus")
            .env("TZ", "UTC")
            .envs(env.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A command that does not read its input may have ended already.
        let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
        let output = child.wait_with_output().unwrap();
        Run {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Runs with `--json`, expects success, answers the objects printed.
    pub fn json(&self, args: &[&str]) -> Vec<Value> {
        let mut all = vec!["--json"];
        all.extend(args);
        let run = self.run(&all);
        assert_eq!(run.code, 0, "{args:?}: {run:?}");
        run.objects()
    }

    /// A chat page named `shop`, and one message of a visitor on it. Answers the conversation's id.
    pub fn visitor_writes(&self, name: &str, text: &str) -> String {
        if self.json(&["channel", "list"]).is_empty() {
            assert_eq!(self.run(&["channel", "add", "webchat", "--name", "shop"]).code, 0);
        }
        let now = SystemClock.now();
        let visitor = format!("visitor-{}", name.to_lowercase().replace(' ', "-"));
        let fact = MessageFact {
            conversation: ConversationFact {
                key: ConversationKey(visitor.clone()),
                channel: Channel::Webchat,
                party: Party {
                    identities: vec![Identity::new(IdentityKind::Visitor, visitor.clone())],
                    name: Some(name.to_owned()),
                    claims: Vec::new(),
                    said: None,
                },
                ours: "shop".into(),
                theirs: visitor,
                facets: Vec::new(),
            },
            external_id: format!("v:{name}:{text}"),
            token: None,
            direction: Direction::Inbound,
            kind: MessageKind::Text,
            author: Author::contact(Some(name.to_owned())),
            text: text.to_owned(),
            sent_at: now,
            attachments: Vec::new(),
            metadata: Value::Null,
            mail: None,
            delivery: None,
            history: false,
            rev: Rev::at(now),
        };
        self.applied("shop", fact).0
    }

    /// A mailbox named `desk`, and a mail of a customer in it. Answers the message's id.
    pub fn mail_comes(&self, subject: &str, text: &str) -> String {
        let add = ["channel", "add", "imap", "--name", "desk", "--set", "address=support@example.com"];
        let run = self.run(&[&add[..], &["--secret-env", "password=MAILBOX"]].concat());
        assert_eq!(run.code, 0, "{run:?}");
        let now = SystemClock.now();
        let customer = Mailbox::named("Dana", "dana@example.net");
        let fact = MessageFact {
            conversation: ConversationFact {
                key: ConversationKey("mail:1@example.net".into()),
                channel: Channel::Email,
                party: Party {
                    identities: vec![Identity::new(IdentityKind::Email, customer.address.clone())],
                    name: customer.name.clone(),
                    claims: Vec::new(),
                    said: None,
                },
                ours: "support@example.com".into(),
                theirs: customer.address.clone(),
                facets: Vec::new(),
            },
            external_id: "1@example.net".into(),
            token: None,
            direction: Direction::Inbound,
            kind: MessageKind::Text,
            author: Author::contact(customer.name.clone()),
            text: text.to_owned(),
            sent_at: now,
            attachments: Vec::new(),
            metadata: Value::Null,
            mail: Some(Box::new(Mail {
                message_id: "1@example.net".into(),
                subject: subject.into(),
                from: Some(customer),
                to: vec![Mailbox::bare("support@example.com")],
                ..Mail::default()
            })),
            delivery: None,
            history: false,
            rev: Rev::at(now),
        };
        self.applied("desk", fact).1
    }

    /// The store that the binary works on.
    pub fn store(&self) -> Store {
        Store::open(&self.home().join("data/main"), Arc::new(SystemClock)).unwrap()
    }

    /// Has a message come in on an account. Answers the ids of its conversation and its own.
    fn applied(&self, account: &str, fact: MessageFact) -> (String, String) {
        let store = self.store();
        let account = store.reader().unwrap().account_by_name(account).unwrap().unwrap().id;
        let event = Event::Message(Box::new(fact));
        let applied = store.writer().call(Class::Durable, move |t| t.apply(account, &[event])).unwrap();
        let conversation = applied.conversations[0];
        let newest = store.reader().unwrap().thread(conversation, None, 1).unwrap()[0].id;
        (conversation.to_string(), newest.to_string())
    }
}
