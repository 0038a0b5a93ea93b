//! Mails that are others than they say: under a message id that is taken.

use crate::domain::clock::Ms;
use crate::domain::event::{ConversationKey, MessageFact};
use crate::domain::ids::AccountId;
use crate::domain::mail::DATE;
use crate::domain::message::Direction;
use crate::store::apply::mail::KEY as MAIL_KEY;
use crate::store::error::StoreError;
use crate::store::tx::Tx;
use crate::text::mail::mailboxes;
use rusqlite::params;

impl Tx<'_> {
    /// Some programs (scanners, forms) give all their mails one message id. One that is known, from another moment or by somebody
    /// else, is another mail: it gets a name of its own, so that its words are kept and nobody's conversation is joined with another's
    /// for it.
    pub(super) fn another_of_that_id(
        &self,
        account: AccountId,
        fact: &MessageFact,
    ) -> Result<Option<MessageFact>, StoreError> {
        let (Some(mail), Direction::Inbound) = (&fact.mail, fact.direction) else { return Ok(None) };
        let Some(date) = fact.metadata[DATE].as_i64() else { return Ok(None) };
        let known = self.one(
            "SELECT json_extract(m.metadata, '$.' || ?3), json_extract(l.head, '$.from.address')
             FROM message m LEFT JOIN mail l ON l.message_id = m.id
             WHERE m.external_id = ?1 AND m.account_id = ?2 AND m.direction = ?4 AND m.op_id IS NULL",
            params![fact.external_id, account.0, DATE, Direction::Inbound.code()],
            |r| Ok((r.get::<_, Option<Ms>>(0)?, r.get::<_, Option<String>>(1)?)),
        )?;
        let Some((Some(known), by)) = known else { return Ok(None) };
        let by = by.map(|by| mailboxes::folded(&by)).unwrap_or_default();
        let from = mail.from.as_ref().map(|from| mailboxes::folded(&from.address)).unwrap_or_default();
        if known == date && by == from {
            return Ok(None);
        }
        let mut other = fact.clone();
        let mut mail = mail.clone();
        mail.message_id = format!("{date}/{from}#{}", mail.message_id);
        other.external_id = mail.name();
        if other.conversation.key == ConversationKey(format!("{MAIL_KEY}{}", fact.external_id)) {
            other.conversation.key = ConversationKey(format!("{MAIL_KEY}{}", other.external_id));
        }
        other.mail = Some(mail);
        Ok(Some(other))
    }
}
