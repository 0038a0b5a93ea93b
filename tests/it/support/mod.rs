//! What several tests share: a home with a configuration, the program as a process, and the program in a terminal.

pub mod pty;
mod thread;

use frontdesk::sandbox::twilio::TwilioWorld;
use rustix::process::{Pid, Signal};
use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

/// The program under test.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_frontdesk");

/// A home of its own, thrown away at the end.
pub struct Home {
    dir: tempfile::TempDir,
}

/// What a command answered.
pub struct Answer {
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
    /// How it ended.
    pub status: ExitStatus,
}

impl Answer {
    /// Standard output as JSON, a value a line.
    pub fn json(&self) -> Vec<Value> {
        let parse = |l| serde_json::from_str(l).unwrap_or_else(|e| panic!("not JSON ({e}): {l}"));
        self.out.lines().map(parse).collect()
    }

    /// The exit code.
    pub fn code(&self) -> i32 {
        self.status.code().unwrap_or(-1)
    }

    /// This answer, which must be a success.
    #[track_caller]
    pub fn ok(self) -> Answer {
        assert_eq!(self.code(), 0, "out: {}\nerr: {}", self.out, self.err);
        self
    }
}

impl Home {
    /// A home without a configuration.
    pub fn empty() -> Home {
        Home { dir: tempfile::tempdir().unwrap() }
    }

    /// A home whose workspace `main` has a Twilio account `support` at that far end and a chat page `shop`.
    pub fn with_accounts(world: &TwilioWorld) -> Home {
        let home = Home::empty();
        let token = home.path().join("token");
        write_private(&token, world.auth_token());
        home.configure(&format!(
            r#"undo_seconds = 0
[agent]
name = "Ana"
email = "ana@example.com"

[agents]
"tom@example.com" = "Tom"

[workspace.main.channel.support]
provider = "twilio"
account_sid = "{}"
from = "{}"
base_url = "{}"
poll_seconds = 0

[workspace.main.channel.support.secrets]
auth_token = {{ file = {:?} }}

[workspace.main.channel.shop]
provider = "webchat"
"#,
            world.account_sid(),
            world.numbers()[0],
            world.base_url(),
            token.display().to_string(),
        ));
        home
    }

    /// Writes the configuration.
    pub fn configure(&self, text: &str) {
        std::fs::write(self.path().join("config.toml"), text).unwrap();
    }

    /// The agent has seen the tour: it covers nothing.
    pub fn tour_seen(&self) {
        std::fs::create_dir_all(self.path().join("state")).unwrap();
        std::fs::write(self.path().join("state/tour-seen"), "").unwrap();
    }

    /// The directory.
    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// The directory of the workspace `main`.
    pub fn workspace(&self) -> PathBuf {
        self.path().join("data").join("main")
    }

    /// The program with this home and nothing else of this machine's environment.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command
            .env_clear()
            .env("FRONTDESK_HOME", self.path())
            .env("USER", "tester")
            .env("TZ", "UTC")
            .args(args);
        command
    }

    /// Runs a command to its end.
    #[track_caller]
    pub fn run(&self, args: &[&str]) -> Answer {
        self.run_with(args, "")
    }

    /// Runs a command to its end, with this on standard input.
    #[track_caller]
    pub fn run_with(&self, args: &[&str], input: &str) -> Answer {
        let mut child = self
            .command(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        // A command that does not read its input may have ended already.
        let _ = stdin.write_all(input.as_bytes());
        drop(stdin);
        let output = child.wait_with_output().unwrap();
        Answer {
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
            status: output.status,
        }
    }

    /// Starts the engine alone, listening on a free port (0) or this one.
    pub fn serve(&self, port: u16) -> Serve {
        let listen = format!("127.0.0.1:{port}");
        let mut command = self.command(&["serve", "--listen", &listen]);
        command.stderr(Stdio::inherit());
        Serve::start(command)
    }
}

/// Writes a file that only its owner can read.
pub fn write_private(path: &Path, text: &str) {
    use std::os::unix::fs::OpenOptionsExt;
    let mut file =
        std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

/// The engine as a process. Killed on drop.
pub struct Serve {
    /// `http://127.0.0.1:PORT`.
    pub base: String,
    child: Child,
}

impl Serve {
    /// Starts a command that is, or becomes, `frontdesk serve`, and waits until it says that it is ready.
    pub fn start(mut command: Command) -> Serve {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        out.read_line(&mut line).unwrap();
        let Some(base) = line.trim().strip_prefix("ready ") else {
            let _ = child.kill();
            panic!("not ready: {line:?} ({:?})", child.wait());
        };
        Serve { base: base.to_owned(), child }
    }

    /// The port it listens on.
    pub fn port(&self) -> u16 {
        self.base.rsplit(':').next().unwrap().parse().unwrap()
    }

    /// kill -9.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Its process.
    pub fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Asks politely, and waits for the end.
    pub fn terminate(self) -> ExitStatus {
        self.signal(Signal::TERM)
    }

    /// Sends a signal, and waits for the end.
    pub fn signal(mut self, signal: Signal) -> ExitStatus {
        rustix::process::kill_process(self.pid(), signal).unwrap();
        self.child.wait().unwrap()
    }
}

impl Drop for Serve {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Polls until `check` answers something, and fails with `what` after half a minute.
#[track_caller]
pub fn until<T>(what: &str, mut check: impl FnMut() -> Option<T>) -> T {
    let end = std::time::Instant::now() + std::time::Duration::from_secs(30);
    loop {
        if let Some(found) = check() {
            return found;
        }
        assert!(std::time::Instant::now() < end, "in vain: {what}");
        std::thread::park_timeout(std::time::Duration::from_millis(5));
    }
}
