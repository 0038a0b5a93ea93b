//! `attachment save`: takes a file of a message out of the workspace, and has it fetched first where it is not there.

use crate::app::workspace::Workspace;
use crate::cli::context::{self, Context};
use crate::cli::error::{CliError, Exit};
use crate::domain::command::Action;
use crate::domain::ids::AttachmentId;
use crate::domain::row::{AttachmentRow, Fetch};
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::{Duration, Instant};

/// How often the database is looked at while waiting.
const LOOK: Duration = Duration::from_millis(50);

#[derive(Serialize)]
struct Saved {
    id: String,
    path: String,
    size: u64,
}

/// `attachment save ID [PATH]`
///
/// # Errors
/// No such file, one that cannot be had, or a place where one is already.
pub fn save(
    ctx: &mut Context,
    typed: &str,
    path: Option<&Path>,
    force: bool,
    wait: Duration,
) -> Result<(), CliError> {
    let workspace = ctx.open()?;
    let missing =
        || CliError::not_found(format!("there is no attachment {typed}: `frontdesk show` shows ids"));
    let id = AttachmentId::from_str(typed).map_err(|_| missing())?;
    let row = workspace.store.reader()?.attachment(id)?.ok_or_else(missing)?;
    let from = workspace.store.dir().join(here(&workspace, &row, wait)?);
    // The name came from outside; the store made it fit for a file system.
    let to = match path {
        None => PathBuf::from(&row.name),
        Some(dir) if dir.is_dir() => dir.join(&row.name),
        Some(file) => file.to_path_buf(),
    };
    let size = copy(&from, &to, force)?;
    if ctx.out.json {
        let path = std::path::absolute(&to)?.to_string_lossy().into_owned();
        return Ok(ctx.out.object(&Saved { id: id.to_string(), path, size })?);
    }
    Ok(ctx.out.line(&format!("{} ({})", to.display(), crate::text::format::bytes(size)))?)
}

/// Where a file lies in the workspace: it is fetched first where it is not there.
///
/// # Errors
/// It cannot be had, or has not come in this time.
pub fn here(workspace: &Workspace, row: &AttachmentRow, wait: Duration) -> Result<String, CliError> {
    match &row.path {
        Some(path) => Ok(path.clone()),
        None => fetched(workspace, row, wait),
    }
}

/// Why a file is not here and will not come.
fn absent(row: &AttachmentRow) -> CliError {
    let why = row.error.as_deref().unwrap_or(
        "there is nowhere to fetch it from; of an imported mail, import it once more with --files",
    );
    CliError::refused(format!("the file is not here: {why}"))
}

/// A file that was asked for, once the engine has fetched it.
fn fetched(workspace: &Workspace, row: &AttachmentRow, wait: Duration) -> Result<String, CliError> {
    if row.fetch == Fetch::No {
        return Err(absent(row));
    }
    context::perform(workspace, Action::Fetch { attachment: row.id })?;
    if !crate::app::api::engine_runs(workspace.store.dir()) {
        let name = &workspace.config.workspace;
        return Err(CliError::refused(format!(
            "the file is not here, and no engine runs for workspace {name} that would fetch it: it is asked for, and comes when \
             `frontdesk` or `frontdesk serve` runs"
        )));
    }
    let reader = workspace.store.reader()?;
    let until = Instant::now().checked_add(wait);
    loop {
        let gone = || CliError::not_found(format!("the attachment {} is gone", row.id));
        let now = reader.attachment(row.id)?.ok_or_else(gone)?;
        if let Some(path) = now.path {
            return Ok(path);
        }
        if now.fetch != Fetch::Due {
            return Err(absent(&now));
        }
        if until.is_some_and(|until| Instant::now() >= until) {
            let why = now.error.map(|why| format!(": {why}")).unwrap_or_default();
            let said = format!("after {} s the file is still being fetched{why}", wait.as_secs());
            return Err(CliError::new(Exit::WaitRanOut, said));
        }
        std::thread::sleep(LOOK);
    }
}

fn copy(from: &Path, to: &Path, force: bool) -> Result<u64, CliError> {
    let mut source = std::fs::File::open(from)
        .map_err(|e| CliError::failure(format!("{} cannot be read: {e}", from.display())))?;
    let mut options = std::fs::OpenOptions::new();
    options.write(true);
    if force {
        options.create(true).truncate(true)
    } else {
        options.create_new(true)
    };
    let mut target = options.open(to).map_err(|e| match e.kind() {
        std::io::ErrorKind::AlreadyExists => {
            CliError::refused(format!("{} exists: choose another place, or --force", to.display()))
        }
        _ => CliError::failure(format!("{} cannot be written: {e}", to.display())),
    })?;
    Ok(std::io::copy(&mut source, &mut target)?)
}
