//! `demo`: a throw-away workspace, the real engine and listener on 127.0.0.1, and a cast of customers over production interfaces.

use crate::app::AppError;
use crate::app::tui::{self, Extra, Ready};
use crate::app::workspace::{self, Workspace};
use crate::config::edit::{self, ChannelEdit, SettingValue};
use crate::config::{Config, ConfigError, Env, Overrides, Paths};
use crate::domain::clock::{Clock, SystemClock};
use crate::domain::command::Action;
use crate::engine::import::{ImportOptions, Progress, import_jsonl};
use crate::sandbox::cast::{Cast, CastOptions};
use crate::sandbox::history::History;
use crate::sandbox::mailbox::{MailboxOptions, MailboxWorld};
use crate::sandbox::twilio::{Faults, TwilioOptions, TwilioWorld};
use crate::store::{Actor, Class};
use std::io::{BufReader, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::watch;
use url::Url;

/// What the demo is asked for.
#[derive(Debug, Clone)]
pub struct DemoOptions {
    /// The same seed brings the same cast.
    pub seed: u64,
    /// Divides all of the cast's pauses.
    pub speed: f64,
    /// Messages of history to load before the start.
    pub messages: usize,
    /// Keeps the workspace in this directory.
    pub keep: Option<PathBuf>,
}

const SMS: &str = "support";
const CHAT: &str = "shop";
const MAIL: &str = "desk";
const ADDRESS: &str = "hello@copperkettle.example";
const NUMBER: &str = "+15557122661";
const DEFAULT_HISTORY: usize = 400;
/// How the demo's configuration begins.
const TITLE: &str = "# The demo's configuration";
/// Variables of the user's own workspace: the demo has another one, with addresses and people of its own.
const NOT_OURS: [&str; 6] = [
    "FRONTDESK_HOME",
    "FRONTDESK_WORKSPACE",
    "FRONTDESK_DEFAULT_WORKSPACE",
    "FRONTDESK_LISTEN",
    "FRONTDESK_PUBLIC_URL",
    "FRONTDESK_AGENT_",
];

/// Runs the demo until the agent leaves. Progress goes to `out` before the screen opens.
///
/// # Errors
/// When the workspace cannot be made or there is no terminal.
pub fn run(options: &DemoOptions, out: &mut dyn Write) -> Result<(), AppError> {
    let home = Home::make(options.keep.as_deref())?;
    let mut options = options.clone();
    if home.dir.join("data/demo/frontdesk.db").exists() {
        // The same cast again would send messages of the same names, which the workspace rightly takes for replays.
        options.seed ^= SystemClock.now().unsigned_abs();
    }
    if crate::app::api::engine_runs(&home.dir.join("data/demo")) {
        return Err(AppError::Other(format!(
            "a demo runs in {} already: leave that one first, or name another directory with --keep",
            home.dir.display()
        )));
    }
    let options = &options;
    let (stop, stopped) = watch::channel(false);
    let far_end = FarEnd::start(options)?;
    let overrides = configure(&home.dir, &far_end)?;
    let env = Env::of_process().without(&NOT_OURS);
    let config = Config::load(&overrides, &env).map_err(|e| AppError::Other(e.to_string()))?;
    let workspace = workspace::open(config)?;
    prepare(&workspace, options, out)?;
    let runtime = far_end.runtime.handle().clone();
    let (world, mailbox) = (far_end.world.clone(), far_end.mailbox.clone());
    let (seed, speed) = (options.seed, options.speed);
    let on_ready = Box::new(move |ready: Ready| {
        let base = format!("http://{}", ready.address);
        let urls = (Url::parse(&format!("{base}/hooks/{SMS}")), Url::parse(&format!("{base}/chat/{CHAT}")));
        if let (Ok(twilio_hook), Ok(chat_base)) = urls {
            // The cast ends with the runtime of the far end.
            let _enter = runtime.enter();
            let _cast = Cast::run(CastOptions {
                seed,
                speed,
                twilio: world,
                twilio_hook,
                whatsapp_hook: None,
                mailbox,
                chat_base,
                stop: stopped,
            });
        }
    });
    let result = tui::run(&workspace, overrides, Extra { on_ready: Some(on_ready) });
    let _ = stop.send(true);
    far_end.stop();
    drop(workspace);
    home.end(out, result.is_ok())?;
    result.map(|_| ())
}

/// The directory of the demo: thrown away at the end, unless it is to be kept.
struct Home {
    dir: PathBuf,
    keep: bool,
}

impl Home {
    fn make(keep: Option<&Path>) -> Result<Home, AppError> {
        let dir = match keep {
            Some(dir) => dir.to_path_buf(),
            None => std::env::temp_dir().join(format!("frontdesk-demo-{}", uuid::Uuid::new_v4().simple())),
        };
        let config = dir.join("config.toml");
        if config.exists() && !std::fs::read_to_string(&config).is_ok_and(|text| text.starts_with(TITLE)) {
            return Err(AppError::Other(format!(
                "{} is a configuration that is not the demo's, and stays as it is: name another directory with --keep",
                config.display()
            )));
        }
        crate::config::paths::private_dir(&dir).map_err(|e| AppError::Other(e.to_string()))?;
        Ok(Home { dir, keep: keep.is_some() })
    }

    fn end(self, out: &mut dyn Write, well: bool) -> Result<(), AppError> {
        if self.keep {
            let dir = self.dir.display();
            return writeln!(out, "The demo's workspace is kept: frontdesk --home {dir} --workspace demo")
                .map_err(AppError::io("standard output"));
        }
        if well {
            std::fs::remove_dir_all(&self.dir)
                .map_err(AppError::io("the demo's workspace cannot be removed"))?;
        }
        Ok(())
    }
}

/// The far ends of the demo's Twilio account and of its mailbox, on a runtime of their own: another program, as far as Frontdesk can
/// tell.
struct FarEnd {
    runtime: tokio::runtime::Runtime,
    world: Arc<TwilioWorld>,
    mailbox: Arc<MailboxWorld>,
}

impl FarEnd {
    fn start(options: &DemoOptions) -> Result<FarEnd, AppError> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .map_err(AppError::io("the demo's far end cannot be started"))?;
        let world = runtime
            .block_on(TwilioWorld::start(TwilioOptions {
                numbers: vec![NUMBER.into(), format!("whatsapp:{NUMBER}")],
                seed: options.seed,
                faults: Faults::lively(),
                pace: if options.speed > 0.0 { 1.0 / options.speed } else { 0.0 },
                ..TwilioOptions::default()
            }))
            .map_err(AppError::io("the demo's far end cannot be started"))?;
        let mailbox = runtime
            .block_on(MailboxWorld::start(MailboxOptions {
                address: ADDRESS.into(),
                ..MailboxOptions::default()
            }))
            .map_err(AppError::io("the demo's far end cannot be started"))?;
        Ok(FarEnd { runtime, world: Arc::new(world), mailbox: Arc::new(mailbox) })
    }

    fn stop(self) {
        drop((self.world, self.mailbox));
        self.runtime.shutdown_timeout(std::time::Duration::from_millis(500));
    }
}

/// Writes the demo's configuration, as a user would have it. One that is kept stays as it was changed meanwhile, but for where the
/// far ends are this time.
fn configure(home: &Path, far_end: &FarEnd) -> Result<Overrides, AppError> {
    let token = home.join("auth_token");
    write_private(&token, far_end.world.auth_token())?;
    let password = home.join("password");
    write_private(&password, far_end.mailbox.password())?;
    let overrides =
        Overrides { home: Some(home.to_path_buf()), workspace: Some("demo".into()), ..Overrides::default() };
    if home.join("config.toml").exists() {
        return find_again(home, far_end).map(|()| overrides);
    }
    let text = format!(
        r#"{TITLE}: an agent, two colleagues, a Twilio number, a chat page and a mailbox.
listen = "127.0.0.1:0"
default_workspace = "demo"

[agent]
name = "Ana"
email = "ana@example.com"

[agents]
"tom@example.com" = "Tom"
"mei@example.com" = "Mei"

[workspace.demo.channel.{SMS}]
provider = "twilio"
account_sid = "{sid}"
from = "{NUMBER}"
base_url = "{base}"
poll_seconds = 20

[workspace.demo.channel.{SMS}.secrets]
auth_token = {{ file = {token:?} }}

[workspace.demo.channel.{CHAT}]
provider = "webchat"
title = "Copper Kettle"
greeting = "Hello! How can we help?"

[workspace.demo.channel.{MAIL}]
provider = "imap"
address = "{ADDRESS}"
name = "Copper Kettle"
imap_host = "127.0.0.1"
imap_port = {imap}
imap_security = "plain"
smtp_host = "127.0.0.1"
smtp_port = {smtp}
smtp_security = "plain"

[workspace.demo.channel.{MAIL}.secrets]
password = {{ file = {password:?} }}
"#,
        sid = far_end.world.account_sid(),
        base = far_end.world.base_url(),
        token = token.display().to_string(),
        imap = far_end.mailbox.imap().port(),
        smtp = far_end.mailbox.smtp().port(),
        password = password.display().to_string(),
    );
    std::fs::write(home.join("config.toml"), text).map_err(AppError::io("the demo's configuration"))?;
    Ok(overrides)
}

/// Writes into a configuration that is there where the far ends are. A channel that was removed stays so.
fn find_again(home: &Path, far_end: &FarEnd) -> Result<(), AppError> {
    let port = |of: std::net::SocketAddr| SettingValue::Number(i64::from(of.port()));
    let twilio = vec![
        ("account_sid".to_owned(), SettingValue::from(far_end.world.account_sid())),
        ("base_url".to_owned(), SettingValue::from(far_end.world.base_url())),
    ];
    let mailbox = vec![
        ("imap_port".to_owned(), port(far_end.mailbox.imap())),
        ("smtp_port".to_owned(), port(far_end.mailbox.smtp())),
    ];
    for (name, settings) in [(SMS, twilio), (MAIL, mailbox)] {
        let change = ChannelEdit::Set { settings, secrets: Vec::new() };
        match edit::channel(&Paths::at_home(home), "demo", name, &change) {
            Ok(()) | Err(ConfigError::NotFound(_)) => {}
            Err(e) => return Err(AppError::Other(e.to_string())),
        }
    }
    Ok(())
}

fn write_private(path: &Path, text: &str) -> Result<(), AppError> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(AppError::io("the demo's secret"))?;
    file.write_all(text.as_bytes()).map_err(AppError::io("the demo's secret"))
}

/// History and quick replies, so that there is something to look at and to work with.
fn prepare(workspace: &Workspace, options: &DemoOptions, out: &mut dyn Write) -> Result<(), AppError> {
    if workspace.store.reader()?.account_by_name("import/webchat")?.is_some() {
        // A kept workspace that is used again has its history, and its quick replies as they were changed.
        return Ok(());
    }
    let actor = Actor { name: workspace.me.name.clone(), email: workspace.me.email.clone() };
    for reply in crate::config::starter_quick_replies() {
        let (actor, action) = (actor.clone(), Action::QuickReplySave { id: None, reply });
        workspace.store.writer().call(Class::Apply, move |t| t.perform(&actor, &action).map(|_| ()))?;
    }
    let wanted = if options.messages == 0 { DEFAULT_HISTORY } else { options.messages };
    let history = History::new(wanted as u64, options.seed, SystemClock.now() - 3_600_000).into_read();
    let lines = BufReader::with_capacity(256 * 1024, history);
    let mut shown = 0;
    let mut progress = |p: Progress| {
        if p.messages >= shown + 10_000 {
            shown = p.messages;
            // A progress line that cannot be shown is no reason to stop.
            let _ = write!(out, "\rloading history: {shown} of {wanted} messages").and_then(|()| out.flush());
        }
    };
    import_jsonl(&workspace.store, lines, &ImportOptions::default(), &mut progress)
        .map_err(|e| AppError::Other(format!("the demo's history cannot be loaded: {e}")))?;
    if shown > 0 {
        let _ = writeln!(out);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_that_is_not_the_demos_stays_as_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("config.toml");
        std::fs::write(&file, "# mine\n").unwrap();
        let refused = Home::make(Some(dir.path())).err().unwrap().to_string();
        assert!(refused.contains("--keep"), "{refused}");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "# mine\n");
        std::fs::write(&file, format!("{TITLE}: an agent\n")).unwrap();
        assert!(Home::make(Some(dir.path())).is_ok(), "its own is used again");
    }

    #[test]
    fn a_kept_configuration_keeps_what_was_changed_and_finds_its_far_ends_again() {
        let dir = tempfile::tempdir().unwrap();
        let options = DemoOptions { seed: 1, speed: 1.0, messages: 0, keep: Some(dir.path().to_owned()) };
        let first = FarEnd::start(&options).unwrap();
        configure(dir.path(), &first).unwrap();
        let file = dir.path().join("config.toml");
        let written = std::fs::read_to_string(&file).unwrap();
        let mine = written.replace("name = \"Ana\"", "name = \"Zoë\" # me");
        assert_ne!(mine, written);
        std::fs::write(&file, &mine).unwrap();
        let second = FarEnd::start(&options).unwrap();
        configure(dir.path(), &second).unwrap();
        let found = std::fs::read_to_string(&file).unwrap();
        let port = |at: std::net::SocketAddr| format!("_port = {}\n", at.port());
        let wanted = mine
            .replace(first.world.base_url(), second.world.base_url())
            .replace(&port(first.mailbox.imap()), &port(second.mailbox.imap()))
            .replace(&port(first.mailbox.smtp()), &port(second.mailbox.smtp()));
        assert_eq!(found, wanted);
        [first, second].into_iter().for_each(FarEnd::stop);
    }
}
