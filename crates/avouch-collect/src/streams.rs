//! What is remembered of a bucket, and how its days are named.

use std::collections::{BTreeMap, BTreeSet};

use avouch_event::{TimeStyle, time_text};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::hex;

/// Length of the name of a day.
pub(crate) const DAY: usize = "2026/11/26".len();

const DAY_NS: u64 = 86_400_000_000_000;

/// State of a bucket.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct BucketState {
    /// Where the first run began, ns since 1970 UTC.
    pub(crate) begun: Option<u64>,
    /// Folders that hold folders by day.
    pub(crate) streams: BTreeMap<String, Stream>,
    /// Last object that was handed over, by prefix, where names are in order of time.
    pub(crate) after: BTreeMap<String, String>,
}

/// A folder that holds folders by day.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Stream {
    /// The first day that is still looked at.
    pub(crate) from: String,
    /// Objects that were handed over, by day: digests of their names and tags.
    pub(crate) seen: BTreeMap<String, BTreeSet<String>>,
    /// Names of these without the tag, so that a change shows.
    pub(crate) names: BTreeMap<String, BTreeSet<String>>,
}

impl Stream {
    pub(crate) fn holds(&self, key: &str, etag: &str, prefix: &str) -> bool {
        self.seen.get(day_of(key, prefix)).is_some_and(|set| set.contains(&tag(&[key, etag])))
    }

    pub(crate) fn holds_name(&self, key: &str, prefix: &str) -> bool {
        self.names.get(day_of(key, prefix)).is_some_and(|set| set.contains(&tag(&[key])))
    }

    pub(crate) fn add(&mut self, key: &str, etag: &str, prefix: &str) {
        let day = day_of(key, prefix);
        self.seen.entry(day.to_owned()).or_default().insert(tag(&[key, etag]));
        self.names.entry(day.to_owned()).or_default().insert(tag(&[key]));
    }

    /// Everything up to now was handed over: days before `day` are not looked at any more.
    pub(crate) fn close(&mut self, day: String) -> bool {
        if day <= self.from {
            return false;
        }
        self.seen = self.seen.split_off(&day);
        self.names = self.names.split_off(&day);
        self.from = day;
        true
    }

    pub(crate) fn len(&self) -> usize {
        self.seen.values().map(BTreeSet::len).sum()
    }
}

/// The day that an object's name says; some beginning of it where it says none.
fn day_of<'k>(key: &'k str, prefix: &str) -> &'k str {
    let rest = key.strip_prefix(prefix).unwrap_or(key);
    rest.get(..DAY).unwrap_or(rest)
}

fn tag(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
        hash.update([0]);
    }
    hex(hash.finalize().get(..16).unwrap_or_default())
}

/// `2026/11/26`, some days before a time.
pub(crate) fn day(now: u64, before: u64) -> String {
    let ns = now.saturating_sub(before.saturating_mul(DAY_NS));
    let text = time_text(ns, TimeStyle::Iso8601Zulu, 0).to_string();
    text.get(..DAY).unwrap_or_default().replace('-', "/")
}

/// Whether a folder's name is that of a year.
pub(crate) fn is_year(folder: &str) -> bool {
    let name = folder.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    name.len() == 4 && name.starts_with("20") && name.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_closed_and_their_objects_forgotten() {
        let mut stream = Stream { from: "2026/11/24".into(), ..Stream::default() };
        for (key, etag) in [("p/2026/11/24/a", "1"), ("p/2026/11/25/b", "2")] {
            assert!(!stream.holds(key, etag, "p/"));
            stream.add(key, etag, "p/");
            assert!(stream.holds(key, etag, "p/") && !stream.holds(key, "x", "p/") && stream.holds_name(key, "p/"));
        }
        assert!(!stream.close("2026/11/23".into()) && stream.len() == 2);
        assert!(stream.close("2026/11/25".into()));
        assert!(!stream.holds("p/2026/11/24/a", "1", "p/") && stream.holds("p/2026/11/25/b", "2", "p/"));
    }

    #[test]
    fn years_and_days_are_told() {
        assert!(is_year("a/2026/") && !is_year("a/111122223333/") && !is_year("a/1026/") && !is_year("a/"));
        // 2026-11-26T06:51:22Z
        assert_eq!(day(1_795_675_882_000_000_000, 0), "2026/11/26");
        assert_eq!(day(1_795_675_882_000_000_000, 26), "2026/10/31");
    }
}
