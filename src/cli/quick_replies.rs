//! `quick-reply …`: canned answers.

use crate::app::api::expand;
use crate::app::workspace::Workspace;
use crate::cli::args::{
    QuickReplyCommand, QuickReplyEdit, QuickReplyExport, QuickReplyFormat, QuickReplyImport, QuickReplyOne,
    QuickReplyText, QuickReplyUse, QuickReplyVariant,
};
use crate::cli::context::{self, Context};
use crate::cli::error::CliError;
use crate::cli::output::Table;
use crate::cli::shape::{ImportedShape, QuickReplyShape};
use crate::cli::{say, triage};
use crate::domain::attachment::{Enclosure, OWN, Written, is_own};
use crate::domain::command::Action;
use crate::domain::quick_reply::{self, QuickReply, QuickReplyRow};
use crate::text::replies::{self, Format};
use crate::text::template;
use crate::text::variables::Scene;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// Longest file of quick replies, in bytes.
const LONGEST: u64 = 16 * 1024 * 1024;

/// Runs a `quick-reply` command.
///
/// # Errors
/// No such quick reply, a text that cannot be finished, or a file that cannot be read.
pub fn run(ctx: &mut Context, command: &QuickReplyCommand) -> Result<(), CliError> {
    match command {
        QuickReplyCommand::List => list(ctx),
        QuickReplyCommand::Add(args) => add(ctx, args),
        QuickReplyCommand::Edit(args) => edit(ctx, args),
        QuickReplyCommand::Use(args) => use_one(ctx, args),
        QuickReplyCommand::Remove(args) => remove(ctx, args),
        QuickReplyCommand::Import(args) => import(ctx, args),
        QuickReplyCommand::Export(args) => export(ctx, args),
    }
}

fn all(workspace: &Workspace) -> Result<Vec<QuickReplyRow>, CliError> {
    Ok(workspace.store.reader()?.quick_replies()?)
}

fn variants(workspace: &Workspace, shortcut: &str) -> Result<Vec<QuickReplyRow>, CliError> {
    let found: Vec<_> = all(workspace)?.into_iter().filter(|q| q.reply.shortcut == shortcut).collect();
    if found.is_empty() {
        return Err(CliError::not_found(format!(
            "there is no quick reply {shortcut}: `frontdesk quick-reply list` shows them"
        )));
    }
    Ok(found)
}

/// The variant that is meant: the only one, or the one that is named.
fn existing(
    workspace: &Workspace,
    shortcut: &str,
    wanted: &QuickReplyVariant,
) -> Result<QuickReplyRow, CliError> {
    let mut found = variants(workspace, shortcut)?;
    let language = wanted.language.as_ref().map(|l| l.to_lowercase());
    let named = wanted.channel.is_some() || language.is_some();
    let at = found.iter().position(|q| (q.reply.channel, &q.reply.language) == (wanted.channel, &language));
    match (at, found.as_slice()) {
        (Some(at), _) => Ok(found.swap_remove(at)),
        (None, [_]) if !named => Ok(found.swap_remove(0)),
        _ => {
            let names: Vec<String> = found.iter().map(|q| q.reply.name()).collect();
            let names = names.join(", ");
            Err(CliError::not_found(format!("there is {names}: say which with --channel and --language")))
        }
    }
}

fn list(ctx: &mut Context) -> Result<(), CliError> {
    let all = all(&ctx.open()?)?;
    let mut table = Table::new(&["shortcut", "for", "slot", "title", "used", "text"], 5);
    for row in &all {
        if ctx.out.json {
            ctx.out.object(&QuickReplyShape::new(row))?;
        }
        let reply = &row.reply;
        table.row(vec![
            reply.shortcut.clone(),
            reply.variant(),
            reply.slot.map(|slot| slot.to_string()).unwrap_or_default(),
            reply.title.clone(),
            row.uses.to_string(),
            reply.body.clone(),
        ]);
    }
    if ctx.out.json {
        return Ok(());
    }
    Ok(ctx.out.table(&table, "no quick replies yet: `frontdesk quick-reply add SHORTCUT TEXT` makes one")?)
}

fn add(ctx: &mut Context, args: &QuickReplyText) -> Result<(), CliError> {
    let workspace = ctx.open()?;
    let reply = replies::checked(QuickReply {
        shortcut: args.shortcut.clone(),
        channel: args.variant.channel,
        language: args.variant.language.clone(),
        slot: args.slot,
        title: args.title.clone().unwrap_or_default(),
        body: context::text(&args.text)?,
        files: keep(&workspace, &args.attach)?,
    })
    .map_err(CliError::usage)?;
    if all(&workspace)?.iter().any(|q| q.reply.key() == reply.key()) {
        return Err(CliError::refused(format!(
            "the quick reply {} exists already: change it with `frontdesk quick-reply edit {}`",
            reply.name(),
            reply.shortcut
        )));
    }
    let said = format!("added {}", reply.name());
    triage::simple(ctx, &workspace, Action::QuickReplySave { id: None, reply }, &said)
}

fn edit(ctx: &mut Context, args: &QuickReplyEdit) -> Result<(), CliError> {
    let workspace = ctx.open()?;
    let QuickReplyRow { id, reply: old, .. } = existing(&workspace, &args.shortcut, &args.variant)?;
    let reply = replies::checked(QuickReply {
        title: args.title.clone().unwrap_or(old.title),
        slot: args.slot.map_or(old.slot, |slot| Some(slot).filter(|slot| *slot > 0)),
        body: match &args.text {
            Some(text) => context::text(text)?,
            None => old.body,
        },
        files: {
            let kept = if args.no_files { Vec::new() } else { old.files };
            let new = keep(&workspace, &args.attach)?.into_iter().filter(|file| !kept.contains(file));
            kept.iter().cloned().chain(new).collect()
        },
        ..old
    })
    .map_err(CliError::usage)?;
    let said = format!("changed {}", reply.name());
    triage::simple(ctx, &workspace, Action::QuickReplySave { id: Some(id), reply }, &said)
}

/// Copies files into the workspace.
fn keep(workspace: &Workspace, files: &[PathBuf]) -> Result<Vec<Enclosure>, CliError> {
    files.iter().map(|file| Ok(workspace.store.keep(file)?)).collect()
}

fn remove(ctx: &mut Context, args: &QuickReplyOne) -> Result<(), CliError> {
    let workspace = ctx.open()?;
    let row = existing(&workspace, &args.shortcut, &args.variant)?;
    let said = format!("removed {}", row.reply.name());
    triage::simple(ctx, &workspace, Action::QuickReplyRemove { id: row.id }, &said)
}

fn use_one(ctx: &mut Context, args: &QuickReplyUse) -> Result<(), CliError> {
    let workspace = ctx.open()?;
    let found = variants(&workspace, &args.shortcut)?;
    let row = context::conversation(&workspace, &args.conversation)?;
    let Some(best) = quick_reply::fitting(&found, &row).first().copied() else {
        let channel = row.channel.title();
        return Err(CliError::refused(format!("{} has no variant for {channel}", args.shortcut)));
    };
    if found.len() > 1 {
        ctx.out.note(&format!("the variant {}", best.reply.name()))?;
    }
    let given = |name: &str| args.set.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone());
    let tz = jiff::tz::TimeZone::system();
    let scene = Scene { row: &row, agent: &workspace.me.name, now: workspace.clock.now(), tz: &tz };
    let done = template::render(&best.reply.body, &|name| {
        // A question is asked for under the name `?question`, and answered with `--set question=…`.
        given(name.strip_prefix('?').unwrap_or(name)).or_else(|| scene.value(name))
    });
    if !done.is_complete() {
        let open: Vec<String> =
            done.missing.iter().chain(&done.questions).map(|n| format!("--set \"{n}=…\"")).collect();
        return Err(CliError::refused(format!("the text is not finished: add {}", open.join(" "))));
    }
    if args.print {
        return Ok(ctx.out.block("", &done.text)?);
    }
    say::guarded(&workspace, &done.text, &args.guarded)?;
    let action = Action::Reply {
        conversation: row.id,
        text: Written { text: done.text, files: best.reply.files.clone(), mail: None },
        undo_ms: 0,
        at: None,
    };
    // What was refused was not used: the count comes after the send.
    let outcome = say::say(ctx, &workspace, action, &args.wait);
    if outcome.as_ref().is_err_and(|e| e.exit == crate::cli::error::Exit::Refused) {
        return outcome;
    }
    context::perform(&workspace, Action::QuickReplyUsed { id: best.id })?;
    outcome
}

/// The form of a file: as it is said, else as its name ends.
fn format(said: Option<QuickReplyFormat>, file: Option<&Path>) -> Option<Format> {
    let by_name = || match file?.extension()?.to_str()?.to_lowercase().as_str() {
        "toml" => Some(Format::Toml),
        "csv" => Some(Format::Csv),
        _ => None,
    };
    match said {
        Some(QuickReplyFormat::Toml) => Some(Format::Toml),
        Some(QuickReplyFormat::Csv) => Some(Format::Csv),
        None => by_name(),
    }
}

fn import(ctx: &mut Context, args: &QuickReplyImport) -> Result<(), CliError> {
    let name = args.file.display();
    let Some(format) = format(args.format, Some(&args.file)) else {
        return Err(CliError::usage(format!("{name} ends neither in .toml nor in .csv: say --format")));
    };
    let text = file_text(&args.file)?;
    let new = replies::read(&text, format).map_err(|problems| {
        let lines: Vec<String> = problems.iter().map(|p| format!("{name}:{}: {}", p.line, p.why)).collect();
        CliError::usage(format!("nothing was imported:\n{}", lines.join("\n")))
    })?;
    let workspace = ctx.open()?;
    let old = all(&workspace)?;
    let mut actions = Vec::new();
    let mut outcomes = Vec::new();
    // Paths are meant from where the file is that names them.
    let beside = args.file.parent().map(Path::to_path_buf).unwrap_or_default();
    for mut reply in new {
        for file in &mut reply.files {
            // What was printed from this workspace names its own copies.
            let own = is_own(&file.path).then(|| workspace.store.dir().join(&file.path));
            let path = own.filter(|own| own.is_file()).unwrap_or_else(|| beside.join(expand(&file.path)));
            *file = workspace.store.keep(&path)?;
        }
        let found = old.iter().find(|q| q.reply.key() == reply.key());
        let outcome = match found {
            Some(row) if row.reply == reply => "unchanged",
            Some(_) => "changed",
            None => "added",
        };
        outcomes.push((reply.clone(), outcome));
        if outcome != "unchanged" {
            actions.push(Action::QuickReplySave { id: found.map(|row| row.id), reply });
        }
    }
    if !args.dry_run {
        context::perform_all(&workspace, actions)?;
    }
    for (reply, outcome) in &outcomes {
        if ctx.out.json {
            ctx.out.object(&ImportedShape::new(reply, outcome))?;
        } else {
            let would = if args.dry_run && *outcome != "unchanged" { "would be " } else { "" };
            ctx.out.line(&format!("{would}{outcome}: {}", reply.name()))?;
        }
    }
    if outcomes.is_empty() && !ctx.out.json {
        ctx.out.line("the file has no quick replies")?;
    }
    Ok(())
}

fn file_text(file: &Path) -> Result<String, CliError> {
    let name = file.display();
    let wrong = |e: std::io::Error| CliError::failure(format!("{name} cannot be read: {e}"));
    let mut bytes = Vec::new();
    let limit = LONGEST + 1;
    if file == Path::new("-") {
        std::io::stdin().lock().take(limit).read_to_end(&mut bytes).map_err(wrong)?;
    } else {
        std::fs::File::open(file).map_err(wrong)?.take(limit).read_to_end(&mut bytes).map_err(wrong)?;
    }
    if bytes.len() as u64 > LONGEST {
        return Err(CliError::usage(format!("{name} holds more than 16 MiB: these are no quick replies")));
    }
    String::from_utf8(bytes).map_err(|_| CliError::usage(format!("{name} is not UTF-8 text")))
}

fn export(ctx: &mut Context, args: &QuickReplyExport) -> Result<(), CliError> {
    let format = match (format(args.format, args.file.as_deref()), &args.file) {
        (Some(format), _) => format,
        (None, None) => Format::Toml,
        (None, Some(file)) => {
            let name = file.display();
            return Err(CliError::usage(format!("{name} ends neither in .toml nor in .csv: say --format")));
        }
    };
    let workspace = ctx.open()?;
    let mut all = all(&workspace)?;
    let kept = |file: &Enclosure| workspace.store.dir().join(&file.path);
    if args.file.is_none() {
        for file in all.iter_mut().flat_map(|q| &mut q.reply.files) {
            file.path = kept(file).to_string_lossy().into_owned();
        }
    }
    let mut copies = Vec::new();
    if let Some(beside) = &args.file {
        let folder = format!("{}-files", beside.file_stem().unwrap_or_default().to_string_lossy());
        for file in all.iter_mut().flat_map(|q| &mut q.reply.files) {
            // Named by their content as well: two files of one name stay two.
            let hash: String = file.path.trim_start_matches(OWN).chars().take(8).collect();
            let path = format!("{folder}/{hash}/{}", file.name);
            copies.push((kept(file), beside.with_file_name(&path)));
            file.path = path;
        }
    }
    let text = replies::write(all.iter().map(|q| &q.reply), format);
    let Some(file) = &args.file else {
        return Ok(ctx.out.block("", &text)?);
    };
    let name = file.display();
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).create_new(!args.force).truncate(args.force);
    let mut out = options.open(file).map_err(|e| match e.kind() {
        std::io::ErrorKind::AlreadyExists => {
            CliError::refused(format!("{name} is there already: `--force` replaces it"))
        }
        _ => CliError::failure(format!("{name} cannot be written: {e}")),
    })?;
    out.write_all(text.as_bytes()).map_err(|e| CliError::failure(format!("{name}: {e}")))?;
    for (from, to) in copies {
        let copied =
            to.parent().map_or(Ok(()), std::fs::create_dir_all).and_then(|()| std::fs::copy(from, &to));
        copied.map_err(|e| CliError::failure(format!("{}: {e}", to.display())))?;
    }
    Ok(ctx.out.note(&format!("{} quick replies written to {name}", all.len()))?)
}
