//! `keys` and `guide`: what the screen's help tells, in the shell.

use crate::app::api::{self, PAGES, Page, Piece};
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::output::Table;
use crate::text::wrap;
use serde::Serialize;

#[derive(Serialize)]
struct KeyShape<'a> {
    command: &'a str,
    keys: &'a [String],
    title: &'a str,
    help: &'a str,
}

/// Prints all commands with the keys that hold here.
///
/// # Errors
/// What is wrong with the configuration; when nobody takes the output.
pub fn keys(ctx: &mut Context) -> Result<(), CliError> {
    let (keymap, errors) = api::keymap(&ctx.config()?);
    for error in errors {
        ctx.out.note(&error)?;
    }
    let lines = api::sheet(&keymap);
    if ctx.out.json {
        for line in &lines {
            let (command, help) = (line.command.id, line.help());
            ctx.out.object(&KeyShape { command, keys: &line.keys, title: line.title(), help })?;
        }
        return Ok(());
    }
    let mut chapter = None;
    for line in &lines {
        if chapter.replace(line.category) != Some(line.category) {
            if line.category != lines[0].category {
                ctx.out.line("")?;
            }
            ctx.out.line(line.category.title())?;
        }
        let keys = if line.keys.is_empty() { format!(":{}", line.command.id) } else { line.keys.join(", ") };
        ctx.out.block("", &entry(&keys, line.title()))?;
    }
    ctx.out.line("\nWherever text is typed")?;
    for (keys, about) in api::TYPING {
        ctx.out.block("", &entry(keys, about))?;
    }
    Ok(())
}

#[derive(Serialize)]
struct PageShape<'a> {
    topic: &'a str,
    title: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
}

/// Prints a help page, or which there are.
///
/// # Errors
/// Not found; what is wrong with the configuration; when nobody takes the output.
pub fn guide(ctx: &mut Context, topic: &[String]) -> Result<(), CliError> {
    if topic.is_empty() {
        let mut table = Table::new(&["TOPIC", ""], 1);
        for page in &PAGES {
            if ctx.out.json {
                ctx.out.object(&PageShape { topic: page.name, title: page.title(), text: None })?;
            }
            table.row(vec![page.name.into(), page.title().into()]);
        }
        return if ctx.out.json { Ok(()) } else { Ok(ctx.out.table(&table, "")?) };
    }
    let Some(page) = Page::find(&topic.join(" ")) else {
        let known: Vec<&str> = PAGES.iter().map(|p| p.name).collect();
        return Err(CliError::not_found(format!("there is no such page: there are {}", known.join(", "))));
    };
    let (keymap, _) = api::keymap(&ctx.config()?);
    let pieces: Vec<String> = page.pieces(&keymap).into_iter().map(text).collect();
    let text = pieces.join("\n");
    if ctx.out.json {
        return Ok(ctx.out.object(&PageShape { topic: page.name, title: page.title(), text: Some(text) })?);
    }
    ctx.out.line(page.title())?;
    ctx.out.line("")?;
    Ok(ctx.out.block("", &text)?)
}

/// A piece of a page as lines of 80 columns.
fn text(piece: Piece) -> String {
    match piece {
        Piece::Gap => String::new(),
        Piece::Title(words) => words,
        Piece::Words(words) => {
            let lines: Vec<&str> =
                wrap::wrap(&words, 80).into_iter().map(|range| words[range].trim_end()).collect();
            lines.join("\n")
        }
        Piece::Entry(what, about) => entry(&what, &about),
    }
}

/// Something and what it is, in two columns.
fn entry(what: &str, about: &str) -> String {
    const COLUMN: usize = 26;
    let mut lines = wrap::wrap(about, 80 - COLUMN - 2).into_iter().map(|range| &about[range]);
    let first = lines.next().unwrap_or_default();
    let mut out = if wrap::width(what) < COLUMN {
        format!("  {}{first}", wrap::pad(what, COLUMN))
    } else {
        format!("  {what}\n  {:COLUMN$}{first}", "")
    };
    for line in lines {
        out.push_str(&format!("\n  {:COLUMN$}{line}", ""));
    }
    out
}
