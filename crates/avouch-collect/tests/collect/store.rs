//! A store for tests: it lists and gives objects to whoever signed with its secret, and fails as often as it is told to.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

pub(crate) const SECRET: &str = "the secret";

/// Names of a page: few, so that there are many pages.
const PAGE: usize = 3;

#[derive(Default)]
pub(crate) struct Shared {
    pub(crate) objects: Mutex<BTreeMap<String, Vec<u8>>>,
    /// The `signature` in the metadata of objects.
    pub(crate) signatures: Mutex<BTreeMap<String, String>>,
    /// Names that are listed and cannot be got.
    pub(crate) locked: Mutex<Vec<String>>,
    /// Of a hundred requests, how many fail.
    pub(crate) failing: AtomicU64,
    pub(crate) requests: AtomicU64,
    random: AtomicU64,
    stop: AtomicBool,
}

pub(crate) struct Store {
    pub(crate) shared: Arc<Shared>,
    pub(crate) address: String,
    thread: Option<JoinHandle<()>>,
}

impl Store {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let shared = Arc::new(Shared::default());
        let inner = Arc::clone(&shared);
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if inner.stop.load(Ordering::SeqCst) {
                    return;
                }
                serve(&inner, stream.unwrap());
            }
        });
        Self { shared, address: format!("http://{address}"), thread: Some(thread) }
    }

    pub(crate) fn put(&self, key: &str, bytes: &[u8]) {
        self.shared.objects.lock().unwrap().insert(key.to_owned(), bytes.to_vec());
    }

    /// So many of a hundred requests fail, beginning with `seed`.
    pub(crate) fn fail(&self, percent: u64, seed: u64) {
        self.shared.failing.store(percent, Ordering::SeqCst);
        self.shared.random.store(seed, Ordering::SeqCst);
    }

    pub(crate) fn requests(&self) -> u64 {
        self.shared.requests.load(Ordering::SeqCst)
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.address.trim_start_matches("http://")));
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

/// A number below `below`, from a generator of Numerical Recipes.
fn random(shared: &Shared, below: u64) -> u64 {
    let next = |n: u64| n.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    let n = shared.random.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| Some(next(n))).unwrap();
    (next(n) >> 33) % below
}

struct Asked {
    method: String,
    path: String,
    query: Vec<(String, String)>,
    raw_query: Vec<String>,
    headers: Vec<(String, String)>,
}

impl Asked {
    fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v)
    }

    fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }
}

fn read(stream: &mut TcpStream) -> Option<Asked> {
    let (mut bytes, mut chunk) = (Vec::new(), [0; 4096]);
    loop {
        let mut storage = [httparse::EMPTY_HEADER; 64];
        let mut parsed = httparse::Request::new(&mut storage);
        if parsed.parse(&bytes).unwrap().is_complete() {
            let target = parsed.path.unwrap();
            let (path, query) = target.split_once('?').unwrap_or((target, ""));
            let raw_query: Vec<String> = query.split('&').filter(|p| !p.is_empty()).map(str::to_owned).collect();
            let pair = |p: &String| p.split_once('=').map(|(n, v)| (decode(n), decode(v))).unwrap();
            let header =
                |h: &httparse::Header<'_>| (h.name.to_lowercase(), String::from_utf8(h.value.to_vec()).unwrap());
            return Some(Asked {
                method: parsed.method.unwrap().to_owned(),
                path: path.to_owned(),
                query: raw_query.iter().map(pair).collect(),
                raw_query,
                headers: parsed.headers.iter().map(header).collect(),
            });
        }
        match stream.read(&mut chunk) {
            Ok(0) | Err(_) => return None,
            Ok(n) => bytes.extend_from_slice(&chunk[..n]),
        }
    }
}

fn decode(text: &str) -> String {
    let (mut out, bytes) = (Vec::new(), text.as_bytes());
    let mut i = 0;
    while i < bytes.len() {
        if bytes[i] == b'%' {
            out.push(u8::from_str_radix(&text[i + 1..i + 3], 16).unwrap());
            i += 3;
        } else {
            out.push(bytes[i]);
            i += 1;
        }
    }
    String::from_utf8(out).unwrap()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// Signs what came over the wire with the secret it knows, and compares.
fn signed_well(asked: &Asked) -> bool {
    let header = asked.header("authorization");
    let part = |name: &str| header.split([' ', ',']).find_map(|p| p.strip_prefix(name)).unwrap_or_default().to_owned();
    let (credential, names, signature) = (part("Credential="), part("SignedHeaders="), part("Signature="));
    let scope: Vec<&str> = credential.split('/').collect();
    let lines: String = names.split(';').map(|n| format!("{n}:{}\n", asked.header(n))).collect();
    let mut query = asked.raw_query.clone();
    query.sort();
    let digest = hex(&Sha256::digest(b""));
    let canonical = format!("{}\n{}\n{}\n{lines}\n{names}\n{digest}", asked.method, asked.path, query.join("&"));
    let text = format!(
        "AWS4-HMAC-SHA256\n{}\n{}\n{}",
        asked.header("x-amz-date"),
        scope[1..].join("/"),
        hex(&Sha256::digest(canonical))
    );
    let key = scope[1..].iter().fold(format!("AWS4{SECRET}").into_bytes(), |key, part| mac(&key, part));
    signature == hex(&mac(&key, &text))
}

fn answer(stream: &mut TcpStream, status: u16, length: usize, headers: &str, body: &[u8]) {
    let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {length}\r\n{headers}connection: close\r\n\r\n");
    // Whoever asked may be gone.
    drop(stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body)));
}

fn serve(shared: &Shared, mut stream: TcpStream) {
    let Some(asked) = read(&mut stream) else { return };
    shared.requests.fetch_add(1, Ordering::SeqCst);
    let (status, body) = if signed_well(&asked) {
        answer_of(shared, &asked)
    } else {
        (403, b"<Error><Code>SignatureDoesNotMatch</Code></Error>".to_vec())
    };
    if random(shared, 100) < shared.failing.load(Ordering::SeqCst) {
        match random(shared, 3) {
            0 => answer(&mut stream, 503, 8, "", b"SlowDown"),
            // Says more than it gives, and hangs up.
            1 => answer(&mut stream, 200, body.len() + 7, "", &body),
            _ => {}
        }
        return;
    }
    let name = decode(&asked.path);
    let signature = shared.signatures.lock().unwrap().get(name.trim_start_matches("/trail/")).cloned();
    let headers =
        signature.map(|s| format!("x-amz-meta-signature: {s}\r\nx-amz-meta-signature-algorithm: SHA256withRSA\r\n"));
    answer(&mut stream, status, body.len(), &headers.unwrap_or_default(), &body);
}

fn answer_of(shared: &Shared, asked: &Asked) -> (u16, Vec<u8>) {
    let objects = shared.objects.lock().unwrap();
    let path = decode(&asked.path);
    if path != "/trail" {
        let key = path.strip_prefix("/trail/").unwrap();
        if shared.locked.lock().unwrap().iter().any(|l| l == key) {
            return (403, b"<Error><Code>AccessDenied</Code></Error>".to_vec());
        }
        let missing = || (404, b"<Error><Code>NoSuchKey</Code></Error>".to_vec());
        return objects.get(key).map_or_else(missing, |bytes| (200, bytes.clone()));
    }
    assert_eq!((asked.parameter("list-type"), asked.parameter("encoding-type")), (Some("2"), Some("url")));
    let prefix = asked.parameter("prefix").unwrap_or_default();
    let after = asked.parameter("continuation-token").or(asked.parameter("start-after")).unwrap_or_default();
    let (mut lines, mut last, mut truncated) = (Vec::new(), String::new(), false);
    for (key, bytes) in objects.range(prefix.to_owned()..).take_while(|(k, _)| k.starts_with(prefix)) {
        let folder = asked.parameter("delimiter").and_then(|d| key[prefix.len()..].find(d));
        let name = folder.map_or(key.as_str(), |end| &key[..prefix.len() + end + 1]);
        // A folder counts as one name, its own.
        if name <= after || name == last || key.as_str() <= after {
            continue;
        }
        if lines.len() == PAGE {
            truncated = true;
            break;
        }
        last = name.to_owned();
        let encoded: String =
            name.bytes().map(|b| if b == b' ' { "+".to_owned() } else { format!("%{b:02X}") }).collect();
        lines.push(if folder.is_some() {
            format!("<CommonPrefixes><Prefix>{encoded}</Prefix></CommonPrefixes>")
        } else {
            let etag = hex(&Sha256::digest(bytes));
            format!(
                "<Contents><Key>{encoded}</Key><LastModified>2026-11-26T10:00:00.000Z</LastModified><ETag>&quot;{etag}&quot;</ETag><Size>{}</Size></Contents>",
                bytes.len()
            )
        });
    }
    let next = if truncated { format!("<NextContinuationToken>{last}</NextContinuationToken>") } else { String::new() };
    let body = format!(
        "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><EncodingType>url</EncodingType><IsTruncated>{truncated}</IsTruncated>{next}{}</ListBucketResult>",
        lines.concat()
    );
    (200, body.into_bytes())
}
