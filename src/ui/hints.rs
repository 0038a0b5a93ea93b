//! The bottom line: a notice if there is one, and the keys that work right now.

use crate::domain::attachment::Written;
use crate::domain::command::ComposeMode;
use crate::domain::delivery::Delivery;
use crate::domain::mail::Manner;
use crate::domain::row::OutboxRow;
use crate::ui::command::message::is_stuck;
use crate::ui::command::{self, undo};
use crate::ui::composer::refusal;
use crate::ui::key::{Code, Key};
use crate::ui::list::view::is_mine;
use crate::ui::model::{Focus, Model};
use crate::ui::msg::Level;
use crate::ui::overlay::{Overlay, outbox};
use crate::ui::paint::{Pen, cells, folded};
use crate::ui::theme::Role;
use crate::ui::thread::words;
use ratatui::layout::Rect;

/// What a click on a hint does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Press {
    /// Runs a command.
    Command(&'static str),
    /// Presses a key.
    Key(Key),
}

/// A key with its word, at its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hint {
    pub(crate) x: u16,
    pub(crate) label: String,
    pub(crate) word: &'static str,
    pub(crate) press: Press,
}

impl Hint {
    /// Cells that it takes.
    pub(crate) fn width(&self) -> u16 {
        cells(&self.label) + 1 + cells(self.word)
    }
}

/// Commands whose keys always stay, at the end.
const LAST: [&str; 2] = ["palette", "help"];

/// Chooses the hints and their places.
pub(crate) fn prepare(model: &mut Model) {
    let Some(bar) = model.layout.bar else {
        model.hints.clear();
        return;
    };
    let mut hints = match model.overlays.last() {
        Some(overlay) => above(model, overlay),
        None if !model.chord.is_empty() => of_chord(model),
        None if model.is_in_head() => of_head(model),
        None => of_panes(model),
    };
    // Help and the way out keep their places; what does not fit beside them goes.
    let notice = match words_first(model) {
        Some((_, text, role)) if above_the_bar(model, bar, &text, role).is_none() => {
            cells(&text).min(most_of(bar)) + 4
        }
        _ => 0,
    };
    let room = bar.width.saturating_sub(2 + notice);
    let mut held: u16 = hints.iter().filter(|h| stays(h)).map(|h| h.width() + 2).sum();
    let mut used: u16 = 0;
    let mut kept = Vec::new();
    for hint in hints.drain(..) {
        let wide = hint.width() + 2;
        let limit = if stays(&hint) {
            held -= wide;
            room
        } else {
            room.saturating_sub(held)
        };
        if used + wide <= limit + 2 {
            used += wide;
            kept.push(hint);
        }
    }
    let mut x = bar.x + 1 + notice;
    for hint in &mut kept {
        hint.x = x;
        x += hint.width() + 2;
    }
    model.hints = kept;
}

fn stays(hint: &Hint) -> bool {
    match hint.press {
        Press::Command(id) => LAST.contains(&id),
        Press::Key(key) => key.code == Code::Esc,
    }
}

fn of_panes(model: &Model) -> Vec<Hint> {
    let mut found: Vec<(u8, Hint)> = command::all()
        .filter_map(|command| {
            let (word, rank) = command.hint?;
            let label = model.keymap.label(command.id, model.focus)?;
            (command.available)(model).ok()?;
            if !leads_somewhere(model, command.id) {
                return None;
            }
            let word = match (command.id, model.focus) {
                ("open", Focus::Thread) => return None,
                ("open", Focus::Sidebar) => "list it",
                ("resolve", _) if is_over(model) => "reopen",
                ("compose.everybody", _) if is_to_all(model) => "sender only",
                ("compose.whole", _) if is_whole(model) => "with its words",
                ("message.retry", Focus::Thread) => answer(model, command.id).unwrap_or(word),
                _ => word,
            };
            let is_editing = model.focus == Focus::Composer;
            if is_editing && LAST.contains(&command.id) && command.id == "palette" {
                return None;
            }
            Some((rank, Hint { x: 0, label, word, press: Press::Command(command.id) }))
        })
        .collect();
    if model.problems() > 0
        && let Some(label) = model.keymap.label("status", model.focus)
        && model.focus != Focus::Composer
    {
        found.push((5, Hint { x: 0, label, word: "what is wrong", press: Press::Command("status") }));
    }
    found.sort_by_key(|(rank, _)| *rank);
    found.into_iter().map(|(_, hint)| hint).collect()
}

fn is_to_all(model: &Model) -> bool {
    model.head().is_some_and(|head| head.manner == Manner::ReplyAll)
}

fn is_whole(model: &Model) -> bool {
    model.head().is_some_and(|head| head.manner == Manner::ForwardAttached)
}

/// The keys of a field of a mail's head.
fn of_head(model: &Model) -> Vec<Hint> {
    let hint = |label: &str, word, code| Hint {
        x: 0,
        label: label.into(),
        word,
        press: Press::Key(Key::plain(code)),
    };
    let has_offers = model.head().is_some_and(|head| !head.offers().is_empty());
    let mut hints = if has_offers {
        vec![hint("Tab", "put in", Code::Tab), hint("↑↓", "choose", Code::Down)]
    } else {
        vec![hint("Tab", "next", Code::Tab)]
    };
    let of = |id: &'static str, word| {
        let label = model.keymap.label(id, Focus::Composer)?;
        let is_possible = command::find(id).is_some_and(|command| (command.available)(model).is_ok());
        is_possible.then_some(Hint { x: 0, label, word, press: Press::Command(id) })
    };
    // Enter goes on here: what sends is the next key.
    let sends = model.keymap.chords("compose.send", Focus::Composer);
    let sends = sends.into_iter().find(|chord| **chord != [Key::plain(Code::Enter)]);
    hints.extend(sends.map(|chord| Hint {
        x: 0,
        label: crate::ui::keymap::label(chord),
        word: "send",
        press: Press::Command("compose.send"),
    }));
    hints.push(hint("Esc", "keep draft", Code::Esc));
    hints.extend(of("compose.copies", "Cc, Bcc"));
    hints.extend(of("compose.everybody", if is_to_all(model) { "sender only" } else { "to all" }));
    hints.extend(of("compose.whole", if is_whole(model) { "with its words" } else { "as a file" }));
    hints.extend(of("help", "keys"));
    hints
}

/// What a command does with the message under the cursor, where it answers how that one fares.
fn answer(model: &Model, id: &str) -> Option<&'static str> {
    let answers = model.thread.cursor_message().map(words::answers)?;
    answers.iter().find(|(answer, _)| *answer == id).map(|(_, word)| *word)
}

/// Whether a key that has an effect also has the one that its hint promises.
fn leads_somewhere(model: &Model, id: &str) -> bool {
    match id {
        // The answer to a delivery state is one for the message under the cursor.
        "message.retry" | "message.resend" | "message.was-sent" | "message.not-sent"
            if model.focus == Focus::Thread =>
        {
            answer(model, id).is_some()
        }
        // What waits for its time asks for nothing.
        "message.retry" => {
            model.thread.messages.iter().any(|m| m.delivery != Some(Delivery::Queued) && is_stuck(m))
        }
        // It can be begun where it cannot be sent (the composer says why): that is nothing to be led to.
        "compose.reply" | "quick-reply" if model.focus != Focus::Composer => {
            may_write(model, ComposeMode::Reply, None)
        }
        "compose.note" => may_write(model, ComposeMode::Note, None),
        "compose.send" | "compose.later" | "compose.send-resolve" | "compose.send-next" => {
            model.composer.as_ref().is_some_and(|composer| {
                let written = composer.written();
                may_write(model, composer.mode, (!composer.is_blank()).then_some(&written))
            })
        }
        "undo" => undo::takes_back(model),
        "compose.complete" => model.completes(),
        // What one can take is not what one has.
        "assign.me" => !model.target_row().is_some_and(|row| is_mine(model, row)),
        "resolve.next" => !is_over(model),
        _ => true,
    }
}

/// Whether nothing that is known stands in the way of writing in the target.
fn may_write(model: &Model, mode: ComposeMode, written: Option<&Written>) -> bool {
    let context = model.target().and_then(|id| model.context(id));
    context.is_none_or(|context| refusal(context, mode, written, model.now).is_none())
}

fn is_over(model: &Model) -> bool {
    use crate::domain::conversation::Status;
    model.target_row().is_some_and(|r| !matches!(r.status, Status::Open | Status::Pending))
}

/// What stands before the hints: a change of many conversations that is under way, a number that waits for its command, a notice, a
/// macro that is being recorded.
fn words_first(model: &Model) -> Option<(&'static str, String, Role)> {
    if let Some(bulk) = model.bulks.values().next() {
        let far = match bulk.total {
            Some(total) => format!("{} {} of {total}", bar_of(bulk.done, total), bulk.done),
            None => "\u{2026}".into(),
        };
        return Some(("\u{21bb}", format!("{} {far}", bulk.said), Role::Accent));
    }
    if let Some(count) = model.count {
        return Some(("#", format!("{count} times, or row {count}: now a key"), Role::Accent));
    }
    if let Some(notice) = &model.notice {
        let (glyph, role) = match notice.level {
            Level::Info => ("·", Role::Dim),
            Level::Good => ("✓", Role::Good),
            Level::Warn => ("!", Role::Warn),
            Level::Error => ("✗", Role::Bad),
        };
        return Some((glyph, notice.text.clone(), role));
    }
    let lines = model.recording.as_ref()?;
    Some(("●", format!("recording, {} so far", lines.len()), Role::Accent))
}

/// Ten cells that fill up.
fn bar_of(done: usize, total: usize) -> String {
    let full = (done * 10).checked_div(total).unwrap_or(10).min(10);
    "█".repeat(full) + &"░".repeat(10 - full)
}

/// What may follow the keys pressed so far.
fn of_chord(model: &Model) -> Vec<Hint> {
    let mut hints = Vec::new();
    for binding in model.keymap.bindings() {
        if binding.scope.holds(model.focus)
            && binding.chord.len() > model.chord.len()
            && binding.chord.starts_with(&model.chord)
            && let Some(next) = binding.chord.get(model.chord.len())
            && (binding.command.available)(model).is_ok()
        {
            let hint =
                Hint { x: 0, label: next.label(), word: binding.command.title, press: Press::Key(*next) };
            hints.push(hint);
        }
    }
    let esc = Key::plain(Code::Esc);
    hints.push(Hint { x: 0, label: "Esc".into(), word: "never mind", press: Press::Key(esc) });
    hints
}

/// The keys of the outbox: for the row under the cursor first.
fn of_outbox(model: &Model, row: Option<&OutboxRow>) -> Vec<Hint> {
    let answers = row.map(outbox::answers).unwrap_or_default();
    let of_row = answers.iter().filter_map(|(command, word)| {
        let chords = model.keymap.chords(command, Focus::Thread);
        let key = *chords.first()?.first()?;
        Some(Hint { x: 0, label: key.label(), word, press: Press::Key(key) })
    });
    let hint = |label: &str, word, code| Hint {
        x: 0,
        label: label.into(),
        word,
        press: Press::Key(Key::plain(code)),
    };
    let rest = [
        hint("Enter", "go to the message", Code::Enter),
        hint("↑↓", "move", Code::Down),
        hint("Esc", "close", Code::Esc),
    ];
    of_row.chain(rest).collect()
}

/// The keys of what lies above the panes.
pub(crate) fn above(model: &Model, overlay: &Overlay) -> Vec<Hint> {
    match overlay {
        Overlay::Outbox { rows: Some(rows), at } if !rows.is_empty() => of_outbox(model, rows.get(*at)),
        overlay => of_overlay(model, overlay),
    }
}

fn of_overlay(model: &Model, overlay: &Overlay) -> Vec<Hint> {
    let hint = |label: &str, word, key| Hint { x: 0, label: label.into(), word, press: Press::Key(key) };
    let enter = Key::plain(Code::Enter);
    let esc = hint("Esc", "close", Key::plain(Code::Esc));
    let moves = hint("↑↓", "move", Key::plain(Code::Down));
    match overlay {
        Overlay::Picker(picker) if !picker.shown.is_empty() => {
            vec![hint("Enter", "choose", enter), moves, esc]
        }
        Overlay::Search(search) if !search.found.hits.is_empty() => {
            vec![hint("Enter", "go to the message", enter), moves, esc]
        }
        Overlay::Prompt(_) => vec![hint("Enter", "done", enter), esc],
        Overlay::Browse(_) => {
            vec![hint("Enter", "attach", enter), hint("Tab", "complete", Key::plain(Code::Tab)), moves, esc]
        }
        Overlay::Asking(_) => {
            vec![hint("Enter", "go on", enter), hint("Esc", "leave it out", Key::plain(Code::Esc))]
        }
        Overlay::Confirm(_) | Overlay::Doubts(_) => {
            vec![hint("y", "yes", Key::char('y')), hint("n", "no", Key::char('n'))]
        }
        // There is nothing to be chosen.
        Overlay::Picker(_) | Overlay::Search(_) | Overlay::Outbox { .. } => vec![esc],
        Overlay::Canned(_) => vec![
            hint("a", "add", Key::char('a')),
            hint("e", "edit", Key::char('e')),
            hint("f", "add a file", Key::char('f')),
            hint("x", "remove", Key::char('x')),
            moves,
            esc,
        ],
        Overlay::Help(help) if help.search.is_some() => {
            vec![hint("Esc", "show all", Key::plain(Code::Esc))]
        }
        Overlay::Help(_) => vec![hint("/", "search", Key::char('/')), moves, esc],
        Overlay::Status { .. } | Overlay::About { .. } | Overlay::Page { .. } => vec![moves, esc],
        Overlay::Delivery { .. } => vec![esc],
        Overlay::Setup(setup) => crate::ui::setup::hints(model, setup),
    }
}

/// Cells of the line that words take at most: the keys are to stay.
const fn most_of(bar: Rect) -> u16 {
    bar.width * 2 / 3
}

/// Lines that words take above the bar at most.
const LINES: usize = 5;

/// Whether words tell of trouble.
const fn is_trouble(role: Role) -> bool {
    matches!(role, Role::Warn | Role::Bad)
}

/// The lines of trouble that is too long for the bar: it is told to its end above it, where there is room for that.
fn above_the_bar(model: &Model, bar: Rect, text: &str, role: Role) -> Option<Vec<String>> {
    if !is_trouble(role) || cells(text) <= most_of(bar) {
        return None;
    }
    let lines = folded(text, bar.width.saturating_sub(4).max(1), LINES);
    // They cover the hair line, and what is above it as far as needed.
    (model.layout.header.is_some() && usize::from(model.layout.body.height) > lines.len() + 2)
        .then_some(lines)
}

/// Where the lines of trouble are that are too long for the bar: above it; while something is written above the panes, so that no
/// word of that is covered.
pub(crate) fn strip(model: &Model) -> Option<Rect> {
    let bar = model.layout.bar?;
    let (_, text, role) = words_first(model)?;
    let lines = above_the_bar(model, bar, &text, role)?;
    let height = u16::try_from(lines.len()).unwrap_or(0);
    let y = if model.focus == Focus::Composer { model.layout.body.y } else { bar.y.saturating_sub(height) };
    Some(Rect::new(bar.x, y, bar.width, height))
}

/// Paints the line.
pub(crate) fn draw(model: &Model, pen: &mut Pen<'_>, bar: Rect) {
    if let Some((glyph, text, role)) = words_first(model) {
        let words = if is_trouble(role) { role } else { Role::Text };
        let mut place = bar;
        let mut lines = vec![text];
        if let (Some(strip), Some(folded)) = (strip(model), above_the_bar(model, bar, &lines[0], role)) {
            pen.clear(strip, Role::Overlay);
            (place, lines) = (strip, folded);
        } else if let Some(first) = model.hints.first() {
            place.width = first.x.saturating_sub(2).saturating_sub(bar.x);
        }
        pen.text(place.x + 1, place.y, 1, glyph, role);
        for (y, line) in (place.top()..place.bottom()).zip(&lines) {
            pen.text(place.x + 3, y, place.width.saturating_sub(3), line, words);
        }
    }
    for hint in &model.hints {
        let room = |x: u16| bar.right().saturating_sub(x);
        let x = pen.text(hint.x, bar.y, room(hint.x), &hint.label, Role::Key);
        pen.text(x + 1, bar.y, room(x + 1), hint.word, Role::Dim);
    }
}
