//! `import FILE`: history from JSON Lines, mails from mbox files and Maildirs, with a progress bar.

use crate::app::api::{
    Format, ImportError, ImportOptions, ImportReport, MailOptions, Mails, Progress, import_jsonl,
    import_mails,
};
use crate::cli::args::{ImportArgs, ImportFormat};
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::text::address;
use crate::text::sanitize::line;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;
use std::fs::File;
use std::io::{BufRead, BufReader, IsTerminal, Read};

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

#[derive(Serialize)]
struct ImportedMails<'a> {
    mails: u64,
    messages: u64,
    duplicates: u64,
    conversations: u64,
    /// Files that were kept.
    files: u64,
    /// Mails that were not wanted.
    left_out: u64,
    folders_left_out: &'a [String],
    own: &'a [String],
    own_guessed: bool,
    /// Mails that could not be read.
    bad_mails: u64,
}

/// What is to be read.
enum Input {
    Lines(Box<dyn BufRead>, u64),
    Mails(Option<Box<dyn Read>>),
}

/// Runs `import`.
///
/// # Errors
/// A file that cannot be read, a line or a mail that cannot be understood, or the store.
pub fn run(ctx: &mut Context, args: &ImportArgs) -> Result<(), CliError> {
    for own in &args.own {
        if address::email(own).is_none() {
            return Err(CliError::usage(format!("--own {own} is no e-mail address")));
        }
    }
    let input = input(args)?;
    let is_mail = matches!(input, Input::Mails(_));
    if !is_mail && (args.all || args.files || !args.own.is_empty()) {
        return Err(CliError::usage(
            "--own, --all and --files are for mails (mbox, Maildir), and these are JSON Lines",
        ));
    }
    let workspace = ctx.begin()?;
    let bar = bar(ctx, if let Input::Lines(_, length) = &input { *length } else { 0 });
    let mut progress = |p: Progress| {
        if p.total > 0 && bar.length() != Some(p.total) {
            bar.set_length(p.total);
            bar.set_style(style(true));
        }
        bar.set_position(p.done);
        bar.set_message(format!("{} messages", p.messages));
    };
    let result = match input {
        Input::Lines(reader, _) => {
            let options = ImportOptions { open: args.open, region: workspace.config.phone_region.clone() };
            import_jsonl(&workspace.store, reader, &options, &mut progress)
        }
        Input::Mails(reader) => {
            let options =
                MailOptions { open: args.open, own: args.own.clone(), all: args.all, files: args.files };
            let mut reader = reader;
            let source = match &mut reader {
                Some(reader) => Mails::Reader(reader),
                None => Mails::Path(&args.file),
            };
            import_mails(&workspace.store, source, &options, &mut progress)
        }
    };
    bar.finish_and_clear();
    let report = result.map_err(|e| match e {
        ImportError::Store(e) => e.into(),
        ImportError::Read(_) => CliError::failure(e.to_string()),
        ImportError::Nothing { .. } => CliError::not_found(format!("{}: {e}", args.file.display())),
        ImportError::Own | ImportError::OwnOfStream => CliError::usage(e.to_string()),
    })?;
    tell(ctx, &report, is_mail)
}

/// Opens the file, and finds out what it is.
fn input(args: &ImportArgs) -> Result<Input, CliError> {
    let shown = args.file.display();
    let (input, length): (Box<dyn Read>, u64) = if args.file.as_os_str() == "-" {
        (Box::new(std::io::stdin()), 0)
    } else {
        let unreadable = |e| CliError::failure(format!("{shown} cannot be read: {e}"));
        let meta = std::fs::metadata(&args.file).map_err(|e: std::io::Error| match e.kind() {
            std::io::ErrorKind::NotFound => {
                CliError::not_found(format!("there is no file or directory {shown}"))
            }
            _ => unreadable(e),
        })?;
        match (meta.is_dir(), args.format) {
            (true, Some(ImportFormat::Jsonl)) => {
                return Err(CliError::usage(format!("{shown} is a directory, and JSON Lines are a file")));
            }
            (true, _) => return Ok(Input::Mails(None)),
            (false, Some(ImportFormat::Maildir)) => {
                return Err(CliError::usage(format!("{shown} is a file, and a Maildir is a directory")));
            }
            (false, _) => (Box::new(File::open(&args.file).map_err(unreadable)?), meta.len()),
        }
    };
    let mut reader = BufReader::with_capacity(BUFFER, input);
    let format = match args.format {
        Some(ImportFormat::Jsonl) => Some(Format::JsonLines),
        Some(ImportFormat::Mbox) => Some(Format::Mbox),
        Some(ImportFormat::Maildir) => Some(Format::Maildir),
        None => {
            let begin = reader.fill_buf();
            Format::of_file(begin.map_err(|e| CliError::failure(format!("{shown} cannot be read: {e}")))?)
        }
    };
    match format {
        Some(Format::JsonLines) => Ok(Input::Lines(Box::new(reader), length)),
        Some(Format::Mbox) if args.file.as_os_str() == "-" => Ok(Input::Mails(Some(Box::new(reader)))),
        Some(Format::Mbox) => Ok(Input::Mails(None)),
        Some(Format::Maildir) => Err(CliError::usage("a Maildir is a directory: standard input is none")),
        None => Err(CliError::usage(format!(
            "{shown} is not recognised: JSON Lines begin with {{, an mbox with \u{201c}From \u{201d}; if it is one of these all the same, \
             say which with --format"
        ))),
    }
}

/// Says what was done.
fn tell(ctx: &mut Context, report: &ImportReport, is_mail: bool) -> Result<(), CliError> {
    for (place, why) in &report.bad_places {
        ctx.out.note(&format!("{}: {why}", line(&place.to_string())))?;
    }
    if ctx.out.json {
        if is_mail {
            ctx.out.object(&ImportedMails {
                mails: report.lines,
                messages: report.messages,
                duplicates: report.duplicates,
                conversations: report.conversations,
                files: report.files,
                left_out: report.left_out,
                folders_left_out: &report.folders_left_out,
                own: &report.own,
                own_guessed: report.own_guessed,
                bad_mails: report.bad,
            })?;
        } else {
            ctx.out.object(&Imported {
                lines: report.lines,
                messages: report.messages,
                duplicates: report.duplicates,
                conversations: report.conversations,
                bad_lines: report.bad,
            })?;
        }
    } else {
        tell_people(ctx, report, is_mail)?;
    }
    let what = if is_mail { "mails" } else { "lines" };
    match report.bad {
        0 => Ok(()),
        n => Err(CliError::failure(format!(
            "{n} of {} {what} could not be understood and were left out",
            report.lines
        ))),
    }
}

fn tell_people(ctx: &mut Context, report: &ImportReport, is_mail: bool) -> Result<(), CliError> {
    let again = if report.duplicates > 0 {
        format!(", {} were there already", report.duplicates)
    } else {
        String::new()
    };
    ctx.out.line(&format!(
        "{} messages imported in {} conversations{again}",
        report.messages, report.conversations
    ))?;
    if !is_mail {
        return Ok(());
    }
    let guessed =
        if report.own_guessed { " (guessed: if that is wrong, import with --own ADDRESS)" } else { "" };
    ctx.out.line(&format!("taken as yours: {}{guessed}", report.own.join(", ")))?;
    if report.files > 0 {
        ctx.out.line(&format!("{} files kept", report.files))?;
    }
    if !report.folders_left_out.is_empty() {
        ctx.out.line(&format!("folders left out: {}", report.folders_left_out.join(", ")))?;
    }
    if report.left_out > 0 {
        ctx.out.line(&format!("{} drafts, spam and deleted mails left out", report.left_out))?;
    }
    Ok(())
}

/// A bar on a terminal, nothing elsewhere.
fn bar(ctx: &Context, length: u64) -> ProgressBar {
    if ctx.out.json || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::with_draw_target((length > 0).then_some(length), ProgressDrawTarget::stderr());
    bar.with_style(style(length > 0))
}

/// How it looks, where the end is known and where it is not.
fn style(has_end: bool) -> ProgressStyle {
    let template = if has_end { "{bar:40} {percent:>3} %  {msg}  {eta} left" } else { "{spinner} {msg}" };
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
