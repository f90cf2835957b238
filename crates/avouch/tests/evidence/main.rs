//! From recordings of several days to a report, a bundle and its verification; and what an auditor would try on it.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test")]

mod again;
#[path = "../../../avouch-anchor/tests/anchor/authority.rs"]
mod authority;
mod bundle;
mod estate;
mod holes;
mod inputs;
mod period;
mod stamps;
mod ten;
mod writing;
