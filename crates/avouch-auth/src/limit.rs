//! Limits of failed logins: a bucket a name and a bucket an address, in bounded memory.
//!
//! An attempt takes from both buckets before the password is looked at, so that many at once are counted too; one that succeeds gives back. A bucket
//! that is full again is forgotten. When a table is full, the bucket that is nearest to full goes: whoever fills the table with new
//! names does not win back the attempts at the name that matters.

use std::collections::HashMap;
use std::net::IpAddr;

use avouch_finding::Time;

/// How many attempts in a row, and how soon again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Attempts of a full bucket; at least 1.
    pub burst: u32,
    /// Seconds until one more is there; at least 1.
    pub every_s: u32,
}

/// Limits of failed logins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Of one name. Whoever attacks a name makes its owner wait as long; sessions that are open go on.
    pub name: Rate,
    /// Of one address; of a network of 64 bits with IPv6, since a single customer has as many.
    pub address: Rate,
    /// Buckets that are remembered, of each kind.
    pub remembered: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { name: Rate { burst: 10, every_s: 30 }, address: Rate { burst: 30, every_s: 10 }, remembered: 10_000 }
    }
}

/// Buckets of one kind. For each the moment is kept at which it is full again; a bucket that is not there is full.
#[derive(Debug)]
struct Table {
    full_at: HashMap<String, u64>,
    rate: Rate,
    remembered: usize,
}

impl Table {
    fn new(rate: Rate, remembered: usize) -> Self {
        Self { full_at: HashMap::new(), rate, remembered: remembered.max(1) }
    }

    fn step(&self) -> u64 {
        u64::from(self.rate.every_s.max(1)) * 1_000_000_000
    }

    fn depth(&self) -> u64 {
        self.step() * u64::from(self.rate.burst.max(1))
    }

    /// When the bucket is full again. A clock that was set back does not lock anybody out for longer than an empty bucket does.
    fn state(&self, key: &str, now: u64) -> u64 {
        self.full_at.get(key).map_or(now, |at| (*at).clamp(now, now.saturating_add(self.depth())))
    }

    /// ns until an attempt is there; 0 when one is.
    fn wait(&mut self, key: &str, now: u64) -> u64 {
        let at = self.state(key, now);
        if let Some(kept) = self.full_at.get_mut(key) {
            *kept = at;
        }
        at.saturating_add(self.step()).saturating_sub(now.saturating_add(self.depth()))
    }

    fn take(&mut self, key: &str, now: u64) {
        let at = self.state(key, now).saturating_add(self.step());
        if !self.full_at.contains_key(key) && self.full_at.len() >= self.remembered {
            self.full_at.retain(|_, at| *at > now);
            if self.full_at.len() >= self.remembered {
                let fullest = self.full_at.iter().min_by(|a, b| a.1.cmp(b.1).then_with(|| a.0.cmp(b.0)));
                if let Some(fullest) = fullest.map(|(key, _)| key.clone()) {
                    self.full_at.remove(&fullest);
                }
            }
        }
        self.full_at.insert(key.to_owned(), at);
    }

    /// What another table had, as it is read again.
    fn put(&mut self, key: String, full_at: u64) {
        if self.full_at.len() < self.remembered {
            self.full_at.insert(key, full_at);
        }
    }

    fn give_back(&mut self, key: &str) {
        let step = self.step();
        if let Some(at) = self.full_at.get_mut(key) {
            *at = at.saturating_sub(step);
        }
    }
}

/// The buckets of all names and addresses.
#[derive(Debug)]
pub(crate) struct Limiter {
    names: Table,
    addresses: Table,
}

impl Limiter {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            names: Table::new(limits.name, limits.remembered),
            addresses: Table::new(limits.address, limits.remembered),
        }
    }

    /// Takes one attempt.
    ///
    /// # Errors
    /// Seconds to wait when there is none; nothing is taken then.
    pub(crate) fn take(&mut self, name: &str, address: IpAddr, now: Time) -> Result<(), u64> {
        let (name, address) = (name.to_lowercase(), network(address));
        let wait = self.names.wait(&name, now.0).max(self.addresses.wait(&address, now.0));
        if wait > 0 {
            return Err(wait.div_ceil(1_000_000_000));
        }
        self.names.take(&name, now.0);
        self.addresses.take(&address, now.0);
        Ok(())
    }

    /// Goes on with a bucket that was kept.
    pub(crate) fn put(&mut self, bucket: Bucket) {
        match bucket.of {
            Of::Name => self.names.put(bucket.key, bucket.full_at),
            Of::Address => self.addresses.put(bucket.key, bucket.full_at),
        }
    }

    /// The buckets of a name and an address, to be kept.
    pub(crate) fn buckets(&self, name: &str, address: IpAddr) -> [Bucket; 2] {
        let bucket = |of, table: &Table, key: String| {
            let full_at = table.full_at.get(&key).copied().unwrap_or_default();
            Bucket { of, key, full_at }
        };
        [bucket(Of::Name, &self.names, name.to_lowercase()), bucket(Of::Address, &self.addresses, network(address))]
    }

    /// Buckets of each kind that are remembered.
    pub(crate) fn remembered(&self) -> usize {
        self.names.remembered
    }

    /// Gives back the attempt of a login that succeeded.
    pub(crate) fn give_back(&mut self, name: &str, address: IpAddr) {
        self.names.give_back(&name.to_lowercase());
        self.addresses.give_back(&network(address));
    }
}

/// Of whom a bucket is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Of {
    Name,
    Address,
}

impl Of {
    /// As the database writes it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Address => "address",
        }
    }
}

/// A bucket as it is kept for the next process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bucket {
    pub(crate) of: Of,
    pub(crate) key: String,
    /// Time in ns.
    pub(crate) full_at: u64,
}

/// What one customer has: an address with IPv4, 64 bits with IPv6.
fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => format!("{:x}", v6.to_bits() >> 64),
    }
}

#[cfg(test)]
mod tests {
    use super::{Limiter, Limits, Rate};
    use avouch_finding::Time;
    use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

    const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    fn at(second: u64) -> Time {
        Time(second * 1_000_000_000)
    }

    fn limiter(remembered: usize) -> Limiter {
        let wide = Rate { burst: 1_000_000, every_s: 1 };
        Limiter::new(Limits { name: Rate { burst: 3, every_s: 30 }, address: wide, remembered })
    }

    fn v4(n: u32) -> IpAddr {
        Ipv4Addr::from_bits(n).into()
    }

    #[test]
    fn an_empty_bucket_says_when_to_come_back_and_fills_with_time() {
        let mut limiter = limiter(10);
        for _ in 0..3 {
            assert_eq!(limiter.take("ada", HERE, at(100)), Ok(()));
        }
        assert_eq!(limiter.take("ADA", HERE, at(100)), Err(30));
        assert_eq!(limiter.take("ada", HERE, at(129)), Err(1));
        assert_eq!(limiter.take("ada", HERE, at(130)), Ok(()));
        assert_eq!(limiter.take("ada", HERE, at(130)), Err(30));
        assert_eq!(limiter.take("bob", HERE, at(130)), Ok(()));
        // Full after three times 30 s, and never more than full.
        for _ in 0..3 {
            assert_eq!(limiter.take("ada", HERE, at(10_000)), Ok(()));
        }
        assert_eq!(limiter.take("ada", HERE, at(10_000)), Err(30));
    }

    #[test]
    fn a_login_that_succeeds_costs_nothing() {
        let mut limiter = limiter(10);
        for _ in 0..100 {
            assert_eq!(limiter.take("ada", HERE, at(1)), Ok(()));
            limiter.give_back("ada", HERE);
        }
    }

    #[test]
    fn a_flood_of_names_does_not_refill_the_name_under_attack() {
        let mut limiter = limiter(50);
        for _ in 0..3 {
            assert_eq!(limiter.take("ada", HERE, at(1)), Ok(()));
        }
        for n in 0..10_000 {
            assert_eq!(limiter.take(&format!("n{n}"), HERE, at(1)), Ok(()));
        }
        assert_eq!(limiter.take("ada", HERE, at(1)), Err(30));
        assert!(limiter.names.full_at.len() <= 50);
    }

    #[test]
    fn addresses_of_one_network_share_a_bucket_and_v4_in_v6_is_v4() {
        let rate = Rate { burst: 2, every_s: 60 };
        let wide = Rate { burst: 1_000_000, every_s: 1 };
        let mut limiter = Limiter::new(Limits { name: wide, address: rate, remembered: 10 });
        let v6 = |low: u128| IpAddr::V6(Ipv6Addr::from_bits((0x2001_0db8_u128 << 96) | low));
        assert_eq!(limiter.take("a", v6(1), at(1)), Ok(()));
        assert_eq!(limiter.take("b", v6(2), at(1)), Ok(()));
        assert_eq!(limiter.take("c", v6(3), at(1)), Err(60));
        assert_eq!(limiter.take("c", v6(1 << 64), at(1)), Ok(()));
        let mapped = Ipv4Addr::new(192, 0, 2, 1).to_ipv6_mapped();
        assert_eq!(limiter.take("a", v4(0xc000_0201), at(1)), Ok(()));
        assert_eq!(limiter.take("b", mapped.into(), at(1)), Ok(()));
        assert_eq!(limiter.take("c", v4(0xc000_0201), at(1)), Err(60));
    }

    #[test]
    fn a_clock_that_is_set_back_locks_nobody_out_for_longer() {
        let mut limiter = limiter(10);
        for _ in 0..3 {
            assert_eq!(limiter.take("ada", HERE, at(1_000_000)), Ok(()));
        }
        assert_eq!(limiter.take("ada", HERE, at(10)), Err(30));
        assert_eq!(limiter.take("ada", HERE, at(40)), Ok(()));
    }
}
