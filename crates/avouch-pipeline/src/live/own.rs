//! What the agent itself uses, as the kernel counts it.

use std::fs;

use super::records::OwnUse;

/// Ticks a second of `/proc/self/stat`: the kernel's `USER_HZ`, which is 100 on every architecture that avouch is built for.
const USER_HZ: f64 = 100.0;

/// `/proc/self/status` counts in kB.
const KILO: u64 = 1024;

/// Measures from call to call.
#[derive(Debug, Default)]
pub(crate) struct OwnMeter {
    last: Option<(u64, u64)>,
}

impl OwnMeter {
    /// Use since the last call; `mono` is in ns. What `/proc` does not tell is 0.
    pub(crate) fn measure(&mut self, mono: u64) -> OwnUse {
        let ticks = ticks().unwrap_or(0);
        let (before, since) = self.last.replace((ticks, mono)).unwrap_or((ticks, mono));
        let seconds = mono.saturating_sub(since) as f64 / 1e9;
        let used = ticks.saturating_sub(before) as f64 / USER_HZ;
        OwnUse {
            cpu_percent: if seconds > 0.0 { (used / seconds * 1000.0).round() / 10.0 } else { 0.0 },
            rss_bytes: resident().unwrap_or(0),
        }
    }
}

/// User and system time of all threads.
fn ticks() -> Option<u64> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The name stands in brackets and may hold anything, brackets too.
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace().skip(11);
    Some(fields.next()?.parse::<u64>().ok()? + fields.next()?.parse::<u64>().ok()?)
}

fn resident() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kb| kb * KILO)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_use_is_measured() {
        let mut meter = OwnMeter::default();
        let first = meter.measure(1);
        assert!(first.rss_bytes > 100_000 && first.cpu_percent == 0.0, "{first:?}");
        let before = ticks().unwrap();
        while ticks().unwrap() < before + 3 {
            std::hint::black_box(0);
        }
        let busy = meter.measure(100_000_001);
        assert!(busy.cpu_percent >= 20.0, "{busy:?}");
    }
}
