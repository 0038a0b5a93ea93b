//! What lands in the store, what is recognised, and what is told of lines that cannot be understood.

use super::*;
use crate::domain::clock::ManualClock;
use crate::domain::conversation::Status;
use crate::domain::query::parse;
use crate::domain::row::ConversationRow;
use jiff::tz::TimeZone;
use std::sync::Arc;

fn store() -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&dir.path().join("w"), Arc::new(ManualClock::new(1_800_000_000_000))).unwrap();
    (dir, store)
}

fn line(id: &str, conversation: &str, channel: &str, inbound: bool, text: &str, ts: i64) -> String {
    let from = if inbound {
        serde_json::json!({"name": "Ana de Vries", "address": "+31612345678"})
    } else {
        serde_json::json!({"name": "Agent Bob", "address": "Bob@support.example"})
    };
    serde_json::json!({
        "id": id, "seq": 1, "conversation": conversation, "channel": channel, "direction": if inbound { "in" } else { "out" },
        "from": from, "to": "support@example.com",
        "customer": {"name": "Ana de Vries", "email": "Ana.V@Example.com", "phone": "+31612345678"},
        "subject": "Re: AW: Where is my order", "text": text, "ts": ts, "in_reply_to": null, "references": ["x"],
    })
    .to_string()
}

fn import(store: &Store, text: &str, open: bool) -> ImportReport {
    import_jsonl(store, text.as_bytes(), &ImportOptions { open, region: None }, &mut |_| {}).unwrap()
}

fn all(store: &Store) -> Vec<ConversationRow> {
    let query = parse("").unwrap();
    store.reader().unwrap().list_query(&query, None, 100, None, 0, &TimeZone::UTC).unwrap()
}

fn file() -> String {
    [
        line("a1", "c1", "email", true, "Where is it?", 1_700_000_000),
        line("b1", "c2", "sms", true, "hello by sms", 1_700_000_005),
        line("a2", "c1", "email", false, "On its way", 1_700_000_010),
        line("d1", "c3", "chat", true, "hello by chat", 1_700_000_020),
    ]
    .join("\n")
}

#[test]
fn history_lands_read_and_resolved_on_read_only_accounts() {
    let (_dir, store) = store();
    let report = import(&store, &file(), false);
    assert_eq!(
        (report.lines, report.messages, report.duplicates, report.conversations, report.bad),
        (4, 4, 0, 3, 0)
    );
    let reader = store.reader().unwrap();
    let rows = all(&store);
    let names: Vec<&str> = rows.iter().map(|r| r.account_name.as_str()).collect();
    assert_eq!(names, ["import/webchat", "import/email", "import/sms"]);
    for row in &rows {
        assert_eq!((row.status, row.unread, row.waiting_since), (Status::Resolved, 0, None));
        assert_eq!(row.subject.as_deref(), Some("Where is my order"));
        assert_eq!(row.contact_name, "Ana de Vries");
        assert!(reader.verify(row.id).unwrap().is_empty(), "{:?}", reader.verify(row.id));
        let account = reader.account_by_name(&row.account_name).unwrap().unwrap();
        let capabilities = account.capabilities.unwrap();
        assert!(
            capabilities.on(row.channel).unwrap().read_only.as_ref().unwrap().contains("imported history")
        );
    }
    let thread = reader.thread(rows[1].id, None, 10).unwrap();
    assert_eq!(thread.iter().map(|m| m.text.as_str()).collect::<Vec<_>>(), ["Where is it?", "On its way"]);
    assert_eq!(thread[1].author_name.as_deref(), Some("Agent Bob"));
}

#[test]
fn a_medium_proves_its_own_address_and_no_other() {
    let (_dir, store) = store();
    import(&store, &file(), false);
    let reader = store.reader().unwrap();
    // One customer by what they say; three by what is proved.
    let rows = all(&store);
    let contacts: HashSet<_> = rows.iter().map(|r| r.contact).collect();
    assert_eq!(contacts.len(), 3);
    let of = |n: usize| {
        let contact = reader.contact(rows[n].contact).unwrap().unwrap();
        contact.identities.into_iter().map(|(i, proved)| (i.value, proved)).collect::<Vec<_>>()
    };
    assert!(of(1).contains(&("ana.v@example.com".to_owned(), true)));
    assert!(of(1).contains(&("+31612345678".to_owned(), false)));
    assert!(of(2).contains(&("+31612345678".to_owned(), true)));
    assert!(of(0).contains(&("webchat:+31612345678".to_owned(), true)));
}

#[test]
fn a_second_import_changes_nothing_and_goes_on_where_the_first_ended() {
    let (_dir, store) = store();
    import(&store, &file(), false);
    let before = all(&store);
    let report = import(&store, &file(), false);
    assert_eq!((report.messages, report.duplicates), (0, 4));
    assert_eq!(all(&store), before);
    let more = format!("{}\n{}", file(), line("a3", "c1", "email", true, "Thanks", 1_700_000_100));
    let report = import(&store, &more, false);
    assert_eq!((report.messages, report.duplicates), (1, 4));
    let rows = all(&store);
    assert_eq!((rows[0].preview.as_str(), rows[0].status, rows[0].unread), ("Thanks", Status::Resolved, 0));
    let reader = store.reader().unwrap();
    assert!(rows.iter().all(|r| reader.verify(r.id).unwrap().is_empty()));
}

#[test]
fn the_order_of_the_lines_does_not_matter() {
    let (_dir, there) = store();
    let (_dir2, back) = store();
    import(&there, &file(), false);
    let reversed: Vec<String> = file().lines().rev().map(str::to_owned).collect();
    import(&back, &reversed.join("\n"), false);
    let told = |store: &Store| {
        all(store)
            .into_iter()
            .map(|r| (r.external_id, r.preview, r.last_message_at, r.subject, r.status, r.ours))
            .collect::<Vec<_>>()
    };
    assert_eq!(told(&there), told(&back));
}

#[test]
fn open_leaves_them_open_and_unread() {
    let (_dir, store) = store();
    import(&store, &file(), true);
    for row in all(&store) {
        assert_eq!(row.status, Status::Open);
        assert!(row.unread > 0 || row.last_inbound_at.is_none(), "{row:?}");
        assert!(store.reader().unwrap().verify(row.id).unwrap().is_empty());
    }
}

#[test]
fn what_cannot_be_understood_is_told_with_its_number() {
    let (_dir, store) = store();
    let good = line("g1", "c1", "sms", true, "good", 1_700_000_000);
    let mut bytes = format!(
        "{good}\n\n{{\"id\":\"x\"}}\nno json\n{}\n{}\n",
        good.replace("\"sms\"", "\"fax\"").replace("g1", "g2"),
        good.replace("1700000000", "1e30").replace("g1", "g3"),
    )
    .into_bytes();
    bytes.extend_from_slice(b"\xff\xfe\n");
    bytes.extend_from_slice(line("g9", "c1", "sms", false, "also good", 1_700_000_001).as_bytes());
    let mut last = Progress::default();
    let report =
        import_jsonl(&store, bytes.as_slice(), &ImportOptions::default(), &mut |p| last = p).unwrap();
    assert_eq!((report.lines, report.messages, report.bad), (7, 2, 5));
    let places: Vec<String> = report.bad_places.iter().map(|(place, _)| place.to_string()).collect();
    assert_eq!(places, ["line 3", "line 4", "line 5", "line 6", "line 7"]);
    assert!(report.bad_places[0].1.contains("conversation"), "{:?}", report.bad_places);
    assert!(report.bad_places[2].1.contains("whatsapp"), "{:?}", report.bad_places);
    assert!(report.bad_places[4].1.contains("UTF-8"), "{:?}", report.bad_places);
    assert_eq!((last.lines, last.messages, last.done), (8, 2, bytes.len() as u64));
}

#[test]
fn a_mark_before_the_first_line_is_no_part_of_it() {
    let (_dir, store) = store();
    let report = import(&store, &format!("\u{feff}{}", file()), false);
    assert_eq!((report.messages, report.bad), (4, 0));
}

#[test]
fn opaque_senders_stay_opaque() {
    let (_dir, store) = store();
    import(&store, &line("a", "c", "sms", true, "x", 1).replace("+31612345678", "ACME-Shop"), false);
    let reader = store.reader().unwrap();
    let contact = reader.contact(all(&store)[0].contact).unwrap().unwrap();
    assert!(contact.identities.iter().any(|(i, proved)| *proved
        && i.kind == crate::domain::contact::IdentityKind::Sender
        && i.value == "ACME-Shop"));
}

#[test]
fn numbers_are_understood_in_any_format() {
    use crate::domain::contact::IdentityKind;
    let proved = |channel: &str, number: &str, region: Option<&str>| {
        let (_dir, store) = store();
        let text = line("a", "c", channel, true, "x", 1).replace("+31612345678", number);
        let options = ImportOptions { open: false, region: region.map(str::to_owned) };
        import_jsonl(&store, text.as_bytes(), &options, &mut |_| {}).unwrap();
        let row = all(&store).remove(0);
        let contact = store.reader().unwrap().contact(row.contact).unwrap().unwrap();
        let proved = contact.identities.into_iter().find(|(_, proved)| *proved).unwrap().0;
        (proved.kind, proved.value, row.theirs)
    };
    for (channel, written, region, wanted) in [
        ("sms", "+1 (555) 123-4567", None, "+15551234567"),
        ("sms", "0049 1511 2345678", None, "+4915112345678"),
        ("sms", "tel:+31-6-12345678", None, "+31612345678"),
        ("whatsapp", "whatsapp:+4915112345678", None, "+4915112345678"),
        ("whatsapp", "06-12345678", Some("NL"), "+31612345678"),
        ("whatsapp", "4915112340007", None, "+4915112340007"),
    ] {
        let number = wanted.to_owned();
        assert_eq!(
            proved(channel, written, region),
            (IdentityKind::Phone, number.clone(), number),
            "{written}"
        );
    }
    for (channel, written, region, kind, wanted) in [
        ("sms", "06-12345678", None, IdentityKind::Sender, "06-12345678"),
        ("sms", "24273", Some("US"), IdentityKind::Sender, "24273"),
        ("whatsapp", "whatsapp:ES.2000000000002", None, IdentityKind::Whatsapp, "ES.2000000000002"),
        ("whatsapp", "06-12345678", None, IdentityKind::Handle, "whatsapp:06-12345678"),
    ] {
        let (found, value, theirs) = proved(channel, written, region);
        assert_eq!((found, value.as_str()), (kind, wanted), "{written}");
        assert_eq!(theirs, written.trim_start_matches("whatsapp:"), "it can be read as it was written");
    }
}

#[test]
fn a_claimed_number_that_cannot_be_understood_is_kept() {
    let (_dir, store) = store();
    let of = |id: &str, number: &str| line(id, id, "email", true, "x", 1).replace("+31612345678", number);
    import(&store, &[of("a", "06 123 (ext. 9)"), of("b", "n/a")].join("\n"), false);
    let contact = store.reader().unwrap().contact(all(&store)[0].contact).unwrap().unwrap();
    let values: Vec<(&str, bool)> =
        contact.identities.iter().map(|(i, proved)| (i.value.as_str(), *proved)).collect();
    assert_eq!(values, [("ana.v@example.com", true), ("06 123 (ext. 9)", false)]);
}

#[test]
fn any_address_names_a_customer_where_the_medium_has_none() {
    let (_dir, store) = store();
    let with_mail = |channel: &str, id: &str| {
        let mut line: serde_json::Value =
            serde_json::from_str(&line(id, id, channel, false, "On its way", 1_700_000_000)).unwrap();
        line["customer"] = serde_json::json!({ "email": "f@x.example" });
        line.as_object_mut().unwrap().remove("to");
        line.to_string()
    };
    let report = import(&store, &[with_mail("chat", "a"), with_mail("sms", "b")].join("\n"), false);
    assert_eq!((report.messages, report.bad), (1, 1), "an e-mail address is none for texts");
    assert_eq!(all(&store)[0].theirs, "f@x.example");
}
