//! Connects the accounts of the configuration: resolves their secrets and builds their adapters.

use crate::app::AppError;
use crate::config::{ChannelConfig, Config};
use crate::engine::accounts::Live;
use crate::net::http::Http;
use crate::net::secrets;
use crate::provider::{Again, Setup, Vendor, vendor};
use crate::store::Store;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Every account of the selected workspace that the store knows. Blocks: keyrings and secret commands take their time.
///
/// # Errors
/// When the store cannot be read. An account that cannot be built is there with its trouble.
pub fn connect(config: &Config, store: &Store, http: &Http) -> Result<Vec<Arc<Live>>, AppError> {
    let reader = store.reader()?;
    let mut out = Vec::new();
    for channel in config.channels() {
        let Some(vendor) = vendor(&channel.provider) else { continue };
        let Some(row) = reader.account_by_name(&channel.name)? else { continue };
        let (provider, trouble) = if channel.enabled {
            match build(vendor, channel, &config.workspace, http) {
                Ok(provider) => (Some(Arc::from(provider)), None),
                Err(why) => (None, Some(why)),
            }
        } else {
            (None, None)
        };
        out.push(Arc::new(Live {
            id: row.id,
            name: channel.name.clone(),
            vendor: vendor.name,
            provider,
            trouble,
            settings: channel.settings.clone(),
            enabled: channel.enabled,
            due: tokio::sync::Notify::new(),
        }));
    }
    Ok(out)
}

/// Builds the adapter of one channel.
///
/// # Errors
/// Why it cannot be built, in words: a secret that cannot be had, a setting that is wrong.
pub fn build(
    vendor: &Vendor,
    channel: &ChannelConfig,
    workspace: &str,
    http: &Http,
) -> Result<Box<dyn crate::provider::Provider>, String> {
    (vendor.check)(&channel.settings).map_err(|w| w.human)?;
    let mut resolved = BTreeMap::new();
    let mut missing = Vec::new();
    for spec in vendor.settings.iter().filter(|s| s.is_secret()) {
        let Some(source) = channel.secrets.get(spec.key) else { continue };
        match secrets::resolve(source, workspace, &channel.name, spec.key) {
            Ok(secret) => {
                resolved.insert(spec.key.to_owned(), secret);
            }
            // What is only needed now and then, as a second token while they are changed, does not close the channel: `doctor` tells.
            Err(why) if !spec.required && !vendor.logins.iter().any(|all| all.contains(&spec.key)) => {
                tracing::warn!("\u{201c}{}\u{201d} goes without {}: {why}", channel.name, spec.key);
            }
            Err(why) => missing.push(format!("{}: {why}", spec.key)),
        }
    }
    if !missing.is_empty() {
        return Err(missing.join("; "));
    }
    let (sources, workspace, name) = (channel.secrets.clone(), workspace.to_owned(), channel.name.clone());
    let again = Again::new(move |key| {
        let source = sources.get(key).ok_or_else(|| "it is kept nowhere".to_owned())?;
        secrets::resolve(source, &workspace, &name, key).map_err(|why| why.to_string())
    });
    let setup =
        Setup { name: channel.name.clone(), settings: channel.settings.clone(), secrets: resolved, again };
    (vendor.build)(&setup, http).map_err(|failure| failure.to_string())
}
