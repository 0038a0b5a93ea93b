//! What the variables of quick replies stand for, the same for the screen and the command line.

use crate::domain::clock::Ms;
use crate::domain::row::ConversationRow;
use crate::text::format::first_name;
use crate::text::template;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

/// Every variable, with what it stands for: for help and the reference.
pub const VARIABLES: &[(&str, &str)] = &[
    ("contact.name", "the customer's name"),
    ("contact.first_name", "the customer's first name"),
    ("contact.address", "the customer's address on this channel"),
    ("agent.name", "your name"),
    ("agent.first_name", "your first name"),
    ("account.name", "the account's name"),
    ("conversation.id", "the conversation's number"),
    ("channel", "the medium, such as WhatsApp"),
    ("subject", "the subject of the conversation"),
    ("date", "today, such as 16 November 2026; `date+3d` and `date-1w` are days and weeks from it"),
    ("weekday", "the day of the week, such as Monday; `weekday+1d` is tomorrow's"),
];

/// What the values are taken from.
#[derive(Debug, Clone, Copy)]
pub struct Scene<'a> {
    /// The conversation.
    pub row: &'a ConversationRow,
    /// The name of who answers.
    pub agent: &'a str,
    /// The time, UTC milliseconds.
    pub now: Ms,
    /// In which zone the day changes.
    pub tz: &'a TimeZone,
}

impl Scene<'_> {
    /// The value of a variable; none if it is unknown or empty. Names are as the customer gave them: foreign text.
    pub fn value(&self, name: &str) -> Option<String> {
        let row = self.row;
        let value = match name {
            "contact.name" => row.known_name()?.to_owned(),
            "contact.first_name" => first_name(row.known_name()?),
            "contact.address" => row.theirs.clone(),
            "agent.name" => self.agent.to_owned(),
            "agent.first_name" => first_name(self.agent),
            "account.name" => row.account_name.clone(),
            "conversation.id" => row.id.to_string(),
            "channel" => row.channel.title().to_owned(),
            "subject" => row.subject.clone()?,
            _ => self.day(name)?,
        };
        let value = crate::text::sanitize::line(&value).into_owned();
        (!value.is_empty()).then_some(value)
    }

    /// `date`, `weekday`, and either some days or weeks away.
    fn day(&self, name: &str) -> Option<String> {
        let (form, days) = day_of(name)?;
        let now = Timestamp::from_millisecond(self.now).ok()?.to_zoned(self.tz.clone());
        let day = now.date().checked_add(Span::new().try_days(days).ok()?).ok()?;
        Some(day.strftime(form).to_string())
    }
}

/// The form of a day, and how many days it is away.
fn day_of(name: &str) -> Option<(&'static str, i64)> {
    let (word, away) = match name.find(['+', '-']) {
        Some(at) => name.split_at(at),
        None => (name, "+0d"),
    };
    let form = match word {
        "date" => "%-d %B %Y",
        "weekday" => "%A",
        _ => return None,
    };
    let (number, each) = match away.strip_suffix('w') {
        Some(weeks) => (weeks, 7),
        None => (away.strip_suffix('d')?, 1),
    };
    let digits = number.get(1..).filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()))?;
    let count = i64::from(digits.parse::<u32>().ok()?) * each;
    Some((form, if number.starts_with('-') { -count } else { count }))
}

/// A variable of ours or a question that still stands in a text: no customer may read that.
pub fn unfilled(text: &str) -> Option<&str> {
    template::standing(text).into_iter().find(|written| is_ours(written))
}

/// Whether a written variable is one of ours, or a question.
pub fn is_ours(written: &str) -> bool {
    let inside = written.trim_matches(['{', '}']);
    let name = inside.split('|').next().unwrap_or_default().trim();
    name.starts_with('?') || VARIABLES.iter().any(|(known, _)| *known == name) || day_of(name).is_some()
}

/// Why a text with such a variable is not sent.
pub fn refusal(text: &str) -> Option<String> {
    let written = unfilled(text)?;
    Some(format!("{written} is not filled in: put what it stands for in its place"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::fixture;

    fn value(name: &str) -> Option<String> {
        let row = fixture::conversation(7);
        let tz = TimeZone::get("Pacific/Auckland").unwrap();
        Scene { row: &row, agent: "Ana Sousa", now: fixture::NOW, tz: &tz }.value(name)
    }

    #[test]
    fn every_variable_is_in_the_guide() {
        let guide = include_str!("../../docs/answering.md");
        for (name, _) in VARIABLES {
            assert!(guide.contains(&format!("`{{{{{name}}}}}`")), "{name}");
        }
    }

    #[test]
    fn days_are_those_of_the_zone() {
        // Monday afternoon in London is Tuesday in Auckland.
        assert_eq!(value("date").unwrap(), "17 November 2026");
        assert_eq!(value("date+3d").unwrap(), "20 November 2026");
        assert_eq!(value("date-1w").unwrap(), "10 November 2026");
        assert_eq!(value("weekday").unwrap(), "Tuesday");
        assert_eq!(value("weekday+1d").unwrap(), "Wednesday");
        for wrong in [
            "date+",
            "date+3",
            "date+3m",
            "date+d",
            "date+-3d",
            "date+99999999999d",
            "date+4000000000w",
            "day",
        ] {
            assert_eq!(value(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_nobody_may_read_is_told_apart_from_what_somebody_wrote() {
        assert_eq!(value("conversation.id").unwrap(), "7");
        assert_eq!(unfilled("Hi {{contact.first_name}}!"), Some("{{contact.first_name}}"));
        assert_eq!(unfilled("{{x}} on {{date+3d|soon}}"), Some("{{date+3d|soon}}"));
        assert_eq!(unfilled("{{?order number}}"), Some("{{?order number}}"));
        assert_eq!(unfilled("write {{ user.id }} into the template"), None);
    }
}
