//! Does what Setup asks for: each on a thread of its own, since keyrings, disks and providers take their time.

use crate::app::channel::{self, ChannelError, Seen};
use crate::app::probe;
use crate::app::reload;
use crate::app::workspace::Workspace;
use crate::config::desk::{Field, RawMacro, SavedSearch};
use crate::config::names::check_name;
use crate::config::{ChannelConfig, Config, ConfigError, Overrides, Place, RawKey};
use crate::domain::account::Health;
use crate::domain::hours::BusinessHours;
use crate::domain::quick_reply::QuickReplyRow;
use crate::domain::secret_source::{SecretGiven, SecretSource};
use crate::domain::sla::Policy;
use crate::net::keyring;
use crate::provider::{REGISTRY, Vendor, vendor};
use crate::store::Reader;
use crate::ui::effect::Ticket;
use crate::ui::msg::Msg;
use crate::ui::setup::{
    Answer, Ask, Book, Card, ChannelInfo, Fail, Listed, Look, Section, Settings, Site, Spot,
};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What the screen is told of providers.
pub fn book() -> Book {
    let card = |v: &&'static Vendor| Card {
        name: v.name,
        summary: v.summary,
        media: v.channels,
        settings: v.settings,
        logins: v.logins,
    };
    Book {
        providers: REGISTRY.iter().map(card).collect(),
        check_name,
        check: |provider, settings| vendor(provider).map_or(Ok(()), |v| (v.check)(settings)),
        media: |provider, settings| vendor(provider).map_or_else(Vec::new, |v| channel::media(v, settings)),
        guide: |provider, name, settings, site| {
            vendor(provider).map_or_else(Vec::new, |v| guide(v, name, settings, site))
        },
    }
}

fn guide(vendor: &Vendor, name: &str, settings: &Settings, site: &Site) -> Vec<String> {
    channel::guide(vendor, name, settings, site.base.as_deref(), site.public)
}

/// Whether this is a first start: nothing is connected, and nothing has ever come in.
pub fn is_first_start(workspace: &Workspace) -> bool {
    let accounts = || workspace.store.reader().and_then(|r| r.accounts());
    workspace.config.channels().is_empty() && accounts().is_ok_and(|all| all.is_empty())
}

/// Does what is asked for, and sends the answer.
pub fn start(
    workspace: &Workspace,
    overrides: &Overrides,
    ticket: Ticket,
    ask: Ask,
    send: impl Fn(Msg) + Clone + Send + 'static,
) {
    let job = Job { workspace: workspace.clone(), overrides: overrides.clone() };
    let told = send.clone();
    let run = move || told(Msg::Setup { ticket, answer: job.answer(ask) });
    if let Err(e) = std::thread::Builder::new().name("setup".into()).spawn(run) {
        let fail = Fail { words: vec![format!("no thread could be started: {e}")], at: None };
        send(Msg::Setup { ticket, answer: Answer::Done(Err(fail)) });
    }
}

struct Job {
    workspace: Workspace,
    overrides: Overrides,
}

impl Job {
    /// The configuration as it is now.
    fn config(&self) -> Result<Config, ConfigError> {
        reload::read(&self.workspace, &self.overrides)
    }

    fn answer(&self, ask: Ask) -> Answer {
        match ask {
            Ask::Look => Answer::Look(self.look().map(Box::new)),
            Ask::Keyring => Answer::Keyring(keyring::probe().map_err(|why| why.to_string())),
            Ask::Test(name) => Answer::Tested(self.test(&name)),
            change => Answer::Done(self.change(change).map_err(|e| fail(&e))),
        }
    }

    fn change(&self, ask: Ask) -> Result<Vec<String>, ChannelError> {
        let config = self.config()?;
        match ask {
            Ask::Add(draft) => {
                let secrets = settled(draft.secrets);
                let notes = channel::check_sources(sources(&secrets))?;
                let vendor = channel::known_vendor(&draft.provider)?;
                channel::add(&config, vendor, &draft.name, draft.settings, secrets)?;
                Ok(notes)
            }
            Ask::Set { channel: name, settings, secrets } => {
                let secrets = settled(secrets);
                let mut notes = channel::check_sources(sources(&secrets))?;
                notes.extend(channel::set(&config, &name, settings, secrets)?.lost(&name));
                Ok(notes)
            }
            Ask::Enable { channel: name, on } => channel::enable(&config, &name, on).map(|()| Vec::new()),
            Ask::Remove(name) => channel::remove(&config, &name),
            Ask::Look | Ask::Keyring | Ask::Test(_) => Ok(Vec::new()),
        }
    }

    fn test(&self, name: &str) -> Result<String, (Health, String)> {
        let config = self.config().map_err(|e| (Health::Failing, e.to_string()))?;
        let found = channel::existing(&config, name)
            .and_then(|channel| Ok((channel, channel::known_vendor(&channel.provider)?)));
        let (channel, vendor) = found.map_err(|e| (Health::Failing, e.to_string()))?;
        probe::run(vendor, channel, &config.workspace).map_err(|trouble| (trouble.health, trouble.human))
    }

    fn look(&self) -> Result<Look, Vec<String>> {
        let words = |e: &dyn std::fmt::Display| e.to_string().lines().map(str::to_owned).collect::<Vec<_>>();
        let config = Arc::new(self.config().map_err(|e| words(&e))?);
        let workspace = Workspace { config: config.clone(), ..self.workspace.clone() };
        let reader = workspace.store.reader().map_err(|e| words(&e))?;
        let seen = Seen::of(&workspace).map_err(|e| words(&e))?;
        let site = Site { base: seen.base.clone(), public: seen.public };
        let mut channels = Vec::new();
        for channel in config.channels() {
            let row = reader.account_by_name(&channel.name).map_err(|e| words(&e))?;
            channels.push(info(channel, &config.workspace, &site, seen.channel(channel, row.as_ref())));
        }
        let lists = lists(&config, &reader).map_err(|e| words(&e))?;
        Ok(Look { file: config.paths.config_file.display().to_string(), channels, site, lists })
    }
}

/// Paths as they are from here: a path in the file counts from the file.
fn settled(secrets: Vec<(String, SecretGiven)>) -> Vec<(String, SecretGiven)> {
    let settle = |given: SecretGiven| match given {
        SecretGiven::Elsewhere(SecretSource::File(path)) => {
            // A path that cannot be made whole is refused where it is looked at.
            SecretGiven::Elsewhere(SecretSource::File(std::path::absolute(&path).unwrap_or(path)))
        }
        other => other,
    };
    secrets.into_iter().map(|(key, given)| (key, settle(given))).collect()
}

fn sources(secrets: &[(String, SecretGiven)]) -> impl Iterator<Item = (&String, &SecretSource)> {
    secrets.iter().filter_map(|(key, given)| match given {
        SecretGiven::Elsewhere(source) => Some((key, source)),
        SecretGiven::Itself(_) => None,
    })
}

/// Why something was not done, and where it can be mended.
fn fail(e: &ChannelError) -> Fail {
    let at = match e {
        ChannelError::Name { .. } | ChannelError::Taken { .. } => Some(Spot::Name),
        ChannelError::Wrong(wrong) => Some(Spot::Setting(wrong.key.clone())),
        ChannelError::Missing { settings, secrets, .. } => {
            settings.iter().chain(secrets).next().map(|key| Spot::Setting((*key).to_owned()))
        }
        ChannelError::NoLogin { key, .. } => Some(Spot::Setting((*key).to_owned())),
        ChannelError::Keyring { key, .. } | ChannelError::Source { key, .. } => {
            Some(Spot::Setting(key.clone()))
        }
        ChannelError::NoProvider { .. } | ChannelError::NotFound { .. } | ChannelError::Config(_) => None,
    };
    let words = match e {
        ChannelError::Keyring { why, .. } => {
            vec![format!(
                "{why}. Nothing was stored: unlock or start a keyring, or keep it elsewhere with Tab"
            )]
        }
        ChannelError::Taken { name, .. } => {
            vec![format!("there is a channel {name} already: choose another name")]
        }
        other => other.to_string().lines().map(str::to_owned).collect(),
    };
    Fail { words, at }
}

fn info(channel: &ChannelConfig, workspace: &str, site: &Site, shown: channel::Shown) -> ChannelInfo {
    let kept = |key: &str, source: &SecretSource| match source {
        SecretSource::Keyring => {
            format!("in the keyring ({}, {})", keyring::service(workspace), keyring::user(&channel.name, key))
        }
        SecretSource::Env(name) => format!("in the environment variable {name}"),
        SecretSource::File(path) => format!("in the file {}", path.display()),
        SecretSource::Command(command) => format!("what this prints: {command}"),
    };
    let steps = vendor(&channel.provider).map(|v| guide(v, &channel.name, &channel.settings, site));
    ChannelInfo {
        name: channel.name.clone(),
        provider: channel.provider.clone(),
        enabled: channel.enabled,
        media: shown.media,
        health: shown.health,
        detail: shown.detail,
        settings: channel.settings.clone(),
        secrets: channel.secrets.iter().map(|(key, source)| (key.clone(), kept(key, source))).collect(),
        hooks: shown.hooks,
        page_url: shown.page_url,
        has_address: shown.has_address,
        guide: steps.unwrap_or_default(),
        place: channel.place.to_string(),
    }
}

fn lists(
    config: &Config,
    reader: &Reader,
) -> Result<BTreeMap<Section, Vec<Listed>>, crate::store::StoreError> {
    let listed = |name: &str, about: &str, more: &[&str], place: String| Listed {
        name: name.to_owned(),
        about: about.to_owned(),
        more: more.iter().map(|word| (*word).to_owned()).collect(),
        place,
    };
    let desk = &config.desk;
    let written = match config.origin("agent.name") {
        Place::Default => String::new(),
        place => place.to_string(),
    };
    let me = &config.agent;
    let mut agents = vec![listed(&me.name, &format!("{}, you", me.email), &["you", &me.email], written)];
    let others = config.agents.iter().filter(|a| a.email != me.email);
    agents.extend(others.map(|a| listed(&a.name, &a.email, &["agent", &a.email], a.place.to_string())));
    agents.extend(reader.teams()?.iter().map(|t| listed(&t.name, "a team", &["team"], String::new())));
    let labels = reader.label_counts()?;
    let label = |(name, count): &(String, u64)| {
        let about = if *count == 1 { "1 conversation".to_owned() } else { format!("{count} conversations") };
        listed(name, &about, &[], String::new())
    };
    let policy = |(p, place): &(Policy, Place)| {
        let applies = p.applies.to_string();
        let time = |limit: Option<i64>| limit.map(crate::text::sla::length).unwrap_or_default();
        let hours = p.hours.as_ref().map_or("", |hours| hours.name());
        let more = ["policy", &applies, &time(p.first_reply), &time(p.next_reply), hours];
        listed(&p.name, &crate::text::sla::words(p), &more, place.to_string())
    };
    let hours = |(h, place): &(Arc<BusinessHours>, Place)| {
        let lines = h.lines().into_iter().map(|(days, times)| format!("{days} {times}"));
        let more: Vec<String> = ["hours".to_owned(), h.zone().to_owned()].into_iter().chain(lines).collect();
        let more: Vec<&str> = more.iter().map(String::as_str).collect();
        listed(h.name(), &format!("business hours: {}", h.words()), &more, place.to_string())
    };
    let replies = reader.quick_replies()?;
    let reply = |row: &QuickReplyRow| {
        let reply = &row.reply;
        let about = format!("{} {}", reply.variant(), reply.title);
        listed(&format!("/{}", reply.shortcut), about.trim(), &[], String::new())
    };
    let search = |s: &SavedSearch| {
        let key: Vec<&str> = s.key.as_deref().into_iter().collect();
        listed(&s.name, &s.query, &key, s.place.to_string())
    };
    let key = |k: &RawKey| listed(&k.chord, &k.command, &[&k.context], k.place.to_string());
    let one = |m: &RawMacro| {
        let lines: Vec<&str> = m.lines.iter().map(String::as_str).collect();
        listed(&m.name, "", &lines, m.place.to_string())
    };
    let field = |f: &Field| listed(&f.name, &f.about, &[], f.place.to_string());
    Ok(BTreeMap::from([
        (Section::QuickReplies, replies.iter().map(reply).collect()),
        (Section::Labels, labels.iter().map(label).collect()),
        (Section::Agents, agents),
        (Section::Sla, desk.policies.iter().map(policy).chain(desk.hours.iter().map(hours)).collect()),
        (Section::Macros, desk.macros.iter().map(one).collect()),
        (Section::Searches, desk.searches.iter().map(search).collect()),
        (Section::Fields, desk.fields.iter().map(field).collect()),
        (Section::Keys, config.keys.iter().map(key).collect()),
        (Section::Theme, vec![listed("theme", &config.theme, &[], config.origin("theme").to_string())]),
    ]))
}
