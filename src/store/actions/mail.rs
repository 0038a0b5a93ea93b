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
use crate::text::mail::compose::recipients::{Own, recipients};
use crate::text::mail::compose::subject;
use crate::text::mail::mailboxes;
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
        let manner = match (head.manner, &about) {
            // Whoever answers without a word on how, answers the sender.
            (Manner::New, Some(_)) if head.about.is_none() && head.to.is_none() => Manner::Reply,
            (manner, _) => manner,
        };
        let (to, cc) = self.addressees(row, manner, about.as_ref())?;
        let subject = match (&head.subject, about.as_ref().and_then(|m| m.mail.as_ref())) {
            (Some(subject), _) => subject.clone(),
            (None, Some(mail)) if manner.is_forward() => subject::forward(&mail.subject),
            (None, Some(mail)) => subject::answer(&mail.subject),
            (None, None) => row.subject.clone().unwrap_or_default(),
        };
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
            to: head.to.unwrap_or(to),
            cc: mailboxes::once(head.cc.unwrap_or(cc).into_iter().chain(head.more_cc)),
            bcc: head.bcc,
            ..Mail::default()
        };
        let quoted = about.filter(|_| manner != Manner::New).map(|message| quoted(&message));
        let out = Outgoing { mail, manner, quoted, is_html: head.html };
        self.may_reach(row.account, &out)?;
        Ok(Some(out))
    }

    /// To whom a mail of that manner goes by itself.
    fn addressees(
        &self,
        row: &ConversationRow,
        manner: Manner,
        about: Option<&MessageRow>,
    ) -> Result<(Vec<Mailbox>, Vec<Mailbox>), StoreError> {
        let mail = about.and_then(|m| Some((m, m.mail.as_deref()?)));
        Ok(match mail {
            Some((message, mail)) if manner.is_answer() => {
                let capabilities = self.account_row(row.account)?.capabilities;
                let own =
                    capabilities.and_then(|c| c.on(row.channel).map(|c| c.own.clone())).unwrap_or_default();
                let own = Own::new(own.iter().chain([&row.ours]));
                let found = recipients(mail, message.direction, &own, manner);
                (found.to, found.cc)
            }
            _ if manner.is_forward() => (Vec::new(), Vec::new()),
            _ => {
                let name = row.known_name().map(str::to_owned);
                (vec![Mailbox { name, address: row.theirs.clone() }], Vec::new())
            }
        })
    }

    /// The mail that is answered or passed on: the one that is named, else the newest of the customer's, else the newest.
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
        Ok(Some(Box::new(MailHead {
            manner: if about.is_some() { Manner::Reply } else { Manner::New },
            about: about.map(MessageId),
            subject: Some(mail.subject.clone()),
            to: Some(mail.to.clone()),
            cc: Some(mail.cc.clone()),
            bcc: mail.bcc.clone(),
            ..MailHead::default()
        })))
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
