//! Events and ops are public formats: what was written once is read for ever, and comes back as it was.

use frontdesk::domain::event::Event;
use frontdesk::domain::op::{Accepted, Op};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeSet;

fn lines(text: &str) -> Vec<&str> {
    text.lines().filter(|l| !l.trim().is_empty()).collect()
}

/// Every line is understood and written again in the same words: fields may be added, never changed or lost.
fn unchanged<T: Serialize + DeserializeOwned>(text: &str) {
    for line in lines(text) {
        let value: T = serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
        let again = serde_json::to_value(&value).unwrap();
        let before: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(again, before, "{line}");
    }
}

/// The values of a key, anywhere.
fn values(text: &str, key: &str) -> BTreeSet<String> {
    fn walk(value: &serde_json::Value, key: &str, out: &mut BTreeSet<String>) {
        match value {
            serde_json::Value::Object(map) => {
                for (k, v) in map {
                    if let (true, Some(word)) = (k == key, v.as_str()) {
                        out.insert(word.to_owned());
                    }
                    walk(v, key, out);
                }
            }
            serde_json::Value::Array(all) => all.iter().for_each(|v| walk(v, key, out)),
            _ => {}
        }
    }
    let mut out = BTreeSet::new();
    for line in lines(text) {
        walk(&serde_json::from_str(line).unwrap(), key, &mut out);
    }
    out
}

const EVENTS: &str = include_str!("../../golden/events.jsonl");
const OPS: &str = include_str!("../../golden/ops.jsonl");
const ACCEPTED: &str = include_str!("../../golden/accepted.jsonl");

#[test]
fn events_ops_and_answers_keep_their_form() {
    unchanged::<Event>(EVENTS);
    unchanged::<Op>(OPS);
    unchanged::<Accepted>(ACCEPTED);
}

#[test]
fn every_variant_has_a_line() {
    let all = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(
        values(EVENTS, "event"),
        all(&["conversation", "message", "delivery", "consent", "seen", "mail_named", "read_up_to"])
    );
    assert_eq!(
        values(EVENTS, "facet"),
        all(&["status", "priority", "assignee", "label", "qualification", "subject"])
    );
    assert_eq!(values(OPS, "op"), all(&["send", "set", "read", "mark"]));
    assert_eq!(values(ACCEPTED, "accepted"), all(&["state", "revision", "deferred"]));
}
