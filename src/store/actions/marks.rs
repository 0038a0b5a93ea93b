//! What becomes of messages here is shown at the provider, where other programs look at the same mailbox.

use crate::domain::event::ConversationKey;
use crate::domain::facet::Facet;
use crate::domain::ids::ConversationId;
use crate::domain::op::{Mark, OpBody, OpState};
use crate::domain::row::ConversationRow;
use crate::store::actions::Actor;
use crate::store::error::StoreError;
use crate::store::tx::Tx;
use rusqlite::params;

/// Messages of one op at most: the newest. What is older than these no one looks at in a mailbox.
const MOST: i64 = 500;

impl Tx<'_> {
    /// What is there counts as seen, here and at the provider. Answers whether anything was unseen.
    pub(super) fn cover_shown(&mut self, actor: &Actor, row: &ConversationRow) -> Result<bool, StoreError> {
        let unseen = self.customers_messages(row.id, "seen <> 1")?;
        let covered = self.cover(row.id)?;
        self.mark(actor, row, Mark::Seen, true, unseen)?;
        Ok(covered)
    }

    /// What is marked as unread here is unread at the provider.
    pub(super) fn uncover_shown(&mut self, actor: &Actor, row: &ConversationRow) -> Result<(), StoreError> {
        let unseen = self.customers_messages(row.id, "seen <> 1")?;
        self.mark(actor, row, Mark::Seen, false, unseen)
    }

    /// What a facet says is shown at the provider, where there is a mark for it. `before` is what was shown before.
    pub(super) fn mark_facet(
        &mut self,
        actor: &Actor,
        row: &ConversationRow,
        facet: &Facet,
    ) -> Result<(), StoreError> {
        use crate::domain::conversation::Status;
        let (mark, on) = match facet {
            Facet::Archived { at: Some(_) } => {
                let capabilities = self.account_row(row.account)?.capabilities;
                let throws_away = capabilities.is_some_and(|c| c.marks.contains(&Mark::Deleted));
                (if throws_away { Mark::Deleted } else { Mark::Archived }, true)
            }
            Facet::Archived { at: None } => return self.move_back(actor, row),
            Facet::Status { status: Status::Spam, .. } => (Mark::Spam, true),
            Facet::Status { .. } if row.status == Status::Spam => (Mark::Spam, false),
            _ => return Ok(()),
        };
        let messages = self.customers_messages(row.id, "1")?;
        self.mark(actor, row, mark, on, messages)
    }

    /// What was put away from here comes back; what lies there for other reasons stays.
    fn move_back(&mut self, actor: &Actor, row: &ConversationRow) -> Result<(), StoreError> {
        let sql = "SELECT body FROM op WHERE conversation_id = ?1 AND json_extract(body, '$.op') = 'mark'
                     AND json_extract(body, '$.mark') IN (?2, ?3) AND state NOT IN (?4, ?5) ORDER BY seq DESC";
        let failed = [OpState::Cancelled, OpState::Failed].map(OpState::code);
        let words = [Mark::Archived, Mark::Deleted].map(Mark::word);
        let all = params![row.id.0, words[0], words[1], failed[0], failed[1]];
        let bodies: Vec<String> = self.all(sql, all, |r| r.get(0))?;
        for body in bodies {
            match serde_json::from_str(&body)? {
                OpBody::Mark { messages, mark, on: true, .. } => {
                    self.mark(actor, row, mark, false, messages)?
                }
                // All before that has come back once.
                _ => break,
            }
        }
        Ok(())
    }

    fn customers_messages(
        &self,
        conversation: ConversationId,
        which: &str,
    ) -> Result<Vec<String>, StoreError> {
        self.all(
            &format!(
                "SELECT external_id FROM message WHERE conversation_id = ?1 AND direction = 0 AND {which}
                   AND external_id IS NOT NULL ORDER BY sent_at DESC, id DESC LIMIT ?2"
            ),
            params![conversation.0, MOST],
            |r| r.get(0),
        )
    }

    fn mark(
        &mut self,
        actor: &Actor,
        row: &ConversationRow,
        mark: Mark,
        on: bool,
        messages: Vec<String>,
    ) -> Result<(), StoreError> {
        let capabilities = self.account_row(row.account)?.capabilities;
        if messages.is_empty() || !capabilities.is_some_and(|c| c.marks.contains(&mark)) {
            return Ok(());
        }
        let body =
            OpBody::Mark { conversation: ConversationKey(row.external_id.clone()), messages, mark, on };
        self.enqueue(actor, row.account, row.id, None, &body, self.now)?;
        Ok(())
    }
}
