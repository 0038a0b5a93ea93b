//! The configuration in layers: defaults < file < environment < flags; unknown keys refused with file, line and a hint.

pub mod desk;
pub mod edit;
pub mod error;
pub mod keys;
pub mod names;
pub mod paths;
mod read;
pub mod reference;
mod starter;

pub use error::{ConfigError, Place, Problem};
pub use paths::Paths;
pub use starter::starter_quick_replies;

use crate::domain::notify::{How, Rule, Wanted};
use crate::domain::secret_source::SecretSource;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

/// A key chord of the file, raw: the screen builds its keymap from these and reports errors with their place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawKey {
    /// Where the chord works.
    pub context: String,
    /// The chord as written.
    pub chord: String,
    /// The command as written.
    pub command: String,
    /// Where it is written.
    pub place: Place,
}

/// A channel of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelConfig {
    /// Its name.
    pub name: String,
    /// Its provider.
    pub provider: String,
    /// Whether it is switched on.
    pub enabled: bool,
    /// Its settings, as text. Whether the provider knows them is checked where providers are known.
    pub settings: BTreeMap<String, String>,
    /// Where its secrets are kept.
    pub secrets: BTreeMap<String, SecretSource>,
    /// Where it is written.
    pub place: Place,
    /// Where its settings and secrets are written.
    pub places: BTreeMap<String, Place>,
}

/// Who answers here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agent {
    /// The name customers see.
    pub name: String,
    /// The e-mail, lower case.
    pub email: String,
}

/// Somebody else who answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Colleague {
    /// The e-mail, lower case.
    pub email: String,
    /// The name.
    pub name: String,
    /// Where it is written.
    pub place: Place,
}

/// What the command line says; the last layer.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// `--home DIR`.
    pub home: Option<PathBuf>,
    /// `--workspace NAME`.
    pub workspace: Option<String>,
    /// `--listen ADDR:PORT`.
    pub listen: Option<String>,
    /// `--public-url URL`.
    pub public_url: Option<String>,
}

/// The environment that the configuration may see.
#[derive(Debug, Clone, Default)]
pub struct Env(BTreeMap<String, String>);

impl Env {
    /// The variables of this process.
    pub fn of_process() -> Env {
        Env(std::env::vars_os()
            .filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?)))
            .filter(|(k, _)| k.starts_with("FRONTDESK_") || k == "USER" || k == "LOGNAME")
            .collect())
    }

    /// Given variables.
    pub fn of(vars: &[(&str, &str)]) -> Env {
        Env(vars.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect())
    }

    /// All but those whose names begin so.
    #[must_use]
    pub fn without(mut self, beginnings: &[&str]) -> Env {
        self.0.retain(|name, _| !beginnings.iter().any(|beginning| name.starts_with(beginning)));
        self
    }

    /// A variable that is set and not empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|v| !v.is_empty())
    }
}

/// The configuration as it applies.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where everything lives.
    pub paths: Paths,
    /// The selected workspace.
    pub workspace: String,
    /// Where the listener waits.
    pub listen: SocketAddr,
    /// What vendors and visitors see of it, without a slash at the end.
    pub public_url: Option<String>,
    /// Who answers here.
    pub agent: Agent,
    /// Whether name and e-mail are configured, rather than made from the login name.
    pub agent_configured: bool,
    /// The others.
    pub agents: Vec<Colleague>,
    /// How long a send on the screen can be taken back, in seconds.
    pub undo_seconds: u64,
    /// The name of a theme, or `auto`. Which there are is known where they are painted.
    pub theme: String,
    /// `plain` or `nerd`.
    pub icons: String,
    /// `on-open`, `on-reply` or `manual`.
    pub read_policy: String,
    /// Whether the terminal's title is ours.
    pub title: bool,
    /// What the agent is called for when they look elsewhere.
    pub notify: Wanted,
    /// `error` to `trace`.
    pub log_level: String,
    /// In which region numbers without a country code are understood.
    pub phone_region: Option<String>,
    /// What is asked about before it is sent, besides card numbers: names and regular expressions.
    pub confirm_patterns: Vec<(String, String)>,
    /// Key chords, raw.
    pub keys: Vec<RawKey>,
    /// Macros, fields, searches, rules against spam.
    pub desk: desk::Desk,
    /// Channels of all workspaces, in the order of the file.
    pub workspaces: BTreeMap<String, Vec<ChannelConfig>>,
    /// Where each scalar key got its value.
    pub origins: BTreeMap<&'static str, Place>,
    /// The environment that it was read in: it is read again in the same.
    pub env: Env,
}

impl Config {
    /// Reads all layers.
    ///
    /// # Errors
    /// All problems of the file, the environment and the flags at once; or a file that cannot be read. A missing file is none.
    pub fn load(overrides: &Overrides, env: &Env) -> Result<Config, ConfigError> {
        let paths = match overrides.home.clone().or_else(|| env.get("FRONTDESK_HOME").map(PathBuf::from)) {
            Some(home) => Paths::at_home(&home),
            None => Paths::of_platform()?,
        };
        let text = match std::fs::read_to_string(&paths.config_file) {
            Ok(text) => text,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(e) => return Err(ConfigError::io("read", &paths.config_file)(e)),
        };
        Config::from_text(paths, &text, overrides, env)
    }

    /// As [`Config::load`], with the text of the file given.
    ///
    /// # Errors
    /// All problems at once.
    pub fn from_text(
        paths: Paths,
        text: &str,
        overrides: &Overrides,
        env: &Env,
    ) -> Result<Config, ConfigError> {
        let file = read::read(&paths.config_file, text).map_err(ConfigError::Wrong)?;
        let mut layers = Layers { values: BTreeMap::new(), problems: Vec::new() };
        layers.values.extend(file.scalars);
        for spec in keys::KEYS {
            if let Some(value) = env.get(spec.env) {
                layers.put(spec, value, Place::Env(spec.env.to_owned()));
            }
        }
        for (key, flag, value) in [
            ("default_workspace", "--workspace", &overrides.workspace),
            ("listen", "--listen", &overrides.listen),
            ("public_url", "--public-url", &overrides.public_url),
        ] {
            if let (Some(spec), Some(value)) = (keys::key(key), value) {
                layers.put(spec, value, Place::Flag(flag));
            }
        }
        if !layers.problems.is_empty() {
            return Err(ConfigError::Wrong(layers.problems));
        }
        let login = env.get("USER").or_else(|| env.get("LOGNAME")).unwrap_or("agent");
        let name = layers.get("agent.name");
        let email = layers.get("agent.email");
        let agent_configured = name.is_some() && email.is_some();
        let email = email.unwrap_or_else(|| format!("{login}@localhost"));
        let agent = Agent {
            name: name.unwrap_or_else(|| login.to_owned()),
            email: crate::text::address::email(&email).map_or_else(|| email.to_lowercase(), |e| e.folded),
        };
        let default = |key: &str| keys::key(key).map(|k| k.default.to_owned()).unwrap_or_default();
        let text = |key: &str| layers.get(key).unwrap_or_else(|| default(key));
        Ok(Config {
            paths,
            workspace: text("default_workspace"),
            // Checked by the table, as are the numbers below: what cannot be parsed never comes here.
            listen: text("listen").parse().unwrap_or(SocketAddr::from(([127, 0, 0, 1], 0))),
            public_url: layers.get("public_url").map(|u| u.trim_end_matches('/').to_owned()),
            agent,
            agent_configured,
            agents: file.agents,
            undo_seconds: text("undo_seconds").parse().unwrap_or(0),
            theme: text("theme"),
            icons: text("icons"),
            read_policy: text("read_policy"),
            title: text("title") == "true",
            notify: Wanted {
                how: How::of(&text("notify.how")).unwrap_or_default(),
                rules: Rule::list(&text("notify.views")).unwrap_or_default(),
                quiet: text("notify.quiet").parse().ok(),
                preview: text("notify.preview") == "true",
            },
            log_level: text("log_level"),
            phone_region: layers.get("phone_region"),
            confirm_patterns: file.confirm_patterns,
            keys: file.keys,
            desk: file.desk,
            workspaces: file.workspaces,
            origins: layers.values.into_iter().map(|(k, (_, place))| (k, place)).collect(),
            env: env.clone(),
        })
    }

    /// The channels of the selected workspace, in the order of the file.
    pub fn channels(&self) -> &[ChannelConfig] {
        self.workspaces.get(&self.workspace).map_or(&[], Vec::as_slice)
    }

    /// A channel of the selected workspace.
    pub fn channel(&self, name: &str) -> Option<&ChannelConfig> {
        self.channels().iter().find(|c| c.name == name)
    }

    /// The directory of the selected workspace.
    pub fn workspace_dir(&self) -> PathBuf {
        self.paths.workspace(&self.workspace)
    }

    /// Where a scalar key got its value.
    pub fn origin(&self, key: &str) -> Place {
        self.origins.get(key).cloned().unwrap_or(Place::Default)
    }
}

struct Layers {
    values: BTreeMap<&'static str, (String, Place)>,
    problems: Vec<Problem>,
}

impl Layers {
    fn put(&mut self, spec: &'static keys::KeySpec, value: &str, place: Place) {
        match spec.check(value) {
            Ok(()) => {
                self.values.insert(spec.key, (value.to_owned(), place));
            }
            Err(why) => {
                let value = crate::text::sanitize::line(value);
                let what = format!("`{}` cannot be `{value}`", spec.key);
                self.problems.push(Problem::new(place, what, why));
            }
        }
    }

    fn get(&self, key: &str) -> Option<String> {
        self.values.get(key).map(|(value, _)| value.clone())
    }
}
