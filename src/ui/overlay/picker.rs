//! A list of choices that narrows as one types.

use crate::domain::clock::Ms;
use crate::domain::conversation::{Priority, QualificationState, Status};
use crate::domain::facet::{self, Owner};
use crate::domain::ids::{AttachmentId, ConversationId};
use crate::domain::order::{self, Order, To};
use crate::domain::quick_reply::{self, QuickReplyRow};
use crate::domain::row::{AttachmentRow, ConversationRow};
use crate::text::fuzzy::Fuzzy;
use crate::text::{format, sanitize, when};
use crate::ui::command::{self, Command, give};
use crate::ui::effect::Targets;
use crate::ui::input::Input;
use crate::ui::keymap;
use crate::ui::model::{Focus, Model};
use crate::ui::startup::Macro;
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
    QuickReplies,
    Emoji,
    Files {
        save: bool,
    },
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
    File(AttachmentId),
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
    /// For times that are typed.
    now: Ms,
    tz: TimeZone,
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
            now: 0,
            tz: TimeZone::UTC,
        }
    }

    /// The title of the picker.
    pub(crate) fn title(&self) -> String {
        let many = match &self.targets {
            Some(Targets::These(ids)) => format!(" · {} conversations", ids.len()),
            Some(Targets::Matching(_)) => " · all of this list".to_owned(),
            Some(Targets::One(_)) | None => String::new(),
        };
        let is_order = !matches!(
            self.kind,
            PickerKind::Commands
                | PickerKind::Others
                | PickerKind::QuickReplies
                | PickerKind::Emoji
                | PickerKind::Files { .. }
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
            PickerKind::QuickReplies => "Quick replies",
            PickerKind::Emoji => "Emoji",
            PickerKind::Files { save: false } => "Open which file",
            PickerKind::Files { save: true } => "Save which file",
        }
    }

    /// Makes the choices anew out of what is known, keeping what is typed.
    pub(crate) fn fill(&mut self, model: &Model) {
        let row = self.target.and_then(|id| model.row(id));
        self.items = match self.kind {
            PickerKind::Commands => commands(model, self.focus),
            PickerKind::Macros => macros(model, self.focus),
            PickerKind::Others => others(model, self.target),
            PickerKind::Agents => agents(model, row),
            PickerKind::Priority => priorities(row),
            PickerKind::Labels => labels(model, row),
            PickerKind::Qualification => qualifications(model, row),
            PickerKind::Snooze => snoozes(model, row),
            PickerKind::QuickReplies => quick_replies(model, row),
            PickerKind::Emoji => emojis(),
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
        for (i, item) in self.items.iter().enumerate() {
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
                let choice = Choice::Order(Order::Label(vec![(typed.to_owned(), true)]));
                let mut item = Item::new(choice, typed, "a new label");
                item.why = facet::label(typed, true).err();
                (!is_known).then_some(item)
            }
            PickerKind::Snooze => {
                let until = when::ahead(typed, self.now, &self.tz)?;
                let order = Order::Snooze(Some(typed.to_owned()));
                Some(Item::new(Choice::Order(order), format::moment(until, self.now, &self.tz), ""))
            }
            // With its words it runs at once; a command that only has the same name is among the others.
            PickerKind::Commands if typed.contains(char::is_whitespace) => {
                let line = give::read_line(typed).ok()?;
                (!matches!(line, give::Line::Command(_)))
                    .then(|| Item::new(Choice::Line(typed.to_owned()), typed, "Enter does it"))
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
    // The nine slots have their digits; in a list of names they would only be in the way.
    let is_digit = |id: &str| id.rsplit_once('.').is_some_and(|(_, n)| n.parse::<u8>().is_ok());
    let mut items: Vec<Item> = command::all()
        .filter(|command| !is_digit(command.id))
        .map(|command| {
            let keys =
                model.keymap.chords(command.id, focus).first().map(|c| keymap::label(c)).unwrap_or_default();
            let mut item = Item::new(Choice::Command(command), command.title, keys);
            item.why = (command.available)(model).err();
            item.also = format!("{} {}", command.id, command.help);
            item
        })
        .collect();
    items.extend(macros(model, focus));
    // Who opens the palette looks for what has no key at hand: what only moves about comes last.
    let moves = |item: &Item| match &item.choice {
        Choice::Command(command) => command.id.starts_with("move.") || command.id.starts_with("focus."),
        _ => false,
    };
    items.sort_by_key(|item| (item.why.is_some(), moves(item)));
    items
}

fn others(model: &Model, target: Option<ConversationId>) -> Vec<Item> {
    let others = target.and_then(|id| model.context(id)).map(|c| c.others.as_slice()).unwrap_or_default();
    let item = |row: &ConversationRow| {
        let words =
            format!("{} {}: {}", row.channel.title(), row.status.word(), sanitize::line(&row.preview));
        let age = row.last_message_at.map_or_else(String::new, |at| format::age(at, model.now));
        Item::new(Choice::Conversation(row.id), words, age)
    };
    others.iter().map(item).collect()
}

fn macros(model: &Model, focus: Focus) -> Vec<Item> {
    let item = |found: &Macro| {
        let line = format!("macro {}", found.name);
        let keys = model.keymap.line_label(&line, focus);
        let detail = keys.unwrap_or_else(|| sanitize::line(&found.lines.join(" · ")).into_owned());
        let mut item = Item::new(Choice::Line(line.clone()), line, detail);
        item.also = found.lines.join(" ");
        item
    };
    model.macros.iter().map(item).collect()
}

fn agents(model: &Model, row: Option<&ConversationRow>) -> Vec<Item> {
    let owner = row.and_then(|row| model.owner_of(row));
    let item = |to: To, of: Option<Owner>, label: &str, detail: &str| {
        Item::new(Choice::Order(Order::Assign(to)), label, detail).current(of == owner)
    };
    let mine = Owner::Agent(model.me.email.clone());
    let mut items = vec![item(To::Me, Some(mine), "me", &model.me.name)];
    let others = model.agents.iter().filter(|a| a.active && a.id != model.me.id);
    items.extend(
        others.map(|a| item(To::Named(a.email.clone()), Some(Owner::Agent(a.email.clone())), &a.name, "")),
    );
    items.extend(model.teams.iter().map(|t| {
        item(To::Named(format!("team:{}", t.name)), Some(Owner::Team(t.name.clone())), &t.name, "team")
    }));
    items.push(item(To::Nobody, None, "none", "nobody's"));
    items
}

fn priorities(row: Option<&ConversationRow>) -> Vec<Item> {
    Priority::ALL
        .iter()
        .rev()
        .map(|p| {
            let mut item = Item::new(Choice::Order(Order::Priority(*p)), p.word(), "")
                .current(row.is_some_and(|r| r.priority == *p));
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
            let choice = Choice::Order(Order::Label(vec![(name.clone(), !is_on)]));
            Item::new(choice, name.clone(), if is_on { "Enter takes it off" } else { "" }).current(is_on)
        })
        .collect()
}

fn qualifications(model: &Model, row: Option<&ConversationRow>) -> Vec<Item> {
    let now = row.and_then(|r| r.qualification.as_ref()).map(|q| q.state);
    let detail = |state| match state {
        QualificationState::Lead => "somebody who may buy",
        QualificationState::Qualified => "worth the effort",
        QualificationState::Disqualified => "not worth it; asks for the reason",
    };
    let mut items: Vec<Item> = QualificationState::ALL
        .iter()
        .map(|s| {
            let choice = match s {
                QualificationState::Disqualified => Choice::Disqualify,
                state => Choice::Order(order::qualification(*state, None)),
            };
            Item::new(choice, s.word(), detail(*s)).current(now == Some(*s))
        })
        .collect();
    items.push(Item::new(Choice::Order(Order::Qualify(None)), "none", "not judged").current(now.is_none()));
    let score = row.and_then(|r| r.score).map_or("0 to 100".to_owned(), |score| format!("now {score}"));
    items.push(Item::new(Choice::Score, "score\u{2026}", score));
    // What the configuration knows, and what is filled although it does not.
    let filled = row.map(|r| r.fields.as_slice()).unwrap_or_default();
    let known = model.fields.iter().map(|(name, _)| name);
    let others = filled.iter().map(|(name, _)| name).filter(|n| !model.fields.iter().any(|(k, _)| k == *n));
    items.extend(known.chain(others).map(|name| {
        let value = filled.iter().find(|(key, _)| key == name).map(|(_, value)| format!("now {value}"));
        let help = model.fields.iter().find(|(key, _)| key == name).map(|(_, help)| help.clone());
        let detail = value.or(help).unwrap_or_default();
        Item::new(Choice::Field(name.clone()), format!("{name}\u{2026}"), detail)
    }));
    items
}

fn snoozes(model: &Model, row: Option<&ConversationRow>) -> Vec<Item> {
    let now = row.filter(|r| r.status == Status::Snoozed).map(|r| r.snoozed_until);
    let choice = |until: Option<String>| Choice::Order(Order::Snooze(until));
    let mut items = vec![Item::new(choice(None), "they reply", "no earlier").current(now == Some(None))];
    items.extend(["1h", "3h", "tonight", "tomorrow", "next week", "4w"].into_iter().filter_map(|text| {
        let until = when::ahead(text, model.now, &model.tz)?;
        let label = match text {
            "1h" => "in an hour",
            "3h" => "in three hours",
            "4w" => "in four weeks",
            day => day,
        };
        Some(Item::new(choice(Some(text.into())), label, format::moment(until, model.now, &model.tz)))
    }));
    if let Some(Some(until)) = now {
        let until_when = format::moment(until, model.now, &model.tz);
        items.insert(0, Item::new(choice(Some(format::stamp(until))), until_when, "as it is").current(true));
    }
    items
}

fn quick_replies(model: &Model, row: Option<&ConversationRow>) -> Vec<Item> {
    let Some(row) = row else {
        return Vec::new();
    };
    let slots = quick_reply::slots(&model.quick_replies);
    let mut items = Vec::new();
    for shortcut in quick_reply::ranked(&model.quick_replies) {
        let variants = || model.quick_replies.iter().filter(|q| q.reply.shortcut == shortcut);
        let fitting = quick_reply::fitting(variants(), row);
        let slot = slots.iter().position(|slot| *slot == Some(shortcut)).map(|at| format!("Alt-{}", at + 1));
        for (at, one) in fitting.iter().enumerate() {
            items.push(canned(model, row, one, slot.clone().filter(|_| at == 0)));
        }
        for other in variants().filter(|q| !fitting.iter().any(|f| f.id == q.id)) {
            let mut item = canned(model, row, other, None);
            item.why = Some(format!("for {} only", other.reply.variant()));
            items.push(item);
        }
    }
    items
}

/// A quick reply as it would read here.
fn canned(model: &Model, row: &ConversationRow, one: &QuickReplyRow, slot: Option<String>) -> Item {
    let reply = &one.reply;
    let text = model.filled_in(reply, row.id, &[]).text;
    let variant = Some(reply.variant()).filter(|variant| !variant.is_empty());
    let said = [Some(reply.title.clone()), variant, slot].into_iter().flatten().collect::<Vec<_>>();
    let choice = Choice::QuickReply { row: Box::new(one.clone()), text };
    let mut item = Item::new(choice, reply.shortcut.clone(), said.join(" · "));
    item.also = format!("{} {}", reply.title, sanitize::line(&reply.body));
    item
}

fn emojis() -> Vec<Item> {
    emojis::iter()
        .filter_map(|emoji| {
            let mut item = Item::new(Choice::Emoji(emoji.as_str()), emoji.shortcode()?, emoji.as_str());
            item.also = format!("{} {}", emoji.name(), emoji.shortcodes().collect::<Vec<_>>().join(" "));
            Some(item)
        })
        .collect()
}
