//! Whom a bucket lets in, and where that is written.

use std::{fmt, io, path::PathBuf};

/// Largest file of credentials, in bytes.
const MAX_FILE: u64 = 1 << 20;

/// Whom a bucket lets in. Its `Debug` tells the id alone.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// Public half.
    pub access_key_id: String,
    /// Secret half.
    pub secret_access_key: String,
    /// Of temporary credentials.
    pub session_token: Option<String>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credentials({})", self.access_key_id)
    }
}

/// Why a file gives no credentials. It never tells what stands in the file.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the fields are named in the messages")]
pub enum CredentialsError {
    #[error("failed to read credentials from `{}`", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("`{}` is too large for a file of credentials", path.display())]
    TooLarge { path: PathBuf },
    #[error("`{}` has no `aws_access_key_id` and `aws_secret_access_key` under `[{profile}]`", path.display())]
    Missing { path: PathBuf, profile: String },
}

impl Credentials {
    /// From `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and, when set, `AWS_SESSION_TOKEN`, as `lookup` knows them.
    #[must_use]
    pub fn from_lookup(lookup: &dyn Fn(&str) -> Option<String>) -> Option<Self> {
        let text = |name: &str| lookup(name).filter(|t| !t.is_empty());
        Some(Self {
            access_key_id: text("AWS_ACCESS_KEY_ID")?,
            secret_access_key: text("AWS_SECRET_ACCESS_KEY")?,
            session_token: text("AWS_SESSION_TOKEN"),
        })
    }

    /// From one section of a file as the AWS tools keep it (`[default]`, then `name = value` lines).
    ///
    /// # Errors
    /// When it cannot be read, is larger than 1 MiB, or lacks one of the two halves.
    pub fn from_file(path: &std::path::Path, profile: &str) -> Result<Self, CredentialsError> {
        let failed = |source| CredentialsError::Read { path: path.to_owned(), source };
        if std::fs::metadata(path).map_err(failed)?.len() > MAX_FILE {
            return Err(CredentialsError::TooLarge { path: path.to_owned() });
        }
        let text = std::fs::read_to_string(path).map_err(failed)?;
        Self::of_text(&text, profile)
            .ok_or_else(|| CredentialsError::Missing { path: path.to_owned(), profile: profile.to_owned() })
    }

    fn of_text(text: &str, profile: &str) -> Option<Self> {
        let (mut inside, mut id, mut secret, mut token) = (false, None, None, None);
        for line in text.lines().map(str::trim).filter(|l| !l.starts_with(['#', ';'])) {
            if let Some(section) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
                inside = section.trim() == profile;
            } else if let Some((name, value)) = line.split_once('=').filter(|_| inside) {
                let value = Some(value.trim().to_owned()).filter(|v| !v.is_empty());
                match name.trim() {
                    "aws_access_key_id" => id = value,
                    "aws_secret_access_key" => secret = value,
                    "aws_session_token" => token = value,
                    _ => {}
                }
            }
        }
        Some(Self { access_key_id: id?, secret_access_key: secret?, session_token: token })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_section_of_a_file_is_read() {
        let file = "# keys\n[other]\naws_access_key_id = A\naws_secret_access_key=B\n\n[default]\naws_access_key_id=C\n\
                    aws_secret_access_key = D/=+\nregion = x\naws_session_token = E\n[broken]\naws_access_key_id=F\n";
        let read = |profile| Credentials::of_text(file, profile);
        let of = |id: &str, secret: &str, token: Option<&str>| Credentials {
            access_key_id: id.into(),
            secret_access_key: secret.into(),
            session_token: token.map(str::to_owned),
        };
        assert_eq!(read("default"), Some(of("C", "D/=+", Some("E"))));
        assert_eq!(read("other"), Some(of("A", "B", None)));
        assert_eq!((read("broken"), read("absent")), (None, None));
    }

    #[test]
    fn the_environment_needs_both_halves() {
        let with = |names: &'static [&'static str]| {
            Credentials::from_lookup(&move |name| names.contains(&name).then(|| name.to_lowercase()))
        };
        assert!(with(&["AWS_ACCESS_KEY_ID"]).is_none());
        let found = with(&["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]).unwrap();
        assert_eq!((found.secret_access_key.as_str(), found.session_token), ("aws_secret_access_key", None));
    }

    #[test]
    fn secrets_are_not_printed() {
        let secret = Credentials {
            access_key_id: "id".into(),
            secret_access_key: "hidden".into(),
            session_token: Some("hidden".into()),
        };
        assert_eq!(format!("{secret:?}"), "Credentials(id)");
    }
}
