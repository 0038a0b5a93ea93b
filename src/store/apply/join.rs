//! Two conversations turn out to be one: the older one stays and takes everything of the other.

use crate::domain::ids::ConversationId;
use crate::store::derive::Route;
use crate::store::error::StoreError;
use crate::store::tx::Tx;
use rusqlite::params;

impl Tx<'_> {
    /// Makes `gone` part of `keep`. What is asked of it later goes there: see [`Tx::stays`]. What is being typed in it stays under
    /// its name, because whoever has it open goes on typing there and has not seen the draft of the other: readers tell both
    /// ([`crate::store::Reader::drafts`]), and the screen makes one of them once it shows both.
    pub(super) fn join_conversations(
        &mut self,
        keep: ConversationId,
        gone: ConversationId,
    ) -> Result<(), StoreError> {
        // Its columns must say what its messages say before they are taken over.
        if let Some(touch) = self.touched.remove(&gone.0) {
            self.derive(gone, touch)?;
        }
        let (Some(theirs), Some(ours)) = (self.derived(gone.0)?, self.derived(keep.0)?) else {
            return Ok(());
        };
        self.has_joined = true;
        self.leave_lists(gone, &theirs.place)?;
        let both = params![keep.0, gone.0];
        for sql in [
            "UPDATE message SET conversation_id = ?1, revision = revision + 1 WHERE conversation_id = ?2",
            "UPDATE op SET conversation_id = ?1 WHERE conversation_id = ?2",
            "UPDATE thread_name SET conversation_id = ?1 WHERE conversation_id = ?2",
            "UPDATE audit SET conversation_id = ?1 WHERE conversation_id = ?2",
            "INSERT OR IGNORE INTO mail_word(conversation_id, words) SELECT ?1, words FROM mail_word WHERE conversation_id = ?2",
            "INSERT INTO participant(conversation_id, kind, name, since)
               SELECT ?1, kind, name, since FROM participant WHERE conversation_id = ?2
             ON CONFLICT (conversation_id, kind, name) DO UPDATE SET since = min(since, excluded.since)",
            "UPDATE conversation SET
               their_read_at = nullif(max(coalesce(their_read_at, 0),
                                          coalesce((SELECT their_read_at FROM conversation WHERE id = ?2), 0)), 0),
               pulled_at = (SELECT min(pulled_at) FROM conversation WHERE id IN (?1, ?2) AND pulled_at IS NOT NULL),
               created_at = (SELECT min(created_at) FROM conversation WHERE id IN (?1, ?2))
             WHERE id = ?1",
            "UPDATE joined SET conversation_id = ?1 WHERE conversation_id = ?2",
            "INSERT OR REPLACE INTO joined(gone, conversation_id) VALUES (?2, ?1)",
        ] {
            self.exec(sql, both)?;
        }
        self.join_parties(keep, gone)?;
        let facts = self.truth(gone)?.into_values().collect::<Vec<_>>();
        self.learn(keep, &facts)?;
        let key: String = self
            .one("SELECT external_id FROM conversation WHERE id = ?1", [gone.0], |r| r.get(0))?
            .unwrap_or_default();
        for sql in [
            "DELETE FROM participant WHERE conversation_id = ?1",
            "DELETE FROM mail_word WHERE conversation_id = ?1",
            "DELETE FROM facet WHERE conversation_id = ?1",
            "DELETE FROM name_fts WHERE rowid = ?1",
            "DELETE FROM conversation WHERE id = ?1",
        ] {
            self.exec(sql, [gone.0])?;
        }
        self.forget_names(gone.0);
        self.exec(
            "UPDATE conversation SET external_id = ?2 WHERE id = ?1 AND external_id > ?2",
            params![keep.0, key],
        )?;
        self.index_names(keep.0, true);
        self.begun.retain(|begun| *begun != gone);
        // Who has not seen a call in one of them has not seen it.
        let known = ours.place.mentions;
        let called: Vec<_> = theirs
            .place
            .mentions
            .iter()
            .filter(|(agent, unseen)| *unseen || !known.iter().any(|(at, _)| at == agent))
            .copied()
            .collect();
        let touch = self.touch(keep.0);
        touch.fold = true;
        touch.newest = true;
        touch.inbound_lost = true;
        touch.answered_lost = true;
        touch.draft = true;
        touch.unread += theirs.unread;
        touch.troubled += theirs.troubled;
        touch.called.extend(called);
        let route: Route = theirs.route;
        if touch.route.as_ref().is_none_or(|r| route.beats(r)) {
            touch.route = Some(route);
        }
        Ok(())
    }

    /// The customer of the one that remains is that of the earlier mail.
    fn join_parties(&mut self, keep: ConversationId, gone: ConversationId) -> Result<(), StoreError> {
        self.exec(
            "UPDATE conversation SET (contact_id, party_at, party_rank) =
               (SELECT contact_id, party_at, party_rank FROM conversation WHERE id = ?2)
             WHERE id = ?1 AND EXISTS (SELECT 1 FROM conversation g WHERE g.id = ?2 AND g.party_at IS NOT NULL
               AND (conversation.party_at IS NULL OR (g.party_at, g.party_rank) < (conversation.party_at, conversation.party_rank)))",
            params![keep.0, gone.0],
        )?;
        Ok(())
    }

    /// Takes a conversation out of counts and lists.
    fn leave_lists(
        &mut self,
        gone: ConversationId,
        place: &crate::store::counts::Place,
    ) -> Result<(), StoreError> {
        self.count_place(place, -1);
        self.exec("DELETE FROM conversation_label WHERE conversation_id = ?1", [gone.0])?;
        for (agent, _) in &place.mentions {
            self.exec(
                "DELETE FROM conversation_mention WHERE agent_id = ?1 AND last_message_at = ?2 AND conversation_id = ?3",
                params![agent, place.last_message_at, gone.0],
            )?;
        }
        Ok(())
    }

    /// The conversation that one is part of by now: mostly itself.
    ///
    /// # Errors
    /// Those of the database.
    pub fn stays(&self, conversation: ConversationId) -> Result<ConversationId, StoreError> {
        let sql = "SELECT conversation_id FROM joined WHERE gone = ?1";
        Ok(self.one(sql, [conversation.0], |r| Ok(ConversationId(r.get(0)?)))?.unwrap_or(conversation))
    }
}
