//! What an answer by mail is besides its words: filled in from the mail that is answered, as far as the agent has not said it.

use crate::domain::account::Channel;
use crate::domain::attachment::Written;
use crate::domain::contact::{ConsentState, Identity, IdentityKind};
use crate::domain::ids::{AccountId, ConversationId, MessageId, OpId};
use crate::domain::mail::{Mail, MailHead, Mailbox, Manner, Outgoing, Quoted, message_id, reply_token};
use crate::domain::message::MessageKind;
use crate::domain::row::{ConversationRow, MessageRow};
use crate::store::error::StoreError;
use crate::store::reader::rows;
use crate::store::tx::Tx;
use crate::text::address;
use crate::text::mail::compose::head;
use crate::text::mail::mailboxes;
use crate::text::sanitize;
use rusqlite::params;

/// The mail that is answered where none is named: [`head::answered`] in the words of the tables.
const ANSWERED: &str = "WHERE m.id = (
    SELECT a.id FROM (
        SELECT m.id, m.sent_at, CASE
            WHEN m.direction = 0 AND lower(json_extract(l.head, '$.from.address')) IN (
                SELECT lower(c.theirs) FROM conversation c WHERE c.id = ?1
                UNION ALL SELECT i.value FROM conversation c JOIN identity i ON i.contact_id = c.contact_id WHERE c.id = ?1) THEN 0
            WHEN m.direction = 0 THEN 1
            WHEN m.kind <> ?2 THEN 2 END AS rank
        FROM message m JOIN mail l ON l.message_id = m.id
        WHERE m.conversation_id = ?1 AND m.direction IN (0, 1) AND m.delivery IS NOT 5 AND m.kind NOT IN (9, 10)) a
    WHERE a.rank IS NOT NULL AND (a.rank <> 1 OR NOT EXISTS (
        SELECT 1 FROM message f JOIN mail p ON p.message_id = f.id
        WHERE f.conversation_id = ?1 AND f.direction = 1 AND f.kind = ?2 AND f.delivery IS NOT 5))
    ORDER BY a.rank, a.sent_at DESC, a.id DESC LIMIT 1)";

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
        let own = head::ours(row, capabilities.as_ref().and_then(|can| can.on(row.channel)));
        let bare = MailHead { manner: head.manner, about: head.about, ..MailHead::default() };
        let follows = head::whole(row, &own, &bare, about.as_ref()).answered();
        for named in [head.to.as_deref(), head.cc.as_deref(), Some(&head.more_cc), Some(&head.bcc)] {
            if let Some((_, why)) = head::to_ourselves(&own, &follows, named.unwrap_or_default()) {
                return Err(StoreError::Refused(why));
            }
        }
        let whole = head::whole(row, &own, &head, about.as_ref());
        let manner = whole.manner;
        let domain = row.ours.rsplit_once('@').map_or("localhost", |(_, domain)| domain);
        let mail = Mail {
            message_id: message_id(op, domain),
            token: Some(reply_token(op)),
            from: Some(Mailbox::bare(row.ours.clone())),
            is_html: head.html,
            ..whole.mail(about.as_ref().and_then(|message| message.mail.as_deref()))
        };
        // A file of its own has its words.
        let is_below = !matches!(manner, Manner::New | Manner::ForwardAttached);
        let quoted = about.filter(|_| is_below).map(|message| quoted(&message));
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
        if head.manner.is_forward() {
            let why = "the mail that is passed on is not known any more: forward it anew";
            return Err(StoreError::Refused(why.into()));
        }
        let (sql, forward) = (format!("{} {ANSWERED}", rows::MESSAGE), MessageKind::Forward.code());
        self.one(&sql, params![conversation.0, forward], rows::message)
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
        let about: Option<i64> = match mail.about() {
            Some(id) => self.one(
                "SELECT message_id FROM mail l JOIN message m ON m.id = l.message_id
                 WHERE m.conversation_id = ?1 AND json_extract(l.head, '$.message_id') = ?2",
                params![row.conversation.0, id],
                |r| r.get(0),
            )?,
            None => None,
        };
        let mut head = mail.head();
        head.about = about.map(MessageId);
        if head.about.is_none() && head.manner.is_answer() {
            // What it answered is not here: it goes out as it was said, tied to nothing.
            head.manner = Manner::New;
        }
        Ok(Some(Box::new(head)))
    }

    /// A mail that is sent once more goes to those alone whom it did not reach, where that was told: the others have it.
    pub(super) fn to_the_missed(
        &self,
        message: MessageId,
        mut written: Written,
    ) -> Result<Written, StoreError> {
        let Some(head) = written.mail.as_deref_mut() else { return Ok(written) };
        let missed: Vec<String> =
            self.all("SELECT address FROM missed WHERE message_id = ?1", [message.0], |r| r.get(0))?;
        let is_missed = |one: &Mailbox| missed.iter().any(|address| mailboxes::same(address, &one.address));
        let only = |boxes: &[Mailbox]| boxes.iter().filter(|one| is_missed(one)).cloned().collect::<Vec<_>>();
        let (to, cc, bcc) = (
            only(head.to.as_deref().unwrap_or_default()),
            only(head.cc.as_deref().unwrap_or_default()),
            only(&head.bcc),
        );
        if !(to.is_empty() && cc.is_empty() && bcc.is_empty()) {
            (head.to, head.cc, head.bcc) = (Some(to), Some(cc), bcc);
            return Ok(written);
        }
        let all = [head.to.as_ref(), head.cc.as_ref(), Some(&head.bcc)];
        let count: usize = all.into_iter().flatten().map(Vec::len).sum();
        match missed.first() {
            // A report may name an address behind the one that was written to: of several, nobody knows whose that is.
            Some(address) if count > 1 => Err(StoreError::Refused(format!(
                "it did not reach {}, which is none of its recipients, and the others may have it: write to whom it is for anew",
                sanitize::line(address)
            ))),
            _ => Ok(written),
        }
    }
}

/// The words of a mail, to stand below ours.
fn quoted(message: &MessageRow) -> Quoted {
    let mail = message.mail.as_deref().cloned().unwrap_or_default();
    Quoted {
        from: mail.from,
        to: mail.to,
        cc: mail.cc,
        subject: mail.subject,
        at: message.sent_at,
        text: message.text.clone(),
    }
}
