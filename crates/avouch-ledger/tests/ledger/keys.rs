use std::{fs, os::unix::fs::PermissionsExt as _};

use avouch_ledger::{Ledger, LedgerError, Options, Trust, Verdict, Warning, verify_dir};
use serde_json::json;

use crate::common::{at, fill, of_kind, open, verify};

#[test]
fn secrets_can_be_read_by_their_owner_alone() {
    let dir = tempfile::tempdir().unwrap();
    let elsewhere = dir.path().join("elsewhere");
    let options = Options { secrets: Some(elsewhere.clone()), ..Options::default() };
    let (ledger, _) = Ledger::open(&dir.path().join("ledger"), options, at(0)).unwrap();
    let mode = |name: &str| fs::metadata(elsewhere.join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(""), mode("signing.key"), mode("redaction.salt")), (0o700, 0o600, 0o600));
    assert!(!dir.path().join("ledger/secret").exists());
    let public = dir.path().join(format!("ledger/keys/{}.pub", ledger.public_key().id()));
    assert_eq!(fs::read_to_string(public).unwrap(), ledger.public_key().to_pem());
}

#[test]
fn a_rotated_key_signs_on_and_is_found_again() {
    let dir = tempfile::tempdir().unwrap();
    let (mut ledger, _) = open(dir.path());
    let old = ledger.public_key();
    fill(&mut ledger, 2);
    let new = ledger.rotate_key(at(1)).unwrap();
    assert_ne!(old, new);
    fill(&mut ledger, 2);
    ledger.close(at(2)).unwrap();
    let (ledger, report) = open(dir.path());
    assert!(!report.key_lost);
    assert_eq!(ledger.public_key(), new);
    for key in [old, new] {
        let report = verify_dir(dir.path(), &Trust { keys: vec![key], ..Trust::default() }).unwrap();
        assert_eq!((report.verdict, report.keys.len()), (Verdict::Intact, 2), "{report:#?}");
    }
}

#[test]
fn a_rotation_that_was_cut_short_is_completed_or_forgotten() {
    let dir = tempfile::tempdir().unwrap();
    let (mut ledger, _) = open(dir.path());
    let secret = dir.path().join("secret");
    fs::copy(secret.join("signing.key"), dir.path().join("old.key")).unwrap();
    let new = ledger.rotate_key(at(1)).unwrap();
    ledger.close(at(2)).unwrap();
    // As if killed after the record was safe, before the key file was put in place.
    fs::rename(secret.join("signing.key"), secret.join("signing.key.next")).unwrap();
    fs::rename(dir.path().join("old.key"), secret.join("signing.key")).unwrap();
    let (ledger, report) = open(dir.path());
    assert_eq!((ledger.public_key(), report.key_lost), (new, false));
    ledger.close(at(3)).unwrap();
    // As if killed before the record was safe: the next key is no key of this ledger.
    let other = tempfile::tempdir().unwrap();
    open(other.path());
    fs::copy(other.path().join("secret/signing.key"), secret.join("signing.key.next")).unwrap();
    assert_eq!(open(dir.path()).0.public_key(), new);
}

#[test]
fn a_lost_key_must_be_declared_and_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let (mut ledger, _) = open(dir.path());
    fill(&mut ledger, 3);
    let old = ledger.public_key();
    ledger.close(at(1)).unwrap();
    fs::remove_file(dir.path().join("secret/signing.key")).unwrap();
    fs::remove_file(dir.path().join("secret/redaction.salt")).unwrap();

    let error = Ledger::open(dir.path(), Options::default(), at(2)).unwrap_err();
    assert!(matches!(error, LedgerError::SecretMissing { .. }), "{error}");
    assert_eq!(verify_dir(dir.path(), &Trust::default()).unwrap().records, 4);

    let options = Options { declare_loss: true, ..Options::default() };
    let (ledger, report) = Ledger::open(dir.path(), options, at(3)).unwrap();
    assert!(report.key_lost && report.salt_lost && report.recovered.is_none());
    let new = ledger.public_key();
    assert_eq!(of_kind(dir.path(), "ledger.key_lost")[0]["old"], json!(old.id()));
    let report = verify_dir(dir.path(), &Trust { keys: vec![old], ..Trust::default() }).unwrap();
    assert_eq!((report.verdict, report.trusted_to, report.signed_to), (Verdict::Unproven, Some(4), Some(6)));
    assert!(report.warnings.contains(&Warning::KeyLost { seq: 5, old: old.id(), new: new.id() }));
    assert!(report.warnings.contains(&Warning::SaltLost { seq: 6 }));
    assert_eq!(verify(dir.path(), &ledger).verdict, Verdict::Intact);
}

#[test]
fn a_key_that_is_not_the_ledgers_is_refused() {
    let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    open(dir.path());
    open(other.path());
    fs::copy(other.path().join("secret/signing.key"), dir.path().join("secret/signing.key")).unwrap();
    let error = Ledger::open(dir.path(), Options::default(), at(2)).unwrap_err();
    assert!(matches!(error, LedgerError::BadSecret { .. }), "{error}");
    fs::write(dir.path().join("secret/signing.key"), "no key").unwrap();
    let error = Ledger::open(dir.path(), Options::default(), at(2)).unwrap_err();
    assert!(matches!(error, LedgerError::BadSecret { .. }), "{error}");
}
