//! A list of choices that narrows as one types.

use crate::domain::clock::Ms;
use crate::domain::ids::{AttachmentId, ConversationId};
use crate::domain::mail::Mailbox;
use crate::domain::order::Order;
use crate::domain::quick_reply::QuickReplyRow;
use crate::domain::reach::Way;
use crate::domain::row::AttachmentRow;
use crate::text::format;
use crate::text::fuzzy::Fuzzy;
use crate::ui::command::Command;
use crate::ui::composer::Beginning;
use crate::ui::effect::Targets;
use crate::ui::guide::Page;
use crate::ui::input::Input;
use crate::ui::model::{Focus, Model};
use crate::ui::overlay::items;
use crate::ui::theme::Role;
use jiff::tz::TimeZone;

/// What is chosen from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PickerKind {
    Commands,
    Macros,
    /// Other conversations of the customer.
    Others,
    Agents,
    Priority,
    Labels,
    Qualification,
    Snooze,
    /// When what is typed is sent.
    Later,
    /// Until when the conversation sleeps once what is typed is sent.
    SendAndSnooze,
    /// On which account a conversation is begun.
    Account,
    /// With whom.
    Recipient,
    /// On which other way a customer is answered.
    Way,
    QuickReplies,
    Emoji,
    Files {
        save: bool,
    },
    /// Which file does not go along after all.
    Enclosed,
    Themes,
    Pages,
}

/// What is chosen.
#[derive(Debug, Clone)]
pub(crate) enum Choice {
    Command(&'static Command),
    /// What an order says. Disqualifying asks for its reason first.
    Order(Order),
    /// Ask for the reason of a disqualification.
    Disqualify,
    /// Ask for the score.
    Score,
    /// Ask for a free field.
    Field(String),
    /// Another conversation of the customer.
    Conversation(ConversationId),
    /// A line that runs: a macro, or an order that was typed.
    Line(String),
    QuickReply {
        row: Box<QuickReplyRow>,
        /// As it will read.
        text: String,
    },
    Emoji(&'static str),
    /// Send what is typed then.
    SendAt(Ms),
    Account(Beginning),
    /// An address.
    Recipient(String),
    /// Several addresses of mails.
    Mailboxes(Vec<Mailbox>),
    Way(Box<Way>),
    File(AttachmentId),
    /// A file of the draft, by its place.
    Enclosed(usize),
    /// By its place.
    Theme(usize),
    Page(&'static Page),
}

/// One choice.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    pub(crate) choice: Choice,
    pub(crate) label: String,
    pub(crate) role: Role,
    pub(crate) detail: String,
    /// It is what holds now.
    pub(crate) is_current: bool,
    /// Why it cannot be chosen.
    pub(crate) why: Option<String>,
    /// Further words to find it by.
    pub(super) also: String,
    /// How often it was chosen or its keys were pressed.
    pub(super) used: u32,
    /// It was made of what is typed.
    is_typed: bool,
}

impl Item {
    pub(super) fn new(choice: Choice, label: impl Into<String>, detail: impl Into<String>) -> Item {
        Item {
            choice,
            label: label.into(),
            role: Role::Text,
            detail: detail.into(),
            is_current: false,
            why: None,
            also: String::new(),
            used: 0,
            is_typed: false,
        }
    }

    /// How near it is to what is typed: its key, the first word of its name, the beginning of it, the beginning of another word, or
    /// none of these.
    fn nearness(&self, typed: &str) -> u8 {
        let joined = |text: &str| text.split_whitespace().collect::<String>();
        let name = self.label.to_lowercase();
        let typed_name = typed.to_lowercase();
        let starts = |at: usize| name[at..].starts_with(&typed_name);
        let ends_word = |rest: &str| !rest.starts_with(char::is_alphanumeric);
        let mut words = name.match_indices([' ', '-', '.', '\u{2026}', '+']);
        if joined(&self.detail) == joined(typed) {
            0
        } else if name.strip_prefix(&typed_name).is_some_and(ends_word) {
            1
        } else if starts(0) {
            2
        } else if words.any(|(at, mark)| starts(at + mark.len())) {
            3
        } else {
            4
        }
    }

    pub(super) fn is_address(&self, address: &str) -> bool {
        matches!(&self.choice, Choice::Recipient(to) if to == address)
    }

    pub(super) fn current(mut self, is_current: bool) -> Item {
        self.is_current = is_current;
        self
    }
}

/// A picker. It is bound to the conversation it was opened for.
#[derive(Debug)]
pub(crate) struct Picker {
    pub(crate) kind: PickerKind,
    pub(crate) target: Option<ConversationId>,
    /// What an order from it is for.
    pub(crate) targets: Option<Targets>,
    pub(crate) focus: Focus,
    /// What is typed in the composer, and goes for what is chosen.
    pub(crate) word: Option<String>,
    pub(crate) input: Input,
    pub(crate) items: Vec<Item>,
    /// What fits what is typed: the item and the matched characters of its label.
    pub(crate) shown: Vec<(usize, Vec<u32>)>,
    pub(crate) at: usize,
    pub(crate) top: usize,
    /// What a new conversation is begun on.
    pub(crate) beginning: Option<Beginning>,
    pub(super) region: Option<String>,
    /// For times that are typed.
    pub(super) now: Ms,
    pub(super) tz: TimeZone,
}

impl Picker {
    fn new(model: &Model, kind: PickerKind) -> Picker {
        let mut picker = Picker {
            kind,
            target: model.target(),
            targets: model.targets(),
            focus: model.focus,
            word: None,
            input: Input::default(),
            items: Vec::new(),
            shown: Vec::new(),
            at: 0,
            top: 0,
            beginning: None,
            region: model.phone_region.clone(),
            now: model.now,
            tz: model.tz.clone(),
        };
        picker.fill(model);
        picker.at = picker.shown.iter().position(|(i, _)| picker.items[*i].is_current).unwrap_or(0);
        if matches!(kind, PickerKind::Labels | PickerKind::Commands | PickerKind::QuickReplies) {
            picker.at = 0;
        }
        picker
    }

    pub(crate) fn commands(model: &Model) -> Picker {
        Picker::new(model, PickerKind::Commands)
    }
    pub(crate) fn others(model: &Model) -> Picker {
        Picker::new(model, PickerKind::Others)
    }
    pub(crate) fn macros(model: &Model) -> Picker {
        Picker::new(model, PickerKind::Macros)
    }
    pub(crate) fn agents(model: &Model) -> Picker {
        Picker::new(model, PickerKind::Agents)
    }
    pub(crate) fn priorities(model: &Model) -> Picker {
        Picker::new(model, PickerKind::Priority)
    }
    pub(crate) fn labels(model: &Model) -> Picker {
        Picker::new(model, PickerKind::Labels)
    }
    pub(crate) fn qualifications(model: &Model) -> Picker {
        Picker::new(model, PickerKind::Qualification)
    }
    pub(crate) fn snoozes(model: &Model) -> Picker {
        Picker::new(model, PickerKind::Snooze)
    }
    pub(crate) fn enclosed(model: &Model) -> Picker {
        Picker::new(model, PickerKind::Enclosed)
    }
    pub(crate) fn accounts(model: &Model) -> Picker {
        Picker::new(model, PickerKind::Account)
    }
    pub(crate) fn recipients(model: &Model, beginning: Beginning) -> Picker {
        Picker { beginning: Some(beginning), ..Picker::new(model, PickerKind::Recipient) }
    }
    pub(crate) fn ways(model: &Model) -> Picker {
        Picker::new(model, PickerKind::Way)
    }
    pub(crate) fn later(model: &Model) -> Picker {
        Picker::new(model, PickerKind::Later)
    }
    pub(crate) fn send_and_snooze(model: &Model) -> Picker {
        Picker::new(model, PickerKind::SendAndSnooze)
    }
    /// Quick replies; those that a `/word` before the cursor may mean come first.
    pub(crate) fn quick_replies(model: &Model, word: Option<String>) -> Picker {
        Picker::new(model, PickerKind::QuickReplies).for_word(word, '/')
    }
    /// Emoji for a `:word` before the cursor.
    pub(crate) fn emojis(model: &Model, word: &str) -> Picker {
        Picker::new(model, PickerKind::Emoji).for_word(Some(word.to_owned()), ':')
    }

    /// Narrowed by a word that stands in the composer behind a mark.
    fn for_word(mut self, word: Option<String>, mark: char) -> Picker {
        if let Some(word) = word {
            self.input = Input::new(word.trim_start_matches(mark));
            self.word = Some(word);
            self.narrow();
        }
        self
    }

    pub(crate) fn themes(model: &Model) -> Picker {
        Picker::new(model, PickerKind::Themes)
    }

    pub(crate) fn pages(model: &Model) -> Picker {
        Picker::new(model, PickerKind::Pages)
    }

    /// The place of the theme under the cursor.
    pub(crate) fn theme(&self) -> Option<usize> {
        match self.chosen()?.choice {
            Choice::Theme(at) => Some(at),
            _ => None,
        }
    }

    pub(crate) fn files(files: &[AttachmentRow], save: bool) -> Picker {
        let items: Vec<Item> = files
            .iter()
            .map(|f| {
                Item::new(Choice::File(f.id), f.name.clone(), f.size.map(format::bytes).unwrap_or_default())
            })
            .collect();
        let shown = (0..items.len()).map(|i| (i, Vec::new())).collect();
        Picker {
            kind: PickerKind::Files { save },
            target: None,
            targets: None,
            focus: Focus::Thread,
            word: None,
            input: Input::default(),
            items,
            shown,
            at: 0,
            top: 0,
            beginning: None,
            region: None,
            now: 0,
            tz: TimeZone::UTC,
        }
    }

    /// The title of the picker.
    pub(crate) fn title(&self) -> String {
        let many = match &self.targets {
            Some(Targets::These(ids)) if ids.len() == 1 => " · 1 marked conversation".to_owned(),
            Some(Targets::These(ids)) => format!(" · {} conversations", ids.len()),
            Some(Targets::Matching(_)) => " · all of this list".to_owned(),
            Some(Targets::Labelled(name)) => format!(" · all labelled {name}"),
            Some(Targets::One(_)) | None => String::new(),
        };
        let is_order = !matches!(
            self.kind,
            PickerKind::Commands
                | PickerKind::Others
                | PickerKind::QuickReplies
                | PickerKind::Emoji
                | PickerKind::Files { .. }
                | PickerKind::Enclosed
                | PickerKind::Themes
                | PickerKind::Pages
        );
        format!("{}{}", self.name(), if is_order { many.as_str() } else { "" })
    }

    const fn name(&self) -> &'static str {
        match self.kind {
            PickerKind::Commands => "Commands",
            PickerKind::Macros => "Run a macro",
            PickerKind::Others => "Other conversations of this customer",
            PickerKind::Agents => "Assign to",
            PickerKind::Priority => "Priority",
            PickerKind::Labels => "Labels",
            PickerKind::Qualification => "Qualify as",
            PickerKind::Snooze => "Snooze until",
            PickerKind::Later => "Send at",
            PickerKind::SendAndSnooze => "Send, and snooze until",
            PickerKind::Account => "Write on",
            PickerKind::Recipient => "Write to",
            PickerKind::Way => "Answer by",
            PickerKind::QuickReplies => "Quick replies",
            PickerKind::Emoji => "Emoji",
            PickerKind::Themes => "Theme",
            PickerKind::Pages => "Help",
            PickerKind::Files { save: false } => "Open which file",
            PickerKind::Files { save: true } => "Save which file",
            PickerKind::Enclosed => "Which file does not go along",
        }
    }

    /// Makes the choices anew out of what is known, keeping what is typed.
    pub(crate) fn fill(&mut self, model: &Model) {
        let target = self.target.and_then(|id| model.row(id));
        // What holds for the one under the cursor says nothing of several.
        let row = target.filter(|_| matches!(self.targets, Some(Targets::One(_))));
        self.items = match self.kind {
            PickerKind::Commands => items::commands(model, self.focus),
            PickerKind::Macros => items::macros(model, self.focus),
            PickerKind::Others => items::others(model, self.target),
            PickerKind::Agents => items::agents(model, row),
            PickerKind::Priority => items::priorities(row),
            PickerKind::Labels => items::labels(model, row),
            PickerKind::Qualification => items::qualifications(model, row),
            PickerKind::Snooze | PickerKind::SendAndSnooze => items::snoozes(model, row),
            PickerKind::Later => items::later(model),
            PickerKind::Account => items::accounts(model),
            PickerKind::Recipient => items::recipients(model),
            PickerKind::Way => items::ways(model),
            PickerKind::QuickReplies => items::quick_replies(model, target),
            PickerKind::Emoji => items::emojis(),
            PickerKind::Themes => items::themes(model),
            PickerKind::Pages => items::pages(""),
            PickerKind::Enclosed => items::enclosed(model),
            PickerKind::Files { .. } => return,
        };
        self.narrow();
    }

    /// Finds what fits what is typed, the best first.
    pub(crate) fn narrow(&mut self) {
        let typed = self.sought().to_owned();
        self.items.retain(|item| !item.is_typed);
        if let Some(item) = self.typed(&typed) {
            self.items.push(Item { is_typed: true, ..item });
        }
        let mut fuzzy = Fuzzy::new(&typed);
        let lower = typed.to_lowercase();
        // Names match loosely, what is said about them only by whole words.
        let mut found: Vec<(bool, u32, usize, Vec<u32>)> = Vec::new();
        // Among commands a page is only for who asks for help.
        let pages = self.kind == PickerKind::Pages || typed.is_empty() || lower.starts_with("help");
        let topic = lower.strip_prefix("help ").and_then(Page::find);
        for (i, item) in self.items.iter().enumerate() {
            if matches!(item.choice, Choice::Page(_)) && !pages {
                continue;
            }
            let is_key = self.kind == PickerKind::Commands && !typed.is_empty() && item.nearness(&typed) == 0;
            let is_topic = matches!(item.choice, Choice::Page(page) if Some(page) == topic);
            if item.is_typed || is_key || is_topic {
                found.push((false, u32::MAX, i, Vec::new()));
            } else if let Some(hit) = fuzzy.score(&item.label) {
                found.push((false, hit.score, i, hit.positions));
            } else {
                let also = item.also.to_lowercase();
                if lower.split_whitespace().all(|word| also.contains(word)) {
                    found.push((true, 0, i, Vec::new()));
                }
            }
        }
        if !typed.is_empty() {
            // What cannot be done now comes after what can; a key or the beginning of a name before letters here and there, and of
            // these what is often used.
            let is_palette = self.kind == PickerKind::Commands;
            found.sort_by_cached_key(|(by_words, score, i, _)| {
                let item = &self.items[*i];
                let near = if is_palette { item.nearness(&typed) } else { 0 };
                let (used, score) = (std::cmp::Reverse(item.used), std::cmp::Reverse(*score));
                (*by_words, item.why.is_some(), near, used, score, *i)
            });
        }
        self.shown = found.into_iter().map(|(_, _, i, positions)| (i, positions)).collect();
        self.at = self.at.min(self.shown.len().saturating_sub(1));
    }

    /// When it was opened: what an order from it is for was decided then.
    pub(crate) fn opened(&self) -> Ms {
        self.now
    }

    /// The choice under the cursor.
    pub(crate) fn chosen(&self) -> Option<&Item> {
        self.shown.get(self.at).and_then(|(i, _)| self.items.get(*i))
    }

    /// Moves the cursor, around the ends.
    pub(crate) fn step(&mut self, by: isize) {
        let count = self.shown.len();
        if count > 0 {
            let by = by.rem_euclid(isize::try_from(count).unwrap_or(1));
            self.at = self.at.saturating_add_signed(by) % count;
        }
    }
}
