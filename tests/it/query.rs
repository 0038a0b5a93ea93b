//! The search language: whatever is read is printed so that it reads the same again, and nothing panics.

use frontdesk::domain::query::{Query, QueryError, parse, parse_so_far, parse_typing};
use proptest::prelude::*;

/// Pieces that meet in unlucky ways.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => prop::sample::select(vec![
            "order", "ord*", "\"", "\"a b\"", "-", "*", ",", ":", " ", "  ", "\u{3000}", "status:", "status:open", "STATUS:Open,snoozed",
            "label:", "vip", "\"vip delivery\"", "before:", "2026-11", "2026-13", "7d", "after:today", "re:", "http://x", "12:30",
            "unread:yes", "qualified:lead,no", "has:attachment", "from:", "assignee:me,none,ana@x.example", "contact:Ana",
            "identity:+31 6", "Größe", "配達", "ก", "😀", "colour:red", "\\", "channel:chat,email", "priority:urgent", "account:import/sms",
        ]).prop_map(str::to_owned),
        1 => "\\PC{0,6}",
        1 => any::<char>().prop_map(String::from),
    ]
}

fn same_again(q: &Query) -> Result<(), TestCaseError> {
    let printed = q.to_string();
    let again = parse(&printed);
    prop_assert_eq!(again.as_ref(), Ok(q), "printed as {:?}", printed);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn what_is_printed_reads_the_same(pieces in prop::collection::vec(piece(), 0..8), blanks in any::<u8>()) {
        let text: String =
            pieces.iter().enumerate().map(|(n, p)| if blanks >> n & 1 == 1 { format!("{p} ") } else { p.clone() }).collect();
        if let Ok(q) = parse(&text) {
            same_again(&q)?;
        }
        same_again(&parse_so_far(&text).query)?;
    }

    /// What a finished query can be read as, can be read as it is typed; and whatever is passed over is told.
    #[test]
    fn typing_never_fails_where_the_whole_would_not(pieces in prop::collection::vec(piece(), 0..5)) {
        let text = pieces.join(" ");
        let so_far = parse_so_far(&text);
        match parse(&text) {
            Ok(_) => prop_assert_eq!(parse_typing(&text), Ok(so_far.query), "{:?}", text),
            Err(QueryError::Unclosed(_)) => {}
            Err(_) => prop_assert!(so_far.unclear.is_some(), "{:?}", text),
        }
    }
}
