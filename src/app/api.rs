//! What the command line needs of the parts below: it imports them through here, and through nothing else.

use crate::app::workspace::Workspace;
use crate::config::Config;
use crate::domain::clock::Ms;

pub use crate::app::files::expand;
pub use crate::engine::import::{
    Format, ImportError, ImportOptions, ImportReport, MailOptions, Mails, Progress, import_jsonl,
    import_mails,
};
pub use crate::engine::lock;
pub use crate::net::keyring::{self, KeyringError};
pub use crate::net::secrets;
pub use crate::provider::{REGISTRY, Vendor, vendor};
pub use crate::store::{Actor, Class, KeepError, Reader, ReceiptFilter, ReceiptNew, StoreError, Tx};
pub use crate::ui::command::{SheetLine, TYPING, sheet};
pub use crate::ui::guide::{PAGES, Page, Piece};
pub use crate::ui::keymap::Keymap;

/// The keys of the screen under a configuration, and what is wrong with its own.
pub fn keymap(config: &Config) -> (Keymap, Vec<String>) {
    Keymap::new(&crate::app::startup::bindings(config))
}

/// What vendors and visitors see of the listener: of the running engine if there is one, else as configured. None where the port is
/// chosen at the start.
///
/// # Errors
/// Those of the store.
pub fn seen_url(workspace: &Workspace) -> Result<Option<String>, StoreError> {
    let config = &workspace.config;
    let fixed = (config.listen.port() != 0).then(|| format!("http://{}", config.listen));
    let configured = config.public_url.clone().or(fixed);
    if !engine_runs(workspace.store.dir()) {
        return Ok(configured);
    }
    let running = workspace.store.reader()?.meta(crate::engine::URL_KEY)?;
    Ok(running.filter(|url| !url.is_empty()).or(configured))
}

/// Since when no engine runs for the workspace: none = one does; else the moment, if the last one ended in order.
///
/// # Errors
/// Those of the store.
pub fn engine_away(workspace: &Workspace) -> Result<Option<Option<Ms>>, StoreError> {
    if engine_runs(workspace.store.dir()) {
        return Ok(None);
    }
    let ended = workspace.store.reader()?.meta(crate::engine::ENDED_KEY)?;
    Ok(Some(ended.and_then(|at| at.parse().ok())))
}

/// Whether some process runs the engine of the workspace in `dir`.
pub fn engine_runs(dir: &std::path::Path) -> bool {
    lock::is_held(dir)
}
