//! Heads are published to real files, real repositories, and servers of the test's own on the loopback address.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test")]

mod authority;
mod local;
mod s3;
mod server;
mod tsa;

use avouch_anchor::Head;

const LINE: &[u8] = br#"{"head":{"last_seq":42},"sig":"00"}"#;

fn head() -> Head<'static> {
    // 2026-11-26T06:51:22Z
    Head { ledger: "0011aabb", last_seq: 42, line: LINE, now: 1_795_675_882_000_000_000 }
}
