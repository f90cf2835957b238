//! A provider of OpenID Connect on loopback: signs with real keys, checks what a provider has to check.

use std::collections::{BTreeMap, HashMap};
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _,
    RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaEncoding, RsaKeyPair, RsaPublicKeyComponents,
};
use serde_json::{Value as Json, json};
use sha2::{Digest as _, Sha256};

pub(crate) const CLIENT: &str = "avouch";
pub(crate) const SECRET: &str = "its secret: 100% & more";
pub(crate) const CALLBACK: &str = "https://avouch.example.com/api/v1/oidc/callback";

pub(crate) fn base64url(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A key of the provider.
pub(crate) enum Key {
    Rsa(RsaKeyPair, &'static str, &'static dyn RsaEncoding),
    Ec(EcdsaKeyPair, &'static str, &'static str),
    Ed(Ed25519KeyPair),
}

impl Key {
    pub(crate) fn new(algorithm: &str) -> Self {
        let random = SystemRandom::new();
        let rsa = || RsaKeyPair::from_pkcs8(include_bytes!("../samples/rsa.pk8")).unwrap();
        let ec = |by| {
            let document = EcdsaKeyPair::generate_pkcs8(by, &random).unwrap();
            EcdsaKeyPair::from_pkcs8(by, document.as_ref(), &random).unwrap()
        };
        match algorithm {
            "RS256" => Self::Rsa(rsa(), "RS256", &RSA_PKCS1_SHA256),
            "PS256" => Self::Rsa(rsa(), "PS256", &RSA_PSS_SHA256),
            "ES256" => Self::Ec(ec(&ECDSA_P256_SHA256_FIXED_SIGNING), "ES256", "P-256"),
            "ES384" => Self::Ec(ec(&ECDSA_P384_SHA384_FIXED_SIGNING), "ES384", "P-384"),
            "EdDSA" => {
                let document = Ed25519KeyPair::generate_pkcs8(&random).unwrap();
                Self::Ed(Ed25519KeyPair::from_pkcs8(document.as_ref()).unwrap())
            }
            other => panic!("{other}"),
        }
    }

    fn algorithm(&self) -> &'static str {
        match self {
            Self::Rsa(_, name, _) | Self::Ec(_, name, _) => name,
            Self::Ed(_) => "EdDSA",
        }
    }

    pub(crate) fn public(&self, id: &str) -> Json {
        match self {
            Self::Rsa(key, ..) => {
                let RsaPublicKeyComponents { n, e } = RsaPublicKeyComponents::<Vec<u8>>::from(key.public());
                json!({"kty": "RSA", "kid": id, "use": "sig", "n": base64url(n), "e": base64url(e)})
            }
            Self::Ec(key, _, curve) => {
                let point = &key.public_key().as_ref()[1..];
                let (x, y) = point.split_at(point.len() / 2);
                json!({"kty": "EC", "crv": curve, "kid": id, "x": base64url(x), "y": base64url(y)})
            }
            Self::Ed(key) => json!({"kty": "OKP", "crv": "Ed25519", "kid": id, "x": base64url(key.public_key())}),
        }
    }

    pub(crate) fn sign(&self, header: &Json, claims: &Json) -> String {
        let message = format!("{}.{}", base64url(header.to_string()), base64url(claims.to_string()));
        let random = SystemRandom::new();
        let signature = match self {
            Self::Rsa(key, _, encoding) => {
                let mut signature = vec![0; key.public().modulus_len()];
                key.sign(*encoding, &random, message.as_bytes(), &mut signature).unwrap();
                signature
            }
            Self::Ec(key, ..) => key.sign(&random, message.as_bytes()).unwrap().as_ref().to_vec(),
            Self::Ed(key) => key.sign(message.as_bytes()).as_ref().to_vec(),
        };
        format!("{message}.{}", base64url(signature))
    }

    pub(crate) fn header(&self, id: &str) -> Json {
        json!({"alg": self.algorithm(), "kid": id, "typ": "JWT"})
    }
}

type Forge = Box<dyn FnMut(&Key, Json) -> String + Send>;

/// What the provider is and does.
pub(crate) struct State {
    pub(crate) url: String,
    pub(crate) key: Key,
    pub(crate) key_id: String,
    /// Keys of the description that are answered otherwise.
    pub(crate) description: BTreeMap<String, Json>,
    /// Claims besides those that the protocol needs.
    pub(crate) claims: Json,
    /// Makes the token instead of the provider, from its claims.
    pub(crate) forge: Option<Forge>,
    /// Whole answers by path: status, headers, body.
    pub(crate) answers: HashMap<String, (u16, String, Vec<u8>)>,
    /// How often each path was asked for.
    pub(crate) asked: HashMap<String, u32>,
    /// Codes that were given, with challenge and nonce.
    codes: HashMap<String, (String, String)>,
    pub(crate) now: u64,
}

pub(crate) struct Provider {
    state: Arc<Mutex<State>>,
    address: std::net::SocketAddr,
    thread: Option<JoinHandle<()>>,
}

impl Provider {
    pub(crate) fn start(algorithm: &str, now: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(Mutex::new(State {
            url: format!("http://{address}/realms/x"),
            key: Key::new(algorithm),
            key_id: "k1".to_owned(),
            description: BTreeMap::new(),
            claims: json!({"sub": "ann", "preferred_username": "ann@example.com", "groups": ["staff", "x"]}),
            forge: None,
            answers: HashMap::new(),
            asked: HashMap::new(),
            codes: HashMap::new(),
            now,
        }));
        let shared = state.clone();
        let thread = std::thread::spawn(move || {
            while let Ok((stream, _)) = listener.accept() {
                if serve(stream, &shared).is_none() {
                    return;
                }
            }
        });
        Self { state, address, thread: Some(thread) }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// What a person does with their browser: logs in there, and comes back with a code and the state.
    pub(crate) fn authorize(&self, url: &str) -> (String, String) {
        let mut state = self.state();
        let (place, query) = url.split_once('?').unwrap();
        assert_eq!(place, format!("{}/auth", state.url));
        let fields = fields(query);
        assert_eq!(fields["response_type"], "code");
        assert_eq!(fields["client_id"], CLIENT);
        assert_eq!(fields["redirect_uri"], CALLBACK);
        assert_eq!(fields["scope"], "openid profile email");
        assert_eq!(fields["code_challenge_method"], "S256");
        let code = format!("code&{}", state.codes.len());
        state.codes.insert(code.clone(), (fields["code_challenge"].clone(), fields["nonce"].clone()));
        (code, fields["state"].clone())
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        // A connection that says nothing ends the thread.
        drop(TcpStream::connect(self.address));
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

/// Reads a form or query.
fn fields(text: &str) -> HashMap<String, String> {
    text.split('&').map(|pair| pair.split_once('=').unwrap()).map(|(n, v)| (n.to_owned(), decode(v))).collect()
}

fn decode(text: &str) -> String {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let [first, tail @ ..] = rest {
        rest = tail;
        match (first, tail) {
            (b'%', [a, b, tail @ ..]) => {
                bytes.push(u8::from_str_radix(&format!("{}{}", *a as char, *b as char), 16).unwrap());
                rest = tail;
            }
            (b'+', _) => bytes.push(b' '),
            _ => bytes.push(*first),
        }
    }
    String::from_utf8(bytes).unwrap()
}

/// Answers one request; `None` when the connection said nothing.
fn serve(mut stream: TcpStream, state: &Mutex<State>) -> Option<()> {
    let mut bytes = Vec::new();
    let mut part = [0; 4096];
    let (head, body) = loop {
        let read = stream.read(&mut part).ok().filter(|read| *read > 0)?;
        bytes.extend_from_slice(&part[..read]);
        let text = String::from_utf8(bytes.clone()).unwrap();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
        if body.len() >= length.unwrap_or(0) {
            break (head.to_owned(), body.to_owned());
        }
    };
    let (status, headers, body) = answer(&head, &body, &mut state.lock().unwrap());
    let answer = format!("HTTP/1.1 {status} x\r\nconnection: close\r\n{headers}content-length: {}\r\n\r\n", body.len());
    // The other side may have hung up on purpose, because the answer is too long.
    let _gone = stream.write_all(answer.as_bytes()).and_then(|()| stream.write_all(&body));
    Some(())
}

fn answer(head: &str, body: &str, state: &mut State) -> (u16, String, Vec<u8>) {
    let path = head.split(' ').nth(1).unwrap().to_owned();
    *state.asked.entry(path.clone()).or_default() += 1;
    if let Some(answer) = state.answers.get(&path) {
        return answer.clone();
    }
    let (status, json) = match &*path {
        "/realms/x/.well-known/openid-configuration" => {
            let url = &state.url;
            let mut description = json!({
                "issuer": url, "authorization_endpoint": format!("{url}/auth"), "token_endpoint": format!("{url}/token"),
                "jwks_uri": format!("{url}/keys"), "something_else": [1, 2],
            });
            for (key, value) in &state.description {
                description[key] = value.clone();
            }
            (200, description)
        }
        "/realms/x/keys" => (200, json!({"keys": [{"kty": "unknown"}, state.key.public(&state.key_id)]})),
        "/realms/x/token" => token(head, body, state),
        _ => (404, json!({})),
    };
    (status, "content-type: application/json\r\n".to_owned(), json.to_string().into_bytes())
}

fn token(head: &str, body: &str, state: &mut State) -> (u16, Json) {
    let refuse = |why: &str| (400, json!({"error": why}));
    let fields = fields(body);
    let header = head.lines().find_map(|line| line.strip_prefix("authorization: Basic "));
    let by_header = header.map(|basic| String::from_utf8(STANDARD.decode(basic).unwrap()).unwrap());
    let (id, secret) = match &by_header {
        Some(pair) => pair.split_once(':').map(|(id, secret)| (decode(id), decode(secret))).unwrap(),
        None => (fields["client_id"].clone(), fields["client_secret"].clone()),
    };
    if (&*id, &*secret) != (CLIENT, SECRET) {
        return refuse("invalid_client");
    }
    let Some((challenge, nonce)) = state.codes.remove(&fields["code"]) else { return refuse("invalid_grant") };
    if base64url(Sha256::digest(&fields["code_verifier"])) != challenge {
        return refuse("invalid_grant: verifier");
    }
    if fields["redirect_uri"] != CALLBACK || fields["grant_type"] != "authorization_code" {
        return refuse("invalid_request");
    }
    let mut claims = json!({
        "iss": state.url, "aud": CLIENT, "nonce": nonce, "iat": state.now, "exp": state.now + 300,
    });
    for (name, value) in state.claims.as_object().unwrap() {
        claims[name] = value.clone();
    }
    let signed = match &mut state.forge {
        Some(forge) => forge(&state.key, claims),
        None => state.key.sign(&state.key.header(&state.key_id), &claims),
    };
    (200, json!({"access_token": "a", "token_type": "Bearer", "id_token": signed}))
}
