//! In which views the conversations of a small desk are, and which of them are due.

use super::world::{MIN, NOW, World};
use frontdesk::domain::conversation::{Assignee, Status};
use frontdesk::domain::row::{ConversationRow, View};

/// Whether a conversation is in a view.
pub fn is_in(row: &ConversationRow, view: &View) -> bool {
    if row.archived_at.is_some() {
        return *view == View::Archived;
    }
    let open = row.status == Status::Open;
    match view {
        View::Mine(me) => open && row.assignee == Some(Assignee::Agent(*me)),
        View::Unassigned => open && row.assignee.is_none(),
        View::Open => open,
        View::Waiting => open && row.waiting_since.is_some(),
        View::Overdue => open && row.due_at.is_some_and(|due| due <= NOW),
        View::Pending => row.status == Status::Pending,
        View::Snoozed => row.status == Status::Snoozed,
        View::Resolved => row.status == Status::Resolved,
        View::Spam => row.status == Status::Spam,
        View::Channel(channel) => open && row.channel == *channel,
        View::Account(account) => open && row.account == *account,
        View::Label(label) => open && row.labels.contains(label),
        View::Archived => false,
        View::Mentions(me) => row.called.contains(me),
    }
}

impl World {
    /// The same desk with times for answers: one customer is overdue, one will be soon, one has time.
    pub fn with_due(mut self) -> World {
        for (at, waits, due) in [(0, 2, 13), (1, 95, -65), (2, 64, 5), (4, 300, 1_100)] {
            self.rows[at].waiting_since = Some(NOW - waits * MIN);
            self.rows[at].due_at = Some(NOW + due * MIN);
        }
        self
    }

    /// Whether times for answers are set.
    pub fn has_due(&self) -> bool {
        self.rows.iter().any(|row| row.due_at.is_some())
    }

    /// How many conversations a query finds.
    pub fn count(&self, query: &str) -> u64 {
        let overdue = self.rows.iter().filter(|row| is_in(row, &View::Overdue)).count() as u64;
        if query == "overdue:yes" { overdue } else { 7 }
    }
}
