//! Why rules or acceptances cannot be loaded or changed.

use std::path::PathBuf;

use avouch_pipeline::RuleFileError;

use crate::error::{ApiError, chain};

/// See each.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// A file cannot be read.
    #[error(transparent)]
    Read(#[from] RuleFileError),
    /// Acceptances have errors; the first of them.
    #[error("acceptances have errors: {0}")]
    Acceptances(String),
    /// A file cannot be written.
    #[error("failed to write `{}`", .0.display())]
    Write(PathBuf, #[source] std::io::Error),
    /// What the server keeps beside the evidence cannot be read.
    #[error("`{}` cannot be read: {}", .0.display(), .1)]
    Damaged(PathBuf, String),
    /// A thread broke.
    #[error("a thread broke while it loaded rules")]
    Broke,
}

impl From<DeskError> for ApiError {
    fn from(error: DeskError) -> Self {
        match &error {
            // Whoever changes rules has to know what is wrong with them.
            DeskError::Acceptances(_) => Self::conflict(error.to_string()),
            _ => Self::internal(chain(&error)),
        }
    }
}
