//! How a call to a provider can fail. What is done about it follows from the class alone, never from the text.

use crate::domain::delivery::Reason;
use std::time::Duration;

/// Why a call to a provider did not succeed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// It did certainly nothing; the same call may succeed later.
    #[error("{human}")]
    Transient {
        /// How long the provider asks us to wait.
        retry_after: Option<Duration>,
        /// What happened.
        human: String,
    },
    /// It did certainly nothing, and the account is well: this very call may succeed later (a server that takes no mail for one recipient
    /// yet).
    #[error("{human}")]
    Later {
        /// How long this call is to wait at least.
        after: Duration,
        /// What happened.
        human: String,
    },
    /// The credentials are missing or refused. It did nothing.
    #[error("{human}")]
    Auth {
        /// What to do.
        human: String,
    },
    /// The provider refuses this very call. It did nothing, and never will.
    #[error("{}", reason.human)]
    Rejected {
        /// The provider's code and our words for it.
        reason: Reason,
        /// Which field was wrong, if told.
        field: Option<String>,
    },
    /// No answer, or a 5xx, after the body left: nobody knows whether it did something.
    #[error("{human}")]
    Unknown {
        /// What happened.
        human: String,
    },
    /// The provider has no such thing. An answer rather than an error.
    #[error("not supported by this provider")]
    Unsupported,
}

impl Failure {
    /// A transient failure without a wish for patience.
    pub fn transient(human: impl Into<String>) -> Failure {
        Failure::Transient { retry_after: None, human: human.into() }
    }

    /// A refusal.
    pub fn rejected(code: impl Into<Option<String>>, human: impl Into<String>) -> Failure {
        Failure::Rejected { reason: Reason { code: code.into(), human: human.into() }, field: None }
    }

    /// A doubt.
    pub fn unknown(human: impl Into<String>) -> Failure {
        Failure::Unknown { human: human.into() }
    }

    /// Whether it is certain that the call had no effect.
    pub fn did_nothing(&self) -> bool {
        !matches!(self, Failure::Unknown { .. })
    }
}
