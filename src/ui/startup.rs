//! What the screen is told when it starts, and anew whenever the configuration changes.

use crate::domain::clock::Ms;
use crate::domain::notify::Wanted;
use crate::domain::row::AgentRow;
use crate::ui::icons::Icons;
use crate::ui::reading::ReadPolicy;
use crate::ui::setup::Book;
use crate::ui::theme::Themes;
use jiff::tz::TimeZone;

/// Settings and circumstances.
#[derive(Debug, Clone, PartialEq)]
pub struct Startup {
    /// The agent who sits here.
    pub me: AgentRow,
    /// The workspace's name.
    pub workspace: String,
    /// The time zone of times on the screen.
    pub tz: TimeZone,
    /// The time at start, UTC milliseconds.
    pub now: Ms,
    /// The themes there are, and which.
    pub themes: Themes,
    /// How many colours the terminal has.
    pub colors: Colors,
    /// `NO_COLOR` is set: no colour at all, only bold, dim, underlined and reversed.
    pub no_color: bool,
    /// Keys of the configuration, as written.
    pub keys: Vec<RawBinding>,
    /// Macros of the configuration.
    pub macros: Vec<Macro>,
    /// Saved searches: names and queries.
    pub searches: Vec<(String, String)>,
    /// Free fields of the qualification: names, and what they are for.
    pub fields: Vec<(String, String)>,
    /// What is known of providers.
    pub book: Book,
    /// Nothing is connected yet and nothing has ever come in: Setup opens by itself.
    pub first: bool,
    /// How long a send can be taken back, milliseconds. 0 = not at all.
    pub undo_ms: Ms,
    /// The region of telephone numbers that are typed without a country code.
    pub phone_region: Option<String>,
    /// What is asked about before it is sent: names and regular expressions.
    pub confirm_patterns: Vec<(String, String)>,
    /// What makes the day lighter.
    pub comfort: Comfort,
    /// By which customers are due. Readers reckon with them; the screen looks again when they change.
    pub sla: crate::domain::sla::Sla,
    /// What has changed since the start and counts from the next one on, with file and line.
    pub later: Vec<String>,
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

/// Habits of the screen that an agent chooses.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Comfort {
    /// What marks a conversation as read.
    pub reads: ReadPolicy,
    /// Whether the terminal's title tells how many conversations are unread.
    pub title: bool,
    /// Which glyphs stand for media and views.
    pub icons: Icons,
    /// Whether the tour begins.
    pub tour: bool,
    /// What the agent is called for when they look elsewhere.
    pub notify: Wanted,
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
    /// Whether it may take a key that something else has by default. A saved search may not: nobody would look for that there.
    pub displaces: bool,
}
