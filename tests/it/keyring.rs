//! Secrets in a real keyring: gnome-keyring on a session bus of its own. `tests/run` installs both.
#![cfg(target_os = "linux")]

use crate::cli::world::World;
use crate::support::{Home, pty::Pty};
use frontdesk::sandbox::twilio::{TwilioOptions, TwilioWorld};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// A session bus that starts nothing by itself.
const BUS: &str = r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>ADDRESS</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>
"#;

/// How long a daemon may take to come up, or to be gone.
const PATIENCE: Duration = Duration::from_secs(20);
/// The name that a keyring takes on the bus.
const NAME: &str = "org.freedesktop.secrets";

/// A bus, and perhaps a keyring on it; both end with this.
pub struct Ring {
    dir: tempfile::TempDir,
    children: Vec<Child>,
    /// What `dbus-monitor` says, line by line: who takes the keyring's name, and who gives it up.
    told: Receiver<String>,
}

impl Drop for Ring {
    fn drop(&mut self) {
        for child in self.children.iter_mut().rev() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// What a program prints, line by line.
fn lines(out: ChildStdout) -> Receiver<String> {
    let (tell, told) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(out).lines().map_while(Result::ok) {
            if tell.send(line).is_err() {
                return;
            }
        }
    });
    told
}

impl Ring {
    /// A bus without a keyring.
    pub fn bus() -> Ring {
        let dir = tempfile::tempdir().unwrap();
        let mut ring = Ring { dir, children: Vec::new(), told: channel().1 };
        let config = ring.path("bus.conf");
        std::fs::write(&config, BUS.replace("ADDRESS", &ring.address())).unwrap();
        let mut bus = Command::new("dbus-daemon");
        bus.arg(format!("--config-file={}", config.display()));
        bus.args(["--nofork", "--nopidfile", "--print-address=1"]);
        let address = lines(ring.spawn(bus.stdout(Stdio::piped())).unwrap());
        address.recv_timeout(PATIENCE).expect("dbus-daemon says where it listens");
        let mut monitor = Command::new("dbus-monitor");
        monitor.args(["--address", &ring.address()]);
        monitor.arg(format!("type='signal',member='NameOwnerChanged',arg0='{NAME}'"));
        ring.told = lines(ring.spawn(monitor.stdout(Stdio::piped())).unwrap());
        ring.told.recv_timeout(PATIENCE).expect("dbus-monitor listens");
        ring
    }

    /// A bus with a keyring that is open, or locked.
    fn with_keyring(open: bool) -> Ring {
        let mut ring = Ring::bus();
        let password = ring.path("password");
        // Without a line end: the whole file is the password. It also makes the login keyring.
        std::fs::write(&password, "lab").unwrap();
        ring.keyring(Some(&password));
        if !open {
            // Made by an open one; one that is started without the password finds it locked.
            let child = ring.children.last_mut().unwrap();
            child.kill().unwrap();
            child.wait().unwrap();
            ring.until_keyring(false);
            ring.keyring(None);
        }
        ring
    }

    fn keyring(&mut self, password: Option<&Path>) {
        let runtime = self.path("run");
        std::fs::create_dir_all(&runtime).unwrap();
        std::fs::set_permissions(&runtime, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
        let mut daemon = Command::new("gnome-keyring-daemon");
        daemon
            .args(["--foreground", "--components=secrets"])
            .arg(format!("--control-directory={}", runtime.join("keyring").display()))
            .env_remove("DISPLAY")
            .env_remove("WAYLAND_DISPLAY")
            .env("DBUS_SESSION_BUS_ADDRESS", self.address())
            .env("HOME", self.dir.path())
            .env("XDG_RUNTIME_DIR", &runtime)
            .env("XDG_DATA_HOME", self.path("data"))
            .env("XDG_CONFIG_HOME", self.path("config"))
            .env("XDG_CACHE_HOME", self.path("cache"));
        if let Some(password) = password {
            daemon.arg("--unlock").stdin(File::open(password).unwrap());
        } else {
            daemon.stdin(Stdio::null());
        }
        self.spawn(daemon.stdout(Stdio::null()));
        self.until_keyring(true);
    }

    fn spawn(&mut self, command: &mut Command) -> Option<ChildStdout> {
        let program = command.get_program().to_string_lossy().into_owned();
        command.stderr(Stdio::null());
        let mut child = command.spawn().unwrap_or_else(|e| panic!("{program}: {e} (tests/run installs it)"));
        let out = child.stdout.take();
        self.children.push(child);
        out
    }

    /// Waits until a keyring has taken its name on the bus, or given it up.
    fn until_keyring(&self, there: bool) {
        let next =
            || self.told.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("a keyring there: {there}?"));
        loop {
            if !next().contains(NAME) {
                continue;
            }
            // Then who had it, and who has it now; nobody is the empty string.
            next();
            if next().contains("\"\"") != there {
                return;
            }
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn address(&self) -> String {
        format!("unix:path={}", self.path("bus").display())
    }

    /// What `secret-tool`, a program of others, finds under a user.
    fn lookup(&self, service: &str, user: &str) -> Option<String> {
        let output = Command::new("secret-tool")
            .args(["lookup", "service", service, "username", user])
            .env("DBUS_SESSION_BUS_ADDRESS", self.address())
            .output()
            .unwrap();
        output.status.success().then(|| String::from_utf8(output.stdout).unwrap())
    }
}

const ADD: [&str; 13] = [
    "channel",
    "add",
    "twilio",
    "--name",
    "support",
    "--set",
    "account_sid=AC00000000000000000000000000000001",
    "--set",
    "from=+15557122661",
    "--secret",
    "auth_token",
    "--secret",
    "auth_token_secondary",
];

#[test]
#[ignore = "needs dbus-daemon, gnome-keyring-daemon and secret-tool: `tests/run` installs them"]
fn secrets_are_kept_found_and_forgotten_per_workspace() {
    let ring = Ring::with_keyring(true);
    let address = ring.address();
    let env = [("DBUS_SESSION_BUS_ADDRESS", address.as_str())];
    let world = World::new();
    let run = world.run_with(&ADD, &env, "hunter2\nhunter3\n");
    assert_eq!(run.code, 0, "{run:?}");
    let file = std::fs::read_to_string(world.home().join("config.toml")).unwrap();
    assert!(file.contains("auth_token = { keyring = true }") && !file.contains("hunter"), "{file}");
    assert_eq!(ring.lookup("frontdesk/main", "support/auth_token").as_deref(), Some("hunter2"));
    assert_eq!(ring.lookup("frontdesk/main", "support/auth_token_secondary").as_deref(), Some("hunter3"));

    let mut other = vec!["--workspace", "other"];
    other.extend(&ADD[..11]);
    assert_eq!(world.run_with(&other, &env, "elsewhere\n").code, 0);
    assert_eq!(ring.lookup("frontdesk/other", "support/auth_token").as_deref(), Some("elsewhere"));
    assert_eq!(ring.lookup("frontdesk/main", "support/auth_token").as_deref(), Some("hunter2"));

    let doctor = world.run_with(&["doctor", "--json"], &env, "");
    let check = doctor.objects().into_iter().find(|c| c["check"] == "channel support").unwrap();
    assert_eq!(check["status"], "ok", "the secrets are found again: {check}");

    let run = world.run_with(&["channel", "set", "support", "--secret", "auth_token"], &env, "hunter4\n");
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(ring.lookup("frontdesk/main", "support/auth_token").as_deref(), Some("hunter4"));

    let short = world.run_with(
        &["channel", "set", "support", "--secret", "auth_token", "--secret", "api_secret"],
        &env,
        "only-one\n",
    );
    assert_eq!(short.code, 2, "{short:?}");
    assert_eq!(
        ring.lookup("frontdesk/main", "support/auth_token").as_deref(),
        Some("hunter4"),
        "all or none"
    );

    assert_eq!(world.run_with(&["channel", "remove", "support"], &env, "").code, 0);
    assert_eq!(ring.lookup("frontdesk/main", "support/auth_token"), None);
    assert_eq!(ring.lookup("frontdesk/other", "support/auth_token").as_deref(), Some("elsewhere"));
}

#[test]
#[ignore = "needs dbus-daemon and gnome-keyring-daemon: `tests/run` installs them"]
fn a_keyring_that_is_absent_or_locked_is_told_by_its_cause_at_once() {
    for (ring, words) in [
        (Ring::bus(), "no Secret Service"),
        (Ring::with_keyring(false), "the keyring is locked and was not unlocked"),
    ] {
        let address = ring.address();
        let world = World::new();
        let begun = Instant::now();
        let run =
            world.run_with(&ADD, &[("DBUS_SESSION_BUS_ADDRESS", address.as_str())], "hunter2\nhunter3\n");
        assert_eq!(run.code, 1, "{run:?}");
        assert!(run.err.contains(words) && run.err.contains("Nothing was stored"), "{run:?}");
        assert!(begun.elapsed() < Duration::from_secs(20), "it took {:?}", begun.elapsed());
        assert!(!world.home().join("config.toml").exists());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "needs dbus-daemon, gnome-keyring-daemon and secret-tool: `tests/run` installs them"]
async fn a_secret_typed_on_the_screen_goes_into_the_keyring_and_nowhere_else() {
    let ring = Ring::with_keyring(true);
    let address = ring.address();
    let world = TwilioWorld::start(TwilioOptions::default()).await.unwrap();
    let home = Home::empty();
    home.configure("log_level = \"trace\"\nlisten = \"127.0.0.1:0\"\n");
    let env = [("DBUS_SESSION_BUS_ADDRESS", address.as_str())];
    let mut screen = Pty::start_with(&home, &[], 120, 40, &env);
    screen.wait("Welcome to Frontdesk");
    screen.send("a/twilio\r\r");
    screen.wait("step 1 of 12");
    let (sid, number, base) = (world.account_sid(), world.numbers()[0].clone(), world.base_url());
    screen.send(&format!("support\r{sid}\r{number}\r\r\r{base}\r0\r"));
    screen.wait("Kept in the keyring");
    screen.paste(world.auth_token());
    screen.wait("••••••••");
    screen.send("\x13");
    screen.wait("look it over");
    screen.send("\r");
    screen.wait("✓ it works");
    let kept = || ring.lookup("frontdesk/main", "support/auth_token");
    assert_eq!(kept().as_deref(), Some(world.auth_token()));
    screen.send("\r");
    screen.wait("● support");
    screen.send("x");
    screen.wait("Remove support?");
    screen.send("y");
    screen.wait("support: removed");
    assert_eq!(kept(), None);
    let raw = screen.raw();
    screen.send("\x11");
    assert_eq!(screen.ended(), 0);
    let holds =
        |bytes: &[u8]| bytes.windows(world.auth_token().len()).any(|w| w == world.auth_token().as_bytes());
    assert!(!holds(&raw), "it was painted");
    for file in crate::hold::everything_below(home.path()) {
        assert!(!holds(&std::fs::read(&file).unwrap_or_default()), "{}", file.display());
    }
}
