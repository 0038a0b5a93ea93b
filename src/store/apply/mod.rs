//! Facts become rows: idempotent, and independent of the order in which they come.

mod another;
mod delivery;
mod identity;
mod join;
mod mail;
mod message;
mod metadata;
mod seen;
mod spam;

pub(super) use delivery::{own_step, shown_delivery};
pub(super) use mail::Threaded;

use crate::domain::account::Channel;
use crate::domain::clock::Ms;
use crate::domain::contact::{Identity, Party};
use crate::domain::conversation::Status;
use crate::domain::event::{ConversationFact, ConversationKey, Event, MessageFact};
use crate::domain::facet::{Facet, FacetKey};
use crate::domain::ids::{AccountId, ContactId, ConversationId};
use crate::domain::rev::{Rev, Stamped};
use crate::store::counts::Place;
use crate::store::derive::Route;
use crate::store::error::StoreError;
use crate::store::tx::Tx;
use rusqlite::params;
use std::collections::HashMap;

/// What an application changed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Applied {
    /// Conversations that were spoken of, once each.
    pub conversations: Vec<ConversationId>,
    /// Conversations that began, in the order in which they did.
    pub begun: Vec<ConversationId>,
    /// Messages that were not known before.
    pub new_messages: usize,
    /// Whether files wait to be fetched.
    pub media_due: bool,
}

/// What every application asks of its account.
#[derive(Debug, Clone, Copy)]
pub(super) struct Home {
    pub account: AccountId,
    /// What was sent before is history. The whole second of the connection counts as after it: vendors tell no milliseconds.
    pub since: Ms,
}

/// What a batch says of its conversations. Most messages of one say the same again, and only its latest revision counts.
pub(super) struct Told<'a>(HashMap<&'a ConversationKey, Vec<Same<'a>>>);

struct Same<'a> {
    fact: &'a ConversationFact,
    /// The latest revision under which it is said.
    rev: Rev,
    /// The conversation, once this has been applied.
    id: Option<ConversationId>,
}

impl<'a> Told<'a> {
    fn new(messages: &[&'a MessageFact]) -> Told<'a> {
        let mut told: HashMap<&ConversationKey, Vec<Same<'a>>> = HashMap::new();
        for message in messages {
            let said = told.entry(&message.conversation.key).or_default();
            match said.iter_mut().find(|s| *s.fact == message.conversation) {
                Some(same) => same.rev = same.rev.max(message.rev),
                None => said.push(Same { fact: &message.conversation, rev: message.rev, id: None }),
            }
        }
        Told(told)
    }

    fn of(&mut self, fact: &ConversationFact) -> Option<&mut Same<'a>> {
        self.0.get_mut(&fact.key)?.iter_mut().find(|s| s.fact == fact)
    }
}

impl Tx<'_> {
    /// The conversation of a message in a batch.
    pub(super) fn conversation_told(
        &mut self,
        account: AccountId,
        fact: &ConversationFact,
        rev: Rev,
        told: &mut Told<'_>,
    ) -> Result<ConversationId, StoreError> {
        let Some(same) = told.of(fact) else { return self.conversation_fact(account, fact, rev) };
        if let Some(id) = same.id {
            return Ok(id);
        }
        let id = self.conversation_fact(account, fact, same.rev)?;
        same.id = Some(id);
        Ok(id)
    }

    /// Applies facts of an account.
    ///
    /// # Errors
    /// `NotFound` for an unknown account; those of the database.
    pub fn apply(&mut self, account: AccountId, events: &[Event]) -> Result<Applied, StoreError> {
        let since: Option<Ms> =
            self.one("SELECT since FROM account WHERE id = ?1", [account.0], |r| r.get(0))?;
        let since = since.ok_or(StoreError::NotFound("account"))?;
        self.apply_at(
            Home { account, since: since.div_euclid(1000) * 1000 },
            &events.iter().collect::<Vec<_>>(),
        )
    }

    /// Applies facts that a push has told: they have just come, so nothing of them is history, whatever date it bears.
    ///
    /// # Errors
    /// As [`Tx::apply`].
    pub fn apply_pushed<'e>(
        &mut self,
        account: AccountId,
        events: impl IntoIterator<Item = &'e Event>,
    ) -> Result<Applied, StoreError> {
        let known = self.one("SELECT 1 FROM account WHERE id = ?1", [account.0], |_| Ok(()))?;
        known.ok_or(StoreError::NotFound("account"))?;
        self.apply_at(Home { account, since: Ms::MIN }, &events.into_iter().collect::<Vec<_>>())
    }

    fn apply_at(&mut self, home: Home, events: &[&Event]) -> Result<Applied, StoreError> {
        let mut out = Applied::default();
        let mut seen: Vec<ConversationId> = Vec::with_capacity(events.len());

        self.participants.clear();
        self.begun.clear();
        // Ascending ids suit the indexes; order has no meaning.
        let mut messages: Vec<_> = events
            .iter()
            .filter_map(|e| match e {
                Event::Message(m) => Some(m.as_ref()),
                _ => None,
            })
            .collect();
        messages.sort_by_key(|m| m.sent_at);
        let mut told = Told::new(&messages);
        for fact in messages {
            seen.push(self.message_fact(home, fact, &mut told, &mut out)?);
        }
        for event in events {
            match event {
                Event::Message(_) => {}
                Event::Conversation(fact) => {
                    let revs = fact.facets.iter().map(|f| f.rev);
                    let rev = revs.chain(fact.party.said).max().unwrap_or(Rev::at(0));
                    seen.push(self.conversation_fact(home.account, fact, rev)?);
                }
                Event::Delivery { message, report } => {
                    seen.extend(self.delivery_fact(home.account, message, report)?);
                }
                Event::Consent { identity, channel, state, said } => {
                    self.consent_fact(home.account, identity, *channel, state, said)?;
                }
                Event::Seen { message, state } => {
                    seen.extend(self.seen_fact(home.account, message, state.clone())?);
                }
                Event::MailNamed { mail, also } => {
                    seen.extend(self.mail_named(home.account, mail, also)?);
                }
                Event::ReadUpTo { conversation, at, source } => {
                    seen.extend(self.read_up_to(home.account, conversation, *at, *source)?);
                }
            }
        }
        if self.has_joined {
            for id in &mut seen {
                *id = self.stays(*id)?;
            }
        }
        seen.sort();
        seen.dedup();
        for conversation in &seen {
            if self.touched.get(&conversation.0).is_some_and(|t| t.fold) {
                self.settle_in(*conversation, self.now)?;
            }
        }
        out.begun = std::mem::take(&mut self.begun);
        out.conversations = seen;
        Ok(out)
    }

    /// Finds or makes the conversation of a fact, and takes in what the fact says of it.
    pub(super) fn conversation_fact(
        &mut self,
        account: AccountId,
        fact: &ConversationFact,
        rev: Rev,
    ) -> Result<ConversationId, StoreError> {
        if fact.channel == Channel::Email {
            return self.conversation_of_mails(account, fact, rev);
        }
        let found = self.one(
            "SELECT id, contact_id FROM conversation WHERE external_id = ?1 AND account_id = ?2",
            params![fact.key.0, account.0],
            |r| Ok((ConversationId(r.get(0)?), ContactId(r.get(1)?))),
        )?;
        let (contact, identity) = self.contact(&fact.party, found.map(|f| f.1), rev)?;
        let route = Route { rev, ours: fact.ours.clone(), theirs: fact.theirs.clone(), identity };
        let id = match found {
            Some((id, _)) => {
                let touch = self.touch(id.0);
                if touch.route.as_ref().is_none_or(|r| route.beats(r)) {
                    touch.route = Some(route);
                }
                id
            }
            None => self.conversation_new(account, fact, contact, route)?,
        };
        self.learn(id, &fact.facets)?;
        Ok(id)
    }

    fn conversation_new(
        &mut self,
        account: AccountId,
        fact: &ConversationFact,
        contact: ContactId,
        route: Route,
    ) -> Result<ConversationId, StoreError> {
        self.exec(
            // Never the number of one that has become part of another: what is still asked of that goes elsewhere.
            "INSERT INTO conversation(id, account_id, external_id, channel, contact_id, identity_id, ours, theirs, created_at,
                                      addr_at, addr_rank)
             VALUES ((SELECT max(coalesce((SELECT max(id) FROM conversation), 0),
                                 coalesce((SELECT max(gone) FROM joined), 0)) + 1),
                     ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            params![
                account.0,
                fact.key.0,
                fact.channel.code(),
                contact.0,
                route.identity,
                route.ours,
                route.theirs,
                self.now,
                route.rev.at,
                route.rev.rank
            ],
        )?;
        let (id, identity) = (ConversationId(self.conn.last_insert_rowid()), route.identity);
        let place = Place {
            account: account.0,
            channel: fact.channel.code(),
            status: Status::Open,
            agent: None,
            team: None,
            waiting_since: None,
            last_message_at: 0,
            archived: false,
            muted: false,
            blocked: false,
            labels: Vec::new(),
            mentions: Vec::new(),
            unread: false,
        };
        self.count_place(&place, 1);
        self.index_names(id.0, false);
        self.touch(id.0);
        self.begun.push(id);
        self.refuse_blocked(id, identity)?;
        self.read_up_to_orphan(account, &fact.key, id)?;
        Ok(id)
    }

    /// A new conversation with a blocked address is spam from its beginning; whatever is said of its status later counts more.
    fn refuse_blocked(&mut self, id: ConversationId, identity: Option<i64>) -> Result<(), StoreError> {
        let sql = "SELECT at FROM block WHERE identity_id = ?1";
        let Some(at) = self.one(sql, [identity], |r| r.get::<_, Ms>(0))? else { return Ok(()) };
        let value = Facet::Status { status: Status::Spam, until: None };
        self.learn(id, &[Stamped { value, rev: Rev { at, rank: 0 } }])?;
        Ok(())
    }

    /// Makes the conversation that a new outbound message begins.
    pub(super) fn conversation_begin(
        &mut self,
        account: AccountId,
        key: ConversationKey,
        channel: Channel,
        identity: Identity,
        ours: String,
        theirs: String,
    ) -> Result<ConversationId, StoreError> {
        let party = Party { identities: vec![identity], name: None, claims: Vec::new(), said: None };
        let fact = ConversationFact { key, channel, party, ours, theirs, facets: Vec::new() };
        let id = self.conversation_fact(account, &fact, Rev::at(0))?;
        // Who is blocked and is written to all the same: what begins here is no spam.
        if self.begun.contains(&id) {
            self.exec(
                "DELETE FROM facet WHERE conversation_id = ?1 AND key = ?2",
                params![id.0, FacetKey::Status.text()],
            )?;
            self.touch(id.0).fold = true;
        }
        Ok(id)
    }

    /// A pull that began then has covered these conversations: accepted ops on them have been caught up with.
    ///
    /// # Errors
    /// Those of the database.
    pub fn pull_covered(
        &mut self,
        account: AccountId,
        keys: &[ConversationKey],
        begun: Ms,
    ) -> Result<(), StoreError> {
        for key in keys {
            let Some(ConversationId(id)) = self.conversation_by_key(account, key)? else { continue };
            self.exec(
                "UPDATE conversation SET pulled_at = ?2 WHERE id = ?1 AND coalesce(pulled_at, ?2 - 1) < ?2",
                params![id, begun],
            )?;
            self.settle_in(ConversationId(id), self.now)?;
        }
        Ok(())
    }

    /// Keeps where a stream of pulls goes on; none forgets it.
    ///
    /// # Errors
    /// Those of the database.
    pub fn cursor_set(
        &mut self,
        account: AccountId,
        stream: &str,
        value: Option<&str>,
    ) -> Result<(), StoreError> {
        self.exec(
            "INSERT INTO cursor(account_id, stream, value, updated_at) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (account_id, stream) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at",
            params![account.0, stream, value, self.now],
        )?;
        Ok(())
    }

    /// Whether we may write to an address, as somebody said.
    pub(super) fn consent_fact(
        &mut self,
        account: AccountId,
        identity: &Identity,
        channel: Channel,
        state: &Stamped<crate::domain::contact::ConsentState>,
        said: &str,
    ) -> Result<bool, StoreError> {
        let party = Party { identities: vec![identity.clone()], name: None, claims: Vec::new(), said: None };
        self.contact(&party, None, state.rev)?;
        let Some((id, _)) = self.identity(identity)? else { return Ok(false) };
        let before = self.one(
            "SELECT at, rank, state, said FROM consent WHERE account_id = ?1 AND identity_id = ?2 AND channel = ?3",
            params![account.0, id, channel.code()],
            |r| {
                let rev = Rev { at: r.get(0)?, rank: r.get(1)? };
                Ok((rev, r.get::<_, i64>(2)?, r.get::<_, String>(3)?))
            },
        )?;
        if before.is_some_and(|b| b >= (state.rev, state.value.code(), said.to_owned())) {
            return Ok(false);
        }
        self.exec(
            "INSERT OR REPLACE INTO consent(account_id, identity_id, channel, state, at, rank, said)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![account.0, id, channel.code(), state.value.code(), state.rev.at, state.rev.rank, said],
        )?;
        Ok(true)
    }
}
