//! What must be known of each event type before its parser runs, worked out once.

use avouch_event::{Direction, EVENTS, EventFlags, EventInfo, EventType, ParamType, SourceCategory, types};

/// Which thread an event has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ThreadUse {
    /// The one that is known already.
    Known,
    /// The known one, or a placeholder.
    Any,
    /// The known one, or one that its parser makes.
    Introduced,
}

/// Which descriptor an event works on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FdUse {
    /// None.
    None,
    /// The one in this parameter.
    Param(u8),
    /// One that its parser makes.
    Makes,
}

/// What must be known of an event type.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    pub(super) thread: ThreadUse,
    pub(super) fd: FdUse,
    /// The exit of a call.
    pub(super) exit: bool,
    /// Parameter 0 is a return value.
    pub(super) returns: bool,
    /// The run's time may begin with it.
    pub(super) begins: bool,
}

const UNKNOWN: Plan = Plan { thread: ThreadUse::Known, fd: FdUse::None, exit: false, returns: false, begins: false };

/// One plan a type.
#[derive(Debug)]
pub(crate) struct Plans(Box<[Plan]>);

impl Default for Plans {
    fn default() -> Self {
        Self(EVENTS.iter().map(plan).collect())
    }
}

impl Plans {
    pub(super) fn of(&self, ty: EventType) -> Plan {
        self.0.get(usize::from(ty.0)).copied().unwrap_or(UNKNOWN)
    }
}

fn plan(info: &EventInfo) -> Plan {
    let exit = info.direction == Direction::Exit;
    let returns = exit
        && info.params.first().is_some_and(|p| {
            matches!(p.name, "res" | "fd")
                && matches!(p.ty, ParamType::Errno | ParamType::Fd | ParamType::Pid | ParamType::Int64)
        });
    // Facts about the machine do not start the run's clock, calls do, hidden enter events included.
    let begins = !matches!(info.source, SourceCategory::Meta | SourceCategory::Iter);
    Plan { thread: thread_use(info), fd: fd_use(info), exit, returns, begins }
}

fn thread_use(info: &EventInfo) -> ThreadUse {
    match EventType(info.number) {
        types::ITER_TASK_E => ThreadUse::Introduced,
        types::PROCINFO_E
        | types::CLONE_20_X
        | types::FORK_20_X
        | types::VFORK_20_X
        | types::CLONE3_X
        | types::PROCEXIT_1_E
        | types::SCHEDSWITCH_6_E => ThreadUse::Known,
        // Marks of the driver's own, and facts told by a collector: they introduce nobody.
        _ if info.flags.contains(EventFlags::SKIPPARSERESET) => ThreadUse::Known,
        _ if matches!(info.source, SourceCategory::Meta | SourceCategory::Plugin | SourceCategory::None) => {
            ThreadUse::Known
        }
        _ => ThreadUse::Any,
    }
}

fn fd_use(info: &EventInfo) -> FdUse {
    let has = |f| info.flags.contains(f);
    if info.direction == Direction::Enter && EventType(info.number) != types::CONNECT_E {
        return if has(EventFlags::CREATES_FD) { FdUse::Makes } else { FdUse::None };
    }
    if !has(EventFlags::USES_FD) {
        return if has(EventFlags::CREATES_FD) { FdUse::Makes } else { FdUse::None };
    }
    let param = match EventType(info.number) {
        types::CONNECT_E => 0,
        types::READ_X
        | types::WRITE_X
        | types::PREAD_X
        | types::PWRITE_X
        | types::PWRITEV_X
        | types::WRITEV_X
        | types::RECV_X
        | types::SEND_X
        | types::SENDTO_X
        | types::SENDMSG_X
        | types::SENDFILE_X
        | types::SPLICE_X
        | types::BIND_X
        | types::CONNECT_X
        | types::SYMLINKAT_X => 2,
        types::READV_X | types::PREADV_X | types::RECVFROM_X => 3,
        types::RECVMSG_X => 5,
        types::MMAP_X | types::MMAP2_X => 8,
        _ => 1,
    };
    FdUse::Param(param)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptor_parameters_are_descriptors() {
        for info in &EVENTS {
            let old = info.flags.contains(EventFlags::OLD_VERSION);
            if let (FdUse::Param(i), false) = (fd_use(info), old)
                && let Some(p) = info.params.get(usize::from(i))
            {
                // `llseek` and others name it; `splice` takes its second.
                assert!(matches!(p.ty, ParamType::Fd), "{} parameter {i} is {:?}", info.symbol, p.ty);
            }
        }
    }

    #[test]
    fn threads_by_kind_of_event() {
        let plans = Plans::default();
        assert_eq!(plans.of(types::OPEN_X).thread, ThreadUse::Any);
        assert_eq!(plans.of(types::CLONE_20_X).thread, ThreadUse::Known);
        assert_eq!(plans.of(types::PLUGINEVENT_E).thread, ThreadUse::Known);
        assert_eq!(plans.of(types::DROP_E).thread, ThreadUse::Known);
        assert_eq!(plans.of(EventType(9999)).thread, ThreadUse::Known);
        assert!(plans.of(types::OPEN_X).returns && !plans.of(types::GETUID_X).returns);
    }
}
