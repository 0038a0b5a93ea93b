//! What the screen is told once, when it starts.

use crate::domain::clock::Ms;
use crate::domain::row::AgentRow;
use jiff::tz::TimeZone;

/// Settings and circumstances.
#[derive(Debug, Clone)]
pub struct Startup {
    /// The agent who sits here.
    pub me: AgentRow,
    /// The workspace's name.
    pub workspace: String,
    /// The time zone of times on the screen.
    pub tz: TimeZone,
    /// The time at start, UTC milliseconds.
    pub now: Ms,
    /// Which theme.
    pub theme: ThemeChoice,
    /// How many colours the terminal has.
    pub colors: Colors,
    /// `NO_COLOR` is set: no colour at all, only bold, dim, underlined and reversed.
    pub no_color: bool,
    /// Keys of the configuration, as written.
    pub keys: Vec<RawBinding>,
    /// Macros of the configuration.
    pub macros: Vec<Macro>,
    /// Free fields of the qualification: names, and what they are for.
    pub fields: Vec<(String, String)>,
    /// How long a send can be taken back, milliseconds. 0 = not at all.
    pub undo_ms: Ms,
    /// The region of telephone numbers that are typed without a country code.
    pub phone_region: Option<String>,
    /// What is asked about before it is sent: names and regular expressions.
    pub confirm_patterns: Vec<(String, String)>,
}

/// Several lines under one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Macro {
    /// Its name.
    pub name: String,
    /// Orders, ids of commands, `macro NAME`.
    pub lines: Vec<String>,
    /// Where it is written: `config.toml:12`.
    pub place: String,
}

/// Which theme.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ThemeChoice {
    /// For dark grounds.
    #[default]
    Dark,
    /// For light grounds.
    Light,
}

/// How many colours the terminal has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Colors {
    /// 24 bits.
    #[default]
    True,
    /// The 256 of xterm.
    Indexed,
    /// The sixteen that the terminal's owner has chosen.
    Ansi,
}

/// A key of the configuration, before it is understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawBinding {
    /// Where it holds: `global`, `list`, `thread`, `composer`, `sidebar`.
    pub context: String,
    /// The keys: `g m`, `<c-k>`, `R`.
    pub key: String,
    /// The command's id; `none` takes the key away.
    pub command: String,
    /// The file it stands in.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
}
