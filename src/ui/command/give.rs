//! Gives orders: to the one conversation that is meant, to all that are marked, again, and one after another as a macro.

use crate::domain::clock::Ms;
use crate::domain::conversation::Status;
use crate::domain::ids::{ConversationId, MessageId};
use crate::domain::order::{self, Order, Setting, To};
use crate::domain::row::ConversationRow;
use crate::text::{format, when};
use crate::ui::command::{self, go};
use crate::ui::effect::{Effect, ListSource, Targets, Work};
use crate::ui::model::{Bulk, Focus, Model, Purpose};
use crate::ui::msg::Level;
use crate::ui::startup::Macro;

/// Lines that one macro may run, those of macros in it included.
const MOST_LINES: usize = 200;
/// Macros within macros that are followed.
const DEEPEST: usize = 16;

impl Model {
    /// What an order is for now: what is marked, while the keys go to the list, else the one conversation that is meant.
    pub(crate) fn targets(&self) -> Option<Targets> {
        if matches!(self.focus, Focus::List | Focus::Sidebar)
            && let Some(marked) = self.marks.targets(&self.list.source)
        {
            return Some(marked);
        }
        self.target().map(Targets::One)
    }

    /// Gives an order to what is meant now.
    pub(crate) fn order(&mut self, order: Order) {
        match self.targets() {
            Some(targets) => self.give(order, targets, self.now),
            None => self.say(Level::Warn, "no conversation is selected"),
        }
    }

    /// Gives an order that was decided on at a moment.
    pub(crate) fn give(&mut self, order: Order, targets: Targets, at: Ms) {
        self.last_order = Some(order.clone());
        self.record(&order.to_string());
        match targets {
            Targets::One(id) => self.give_one(&order, id, None),
            many => {
                self.marks.clear();
                let said = order.said();
                self.bulk(Work::Orders { orders: vec![order], targets: many, at }, said);
            }
        }
    }

    /// Begins something that many conversations are changed by.
    pub(crate) fn bulk(&mut self, work: Work, said: String) {
        self.bulk_along(work, said, None);
    }

    /// The same; along with a message that can still be taken back, it is taken back with it.
    pub(crate) fn bulk_along(&mut self, work: Work, said: String, along: Option<MessageId>) {
        self.tickets += 1;
        let ticket = self.tickets;
        let is_undo = matches!(work, Work::Undo(_));
        self.bulks.insert(ticket, Bulk { said, is_undo, along, done: 0, total: None });
        self.out.push(Effect::Bulk { ticket, work });
    }

    /// Gives an order to one conversation; along with a message that can still be taken back, it is taken back with it.
    pub(crate) fn give_one(&mut self, order: &Order, id: ConversationId, along: Option<MessageId>) {
        let Some(row) = self.row(id) else {
            return self.say(Level::Warn, "the conversation is gone");
        };
        let said = self.said(order, row);
        let (now, tz) = (self.now, self.tz.clone());
        let ahead = move |text: &str| when::ahead(text, now, &tz);
        let setting =
            Setting { me: &self.me.email, agents: &self.agents, teams: &self.teams, now, when: &ahead };
        // One who looks at the screen hears that nothing would change.
        if let Order::Assign(to) = order
            && let Ok(owner) = order::owner(to, &setting)
            && self.owner_of(row) == owner
            && (owner.is_some() || row.assignee.is_none())
        {
            let said =
                if owner.is_none() { "it is nobody's already".into() } else { format!("already {said}") };
            return self.say(Level::Info, said);
        }
        match order.actions(id, &setting) {
            Ok(actions) => {
                let said = format!("{}: {said}", format::person(&row.contact_name, &row.theirs));
                for action in actions {
                    match along {
                        None => self.change(action, said.clone()),
                        Some(message) => {
                            let inverse = self.inverse(&action);
                            let purpose = Purpose::Along { message, inverse, said: said.clone() };
                            self.perform(action, purpose);
                        }
                    }
                }
            }
            Err(e) => self.say(Level::Error, e.to_string()),
        }
    }

    /// What is said of an order here: agents by their names, times as a clock shows them.
    fn said(&self, order: &Order, row: &ConversationRow) -> String {
        match order {
            Order::Assign(To::Named(name)) if *name == self.me.email => Order::Assign(To::Me).said(),
            Order::Assign(To::Named(name)) => match self.agents.iter().find(|a| a.email == *name) {
                Some(agent) => format!("given to {}", agent.name),
                None => order.said(),
            },
            Order::Snooze(Some(text)) => match when::ahead(text, self.now, &self.tz) {
                Some(at) => format!("snoozed until {}", format::moment(at, self.now, &self.tz)),
                None => order.said(),
            },
            Order::Status(Status::Open) if row.status == Status::Spam => "not spam".into(),
            _ => order.said(),
        }
    }

    /// Gives the last order again.
    pub(crate) fn repeat(&mut self) {
        if let Some(order) = self.last_order.clone() {
            self.order(order);
        }
    }

    /// Runs a line as it stands in macros, in the keys of the configuration and in the palette: an order, `macro NAME`, `list QUERY`,
    /// or the id of a command.
    pub(crate) fn run_line(&mut self, line: &str) {
        let mut lines = Vec::new();
        if let Err(why) = self.unfold(line, DEEPEST, &mut lines) {
            return self.say(Level::Error, why);
        }
        match self.targets() {
            Some(many @ (Targets::These(_) | Targets::Matching(_) | Targets::Labelled(_))) => {
                self.run_on_many(lines, many)
            }
            // Several orders are one step back.
            Some(one @ Targets::One(_)) if lines.len() > 1 && lines.iter().all(Line::is_order) => {
                self.run_on_many(lines, one);
            }
            Some(Targets::One(_)) | None => {
                for line in lines {
                    match line {
                        Line::Order(order) => self.order(order),
                        Line::Command(command) => self.run(command),
                        Line::List(query) => go::source(self, ListSource::Query(query)),
                        // Expanded above.
                        Line::Macro(_) => {}
                    }
                }
            }
        }
    }

    /// Runs lines on all that is marked: found out once, and changed one after another. What goes elsewhere between would leave the
    /// marks behind, so such lines run on one conversation only.
    fn run_on_many(&mut self, lines: Vec<Line>, targets: Targets) {
        let alone = lines.len() == 1;
        let mut orders = Vec::with_capacity(lines.len());
        for line in lines {
            match line {
                Line::Order(order) => orders.push(order),
                Line::Command(command) if alone => return self.run(command),
                Line::List(query) if alone => return go::source(self, ListSource::Query(query)),
                Line::Command(_) | Line::List(_) | Line::Macro(_) => {
                    let key = self.keymap.first_label("back");
                    let why = format!(
                        "it goes elsewhere, so it runs on one conversation only: {key} takes the marks"
                    );
                    return self.say(Level::Warn, why);
                }
            }
        }
        let Some(last) = orders.last() else { return };
        self.last_order = Some(last.clone());
        orders.iter().for_each(|order| self.record(&order.to_string()));
        let said = orders.iter().map(Order::said).collect::<Vec<_>>().join(", ");
        self.marks.clear();
        let at = self.now;
        self.bulk(Work::Orders { orders, targets, at }, said);
    }

    /// A line with the lines of macros in their places.
    fn unfold(&self, line: &str, deep: usize, out: &mut Vec<Line>) -> Result<(), String> {
        match read_line(line)? {
            Line::Macro(name) => {
                let found = self.macros.iter().find(|m| m.name == name);
                let found = found.ok_or_else(|| format!("there is no macro \u{201c}{name}\u{201d}"))?;
                for line in &found.lines {
                    if deep == 0 || out.len() >= MOST_LINES {
                        return Err(format!("stopped in macro {name}: does a macro call itself?"));
                    }
                    self.unfold(line, deep - 1, out)?;
                }
            }
            line => out.push(line),
        }
        Ok(())
    }

    /// Writes a line down while a macro is being recorded.
    pub(crate) fn record(&mut self, line: &str) {
        if let Some(lines) = &mut self.recording {
            lines.push(line.to_owned());
        }
    }
}

/// What a line asks for.
#[derive(Debug, Clone)]
pub(crate) enum Line {
    /// An order.
    Order(Order),
    /// A command of the table.
    Command(&'static command::Command),
    /// All lines of a macro.
    Macro(String),
    /// A list of what a query finds.
    List(String),
}

impl Line {
    fn is_order(&self) -> bool {
        matches!(self, Line::Order(_))
    }
}

/// Reads a line.
///
/// # Errors
/// Why it is none, with what is most like it.
pub(crate) fn read_line(line: &str) -> Result<Line, String> {
    let line = line.trim();
    if let Some(name) = line.strip_prefix("macro ") {
        return Ok(Line::Macro(name.trim().to_owned()));
    }
    if let Some(text) = line.strip_prefix("list ") {
        let text = text.trim();
        return match crate::domain::query::parse(text) {
            Ok(_) => Ok(Line::List(text.to_owned())),
            Err(e) => Err(e.to_string()),
        };
    }
    // `resolve` is an order as well as a command that toggles: in a line it means what it says.
    match line.parse::<Order>() {
        Ok(order) => Ok(Line::Order(order)),
        Err(order::OrderError::Verb { .. }) => match command::find(line) {
            Some(command) => Ok(Line::Command(command)),
            None => {
                let near = command::nearest(line).map_or(String::new(), |id| format!(": did you mean {id}?"));
                Err(format!("unknown command \u{201c}{line}\u{201d}{near}"))
            }
        },
        // Without its words a verb may still be a command that asks for them.
        Err(why) => command::find(line).map(Line::Command).ok_or_else(|| why.to_string()),
    }
}

/// What is wrong with the lines of macros. Their places are the configuration's, which names the macro too.
pub(crate) fn macro_errors(macros: &[Macro]) -> Vec<String> {
    let known = |name: &str| macros.iter().any(|m| m.name == name);
    let wrong = |line: &String| match read_line(line) {
        Ok(Line::Macro(name)) if !known(&name) => Some(format!("there is no macro \u{201c}{name}\u{201d}")),
        Ok(_) => None,
        Err(why) => Some(why),
    };
    let each = |m: &Macro| {
        let place = m.place.clone();
        m.lines.iter().filter_map(wrong).map(move |why| format!("{place}: {why}")).collect::<Vec<_>>()
    };
    macros.iter().flat_map(each).collect()
}
