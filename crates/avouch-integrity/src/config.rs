//! What is watched, and within which bounds.

use serde::Deserialize;

use crate::IntegrityError;

/// What is watched unless the user says otherwise: accounts, ways to log in, what runs by itself, the loader, programs,
/// the kernel, and what a Kubernetes node obeys.
const WATCHED: &[&str] = &[
    "/etc/passwd",
    "/etc/shadow",
    "/etc/group",
    "/etc/gshadow",
    "/etc/sudoers",
    "/etc/sudoers.d",
    "/etc/ssh",
    "/etc/pam.conf",
    "/etc/pam.d",
    "/etc/security",
    "/etc/nsswitch.conf",
    "/etc/hosts",
    "/etc/profile",
    "/etc/profile.d",
    "/etc/cron*",
    "/etc/anacrontab",
    "/var/spool/cron",
    "/etc/systemd",
    "/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/usr/local/lib/systemd/system",
    "/etc/init.d",
    "/etc/rc.local",
    "/etc/ld.so.*",
    "/etc/modules-load.d",
    "/etc/modprobe.d",
    "/bin",
    "/sbin",
    "/usr/bin",
    "/usr/sbin",
    "/usr/local/bin",
    "/usr/local/sbin",
    "/boot",
    "/root/.ssh",
    "/home/*/.ssh/authorized_keys*",
    "/etc/kubernetes",
    "/var/lib/kubelet/config.yaml",
    "/var/lib/kubelet/kubeadm-flags.env",
];

/// What the user may set; every key has a default.
///
/// A pattern is an absolute path in which `*`, `?`, `[...]` and `{a,b}` do not cross a `/` and `**` does. It stands for
/// what it matches and everything beneath it. A pattern whose fixed part leads through symbolic links is also watched at
/// the place they lead to when the watch begins.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Patterns of what is watched. Default: accounts, ways to log in, cron and systemd, the loader, programs, `/boot`,
    /// keys of users, and the files a Kubernetes node obeys.
    pub watch: Vec<String>,
    /// Patterns of what is not, though `watch` matches. Default: none.
    pub exclude: Vec<String>,
    /// Files, folders and links that are remembered. Default: 50,000.
    pub max_files: usize,
    /// Bytes of memory for what is remembered. Default: 16 MiB.
    pub max_memory: usize,
    /// Files larger than this have no digest. Default: 64 MiB.
    pub max_file_bytes: u64,
    /// Bytes that the first reading of all files may read in a second. Changed files are read at once. Default: 16 MiB.
    pub bytes_per_second: u64,
    /// ms without a further change of a file until it is read anew. Default: 500.
    pub settle_ms: u64,
    /// ms after the first change when it is read in any case. Default: 5,000.
    pub settle_at_most_ms: u64,
    /// Seconds between looks for changes that no event told. Default: 300.
    pub sweep_seconds: u64,
    /// Changes that wait to be taken by the worker. Default: 1,024.
    pub queue: usize,
    /// Changed files that wait to be read. Default: 2,048.
    pub max_pending: usize,
    /// Changes told in one record; more are counted. Default: 8.
    pub max_changes: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            watch: WATCHED.iter().map(|p| (*p).to_owned()).collect(),
            exclude: Vec::new(),
            max_files: 50_000,
            max_memory: 16 << 20,
            max_file_bytes: 64 << 20,
            bytes_per_second: 16 << 20,
            settle_ms: 500,
            settle_at_most_ms: 5_000,
            sweep_seconds: 300,
            queue: 1_024,
            max_pending: 2_048,
            max_changes: 8,
        }
    }
}

impl Config {
    /// Reads YAML; keys that are not there keep their defaults.
    pub fn from_yaml(text: &str) -> Result<Self, IntegrityError> {
        // An empty document is no mapping, and means that nothing was set.
        if text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#')) {
            return Ok(Self::default());
        }
        serde_saphyr::from_str(text).map_err(|e| IntegrityError::ReadConfig { reason: e.to_string() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_said_keeps_its_default() {
        let config = Config::from_yaml("watch: [/srv]\nsettle_ms: 10\n").unwrap();
        assert_eq!(config, Config { watch: vec!["/srv".to_owned()], settle_ms: 10, ..Config::default() });
        assert_eq!(Config::from_yaml("# nothing\n\n").unwrap(), Config::default());
    }

    #[test]
    fn an_unknown_key_is_an_error_that_names_it() {
        let error = Config::from_yaml("wacth: [/srv]\n").unwrap_err().to_string();
        assert!(error.contains("wacth"), "{error}");
    }
}
