//! Calls of agents in notes: kept with the conversation, listed in the view of who is called, seen when they open it.

use crate::domain::ids::AgentId;
use crate::store::counts::Place;
use crate::store::error::StoreError;
use crate::store::tx::Tx;
use crate::text::mention;
use rusqlite::params;

/// An agent who is called, and whether they have not seen it yet.
pub(super) type Mention = (i64, bool);

/// Calls as the conversation keeps them.
pub(super) fn join(mentions: &[Mention]) -> Option<String> {
    let each = |(agent, unseen): &Mention| format!("{agent}{}", if *unseen { "!" } else { "" });
    (!mentions.is_empty()).then(|| mentions.iter().map(each).collect::<Vec<_>>().join(" "))
}

/// Calls as the conversation keeps them, taken apart.
pub(super) fn split(joined: Option<String>) -> Vec<Mention> {
    let each = |word: &str| {
        let agent = word.trim_end_matches('!').parse().ok()?;
        Some((agent, word.ends_with('!')))
    };
    joined.as_deref().unwrap_or_default().split_whitespace().filter_map(each).collect()
}

impl Tx<'_> {
    /// A note was written: whom it calls has something to see. Who wrote it is not called by it.
    pub(super) fn call_agents(
        &mut self,
        conversation: i64,
        text: &str,
        writer: Option<i64>,
    ) -> Result<(), StoreError> {
        if !text.contains('@') {
            return Ok(());
        }
        let known = self.all("SELECT id, name, lower(email) FROM agent WHERE active = 1", [], |r| {
            Ok((AgentId(r.get(0)?), r.get(1)?, r.get(2)?))
        })?;
        for agent in mention::agents(text, &known).into_iter().filter(|a| Some(a.0) != writer) {
            self.touch(conversation).called.push((agent.0, true));
        }
        Ok(())
    }

    /// A note was taken back: whom no other note calls is not called any more.
    pub(super) fn call_off(&mut self, conversation: i64, text: &str) -> Result<(), StoreError> {
        if !text.contains('@') {
            return Ok(());
        }
        let known = self.all("SELECT id, name, lower(email) FROM agent WHERE active = 1", [], |r| {
            Ok((AgentId(r.get(0)?), r.get(1)?, r.get(2)?))
        })?;
        let others: Vec<String> = self.all(
            "SELECT text FROM message WHERE conversation_id = ?1 AND direction = 2 AND delivery IS NOT 5 AND instr(text, '@') > 0",
            [conversation],
            |r| r.get(0),
        )?;
        let still: Vec<AgentId> = others.iter().flat_map(|text| mention::agents(text, &known)).collect();
        let gone = mention::agents(text, &known).into_iter().filter(|agent| !still.contains(agent));
        self.touch(conversation).uncalled.extend(gone.map(|agent| agent.0));
        Ok(())
    }

    /// An agent has seen what calls them here. Answers whether there was anything.
    pub(super) fn call_heard(&mut self, conversation: i64, agent: i64) -> Result<bool, StoreError> {
        let sql = "SELECT mentions FROM conversation WHERE id = ?1";
        let joined: Option<String> = self.one(sql, [conversation], |r| r.get(0))?.flatten();
        if !split(joined).contains(&(agent, true)) {
            return Ok(false);
        }
        self.touch(conversation).called.push((agent, false));
        Ok(true)
    }

    /// The entries of the views of who is called follow the conversation.
    pub(super) fn move_mentions(&mut self, id: i64, before: &Place, after: &Place) -> Result<(), StoreError> {
        let listed = |place: &Place| (!place.archived, place.last_message_at);
        let agents = |place: &Place| place.mentions.iter().map(|m| m.0).collect::<Vec<_>>();
        if agents(before) == agents(after) && listed(before) == listed(after) {
            return Ok(());
        }
        if !before.archived {
            for agent in agents(before) {
                self.exec(
                    "DELETE FROM conversation_mention WHERE agent_id = ?1 AND last_message_at = ?2 AND conversation_id = ?3",
                    params![agent, before.last_message_at, id],
                )?;
            }
        }
        if !after.archived {
            for agent in agents(after) {
                self.exec(
                    "INSERT OR REPLACE INTO conversation_mention(agent_id, last_message_at, conversation_id) VALUES (?1, ?2, ?3)",
                    params![agent, after.last_message_at, id],
                )?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_come_back_as_they_were_kept() {
        for mentions in [vec![], vec![(3, true)], vec![(3, false), (12, true)]] {
            assert_eq!(split(join(&mentions)), mentions);
        }
        assert_eq!(split(Some("x 5! -".into())), [(5, true)], "what is not understood is left out");
    }
}
