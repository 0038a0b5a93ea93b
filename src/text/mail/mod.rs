//! Electronic mail as text: what came is read ([`parse`]), what leaves is made. Pure; nothing is ever loaded for it.

pub mod compose;
pub mod folder;
pub mod mailboxes;
pub mod parse;
pub mod parsed;
pub mod subject;
