//! The delivery of a message: every state, in the words of the screen, and which statement about it wins.

use crate::domain::account::UnknownWord;
use crate::domain::conversation::words;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

words!(
    /// Where an outbound message is on its way.
    Delivery, "delivery", {
        /// Stored, not yet due or not yet its turn.
        Queued = "queued",
        /// The request is on its way out. Committed before the request leaves.
        Sending = "sending",
        /// Not sent; tried again by itself.
        Retrying = "retrying",
        /// Ours: waits for the agent, nothing was sent.
        Parked = "parked",
        /// It may or may not have been sent: no answer came.
        Unknown = "unknown",
        /// Taken back before it left.
        Cancelled = "cancelled",
        /// The provider has it (a vendor's "sent" included).
        Accepted = "accepted",
        /// The provider says that it did not arrive.
        Failed = "failed",
        /// It is on the customer's device.
        Delivered = "delivered",
        /// The customer has read it.
        Read = "read",
    }
);

impl Delivery {
    /// Whether this is a statement of the provider (and so truth), rather than the state of our own op.
    pub const fn from_provider(self) -> bool {
        matches!(self, Delivery::Accepted | Delivery::Failed | Delivery::Delivered | Delivery::Read)
    }

    /// Takes in another statement of the provider: the further one wins, in whatever order they come and however often.
    ///
    /// `failed` may follow `accepted`; once a device has confirmed the message, a late `failed` is noise. Of mails, which no device
    /// confirms, the store knows better.
    pub fn further(self, other: Delivery) -> Delivery {
        self.max(other)
    }

    /// Whether an agent has to do something.
    pub const fn needs_agent(self) -> bool {
        matches!(self, Delivery::Failed | Delivery::Parked | Delivery::Unknown)
    }

    /// Whether the message is still on its way out of here.
    pub const fn pending(self) -> bool {
        matches!(self, Delivery::Queued | Delivery::Sending | Delivery::Retrying)
    }
}

/// Why a message is failed, parked or waiting.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Reason {
    /// The provider's code, if it gave one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// What happened and what can be done, for a person.
    pub human: String,
}

impl Reason {
    /// The code of what was refused for want of a login: it goes again once there is one.
    pub const LOGIN: &'static str = "login";

    /// A reason of our own, without a code.
    pub fn ours(human: impl Into<String>) -> Reason {
        Reason { code: None, human: human.into() }
    }
}

words!(
    /// Where a statement about a delivery comes from.
    DeliverySource, "source", {
        /// Our own engine.
        Engine = "engine",
        /// The answer to our request.
        Answer = "answer",
        /// A webhook.
        Webhook = "webhook",
        /// A pull.
        Pull = "pull",
        /// An agent's word (`settle`).
        Agent = "agent",
    }
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_further_statement_wins_in_any_order() {
        use Delivery::*;
        for (a, b, want) in [
            (Accepted, Delivered, Delivered),
            (Delivered, Accepted, Delivered),
            (Accepted, Failed, Failed),
            (Failed, Accepted, Failed),
            (Read, Delivered, Read),
        ] {
            assert_eq!(a.further(b), want);
            assert_eq!(b.further(a), want);
        }
    }

    #[test]
    fn codes_are_stable() {
        assert_eq!(Delivery::ALL.iter().map(|d| d.code()).collect::<Vec<_>>(), (0..10).collect::<Vec<_>>());
        assert_eq!(Delivery::Read.code(), 9);
        assert_eq!(Delivery::Accepted.code(), 6);
    }
}
