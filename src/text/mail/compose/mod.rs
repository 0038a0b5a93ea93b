//! What becomes of an agent's words on their way into a mail: to whom, about what, with which history, in which bytes.

pub mod head;
pub mod recipients;
pub mod subject;
