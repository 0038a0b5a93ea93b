//! Merges what several statements say of a message besides its words: key by key, the later statement wins each key.

use crate::domain::rev::Rev;
use crate::store::error::StoreError;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Metadata with the revision of each key.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Metadata(BTreeMap<String, (Rev, Value)>);

impl Metadata {
    /// What one statement says. Anything but an object is kept under `value`.
    pub(super) fn stated(value: &Value, rev: Rev) -> Metadata {
        match value {
            Value::Null => Metadata::default(),
            Value::Object(map) => Metadata(map.iter().map(|(k, v)| (k.clone(), (rev, v.clone()))).collect()),
            other => Metadata(BTreeMap::from([("value".to_owned(), (rev, other.clone()))])),
        }
    }

    /// The column of a new row, whose keys are all of its own revision.
    pub(super) fn first(value: &Value) -> Option<String> {
        match value {
            Value::Null => None,
            Value::Object(map) if map.is_empty() => None,
            Value::Object(_) => Some(value.to_string()),
            other => Some(serde_json::json!({ "value": other }).to_string()),
        }
    }

    /// What a row keeps: `revs` lists the keys whose revision is not the row's own.
    pub(super) fn stored(json: Option<&str>, revs: Option<&str>, own: Rev) -> Result<Metadata, StoreError> {
        let Some(json) = json else { return Ok(Metadata::default()) };
        let mut out = Metadata::stated(&serde_json::from_str(json)?, own);
        if let Some(revs) = revs {
            let revs: BTreeMap<String, Rev> = serde_json::from_str(revs)?;
            for (key, rev) in revs {
                if let Some(slot) = out.0.get_mut(&key) {
                    slot.0 = rev;
                }
            }
        }
        Ok(out)
    }

    /// Takes another statement in.
    pub(super) fn merge(&mut self, other: Metadata) {
        for (key, (rev, value)) in other.0 {
            match self.0.entry(key) {
                std::collections::btree_map::Entry::Vacant(slot) => {
                    slot.insert((rev, value));
                }
                std::collections::btree_map::Entry::Occupied(mut slot) => {
                    let there = slot.get();
                    // By their text: JSON values have no order of their own.
                    let (ours, theirs) = (there.1.to_string(), value.to_string());
                    if rev > there.0 || (rev == there.0 && theirs > ours) {
                        slot.insert((rev, value));
                    }
                }
            }
        }
    }

    /// The two columns of a row whose own revision is `own`.
    pub(super) fn columns(&self, own: Rev) -> Result<(Option<String>, Option<String>), StoreError> {
        if self.0.is_empty() {
            return Ok((None, None));
        }
        let map: Map<String, Value> = self.0.iter().map(|(k, (_, v))| (k.clone(), v.clone())).collect();
        let revs: BTreeMap<&String, Rev> =
            self.0.iter().filter(|(_, (rev, _))| *rev != own).map(|(k, (rev, _))| (k, *rev)).collect();
        let revs = if revs.is_empty() { None } else { Some(serde_json::to_string(&revs)?) };
        Ok((Some(Value::Object(map).to_string()), revs))
    }
}
