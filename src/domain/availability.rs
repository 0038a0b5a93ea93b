//! Why an agent cannot send here and now: the reason shown before anyone presses send, and given to scripts.

use crate::domain::account::Health;
use crate::domain::capability::ChannelCapabilities;
use crate::domain::clock::Ms;
use crate::domain::contact::ConsentState;
use crate::domain::row::{AccountRow, ConsentRow, ConversationRow};

/// All that decides whether a public message may be sent in a conversation.
#[derive(Debug, Clone, Copy)]
pub struct SendContext<'a> {
    /// The account.
    pub account: &'a AccountRow,
    /// The conversation, or none for a new one.
    pub conversation: Option<&'a ConversationRow>,
    /// What can be done with its medium.
    pub channel: Option<&'a ChannelCapabilities>,
    /// What the customer has said about being written to.
    pub consent: Option<&'a ConsentRow>,
    /// Now.
    pub now: Ms,
}

/// Why nothing can be sent, whatever the words.
///
/// # Errors
/// The reason, as a sentence that says what to do.
pub fn may_send(ctx: &SendContext<'_>) -> Result<(), String> {
    if ctx.account.health == Health::Disabled {
        return Err(format!(
            "the account \u{201c}{name}\u{201d} is disabled: enable it with `frontdesk channel enable {name}`",
            name = ctx.account.name
        ));
    }
    let Some(channel) = ctx.channel else {
        return Err(format!("the account \u{201c}{}\u{201d} cannot send on this channel", ctx.account.name));
    };
    if let Some(why) = &channel.read_only {
        return Err(why.clone());
    }
    if let Some(consent) = ctx.consent
        && consent.state == ConsentState::OptedOut
    {
        let id = ctx.conversation.map_or("ID".to_owned(), |row| row.id.to_string());
        // A code is the provider's word, not the customer's.
        let is_code = consent.said.bytes().all(|b| b.is_ascii_digit());
        let by = if is_code {
            "the provider says so".to_owned()
        } else {
            format!("\u{201c}{}\u{201d}", consent.said)
        };
        return Err(format!(
            "the customer has opted out ({by}): sending is blocked until they write START, or ask for it in another way and you \
             opt them in (t on the screen, `consent {id} opt-in` in the shell)"
        ));
    }
    // Where nothing was said yet, the first word begins the conversation. Notes are said to nobody.
    let begun = ctx.conversation.filter(|row| row.last_inbound_at.is_some() || row.answered_at.is_some());
    if let (Some(window), Some(row)) = (channel.reply_window, begun) {
        let left = window_left(window, row.last_inbound_at, ctx.now);
        if left <= 0 {
            return Err(format!(
                "the {} h reply window is closed: the customer has to write first, or an approved template be sent",
                window / 3_600_000
            ));
        }
    }
    if begun.is_none() && !channel.start {
        return Err(format!(
            "a conversation cannot be started on {}: the customer writes first",
            channel.channel.title()
        ));
    }
    Ok(())
}

/// Why these words cannot be sent where others could.
///
/// # Errors
/// The reason, as a sentence that says what to do.
pub fn may_say(ctx: &SendContext<'_>, text: &str) -> Result<(), String> {
    may_send(ctx)?;
    if text.trim().is_empty() {
        return Err("the message is empty".into());
    }
    if let Some(max) = ctx.channel.and_then(|c| c.max_text) {
        let length = text.chars().count();
        if length > max {
            return Err(format!(
                "the message has {length} characters, {max} are allowed: shorten it by {}",
                length - max
            ));
        }
    }
    Ok(())
}

/// Milliseconds left of a reply window; none of it when the customer never wrote.
pub fn window_left(window: Ms, last_inbound_at: Option<Ms>, now: Ms) -> Ms {
    last_inbound_at.map_or(0, |at| at.saturating_add(window).saturating_sub(now))
}
