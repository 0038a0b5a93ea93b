//! Rate limits of the chat page: token buckets per visitor and per address. Pure: the time is passed in.

use crate::domain::clock::Ms;
use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// How much is allowed: `burst` at once, one more every `every` milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// How many at once.
    pub burst: u32,
    /// Milliseconds until one more is allowed.
    pub every: Ms,
}

impl Quota {
    /// So many a minute, a third of them (but at least five) at once.
    pub fn per_minute(count: u32) -> Quota {
        let count = count.clamp(1, 60_000);
        Quota { burst: (count / 3).max(5), every: 60_000 / Ms::from(count) }
    }
}

/// Buckets by key. What has filled up again is forgotten, so the memory follows the traffic.
#[derive(Debug)]
pub struct Buckets<K> {
    /// Per key: the moment at which its bucket is full again (the "theoretical arrival time" of GCRA).
    full_at: HashMap<K, Ms>,
    cap: usize,
}

impl<K: Eq + Hash> Buckets<K> {
    /// Remembers at most `cap` keys.
    pub fn new(cap: usize) -> Buckets<K> {
        Buckets { full_at: HashMap::new(), cap }
    }

    /// Takes one.
    ///
    /// # Errors
    /// How many milliseconds to wait if there is none.
    pub fn take(&mut self, key: K, quota: Quota, now: Ms) -> Result<(), Ms> {
        if self.full_at.len() >= self.cap && !self.full_at.contains_key(&key) {
            self.full_at.retain(|_, full| *full > now);
            if self.full_at.len() >= self.cap {
                // More busy keys than we remember: that is an attack or a mistake, and the rest has to wait.
                return Err(quota.every.max(1000));
            }
        }
        let span = quota.every.max(1) * Ms::from(quota.burst.max(1));
        let full = self.full_at.entry(key).or_insert(now);
        // A clock that jumped backwards must not lock anyone out: no bucket is further than empty.
        let from = (*full).clamp(now, now.saturating_add(span));
        let next = from.saturating_add(quota.every.max(1));
        if next - now > span {
            *full = from;
            return Err(next - now - span);
        }
        *full = next;
        Ok(())
    }
}

/// What a request is counted as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    /// A new visitor: rarer than anything else from one address.
    Visitor,
    /// Any request to the API, before it is looked at.
    Call,
}

/// All limits of all chat pages of this process.
#[derive(Debug)]
pub struct Limits {
    messages: Buckets<String>,
    calls: Buckets<String>,
    new_visitors: Buckets<IpAddr>,
    addresses: Buckets<IpAddr>,
}

/// New visitors from one address.
pub const NEW_VISITORS: Quota = Quota { burst: 20, every: 3_000 };
/// API calls from one address.
pub const ADDRESS_CALLS: Quota = Quota { burst: 300, every: 100 };
/// API calls of one visitor, messages aside.
pub const VISITOR_CALLS: Quota = Quota { burst: 60, every: 200 };

impl Default for Limits {
    fn default() -> Self {
        Limits {
            messages: Buckets::new(50_000),
            calls: Buckets::new(50_000),
            new_visitors: Buckets::new(50_000),
            addresses: Buckets::new(50_000),
        }
    }
}

impl Limits {
    /// Counts a request of an address; none = a program on this machine, which is not limited.
    ///
    /// # Errors
    /// Milliseconds to wait.
    pub fn address(&mut self, address: Option<IpAddr>, ask: Ask, now: Ms) -> Result<(), Ms> {
        let Some(address) = address.map(network) else { return Ok(()) };
        match ask {
            Ask::Visitor => self.new_visitors.take(address, NEW_VISITORS, now),
            Ask::Call => self.addresses.take(address, ADDRESS_CALLS, now),
        }
    }

    /// Counts a message of a visitor.
    ///
    /// # Errors
    /// Milliseconds to wait.
    pub fn message(&mut self, visitor: &str, quota: Quota, now: Ms) -> Result<(), Ms> {
        self.messages.take(visitor.to_owned(), quota, now)
    }

    /// Counts any other call of a visitor.
    ///
    /// # Errors
    /// Milliseconds to wait.
    pub fn call(&mut self, visitor: &str, now: Ms) -> Result<(), Ms> {
        self.calls.take(visitor.to_owned(), VISITOR_CALLS, now)
    }
}

/// The part of an address that one customer controls: all of an IPv4 address, the first 64 bits of an IPv6 one.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6((u128::from(v6) & (u128::MAX << 64)).into()),
        v4 => v4,
    }
}

/// Who asks: the peer or, where the peer is a reverse proxy on this machine, the last address that it forwarded for.
/// None is a program on this machine.
///
/// A proxy may add a line of its own, a port, or brackets. What is no address is counted as one that nobody has: a proxy that says
/// something else (`unknown`) is not to lift the limits.
pub fn asker<'a>(
    peer: Option<IpAddr>,
    forwarded_for: impl IntoIterator<Item = Option<&'a str>>,
) -> Option<IpAddr> {
    match peer {
        Some(ip) if !ip.to_canonical().is_loopback() => Some(ip),
        _ => {
            let last = forwarded_for.into_iter().last()?.and_then(|line| line.rsplit(',').next());
            Some(last.and_then(forwarded).unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)))
        }
    }
}

/// An address as proxies write it: bare, in brackets, with a port.
fn forwarded(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let with_port = || text.parse::<SocketAddr>().ok().map(|at| at.ip());
    let bracketed = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    text.parse().ok().or_else(with_port).or_else(bracketed)
}

#[cfg(test)]
mod tests {
    use super::*;

    const Q: Quota = Quota { burst: 3, every: 100 };

    #[test]
    fn a_burst_then_one_by_one() {
        let mut b = Buckets::new(10);
        for _ in 0..3 {
            assert_eq!(b.take("a", Q, 1000), Ok(()));
        }
        assert_eq!(b.take("a", Q, 1000), Err(100));
        assert_eq!(b.take("a", Q, 1040), Err(60));
        assert_eq!(b.take("b", Q, 1040), Ok(()), "others are not held up");
        assert_eq!(b.take("a", Q, 1100), Ok(()));
        assert_eq!(b.take("a", Q, 1100), Err(100));
        for _ in 0..3 {
            assert_eq!(b.take("a", Q, 9000), Ok(()), "it fills up again, and not beyond the burst");
        }
        assert!(b.take("a", Q, 9000).is_err());
    }

    #[test]
    fn a_clock_that_jumps_back_locks_nobody_out() {
        let mut b = Buckets::new(10);
        for _ in 0..3 {
            b.take("a", Q, 1_000_000).unwrap();
        }
        assert_eq!(b.take("a", Q, 5), Err(100));
        assert_eq!(b.take("a", Q, 105), Ok(()));
    }

    #[test]
    fn memory_is_bounded_and_idle_keys_are_forgotten() {
        let mut b = Buckets::new(2);
        assert_eq!(b.take(1, Q, 0), Ok(()));
        assert_eq!(b.take(2, Q, 0), Ok(()));
        assert!(b.take(3, Q, 0).is_err());
        assert_eq!(b.take(3, Q, 100), Ok(()));
        assert_eq!(b.full_at.len(), 1);
    }

    #[test]
    fn an_ipv6_customer_is_one_network() {
        let mut l = Limits::default();
        let ip = |s: &str| Some(s.parse::<IpAddr>().unwrap());
        for i in 0..20 {
            assert_eq!(l.address(ip(&format!("2001:db8::{i:x}")), Ask::Visitor, 0), Ok(()));
        }
        assert_eq!(l.address(ip("2001:db8::ffff"), Ask::Visitor, 0), Err(3_000));
        assert_eq!(l.address(ip("2001:db8:0:1::1"), Ask::Visitor, 0), Ok(()));
        assert_eq!(l.address(None, Ask::Visitor, 0), Ok(()));
    }

    #[test]
    fn only_a_proxy_on_this_machine_is_believed() {
        let ip = |s: &str| Some(s.parse::<IpAddr>().unwrap());
        let of = |peer, lines: &[&str]| asker(ip(peer), lines.iter().map(|line| Some(*line)));
        assert_eq!(of("127.0.0.1", &["6.6.6.6, 203.0.113.9"]), ip("203.0.113.9"));
        assert_eq!(
            of("127.0.0.1", &["6.6.6.6", "203.0.113.9"]),
            ip("203.0.113.9"),
            "the proxy's own line is the last"
        );
        assert_eq!(of("::ffff:127.0.0.1", &["203.0.113.9:5555"]), ip("203.0.113.9"));
        assert_eq!(of("127.0.0.1", &["[2001:db8::1]:5555"]), ip("2001:db8::1"));
        assert_eq!(of("127.0.0.1", &["[2001:db8::1]"]), ip("2001:db8::1"));
        assert_eq!(of("198.51.100.1", &["203.0.113.9"]), ip("198.51.100.1"));
        assert_eq!(of("127.0.0.1", &[]), None);
        for odd in ["nonsense", "unknown", ""] {
            assert_eq!(of("127.0.0.1", &[odd]), ip("0.0.0.0"), "{odd}: it is counted, too");
        }
        assert_eq!(asker(ip("127.0.0.1"), [None]), ip("0.0.0.0"));
    }

    #[test]
    fn a_minute_quota_allows_as_much() {
        assert_eq!(Quota::per_minute(30), Quota { burst: 10, every: 2000 });
        assert_eq!(Quota::per_minute(0), Quota { burst: 5, every: 60_000 });
    }
}
