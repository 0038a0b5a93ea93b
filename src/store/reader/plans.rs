//! Every fixed query is answered from an index, in the order of that index: SQLite is asked how it would do it.

use super::list::{COUNT, Way, sql, sql_all, sql_unread};
use super::{inbox, outbox, rows, thread};
use crate::domain::account::Channel;
use crate::domain::clock::SystemClock;
use crate::domain::ids::{AccountId, AgentId};
use crate::domain::row::View;
use crate::store::Store;
use std::sync::Arc;

#[test]
fn fixed_queries_use_their_indexes_and_never_sort() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), Arc::new(SystemClock)).unwrap();
    let reader = store.reader().unwrap();
    let mut queries: Vec<(String, String, &str)> = Vec::new();
    for (view, index) in [
        (View::Mine(AgentId(1)), "conversation_agent"),
        (View::Unassigned, "conversation_agent"),
        (View::Open, "conversation_status"),
        (View::Waiting, "conversation_waiting"),
        (View::Pending, "conversation_status"),
        (View::Snoozed, "conversation_status"),
        (View::Resolved, "conversation_status"),
        (View::Archived, "conversation_archived"),
        (View::Spam, "conversation_status"),
        (View::Channel(Channel::Sms), "conversation_channel"),
        (View::Account(AccountId(1)), "conversation_account"),
        (View::Label("vip".into()), "cl USING PRIMARY KEY"),
        (View::Mentions(AgentId(1)), "cm USING PRIMARY KEY"),
    ] {
        queries.push((format!("{view:?} down"), sql(&view, Way::Down), index));
        queries.push((format!("{view:?} up"), sql(&view, Way::Up), index));
        queries.push((format!("{view:?} next unread"), sql_unread(Some(&view), Way::Down), index));
        queries.push((format!("{view:?} last unread"), sql_unread(Some(&view), Way::Up), index));
    }
    for way in [Way::Down, Way::Up] {
        queries.push((format!("all {way:?}"), sql_all(way), "conversation_status"));
        queries.push((format!("unread {way:?}"), sql_unread(None, way), "conversation_status"));
    }
    queries.push(("count".into(), COUNT.into(), "PRIMARY KEY"));
    queries.push(("thread".into(), format!("{} {}", rows::MESSAGE, thread::BEFORE), "message_thread"));
    queries.push(("thread after".into(), format!("{} {}", rows::MESSAGE, thread::AFTER), "message_thread"));
    queries.push(("arrivals".into(), thread::ARRIVALS.into(), "PRIMARY KEY"));
    queries.push(("steps".into(), thread::STEPS.into(), "PRIMARY KEY"));
    queries.push((
        "conversation".into(),
        format!("{} WHERE c.id = ?1", rows::CONVERSATION),
        "INTEGER PRIMARY KEY",
    ));
    queries.push(("files".into(), format!("{} {}", rows::ATTACHMENT, thread::FILES), "INDEX"));
    queries.push(("consent".into(), rows::CONSENT_OF.into(), "PRIMARY KEY"));
    queries.push(("outbox".into(), format!("{} {}", rows::OP, outbox::OUTBOX), "op"));
    queries.push(("active".into(), format!("{} {}", rows::OP, outbox::ACTIVE), "op_active"));
    queries.push(("before".into(), outbox::BEFORE.into(), "op_fold"));
    queries.push(("due".into(), outbox::DUE.into(), "attachment_due"));
    queries.push(("waiting".into(), inbox::WAITING.into(), "receipt_waiting"));
    for (name, sql, index) in queries {
        let mut statement = reader.conn.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let count = statement.parameter_count();
        let params = rusqlite::params_from_iter(std::iter::repeat_n(1i64, count));
        let plan: Vec<String> =
            statement.query_map(params, |r| r.get::<_, String>(3)).unwrap().map(Result::unwrap).collect();
        let plan = plan.join("\n");
        assert!(plan.contains(index), "{name} does not use {index}:\n{plan}\n{sql}");
        assert!(!plan.contains("TEMP B-TREE"), "{name} sorts:\n{plan}");
        for table in ["SCAN c\n", "SCAN m\n", "SCAN conversation", "SCAN message", "SCAN c ", "SCAN m "] {
            assert!(!format!("{plan}\n").contains(table), "{name} scans:\n{plan}");
        }
    }
}

/// What is put away stands in no index that a list of anything else walks: SQLite is asked for the conditions of the indexes.
#[test]
fn no_list_walks_over_what_is_archived() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), Arc::new(SystemClock)).unwrap();
    let reader = store.reader().unwrap();
    for view in [
        View::Mine(AgentId(1)),
        View::Unassigned,
        View::Open,
        View::Waiting,
        View::Pending,
        View::Snoozed,
        View::Resolved,
        View::Spam,
        View::Channel(Channel::Sms),
        View::Account(AccountId(1)),
    ] {
        let name = super::list::index(&view);
        let sql: String = reader
            .conn
            .query_row("SELECT sql FROM sqlite_master WHERE name = ?1", [name], |r| r.get(0))
            .unwrap();
        assert!(sql.contains("archived_at IS NULL"), "{view:?}: {sql}");
    }
    // Labels and mentions have tables of their own, which the writer keeps: see `move_place`.
}
