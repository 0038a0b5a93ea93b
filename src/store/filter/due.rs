//! Who is due, in SQL: which policy is for a conversation, and since when at the latest somebody waits who is due by a moment.

use super::{Asking, Part, lower};
use crate::domain::clock::Ms;
use crate::domain::query::Within;
use crate::domain::sla::Policy;
use crate::store::error::StoreError;
use crate::text::when;
use rusqlite::Connection;
use rusqlite::types::Value;

/// What must hold of a conversation `c` in which somebody waits who may be due.
pub(in crate::store) const WAITS: &str =
    "c.status = 0 AND c.waiting_since IS NOT NULL AND c.archived_at IS NULL";

/// `overdue:yes` and `overdue:no`, with where to look.
pub(super) fn overdue(
    conn: &Connection,
    yes: bool,
    asking: &Asking,
) -> Result<(Part, Option<Part>), StoreError> {
    let (condition, source) = by(conn, asking.now, asking)?;
    Ok(if yes { (condition, Some(source)) } else { (condition.not(), None) })
}

/// `due:<1h` and `due:>1h`, with where to look.
pub(super) fn within(
    conn: &Connection,
    within: &Within,
    asking: &Asking,
) -> Result<(Part, Option<Part>), StoreError> {
    // The parser lets nothing else through.
    let length = when::length(within.length()).unwrap_or(Ms::MAX);
    let (condition, source) = by(conn, asking.now.saturating_add(length), asking)?;
    if within.by {
        return Ok((condition, Some(source)));
    }
    let (mut ever, all) = by(conn, Ms::MAX, asking)?;
    ever.and(condition.not());
    Ok((ever, Some(all)))
}

/// Who is due by a moment, and a list of all who may be.
fn by(conn: &Connection, due: Ms, asking: &Asking) -> Result<(Part, Part), StoreError> {
    let Some((_, latest)) = asking.sla.since_between(due) else {
        return Ok((
            Part::new("0", Vec::new()),
            Part::new("SELECT id FROM conversation WHERE 0", Vec::new()),
        ));
    };
    let fits = choose(conn, asking, |policy, _| {
        let since = |answered| Value::Integer(policy.since(due, answered).unwrap_or(Ms::MIN));
        Part::new(
            "c.waiting_since <= CASE WHEN c.answered_at IS NULL THEN ? ELSE ? END",
            vec![since(false), since(true)],
        )
    })?;
    let mut condition = Part::new(WAITS, Vec::new());
    condition.and(fits);
    let source = Part::new(
        "SELECT id FROM conversation WHERE status = 0 AND waiting_since IS NOT NULL AND waiting_since <= ?",
        vec![Value::Integer(latest)],
    );
    Ok((condition, source))
}

/// The place of the policy that is for a conversation `c`; NULL where none is.
pub(in crate::store) fn policy(conn: &Connection, asking: &Asking) -> Result<Part, StoreError> {
    choose(conn, asking, |_, place| Part::new(place.to_string(), Vec::new()))
}

/// What is said of the first policy that is for a conversation; NULL where none is.
fn choose(
    conn: &Connection,
    asking: &Asking,
    say: impl Fn(&Policy, usize) -> Part,
) -> Result<Part, StoreError> {
    let (mut sql, mut values) = ("CASE".to_owned(), Vec::new());
    for (place, policy) in asking.sla.policies.iter().enumerate() {
        let lowered = lower(conn, &policy.applies, asking)?;
        let when = if lowered.conversation.is_empty() { "1" } else { &lowered.conversation.sql };
        let then = say(policy, place);
        sql.push_str(&format!(" WHEN ({when}) THEN ({})", then.sql));
        values.extend(lowered.conversation.values);
        values.extend(then.values);
    }
    sql.push_str(" END");
    Ok(Part::new(sql, values))
}
