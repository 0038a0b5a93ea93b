//! The rules against spam meet the store: what a rule takes for spam is kept, put into the spam, and told in the thread.

use crate::domain::account::Channel;
use crate::domain::conversation::Status;
use crate::domain::facet::Facet;
use crate::domain::ids::ConversationId;
use crate::domain::message::Direction;
use crate::domain::rev::{Rev, Stamped};
use crate::domain::spam::{self, Looked, Rule};
use crate::store::actions::Actor;
use crate::store::error::StoreError;
use crate::store::tx::Tx;
use serde_json::json;

/// What the rules are shown of a new conversation.
struct New {
    channel: Channel,
    from: String,
    text: String,
    /// Somebody here has written to this customer before.
    answered: bool,
}

impl Tx<'_> {
    /// Looks at conversations that have just begun. Answers how many were taken for spam.
    ///
    /// # Errors
    /// Those of the database.
    pub fn judge_new(&mut self, begun: &[ConversationId], rules: &[Rule]) -> Result<usize, StoreError> {
        let mut taken = 0;
        if rules.is_empty() || begun.is_empty() {
            return Ok(taken);
        }
        // What this job has applied counts: an answer that came with the question makes it no stranger's.
        self.settle()?;
        for id in begun {
            let Some(new) = self.new_conversation(*id)? else { continue };
            let looked = Looked { channel: new.channel, from: &new.from, text: &new.text };
            let Some(rule) = spam::judge(rules, &looked).filter(|_| !new.answered) else { continue };
            let previous = self.truth(*id)?.get(&crate::domain::facet::FacetKey::Status).map(|t| t.rev);
            let value = Facet::Status { status: Status::Spam, until: None };
            self.learn(*id, &[Stamped { value, rev: Rev::next(self.now, previous) }])?;
            let us = Actor::system();
            let line = format!("took this for spam by the rule \u{201c}{}\u{201d}", rule.name);
            self.own_message(&us, *id, Direction::Activity, &line.into())?;
            self.audit(&us, "spam rule", Some(*id), None, json!({ "rule": rule.name }))?;
            taken += 1;
        }
        if taken > 0 {
            self.settle()?;
        }
        Ok(taken)
    }

    /// What is to be judged, and whether the customer was answered before, or is about to be; nothing where the customer has not written, or where it is history.
    fn new_conversation(&self, id: ConversationId) -> Result<Option<New>, StoreError> {
        self.one(
            "SELECT c.channel, c.theirs, coalesce(c.subject || char(10), '') || m.text,
                    EXISTS (SELECT 1 FROM conversation o WHERE o.contact_id = c.contact_id AND (o.answered_at IS NOT NULL
                            OR EXISTS (SELECT 1 FROM op WHERE op.conversation_id = o.id AND op.state < 6 AND op.class = 0)))
             FROM conversation c JOIN message m ON m.id = (
               SELECT id FROM message WHERE conversation_id = c.id AND direction = 0 AND seen = 0 ORDER BY sent_at, id LIMIT 1)
             WHERE c.id = ?1",
            [id.0],
            |r| {
                Ok(New {
                    channel: Channel::from_code(r.get(0)?),
                    from: r.get(1)?,
                    text: r.get(2)?,
                    answered: r.get(3)?,
                })
            },
        )
    }
}
