//! A store that somebody else made, when there is one: its address in `AVOUCH_TEST_S3` (`http://127.0.0.1:5000`), a bucket
//! `trail` in it, with what `AVOUCH_TEST_S3_KEYS` says as the number of `.json.gz` objects below `AWSLogs/`.

use std::time::UNIX_EPOCH;

use avouch_collect::{Ack, BucketOptions, BucketPoll, CredentialsFrom, Waits};
use avouch_s3::{Bucket, Credentials};

#[test]
#[ignore = "needs a store: AVOUCH_TEST_S3 and AVOUCH_TEST_S3_KEYS"]
fn another_store_is_read() {
    let variable = |name: &str| std::env::var(name).unwrap();
    let keys: u64 = variable("AVOUCH_TEST_S3_KEYS").parse().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let bucket = Bucket { endpoint: variable("AVOUCH_TEST_S3"), region: "us-east-1".into(), name: "trail".into() };
    let credentials = Credentials::from_lookup(&|name| std::env::var(name).ok()).unwrap();
    let from = 1_795_600_000_000_000_000;
    let options = BucketOptions {
        prefixes: vec!["AWSLogs/".into()],
        ..BucketOptions::new(bucket, CredentialsFrom::Fixed(credentials), dir.path().join("state.json"), from)
    };
    let now = || u64::try_from(UNIX_EPOCH.elapsed().unwrap().as_nanos()).unwrap();
    let waits = Waits { now: &now, sleep: &|time| std::thread::sleep(time) };
    let mut poll = BucketPoll::open(options).unwrap();
    let mut names = std::collections::BTreeSet::new();
    let round = poll
        .poll(waits, &mut |file| {
            assert!(names.insert(file.name.to_owned()) && file.modified > 0);
            assert_eq!(file.bytes, file.name.as_bytes());
            Ack::Safe
        })
        .unwrap();
    assert_eq!((round.delivered, round.failed, round.complete), (keys, 0, true), "{round:?}");
    assert_eq!(poll.poll(waits, &mut |_| Ack::Safe).unwrap().delivered, 0);
}
