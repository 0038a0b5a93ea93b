//! The tour: five short hints for who is new, one at a time. It takes no key away from anybody.

use crate::ui::command::Command;
use crate::ui::effect::{Effect, ListSource};
use crate::ui::guide::with_keys;
use crate::ui::key::{Code, Key};
use crate::ui::model::{Focus, Model};
use crate::ui::msg::Level;
use crate::ui::paint::{Pen, cells, folded};
use crate::ui::theme::Role;
use ratatui::layout::Rect;

/// A hint.
struct Stop {
    title: &'static str,
    /// What it says; `[ID]` stands for the key of a command.
    words: &'static str,
    /// Who has done one of these has understood it.
    done_by: &'static [&'static str],
}

static STOPS: [Stop; 5] = [
    Stop {
        title: "Look around",
        words: "[key:move.down] and [key:move.up] move, [key:open] opens. Moving marks nothing as read.",
        done_by: &["open"],
    },
    Stop {
        title: "Answer",
        words: "[key:compose.reply] writes to the customer, [key:compose.note] a note for colleagues; [key:compose.send] sends.",
        done_by: &["compose.send"],
    },
    Stop {
        title: "Decide",
        words: "[key:assign.me] takes a conversation, [key:snooze] puts it to sleep, [key:resolve] resolves it. [key:undo] takes any of it back.",
        done_by: &["resolve", "resolve.next", "snooze", "assign.me", "undo"],
    },
    Stop {
        title: "Find",
        words: "[key:search] searches all messages as you type; [key:go.mine] and its like go to a view.",
        done_by: &["search"],
    },
    Stop {
        title: "Everything else",
        words: "[key:palette] finds any command by its name, [key:help] shows the keys; the bottom line has those that work now.",
        done_by: &["palette", "help"],
    },
];

/// Widest box, in cells.
const WIDE: u16 = 46;
/// Smallest screen that has room for it.
const LEAST: (u16, u16) = (60, 16);

impl Model {
    /// Begins the tour.
    pub(crate) fn begin_tour(&mut self) {
        self.tour = Some(0);
    }

    /// Goes on to the next hint; after the last one the tour is over, for good.
    pub(crate) fn tour_on(&mut self) {
        match self.tour {
            Some(at) if at + 1 < STOPS.len() => self.tour = Some(at + 1),
            Some(_) => self.end_tour(),
            None => {}
        }
    }

    /// Ends the tour, for good.
    pub(crate) fn end_tour(&mut self) {
        if self.tour.take().is_some() {
            self.out.push(Effect::TourDone);
            self.say(Level::Info, "the tour is over: the command \u{201c}tour\u{201d} begins it again");
        }
    }

    /// Esc in the list, where there is nothing to go back from, ends it.
    pub(crate) fn tour_key(&mut self, key: Key) {
        let is_plain = self.chord.is_empty() && self.count.is_none() && self.marks.is_empty();
        let is_listed = matches!(self.list.source, ListSource::Query(_));
        if key.code == Code::Esc && self.focus == Focus::List && is_plain && !is_listed {
            self.end_tour();
        }
    }

    /// A command was run: perhaps the one that the hint is about.
    pub(crate) fn tour_sees(&mut self, command: &Command) {
        if self.tour.and_then(|at| STOPS.get(at)).is_some_and(|stop| stop.done_by.contains(&command.id)) {
            self.tour_on();
        }
    }
}

/// Paints the hint into the lower right corner of the panes; not while somebody writes there, nor under what lies above them.
pub(crate) fn draw(model: &Model, pen: &mut Pen<'_>) {
    let body = model.layout.body;
    let Some((at, stop)) = model.tour.and_then(|at| Some((at, STOPS.get(at)?))) else {
        return;
    };
    let is_free = model.overlays.is_empty() && model.focus != Focus::Composer;
    if !is_free || model.size.width < LEAST.0 || model.size.height < LEAST.1 {
        return;
    }
    let lines = folded(&with_keys(stop.words, &model.keymap), WIDE - 4, 4);
    let height = u16::try_from(lines.len()).unwrap_or(0) + 3;
    let area =
        Rect::new(body.right().saturating_sub(WIDE), body.bottom().saturating_sub(height), WIDE, height);
    let note = format!("{} of {}", at + 1, STOPS.len());
    let inner = crate::ui::overlay::view::frame(pen, area, stop.title, &note);
    for (y, line) in (inner.y..).zip(&lines) {
        pen.text(inner.x, y, inner.width, line, Role::Text);
    }
    let next = model.keymap.first_label("tour.next");
    let word = if at + 1 < STOPS.len() { " next   " } else { " done   " };
    let mut keys = Vec::new();
    if !next.is_empty() {
        keys.extend([(next.as_str(), Role::Key), (word, Role::Dim)]);
    }
    if model.focus == Focus::List {
        keys.extend([("Esc", Role::Key), (" end the tour", Role::Dim)]);
    }
    let wide: u16 = keys.iter().map(|(words, _)| cells(words)).sum();
    pen.pieces(inner.right().saturating_sub(wide), inner.bottom().saturating_sub(1), wide, &keys);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::command;

    #[test]
    fn hints_are_short_and_about_commands_that_there_are() {
        let model = crate::ui::start(crate::ui::fixture::startup()).0;
        for stop in &STOPS {
            let ids = stop.words.split("[key:").skip(1).map(|after| after.split(']').next().unwrap());
            for id in ids.chain(stop.done_by.iter().copied()) {
                assert!(command::find(id).is_some(), "{id}");
            }
            let lines = folded(&with_keys(stop.words, &model.keymap), WIDE - 4, 9);
            assert!(lines.len() <= 3 && !lines.concat().contains('['), "{lines:?}");
        }
    }
}
