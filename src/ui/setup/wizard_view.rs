//! Paints the steps in which an account is added.

use crate::domain::setting::{SettingSpec, login_words};
use crate::ui::model::Model;
use crate::ui::setup::entry::{Entry, What};
use crate::ui::setup::state::Setup;
use crate::ui::setup::view::{Sheet, below_field, column, plain};
use crate::ui::setup::wizard::{Stage, Wizard};
use crate::ui::setup::{Card, Site};
use crate::ui::sidebar::health_word;
use crate::ui::theme::Role;

/// Cells of the names of settings.
const NAMES: usize = 24;
/// From this width on there is room to explain everything before it is asked for.
const WIDE: u16 = 80;

/// The step that one is at.
pub(super) fn sheet<'a>(model: &Model, setup: &'a Setup, wizard: &'a Wizard, width: u16) -> Sheet<'a> {
    let mut sheet = Sheet::new(width);
    match wizard.stage {
        Stage::Provider => providers(&mut sheet, model, wizard, width),
        Stage::Fields => fields(&mut sheet, model, setup, wizard),
        Stage::Summary => summary(&mut sheet, model, setup, wizard),
        Stage::Written => written(&mut sheet, model, setup, wizard),
    }
    sheet
}

/// A card for each provider; that under the cursor says what it will ask for.
fn providers(sheet: &mut Sheet<'_>, model: &Model, wizard: &Wizard, width: u16) {
    sheet.line(vec![("Add an account".into(), Role::Strong), ("  which provider?".into(), Role::Dim)]);
    sheet.gap();
    let offered = wizard.offered(&model.book);
    if offered.is_empty() {
        sheet.words(0, "Nothing is called so.", Role::Text);
    }
    for (at, card) in model.book.providers.iter().enumerate().filter(|(at, _)| offered.contains(at)) {
        let from = sheet.len();
        let media: Vec<_> = card.media.iter().map(|m| m.title()).collect();
        sheet.line(vec![(column(card.name, 12), Role::Strong), (media.join(", "), Role::Dim)]);
        sheet.words(2, card.summary, Role::Text);
        if at != wizard.card {
            sheet.gap();
            continue;
        }
        sheet.choose(from);
        // The others are to be seen as well.
        let lines = offered.len() * 3 + card.settings.len() + 6;
        if width < WIDE || lines > usize::from(model.layout.body.height) {
            // Each is explained at its step.
            asks(sheet, "It needs", card, |spec| spec.required);
            asks(sheet, "It may be told", card, |spec| !spec.required && !spec.is_secret());
            asks(sheet, "Secrets", card, |spec| !spec.required && spec.is_secret());
        } else {
            card.settings.iter().for_each(|spec| explained(sheet, card, spec));
        }
        if let Some(words) = login_words(card.logins) {
            sheet.words(2, &format!("To log in it takes {words}."), Role::Text);
        }
        sheet.gap();
    }
}

/// The names of some of the things that a provider can be told.
fn asks(sheet: &mut Sheet<'_>, word: &str, card: &Card, fits: impl Fn(&SettingSpec) -> bool) {
    let names: Vec<&str> = card.settings.iter().filter(|spec| fits(spec)).map(|spec| spec.key).collect();
    if !names.is_empty() {
        sheet.columns(vec![(format!("  {}", column(word, 16)), Role::Text)], &names.join(", "), Role::Dim);
    }
}

/// One of the things that a provider can be told.
fn explained(sheet: &mut Sheet<'_>, card: &Card, spec: &SettingSpec) {
    let logs_in = card.logins.iter().any(|set| set.contains(&spec.key));
    let note = match (spec.is_secret(), spec.required) {
        (true, true) => "secret, needed",
        (true, false) if logs_in => "secret, logs in",
        (true, false) => "secret",
        (false, true) => "needed",
        (false, false) => "",
    };
    let role = if spec.required || logs_in { Role::Text } else { Role::Dim };
    let before =
        vec![("  ".into(), Role::Text), (column(spec.key, NAMES), role), (column(note, 16), Role::Dim)];
    sheet.columns(before, spec.help, Role::Dim);
}

/// All that is asked for, and what is being typed.
fn fields<'a>(sheet: &mut Sheet<'a>, model: &Model, setup: &'a Setup, wizard: &'a Wizard) {
    title(sheet, model, wizard, &format!("step {} of {}", wizard.at + 1, wizard.steps()));
    for (at, entry) in wizard.entries().iter().enumerate() {
        let from = sheet.len();
        if wizard.fold() == Some(at) {
            return folded(sheet, wizard, at);
        }
        let label = column(entry.what.key(), NAMES);
        if at == wizard.at {
            sheet.field(vec![("› ".into(), Role::Accent), (label, Role::Strong)], entry);
            below_field(sheet, setup, entry);
            sheet.reveal(from);
            continue;
        }
        let (mark, mark_role) = match entry {
            entry if entry.wrong.is_some() => ("✗ ", Role::Bad),
            entry if !entry.is_blank() => ("✓ ", Role::Good),
            _ => ("· ", Role::Faint),
        };
        let (text, role) = shown(model, wizard, entry);
        sheet.columns(vec![(mark.into(), mark_role), (label, Role::Text)], &text, role);
    }
}

/// One line for all settings that are folded away, and which these are.
fn folded(sheet: &mut Sheet<'_>, wizard: &Wizard, from: usize) {
    let is_here = wizard.is_on_fold();
    let rest: Vec<&str> = wizard.entries().iter().skip(from).map(|entry| entry.what.key()).collect();
    let (mark, role) = if is_here { ("› ", Role::Strong) } else { ("· ", Role::Text) };
    let before =
        vec![(mark.into(), if is_here { Role::Accent } else { Role::Faint }), (column("more", NAMES), role)];
    let start = sheet.len();
    sheet.columns(before, &format!("{} settings that can be left out", rest.len()), Role::Dim);
    if is_here {
        sheet.words(2, &rest.join(", "), Role::Dim);
        sheet.words(2, "Enter leaves them as they are, Space goes through them.", Role::Dim);
        sheet.reveal(start);
    }
}

fn title(sheet: &mut Sheet<'_>, model: &Model, wizard: &Wizard, note: &str) {
    let provider = wizard.provider(&model.book).map_or("", |card| card.summary);
    let what = format!("{note} · {provider}");
    sheet.columns(vec![("Add an account  ".into(), Role::Strong)], &what, Role::Dim);
    sheet.gap();
}

/// What is typed, as it may be shown.
fn shown(model: &Model, wizard: &Wizard, entry: &Entry) -> (String, Role) {
    match entry.what {
        _ if entry.is_blank() && entry.what.is_required() => ("needed".into(), Role::Warn),
        What::Secret(spec) if entry.is_blank() => match wizard.login(model, spec.key) {
            Some(words) => (words, Role::Warn),
            None => ("can be left out".into(), Role::Dim),
        },
        _ if entry.is_blank() => ("can be left out".into(), Role::Dim),
        What::Secret(_) if entry.is_hidden() => (entry.kept.words().into(), Role::Dim),
        What::Secret(_) => (format!("{}: {}", entry.kept.words(), plain(entry.text())), Role::Dim),
        What::Name | What::Setting(_) => (plain(entry.text()), Role::Accent),
    }
}

fn summary(sheet: &mut Sheet<'_>, model: &Model, setup: &Setup, wizard: &Wizard) {
    title(sheet, model, wizard, "look it over");
    sheet.top = wizard.top;
    for why in &wizard.fail {
        sheet.marked("✗", why, Role::Bad);
    }
    if !wizard.fail.is_empty() {
        sheet.words(2, "Nothing was stored, and nothing that you typed is lost.", Role::Dim);
        sheet.gap();
    }
    let Some(card) = wizard.provider(&model.book) else { return };
    let media: Vec<_> = (model.book.media)(card.name, &wizard.settings()).iter().map(|m| m.title()).collect();
    let file = setup.look.as_ref().map_or("the configuration", |look| look.file.as_str());
    let next = format!("Enter writes it to {file} and asks {} whether it works.", card.name);
    sheet.words(0, &next, Role::Text);
    sheet.gap();
    sheet.columns(vec![(column("carries", NAMES), Role::Text)], &media.join(", "), Role::Text);
    for entry in wizard.entries().iter().filter(|e| !e.is_blank()) {
        let (text, role) = shown(model, wizard, entry);
        sheet.columns(vec![(column(entry.what.key(), NAMES), Role::Text)], &text, role);
    }
    sheet.gap();
    guide(sheet, model, setup, wizard);
}

/// What to paste where, or that nothing is to be pasted.
fn guide(sheet: &mut Sheet<'_>, model: &Model, setup: &Setup, wizard: &Wizard) {
    let Some(card) = wizard.provider(&model.book) else { return };
    let nowhere = Site::default();
    let site = setup.look.as_ref().map_or(&nowhere, |look| &look.site);
    sheet.line(vec![("How messages come in".into(), Role::Strong)]);
    for line in (model.book.guide)(card.name, wizard.name(), &wizard.settings(), site) {
        sheet.marked("·", &line, Role::Text);
    }
    sheet.gap();
}

fn written(sheet: &mut Sheet<'_>, model: &Model, setup: &Setup, wizard: &Wizard) {
    let name = plain(wizard.name());
    title(sheet, model, wizard, "done");
    sheet.top = wizard.top;
    sheet.marked("✓", &format!("{name} is written; the engine notices it within a second"), Role::Good);
    match &wizard.tested {
        None => sheet.marked("…", "asking the provider whether the login works", Role::Dim),
        Some(Ok(who)) => sheet.marked("✓", &format!("it works: {who}"), Role::Good),
        Some(Err((health, why))) => {
            sheet.marked("✗", &format!("{}: {why}", health_word(*health)), Role::Bad);
            sheet.words(
                2,
                "The account stays as it is written: Enter goes to the list, e changes a setting, s a secret, t asks again.",
                Role::Dim,
            );
        }
    }
    wizard.notes.iter().for_each(|note| sheet.marked("!", note, Role::Warn));
    sheet.gap();
    guide(sheet, model, setup, wizard);
}
