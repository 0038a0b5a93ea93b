//! A small memory of what was learnt about messages, by SID; the oldest is forgotten first.
//!
//! It saves questions (which files a message has: a pull goes back a day and would ask every minute) and doubts (which
//! message is already known to be whose). Nothing depends on it for being right after a restart.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

/// How many messages are remembered.
const REMEMBERED: usize = 10_000;

/// What is known about messages.
#[derive(Debug)]
pub struct Memory<V>(Mutex<Known<V>>);

#[derive(Debug)]
struct Known<V> {
    by_sid: HashMap<String, V>,
    order: VecDeque<String>,
}

impl<V> Default for Memory<V> {
    fn default() -> Self {
        Memory(Mutex::new(Known { by_sid: HashMap::new(), order: VecDeque::new() }))
    }
}

impl<V: Clone> Memory<V> {
    /// What is known about a message.
    pub fn get(&self, sid: &str) -> Option<V> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).by_sid.get(sid).cloned()
    }

    /// Remembers it, in place of what was known before.
    pub fn put(&self, sid: &str, value: V) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.by_sid.insert(sid.to_owned(), value).is_none() {
            known.order.push_back(sid.to_owned());
        }
        while known.order.len() > REMEMBERED {
            if let Some(oldest) = known.order.pop_front() {
                known.by_sid.remove(&oldest);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_bounded_and_forgets_the_oldest() {
        let memory = Memory::default();
        for n in 0..=REMEMBERED {
            memory.put(&format!("MM{n}"), n);
        }
        memory.put("MM1", 0);
        assert_eq!((memory.get("MM0"), memory.get("MM1"), memory.get("MM2")), (None, Some(0), Some(2)));
    }
}
