//! Writes a cpio archive in the `newc` form, which the kernel unpacks as its first file system.
//!
//! Written by hand because it is two screens of code, and the `cpio` program is missing on many machines.

/// An archive under construction.
pub(super) struct Archive {
    bytes: Vec<u8>,
    entries: u32,
}

/// The kind bits of a mode, as `stat` gives them.
const DIRECTORY: u32 = 0o040_000;
const REGULAR: u32 = 0o100_000;
const CHARACTER_DEVICE: u32 = 0o020_000;

/// When every file changed last: any time but zero, which would pass for a time that was not read.
const MODIFIED: u32 = 1_700_000_000;

impl Archive {
    pub(super) const fn new() -> Self {
        Self { bytes: Vec::new(), entries: 0 }
    }

    pub(super) fn directory(&mut self, path: &str) {
        self.entry(path, DIRECTORY | 0o755, &[], (0, 0));
    }

    pub(super) fn file(&mut self, path: &str, permissions: u32, content: &[u8]) {
        self.entry(path, REGULAR | permissions, content, (0, 0));
    }

    pub(super) fn character_device(&mut self, path: &str, permissions: u32, major: u32, minor: u32) {
        self.entry(path, CHARACTER_DEVICE | permissions, &[], (major, minor));
    }

    /// The archive with its end mark.
    pub(super) fn finish(mut self) -> Vec<u8> {
        self.entry("TRAILER!!!", 0, &[], (0, 0));
        self.bytes
    }

    /// Thirteen fields of eight hexadecimal digits after the magic, the name with its zero byte, then the content; name
    /// and content each end on a multiple of four (Documentation/driver-api/early-userspace/buffer-format.rst).
    fn entry(&mut self, path: &str, mode: u32, content: &[u8], (major, minor): (u32, u32)) {
        self.entries += 1;
        let name = path.trim_start_matches('/');
        let links = 1;
        // No file here comes near 4 GiB; a longer one would not fit the guest's memory either.
        let size = u32::try_from(content.len()).unwrap_or(u32::MAX);
        let name_size = u32::try_from(name.len() + 1).unwrap_or(u32::MAX);
        let fields = [self.entries, mode, 0, 0, links, MODIFIED, size, 0, 0, major, minor, name_size, 0];
        self.bytes.extend_from_slice(b"070701");
        for field in fields {
            self.bytes.extend_from_slice(format!("{field:08x}").as_bytes());
        }
        self.bytes.extend_from_slice(name.as_bytes());
        self.bytes.push(0);
        self.pad();
        self.bytes.extend_from_slice(content);
        self.pad();
    }

    fn pad(&mut self) {
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_has_its_header_name_and_padded_content() {
        let mut archive = Archive::new();
        archive.file("/init", 0o755, b"hello");
        let bytes = archive.finish();
        let header = "070701\
            00000001000081ed0000000000000000000000016553f1000000000500000000000000000000000000000000\
            0000000500000000";
        assert_eq!(&bytes[..110], header.as_bytes());
        assert_eq!(&bytes[110..116], b"init\0\0", "110 and 5 bytes end on a multiple of four with one more zero");
        assert_eq!(&bytes[116..124], b"hello\0\0\0");
        assert!(bytes[124..].starts_with(b"07070100000002"));
        assert!(bytes.len().is_multiple_of(4));
    }

    #[test]
    fn a_device_carries_its_numbers() {
        let mut archive = Archive::new();
        archive.character_device("dev/console", 0o600, 5, 1);
        let bytes = archive.finish();
        assert_eq!(&bytes[14..22], b"00002180");
        assert_eq!(&bytes[78..94], b"0000000500000001");
    }
}
