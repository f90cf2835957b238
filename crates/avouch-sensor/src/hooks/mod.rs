//! Where the programs that tell system calls stand: at the tracepoint of all, or on the function of each that is wanted.

mod common;
mod each;
mod functions;
mod leaving;
mod preemption;

use std::collections::BTreeSet;
use std::fs;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use libbpf_rs::{Link, Object, ProgramMut};

use self::common::Common;
use self::each::Each;
use self::leaving::Leaving;
use crate::error::SensorError;
use crate::object::{Config, Maps};

/// Where system calls are told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Calls {
    /// On the functions of the wanted ones where the kernel allows it, nothing can be lost by that, and they are not very many;
    /// else at the tracepoint of all.
    #[default]
    Auto,
    /// At the tracepoint that every call passes.
    Common,
    /// On the functions of the wanted ones.
    Each,
}

/// More calls than this cost less at the tracepoint: to stand on a function takes the kernel some milliseconds.
const MANY: usize = 100;

/// What is attached, by the way chosen.
#[derive(Debug)]
enum Way {
    Undecided,
    Common(Common),
    Each(Each),
}

/// The programs that tell calls.
#[derive(Debug)]
pub(crate) struct Hooks {
    asked: Calls,
    config: Config,
    way: Way,
    /// Why calls are told at the tracepoint although that was not asked for.
    reason: Option<String>,
    /// Programs on functions that are to leave when the kernel has been told that they no longer tell.
    given_up: Option<Each>,
    leaving: Leaving,
}

impl Hooks {
    /// Nothing is attached yet.
    pub(crate) fn new(asked: Calls, config: Config) -> Self {
        let leaving = Leaving::default();
        Self { asked, config, way: Way::Undecided, reason: None, given_up: None, leaving }
    }

    /// Attaches what the `wanted` calls need and is not attached. Whatever was attached stays until [`Self::settle`].
    ///
    /// Once at the tracepoint it stays there: the other way round, calls under way between the two would be told by none.
    ///
    /// # Errors
    /// When the kernel refuses it.
    pub(crate) fn attach(&mut self, maps: &Maps, wanted: &BTreeSet<u16>) -> Result<(), SensorError> {
        let why = match &mut self.way {
            Way::Common(_) => return Ok(()),
            Way::Each(_) if self.asked == Calls::Auto && wanted.len() > MANY => many(wanted.len()),
            Way::Each(each) => match each.attach(maps, &self.leaving, wanted) {
                Err(e) if self.asked == Calls::Auto => e.to_string(),
                result => return result,
            },
            Way::Undecided => match self.begin(maps, wanted) {
                Ok(each) => {
                    self.way = Way::Each(each);
                    return Ok(());
                }
                Err(e) if self.asked == Calls::Each => return Err(e),
                Err(e) => e.to_string(),
            },
        };
        let common = Common::attach(maps, self.config)?;
        if let Way::Each(each) = std::mem::replace(&mut self.way, Way::Common(common)) {
            self.given_up = Some(each);
        }
        self.reason = (self.asked != Calls::Common).then_some(why);
        Ok(())
    }

    /// The first programs on functions, if there are to be any.
    fn begin(&self, maps: &Maps, wanted: &BTreeSet<u16>) -> Result<Each, SensorError> {
        may_be_each(self.asked, wanted.len())?;
        let mut each = Each::open(maps, self.config)?;
        each.attach(maps, &self.leaving, wanted)?;
        Ok(each)
    }

    /// Whether programs on functions tell.
    pub(crate) fn are_each(&self) -> bool {
        matches!(self.way, Way::Each(_))
    }

    /// Has leave what the `wanted` calls do not need; the kernel has been told what is wanted.
    pub(crate) fn settle(&mut self, wanted: &BTreeSet<u16>) {
        if let Some(each) = self.given_up.take() {
            each.leave(&mut self.leaving);
        }
        if let Way::Each(each) = &mut self.way {
            each.keep(&mut self.leaving, wanted);
        }
    }

    /// Runs that the kernel left out.
    pub(crate) fn missed(&self) -> u64 {
        let given_up = self.given_up.as_ref().map_or(0, Each::missed);
        let now = match &self.way {
            Way::Undecided => 0,
            Way::Common(common) => common.missed(),
            Way::Each(each) => each.missed(),
        };
        self.leaving.missed() + given_up + now
    }

    /// What is attached, for people: names of functions, or the tracepoint with the reason why.
    pub(crate) fn told(&self) -> Told {
        match &self.way {
            Way::Each(each) => Told::Each(each.functions()),
            Way::Common(_) | Way::Undecided => Told::Common(self.reason.clone()),
        }
    }
}

/// Where calls are told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// At the tracepoint of all, and why, where something else was asked for.
    Common(Option<String>),
    /// On these functions of the kernel.
    Each(Vec<String>),
}

fn many(wanted: usize) -> String {
    format!("{wanted} calls are wanted")
}

/// Whether programs are to stand on the functions of that many calls, as far as can be told without trying.
fn may_be_each(asked: Calls, wanted: usize) -> Result<(), SensorError> {
    let not = |reason: String| Err(SensorError::because("stand on the functions of system calls", reason));
    match asked {
        Calls::Each => Ok(()),
        Calls::Common => not("the tracepoint is asked for".to_owned()),
        Calls::Auto if wanted > MANY => not(many(wanted)),
        Calls::Auto => match preemption::is_frequent() {
            Some(false) => Ok(()),
            Some(true) => not("this kernel interrupts programs there".to_owned()),
            None => not("this kernel does not tell whether it interrupts programs there".to_owned()),
        },
    }
}

/// Where the `wanted` calls would be told; whether the kernel allows it is tried with one program.
pub(crate) fn trial(asked: Calls, wanted: &BTreeSet<u16>) -> Told {
    let each = may_be_each(asked, wanted.len()).and_then(|()| Each::open(&Maps::default(), Config { snaplen: 0 }));
    match each {
        Ok(each) => Told::Each(each.functions_of(wanted)),
        Err(e) => Told::Common((asked != Calls::Common).then(|| e.to_string())),
    }
}

fn program<'a>(object: &'a Object, name: &str) -> Result<ProgramMut<'a>, SensorError> {
    object.progs_mut().find(|p| p.name() == name).ok_or_else(|| SensorError::missing_program(name))
}

fn descriptor(object: &Object, name: &str) -> Result<OwnedFd, SensorError> {
    let descriptor = program(object, name)?.as_fd().try_clone_to_owned();
    descriptor.map_err(|e| SensorError::because("keep a kernel program open", e.to_string()))
}

/// Attaches a program where its source or its loading says.
pub(crate) fn attach(object: &Object, name: &str) -> Result<(OwnedFd, Link), SensorError> {
    let link = program(object, name)?.attach();
    let link = link.map_err(|e| SensorError::new(&format!("attach the program `{name}`"), &e))?;
    Ok((descriptor(object, name)?, link))
}

/// Runs that the kernel left out because the program was running already on that CPU. Told by the descriptor itself,
/// which needs no privilege (since Linux 5.12; before, nobody counts).
pub(crate) fn missed(program: BorrowedFd<'_>) -> u64 {
    let told = || {
        let info = fs::read_to_string(format!("/proc/self/fdinfo/{}", program.as_raw_fd())).ok()?;
        info.lines().find_map(|l| l.strip_prefix("recursion_misses:"))?.trim().parse::<u64>().ok()
    };
    told().unwrap_or(0)
}
