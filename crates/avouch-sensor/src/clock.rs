//! From the machine's uptime, in which the kernel programs tell time, to the epoch.

use nix::time::{ClockId, clock_gettime};

/// A difference in ns that counts as the clock having been set. Its slow correction moves both clocks alike.
const STEP: i128 = 1_000_000;

/// The epoch's time minus the uptime, in ns. It changes when somebody sets the clock: one that starts wrong and is set right must
/// not date everything wrong for good.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Offset {
    now: i128,
    /// What it was up to the uptime `until`.
    before: i128,
    until: i128,
    /// Uptime of the last look.
    looked: i128,
}

/// What the clocks said.
#[derive(Clone, Copy)]
struct Reading {
    offset: i128,
    uptime: i128,
    /// How long it took to read both.
    took: i128,
}

impl Offset {
    /// As it is now. The uptime counts while the machine sleeps.
    pub(crate) fn now() -> Self {
        let Reading { offset, uptime, .. } = read();
        Self { now: offset, before: offset, until: 0, looked: uptime }
    }

    /// Looks whether the clock was set since the last look. Between the two it is not known when: that counts as after.
    pub(crate) fn follow(&mut self) {
        self.follow_to(read());
    }

    fn follow_to(&mut self, Reading { offset, uptime, took }: Reading) {
        // Put aside between the readings: the next look is better.
        if took >= STEP {
            return;
        }
        if (offset - self.now).abs() >= STEP {
            (self.before, self.until, self.now) = (self.now, self.looked, offset);
        }
        self.looked = uptime;
    }

    /// Ns since the epoch at an uptime.
    pub(crate) fn epoch(&self, uptime: u64) -> u64 {
        let uptime = i128::from(uptime);
        let offset = if uptime <= self.until { self.before } else { self.now };
        u64::try_from(offset + uptime).unwrap_or(0)
    }
}

fn read() -> Reading {
    let ns =
        |clock| clock_gettime(clock).map_or(0, |t| i128::from(t.tv_sec()) * 1_000_000_000 + i128::from(t.tv_nsec()));
    // The middle of two readings, so that being put aside between them counts half.
    let before = ns(ClockId::CLOCK_BOOTTIME);
    let epoch = ns(ClockId::CLOCK_REALTIME);
    let uptime = ns(ClockId::CLOCK_BOOTTIME);
    Reading { offset: epoch - (before + uptime) / 2, uptime, took: uptime - before }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_set_is_followed_and_jitter_is_not() {
        const HOUR: i128 = 3_600_000_000_000;
        let look = |offset, uptime| Reading { offset, uptime, took: 100 };
        let mut clock = Offset { now: 5 * HOUR, before: 5 * HOUR, until: 0, looked: 10 };
        let hours = |clock: &Offset, uptime: u64| i128::from(clock.epoch(uptime)) / HOUR;
        clock.follow_to(look(5 * HOUR + STEP / 2, 20));
        assert_eq!(i128::from(clock.epoch(15)), 5 * HOUR + 15);
        clock.follow_to(Reading { took: STEP, ..look(4 * HOUR, 30) });
        assert_eq!(hours(&clock, 30), 5, "such a reading is not trusted");
        clock.follow_to(look(4 * HOUR, 40));
        assert_eq!(
            (hours(&clock, 20), hours(&clock, 21), hours(&clock, 50)),
            (5, 4, 4),
            "what was before the last look stays"
        );
        clock.follow_to(look(6 * HOUR, 60));
        assert_eq!((hours(&clock, 40), hours(&clock, 41)), (4, 6));
    }

    #[test]
    fn uptime_is_told_as_the_time_of_day() {
        let clock = Offset::now();
        assert!((clock.now - read().offset).abs() < 1_000_000_000);
    }
}
