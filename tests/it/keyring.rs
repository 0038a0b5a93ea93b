//! Secrets in a real keyring: gnome-keyring on a session bus of its own. `tests/run` installs both.
#![cfg(target_os = "linux")]

use crate::cli::world::World;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A session bus that starts nothing by itself.
const BUS: &str = r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>ADDRESS</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>
"#;

/// A bus, and perhaps a keyring on it; both end with this.
struct Ring {
    dir: tempfile::TempDir,
    children: Vec<Child>,
}

impl Drop for Ring {
    fn drop(&mut self) {
        for child in self.children.iter_mut().rev() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn until(what: &str, mut done: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(20);
    while !done() {
        assert!(Instant::now() < end, "{what} did not come up");
        std::thread::sleep(Duration::from_millis(10));
    }
}

impl Ring {
    /// A bus without a keyring.
    fn bus() -> Ring {
        let dir = tempfile::tempdir().unwrap();
        let mut ring = Ring { dir, children: Vec::new() };
        let config = ring.path("bus.conf");
        std::fs::write(&config, BUS.replace("ADDRESS", &ring.address())).unwrap();
        let mut bus = Command::new("dbus-daemon");
        bus.arg(format!("--config-file={}", config.display())).args(["--nofork", "--nopidfile"]);
        ring.spawn(bus);
        let socket = ring.path("bus");
        until("dbus-daemon", || socket.exists());
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
            until("the end of the first keyring", || !ring.has_keyring());
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
        self.spawn(daemon);
        until("gnome-keyring-daemon", || self.has_keyring());
    }

    fn spawn(&mut self, mut command: Command) {
        let program = command.get_program().to_string_lossy().into_owned();
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().unwrap_or_else(|e| panic!("{program}: {e} (tests/run installs it)"));
        self.children.push(child);
    }

    fn has_keyring(&self) -> bool {
        let output = Command::new("dbus-send")
            .arg(format!("--bus={}", self.address()))
            .args(["--print-reply", "--dest=org.freedesktop.DBus", "/", "org.freedesktop.DBus.NameHasOwner"])
            .arg("string:org.freedesktop.secrets")
            .output()
            .unwrap();
        String::from_utf8_lossy(&output.stdout).contains("true")
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn address(&self) -> String {
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
