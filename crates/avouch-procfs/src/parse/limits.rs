//! `/proc/PID/limits`.

use super::bytes::{int, lines, words};

/// Soft limit of open files: -1 for unlimited, `None` when the file does not tell.
#[must_use]
pub fn open_files(text: &[u8]) -> Option<i64> {
    let rest = lines(text).find_map(|l| l.strip_prefix(b"Max open files"))?;
    match words(rest).next()? {
        b"unlimited" => Some(-1),
        number => int(number),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn soft_limit() {
        let text = b"Limit  Soft Limit  Hard Limit  Units\nMax open files            1024     4096     files\n";
        assert_eq!(open_files(text), Some(1024));
        assert_eq!(open_files(b"Max open files  unlimited unlimited files\n"), Some(-1));
        assert_eq!(open_files(b"Max open files\n"), None);
    }
}
