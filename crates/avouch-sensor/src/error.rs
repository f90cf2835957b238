//! Why the sensor cannot work, said so that the reader knows what to do.

use libbpf_rs::{Error, ErrorKind};
use thiserror::Error as ThisError;

/// Opening or running the sensor failed.
#[derive(Debug, ThisError)]
#[error("failed to {what}: {reason}")]
pub struct SensorError {
    what: String,
    reason: String,
    /// What may help, as a sentence; empty when nothing is known.
    pub hint: String,
}

impl SensorError {
    pub(crate) fn new(what: &str, error: &Error) -> Self {
        let hint = match error.kind() {
            ErrorKind::PermissionDenied => {
                "the kernel sensor needs the capabilities CAP_BPF, CAP_PERFMON and CAP_SYS_PTRACE: run as root, or give the \
                 binary those three"
            }
            ErrorKind::NotFound | ErrorKind::Unsupported => {
                "the kernel must be 5.8 or newer and carry BTF (/sys/kernel/btf/vmlinux)"
            }
            _ => "",
        };
        Self { what: what.to_owned(), reason: error.to_string(), hint: hint.to_owned() }
    }

    pub(crate) fn because(what: &str, reason: String) -> Self {
        Self { what: what.to_owned(), reason, hint: String::new() }
    }

    /// The same failure of something larger.
    pub(crate) fn about(self, what: &str) -> Self {
        Self { what: what.to_owned(), ..self }
    }

    pub(crate) fn own_pid_namespace() -> Self {
        Self {
            what: "match the kernel's events with processes".to_owned(),
            reason: "this process stands in a pid namespace of its own, where processes have other numbers".to_owned(),
            hint: "start it in the machine's pid namespace (`hostPID: true` of a pod, `--pid=host` of a container)"
                .to_owned(),
        }
    }

    pub(crate) fn missing_map(name: &str) -> Self {
        Self::because("read the compiled programs", format!("no map `{name}`"))
    }

    pub(crate) fn missing_program(name: &str) -> Self {
        Self::because("read the compiled programs", format!("no program `{name}`"))
    }

    pub(crate) fn ring(code: i32) -> Self {
        let reason = std::io::Error::from_raw_os_error(-code).to_string();
        Self { what: "read the ring".to_owned(), reason, hint: String::new() }
    }
}
