//! `attachment save`: takes a file of a message out of the workspace.

use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::domain::ids::AttachmentId;
use crate::domain::row::Fetch;
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::str::FromStr;

#[derive(Serialize)]
struct Saved {
    id: String,
    path: String,
    size: u64,
}

/// `attachment save ID [PATH]`
///
/// # Errors
/// No such file, one that is not here yet, or a place where one is already.
pub fn save(ctx: &mut Context, typed: &str, path: Option<&Path>, force: bool) -> Result<(), CliError> {
    let workspace = ctx.open()?;
    let missing =
        || CliError::not_found(format!("there is no attachment {typed}: `frontdesk show` shows ids"));
    let id = AttachmentId::from_str(typed).map_err(|_| missing())?;
    let row = workspace.store.reader()?.attachment(id)?.ok_or_else(missing)?;
    let Some(kept) = &row.path else {
        let unsaid = match row.fetch {
            Fetch::No => "it was not kept when its mail was imported: import it once more, with --files",
            Fetch::OnDemand | Fetch::Due => "it has not been fetched yet: the engine does that",
        };
        let why = row.error.unwrap_or_else(|| unsaid.into());
        return Err(CliError::refused(format!("the file is not here: {why}")));
    };
    let from = workspace.store.dir().join(kept);
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
