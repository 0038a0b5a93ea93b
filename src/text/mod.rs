//! What is done to words: sanitising, wrapping, counting, finding. Pure.

pub mod address;
pub mod file_kind;
pub mod file_path;
pub mod format;
pub mod fuzzy;
pub mod guard;
pub mod index;
mod links;
pub mod mail;
pub(crate) mod markdown;
pub mod markup;
pub mod mention;
pub mod place;
pub mod recipient;
pub mod replies;
pub mod sanitize;
pub mod segments;
pub mod sla;
pub mod template;
pub mod variables;
pub mod when;
pub mod wrap;
