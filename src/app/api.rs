//! What the command line needs of the parts below: it imports them through here, and through nothing else.

pub use crate::engine::import::{ImportError, ImportOptions, Progress, import_jsonl};
pub use crate::engine::lock;
pub use crate::net::keyring::{self, KeyringError};
pub use crate::net::secret::Secret;
pub use crate::net::secrets;
pub use crate::provider::{REGISTRY, SettingSpec, Vendor, vendor};
pub use crate::store::{Actor, Class, ReceiptFilter, ReceiptNew, StoreError, Tx};

/// Whether some process runs the engine of the workspace in `dir`.
pub fn engine_runs(dir: &std::path::Path) -> bool {
    lock::is_held(dir)
}
