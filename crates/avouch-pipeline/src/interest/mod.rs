//! What a live sensor is to collect, and who asked for it: the rules that run, the state, the activity trail.

mod known;
mod tables;

use std::collections::BTreeMap;
use std::fmt;

use avouch_engine::interest;
use avouch_event::{EventType, Interest, ReadPaths, Want};

use crate::RuleSet;
use crate::ruleset::SYSCALL;
use known::SyscallFacts;
pub use known::class_of;
pub use tables::{activity, descriptors, state};

/// Who asks for events.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Asker {
    /// Fields of later events.
    State,
    /// The records of commands, connections and file changes.
    Activity,
    /// The rule of that name.
    Rule(String),
}

impl fmt::Display for Asker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::State => f.write_str("(state)"),
            Self::Activity => f.write_str("(activity)"),
            Self::Rule(name) => f.write_str(name),
        }
    }
}

/// What to collect, with the reasons.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// What to collect.
    pub interest: Interest,
    /// Who asked for what, by type.
    pub reasons: BTreeMap<EventType, Vec<(Asker, Want)>>,
    /// Who asks for files opened for reading, and for which.
    pub read_paths: BTreeMap<Asker, ReadPaths>,
    /// Names of the calls without an event of their own that matter; `None` for all of them.
    pub generic: Option<Vec<&'static str>>,
}

impl Plan {
    /// Adds what somebody else asks for.
    pub fn add(&mut self, asker: &Asker, interest: &Interest) {
        self.interest.merge(interest);
        for (ty, want) in interest.iter() {
            if ReadPaths::TYPES.contains(&ty) && want.contains(Want::READS) {
                self.read_paths.entry(asker.clone()).or_default().widen(interest.read_paths());
            }
            self.reasons.entry(ty).or_default().push((asker.clone(), want));
        }
    }
}

/// What the rules that run ask for. Cheap enough to do anew whenever rules are switched.
#[must_use]
pub fn of_rules(rules: &RuleSet) -> Plan {
    let mut plan = Plan { generic: Some(Vec::new()), ..Plan::default() };
    let Some(program) = rules.compiled.program(SYSCALL) else { return plan };
    let asks = interest(program, &SyscallFacts);
    let mut reads_other_descriptors = false;
    for asked in asks.list {
        let Some(rule) = program.rule(asked.rule) else { continue };
        reads_other_descriptors |= asked.want.contains(Want::STATE);
        match &asked.read_paths {
            ReadPaths::Prefixes(prefixes) => {
                plan.interest.add_reads_below(asked.ty, asked.want, prefixes.iter().map(|p| &**p));
            }
            ReadPaths::Any => plan.interest.add(asked.ty, asked.want),
        }
        if ReadPaths::TYPES.contains(&asked.ty) && asked.want.contains(Want::READS) {
            plan.read_paths.entry(Asker::Rule(rule.name.clone())).or_default().widen(&asked.read_paths);
        }
        plan.reasons.entry(asked.ty).or_default().push((Asker::Rule(rule.name.clone()), asked.want));
    }
    plan.generic = asks.generic;
    if reads_other_descriptors {
        plan.add(&Asker::State, &descriptors());
    }
    plan
}

/// A table: type, classes and parts, and who asked.
impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (ty, want) in self.interest.iter() {
            writeln!(f, "{} {}", ty.name(), names(want))?;
            for (asker, wanted) in self.reasons.get(&ty).into_iter().flatten() {
                writeln!(f, "    {}: {asker}", names(*wanted))?;
            }
        }
        if !self.read_paths.is_empty() {
            writeln!(f, "files opened for reading: {}", paths(self.interest.read_paths()))?;
            for (asker, read_paths) in &self.read_paths {
                writeln!(f, "    {}: {asker}", paths(read_paths))?;
            }
        }
        match &self.generic {
            None => writeln!(f, "calls without an event of their own: all"),
            Some(names) if names.is_empty() => Ok(()),
            Some(names) => writeln!(f, "calls without an event of their own: {}", names.join(" ")),
        }
    }
}

fn paths(paths: &ReadPaths) -> String {
    let ReadPaths::Prefixes(prefixes) = paths else { return "any path".to_owned() };
    let texts: Vec<_> = prefixes.iter().map(|p| String::from_utf8_lossy(p)).collect();
    match texts.len() {
        0 => "paths that are not plain".to_owned(),
        n => format!("{n} prefixes: {}", texts.join(" ")),
    }
}

fn names(want: Want) -> String {
    const NAMES: [(Want, &str); 6] = [
        (Want::READS, "reads"),
        (Want::WRITES, "writes"),
        (Want::FAILURES, "failures"),
        (Want::FD_FACTS, "descriptors"),
        (Want::DATA, "data"),
        (Want::STATE, "state"),
    ];
    let words: Vec<&str> = NAMES.iter().filter(|(w, _)| want.contains(*w)).map(|(_, n)| *n).collect();
    words.join("+")
}

#[cfg(test)]
mod tests;
