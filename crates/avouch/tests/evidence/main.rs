//! From recordings of several days to a report, a bundle and its verification; and what an auditor would try on it.

#![expect(clippy::unwrap_used, reason = "a test")]

mod bundle;
mod estate;
mod inputs;
mod period;
mod writing;
