//! Which commands belong to one sitting at a terminal.

use avouch_finding::Time;
use rustc_hash::FxHashMap;

/// A terminal on which nothing ran for so long is another sitting's when the next command comes.
const IDLE: u64 = 30 * 60_000_000_000;

/// Programs with which a sitting begins.
const SHELLS: [&str; 15] = [
    "sh", "bash", "dash", "ash", "zsh", "ksh", "mksh", "fish", "csh", "tcsh", "rbash", "busybox", "pwsh", "login",
    "tmux",
];

/// Terminals remembered; the longest idle ones go first. A sitting at one that was forgotten is told as another.
const MOST: usize = 20_000;

/// A terminal: node, container and number of the device.
type Terminal = (String, String, u32);

#[derive(Clone, Copy, Debug)]
struct Sitting {
    session: usize,
    last: Time,
}

/// Terminals and the sessions on them.
#[derive(Clone, Debug, Default)]
pub(super) struct Terminals(FxHashMap<Terminal, Sitting>);

/// Whether a sitting may begin with this program.
pub(super) fn is_shell(exe: &str, cmdline: &str) -> bool {
    let name = |path: &str| {
        let name = path.rsplit('/').next().unwrap_or_default();
        // A login shell has a dash before its name.
        SHELLS.contains(&name.trim_start_matches('-'))
    };
    name(exe) || cmdline.split_whitespace().next().is_some_and(name)
}

impl Terminals {
    /// The session that goes on at a terminal with a command whose parent ran none there; `None` when a new one begins.
    ///
    /// Such a command is a child of a shell's copy of itself (`( ls )`), which runs no program; a shell is a new sitting.
    pub(super) fn goes_on(&self, terminal: &Terminal, now: Time, shell: bool) -> Option<usize> {
        let sitting = self.0.get(terminal)?;
        let idle = now.0.saturating_sub(sitting.last.0);
        (!shell && idle <= IDLE).then_some(sitting.session)
    }

    /// A command of a session at a terminal.
    pub(super) fn used(&mut self, terminal: Terminal, session: usize, now: Time) {
        self.0.insert(terminal, Sitting { session, last: now });
        if self.0.len() > MOST {
            self.0.retain(|_, s| now.0.saturating_sub(s.last.0) <= IDLE);
        }
        // All of them in use: the older half goes, so that there is room for long.
        if self.0.len() > MOST {
            let mut last: Vec<Time> = self.0.values().map(|s| s.last).collect();
            last.sort_unstable();
            let middle = last.get(last.len() / 2).copied().unwrap_or(now);
            self.0.retain(|_, s| s.last > middle);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shells_are_known_by_program_or_by_the_name_they_were_called() {
        assert!(is_shell("/usr/bin/bash", "bash -i"));
        assert!(is_shell("/bin/busybox", "sh"));
        assert!(is_shell("/usr/lib/x", "-zsh"));
        assert!(!is_shell("/usr/bin/ls", "ls /bin/sh"));
    }

    #[test]
    fn terminals_that_are_all_in_use_are_forgotten_the_oldest_first() {
        let mut all = Terminals::default();
        let tty = |n: usize| ("n".to_owned(), format!("c{n}"), 34_816);
        let at = |n: usize| Time(u64::try_from(n).unwrap());
        (0..=MOST).for_each(|n| all.used(tty(n), n, at(n)));
        assert!(all.0.len() <= MOST);
        assert_eq!(all.goes_on(&tty(MOST), at(MOST), false), Some(MOST));
        assert_eq!(all.goes_on(&tty(0), at(MOST), false), None);
    }

    #[test]
    fn a_shell_or_half_an_hour_begins_anew() {
        let (mut all, tty) = (Terminals::default(), ("n".to_owned(), String::new(), 34_816));
        all.used(tty.clone(), 3, Time(0));
        assert_eq!(all.goes_on(&tty, Time(IDLE), false), Some(3));
        assert_eq!(all.goes_on(&tty, Time(IDLE + 1), false), None);
        assert_eq!(all.goes_on(&tty, Time(5), true), None);
        assert_eq!(all.goes_on(&("n".to_owned(), "c".to_owned(), 34_816), Time(5), false), None);
    }
}
