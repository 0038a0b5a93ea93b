//! A list of choices that narrows as one types.

use crate::domain::clock::Ms;
use crate::domain::conversation::{Priority, QualificationState, Status};
use crate::domain::facet::Owner;
use crate::domain::ids::{AttachmentId, ConversationId, QuickReplyId};
use crate::domain::row::{AttachmentRow, ConversationRow, QuickReplyRow};
use crate::text::fuzzy::Fuzzy;
use crate::text::{format, sanitize, template, variables, when};
use crate::ui::command::sheet::is_digit;
use crate::ui::command::{self, Command};
use crate::ui::guide::{self, Page};
use crate::ui::input::Input;
use crate::ui::keymap;
use crate::ui::model::{Focus, Model};
use crate::ui::theme::Role;
use jiff::tz::TimeZone;

/// What is chosen from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PickerKind {
    Commands,
    Agents,
    Priority,
    Labels,
    Qualification,
    Snooze,
    QuickReplies,
    Files { save: bool },
    Themes,
    Pages,
}

/// What is chosen.
#[derive(Debug, Clone)]
pub(crate) enum Choice {
    Command(&'static Command),
    Owner(Option<Owner>),
    Priority(Priority),
    Label {
        name: String,
        on: bool,
    },
    Qualification(Option<QualificationState>),
    /// Until then, or until they reply.
    Snooze(Option<Ms>),
    QuickReply {
        id: QuickReplyId,
        text: String,
        open: Vec<String>,
    },
    File(AttachmentId),
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
    also: String,
    /// It was made of what is typed.
    is_typed: bool,
}

impl Item {
    fn new(choice: Choice, label: impl Into<String>, detail: impl Into<String>) -> Item {
        Item {
            choice,
            label: label.into(),
            role: Role::Text,
            detail: detail.into(),
            is_current: false,
            why: None,
            also: String::new(),
            is_typed: false,
        }
    }

    fn current(mut self, is_current: bool) -> Item {
        self.is_current = is_current;
        self
    }
}

/// A picker. It is bound to the conversation it was opened for.
#[derive(Debug)]
pub(crate) struct Picker {
    pub(crate) kind: PickerKind,
    pub(crate) target: Option<ConversationId>,
    pub(crate) focus: Focus,
    pub(crate) input: Input,
    pub(crate) items: Vec<Item>,
    /// What fits what is typed: the item and the matched characters of its label.
    pub(crate) shown: Vec<(usize, Vec<u32>)>,
    pub(crate) at: usize,
    pub(crate) top: usize,
    /// For times that are typed.
    now: Ms,
    tz: TimeZone,
}

impl Picker {
    fn new(model: &Model, kind: PickerKind) -> Picker {
        let mut picker = Picker {
            kind,
            target: model.target(),
            focus: model.focus,
            input: Input::default(),
            items: Vec::new(),
            shown: Vec::new(),
            at: 0,
            top: 0,
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
    pub(crate) fn quick_replies(model: &Model) -> Picker {
        Picker::new(model, PickerKind::QuickReplies)
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
            focus: Focus::Thread,
            input: Input::default(),
            items,
            shown,
            at: 0,
            top: 0,
            now: 0,
            tz: TimeZone::UTC,
        }
    }

    /// The title of the picker.
    pub(crate) const fn title(&self) -> &'static str {
        match self.kind {
            PickerKind::Commands => "Commands",
            PickerKind::Agents => "Assign to",
            PickerKind::Priority => "Priority",
            PickerKind::Labels => "Labels",
            PickerKind::Qualification => "Qualify as",
            PickerKind::Snooze => "Snooze until",
            PickerKind::QuickReplies => "Quick replies",
            PickerKind::Themes => "Theme",
            PickerKind::Pages => "Help",
            PickerKind::Files { save: false } => "Open which file",
            PickerKind::Files { save: true } => "Save which file",
        }
    }

    /// Makes the choices anew out of what is known, keeping what is typed.
    pub(crate) fn fill(&mut self, model: &Model) {
        let row = self.target.and_then(|id| model.row(id));
        self.items = match self.kind {
            PickerKind::Commands => commands(model, self.focus),
            PickerKind::Agents => agents(model, row),
            PickerKind::Priority => priorities(row),
            PickerKind::Labels => labels(model, row),
            PickerKind::Qualification => qualifications(row),
            PickerKind::Snooze => snoozes(model, row),
            PickerKind::QuickReplies => quick_replies(model, row),
            PickerKind::Themes => themes(model),
            PickerKind::Pages => pages(""),
            PickerKind::Files { .. } => return,
        };
        self.narrow();
    }

    /// Finds what fits what is typed, the best first.
    pub(crate) fn narrow(&mut self) {
        let typed = self.input.text().trim().to_owned();
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
        for (i, item) in self.items.iter().enumerate() {
            if matches!(item.choice, Choice::Page(_)) && !pages {
                continue;
            }
            if item.is_typed {
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
            // What cannot be done now comes after what can.
            found.sort_by_key(|(by_words, score, i, _)| {
                (*by_words, self.items[*i].why.is_some(), std::cmp::Reverse(*score), *i)
            });
        }
        self.shown = found.into_iter().map(|(_, _, i, positions)| (i, positions)).collect();
        self.at = self.at.min(self.shown.len().saturating_sub(1));
    }

    /// The choice that what is typed makes: a new word a new label, a time a snooze until then.
    fn typed(&self, typed: &str) -> Option<Item> {
        match self.kind {
            PickerKind::Labels if !typed.is_empty() => {
                let is_known = self.items.iter().any(|i| i.label.to_lowercase() == typed.to_lowercase());
                let choice = Choice::Label { name: typed.to_owned(), on: true };
                (!is_known).then(|| Item::new(choice, typed, "a new label"))
            }
            PickerKind::Snooze => {
                let until = when::ahead(typed, self.now, &self.tz)?;
                Some(Item::new(Choice::Snooze(Some(until)), format::moment(until, self.now, &self.tz), ""))
            }
            _ => None,
        }
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

fn commands(model: &Model, focus: Focus) -> Vec<Item> {
    // The nine rows have their digits; in a list of names they would only be in the way.
    let mut items: Vec<Item> = command::all()
        .filter(|command| !is_digit(command))
        .map(|command| {
            let keys =
                model.keymap.chords(command.id, focus).first().map(|c| keymap::label(c)).unwrap_or_default();
            let mut item = Item::new(Choice::Command(command), command.title, keys);
            item.why = (command.available)(model).err();
            item.also = format!("{} {}", command.id, command.help);
            item
        })
        .collect();
    // Who opens the palette looks for what has no key at hand: what only moves about comes last.
    let moves = |item: &Item| match &item.choice {
        Choice::Command(command) => command.id.starts_with("move.") || command.id.starts_with("focus."),
        _ => false,
    };
    items.sort_by_key(|item| (item.why.is_some(), moves(item)));
    items.extend(pages("help "));
    items
}

/// The help pages.
fn pages(before: &str) -> Vec<Item> {
    let pages = guide::PAGES.iter();
    pages.map(|page| Item::new(Choice::Page(page), format!("{before}{}", page.name), page.title())).collect()
}

fn agents(model: &Model, row: Option<&ConversationRow>) -> Vec<Item> {
    let owner = row.and_then(|row| model.owner_of(row));
    let mine = Owner::Agent(model.me.email.clone());
    let mut items = vec![Item::new(Choice::Owner(Some(mine.clone())), "me", model.me.name.clone())];
    let others = model.agents.iter().filter(|a| a.active && a.id != model.me.id);
    items.extend(
        others.map(|a| Item::new(Choice::Owner(Some(Owner::Agent(a.email.clone()))), a.name.clone(), "")),
    );
    items.extend(
        model
            .teams
            .iter()
            .map(|t| Item::new(Choice::Owner(Some(Owner::Team(t.name.clone()))), t.name.clone(), "team")),
    );
    items.push(Item::new(Choice::Owner(None), "none", "nobody's"));
    for item in &mut items {
        item.is_current = matches!(&item.choice, Choice::Owner(o) if *o == owner);
    }
    items
}

fn themes(model: &Model) -> Vec<Item> {
    let all = model.themes.all().iter().enumerate();
    all.map(|(at, palette)| {
        Item::new(Choice::Theme(at), palette.name.clone(), palette.about.clone())
            .current(at == model.themes.chosen())
    })
    .collect()
}

fn priorities(row: Option<&ConversationRow>) -> Vec<Item> {
    Priority::ALL
        .iter()
        .rev()
        .map(|p| {
            let mut item =
                Item::new(Choice::Priority(*p), p.word(), "").current(row.is_some_and(|r| r.priority == *p));
            item.role = crate::ui::list::view::priority(*p).map_or(Role::Dim, |(_, role)| role);
            item
        })
        .collect()
}

fn labels(model: &Model, row: Option<&ConversationRow>) -> Vec<Item> {
    let on = row.map(|r| r.labels.as_slice()).unwrap_or_default();
    let mut names: Vec<&String> = model.labels.iter().chain(on).collect();
    names.sort();
    names.dedup();
    names
        .into_iter()
        .map(|name| {
            let is_on = on.contains(name);
            let choice = Choice::Label { name: name.clone(), on: !is_on };
            Item::new(choice, name.clone(), if is_on { "Enter takes it off" } else { "" }).current(is_on)
        })
        .collect()
}

fn qualifications(row: Option<&ConversationRow>) -> Vec<Item> {
    let now = row.and_then(|r| r.qualification.as_ref()).map(|q| q.state);
    let detail = |state| match state {
        QualificationState::Lead => "somebody who may buy",
        QualificationState::Qualified => "worth the effort",
        QualificationState::Disqualified => "not worth it; asks for the reason",
    };
    let mut items: Vec<Item> = QualificationState::ALL
        .iter()
        .map(|s| Item::new(Choice::Qualification(Some(*s)), s.word(), detail(*s)).current(now == Some(*s)))
        .collect();
    items.push(Item::new(Choice::Qualification(None), "none", "not judged").current(now.is_none()));
    items
}

fn snoozes(model: &Model, row: Option<&ConversationRow>) -> Vec<Item> {
    let now = row.filter(|r| r.status == Status::Snoozed).map(|r| r.snoozed_until);
    let mut items =
        vec![Item::new(Choice::Snooze(None), "they reply", "no earlier").current(now == Some(None))];
    items.extend(["1h", "3h", "tonight", "tomorrow", "next week", "4w"].into_iter().filter_map(|text| {
        let until = when::ahead(text, model.now, &model.tz)?;
        let label = match text {
            "1h" => "in an hour",
            "3h" => "in three hours",
            "4w" => "in four weeks",
            day => day,
        };
        Some(Item::new(Choice::Snooze(Some(until)), label, format::moment(until, model.now, &model.tz)))
    }));
    if let Some(Some(until)) = now {
        let until_when = format::moment(until, model.now, &model.tz);
        items.insert(0, Item::new(Choice::Snooze(Some(until)), until_when, "as it is").current(true));
    }
    items
}

fn quick_replies(model: &Model, row: Option<&ConversationRow>) -> Vec<Item> {
    let mut replies: Vec<&QuickReplyRow> = model.quick_replies.iter().collect();
    replies.sort_by(|a, b| b.uses.cmp(&a.uses).then_with(|| a.shortcut.cmp(&b.shortcut)));
    replies
        .into_iter()
        .map(|reply| {
            let rendered =
                template::render(&reply.body, &|name| variables::value(name, row?, &model.me.name));
            let mut open = rendered.missing;
            open.extend(rendered.questions);
            let choice = Choice::QuickReply { id: reply.id, text: rendered.text, open };
            let mut item = Item::new(choice, reply.shortcut.clone(), reply.title.clone());
            item.also = format!("{} {}", reply.title, sanitize::line(&reply.body));
            item
        })
        .collect()
}
