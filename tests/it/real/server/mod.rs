//! A real mail server for tests: Exim takes mail by SMTP, Dovecot keeps it and gives it by IMAP. Both live in one directory, on free
//! ports of the loopback, without any right of root, and end with the value (or with the test program, however that ends).
//!
//! Addresses that behave: `reject@` is refused at RCPT with 550, `tempfail@` with 451, and what nobody has (`bounce@`) is taken and
//! comes back as a delivery report. `support+anything@` is `support@`.

pub mod conf;
pub mod maildir;

pub use conf::{Owner, Tokens};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

/// The domain of all addresses.
pub const DOMAIN: &str = "example.test";
/// The name of the machine: its certificate has it beside `localhost` and `127.0.0.1`.
pub const MAIL_HOST: &str = "mail.example.test";
/// Who has a mailbox.
pub const USERS: [&str; 3] = ["support", "customer", "agent2"];
/// How long a server may take to come up or to end, and a mail to arrive.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A user's address.
pub fn address(user: &str) -> String {
    format!("{user}@{DOMAIN}")
}

/// A user's password.
pub fn password(user: &str) -> String {
    format!("{user}-pw")
}

/// Where the servers listen, on 127.0.0.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ports {
    /// IMAP, plain, with STARTTLS.
    pub imap: u16,
    /// IMAP, TLS from the first byte.
    pub imaps: u16,
    /// SMTP as between servers: plain, with STARTTLS, takes mail for the domain from anybody; AUTH is offered too.
    pub smtp: u16,
    /// SMTP, TLS from the first byte.
    pub smtps: u16,
    /// SMTP, plain, with STARTTLS: nobody sends without AUTH.
    pub submission: u16,
}

/// Both servers and their files.
#[derive(Debug)]
pub struct MailServer {
    pub ports: Ports,
    /// Where all of it is: in a directory of ours, so that it can be taken away at once.
    home: PathBuf,
    dir: tempfile::TempDir,
    owner: Owner,
    version: (u32, u32),
    tokens: Option<Tokens>,
    dovecot: Option<Child>,
    exim: Option<Child>,
}

/// Runs a program and ends it when standard input ends, which it does when we end, also by `kill -9`. What the program has started may
/// go on, unless its first word is `all`: Dovecot's sessions go on for seconds without it.
const KEEPER: &str = r#"exec 3<&0
"$@" 3<&- </dev/null & child=$!
{ read -r _ <&3; kill -TERM "$child"; } 2>/dev/null & reader=$!
exec 3<&-
wait "$child"; code=$?
kill "$reader" 2>/dev/null
if [ "$0" = all ]; then kill -KILL 0; fi
exit "$code""#;

impl MailServer {
    /// Starts both servers with empty mailboxes.
    #[track_caller]
    pub fn start() -> MailServer {
        MailServer::start_with(None)
    }

    /// The same, with logins by token besides those by password.
    #[track_caller]
    pub fn start_with(tokens: Option<Tokens>) -> MailServer {
        // Sockets have short paths everywhere, which the temporary directory of a Mac has not.
        let dir = tempfile::Builder::new().prefix("fd-mail.").tempdir_in("/tmp").unwrap();
        let owner = owner();
        let version = dovecot_version();
        let (ports, home) = (Ports::free(), dir.path().join("m"));
        let mut server = MailServer { ports, home, dir, owner, version, tokens, dovecot: None, exim: None };
        server.prepare();
        server.run();
        server
    }

    fn prepare(&self) {
        for part in ["run", "state", "log", "mail", "spool"] {
            std::fs::create_dir_all(self.path().join(part)).unwrap();
        }
        let (ca, cert, key) = certificates();
        self.write("ca.pem", &ca, 0o644);
        self.write("cert.pem", &cert, 0o644);
        self.write("key.pem", &key, 0o600);
        self.write("users.dovecot", &conf::dovecot_users(self.path(), &self.owner), 0o600);
        self.write("users.exim", &conf::exim_users(), 0o600);
        if let Some(tokens) = &self.tokens {
            self.write("tokens.dovecot", &conf::dovecot_tokens(tokens), 0o600);
        }
        // Installed, it belongs to root and has root's rights, and then it takes no configuration of anybody else. A copy has none.
        let exim = self.path().join("exim");
        std::fs::copy(program(&["exim4", "exim"]), &exim).unwrap();
        std::fs::set_permissions(&exim, PermissionsExt::from_mode(0o755)).unwrap();
        for entry in std::fs::read_dir(self.path()).unwrap() {
            self.give(&entry.unwrap().path());
        }
        self.give(self.path());
        std::fs::set_permissions(self.dir.path(), PermissionsExt::from_mode(0o711)).unwrap();
    }

    fn write(&self, name: &str, text: &str, mode: u32) {
        let path = self.path().join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
        self.give(&path);
    }

    /// Starts what does not run.
    #[track_caller]
    fn run(&mut self) {
        self.start_imap();
        self.start_smtp();
    }

    /// Starts Dovecot again, at the ports it had.
    #[track_caller]
    pub fn start_imap(&mut self) {
        if self.dovecot.is_none() {
            let config = self.path().join("dovecot.conf");
            self.write(
                "dovecot.conf",
                &conf::dovecot(self.path(), &self.owner, &self.ports, self.version, self.tokens.as_ref()),
                0o600,
            );
            let mut command = Command::new(program(&["dovecot"]));
            command.arg("-F").arg("-c").arg(config);
            let mut child = self.spawn("all", command, "dovecot.out");
            self.until_open(&mut child, &[self.ports.imap, self.ports.imaps]);
            self.dovecot = Some(child);
        }
    }

    /// Starts Exim again, at the ports it had.
    #[track_caller]
    pub fn start_smtp(&mut self) {
        if self.exim.is_none() {
            self.write("exim.conf", &conf::exim(self.path(), &self.owner, &self.ports), 0o600);
            let mut command = Command::new(self.path().join("exim"));
            // In the foreground; and what could not be delivered is tried again every five seconds.
            command.arg("-C").arg(self.path().join("exim.conf")).args(["-bdf", "-q5s"]);
            let mut child = self.spawn("one", command, "exim.out");
            let Ports { smtp, smtps, submission, .. } = self.ports;
            self.until_open(&mut child, &[smtp, smtps, submission]);
            self.exim = Some(child);
        }
    }

    fn spawn(&self, what_ends: &str, command: Command, out: &str) -> Child {
        let out = std::fs::File::create(self.path().join("log").join(out)).unwrap();
        let mut keeper = Command::new("sh");
        keeper.args(["-c", KEEPER, what_ends]).arg(command.get_program()).args(command.get_args());
        keeper.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        keeper.env("HOME", self.path()).current_dir(self.path()).process_group(0);
        if rustix::process::geteuid().is_root() {
            keeper.uid(self.owner.uid).gid(self.owner.gid);
        }
        keeper.stdin(Stdio::piped()).stdout(out.try_clone().unwrap()).stderr(out);
        keeper.spawn().unwrap()
    }

    #[track_caller]
    fn until_open(&self, child: &mut Child, ports: &[u16]) {
        let begun = Instant::now();
        for port in ports {
            while TcpStream::connect((Ipv4Addr::LOCALHOST, *port)).is_err() {
                if let Some(status) = child.try_wait().unwrap() {
                    panic!("it ended by itself: {status}\n{}", self.logs());
                }
                if begun.elapsed() > PATIENCE {
                    kill_all(child);
                    panic!("nobody listens at port {port}\n{}", self.logs());
                }
                std::thread::park_timeout(Duration::from_millis(5));
            }
        }
    }

    /// Ends both in order. Their files stay.
    pub fn stop(&mut self) {
        self.stop_smtp();
        self.stop_imap();
    }

    /// Ends Dovecot: its sessions are closed.
    pub fn stop_imap(&mut self) {
        end(self.dovecot.take());
    }

    /// Ends Exim. Deliveries that are under way go on to their end.
    pub fn stop_smtp(&mut self) {
        end(self.exim.take());
    }

    /// Ends both and starts them again, at the same ports.
    #[track_caller]
    pub fn restart(&mut self) {
        self.stop();
        self.run();
    }

    /// Where all of it is.
    pub fn path(&self) -> &Path {
        &self.home
    }

    /// The certificate of the authority that signed the servers' one.
    pub fn ca_file(&self) -> PathBuf {
        self.path().join("ca.pem")
    }

    /// What the servers have logged.
    pub fn logs(&self) -> String {
        let mut all = String::new();
        for name in ["dovecot.out", "dovecot.log", "exim.out", "exim_main.log", "exim_panic.log"] {
            if let Ok(text) = std::fs::read_to_string(self.path().join("log").join(name)) {
                all.push_str(&format!("--- {name}\n{text}"));
            }
        }
        all
    }

    /// Lays a mail into a user's inbox through Dovecot (LMTP): it is there when this returns, and who idles is told.
    #[track_caller]
    pub fn deliver(&self, user: &str, raw: &[u8]) {
        let socket = UnixStream::connect(self.path().join("run/lmtp")).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut line = Line(BufReader::new(socket));
        line.answer("220");
        line.ask("LHLO localhost", "250");
        line.ask("MAIL FROM:<sender@example.net>", "250");
        line.ask(&format!("RCPT TO:<{}>", address(user)), "250");
        line.ask("DATA", "354");
        line.send(&stuffed(raw));
        line.ask(".", "250");
        line.ask("QUIT", "221");
    }

    /// Hands a mail to Exim as another server would (SMTP, no login). Who is waited for comes a little later.
    #[track_caller]
    pub fn send(&self, from: &str, to: &[&str], raw: &[u8]) {
        let socket = TcpStream::connect((Ipv4Addr::LOCALHOST, self.ports.smtp)).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut line = Line(BufReader::new(socket));
        line.answer("220");
        line.ask("EHLO localhost", "250");
        line.ask(&format!("MAIL FROM:<{from}>"), "250");
        for one in to {
            line.ask(&format!("RCPT TO:<{one}>"), "250");
        }
        line.ask("DATA", "354");
        line.send(&stuffed(raw));
        line.ask(".", "250");
        line.ask("QUIT", "221");
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        for mut child in [self.exim.take(), self.dovecot.take()].into_iter().flatten() {
            kill_all(&mut child);
        }
        // Exim's deliveries are in groups of their own and may have a last line for the log, for which they make directories anew.
        let _ = std::fs::rename(&self.home, self.dir.path().join("gone"));
        let _ = std::fs::write(&self.home, "");
    }
}

/// Ends a server in order and waits until it has.
fn end(child: Option<Child>) {
    let Some(mut child) = child else { return };
    drop(child.stdin.take());
    let begun = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if begun.elapsed() > PATIENCE {
            kill_all(&mut child);
            panic!("a server did not end");
        }
        std::thread::park_timeout(Duration::from_millis(5));
    }
}

/// Ends a server and all that it started, at once. Its number is ours until it has been waited for.
fn kill_all(child: &mut Child) {
    if let Some(pid) = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw) {
        let _ = rustix::process::kill_process_group(pid, rustix::process::Signal::KILL);
    }
    let _ = child.wait();
}

impl Ports {
    /// Ports that nobody has. Below those that systems give to whoever connects somewhere, so that they are free at a restart too.
    fn free() -> Ports {
        static NEXT: AtomicU16 = AtomicU16::new(0);
        let begin = u16::try_from(std::process::id() % 11_000).unwrap();
        let next = || {
            for _ in 0..11_000 {
                let port = 20_000 + (begin + NEXT.fetch_add(1, Ordering::Relaxed)) % 11_000;
                if TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).is_ok() {
                    return port;
                }
            }
            panic!("no port is free");
        };
        Ports { imap: next(), imaps: next(), smtp: next(), smtps: next(), submission: next() }
    }
}

/// As whom servers run: as we do, or as nobody where we are root.
fn owner() -> Owner {
    let ask = |args: &[&str]| {
        let output = Command::new("id").args(args).output().unwrap();
        assert!(output.status.success(), "id {args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    let who: &[&str] = if rustix::process::geteuid().is_root() { &["nobody"] } else { &[] };
    let asked = |what: &str| ask(&[&[what], who].concat());
    Owner {
        user: asked("-un"),
        group: asked("-gn"),
        uid: asked("-u").parse().unwrap(),
        gid: asked("-g").parse().unwrap(),
    }
}

/// Where a program of one of these names is. Servers are not on everybody's path.
#[track_caller]
fn program(names: &[&str]) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let more = ["/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin", "/opt/homebrew/bin"].map(PathBuf::from);
    let places: Vec<PathBuf> = std::env::split_paths(&path).chain(more).collect();
    let found = names.iter().find_map(|name| places.iter().map(|p| p.join(name)).find(|p| p.is_file()));
    found.unwrap_or_else(|| panic!("{names:?}: not here (tests/run installs it)"))
}

fn dovecot_version() -> (u32, u32) {
    let output = Command::new(program(&["dovecot"])).arg("--version").output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut numbers = text.split(|c: char| !c.is_ascii_digit()).map(|n| n.parse().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
}

/// An authority, and a server's certificate and key that it vouches for: as PEM.
fn certificates() -> (String, String, String) {
    use rcgen::{
        BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
        KeyUsagePurpose,
    };
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let day = |date: jiff::civil::Date| {
        let (month, day) = (date.month().unsigned_abs(), date.day().unsigned_abs());
        rcgen::date_time_ymd(i32::from(date.year()), month, day)
    };
    let named = |name: &str, also: &[&str]| {
        let also: Vec<String> = also.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(also).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.not_before = day(today.yesterday().unwrap());
        // Some systems believe no certificate that is good for much longer than a year.
        params.not_after = day(today.saturating_add(jiff::Span::new().days(300)));
        params
    };
    let mut ca = named("An authority of tests", &[]);
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
    let ca_key = KeyPair::generate().unwrap();
    let ca_cert = ca.self_signed(&ca_key).unwrap();
    let mut server = named("localhost", &["localhost", MAIL_HOST, "127.0.0.1"]);
    server.use_authority_key_identifier_extension = true;
    server.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let key = KeyPair::generate().unwrap();
    let cert = server.signed_by(&key, &Issuer::new(ca, ca_key)).unwrap();
    (ca_cert.pem(), cert.pem(), key.serialize_pem())
}

/// A conversation line by line.
struct Line<S>(BufReader<S>);

impl<S: Read + Write> Line<S> {
    fn send(&mut self, bytes: &[u8]) {
        self.0.get_mut().write_all(bytes).unwrap();
    }

    #[track_caller]
    fn ask(&mut self, command: &str, code: &str) {
        self.send(format!("{command}\r\n").as_bytes());
        self.answer(code);
    }

    #[track_caller]
    fn answer(&mut self, code: &str) {
        loop {
            let mut line = String::new();
            self.0.read_line(&mut line).unwrap();
            assert!(line.starts_with(code), "{code} was awaited, and the server said: {line:?}");
            if line.as_bytes().get(3) != Some(&b'-') {
                return;
            }
        }
    }
}

/// As a mail travels by SMTP: lines end in CRLF, and none begins with a single dot (RFC 5321, section 4.5.2).
fn stuffed(raw: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(raw.len() + raw.len() / 32);
    for line in raw.split_inclusive(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.first() == Some(&b'.') {
            out.push(b'.');
        }
        out.extend_from_slice(line);
        out.extend_from_slice(b"\r\n");
    }
    out
}
