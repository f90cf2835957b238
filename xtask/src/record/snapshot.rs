//! What was there before the first event: processes, descriptors, users, groups, interfaces, containers.

use std::collections::BTreeSet;
use std::io::Write;

use anyhow::{Context, Result};
use avouch_event::{EventBuf, Item, types};
use avouch_procfs::{Options, Procfs};
use avouch_scap::{WriteError, Writer};

/// Writes the processes of the threads `tids`, which stand still, and this machine's users and interfaces; `inspect` is the
/// text of `podman inspect`.
///
/// # Errors
/// When /proc is not readable, `inspect` is not what podman writes, or the capture cannot be written.
pub(super) fn write<W: Write>(
    writer: &mut Writer<W>,
    tids: &[i32],
    inspect: Option<&str>,
    timestamp: u64,
) -> Result<()> {
    let mut procfs = Procfs::open(Options::default())?;
    let mut written: Result<(), WriteError> = writer.write(&Item::Reset);
    let mut emit = |item: &Item<'_>| {
        if written.is_ok() {
            written = writer.write(item);
        }
    };
    procfs.machine(&mut emit);
    // A process is told with all of its threads.
    let pids: BTreeSet<i64> = tids.iter().filter_map(|tid| Some(procfs.facts(i64::from(*tid))?.pid)).collect();
    for pid in pids {
        procfs.process(pid, true, &mut emit).with_context(|| format!("failed to read facts of process {pid}"))?;
    }
    emit(&Item::SnapshotEnd);
    for json in inspect.map(avouch_runtime::from_podman_inspect).transpose()?.unwrap_or_default() {
        let mut event = EventBuf::new(types::ASYNCEVENT_E);
        event.timestamp = timestamp;
        event.push_u32(0).push_charbuf(b"container").push_charbuf(json.as_bytes());
        emit(&Item::Event(event.event()));
    }
    written.context("failed to write what was there before the first event")
}
