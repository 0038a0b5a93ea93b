//! Signals: what is true for a moment only. They never touch the disk.

use crate::domain::ids::{AccountId, ConversationId};
use serde::{Deserialize, Serialize};

/// A passing fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "signal", rename_all = "snake_case")]
pub enum Signal {
    /// The customer is (or has stopped) typing.
    ContactTyping {
        /// Where.
        conversation: ConversationId,
        /// Started or stopped.
        on: bool,
    },
    /// An agent is (or has stopped) typing a public answer.
    AgentTyping {
        /// Where.
        conversation: ConversationId,
        /// Who, by the name customers see.
        agent: String,
        /// Started or stopped.
        on: bool,
    },
    /// An account's listener or poller changed its health.
    AccountHealth {
        /// Which account.
        account: AccountId,
    },
    /// New ops or rows may be there: look.
    Wake,
}
