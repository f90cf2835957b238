//! Programs that receive, started by a test and ended with it.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command};
use std::sync::atomic::{AtomicU16, Ordering};

/// A program that ends with the test, and no other.
pub(crate) struct Running(pub(crate) Child);

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Whether a program is installed. In CI it must be; elsewhere the test says that it skips.
pub(crate) fn installed(test: &str, package: &str, probe: impl FnOnce() -> bool) -> bool {
    if probe() {
        return true;
    }
    assert!(std::env::var("CI").as_deref() != Ok("true"), "{package} is not installed: run deploy/test-setup.sh");
    println!("SKIPPED {test}: {package} is not installed");
    false
}

/// A command that can be run.
pub(crate) fn runs(program: &str, arguments: &[&str]) -> bool {
    Command::new(program).args(arguments).output().is_ok_and(|out| out.status.success())
}

/// A port of the loopback address that was free a moment ago, below those that the kernel gives to connections: none takes it
/// by chance before the receiver does.
pub(crate) fn free_port() -> u16 {
    static GIVEN: AtomicU16 = AtomicU16::new(0);
    let from = 20_000 + u16::try_from(std::process::id() % 11_000).unwrap();
    let ports = std::iter::repeat_with(|| from + GIVEN.fetch_add(1, Ordering::Relaxed));
    ports.take(1_000).find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok()).unwrap()
}

/// A certificate for `localhost` and its key, as files.
pub(crate) fn certificate(folder: &Path) -> (String, String) {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let (certificate, key) = (folder.join("cert.pem"), folder.join("key.pem"));
    std::fs::write(&certificate, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    (certificate.display().to_string(), key.display().to_string())
}
