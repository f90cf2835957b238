//! A program on the function of each wanted call: what nobody wants costs nothing.
//!
//! What tells the call is verified and loaded once for all functions of a prototype (the kernel lets programs jump to each other only
//! within one); what stands on a function only jumps there.

use std::collections::{BTreeMap, BTreeSet};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::sync::Arc;

use libbpf_rs::{Link, MapCore, MapFlags};

use super::functions::{self, Function, Functions};
use super::leaving::Leaving;
use super::missed;
use crate::calls;
use crate::error::SensorError;
use crate::object::{self, Config, Maps};

/// The number that stubs have first, and how many there are (`bpf/stubs.bpf.c`).
const FIRST_STUB: usize = 10;
const STUBS: usize = 120;

/// A program on a function.
#[derive(Debug)]
pub(super) struct Hook {
    function: String,
    program: OwnedFd,
    _link: Link,
    /// Must not go before the program that jumps there.
    _body: Option<Arc<Body>>,
}

impl Hook {
    /// Runs that the kernel left out.
    pub(super) fn missed(&self) -> u64 {
        missed(self.program.as_fd())
    }
}

/// What functions of a prototype jump to: the map that holds it, which lives while something can jump.
#[derive(Debug)]
struct Body {
    maps: Maps,
    _program: OwnedFd,
}

/// Everything that is attached.
#[derive(Debug)]
pub(super) struct Each {
    config: Config,
    functions: Functions,
    compat: Option<Hook>,
    bodies: BTreeMap<u32, Arc<Body>>,
    /// By the number of the call; `None` for calls that this kernel does not have.
    calls: BTreeMap<u16, Option<Hook>>,
}

impl Each {
    /// Attaches the counter of 32-bit calls alone, which shows whether this kernel lets programs stand on functions.
    ///
    /// # Errors
    /// When it does not, or when it would leave 32-bit calls uncounted.
    pub(super) fn open(maps: &Maps, config: Config) -> Result<Self, SensorError> {
        let functions = Functions::of_kernel()?;
        let compat = match functions.of_compat()? {
            Some(function) => {
                const COUNTER: &str = "count_compat";
                let mut open = object::open(object::STUBS, config)?;
                object::choose(&mut open, COUNTER, Some(&function.name))?;
                maps.lend(&mut open, &[])?;
                let (program, link) = super::attach(&object::load(open)?, COUNTER)?;
                Some(Hook { function: function.name, program, _link: link, _body: None })
            }
            None => None,
        };
        let (bodies, calls) = (BTreeMap::new(), BTreeMap::new());
        Ok(Self { config, functions, compat, bodies, calls })
    }

    /// Attaches to the functions of those `wanted` calls that have no program yet, or keeps what was to leave them.
    ///
    /// # Errors
    /// When that is not possible for every call that the kernel has; some may be attached then.
    pub(super) fn attach(&mut self, maps: &Maps, leaving: &Leaving, wanted: &BTreeSet<u16>) -> Result<(), SensorError> {
        let mut by_prototype: BTreeMap<u32, Vec<(u16, Function)>> = BTreeMap::new();
        let mut absent = Vec::new();
        for (nr, name) in calls::names().filter(|(nr, _)| wanted.contains(nr)) {
            if self.calls.contains_key(&nr) {
                continue;
            }
            if let Some(hook) = leaving.reprieve(nr) {
                self.calls.insert(nr, Some(hook));
                continue;
            }
            match self.functions.of_call(name) {
                Some(function) => by_prototype.entry(function.prototype).or_default().push((nr, function)),
                None => absent.push((nr, name)),
            }
        }
        let names: Vec<&'static str> = absent.iter().map(|(_, name)| *name).collect();
        if let Some(name) = functions::known_without_types(&names)?.first() {
            let reason = format!("the kernel's types have no function of `{name}`");
            return Err(SensorError::because("attach to the functions of system calls", reason));
        }
        self.calls.extend(absent.into_iter().map(|(nr, _)| (nr, None)));
        for (prototype, new) in by_prototype {
            self.attach_to(maps, prototype, &new)?;
        }
        Ok(())
    }

    fn attach_to(&mut self, maps: &Maps, prototype: u32, new: &[(u16, Function)]) -> Result<(), SensorError> {
        for new in new.chunks(STUBS) {
            let mut open = object::open(object::STUBS, self.config)?;
            for ((_, function), stub) in new.iter().zip(FIRST_STUB..) {
                object::choose(&mut open, &format!("call_{stub}"), Some(&function.name))?;
            }
            maps.lend(&mut open, &[])?;
            // The first stubs of a prototype bring the map that all jump through.
            if let Some(body) = self.bodies.get(&prototype) {
                body.maps.lend(&mut open, &[])?;
            }
            let object = object::load(open)?;
            if let (false, Some((_, function))) = (self.bodies.contains_key(&prototype), new.first()) {
                let body = Body::load(maps, self.config, &function.name, Maps::of(&object)?)?;
                self.bodies.insert(prototype, Arc::new(body));
            }
            for ((nr, function), stub) in new.iter().zip(FIRST_STUB..) {
                let (program, link) = super::attach(&object, &format!("call_{stub}"))
                    .map_err(|e| e.about(&format!("attach to the kernel's function `{}`", function.name)))?;
                let body = self.bodies.get(&prototype).map(Arc::clone);
                let hook = Hook { function: function.name.clone(), program, _link: link, _body: body };
                self.calls.insert(*nr, Some(hook));
            }
        }
        Ok(())
    }

    /// Has all programs leave but those of the `wanted` calls.
    pub(super) fn keep(&mut self, leaving: &mut Leaving, wanted: &BTreeSet<u16>) {
        let gone: Vec<u16> = self.calls.keys().filter(|nr| !wanted.contains(nr)).copied().collect();
        let gone: Vec<(u16, Hook)> = gone.into_iter().filter_map(|nr| Some((nr, self.calls.remove(&nr)??))).collect();
        if !gone.is_empty() {
            leaving.push(gone);
        }
    }

    /// Has all programs leave.
    pub(super) fn leave(mut self, leaving: &mut Leaving) {
        self.keep(leaving, &BTreeSet::new());
        // By a number that no call has.
        leaving.push(self.compat.take().map(|hook| (u16::MAX, hook)));
    }

    fn hooks(&self) -> impl Iterator<Item = &Hook> {
        self.calls.values().flatten().chain(&self.compat)
    }

    /// Names of the functions that the `wanted` calls end in.
    pub(super) fn functions_of(&self, wanted: &BTreeSet<u16>) -> Vec<String> {
        let wanted = calls::names().filter(|(nr, _)| wanted.contains(nr));
        wanted.filter_map(|(_, name)| Some(self.functions.of_call(name)?.name)).collect()
    }

    /// Names of the functions that programs stand on.
    pub(super) fn functions(&self) -> Vec<String> {
        self.hooks().map(|hook| hook.function.clone()).collect()
    }

    /// Runs that the kernel left out.
    pub(super) fn missed(&self) -> u64 {
        self.hooks().map(Hook::missed).sum()
    }
}

impl Body {
    /// Loads what tells, for functions like `function`, and puts it where the owner of `jumps` jumps to.
    fn load(maps: &Maps, config: Config, function: &str, jumps: Maps) -> Result<Self, SensorError> {
        let mut open = object::open(object::EACH, config)?;
        object::choose(&mut open, "call", Some(function))?;
        maps.lend(&mut open, &["scratch", ".rodata"])?;
        let object = object::load(open)?;
        let program = super::descriptor(&object, "call")?;
        jumps
            .get("body")?
            .update(&0_u32.to_ne_bytes(), &program.as_raw_fd().to_ne_bytes(), MapFlags::ANY)
            .map_err(|e| SensorError::new("let programs on functions jump to the one that tells", &e))?;
        Ok(Self { maps: jumps, _program: program })
    }
}
