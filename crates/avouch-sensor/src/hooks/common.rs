//! The tracepoint that every system call passes. Whoever is there makes every call of every process take its slow way out.

use std::os::fd::{AsFd, OwnedFd};

use libbpf_rs::Link;

use super::missed;
use crate::error::SensorError;
use crate::object::{self, Config, Maps};

/// The program of it.
const PROGRAM: &str = "sys_exit";

/// The attached program.
#[derive(Debug)]
pub(super) struct Common {
    program: OwnedFd,
    _link: Link,
}

impl Common {
    /// # Errors
    /// When the kernel refuses it.
    pub(super) fn attach(maps: &Maps, config: Config) -> Result<Self, SensorError> {
        let mut open = object::open(object::SENSOR, config)?;
        object::choose(&mut open, PROGRAM, None)?;
        maps.lend(&mut open, &[])?;
        let object = object::load(open)?;
        let (program, link) = super::attach(&object, PROGRAM)?;
        Ok(Self { program, _link: link })
    }

    /// Runs that the kernel left out.
    pub(super) fn missed(&self) -> u64 {
        missed(self.program.as_fd())
    }
}
