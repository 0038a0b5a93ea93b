//! The ways on which a person can be reached, best first.

use crate::domain::account::Channel;
use crate::domain::clock::Ms;
use crate::domain::contact::Identity;
use crate::domain::ids::{AccountId, ConversationId};

/// Somebody who can be written to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// Their name; empty when it is not known.
    pub name: String,
    /// Their address.
    pub identity: Identity,
}

/// A way to write to a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// The account.
    pub account: AccountId,
    /// Its name.
    pub account_name: String,
    /// The medium.
    pub channel: Channel,
    /// The person's address there.
    pub to: String,
    /// The conversation; none = it would be begun.
    pub conversation: Option<ConversationId>,
    /// When they last wrote there.
    pub last_inbound_at: Option<Ms>,
    /// When something was last said there.
    pub last_message_at: Option<Ms>,
    /// For how long it can still be answered, where there is a window.
    pub window_left: Option<Ms>,
    /// Whether it is where they last wrote at all.
    pub preferred: bool,
    /// Why it cannot be used now.
    pub why_not: Option<String>,
}

/// Puts the best way first: what can be used, where they last wrote, where they wrote later, what was used later.
pub fn rank(ways: &mut [Way]) {
    ways.sort_by(|a, b| {
        let key = |w: &Way| (w.why_not.is_none(), w.preferred, w.last_inbound_at, w.last_message_at);
        key(b).cmp(&key(a)).then_with(|| (a.channel, &a.account_name).cmp(&(b.channel, &b.account_name)))
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_works_comes_before_what_is_liked() {
        let way = |n: i64, why: Option<&str>, inbound: Option<Ms>, preferred| Way {
            account: AccountId(n),
            account_name: format!("a{n}"),
            channel: Channel::Sms,
            to: String::new(),
            conversation: inbound.map(ConversationId),
            last_inbound_at: inbound,
            last_message_at: inbound,
            window_left: None,
            preferred,
            why_not: why.map(Into::into),
        };
        let mut ways = vec![
            way(1, Some("opted out"), Some(90), true),
            way(2, None, None, false),
            way(3, None, Some(10), false),
            way(4, None, Some(20), false),
        ];
        rank(&mut ways);
        assert_eq!(ways.iter().map(|w| w.account.0).collect::<Vec<_>>(), [4, 3, 2, 1]);
    }
}
