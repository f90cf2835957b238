//! Finds secrets in the texts of a JSON value by named patterns, and replaces each by its class and a salted digest:
//! `[redacted:github-token 5f0c19a27be344d1]`. Whoever holds the salt can test whether two places held the same secret, or
//! whether a known secret was one of them; nobody else can.
//!
//! It never looks a secret up anywhere, and never keeps one. It finds forms, not meanings: a secret that looks like a word and
//! stands under no telling name is not found.
//!
//! ```
//! let redactor = avouch_redact::Redactor::new([7; 32]);
//! let mut body = serde_json::json!({"cmdline": "curl -u eve:hunter2 https://x.example", "count": 1});
//! assert_eq!(redactor.redact(&mut body), 1);
//! let digest = redactor.digest("hunter2");
//! assert_eq!(body["cmdline"], format!("curl -u eve:[redacted:login-option {digest}] https://x.example"));
//! ```

mod patterns;
mod prefilter;
mod redactor;

pub use redactor::Redactor;
