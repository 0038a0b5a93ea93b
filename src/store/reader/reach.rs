//! Whom one can write to, and on which ways one person can be reached.

use crate::domain::account::Channel;
use crate::domain::availability::{SendContext, may_send, window_left};
use crate::domain::clock::Ms;
use crate::domain::contact::{Identity, IdentityKind};
use crate::domain::ids::{ContactId, ConversationId};
use crate::domain::reach::{Recipient, Way, rank};
use crate::domain::row::{AccountRow, ConsentRow, ConversationRow, bare_address};
use crate::store::error::StoreError;
use crate::store::reader::{Reader, limit, rows};
use crate::text::recipient;
use rusqlite::params;

impl Reader {
    /// People with an address of a kind whose name or address contains what is typed: by name, those without one last. Reads all
    /// addresses of the kind.
    ///
    /// # Errors
    /// Those of the database.
    pub fn recipients(
        &self,
        kind: IdentityKind,
        typed: &str,
        count: usize,
    ) -> Result<Vec<Recipient>, StoreError> {
        let plain = typed.trim().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        // Numbers are typed with blanks and brackets, and kept without.
        let bare: String = plain.chars().filter(|c| !" ()-./".contains(*c)).collect();
        let sql = "SELECT k.name, i.kind, i.value FROM identity i JOIN contact k ON k.id = i.contact_id
                   WHERE i.kind = ?1 AND i.verified = 1
                     AND (k.name LIKE ?2 ESCAPE '\\' OR (?4 AND i.value LIKE ?3 ESCAPE '\\'))
                   ORDER BY k.name = '', k.name COLLATE NOCASE, i.value LIMIT ?5";
        let like = |text: &str| format!("%{text}%");
        let args = params![
            kind.code(),
            like(&plain),
            like(&bare),
            !bare.is_empty() || plain.is_empty(),
            limit(count)
        ];
        self.all(sql, args, |r| {
            let kind = IdentityKind::from_code(r.get(1)?).unwrap_or(IdentityKind::Handle);
            Ok(Recipient { name: r.get(0)?, identity: Identity { kind, value: r.get(2)? } })
        })
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
