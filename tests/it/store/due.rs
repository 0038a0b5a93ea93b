//! Who is due: the same by a row, by a query and in the list, whatever the policies; and when somebody waits at all.

use super::kit::*;
use frontdesk::domain::clock::Ms;
use frontdesk::domain::conversation::{Priority, Status};
use frontdesk::domain::delivery::Delivery;
use frontdesk::domain::facet::Facet;
use frontdesk::domain::hours::BusinessHours;
use frontdesk::domain::ids::ConversationId;
use frontdesk::domain::query::parse;
use frontdesk::domain::row::{ConversationRow, View};
use frontdesk::domain::sla::{Policy, Sla};
use frontdesk::store::{Reader, key_in};
use jiff::tz::TimeZone;
use std::sync::Arc;

const MIN: Ms = 60_000;

fn policy(name: &str, applies: &str, first: Option<Ms>, next: Option<Ms>) -> Policy {
    Policy {
        name: name.into(),
        applies: parse(applies).unwrap(),
        first_reply: first.map(|m| m * MIN),
        next_reply: next.map(|m| m * MIN),
        hours: None,
    }
}

fn sla() -> Sla {
    let mut hours = BusinessHours::new("office", TimeZone::UTC);
    hours.add("mon-fri", "9:00-17:00").unwrap();
    let office =
        Policy { hours: Some(Arc::new(hours)), ..policy("office", "priority:low", Some(60), Some(60)) };
    let vip = policy("vip", "label:VIP -score:<10", Some(5), None);
    Sla { policies: vec![vip, office, policy("usual", "account:Support", Some(30), Some(120))] }
}

fn listed(reader: &Reader, query: &str, now: Ms) -> Vec<ConversationId> {
    let query = parse(query).unwrap();
    let rows = reader.list_query(&query, None, 1000, None, now, &TimeZone::UTC).unwrap();
    let mut ids: Vec<_> = rows.into_iter().map(|row| row.id).collect();
    ids.sort();
    ids
}

fn ids(rows: &[ConversationRow]) -> Vec<ConversationId> {
    let mut ids: Vec<_> = rows.iter().map(|row| row.id).collect();
    ids.sort();
    ids
}

/// Many customers who wait since the last days, with all that policies ask for mixed.
fn desk() -> Kit {
    let kit = Kit::new();
    kit.store.set_sla(sla());
    for n in 0..120i64 {
        let at = NOW + n * n * 17 * 1_000;
        let from = format!("+316000{n:05}");
        let c = kit.inbound(&format!("SM{n}"), &from, at, "hello");
        if n % 3 == 0 {
            kit.set(c, Facet::Label { name: "vip".into(), on: true });
        }
        if n % 4 == 0 {
            kit.set(c, Facet::Priority { priority: Priority::Low });
        }
        if n % 9 == 0 {
            kit.set(c, Facet::Score { score: Some(5) });
        }
        if n % 5 == 0 {
            kit.apply(vec![message(
                &format!("O{n}"),
                &from,
                frontdesk::domain::message::Direction::Outbound,
                at + 1,
                "yes?",
            )]);
            kit.inbound(&format!("AG{n}"), &from, at + 2, "and now?");
        }
        if n % 11 == 0 {
            kit.set(c, Facet::Status { status: Status::Pending, until: None });
        }
        if n % 13 == 0 {
            kit.set(c, Facet::Archived { at: Some(at) });
        }
    }
    kit
}

#[test]
fn a_row_a_query_and_the_list_agree() {
    let kit = desk();
    let reader = kit.reader();
    let rows: Vec<ConversationRow> = reader
        .conversation_ids()
        .unwrap()
        .into_iter()
        .map(|id| reader.conversation(id).unwrap().unwrap())
        .collect();
    let due = rows.iter().filter(|row| row.due_at.is_some()).count();
    assert!(due > 60 && due < 100, "{due}");
    for now in [NOW, NOW + 10 * MIN, NOW + 10 * 3_600_000, NOW + 40 * 3_600_000, NOW + 30 * 86_400_000] {
        kit.clock.set(now);
        let by = |until: Ms| -> Vec<ConversationRow> {
            rows.iter().filter(|row| row.due_at.is_some_and(|due| due <= until)).cloned().collect()
        };
        let over = by(now);
        assert_eq!(listed(&reader, "overdue:yes", now), ids(&over), "at {now}");
        let rest: Vec<_> = rows.iter().filter(|row| row.archived_at.is_none()).cloned().collect();
        let rest: Vec<_> = rest.into_iter().filter(|row| !over.iter().any(|o| o.id == row.id)).collect();
        assert_eq!(listed(&reader, "overdue:no", now), ids(&rest));
        assert_eq!(listed(&reader, "-overdue:yes", now), ids(&rest));
        let hour = by(now + 60 * MIN);
        assert_eq!(listed(&reader, "due:<1h", now), ids(&hour));
        let later: Vec<_> =
            rows.iter().filter(|r| r.due_at.is_some_and(|due| due > now + 60 * MIN)).cloned().collect();
        assert_eq!(listed(&reader, "due:>1h", now), ids(&later));
        let (count, more) =
            reader.count_query(&parse("overdue:yes").unwrap(), 999, None, now, &TimeZone::UTC).unwrap();
        assert_eq!((count, more), (over.len() as u64, false));
        // Page by page, down and up again.
        let mut want: Vec<_> = over.iter().map(|row| (row.due_at.unwrap(), row.id)).collect();
        want.sort();
        let (mut pages, mut after) = (Vec::new(), None);
        loop {
            let page = reader.list(&View::Overdue, after, 7).unwrap();
            let Some(last) = page.last() else { break };
            after = Some(key_in(&View::Overdue, last));
            pages.extend(page);
        }
        let place = |rows: &[ConversationRow]| -> Vec<_> {
            rows.iter().map(|row| (row.due_at.unwrap(), row.id)).collect()
        };
        assert_eq!(place(&pages), want);
        if let Some(last) = pages.last() {
            let above = reader.list_before(&View::Overdue, key_in(&View::Overdue, last), 9).unwrap();
            let mut above = place(&above);
            above.reverse();
            assert_eq!(above, want[want.len().saturating_sub(10)..want.len() - 1]);
            let key = |row: &ConversationRow| key_in(&View::Overdue, row);
            let first = pages.iter().find(|row| row.calls()).map(key);
            assert_eq!(reader.next_unread(Some(&View::Overdue), None, true).unwrap(), first);
            let newest = pages.iter().rev().find(|row| row.calls()).map(key);
            assert_eq!(reader.next_unread(Some(&View::Overdue), None, false).unwrap(), newest);
        }
        assert_eq!(
            place(&reader.due_within(now, now + 60 * MIN, 200).unwrap()).len(),
            hour.len() - over.len()
        );
    }
}

#[test]
fn without_policies_nobody_is_due() {
    let kit = desk();
    kit.store.set_sla(Sla::default());
    let reader = kit.reader();
    kit.clock.set(NOW + 30 * 86_400_000);
    assert!(!reader.has_due());
    assert!(listed(&reader, "overdue:yes", NOW + 30 * 86_400_000).is_empty());
    assert!(listed(&reader, "due:>1m", NOW).is_empty());
    assert!(reader.list(&View::Overdue, None, 9).unwrap().is_empty());
    // An open reader hears of new ones.
    kit.store.set_sla(sla());
    assert!(!reader.list(&View::Overdue, None, 9).unwrap().is_empty());
}

/// What has not left is no answer yet, however sure it is that it will.
#[test]
fn who_is_to_be_answered_later_still_waits() {
    let kit = Kit::new();
    kit.store.set_sla(sla());
    let c = kit.inbound("SM1", "+31600000001", NOW, "hello");
    let row = || kit.reader().conversation(c).unwrap().unwrap();
    let first = row();
    assert_eq!(
        (first.waiting_since, first.answered_at.is_some(), first.due_at),
        (Some(NOW), false, Some(NOW + 30 * MIN))
    );
    let op = kit.reply(c, "yes").op.unwrap();
    assert_eq!(row().delivery, Some(Delivery::Queued));
    assert_eq!((row().waiting_since, row().answered_at.is_some()), (Some(NOW), false));
    kit.check();
    kit.store.writer().call(frontdesk::store::Class::Durable, move |t| t.op_claim(op, NOW)).unwrap();
    assert_eq!((row().waiting_since, row().answered_at.is_some(), row().due_at), (None, true, None));
    kit.check();
    kit.inbound("SM2", "+31600000001", NOW + 5, "thanks, and");
    assert_eq!(row().due_at, Some(NOW + 5 + 120 * MIN), "now it is the next answer");
    kit.set(c, Facet::Status { status: Status::Snoozed, until: Some(NOW + 9 * 3_600_000) });
    assert_eq!(row().due_at, None, "nobody is to act");
}

/// The walk ends where nothing can come any more, however many wait.
#[test]
fn the_list_of_who_is_overdue_goes_along_the_index_of_who_waits() {
    let kit = desk();
    let reader = kit.reader();
    kit.clock.set(NOW + 30 * 86_400_000);
    let first = reader.list(&View::Overdue, None, 1).unwrap();
    let all = reader.list(&View::Overdue, None, 999).unwrap();
    assert_eq!(first[0].id, all[0].id);
    assert!(all.is_sorted_by_key(|row| (row.due_at, row.id)));
}
