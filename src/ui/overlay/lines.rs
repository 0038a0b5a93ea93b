//! The words of help, engine status and delivery history.

use crate::domain::account::Health;
use crate::domain::row::DeliveryStep;
use crate::text::format;
use crate::ui::command::{self, Category};
use crate::ui::keymap;
use crate::ui::model::{Focus, Model};
use crate::ui::msg::EngineState;
use crate::ui::sidebar::health_glyph;
use crate::ui::theme::Role;

/// A line of two columns.
pub(super) type Row = (String, Role, String, Role);

fn title(text: &str) -> Row {
    (text.to_owned(), Role::Strong, String::new(), Role::Text)
}

fn gap() -> Row {
    (String::new(), Role::Text, String::new(), Role::Text)
}

/// All keys by chapter: those of the composer are marked.
pub(super) fn help(model: &Model) -> Vec<Row> {
    let mut rows = Vec::new();
    for category in Category::ALL {
        if !rows.is_empty() {
            rows.push(gap());
        }
        rows.push(title(category.title()));
        for command in command::all().filter(|c| c.category == category) {
            let mut labels: Vec<String> = Vec::new();
            for focus in [Focus::List, Focus::Thread, Focus::Sidebar, Focus::Composer] {
                for chord in model.keymap.chords(command.id, focus) {
                    let label = keymap::label(chord);
                    if !labels.contains(&label) {
                        labels.push(label);
                    }
                }
            }
            // The nine of a kind are told once.
            match command.id {
                "go.1" => rows.push((
                    "1 … 9".into(),
                    Role::Key,
                    "Selects that row on the screen.".into(),
                    Role::Text,
                )),
                id if id.strip_prefix("go.").is_some_and(|n| n.parse::<u8>().is_ok()) => {}
                _ if labels.is_empty() => {
                    rows.push((format!(": {}", command.title), Role::Dim, command.help.into(), Role::Text));
                }
                _ => rows.push((labels.join("  "), Role::Key, command.help.into(), Role::Text)),
            }
        }
    }
    rows.push(gap());
    rows.push(title("In pickers, search and prompts"));
    for (keys, words) in [
        ("↑ ↓  Tab", "Move."),
        ("Enter", "Chooses; in search goes to the message in its thread."),
        ("Esc", "Closes."),
        ("Ctrl-U  Ctrl-W", "Empties the field; takes a word away."),
    ] {
        rows.push((keys.into(), Role::Key, words.into(), Role::Text));
    }
    rows
}

/// The engine, its addresses, the accounts, and what is wrong.
pub(super) fn status(model: &Model) -> Vec<Row> {
    let status = &model.status;
    let mut rows = vec![title("Engine")];
    let (word, role) = match status.engine {
        EngineState::Starting => ("starting", Role::Dim),
        EngineState::Here => ("runs in this program", Role::Good),
        EngineState::Elsewhere => ("runs in another program on this machine", Role::Good),
        EngineState::Offline => ("not running: what is sent waits in the outbox", Role::Warn),
    };
    rows.push(("engine".into(), Role::Dim, word.into(), role));
    if let Some(listening) = &status.listening {
        rows.push(("webhooks at".into(), Role::Dim, listening.clone(), Role::Text));
    }
    for (name, url) in &status.chat {
        rows.push((format!("chat page {name}"), Role::Dim, url.clone(), Role::Accent));
    }
    rows.push(gap());
    rows.push(title("Accounts"));
    if model.sidebar.accounts.is_empty() {
        rows.push(("none".into(), Role::Dim, "frontdesk channel add … connects one".into(), Role::Dim));
    }
    for account in &model.sidebar.accounts {
        let (glyph, role, word) = health_glyph(account.health);
        let word = word.unwrap_or(if account.health == Health::Ok { "ok" } else { "" });
        let media: Vec<_> = account.channels.iter().map(|c| c.title()).collect();
        let detail =
            if account.detail.is_empty() { String::new() } else { format!(" · {}", account.detail) };
        let about = format!("{glyph} {word} · {} · {}{detail}", account.provider, media.join(", "));
        rows.push((account.name.clone(), Role::Text, about, role));
    }
    if !status.warnings.is_empty() {
        rows.push(gap());
        rows.push(title("Warnings"));
        rows.extend(status.warnings.iter().map(|w| ("!".into(), Role::Warn, w.clone(), Role::Text)));
    }
    rows
}

/// How a message has travelled.
pub(super) fn delivery(model: &Model, steps: &[DeliveryStep]) -> Vec<Row> {
    let mut rows = Vec::new();
    for step in steps {
        let when =
            format!("{} {}", format::day(step.at, model.now, &model.tz), format::clock(step.at, &model.tz));
        let mut words = format!("{} · by {}", step.state, step.source);
        if !step.said.is_empty() && step.said != step.state.word() {
            words.push_str(&format!(" · \u{201c}{}\u{201d}", step.said));
        }
        if let Some(price) = &step.price {
            words.push_str(&format!(" · {price}"));
        }
        rows.push((when, Role::Dim, words, Role::Text));
        if let Some(reason) = &step.reason {
            let code = reason.code.as_ref().map_or(String::new(), |c| format!(" ({c})"));
            rows.push((String::new(), Role::Dim, format!("{}{code}", reason.human), Role::Warn));
        }
    }
    if rows.is_empty() {
        rows.push(("nothing is known yet".into(), Role::Dim, String::new(), Role::Dim));
    }
    rows
}
