//! How many live streams there are: each holds a connection, so their number is bounded.

use super::problem::Problem;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Streams of one visitor: some tabs and a phone.
const PER_VISITOR: usize = 8;
/// Streams of all.
const ALL: usize = 2000;

/// Counts the open streams. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(super) struct Streams(Arc<Mutex<HashMap<String, usize>>>);

/// One open stream; gives its place back when dropped.
#[derive(Debug)]
pub(super) struct Place {
    streams: Streams,
    visitor: String,
}

impl Streams {
    /// A place for one more stream of a visitor.
    ///
    /// # Errors
    /// [`Problem`] if there is none.
    pub(super) fn open(&self, visitor: &str) -> Result<Place, Problem> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if open.values().sum::<usize>() >= ALL {
            return Err(Problem::Unavailable("too many visitors at the moment; please try again".into()));
        }
        let mine = open.entry(visitor.to_owned()).or_default();
        if *mine >= PER_VISITOR {
            return Err(Problem::TooMany(10));
        }
        *mine += 1;
        Ok(Place { streams: self.clone(), visitor: visitor.to_owned() })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.streams.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(mine) = open.get_mut(&self.visitor) {
            *mine -= 1;
            if *mine == 0 {
                open.remove(&self.visitor);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_bounded_and_given_back() {
        let streams = Streams::default();
        let mut places: Vec<_> = (0..PER_VISITOR).map(|_| streams.open("a").unwrap()).collect();
        assert_eq!(streams.open("a").unwrap_err(), Problem::TooMany(10));
        let other = streams.open("b").unwrap();
        places.pop();
        places.push(streams.open("a").unwrap());
        drop((places, other));
        assert!(streams.0.lock().unwrap().is_empty());
    }
}
