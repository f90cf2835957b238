//! Whether process numbers mean the same here as in the kernel.

use std::path::Path;
use std::{fs, io};

use crate::error::SensorError;

/// What the machine's first pid namespace is called (`PROC_PID_INIT_INO` of the kernel).
const MACHINE: &str = "pid:[4026531836]";

/// The kernel numbers processes as the machine does, /proc as the pid namespace does that it was mounted for. Where the two
/// differ, facts of one process would be told of another.
///
/// # Errors
/// When this process stands in a pid namespace of its own.
pub(crate) fn are_the_machines() -> Result<(), SensorError> {
    judge(fs::read_link("/proc/self/ns/pid").as_deref())
}

fn judge(namespace: Result<&Path, &io::Error>) -> Result<(), SensorError> {
    match namespace {
        Ok(name) if name != Path::new(MACHINE) => Err(SensorError::own_pid_namespace()),
        // A kernel without pid namespaces has one way to number.
        Ok(_) | Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_machines_own_numbers_will_do() {
        assert!(judge(Ok(Path::new(MACHINE))).is_ok());
        assert!(judge(Err(&io::Error::from(io::ErrorKind::NotFound))).is_ok());
        let error = judge(Ok(Path::new("pid:[4026532999]"))).unwrap_err();
        assert!(error.to_string().contains("pid namespace"), "{error}");
        assert!(error.hint.contains("hostPID"), "{}", error.hint);
    }
}
