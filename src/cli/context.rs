//! What every command works with: the globals, the configuration, the workspace, and ids typed by people.

use crate::app::api::{Actor, Class, Tx};
use crate::app::workspace::{self, Workspace};
use crate::cli::args::Globals;
use crate::cli::error::CliError;
use crate::cli::output::Out;
use crate::cli::shape::{People, PerformedShape};
use crate::config::{Config, Env, Overrides};
use crate::domain::command::{Action, Performed};
use crate::domain::ids::{ConversationId, MessageId};
use crate::domain::row::{ConversationRow, MessageRow};
use std::io::Read;
use std::str::FromStr;

/// Longest text that is read from standard input, in bytes.
const LONGEST: u64 = 1024 * 1024;

/// What every command works with.
pub struct Context {
    /// The flags.
    pub overrides: Overrides,
    /// The variables.
    pub env: Env,
    /// Where to print.
    pub out: Out,
}

impl Context {
    /// The context of these flags.
    pub fn new(globals: &Globals) -> Context {
        Context {
            overrides: Overrides {
                home: globals.home.clone(),
                workspace: globals.workspace.clone(),
                ..Overrides::default()
            },
            env: Env::of_process(),
            out: Out::standard(globals.json),
        }
    }

    /// Reads the configuration.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn config(&self) -> Result<Config, CliError> {
        Ok(Config::load(&self.overrides, &self.env)?)
    }

    /// Opens the selected workspace, which must be there: a name mistyped must not begin a new one.
    ///
    /// # Errors
    /// What is wrong with the configuration or the store; not found.
    pub fn open(&self) -> Result<Workspace, CliError> {
        let config = self.config()?;
        let name = &config.workspace;
        let default = crate::config::keys::key("default_workspace").map(|k| k.default);
        let known = default == Some(name.as_str()) || !config.channels().is_empty();
        if !known && !config.workspace_dir().is_dir() {
            return Err(CliError::not_found(format!(
                "there is no workspace {name}: `frontdesk workspace list` shows them, `frontdesk workspace create {name}` makes it"
            )));
        }
        Ok(workspace::open(config)?)
    }

    /// Opens the selected workspace, and begins it where it is not there.
    ///
    /// # Errors
    /// What is wrong with the configuration or the store.
    pub fn begin(&self) -> Result<Workspace, CliError> {
        Ok(workspace::open(self.config()?)?)
    }

    /// Prints what a change did: an object, or `said`.
    ///
    /// # Errors
    /// When nobody takes the output.
    pub fn done(&mut self, done: &Performed, said: &str) -> Result<(), CliError> {
        if self.out.json {
            return Ok(self.out.object(&PerformedShape::new(done))?);
        }
        Ok(self.out.line(if done.changed { said } else { "nothing to change" })?)
    }

    /// Says on standard error that an op waits, where no engine runs that would perform it.
    ///
    /// # Errors
    /// When nobody takes the output.
    pub fn say_if_nobody_performs(
        &mut self,
        workspace: &Workspace,
        done: &Performed,
    ) -> Result<(), CliError> {
        if done.op.is_some() && !crate::app::api::engine_runs(workspace.store.dir()) {
            let name = &workspace.config.workspace;
            self.out.note(&format!(
                "queued: no engine runs for workspace {name}; it leaves when `frontdesk` or `frontdesk serve` runs"
            ))?;
        }
        Ok(())
    }
}

/// Performs one action as the agent of the configuration, durably.
///
/// # Errors
/// Why it was not done; then nothing was.
pub fn perform(workspace: &Workspace, action: Action) -> Result<Performed, CliError> {
    let mut all = perform_all(workspace, vec![action])?;
    all.pop().ok_or_else(|| CliError::failure("nothing was done"))
}

/// Performs several actions in one transaction: all or none.
///
/// # Errors
/// Why they were not done; then none was.
pub fn perform_all(workspace: &Workspace, actions: Vec<Action>) -> Result<Vec<Performed>, CliError> {
    let actor = Actor { name: workspace.me.name.clone(), email: workspace.me.email.clone() };
    let job = move |t: &mut Tx<'_>| actions.iter().map(|a| t.perform(&actor, a)).collect();
    Ok(workspace.store.writer().call(Class::Durable, job)?)
}

/// The conversation of an id that somebody typed.
///
/// # Errors
/// [`Exit::NotFound`](crate::cli::error::Exit) if there is none.
pub fn conversation(workspace: &Workspace, typed: &str) -> Result<ConversationRow, CliError> {
    let missing =
        || CliError::not_found(format!("there is no conversation {typed}: `frontdesk list` shows ids"));
    let id = ConversationId::from_str(typed).map_err(|_| missing())?;
    workspace.store.reader()?.conversation(id)?.ok_or_else(missing)
}

/// The message of an id that somebody typed.
///
/// # Errors
/// [`Exit::NotFound`](crate::cli::error::Exit) if there is none.
pub fn message(workspace: &Workspace, typed: &str) -> Result<MessageRow, CliError> {
    let missing = || {
        CliError::not_found(format!(
            "there is no message {typed}: `frontdesk outbox` and `frontdesk show` show ids"
        ))
    };
    let id = MessageId::from_str(typed).map_err(|_| missing())?;
    workspace.store.reader()?.message(id)?.ok_or_else(missing)
}

/// All who can be given a conversation.
///
/// # Errors
/// When the store cannot be read.
pub fn people(workspace: &Workspace) -> Result<People, CliError> {
    let reader = workspace.store.reader()?;
    Ok(People { agents: reader.agents()?, teams: reader.teams()? })
}

/// The text of `TEXT|-`, without the line ends at its end.
///
/// # Errors
/// When standard input cannot be read, is no text, or holds more than a message can.
pub fn text(argument: &str) -> Result<String, CliError> {
    if argument != "-" {
        return Ok(argument.to_owned());
    }
    let mut bytes = Vec::new();
    std::io::stdin().lock().take(LONGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LONGEST {
        return Err(CliError::usage("standard input holds more than 1 MiB: that is no message"));
    }
    let text = String::from_utf8(bytes).map_err(|_| CliError::usage("standard input is not UTF-8 text"))?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}
