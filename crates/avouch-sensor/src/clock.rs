//! From the machine's uptime, in which the kernel programs tell time, to the epoch.

use nix::time::{ClockId, clock_gettime};

/// The epoch's time minus the uptime, in ns.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Offset(i128);

impl Offset {
    /// As it is now. The uptime counts while the machine sleeps.
    pub(crate) fn now() -> Self {
        let read = |clock| {
            clock_gettime(clock).map_or(0, |t| i128::from(t.tv_sec()) * 1_000_000_000 + i128::from(t.tv_nsec()))
        };
        // The middle of two readings, so that being put aside between them counts half.
        let before = read(ClockId::CLOCK_BOOTTIME);
        let epoch = read(ClockId::CLOCK_REALTIME);
        let after = read(ClockId::CLOCK_BOOTTIME);
        Self(epoch - (before + after) / 2)
    }

    /// Ns since the epoch at an uptime.
    pub(crate) fn epoch(&self, uptime: u64) -> u64 {
        u64::try_from(self.0 + i128::from(uptime)).unwrap_or(0)
    }
}
