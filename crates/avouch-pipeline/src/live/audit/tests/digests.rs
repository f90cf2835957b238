//! The chain of CloudTrail's digests.

use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

use avouch_finding::{SignatureState, Watching};
use sha2::{Digest as _, Sha256};

use super::*;

const ACCOUNT: &str = "111122223333";

fn sha(bytes: &str) -> String {
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

fn text(time: Time) -> String {
    format!("{}Z", &time.to_string()[..19])
}

/// `20261126T100000Z`
fn compact(time: Time) -> String {
    text(time).replace(['-', ':'], "")
}

fn log_name(n: u64) -> String {
    let time = compact(at(n * 300));
    format!(
        "AWSLogs/{ACCOUNT}/CloudTrail/eu-central-1/2026/11/26/{ACCOUNT}_CloudTrail_eu-central-1_{time}_r{n}.json.gz"
    )
}

fn log_text(n: u64) -> String {
    format!(r#"{{"Records":[{}]}}"#, call(&format!("e{n}"), ACCOUNT, at(n * 300)))
}

fn digest_name(hour: u64) -> String {
    let time = compact(at(hour * 3_600));
    format!(
        "p/AWSLogs/{ACCOUNT}/CloudTrail-Digest/eu-central-1/2026/11/26/{ACCOUNT}_CloudTrail-Digest_eu-central-1_trail_eu-central-1_{time}.json.gz"
    )
}

/// The digest of the hour that ends at `hour`; `logs` by number, with the text that they are to have.
fn digest(hour: u64, before: Option<(&str, &str)>, logs: &[(u64, &str)]) -> String {
    let files: Vec<String> = logs
        .iter()
        .map(|(n, content)| {
            format!(
                r#"{{"s3Bucket":"b","s3Object":"{}","hashValue":"{}","hashAlgorithm":"SHA-256","newestEventTime":"{t}","oldestEventTime":"{t}"}}"#,
                log_name(*n),
                sha(content),
                t = text(at(n * 300))
            )
        })
        .collect();
    let (object, hash) = match before {
        None => ("null".to_owned(), "null".to_owned()),
        Some((name, content)) => (format!("\"{name}\""), format!("\"{}\"", sha(content))),
    };
    format!(
        r#"{{"awsAccountId":"{ACCOUNT}","digestStartTime":"{}","digestEndTime":"{}","digestS3Bucket":"b","digestS3Object":"{}","digestPublicKeyFingerprint":"x","digestSignatureAlgorithm":"SHA256withRSA","newestEventTime":null,"oldestEventTime":null,"previousDigestS3Bucket":"b","previousDigestS3Object":{object},"previousDigestHashValue":{hash},"previousDigestHashAlgorithm":"SHA-256","previousDigestSignature":"x","logFiles":[{}]}}"#,
        text(at((hour - 1) * 3_600)),
        text(at(hour * 3_600)),
        digest_name(hour),
        files.join(",")
    )
}

/// A judge, and what it has said.
struct Trail {
    judge: AuditJudge,
    facts: Vec<Fact>,
}

impl Trail {
    /// One that expects the trail from `second` on.
    fn since(second: u64, keys: DigestKeys) -> Self {
        let limits = AuditLimits { cloudtrail_stretch: 0, ..AuditLimits::default() };
        let options = AuditOptions { run: "run1".into(), limits, digest_keys: Arc::new(keys), keep: false };
        let mut judge = AuditJudge::new(Arc::clone(&COMPILED), options);
        judge.expect(&trail(), at(second));
        Self { judge, facts: Vec::new() }
    }

    fn comes(&mut self, name: &str, content: &str, second: u64) -> Taken {
        self.comes_with(name, content, None, second)
    }

    fn comes_with(&mut self, name: &str, content: &str, signature: Option<&str>, second: u64) -> Taken {
        let bytes = gzip(content.as_bytes());
        let taken = self.judge.take(&trail(), &Delivery { name, bytes: &bytes, signature, received: at(second) });
        self.judge.settle(&taken);
        self.facts.extend(taken.facts.iter().cloned());
        taken
    }

    /// Everything that was said since the last time, until `second`, but for lateness and silence: these files come when they like.
    fn observe(&mut self, second: u64) -> Vec<Fact> {
        let mut facts = std::mem::take(&mut self.facts);
        facts.extend(self.judge.observe(at(second)));
        let other = |gap: &Gap| gap.reason.starts_with("records came") || gap.reason.starts_with("no event since");
        facts.retain(|f| !matches!(f, Fact::Gap(gap) if other(gap)));
        facts
    }

    fn reasons(&mut self, second: u64) -> Vec<String> {
        gaps(&self.observe(second)).iter().map(|g| g.reason.clone()).collect()
    }

    /// States and reasons of the digests that were checked until `second`, by the hour at whose end each was written.
    fn checks(&mut self, second: u64) -> Vec<(u64, SignatureState, String)> {
        let of = |f: &Fact| match f {
            Fact::Digest(c) => Some(((c.to.0 - at(0).0) / (3_600 * SECOND), c.signature, c.reason.clone())),
            _ => None,
        };
        self.observe(second).iter().filter_map(of).collect()
    }
}

fn expecting() -> Trail {
    Trail::since(0, DigestKeys::default())
}

#[test]
fn a_whole_chain_says_nothing_and_shows_that_the_trail_is_alive() {
    let mut trail = expecting();
    let first = digest(1, None, &[(0, &log_text(0)), (1, &log_text(1))]);
    trail.comes(&log_name(0), &log_text(0), 400);
    assert!(trail.comes(&digest_name(1), &first, 3_700).digest);
    // A file may come after the digest that lists it.
    let taken = trail.comes(&log_name(1), &log_text(1), 3_800);
    assert_eq!((taken.digest, taken.records), (false, 1));
    // Nobody called anything for hours; the digests go on.
    let second = digest(2, Some((&digest_name(1), &first)), &[]);
    trail.comes(&digest_name(2), &second, 7_300);
    let third = digest(3, Some((&digest_name(2), &second)), &[]);
    trail.comes(&digest_name(3), &third, 10_900);
    let facts = trail.observe(12_000);
    assert_eq!(gaps(&facts), Vec::<&Gap>::new());
    assert_eq!(observations(&facts)[0].sources["aws_cloudtrail"].state, Watching::Delivers);
    assert_eq!(trail.reasons(30_000), Vec::<String>::new());
}

#[test]
fn a_listed_file_that_does_not_come_is_a_gap_of_its_time() {
    let mut trail = expecting();
    let first = digest(1, None, &[(2, &log_text(2))]);
    trail.comes(&digest_name(1), &first, 3_700);
    assert_eq!(trail.reasons(7_200), Vec::<String>::new(), "it may still come");
    let facts = trail.observe(7_300);
    let gap = gaps(&facts)[0];
    assert_eq!((gap.from, gap.node.as_str(), gap.source.as_str()), (at(600), ACCOUNT, "aws_cloudtrail"));
    assert_eq!((gap.to, gap.partial), (at(660), true), "the minute of its only record; other files of it came");
    assert!(gap.reason.contains("_r2.json.gz` is missing"), "{}", gap.reason);
    let observed = observations(&facts)[0];
    assert_eq!((observed.lost.events, &observed.gaps[0]), (0, &gap.reason), "the stretch that finds it lost nothing");
    assert_eq!(observed.lost.by_cause["log files that are not as their digest says"], 1);
    let status = trail.judge.status(at(7_310)).remove(0);
    assert_eq!((status.state, status.lost), (AuditState::Missing, 1));
    assert_eq!(trail.reasons(20_000), Vec::<String>::new(), "told once");
}

#[test]
fn a_file_that_was_changed_shows_whichever_comes_first() {
    for log_first in [true, false] {
        let mut trail = expecting();
        let first = digest(1, None, &[(2, &log_text(2))]);
        let forged = log_text(2).replace("CreateUser", "ListUsers");
        if log_first {
            trail.comes(&log_name(2), &forged, 3_000);
        }
        trail.comes(&digest_name(1), &first, 3_700);
        if !log_first {
            trail.comes(&log_name(2), &forged, 3_800);
        }
        let said = trail.reasons(3_900);
        assert!(said.len() == 1 && said[0].contains("its SHA-256 differs"), "{said:?}");
        // Both come again, after a crash.
        trail.comes(&log_name(2), &forged, 4_000);
        trail.comes(&digest_name(1), &first, 4_001);
        assert_eq!(trail.reasons(20_000), Vec::<String>::new());
    }
}

#[test]
fn a_digest_that_is_missing_or_changed_shows() {
    let first = digest(1, None, &[]);
    let second = digest(2, Some((&digest_name(1), &first)), &[]);
    let third = digest(3, Some((&digest_name(2), &second)), &[]);
    // The second never comes.
    let mut trail = expecting();
    trail.comes(&digest_name(1), &first, 3_700);
    trail.comes(&digest_name(3), &third, 10_900);
    assert_eq!(trail.reasons(11_000), Vec::<String>::new());
    let facts = trail.observe(14_600);
    let gap = gaps(&facts)[0];
    assert_eq!((gap.from, gap.to), (at(3_600), at(7_200)), "from the end of the one before it");
    assert!(gap.reason.contains("is missing"), "{}", gap.reason);
    // The second was changed, so that it lists less.
    let mut trail = expecting();
    trail.comes(&digest_name(1), &first, 3_700);
    let listed = digest(2, Some((&digest_name(1), &first)), &[(13, &log_text(13))]);
    trail.comes(&digest_name(2), &second, 7_300);
    trail.comes(&digest_name(3), &digest(3, Some((&digest_name(2), &listed)), &[]), 10_900);
    let said = trail.reasons(11_000);
    assert!(said.len() == 1 && said[0].contains("its SHA-256 differs"), "{said:?}");
}

#[test]
fn a_chain_that_begins_anew_is_a_gap() {
    let mut trail = expecting();
    trail.comes(&digest_name(1), &digest(1, None, &[]), 3_700);
    trail.comes(&digest_name(5), &digest(5, None, &[]), 18_100);
    let facts = trail.observe(18_200);
    let gap = gaps(&facts)[0];
    assert_eq!((gap.from, gap.to), (at(3_600), at(4 * 3_600)));
    assert!(gap.reason.contains("begins anew"), "{}", gap.reason);
}

#[test]
fn what_came_before_the_run_is_not_missed() {
    let mut trail = Trail::since(1_800, DigestKeys::default());
    let before = digest(1, None, &[(0, &log_text(0))]);
    let second = digest(2, Some((&digest_name(1), &before)), &[]);
    trail.comes(&digest_name(2), &second, 7_300);
    trail.comes(&digest_name(1), &before, 7_301);
    assert_eq!(trail.reasons(40_000), Vec::<String>::new());
    // But what does come is compared.
    trail.comes(&log_name(0), &log_text(1), 40_001);
    assert_eq!(trail.reasons(40_010).len(), 1);
}

/// A key pair that OpenSSL made.
struct Signer {
    dir: tempfile::TempDir,
    /// `-----BEGIN PUBLIC KEY-----`
    pem: Vec<u8>,
    /// `-----BEGIN RSA PUBLIC KEY-----`
    old_pem: Vec<u8>,
    /// `RSAPublicKey` in DER and base64, as the service lists it.
    listed: String,
}

static GOOD: LazyLock<Signer> = LazyLock::new(Signer::new);
static OTHER: LazyLock<Signer> = LazyLock::new(Signer::new);

fn openssl(dir: &Path, arguments: &[&str]) -> Vec<u8> {
    let output = Command::new("openssl").args(arguments).current_dir(dir).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

impl Signer {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let run = |arguments: &[&str]| openssl(dir.path(), arguments);
        run(&["genpkey", "-quiet", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", "key"]);
        let pem = run(&["pkey", "-in", "key", "-pubout"]);
        let old_pem = run(&["rsa", "-in", "key", "-RSAPublicKey_out"]);
        run(&["rsa", "-in", "key", "-RSAPublicKey_out", "-outform", "DER", "-out", "public.der"]);
        let listed = String::from_utf8(run(&["base64", "-A", "-in", "public.der"])).unwrap();
        Self { dir, pem, old_pem, listed }
    }

    /// The signature of the digest of an hour, in hex.
    fn sign(&self, hour: u64, content: &str, before: Option<&str>) -> String {
        let (end, name) = (text(at(hour * 3_600)), digest_name(hour));
        let signed = format!("{end}\nb/{name}\n{}\n{}", sha(content), before.unwrap_or("null"));
        let dir = tempfile::tempdir_in(self.dir.path()).unwrap();
        std::fs::write(dir.path().join("text"), signed).unwrap();
        let signature = openssl(dir.path(), &["dgst", "-sha256", "-sign", "../key", "text"]);
        signature.iter().map(|b| format!("{b:02x}")).collect()
    }
}

fn keys_of(file: &[u8]) -> DigestKeys {
    let mut keys = DigestKeys::default();
    keys.add(file).unwrap();
    keys
}

/// What `aws cloudtrail list-public-keys` prints.
fn listing(keys: &[(&str, &str)]) -> String {
    let key = |(fingerprint, value): &(&str, &str)| {
        format!(
            r#"{{"Value":"{value}","ValidityStartTime":"2026-01-01T00:00:00+00:00","ValidityEndTime":"2027-01-01T00:00:00+00:00","Fingerprint":"{fingerprint}"}}"#
        )
    };
    format!(r#"{{"PublicKeyList":[{}]}}"#, keys.iter().map(key).collect::<Vec<_>>().join(","))
}

/// Three digests, each with the signature of the one before it in it, and their own signatures.
fn signed_chain(signer: &Signer) -> Vec<(String, String)> {
    let mut out: Vec<(String, String)> = Vec::new();
    for hour in 1..=3 {
        let last = out.last().cloned();
        let content = match &last {
            None => {
                digest(1, None, &[]).replace(r#""previousDigestSignature":"x""#, r#""previousDigestSignature":null"#)
            }
            Some((content, signature)) => digest(hour, Some((&digest_name(hour - 1), content)), &[])
                .replace(r#""previousDigestSignature":"x""#, &format!(r#""previousDigestSignature":"{signature}""#)),
        };
        let signature = signer.sign(hour, &content, last.as_ref().map(|(_, s)| s.as_str()));
        out.push((content, signature));
    }
    out
}

const VERIFIED: (SignatureState, &str) = (SignatureState::Verified, "");

/// What a chain comes to; `beside` tells whether signatures stand beside the digests, as in a bucket.
fn checked(keys: DigestKeys, chain: &[(String, String)], beside: bool) -> (Vec<(SignatureState, String)>, Vec<String>) {
    let mut trail = Trail::since(0, keys);
    for (n, (content, signature)) in chain.iter().enumerate() {
        let hour = n as u64 + 1;
        trail.comes_with(&digest_name(hour), content, beside.then_some(signature.as_str()), hour * 3_600 + 100);
    }
    let facts = trail.observe(30_000);
    let state = |f: &Fact| if let Fact::Digest(c) = f { Some((c.signature, c.reason.clone())) } else { None };
    (facts.iter().filter_map(state).collect(), gaps(&facts).iter().map(|g| g.reason.clone()).collect())
}

#[test]
fn a_signature_is_verified_with_keys_of_every_form() {
    let chain = signed_chain(&GOOD);
    let named = listing(&[("y", &OTHER.listed), ("X", &GOOD.listed)]);
    let both = [OTHER.pem.as_slice(), &GOOD.pem].concat();
    for file in [GOOD.pem.as_slice(), &GOOD.old_pem, named.as_bytes(), &both] {
        let (states, gaps) = checked(keys_of(file), &chain, true);
        assert_eq!(states, vec![(VERIFIED.0, VERIFIED.1.to_owned()); 3], "{}", String::from_utf8_lossy(file));
        assert_eq!(gaps, Vec::<String>::new());
    }
}

#[test]
fn a_copy_of_the_files_is_verified_by_the_digest_after_each() {
    let (states, gaps) = checked(keys_of(&GOOD.pem), &signed_chain(&GOOD), false);
    let last = (SignatureState::NotVerified, "no digest came that names its signature".to_owned());
    assert_eq!(states, [(VERIFIED.0, String::new()), (VERIFIED.0, String::new()), last]);
    assert_eq!(gaps, Vec::<String>::new());
    // In which order they come does not matter.
    let chain = signed_chain(&GOOD);
    let mut trail = Trail::since(0, keys_of(&GOOD.pem));
    for hour in [3, 2, 1] {
        trail.comes(&digest_name(hour), &chain[hour as usize - 1].0, 11_000);
    }
    let states: Vec<(u64, SignatureState)> = trail.checks(11_010).into_iter().map(|(h, s, _)| (h, s)).collect();
    assert_eq!(states, [(2, SignatureState::Verified), (1, SignatureState::Verified)]);
}

#[test]
fn a_digest_that_somebody_else_signed_is_a_gap_of_its_hour() {
    let forged = signed_chain(&OTHER);
    for keys in [keys_of(&GOOD.pem), keys_of(listing(&[("x", &GOOD.listed)]).as_bytes())] {
        let mut trail = Trail::since(0, keys);
        trail.comes_with(&digest_name(1), &forged[0].0, Some(&forged[0].1), 3_700);
        let facts = trail.observe(3_710);
        let gap = gaps(&facts)[0];
        assert_eq!((gap.from, gap.to, gap.partial), (at(0), at(3_600), true));
        assert!(gap.reason.contains("cannot be trusted: its signature was not made"), "{}", gap.reason);
        let status = trail.judge.status(at(3_710)).remove(0);
        assert_eq!((status.digests.failed, status.digests.verified), (1, 0));
        // It comes again after a crash: told once.
        trail.comes_with(&digest_name(1), &forged[0].0, Some(&forged[0].1), 3_720);
        assert_eq!(trail.checks(3_730), []);
    }
}

#[test]
fn a_digest_that_was_changed_moved_or_has_no_real_signature_fails() {
    let (content, signature) = signed_chain(&GOOD).remove(0);
    let fails = |name: &str, content: &str, signature: &str| {
        let mut trail = Trail::since(0, keys_of(&GOOD.pem));
        trail.comes_with(name, content, Some(signature), 3_700);
        let (_, state, reason) = trail.checks(3_710).remove(0);
        assert_eq!(state, SignatureState::Failed, "{reason}");
        reason
    };
    let name = digest_name(1);
    let changed = content.replace(r#""digestS3Bucket":"b""#, r#""digestS3Bucket":"c""#);
    assert!(fails(&name, &changed, &signature).contains("not made with the key"));
    assert!(fails(&digest_name(2), &content, &signature).contains("another name"));
    for none in ["", "zz", "abc", "00"] {
        fails(&name, &content, none);
    }
}

#[test]
fn without_a_key_nothing_is_verified_and_that_is_said() {
    let chain = signed_chain(&GOOD);
    let one = |keys, content: &str| {
        let mut trail = Trail::since(0, keys);
        trail.comes_with(&digest_name(1), content, Some(&chain[0].1), 3_700);
        let (_, state, reason) = trail.checks(3_710).remove(0);
        (state, reason)
    };
    let not = |why: &str| (SignatureState::NotVerified, why.to_owned());
    assert_eq!(one(DigestKeys::default(), &chain[0].0), not("no key was given"));
    let unknown = keys_of(listing(&[("y", &GOOD.listed)]).as_bytes());
    assert_eq!(one(unknown, &chain[0].0), not("the key that it names was not given"));
    let other = chain[0].0.replace("SHA256withRSA", "SHA512withRSA");
    assert_eq!(one(keys_of(&GOOD.pem), &other), not("it is not signed by SHA256withRSA"));
}

#[test]
fn files_that_hold_no_keys_are_refused_with_the_reason() {
    let refused = |file: &[u8]| DigestKeys::default().add(file).unwrap_err().to_string();
    let certificate = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
    for none in ["", "hello", certificate, r#"{"PublicKeyList":[]}"#] {
        assert!(refused(none.as_bytes()).contains("holds no key"), "{none}");
    }
    assert!(refused(b"\xff\xfe").contains("holds no key"));
    assert!(refused(br#"{"Keys":[]}"#).contains("list-public-keys"));
    for value in ["", "AAAA", "not base64", &GOOD.listed[..100]] {
        assert!(refused(listing(&[("x", value)]).as_bytes()).contains("key 1 of it is no RSA key"), "{value}");
    }
    // Of a file with one bad key none is taken.
    let mut keys = DigestKeys::default();
    assert!(keys.add(listing(&[("x", &GOOD.listed), ("y", "AAAA")]).as_bytes()).is_err());
    assert!(keys.is_empty());
    assert_eq!(keys.add(&[GOOD.pem.as_slice(), &OTHER.old_pem].concat()), Ok(2));
}
