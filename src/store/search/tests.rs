//! Every plan must give what a plain look at every message gives.

use super::*;
use crate::domain::ids::AgentId;
use crate::domain::query::parse;
use crate::store::filter::{Lowered, Part, Unit};
use crate::store::names;
use crate::text::index::{Term, highlight, index_form};
use jiff::tz::TimeZone;
use rusqlite::params_from_iter;

const SCHEMA: &str = include_str!("../migrations/0001.sql");
/// 2026-11-20T00:00:00Z.
const START: i64 = 1_795_132_800;
const WORDS: [&str; 24] = [
    "order",
    "Orders",
    "ordinal",
    "refund",
    "refused",
    "the",
    "a",
    "THE",
    "and",
    "parcel",
    "Straße",
    "größer",
    "café",
    "配達",
    "注文番号",
    "order-12",
    "12345",
    "sms",
    "vip",
    "anna",
    "ok",
    "yes",
    "no",
    "ไปกัน",
];
const NAMES: [&str; 6] = ["Anna de Vries", "Bob Chen", "Zoë Müller", "王小明", "Order Desk", "Refik Anadol"];

struct Rng(u64);
impl Rng {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % n as u64) as usize
    }
    fn word(&mut self) -> &'static str {
        // The first words are common, the last ones rare.
        let most = self.below(WORDS.len()) + 1;
        WORDS[self.below(most)]
    }
}

fn asking() -> Asking {
    Asking {
        me: Some(AgentId(1)),
        now: (START + 100_000) * 1000,
        tz: TimeZone::UTC,
        sla: std::sync::Arc::default(),
    }
}

fn filled(conversations: usize, messages: usize) -> Connection {
    let db = Connection::open_in_memory().unwrap();
    db.execute_batch(SCHEMA).unwrap();
    db.execute_batch(include_str!("../migrations/0011.sql")).unwrap();
    db.execute_batch(
        "INSERT INTO account (id, name, provider, channels, since) VALUES (1, 'support', 'twilio', '[]', 0), (2, 'import/email', 'import', '[]', 0);
         INSERT INTO agent (id, name, email) VALUES (1, 'Ana Lima', 'ana@x.example'), (2, 'Tom Hill', 'tom@x.example');
         INSERT INTO team (id, name) VALUES (1, 'billing'); INSERT INTO label (id, name) VALUES (1, 'vip'), (2, 'Big Deal');",
    )
    .unwrap();
    let mut rng = Rng(7);
    for c in 1..=conversations as i64 {
        let name = NAMES[rng.below(NAMES.len())];
        let phone = format!("+316{:08}", 10_000_000 + c * 37);
        db.execute("INSERT INTO contact (id, name, created_at) VALUES (?, ?, 0)", params![c, name]).unwrap();
        db.execute(
            "INSERT INTO identity (kind, value, contact_id, created_at) VALUES (0, ?, ?, 0)",
            params![phone, c],
        )
        .unwrap();
        db.execute(
            "INSERT INTO identity (kind, value, contact_id, created_at) VALUES (1, ?, ?, 0)",
            params![format!("c{c}@mail.example"), c],
        )
        .unwrap();
        let labels = match rng.below(60) {
            0 => Some("vip"),
            1..=9 => Some("Big Deal"),
            10 => Some("Big Deal\nvip"),
            _ => None,
        };
        let pick = |n: usize, rng: &mut Rng| (rng.below(n) == 0).then_some(1i64);
        let agent = pick(4, &mut rng);
        db.execute(
            "INSERT INTO conversation (id, account_id, external_id, channel, contact_id, ours, theirs, created_at, subject, status,
             priority, agent_id, team_id, labels, qualification, unread, archived_at) VALUES (?,?,?,?,?,'us',?,0,?,?,?,?,?,?,?,?,?)",
            params![
                c, 1 + c % 2, format!("k{c}"), c % 4, c, phone, (c % 3 == 0).then(|| format!("{} {}", rng.word(), rng.word())),
                [0, 0, 1, 3, 3, 3, 4][rng.below(7)], if rng.below(40) == 0 { 4 } else { 0 }, agent,
                if agent.is_none() { pick(9, &mut rng) } else { None }, labels, pick(11, &mut rng), i64::from(rng.below(8) == 0),
                pick(50, &mut rng)
            ],
        )
        .unwrap();
        db.execute(
            "INSERT INTO name_fts (rowid, body) VALUES (?, ?)",
            params![c, names::of(&db, c).unwrap()],
        )
        .unwrap();
    }
    for n in 0..messages {
        let c = 1 + rng.below(conversations) as i64;
        let text =
            (0..3 + rng.below(9)).map(|_| rng.word()).collect::<Vec<_>>().join([" ", ", ", ". "][n % 3]);
        let second = START + n as i64 / 3;
        let id = (second << 8) + (n % 3) as i64;
        let direction = [0, 0, 1, 1, 2][rng.below(5)];
        db.execute(
            "INSERT INTO message (id, conversation_id, account_id, external_id, direction, author_kind, author_name, agent_id, text, sent_at,
             seen, delivery) VALUES (?, ?, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            params![
                id, c, format!("e{n}"), direction, i64::from(direction > 0), (direction > 0).then_some("Tom Hill"),
                (direction > 0).then_some(2), text, second * 1000, 1 - i64::from(rng.below(30) == 0),
                (direction == 1 && rng.below(20) == 0).then_some(7)
            ],
        )
        .unwrap();
        db.execute("INSERT INTO message_fts (rowid, body) VALUES (?, ?)", params![id, index_form(&text)])
            .unwrap();
        if rng.below(70) == 0 {
            db.execute(
                "INSERT INTO attachment (message_id, external_id, name) VALUES (?, 'a', 'a.jpg')",
                params![id],
            )
            .unwrap();
        }
    }
    db.execute_batch(
        // Some were taken back: they stand in the thread and nowhere else.
        "UPDATE message SET delivery = 5 WHERE direction = 1 AND id % 9 = 0 AND EXISTS
           (SELECT 1 FROM message o WHERE o.conversation_id = message.conversation_id AND o.direction = 0);
         DELETE FROM message_fts WHERE rowid IN (SELECT id FROM message WHERE delivery = 5);
         DELETE FROM name_fts WHERE rowid NOT IN (SELECT conversation_id FROM message);
         DELETE FROM conversation WHERE id NOT IN (SELECT conversation_id FROM message);
         UPDATE conversation SET last_message_at = (SELECT max(sent_at) FROM message m WHERE m.conversation_id = conversation.id AND delivery IS NOT 5),
         unread = (SELECT count(*) FROM message m WHERE m.conversation_id = conversation.id AND seen <> 1);
         INSERT INTO conversation_label SELECT l.id, c.status = 0, coalesce(c.last_message_at, 0), c.id FROM conversation c JOIN label l
         ON instr(char(10) || c.labels || char(10), char(10) || l.name || char(10)) > 0;",
    )
    .unwrap();
    db
}

fn there(text: &str, terms: &[Term]) -> bool {
    terms.iter().all(|t| !highlight(text, std::slice::from_ref(t)).is_empty())
}

fn in_names(names: &str, unit: &Unit) -> bool {
    there(names, &unit.text) || unit.phone.as_ref().is_some_and(|p| there(names, std::slice::from_ref(p)))
}

/// All messages that match, newest first, and the conversations they are in, by looking at each.
fn plainly(db: &Connection, q: &Lowered, conversations: bool) -> Vec<(i64, i64)> {
    if q.never {
        return Vec::new();
    }
    let sql = |p: &Part| if p.is_empty() { "1".to_owned() } else { p.sql.clone() };
    let not = if q.not_message.is_empty() { "0".to_owned() } else { q.not_message.sql.clone() };
    let all = format!(
        "SELECT m.id, c.id, m.text, coalesce(({not}), 0) FROM message m JOIN conversation c ON c.id = m.conversation_id
         WHERE {FINDABLE} AND ({}) AND ({}) ORDER BY m.id DESC",
        sql(&q.conversation),
        sql(&q.message)
    );
    let values = [&q.not_message, &q.conversation, &q.message]
        .into_iter()
        .flat_map(|p| p.values.clone())
        .collect::<Vec<_>>();
    let mut found = Vec::new();
    let mut banned = std::collections::HashSet::new();
    let mut statement = db.prepare(&all).unwrap();
    let mut rows = statement.query(params_from_iter(values)).unwrap();
    while let Some(row) = rows.next().unwrap() {
        let (id, c, text): (i64, i64, String) =
            (row.get(0).unwrap(), row.get(1).unwrap(), row.get(2).unwrap());
        let names = names::words(db, c).unwrap();
        let bad = row.get(3).unwrap()
            || q.without.iter().any(|u| in_names(&names, u) || (!conversations && there(&text, &u.text)));
        if !bad && q.units.iter().all(|u| there(&text, &u.text) || in_names(&names, u)) {
            found.push((id, c));
        }
    }
    if conversations {
        // What must not be there must be in no message of the conversation, whatever else is asked of that one.
        let mut all = db
            .prepare(&format!("SELECT c.id, m.text, coalesce(({not}), 0) FROM message m JOIN conversation c ON c.id = m.conversation_id WHERE {FINDABLE}"))
            .unwrap();
        let mut rows = all.query(params_from_iter(q.not_message.values.clone())).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let text: String = row.get(1).unwrap();
            if row.get(2).unwrap() || q.without.iter().any(|u| there(&text, &u.text)) {
                banned.insert(row.get::<_, i64>(0).unwrap());
            }
        }
        found.retain(|(_, c)| !banned.contains(c));
    }
    found
}

fn random_query(rng: &mut Rng) -> String {
    let filters = [
        "label:vip",
        "label:\"big deal\"",
        "status:open",
        "-status:resolved",
        "status:pending,spam",
        "assignee:me",
        "assignee:none",
        "assignee:billing",
        "assignee:tom",
        "priority:urgent",
        "-priority:urgent",
        "qualified:lead",
        "qualified:no",
        "-qualified:yes",
        "unread:yes",
        "-unread:yes",
        "from:contact",
        "from:agent",
        "from:tom",
        "from:ann",
        "from:me",
        "-from:agent",
        "contact:anna",
        "contact:王",
        "contact:7",
        "contact:+316100",
        "contact:0610000185",
        "from:c3@mail.example",
        "from:+31610000",
        "identity:whatsapp:+31610000185",
        "identity:c12@mail.example",
        "identity:c1",
        "identity:+31610000",
        "identity:061000",
        "has:attachment",
        "-has:attachment",
        "has:note",
        "has:failed",
        "-has:note,failed",
        "channel:sms",
        "channel:telegram",
        "-channel:email",
        "account:support",
        "account:nowhere",
        "after:2026-11-20T00:20:00Z",
        "before:2026-11-20T00:10:00Z",
        "-after:2026-11-20T00:01:00Z",
        "label:vip,\"big deal\"",
    ];
    let mut out = Vec::new();
    for _ in 0..rng.below(4) {
        let word = rng.word();
        out.push(match rng.below(8) {
            0 => word.chars().take(1 + rng.below(5)).collect::<String>() + "*",
            1 => format!("\"{word} {}\"", rng.word()),
            2 => format!("-{word}"),
            3 => NAMES[rng.below(NAMES.len())].split(' ').next().unwrap_or_default().to_owned(),
            4 => ["06 100000*", "+31 6 10 00 00 37", "mail.example", "c5@mail.example"][rng.below(4)]
                .to_owned(),
            _ => word.to_owned(),
        });
    }
    for _ in 0..rng.below(3) {
        out.push(filters[rng.below(filters.len())].to_owned());
    }
    out.join(" ")
}

fn compare(db: &Connection, text: &str, rng: &mut Rng) {
    let query = parse(text).unwrap();
    let lowered = lower(db, &query, &asking()).unwrap();
    let wanted: Vec<i64> = plainly(db, &lowered, false).into_iter().map(|(id, _)| id).collect();
    let need = [1, 10, 50, 3000][rng.below(4)];
    let after = (rng.below(3) == 0).then(|| MessageId((START + rng.below(1200) as i64) << 8));
    let expected: Vec<i64> =
        wanted.into_iter().filter(|id| after.is_none_or(|a| *id < a.0)).take(need).collect();
    let found = messages(db, &query, after, need, &asking(), None).unwrap();
    assert!(found.complete);
    let got: Vec<i64> = found.rows.iter().map(|h| h.message.0).collect();
    assert_eq!(got, expected, "messages of {text:?}, {need} after {after:?}");
    if text.is_empty() {
        return;
    }
    // Conversations: those of the messages, by their own order.
    let spam = besides(&query);
    let mut ids: Vec<i64> = plainly(db, &lowered, true).into_iter().map(|(_, c)| c).collect();
    ids.sort_unstable();
    ids.dedup();
    let mut keyed: Vec<(i64, i64)> = ids
        .into_iter()
        .filter_map(|id| {
            db.query_row(
                "SELECT last_message_at FROM conversation WHERE id = ? AND (archived_at IS NULL OR ?) AND (status <> 4 OR ?)",
                params![id, spam.archived, spam.spam],
                |r| Ok((r.get(0)?, id)),
            )
            .optional()
            .unwrap()
        })
        .collect();
    keyed.sort_unstable_by(|a, b| b.cmp(a));
    let after = (rng.below(3) == 0 && !keyed.is_empty()).then(|| keyed[rng.below(keyed.len())]);
    let key = after.map(|(at, id)| ListKey { at, id: ConversationId(id) });
    let expected: Vec<i64> =
        keyed.iter().filter(|k| after.is_none_or(|a| **k < a)).take(need).map(|(_, id)| *id).collect();
    let found = conversations(db, &query, key, need, &asking(), None).unwrap();
    let got: Vec<i64> = found.rows.iter().map(|c| c.0).collect();
    assert_eq!(got, expected, "conversations of {text:?}, {need} after {after:?}");
    let (count, more) = count(db, &query, 20, &asking(), None).unwrap();
    assert_eq!((count, more), (keyed.len().min(20) as u64, keyed.len() > 20), "count of {text:?}");
}

#[test]
fn every_plan_finds_the_same() {
    for (conversations, messages) in [(400, 1600), (900, 1100), (6, 700)] {
        let db = filled(conversations, messages);
        let mut rng = Rng(conversations as u64);
        for _ in 0..50 {
            let text = random_query(&mut rng);
            compare(&db, &text, &mut rng);
        }
    }
}

#[test]
fn people_are_found_by_what_they_are_called() {
    let db = filled(60, 300);
    let of = |text: &str| {
        let hits = messages(&db, &parse(text).unwrap(), None, 1000, &asking(), None).unwrap().rows;
        let mut ids: Vec<i64> = hits.iter().map(|h| h.conversation.0).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    };
    // +31 6 1000 0185 is the number of the fifth.
    for typed in [
        "+31610000185",
        "0031 6 1000 0185",
        "06-10000185",
        "(06) 1000 0185",
        "06 1000 0185",
        "+31 (0)6 1000-0185",
        "10000185",
    ] {
        assert_eq!(of(typed), [5], "{typed}");
    }
    assert_eq!(of("C5@Mail.example"), [5]);
    assert_eq!(of("identity:\"06 1000 0185\""), [5]);
    assert_eq!(of("identity:c5@mail.example"), [5]);
    // The medium may stand before an address, as it is kept and told.
    for typed in [
        "whatsapp:+31610000185",
        "identity:whatsapp:+31610000185",
        "email:c5@mail.example",
        "identity:email:c5@mail.example",
    ] {
        assert_eq!(of(typed), [5], "{typed}");
    }
    assert_eq!(of("contact:c5@mail.example"), [5]);
    assert_eq!(of("contact:\"06 1000 0185\""), [5]);
    assert!(of("王小").len() > 2);
    assert_eq!(of("王小"), of("contact:王小"));
}

#[test]
fn who_has_no_name_is_called_by_the_address() {
    let db = filled(60, 300);
    // The fifth wrote by WhatsApp, and nobody knows the name.
    db.execute("UPDATE contact SET name = '' WHERE id = 5", []).unwrap();
    db.execute("UPDATE conversation SET theirs = 'whatsapp:' || theirs WHERE id = 5", []).unwrap();
    db.execute(
        "INSERT INTO identity (kind, value, contact_id, created_at) VALUES (2, 'ES.13491208655302741918', 5, 0)",
        [],
    )
    .unwrap();
    db.execute("DELETE FROM name_fts WHERE rowid = 5", []).unwrap();
    db.execute("INSERT INTO name_fts (rowid, body) VALUES (5, ?)", params![names::of(&db, 5).unwrap()])
        .unwrap();
    let of = |text: &str| {
        let hits = messages(&db, &parse(text).unwrap(), None, 1000, &asking(), None).unwrap().rows;
        hits.into_iter().map(|hit| hit.conversation.0).collect::<std::collections::BTreeSet<_>>()
    };
    let theirs = "SELECT count(*) FROM message WHERE conversation_id = 5 AND direction = 0";
    assert!(db.query_row(theirs, [], |r| r.get::<_, i64>(0)).unwrap() > 0);
    for typed in [
        "contact:+31610000185",
        "contact:\"+31 610 000 185\"",
        "contact:whatsapp:+31610000185",
        "contact:610000185",
        "from:+31610000185",
        "from:\"+31 610 000 185\"",
        "from:whatsapp:+31610000185",
        "contact:c5@mail.example",
        "from:c5@mail.example",
        "whatsapp:ES.13491208655302741918",
        "identity:whatsapp:ES.13491208655302741918",
        "identity:ES.13491208655302741918",
        "from:whatsapp:ES.13491208655302741918",
        "from:ES.13491208655302741918",
        "contact:ES.13491208655302741918",
    ] {
        assert_eq!(of(typed), [5].into(), "{typed}");
    }
    assert!(of("contact:whatsapp").is_empty(), "the medium is no name");
    assert_eq!(of("contact:5"), [5].into(), "an id means one alone");
    db.execute("UPDATE contact SET name = 'Zoë MÜLLER' WHERE id = 5", []).unwrap();
    db.execute("DELETE FROM name_fts WHERE rowid = 5", []).unwrap();
    db.execute("INSERT INTO name_fts (rowid, body) VALUES (5, ?)", params![names::of(&db, 5).unwrap()])
        .unwrap();
    for typed in ["from:zoe", "from:müller", "from:muller", "contact:zoe", "contact:ES.13491208655302741918"]
    {
        assert!(of(typed).contains(&5), "{typed}");
    }
    for typed in ["from:+31610000185", "from:c5@mail.example"] {
        let hits = messages(&db, &parse(typed).unwrap(), None, 1000, &asking(), None).unwrap().rows;
        assert!(hits.iter().all(|hit| hit.direction == Direction::Inbound), "{typed}: not what we answered");
    }
}

#[test]
fn what_is_unknown_matches_nothing_and_nothing_matches_everything() {
    let db = filled(30, 200);
    let count =
        |text: &str| messages(&db, &parse(text).unwrap(), None, 1000, &asking(), None).unwrap().rows.len();
    let sql = format!("SELECT count(*) FROM message m WHERE {FINDABLE}");
    let all: i64 = db.query_row(&sql, [], |r| r.get(0)).unwrap();
    assert!(all < 200, "some were taken back");
    assert_eq!(count("") as i64, all);
    for none in [
        "account:nowhere",
        "label:nothing",
        "assignee:nobody@x.example",
        "😀",
        "=",
        "zzzzz",
        "zzzz*",
        "after:2999",
    ] {
        assert_eq!(count(none), 0, "{none}");
    }
    assert_eq!(count("😀 order"), count("order"));
    let nobody = Asking { me: None, ..asking() };
    assert!(messages(&db, &parse("assignee:me").unwrap(), None, 9, &nobody, None).unwrap().rows.is_empty());
}

#[test]
fn time_is_kept() {
    let db = filled(400, 3600);
    let until = Some(Instant::now());
    let found = messages(&db, &parse("from:nobodyatall the").unwrap(), None, 50, &asking(), until).unwrap();
    assert!(!found.complete);
    let (_, more) =
        super::count(&db, &parse("from:nobodyatall the").unwrap(), 999, &asking(), until).unwrap();
    assert!(more);
}
