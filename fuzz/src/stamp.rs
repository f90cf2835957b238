//! Replies of time-stamp authorities: DER of whoever answered.

use std::sync::LazyLock;

use avouch_anchor::{StampTrust, parse_reply};

/// An authority made for this test alone, with openssl; its key was thrown away.
const AUTHORITY: &[u8] = include_bytes!("../seeds/stamp-authority.pem");
/// The reply that it signed.
const SIGNED: &[u8] = include_bytes!("../seeds/stamp/granted");

static TRUST: LazyLock<StampTrust> = LazyLock::new(|| StampTrust::from_pem(AUTHORITY).expect("a certificate"));

/// Bytes are a reply or an error, and only what the authority signed is taken for signed.
pub fn stamp(data: &[u8]) {
    let read = parse_reply(data);
    if TRUST.verify(data).is_ok() {
        let (read, signed) = (read.expect("a signed reply can be read"), parse_reply(SIGNED).expect("a reply"));
        assert_eq!(read, signed, "nothing that is signed was changed");
    }
    drop(StampTrust::from_pem(data));
}
