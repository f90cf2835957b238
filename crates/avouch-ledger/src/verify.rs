//! Feeds the files of a ledger to the verifier.

use std::path::Path;

use avouch_chain::{Report, Trust, Verifier};

use crate::error::LedgerError;
use crate::files::{self, head_lines, open_segment, read_keys};

/// Verifies the ledger in `dir`, in one pass and without changing anything. A writer may be at work: what it has not finished
/// is a warning.
///
/// # Errors
/// Only when there is no ledger to read; a file that cannot be read is a problem in the report.
pub fn verify_dir(dir: &Path, trust: &Trust) -> Result<Report, LedgerError> {
    verify_dir_with(dir, trust, &mut |_| {})
}

/// As [`verify_dir`]; `see` is shown each whole line, checked or not, so that whoever looks for something need not read again.
///
/// # Errors
/// As [`verify_dir`].
pub fn verify_dir_with(dir: &Path, trust: &Trust, see: &mut dyn FnMut(&[u8])) -> Result<Report, LedgerError> {
    // First the heads, to where they end now: records are safe before a head vouches for them, so all of these are there.
    let heads = head_lines(dir)?;
    let segments = files::list(dir)?;
    let mut trust = trust.clone();
    trust.found.extend(read_keys(dir)?);
    let mut verifier = Verifier::new(heads, &trust);
    let newest = segments.last().copied();
    for segment in segments {
        verifier.segment(segment);
        let mut lines = match open_segment(dir, segment) {
            Ok(lines) => lines,
            Err(error) => {
                verifier.unreadable(&error.to_string());
                continue;
            }
        };
        loop {
            match lines.next() {
                Ok(Some(line)) if line.whole => {
                    see(line.bytes);
                    verifier.line(line.bytes);
                }
                Ok(Some(line)) if Some(segment) == newest => verifier.torn(line.bytes.len()),
                Ok(Some(_)) => verifier.malformed("it has no end"),
                Ok(None) => break,
                Err(error) => {
                    verifier.unreadable(&format!("segment {segment}: {error}"));
                    break;
                }
            }
        }
    }
    Ok(verifier.finish())
}
