//! Help on keys: first those of where one is, then all; narrowed by words that are typed behind a slash.

use crate::ui::command::sheet::{TYPING, is_slot};
use crate::ui::command::{self, SheetLine};
use crate::ui::guide;
use crate::ui::hints;
use crate::ui::input::Input;
use crate::ui::key::{Code, Key};
use crate::ui::keymap::{self, Scope};
use crate::ui::model::{Focus, Model};
use crate::ui::overlay::lines::{Row, Table, gap, title};
use crate::ui::overlay::view::frame;
use crate::ui::overlay::{Overlay, PickerKind};
use crate::ui::paint::Pen;
use crate::ui::theme::Role;
use ratatui::layout::Rect;

/// Keys and what they do.
#[derive(Debug, Clone)]
struct Line {
    keys: String,
    about: String,
    /// Further words to find it by.
    also: &'static str,
}

fn line(keys: impl Into<String>, about: impl Into<String>) -> Line {
    Line { keys: keys.into(), about: about.into(), also: "" }
}

/// The first column.
const COLUMN: u16 = 24;

/// What is shown.
#[derive(Debug)]
pub(crate) struct Help {
    /// Where it was asked for, and what can be pressed there.
    here: (String, Vec<Line>),
    pub(crate) top: usize,
    /// What is looked for; none = everything is shown.
    pub(crate) search: Option<Input>,
}

impl Help {
    /// The help of where one is.
    pub(crate) fn new(model: &Model) -> Help {
        let here = match model.overlays.last() {
            Some(overlay) => above(model, overlay),
            None => (place(model.focus).to_owned(), of_pane(model)),
        };
        Help { here, top: 0, search: None }
    }

    /// Takes a key of the search. None if it means nothing there.
    pub(super) fn search_key(&mut self, key: Key) -> Option<()> {
        if key.types() == Some('/') && self.search.is_none() {
            self.search = Some(Input::default());
            return Some(());
        }
        let input = self.search.as_mut()?;
        match key.code {
            Code::Esc => self.search = None,
            Code::Enter => {}
            _ => {
                input.key(key)?;
            }
        }
        self.top = 0;
        Some(())
    }

    /// All of it that fits what is looked for.
    pub(super) fn table(&self, model: &Model, width: u16) -> Table {
        let words = self.search.as_ref().map(|input| input.text().to_lowercase()).unwrap_or_default();
        let fits = |line: &&Line| {
            let line = format!("{} {} {}", line.keys, line.about, line.also).to_lowercase();
            words.split_whitespace().all(|word| line.contains(word))
        };
        let mut rows: Vec<Row> = Vec::new();
        let (here, keys) = &self.here;
        for (name, lines) in std::iter::once((here.clone(), keys.clone())).chain(everything(model)) {
            let mut lines = lines.iter().filter(fits).peekable();
            if lines.peek().is_none() {
                continue;
            }
            if !rows.is_empty() {
                rows.push(gap());
            }
            rows.push(title(&name));
            rows.extend(lines.map(|line| {
                let role = if line.keys.starts_with(": ") { Role::Dim } else { Role::Key };
                (line.keys.clone(), role, line.about.clone(), Role::Text)
            }));
        }
        if rows.is_empty() {
            rows.push(("Nothing fits".into(), Role::Dim, String::new(), Role::Dim));
        }
        Table::new(rows, COLUMN, width)
    }

    /// Rows below the line of the search.
    pub(super) fn room(&self, rows: usize) -> usize {
        rows.saturating_sub(usize::from(self.search.is_some()))
    }

    /// Paints it.
    pub(super) fn draw(&self, model: &Model, pen: &mut Pen<'_>, area: Rect) {
        let inner = frame(pen, area, "Keys", "/ searches, j k scroll");
        let table = self.table(model, inner.width);
        let Some(input) = &self.search else { return table.draw(pen, inner, self.top) };
        if inner.height > 0 {
            pen.text(inner.x, inner.y, 1, "/", Role::Accent);
            input.draw(pen, inner.x + 2, inner.y, inner.width.saturating_sub(2));
            let rest = Rect::new(inner.x, inner.y + 1, inner.width, inner.height - 1);
            table.draw(pen, rest, self.top);
        }
    }
}

const fn place(focus: Focus) -> &'static str {
    match focus {
        Focus::Sidebar => "Here, beside the list",
        Focus::List => "Here, in the list",
        Focus::Thread => "Here, in the thread",
        Focus::Composer => "Here, where you write",
    }
}

fn typing() -> impl Iterator<Item = Line> {
    TYPING.iter().map(|(keys, about)| line(*keys, *about))
}

/// What belongs to a pane before what is the same in all of them: its own keys, those of the configuration, those of its bottom line.
fn of_pane(model: &Model) -> Vec<Line> {
    let (focus, keymap) = (model.focus, &model.keymap);
    let is_own = |scope: Scope| !matches!(scope, Scope::Anywhere | Scope::Panes) && scope.holds(focus);
    let bindings = || keymap.bindings().iter().filter(|b| b.scope.holds(focus));
    let lines =
        bindings().filter_map(|b| Some(line(keymap::label(&b.chord), format!("Runs: {}", b.line.as_ref()?))));
    let keys_of = |line: &SheetLine| {
        if is_slot(line.command) {
            return line.keys.join(", ");
        }
        let chords = keymap.chords(line.command.id, focus);
        chords.into_iter().map(keymap::label).collect::<Vec<_>>().join(", ")
    };
    let mut sheet: Vec<(bool, SheetLine)> = command::sheet(keymap)
        .into_iter()
        .map(|line| (bindings().any(|b| b.command.id == line.command.id && is_own(b.scope)), line))
        .filter(|(own, line)| *own || line.command.hint.is_some())
        .collect();
    sheet.sort_by_key(|(own, _)| !own);
    let commands = sheet.iter().map(|(_, one)| Line { also: one.title(), ..line(keys_of(one), one.help()) });
    let found = lines.chain(commands).filter(|line| !line.keys.is_empty());
    if focus == Focus::Composer { found.chain(typing()).collect() } else { found.collect() }
}

/// What can be pressed in what lies above the panes: the keys of its bottom line, and how one moves and types there.
fn above(model: &Model, overlay: &Overlay) -> (String, Vec<Line>) {
    let (name, types) = match overlay {
        Overlay::Picker(picker) => (picker.title(), true),
        Overlay::Search(_) => ("Search".to_owned(), true),
        Overlay::Prompt(prompt) => (prompt.question().0.to_owned(), true),
        Overlay::Asking(_) => ("Question of a quick reply".to_owned(), true),
        Overlay::Confirm(_) | Overlay::Doubts(_) => ("Question".to_owned(), false),
        Overlay::Setup(setup) => ("Setup".to_owned(), setup.is_typing()),
        Overlay::Outbox { .. } => ("Outbox".to_owned(), false),
        Overlay::Canned(_) => ("Quick replies".to_owned(), false),
        Overlay::Browse(_) => ("Files".to_owned(), true),
        Overlay::Delivery { .. } => ("Delivery".to_owned(), false),
        Overlay::Page { page, .. } => (page.title().to_owned(), false),
        Overlay::Status { .. } => ("Engine and channels".to_owned(), false),
        Overlay::About { .. } => ("About the customer".to_owned(), false),
        Overlay::Help(_) => ("Keys".to_owned(), false),
    };
    let mut lines = match overlay {
        Overlay::Picker(_) => vec![line("letters", "Narrow the choices.")],
        Overlay::Search(_) => vec![line("letters", "Search as you type.")],
        _ => Vec::new(),
    };
    match overlay {
        Overlay::Picker(picker) if picker.kind == PickerKind::Priority => {
            lines.push(line("0 … 4", "Choose at once: 0 none, 4 urgent."));
        }
        Overlay::Picker(picker)
            if matches!(picker.kind, PickerKind::Snooze | PickerKind::Later | PickerKind::SendAndSnooze) =>
        {
            lines.push(line("2h, mon 9:00, +7d", "A time of your own: type it."));
        }
        _ => {}
    }
    lines.extend(hints::above(model, overlay).into_iter().map(|hint| {
        let mut letters = hint.word.chars();
        let first = letters.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
        line(hint.label, format!("{first}{}.", letters.as_str()))
    }));
    if matches!(overlay, Overlay::Picker(_) | Overlay::Search(_)) {
        lines.push(line("Ctrl-N, Ctrl-P, Tab", "Move as well; PageUp and PageDown by ten rows."));
    }
    if types {
        lines.extend(typing());
    }
    (format!("Here: {name}"), lines)
}

/// All keys by chapter, and the pages.
fn everything(model: &Model) -> Vec<(String, Vec<Line>)> {
    let mut out: Vec<(String, Vec<Line>)> = Vec::new();
    for one in command::sheet(&model.keymap) {
        let keys = match one.keys.as_slice() {
            [] => format!(": {}", one.command.title),
            keys => keys.join(", "),
        };
        let entry = Line { also: one.title(), ..line(keys, one.help()) };
        match out.last_mut().filter(|(name, _)| name == one.category.title()) {
            Some((_, lines)) => lines.push(entry),
            None => out.push((one.category.title().to_owned(), vec![entry])),
        }
    }
    let fixed = [
        ("↑, ↓, Tab, Ctrl-N, Ctrl-P", "Move."),
        ("Enter", "Chooses; in search goes to the message in its thread."),
        ("Esc", "Closes."),
    ];
    let fixed = fixed.map(|(keys, about)| line(keys, about));
    out.push(("In pickers, search and prompts".into(), fixed.to_vec()));
    out.push(("Wherever text is typed".into(), typing().collect()));
    let pages = guide::PAGES.iter().map(|page| line(format!(": help {}", page.name), page.title()));
    out.push(("Pages".into(), pages.collect()));
    out
}
