//! A small memory of where mails are, by their names; the oldest is forgotten first. It saves searching and nothing depends on it: what
//! it says is checked where it is used.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

/// How many mails are remembered.
const REMEMBERED: usize = 20_000;

/// Where a mail is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Spot {
    /// In which folder.
    pub folder: Arc<str>,
    /// What its number counts in.
    pub validity: u32,
    /// Its number.
    pub uid: u32,
}

/// Where mails are.
#[derive(Debug, Default)]
pub struct Known(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    spots: HashMap<String, Spot>,
    names: HashMap<Spot, String>,
    order: VecDeque<String>,
}

impl Known {
    /// Where a mail is, as far as is known.
    pub fn spot(&self, name: &str) -> Option<Spot> {
        self.lock().spots.get(name).cloned()
    }

    /// Which mail is there, as far as is known.
    pub fn name(&self, spot: &Spot) -> Option<String> {
        self.lock().names.get(spot).cloned()
    }

    /// Takes note of where a mail is, in place of what was known before.
    pub fn put(&self, name: &str, spot: Spot) {
        let mut inner = self.lock();
        inner.names.insert(spot.clone(), name.to_owned());
        match inner.spots.insert(name.to_owned(), spot) {
            Some(before) => {
                if inner.spots.get(name) != Some(&before) {
                    inner.names.remove(&before);
                }
            }
            None => inner.order.push_back(name.to_owned()),
        }
        while inner.order.len() > REMEMBERED {
            if let Some(oldest) = inner.order.pop_front()
                && let Some(spot) = inner.spots.remove(&oldest)
            {
                inner.names.remove(&spot);
            }
        }
    }

    /// A mail is there no longer.
    pub fn forget(&self, name: &str) {
        let mut inner = self.lock();
        if let Some(spot) = inner.spots.remove(name) {
            inner.names.remove(&spot);
            inner.order.retain(|known| known != name);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spot(uid: u32) -> Spot {
        Spot { folder: "INBOX".into(), validity: 1, uid }
    }

    #[test]
    fn mails_move_and_are_forgotten() {
        let known = Known::default();
        known.put("a@x", spot(1));
        known.put("a@x", spot(2));
        assert_eq!((known.spot("a@x"), known.name(&spot(1))), (Some(spot(2)), None));
        assert_eq!(known.name(&spot(2)).as_deref(), Some("a@x"));
        known.put("a@x", spot(2));
        assert_eq!(known.name(&spot(2)).as_deref(), Some("a@x"));
        known.forget("a@x");
        assert_eq!((known.spot("a@x"), known.name(&spot(2))), (None, None));
        for n in 0..=u32::try_from(REMEMBERED).unwrap() {
            known.put(&n.to_string(), spot(n));
        }
        assert_eq!((known.spot("0"), known.spot("1")), (None, Some(spot(1))), "the oldest goes first");
    }
}
