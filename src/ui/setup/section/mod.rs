//! The sections of Setup. Each has a file of its own that says what is listed there and what keys do; one more is one more file, a variant
//! and a line in [`Section::part`].

mod agents;
mod channels;
mod fields;
mod keys;
mod labels;
mod macros;
mod quick_replies;
mod searches;
mod sla;
mod theme;

pub(super) use keys::{captured, objection};

use crate::domain::change::Change;
use crate::domain::order::Order;
use crate::ui::effect::Targets;
use crate::ui::key;
use crate::ui::keymap::{self, Keymap, Scope};
use crate::ui::msg::Level;
use crate::ui::setup::capture::Capture;
use crate::ui::setup::form::Form;
use crate::ui::setup::{Listed, Look};
use crate::ui::startup::Macro;
use crate::ui::theme::Themes;

/// A part of Setup.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Section {
    /// Accounts of providers.
    Channels,
    /// Canned answers.
    QuickReplies,
    /// Labels.
    Labels,
    /// Who answers.
    Agents,
    /// How soon customers are to be answered, and business hours.
    Sla,
    /// Commands under a name.
    Macros,
    /// Queries under a name.
    Searches,
    /// Free fields of the qualification.
    Fields,
    /// Which key does what.
    Keys,
    /// The look.
    Theme,
}

impl Section {
    /// All, in the order of the screen.
    pub const ALL: [Section; 10] = [
        Section::Channels,
        Section::QuickReplies,
        Section::Labels,
        Section::Agents,
        Section::Sla,
        Section::Macros,
        Section::Searches,
        Section::Fields,
        Section::Keys,
        Section::Theme,
    ];

    pub(super) const fn part(self) -> &'static Part {
        match self {
            Section::Channels => &channels::PART,
            Section::QuickReplies => &quick_replies::PART,
            Section::Labels => &labels::PART,
            Section::Agents => &agents::PART,
            Section::Sla => &sla::PART,
            Section::Macros => &macros::PART,
            Section::Searches => &searches::PART,
            Section::Fields => &fields::PART,
            Section::Keys => &keys::PART,
            Section::Theme => &theme::PART,
        }
    }
}

/// What a section is.
pub(super) struct Part {
    /// Its name on the screen.
    pub(super) title: &'static str,
    /// What stands where there is nothing.
    pub(super) empty: &'static str,
    /// What there is to know about it.
    pub(super) how: &'static [&'static str],
    /// Where it stands in the file; empty = it does not.
    pub(super) table: &'static str,
    /// Cells of the names.
    pub(super) width: usize,
    /// What Enter and letters do, for the bottom line.
    pub(super) hints: fn(&Seen<'_>) -> Vec<(Press, &'static str)>,
    /// What is listed.
    pub(super) rows: fn(&Seen<'_>) -> Vec<Row>,
    /// The row that is looked at first.
    pub(super) first: fn(&Seen<'_>) -> usize,
    /// What a key does, with the row under the cursor.
    pub(super) press: fn(&Seen<'_>, Option<&Row>, Press) -> Act,
}

impl Part {
    /// A section in which nothing is listed and no key does anything.
    const BARE: Part = Part {
        title: "",
        empty: "",
        how: &[],
        table: "",
        width: 26,
        hints: |_| Vec::new(),
        rows: |_| Vec::new(),
        first: |_| 0,
        press: |_, _, _| Act::Foreign,
    };
}

/// What a section may look at.
#[derive(Clone, Copy)]
pub(super) struct Seen<'a> {
    pub(super) look: &'a Look,
    pub(super) keymap: &'a Keymap,
    pub(super) themes: &'a Themes,
    pub(super) macros: &'a [Macro],
    /// Lines that were recorded and have no name yet.
    pub(super) recorded: &'a [String],
}

impl<'a> Seen<'a> {
    /// What is configured of a section.
    pub(super) fn list(self, section: Section) -> &'a [Listed] {
        self.look.lists.get(&section).map_or(&[], Vec::as_slice)
    }

    /// Rows as they are configured.
    fn rows(self, section: Section) -> Vec<Row> {
        let row = |(id, item): (usize, &Listed)| Row {
            id,
            name: item.name.clone(),
            about: item.about.clone(),
            place: item.place.clone(),
            is_current: false,
        };
        self.list(section).iter().enumerate().map(row).collect()
    }
}

/// A line of a section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    /// Its place among all, whatever is looked for.
    pub(super) id: usize,
    pub(super) name: String,
    pub(super) about: String,
    /// Where it is written; empty = nowhere.
    pub(super) place: String,
    /// It is the one that holds.
    pub(super) is_current: bool,
}

/// A key that sections give a meaning to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Press {
    Enter,
    Letter(char),
}

/// What a key leads to.
#[derive(Debug)]
pub(super) enum Act {
    /// The key means nothing here.
    Foreign,
    /// Something is to be typed.
    Form(Box<Form>),
    /// A key is to be pressed.
    Capture(Capture),
    /// After a question.
    Sure(Sure),
    /// The file is to be changed.
    Change {
        changes: Vec<Change>,
        said: String,
    },
    /// Conversations are to be changed.
    Order {
        order: Order,
        targets: Targets,
        said: String,
    },
    /// A channel is to be removed.
    RemoveChannel(String),
    /// Quick replies have a place of their own.
    QuickReplies,
    Say(Level, String),
}

/// A question before something that cannot be taken back by the same key.
#[derive(Debug)]
pub(super) struct Sure {
    pub(super) question: String,
    /// What yes does, in a word or two.
    pub(super) yes: &'static str,
    pub(super) act: Box<Act>,
}

impl Act {
    fn sure(question: String, yes: &'static str, act: Act) -> Act {
        Act::Sure(Sure { question, yes, act: Box::new(act) })
    }
}

/// Why a chord cannot be used for a line in a context: it is no chord, or something else has it. `own` are lines that may have it.
fn wrong_chord(seen: &Seen<'_>, scope: Scope, text: &str, own: &[&str]) -> Option<String> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    let chord = match key::chord(text) {
        Ok(chord) => chord,
        Err(e) => return Some(e.to_string()),
    };
    let taken = seen.keymap.taken(scope, &chord);
    let other = taken.into_iter().find(|b| !b.line.as_deref().is_some_and(|line| own.contains(&line)))?;
    Some(format!("{} is {}: use another key", keymap::label(&chord), other.told()))
}
