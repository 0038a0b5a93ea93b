//! The cursor of a visitor's stream: which messages their page has, and how far each was.
//!
//! A time or an id would not do. An agent's message is shown when it is accepted, seconds after the moment that it
//! carries; one that was scheduled gets its moment when it leaves; a tick changes on an old message; and clocks jump back. So the cursor says what the page has, for the newest
//! hundred messages, and "what is new" is the difference to the store. It belongs to the visitor, holds no secret, and
//! a forged one only changes what that same visitor is told again.

use crate::domain::clock::Ms;
use crate::domain::ids::MessageId;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::collections::BTreeMap;

/// How many messages a cursor remembers. Older ones do not change under the visitor's eyes any more.
pub const KEEP: usize = 100;
/// Longest text of a cursor that is read.
const LONGEST: usize = 4096;
const VERSION: u8 = 2;

/// How far a message is for the visitor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tick {
    /// Theirs: received. Ours: sent.
    Sent = 1,
    /// Theirs: with the agents. Ours: on their device.
    Delivered = 2,
    /// Seen by the other side.
    Read = 3,
}

impl Tick {
    /// The word of the API.
    pub const fn word(self) -> &'static str {
        match self {
            Tick::Sent => "sent",
            Tick::Delivered => "delivered",
            Tick::Read => "read",
        }
    }

    fn from_code(code: u64) -> Option<Tick> {
        match code {
            1 => Some(Tick::Sent),
            2 => Some(Tick::Delivered),
            3 => Some(Tick::Read),
            _ => None,
        }
    }
}

/// The place of a message in its conversation, by the moment that it carries: what was scheduled is written long before it is
/// said. Two messages of one millisecond differ by their ids.
pub fn place(sent_at: Ms, id: MessageId) -> i64 {
    (sent_at.max(0) << 8) | ((id.0 ^ (id.0 >> 8) ^ (id.0 >> 16)) & 0xff)
}

/// What a page has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// Messages of smaller places are not the stream's business (the page has them, or asks for them by itself).
    floor: i64,
    ticks: BTreeMap<i64, Tick>,
}

impl Known {
    /// A page that has nothing and asks only for messages from `floor` on.
    pub fn from_floor(floor: i64) -> Known {
        Known { floor, ticks: BTreeMap::new() }
    }

    /// Messages of smaller places need not be looked at.
    pub fn floor(&self) -> i64 {
        self.floor
    }

    /// Whether the page has the message at this [`place`], however far it is.
    pub fn has(&self, id: i64) -> bool {
        self.ticks.contains_key(&id)
    }

    /// Whether the page has to be told that the message at this [`place`] is at `tick`. A tick never goes back.
    pub fn is_news(&self, id: i64, tick: Tick) -> bool {
        id >= self.floor && self.ticks.get(&id).is_none_or(|known| *known < tick)
    }

    /// Remembers that the page was told.
    pub fn learn(&mut self, id: i64, tick: Tick) {
        if !self.is_news(id, tick) {
            return;
        }
        self.ticks.insert(id, tick);
        while self.ticks.len() > KEEP {
            self.ticks.pop_first();
            if let Some((oldest, _)) = self.ticks.first_key_value() {
                self.floor = *oldest;
            }
        }
    }

    /// Its text: a version, the floor, and the places as differences with their ticks, in base64url.
    pub fn encode(&self) -> String {
        let mut bytes = vec![VERSION];
        let mut last = u64::try_from(self.floor).unwrap_or(0);
        put(&mut bytes, last);
        for (id, tick) in &self.ticks {
            let id = u64::try_from(*id).unwrap_or(0);
            put(&mut bytes, (id.saturating_sub(last) << 2) | *tick as u64);
            last = id;
        }
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads a text back; nothing if it is none of ours.
    pub fn decode(text: &str) -> Option<Known> {
        if text.len() > LONGEST {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (version, mut rest) = bytes.split_first()?;
        if *version != VERSION {
            return None;
        }
        let floor = i64::try_from(take(&mut rest)?).ok()?;
        let mut known = Known::from_floor(floor);
        let mut id = floor;
        while !rest.is_empty() {
            let step = take(&mut rest)?;
            id = id.checked_add(i64::try_from(step >> 2).ok()?)?;
            known.ticks.insert(id, Tick::from_code(step & 3)?);
            if known.ticks.len() > KEEP {
                return None;
            }
        }
        Some(known)
    }
}

/// LEB128.
fn put(out: &mut Vec<u8>, mut n: u64) {
    loop {
        let low = u8::try_from(n & 0x7f).unwrap_or(0);
        n >>= 7;
        if n == 0 {
            out.push(low);
            return;
        }
        out.push(low | 0x80);
    }
}

fn take(bytes: &mut &[u8]) -> Option<u64> {
    let mut n = 0u64;
    for shift in (0..63).step_by(7) {
        let (first, rest) = bytes.split_first()?;
        *bytes = rest;
        n |= u64::from(first & 0x7f) << shift;
        if first & 0x80 == 0 {
            return Some(n);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(second: i64, slot: i64) -> i64 {
        MessageId::for_second((1_790_000_000 + second) * 1000).0 + slot
    }

    #[test]
    fn it_comes_back_and_stays_short() {
        let mut known = Known::default();
        for i in 0..40 {
            known.learn(id(i * 25, 0), Tick::Read);
        }
        known.learn(id(1, 7), Tick::Sent);
        let text = known.encode();
        assert_eq!(Known::decode(&text), Some(known.clone()));
        assert!(text.len() < 180, "{}", text.len());
        for i in 40..1000 {
            known.learn(id(i * 25, 3), Tick::Delivered);
        }
        assert_eq!(known.floor(), id(900 * 25, 3));
        assert!(known.encode().len() < 500, "{}", known.encode().len());
        assert_eq!(Known::decode(&known.encode()), Some(known));
    }

    #[test]
    fn news_is_what_the_page_lacks_in_whatever_order_it_comes() {
        let mut known = Known::default();
        known.learn(id(9, 0), Tick::Sent);
        assert!(known.is_news(id(5, 0), Tick::Sent), "an answer shown later than its time");
        assert!(known.is_news(id(9, 0), Tick::Read));
        known.learn(id(9, 0), Tick::Read);
        assert!(!known.is_news(id(9, 0), Tick::Sent), "a tick never goes back");
        assert!(!Known::from_floor(id(9, 0)).is_news(id(8, 255), Tick::Read));
    }

    #[test]
    fn nonsense_is_refused() {
        for bad in ["", "AA", "Ag", "\u{fc}", "gAAA", &"A".repeat(5000), "Av____________________w", "AgAE"] {
            assert_eq!(Known::decode(bad), None, "{bad}");
        }
        let many: Vec<u8> = [VERSION, 0].into_iter().chain(std::iter::repeat_n(7, 150)).collect();
        assert_eq!(Known::decode(&URL_SAFE_NO_PAD.encode(many)), None);
    }

    #[test]
    fn nothing_that_is_read_back_changes() {
        use proptest::prelude::*;
        proptest!(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() }, |(
            floor in 0i64..1 << 50, steps in proptest::collection::vec((0i64..1 << 30, 1u64..4), 0..300)
        )| {
            let mut known = Known::from_floor(floor);
            let mut at = floor;
            for (step, tick) in steps {
                at += step;
                known.learn(at, Tick::from_code(tick).unwrap());
            }
            prop_assert_eq!(Known::decode(&known.encode()), Some(known));
        });
    }
}
