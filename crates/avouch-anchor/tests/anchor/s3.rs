use avouch_anchor::{Anchor, AnchorError, LockMode, S3Anchor, S3Credentials};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

use crate::{
    LINE, head,
    server::{Request, serve},
};

fn anchor(endpoint: String, session_token: Option<&str>) -> S3Anchor {
    S3Anchor {
        endpoint,
        region: "eu-central-1".into(),
        bucket: "evidence".into(),
        prefix: "avouch heads/".into(),
        credentials: S3Credentials {
            access_key_id: "AKIDTEST".into(),
            secret_access_key: "a secret".into(),
            session_token: session_token.map(str::to_owned),
        },
        mode: LockMode::Compliance,
        retain_days: 400,
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// What a server does: signs what came over the wire with the secret it knows, and compares.
fn signed_well(request: &Request, secret: &str) -> bool {
    let header = request.header("authorization");
    let part = |name: &str| header.split([' ', ',']).find_map(|p| p.strip_prefix(name)).unwrap_or_default().to_owned();
    let (credential, names, signature) = (part("Credential="), part("SignedHeaders="), part("Signature="));
    let scope: Vec<&str> = credential.split('/').collect();
    let lines: String = names.split(';').map(|n| format!("{n}:{}\n", request.header(n))).collect();
    let digest = hex(&Sha256::digest(&request.body));
    let canonical = format!("{}\n{}\n\n{lines}\n{names}\n{digest}", request.method, request.path);
    let text = format!(
        "AWS4-HMAC-SHA256\n{}\n{}\n{}",
        request.header("x-amz-date"),
        scope[1..].join("/"),
        hex(&Sha256::digest(canonical))
    );
    let key = scope[1..].iter().fold(format!("AWS4{secret}").into_bytes(), |key, part| mac(&key, part));
    signature == hex(&mac(&key, &text)) && request.header("x-amz-content-sha256") == digest
}

#[test]
fn a_head_is_put_signed_and_locked() {
    for token in [None, Some("session token")] {
        let (address, thread) = serve(|_| (200, Vec::new()));
        let receipt = anchor(address.clone(), token).publish(&head()).unwrap();
        let request = thread.join().unwrap();
        let path = "/evidence/avouch%20heads/0011aabb/00000000000000000042.head";
        assert_eq!((request.method.as_str(), request.path.as_str(), &*request.body), ("PUT", path, LINE));
        assert_eq!(receipt.place, format!("{address}{path}"));
        assert!(signed_well(&request, "a secret") && !signed_well(&request, "another"), "{request:#?}");
        assert_eq!(request.header("x-amz-date"), "20261126T065122Z");
        assert_eq!(request.header("x-amz-object-lock-mode"), "COMPLIANCE");
        // 400 days later.
        assert_eq!(request.header("x-amz-object-lock-retain-until-date"), "2027-12-31T06:51:22Z");
        assert_eq!(request.header("x-amz-security-token"), token.unwrap_or_default());
        let signed = request.header("authorization");
        for name in ["x-amz-object-lock-mode", "x-amz-object-lock-retain-until-date", "x-amz-checksum-sha256", "host"] {
            assert!(signed.contains(name), "{name} is not signed: {signed}");
        }
    }
}

#[test]
fn a_server_that_refuses_is_an_error() {
    let (address, thread) = serve(|_| (403, b"<Code>AccessDenied</Code>".to_vec()));
    let error = anchor(address, None).publish(&head()).unwrap_err();
    thread.join().unwrap();
    assert!(
        matches!(&error, AnchorError::Refused { status: 403, message, .. } if message.contains("AccessDenied")),
        "{error}"
    );
    // A redirect is not followed: the signature is for this address.
    let (address, thread) = serve(|_| (307, Vec::new()));
    let error = anchor(address, None).publish(&head()).unwrap_err();
    thread.join().unwrap();
    assert!(matches!(error, AnchorError::Refused { status: 307, .. } | AnchorError::Http { .. }), "{error}");
    for endpoint in ["example", "https://example/path"] {
        assert!(matches!(anchor(endpoint.into(), None).publish(&head()), Err(AnchorError::Url { .. })));
    }
}

#[test]
fn where_nobody_listens_is_an_error() {
    let unused = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = anchor(format!("http://{unused}"), None).publish(&head()).unwrap_err();
    assert!(matches!(error, AnchorError::Http { .. }), "{error}");
}
