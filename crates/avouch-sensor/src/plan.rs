//! From what is wanted to what the kernel programs are told: a byte a call, a plan a call, and the hooks of process life.

use std::collections::BTreeSet;

use avouch_event::{EventType, Interest, ReadPaths, Want, types};
use zerocopy::{Immutable, IntoBytes};

use crate::abi::{OPS, PREFIX_MAX, PREFIXES, Plan, Prefix, SYSCALLS, WANT_COUNT, record};
use crate::calls::{self, Row};
use crate::hooks::{self, Calls, Told};

/// `struct settings` of the programs.
#[derive(Clone, Debug, PartialEq, Eq, IntoBytes, Immutable)]
#[repr(C)]
pub(crate) struct Settings {
    pub(crate) want: [u8; SYSCALLS],
    pub(crate) life: u32,
    pub(crate) reads_below: u32,
    pub(crate) seconds: [u32; 8],
    pub(crate) each: [u8; SYSCALLS],
}

/// Births, by whichever call.
const BIRTHS: [EventType; 4] = [types::CLONE_20_X, types::FORK_20_X, types::VFORK_20_X, types::CLONE3_X];
/// Its successes are counted whatever is wanted: what goes through a ring is seen by nobody.
const COUNTED: &str = "io_uring_setup";
/// Executions.
const EXECUTIONS: [EventType; 2] = [types::EXECVE_19_X, types::EXECVEAT_X];

impl Settings {
    /// What the programs are told so that `interest` is served.
    pub(crate) fn of(interest: &Interest) -> Self {
        let reads_below = u32::from(held(interest).is_some());
        let none = [0; SYSCALLS];
        let mut settings = Self { want: none, life: 0, reads_below, seconds: seconds(interest), each: none };
        for (nr, name) in calls::names() {
            let Some(byte) = settings.want.get_mut(usize::from(nr)) else { continue };
            *byte = want(interest, name, calls::by_name(name));
            if name == COUNTED {
                *byte |= WANT_COUNT;
            }
        }
        let successes = |types: &[EventType]| types.iter().any(|t| interest.of(*t).0 & Want::SUCCESSES.0 != 0);
        let hook = |wanted: bool, kind: u16| u32::from(wanted) << kind;
        settings.life = hook(successes(&EXECUTIONS), record::EXEC)
            | hook(successes(&BIRTHS), record::FORK)
            | hook(interest.of(types::PROCEXIT_1_E).any(), record::EXIT);
        settings
    }

    /// The same for programs on the functions of calls instead of the tracepoint that all pass.
    pub(crate) fn on_functions(self) -> Self {
        Self { want: [0; SYSCALLS], each: self.want, ..self }
    }

    /// Numbers of the calls that are told or counted.
    pub(crate) fn calls(&self) -> BTreeSet<u16> {
        self.want.iter().zip(0..).filter(|(want, _)| **want != 0).map(|(_, nr)| nr).collect()
    }
}

fn want(interest: &Interest, name: &str, row: Option<&Row>) -> u8 {
    let event = match row {
        Some(row) => row.event,
        // Births have a hook, and `exit` never returns.
        None if ["clone", "clone3", "fork", "vfork", "exit", "exit_group"].contains(&name) => return 0,
        None => types::GENERIC_X,
    };
    let want = interest.of(event);
    let want = if EXECUTIONS.contains(&event) { Want(want.0 & Want::FAILURES.0) } else { want };
    if want.any() { (want.0 & 0xff) as u8 & !WANT_COUNT } else { 0 }
}

/// The prefixes that the kernel is to test; none when every file is wanted, or when there are more than it holds, so that every
/// file has to be told.
fn held(interest: &Interest) -> Option<&BTreeSet<Box<[u8]>>> {
    match interest.read_paths() {
        ReadPaths::Prefixes(all) if all.len() <= PREFIXES => Some(all),
        ReadPaths::Prefixes(_) | ReadPaths::Any => None,
    }
}

/// Which second bytes prefixes have, a bit each; a prefix that has none lets every path through to the trie.
fn seconds(interest: &Interest) -> [u32; 8] {
    let mut bits = [0; 8];
    for prefix in held(interest).into_iter().flatten() {
        let Some(second) = prefix.get(1) else { return [u32::MAX; 8] };
        if let Some(word) = bits.get_mut(usize::from(second >> 5)) {
            *word |= 1 << (second & 31);
        }
    }
    bits
}

/// Keys of the kernel's trie of paths: what of each prefix it looks at. A shorter prefix lets more through, never less.
pub(crate) fn prefixes(interest: &Interest) -> Vec<Prefix> {
    let Some(all) = held(interest) else { return Vec::new() };
    let key = |path: &[u8]| {
        let mut key = Prefix { bits: 0, path: [0; PREFIX_MAX] };
        let len = path.len().min(PREFIX_MAX - 1);
        if let (Some(to), Some(from)) = (key.path.get_mut(..len), path.get(..len)) {
            to.copy_from_slice(from);
        }
        key.bits = u32::try_from(len * 8).unwrap_or(0);
        key
    };
    all.iter().map(|p| key(p)).collect()
}

/// Every call's plan, by number.
pub(crate) fn plans() -> Vec<(u32, Plan)> {
    let plan = |row: &Row| {
        let ops = row.ops();
        let mut plan = Plan { open_class: row.open_class(), ops: ops.len().min(OPS) as u8, ..Plan::default() };
        for (slot, op) in plan.op.iter_mut().zip(ops) {
            *slot = op;
        }
        plan
    };
    calls::names()
        .filter(|(nr, _)| usize::from(*nr) < SYSCALLS)
        .map(|(nr, name)| (u32::from(nr), calls::by_name(name).map(plan).unwrap_or_default()))
        .collect()
}

/// What is attached so that `interest` is served, a line each, for people. Whether programs can stand on the functions of calls is tried.
#[must_use]
pub fn hooks(interest: &Interest, calls: Calls) -> Vec<String> {
    let settings = Settings::of(interest);
    let told = settings.want.iter().filter(|want| **want & !WANT_COUNT != 0).count();
    let line = |hook: &str, what: &str| format!("{hook}: {what}");
    let mut lines = Vec::new();
    if told > 0 {
        lines.push(match hooks::trial(calls, &settings.calls()) {
            Told::Each(functions) => {
                let refused = failing(interest);
                let refused = if refused.is_empty() { String::new() } else { format!(" ({})", refused_are(&refused)) };
                line(
                    "fexit",
                    &format!("{told} system calls are told, by programs on {}{refused}", functions.join(", ")),
                )
            }
            Told::Common(why) => {
                let why = why.map(|why| format!(" ({why})")).unwrap_or_default();
                line("sys_exit", &format!("{told} system calls are told, others rejected in the kernel{why}"))
            }
        });
    }
    for (kind, hook, what) in [
        (record::FORK, "sched_process_fork", "births"),
        (record::EXEC, "sched_process_exec", "executions"),
        (record::EXIT, "sched_process_exit", "deaths"),
    ] {
        if settings.life & 1 << kind != 0 {
            lines.push(line(hook, what));
        }
    }
    lines
}

/// How people are told that refusals of these calls are not seen.
pub(crate) fn refused_are(calls: &[&str]) -> String {
    format!("attempts that seccomp or a tracer refuses are not seen: {}", calls.join(", "))
}

/// Calls of which those that fail are wanted: a refusal by seccomp or by a tracer never comes to the call's function.
pub(crate) fn failing(interest: &Interest) -> Vec<&'static str> {
    let settings = Settings::of(interest);
    let wanted =
        |nr: u16| settings.want.get(usize::from(nr)).is_some_and(|want| u16::from(*want) & Want::FAILURES.0 != 0);
    calls::names().filter(|(nr, _)| wanted(*nr)).map(|(_, name)| name).collect()
}

/// Event types that are wanted and that no call here gives: a gap.
pub(crate) fn uncollected(interest: &Interest) -> Vec<EventType> {
    let collected = |ty: EventType| {
        ty == types::GENERIC_X
            // `umount` without flags is a call of 32-bit programs alone, of which another gap tells.
            || ty == types::UMOUNT_1_X
            || ty == types::PROCEXIT_1_E
            || BIRTHS.contains(&ty)
            || calls::rows().any(|r| r.event == ty && calls::names().any(|(_, n)| n == r.name))
    };
    interest.iter().map(|(ty, _)| ty).filter(|ty| ty.is_exit() && !collected(*ty)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nr(name: &str) -> usize {
        calls::names().find(|(_, n)| *n == name).map(|(nr, _)| usize::from(nr)).unwrap()
    }

    #[test]
    fn only_what_is_wanted_is_set() {
        let mut interest = Interest::default();
        interest.add(types::OPENAT_2_X, Want::WRITES);
        interest.add(types::EXECVE_19_X, Want::SUCCESSES);
        let settings = Settings::of(&interest);
        assert_eq!(settings.want[nr("openat")], 2);
        assert_eq!(settings.want[nr(COUNTED)], WANT_COUNT, "counted, and not told");
        assert_eq!(settings.want.iter().filter(|w| **w != 0).count(), 2);
        assert_eq!(settings.life, 1 << record::EXEC);
        let moved = settings.clone().on_functions();
        assert_eq!((moved.want, moved.each, moved.life), ([0; SYSCALLS], settings.want, settings.life));
    }

    #[test]
    fn read_paths_become_keys() {
        let mut interest = Interest::default();
        let long = [b'a'; 300];
        interest.add_reads_below(types::OPENAT_2_X, Want::READS, [&b"/etc/"[..], &long]);
        let settings = Settings::of(&interest);
        assert_eq!(settings.reads_below, 1);
        let bit = |byte: u8| settings.seconds[usize::from(byte >> 5)] >> (byte & 31) & 1;
        assert_eq!((bit(b'e'), bit(b'a'), bit(b'/'), bit(b't')), (1, 1, 0, 0));
        interest.add_reads_below(types::OPENAT_2_X, Want::READS, [&b"/"[..]]);
        assert_eq!(Settings::of(&interest).seconds, [u32::MAX; 8], "below the root is everywhere");
        let mut interest = Interest::default();
        interest.add_reads_below(types::OPENAT_2_X, Want::READS, [&b"/etc/"[..], &long]);
        let keys = prefixes(&interest);
        assert_eq!(keys.iter().map(|k| k.bits).collect::<Vec<_>>(), [40, 127 * 8]);
        assert_eq!(keys[0].path[..6], *b"/etc/\0");
        assert_eq!(Settings::of(&Interest::everything()).reads_below, 0);
        let many: Vec<String> = (0..=PREFIXES).map(|n| format!("/{n}/")).collect();
        interest.add_reads_below(types::OPENAT_2_X, Want::READS, many.iter().map(String::as_bytes));
        assert_eq!((Settings::of(&interest).reads_below, prefixes(&interest).len()), (0, 0));
    }

    #[test]
    fn hooks_are_those_that_serve() {
        let mut interest = Interest::default();
        let hooks = |interest: &Interest| super::hooks(interest, Calls::Common);
        assert!(hooks(&interest).is_empty());
        interest.add(types::EXECVE_19_X, Want::SUCCESSES);
        assert_eq!(hooks(&interest), ["sched_process_exec: executions"]);
        interest.add(types::CONNECT_X, Want::ALL);
        interest.add(types::UMOUNT_1_X, Want::ALL);
        assert_eq!(hooks(&interest)[0], "sys_exit: 1 system calls are told, others rejected in the kernel");
        assert_eq!(hooks(&interest).len(), 2);
        assert_eq!(failing(&interest), ["connect"]);
        assert!(uncollected(&interest).is_empty());
    }

    #[test]
    fn everything_has_no_hole() {
        let settings = Settings::of(&Interest::everything());
        for (nr, name) in calls::names() {
            let own_hook = ["clone", "clone3", "fork", "vfork", "exit", "exit_group"].contains(&name);
            assert_eq!(settings.want[usize::from(nr)] == 0, own_hook, "{name}");
        }
        assert_eq!(settings.life, 0b11100);
    }
}
