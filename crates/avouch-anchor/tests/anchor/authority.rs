//! A time-stamp authority made with openssl. Tests of other crates use this file, too.

use std::{fs, path::Path, process::Command};

/// Runs openssl in a folder.
pub(crate) fn openssl(dir: &Path, arguments: &[&str]) -> Vec<u8> {
    let output = Command::new("openssl").args(arguments).current_dir(dir).output().expect("openssl is installed");
    assert!(output.status.success(), "{arguments:?} {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

const CONFIG: &str = "
[req]
distinguished_name = dn
[dn]
[ca]
basicConstraints = critical,CA:true
[stamp]
extendedKeyUsage = critical,timeStamping
[tsa]
default_tsa = config
[config]
serial = serial
crypto_device = builtin
signer_cert = tsa.pem
certs = ca.pem
signer_key = tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ordering = yes
tsa_name = yes
ess_cert_id_chain = no
";

/// A certificate authority and the stamping certificate that it signed.
pub(crate) fn authority() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("c"), CONFIG).unwrap();
    fs::write(dir.path().join("serial"), "07\n").unwrap();
    let run = |line: &str| drop(openssl(dir.path(), &line.split(' ').collect::<Vec<_>>()));
    run("req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -subj /CN=ca -days 2 -config c -extensions ca");
    run("req -newkey rsa:2048 -nodes -keyout tsa.key -out tsa.csr -subj /CN=tsa -config c");
    run(
        "x509 -req -in tsa.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out tsa.pem -days 2 -extfile c -extensions stamp",
    );
    dir
}

/// What the authority in `dir` answers to a request.
pub(crate) fn reply(dir: &Path, query: &[u8]) -> Vec<u8> {
    fs::write(dir.join("query"), query).unwrap();
    openssl(dir, &["ts", "-reply", "-queryfile", "query", "-config", "c", "-section", "config", "-out", "reply"]);
    fs::read(dir.join("reply")).unwrap()
}
