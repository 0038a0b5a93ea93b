//! Sends what an op says: the mail is made, handed over, and kept.

use super::Imap;
use super::original::original;
use super::owed::Debt;
use super::sent;
use super::smtp::{self, Envelope};
use crate::domain::delivery::{Delivery, DeliverySource};
use crate::domain::event::{DeliveryReport, Event, MessageRef};
use crate::domain::failure::Failure;
use crate::domain::mail::Manner;
use crate::domain::op::{Accepted, Op, OpBody};
use crate::provider::PushContext;
use crate::provider::mail::send::{Ready, ready, ready_with};

/// Sends a mail.
///
/// # Errors
/// Every class of [`Failure`]; see [`smtp::send`].
pub async fn push(imap: &Imap, op: &Op, ctx: &PushContext) -> Result<Accepted, Failure> {
    let own = &imap.settings.own;
    let style = &imap.settings.style;
    let mail = match &op.body {
        OpBody::Send { mail: Some(out), .. } if out.manner == Manner::ForwardAttached => {
            ready_with(op, own, style, ctx, original(imap, &out.mail).await?).await?
        }
        _ => ready(op, own, style, ctx).await?,
    };
    let written = mail.bytes(ctx.now)?;
    let envelope = Envelope {
        from: mail.mail.from.as_ref().map_or_else(|| own.from.address.clone(), |from| from.address.clone()),
        to: mail.recipients().map(|to| to.address.clone()).collect(),
    };
    let reply = smtp::send(imap, &envelope, &written).await?;
    let answers = answered(op, &mail);
    let debt = Debt { message_id: mail.mail.message_id.clone(), mail: written, answers };
    let said = match sent::after(imap, debt).await {
        Ok(()) => reply.line(),
        Err(why) => format!("{}; no copy of it in the mailbox: {why}", reply.line()),
    };
    let report = DeliveryReport {
        state: Delivery::Accepted,
        said,
        reason: None,
        missed: Vec::new(),
        price: None,
        at: ctx.now,
        source: DeliverySource::Answer,
    };
    let message = MessageRef::Token(op.id, Some(mail.mail.name()));
    Ok(Accepted::State { events: vec![Event::Delivery { message, report }] })
}

/// The mail that this one answers.
fn answered(op: &Op, mail: &Ready) -> Option<String> {
    let OpBody::Send { mail: Some(outgoing), .. } = &op.body else { return None };
    let answers = outgoing.manner.is_answer().then_some(&mail.mail.in_reply_to)?;
    answers.first().cloned()
}
