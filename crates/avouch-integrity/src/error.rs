use std::path::PathBuf;

/// Why a watch cannot begin, or what it knows cannot be kept.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the fields are named in the messages")]
pub enum IntegrityError {
    /// The user's YAML.
    #[error("failed to read the file integrity settings: {reason}")]
    ReadConfig { reason: String },
    /// A pattern of the user.
    #[error("`{pattern}` is not a pattern of watched files: {reason}")]
    Pattern { pattern: String, reason: String },
    /// The worker.
    #[error("failed to start the thread that reads watched files")]
    StartThread { source: std::io::Error },
    /// The file that survives a restart.
    #[error("failed to save the baseline of watched files to `{}`", path.display())]
    Save { path: PathBuf, source: std::io::Error },
    /// The file that survives a restart.
    #[error("failed to load the baseline of watched files from `{}`", path.display())]
    Load { path: PathBuf, source: std::io::Error },
}
