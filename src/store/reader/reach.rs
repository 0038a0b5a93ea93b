//! Whom one can write to, and on which ways one person can be reached.

use crate::domain::account::Channel;
use crate::domain::availability::{SendContext, may_send, window_left};
use crate::domain::clock::Ms;
use crate::domain::contact::{Identity, IdentityKind};
use crate::domain::ids::{ContactId, ConversationId};
use crate::domain::reach::{Recipient, Way, rank};
use crate::domain::row::{AccountRow, ConsentRow, ConversationRow, bare_address};
use crate::store::error::StoreError;
use crate::store::filter::{self, Unit};
use crate::store::reader::{Reader, limit, rows};
use crate::text::index::{Term, highlight};
use crate::text::{address, recipient};
use rusqlite::params;

/// Conversations whose names are looked at for one answer.
const LOOKED_AT: usize = 2_000;

/// Proved addresses that begin like this.
pub(super) const BY_ADDRESS: &str =
    "SELECT k.name, i.value FROM identity i CROSS JOIN contact k ON k.id = i.contact_id
     WHERE i.value >= ?1 AND i.value < ?2 AND i.kind = ?3 AND i.verified = 1 LIMIT ?4";

/// Proved addresses of the most recent conversations whose names have these words.
pub(super) const BY_NAME: &str = "SELECT k.name, i.value
     FROM (SELECT rowid AS id FROM name_fts WHERE name_fts MATCH ?1 ORDER BY rowid DESC LIMIT ?3) f
     CROSS JOIN conversation c ON c.id = f.id CROSS JOIN contact k ON k.id = c.contact_id
     CROSS JOIN identity i ON i.contact_id = k.id AND i.kind = ?2 AND i.verified = 1";

/// Proved addresses of the customers of the most recent conversations.
pub(super) const RECENT: &str = "SELECT k.name, i.value
     FROM (SELECT contact_id FROM conversation ORDER BY last_message_at DESC, id DESC LIMIT 4 * ?2) c
     CROSS JOIN contact k ON k.id = c.contact_id
     CROSS JOIN identity i ON i.contact_id = k.id AND i.kind = ?1 AND i.verified = 1";

fn named(r: &rusqlite::Row<'_>) -> rusqlite::Result<(String, String)> {
    Ok((r.get(0)?, r.get(1)?))
}

/// What is typed as the index of names has it: a telephone number, else words.
fn units(typed: &str) -> Vec<Unit> {
    let words: Vec<Term> = typed.split_whitespace().map(|word| Term::Prefix(word.to_owned())).collect();
    match filter::phone(&words) {
        Some(number) => vec![Unit { text: words, phone: Some(number) }],
        None => words.into_iter().map(|word| Unit { text: vec![word], phone: None }).collect(),
    }
}

/// Whether a name or an address has what is typed.
fn is_of(unit: &Unit, name: &str, address: &str) -> bool {
    let digits = address::number_in(address);
    let is_number = unit.phone.as_ref().zip(digits).is_some_and(|(typed, all)| all.contains(typed.text()));
    is_number || [name, address].iter().any(|words| !highlight(words, &unit.text).is_empty())
}

impl Reader {
    /// People with an address of a kind, whose names or addresses begin with what is typed: by name, those without one last. Found
    /// by the index of names, the most recent customers first, and by the beginning of an address; nothing typed finds the most
    /// recent customers. However many fit, only so many are looked at.
    ///
    /// # Errors
    /// Those of the database.
    pub fn recipients(
        &self,
        kind: IdentityKind,
        typed: &str,
        count: usize,
    ) -> Result<Vec<Recipient>, StoreError> {
        let typed = typed.trim();
        let units = units(typed);
        let mut found: Vec<Recipient> = Vec::new();
        let mut add = |name: String, value: String| {
            let one = Recipient { name, identity: Identity { kind, value } };
            if found.len() < count && !found.contains(&one) {
                found.push(one);
            }
        };
        if !typed.is_empty() {
            // Numbers are typed with blanks and brackets, and kept without.
            let bare: String = typed.chars().filter(|c| !" ()-./".contains(*c)).collect();
            let beginning = if filter::is_numeric(typed) { bare.as_str() } else { typed };
            let args = params![beginning, format!("{beginning}\u{10ffff}"), kind.code(), limit(count)];
            for (name, value) in self.all(BY_ADDRESS, args, named)? {
                add(name, value);
            }
        }
        let all: Option<Vec<String>> = units.iter().map(|u| u.names().map(|e| format!("({e})"))).collect();
        let rows = match all {
            Some(all) if !all.is_empty() => {
                let args = params![all.join(" AND "), kind.code(), limit(LOOKED_AT)];
                self.all(BY_NAME, args, named)?
            }
            // Nothing that an index knows, like a lone percent sign.
            _ if !typed.is_empty() => Vec::new(),
            _ => self.all(RECENT, params![kind.code(), limit(count)], named)?,
        };
        // The index knows subjects and other addresses, too.
        for (name, value) in rows {
            if units.iter().all(|unit| is_of(unit, &name, &value)) {
                add(name, value);
            }
        }
        found.sort_by_cached_key(|one| {
            (one.name.is_empty(), one.name.to_lowercase(), one.identity.value.clone())
        });
        Ok(found)
    }

    /// On which other ways the customer of a conversation can be reached, best first.
    ///
    /// # Errors
    /// Those of the database.
    pub fn ways(&self, conversation: ConversationId, now: Ms) -> Result<Vec<Way>, StoreError> {
        let Some(here) = self.conversation(conversation)? else { return Ok(Vec::new()) };
        let Some(contact) = self.contact(here.contact)? else { return Ok(Vec::new()) };
        // Imported history reaches nobody.
        let mut accounts = self.accounts()?;
        accounts.retain(|a| a.provider != "import");
        let mut ways = Vec::new();
        let mut seen = vec![place(&here)];
        for id in contact.conversations {
            let Some(row) = self.conversation(id)?.filter(|row| row.id != conversation) else { continue };
            let Some(account) = accounts.iter().find(|a| a.id == row.account) else { continue };
            // The newest of several with one address.
            if seen.contains(&place(&row)) {
                continue;
            }
            seen.push(place(&row));
            let consent = self.consent(id)?;
            ways.push(way(account, row.channel, bare_address(&row.theirs), Some(&row), consent, now));
        }
        let proved = contact.identities.iter().filter(|(_, proved)| *proved).map(|(i, _)| i);
        for identity in proved {
            for account in &accounts {
                for channel in account.channels.iter().copied() {
                    let place = (account.id.0, channel, identity.value.clone());
                    if recipient::kind_of(channel) != Some(identity.kind) || seen.contains(&place) {
                        continue;
                    }
                    let keys = params![identity.value, identity.kind.code(), account.id.0, channel.code()];
                    let consent = self.one(rows::CONSENT_WITH, keys, rows::consent)?;
                    ways.push(way(account, channel, &identity.value, None, consent, now));
                }
            }
        }
        let latest = ways.iter().filter_map(|w| w.last_inbound_at).max();
        if latest > here.last_inbound_at {
            ways.iter_mut().for_each(|w| w.preferred = w.last_inbound_at == latest);
        }
        rank(&mut ways);
        Ok(ways)
    }

    /// Where a contact last wrote.
    ///
    /// # Errors
    /// Those of the database.
    pub fn last_heard(&self, contact: ContactId) -> Result<Option<(ConversationId, Channel)>, StoreError> {
        let sql = "SELECT id, channel FROM conversation WHERE contact_id = ?1 AND last_inbound_at IS NOT NULL
                   ORDER BY last_inbound_at DESC, id DESC LIMIT 1";
        self.one(sql, [contact.0], |r| Ok((ConversationId(r.get(0)?), Channel::from_code(r.get(1)?))))
    }
}

fn place(row: &ConversationRow) -> (i64, Channel, String) {
    (row.account.0, row.channel, bare_address(&row.theirs).to_owned())
}

fn way(
    account: &AccountRow,
    channel: Channel,
    to: &str,
    row: Option<&ConversationRow>,
    consent: Option<ConsentRow>,
    now: Ms,
) -> Way {
    let caps = account.capabilities.as_ref().and_then(|c| c.on(channel));
    let ctx = SendContext { account, conversation: row, channel: caps, consent: consent.as_ref(), to, now };
    let last_inbound_at = row.and_then(|r| r.last_inbound_at);
    let window = caps.and_then(|c| c.reply_window).map(|w| window_left(w, last_inbound_at, now));
    Way {
        account: account.id,
        account_name: account.name.clone(),
        channel,
        to: to.to_owned(),
        conversation: row.map(|r| r.id),
        last_inbound_at,
        last_message_at: row.and_then(|r| r.last_message_at),
        window_left: window.filter(|left| *left > 0),
        preferred: false,
        why_not: may_send(&ctx).err(),
    }
}
