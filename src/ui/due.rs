//! When customers are to be answered: said in rows and heads, and looked after as the time goes on.

use crate::domain::clock::Ms;
use crate::domain::query::{self, Filter, What};
use crate::domain::row::{ConversationRow, View};
use crate::text::format;
use crate::ui::effect::ListSource;
use crate::ui::model::Model;
use crate::ui::theme::Role;

/// What is due within this time is due soon, milliseconds.
pub(crate) const SOON: Ms = 10 * 60_000;
/// What finds all that is overdue.
pub(crate) const OVERDUE: &str = "overdue:yes";

/// How near it is, as a colour; the words say it as well.
fn role(left: Ms) -> Role {
    match left {
        ..=0 => Role::Bad,
        1..=SOON => Role::Warn,
        _ => Role::Dim,
    }
}

/// `due 12m`, `overdue 5m`.
pub(crate) fn label(row: &ConversationRow, now: Ms) -> Option<(String, Role)> {
    let due = row.due_at?;
    let left = due.saturating_sub(now);
    let words = if left > 0 {
        format!("due {}", format::age(now, due))
    } else if left > -60_000 {
        "overdue".to_owned()
    } else {
        format!("overdue {}", format::age(due, now))
    };
    Some((words, role(left)))
}

/// Whether anybody can be due.
///
/// # Errors
/// Why not.
pub(crate) fn available(model: &Model) -> Result<(), String> {
    if model.sidebar.has_due {
        return Ok(());
    }
    Err("no times for answers are configured: [sla.NAME] in the configuration".into())
}

impl Model {
    /// The same where there is room for the time of day: `due 14:45`, `overdue 5m`.
    pub(crate) fn due_clock(&self, row: &ConversationRow) -> Option<(String, Role)> {
        let (words, role) = label(row, self.now)?;
        let due = row.due_at.filter(|due| *due > self.now);
        let words = due.map_or(words, |due| {
            // Which day is meant is clear for half a day.
            if due - self.now < 12 * 3_600_000 {
                format!("due {}", format::clock(due, &self.tz))
            } else {
                format!("due {}", format::moment_within(due, self.now, &self.tz))
            }
        });
        Some((words, role))
    }

    /// The next moment at which something on the screen becomes overdue.
    pub(crate) fn next_due(&self) -> Option<Ms> {
        let open = self.thread.context.as_ref().map(|context| &context.row);
        let due = self.list.rows.iter().chain(open).filter_map(|row| row.due_at);
        due.filter(|due| *due > self.now).min()
    }

    /// Time has passed since `before`: what goes by it is read again, once a minute and when something becomes overdue.
    pub(crate) fn due_moves(&mut self, before: Ms) {
        if !self.sidebar.has_due {
            return;
        }
        let now = self.now;
        let is_new_minute = before.div_euclid(60_000) != now.div_euclid(60_000);
        let passes = self.list.rows.iter().filter_map(|row| row.due_at).any(|due| before < due && due <= now);
        if !is_new_minute && !passes {
            return;
        }
        self.count_searches();
        self.look_for_due();
        if goes_by_due(&self.list.source) {
            self.list.refresh_anchor();
            let need = self.list.need();
            self.load_soon(need);
        }
    }
}

/// Whether what is listed depends on when customers are due.
fn goes_by_due(source: &ListSource) -> bool {
    match source {
        ListSource::View(view) => *view == View::Overdue,
        ListSource::All => false,
        ListSource::Query(text) => query::parse_so_far(text)
            .query
            .clauses
            .iter()
            .any(|clause| matches!(clause.what, What::Filter(Filter::Overdue(_) | Filter::Due(_)))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::fixture::{self, NOW};

    #[test]
    fn the_head_of_a_thread_says_the_time_of_day() {
        let (mut model, _) = crate::ui::start(fixture::startup());
        let said = |model: &Model, left: Ms| {
            let row = ConversationRow { due_at: Some(NOW + left), ..fixture::conversation(1) };
            model.due_clock(&row).unwrap().0
        };
        assert_eq!(said(&model, 13 * 60_000), "due 14:45");
        assert_eq!(said(&model, 10 * 3_600_000), "due 00:32");
        assert_eq!(said(&model, 26 * 3_600_000), "due tomorrow 16:32");
        assert_eq!(said(&model, -60_000), "overdue 1m");
        model.now += 3_600_000;
        assert_eq!(said(&model, 13 * 60_000), "overdue 47m");
    }

    #[test]
    fn rows_say_in_words_how_near_it_is() {
        let said = |left: Ms| {
            let row = ConversationRow { due_at: Some(NOW + left), ..fixture::conversation(1) };
            label(&row, NOW).unwrap()
        };
        assert_eq!(said(2 * 3_600_000 + 5), ("due 2h".into(), Role::Dim));
        assert_eq!(said(12 * 60_000 + 1), ("due 12m".into(), Role::Dim));
        assert_eq!(said(SOON), ("due 10m".into(), Role::Warn));
        assert_eq!(said(59_000), ("due now".into(), Role::Warn));
        assert_eq!(said(0), ("overdue".into(), Role::Bad));
        assert_eq!(said(-5 * 60_000), ("overdue 5m".into(), Role::Bad));
        assert_eq!(label(&fixture::conversation(1), NOW), None);
    }
}
