//! Keys of a provider and the signatures made with them.

use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256,
    RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm,
};
use serde::Deserialize;
use serde_json::Value as Json;

use super::OidcError;
use crate::secret::from_base64url;

/// Most bytes of an ID token.
const MOST: usize = 64 * 1024;
/// Keys of a provider that are read.
const MOST_KEYS: usize = 100;

/// A signature that is accepted. Those with a shared secret and `none` are not among them: then anybody who has the secret, or nobody, could sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Algorithm {
    Rs256,
    Ps256,
    Es256,
    Es384,
    EdDsa,
}

impl Algorithm {
    fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "RS256" => Self::Rs256,
            "PS256" => Self::Ps256,
            "ES256" => Self::Es256,
            "ES384" => Self::Es384,
            "EdDSA" => Self::EdDsa,
            _ => return None,
        })
    }
}

/// Public halves, as RFC 7518 and RFC 8037 write them.
#[derive(Clone, Debug)]
enum Public {
    Rsa { n: Vec<u8>, e: Vec<u8> },
    P256(Vec<u8>),
    P384(Vec<u8>),
    Ed25519(Vec<u8>),
}

impl Public {
    fn read(key: &Json) -> Option<Self> {
        let part = |name: &str| from_base64url(key.get(name)?.as_str()?);
        let point = |bytes: usize| {
            let (x, y) = (part("x")?, part("y")?);
            (x.len() == bytes && y.len() == bytes).then(|| [&[4], &x[..], &y[..]].concat())
        };
        match (key.get("kty")?.as_str()?, key.get("crv").and_then(Json::as_str)) {
            ("RSA", _) => Some(Self::Rsa { n: part("n")?, e: part("e")? }),
            ("EC", Some("P-256")) => Some(Self::P256(point(32)?)),
            ("EC", Some("P-384")) => Some(Self::P384(point(48)?)),
            ("OKP", Some("Ed25519")) => Some(Self::Ed25519(part("x")?)),
            _ => None,
        }
    }

    fn fits(&self, algorithm: Algorithm) -> bool {
        matches!(
            (self, algorithm),
            (Self::Rsa { .. }, Algorithm::Rs256 | Algorithm::Ps256)
                | (Self::P256(_), Algorithm::Es256)
                | (Self::P384(_), Algorithm::Es384)
                | (Self::Ed25519(_), Algorithm::EdDsa)
        )
    }

    fn verifies(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        let plain = |by: &'static dyn VerificationAlgorithm, key: &[u8]| {
            UnparsedPublicKey::new(by, key).verify(message, signature).is_ok()
        };
        match (self, algorithm) {
            (Self::Rsa { n, e }, Algorithm::Rs256) => {
                RsaPublicKeyComponents { n, e }.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature).is_ok()
            }
            (Self::Rsa { n, e }, Algorithm::Ps256) => {
                RsaPublicKeyComponents { n, e }.verify(&RSA_PSS_2048_8192_SHA256, message, signature).is_ok()
            }
            (Self::P256(key), Algorithm::Es256) => plain(&ECDSA_P256_SHA256_FIXED, key),
            (Self::P384(key), Algorithm::Es384) => plain(&ECDSA_P384_SHA384_FIXED, key),
            (Self::Ed25519(key), Algorithm::EdDsa) => plain(&ED25519, key),
            _ => false,
        }
    }
}

#[derive(Clone, Debug)]
struct Key {
    id: Option<String>,
    public: Public,
}

/// The keys that a provider signs with. Those of a kind that is not known, or for other ends, are passed over.
#[derive(Clone, Debug)]
pub(super) struct KeySet(Vec<Key>);

/// A token in its parts, nothing of it checked yet.
#[derive(Debug)]
pub(super) struct Signed {
    algorithm: Algorithm,
    key: Option<String>,
    message: String,
    payload: Vec<u8>,
    signature: Vec<u8>,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    #[serde(default)]
    kid: Option<String>,
    /// Extensions that have to be understood; none is.
    #[serde(default)]
    crit: Option<Json>,
}

fn refuse(reason: &'static str) -> OidcError {
    OidcError::Token { reason }
}

impl Signed {
    pub(super) fn split(token: &str) -> Result<Self, OidcError> {
        if token.len() > MOST {
            return Err(refuse("it is longer than 64 KiB"));
        }
        let unreadable = || refuse("it is no signed token");
        let (message, signature) = token.rsplit_once('.').ok_or_else(unreadable)?;
        let (header, payload) = message.split_once('.').ok_or_else(unreadable)?;
        let part = |text| from_base64url(text).ok_or_else(unreadable);
        let header: Header = serde_json::from_slice(&part(header)?).map_err(|_| unreadable())?;
        if header.crit.is_some() {
            return Err(refuse("it needs an extension that is not known"));
        }
        let algorithm = Algorithm::parse(&header.alg).ok_or_else(|| refuse("its algorithm is not accepted"))?;
        Ok(Self {
            algorithm,
            key: header.kid,
            message: message.to_owned(),
            payload: part(payload)?,
            signature: part(signature)?,
        })
    }
}

impl KeySet {
    /// Reads a JWK set.
    pub(super) fn read(set: &Json) -> Self {
        let keys = set.get("keys").and_then(Json::as_array).map_or(&[][..], Vec::as_slice);
        let signing = |key: &&Json| key.get("use").and_then(Json::as_str).is_none_or(|of| of == "sig");
        let read = |key: &Json| {
            Some(Key { id: key.get("kid").and_then(Json::as_str).map(str::to_owned), public: Public::read(key)? })
        };
        Self(keys.iter().filter(signing).filter_map(read).take(MOST_KEYS).collect())
    }

    /// Keys that a token may have been signed with: that of its key id, or all of its kind when it names none.
    fn candidates(&self, signed: &Signed) -> impl Iterator<Item = &Key> {
        let named = move |key: &&Key| signed.key.is_none() || key.id == signed.key;
        self.0.iter().filter(named).filter(move |key| key.public.fits(signed.algorithm))
    }

    pub(super) fn knows(&self, signed: &Signed) -> bool {
        self.candidates(signed).next().is_some()
    }

    /// The claims, when the signature is right.
    pub(super) fn verify(&self, signed: &Signed) -> Result<Json, OidcError> {
        if !self.knows(signed) {
            return Err(refuse("the provider has no such key"));
        }
        let message = signed.message.as_bytes();
        if !self.candidates(signed).any(|key| key.public.verifies(signed.algorithm, message, &signed.signature)) {
            return Err(refuse("its signature is wrong"));
        }
        serde_json::from_slice(&signed.payload).map_err(|_| refuse("its claims cannot be read"))
    }
}

#[cfg(test)]
mod tests {
    use super::{KeySet, OidcError, Signed};
    use crate::secret::base64url;
    use proptest::prelude::*;
    use serde_json::json;

    /// RFC 7515, appendix A.3.
    const ES256: (&str, &str) = (
        r#"{"keys":[{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]}"#,
        "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
    );
    /// RFC 8037, appendix A.4; its payload is a text, not claims.
    const ED25519: (&str, &str) = (
        r#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#,
        "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
    );

    fn reason(error: OidcError) -> &'static str {
        match error {
            OidcError::Token { reason } => reason,
            other => panic!("{other}"),
        }
    }

    #[test]
    fn signatures_of_the_standards_are_right() {
        let set = KeySet::read(&serde_json::from_str(ES256.0).unwrap());
        let claims = set.verify(&Signed::split(ES256.1).unwrap()).unwrap();
        assert_eq!(claims, json!({"iss": "joe", "exp": 1_300_819_380, "http://example.com/is_root": true}));
        let set = KeySet::read(&serde_json::from_str(ED25519.0).unwrap());
        let no_claims = set.verify(&Signed::split(ED25519.1).unwrap()).unwrap_err();
        assert_eq!(reason(no_claims), "its claims cannot be read");
    }

    #[test]
    fn one_changed_letter_is_seen() {
        let set = KeySet::read(&serde_json::from_str(ES256.0).unwrap());
        let changed = ES256.1.replace("eyJpc3Mi", "eyJpc3Nj");
        assert_eq!(reason(set.verify(&Signed::split(&changed).unwrap()).unwrap_err()), "its signature is wrong");
    }

    #[test]
    fn keys_for_other_ends_and_of_other_kinds_are_passed_over() {
        for key in [
            json!({"kty": "oct", "k": "AAAA"}),
            json!({"kty": "EC", "crv": "P-256", "x": "AAAA", "y": "AAAA"}),
            json!({"kty": "EC", "crv": "secp256k1", "x": "AAAA", "y": "AAAA"}),
            json!({"kty": "RSA", "use": "enc", "n": "AQAB", "e": "AQAB"}),
            json!("no object"),
        ] {
            assert!(KeySet::read(&json!({"keys": [key]})).0.is_empty(), "{key}");
        }
        assert!(KeySet::read(&json!([])).0.is_empty());
    }

    #[test]
    fn what_is_no_token_is_refused() {
        for token in ["", ".", "..", "a.b.c", "e30.e30.", "bm90IGpzb24.e30.AAAA"] {
            assert!(Signed::split(token).is_err(), "{token}");
        }
        assert_eq!(reason(Signed::split(&"a".repeat(100_000)).unwrap_err()), "it is longer than 64 KiB");
    }

    proptest! {
        #[test]
        fn hostile_tokens_and_keys_are_refused_without_a_panic(
            algorithm in prop::sample::select(vec!["RS256", "PS256", "ES256", "ES384", "EdDSA", "none"]),
            (n, e, signature) in (any::<Vec<u8>>(), any::<Vec<u8>>(), any::<Vec<u8>>()),
            (x, y) in (any::<[u8; 32]>(), any::<[u8; 32]>()),
            text in ".{0,40}",
        ) {
            let [n, e, x, y] = [base64url(&n), base64url(&e), base64url(&x), base64url(&y)];
            let set = KeySet::read(&json!({"keys": [
                {"kty": "RSA", "n": n, "e": e},
                {"kty": "EC", "crv": "P-256", "x": x, "y": y},
                {"kty": "OKP", "crv": "Ed25519", "x": n},
            ]}));
            let header = base64url(json!({"alg": algorithm}).to_string().as_bytes());
            for token in [format!("{header}.e30.{}", base64url(&signature)), text] {
                if let Ok(signed) = Signed::split(&token) {
                    prop_assert!(set.verify(&signed).is_err());
                }
            }
        }
    }
}
