//! The search language: words, prefixes, "phrases" and `key:value` filters, combined and negated.
//!
//! ```text
//! refund "tracking number" ord*  channel:sms,whatsapp  -label:"vip delivery"  assignee:me  after:7d
//! ```
//!
//! All clauses must hold; the values of one filter, separated by commas, are alternatives; `-` turns a clause around.
//! The language is pure: what `me` and `7d` mean is decided where the query is run.

mod parse;
pub mod reference;
mod values;

use crate::domain::account::Channel;
use crate::domain::conversation::{Priority, QualificationState, Status};
use std::fmt;

pub use parse::{parse, parse_so_far, parse_typing};

/// A parsed query. Every clause must hold; no clause at all matches everything.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Query {
    /// What is asked, in the order in which it was written.
    pub clauses: Vec<Clause>,
}

/// What can be read of a query that is still being typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SoFar {
    /// What can be read.
    pub query: Query,
    /// The first filter that was passed over, and why.
    pub unclear: Option<QueryError>,
}

/// One condition of a query.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Clause {
    /// Whether it must not hold.
    pub negated: bool,
    /// The condition.
    pub what: What,
}

/// What a clause asks for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum What {
    /// A whole word. (What the index takes for several words, like `e-mail`, must follow one another.)
    Word(String),
    /// The beginning of a word: `ord*`; or words of which the last may go on: `"my ord"*`.
    Prefix(String),
    /// Words that follow one another: `"my order"`.
    Phrase(String),
    /// A `key:value`.
    Filter(Filter),
}

/// A filter. Several values are alternatives; there is always at least one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Filter {
    /// The medium.
    Channel(Vec<Channel>),
    /// The account's name.
    Account(Vec<String>),
    /// The status of the conversation.
    Status(Vec<Status>),
    /// Whose it is.
    Assignee(Vec<Who>),
    /// A label, without regard to case.
    Label(Vec<String>),
    /// The priority.
    Priority(Vec<Priority>),
    /// The qualification.
    Qualified(Vec<Qualified>),
    /// Whether something in the conversation is unread.
    Unread(bool),
    /// Who wrote the message.
    From(Vec<Writer>),
    /// The customer, by words of the name or by id.
    Contact(Vec<String>),
    /// One of the customer's addresses, or its beginning; telephone numbers in any format.
    Identity(Vec<String>),
    /// Sent before this moment.
    Before(When),
    /// Sent at or after this moment.
    After(When),
    /// What is there.
    Has(Vec<Has>),
    /// How many points the customer is worth.
    Score(Bound),
    /// A free field of the qualification: that it is filled, or what it begins with.
    Field(Vec<FieldIs>),
    /// Whether it is put away. Lists leave out what is, unless this is asked.
    Archived(bool),
    /// Whether the customer should have had an answer by now.
    Overdue(bool),
    /// When the customer is to be answered.
    Due(Within),
}

/// How far ahead something is: `<1h`, `>2d`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Within {
    /// By then, or later.
    pub by: bool,
    /// How far, as it was written. The parser only lets through what is a length of time.
    pub(crate) length: String,
}

impl Within {
    /// How far, as it was written.
    pub fn length(&self) -> &str {
        &self.length
    }
}

impl fmt::Display for Within {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", if self.by { "<" } else { ">" }, self.length)
    }
}

/// A bound on a number, as it was written: `50`, `>50`, `>=50`, `<50`, `<=50`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Bound {
    /// How it compares.
    pub by: Compare,
    /// With what.
    pub to: u8,
}

/// How a number compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Compare {
    /// Equal.
    Is,
    /// Greater.
    Above,
    /// Greater or equal.
    AtLeast,
    /// Less.
    Below,
    /// Less or equal.
    AtMost,
}

impl Compare {
    /// All, the longer signs before what they begin with.
    pub const ALL: [Compare; 5] =
        [Compare::AtLeast, Compare::AtMost, Compare::Above, Compare::Below, Compare::Is];

    /// The sign used in queries, which is SQL's too.
    pub const fn sign(self) -> &'static str {
        match self {
            Compare::Is => "=",
            Compare::Above => ">",
            Compare::AtLeast => ">=",
            Compare::Below => "<",
            Compare::AtMost => "<=",
        }
    }
}

impl Bound {
    /// Whether a number is within it.
    pub const fn holds(self, number: u8) -> bool {
        match self.by {
            Compare::Is => number == self.to,
            Compare::Above => number > self.to,
            Compare::AtLeast => number >= self.to,
            Compare::Below => number < self.to,
            Compare::AtMost => number <= self.to,
        }
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.by == Compare::Is { "" } else { self.by.sign() };
        write!(f, "{sign}{}", self.to)
    }
}

/// A free field, and what is asked of it: `budget`, `budget=10k`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FieldIs {
    /// The name, without regard to case.
    pub name: String,
    /// What its value contains; none = that it has one.
    pub value: Option<String>,
}

impl fmt::Display for FieldIs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            None => f.write_str(&self.name),
            Some(value) => write!(f, "{}={value}", self.name),
        }
    }
}

/// Whose a conversation is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Who {
    /// The agent who asks.
    Me,
    /// Nobody's.
    Nobody,
    /// An agent's name or e-mail, or a team's name.
    Named(String),
}

/// What a qualification must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Qualified {
    /// Judged, in whichever way.
    Yes,
    /// Not judged yet.
    No,
    /// Judged so.
    As(QualificationState),
}

/// Who wrote a message.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Writer {
    /// The customer.
    Contact,
    /// Any of us.
    Agent,
    /// The agent who asks.
    Me,
    /// Somebody whose name or e-mail contains this.
    Named(String),
}

/// What must be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Has {
    /// A file.
    Attachment,
    /// A private note.
    Note,
    /// A message that failed, is parked or may not have arrived.
    Failed,
}

/// A moment as it was written: `2026-11-20`, `2026-11`, `2026`, `today`, `yesterday`, `now`, `7d`, `3h`, or RFC 3339.
/// The parser only lets through what is a moment; which one depends on the present and the time zone.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct When(pub(crate) String);

impl When {
    /// What was written.
    pub fn text(&self) -> &str {
        &self.0
    }
}

impl Has {
    /// The word used in queries.
    pub const fn word(self) -> &'static str {
        match self {
            Has::Attachment => "attachment",
            Has::Note => "note",
            Has::Failed => "failed",
        }
    }
}

impl Qualified {
    /// The word used in queries.
    pub const fn word(self) -> &'static str {
        match self {
            Qualified::Yes => "yes",
            Qualified::No => "no",
            Qualified::As(state) => state.word(),
        }
    }
}

impl Query {
    /// Whether nothing is asked.
    pub fn is_empty(&self) -> bool {
        self.clauses.is_empty()
    }

    /// Whether any clause asks for words that must be there.
    pub fn has_words(&self) -> bool {
        self.clauses.iter().any(|c| !c.negated && !matches!(c.what, What::Filter(_)))
    }
}

/// The keys of filters, in the order in which they are told.
pub const KEYS: [&str; 19] = [
    "channel",
    "account",
    "status",
    "assignee",
    "label",
    "priority",
    "qualified",
    "score",
    "field",
    "unread",
    "archived",
    "overdue",
    "due",
    "from",
    "contact",
    "identity",
    "before",
    "after",
    "has",
];

/// Why a text is no query; says what would be one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// A `key:` that is none.
    #[error(
        "unknown filter \u{201c}{key}:\u{201d}: use {}; or quote it to look for the words",
        KEYS.map(|k| format!("{k}:")).join(" ")
    )]
    UnknownKey {
        /// What stood before the colon.
        key: String,
    },
    /// A value that the key does not take.
    #[error("{key}: does not understand \u{201c}{value}\u{201d}: use {expected}")]
    BadValue {
        /// The key.
        key: &'static str,
        /// What was given.
        value: String,
        /// What would be understood.
        expected: String,
    },
    /// A key without a value.
    #[error("{key}: needs a value: use {expected}")]
    NoValue {
        /// The key.
        key: &'static str,
        /// What would be understood.
        expected: String,
    },
    /// A `-` with nothing behind it.
    #[error(
        "\u{201c}-\u{201d} stands alone: write it right before what is to be left out, as in -refund or -label:vip, or leave it away"
    )]
    LoneMinus,
    /// A quotation without end.
    #[error("a quotation mark is not closed: {0}")]
    Unclosed(String),
}

impl QueryError {
    /// The same in one calm line, for who is still typing.
    pub fn calm(&self) -> String {
        match self {
            QueryError::UnknownKey { key } => {
                let lower = key.to_ascii_lowercase();
                match KEYS.into_iter().find(|known| known.starts_with(&lower)) {
                    Some(known) => {
                        format!("\u{201c}{key}:\u{201d} is not understood yet: did you mean {known}:?")
                    }
                    None => format!("\u{201c}{key}:\u{201d} is no filter; these are: {}:", KEYS.join(": ")),
                }
            }
            QueryError::BadValue { key, value, .. } => {
                let takes = values::takes(key, value);
                format!("\u{201c}{key}:{value}\u{201d} is not understood yet: {key}: takes {takes}")
            }
            QueryError::NoValue { key, .. } => format!("{key}: takes {}", values::takes(key, "")),
            QueryError::LoneMinus => {
                "\u{201c}-\u{201d} leaves out what stands right behind it, as in -label:vip".into()
            }
            QueryError::Unclosed(_) => self.to_string(),
        }
    }
}

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, clause) in self.clauses.iter().enumerate() {
            if n > 0 {
                f.write_str(" ")?;
            }
            write!(f, "{clause}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Clause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.negated {
            f.write_str("-")?;
        }
        match &self.what {
            What::Word(text) => f.write_str(text),
            What::Prefix(text) if text.contains(char::is_whitespace) || parse::reads_otherwise(text) => {
                write!(f, "\"{text}\"*")
            }
            What::Prefix(text) => write!(f, "{text}*"),
            What::Phrase(text) => write!(f, "\"{text}\""),
            What::Filter(filter) => write!(f, "{filter}"),
        }
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = |list: &[&str]| list.iter().map(|v| quoted(v)).collect::<Vec<_>>().join(",");
        let strings = |list: &[String]| list.iter().map(|v| quoted(v)).collect::<Vec<_>>().join(",");
        let values = match self {
            Filter::Channel(list) => words(&list.iter().map(|v| v.word()).collect::<Vec<_>>()),
            Filter::Status(list) => words(&list.iter().map(|v| v.word()).collect::<Vec<_>>()),
            Filter::Priority(list) => words(&list.iter().map(|v| v.word()).collect::<Vec<_>>()),
            Filter::Qualified(list) => words(&list.iter().map(|v| v.word()).collect::<Vec<_>>()),
            Filter::Has(list) => words(&list.iter().map(|v| v.word()).collect::<Vec<_>>()),
            Filter::Account(list) | Filter::Label(list) | Filter::Contact(list) | Filter::Identity(list) => {
                strings(list)
            }
            Filter::Assignee(list) => words(&list.iter().map(Who::text).collect::<Vec<_>>()),
            Filter::From(list) => words(&list.iter().map(Writer::text).collect::<Vec<_>>()),
            Filter::Unread(yes) | Filter::Archived(yes) | Filter::Overdue(yes) => {
                if *yes { "yes" } else { "no" }.to_owned()
            }
            Filter::Score(bound) => bound.to_string(),
            Filter::Field(list) => strings(&list.iter().map(FieldIs::to_string).collect::<Vec<_>>()),
            Filter::Before(when) | Filter::After(when) => quoted(&when.0),
            Filter::Due(within) => within.to_string(),
        };
        write!(f, "{}:{values}", self.key())
    }
}

impl Filter {
    /// The key under which it is written.
    pub const fn key(&self) -> &'static str {
        match self {
            Filter::Channel(_) => "channel",
            Filter::Account(_) => "account",
            Filter::Status(_) => "status",
            Filter::Assignee(_) => "assignee",
            Filter::Label(_) => "label",
            Filter::Priority(_) => "priority",
            Filter::Qualified(_) => "qualified",
            Filter::Unread(_) => "unread",
            Filter::From(_) => "from",
            Filter::Contact(_) => "contact",
            Filter::Identity(_) => "identity",
            Filter::Before(_) => "before",
            Filter::After(_) => "after",
            Filter::Has(_) => "has",
            Filter::Score(_) => "score",
            Filter::Field(_) => "field",
            Filter::Archived(_) => "archived",
            Filter::Overdue(_) => "overdue",
            Filter::Due(_) => "due",
        }
    }
}

impl Who {
    fn text(&self) -> &str {
        match self {
            Who::Me => "me",
            Who::Nobody => "none",
            Who::Named(name) => name,
        }
    }
}

impl Writer {
    fn text(&self) -> &str {
        match self {
            Writer::Contact => "contact",
            Writer::Agent => "agent",
            Writer::Me => "me",
            Writer::Named(name) => name,
        }
    }
}

/// A value as it must be written: in quotation marks where a blank or a comma would end it.
fn quoted(value: &str) -> String {
    if value.contains([',']) || value.contains(char::is_whitespace) {
        format!("\"{value}\"")
    } else {
        value.to_owned()
    }
}
