//! Beginning conversations: with whom, where one exists already, and what becomes of one in which nothing was said.

use crate::domain::account::Channel;
use crate::domain::attachment::Written;
use crate::domain::command::Performed;
use crate::domain::contact::{Identity, IdentityKind};
use crate::domain::event::ConversationKey;
use crate::domain::ids::{AccountId, ConversationId, OpId};
use crate::domain::row::AccountRow;
use crate::store::actions::Actor;
use crate::store::actions::say::{Leaves, from_key, op_detail};
use crate::store::error::StoreError;
use crate::store::tx::Tx;
use crate::text::address;
use rusqlite::params;

impl Tx<'_> {
    pub(super) fn begin(
        &mut self,
        actor: &Actor,
        account: AccountId,
        channel: Channel,
        to: &str,
        written: &Written,
        leaves: Leaves,
    ) -> Result<Performed, StoreError> {
        let account = self.account_row(account)?;
        let identity = identity_of(to)?;
        let found = match channel {
            // Each mail that is begun is a matter of its own.
            Channel::Email => None,
            _ => self.conversation_with(account.id, channel, to, &identity)?,
        };
        let row = found.map(|id| self.conversation_row(id)).transpose()?;
        self.allowed(&account, row.as_ref(), channel, Some(&identity), written)?;
        let row = match row {
            Some(row) => row,
            None => {
                let id = self.made(&account, channel, identity, to)?;
                self.conversation_row(id)?
            }
        };
        let done = self.say(actor, &row, written, leaves)?;
        self.audit(actor, "new", Some(row.id), done.message, op_detail(done.op))?;
        Ok(done)
    }

    /// The conversation with an address, made where there is none; `changed` = it was made.
    pub(super) fn open_with(
        &mut self,
        account: AccountId,
        channel: Channel,
        to: &str,
    ) -> Result<Performed, StoreError> {
        let account = self.account_row(account)?;
        let identity = identity_of(to)?;
        let found = match channel {
            Channel::Email => None,
            _ => self.conversation_with(account.id, channel, to, &identity)?,
        };
        let id = match found {
            Some(id) => id,
            None => {
                self.may_begin(&account, channel, &identity)?;
                self.made(&account, channel, identity, to)?
            }
        };
        Ok(Performed { conversation: Some(id), changed: found.is_none(), ..Performed::default() })
    }

    fn made(
        &mut self,
        account: &AccountRow,
        channel: Channel,
        identity: Identity,
        to: &str,
    ) -> Result<ConversationId, StoreError> {
        let ours = self.meta(&from_key(&account.name, channel))?.unwrap_or_default();
        let key = match channel {
            Channel::Email => ConversationKey(format!("new:{}", OpId::fresh())),
            _ => ConversationKey(format!("{ours}|{to}")),
        };
        let id = self.conversation_begin(account.id, key, channel, identity, ours, to.to_owned())?;
        self.settle()?;
        Ok(id)
    }

    /// Forgets a conversation about which there is nothing to know but its address.
    pub(super) fn abandon(&mut self, conversation: ConversationId) -> Result<Performed, StoreError> {
        let id = conversation.0;
        let mut done = Performed { conversation: Some(conversation), ..Performed::default() };
        let sql = "SELECT 1 FROM conversation c WHERE id = ?1 AND labels IS NULL AND status = 0
                     AND NOT EXISTS (SELECT 1 FROM message m WHERE m.conversation_id = c.id)
                     AND NOT EXISTS (SELECT 1 FROM op o WHERE o.conversation_id = c.id)
                     AND NOT EXISTS (SELECT 1 FROM draft d WHERE d.conversation_id = c.id)
                     AND NOT EXISTS (SELECT 1 FROM facet f WHERE f.conversation_id = c.id)";
        let is_bare = self.one(sql, [id], |_| Ok(()))?.is_some();
        if let Some(before) = self.derived(id)?.filter(|_| is_bare) {
            self.count_place(&before.place, -1);
            self.exec("DELETE FROM participant WHERE conversation_id = ?1", [id])?;
            self.exec("DELETE FROM mail_word WHERE conversation_id = ?1", [id])?;
            self.exec("DELETE FROM name_fts WHERE rowid = ?1", [id])?;
            self.exec("DELETE FROM conversation WHERE id = ?1", [id])?;
            self.settle()?;
            done.changed = true;
        }
        Ok(done)
    }

    /// The newest conversation with an address on an account and medium.
    fn conversation_with(
        &self,
        account: AccountId,
        channel: Channel,
        to: &str,
        identity: &Identity,
    ) -> Result<Option<ConversationId>, StoreError> {
        self.one(
            "SELECT c.id FROM identity i JOIN conversation c ON c.contact_id = i.contact_id
             WHERE i.value = ?1 AND i.kind = ?2 AND c.account_id = ?3 AND c.channel = ?4
               AND (c.theirs = ?5 OR c.identity_id = i.id)
             ORDER BY c.last_message_at DESC, c.id DESC LIMIT 1",
            params![identity.value, identity.kind.code(), account.0, channel.code(), to],
            |r| Ok(ConversationId(r.get(0)?)),
        )
    }
}

/// What kind of address a person typed, by its syntax alone.
fn identity_of(to: &str) -> Result<Identity, StoreError> {
    if to.trim().is_empty() {
        return Err(StoreError::Refused("say to whom".into()));
    }
    let bare = to.strip_prefix("whatsapp:").unwrap_or(to);
    if let Some(phone) = address::vendor_phone(bare) {
        return Ok(Identity::new(IdentityKind::Phone, phone));
    }
    Ok(match address::email(bare) {
        Some(email) if bare.contains('@') => Identity::new(IdentityKind::Email, email.folded),
        _ => Identity::new(IdentityKind::Handle, bare),
    })
}
