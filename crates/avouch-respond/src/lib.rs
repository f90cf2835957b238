//! Response actions and prevention: kill, stop, pause, quarantine, deny; each act is a record.
//!
//! **Nothing happens by default.** Without a policy, or with an empty one, no process is touched and no kernel program is
//! loaded. With one, `dry_run` is on until the user turns it off: acts are recorded and not done, denials are observed only.
//! Setting `dry_run: true` again stops every act of every rule.
//!
//! ```
//! let policy = avouch_respond::Policy::parse("response.yaml", "
//! dry_run: false
//! max_acts_per_minute: 5
//! protect:
//!   processes: [postgres]
//! rules:
//!   - rule: Terminal shell in container
//!     action: kill
//! prevention:
//!   exec_from_memory: {mode: deny, scope: containers}
//!   forbidden_destinations:
//!     mode: observe
//!     destinations:
//!       - {cidr: 169.254.169.254/32, ports: [80]}
//! ").unwrap();
//! assert_eq!(policy.rules.len(), 1);
//! assert!(avouch_respond::Policy::parse("empty.yaml", "").unwrap().dry_run);
//! ```
//!
//! A detection goes to [`Responder::respond`], which decides ([`decide`], pure) and acts. It never acts on pid 1, on itself,
//! on the programs of a node outside of containers ([`PROTECTED_ON_HOST`]), on a process whose start time it does not know or
//! that differs from the event's (the number was given away), on a cgroup that is not the container's own, or for an event that
//! is more than a minute old. No more acts
//! are done within a minute than the policy allows; what is held back is recorded.
//!
//! [`Prevention`] denies in the kernel, see its module. Its denials are not limited in number: each stands for itself, and a
//! limit would be a way round it.

mod act;
mod decide;
mod freezer;
mod pattern;
mod perform;
mod policy;
mod prevention;
mod process;

pub use act::{Act, ActMode, Mechanism, Pod, Target, Trigger, What, ticks_of_boot_ns};
pub use decide::{Decision, Identity, RateWindow, Verdict, decide};
pub use freezer::{ContainerCgroup, FreezeError};
pub use pattern::Pattern;
pub use perform::{ActCounts, PatchLabels, Responder};
pub use policy::{
    Action, Destination, ENTRIES, Item, Mode, PATH_BYTES, PORT_RANGES, PROTECTED_ON_HOST, Policy, PolicyError,
    PreventionPolicy, Protect, RuleAction, Scope,
};
pub use prevention::{Filesystems, Layer, LayerReport, LayerState, Prevention, PreventionLosses, Reach};
