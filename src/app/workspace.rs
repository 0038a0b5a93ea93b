//! Opens a workspace: its store, and in it the agents and accounts of the configuration.

use crate::app::AppError;
use crate::config::{ChannelConfig, Config};
use crate::domain::account::Channel;
use crate::domain::clock::{Clock, SteadyClock};
use crate::domain::row::AgentRow;
use crate::engine::is_reached;
use crate::provider::vendor;
use crate::store::{AccountSpec, Class, Store};
use std::sync::Arc;

/// An open workspace.
#[derive(Clone)]
pub struct Workspace {
    /// The configuration it was opened with.
    pub config: Arc<Config>,
    /// Its store.
    pub store: Store,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The agent who sits here.
    pub me: AgentRow,
}

/// Opens the selected workspace of a configuration, and makes the store know its agents and accounts.
///
/// # Errors
/// When the store cannot be opened.
pub fn open(config: Config) -> Result<Workspace, AppError> {
    let clock = Arc::new(SteadyClock::default());
    let store = Store::open(&config.workspace_dir(), clock.clone())?;
    store.set_sla(config.desk.sla());
    if let Some(seen) = store.reader()?.last_written_at()? {
        clock.resume(seen);
    }
    let me = mirror(&store, &config)?;
    Ok(Workspace { config: Arc::new(config), store, clock, me })
}

/// Writes the configuration's agents and accounts to the store, if they differ from what it has. Answers who `me` is.
///
/// # Errors
/// When the store cannot be written.
pub fn mirror(store: &Store, config: &Config) -> Result<AgentRow, AppError> {
    let mut agents = vec![(config.agent.name.clone(), config.agent.email.clone())];
    agents.extend(
        config
            .agents
            .iter()
            .filter(|a| a.email != config.agent.email)
            .map(|a| (a.name.clone(), a.email.clone())),
    );
    let specs: Vec<AccountSpec> =
        config.channels().iter().filter_map(|channel| spec(config, channel)).collect();
    let reader = store.reader()?;
    let known = reader.agents()?;
    let same_agents = agents
        .iter()
        .all(|(name, email)| known.iter().any(|a| a.active && a.name == *name && a.email == *email))
        && known.iter().filter(|a| a.active).count() == agents.len();
    let same_accounts = reader.accounts_mirror(&specs)?;
    let imported: Vec<String> =
        reader.accounts()?.into_iter().map(|a| a.name).filter(|n| n.starts_with("import/")).collect();
    drop(reader);
    if !same_agents || !same_accounts {
        store.writer().call(Class::Durable, move |t| {
            t.agents_sync(&agents)?;
            for spec in &specs {
                t.account_upsert(spec)?;
            }
            let keep: Vec<String> = specs.iter().map(|s| s.name.clone()).chain(imported).collect();
            t.accounts_prune(&keep)
        })?;
    }
    let me = store.reader()?.agent_by_email(&config.agent.email)?;
    me.ok_or_else(|| AppError::Other("the agent of the configuration could not be stored".into()))
}

/// The addresses of mails of an account, as far as its settings say so.
fn addresses(channel: &ChannelConfig) -> Vec<String> {
    let capabilities = vendor(&channel.provider).and_then(|v| (v.capabilities)(&channel.settings).ok());
    let email = capabilities.and_then(|can| Some(can.on(Channel::Email)?.own.clone()));
    email.unwrap_or_default()
}

fn spec(config: &Config, channel: &ChannelConfig) -> Option<AccountSpec> {
    let vendor = vendor(&channel.provider)?;
    // Settings that are wrong leave an account that can do nothing, and says why where accounts are listed.
    let mut capabilities = (vendor.capabilities)(&channel.settings).ok();
    let base = config.public_url.clone().unwrap_or_else(|| format!("http://{}", config.listen));
    if !is_reached(&base, &channel.settings) {
        for limits in capabilities.iter_mut().flat_map(|can| &mut can.channels).map(|c| &mut c.attachments) {
            if let Some(who) = &limits.fetched {
                let why = format!(
                    "{who} cannot fetch files from this machine: set `public_url` to an address that it reaches"
                );
                limits.refused.get_or_insert(why);
            }
        }
    }
    if let Some(email) = capabilities.as_mut().and_then(|can| can.on_mut(Channel::Email)) {
        let others = config.channels().iter().filter(|other| other.name != channel.name);
        email.house = others.flat_map(addresses).collect();
    }
    let channels = match &capabilities {
        Some(can) => can.channels.iter().map(|c| c.channel).collect(),
        None => vendor.channels.to_vec(),
    };
    Some(AccountSpec {
        name: channel.name.clone(),
        provider: vendor.name.to_owned(),
        channels,
        enabled: channel.enabled,
        from: (vendor.addresses)(&channel.settings),
        capabilities,
    })
}
