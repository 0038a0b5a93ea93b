//! A real engine over a workspace in a temporary directory, with history, a Twilio account and a chat page.

use frontdesk::app::host::{self, Host, Listening};
use frontdesk::app::workspace::{self, Workspace};
use frontdesk::config::{Config, Env, Overrides};
use frontdesk::domain::clock::{Clock, SystemClock};
use frontdesk::engine::bus::Bus;
use frontdesk::engine::import::{ImportOptions, import_jsonl};
use frontdesk::engine::lock;
use frontdesk::sandbox::history::History;
use std::io::Cursor;

/// The account of the benches.
pub const SID: &str = "AC5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e";
/// Its number.
pub const NUMBER: &str = "+15557122661";

/// A running engine.
pub struct Bench {
    /// Its workspace.
    pub workspace: Workspace,
    /// The engine.
    pub engine: Host,
    /// Where it listens.
    pub base: String,
    /// Its bus.
    pub bus: Bus,
    _home: tempfile::TempDir,
}

/// A home with a Twilio account that signs with `token` and sends to `base_url`, a chat page, and history.
pub fn home(fill: usize, token: &str, base_url: &str, port: u16) -> tempfile::TempDir {
    let home = tempfile::tempdir().expect("a directory");
    let secret = home.path().join("token");
    std::fs::write(&secret, token).expect("a secret");
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(0o600)).expect("permissions");
    }
    let text = format!(
        "listen = \"127.0.0.1:{port}\"\n[workspace.main.channel.support]\nprovider = \"twilio\"\naccount_sid = \"{SID}\"\n\
         from = \"{NUMBER}\"\nbase_url = \"{base_url}\"\npoll_seconds = 0\n\
         [workspace.main.channel.support.secrets]\nauth_token = {{ file = {:?} }}\n\
         [workspace.main.channel.shop]\nprovider = \"webchat\"\n",
        secret.display().to_string()
    );
    std::fs::write(home.path().join("config.toml"), text).expect("a configuration");
    let workspace = open(&home);
    if fill > 0 {
        let mut lines = String::new();
        for line in History::new(fill as u64, 1, SystemClock.now() - 3_600_000) {
            lines.push_str(line.trim_end());
            lines.push('\n');
        }
        import_jsonl(&workspace.store, Cursor::new(lines), &ImportOptions::default(), &mut |_| {})
            .expect("an import");
        super::rest::rest(workspace.store.dir()).expect("a quiet moment");
    }
    home
}

fn open(home: &tempfile::TempDir) -> Workspace {
    let overrides = Overrides { home: Some(home.path().to_path_buf()), ..Overrides::default() };
    let config = Config::load(&overrides, &Env::of(&[])).expect("a configuration");
    workspace::open(config).expect("a workspace")
}

/// Starts an engine whose Twilio account signs with `token` and sends to `base_url`.
pub async fn start(fill: usize, token: &str, base_url: &str) -> Bench {
    let home = home(fill, token, base_url, 0);
    let workspace = open(&home);
    let bus = Bus::new();
    let lock = lock::try_acquire(workspace.store.dir()).expect("a lock").expect("a free lock");
    let engine =
        host::start(&workspace, lock, bus.clone(), Listening::Required, None).await.expect("an engine");
    let base = format!("http://{}", engine.engine.address.expect("an address"));
    Bench { workspace, engine, base, bus, _home: home }
}
