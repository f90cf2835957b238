//! Secrets, and where they stand. A configuration holds references alone.

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Where a secret stands: `env:NAME` or `file:/path`. It is no secret itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum SecretRef {
    /// A variable of the environment.
    Env(String),
    /// A file; blanks and line ends around the secret do not count.
    File(PathBuf),
}

impl TryFrom<String> for SecretRef {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let name = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        match text.split_once(':') {
            Some(("env", rest)) if name(rest) => Ok(Self::Env(rest.to_owned())),
            Some(("file", rest)) if rest.starts_with('/') => Ok(Self::File(PathBuf::from(rest))),
            // What stands there may be the secret: it is not repeated.
            _ => Err("a secret is named as `env:NAME` or `file:/path`, and never stands in the file itself"),
        }
    }
}

impl From<SecretRef> for String {
    fn from(secret: SecretRef) -> Self {
        secret.to_string()
    }
}

impl fmt::Display for SecretRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(name) => write!(f, "env:{name}"),
            Self::File(path) => write!(f, "file:{}", path.display()),
        }
    }
}

/// A secret. It is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Keeps a secret.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The secret itself, for the one place that sends it.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// Takes secrets out of a text that somebody else wrote. Texts shorter than four bytes are no secrets to look for: they
/// would blot out half of any answer.
pub(crate) fn scrub(text: &str, secrets: &[Secret]) -> String {
    let mut out = text.to_owned();
    for secret in secrets {
        if secret.0.len() >= 4 {
            out = out.replace(&secret.0, "***");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_read_and_anything_else_is_refused_without_being_repeated() {
        for text in ["env:SLACK_URL", "file:/run/secrets/slack"] {
            assert_eq!(SecretRef::try_from(text.to_owned()).unwrap().to_string(), text);
        }
        for text in ["hunter2", "env:A B", "file:relative", "https://hooks.slack.com/services/T/B/x"] {
            let error = SecretRef::try_from(text.to_owned()).unwrap_err();
            assert!(!error.contains(text), "{text}");
        }
    }

    #[test]
    fn a_secret_is_not_printed_and_is_taken_out_of_answers() {
        let secret = Secret::new("hunter22");
        assert!(!format!("{secret:?} {secret:#?}").contains("hunter"));
        assert_eq!(scrub("bad key hunter22!", &[secret, Secret::new("b")]), "bad key ***!");
    }
}
