//! `import FILE`: history from JSON Lines, with a progress bar.

use crate::app::api::{ImportError, ImportOptions, Progress, import_jsonl};
use crate::cli::args::ImportArgs;
use crate::cli::context::Context;
use crate::cli::error::CliError;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;
use std::fs::File;
use std::io::{BufReader, IsTerminal, Read};

/// Bytes read at once.
const BUFFER: usize = 256 * 1024;

#[derive(Serialize)]
struct Imported {
    lines: u64,
    messages: u64,
    duplicates: u64,
    conversations: u64,
    /// Lines that could not be understood.
    bad_lines: u64,
}

/// Runs `import`.
///
/// # Errors
/// A file that cannot be read, a line that cannot be understood, or the store.
pub fn run(ctx: &mut Context, args: &ImportArgs) -> Result<(), CliError> {
    let stdin = args.file.as_os_str() == "-";
    let (input, length): (Box<dyn Read>, u64) = if stdin {
        (Box::new(std::io::stdin()), 0)
    } else {
        let unreadable = |e| CliError::failure(format!("{} cannot be read: {e}", args.file.display()));
        let file = File::open(&args.file).map_err(|e: std::io::Error| match e.kind() {
            std::io::ErrorKind::NotFound => {
                CliError::not_found(format!("there is no file {}", args.file.display()))
            }
            _ => unreadable(e),
        })?;
        let meta = file.metadata().map_err(unreadable)?;
        if meta.is_dir() {
            return Err(CliError::usage(format!("{} is a directory", args.file.display())));
        }
        (Box::new(file), meta.len())
    };
    let workspace = ctx.begin()?;
    let bar = bar(ctx, length);
    let lines = BufReader::with_capacity(BUFFER, input);
    let mut progress = |p: Progress| {
        bar.set_position(p.bytes);
        bar.set_message(format!("{} messages", p.messages));
    };
    let options = ImportOptions { open: args.open };
    let result = import_jsonl(&workspace.store, lines, options, &mut progress);
    bar.finish_and_clear();
    let report = result.map_err(|e| match e {
        ImportError::Store(e) => e.into(),
        ImportError::Read(_) => CliError::failure(e.to_string()),
    })?;
    for (line, why) in &report.bad_lines {
        ctx.out.note(&format!("line {line}: {why}"))?;
    }
    let done = Imported {
        lines: report.lines,
        messages: report.messages,
        duplicates: report.duplicates,
        conversations: report.conversations,
        bad_lines: report.bad,
    };
    if ctx.out.json {
        ctx.out.object(&done)?;
    } else {
        let again = if done.duplicates > 0 {
            format!(", {} were there already", done.duplicates)
        } else {
            String::new()
        };
        ctx.out.line(&format!(
            "{} messages imported in {} conversations{again}",
            done.messages, done.conversations
        ))?;
    }
    match done.bad_lines {
        0 => Ok(()),
        n => Err(CliError::failure(format!(
            "{n} of {} lines could not be understood and were left out",
            done.lines
        ))),
    }
}

/// A bar on a terminal, nothing elsewhere.
fn bar(ctx: &Context, length: u64) -> ProgressBar {
    if ctx.out.json || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let template = if length > 0 { "{bar:40} {percent:>3} %  {msg}  {eta} left" } else { "{spinner} {msg}" };
    let bar = ProgressBar::with_draw_target((length > 0).then_some(length), ProgressDrawTarget::stderr());
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
