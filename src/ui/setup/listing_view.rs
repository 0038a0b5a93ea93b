//! Paints the sections that list something: their rows, and what is typed or pressed for one of them.

use crate::ui::model::Model;
use crate::ui::setup::Look;
use crate::ui::setup::capture::Capture;
use crate::ui::setup::form::Form;
use crate::ui::setup::listing::Open;
use crate::ui::setup::section::{Seen, objection};
use crate::ui::setup::state::Setup;
use crate::ui::setup::view::{Sheet, column, plain};
use crate::ui::theme::Role;

/// Cells of the names of what is typed.
const LABELS: usize = 12;

impl Model {
    /// What sections may look at.
    pub(super) fn seen<'a>(&'a self, look: &'a Look) -> Seen<'a> {
        Seen {
            look,
            keymap: &self.keymap,
            themes: &self.themes,
            macros: &self.macros,
            recorded: &self.recorded,
        }
    }
}

/// What is in a section.
pub(super) fn sheet<'a>(model: &Model, setup: &'a Setup, look: &Look, width: u16) -> Sheet<'a> {
    let seen = model.seen(look);
    let mut sheet = Sheet::new(width);
    match &setup.open {
        Some(Open::Form(form)) => fill(&mut sheet, form, &seen),
        Some(Open::Capture(capture)) => press(&mut sheet, capture, &seen),
        None => rows(&mut sheet, setup, &seen, width),
    }
    sheet
}

fn rows(sheet: &mut Sheet<'_>, setup: &Setup, seen: &Seen<'_>, width: u16) {
    let part = setup.section().part();
    let rows = setup.listed(seen);
    if rows.is_empty() {
        sheet.words(0, if setup.find.is_used() { "Nothing is called so." } else { part.empty }, Role::Text);
    }
    let names = part.width.min(usize::from(width) / 2);
    let at = setup.at.min(rows.len().saturating_sub(1));
    for (n, row) in rows.iter().enumerate() {
        let from = sheet.len();
        let mark = if row.is_current { "● " } else { "" };
        let name = column(&format!("{mark}{}", row.name), names);
        sheet.columns(vec![(name, Role::Strong)], &plain(&row.about), Role::Text);
        if n == at && !setup.on_sections {
            if !row.place.is_empty() {
                sheet.words(2, &row.place, Role::Dim);
            }
            sheet.choose(from);
        }
    }
}

/// What there is to know about a section, and where it stands in the file. It stays in view.
pub(super) fn about(sheet: &mut Sheet<'_>, setup: &Setup, look: &Look) {
    let part = setup.section().part();
    if setup.open.is_some() {
        return;
    }
    sheet.gap();
    part.how.iter().for_each(|line| sheet.words(0, line, Role::Dim));
    if !part.table.is_empty() {
        sheet.words(0, &format!("In the file: {}, {}", part.table, look.file), Role::Dim);
    }
}

/// Several things that are typed one after another.
fn fill<'a>(sheet: &mut Sheet<'a>, form: &'a Form, seen: &Seen<'_>) {
    sheet.line(vec![(plain(&form.title), Role::Strong)]);
    sheet.gap();
    for (at, blank) in form.fields.iter().enumerate() {
        let from = sheet.len();
        let label = column(blank.label, LABELS);
        if at != form.at {
            let text = form.text(at);
            let wrong = form.wrong_at(at, seen).is_some() && !text.is_empty();
            let mark = if wrong { ("✗ ", Role::Bad) } else { ("  ", Role::Faint) };
            let shown =
                if text.is_empty() { ("–".to_owned(), Role::Faint) } else { (plain(text), Role::Accent) };
            sheet.columns(vec![(mark.0.into(), mark.1), (label, Role::Text)], &shown.0, shown.1);
            continue;
        }
        sheet.typed(vec![("› ".into(), Role::Accent), (label, Role::Strong)], &blank.input);
        // While it is empty nobody has to be told that it is.
        if let Some(wrong) = form.wrong_at(at, seen).filter(|_| !form.text(at).is_empty()) {
            sheet.marked("✗", &wrong, Role::Bad);
        }
        sheet.words(2, blank.help, Role::Dim);
        sheet.reveal(from);
    }
    sheet.gap();
    form.wrong.iter().for_each(|why| sheet.marked("✗", why, Role::Bad));
}

/// A key that is pressed to be bound.
fn press(sheet: &mut Sheet<'_>, capture: &Capture, seen: &Seen<'_>) {
    sheet.columns(vec![("A key for ".into(), Role::Dim)], &plain(&capture.title), Role::Strong);
    sheet.gap();
    let label = capture.label();
    let shown = if label.is_empty() { ("press it".to_owned(), Role::Dim) } else { (label, Role::Key) };
    sheet.columns(vec![(column("key", LABELS), Role::Text)], &shown.0, shown.1);
    sheet.columns(vec![(column("holds in", LABELS), Role::Text)], capture.scope.told(), Role::Accent);
    if let Some((scope, old)) = &capture.old {
        let old = format!("{} in {}", crate::ui::keymap::label(old), scope.word());
        sheet.columns(vec![(column("instead of", LABELS), Role::Text)], &old, Role::Text);
    }
    sheet.gap();
    if !capture.chord.is_empty() {
        match objection(seen, capture) {
            Ok(taken) => {
                taken.iter().for_each(|taken| sheet.marked("!", taken, Role::Warn));
                let ask = "Enter takes the key away from there; Backspace takes back what was pressed.";
                if !taken.is_empty() {
                    sheet.words(
                        2,
                        if capture.is_sure { "Enter once more: it is taken from there." } else { ask },
                        Role::Warn,
                    );
                }
            }
            Err(why) => sheet.marked("✗", &format!("{why}: use another key"), Role::Bad),
        }
    }
    capture.wrong.iter().for_each(|why| sheet.marked("✗", why, Role::Bad));
    sheet.words(0, "Several keys after one another make a chord, such as g v. Enter, Esc, Tab and Backspace can be bound in the file only.", Role::Dim);
}
