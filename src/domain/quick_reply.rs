//! Quick replies: canned answers, their variants per medium and language, and which of them fits a conversation.

use crate::domain::account::Channel;
use crate::domain::attachment::Enclosure;
use crate::domain::ids::QuickReplyId;
use crate::domain::row::ConversationRow;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How many slots there are: Alt-1 to Alt-9.
pub const SLOTS: u8 = 9;

/// The label that says in which language a conversation is held begins with this: `lang:nl`.
pub const LANGUAGE_LABEL: &str = "lang:";

/// A quick reply. Rows with one shortcut are variants of each other.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct QuickReply {
    /// What is typed to find it.
    pub shortcut: String,
    /// The only medium that it is for; none = any.
    pub channel: Option<Channel>,
    /// The language it is written in, such as `nl`, lower case; none = any.
    pub language: Option<String>,
    /// The slot that it is fixed to, 1 to 9.
    pub slot: Option<u8>,
    /// Its title.
    pub title: String,
    /// Its text with variables.
    pub body: String,
    /// Files that go along.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<Enclosure>,
}

impl QuickReply {
    /// What tells it apart from all others.
    pub fn key(&self) -> (&str, Option<Channel>, Option<&str>) {
        (&self.shortcut, self.channel, self.language.as_deref())
    }

    /// Which variant it is, in words: `SMS, nl`; empty if it is for everything.
    pub fn variant(&self) -> String {
        let parts = [self.channel.map(|c| c.title().to_owned()), self.language.clone()];
        parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }

    /// Its name, with the variant behind it: `hi (SMS, nl)`.
    pub fn name(&self) -> String {
        match self.variant() {
            variant if variant.is_empty() => self.shortcut.clone(),
            variant => format!("{} ({variant})", self.shortcut),
        }
    }
}

/// A quick reply as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuickReplyRow {
    /// Its id.
    pub id: QuickReplyId,
    /// What it is.
    pub reply: QuickReply,
    /// How often it was used.
    pub uses: u64,
}

/// The language of a conversation, as its label says; lower case.
pub fn language(row: &ConversationRow) -> Option<String> {
    let label = row.labels.iter().find_map(|label| label.strip_prefix(LANGUAGE_LABEL))?;
    Some(label.trim().to_lowercase()).filter(|language| !language.is_empty())
}

/// How well a variant fits: none if it is for another medium.
fn fit(reply: &QuickReply, channel: Channel, language: Option<&str>) -> Option<(u8, bool)> {
    if reply.channel.is_some_and(|only| only != channel) {
        return None;
    }
    let primary = |tag: &str| tag.split('-').next().unwrap_or_default().to_owned();
    let spoken = match (reply.language.as_deref(), language) {
        (Some(written), Some(wanted)) if written == wanted => 3,
        (Some(written), Some(wanted)) if primary(written) == primary(wanted) => 2,
        (None, _) => 1,
        (Some(_), _) => 0,
    };
    Some((spoken, reply.channel.is_some()))
}

/// All that fit a conversation, the best first: by language, then those made for its medium, then the most used.
pub fn fitting<'a>(
    rows: impl IntoIterator<Item = &'a QuickReplyRow>,
    conversation: &ConversationRow,
) -> Vec<&'a QuickReplyRow> {
    let language = language(conversation);
    let mut fits: Vec<_> = rows
        .into_iter()
        .filter_map(|row| Some((fit(&row.reply, conversation.channel, language.as_deref())?, row)))
        .collect();
    fits.sort_by(|(a, x), (b, y)| {
        b.cmp(a).then_with(|| y.uses.cmp(&x.uses)).then_with(|| x.reply.key().cmp(&y.reply.key()))
    });
    fits.into_iter().map(|(_, row)| row).collect()
}

/// The shortcuts, the most used first, all variants counted together.
pub fn ranked(rows: &[QuickReplyRow]) -> Vec<&str> {
    let mut uses: BTreeMap<&str, u64> = BTreeMap::new();
    for row in rows {
        let sum = uses.entry(&row.reply.shortcut).or_default();
        *sum = sum.saturating_add(row.uses);
    }
    let mut all: Vec<(&str, u64)> = uses.into_iter().collect();
    all.sort_by_key(|(_, uses)| std::cmp::Reverse(*uses));
    all.into_iter().map(|(shortcut, _)| shortcut).collect()
}

/// What stands in each slot: what is fixed to it, and in the free ones the others by use.
pub fn slots(rows: &[QuickReplyRow]) -> [Option<&str>; SLOTS as usize] {
    let mut slots = [None; SLOTS as usize];
    for row in rows {
        let slot = row.reply.slot.and_then(|slot| slots.get_mut(usize::from(slot).wrapping_sub(1)));
        if let Some(slot @ None) = slot {
            *slot = Some(row.reply.shortcut.as_str());
        }
    }
    let fixed: Vec<&str> = slots.into_iter().flatten().collect();
    let mut rest = ranked(rows).into_iter().filter(|shortcut| !fixed.contains(shortcut));
    for slot in slots.iter_mut().filter(|slot| slot.is_none()) {
        *slot = rest.next();
    }
    slots
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: i64, name: &str, uses: u64) -> QuickReplyRow {
        let mut parts = name.split('/');
        let mut part = || parts.next().filter(|p| !p.is_empty());
        let reply = QuickReply {
            shortcut: part().unwrap().into(),
            channel: part().map(|c| c.parse().unwrap()),
            language: part().map(Into::into),
            slot: part().map(|n| n.parse().unwrap()),
            title: String::new(),
            body: "x".into(),
            files: Vec::new(),
        };
        QuickReplyRow { id: QuickReplyId(id), reply, uses }
    }

    fn best(rows: &[QuickReplyRow], channel: Channel, label: &str) -> Option<String> {
        let mut conversation = crate::ui::fixture::conversation(1);
        conversation.channel = channel;
        conversation.labels = vec!["vip".into(), label.into()];
        fitting(rows, &conversation).first().map(|row| row.reply.name())
    }

    #[test]
    fn the_best_variant_is_taken() {
        let rows = [row(1, "hi", 9), row(2, "hi/sms", 0), row(3, "hi//nl", 0), row(4, "hi/sms/de", 0)];
        assert_eq!(best(&rows, Channel::Sms, "").unwrap(), "hi (SMS)");
        assert_eq!(best(&rows, Channel::Email, "").unwrap(), "hi");
        assert_eq!(best(&rows, Channel::Sms, "lang:nl").unwrap(), "hi (nl)", "the language comes first");
        assert_eq!(best(&rows, Channel::Sms, "lang:NL-be").unwrap(), "hi (nl)");
        assert_eq!(best(&rows, Channel::Sms, "lang:de").unwrap(), "hi (SMS, de)");
        assert_eq!(best(&rows, Channel::Email, "lang:de").unwrap(), "hi");
        assert_eq!(best(&rows[1..2], Channel::Email, ""), None, "it is for SMS only");
        assert_eq!(best(&rows[2..3], Channel::Email, "").unwrap(), "hi (nl)", "better than none");
    }

    #[test]
    fn slots_are_fixed_or_go_by_use() {
        let rows =
            [row(1, "a", 1), row(2, "b", 5), row(3, "c///2", 0), row(4, "a/sms", 7), row(5, "d///40", 2)];
        let shown: Vec<&str> = slots(&rows).into_iter().map(|s| s.unwrap_or("-")).collect();
        assert_eq!(shown, ["a", "c", "b", "d", "-", "-", "-", "-", "-"]);
    }
}
