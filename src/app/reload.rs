//! Notices that the configuration has changed, for the engine and for the screen in the same way: files are looked at a few times a
//! second, and read once they have been left alone.

use crate::app::startup;
use crate::app::workspace::{Workspace, mirror};
use crate::config::{Config, ConfigError, Overrides};
use crate::domain::clock::Ms;
use crate::ui::Startup;
use jiff::tz::TimeZone;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, SystemTime};

/// How often the files are looked at.
pub const LOOK: Duration = Duration::from_millis(250);

/// What is seen of files without reading them.
type Stamp = Vec<(PathBuf, SystemTime, u64)>;

/// What a look has found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// Nothing has changed since the files were read.
    Same,
    /// Somebody is writing, perhaps in place: half a file is no configuration.
    Unsettled,
    /// They are to be read.
    New,
}

/// Files that are looked at.
#[derive(Debug)]
pub struct Watched {
    file: PathBuf,
    /// A directory whose files of TOML are looked at as well.
    besides: Option<PathBuf>,
    seen: Option<Stamp>,
    /// As they were when they were read last.
    read: Option<Stamp>,
}

impl Watched {
    /// A file, and the themes beside it if those count.
    pub fn new(config: &Config, themes: bool) -> Watched {
        let besides = themes.then(|| config.paths.themes());
        Watched { file: config.paths.config_file.clone(), besides, seen: None, read: None }
    }

    fn stamp(&self) -> Stamp {
        let entries = self.besides.iter().filter_map(|dir| std::fs::read_dir(dir).ok()).flatten().flatten();
        let files = entries.map(|e| e.path()).filter(|p| p.extension().is_some_and(|e| e == "toml"));
        let mut stamp: Stamp = std::iter::once(self.file.clone())
            .chain(files)
            .filter_map(|path| {
                let meta = std::fs::metadata(&path).ok()?;
                Some((path, meta.modified().ok()?, meta.len()))
            })
            .collect();
        stamp.sort();
        stamp
    }

    /// Looks. The first looks find something new in any case: it may have changed since this process read it.
    pub fn look(&mut self) -> Look {
        let now = Some(self.stamp());
        if now != self.seen {
            self.seen = now;
            return Look::Unsettled;
        }
        if now == self.read {
            return Look::Same;
        }
        self.read = now;
        Look::New
    }

    /// They are to be read now, by somebody who knows that they are whole.
    pub fn now(&mut self) {
        self.seen = Some(self.stamp());
        self.read.clone_from(&self.seen);
    }

    /// Whether they are as they were when they began to be read. If not, they are read again.
    pub fn is_whole(&mut self) -> bool {
        let whole = self.read.as_ref() == Some(&self.stamp());
        if !whole {
            self.read = None;
        }
        whole
    }

    /// They are read again at the next look.
    pub fn again(&mut self) {
        self.read = None;
    }
}

/// The configuration as it is now. A process stays with its workspace, whichever is the usual one now.
///
/// # Errors
/// What is wrong with it.
pub fn read(workspace: &Workspace, overrides: &Overrides) -> Result<Config, ConfigError> {
    let mut config = Config::load(overrides, &workspace.config.env)?;
    config.workspace.clone_from(&workspace.config.workspace);
    Ok(config)
}

/// What the screen is to be told.
pub enum News {
    /// The configuration has changed: how the screen would start now, and the workspace with it.
    Configured(Box<Startup>, Workspace),
    /// It cannot be used: why, a line each, with file and line.
    Wrong(Vec<String>),
}

/// Follows the configuration for a screen, on a thread of its own. It ends when nobody can ask any more.
pub struct Follow {
    ask: Sender<()>,
}

impl Follow {
    /// Begins. `startup` is what the screen was told at its start.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn start(
        workspace: Workspace,
        overrides: Overrides,
        startup: Startup,
        tell: impl Fn(News) + Send + 'static,
    ) -> std::io::Result<Follow> {
        let (ask, asked) = channel();
        let follower = Follower {
            watched: Watched::new(&workspace.config, true),
            tz: startup.tz.clone(),
            now: startup.now,
            told: Ok(Startup { first: false, ..startup }),
            workspace,
            overrides,
        };
        std::thread::Builder::new()
            .name("configuration".into())
            .spawn(move || follower.run(&asked, tell))
            .map(|_| Follow { ask })
    }

    /// A way to say that the file was changed by this process, as a whole.
    pub fn changed(&self) -> impl Fn() + Clone + Send + 'static {
        let ask = self.ask.clone();
        move || {
            // The thread has ended with a panic: what is changed counts from the next start on.
            let _ = ask.send(());
        }
    }
}

struct Follower {
    workspace: Workspace,
    overrides: Overrides,
    watched: Watched,
    tz: TimeZone,
    now: Ms,
    told: Result<Startup, Vec<String>>,
}

impl Follower {
    fn run(mut self, asked: &Receiver<()>, tell: impl Fn(News)) {
        loop {
            match asked.recv_timeout(LOOK) {
                Ok(()) => self.watched.now(),
                Err(RecvTimeoutError::Timeout) => match self.watched.look() {
                    Look::New => {}
                    Look::Same | Look::Unsettled => continue,
                },
                Err(RecvTimeoutError::Disconnected) => return,
            }
            let read = self.read();
            if !self.watched.is_whole() {
                continue;
            }
            let found = read.as_ref().map(|(startup, _)| startup.clone()).map_err(Clone::clone);
            if found == self.told {
                continue;
            }
            self.told = found;
            tell(match read {
                Ok((startup, workspace)) => News::Configured(Box::new(startup), workspace),
                Err(why) => News::Wrong(why),
            });
        }
    }

    fn read(&self) -> Result<(Startup, Workspace), Vec<String>> {
        let lines = |e: &dyn std::fmt::Display| e.to_string().lines().map(str::to_owned).collect::<Vec<_>>();
        let started = &self.workspace.config;
        let wanted = Config::load(&self.overrides, &started.env).map_err(|e| lines(&e))?;
        let later = later(started, &wanted);
        let config = read(&self.workspace, &self.overrides).map_err(|e| lines(&e))?;
        let me = mirror(&self.workspace.store, &config).map_err(|e| lines(&e))?;
        // Somebody else sits down at the next start; another name counts at once.
        let me = if me.email == self.workspace.me.email { me } else { self.workspace.me.clone() };
        let workspace = Workspace { config: Arc::new(config), me, ..self.workspace.clone() };
        let startup = startup::of(&workspace, self.tz.clone(), self.now);
        Ok((Startup { later, first: false, ..startup }, workspace))
    }
}

/// What has changed since the start and cannot be taken in by a program that runs.
pub fn later(started: &Config, now: &Config) -> Vec<String> {
    let changed = [
        ("listen", started.listen != now.listen),
        ("public_url", started.public_url != now.public_url),
        ("default_workspace", started.workspace != now.workspace),
        ("agent.email", started.agent.email != now.agent.email),
        ("log_level", started.log_level != now.log_level),
    ];
    let place = |key: &str| match now.origin(key) {
        crate::config::Place::Default => now.paths.config_file.display().to_string(),
        place => place.to_string(),
    };
    let changed = changed.into_iter().filter(|(_, is_changed)| *is_changed);
    changed.map(|(key, _)| format!("{}: a restart is needed for `{key}`", place(key))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Env, Paths};

    fn config(home: &std::path::Path, text: &str) -> Config {
        std::fs::write(home.join("config.toml"), text).unwrap();
        Config::from_text(Paths::at_home(home), text, &Overrides::default(), &Env::default()).unwrap()
    }

    #[test]
    fn files_are_read_once_they_are_left_alone() {
        let home = tempfile::tempdir().unwrap();
        let config = config(home.path(), "");
        let mut watched = Watched::new(&config, true);
        let mut engine = Watched::new(&config, false);
        assert_eq!(
            [watched.look(), watched.look(), watched.look()],
            [Look::Unsettled, Look::New, Look::Same]
        );
        assert_eq!([engine.look(), engine.look(), engine.look()], [Look::Unsettled, Look::New, Look::Same]);
        std::fs::create_dir(config.paths.themes()).unwrap();
        std::fs::write(config.paths.themes().join("mine.toml"), "base").unwrap();
        assert_eq!([watched.look(), watched.look()], [Look::Unsettled, Look::New]);
        assert_eq!(engine.look(), Look::Same);
        assert!(watched.is_whole());
        // It is written on while it is read.
        std::fs::write(config.paths.themes().join("mine.toml"), "base = \"paper\"").unwrap();
        assert!(!watched.is_whole());
        assert_eq!(
            [watched.look(), watched.look(), watched.look()],
            [Look::Unsettled, Look::New, Look::Same]
        );
        std::fs::remove_file(&config.paths.config_file).unwrap();
        watched.now();
        assert!(watched.is_whole());
        assert_eq!(watched.look(), Look::Same);
    }

    #[test]
    fn what_needs_a_restart_is_named_with_its_place() {
        let home = tempfile::tempdir().unwrap();
        let before = config(home.path(), "theme = \"paper\"\nlog_level = \"warn\"\n");
        let after = config(
            home.path(),
            "theme = \"linen\"\nlisten = \"127.0.0.1:9\"\n[agent]\nemail = \"a@b.example\"\n",
        );
        let said = later(&before, &after);
        assert_eq!(said.len(), 3, "{said:?}");
        assert!(said[0].contains("config.toml:2:1: ") && said[0].contains("`listen`"), "{said:?}");
        assert!(said[1].contains("`agent.email`") && said[2].contains("config.toml: "), "{said:?}");
    }
}
