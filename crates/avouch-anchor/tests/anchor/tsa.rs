use std::{fs, path::Path};

use avouch_anchor::{Anchor, AnchorError, StampTrust, TsaAnchor, parse_reply, stamp_request};
use sha2::{Digest as _, Sha256};

use crate::{
    LINE,
    authority::{authority, openssl, reply},
    head,
    server::serve,
};

fn trust(dir: &Path, file: &str) -> StampTrust {
    StampTrust::from_pem(&fs::read(dir.join(file)).unwrap()).unwrap()
}

fn refused(trust: &StampTrust, reply: &[u8]) -> &'static str {
    match trust.verify(reply) {
        Err(AnchorError::StampSignature { reason }) => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn only_a_stamp_signed_for_stamping_by_a_trusted_authority_is_taken() {
    let dir = authority();
    let whole = reply(dir.path(), &stamp_request(&Sha256::digest(LINE).into(), &[0x41; 8]));
    trust(dir.path(), "ca.pem").verify(&whole).unwrap();
    // Another authority of the same name.
    let other = authority();
    assert!(refused(&trust(other.path(), "ca.pem"), &whole).contains("no trusted authority"));
    // Signed by a certificate of the right authority that is not for stamping is what openssl itself refuses to make; a stamp
    // whose certificate ran out before it is made by changing its time, which breaks the signature first.
    let stamp = parse_reply(&whole).unwrap();
    let at = whole.windows(stamp.time.len()).position(|w| w == stamp.time.as_bytes()).unwrap();
    let mut later = whole.clone();
    later[at] = b'3';
    assert!(refused(&trust(dir.path(), "ca.pem"), &later).contains("another time-stamp"));
    assert!(matches!(StampTrust::from_pem(b"no certificate"), Err(AnchorError::StampTrust)));
}

#[test]
fn a_stamp_with_a_key_of_an_elliptic_curve_is_taken_too() {
    let dir = authority();
    let run = |line: &str| drop(openssl(dir.path(), &line.split(' ').collect::<Vec<_>>()));
    run("req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout tsa.key -out tsa.csr -subj /CN=tsa -config c");
    run(
        "x509 -req -in tsa.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out tsa.pem -days 2 -extfile c -extensions stamp",
    );
    let whole = reply(dir.path(), &stamp_request(&Sha256::digest(LINE).into(), &[0x41; 8]));
    trust(dir.path(), "ca.pem").verify(&whole).unwrap();
}

#[test]
fn no_change_of_a_signed_reply_is_taken_for_signed() {
    let dir = authority();
    let whole = reply(dir.path(), &stamp_request(&Sha256::digest(LINE).into(), &[0x41; 8]));
    let (trust, stamp) = (trust(dir.path(), "ca.pem"), parse_reply(&whole).unwrap());
    for place in 0..whole.len() {
        let mut changed = whole.clone();
        changed[place] ^= 1;
        // What is outside of what is signed (lengths that say the same, versions, names of the signer) may change nothing that is said.
        if trust.verify(&changed).is_ok() {
            assert_eq!(parse_reply(&changed).unwrap(), stamp, "byte {place}");
        }
    }
}

#[test]
fn openssl_reads_our_request_and_verifies_the_reply_that_is_kept() {
    let dir = authority();
    let path = dir.path().to_owned();
    let (address, thread) = serve(move |request| (200, reply(&path, &request.body)));
    let receipt = TsaAnchor { url: format!("{address}/stamp"), trust: Some(trust(dir.path(), "ca.pem")) }
        .publish(&head())
        .unwrap();
    let request = thread.join().unwrap();
    assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/stamp"));
    assert_eq!(request.header("content-type"), "application/timestamp-query");
    assert!(receipt.place.ends_with("serial 08"), "{receipt:?}");

    fs::write(dir.path().join("head"), LINE).unwrap();
    fs::write(dir.path().join("kept"), receipt.bytes.unwrap()).unwrap();
    openssl(dir.path(), &["ts", "-verify", "-data", "head", "-in", "kept", "-CAfile", "ca.pem"]);
    let text = String::from_utf8(openssl(dir.path(), &["ts", "-reply", "-in", "kept", "-text"])).unwrap();
    // `Nov 26 06:51:22 2026 GMT` and `20261126065122Z` end and begin with the same year and clock.
    let time = receipt.time.unwrap();
    let clock = format!("{}:{}:{}", &time[8..10], &time[10..12], &time[12..14]);
    assert!(text.contains(&clock) && text.contains(&time[..4]), "{time} {text}");
    let query = String::from_utf8({
        fs::write(dir.path().join("query"), &request.body).unwrap();
        openssl(dir.path(), &["ts", "-query", "-in", "query", "-text"])
    })
    .unwrap();
    assert!(query.contains("Hash Algorithm: sha256") && query.contains("Certificate required: yes"), "{query}");
}

#[test]
fn a_reply_for_something_else_or_to_another_request_is_refused() {
    let dir = authority();
    for (imprint, nonce, expected) in [
        (Sha256::digest(b"another head").into(), [0x41; 8], "is for something else"),
        (Sha256::digest(LINE).into(), [0x41; 8], "is for another request"),
    ] {
        let path = dir.path().to_owned();
        let (address, thread) = serve(move |_| (200, reply(&path, &stamp_request(&imprint, &nonce))));
        let error = TsaAnchor { url: address, trust: None }.publish(&head()).unwrap_err();
        thread.join().unwrap();
        assert!(matches!(error, AnchorError::StampReply { reason } if reason == expected), "{error}");
    }
}

#[test]
fn a_refusal_is_told_with_its_reason() {
    let dir = authority();
    // An algorithm that this authority does not take: SHA-224 by its identifier, with a digest of its length.
    let mut query = stamp_request(&[1; 32], &[0x41; 8]);
    let at = query.windows(4).position(|w| w == [3, 4, 2, 1]).unwrap();
    query[at + 3] = 2;
    let answer = reply(dir.path(), &query);
    let error = parse_reply(&answer).unwrap_err();
    assert!(matches!(&error, AnchorError::StampRefused { status: 2, message } if !message.is_empty()), "{error}");
}

#[test]
fn a_reply_that_is_cut_or_changed_never_panics() {
    let dir = authority();
    let whole = reply(dir.path(), &stamp_request(&Sha256::digest(LINE).into(), &[0x41; 8]));
    let stamp = parse_reply(&whole).unwrap();
    assert_eq!((&stamp.imprint[..], stamp.nonce.as_deref()), (&Sha256::digest(LINE)[..], Some(&[0x41; 8][..])));
    for length in 0..whole.len() {
        assert!(parse_reply(&whole[..length]).is_err(), "{length}");
        for byte in [0, 0x80, 0x84, 0xff] {
            let mut changed = whole.clone();
            changed[length] = byte;
            drop(parse_reply(&changed));
        }
    }
}
