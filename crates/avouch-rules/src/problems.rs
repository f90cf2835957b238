//! Collects what is wrong, in the order in which Falco would come upon it.

use avouch_diagnostics::{Diagnostic, FileId};

use crate::codes;

/// Problems shown at most; a hostile file could have millions.
const MOST: usize = 5_000;

/// When a problem is found; Falco reads and compiles file by file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    Read,
    Macros,
    Rules,
    Unused,
    Lints,
    /// After all files.
    Plugins,
}

/// The problems so far.
#[derive(Debug, Default)]
pub(crate) struct Problems {
    found: Vec<((u32, Phase), Diagnostic)>,
    more: usize,
}

impl Problems {
    /// Adds a problem of an item that was last changed in `file`.
    pub(crate) fn add(&mut self, file: FileId, phase: Phase, diagnostic: Diagnostic) {
        if self.found.len() < MOST {
            let file = if phase == Phase::Plugins { u32::MAX } else { file.0 };
            self.found.push(((file, phase), diagnostic));
        } else {
            self.more += 1;
        }
    }

    /// All of them in order.
    pub(crate) fn finish(mut self) -> Vec<Diagnostic> {
        self.found.sort_by_key(|(key, _)| *key);
        let mut all: Vec<Diagnostic> = self.found.into_iter().map(|(_, d)| d).collect();
        if self.more > 0 {
            all.push(codes::TOO_MANY_PROBLEMS.at_fault(format!("{} more problems are not shown", self.more)));
        }
        all
    }
}
