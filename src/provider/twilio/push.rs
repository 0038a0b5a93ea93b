//! Sending: `POST …/Messages.json`. There is no idempotency key, so what has no answer stays a doubt; our token travels in the
//! query of StatusCallback, and the callback proves what the answer could not.

use super::address::on_channel;
use super::{Twilio, errors, map, wire};
use crate::domain::account::Channel;
use crate::domain::clock::Ms;
use crate::domain::delivery::DeliverySource;
use crate::domain::event::{Event, MessageRef};
use crate::domain::failure::Failure;
use crate::domain::ids::OpId;
use crate::domain::op::{Accepted, Op, OpBody};
use crate::net::http::Request;
use crate::provider::PushContext;

/// Does an op.
///
/// # Errors
/// Every class of [`Failure`]; see [`errors::failure`].
pub async fn push(twilio: &Twilio, op: &Op, ctx: &PushContext) -> Result<Accepted, Failure> {
    let OpBody::Send { channel, from, to, text, attachments, .. } = &op.body else {
        return Err(Failure::Unsupported);
    };
    if ctx.files.len() != attachments.len() {
        let human =
            "Twilio cannot fetch the files from this machine: set `public_url` to an address that it reaches";
        return Err(Failure::rejected(None, human));
    }
    let mut fields = fields(twilio, *channel, from, to, text, callback(ctx.callback.as_deref(), op.id));
    fields.extend(ctx.files.iter().map(|url| ("MediaUrl".to_owned(), url.clone())));
    let request = Request::form(twilio.url("Messages.json")?, fields).auth(twilio.auth.clone());
    let answer = twilio.http.send(request).await?;
    if !(200..=299).contains(&answer.status) {
        return Err(errors::failure(&answer, ctx.now, false));
    }
    let message: Option<wire::Message> = serde_json::from_slice(&answer.body).ok();
    let sent = message.as_ref().and_then(|m| Some((m, m.sid.clone()?)));
    let Some((message, sid)) = sent else {
        return Err(Failure::unknown("Twilio said yes in a way that cannot be read: it may have been sent"));
    };
    let report = map::report_of(message, ctx.now, DeliverySource::Answer)
        .unwrap_or_else(|| map::report("accepted", None, None, None, ctx.now, DeliverySource::Answer));
    twilio.sends.put(&sid, op.id);
    let message = MessageRef::Token(op.id, Some(sid));
    Ok(Accepted::State { events: vec![Event::Delivery { message, report }] })
}

fn fields(
    twilio: &Twilio,
    channel: Channel,
    from: &str,
    to: &str,
    text: &str,
    callback: Option<String>,
) -> Vec<(String, String)> {
    let own = &twilio.settings.own;
    let mut fields = vec![("To".to_owned(), on_channel(channel, to))];
    // A conversation of an account that is a service has the service on our side: it chooses the number.
    let given = Some(from).filter(|f| !f.is_empty() && !super::settings::is_service(f));
    if let Some(from) = given.or(own.from.as_deref()) {
        fields.push(("From".to_owned(), on_channel(channel, from)));
    }
    if let Some(service) = &own.service {
        fields.push(("MessagingServiceSid".to_owned(), service.clone()));
    }
    // Files need no words.
    if !text.trim().is_empty() {
        fields.push(("Body".to_owned(), text.to_owned()));
    }
    if let Some(callback) = callback {
        fields.push(("StatusCallback".to_owned(), callback));
    }
    fields
}

/// Where Twilio tells what became of it: our hook, with our token.
fn callback(hook: Option<&str>, op: OpId) -> Option<String> {
    let hook = hook?.split('#').next()?;
    let joint = if hook.contains('?') { '&' } else { '?' };
    Some(format!("{hook}{joint}op={op}"))
}

/// What a refusal teaches beyond its op: a customer who has opted out.
pub fn learn_from_failure(op: &Op, failure: &Failure, now: Ms) -> Vec<Event> {
    match (&op.body, failure) {
        (OpBody::Send { channel, to, .. }, Failure::Rejected { reason, .. })
            if reason.code.as_deref() == Some(errors::OPTED_OUT) =>
        {
            vec![map::opted_out(&on_channel(*channel, to), now)]
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_joins_any_hook() {
        let op = OpId(uuid::Uuid::from_u128(7));
        let id = "00000000-0000-0000-0000-000000000007";
        assert_eq!(callback(Some("https://a/h"), op).unwrap(), format!("https://a/h?op={id}"));
        assert_eq!(callback(Some("https://a/h?x=1#f"), op).unwrap(), format!("https://a/h?x=1&op={id}"));
        assert_eq!(callback(None, op), None);
        assert_eq!(map::token(&callback(Some("https://a/h?x=1"), op).unwrap()), Some(op));
    }
}
