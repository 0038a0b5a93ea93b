//! The delivery of a message in glyph and words, and what can be done about it.

use crate::domain::clock::Ms;
use crate::domain::delivery::Delivery;
use crate::domain::row::MessageRow;
use crate::text::format;
use crate::ui::theme::Role;
use jiff::tz::TimeZone;

/// How far a message is: glyph, words, role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Progress {
    pub(crate) glyph: &'static str,
    pub(crate) words: String,
    pub(crate) role: Role,
}

/// Whole seconds until a moment, counted so that "1 s" is followed by nothing.
pub(crate) fn seconds(until: Ms, now: Ms) -> Ms {
    until.saturating_sub(now).saturating_add(999).max(0) / 1000
}

/// A duration as people say it: `8 s`, `4 min`, `23 h 41 min`, `3 d`.
pub(crate) fn span(ms: Ms) -> String {
    let minutes = ms / 60_000;
    match ms {
        ..60_000 => format!("{} s", ms.max(0).saturating_add(999) / 1000),
        60_000..3_600_000 => format!("{minutes} min"),
        3_600_000..172_800_000 => format!("{} h {} min", minutes / 60, minutes % 60),
        _ => format!("{} d", minutes / 1440),
    }
}

/// How far a message is.
pub(crate) fn progress(message: &MessageRow, now: Ms, tz: &TimeZone) -> Option<Progress> {
    let due = message.due_at.filter(|due| *due > now);
    let (glyph, words, role) = match message.delivery? {
        Delivery::Queued => match due {
            Some(due) if message.scheduled => {
                ("◷", format!("scheduled for {}", format::moment_within(due, now, tz)), Role::Accent)
            }
            Some(due) if due - now <= 120_000 => {
                ("…", format!("sends in {} s", seconds(due, now)), Role::Accent)
            }
            Some(due) => ("…", format!("sends in {}", span(due - now)), Role::Accent),
            None => ("…", "queued".into(), Role::Dim),
        },
        Delivery::Sending => ("→", "sending".into(), Role::Dim),
        Delivery::Retrying => match due {
            Some(due) => ("↻", format!("retrying in {}", span(due - now)), Role::Warn),
            None => ("↻", "retrying".into(), Role::Warn),
        },
        Delivery::Parked => ("‖", "parked".into(), Role::Warn),
        Delivery::Unknown => ("?", "may have been sent".into(), Role::Warn),
        Delivery::Cancelled => ("⊘", "taken back".into(), Role::Dim),
        Delivery::Accepted => ("✓", "accepted".into(), Role::Dim),
        Delivery::Failed if message.given_up => ("✗", "failed, settled".into(), Role::Dim),
        Delivery::Failed => ("✗", "failed".into(), Role::Bad),
        Delivery::Delivered => ("✓✓", "delivered".into(), Role::Dim),
        Delivery::Read => ("✓✓", "read".into(), Role::Accent),
    };
    Some(Progress { glyph, words, role })
}

/// The keys that answer a state, as (command id, what it does here).
pub(crate) fn answers(message: &MessageRow) -> &'static [(&'static str, &'static str)] {
    match message.delivery {
        Some(Delivery::Queued) if !message.scheduled => &[("undo", "take it back")],
        Some(Delivery::Failed) if message.given_up => &[],
        delivery => waiting_answers(delivery),
    }
}

/// The keys that answer a state in which a message stays until somebody or some moment comes.
pub(crate) fn waiting_answers(delivery: Option<Delivery>) -> &'static [(&'static str, &'static str)] {
    match delivery {
        Some(Delivery::Queued) => &[("message.discard", "take it back"), ("message.retry", "send now")],
        Some(Delivery::Failed) => &[
            ("message.retry", "send again"),
            ("compose.elsewhere", "other channel"),
            ("message.discard", "give up"),
        ],
        Some(Delivery::Parked) => {
            &[("message.retry", "send now"), ("message.discard", "give up, keep the words")]
        }
        Some(Delivery::Retrying) => &[("message.retry", "send now"), ("message.discard", "give up")],
        Some(Delivery::Unknown) => &[
            ("message.resend", "send again"),
            ("message.was-sent", "was sent"),
            ("message.not-sent", "not sent"),
        ],
        _ => &[],
    }
}

/// Whether the answers are shown below the message (for a queued one only while it can be taken back).
pub(crate) fn shows_answers(message: &MessageRow) -> bool {
    match message.delivery {
        Some(Delivery::Queued) => message.due_at.is_some(),
        Some(delivery) => !message.given_up && (delivery.needs_agent() || delivery == Delivery::Retrying),
        None => false,
    }
}

/// Why it is not further, in words for a person.
pub(crate) fn why(message: &MessageRow) -> Option<String> {
    let shown = message.delivery.is_some_and(|d| d.needs_agent() || d == Delivery::Retrying);
    let reason = message.reason.as_ref().filter(|_| shown)?;
    Some(match &reason.code {
        Some(code) => format!("{} ({code})", reason.human),
        None => reason.human.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::message::Direction;
    use crate::ui::fixture;

    #[test]
    fn countdowns_are_spoken() {
        let mut message = fixture::message(1, Direction::Outbound, "x");
        message.delivery = Some(Delivery::Queued);
        message.due_at = Some(4_001);
        assert_eq!(progress(&message, 1, &TimeZone::UTC).unwrap().words, "sends in 4 s");
        message.delivery = Some(Delivery::Retrying);
        assert_eq!(progress(&message, 4_001, &TimeZone::UTC).unwrap().words, "retrying");
        assert_eq!(progress(&message, 3_900, &TimeZone::UTC).unwrap().words, "retrying in 1 s");
        assert_eq!(span(85_260_000), "23 h 41 min");
        assert_eq!(span(59_000), "59 s");
        assert_eq!(span(600_000), "10 min");
    }
}
