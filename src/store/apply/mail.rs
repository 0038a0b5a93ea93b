//! Mails: to which conversation each belongs, and what is kept of its head.
//!
//! Mails that share a name ([`Mail::thread_names`]) are of one conversation, whichever of them comes first: a mail that names those of
//! two conversations makes them one. An answer that names no mail is taken to be one to the mails of the same customer with the same
//! subject in the month before it. Both are relations between two mails, so the order in which they come has no meaning.

use crate::domain::clock::Ms;
use crate::domain::contact::{IdentityKind, Party};
use crate::domain::event::{ConversationFact, ConversationKey, MessageFact};
use crate::domain::ids::{AccountId, ContactId, ConversationId};
use crate::domain::mail::{Automatic, Mail, mail_name};
use crate::domain::rev::Rev;
use crate::store::apply::message::Known;
use crate::store::derive::Route;
use crate::store::error::StoreError;
use crate::store::tx::Tx;
use crate::text::mail::subject;
use rusqlite::params;

/// For how long an answer without names is taken to be one to what has the same subject.
const SUBJECT_WINDOW: Ms = 30 * 24 * 3_600_000;
/// What keys of conversations of mails begin with; the name of a mail follows.
pub(super) const KEY: &str = "mail:";

/// A mail as one of its thread.
pub(in crate::store) struct Threaded<'a> {
    pub mail: &'a Mail,
    /// The customer that it is with.
    pub party: &'a Party,
    pub sent_at: Ms,
}

impl Tx<'_> {
    /// The conversation of a mail: found by its names, made where none is known, joined where several are.
    pub(super) fn conversation_of_mail(
        &mut self,
        account: AccountId,
        fact: &MessageFact,
        mail: &Mail,
    ) -> Result<ConversationId, StoreError> {
        let place = &fact.conversation;
        let threaded = Threaded { mail, party: &place.party, sent_at: fact.sent_at };
        let (contact, identity) = self.contact(&place.party, None, Rev::at(fact.sent_at))?;
        // As its customer, the address that a conversation is with is that of its earliest mail: whoever joins in later (a supplier
        // answers what was passed on) does not become the one who is written to, opted out or blocked.
        let rev = Rev::at(fact.sent_at.saturating_neg());
        let route = Route { rev, ours: place.ours.clone(), theirs: place.theirs.clone(), identity };
        let names = self.names_of(account, mail)?;
        let known = self.joined_by(account, &names)?.or(self.conversation_by_key(account, &place.key)?);
        let id = match known {
            Some(id) => {
                let touch = self.touch(id.0);
                if touch.route.as_ref().is_none_or(|r| route.beats(r)) {
                    touch.route = Some(route);
                }
                id
            }
            None => self.conversation_new(account, place, contact, route)?,
        };
        self.name_all(account, id, &names)?;
        let id = self.join_alike(account, id, &threaded)?;
        self.party(id, contact, fact.sent_at, &fact.external_id)?;
        self.key_of_mail(account, id, &place.key)?;
        self.learn(id, &place.facets)?;
        Ok(id)
    }

    /// The conversation that a statement without a mail is about. Several people may take part in it: none of them becomes another one.
    pub(super) fn conversation_of_mails(
        &mut self,
        account: AccountId,
        fact: &ConversationFact,
        rev: Rev,
    ) -> Result<ConversationId, StoreError> {
        let id = match self.conversation_by_key(account, &fact.key)? {
            Some(id) => id,
            None => {
                let (contact, identity) = self.contact(&fact.party, None, rev)?;
                // What an agent begins is with whom they have chosen. Of a mere statement every mail knows better.
                let rev = if rev.at == 0 { rev } else { Rev::at(Ms::MIN) };
                let route = Route { rev, ours: fact.ours.clone(), theirs: fact.theirs.clone(), identity };
                self.conversation_new(account, fact, contact, route)?
            }
        };
        self.learn(id, &fact.facets)?;
        Ok(id)
    }

    /// Makes a mail one of a conversation. Answers with the conversation that this is then part of.
    pub(in crate::store) fn thread_in(
        &mut self,
        account: AccountId,
        conversation: ConversationId,
        threaded: &Threaded<'_>,
    ) -> Result<ConversationId, StoreError> {
        let names = self.names_of(account, threaded.mail)?;
        self.name_all(account, conversation, &names)?;
        self.join_alike(account, conversation, threaded)
    }

    /// A mail has another name as well: who answers that one answers this mail. May be told before either is known.
    pub(super) fn mail_named(
        &mut self,
        account: AccountId,
        mail: &str,
        also: &str,
    ) -> Result<Option<ConversationId>, StoreError> {
        let names = [mail_name(mail), mail_name(also)];
        for (name, other) in [(&names[0], &names[1]), (&names[1], &names[0])] {
            self.exec(
                "INSERT OR IGNORE INTO thread_alias(account_id, name, other) VALUES (?1, ?2, ?3)",
                params![account.0, name, other],
            )?;
        }
        let known = self.joined_by(account, &names)?;
        if let Some(id) = known {
            self.name_all(account, id, &names)?;
        }
        // What was told of it under its other name.
        if let Some(message) = self.by_external(account, &names[0])? {
            self.orphans(account, message.id, &names[0])?;
        }
        Ok(known)
    }

    /// The message of a provider's id, also by the name that a carrier gave to a mail of ours.
    pub(super) fn by_any_name(
        &self,
        account: AccountId,
        external: &str,
    ) -> Result<Option<Known>, StoreError> {
        if let Some(known) = self.by_external(account, external)? {
            return Ok(Some(known));
        }
        for other in self.other_names(account, external)? {
            if let Some(known) = self.by_external(account, &other)? {
                return Ok(Some(known));
            }
        }
        Ok(None)
    }

    /// Under which names a mail is known besides this one.
    pub(super) fn other_names(&self, account: AccountId, name: &str) -> Result<Vec<String>, StoreError> {
        let sql = "SELECT other FROM thread_alias WHERE account_id = ?1 AND name = ?2";
        self.all(sql, params![account.0, name], |r| r.get(0))
    }

    /// All names of a mail, with those that others gave to what it names.
    fn names_of(&self, account: AccountId, mail: &Mail) -> Result<Vec<String>, StoreError> {
        let mut names = mail.thread_names();
        for at in 0..names.len() {
            names.extend(self.other_names(account, &names[at])?);
        }
        Ok(names)
    }

    fn name_all(
        &mut self,
        account: AccountId,
        conversation: ConversationId,
        names: &[String],
    ) -> Result<(), StoreError> {
        for name in names {
            self.exec(
                "INSERT OR IGNORE INTO thread_name(account_id, name, conversation_id) VALUES (?1, ?2, ?3)",
                params![account.0, name, conversation.0],
            )?;
        }
        Ok(())
    }

    fn join_alike(
        &mut self,
        account: AccountId,
        conversation: ConversationId,
        threaded: &Threaded<'_>,
    ) -> Result<ConversationId, StoreError> {
        let like = self.alike(account, threaded)?;
        let all: Vec<ConversationId> = std::iter::once(conversation).chain(like).collect();
        self.join_all(all).map(|joined| joined.unwrap_or(conversation))
    }

    /// The conversation of a key, also if it is known by now under another one.
    pub(super) fn conversation_by_key(
        &self,
        account: AccountId,
        key: &ConversationKey,
    ) -> Result<Option<ConversationId>, StoreError> {
        let found = self.one(
            "SELECT id FROM conversation WHERE external_id = ?1 AND account_id = ?2",
            params![key.0, account.0],
            |r| Ok(ConversationId(r.get(0)?)),
        )?;
        match (found, key.0.strip_prefix(KEY)) {
            (None, Some(name)) => self.conversation_named(account, name),
            (found, _) => Ok(found),
        }
    }

    fn conversation_named(
        &self,
        account: AccountId,
        name: &str,
    ) -> Result<Option<ConversationId>, StoreError> {
        self.one(
            "SELECT conversation_id FROM thread_name WHERE account_id = ?1 AND name = ?2",
            params![account.0, name],
            |r| Ok(ConversationId(r.get(0)?)),
        )
    }

    /// The one conversation that knows any of these names, once those that do are one.
    fn joined_by(
        &mut self,
        account: AccountId,
        names: &[String],
    ) -> Result<Option<ConversationId>, StoreError> {
        let mut found = Vec::new();
        for name in names {
            found.extend(self.conversation_named(account, name)?);
        }
        self.join_all(found)
    }

    fn join_all(&mut self, mut all: Vec<ConversationId>) -> Result<Option<ConversationId>, StoreError> {
        all.sort();
        all.dedup();
        let Some((first, others)) = all.split_first() else { return Ok(None) };
        for other in others {
            self.join_conversations(*first, *other)?;
        }
        Ok(Some(*first))
    }

    /// Writes down the subject of a mail, and answers with the conversations that it belongs to by its subject alone.
    fn alike(
        &mut self,
        account: AccountId,
        threaded: &Threaded<'_>,
    ) -> Result<Vec<ConversationId>, StoreError> {
        let Threaded { mail, party, sent_at } = *threaded;
        let base = subject::base(&mail.subject).to_lowercase();
        let address = party.identities.iter().find(|i| i.kind == IdentityKind::Email);
        let machine = matches!(mail.automatic, Some(Automatic::Bulk | Automatic::Other | Automatic::Bounce));
        let (Some(address), false, false) = (address, base.is_empty(), machine) else {
            return Ok(Vec::new());
        };
        let name = mail.name();
        let orphan = mail.is_rootless() && subject::is_answer(&mail.subject);
        self.exec(
            "INSERT OR IGNORE INTO thread_subject(account_id, address, subject, sent_at, name, orphan)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![account.0, address.value, base, sent_at, name, orphan],
        )?;
        // Of the answers around it the nearest ones are enough: each of them is of one conversation with all in the month before it,
        // so also with what lies beyond. That way a thousand mails with one subject are not looked at a thousand times each.
        let row = |r: &rusqlite::Row<'_>| Ok((r.get::<_, Ms>(0)?, ConversationId(r.get(1)?)));
        let next = self.one(
            "SELECT s.sent_at, n.conversation_id FROM thread_subject s
             JOIN thread_name n ON n.account_id = s.account_id AND n.name = s.name
             WHERE s.account_id = ?1 AND s.address = ?2 AND s.subject = ?3 AND s.orphan = 1
               AND s.sent_at BETWEEN ?4 AND ?5 AND s.name <> ?6 ORDER BY s.sent_at LIMIT 1",
            params![account.0, address.value, base, sent_at, sent_at.saturating_add(SUBJECT_WINDOW), name],
            row,
        )?;
        let mut alike: Vec<ConversationId> = next.iter().map(|(_, id)| *id).collect();
        if !orphan {
            return Ok(alike);
        }
        let begin = sent_at.saturating_sub(SUBJECT_WINDOW);
        let last = self.one(
            "SELECT s.sent_at, n.conversation_id FROM thread_subject s
             JOIN thread_name n ON n.account_id = s.account_id AND n.name = s.name
             WHERE s.account_id = ?1 AND s.address = ?2 AND s.subject = ?3 AND s.orphan = 1
               AND s.sent_at BETWEEN ?4 AND ?5 AND s.name <> ?6 ORDER BY s.sent_at DESC LIMIT 1",
            params![account.0, address.value, base, begin, sent_at, name],
            row,
        )?;
        alike.extend(last.map(|(_, id)| id));
        let from = last.map_or(begin, |(at, _)| at.saturating_add(1));
        let until =
            next.map_or(sent_at, |(at, _)| sent_at.min(at.saturating_sub(SUBJECT_WINDOW).saturating_sub(1)));
        alike.extend(self.all(
            "SELECT DISTINCT n.conversation_id FROM thread_subject s
             JOIN thread_name n ON n.account_id = s.account_id AND n.name = s.name
             WHERE s.account_id = ?1 AND s.address = ?2 AND s.subject = ?3 AND s.sent_at BETWEEN ?4 AND ?5",
            params![account.0, address.value, base, from, until],
            |r| Ok(ConversationId(r.get(0)?)),
        )?);
        Ok(alike)
    }

    /// The customer of a conversation is whom its earliest mail is with: others who take part are named with what they write.
    pub(in crate::store) fn party(
        &mut self,
        conversation: ConversationId,
        contact: ContactId,
        at: Ms,
        external: &str,
    ) -> Result<(), StoreError> {
        let moved = self.exec(
            "UPDATE conversation SET contact_id = ?2, party_at = ?3, party_rank = ?4
             WHERE id = ?1 AND (party_at IS NULL OR (?3, ?4) < (party_at, party_rank))",
            params![conversation.0, contact.0, at, external],
        )?;
        if moved > 0 {
            self.index_names(conversation.0, true);
        }
        Ok(())
    }

    /// Of the keys that its mails propose a conversation has the least, so that their order has no meaning.
    fn key_of_mail(
        &mut self,
        account: AccountId,
        conversation: ConversationId,
        key: &ConversationKey,
    ) -> Result<(), StoreError> {
        self.exec(
            "UPDATE conversation SET external_id = ?3 WHERE id = ?1 AND account_id = ?2 AND external_id > ?3
             AND NOT EXISTS (SELECT 1 FROM conversation WHERE external_id = ?3 AND account_id = ?2)",
            params![conversation.0, account.0, key.0],
        )?;
        Ok(())
    }

    /// Keeps what a mail is besides its words, if this is the latest word on it.
    pub(in crate::store) fn mail_kept(
        &mut self,
        message: i64,
        mail: &Mail,
        rev: Rev,
    ) -> Result<(), StoreError> {
        let head = serde_json::to_string(&Mail { html: None, ..mail.clone() })?;
        self.exec(
            "INSERT INTO mail(message_id, head, html, rev_at, rev_rank) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (message_id) DO UPDATE SET head = excluded.head, html = excluded.html, rev_at = excluded.rev_at,
               rev_rank = excluded.rev_rank
             WHERE (excluded.rev_at, excluded.rev_rank, excluded.head, coalesce(excluded.html, ''))
                 > (rev_at, rev_rank, head, coalesce(html, ''))",
            params![message, head, mail.html, rev.at, rev.rank],
        )?;
        Ok(())
    }
}
