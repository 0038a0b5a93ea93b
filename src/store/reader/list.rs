//! Lists of conversations: fixed views, one window at a time, and their counts.

use crate::domain::clock::Ms;
use crate::domain::conversation::Status;
use crate::domain::ids::ConversationId;
use crate::domain::row::{ConversationRow, ListKey, View, ViewCount};
use crate::store::error::StoreError;
use crate::store::reader::{Reader, limit, rows};
use rusqlite::types::Value;

/// The condition of a view on the conversation `c` and its parameters, for the list's SQL. Waiting and labels order elsewhere.
fn condition(view: &View) -> (&'static str, Vec<Value>) {
    let status = |s: Status| ("c.status = ?4 AND c.archived_at IS NULL", vec![Value::Integer(s.code())]);
    match view {
        View::Open => status(Status::Open),
        View::Pending => status(Status::Pending),
        View::Snoozed => status(Status::Snoozed),
        View::Resolved => status(Status::Resolved),
        View::Spam => status(Status::Spam),
        View::Archived => ("c.archived_at IS NOT NULL", Vec::new()),
        View::Mine(agent) => {
            ("c.status = 0 AND c.agent_id = ?4 AND c.archived_at IS NULL", vec![Value::Integer(agent.0)])
        }
        View::Unassigned => (
            "c.status = 0 AND c.agent_id IS NULL AND c.team_id IS NULL AND c.archived_at IS NULL",
            Vec::new(),
        ),
        View::Channel(channel) => (
            "c.status = 0 AND c.channel = ?4 AND c.archived_at IS NULL",
            vec![Value::Integer(channel.code())],
        ),
        View::Account(account) => {
            ("c.status = 0 AND c.account_id = ?4 AND c.archived_at IS NULL", vec![Value::Integer(account.0)])
        }
        View::Waiting => {
            ("c.status = 0 AND c.waiting_since IS NOT NULL AND c.archived_at IS NULL", Vec::new())
        }
        // Found by the clock.
        View::Overdue => ("0", Vec::new()),
        View::Label(name) => ("", vec![Value::Text(name.clone())]),
        View::Mentions(agent) => ("", vec![Value::Integer(agent.0)]),
    }
}

/// Which way a window goes from its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// Further down the list.
    Down,
    /// Back up.
    Up,
}

/// All statuses but spam, with their views.
const NOT_SPAM: [(Status, View); 4] = [
    (Status::Open, View::Open),
    (Status::Pending, View::Pending),
    (Status::Snoozed, View::Snoozed),
    (Status::Resolved, View::Resolved),
];

/// The key before the first row of a list on the way down, or behind its last one on the way up. Waiting begins with the oldest.
fn edge(view: Option<&View>, way: Way) -> (Ms, i64) {
    if (view == Some(&View::Waiting)) == (way == Way::Down) {
        (Ms::MIN, i64::MIN)
    } else {
        (Ms::MAX, i64::MAX)
    }
}

/// The index whose order is that of a view's list.
pub(super) fn index(view: &View) -> &'static str {
    match view {
        View::Open | View::Pending | View::Snoozed | View::Resolved | View::Spam => "conversation_status",
        View::Archived => "conversation_archived",
        View::Mine(_) | View::Unassigned => "conversation_agent",
        View::Channel(_) => "conversation_channel",
        View::Account(_) => "conversation_account",
        View::Waiting | View::Overdue => "conversation_waiting",
        View::Label(_) | View::Mentions(_) => "",
    }
}

/// The columns and tables of a list. The planner guesses sizes, and guesses wrong on a fresh file: it is told to walk that index
/// first and to look the small tables up.
fn head(index: &str) -> String {
    let from = if index.is_empty() {
        "FROM conversation c".into()
    } else {
        format!("FROM conversation c INDEXED BY {index}")
    };
    rows::CONVERSATION
        .replace(" JOIN ", " CROSS JOIN ")
        .replace("LEFT CROSS JOIN", "LEFT JOIN")
        .replace("FROM conversation c", &from)
}

/// The statement of a window of a view: `?1, ?2` = key, `?3` = limit, `?4` = the view's own parameter.
pub(super) fn sql(view: &View, way: Way) -> String {
    let head = head(index(view));
    match (view, way) {
        (View::Label(_), way) => {
            let (cmp, order) = if way == Way::Down { ("<", "DESC") } else { (">", "ASC") };
            let head = head.replace(
                "FROM conversation c",
                "FROM label l CROSS JOIN conversation_label cl ON cl.label_id = l.id AND cl.open = 1
                 CROSS JOIN conversation c ON c.id = cl.conversation_id",
            );
            format!(
                "{head} WHERE l.name = ?4 AND (cl.last_message_at, cl.conversation_id) {cmp} (?1, ?2)
                 ORDER BY cl.last_message_at {order}, cl.conversation_id {order} LIMIT ?3"
            )
        }
        (View::Mentions(_), way) => {
            let (cmp, order) = if way == Way::Down { ("<", "DESC") } else { (">", "ASC") };
            let head = head.replace(
                "FROM conversation c",
                "FROM conversation_mention cm CROSS JOIN conversation c ON c.id = cm.conversation_id",
            );
            format!(
                "{head} WHERE cm.agent_id = ?4 AND (cm.last_message_at, cm.conversation_id) {cmp} (?1, ?2)
                 ORDER BY cm.last_message_at {order}, cm.conversation_id {order} LIMIT ?3"
            )
        }
        (View::Waiting, way) => {
            let (cmp, order) = if way == Way::Down { (">", "ASC") } else { ("<", "DESC") };
            format!(
                "{head} WHERE {} AND (c.waiting_since, c.id) {cmp} (?1, ?2)
                 ORDER BY c.waiting_since {order}, c.id {order} LIMIT ?3",
                condition(view).0
            )
        }
        (view, way) => {
            let (cmp, order) = if way == Way::Down { ("<", "DESC") } else { (">", "ASC") };
            format!(
                "{head} WHERE {} AND (c.last_message_at, c.id) {cmp} (?1, ?2)
                 ORDER BY c.last_message_at {order}, c.id {order} LIMIT ?3",
                condition(view).0
            )
        }
    }
}

/// The statement of a window of everything but spam and what is archived: the lists of the other statuses, merged, so that it
/// walks over neither.
pub(super) fn sql_all(way: Way) -> String {
    merged(way, "")
}

fn merged(way: Way, besides: &str) -> String {
    let (cmp, order) = if way == Way::Down { ("<", "DESC") } else { (">", "ASC") };
    let arm = |status: &Status| {
        format!(
            "SELECT c.id AS id, c.last_message_at FROM conversation c INDEXED BY conversation_status
             WHERE c.status = {} AND c.archived_at IS NULL AND (c.last_message_at, c.id) {cmp} (?1, ?2){besides}",
            status.code()
        )
    };
    let arms = NOT_SPAM.iter().map(|(status, _)| arm(status)).collect::<Vec<_>>().join(" UNION ALL ");
    let found = format!(
        "FROM ({arms} ORDER BY 2 {order}, 1 {order} LIMIT ?3) w CROSS JOIN conversation c ON c.id = w.id"
    );
    head("").replace("FROM conversation c", &found)
}

/// The statement of a window, of a view or of everything but spam, for what has something unread.
pub(super) fn sql_unread(view: Option<&View>, way: Way) -> String {
    let calls = match view {
        Some(View::Mentions(_)) => "instr(' ' || c.mentions || ' ', ' ' || ?4 || '! ') > 0",
        _ => {
            "c.unread > 0 AND c.muted = 0 AND NOT EXISTS (SELECT 1 FROM block b WHERE b.identity_id = c.identity_id)"
        }
    };
    match view {
        Some(view) => sql(view, way).replace("ORDER BY", &format!("AND {calls} ORDER BY")),
        None => merged(way, &format!(" AND {calls}")),
    }
}

impl Reader {
    /// A window of a view below `after` (none = from its top): newest first, Waiting longest first, Overdue first due first.
    ///
    /// # Errors
    /// Those of the database.
    pub fn list(
        &self,
        view: &View,
        after: Option<ListKey>,
        count: usize,
    ) -> Result<Vec<ConversationRow>, StoreError> {
        if *view == View::Overdue {
            return self.overdue(after, count);
        }
        let key = after.map_or_else(|| edge(Some(view), Way::Down), |k| (k.at, k.id.0));
        self.window(view, Way::Down, key, count)
    }

    /// The rows of a view right above `before`, nearest first.
    ///
    /// # Errors
    /// Those of the database.
    pub fn list_before(
        &self,
        view: &View,
        before: ListKey,
        count: usize,
    ) -> Result<Vec<ConversationRow>, StoreError> {
        if *view == View::Overdue {
            return self.overdue_before(before, count);
        }
        self.window(view, Way::Up, (before.at, before.id.0), count)
    }

    fn window(
        &self,
        view: &View,
        way: Way,
        key: (Ms, i64),
        count: usize,
    ) -> Result<Vec<ConversationRow>, StoreError> {
        let mut params = vec![Value::Integer(key.0), Value::Integer(key.1), Value::Integer(limit(count))];
        params.extend(condition(view).1);
        self.all(&sql(view, way), rusqlite::params_from_iter(params), self.conversation_of())
    }

    /// Rows of everything but spam and archived above a place, nearest first.
    ///
    /// # Errors
    /// Those of the database.
    pub fn list_all_before(&self, before: ListKey, count: usize) -> Result<Vec<ConversationRow>, StoreError> {
        let mut rows = self.window_of_all(Way::Up, (before.at, before.id.0), count)?;
        rows.sort_by_key(|row| key_in(&View::Open, row));
        Ok(rows)
    }

    /// A window of all conversations but spam and archived ones, newest first.
    ///
    /// # Errors
    /// Those of the database.
    pub fn list_all(&self, count: usize, after: Option<ListKey>) -> Result<Vec<ConversationRow>, StoreError> {
        let key = after.map_or((Ms::MAX, i64::MAX), |k| (k.at, k.id.0));
        let mut rows = self.window_of_all(Way::Down, key, count)?;
        rows.sort_by_key(|row| std::cmp::Reverse(key_in(&View::Open, row)));
        Ok(rows)
    }

    /// The nearest rows, in the order in which SQLite happens to join them.
    fn window_of_all(
        &self,
        way: Way,
        key: (Ms, i64),
        count: usize,
    ) -> Result<Vec<ConversationRow>, StoreError> {
        self.all(&sql_all(way), rusqlite::params![key.0, key.1, limit(count)], self.conversation_of())
    }

    /// The place of the next conversation with something unread in a view's list (none = all but spam and archived ones),
    /// down the list or up, from beyond `from` on (none = from its beginning or its end).
    ///
    /// # Errors
    /// Those of the database.
    pub fn next_unread(
        &self,
        view: Option<&View>,
        from: Option<ListKey>,
        forward: bool,
    ) -> Result<Option<ListKey>, StoreError> {
        if view == Some(&View::Overdue) {
            return self.next_unread_overdue(from, forward);
        }
        // Where the counts know of none, no list is walked in vain.
        let counted = view.map_or_else(|| NOT_SPAM.map(|(_, view)| view).to_vec(), |view| vec![view.clone()]);
        if self.counts(&counted)?.iter().all(|count| count.unread == 0) {
            return Ok(None);
        }
        let way = if forward { Way::Down } else { Way::Up };
        let key = from.map_or_else(|| edge(view, way), |key| (key.at, key.id.0));
        let mut params = vec![Value::Integer(key.0), Value::Integer(key.1), Value::Integer(1)];
        params.extend(view.into_iter().flat_map(|view| condition(view).1));
        let sql = sql_unread(view, way);
        let row = self.one(&sql, rusqlite::params_from_iter(params), self.conversation_of())?;
        Ok(row.map(|row| key_in(view.unwrap_or(&View::Open), &row)))
    }

    /// The counts of views, in the order asked for.
    ///
    /// # Errors
    /// Those of the database.
    pub fn counts(&self, views: &[View]) -> Result<Vec<ViewCount>, StoreError> {
        views
            .iter()
            .map(|view| {
                let found = self.one(COUNT, [view.key()], |r| {
                    let natural = |n: i64| u64::try_from(n).unwrap_or(0);
                    Ok(ViewCount { total: natural(r.get(0)?), unread: natural(r.get(1)?) })
                })?;
                Ok(found.unwrap_or_default())
            })
            .collect()
    }

    /// One conversation; the one that it is part of by now, if that is another.
    ///
    /// # Errors
    /// Those of the database.
    pub fn conversation(&self, id: ConversationId) -> Result<Option<ConversationRow>, StoreError> {
        let id = self.stays(id)?;
        self.one(&format!("{} WHERE c.id = ?1", rows::CONVERSATION), [id.0], self.conversation_of())
    }
}

/// The count of one view.
pub(super) const COUNT: &str = "SELECT total, unread FROM view_count WHERE key = ?1";

/// The place of a row in a view's list.
pub fn key_in(view: &View, row: &ConversationRow) -> ListKey {
    let at = match view {
        View::Waiting => row.waiting_since.unwrap_or(0),
        View::Overdue => row.due_at.unwrap_or(0),
        _ => row.last_message_at.unwrap_or(0),
    };
    ListKey { at, id: row.id }
}
