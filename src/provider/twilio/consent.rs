//! STOP, START and HELP: what a customer's word means for whether we may write.
//!
//! Sources: Twilio's "Advanced Opt-Out" (the parameter `OptOutType`) and the default keywords of its opt-out handling.

use crate::domain::account::Channel;
use crate::domain::contact::ConsentState;

/// What the customer asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// No more messages.
    Stop,
    /// Messages again.
    Start,
    /// To know who we are. Changes nothing.
    Help,
}

impl Wish {
    /// What it means for whether we may write.
    pub const fn state(self) -> Option<ConsentState> {
        match self {
            Wish::Stop => Some(ConsentState::OptedOut),
            Wish::Start => Some(ConsentState::OptedIn),
            Wish::Help => None,
        }
    }
}

/// The keywords that Twilio itself obeys on SMS.
const STOP_SMS: [&str; 8] = ["STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"];
/// Elsewhere no one obeys for us. Ours by policy, and only what can mean nothing else.
const STOP_ELSEWHERE: [&str; 4] = ["STOP", "STOPALL", "UNSUBSCRIBE", "OPTOUT"];
/// YES is missing on purpose: without Twilio's own word for it, it is far more often the answer to a question.
const START: [&str; 2] = ["START", "UNSTOP"];
const HELP: [&str; 2] = ["HELP", "INFO"];

/// What a message asks for: Twilio's own verdict if it gave one, else a text that is exactly one keyword.
pub fn wish(channel: Channel, opt_out_type: Option<&str>, body: &str) -> Option<Wish> {
    match opt_out_type.map(|t| t.trim().to_ascii_uppercase()).as_deref() {
        Some("STOP") => return Some(Wish::Stop),
        Some("START") => return Some(Wish::Start),
        Some("HELP") => return Some(Wish::Help),
        _ => {}
    }
    let word = body.trim().to_ascii_uppercase();
    let word = word.as_str();
    let stop: &[&str] = if channel == Channel::Sms { &STOP_SMS } else { &STOP_ELSEWHERE };
    if stop.contains(&word) {
        Some(Wish::Stop)
    } else if START.contains(&word) {
        Some(Wish::Start)
    } else if channel == Channel::Sms && HELP.contains(&word) {
        Some(Wish::Help)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_exact_word_in_any_case_counts() {
        for (channel, body, want) in [
            (Channel::Sms, "Stop ", Some(Wish::Stop)),
            (Channel::Sms, "cancel", Some(Wish::Stop)),
            (Channel::Sms, "please stop", None),
            (Channel::Sms, "STOP.", None),
            (Channel::Sms, "unstop", Some(Wish::Start)),
            (Channel::Sms, "YES", None),
            (Channel::Sms, "info", Some(Wish::Help)),
            (Channel::Whatsapp, "stop", Some(Wish::Stop)),
            (Channel::Whatsapp, "Start", Some(Wish::Start)),
            (Channel::Whatsapp, "Cancel", None),
            (Channel::Whatsapp, "Help", None),
            (Channel::Sms, "", None),
        ] {
            assert_eq!(wish(channel, None, body), want, "{channel} {body:?}");
        }
    }

    #[test]
    fn twilios_own_verdict_wins_over_the_words() {
        assert_eq!(wish(Channel::Sms, Some("START"), "yes"), Some(Wish::Start));
        assert_eq!(wish(Channel::Sms, Some("STOP"), "arrêt"), Some(Wish::Stop));
        assert_eq!(wish(Channel::Sms, Some("SOMETHING"), "stop"), Some(Wish::Stop));
    }
}
