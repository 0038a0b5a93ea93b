//! What a visitor gets to see of a conversation: their messages and the answers that were sent; never a note, an
//! activity, or an answer that can still be taken back.

use super::cursor::{Known, Tick, place};
use crate::domain::attachment::Enclosure;
use crate::domain::delivery::Delivery;
use crate::domain::ids::AttachmentId;
use crate::domain::message::Direction;
use crate::domain::row::MessageRow;
use crate::text::{file_kind, format};
use serde::Serialize;

/// The author as the visitor knows them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Author {
    /// Their name; none for a visitor who gave none.
    pub name: Option<String>,
}

/// A message in the words of the API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Shown {
    /// The visitor's own id for theirs, ours for ours.
    pub id: String,
    /// `inbound` (theirs) or `outbound` (ours).
    pub direction: &'static str,
    /// The words, as they were written: to be shown as text, never as markup.
    pub text: String,
    /// Who wrote.
    pub author: Author,
    /// RFC 3339, UTC.
    pub sent_at: String,
    /// Files that came along.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<File>,
    /// `sent`, `delivered` or `read`.
    pub state: &'static str,
    /// Where it stands, for the cursor.
    #[serde(skip)]
    pub place: i64,
    /// The state, comparable.
    #[serde(skip)]
    pub tick: Tick,
    /// What receipts are reported by.
    #[serde(skip)]
    pub external_id: Option<String>,
}

/// A file of an answer in the words of the API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct File {
    /// Under which it is fetched: `files/ID`.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its media type.
    pub mime: String,
    /// Its size in bytes.
    pub size: u64,
    /// Whether a page may show it as a picture; anything else is to be saved.
    pub image: bool,
}

/// The files of ours that went out with a message.
pub(super) fn own_files(row: &MessageRow) -> impl Iterator<Item = (AttachmentId, Enclosure)> {
    let outbound = row.direction == Direction::Outbound;
    let rows = row.attachments.iter().filter(move |_| outbound);
    rows.filter_map(|file| Some((file.id, Enclosure::of_row(file)?)))
}

/// Whose names are shown to visitors.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    /// The account's name for every agent.
    pub all: Option<String>,
    /// The name of an agent of whom none is known.
    pub fallback: String,
}

impl Names {
    /// The name under which an agent answers.
    pub fn agent<'a>(&'a self, own: Option<&'a str>) -> &'a str {
        self.all.as_deref().or(own).filter(|n| !n.is_empty()).unwrap_or(&self.fallback)
    }
}

/// What the visitor sees of a message, if anything.
pub fn shown(row: &MessageRow, names: &Names) -> Option<Shown> {
    let tick = match row.direction {
        Direction::Inbound if row.seen => Tick::Read,
        Direction::Inbound => Tick::Delivered,
        Direction::Outbound => match row.delivery {
            Some(Delivery::Accepted) | None => Tick::Sent,
            Some(Delivery::Delivered) => Tick::Delivered,
            Some(Delivery::Read) => Tick::Read,
            Some(
                Delivery::Queued
                | Delivery::Sending
                | Delivery::Retrying
                | Delivery::Parked
                | Delivery::Unknown
                | Delivery::Cancelled
                | Delivery::Failed,
            ) => return None,
        },
        Direction::Note | Direction::Activity => return None,
    };
    let name = match row.direction {
        Direction::Inbound => row.author_name.clone(),
        _ => Some(names.agent(row.author_name.as_deref()).to_owned()),
    };
    Some(Shown {
        id: public_id(row),
        direction: row.direction.word(),
        text: row.text.clone(),
        author: Author { name },
        sent_at: format::stamp(row.sent_at),
        files: own_files(row)
            .map(|(id, file)| File {
                id: id.to_string(),
                image: file_kind::is_safe_picture(&file.mime),
                name: file.name,
                mime: file.mime,
                size: file.size,
            })
            .collect(),
        state: tick.word(),
        place: place(row.sent_at, row.id),
        tick,
        external_id: row.external_id.clone(),
    })
}

/// Whether it is an answer that may yet be shown, under the moment that it carries now.
pub fn is_coming(row: &MessageRow) -> bool {
    use Delivery::{Parked, Queued, Retrying, Sending, Unknown};
    let waits = matches!(row.delivery, Some(Queued | Sending | Retrying | Parked | Unknown));
    row.direction == Direction::Outbound && waits
}

/// The id of a message towards its visitor: the part of the external id that is not about whose it is.
fn public_id(row: &MessageRow) -> String {
    let external = row.external_id.as_deref().unwrap_or_default();
    let own = match row.direction {
        Direction::Inbound => {
            external.strip_prefix("v:").and_then(|rest| rest.split_once(':')).map(|(_, id)| id)
        }
        _ => external.strip_prefix("a:"),
    };
    own.map_or_else(|| format!("m{}", row.id), str::to_owned)
}

/// What a page that knows `known` has to be told, oldest first.
pub fn news(rows: &[MessageRow], known: &Known, names: &Names) -> Vec<Shown> {
    rows.iter().filter_map(|row| shown(row, names)).filter(|s| known.is_news(s.place, s.tick)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::{ConversationId, MessageId};
    use crate::domain::message::{AuthorKind, MessageKind};

    fn row(direction: Direction, delivery: Option<Delivery>) -> MessageRow {
        MessageRow {
            id: MessageId(512),
            conversation: ConversationId(1),
            external_id: Some(match direction {
                Direction::Inbound => "v:0123456789abcdef:c:1".into(),
                _ => "a:0190".into(),
            }),
            direction,
            kind: MessageKind::Text,
            author: AuthorKind::Agent,
            author_name: Some("Ana".into()),
            text: "<script>alert(1)</script>".into(),
            sent_at: 2_000,
            delivery,
            reason: None,
            due_at: None,
            scheduled: false,
            op: None,
            seen: false,
            metadata: serde_json::Value::Null,
            given_up: false,
            attachments: Vec::new(),
            mail: None,
            revision: 1,
        }
    }

    #[test]
    fn only_what_was_sent_is_shown() {
        let names = Names::default();
        for hidden in [Direction::Note, Direction::Activity] {
            assert_eq!(shown(&row(hidden, None), &names), None);
        }
        for delivery in Delivery::ALL {
            let seen = shown(&row(Direction::Outbound, Some(*delivery)), &names).map(|s| s.state);
            let want = match delivery {
                Delivery::Accepted => Some("sent"),
                Delivery::Delivered => Some("delivered"),
                Delivery::Read => Some("read"),
                _ => None,
            };
            assert_eq!(seen, want, "{delivery}");
        }
    }

    #[test]
    fn a_visitors_message_carries_their_own_id_and_two_ticks_once_seen() {
        let mut r = row(Direction::Inbound, None);
        let s = shown(&r, &Names::default()).unwrap();
        assert_eq!(
            (s.id.as_str(), s.state, s.sent_at.as_str()),
            ("c:1", "delivered", "1970-01-01T00:00:02.000Z")
        );
        r.seen = true;
        assert_eq!(shown(&r, &Names::default()).unwrap().state, "read");
        r.external_id = None;
        assert_eq!(shown(&r, &Names::default()).unwrap().id, "m512");
    }

    #[test]
    fn the_public_form_says_no_more_than_the_api() {
        let s = shown(&row(Direction::Outbound, Some(Delivery::Accepted)), &Names::default()).unwrap();
        assert_eq!(
            serde_json::to_value(&s).unwrap(),
            serde_json::json!({
                "id": "0190", "direction": "outbound", "text": "<script>alert(1)</script>",
                "author": {"name": "Ana"}, "sent_at": "1970-01-01T00:00:02.000Z", "state": "sent"
            })
        );
    }

    #[test]
    fn the_account_may_speak_under_one_name() {
        let names = Names { all: Some("Support".into()), fallback: "us".into() };
        assert_eq!(names.agent(Some("Ana")), "Support");
        assert_eq!(Names { all: None, ..names.clone() }.agent(Some("Ana")), "Ana");
        assert_eq!(Names { all: None, ..names }.agent(None), "us");
    }
}
