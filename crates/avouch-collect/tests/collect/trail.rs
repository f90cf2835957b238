//! A trail from its bucket to findings, as a server joins the parts: every call is found once, and a chain of digests that is
//! whole says nothing, whatever fails between.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use avouch_audit::Format;
use avouch_collect::{Ack, BucketOptions, BucketPoll, CredentialsFrom, FolderOptions, FolderWatch, Waits};
use avouch_finding::{Fact, Time};
use avouch_pipeline::live::audit::{AuditJudge, AuditOptions, AuditSource, Delivery};
use avouch_pipeline::{RuleSet, RuleSetOptions};
use avouch_s3::{Bucket, Credentials};
use flate2::{Compression, write::GzEncoder};
use sha2::{Digest as _, Sha256};

use crate::store::{SECRET, Store};

const ACCOUNT: &str = "111122223333";
const MINUTE: u64 = 60_000_000_000;
const HOURS: u64 = 4;

fn begin() -> Time {
    Time::parse("2026-11-26T08:00:00Z").unwrap()
}

/// Minutes after the begin.
fn at(minute: u64) -> Time {
    Time(begin().0 + minute * MINUTE)
}

fn text(time: Time) -> String {
    format!("{}Z", &time.to_string()[..19])
}

fn gzip(text: &str) -> Vec<u8> {
    use std::io::Write as _;
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(text.as_bytes()).unwrap();
    gzip.finish().unwrap()
}

fn sha(text: &str) -> String {
    Sha256::digest(text).iter().map(|b| format!("{b:02x}")).collect()
}

/// Names, contents and the minute in which each is written: a log file every five minutes, a digest every hour.
fn trail() -> Vec<(String, String, u64)> {
    let mut out = Vec::new();
    let mut before: Option<(String, String)> = None;
    for hour in 0..HOURS {
        let mut listed = Vec::new();
        for part in 0..12 {
            let minute = hour * 60 + part * 5;
            let stamp = text(at(minute)).replace(['-', ':'], "");
            let name = format!(
                "AWSLogs/{ACCOUNT}/CloudTrail/eu-central-1/2026/11/26/{ACCOUNT}_CloudTrail_eu-central-1_{stamp}_x.json.gz"
            );
            let call = format!(
                r#"{{"eventVersion":"1.08","userIdentity":{{"type":"Root"}},"eventTime":"{}","eventSource":"iam.amazonaws.com","eventName":"CreateUser","eventType":"AwsApiCall","eventID":"{minute}","recipientAccountId":"{ACCOUNT}"}}"#,
                text(at(minute))
            );
            let content = format!("{{\"Records\":[{call}]}}");
            listed.push(format!(
                r#"{{"s3Bucket":"trail","s3Object":"{name}","hashValue":"{}","hashAlgorithm":"SHA-256","newestEventTime":"{t}","oldestEventTime":"{t}"}}"#,
                sha(&content),
                t = text(at(minute))
            ));
            out.push((name, content, minute + 7));
        }
        let end = text(at(hour * 60 + 60));
        let stamp = end.replace(['-', ':'], "");
        let name = format!(
            "AWSLogs/{ACCOUNT}/CloudTrail-Digest/eu-central-1/2026/11/26/{ACCOUNT}_CloudTrail-Digest_eu-central-1_t_eu-central-1_{stamp}.json.gz"
        );
        let (object, hash) = before
            .as_ref()
            .map_or(("null".into(), "null".into()), |(n, c)| (format!("\"{n}\""), format!("\"{}\"", sha(c))));
        let content = format!(
            r#"{{"awsAccountId":"{ACCOUNT}","digestStartTime":"{}","digestEndTime":"{end}","digestS3Bucket":"trail","digestS3Object":"{name}","previousDigestS3Object":{object},"previousDigestHashValue":{hash},"logFiles":[{}]}}"#,
            text(at(hour * 60)),
            listed.join(",")
        );
        out.push((name.clone(), content.clone(), hour * 60 + 75));
        before = Some((name, content));
    }
    out
}

/// What a server does with a file, and what it has written down.
struct Server {
    judge: AuditJudge,
    ids: BTreeSet<String>,
    found: usize,
    gaps: Vec<String>,
    /// Every so many files, writing fails.
    fails: u64,
    files: u64,
}

impl Server {
    fn new(fails: u64) -> Self {
        let rules = "- rule: User made\n  desc: d\n  condition: ct.name = CreateUser\n  output: o\n  priority: WARNING\n  source: aws_cloudtrail\n";
        let rules = RuleSet::from_texts(vec![("r".into(), rules.into())], Vec::new(), &RuleSetOptions::default());
        let mut judge = AuditJudge::new(Arc::new(rules), AuditOptions::default());
        judge.expect(&source(), begin());
        Self { judge, ids: BTreeSet::new(), found: 0, gaps: Vec::new(), fails, files: 0 }
    }

    fn take(&mut self, name: &str, bytes: &[u8], received: Time) -> Ack {
        let taken = self.judge.take(&source(), &Delivery { name, bytes, received });
        self.files += 1;
        if self.files.is_multiple_of(self.fails) {
            return Ack::Later;
        }
        for fact in &taken.facts {
            if let Fact::Finding(finding) = fact {
                self.found += 1;
                self.ids.insert(finding.id.clone());
            }
        }
        self.judge.settle(&taken);
        Ack::Safe
    }

    fn observe(&mut self, now: Time) {
        for fact in self.judge.observe(now) {
            if let Fact::Gap(gap) = fact {
                self.gaps.push(gap.reason);
            }
        }
    }
}

fn source() -> AuditSource {
    AuditSource { node: String::new(), cluster: String::new(), format: Format::CloudTrail }
}

fn options(address: &str, dir: &Path) -> BucketOptions {
    let bucket = Bucket { endpoint: address.into(), region: "eu-central-1".into(), name: "trail".into() };
    let credentials = Credentials { access_key_id: "id".into(), secret_access_key: SECRET.into(), session_token: None };
    let from = CredentialsFrom::Fixed(credentials);
    let options = BucketOptions::new(bucket, from, dir.join("state.json"), begin().0);
    BucketOptions { prefixes: vec!["AWSLogs/".into()], ..options }
}

/// All of a day, minute by minute; files whose names hold one of `without` are never written.
fn run(without: &[&str], percent: u64) -> Server {
    let (store, dir) = (Store::start(), tempfile::tempdir().unwrap());
    store.fail(percent, 7);
    let server = RefCell::new(Server::new(5));
    let trail = trail();
    let mut poll = BucketPoll::open(options(&store.address, dir.path())).unwrap();
    for minute in (0..HOURS * 60 + 180).step_by(3) {
        for (name, content, _) in trail.iter().filter(|(_, _, m)| (minute..minute + 3).contains(m)) {
            if !without.iter().any(|w| name.contains(w)) {
                store.put(name, &gzip(content));
            }
        }
        let now = at(minute + 3);
        let waits = Waits { now: &|| now.0, sleep: &|_| {} };
        // A look that fails as a whole is made again three minutes later.
        drop(poll.poll(waits, &mut |file| server.borrow_mut().take(file.name, file.bytes, now)));
        if minute % 30 == 0 {
            // The process that fetches ends; the one that judges keeps its memory.
            poll = BucketPoll::open(options(&store.address, dir.path())).unwrap();
        }
        server.borrow_mut().observe(now);
    }
    server.into_inner()
}

#[test]
fn a_whole_trail_is_found_once_and_has_no_gap() {
    let server = run(&[], 20);
    assert_eq!((server.ids.len(), server.found), (48, 48));
    assert_eq!(server.gaps, Vec::<String>::new());
    assert_eq!(server.judge.status(at(HOURS * 60)).len(), 1);
}

#[test]
fn what_is_missing_of_it_shows() {
    let server = run(&["_CloudTrail_eu-central-1_20261126T091000Z", "-1_20261126T110000Z"], 0);
    assert_eq!((server.ids.len(), server.found), (46, 46), "a log file, and one of the same time as a digest");
    assert_eq!(server.gaps.len(), 3, "{:?}", server.gaps);
    for name in ["CloudTrail_eu-central-1_20261126T091000Z", "CloudTrail_eu-central-1_20261126T110000Z", "Digest"] {
        assert!(server.gaps.iter().any(|g| g.contains(name) && g.contains("is missing")), "{name}: {:?}", server.gaps);
    }
}

#[test]
fn a_copy_of_the_bucket_in_a_folder_is_as_good() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("copy");
    for (name, content, _) in trail() {
        let path = folder.join(&name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, gzip(&content)).unwrap();
    }
    let mut watch = FolderWatch::open(FolderOptions::new(folder, dir.path().join("state.json"))).unwrap();
    let mut server = Server::new(9);
    let now = u64::try_from(std::time::UNIX_EPOCH.elapsed().unwrap().as_nanos()).unwrap() + 10_000_000_000;
    for look in 0..20 {
        let received = at(HOURS * 60 + look);
        watch.poll(now, &mut |file| server.take(file.name, file.bytes, received)).unwrap();
    }
    server.observe(at(HOURS * 60 + 600));
    assert_eq!((server.ids.len(), server.found), (48, 48));
    assert_eq!(server.gaps, Vec::<String>::new());
}
