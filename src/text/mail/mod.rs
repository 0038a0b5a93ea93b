//! Electronic mail as text: what came is read ([`parse`]), what leaves is made. Pure; nothing is ever loaded for it.

mod body;
mod calendar;
<<<<<<< HEAD
mod cms;
=======
>>>>>>> wt-b
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
<<<<<<< HEAD
pub mod promised;
=======
>>>>>>> wt-b
pub mod subject;
