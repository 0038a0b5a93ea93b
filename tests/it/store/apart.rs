//! Workspaces share nothing, and processes share one workspace.

use super::kit::*;
use frontdesk::domain::clock::ManualClock;
use frontdesk::domain::row::View;
use frontdesk::store::{Class, ReceiptNew, ReceiptOutcome, Store};
use std::sync::Arc;

#[test]
fn two_workspaces_share_nothing() {
    let (one, two) = (Kit::new(), Kit::new());
    one.inbound("SM1", "+31600000001", NOW, "secret");
    assert_ne!(one.store.dir(), two.store.dir());
    assert!(two.reader().list_all(9, None).unwrap().is_empty());
    assert!(two.reader().conversation_ids().unwrap().is_empty());
    assert_eq!(two.reader().counts(&[View::Open]).unwrap()[0].total, 0);
    let bytes: Vec<u8> = std::fs::read_dir(two.dir.path().join("w"))
        .unwrap()
        .flat_map(|e| std::fs::read(e.unwrap().path()).unwrap())
        .collect();
    assert!(!bytes.windows(6).any(|w| w == b"secret"));
    // The same message in both is two messages.
    two.inbound("SM1", "+31600000001", NOW, "secret");
    one.check();
    two.check();
}

#[test]
fn two_processes_write_at_once_and_see_each_other() {
    let kit = Kit::new();
    let other = Store::open(kit.store.dir(), Arc::new(ManualClock::new(NOW))).unwrap();
    let reader = kit.reader();
    let before = reader.version().unwrap();
    let account = kit.account;
    std::thread::scope(|scope| {
        for (n, store) in [&kit.store, &other].into_iter().enumerate() {
            scope.spawn(move || {
                for i in 0..40 {
                    // Half of them come to both.
                    let id = if i % 2 == 0 { format!("both {i}") } else { format!("{n} {i}") };
                    let event = message(
                        &id,
                        "+31600000001",
                        frontdesk::domain::message::Direction::Inbound,
                        NOW + i,
                        "x",
                    );
                    store.writer().call(Class::Apply, move |t| t.apply(account, &[event])).unwrap();
                }
            });
        }
    });
    assert_ne!(reader.version().unwrap(), before);
    let rows = reader.list(&View::Open, None, 9).unwrap();
    assert_eq!((rows.len(), rows[0].unread), (1, 60));
    kit.check();
}

#[test]
fn a_push_is_kept_once_read_once_and_its_body_dropped_later() {
    let kit = Kit::new();
    let account = kit.account;
    let push = || ReceiptNew {
        method: "POST".into(),
        url: "https://example.com/hooks/support".into(),
        headers: vec![("x-twilio-signature".into(), "abc".into())],
        body: b"Body=hello".to_vec(),
        received_at: NOW,
    };
    let append = |key: &'static str| {
        kit.store.writer().call(Class::Receipt, move |t| t.receipt_append(account, key, &push())).unwrap()
    };
    let ReceiptOutcome::New(id) = append("k1") else { panic!() };
    assert_eq!(append("k1"), ReceiptOutcome::Duplicate(id));
    let ReceiptOutcome::New(bad) = append("k2") else { panic!() };
    let reader = kit.reader();
    let waiting = reader.receipts_waiting(9).unwrap();
    assert_eq!((waiting.len(), waiting[0].0, &waiting[0].2), (2, id, &push()));
    kit.store
        .writer()
        .call(Class::Apply, move |t| {
            t.receipts_done(&[id])?;
            t.receipt_quarantine(bad, "not a form")
        })
        .unwrap();
    assert!(reader.receipts_waiting(9).unwrap().is_empty());
    let drop = |older| kit.store.writer().call(Class::Apply, move |t| t.receipts_drop_bodies(older)).unwrap();
    assert_eq!(drop(NOW), 0);
    assert_eq!(drop(NOW + 1), 2);
    let all = reader.receipts(&frontdesk::store::ReceiptFilter { limit: 9, ..Default::default() }).unwrap();
    assert_eq!(
        all.iter().map(|r| (r.id, r.state, r.size)).collect::<Vec<_>>(),
        [(bad, "quarantined", 10), (id, "done", 0)]
    );
    assert_eq!(append("k1"), ReceiptOutcome::Duplicate(id), "its key stays");
    let requeue = |id| kit.store.writer().call(Class::Durable, move |t| t.receipt_requeue(id));
    requeue(bad).unwrap();
    assert!(requeue(id).unwrap_err().to_string().contains("dropped"));
    assert_eq!(reader.receipts_waiting(9).unwrap()[0].0, bad);
    let size = || reader.receipt(bad).unwrap().unwrap().0.size;
    assert_eq!((drop(NOW + 2), size()), (0, 10), "it is still to be read");
    kit.store.writer().call(Class::Apply, move |t| t.receipts_done(&[bad])).unwrap();
    assert_eq!((drop(NOW + 2), size()), (1, 0), "read late, and old by then");
    assert_eq!(drop(NOW + 2), 0);
}
