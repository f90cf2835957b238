//! A git repository: each head is a commit, by the `git` program; pushed when a remote is named. Whoever cloned it holds the
//! heads.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::{Anchor, AnchorError, FileAnchor, Head, Receipt};

/// Commits heads to `heads/<ledger>.jsonl` in a repository.
#[derive(Clone, Debug)]
pub struct GitAnchor {
    /// A working tree that nobody else works in.
    pub repository: PathBuf,
    /// Remote and branch to push to.
    pub push: Option<(String, String)>,
}

impl GitAnchor {
    fn git(&self, arguments: &[&str]) -> Result<String, AnchorError> {
        let error = |message: String| AnchorError::Git {
            repository: self.repository.clone(),
            command: arguments.first().copied().unwrap_or_default().to_owned(),
            message,
        };
        let output = Command::new("git")
            .arg("-C")
            .arg(&self.repository)
            // The anchor's own commits need no person, and must not wait for one.
            .args(["-c", "user.name=avouch", "-c", "user.email=avouch@localhost", "-c", "commit.gpgsign=false"])
            .args(["-c", "core.hooksPath=/dev/null"])
            .args(arguments)
            .env("GIT_TERMINAL_PROMPT", "0")
            .stdin(Stdio::null())
            .output()
            .map_err(|e| error(e.to_string()))?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
        }
        let message = String::from_utf8_lossy(&output.stderr).chars().take(500).collect::<String>();
        Err(error(message.trim().to_owned()))
    }

    /// Whether the file already ends with this head: publishing again must not fail for want of a change.
    fn has(&self, path: &Path, head: &Head<'_>) -> bool {
        let text = std::fs::read(path).unwrap_or_default();
        text.strip_suffix(b"\n").is_some_and(|text| text.rsplit(|b| *b == b'\n').next() == Some(head.line))
    }
}

impl Anchor for GitAnchor {
    fn name(&self) -> &'static str {
        "git"
    }

    fn publish(&self, head: &Head<'_>) -> Result<Receipt, AnchorError> {
        head.check()?;
        // Inside another repository, git would commit to that one.
        if !self.git(&["rev-parse", "--show-cdup"])?.is_empty() {
            let message = "it is not the top of a working tree".to_owned();
            return Err(AnchorError::Git { repository: self.repository.clone(), command: "rev-parse".into(), message });
        }
        let name = format!("heads/{}.jsonl", head.ledger);
        let path = self.repository.join(&name);
        std::fs::create_dir_all(self.repository.join("heads")).map_err(crate::io_error("create", &path))?;
        if !self.has(&path, head) {
            FileAnchor { path: path.clone() }.publish(head)?;
        }
        self.git(&["add", "--", &name])?;
        // What was added before and not committed, because something stopped it, is committed now.
        if !self.git(&["status", "--porcelain", "--", &name])?.is_empty() {
            let message = format!("Head of ledger {} at record {}", head.ledger, head.last_seq);
            self.git(&["commit", "--quiet", "-m", &message, "--", &name])?;
        }
        let commit = self.git(&["log", "-1", "--format=%H %cI", "--", &name])?;
        if let Some((remote, branch)) = &self.push {
            self.git(&["push", "--quiet", remote, &format!("HEAD:{branch}")])?;
        }
        let (id, time) = commit.split_once(' ').unwrap_or((&commit, ""));
        Ok(Receipt { place: format!("commit {id}"), time: Some(time.to_owned()), bytes: None })
    }
}
