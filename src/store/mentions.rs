//! Calls of agents in notes: kept with the conversation, listed in the view of who is called, seen when they open it.

use crate::domain::clock::Ms;
use crate::domain::ids::{AgentId, ConversationId};
use crate::store::counts::Place;
use crate::store::error::StoreError;
use crate::store::reader::Reader;
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
        let others: Vec<(String, Option<i64>)> = self.all(
            "SELECT text, agent_id FROM message WHERE conversation_id = ?1 AND direction = 2 AND delivery IS NOT 5
                AND instr(text, '@') > 0",
            [conversation],
            |r| Ok((r.get(0)?, r.get(1)?)),
        )?;
        let by = |(text, writer): &(String, Option<i64>)| {
            let writer = *writer;
            mention::agents(text, &known).into_iter().filter(move |agent| Some(agent.0) != writer)
        };
        let still: Vec<AgentId> = others.iter().flat_map(by).collect();
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

impl Reader {
    /// Where the calls that a conversation keeps differ from what its notes say, or from the entries of its agents' views. What
    /// was said before the agents had their present names proves nothing, nor does history; and whether somebody has seen it
    /// stands nowhere else.
    pub(super) fn verify_mentions(&self, conversation: ConversationId) -> Result<Vec<String>, StoreError> {
        let sql =
            "SELECT c.mentions, c.last_message_at, c.archived_at IS NOT NULL, a.since, a.provider = 'import'
             FROM conversation c JOIN account a ON a.id = c.account_id WHERE c.id = ?1";
        let row = self.one(sql, [conversation.0], |r| {
            Ok((r.get(0)?, r.get(1)?, r.get(2)?, (r.get::<_, Ms>(3)?, r.get::<_, bool>(4)?)))
        })?;
        let (joined, last, archived, (since, imported)): (_, Ms, bool, _) =
            row.ok_or(StoreError::NotFound("conversation"))?;
        let stored: Vec<i64> = split(joined).into_iter().map(|(agent, _)| agent).collect();
        let agents: Vec<((AgentId, String, String), bool, Ms)> =
            self.all("SELECT id, name, lower(email), active, since FROM agent", [], |r| {
                Ok(((AgentId(r.get(0)?), r.get(1)?, r.get(2)?), r.get(3)?, r.get(4)?))
            })?;
        let notes: Vec<(String, Ms, Option<i64>)> = self.all(
            "SELECT text, sent_at, agent_id FROM message WHERE conversation_id = ?1 AND direction = 2 AND delivery IS NOT 5
                AND instr(text, '@') > 0",
            [conversation.0],
            |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)),
        )?;
        let active: Vec<_> =
            agents.iter().filter(|(_, active, _)| *active).map(|(a, ..)| a.clone()).collect();
        let newest = agents.iter().map(|(.., since)| *since).max().unwrap_or_default();
        let mut out = Vec::new();
        for ((agent, name, _), ..) in &agents {
            let others = || notes.iter().filter(|(_, _, writer)| *writer != Some(agent.0));
            let calls = |text: &str| mention::agents(text, &active).contains(agent);
            // Whom a first name calls depends on all agents.
            let must = !imported && others().any(|(text, at, _)| *at > newest.max(since) && calls(text));
            let may = others().any(|(text, at, _)| *at <= newest || calls(text));
            let is = stored.contains(&agent.0);
            if (must && !is) || (is && !may) {
                out.push(format!("mentions: {name} stored {is}, computed {must}"));
            }
        }
        let listed: Vec<(i64, Ms)> = self.all(
            "SELECT agent_id, last_message_at FROM conversation_mention WHERE conversation_id = ?1 ORDER BY agent_id",
            [conversation.0],
            |r| Ok((r.get(0)?, r.get(1)?)),
        )?;
        let mut want: Vec<(i64, Ms)> =
            if archived { Vec::new() } else { stored.iter().map(|agent| (*agent, last)).collect() };
        want.sort_unstable();
        if listed != want {
            out.push(format!("entries of mentions: stored {listed:?}, computed {want:?}"));
        }
        Ok(out)
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
