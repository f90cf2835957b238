//! A time-stamp authority (RFC 3161): it signs the digest of a head and the time. Its reply is kept beside the head. Who signed it is
//! checked where trusted authorities are given (`stamp.rs`); `openssl ts -verify` checks it as well.

use sha2::{Digest as _, Sha256};

use crate::{
    Anchor, AnchorError, Head, Receipt, StampTrust,
    der::{FIRST, INTEGER, OCTETS, OID, Reader, SEQUENCE, TIME, UTF8, element, small},
    hex,
    http::{HttpRequest, send},
};

/// Most bytes of a reply.
const MAX_REPLY: usize = 1 << 20;
/// `SEQUENCE { OID 2.16.840.1.101.3.4.2.1 (SHA-256), NULL }`
const SHA256: [u8; 15] = [0x30, 13, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 5, 0];
/// 1.2.840.113549.1.7.2, signed data.
const SIGNED_DATA: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 2];
/// 1.2.840.113549.1.9.16.1.4, what a time-stamp says.
pub(crate) const STAMP: [u8; 11] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 16, 1, 4];

/// Has heads stamped.
#[derive(Clone, Debug)]
pub struct TsaAnchor {
    /// Address of the authority.
    pub url: String,
    /// Authorities by which a reply must be signed; without them only what the reply says is checked, not who says it.
    pub trust: Option<StampTrust>,
}

/// What a reply states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StampReply {
    /// SHA-256 that was stamped.
    pub imprint: [u8; 32],
    /// As the authority wrote it: `20261126065122Z`, with a fraction when it has one.
    pub time: String,
    /// Serial number of the stamp, in hex.
    pub serial: String,
    /// What the request gave, to tell replies apart.
    pub nonce: Option<Vec<u8>>,
}

impl Anchor for TsaAnchor {
    fn name(&self) -> &'static str {
        "tsa"
    }

    fn publish(&self, head: &Head<'_>) -> Result<Receipt, AnchorError> {
        head.check()?;
        let mut nonce = [0; 8];
        getrandom::fill(&mut nonce).map_err(AnchorError::Random)?;
        // Shortest form of a positive integer: the first byte is neither zero nor a sign.
        nonce[0] = nonce[0] & 0x3f | 0x40;
        let imprint = Sha256::digest(head.line).into();
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let reply = send(&HttpRequest {
            method: "POST",
            url: self.url.clone(),
            headers: vec![
                header("content-type", "application/timestamp-query"),
                header("accept", "application/timestamp-reply"),
            ],
            body: stamp_request(&imprint, &nonce),
        })?;
        let stamp = parse_reply(&reply)?;
        if stamp.imprint != imprint {
            return Err(AnchorError::StampReply { reason: "is for something else" });
        }
        if stamp.nonce.as_deref() != Some(&nonce[..]) {
            return Err(AnchorError::StampReply { reason: "is for another request" });
        }
        if let Some(trust) = &self.trust {
            trust.verify(&reply)?;
        }
        let place = format!("{} serial {}", self.url, stamp.serial);
        Ok(Receipt { place, time: Some(stamp.time), bytes: Some(reply) })
    }
}

/// A TimeStampReq: version 1, the imprint, a nonce (a positive integer in its shortest form), and the wish for the
/// authority's certificate.
#[must_use]
pub fn stamp_request(imprint: &[u8; 32], nonce: &[u8]) -> Vec<u8> {
    let imprint = element(SEQUENCE, &[&SHA256, &element(OCTETS, &[imprint])]);
    element(SEQUENCE, &[&element(INTEGER, &[&[1]]), &imprint, &element(INTEGER, &[nonce]), &[1, 1, 0xff]])
}

/// Reads a TimeStampResp.
///
/// # Errors
/// When the authority refused, or the bytes are no reply that grants a stamp of a SHA-256.
pub fn parse_reply(reply: &[u8]) -> Result<StampReply, AnchorError> {
    let wrong = |reason| AnchorError::StampReply { reason };
    if reply.len() > MAX_REPLY {
        return Err(wrong("is too large"));
    }
    let mut response = Reader(reply).inside(SEQUENCE).ok_or(wrong("is not one"))?;
    let mut info = response.inside(SEQUENCE).ok_or(wrong("has no status"))?;
    let status = info.expect(INTEGER).and_then(small).ok_or(wrong("has no status"))?;
    // 0 granted, 1 granted with changes.
    if status > 1 {
        let text = info.inside(SEQUENCE).and_then(|mut texts| texts.expect(UTF8)).unwrap_or_default();
        let message = String::from_utf8_lossy(text).chars().take(500).collect();
        return Err(AnchorError::StampRefused { status, message });
    }
    let stamp = stamp_of(&mut response).ok_or(wrong("holds no time-stamp"))?;
    read_stamp(stamp).ok_or(wrong("holds a time-stamp that cannot be read"))
}

/// The signed data of a reply.
pub(crate) fn signed_data(reply: &[u8]) -> Option<Reader<'_>> {
    let mut response = Reader(reply).inside(SEQUENCE)?;
    response.inside(SEQUENCE)?;
    signed(&mut response)
}

fn signed<'a>(response: &mut Reader<'a>) -> Option<Reader<'a>> {
    let mut token = response.inside(SEQUENCE)?;
    token.expect(OID).filter(|oid| *oid == SIGNED_DATA)?;
    token.inside(FIRST)?.inside(SEQUENCE)
}

/// The TSTInfo inside the signed data.
fn stamp_of<'a>(response: &mut Reader<'a>) -> Option<Reader<'a>> {
    let mut signed = signed(response)?;
    let (_version, _digests) = (signed.expect(INTEGER)?, signed.any()?);
    let mut content = signed.inside(SEQUENCE)?;
    content.expect(OID).filter(|oid| *oid == STAMP)?;
    content.inside(FIRST)?.inside(OCTETS)?.inside(SEQUENCE)
}

fn read_stamp(mut stamp: Reader<'_>) -> Option<StampReply> {
    let (_version, _policy) = (stamp.expect(INTEGER)?, stamp.expect(OID)?);
    let mut imprint = stamp.inside(SEQUENCE)?;
    // The parameters of the algorithm may be NULL or left out.
    let algorithm = imprint.expect(SEQUENCE).filter(|algorithm| SHA256[2..].starts_with(algorithm))?;
    let imprint = imprint.expect(OCTETS).filter(|_| algorithm.len() >= 11)?.try_into().ok()?;
    let serial = hex(stamp.expect(INTEGER)?);
    let time = String::from_utf8(stamp.expect(TIME)?.to_vec()).ok()?;
    let mut nonce = None;
    // Accuracy, ordering and extensions are passed over.
    while let Some(next) = stamp.any() {
        if next.tag == INTEGER {
            nonce = Some(next.content.to_vec());
        }
    }
    let digits =
        time.strip_suffix('Z').is_some_and(|t| t.len() >= 14 && t.bytes().all(|b| b.is_ascii_digit() || b == b'.'));
    digits.then_some(StampReply { imprint, time, serial, nonce })
}
