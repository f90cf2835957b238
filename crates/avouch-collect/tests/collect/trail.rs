//! A trail from its bucket to findings, as a server joins the parts: every call is found once, and a chain of digests that is
//! whole says nothing, whatever fails between.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, LazyLock};

use avouch_audit::Format;
use avouch_collect::{Ack, Arrived, BucketOptions, BucketPoll, CredentialsFrom, FolderOptions, FolderWatch, Waits};
use avouch_finding::{Fact, SignatureState, Time};
use avouch_pipeline::live::audit::{AuditJudge, AuditOptions, AuditSource, Delivery, DigestKeys};
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

/// A key pair that OpenSSL made: the private one in a file, the public one in PEM.
struct Signer {
    dir: tempfile::TempDir,
    public: Vec<u8>,
}

static SIGNER: LazyLock<Signer> = LazyLock::new(|| {
    let dir = tempfile::tempdir().unwrap();
    openssl(dir.path(), &["genpkey", "-quiet", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", "key"]);
    let public = openssl(dir.path(), &["pkey", "-in", "key", "-pubout"]);
    Signer { dir, public }
});

fn openssl(dir: &Path, arguments: &[&str]) -> Vec<u8> {
    let output = Command::new("openssl").args(arguments).current_dir(dir).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

fn sign(text: &str) -> String {
    let dir = tempfile::tempdir_in(SIGNER.dir.path()).unwrap();
    std::fs::write(dir.path().join("text"), text).unwrap();
    let signature = openssl(dir.path(), &["dgst", "-sha256", "-sign", "../key", "text"]);
    signature.iter().map(|b| format!("{b:02x}")).collect()
}

/// A file of a trail.
struct Written {
    name: String,
    content: String,
    /// Minute in which it is written.
    minute: u64,
    /// Of a digest.
    signature: Option<String>,
}

static TRAIL: LazyLock<Vec<Written>> = LazyLock::new(trail);

/// A log file every five minutes, a digest every hour.
fn trail() -> Vec<Written> {
    let mut out = Vec::new();
    let mut before: Option<(String, String, String)> = None;
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
            out.push(Written { name, content, minute: minute + 7, signature: None });
        }
        let end = text(at(hour * 60 + 60));
        let stamp = end.replace(['-', ':'], "");
        let name = format!(
            "AWSLogs/{ACCOUNT}/CloudTrail-Digest/eu-central-1/2026/11/26/{ACCOUNT}_CloudTrail-Digest_eu-central-1_t_eu-central-1_{stamp}.json.gz"
        );
        let quoted = |text: &str| format!("\"{text}\"");
        let (object, hash, signature) = before
            .as_ref()
            .map_or_else(|| ["null"; 3].map(str::to_owned).into(), |(n, c, s)| (quoted(n), quoted(&sha(c)), quoted(s)));
        let content = format!(
            r#"{{"awsAccountId":"{ACCOUNT}","digestStartTime":"{}","digestEndTime":"{end}","digestS3Bucket":"trail","digestS3Object":"{name}","digestPublicKeyFingerprint":"f","digestSignatureAlgorithm":"SHA256withRSA","previousDigestS3Object":{object},"previousDigestHashValue":{hash},"previousDigestSignature":{signature},"logFiles":[{}]}}"#,
            text(at(hour * 60)),
            listed.join(",")
        );
        let last = before.as_ref().map_or("null", |(_, _, s)| s);
        let signature = sign(&format!("{end}\ntrail/{name}\n{}\n{last}", sha(&content)));
        before = Some((name.clone(), content.clone(), signature.clone()));
        out.push(Written { name, content, minute: hour * 60 + 75, signature: Some(signature) });
    }
    out
}

/// What a server does with a file, and what it has written down.
struct Server {
    judge: AuditJudge,
    ids: BTreeSet<String>,
    found: usize,
    gaps: Vec<String>,
    /// Digests by what their signatures are worth.
    digests: BTreeMap<SignatureState, usize>,
    /// Every so many files, writing fails.
    fails: u64,
    files: u64,
}

impl Server {
    fn new(fails: u64) -> Self {
        let rules = "- rule: User made\n  desc: d\n  condition: ct.name = CreateUser\n  output: o\n  priority: WARNING\n  source: aws_cloudtrail\n";
        let rules = RuleSet::from_texts(vec![("r".into(), rules.into())], Vec::new(), &RuleSetOptions::default());
        let mut keys = DigestKeys::default();
        assert_eq!(keys.add(&SIGNER.public), Ok(1));
        let options = AuditOptions { digest_keys: Arc::new(keys), ..AuditOptions::default() };
        let mut judge = AuditJudge::new(Arc::new(rules), options);
        judge.expect(&source(), begin());
        Self { judge, ids: BTreeSet::new(), found: 0, gaps: Vec::new(), digests: BTreeMap::new(), fails, files: 0 }
    }

    fn take(&mut self, file: &Arrived<'_>, received: Time) -> Ack {
        let delivery = Delivery { name: file.name, bytes: file.bytes, signature: file.signature, received };
        let taken = self.judge.take(&source(), &delivery);
        self.files += 1;
        if self.files.is_multiple_of(self.fails) {
            return Ack::Later;
        }
        self.judge.settle(&taken);
        taken.facts.into_iter().for_each(|fact| self.write(fact));
        Ack::Safe
    }

    fn observe(&mut self, now: Time) {
        self.judge.observe(now).into_iter().for_each(|fact| self.write(fact));
    }

    fn write(&mut self, fact: Fact) {
        match fact {
            Fact::Finding(finding) => {
                self.found += 1;
                self.ids.insert(finding.id);
            }
            // Lateness and silence are not what these tests are about.
            Fact::Gap(gap) if gap.reason.starts_with("records came") || gap.reason.starts_with("no event since") => {}
            Fact::Gap(gap) => self.gaps.push(gap.reason),
            Fact::Digest(check) => *self.digests.entry(check.signature).or_default() += 1,
            _ => {}
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
    let mut poll = BucketPoll::open(options(&store.address, dir.path())).unwrap();
    for minute in (0..HOURS * 60 + 180).step_by(3) {
        for file in TRAIL.iter().filter(|file| (minute..minute + 3).contains(&file.minute)) {
            if !without.iter().any(|w| file.name.contains(w)) {
                let signatures = file.signature.iter().map(|s| (file.name.clone(), s.clone()));
                store.shared.signatures.lock().unwrap().extend(signatures);
                store.put(&file.name, &gzip(&file.content));
            }
        }
        let now = at(minute + 3);
        let waits = Waits { now: &|| now.0, sleep: &|_| {} };
        // A look that fails as a whole is made again three minutes later.
        drop(poll.poll(waits, &mut |file| server.borrow_mut().take(file, now)));
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
    assert_eq!(server.digests, BTreeMap::from([(SignatureState::Verified, 4)]), "by the metadata of the objects");
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
    for file in TRAIL.iter() {
        let path = folder.join(&file.name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, gzip(&file.content)).unwrap();
    }
    let mut watch = FolderWatch::open(FolderOptions::new(folder, dir.path().join("state.json"))).unwrap();
    let mut server = Server::new(9);
    let now = u64::try_from(std::time::UNIX_EPOCH.elapsed().unwrap().as_nanos()).unwrap() + 10_000_000_000;
    for look in 0..20 {
        let received = at(HOURS * 60 + look);
        watch.poll(now, &mut |file| server.take(file, received)).unwrap();
    }
    server.observe(at(HOURS * 60 + 600));
    assert_eq!((server.ids.len(), server.found), (48, 48));
    assert_eq!(server.gaps, Vec::<String>::new());
    // Each by the signature that the next one names; the last waits, and then is said to be not verified.
    let expected = BTreeMap::from([(SignatureState::Verified, 3), (SignatureState::NotVerified, 1)]);
    assert_eq!(server.digests, expected);
}
