//! Seen or not, where the provider keeps it too: the later word counts, and what an agent did that is still on its way counts more.

use crate::domain::conversation::Status;
use crate::domain::event::MessageRef;
use crate::domain::facet::{Facet, FacetKey};
use crate::domain::ids::{AccountId, ConversationId};
use crate::domain::message::Direction;
use crate::domain::op::{Mark, OpBody};
use crate::domain::rev::{Rev, Stamped};
use crate::store::error::StoreError;
use crate::store::tx::Tx;
use rusqlite::params;

impl Tx<'_> {
    /// Takes in that a message is seen or not. Answers its conversation, if it is known.
    pub(super) fn seen_fact(
        &mut self,
        account: AccountId,
        message: &MessageRef,
        state: Stamped<bool>,
    ) -> Result<Option<ConversationId>, StoreError> {
        let external = match message {
            MessageRef::External(external) | MessageRef::Token(_, Some(external)) => external,
            // What we sent ourselves is never unseen.
            MessageRef::Token(_, None) => return Ok(None),
        };
        let row = self.one(
            "SELECT id, conversation_id, direction, seen, seen_at, seen_rank FROM message
             WHERE external_id = ?1 AND account_id = ?2",
            params![external, account.0],
            |r| {
                let rev = Rev { at: r.get(4)?, rank: r.get(5)? };
                Ok((
                    r.get::<_, i64>(0)?,
                    ConversationId(r.get(1)?),
                    r.get::<_, i64>(2)?,
                    r.get::<_, i64>(3)?,
                    rev,
                ))
            },
        )?;
        let Some((id, conversation, direction, seen, rev)) = row else {
            self.orphaned();
            self.exec(
                "INSERT INTO orphan_seen(account_id, external_id, seen, at, rank) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (account_id, external_id) DO UPDATE SET seen = excluded.seen, at = excluded.at, rank = excluded.rank
                 WHERE (excluded.at, excluded.rank, excluded.seen) > (at, rank, seen)",
                params![account.0, external, state.value, state.rev.at, state.rev.rank],
            )?;
            return Ok(None);
        };
        let said = (state.rev, state.value);
        if direction != Direction::Inbound.code()
            || said <= (rev, seen == 1)
            || self.is_being_marked(conversation)?
        {
            return Ok(Some(conversation));
        }
        // Marked by hand as unread stays that: it is not the same as never seen.
        let next = match (state.value, seen) {
            (true, _) => 1,
            (false, 1) => 0,
            (false, unseen) => unseen,
        };
        self.exec(
            "UPDATE message SET seen = ?2, seen_at = ?3, seen_rank = ?4, revision = revision + (seen <> ?2) WHERE id = ?1",
            params![id, next, state.rev.at, state.rev.rank],
        )?;
        self.touch(conversation.0).unread += i64::from(seen == 1) - i64::from(next == 1);
        if next == 1 && seen == 0 {
            self.keep_brought_back(account, conversation)?;
        }
        Ok(Some(conversation))
    }

    /// What a message has brought back stays, although somebody has seen that message in another program: nobody has decided here that
    /// it is done.
    fn keep_brought_back(
        &mut self,
        account: AccountId,
        conversation: ConversationId,
    ) -> Result<(), StoreError> {
        let truth = self.truth(conversation)?;
        let is_muted =
            matches!(truth.get(&FacetKey::Muted).map(|muted| &muted.value), Some(Facet::Muted { on: true }));
        if is_muted {
            return Ok(());
        }
        if let Some(Facet::Status { status: Status::Resolved | Status::Snoozed, .. }) =
            truth.get(&FacetKey::Status).map(|status| &status.value)
        {
            self.keep_open(conversation, account)?;
        }
        if let Some(Facet::Archived { at: Some(_) }) =
            truth.get(&FacetKey::Archived).map(|archived| &archived.value)
        {
            self.keep_out(conversation)?;
        }
        Ok(())
    }

    /// Whether what an agent did to whether it is seen is still on its way to the provider.
    fn is_being_marked(&self, conversation: ConversationId) -> Result<bool, StoreError> {
        let waiting = self.all(
            "SELECT body FROM op WHERE conversation_id = ?1 AND class = 1 AND facet IS NULL AND state < 6",
            [conversation.0],
            |r| r.get::<_, String>(0),
        )?;
        for body in waiting {
            if matches!(serde_json::from_str(&body)?, OpBody::Mark { mark: Mark::Seen, .. }) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The provider has been shown that messages are seen, or not: what it said before counts no more.
    pub(in crate::store) fn seen_shown(
        &mut self,
        account: AccountId,
        body: &OpBody,
    ) -> Result<(), StoreError> {
        let OpBody::Mark { messages, mark: Mark::Seen, .. } = body else { return Ok(()) };
        for external in messages {
            self.exec(
                "UPDATE message SET seen_at = max(seen_at, ?3), seen_rank = 0 WHERE external_id = ?1 AND account_id = ?2",
                params![external, account.0, self.now],
            )?;
        }
        Ok(())
    }

    /// What was told of a message before it came.
    pub(super) fn seen_orphan(&mut self, account: AccountId, external: &str) -> Result<(), StoreError> {
        if !self.has_orphans()? {
            return Ok(());
        }
        let told = self.one(
            "DELETE FROM orphan_seen WHERE account_id = ?1 AND external_id = ?2 RETURNING seen, at, rank",
            params![account.0, external],
            |r| Ok(Stamped { value: r.get(0)?, rev: Rev { at: r.get(1)?, rank: r.get(2)? } }),
        )?;
        if let Some(told) = told {
            self.seen_fact(account, &MessageRef::External(external.to_owned()), told)?;
        }
        Ok(())
    }
}
