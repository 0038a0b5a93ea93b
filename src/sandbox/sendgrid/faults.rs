//! What goes wrong at the far end, and when: told request by request.

use std::collections::VecDeque;

/// How one request is answered.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Answer {
    /// As it should be.
    #[default]
    Normal,
    /// Not done: 429, and the requests are to be counted anew after so many seconds.
    TooMany {
        /// Seconds until `X-RateLimit-Reset`.
        reset: i64,
    },
    /// Not done: refused with this status, message and field.
    Refused {
        /// The HTTP status.
        status: u16,
        /// The words.
        message: &'static str,
        /// The field.
        field: Option<&'static str>,
    },
    /// Not done, answered with 500.
    ErrorBefore,
    /// Done, yet answered with 500.
    ErrorAfter,
    /// Not done, and the connection is closed without an answer.
    CutBefore,
    /// Done, and the connection is closed without an answer.
    CutAfter,
}

/// What becomes of the events of one mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Told {
    /// Each once, in order, one to a batch.
    #[default]
    InOrder,
    /// All in one batch.
    Together,
    /// None is told.
    Lost,
    /// Each batch comes twice.
    Twice,
    /// The last one first.
    Reversed,
}

/// How the mail itself fares with each of its recipients.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Outcome {
    /// It is taken by the recipient's server.
    #[default]
    Delivered,
    /// And opened.
    Opened,
    /// And opened by a machine.
    OpenedByMachine,
    /// It is put off once, then taken.
    Deferred,
    /// It is refused for good.
    Bounced {
        /// `5.1.1`.
        status: &'static str,
        /// The server's words.
        reason: &'static str,
    },
    /// It is refused by policy.
    Blocked,
    /// It is taken, and returned later.
    Returned,
    /// SendGrid does not even try, for this reason.
    Dropped(&'static str),
    /// It is taken, and reported as spam.
    SpamReport,
    /// It is taken, and the recipient unsubscribes.
    Unsubscribed,
    /// Nothing is ever heard of it.
    Silence,
}

/// Everything that shall happen to one send.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    /// How it is answered.
    pub answer: Answer,
    /// What becomes of its events.
    pub told: Told,
    /// How the mail fares.
    pub outcome: Outcome,
}

impl From<Answer> for Plan {
    fn from(answer: Answer) -> Plan {
        Plan { answer, ..Plan::default() }
    }
}

impl From<Told> for Plan {
    fn from(told: Told) -> Plan {
        Plan { told, ..Plan::default() }
    }
}

impl From<Outcome> for Plan {
    fn from(outcome: Outcome) -> Plan {
        Plan { outcome, ..Plan::default() }
    }
}

/// The plans of the coming sends; then all is well.
pub(super) type Plans = VecDeque<Plan>;
