//! Ids of everything the store keeps. Local ids are integers of one workspace; they never travel to a provider.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", self.0)
            }
        }

        impl FromStr for $name {
            type Err = std::num::ParseIntError;
            fn from_str(s: &str) -> Result<Self, Self::Err> {
                s.trim().parse().map($name)
            }
        }

        /// Ids are strings in every public format, so that a reader in any language keeps all digits.
        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

id!(
    /// A connected login at a provider.
    AccountId
);
id!(
    /// Somebody who answers.
    AgentId
);
id!(
    /// A group of agents.
    TeamId
);
id!(
    /// A customer: one person.
    ContactId
);
id!(
    /// One address of a contact.
    IdentityId
);
id!(
    /// One thread with one contact on one account.
    ConversationId
);
id!(
    /// A message. The upper bits are its second, so that "newest first" is the order of the key: see [`MessageId::for_second`].
    MessageId
);
id!(
    /// A file that came or goes with a message.
    AttachmentId
);
id!(
    /// A stored webhook, before it was read.
    ReceiptId
);
id!(
    /// A canned answer.
    QuickReplyId
);

impl MessageId {
    /// Bits of the id that tell apart messages of the same second.
    pub const SLOT_BITS: u32 = 8;

    /// The first id of the second in which `sent_at` (UTC milliseconds) lies. The store takes the next free one forward.
    pub fn for_second(sent_at: i64) -> MessageId {
        MessageId(sent_at.div_euclid(1000) << Self::SLOT_BITS)
    }
}

/// Names one op for ever, also at the provider: it is the token that travels in the fields which vendors echo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OpId(pub uuid::Uuid);

impl OpId {
    /// A fresh, time-ordered id (UUIDv7, RFC 9562).
    pub fn fresh() -> OpId {
        OpId(uuid::Uuid::now_v7())
    }
}

impl fmt::Display for OpId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl FromStr for OpId {
    type Err = uuid::Error;
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        s.parse().map(OpId)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_strings_outside_and_come_back() {
        let id = ConversationId(9_007_199_254_740_993);
        let text = serde_json::to_string(&id).unwrap();
        assert_eq!(text, "\"9007199254740993\"");
        assert_eq!(serde_json::from_str::<ConversationId>(&text).unwrap(), id);
    }

    #[test]
    fn message_ids_order_as_their_seconds_do_even_before_1970() {
        let ids: Vec<_> = [-1500, -1, 0, 999, 1000, 1_700_000_000_000].map(MessageId::for_second).into();
        assert!(ids.is_sorted());
        assert_eq!(MessageId::for_second(999), MessageId::for_second(0));
        assert_eq!(MessageId::for_second(1000).0, 256);
    }
}
