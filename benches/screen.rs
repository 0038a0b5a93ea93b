//! The running program in a terminal while webhooks arrive: how long until a message is on the screen, and how long until a key has
//! its effect.
//!
//! Texts come through signed Twilio webhooks and through the web chat's API, in turn and each from another customer; the screen is
//! read back through a terminal emulator. Keys are `j` and `k`; a key has its effect when another conversation is selected.
//!
//! `cargo bench --bench screen -- [FILL]` (default: a history of 20,000; it is imported into a workspace of its own).
#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a bench reports on standard output and has nobody to hand errors to"
)]

mod support;

use frontdesk::sandbox::twilio::sign;
use frontdesk::sandbox::visitor::{Claims, Visitor};
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};
use support::load::{self, Shot};
use support::{engine, number, quantile};

const TOKEN: &str = "bench-token";
const ROWS: u16 = 40;
const COLUMNS: u16 = 120;
/// How long anything may take before the bench gives up.
const PATIENCE: Duration = Duration::from_secs(30);

/// The program on its terminal.
struct Terminal {
    screen: Arc<(Mutex<vt100::Parser>, Condvar)>,
    keys: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    _master: Box<dyn MasterPty + Send>,
}

impl Terminal {
    fn start(home: &Path) -> Terminal {
        // The tour is over: what is measured is the day after.
        std::fs::create_dir_all(home.join("state")).expect("the state's directory");
        std::fs::write(home.join("state/tour-seen"), "").expect("the tour was seen");
        let size = PtySize { rows: ROWS, cols: COLUMNS, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).expect("a terminal");
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_frontdesk"));
        command.env("FRONTDESK_HOME", home);
        command.env("TERM", "xterm-256color");
        let child = pair.slave.spawn_command(command).expect("the program");
        drop(pair.slave);
        let size = |n| NonZeroU16::new(n).expect("a size");
        let screen = Arc::new((Mutex::new(vt100::Parser::new(size(ROWS), size(COLUMNS), 0)), Condvar::new()));
        let shared = screen.clone();
        let mut reader = pair.master.try_clone_reader().expect("a reader");
        std::thread::spawn(move || {
            let mut buf = [0u8; 65_536];
            while let Ok(n) = reader.read(&mut buf) {
                if n == 0 {
                    break;
                }
                shared.0.lock().expect("the screen").process(&buf[..n]);
                shared.1.notify_all();
            }
        });
        let keys = pair.master.take_writer().expect("a writer");
        Terminal { screen, keys, child, _master: pair.master }
    }

    /// Waits until the screen satisfies `check`, and tells what it found.
    fn wait<T>(&self, what: &str, check: impl Fn(&str) -> Option<T>) -> T {
        let end = Instant::now() + PATIENCE;
        let mut screen = self.screen.0.lock().expect("the screen");
        loop {
            let text = screen.screen().contents();
            if let Some(found) = check(&text) {
                return found;
            }
            let left = end.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "never seen: {what}\n{text}");
            screen = self.screen.1.wait_timeout(screen, left).expect("the screen").0;
        }
    }

    fn press(&mut self, key: &str) {
        self.keys.write_all(key.as_bytes()).expect("a key");
        self.keys.flush().expect("a key");
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The name in the row of the list that is selected.
fn selected(screen: &str) -> Option<String> {
    // The first mark belongs to the sidebar's view, or is the list's own: the list's stands behind the first hair line.
    screen.lines().find_map(|line| {
        let list = line.split('│').nth(1)?;
        list.strip_prefix('▌').map(|row| row.chars().take(18).collect())
    })
}

fn main() {
    let fill = number(0).unwrap_or(20_000);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(run(fill));
}

fn text(base: &str, n: usize, words: &str) -> Shot {
    let url = format!("{base}/hooks/support");
    let params: Vec<(String, String)> = [
        ("MessageSid", format!("SM{n:032x}")),
        ("AccountSid", engine::SID.to_owned()),
        ("From", format!("+1555{n:07}")),
        ("To", engine::NUMBER.to_owned()),
        ("Body", words.to_owned()),
        ("NumMedia", "0".to_owned()),
    ]
    .map(|(k, v)| (k.to_owned(), v))
    .into();
    let signature = sign::signature(TOKEN, &url, &params);
    let headers = [("x-twilio-signature", signature.as_str())];
    Shot::post(&url, "application/x-www-form-urlencoded", &headers, sign::form(&params).as_bytes())
}

async fn run(fill: usize) {
    let port =
        std::net::TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port").port();
    let base = format!("http://127.0.0.1:{port}");
    let home = engine::home(fill, TOKEN, "http://127.0.0.1:1", port);
    let mut terminal = Terminal::start(home.path());
    terminal.wait("the screen", |s| s.contains("All open").then_some(()));
    terminal.wait("the listener", |s| s.contains(&base).then_some(()));
    let mut sent = 0;
    let mut next = || {
        sent += 1;
        sent
    };
    // Something to move about in.
    let first =
        (0..60).map(|_| next()).map(|n| text(&base, n, &format!("customer {n} says hello"))).collect();
    load::fire(&base, first, 4, 200).await;
    terminal.press("go");
    terminal.wait("the customers", |s| s.contains("says hello").then_some(()));
    println!("a screen of {COLUMNS}×{ROWS} on a history of {fill}; p50 / p99 / most, ms");

    // 100 a second, texts and chats in turn.
    let visitors: Vec<Visitor> = {
        let mut all = Vec::new();
        for _ in 0..40 {
            all.push(
                Visitor::arrive(&format!("{base}/chat/shop"), &Claims::default()).await.expect("a visitor"),
            );
        }
        all
    };
    let mut seen = Vec::new();
    let mut tick = tokio::time::interval(Duration::from_millis(10));
    for round in 0..400 {
        tick.tick().await;
        let mark = format!("mark{round:04}x");
        let begun = Instant::now();
        if round % 2 == 0 {
            load::fire(&base, vec![text(&base, next(), &mark)], 1, 200).await;
        } else {
            visitors[(round / 2) % visitors.len()].say(&mark).await.expect("a message");
        }
        // One in five is looked for; the others are load.
        if round % 5 == 0 || round % 5 == 3 {
            tokio::task::block_in_place(|| terminal.wait(&mark, |s| s.contains(&mark).then_some(())));
            seen.push(begun.elapsed());
        }
    }
    tell("received → visible, 100 a second", &mut seen);

    // At the end of the list: what comes in at its top moves nothing here, and each key's effect is its own.
    terminal.press("G");
    terminal.wait("the oldest", |s| s.contains("customer 1 says hello").then_some(()));
    let mut quiet = keys(&mut terminal);
    tell("key → effect, quiet", &mut quiet);
    let stop = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let load = tokio::spawn(flood(base.clone(), sent, stop.clone()));
    let begun = Instant::now();
    let mut busy = tokio::task::block_in_place(|| keys(&mut terminal));
    let took = begun.elapsed();
    stop.store(1, std::sync::atomic::Ordering::SeqCst);
    let arrived = load.await.expect("the load");
    let rate = arrived as f64 / took.as_secs_f64();
    tell(&format!("key → effect, {rate:.0} webhooks a second"), &mut busy);
    terminal.press("\x11");
}

/// A thousand webhooks a second until told to stop. Answers how many were acknowledged.
async fn flood(base: String, from: usize, stop: Arc<std::sync::atomic::AtomicUsize>) -> usize {
    let mut tick = tokio::time::interval(Duration::from_millis(20));
    let mut sent = 0;
    while stop.load(std::sync::atomic::Ordering::SeqCst) == 0 {
        tick.tick().await;
        // Two hundred customers, so that conversations both come and grow.
        let shots = (0..20)
            .map(|i| {
                let n = from + sent + i;
                let url = format!("{base}/hooks/support");
                let params: Vec<(String, String)> = [
                    ("MessageSid", format!("SM{n:032x}")),
                    ("AccountSid", engine::SID.to_owned()),
                    ("From", format!("+1666{:07}", n % 200)),
                    ("To", engine::NUMBER.to_owned()),
                    ("Body", format!("where is my parcel number {n}, it was said to arrive on friday")),
                    ("NumMedia", "0".to_owned()),
                ]
                .map(|(k, v)| (k.to_owned(), v))
                .into();
                let signature = sign::signature(TOKEN, &url, &params);
                let headers = [("x-twilio-signature", signature.as_str())];
                let body = sign::form(&params);
                Shot::post(&url, "application/x-www-form-urlencoded", &headers, body.as_bytes())
            })
            .collect();
        load::fire(&base, shots, 4, 200).await;
        sent += 20;
    }
    sent
}

/// Two hundred keys, each waited for.
fn keys(terminal: &mut Terminal) -> Vec<Duration> {
    let mut took = Vec::new();
    for n in 0..200 {
        let before = terminal.wait("a selection", selected);
        let key = if n % 20 < 10 { "k" } else { "j" };
        let begun = Instant::now();
        terminal.press(key);
        terminal.wait("another selection", |s| selected(s).filter(|now| *now != before));
        took.push(begun.elapsed());
        std::thread::sleep(Duration::from_millis(30));
    }
    took
}

fn tell(what: &str, took: &mut [Duration]) {
    took.sort();
    let ms = |q| quantile(took, q).as_secs_f64() * 1000.0;
    println!("{what:<42} {:>7.2} {:>7.2} {:>7.2}   ({} times)", ms(0.5), ms(0.99), ms(1.0), took.len());
}
