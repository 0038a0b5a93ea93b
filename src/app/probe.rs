//! The login check of one channel: `channel test` and the wizard. Needs neither store nor engine.

use crate::app::accounts;
use crate::config::ChannelConfig;
use crate::domain::account::Health;
use crate::domain::failure::Failure;
use crate::net::http::{Http, HttpOptions};
use crate::provider::Vendor;

/// Why a login check did not succeed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// What that makes of the account.
    pub health: Health,
    /// What happened and what to do.
    pub human: String,
}

/// Asks the provider who we are. Blocks; never called from within a runtime.
///
/// # Errors
/// A secret that cannot be had, a setting that is wrong, or the provider's refusal.
pub fn run(vendor: &Vendor, channel: &ChannelConfig, workspace: &str) -> Result<String, Trouble> {
    let failing = |human: String| Trouble { health: Health::Failing, human };
    let http = Http::new(HttpOptions::default()).map_err(|e| failing(e.to_string()))?;
    let provider = accounts::build(vendor, channel, workspace, &http)
        .map_err(|human| Trouble { health: Health::NeedsLogin, human })?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|e| failing(format!("the runtime cannot be started: {e}")))?;
    match runtime.block_on(provider.probe()) {
        Ok(login) => Ok(login.who),
        Err(Failure::Auth { human }) => Err(Trouble { health: Health::NeedsLogin, human }),
        Err(Failure::Transient { retry_after: Some(_), human }) => {
            Err(Trouble { health: Health::Limited, human })
        }
        Err(other) => Err(failing(other.to_string())),
    }
}
