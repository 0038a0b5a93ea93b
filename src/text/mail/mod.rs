//! Electronic mail as text: what came is read ([`parse`]), what leaves is made. Pure; nothing is ever loaded for it.

mod body;
mod calendar;
mod cms;
pub mod compose;
mod dsn;
pub mod features;
mod files;
pub mod fold;
pub mod folder;
mod head;
pub mod html;
mod kind;
pub mod mailboxes;
pub mod mime;
pub mod parse;
pub mod parsed;
mod plain;
pub mod promised;
pub mod subject;
pub mod utf7;
