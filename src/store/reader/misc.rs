//! The small tables: accounts, agents, labels, contacts, consent, drafts, quick replies, cursors.

use crate::domain::attachment::Written;
use crate::domain::clock::Ms;
use crate::domain::command::ComposeMode;
use crate::domain::contact::{Identity, IdentityKind};
use crate::domain::ids::{AccountId, AgentId, ContactId, ConversationId, QuickReplyId, TeamId};
use crate::domain::quick_reply::{QuickReply, QuickReplyRow};
use crate::domain::row::{AccountRow, AgentRow, ConsentRow, ContactRow, TeamRow};
use crate::store::error::StoreError;
use crate::store::reader::{Reader, rows};
use rusqlite::{Row, params};

/// Conversations of a contact that are listed with it.
const OTHERS: usize = 50;

fn agent(r: &Row<'_>) -> rusqlite::Result<AgentRow> {
    Ok(AgentRow { id: AgentId(r.get(0)?), name: r.get(1)?, email: r.get(2)?, active: r.get(3)? })
}

fn identity(r: &Row<'_>) -> rusqlite::Result<Identity> {
    let kind = IdentityKind::from_code(r.get(0)?).unwrap_or(IdentityKind::Handle);
    Ok(Identity { kind, value: r.get(1)? })
}

impl Reader {
    /// The configured accounts, by name.
    ///
    /// # Errors
    /// Those of the database.
    pub fn accounts(&self) -> Result<Vec<AccountRow>, StoreError> {
        let sql = format!("{} WHERE removed_at IS NULL ORDER BY name", rows::ACCOUNT);
        self.all(&sql, [], rows::account)
    }

    /// When something was last received or done here, by our own clock, UTC milliseconds.
    ///
    /// # Errors
    /// Those of the database.
    pub fn last_written_at(&self) -> Result<Option<Ms>, StoreError> {
        let sql = "SELECT max(at) FROM (SELECT max(received_at) AS at FROM (SELECT received_at FROM receipt ORDER BY id DESC LIMIT 1)
                                        UNION ALL SELECT max(at) FROM (SELECT at FROM audit ORDER BY id DESC LIMIT 1))";
        Ok(self.one(sql, [], |r| r.get(0))?.flatten())
    }

    /// An account by name, configured or removed.
    ///
    /// # Errors
    /// Those of the database.
    pub fn account_by_name(&self, name: &str) -> Result<Option<AccountRow>, StoreError> {
        self.one(&format!("{} WHERE name = ?1", rows::ACCOUNT), [name], rows::account)
    }

    /// An account by id, configured or removed.
    ///
    /// # Errors
    /// Those of the database.
    pub fn account(&self, id: AccountId) -> Result<Option<AccountRow>, StoreError> {
        self.one(&format!("{} WHERE id = ?1", rows::ACCOUNT), [id.0], rows::account)
    }

    /// All agents that are known, those who answer first, by name.
    ///
    /// # Errors
    /// Those of the database.
    pub fn agents(&self) -> Result<Vec<AgentRow>, StoreError> {
        self.all("SELECT id, name, email, active FROM agent ORDER BY active DESC, name", [], agent)
    }

    /// An agent by e-mail, in any case.
    ///
    /// # Errors
    /// Those of the database.
    pub fn agent_by_email(&self, email: &str) -> Result<Option<AgentRow>, StoreError> {
        let sql = "SELECT id, name, email, active FROM agent WHERE email = ?1";
        self.one(sql, [email.trim().to_lowercase()], agent)
    }

    /// All teams, by name.
    ///
    /// # Errors
    /// Those of the database.
    pub fn teams(&self) -> Result<Vec<TeamRow>, StoreError> {
        self.all("SELECT id, name FROM team ORDER BY name", [], |r| {
            Ok(TeamRow { id: TeamId(r.get(0)?), name: r.get(1)? })
        })
    }

    /// All labels that a conversation has, by name.
    ///
    /// # Errors
    /// Those of the database.
    pub fn labels(&self) -> Result<Vec<String>, StoreError> {
        let sql = "SELECT name FROM label l
                   WHERE EXISTS (SELECT 1 FROM conversation_label WHERE label_id = l.id) ORDER BY name";
        self.all(sql, [], |r| r.get(0))
    }

    /// How many conversations have each label, by name.
    ///
    /// # Errors
    /// Those of the database.
    pub fn label_counts(&self) -> Result<Vec<(String, u64)>, StoreError> {
        let sql = "SELECT l.name, count(*) FROM label l JOIN conversation_label c ON c.label_id = l.id
                   GROUP BY l.id ORDER BY l.name";
        self.all(sql, [], |r| Ok((r.get(0)?, r.get::<_, i64>(1)?.unsigned_abs())))
    }

    /// All conversations that have a label, whatever their status.
    ///
    /// # Errors
    /// Those of the database.
    pub fn labelled(&self, name: &str) -> Result<Vec<ConversationId>, StoreError> {
        let sql = "SELECT c.conversation_id FROM label l JOIN conversation_label c ON c.label_id = l.id WHERE l.name = ?1";
        self.all(sql, [name], |r| Ok(ConversationId(r.get(0)?)))
    }

    /// A contact with addresses and newest conversations. One that was merged answers as the one it became part of.
    ///
    /// # Errors
    /// Those of the database.
    pub fn contact(&self, id: ContactId) -> Result<Option<ContactRow>, StoreError> {
        let sql = "SELECT id, name FROM contact
                   WHERE id = (SELECT coalesce(merged_into, id) FROM contact WHERE id = ?1)";
        let found = self.one(sql, [id.0], |r| Ok((ContactId(r.get(0)?), r.get::<_, String>(1)?)))?;
        let Some((id, name)) = found else { return Ok(None) };
        let mut identities: Vec<(Identity, bool)> =
            self.all("SELECT kind, value, verified FROM identity WHERE contact_id = ?1", [id.0], |r| {
                Ok((identity(r)?, r.get(2)?))
            })?;
        identities.sort();
        let mut claims: Vec<(Identity, bool)> =
            self.all("SELECT kind, value FROM claim WHERE contact_id = ?1", [id.0], |r| {
                Ok((identity(r)?, false))
            })?;
        claims.retain(|c| !identities.iter().any(|i| i.0 == c.0));
        identities.extend(claims);
        let mut conversations: Vec<(i64, i64)> =
            self.all("SELECT last_message_at, id FROM conversation WHERE contact_id = ?1", [id.0], |r| {
                Ok((r.get(0)?, r.get(1)?))
            })?;
        conversations.sort_by(|a, b| b.cmp(a));
        conversations.truncate(OTHERS);
        let conversations = conversations.into_iter().map(|(_, id)| ConversationId(id)).collect();
        let name = if name.is_empty() {
            identities.first().map(|(i, _)| i.value.clone()).unwrap_or_default()
        } else {
            name
        };
        Ok(Some(ContactRow { id, name, identities, conversations }))
    }

    /// What the customer of a conversation has said about being written to there.
    ///
    /// # Errors
    /// Those of the database.
    pub fn consent(&self, conversation: ConversationId) -> Result<Option<ConsentRow>, StoreError> {
        self.one(rows::CONSENT_OF, [conversation.0], rows::consent)
    }

    /// A draft, whole: with what is being written in conversations that are part of this one by now.
    ///
    /// # Errors
    /// Those of the database.
    pub fn draft(
        &self,
        conversation: ConversationId,
        mode: ComposeMode,
    ) -> Result<Option<Written>, StoreError> {
        let parts = self.drafts(conversation, mode)?;
        Ok(parts.into_iter().map(|(_, written)| written).reduce(Written::before))
    }

    /// The parts of a draft, each with the conversation in which it is being written: first its own, then those of conversations
    /// that are part of it by now.
    ///
    /// # Errors
    /// Those of the database.
    pub fn drafts(
        &self,
        conversation: ConversationId,
        mode: ComposeMode,
    ) -> Result<Vec<(ConversationId, Written)>, StoreError> {
        let conversation = self.stays(conversation)?;
        let sql =
            "SELECT text, files, mail, conversation_id FROM draft WHERE mode = ?2 AND conversation_id IN (
                     SELECT ?1 UNION ALL SELECT gone FROM joined WHERE conversation_id = ?1)
                   ORDER BY conversation_id <> ?1, conversation_id";
        self.all(sql, params![conversation.0, mode.code()], |r| {
            let (files, mail) = (rows::enclosures(r, 1)?, rows::mail_head(r, 2)?);
            Ok((ConversationId(r.get(3)?), Written { text: r.get(0)?, files, mail }))
        })
    }

    /// The conversation that one is part of by now: mostly itself.
    ///
    /// # Errors
    /// Those of the database.
    pub fn stays(&self, conversation: ConversationId) -> Result<ConversationId, StoreError> {
        let sql = "SELECT conversation_id FROM joined WHERE gone = ?1";
        Ok(self.one(sql, [conversation.0], |r| Ok(ConversationId(r.get(0)?)))?.unwrap_or(conversation))
    }

    /// When the answer that is being typed was begun.
    ///
    /// # Errors
    /// Those of the database.
    pub fn draft_began(&self, conversation: ConversationId) -> Result<Option<Ms>, StoreError> {
        let sql = "SELECT began_at FROM draft WHERE conversation_id = ?1 AND mode = ?2";
        self.one(sql, params![conversation.0, ComposeMode::Reply.code()], |r| r.get(0))
    }

    /// All quick replies, by shortcut, medium and language.
    ///
    /// # Errors
    /// Those of the database.
    pub fn quick_replies(&self) -> Result<Vec<QuickReplyRow>, StoreError> {
        let sql = "SELECT id, shortcut, channel, language, slot, title, body, uses, files FROM quick_reply
                   ORDER BY shortcut, channel, language";
        self.all(sql, [], |r| {
            let reply = QuickReply {
                shortcut: r.get(1)?,
                channel: r.get::<_, String>(2)?.parse().ok(),
                language: Some(r.get::<_, String>(3)?).filter(|language| !language.is_empty()),
                slot: r.get(4)?,
                title: r.get(5)?,
                body: r.get(6)?,
                files: rows::enclosures(r, 8)?,
            };
            let uses = r.get::<_, i64>(7)?.unsigned_abs();
            Ok(QuickReplyRow { id: QuickReplyId(r.get(0)?), reply, uses })
        })
    }

    /// Where a stream of pulls goes on.
    ///
    /// # Errors
    /// Those of the database.
    pub fn cursor(&self, account: AccountId, stream: &str) -> Result<Option<String>, StoreError> {
        let sql = "SELECT value FROM cursor WHERE account_id = ?1 AND stream = ?2";
        Ok(self.one(sql, params![account.0, stream], |r| r.get::<_, Option<String>>(0))?.flatten())
    }

    /// A small fact of the workspace.
    ///
    /// # Errors
    /// Those of the database.
    pub fn meta(&self, key: &str) -> Result<Option<String>, StoreError> {
        self.one("SELECT value FROM meta WHERE key = ?1", [key], |r| r.get(0))
    }
}
