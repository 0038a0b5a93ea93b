//! Changes of the configuration's file, as data: the screen asks for them, `config` writes them.

/// A change of one entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The table it stands in, from the root on; empty = the root.
    pub table: Vec<String>,
    /// Its key.
    pub key: String,
    /// What becomes of it.
    pub to: To,
}

/// What becomes of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum To {
    /// It goes. One that is not there is no mistake.
    Gone,
    /// It gets another key, and keeps its place and value.
    Called(String),
    /// It is this text.
    Text(String),
    /// It is a list of texts.
    List(Vec<String>),
    /// It is a table of texts on one line.
    Table(Vec<(String, String)>),
}

impl Change {
    /// A change below a table.
    pub fn new(table: &[&str], key: impl Into<String>, to: To) -> Change {
        Change { table: table.iter().map(|t| (*t).to_owned()).collect(), key: key.into(), to }
    }
}
