//! Times for answers, in words.

use crate::domain::clock::Ms;
use crate::domain::sla::Policy;

/// Minutes of an hour, a day and a week, with their letters.
const UNITS: [(Ms, char); 4] = [(10_080, 'w'), (1_440, 'd'), (60, 'h'), (1, 'm')];

/// A length of time as one writes it: `30m`, `2h`, `1d`.
pub fn length(ms: Ms) -> String {
    let minutes = ms / 60_000;
    let (size, unit) = UNITS.into_iter().find(|(size, _)| minutes % size == 0).unwrap_or((1, 'm'));
    format!("{}{unit}", minutes / size)
}

/// For whom a policy is, how soon they are answered, and when that runs.
pub fn words(policy: &Policy) -> String {
    let whom =
        if policy.applies.is_empty() { "all conversations".to_owned() } else { policy.applies.to_string() };
    let times = [("first reply", policy.first_reply), ("next reply", policy.next_reply)];
    let times =
        times.into_iter().filter_map(|(what, limit)| Some(format!("{what} within {}", length(limit?))));
    let hours =
        policy.hours.as_ref().map(|hours| format!(", in the hours {}", hours.name())).unwrap_or_default();
    format!("{whom}: {}{hours}", times.collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::when;

    #[test]
    fn lengths_are_written_as_they_are_read() {
        for text in ["1m", "30m", "90m", "2h", "36h", "1d", "2w"] {
            assert_eq!(when::length(text).map(length).as_deref(), Some(text));
        }
    }

    #[test]
    fn a_policy_says_what_it_asks_for() {
        let policy = Policy {
            name: "vip".into(),
            applies: crate::domain::query::parse("label:vip channel:sms").unwrap(),
            first_reply: when::length("15m"),
            next_reply: when::length("1h"),
            hours: None,
        };
        assert_eq!(words(&policy), "label:vip channel:sms: first reply within 15m, next reply within 1h");
    }
}
