//! What goes wrong at the far end, and when: told request by request.

use std::collections::VecDeque;

/// How one request to send is answered.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Answer {
    /// As it should be.
    #[default]
    Normal,
    /// Not done: refused with this status, exception and words.
    Refused {
        /// The HTTP status.
        status: u16,
        /// `MessageRejected`.
        kind: &'static str,
        /// The words.
        message: &'static str,
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
    /// Each once, in order.
    #[default]
    InOrder,
    /// None is told.
    Lost,
    /// Each is published twice, under an id of its own.
    Twice,
    /// The last one first.
    Reversed,
}

/// How the mail itself fares with each of its recipients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Outcome {
    /// It is taken by the recipient's server.
    #[default]
    Delivered,
    /// And opened.
    Opened,
    /// It is put off once, then taken.
    Delayed,
    /// It is refused for good.
    Bounced,
    /// It is taken, and returned later.
    Returned,
    /// The mailbox is full, and stays so.
    Full,
    /// It is taken, and answered by an absence note.
    Absent,
    /// It is taken, and reported as spam.
    Complaint,
    /// SES finds a virus in it.
    Rejected,
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

impl From<Outcome> for Plan {
    fn from(outcome: Outcome) -> Plan {
        Plan { outcome, ..Plan::default() }
    }
}

/// The plans of the coming sends; then all is well.
pub(super) type Plans = VecDeque<Plan>;
