//! What goes wrong with files and disks: each has its name, and nothing is half written.

use crate::domain::clock::ManualClock;
use crate::domain::ids::AccountId;
use crate::store::{AccountSpec, Class, ReceiptNew, ReceiptOutcome, Store, StoreError, Tx};
use std::path::Path;
use std::sync::{Arc, mpsc};

fn open(dir: &Path) -> Result<Store, StoreError> {
    Store::open(dir, Arc::new(ManualClock::new(1_700_000_000_000)))
}

fn account(store: &Store, name: &str) -> Result<AccountId, StoreError> {
    let spec = AccountSpec {
        name: name.into(),
        provider: "webchat".into(),
        channels: Vec::new(),
        enabled: true,
        capabilities: None,
        from: Vec::new(),
    };
    store.writer().call(Class::Durable, move |t| t.account_upsert(&spec))
}

fn push(body: usize) -> ReceiptNew {
    ReceiptNew {
        method: "POST".into(),
        url: "http://localhost/hooks/x".into(),
        headers: vec![("content-type".into(), "text/plain".into())],
        body: vec![b'x'; body],
        received_at: 1,
    }
}

fn append(store: &Store, account: AccountId, key: &str, body: usize) -> Result<ReceiptOutcome, StoreError> {
    let (key, push) = (key.to_owned(), push(body));
    store.writer().call(Class::Receipt, move |t| t.receipt_append(account, &key, &push))
}

#[test]
fn a_full_disk_refuses_the_receipt_and_keeps_what_was_there() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    let a = account(&store, "a").unwrap();
    append(&store, a, "one", 10).unwrap();
    let pages = store
        .writer()
        .call(Class::Durable, |t| Ok(t.conn.query_row("PRAGMA page_count", [], |r| r.get::<_, i64>(0))?))
        .unwrap();
    // Set outside of a transaction's savepoint rules: the pragma is a limit of this connection, not of the file.
    let limit = move |n: i64| format!("PRAGMA max_page_count = {n}");
    store
        .writer()
        .call(Class::Durable, move |t| {
            t.conn.query_row(&limit(pages + 2), [], |r| r.get::<_, i64>(0))?;
            Ok(())
        })
        .unwrap();
    assert_eq!(append(&store, a, "large", 1_000_000), Err(StoreError::Full));
    assert!(StoreError::Full.to_string().contains("make room"));
    // A small one fits, and once there is room again the large one does too: the vendor has sent it again.
    append(&store, a, "small", 10).unwrap();
    store
        .writer()
        .call(Class::Durable, move |t| {
            t.conn.query_row(&limit(1_000_000), [], |r| r.get::<_, i64>(0))?;
            Ok(())
        })
        .unwrap();
    append(&store, a, "large", 1_000_000).unwrap();
    let waiting = store.reader().unwrap().receipts_waiting(10).unwrap();
    assert_eq!(waiting.iter().map(|w| w.2.body.len()).collect::<Vec<_>>(), [10, 10, 1_000_000]);
}

#[test]
fn a_file_that_cannot_be_written_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    store.writer().call(Class::Durable, |t| Ok(t.conn.pragma_update(None, "query_only", true)?)).unwrap();
    let error = account(&store, "a").unwrap_err();
    assert_eq!(error, StoreError::ReadOnly { path: dir.path().join("frontdesk.db") });
    assert!(error.to_string().contains("frontdesk.db"), "{error}");
    assert!(store.reader().unwrap().accounts().unwrap().is_empty());
}

#[test]
fn a_directory_that_cannot_be_made_is_an_error_and_no_panic() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    std::fs::write(&file, "x").unwrap();
    assert!(matches!(open(&file.join("w")), Err(StoreError::Io(_))));
}

#[test]
fn a_damaged_file_and_another_programs_file_are_refused_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("frontdesk.db");
    std::fs::write(&file, vec![b'?'; 8192]).unwrap();
    let error = open(dir.path()).err().unwrap();
    assert!(matches!(&error, StoreError::Corrupt { path, .. } if *path == file), "{error:?}");
    assert!(error.to_string().contains("restore a backup"), "{error}");
    assert_eq!(std::fs::read(&file).unwrap(), vec![b'?'; 8192]);
    std::fs::remove_file(&file).unwrap();
    rusqlite::Connection::open(&file).unwrap().execute_batch("CREATE TABLE other (x)").unwrap();
    assert!(matches!(open(dir.path()), Err(StoreError::Corrupt { .. })));
}

#[test]
fn a_newer_file_is_refused_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    drop(open(dir.path()).unwrap());
    let file = dir.path().join("frontdesk.db");
    rusqlite::Connection::open(&file).unwrap().pragma_update(None, "user_version", 99).unwrap();
    assert!(matches!(open(dir.path()), Err(StoreError::Newer { found: 99, .. })));
}

/// Six jobs of a class that share a transaction: the third fails, the fifth panics. Answers who was told that it stands, and the
/// sizes of what is kept.
fn of_six(class: Class) -> (Vec<bool>, Vec<usize>) {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    let a = account(&store, "a").unwrap();
    let (hold, held) = mpsc::channel::<()>();
    let (tx, rx) = mpsc::channel();
    // While the writer is held, the others queue up and share its next transaction.
    store.writer().submit(Class::Durable, move |_| Ok(held.recv().ok()), |_| {});
    for n in 0..6 {
        let tx = tx.clone();
        store.writer().submit(
            class,
            move |t| {
                let out = t.receipt_append(a, &format!("key {n}"), &push(n))?;
                match n {
                    2 => Err(StoreError::Refused("no".into())),
                    4 => panic!("a defect"),
                    _ => Ok(out),
                }
            },
            move |out| tx.send((n, out.is_ok())).unwrap(),
        );
    }
    hold.send(()).unwrap();
    let mut told: Vec<_> = rx.iter().take(6).collect();
    told.sort();
    let kept = store.reader().unwrap().receipts_waiting(10).unwrap();
    (told.into_iter().map(|(_, stands)| stands).collect(), kept.iter().map(|w| w.2.body.len()).collect())
}

#[test]
fn a_job_that_fails_or_panics_does_not_hurt_its_neighbours() {
    for class in [Class::Durable, Class::Apply] {
        assert_eq!(
            of_six(class),
            (vec![true, true, false, true, false, true], vec![0, 1, 3, 5]),
            "{class:?}"
        );
    }
}

#[test]
fn the_first_job_of_a_transaction_has_no_savepoint_and_leaves_nothing_when_it_fails() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    let a = account(&store, "a").unwrap();
    let failed = store.writer().call(Class::Apply, move |t| {
        t.receipt_append(a, "one", &push(1))?;
        Err::<(), _>(StoreError::Refused("no".into()))
    });
    assert_eq!(failed, Err(StoreError::Refused("no".into())));
    store.writer().call(Class::Apply, move |t| t.receipt_append(a, "two", &push(2))).unwrap();
    let kept = store.reader().unwrap().receipts_waiting(10).unwrap();
    assert_eq!(kept.iter().map(|w| w.2.body.len()).collect::<Vec<_>>(), [2]);
}

#[test]
fn a_receipt_that_cannot_be_kept_is_told_and_so_are_those_that_shared_its_transaction() {
    let (told, kept) = of_six(Class::Receipt);
    assert_eq!(told[..3], [false, false, false], "nobody is told that what is gone was kept");
    assert_eq!(told[4..5], [false]);
    let stand: Vec<usize> = (0..6).filter(|n| told[*n]).collect();
    assert_eq!(kept, stand);
}

#[test]
fn everything_submitted_is_written_before_the_store_closes_and_nothing_after() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    let a = account(&store, "a").unwrap();
    let writer = store.writer().clone();
    for n in 0..50 {
        store.writer().submit(Class::Receipt, move |t| t.receipt_append(a, &n.to_string(), &push(1)), |_| {});
    }
    drop(store);
    assert_eq!(writer.call(Class::Durable, |t| t.meta_set("k", "v")), Err(StoreError::Closed));
    let store = open(dir.path()).unwrap();
    assert_eq!(store.reader().unwrap().receipts_waiting(100).unwrap().len(), 50);
}

#[test]
fn receipts_go_before_what_is_applied() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    let (hold, held) = mpsc::channel::<()>();
    let (tx, rx) = mpsc::channel();
    store.writer().submit(Class::Durable, move |_| Ok(held.recv().ok()), |_| {});
    for (class, name) in [(Class::Apply, "apply"), (Class::Durable, "durable"), (Class::Receipt, "receipt")] {
        let tx = tx.clone();
        let job = move |_: &mut Tx<'_>| {
            tx.send(name).unwrap();
            Ok(())
        };
        store.writer().submit(class, job, |_: Result<(), _>| {});
    }
    hold.send(()).unwrap();
    assert_eq!(rx.iter().take(3).collect::<Vec<_>>(), ["receipt", "durable", "apply"]);
}

#[cfg(unix)]
#[test]
fn only_their_owner_may_read_the_files() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir.path().join("data").join("w")).unwrap();
    account(&store, "a").unwrap();
    let mode = |p: &Path| std::fs::metadata(p).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(store.dir()), 0o700);
    for entry in std::fs::read_dir(store.dir()).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
}
