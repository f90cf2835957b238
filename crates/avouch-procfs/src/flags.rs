//! From the kernel's open flags to the numbers that captures use for the same names.

/// Kernel bits, and the bit of `file_flags` that stands for all of them together.
const FILE: [(u64, u32); 12] = [
    (0o100, O_CREAT),
    (0o200, O_EXCL),
    (0o1000, O_TRUNC),
    (0o2000, O_APPEND),
    (0o4000, O_NONBLOCK),
    (0o10000, O_DSYNC),
    (0o4_010_000, O_SYNC),
    (arch::DIRECT, O_DIRECT),
    (arch::LARGEFILE, O_LARGEFILE),
    (arch::DIRECTORY, O_DIRECTORY),
    (0o2_000_000, O_CLOEXEC),
    (0o20_000_000 | arch::DIRECTORY, O_TMPFILE),
];

/// The few that differ by processor.
#[cfg(not(any(target_arch = "arm", target_arch = "aarch64")))]
mod arch {
    pub(super) const DIRECT: u64 = 0o40_000;
    pub(super) const LARGEFILE: u64 = 0o100_000;
    pub(super) const DIRECTORY: u64 = 0o200_000;
}

/// The few that differ by processor.
#[cfg(any(target_arch = "arm", target_arch = "aarch64"))]
mod arch {
    pub(super) const DIRECTORY: u64 = 0o40_000;
    pub(super) const DIRECT: u64 = 0o200_000;
    pub(super) const LARGEFILE: u64 = 0o400_000;
}

const O_RDONLY: u32 = 1;
const O_WRONLY: u32 = 1 << 1;
const O_CREAT: u32 = 1 << 2;
const O_APPEND: u32 = 1 << 3;
const O_DSYNC: u32 = 1 << 4;
const O_EXCL: u32 = 1 << 5;
const O_NONBLOCK: u32 = 1 << 6;
const O_SYNC: u32 = 1 << 7;
const O_TRUNC: u32 = 1 << 8;
const O_DIRECT: u32 = 1 << 9;
const O_DIRECTORY: u32 = 1 << 10;
const O_LARGEFILE: u32 = 1 << 11;
const O_CLOEXEC: u32 = 1 << 12;
const O_TMPFILE: u32 = 1 << 13;

/// Flags of `open`, with the access mode, which is a number inside of them.
#[must_use]
pub fn open(kernel: u64) -> u32 {
    let access = match kernel & 3 {
        0 => O_RDONLY,
        1 => O_WRONLY,
        2 => O_RDONLY | O_WRONLY,
        _ => 0,
    };
    access | file_bits(kernel)
}

/// Flags of calls that make descriptors without an access mode (`dup3`, `pipe2`).
#[must_use]
pub fn file_bits(kernel: u64) -> u32 {
    FILE.iter().filter(|(bits, _)| kernel & bits == *bits).fold(0, |all, (_, flag)| all | flag)
}

#[cfg(test)]
mod tests {
    use avouch_event::flags::FlagTable;

    use super::*;

    #[test]
    fn read_only_is_a_bit_in_captures() {
        assert_eq!(open(0), 0x1);
        assert_eq!(open(0o2_000_102), 0x3 | 0x4 | 0x1000);
        assert_eq!(file_bits(0o2_000_000), 0x1000);
    }

    #[test]
    fn numbers_are_those_of_the_table() {
        let table = FlagTable::by_name("file_flags").unwrap();
        for (name, value) in [
            ("O_RDONLY", O_RDONLY),
            ("O_WRONLY", O_WRONLY),
            ("O_RDWR", O_RDONLY | O_WRONLY),
            ("O_CREAT", O_CREAT),
            ("O_APPEND", O_APPEND),
            ("O_DSYNC", O_DSYNC),
            ("O_EXCL", O_EXCL),
            ("O_NONBLOCK", O_NONBLOCK),
            ("O_SYNC", O_SYNC),
            ("O_TRUNC", O_TRUNC),
            ("O_DIRECT", O_DIRECT),
            ("O_DIRECTORY", O_DIRECTORY),
            ("O_LARGEFILE", O_LARGEFILE),
            ("O_CLOEXEC", O_CLOEXEC),
            ("O_TMPFILE", O_TMPFILE),
        ] {
            assert_eq!(table.value(name), Some(u64::from(value)), "{name}");
        }
    }
}
