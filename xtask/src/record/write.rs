//! Writes what was recorded as a capture.

use std::fs::File;
use std::path::Path;

use anyhow::{Context, Result};
use avouch_event::Item;
use avouch_scap::Writer;

use super::tracer::Tracer;

/// Begins a compressed capture.
///
/// # Errors
/// When the file cannot be created.
pub(super) fn create(out: &Path) -> Result<Writer<File>> {
    let file = File::create(out).with_context(|| format!("failed to create {}", out.display()))?;
    Ok(Writer::gzip(file))
}

/// Writes the events, in the order they were seen, behind the facts, and completes the capture.
///
/// # Errors
/// When the file cannot be written, or the format has no place for a recorded event.
pub(super) fn finish(mut writer: Writer<File>, out: &Path, tracer: &Tracer) -> Result<()> {
    for event in &tracer.events {
        writer.write(&Item::Event(event.event())).with_context(|| format!("failed to write {event:?}"))?;
    }
    writer.finish().with_context(|| format!("failed to write {}", out.display()))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fs;

    use avouch_event::Item;
    use avouch_scap::Capture;

    #[test]
    fn shipped_recordings_decode_whole() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../recordings");
        let mut recordings = 0;
        for entry in fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()) {
            if entry.extension().is_none_or(|e| e != "scap") {
                continue;
            }
            recordings += 1;
            let bytes = fs::read(&entry).unwrap();
            let mut capture = Capture::from_slice(&bytes);
            let mut by_type: BTreeMap<&str, u64> = BTreeMap::new();
            let (mut processes, mut first, mut last) = (0, u64::MAX, 0);
            while let Some(item) = capture.next().unwrap() {
                match item {
                    Item::Process(_) => processes += 1,
                    Item::Event(event) => {
                        *by_type.entry(event.ty.name()).or_default() += 1;
                        assert!(event.timestamp >= last, "{} goes back in time", entry.display());
                        (first, last) = (first.min(event.timestamp), event.timestamp);
                    }
                    _ => {}
                }
            }
            let counts = capture.counts();
            println!(
                "{}: {} events, {} s, {by_type:?}",
                entry.display(),
                counts.yielded,
                (last - first) / 1_000_000_000
            );
            assert_eq!(counts.not_decoded().collect::<Vec<_>>(), []);
            assert_eq!((counts.not_decoded_total(), counts.entries_not_decoded, counts.unknown_numbers), (0, 0, 0));
            assert_eq!(counts.yielded, counts.events);
            assert!(processes > 0 && by_type["execve"] > 0 && by_type["connect"] > 0 && by_type["asyncevent"] > 0);
        }
        assert!(recordings > 0, "no recording in {folder}");
    }
}
