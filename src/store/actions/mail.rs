//! What an answer by mail is besides its words: filled in from the mail that is answered, as far as the agent has not said it.

use crate::domain::account::Channel;
use crate::domain::attachment::Written;
use crate::domain::contact::{ConsentState, Identity, IdentityKind};
use crate::domain::ids::{AccountId, ConversationId, MessageId, OpId};
use crate::domain::mail::{Mail, MailHead, Mailbox, Manner, Outgoing, Quoted, message_id, reply_token};
use crate::domain::row::{ConversationRow, MessageRow};
use crate::store::error::StoreError;
use crate::store::reader::rows;
use crate::store::tx::Tx;
use crate::text::address;
use crate::text::mail::compose::head::{self, Whole};
use rusqlite::params;

impl Tx<'_> {
    /// The mail that says `written` in a conversation. None where the medium is none.
    pub(super) fn outgoing(
        &mut self,
        op: OpId,
        row: &ConversationRow,
        written: &Written,
    ) -> Result<Option<Outgoing>, StoreError> {
        if row.channel != Channel::Email {
            return Ok(None);
        }
        let head = written.mail.as_deref().cloned().unwrap_or_default();
        let about = self.mail_about(row.id, &head)?;
        let capabilities = self.account_row(row.account)?.capabilities;
        let medium = capabilities.and_then(|c| c.on(row.channel).map(|c| c.own.clone())).unwrap_or_default();
        let Whole { manner, subject, to, cc, bcc } =
            head::whole(row, &head::own(row, &medium), &head, about.as_ref());
        let from = Mailbox::bare(row.ours.clone());
        let domain = row.ours.rsplit_once('@').map_or("localhost", |(_, domain)| domain);
        let answered = about.as_ref().and_then(|m| m.mail.as_deref()).filter(|_| manner.is_answer());
        let mail = Mail {
            message_id: message_id(op, domain),
            in_reply_to: answered.map(|mail| mail.message_id.clone()).into_iter().collect(),
            references: answered.map(Mail::references_of_answer).unwrap_or_default(),
            token: Some(reply_token(op)),
            subject,
            from: Some(from),
            to,
            cc,
            bcc,
            ..Mail::default()
        };
        let quoted = about.filter(|_| manner != Manner::New).map(|message| quoted(&message));
        let out = Outgoing { mail, manner, quoted, is_html: head.html };
        self.may_reach(row.account, &out)?;
        Ok(Some(out))
    }

    /// The mail that is answered or passed on: the one that is named, else the one that [`head::answered`] finds.
    fn mail_about(
        &self,
        conversation: ConversationId,
        head: &MailHead,
    ) -> Result<Option<MessageRow>, StoreError> {
        if let Some(id) = head.about {
            let sql = format!("{} WHERE m.id = ?1", rows::MESSAGE);
            let found = self.one(&sql, [id.0], rows::message)?;
            return match found.filter(|m| m.mail.is_some()) {
                Some(message) => Ok(Some(message)),
                None => Err(StoreError::NotFound("mail")),
            };
        }
        let sql = format!(
            "{} WHERE m.conversation_id = ?1 AND m.direction IN (0, 1) AND m.delivery IS NOT 5 AND m.kind NOT IN (9, 10)
               AND EXISTS (SELECT 1 FROM mail l WHERE l.message_id = m.id)
             ORDER BY m.direction, m.sent_at DESC, m.id DESC LIMIT 1",
            rows::MESSAGE
        );
        self.one(&sql, [conversation.0], rows::message)
    }

    /// Whether it can go to everybody it names.
    fn may_reach(&self, account: AccountId, out: &Outgoing) -> Result<(), StoreError> {
        let all = out.recipients();
        if all.is_empty() {
            return Err(StoreError::Refused("say to whom: the mail has no recipient".into()));
        }
        for one in all {
            let Some(email) = address::email(&one.address) else {
                return Err(StoreError::Refused(format!(
                    "\u{201c}{}\u{201d} is no e-mail address",
                    one.address
                )));
            };
            let identity = Identity::new(IdentityKind::Email, email.folded);
            let consent = self.one(
                rows::CONSENT_WITH,
                params![identity.value, identity.kind.code(), account.0, Channel::Email.code()],
                rows::consent,
            )?;
            if let Some(consent) = consent.filter(|c| c.state == ConsentState::OptedOut) {
                return Err(StoreError::Refused(format!(
                    "{} has opted out ({}): take the address out, or opt them in again",
                    one.address, consent.said
                )));
            }
        }
        Ok(())
    }

    /// What an agent said of a mail of ours, to say it once more.
    pub(super) fn head_again(&self, message: MessageId) -> Result<Option<Box<MailHead>>, StoreError> {
        let sql = format!("{} WHERE m.id = ?1", rows::MESSAGE);
        let Some(row) = self.one(&sql, [message.0], rows::message)? else { return Ok(None) };
        let Some(mail) = row.mail else { return Ok(None) };
        let answered = mail.in_reply_to.first();
        let about: Option<i64> = match answered {
            Some(id) => self.one(
                "SELECT message_id FROM mail l JOIN message m ON m.id = l.message_id
                 WHERE m.conversation_id = ?1 AND json_extract(l.head, '$.message_id') = ?2",
                params![row.conversation.0, id],
                |r| r.get(0),
            )?,
            None => None,
        };
        let manner = if about.is_some() { Manner::Reply } else { Manner::New };
        Ok(Some(Box::new(MailHead { manner, about: about.map(MessageId), ..mail.head() })))
    }
}

/// The words of a mail, to stand below ours.
fn quoted(message: &MessageRow) -> Quoted {
    let mail = message.mail.as_deref().cloned().unwrap_or_default();
    Quoted {
        from: mail.from,
        to: mail.to,
        subject: mail.subject,
        at: message.sent_at,
        text: message.text.clone(),
    }
}
