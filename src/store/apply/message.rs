//! Messages: recognised by the provider's id or by our token, whichever comes first, and made one when both turn out to be the same.

use crate::domain::attachment::is_came;
use crate::domain::clock::Ms;
use crate::domain::delivery::Delivery;
use crate::domain::event::MessageFact;
use crate::domain::ids::{AccountId, ConversationId, OpId};
use crate::domain::message::{AttachmentFact, Author, AuthorKind, Direction};
use crate::domain::rev::Rev;
use crate::store::apply::metadata::Metadata;
use crate::store::apply::{Applied, Home, Told};
use crate::store::error::StoreError;
use crate::store::fold::uuid_blob;
use crate::store::media::HAS_OWN;
use crate::store::tx::Tx;
use crate::text::sanitize;
use rusqlite::types::Value;
use rusqlite::{Row, params};

/// What a fact is compared with.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub id: i64,
    pub conversation: i64,
    pub external: Option<String>,
    pub direction: i64,
    pub kind: i64,
    pub author_name: Option<String>,
    pub text: String,
    pub sent_at: Ms,
    pub seen: i64,
    pub op: Option<OpId>,
    pub rev: Rev,
    pub metadata: Option<String>,
    pub metadata_revs: Option<String>,
}

const KNOWN: &str =
    "id, conversation_id, external_id, direction, kind, author_name, text, sent_at, seen, op_id,
     rev_at, rev_rank, metadata, metadata_revs";

fn known(r: &Row<'_>) -> rusqlite::Result<Known> {
    Ok(Known {
        id: r.get(0)?,
        conversation: r.get(1)?,
        external: r.get(2)?,
        direction: r.get(3)?,
        kind: r.get(4)?,
        author_name: r.get(5)?,
        text: r.get(6)?,
        sent_at: r.get(7)?,
        seen: r.get(8)?,
        op: r.get::<_, Option<uuid_blob::Id>>(9)?.map(|id| id.0),
        rev: Rev { at: r.get(10)?, rank: r.get(11)? },
        metadata: r.get(12)?,
        metadata_revs: r.get(13)?,
    })
}

impl Tx<'_> {
    /// The message of that provider's id.
    pub(super) fn by_external(
        &self,
        account: AccountId,
        external: &str,
    ) -> Result<Option<Known>, StoreError> {
        self.one(
            &format!("SELECT {KNOWN} FROM message WHERE external_id = ?1 AND account_id = ?2"),
            params![external, account.0],
            known,
        )
    }

    /// The message that an op of this account says.
    pub(super) fn by_token(&self, account: AccountId, token: OpId) -> Result<Option<Known>, StoreError> {
        self.one(
            &format!("SELECT {KNOWN} FROM message WHERE op_id = ?1 AND account_id = ?2"),
            params![token.0.as_bytes().as_slice(), account.0],
            known,
        )
    }

    /// Applies a message.
    pub(super) fn message_fact(
        &mut self,
        home: Home,
        fact: &MessageFact,
        told: &mut Told<'_>,
        out: &mut Applied,
    ) -> Result<ConversationId, StoreError> {
        let account = home.account;
        let another = self.another_of_that_id(account, fact)?;
        let fact = another.as_ref().unwrap_or(fact);
        let echo = match fact.token {
            Some(token) => self.by_token(account, token)?,
            None => None,
        };
        // One op can lead to two messages at the provider (an agent sent it again): only the first is the op's.
        let echo = echo.filter(|e| e.external.as_ref().is_none_or(|x| *x == fact.external_id));
        let conversation = match (&fact.mail, &echo) {
            (Some(mail), _) => self.conversation_of_mail(account, fact, mail)?,
            (None, echo) => {
                if let Some(echo) = echo {
                    self.adopt_key(account, echo.conversation, &fact.conversation.key.0)?;
                }
                self.conversation_told(account, &fact.conversation, fact.rev, told)?
            }
        };
        let id = match echo {
            Some(echo) => {
                self.learn_external(account, echo.id, echo.external.as_deref(), &fact.external_id)?;
                match self.by_external(account, &fact.external_id)? {
                    Some(now) => self.update_message(home, fact, &now, out)?,
                    None => echo.id,
                }
            }
            // Most are new: the index that would refuse a second one is asked by the insert itself.
            None => match self.insert_message(home, conversation, fact, out)? {
                Some(id) => id,
                None => {
                    let known = self.by_external(account, &fact.external_id)?;
                    let known = known.ok_or(StoreError::NotFound("message"))?;
                    self.update_message(home, fact, &known, out)?
                }
            },
        };
        if let Some(token) = fact.token {
            self.orphans(account, id, &token.to_string())?;
        }
        if let Some(mail) = &fact.mail
            && !self.is_our_mail(id)?
        {
            self.mail_kept(id, mail, fact.rev)?;
            let files = fact.attachments.iter().filter_map(|file| file.name.as_deref());
            self.mail_words(conversation, mail, files)?;
        }
        if let Some(report) = &fact.delivery {
            self.report(id, report)?;
        }
        Ok(conversation)
    }

    /// A conversation begun here carries a key of our making: the provider's word replaces it, unless that key is taken.
    fn adopt_key(&mut self, account: AccountId, conversation: i64, key: &str) -> Result<(), StoreError> {
        self.exec(
            "UPDATE conversation SET external_id = ?3 WHERE id = ?1 AND account_id = ?2 AND external_id <> ?3
             AND NOT EXISTS (SELECT 1 FROM conversation WHERE external_id = ?3 AND account_id = ?2)",
            params![conversation, account.0, key],
        )?;
        Ok(())
    }

    /// None = it is there already.
    fn insert_message(
        &mut self,
        home: Home,
        conversation: ConversationId,
        fact: &MessageFact,
        out: &mut Applied,
    ) -> Result<Option<i64>, StoreError> {
        let id = self.slot(fact.sent_at)?.0;
        let inbound = fact.direction == Direction::Inbound;
        let quiet = fact.kind.is_quiet();
        let unseen = inbound && !quiet && !is_history(home, fact);
        let (agent, author_name) = self.author(fact)?;
        let metadata = Metadata::first(&fact.metadata);
        let new = self.exec(
            "INSERT INTO message(id, conversation_id, account_id, external_id, direction, kind, author_kind, author_name,
                                 agent_id, text, sent_at, seen, metadata, rev_at, rev_rank)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)
             ON CONFLICT (external_id, account_id) WHERE external_id IS NOT NULL DO NOTHING",
            params![
                id,
                conversation.0,
                home.account.0,
                fact.external_id,
                fact.direction.code(),
                fact.kind.code(),
                fact.author.kind.code(),
                author_name,
                agent,
                fact.text,
                fact.sent_at,
                i64::from(!unseen),
                metadata,
                fact.rev.at,
                fact.rev.rank
            ],
        )?;
        if new == 0 {
            return Ok(None);
        }
        out.new_messages += 1;
        if fact.direction != Direction::Activity && !fact.text.is_empty() {
            self.index_message(id, Some(&fact.text), false);
        }
        let touch = self.touch(conversation.0);
        touch.add(fact.sent_at, id, fact.direction, &fact.text, fact.conversation.channel);
        match fact.direction {
            Direction::Inbound => {
                if !quiet {
                    touch.inbound = touch.inbound.max(Some(fact.sent_at));
                    let first = touch.inbound_first.map_or(fact.sent_at, |first| first.min(fact.sent_at));
                    touch.inbound_first = Some(first);
                }
                touch.unread += i64::from(unseen);
            }
            Direction::Outbound => touch.answered = touch.answered.max(Some((fact.sent_at, id))),
            Direction::Note if fact.history => {}
            Direction::Note => self.call_agents(conversation.0, &fact.text, agent)?,
            Direction::Activity => {}
        }
        self.participant(conversation.0, &fact.author, agent, fact.sent_at)?;
        self.attachments(id, &fact.attachments, fact.direction, out)?;
        self.orphans(home.account, id, &fact.external_id)?;
        self.seen_orphan(home.account, &fact.external_id)?;
        if fact.direction == Direction::Outbound {
            self.read_late(id)?;
        }
        Ok(Some(id))
    }

    /// Whether a message is one that an op says: what we sent stays as we wrote it.
    fn is_our_mail(&self, message: i64) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM message m JOIN mail l ON l.message_id = m.id WHERE m.id = ?1 AND m.op_id IS NOT NULL";
        Ok(self.one(sql, [message], |_| Ok(()))?.is_some())
    }

    /// Takes in another statement about a known message.
    fn update_message(
        &mut self,
        home: Home,
        fact: &MessageFact,
        row: &Known,
        out: &mut Applied,
    ) -> Result<i64, StoreError> {
        let ours = row.op.is_some();
        let (agent, author_name) = self.author(fact)?;
        let newer = {
            let said = (fact.rev, &fact.text, fact.kind.code(), fact.sent_at, &author_name);
            let here = (row.rev, &row.text, row.kind, row.sent_at, &row.author_name);
            if ours { (said.0, said.1) > (here.0, here.1) } else { said > here }
        };
        let rev = if newer { fact.rev } else { row.rev };
        let mut meta = Metadata::stored(row.metadata.as_deref(), row.metadata_revs.as_deref(), row.rev)?;
        meta.merge(Metadata::stated(&fact.metadata, fact.rev));
        let (metadata, metadata_revs) = meta.columns(rev)?;
        // What we sent stays as we showed it: our time, our author. Only its words may have changed on the way.
        let text = if newer && !(ours && fact.text.is_empty()) { &fact.text } else { &row.text };
        let sent_at = if newer && !ours { fact.sent_at } else { row.sent_at };
        let seen = if row.seen == 0 && is_history(home, fact) { 1 } else { row.seen };
        let moved = metadata != row.metadata || metadata_revs != row.metadata_revs;
        if newer || moved || seen != row.seen {
            self.exec(
                "UPDATE message SET text = ?2, sent_at = ?3, seen = ?4, metadata = ?5, metadata_revs = ?6, rev_at = ?7,
                        rev_rank = ?8, revision = revision + 1
                 WHERE id = ?1",
                params![row.id, text, sent_at, seen, metadata, metadata_revs, rev.at, rev.rank],
            )?;
        }
        if newer && !ours {
            self.exec(
                "UPDATE message SET kind = ?2, author_kind = ?3, author_name = ?4, agent_id = ?5 WHERE id = ?1",
                params![row.id, fact.kind.code(), fact.author.kind.code(), author_name, agent],
            )?;
        }
        if *text != row.text && row.direction != Direction::Activity.code() {
            self.index_text(row.id, text)?;
        }
        let touch = self.touch(row.conversation);
        touch.newest |= newer;
        touch.unread -= i64::from(row.seen != 1 && seen == 1);
        if sent_at != row.sent_at || newer && !ours && fact.kind.code() != row.kind {
            touch.inbound_lost |= row.direction == Direction::Inbound.code();
            touch.answered_lost |= row.direction == Direction::Outbound.code();
        }
        self.participant(row.conversation, &fact.author, agent, fact.sent_at)?;
        // What we sent along stays as we showed it: the provider's copies of it are no files of their own.
        let stay = ours && self.one(HAS_OWN, [row.id], |_| Ok(()))?.is_some();
        if !stay && !fact.attachments.is_empty() {
            let before = self.files_shown(row.id)?;
            self.attachments(row.id, &fact.attachments, fact.direction, out)?;
            if self.files_shown(row.id)? != before {
                // Layouts of the message are cached by its revision, and the list may show the first file's name.
                self.exec("UPDATE message SET revision = revision + 1 WHERE id = ?1", [row.id])?;
                self.touch(row.conversation).newest = true;
            }
        }
        Ok(row.id)
    }

    /// The message `id` turns out to be the provider's `external`. A row that came in under that id becomes part of it.
    pub(in crate::store) fn learn_external(
        &mut self,
        account: AccountId,
        id: i64,
        known: Option<&str>,
        external: &str,
    ) -> Result<(), StoreError> {
        if known.is_some() {
            return Ok(());
        }
        if let Some(other) = self.by_external(account, external)?
            && other.id != id
        {
            self.join_rows(id, &other)?;
        }
        self.exec(
            "UPDATE message SET external_id = ?2, revision = revision + 1 WHERE id = ?1",
            params![id, external],
        )?;
        self.orphans(account, id, external)
    }

    /// Two rows are one message: the op's row stays and takes everything that the provider's row knows.
    fn join_rows(&mut self, keep: i64, gone: &Known) -> Result<(), StoreError> {
        self.exec(
            "INSERT INTO delivery_step(message_id, state, said, code, at, source, human, price)
             SELECT ?1, state, said, code, at, source, human, price FROM delivery_step WHERE message_id = ?2
             ON CONFLICT (message_id, state, said, code) DO UPDATE SET
               source = CASE WHEN excluded.at < at THEN excluded.source ELSE source END, at = min(at, excluded.at),
               human = coalesce(human, excluded.human), price = coalesce(price, excluded.price)",
            params![keep, gone.id],
        )?;
        self.exec("DELETE FROM delivery_step WHERE message_id = ?1", [gone.id])?;
        self.exec(
            "UPDATE OR IGNORE missed SET message_id = ?1 WHERE message_id = ?2",
            params![keep, gone.id],
        )?;
        self.exec("DELETE FROM missed WHERE message_id = ?1", [gone.id])?;
        if self.one(HAS_OWN, [keep], |_| Ok(()))?.is_none() {
            self.exec(
                "UPDATE OR IGNORE attachment SET message_id = ?1 WHERE message_id = ?2",
                [keep, gone.id],
            )?;
        }
        self.exec("DELETE FROM attachment WHERE message_id = ?1", [gone.id])?;
        let row = self
            .one(&format!("SELECT {KNOWN} FROM message WHERE id = ?1"), [keep], known)?
            .ok_or(StoreError::NotFound("message"))?;
        let newer = (gone.rev, &gone.text) > (row.rev, &row.text);
        let rev = if newer { gone.rev } else { row.rev };
        let mut meta = Metadata::stored(row.metadata.as_deref(), row.metadata_revs.as_deref(), row.rev)?;
        meta.merge(Metadata::stored(gone.metadata.as_deref(), gone.metadata_revs.as_deref(), gone.rev)?);
        let (metadata, metadata_revs) = meta.columns(rev)?;
        let text = if newer && !gone.text.is_empty() { &gone.text } else { &row.text };
        // The truth of the two; `show` below derives the rest.
        self.exec(
            "UPDATE message SET text = ?3, metadata = ?4, metadata_revs = ?5, rev_at = ?6, rev_rank = ?7,
                    said = nullif(max(coalesce(said, -1), coalesce((SELECT said FROM message WHERE id = ?2), -1)), -1),
                    price = coalesce(price, (SELECT price FROM message WHERE id = ?2)), revision = revision + 1
             WHERE id = ?1",
            params![keep, gone.id, text, metadata, metadata_revs, rev.at, rev.rank],
        )?;
        let said =
            self.one("SELECT said FROM message WHERE id = ?1", [keep], |r| r.get::<_, Option<i64>>(0))?;
        if let Some(said) = said.flatten().and_then(Delivery::from_code) {
            let said = self.but_returned(keep, said)?;
            self.exec("UPDATE message SET said = ?2 WHERE id = ?1", params![keep, said.code()])?;
        }
        let troubled = self
            .one(
                "SELECT 1 FROM message WHERE id = ?1 AND given_up = 0 AND delivery IN (3, 4, 7)",
                [gone.id],
                |_| Ok(()),
            )?
            .is_some();
        self.exec("DELETE FROM message WHERE id = ?1", [gone.id])?;
        self.index_message(gone.id, None, true);
        if *text != row.text {
            self.index_text(keep, text)?;
        }
        let touch = self.touch(gone.conversation);
        touch.newest = true;
        touch.answered_lost = true;
        touch.unread -= i64::from(gone.seen != 1);
        touch.troubled -= i64::from(troubled);
        self.provider_spoke(keep)
    }

    /// An author's agent id, and the name to keep: none where it is the contact's own.
    fn author(&mut self, fact: &MessageFact) -> Result<(Option<i64>, Option<String>), StoreError> {
        let author = &fact.author;
        let agent = match (&author.email, author.kind) {
            (Some(email), AuthorKind::Agent) => Some(self.agent(email)?),
            _ => None,
        };
        // Several people may take part in a conversation of mails.
        let theirs = fact.mail.is_none()
            && author.kind == AuthorKind::Contact
            && author.name == fact.conversation.party.name;
        Ok((agent, if theirs { None } else { author.name.clone() }))
    }

    /// Remembers who has taken part.
    pub(in crate::store) fn participant(
        &mut self,
        conversation: i64,
        author: &Author,
        agent: Option<i64>,
        at: Ms,
    ) -> Result<(), StoreError> {
        // Within one application facts come in the order of their times: the first word on somebody is the earliest.
        if agent.is_some_and(|agent| !self.participants.insert((conversation, agent))) {
            return Ok(());
        }
        if let (AuthorKind::Agent, Some(email)) = (author.kind, &author.email) {
            self.exec(
                "INSERT INTO participant(conversation_id, kind, name, since) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (conversation_id, kind, name) DO UPDATE SET since = excluded.since WHERE excluded.since < since",
                params![conversation, author.kind.code(), email.to_lowercase(), at],
            )?;
        }
        Ok(())
    }

    /// Files, recognised by the provider's id. Where two statements differ, the greater value stays, whatever came first: of two
    /// places the one of the statement that knew of more files before it.
    fn attachments(
        &mut self,
        message: i64,
        files: &[AttachmentFact],
        direction: Direction,
        out: &mut Applied,
    ) -> Result<(), StoreError> {
        for file in files {
            let name = file
                .name
                .as_deref()
                .filter(|n| !n.trim().is_empty())
                .map(sanitize::file_name)
                .unwrap_or_default();
            // A place that a stranger names is none of ours.
            let path = file.path.as_deref().filter(|path| is_came(path));
            let due = file
                .media
                .as_ref()
                .filter(|_| path.is_none() && direction != Direction::Activity && !file.on_demand)
                .map(|_| self.now);
            let size = file.size.map(|s| i64::try_from(s).unwrap_or(i64::MAX));
            self.exec(
                "INSERT INTO attachment(message_id, external_id, name, mime, size, caption, media, due_at, path, place)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
                 ON CONFLICT (message_id, external_id) DO UPDATE SET
                   name = CASE WHEN path IS NULL OR path GLOB 'files/in/*' THEN max(name, excluded.name) ELSE name END,
                   mime = coalesce(max(mime, excluded.mime), mime, excluded.mime),
                   place = coalesce(max(place, excluded.place), place, excluded.place),
                   size = coalesce(max(size, excluded.size), size, excluded.size),
                   caption = coalesce(max(caption, excluded.caption), caption, excluded.caption),
                   due_at = CASE WHEN excluded.path IS NOT NULL THEN NULL
                                 WHEN media IS NULL AND path IS NULL THEN excluded.due_at ELSE due_at END,
                   error = CASE WHEN excluded.path IS NOT NULL THEN NULL ELSE error END,
                   path = CASE WHEN path IS NULL OR path GLOB 'files/in/*'
                               THEN coalesce(max(path, excluded.path), path, excluded.path) ELSE path END,
                   media = coalesce(max(media, excluded.media), media, excluded.media)",
                params![
                    message,
                    file.external_id,
                    name,
                    file.mime,
                    size,
                    file.caption,
                    file.media.as_ref().map(|m| m.0.as_str()),
                    due,
                    path,
                    file.place
                ],
            )?;
            out.media_due |= due.is_some();
        }
        Ok(())
    }

    /// What is shown of a message's files.
    fn files_shown(&self, message: i64) -> Result<Vec<[Value; 8]>, StoreError> {
        let sql = "SELECT external_id, place, name, mime, size, caption, path, media IS NULL FROM attachment
                   WHERE message_id = ?1 ORDER BY external_id";
        self.all(sql, [message], |r| {
            Ok([r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?, r.get(4)?, r.get(5)?, r.get(6)?, r.get(7)?])
        })
    }
}

fn is_history(home: Home, fact: &MessageFact) -> bool {
    fact.history || fact.sent_at < home.since
}
