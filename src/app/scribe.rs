//! Writes changes of the configuration's file for the screen: on a thread of its own, one after another in the order of the keys.

use crate::app::startup::desk_errors;
use crate::app::workspace::Workspace;
use crate::config::keys;
use crate::config::{Config, ConfigError, Overrides, Place, edit};
use crate::domain::change::Change;
use crate::ui::effect::Ticket;
use crate::ui::msg::Msg;
use crate::ui::setup::{Answer, Fail};
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;

/// The thread that writes.
pub struct Scribe {
    jobs: Sender<(Ticket, Vec<Change>)>,
    thread: JoinHandle<()>,
}

impl Scribe {
    /// Starts it. `send` hears what became of each change, `changed` that the file is another.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn start(
        workspace: &Workspace,
        overrides: &Overrides,
        send: impl Fn(Msg) + Send + 'static,
        changed: impl Fn() + Send + 'static,
    ) -> std::io::Result<Scribe> {
        let (jobs, asked) = channel::<(Ticket, Vec<Change>)>();
        let (started, overrides) = (workspace.config.clone(), overrides.clone());
        let run = move || {
            for (ticket, changes) in asked {
                let result = write(&started, &overrides, &changes);
                if result.is_ok() {
                    changed();
                }
                let fail = |e: ConfigError| Fail {
                    words: e.to_string().lines().map(str::to_owned).collect(),
                    at: None,
                };
                send(Msg::Setup { ticket, answer: Answer::Done(result.map_err(fail)) });
            }
        };
        let thread = std::thread::Builder::new().name("scribe".into()).spawn(run)?;
        Ok(Scribe { jobs, thread })
    }

    /// Has changes written, all of them or none.
    pub fn write(&self, ticket: Ticket, changes: Vec<Change>) {
        // It has ended with a panic: the file is as it was.
        let _ = self.jobs.send((ticket, changes));
    }

    /// Waits until all is written.
    pub fn finish(self) {
        drop(self.jobs);
        if self.thread.join().is_err() {
            tracing::warn!("the thread that writes the configuration ended with a panic");
        }
    }
}

/// Writes changes; answers what else there is to say.
fn write(started: &Config, overrides: &Overrides, changes: &[Change]) -> Result<Vec<String>, ConfigError> {
    // What was wrong before is told elsewhere, and is no reason against a change of something else.
    let new_mistakes = |before: &Config, after: &Config| {
        let known: Vec<String> = desk_errors(before).iter().map(|e| without_place(e).to_owned()).collect();
        desk_errors(after).into_iter().filter(|e| !known.iter().any(|k| k == without_place(e))).collect()
    };
    edit::entries(&started.paths, changes, new_mistakes)?;
    let config = Config::load(overrides, &started.env)?;
    let beaten = changes.iter().filter_map(|change| {
        let name = change.table.iter().chain([&change.key]).map(String::as_str).collect::<Vec<_>>().join(".");
        let spec = keys::key(&name)?;
        match config.origin(spec.key) {
            place @ (Place::Env(_) | Place::Flag(_)) => {
                Some(format!("{place} wins over the file: it stays as it is"))
            }
            Place::Default | Place::File { .. } => None,
        }
    });
    Ok(beaten.collect())
}

/// What is wrong, without the place: lines move.
fn without_place(error: &str) -> &str {
    error.split_once(": ").map_or(error, |(_, what)| what)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Env, Paths};
    use crate::domain::change::To;

    fn config(home: &std::path::Path, text: &str, env: &Env) -> Config {
        std::fs::write(home.join("config.toml"), text).unwrap();
        Config::from_text(Paths::at_home(home), text, &Overrides::default(), env).unwrap()
    }

    #[test]
    fn a_change_may_make_no_new_mistake() {
        let home = tempfile::tempdir().unwrap();
        let text = "[keys.list]\n\"<nokey>\" = \"open\"\n";
        let config = config(home.path(), text, &Env::default());
        let overrides = Overrides { home: Some(home.path().to_owned()), ..Overrides::default() };
        let key = |key: &str, line: &str| Change::new(&["keys", "list"], key, To::Text(line.into()));
        let wrong = write(&config, &overrides, &[key("x", "resolv")]).unwrap_err().to_string();
        assert!(wrong.contains("did you mean resolve") && wrong.contains("config.toml:3"), "{wrong}");
        assert_eq!(std::fs::read_to_string(&config.paths.config_file).unwrap(), text);
        assert_eq!(write(&config, &overrides, &[key("x", "resolve")]).unwrap(), Vec::<String>::new());
    }

    #[test]
    fn a_variable_that_wins_is_named() {
        let home = tempfile::tempdir().unwrap();
        let config = config(home.path(), "", &Env::of(&[("FRONTDESK_THEME", "paper")]));
        let overrides = Overrides { home: Some(home.path().to_owned()), ..Overrides::default() };
        let said =
            write(&config, &overrides, &[Change::new(&[], "theme", To::Text("linen".into()))]).unwrap();
        assert!(said[0].contains("FRONTDESK_THEME"), "{said:?}");
    }
}
