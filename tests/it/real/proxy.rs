//! A wire between a client and a server that tests can cut, hold back or unplug. It passes bytes on as they are, TLS or not, and
//! counts connections.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

/// Whose bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Client,
    Server,
}

/// Where in the bytes of one side of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum At {
    /// When so many have passed since the connection began; 0 is before the first.
    Bytes(u64),
    /// Before these. Where they came in pieces, some pass, but never the last of them.
    Before(&'static [u8]),
    /// Right after these.
    After(&'static [u8]),
    /// So many bytes after these.
    Behind(&'static [u8], u64),
}

/// The longest text that is looked for.
const LONGEST: usize = 256;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Armed,
    Sprung,
    Opened,
}

/// Something that will happen once, on the first connection that comes to its place.
#[derive(Debug, Clone)]
pub struct Trap {
    side: Side,
    at: At,
    holds: bool,
    stage: Arc<watch::Sender<Stage>>,
}

impl Trap {
    /// Waits until it has happened.
    pub async fn sprung(&self) {
        let mut stage = self.stage.subscribe();
        // The sender is ours: it cannot be gone.
        let _ = stage.wait_for(|stage| *stage != Stage::Armed).await;
    }

    /// Whether it has happened.
    pub fn is_sprung(&self) -> bool {
        *self.stage.borrow() != Stage::Armed
    }

    /// Lets go what is held back, or would be.
    pub fn open(&self) {
        self.stage.send_replace(Stage::Opened);
    }
}

/// How many connections there were, and are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    pub ever: usize,
    pub now: usize,
}

#[derive(Debug)]
struct Shared {
    server: u16,
    traps: Mutex<Vec<Trap>>,
    counts: watch::Sender<Counts>,
    /// Grows whenever all connections are to be cut.
    cuts: watch::Sender<u64>,
    /// Whether anybody may connect; and whether that is so by now.
    door: watch::Sender<bool>,
    door_is: watch::Sender<bool>,
    said: Mutex<Vec<u8>>,
}

/// The wire. All of it ends with the value.
#[derive(Debug)]
pub struct Proxy {
    port: u16,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // Its connections are the task's.
        self.task.abort();
    }
}

impl Proxy {
    /// A wire to that port of 127.0.0.1.
    pub async fn to(server: u16) -> Proxy {
        let listener = listen(0).await;
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared {
            server,
            traps: Mutex::default(),
            counts: watch::Sender::new(Counts::default()),
            cuts: watch::Sender::new(0),
            door: watch::Sender::new(true),
            door_is: watch::Sender::new(true),
            said: Mutex::default(),
        });
        let task = tokio::spawn(serve(shared.clone(), listener, port));
        Proxy { port, shared, task }
    }

    /// Where it listens, on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// How many connections there were, and are.
    pub fn counts(&self) -> Counts {
        *self.shared.counts.borrow()
    }

    /// Waits until the connections are that many.
    pub async fn until(&self, fit: impl FnMut(&Counts) -> bool) {
        let mut counts = self.shared.counts.subscribe();
        let _ = counts.wait_for(fit).await;
    }

    /// All that clients have said, connection by connection mixed as it came.
    pub fn said(&self) -> Vec<u8> {
        self.shared.said.lock().unwrap().clone()
    }

    /// How often clients have said that.
    pub fn said_times(&self, text: &str) -> usize {
        String::from_utf8_lossy(&self.said()).matches(text).count()
    }

    /// Cuts the connection there: both sides find it closed.
    pub fn cut(&self, side: Side, at: At) -> Trap {
        self.set(side, at, false)
    }

    /// Passes nothing on from there until the trap is opened. Never opened, it is silence.
    pub fn hold(&self, side: Side, at: At) -> Trap {
        self.set(side, at, true)
    }

    fn set(&self, side: Side, at: At, holds: bool) -> Trap {
        let trap = Trap { side, at, holds, stage: Arc::new(watch::Sender::new(Stage::Armed)) };
        self.shared.traps.lock().unwrap().push(trap.clone());
        trap
    }

    /// Cuts all connections that there are.
    pub fn cut_all(&self) {
        self.shared.cuts.send_modify(|n| *n += 1);
    }

    /// From now on nobody gets a connection; those that there are stay.
    pub async fn refuse(&self) {
        self.set_door(false).await;
    }

    /// From now on there are connections again, at the same port.
    pub async fn accept(&self) {
        self.set_door(true).await;
    }

    async fn set_door(&self, open: bool) {
        let mut is = self.shared.door_is.subscribe();
        self.shared.door.send_replace(open);
        let _ = is.wait_for(|is| *is == open).await;
    }
}

async fn listen(port: u16) -> TcpListener {
    TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await.unwrap()
}

async fn serve(shared: Arc<Shared>, mut listener: TcpListener, port: u16) {
    let mut connections = JoinSet::new();
    let mut door = shared.door.subscribe();
    loop {
        shared.door_is.send_replace(true);
        loop {
            tokio::select! {
                accepted = listener.accept() => {
                    let (client, _) = accepted.unwrap();
                    shared.counts.send_modify(|c| { c.ever += 1; c.now += 1; });
                    connections.spawn(pass(shared.clone(), client));
                }
                _ = door.wait_for(|open| !open) => break,
                Some(_) = connections.join_next() => {}
            }
        }
        drop(listener);
        shared.door_is.send_replace(false);
        let _ = door.wait_for(|open| *open).await;
        listener = listen(port).await;
    }
}

/// A connection, until it ends or is cut.
async fn pass(shared: Arc<Shared>, client: TcpStream) {
    let mut cuts = shared.cuts.subscribe();
    if let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, shared.server)).await {
        let ((client_in, client_out), (server_in, server_out)) = (client.into_split(), server.into_split());
        let both = async {
            // A side that has nothing more to say may still listen.
            tokio::try_join!(
                pump(&shared, Side::Client, client_in, server_out),
                pump(&shared, Side::Server, server_in, client_out)
            )
        };
        tokio::select! {
            _ = both => {}
            _ = cuts.changed() => {}
        }
    }
    shared.counts.send_modify(|c| c.now -= 1);
}

/// Where in these bytes a trap is, and which.
struct Hit {
    after: usize,
    trap: Trap,
}

/// What of one side of a connection has passed.
#[derive(Default)]
struct Passed {
    count: u64,
    /// The last of it.
    tail: Vec<u8>,
    /// Traps of this connection alone, by the count at which they spring.
    own: Vec<(u64, Trap)>,
}

/// Passes on what one side says, to its end. An error where the connection was cut.
async fn pump(
    shared: &Shared,
    side: Side,
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
) -> std::io::Result<()> {
    let mut passed = Passed::default();
    let mut buffer = vec![0; 16 * 1024];
    let cut = || Err(std::io::ErrorKind::ConnectionAborted.into());
    loop {
        let n = from.read(&mut buffer).await?;
        if n == 0 {
            return to.shutdown().await;
        }
        let mut rest = &buffer[..n];
        if side == Side::Client {
            shared.said.lock().unwrap().extend_from_slice(rest);
        }
        while let Some(Hit { after, trap }) = passed.next(&shared.traps, side, rest) {
            to.write_all(&rest[..after]).await?;
            passed.add(&rest[..after]);
            rest = &rest[after..];
            trap.stage.send_if_modified(|stage| {
                let armed = *stage == Stage::Armed;
                if armed {
                    *stage = Stage::Sprung;
                }
                armed
            });
            if !trap.holds {
                return cut();
            }
            let mut stage = trap.stage.subscribe();
            let _ = stage.wait_for(|stage| *stage == Stage::Opened).await;
        }
        to.write_all(rest).await?;
        passed.add(rest);
    }
}

impl Passed {
    fn add(&mut self, bytes: &[u8]) {
        self.count += bytes.len() as u64;
        self.tail.extend_from_slice(bytes);
        self.tail.drain(..self.tail.len().saturating_sub(LONGEST));
    }

    /// The first trap in what comes next. It is taken off the list.
    fn next(&mut self, traps: &Mutex<Vec<Trap>>, side: Side, rest: &[u8]) -> Option<Hit> {
        let mut traps = traps.lock().unwrap();
        let end = self.count + rest.len() as u64;
        let within = |at: u64| (at >= self.count && at <= end).then(|| (at - self.count) as usize);
        // Those that begin to count here.
        let mut n = 0;
        while n < traps.len() {
            let behind = match (&traps[n].at, traps[n].side == side) {
                (At::Behind(text, more), true) => self.find(rest, text).map(|(_, to)| (to, *more)),
                _ => None,
            };
            match behind {
                Some((to, more)) => self.own.push((self.count + to as u64 + more, traps.remove(n))),
                None => n += 1,
            }
        }
        let place = |trap: &Trap| match trap.at {
            _ if trap.side != side => None,
            At::Bytes(count) => within(count),
            At::Before(text) => self.find(rest, text).map(|(from, _)| from),
            At::After(text) => self.find(rest, text).map(|(_, to)| to),
            At::Behind(..) => None,
        };
        let common = traps.iter().enumerate().filter_map(|(n, trap)| Some((place(trap)?, n))).min();
        let own = self.own.iter().enumerate().filter_map(|(n, (at, _))| Some((within(*at)?, n))).min();
        match (common, own) {
            (Some((after, n)), own) if own.is_none_or(|(other, _)| after <= other) => {
                Some(Hit { after, trap: traps.remove(n) })
            }
            (_, Some((after, n))) => Some(Hit { after, trap: self.own.remove(n).1 }),
            _ => None,
        }
    }

    /// Where in `rest` a text that ends there begins (0 where it began earlier) and ends.
    fn find(&self, rest: &[u8], text: &[u8]) -> Option<(usize, usize)> {
        assert!(!text.is_empty() && text.len() <= LONGEST);
        let before = &self.tail[self.tail.len().saturating_sub(text.len() - 1)..];
        let whole = [before, rest].concat();
        let from = whole.windows(text.len()).position(|bytes| bytes == text)?;
        Some((from.saturating_sub(before.len()), from + text.len() - before.len()))
    }
}

/// A server that gives every line back, and the wire to it.
#[cfg(test)]
async fn echo() -> Proxy {
    let server = listen(0).await;
    let port = server.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = server.accept().await {
            tokio::spawn(async move {
                let (mut from, mut to) = stream.into_split();
                let _ = tokio::io::copy(&mut from, &mut to).await;
                let _ = to.shutdown().await;
            });
        }
    });
    Proxy::to(port).await
}

/// Says that, and nothing more; answers what came back until the connection ended, however it did.
#[cfg(test)]
async fn say(proxy: &Proxy, text: &str) -> String {
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, proxy.port())).await.unwrap();
    let (mut from, mut to) = stream.into_split();
    to.write_all(text.as_bytes()).await.unwrap();
    to.shutdown().await.unwrap();
    let mut heard = Vec::new();
    let mut buffer = [0; 1024];
    while let Ok(n @ 1..) = super::soon(from.read(&mut buffer)).await {
        heard.extend_from_slice(&buffer[..n]);
    }
    String::from_utf8(heard).unwrap()
}

#[tokio::test]
async fn bytes_pass_both_ways_and_are_counted() {
    let proxy = echo().await;
    assert_eq!(say(&proxy, "one").await, "one");
    assert_eq!(say(&proxy, &"long".repeat(20_000)).await.len(), 80_000);
    super::soon(proxy.until(|counts| counts.now == 0)).await;
    assert_eq!(proxy.counts(), Counts { ever: 2, now: 0 });
    assert_eq!((proxy.said_times("one"), proxy.said_times("long")), (1, 20_000));
}

#[tokio::test]
async fn a_connection_is_cut_where_it_was_asked_for_and_only_once() {
    let proxy = echo().await;
    for (at, heard) in [
        (At::Bytes(0), ""),
        (At::Bytes(3), "one"),
        (At::Before(b"two"), "one "),
        (At::After(b"two"), "one two"),
        (At::Behind(b"two", 3), "one two th"),
    ] {
        let trap = proxy.cut(Side::Server, at.clone());
        assert!(!trap.is_sprung());
        assert_eq!(say(&proxy, "one two three").await, heard, "{at:?}");
        super::soon(trap.sprung()).await;
        assert_eq!(say(&proxy, "one two three").await, "one two three", "{at:?}");
    }
    // What the client says is cut as well; and the first of two places counts.
    let later = proxy.cut(Side::Client, At::After(b"three"));
    let first = proxy.cut(Side::Client, At::Before(b"two"));
    assert!("one ".starts_with(&say(&proxy, "one two three").await));
    assert!(first.is_sprung() && !later.is_sprung());
}

#[tokio::test]
async fn texts_are_found_across_pieces() {
    let proxy = echo().await;
    let trap = proxy.cut(Side::Server, At::After(b"a needle"));
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, proxy.port())).await.unwrap();
    let mut heard = [0; 10];
    stream.write_all(b"hay a ne").await.unwrap();
    super::soon(stream.read_exact(&mut heard[..8])).await.unwrap();
    stream.write_all(b"edle hay").await.unwrap();
    super::soon(trap.sprung()).await;
    let mut rest = Vec::new();
    let _ = super::soon(stream.read_to_end(&mut rest)).await;
    assert_eq!(rest, b"edle");
}

#[tokio::test]
async fn what_is_held_back_comes_when_the_trap_is_opened() {
    let proxy = echo().await;
    let trap = proxy.hold(Side::Server, At::After(b"one"));
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, proxy.port())).await.unwrap();
    stream.write_all(b"one two").await.unwrap();
    super::soon(trap.sprung()).await;
    let mut heard = [0; 7];
    super::soon(stream.read_exact(&mut heard[..3])).await.unwrap();
    assert!(stream.try_read(&mut heard[3..]).is_err(), "nothing is there yet");
    trap.open();
    super::soon(stream.read_exact(&mut heard[3..])).await.unwrap();
    assert_eq!(&heard, b"one two");
}

#[tokio::test]
async fn connections_are_cut_together_refused_and_taken_again() {
    let proxy = echo().await;
    let connect = || TcpStream::connect((Ipv4Addr::LOCALHOST, proxy.port()));
    let (mut one, mut two) = (connect().await.unwrap(), connect().await.unwrap());
    super::soon(proxy.until(|counts| counts.now == 2)).await;
    proxy.refuse().await;
    assert!(connect().await.is_err());
    let mut heard = [0; 1];
    one.write_all(b"x").await.unwrap();
    super::soon(one.read_exact(&mut heard)).await.unwrap();
    proxy.cut_all();
    for stream in [&mut one, &mut two] {
        assert!(!matches!(super::soon(stream.read(&mut heard)).await, Ok(1..)));
    }
    proxy.accept().await;
    assert_eq!(say(&proxy, "again").await, "again");
    super::soon(proxy.until(|counts| counts.now == 0)).await;
    assert_eq!(proxy.counts().ever, 3);
}
