//! The program in a real pseudo-terminal, read back through a terminal emulator. Waits for text, never for time.

use super::{Home, PROGRAM};
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

/// How long to wait for something to appear before the test fails.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running program with its screen.
pub struct Pty {
    screen: Arc<(Mutex<vt100::Parser>, Condvar)>,
    raw: Arc<Mutex<Vec<u8>>>,
    writer: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
}

impl Pty {
    /// Starts the program with these arguments at this size.
    pub fn start(home: &Home, args: &[&str], width: u16, height: u16) -> Pty {
        Pty::start_with(home, args, width, height, &[])
    }

    /// As [`Pty::start`], with more variables.
    pub fn start_with(home: &Home, args: &[&str], width: u16, height: u16, env: &[(&str, &str)]) -> Pty {
        home.tour_seen();
        Pty::start_new(home, args, width, height, env)
    }

    /// As [`Pty::start_with`], for an agent who has never seen the program.
    pub fn start_new(home: &Home, args: &[&str], width: u16, height: u16, env: &[(&str, &str)]) -> Pty {
        let size = PtySize { rows: height, cols: width, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(PROGRAM);
        command.env_clear();
        for (key, value) in [
            ("FRONTDESK_HOME", home.path().to_str().unwrap()),
            ("TERM", "xterm-256color"),
            ("USER", "tester"),
            ("TZ", "UTC"),
            ("LANG", "C.UTF-8"),
            ("PATH", "/usr/bin:/bin"),
        ] {
            command.env(key, value);
        }
        for (key, value) in env {
            command.env(key, value);
        }
        command.args(args);
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let parser = vt100::Parser::new(NonZeroU16::new(height).unwrap(), NonZeroU16::new(width).unwrap(), 0);
        let screen = Arc::new((Mutex::new(parser), Condvar::new()));
        let shared = screen.clone();
        let raw: Arc<Mutex<Vec<u8>>> = Arc::default();
        let written = raw.clone();
        let mut reader = pair.master.try_clone_reader().unwrap();
        std::thread::spawn(move || {
            let mut buf = [0u8; 65_536];
            while let Ok(n) = reader.read(&mut buf) {
                if n == 0 {
                    break;
                }
                written.lock().unwrap().extend_from_slice(&buf[..n]);
                shared.0.lock().unwrap().process(&buf[..n]);
                shared.1.notify_all();
            }
            shared.1.notify_all();
        });
        let writer = pair.master.take_writer().unwrap();
        Pty { screen, raw, writer, child, master: pair.master }
    }

    /// Every byte that the program has written to the terminal.
    pub fn raw(&self) -> Vec<u8> {
        self.raw.lock().unwrap().clone()
    }

    /// Types.
    pub fn send(&mut self, bytes: &str) {
        self.writer.write_all(bytes.as_bytes()).unwrap();
        self.writer.flush().unwrap();
    }

    /// Pastes, as a terminal with bracketed paste does.
    pub fn paste(&mut self, text: &str) {
        self.send(&format!("\x1b[200~{text}\x1b[201~"));
    }

    /// Waits until the screen satisfies `check`. Fails with the screen.
    #[track_caller]
    pub fn wait_for(&self, what: &str, check: impl Fn(&str) -> bool) -> String {
        let end = Instant::now() + PATIENCE;
        let mut parser = self.screen.0.lock().unwrap();
        loop {
            let text = parser.screen().contents();
            if check(&text) {
                return text;
            }
            let left = end.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "in vain: {what}\n--- screen ---\n{text}\n--------------");
            parser = self.screen.1.wait_timeout(parser, left.min(Duration::from_millis(100))).unwrap().0;
        }
    }

    /// Waits until the screen shows this.
    #[track_caller]
    pub fn wait(&self, text: &str) -> String {
        self.wait_for(text, |screen| screen.contains(text))
    }

    /// Waits until the screen does not show this any more.
    #[track_caller]
    pub fn wait_gone(&self, text: &str) -> String {
        self.wait_for(&format!("no {text}"), |screen| !screen.contains(text))
    }

    /// Changes the size of the terminal.
    pub fn resize(&self, width: u16, height: u16) {
        let size = PtySize { rows: height, cols: width, pixel_width: 0, pixel_height: 0 };
        self.master.resize(size).unwrap();
        let mut parser = self.screen.0.lock().unwrap();
        parser.screen_mut().set_size(NonZeroU16::new(height).unwrap(), NonZeroU16::new(width).unwrap());
    }

    /// kill -9.
    pub fn kill(self) {
        drop(self);
    }

    /// Waits for the end, and checks that the terminal was given back. Answers the exit code.
    #[track_caller]
    pub fn ended(self) -> u32 {
        self.ended_with().0
    }

    /// As [`Pty::ended`], with every byte that was written.
    #[track_caller]
    pub fn ended_with(mut self) -> (u32, Vec<u8>) {
        let status = super::until("the end of the program", || self.child.try_wait().unwrap());
        super::until("the alternate screen is left", || {
            (!self.screen.0.lock().unwrap().screen().alternate_screen()).then_some(())
        });
        let parser = self.screen.0.lock().unwrap();
        let screen = parser.screen();
        assert!(!screen.hide_cursor(), "the cursor is still hidden");
        (status.exit_code(), self.raw())
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
