//! The chain of CloudTrail's digests.

use avouch_finding::Watching;
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

fn comes(judge: &mut AuditJudge, name: &str, content: &str, second: u64) -> Taken {
    take(judge, &trail(), name, &gzip(content.as_bytes()), at(second))
}

/// Everything that is said until `second`.
fn reasons(judge: &mut AuditJudge, second: u64) -> Vec<String> {
    let facts = judge.observe(at(second));
    gaps(&facts).iter().map(|g| g.reason.clone()).collect()
}

fn expecting() -> AuditJudge {
    let mut judge = judge();
    judge.expect(&trail(), at(0));
    judge
}

#[test]
fn a_whole_chain_says_nothing_and_shows_that_the_trail_is_alive() {
    let mut judge = expecting();
    let first = digest(1, None, &[(0, &log_text(0)), (1, &log_text(1))]);
    comes(&mut judge, &log_name(0), &log_text(0), 400);
    assert!(comes(&mut judge, &digest_name(1), &first, 3_700).digest);
    // A file may come after the digest that lists it.
    let taken = comes(&mut judge, &log_name(1), &log_text(1), 3_800);
    assert_eq!((taken.digest, taken.records), (false, 1));
    // Nobody called anything for hours; the digests go on.
    let second = digest(2, Some((&digest_name(1), &first)), &[]);
    comes(&mut judge, &digest_name(2), &second, 7_300);
    let third = digest(3, Some((&digest_name(2), &second)), &[]);
    comes(&mut judge, &digest_name(3), &third, 10_900);
    let facts = judge.observe(at(12_000));
    assert_eq!(gaps(&facts), Vec::<&Gap>::new());
    assert_eq!(observations(&facts)[0].sources["aws_cloudtrail"].state, Watching::Delivers);
    assert_eq!(reasons(&mut judge, 30_000), Vec::<String>::new());
}

#[test]
fn a_listed_file_that_does_not_come_is_a_gap_of_its_time() {
    let mut judge = expecting();
    let first = digest(1, None, &[(2, &log_text(2))]);
    comes(&mut judge, &digest_name(1), &first, 3_700);
    assert_eq!(reasons(&mut judge, 7_200), Vec::<String>::new(), "it may still come");
    let facts = judge.observe(at(7_300));
    let gap = gaps(&facts)[0];
    assert_eq!((gap.from, gap.node.as_str(), gap.source.as_str()), (at(600), ACCOUNT, "aws_cloudtrail"));
    assert!(gap.reason.contains("_r2.json.gz` is missing"), "{}", gap.reason);
    let observed = observations(&facts)[0];
    assert_eq!((observed.lost.events, &observed.gaps[0]), (1, &gap.reason), "the stretch that finds it is lossy");
    assert_eq!(reasons(&mut judge, 20_000), Vec::<String>::new(), "told once");
}

#[test]
fn a_file_that_was_changed_shows_whichever_comes_first() {
    for log_first in [true, false] {
        let mut judge = expecting();
        let first = digest(1, None, &[(2, &log_text(2))]);
        let forged = log_text(2).replace("CreateUser", "ListUsers");
        if log_first {
            comes(&mut judge, &log_name(2), &forged, 3_000);
        }
        comes(&mut judge, &digest_name(1), &first, 3_700);
        if !log_first {
            comes(&mut judge, &log_name(2), &forged, 3_800);
        }
        let said = reasons(&mut judge, 3_900);
        assert!(said.len() == 1 && said[0].contains("its SHA-256 differs"), "{said:?}");
        // Both come again, after a crash.
        comes(&mut judge, &log_name(2), &forged, 4_000);
        comes(&mut judge, &digest_name(1), &first, 4_001);
        assert_eq!(reasons(&mut judge, 20_000), Vec::<String>::new());
    }
}

#[test]
fn a_digest_that_is_missing_or_changed_shows() {
    let first = digest(1, None, &[]);
    let second = digest(2, Some((&digest_name(1), &first)), &[]);
    let third = digest(3, Some((&digest_name(2), &second)), &[]);
    // The second never comes.
    let mut judge = expecting();
    comes(&mut judge, &digest_name(1), &first, 3_700);
    comes(&mut judge, &digest_name(3), &third, 10_900);
    assert_eq!(reasons(&mut judge, 11_000), Vec::<String>::new());
    let facts = judge.observe(at(14_600));
    let gap = gaps(&facts)[0];
    assert_eq!((gap.from, gap.to), (at(3_600), at(7_200)), "from the end of the one before it");
    assert!(gap.reason.contains("is missing"), "{}", gap.reason);
    // The second was changed, so that it lists less.
    let mut judge = expecting();
    comes(&mut judge, &digest_name(1), &first, 3_700);
    let listed = digest(2, Some((&digest_name(1), &first)), &[(13, &log_text(13))]);
    comes(&mut judge, &digest_name(2), &second, 7_300);
    comes(&mut judge, &digest_name(3), &digest(3, Some((&digest_name(2), &listed)), &[]), 10_900);
    let said = reasons(&mut judge, 11_000);
    assert!(said.len() == 1 && said[0].contains("its SHA-256 differs"), "{said:?}");
}

#[test]
fn a_chain_that_begins_anew_is_a_gap() {
    let mut judge = expecting();
    comes(&mut judge, &digest_name(1), &digest(1, None, &[]), 3_700);
    comes(&mut judge, &digest_name(5), &digest(5, None, &[]), 18_100);
    let facts = judge.observe(at(18_200));
    let gap = gaps(&facts)[0];
    assert_eq!((gap.from, gap.to), (at(3_600), at(4 * 3_600)));
    assert!(gap.reason.contains("begins anew"), "{}", gap.reason);
}

#[test]
fn what_came_before_the_run_is_not_missed() {
    let mut judge = judge();
    judge.expect(&trail(), at(1_800));
    let before = digest(1, None, &[(0, &log_text(0))]);
    let second = digest(2, Some((&digest_name(1), &before)), &[]);
    comes(&mut judge, &digest_name(2), &second, 7_300);
    comes(&mut judge, &digest_name(1), &before, 7_301);
    assert_eq!(reasons(&mut judge, 40_000), Vec::<String>::new());
    // But what does come is compared.
    comes(&mut judge, &log_name(0), &log_text(1), 40_001);
    assert_eq!(reasons(&mut judge, 40_010).len(), 1);
}
