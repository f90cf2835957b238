//! Compiled programs on their way into the kernel, and the maps that they share.

use std::os::fd::AsFd;

use libbpf_rs::{MapCore, MapHandle, Object, ObjectBuilder, OpenMapMut, OpenObject};
use nix::unistd::{SysconfVar, sysconf};

use crate::error::SensorError;

/// Programs at tracepoints.
pub(crate) const SENSOR: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/sensor.bpf.o"));
/// What tells a call from its own function.
pub(crate) const EACH: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/each.bpf.o"));
/// What stands on the functions.
pub(crate) const STUBS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/stubs.bpf.o"));

/// Constants of the programs: `struct config`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Config {
    /// Bytes of reads and writes that are kept.
    pub(crate) snaplen: u32,
}

/// Size of a page in KiB.
fn page_kb() -> u32 {
    let bytes = sysconf(SysconfVar::PAGE_SIZE).ok().flatten();
    bytes.and_then(|b| u32::try_from(b / 1024).ok()).unwrap_or(4)
}

impl Config {
    fn write(self, map: &mut OpenMapMut<'_>) {
        let Some(config) = map.initial_value_mut().and_then(|v| v.get_mut(..12)) else { return };
        config[..4].copy_from_slice(&std::process::id().to_ne_bytes());
        config[4..8].copy_from_slice(&self.snaplen.min(4095).to_ne_bytes());
        config[8..].copy_from_slice(&page_kb().to_ne_bytes());
    }
}

/// Reads compiled programs and sets their constants; of the programs none is loaded unless it is chosen ([`choose`]).
///
/// # Errors
/// When they are not what this loader reads.
pub(crate) fn open(bytes: &[u8], config: Config) -> Result<OpenObject, SensorError> {
    // What goes wrong comes back as an error.
    libbpf_rs::set_print(None);
    let mut open = ObjectBuilder::default()
        .name("avouch")
        .and_then(|b| b.open_memory(bytes))
        .map_err(|e| SensorError::new("read the compiled programs", &e))?;
    for mut map in open.maps_mut() {
        if map.name().to_string_lossy().ends_with(".rodata") {
            config.write(&mut map);
        }
    }
    for mut program in open.progs_mut() {
        program.set_autoload(false);
    }
    Ok(open)
}

/// Chooses the program `name` to be loaded, for the kernel's function `function` where it stands on one.
///
/// # Errors
/// When the kernel's type information has no such function.
pub(crate) fn choose(open: &mut OpenObject, name: &str, function: Option<&str>) -> Result<(), SensorError> {
    for mut program in open.progs_mut().filter(|p| p.name() == name) {
        program.set_autoload(true);
        if let Some(function) = function {
            let set = program.set_attach_target(0, Some(function.to_owned()));
            set.map_err(|e| SensorError::new(&format!("find the kernel's function `{function}`"), &e))?;
        }
    }
    Ok(())
}

/// Loads what was chosen.
///
/// # Errors
/// When the kernel refuses it.
pub(crate) fn load(open: OpenObject) -> Result<Object, SensorError> {
    open.load().map_err(|e| SensorError::new("load the kernel programs", &e))
}

/// Maps of programs that are loaded, by the names in their source.
#[derive(Debug, Default)]
pub(crate) struct Maps(Vec<(String, MapHandle)>);

/// What a map is called in the source: the loader puts the object's name before those of sections.
fn plain(name: &str) -> &str {
    name.find('.').and_then(|at| name.get(at..)).unwrap_or(name)
}

impl Maps {
    /// # Errors
    /// When the process may open no more files.
    pub(crate) fn of(object: &Object) -> Result<Self, SensorError> {
        let handle = |map: libbpf_rs::Map<'_>| {
            let name = plain(&map.name().to_string_lossy()).to_owned();
            let handle = MapHandle::try_from(&map);
            handle.map(|h| (name, h)).map_err(|e| SensorError::new("open a map of the kernel programs", &e))
        };
        Ok(Self(object.maps().map(handle).collect::<Result<_, _>>()?))
    }

    /// # Errors
    /// When there is none of that name.
    pub(crate) fn get(&self, name: &str) -> Result<&MapHandle, SensorError> {
        let found = self.0.iter().find(|(n, _)| n == name);
        found.map(|(_, map)| map).ok_or_else(|| SensorError::missing_map(name))
    }

    /// Has `open` work on these maps, but for those in `own`.
    ///
    /// # Errors
    /// When the process may open no more files.
    pub(crate) fn lend(&self, open: &mut OpenObject, own: &[&str]) -> Result<(), SensorError> {
        for mut map in open.maps_mut() {
            let name = plain(&map.name().to_string_lossy()).to_owned();
            let Some((_, ours)) = self.0.iter().find(|(n, _)| *n == name) else { continue };
            if !own.contains(&name.as_str()) {
                map.reuse_fd(ours.as_fd()).map_err(|e| SensorError::new("share a map of the kernel programs", &e))?;
            }
        }
        Ok(())
    }
}
