//! Mails from customers: kept, listed, told of by webhook, and handed out by their own bytes.

use super::{Push, ResendWorld, Shared};
use crate::domain::clock::Ms;
use crate::sandbox::letter::{Letter, bare};
use serde_json::{Map, Value, json};

/// A mail as Resend received it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inbound {
    /// The mail.
    pub letter: Letter,
    /// When it came (UTC milliseconds); none = now.
    pub at: Option<Ms>,
    /// Whether its own bytes can be had.
    pub is_whole: bool,
    /// What becomes of the webhook; none = there is none.
    pub push: Option<Push>,
}

impl From<Letter> for Inbound {
    fn from(letter: Letter) -> Inbound {
        Inbound { letter, at: None, is_whole: true, push: Some(Push::Signed) }
    }
}

/// A mail that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Kept {
    pub id: String,
    pub at: Ms,
    pub letter: Letter,
    pub is_whole: bool,
}

impl ResendWorld {
    /// A customer's mail reaches the MX: it is kept, and the hook is called. Its id, and the status of each answer.
    pub async fn inbound(&self, inbound: impl Into<Inbound>) -> (String, Vec<Option<u16>>) {
        let Inbound { letter, at, is_whole, push } = inbound.into();
        let shared = &self.shared;
        let kept = {
            let mut state = shared.far.state();
            let id = state.next_id();
            let kept = Kept { id, at: at.unwrap_or_else(|| shared.options.clock.now()), letter, is_whole };
            state.received.push(kept.clone());
            // The list goes by time, whatever comes when.
            state.received.sort_by_key(|one| one.at);
            kept
        };
        let mut data = shared.row(&kept);
        data.insert("email_id".into(), json!(kept.id));
        data.remove("id");
        let now = shared.written(shared.options.clock.now());
        let event = json!({"type": "email.received", "created_at": now, "data": data});
        let answers = match push {
            Some(push) => shared.tell(&event, push).await,
            None => Vec::new(),
        };
        shared.far.bump();
        (kept.id, answers)
    }

    /// A mail that came in is deleted.
    pub fn forget(&self, id: &str) {
        self.shared.far.state().received.retain(|kept| kept.id != id);
    }
}

impl Shared {
    /// What the list tells of a mail.
    fn row(&self, kept: &Kept) -> Map<String, Value> {
        let letter = &kept.letter;
        let list = |one: &Option<String>| one.iter().map(|one| bare(one).to_owned()).collect::<Vec<_>>();
        let mut row = Map::new();
        row.insert("id".into(), json!(kept.id));
        row.insert("to".into(), json!([bare(&letter.to)]));
        row.insert("from".into(), json!(letter.from));
        row.insert("created_at".into(), json!(self.written(kept.at)));
        row.insert("subject".into(), json!(letter.subject));
        row.insert("bcc".into(), json!([]));
        row.insert("cc".into(), json!(list(&letter.cc)));
        row.insert("received_for".into(), json!(letter.envelope_to()));
        row.insert("message_id".into(), json!(letter.message_id.as_ref().map(|id| format!("<{id}>"))));
        let files = letter.files.iter().enumerate().map(|(n, file)| {
            json!({
                "id": format!("{}-f{n}", kept.id), "filename": file.name, "content_type": file.mime, "size": file.bytes.len(),
                "content_disposition": if file.content_id.is_some() { "inline" } else { "attachment" },
                "content_id": file.content_id,
            })
        });
        row.insert("attachments".into(), files.collect());
        row
    }

    /// A piece of the list, the newest first.
    pub(super) fn list(&self, limit: usize, after: Option<&str>) -> Option<Value> {
        let all: Vec<_> = self.far.state().received.iter().rev().cloned().collect();
        let from = match after {
            Some(after) => all.iter().position(|kept| kept.id == after)? + 1,
            None => 0,
        };
        let rows: Vec<_> = all.iter().skip(from).take(limit).map(|kept| self.row(kept)).collect();
        Some(json!({"object": "list", "has_more": all.len() > from + rows.len(), "data": rows}))
    }

    /// A mail in pieces, with where its bytes are.
    pub(super) fn retrieve(&self, id: &str) -> Option<Value> {
        let kept = self.far.state().received.iter().find(|kept| kept.id == id).cloned()?;
        let letter = &kept.letter;
        let mut told = self.row(&kept);
        let mut headers = Map::new();
        for line in letter.head().replace("\n ", " ").lines() {
            if let Some((name, value)) = line.split_once(": ") {
                headers.insert(name.to_lowercase(), json!(value));
            }
        }
        told.insert("object".into(), json!("email"));
        told.insert("headers".into(), Value::Object(headers));
        told.insert("html".into(), json!(letter.html));
        told.insert("text".into(), json!(letter.text));
        let expires = self.written(self.options.clock.now() + 3_600_000);
        let raw = json!({"download_url": format!("{}/cdn/{}/raw?Signature=x", self.base, kept.id), "expires_at": expires});
        told.insert("raw".into(), if kept.is_whole { raw } else { Value::Null });
        Some(Value::Object(told))
    }

    /// Where a file of a mail is.
    pub(super) fn attachment(&self, id: &str, file: &str) -> Option<Value> {
        let kept = self.far.state().received.iter().find(|kept| kept.id == id).cloned()?;
        let row = self.row(&kept);
        let mut told = row["attachments"].as_array()?.iter().find(|one| one["id"] == file)?.clone();
        told["object"] = json!("attachment");
        told["download_url"] = json!(format!("{}/cdn/{id}/{file}?Signature=x", self.base));
        Some(told)
    }

    /// The bytes behind an address of the store.
    pub(super) fn stored(&self, id: &str, what: &str) -> Option<Vec<u8>> {
        let kept = self.far.state().received.iter().find(|kept| kept.id == id).cloned()?;
        if what == "raw" {
            return Some(kept.letter.raw());
        }
        let n: usize = what.strip_prefix(&format!("{id}-f"))?.parse().ok()?;
        kept.letter.files.get(n).map(|file| file.bytes.clone())
    }
}
