use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;

use avouch_collect::{Ack, BucketOptions, BucketPoll, CollectError, CredentialsFrom, Layout, Round, Waits};
use avouch_s3::{Bucket, Credentials};

use crate::store::{SECRET, Store};

const DAY: u64 = 86_400_000_000_000;
/// 2026-11-26T06:51:22Z
const NOW: u64 = 1_795_675_882_000_000_000;

fn credentials(secret: &str) -> CredentialsFrom {
    CredentialsFrom::Fixed(Credentials {
        access_key_id: "id".into(),
        secret_access_key: secret.into(),
        session_token: Some("token".into()),
    })
}

fn options(address: &str, dir: &Path) -> BucketOptions {
    let bucket = Bucket { endpoint: address.into(), region: "eu-central-1".into(), name: "trail".into() };
    let options = BucketOptions::new(bucket, credentials(SECRET), dir.join("state.json"), NOW);
    BucketOptions { prefixes: vec!["p/AWSLogs/".into()], ..options }
}

fn key(region: &str, day: &str, name: &str) -> String {
    format!("p/AWSLogs/111122223333/CloudTrail/{region}/{day}/{name}.json.gz")
}

/// What was handed over: how often, by name.
#[derive(Default)]
struct Got(BTreeMap<String, u64>);

impl Got {
    fn poll(&mut self, poll: &mut BucketPoll, now: u64) -> Result<Round, CollectError> {
        self.poll_until(poll, now, u64::MAX)
    }

    /// Takes so many, and no more.
    fn poll_until(&mut self, poll: &mut BucketPoll, now: u64, mut most: u64) -> Result<Round, CollectError> {
        poll.poll(Waits { now: &|| now, sleep: &|_| {} }, &mut |file| {
            if most == 0 {
                return Ack::Later;
            }
            most -= 1;
            assert_eq!(file.bytes, file.name.as_bytes(), "content is that of the name");
            assert!(file.whole && file.modified == 1_795_687_200_000_000_000);
            *self.0.entry(file.name.to_owned()).or_default() += 1;
            Ack::Safe
        })
    }
}

fn put(store: &Store, key: &str) {
    store.put(key, key.as_bytes());
}

#[test]
fn everything_new_comes_once_wherever_it_lies() {
    let (store, dir) = (Store::start(), tempfile::tempdir().unwrap());
    for n in 0..8 {
        put(&store, &key("eu-central-1", "2026/11/26", &format!("a{n}")));
        put(&store, &key("us-east-1", "2026/11/26", &format!("b {n}+ü")));
    }
    put(&store, &key("eu-central-1", "2026/11/24", "before the begin"));
    put(&store, "p/AWSLogs/111122223333/CloudTrail-Digest/eu-central-1/2026/11/26/d.json.gz");
    put(&store, "p/AWSLogs/111122223333/CloudTrail/eu-central-1/2026/11/26/readme.txt");
    put(&store, "elsewhere/2026/11/26/x.json");
    let mut poll = BucketPoll::open(options(&store.address, dir.path())).unwrap();
    let mut got = Got::default();
    let round = got.poll(&mut poll, NOW).unwrap();
    assert_eq!((round.delivered, round.ignored, round.complete), (17, 1, true), "{round:?}");
    assert_eq!(got.0.len(), 17);
    assert!(!got.0.contains_key(&key("eu-central-1", "2026/11/24", "before the begin")));
    assert_eq!(got.poll(&mut poll, NOW).unwrap().delivered, 0);
    // One that comes late, with a smaller name than others had; a region that is new.
    put(&store, &key("eu-central-1", "2026/11/26", "a0 late"));
    put(&store, &key("ap-south-1", "2026/11/26", "c"));
    assert_eq!(got.poll(&mut poll, NOW + 1).unwrap().delivered, 1);
    assert_eq!(got.poll(&mut poll, NOW + 900_000_000_000).unwrap().delivered, 1, "folders are looked for anew");
    // Another process goes on where this one was, though it was told to begin later.
    let later = BucketOptions { from: NOW + 3 * DAY, ..options(&store.address, dir.path()) };
    put(&store, &key("sa-east-1", "2026/11/27", "while nobody looked"));
    let mut poll = BucketPoll::open(later).unwrap();
    assert_eq!(got.poll(&mut poll, NOW + 3 * DAY).unwrap().delivered, 1);
    assert!(got.0.values().all(|n| *n == 1), "{:?}", got.0);
}

#[test]
fn a_store_that_fails_at_random_loses_nothing() {
    for seed in 0..6 {
        let (store, dir) = (Store::start(), tempfile::tempdir().unwrap());
        let mut got = Got::default();
        let mut made = 0;
        let mut poll = None;
        store.fail(30, seed);
        for step in 0..400 {
            if step < 40 {
                for region in ["eu-central-1", "us-east-1"] {
                    put(&store, &key(region, "2026/11/26", &format!("{:03}", made * 37 % 101)));
                }
                made += 1;
            }
            let mut open =
                poll.take().unwrap_or_else(|| BucketPoll::open(options(&store.address, dir.path())).unwrap());
            // Whoever takes is busy at times, and the process ends at others.
            let result = got.poll_until(&mut open, NOW + step, if step % 3 == 0 { 4 } else { u64::MAX });
            if step % 7 != 0 {
                poll = Some(open);
            }
            if step >= 40 && result.is_ok_and(|round| round.complete && round.failed == 0 && step % 3 != 0) {
                break;
            }
        }
        assert_eq!(got.0.len(), store.shared.objects.lock().unwrap().len(), "seed {seed}");
        assert!(got.0.values().all(|n| *n == 1), "the state was always written: {:?}", got.0);
    }
}

#[test]
fn a_state_of_before_brings_some_twice_and_loses_nothing() {
    let (store, dir) = (Store::start(), tempfile::tempdir().unwrap());
    let mut got = Got::default();
    put(&store, &key("eu-central-1", "2026/11/26", "0"));
    let mut poll = BucketPoll::open(options(&store.address, dir.path())).unwrap();
    got.poll(&mut poll, NOW).unwrap();
    let before = std::fs::read(dir.path().join("state.json")).unwrap();
    for n in 1..5 {
        put(&store, &key("eu-central-1", "2026/11/26", &n.to_string()));
    }
    got.poll(&mut poll, NOW).unwrap();
    // The machine crashed before the new state was on the disk.
    std::fs::write(dir.path().join("state.json"), before).unwrap();
    put(&store, &key("eu-central-1", "2026/11/26", "5"));
    let mut poll = BucketPoll::open(options(&store.address, dir.path())).unwrap();
    got.poll(&mut poll, NOW).unwrap();
    assert_eq!(got.0.values().copied().collect::<Vec<_>>(), [1, 2, 2, 2, 2, 1]);
}

#[test]
fn an_object_that_was_changed_comes_again_and_says_so() {
    let (store, dir) = (Store::start(), tempfile::tempdir().unwrap());
    let name = key("eu-central-1", "2026/11/26", "a");
    store.put(&name, b"one");
    let mut poll = BucketPoll::open(options(&store.address, dir.path())).unwrap();
    let seen = RefCell::new(Vec::new());
    let mut look = || {
        let waits = Waits { now: &|| NOW, sleep: &|_| {} };
        poll.poll(waits, &mut |file| {
            seen.borrow_mut().push((file.bytes.to_vec(), file.changed));
            Ack::Safe
        })
        .unwrap()
    };
    look();
    store.put(&name, b"two");
    assert_eq!(look().changed, 1);
    look();
    assert_eq!(*seen.borrow(), [(b"one".to_vec(), false), (b"two".to_vec(), true)]);
}

#[test]
fn what_cannot_be_had_is_told_and_stops_nothing_else() {
    let (store, dir) = (Store::start(), tempfile::tempdir().unwrap());
    for name in ["a", "b", "c"] {
        put(&store, &key("eu-central-1", "2026/11/26", name));
    }
    store.put(&key("eu-central-1", "2026/11/26", "large"), &[b' '; 500]);
    store.shared.locked.lock().unwrap().push(key("eu-central-1", "2026/11/26", "b"));
    let small = BucketOptions { object_bytes: 400, ..options(&store.address, dir.path()) };
    let mut poll = BucketPoll::open(small.clone()).unwrap();
    let mut got = Got::default();
    let round = got.poll(&mut poll, NOW).unwrap();
    assert_eq!((round.delivered, round.failed, round.refused), (2, 1, 1));
    assert!(round.problems.iter().any(|p| p.contains("b.json.gz") && p.contains("AccessDenied")), "{round:?}");
    assert!(round.problems.iter().any(|p| p.contains("large") && p.contains("500 bytes")), "{round:?}");
    // A day with something that could not be read is looked at until it can be, however late.
    store.shared.locked.lock().unwrap().clear();
    let mut poll = BucketPoll::open(small).unwrap();
    assert_eq!(got.poll(&mut poll, NOW + 30 * DAY).unwrap().delivered, 1);
    assert!(got.0.values().all(|n| *n == 1));
}

#[test]
fn more_objects_than_can_be_remembered_are_told() {
    let (store, dir) = (Store::start(), tempfile::tempdir().unwrap());
    for n in 0..5 {
        put(&store, &key("eu-central-1", "2026/11/26", &n.to_string()));
    }
    let few = BucketOptions { objects: 3, ..options(&store.address, dir.path()) };
    let mut poll = BucketPoll::open(few).unwrap();
    let round = Got::default().poll(&mut poll, NOW).unwrap();
    assert_eq!((round.delivered, round.refused, round.complete), (3, 2, false));
}

#[test]
fn days_that_are_over_are_forgotten() {
    let (store, dir) = (Store::start(), tempfile::tempdir().unwrap());
    let mut poll = BucketPoll::open(options(&store.address, dir.path())).unwrap();
    let mut got = Got::default();
    let mut largest = 0;
    for n in 0..20 {
        let day = format!("2026/12/{:02}", n + 1);
        put(&store, &key("eu-central-1", &day, "x"));
        // 2026-12-01 is five days after the begin.
        got.poll(&mut poll, NOW + (n + 5) * DAY).unwrap();
        largest = largest.max(std::fs::metadata(dir.path().join("state.json")).unwrap().len());
    }
    assert_eq!(got.0.len(), 20);
    assert!(largest < 600, "{largest}");
}

#[test]
fn a_store_that_refuses_is_asked_once_and_one_that_is_away_four_times() {
    let (store, dir) = (Store::start(), tempfile::tempdir().unwrap());
    put(&store, &key("eu-central-1", "2026/11/26", "a"));
    let wrong = BucketOptions { credentials: credentials("wrong"), ..options(&store.address, dir.path()) };
    let mut poll = BucketPoll::open(wrong).unwrap();
    let error = Got::default().poll(&mut poll, NOW).unwrap_err();
    assert!(error.to_string().contains("SignatureDoesNotMatch"), "{error}");
    assert_eq!(store.requests(), 1);
    store.fail(100, 1);
    let mut poll = BucketPoll::open(options(&store.address, dir.path())).unwrap();
    let waited = RefCell::new(Vec::new());
    let waits = Waits { now: &|| NOW, sleep: &|time| waited.borrow_mut().push(time.as_millis()) };
    let error = poll.poll(waits, &mut |_| Ack::Safe).unwrap_err();
    assert!(matches!(error, CollectError::Bucket { what: "listed", .. }), "{error}");
    assert_eq!((store.requests(), waited.take()), (5, vec![250, 500, 1_000]));
    store.fail(0, 1);
    assert_eq!(poll.poll(waits, &mut |_| Ack::Safe).unwrap().delivered, 1);
    assert_eq!(waited.take().len(), 0);
}

#[test]
fn a_bucket_without_days_is_an_error_and_not_silence() {
    let (store, dir) = (Store::start(), tempfile::tempdir().unwrap());
    put(&store, "p/AWSLogs/111122223333/readme.json");
    let mut poll = BucketPoll::open(options(&store.address, dir.path())).unwrap();
    let error = Got::default().poll(&mut poll, NOW).unwrap_err();
    assert!(matches!(&error, CollectError::NoDays { prefix, .. } if prefix == "p/AWSLogs/"), "{error}");
    let none = BucketOptions {
        credentials: CredentialsFrom::File { path: dir.path().join("none"), profile: "default".into() },
        ..options(&store.address, dir.path())
    };
    let error = Got::default().poll(&mut BucketPoll::open(none).unwrap(), NOW).unwrap_err();
    assert!(matches!(error, CollectError::Credentials(_)), "{error}");
}

#[test]
fn names_in_order_are_read_from_the_last_one_on() {
    let (store, dir) = (Store::start(), tempfile::tempdir().unwrap());
    let in_order = || BucketOptions {
        prefixes: vec!["audit/".into()],
        layout: Layout::InOrder,
        ..options(&store.address, dir.path())
    };
    for n in 0..7 {
        put(&store, &format!("audit/{n}.json"));
    }
    put(&store, "audit/x.txt");
    let mut got = Got::default();
    let mut poll = BucketPoll::open(in_order()).unwrap();
    let round = got.poll_until(&mut poll, NOW, 5).unwrap();
    assert_eq!((round.delivered, round.complete), (5, false));
    let mut poll = BucketPoll::open(in_order()).unwrap();
    let round = got.poll(&mut poll, NOW).unwrap();
    assert_eq!((round.delivered, round.ignored, round.complete), (2, 1, true));
    put(&store, "audit/y.json");
    assert_eq!(got.poll(&mut poll, NOW).unwrap().delivered, 1);
    assert!(got.0.len() == 8 && got.0.values().all(|n| *n == 1));
}
