//! `doctor`: looks at everything that has to be right, and says what to do where it is not.

use crate::app::api::{ReceiptFilter, engine_runs, keyring, secrets, vendor};
use crate::app::workspace;
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::output::Table;
use crate::cli::shape::CheckShape;
use crate::config::names::nearest;
use crate::config::{ChannelConfig, Config, keys};
use crate::domain::account::Health;
use crate::domain::op::OpState;
use crate::domain::row::AccountRow;
use crate::domain::secret_source::SecretSource;

/// What was found.
#[derive(Default)]
struct Findings(Vec<CheckShape>);

impl Findings {
    fn ok(&mut self, check: impl Into<String>, detail: impl Into<String>) {
        self.0.push(CheckShape { check: check.into(), status: "ok", detail: detail.into() });
    }

    fn note(&mut self, check: impl Into<String>, detail: impl Into<String>) {
        self.0.push(CheckShape { check: check.into(), status: "note", detail: detail.into() });
    }

    fn problem(&mut self, check: impl Into<String>, detail: impl Into<String>) {
        self.0.push(CheckShape { check: check.into(), status: "problem", detail: detail.into() });
    }
}

/// Runs `doctor`.
///
/// # Errors
/// If there is any problem; all are printed first.
pub fn run(ctx: &mut Context) -> Result<(), CliError> {
    let mut found = Findings::default();
    match ctx.config() {
        Err(e) => found.problem("configuration", e.message),
        Ok(config) => {
            configuration(&mut found, &config);
            ring(&mut found, &config);
            let accounts = store(&mut found, &config);
            for channel in config.channels() {
                let account = accounts.iter().find(|row| row.name == channel.name);
                check_channel(&mut found, &config, channel, account);
            }
            if config.channels().is_empty() {
                found.note("channels", "none yet: `frontdesk channel add --help` says how to connect one");
            }
        }
    }
    strange_variables(&mut found);
    let problems = found.0.iter().filter(|c| c.status == "problem").count();
    let mut table = Table::new(&["check", "status", "detail"], 2);
    for check in found.0 {
        if ctx.out.json {
            ctx.out.object(&check)?;
        } else {
            table.row(vec![check.check, check.status.into(), check.detail]);
        }
    }
    if !ctx.out.json {
        ctx.out.table(&table, "")?;
    }
    match problems {
        0 => Ok(()),
        1 => Err(CliError::failure("1 problem was found")),
        n => Err(CliError::failure(format!("{n} problems were found"))),
    }
}

fn configuration(found: &mut Findings, config: &Config) {
    let file = &config.paths.config_file;
    let exists = if file.exists() { "" } else { " (not there: defaults apply)" };
    found.ok("configuration", format!("{}{exists}", file.display()));
    for mistake in crate::app::startup::desk_errors(config) {
        found.problem("configuration", mistake);
    }
    if config.agent_configured {
        found.ok("agent", format!("{} <{}>", config.agent.name, config.agent.email));
    } else {
        found.note(
            "agent",
            format!(
                "{} <{}>, made from your login name: set agent.name and agent.email",
                config.agent.name, config.agent.email
            ),
        );
    }
}

/// An address, and who reaches it.
fn heard(url: &str) -> String {
    let local =
        ["http://127.", "http://localhost", "http://[::1]"].iter().any(|begin| url.starts_with(begin));
    format!("{url}{}", if local { ", which only this machine reaches" } else { "" })
}

/// Whether the disk still takes what comes.
fn room(found: &mut Findings, dir: &std::path::Path) {
    let Ok(disk) = rustix::fs::statvfs(dir) else { return };
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    if free < LITTLE {
        let left = format!("{} MB", free >> 20);
        found.problem("disk", format!("{left} left in {}: make room, or pushes are refused", dir.display()));
    }
}

/// Bytes below which a disk is as good as full: the write-ahead log alone grows to as much.
const LITTLE: u64 = 64 << 20;

/// What vendors are told, which is what the engine that runs tells them.
fn public_address(found: &mut Findings, config: &Config, told: Option<String>) {
    match &config.public_url {
        Some(url) if config.listen.ip().is_loopback() && url.starts_with("http://") => {
            found.note("public_url", format!("{url}: vendors want https"));
        }
        Some(url) => found.ok("public_url", url.clone()),
        None if told.is_none() => found.note(
            "public_url",
            "not set, and `listen` has port 0: each start chooses another port, which only this machine reaches",
        ),
        None => found.note(
            "public_url",
            format!("not set: vendors are told {}", told.map(|url| heard(&url)).unwrap_or_default()),
        ),
    }
    if !config.listen.ip().is_loopback() {
        found.note(
            "listen",
            format!("{} is open to the network: put a proxy with TLS before it", config.listen),
        );
    }
}

fn ring(found: &mut Findings, config: &Config) {
    let needed = config.channels().iter().any(|c| c.secrets.values().any(|s| *s == SecretSource::Keyring));
    match keyring::probe() {
        Ok(()) => found.ok("keyring", "answers"),
        Err(why) if needed => found.problem("keyring", why.to_string()),
        Err(why) => found.note("keyring", format!("{why}; no channel needs it")),
    }
}

/// Looks at the store, and answers how its accounts are.
fn store(found: &mut Findings, config: &Config) -> Vec<AccountRow> {
    let dir = config.workspace_dir();
    let workspace = match workspace::open(config.clone()) {
        Ok(workspace) => workspace,
        Err(e) => {
            found.problem("store", e.to_string());
            return Vec::new();
        }
    };
    found.ok("store", format!("workspace {} in {}", config.workspace, dir.display()));
    room(found, &dir);
    public_address(found, config, crate::app::api::seen_url(&workspace).ok().flatten());
    if engine_runs(&dir) {
        found.ok("engine", "runs");
    } else {
        found.note(
            "engine",
            "does not run: nothing is sent or fetched until `frontdesk` or `frontdesk serve` does",
        );
    }
    let counts = || -> Result<(usize, usize, usize), CliError> {
        let reader = workspace.store.reader()?;
        let quarantined = ReceiptFilter { quarantined: true, limit: 100, ..ReceiptFilter::default() };
        let stuck: Vec<_> =
            reader.outbox(1000, workspace.clock.now())?.into_iter().filter(|o| o.why().is_some()).collect();
        let doubtful = stuck.iter().filter(|o| o.state == OpState::Unknown).count();
        Ok((reader.receipts(&quarantined)?.len(), doubtful, stuck.len() - doubtful))
    };
    match counts() {
        Err(e) => found.problem("store", e.message),
        Ok((quarantined, doubtful, stuck)) => {
            if quarantined > 0 {
                found.problem(
                    "webhooks",
                    format!("{quarantined} could not be read: see `frontdesk webhooks list --quarantined`"),
                );
            }
            if doubtful > 0 {
                let say =
                    "may have been sent, nobody knows: `frontdesk settle` answers, see `frontdesk outbox`";
                found.problem("outbox", format!("{doubtful} {say}"));
            }
            if stuck > 0 {
                found.note("outbox", format!("{stuck} could not leave yet: see `frontdesk outbox`"));
            }
        }
    }
    match workspace.store.reader().and_then(|reader| reader.accounts()) {
        Ok(accounts) => accounts,
        Err(e) => {
            found.problem("store", e.to_string());
            Vec::new()
        }
    }
}

fn check_channel(
    found: &mut Findings,
    config: &Config,
    channel: &ChannelConfig,
    account: Option<&AccountRow>,
) {
    let check = format!("channel {}", channel.name);
    let Some(vendor) = vendor(&channel.provider) else {
        return found.problem(check, format!("{}: there is no provider {}", channel.place, channel.provider));
    };
    let known: Vec<&str> = vendor.settings.iter().map(|s| s.key).collect();
    let mut trouble = Vec::new();
    for key in channel.settings.keys().chain(channel.secrets.keys()).filter(|k| !known.contains(&k.as_str()))
    {
        let place = channel.places.get(key).unwrap_or(&channel.place);
        let meant = nearest(key, known.iter().copied())
            .map(|n| format!(" (did you mean `{n}`?)"))
            .unwrap_or_default();
        trouble.push(format!("{place}: {} does not know `{key}`{meant}", vendor.name));
    }
    for spec in vendor.settings.iter().filter(|s| s.required) {
        let there = if spec.is_secret() {
            channel.secrets.contains_key(spec.key)
        } else {
            channel.settings.contains_key(spec.key)
        };
        if !there {
            trouble.push(format!("`{}` is missing", spec.key));
        }
    }
    if let Err(why) = (vendor.check)(&channel.settings) {
        trouble.push(why.human);
    }
    if channel.enabled {
        for (key, source) in &channel.secrets {
            if let Err(why) = secrets::resolve(source, &config.workspace, &channel.name, key) {
                trouble.push(format!("{key}: {why}"));
            }
        }
    }
    if !trouble.is_empty() {
        return found.problem(check, trouble.join("; "));
    }
    let state = if channel.enabled { "" } else { ", disabled" };
    // As the engine has found it last.
    if let Some(row) = account.filter(|row| channel.enabled && !row.detail.is_empty()) {
        let detail = format!("{}: {}", row.health.word(), row.detail);
        match row.health {
            Health::NeedsLogin | Health::Failing => found.problem(check.clone(), detail),
            Health::Limited => found.note(check.clone(), detail),
            Health::Ok | Health::Connecting | Health::Disabled => {}
        }
    }
    found.ok(
        check,
        format!(
            "{}{state}: settings and secrets are in order; `frontdesk channel test {}` asks the provider",
            vendor.name, channel.name
        ),
    );
}

/// Variables that look like ours and are none.
fn strange_variables(found: &mut Findings) {
    let mut known: Vec<&str> = keys::KEYS.iter().map(|k| k.env).collect();
    known.push("FRONTDESK_HOME");
    for (name, _) in std::env::vars_os() {
        let Some(name) = name.to_str().filter(|n| n.starts_with("FRONTDESK_") && !known.contains(n)) else {
            continue;
        };
        if let Some(near) = nearest(name, known.iter().copied()) {
            found.note("environment", format!("{name} means nothing to Frontdesk: did you mean {near}?"));
        }
    }
}
