//! Signals that end a run, or have it load its rules anew.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use anyhow::Context;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag;

/// What signals asked for. Nothing happens in the handlers but that these are set.
pub(crate) struct Signals {
    stop: Arc<AtomicUsize>,
    reload: Arc<AtomicBool>,
}

impl Signals {
    /// Takes SIGINT, SIGTERM and SIGHUP from now on. A second SIGINT or SIGTERM ends the process at once, for a run that
    /// hangs.
    pub(crate) fn register() -> anyhow::Result<Self> {
        let (stop, reload, again) = (Arc::default(), Arc::default(), Arc::new(AtomicBool::new(false)));
        for signal in [SIGINT, SIGTERM] {
            flag::register_conditional_default(signal, Arc::clone(&again))
                .and_then(|_| flag::register(signal, Arc::clone(&again)))
                .and_then(|_| flag::register_usize(signal, Arc::clone(&stop), signal.unsigned_abs() as usize))
                .context("failed to listen for signals")?;
        }
        flag::register(SIGHUP, Arc::clone(&reload)).context("failed to listen for signals")?;
        Ok(Self { stop, reload })
    }

    /// The signal that asked to stop, if one did.
    pub(crate) fn stop(&self) -> Option<&'static str> {
        match self.stop.load(Ordering::Relaxed) {
            0 => None,
            n if n == SIGINT.unsigned_abs() as usize => Some("SIGINT"),
            _ => Some("SIGTERM"),
        }
    }

    /// Whether a SIGHUP came since the last call.
    pub(crate) fn take_reload(&self) -> bool {
        self.reload.swap(false, Ordering::Relaxed)
    }
}
