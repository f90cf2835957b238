//! Machine facts: 180 bytes.

use avouch_event::MachineInfo;

use crate::cursor::Cursor;
use crate::error::EntryFault;

pub(crate) const HOSTNAME: usize = 128;

/// Reads the block; nothing of it may be missing.
pub(crate) fn read(body: &[u8]) -> Result<MachineInfo<'_>, EntryFault> {
    let mut c = Cursor::new(body);
    let (cpus, memory_bytes, max_pid) = (c.u32()?, c.u64()?, c.u64()?);
    let hostname = c.take(HOSTNAME)?;
    let hostname = hostname.split(|b| *b == 0).next().unwrap_or_default();
    let boot_time = c.u64()?;
    Ok(MachineInfo { cpus, memory_bytes, max_pid, hostname, boot_time })
}
