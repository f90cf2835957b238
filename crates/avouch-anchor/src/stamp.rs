//! Whether a time-stamp authority that is trusted signed a reply: the CMS structure of RFC 5652, as RFC 3161 uses it.
//!
//! The path from the signer's certificate to a trusted one is built and checked by `webpki`, at the time of the stamp and for the
//! purpose of time-stamping. Whether the authority withdrew its certificate since is not asked: nothing is fetched.

use std::time::Duration;

use pki_types::pem::PemObject as _;
use pki_types::{CertificateDer, SignatureVerificationAlgorithm, TrustAnchor, UnixTime};
use sha2::{Digest as _, Sha256, Sha384, Sha512};
use webpki::{EndEntityCert, KeyUsage, anchor_from_trusted_cert, ring};

use crate::AnchorError;
use crate::der::{FIRST, INTEGER, OCTETS, OID, Reader, SEQUENCE, SET};
use crate::tsa::{parse_reply, signed_data};

/// 1.3.6.1.5.5.7.3.8, the purpose of time-stamping.
const STAMPING: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 8];
/// 1.2.840.113549.1.9.4, the digest of what is signed.
const MESSAGE_DIGEST: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 4];
/// 1.2.840.113549.1.9.3, what is signed.
const CONTENT_TYPE: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 3];
/// 1.2.840.113549.1.9.16.2.47, which certificate signed (RFC 5816).
const SIGNING_CERTIFICATE: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 16, 2, 47];
/// 2.16.840.1.101.3.4.2, digests of NIST; the last byte tells which.
const DIGESTS: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2];

/// Certificates of a reply that are tried at most.
const CERTIFICATES: usize = 16;

/// Authorities that are trusted to say the time.
#[derive(Clone, Debug)]
pub struct StampTrust {
    roots: Vec<TrustAnchor<'static>>,
}

impl StampTrust {
    /// From certificates in PEM.
    ///
    /// # Errors
    /// When it holds none, or one that cannot be read.
    pub fn from_pem(pem: &[u8]) -> Result<Self, AnchorError> {
        let wrong = || AnchorError::StampTrust;
        let mut roots = Vec::new();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate = certificate.map_err(|_| wrong())?;
            roots.push(anchor_from_trusted_cert(&certificate).map_err(|_| wrong())?.to_owned());
        }
        if roots.is_empty() { Err(wrong()) } else { Ok(Self { roots }) }
    }

    /// Checks that one of these authorities, or one that it vouches for, signed the stamp in a reply.
    ///
    /// # Errors
    /// When it did not, or the reply is none.
    pub fn verify(&self, reply: &[u8]) -> Result<(), AnchorError> {
        let stamp = parse_reply(reply)?;
        let wrong = |reason| AnchorError::StampSignature { reason };
        let signed = signed_data(reply).and_then(Signed::read).ok_or(wrong("has no form that is known"))?;
        let time = unix(&stamp.time).ok_or(wrong("tells no time that can be read"))?;
        signed.check_attributes().map_err(wrong)?;
        let certificates: Vec<CertificateDer<'_>> = signed.certificates();
        let signer = certificates.iter().find(|c| signed.is_by(c)).ok_or(wrong("is by no certificate in the reply"))?;
        let end = EndEntityCert::try_from(signer).map_err(|_| wrong("is by a certificate that cannot be read"))?;
        let time = UnixTime::since_unix_epoch(Duration::from_secs(time));
        let purpose = KeyUsage::required(STAMPING);
        end.verify_for_usage(ALGORITHMS, &self.roots, &certificates, time, purpose, None, None)
            .map(drop)
            .map_err(|_| wrong("is by a certificate that leads to no trusted authority, or was not for stamping then"))
    }
}

/// What certificates may be signed with.
static ALGORITHMS: &[&dyn SignatureVerificationAlgorithm] = &[
    ring::ECDSA_P256_SHA256,
    ring::ECDSA_P256_SHA384,
    ring::ECDSA_P384_SHA256,
    ring::ECDSA_P384_SHA384,
    ring::ED25519,
    ring::RSA_PKCS1_2048_8192_SHA256,
    ring::RSA_PKCS1_2048_8192_SHA384,
    ring::RSA_PKCS1_2048_8192_SHA512,
    ring::RSA_PSS_2048_8192_SHA256_LEGACY_KEY,
    ring::RSA_PSS_2048_8192_SHA384_LEGACY_KEY,
    ring::RSA_PSS_2048_8192_SHA512_LEGACY_KEY,
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    /// From the content of an algorithm identifier.
    fn of(algorithm: &[u8]) -> Option<Self> {
        match *Reader(algorithm).expect(OID)?.strip_prefix(DIGESTS)? {
            [1] => Some(Self::Sha256),
            [2] => Some(Self::Sha384),
            [3] => Some(Self::Sha512),
            _ => None,
        }
    }

    fn digest(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha256 => Sha256::digest(bytes).to_vec(),
            Self::Sha384 => Sha384::digest(bytes).to_vec(),
            Self::Sha512 => Sha512::digest(bytes).to_vec(),
        }
    }

    /// Signatures over it, of each kind of key; the key says which of them can be.
    fn signatures(self) -> Vec<&'static dyn SignatureVerificationAlgorithm> {
        match self {
            Self::Sha256 => vec![ring::RSA_PKCS1_2048_8192_SHA256, ring::ECDSA_P256_SHA256, ring::ECDSA_P384_SHA256],
            Self::Sha384 => vec![ring::RSA_PKCS1_2048_8192_SHA384, ring::ECDSA_P384_SHA384, ring::ECDSA_P256_SHA384],
            Self::Sha512 => vec![ring::RSA_PKCS1_2048_8192_SHA512],
        }
    }
}

/// The parts of signed data with one signer that signed attributes.
struct Signed<'a> {
    content: &'a [u8],
    certificates: &'a [u8],
    hash: Hash,
    /// The attributes without their tag and length.
    attributes: &'a [u8],
    signature: &'a [u8],
}

impl<'a> Signed<'a> {
    fn read(mut signed: Reader<'a>) -> Option<Self> {
        let (_version, _digests) = (signed.expect(INTEGER)?, signed.expect(SET)?);
        let mut content = signed.inside(SEQUENCE)?;
        let _kind = content.expect(OID)?;
        let content = content.inside(FIRST)?.expect(OCTETS)?;
        let certificates = signed.expect(FIRST)?;
        let mut next = signed.any()?;
        // Lists of withdrawn certificates are passed over.
        if next.tag == FIRST + 1 {
            next = signed.any()?;
        }
        let mut signer = Some(next).filter(|n| n.tag == SET).and_then(|n| Reader(n.content).inside(SEQUENCE))?;
        let (_version, _which) = (signer.expect(INTEGER)?, signer.any()?);
        let hash = Hash::of(signer.expect(SEQUENCE)?)?;
        let attributes = signer.expect(FIRST)?;
        let (_algorithm, signature) = (signer.expect(SEQUENCE)?, signer.expect(OCTETS)?);
        Some(Self { content, certificates, hash, attributes, signature })
    }

    fn certificates(&self) -> Vec<CertificateDer<'a>> {
        let (mut out, mut rest) = (Vec::new(), Reader(self.certificates));
        while let Some(whole) = rest.whole()
            && out.len() < CERTIFICATES
        {
            out.push(CertificateDer::from(whole));
        }
        out
    }

    /// The first value of an attribute.
    fn attribute(&self, kind: &[u8]) -> Option<&'a [u8]> {
        let mut all = Reader(self.attributes);
        while let Some(mut attribute) = all.inside(SEQUENCE) {
            if attribute.expect(OID) == Some(kind) {
                return attribute.expect(SET);
            }
        }
        None
    }

    /// Attributes are what is signed; they lead to the content.
    fn check_attributes(&self) -> Result<(), &'static str> {
        let kind = self.attribute(CONTENT_TYPE).and_then(|v| Reader(v).expect(OID));
        if kind != Some(&crate::tsa::STAMP[..]) {
            return Err("signs something else than a time-stamp");
        }
        let digest = self.attribute(MESSAGE_DIGEST).and_then(|v| Reader(v).expect(OCTETS));
        if digest != Some(&self.hash.digest(self.content)[..]) {
            return Err("is over another time-stamp than the one in the reply");
        }
        Ok(())
    }

    /// Whether the key of this certificate made the signature, and the attributes do not name another certificate.
    fn is_by(&self, certificate: &CertificateDer<'_>) -> bool {
        let Ok(end) = EndEntityCert::try_from(certificate) else { return false };
        // Signed as a set of its own, not as the part of the signer that it is sent as.
        let mut message = vec![SET];
        let length = self.attributes.len();
        match u16::try_from(length).map(u16::to_be_bytes) {
            Ok([_, low]) if length < 0x80 => message.push(low),
            Ok([_, low]) if length < 0x100 => message.extend([0x81, low]),
            Ok([high, low]) => message.extend([0x82, high, low]),
            Err(_) => return false,
        }
        message.extend(self.attributes);
        let mut signatures = self.hash.signatures().into_iter();
        let good = signatures.any(|algorithm| end.verify_signature(algorithm, &message, self.signature).is_ok());
        good && self.named().is_none_or(|digest| digest == &Sha256::digest(certificate)[..])
    }

    /// SHA-256 of the certificate that the signer names, when the reply names one by SHA-256.
    fn named(&self) -> Option<&'a [u8]> {
        let mut first =
            Reader(self.attribute(SIGNING_CERTIFICATE)?).inside(SEQUENCE)?.inside(SEQUENCE)?.inside(SEQUENCE)?;
        let next = first.any()?;
        match next.tag {
            OCTETS => Some(next.content),
            // Another digest than SHA-256, or SHA-256 said where it need not be.
            SEQUENCE if Hash::of(next.content) == Some(Hash::Sha256) => first.expect(OCTETS),
            _ => None,
        }
    }
}

/// Seconds since 1970 of `20261126065122Z`; a fraction is cut.
fn unix(time: &str) -> Option<u64> {
    let number = |from: usize, to: usize| time.get(from..to)?.parse::<u64>().ok();
    let (year, month, day) = (number(0, 4)?, number(4, 6)?, number(6, 8)?);
    let (hour, minute, second) = (number(8, 10)?, number(10, 12)?, number(12, 14)?);
    if year < 1970 || !(1..=12).contains(&month) || !(1..=31).contains(&day) || hour > 23 || minute > 59 || second > 60
    {
        return None;
    }
    // Days since 1970 by years that begin in March.
    let (y, m) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719_468;
    Some(days * 86_400 + hour * 3_600 + minute * 60 + second)
}

#[cfg(test)]
mod tests {
    use super::unix;

    #[test]
    fn times_are_those_of_the_calendar() {
        assert_eq!(unix("19700101000000Z"), Some(0));
        assert_eq!(unix("20260701000000.5Z"), Some(1_782_864_000));
        assert_eq!(unix("20000229235959Z"), Some(951_868_799));
        assert_eq!((unix("20261301000000Z"), unix("2026"), unix("19691231235959Z")), (None, None, None));
    }
}
