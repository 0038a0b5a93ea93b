//! What the file says of the desk: macros, free fields, saved searches, rules against spam, times for answers. Raw, with places.

use crate::config::error::Place;
use crate::domain::hours::BusinessHours;
use crate::domain::sla::{Policy, Sla};
use std::sync::Arc;

/// Lines under one name. The screen and the command line read them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawMacro {
    /// Its name, one word.
    pub name: String,
    /// Its lines.
    pub lines: Vec<String>,
    /// Where it is written.
    pub place: Place,
}

/// A query under a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedSearch {
    /// Its name.
    pub name: String,
    /// What it asks for; checked.
    pub query: String,
    /// The chord that lists it, raw.
    pub key: Option<String>,
    /// Where it is written.
    pub place: Place,
}

/// A free field of the qualification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub about: String,
    /// Where it is written.
    pub place: Place,
}

/// The desk of the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Desk {
    /// Macros, in the order of the file.
    pub macros: Vec<RawMacro>,
    /// Free fields of the qualification, in the order of the file.
    pub fields: Vec<Field>,
    /// Saved searches, in the order of the file.
    pub searches: Vec<SavedSearch>,
    /// Rules against spam, in the order of the file, those for everybody last; the first that fits counts.
    pub spam: Vec<crate::domain::spam::Rule>,
    /// Business hours, in the order of the file.
    pub hours: Vec<(Arc<BusinessHours>, Place)>,
    /// How soon customers are to be answered, in the order of the file; the first that fits counts.
    pub policies: Vec<(Policy, Place)>,
}

impl Desk {
    /// The policies alone.
    pub fn sla(&self) -> Sla {
        Sla { policies: self.policies.iter().map(|(policy, _)| policy.clone()).collect() }
    }
}
