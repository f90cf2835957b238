//! What a live source must collect for the rules of a program: types of events, classes of them, and costly parts.
//!
//! A source can tell classes of one type's events apart before it has read anything costly: calls that failed, opens for
//! reading. What holds of every event of a class decides many tests of a condition; where they leave no way for it to
//! hold, the class need not be collected.
//!
//! Invariant: **an event that a rule matches is of a class that is asked for.** Whatever is not known counts as possible.

mod abstraction;
mod fields;
mod paths;

use avouch_event::syscalls::SYSCALLS;
use avouch_event::{EVENTS, EventType, FieldRef, ReadPaths, Want, types};

use crate::program::{Program, RuleIndex};
use abstraction::Abstraction;

/// What a source knows of its events beforehand.
pub trait SourceFacts {
    /// The classes of a type's events that the source tells apart; together they are all of them. Empty for a type that
    /// the source never gives.
    fn classes(&self, ty: EventType) -> &'static [Want];

    /// What the field reads as on events of one class. `name` is the field as rules write it, `evt.arg.res`.
    ///
    /// The engine knows `evt.type`, `syscall.type` and `evt.num` by itself.
    fn known(&self, name: &str, field: &FieldRef, ty: EventType, class: Want) -> Known;

    /// The parts of events of this type that the field is read from, beyond what every event has.
    fn parts(&self, name: &str, field: &FieldRef, ty: EventType) -> Want;

    /// For a type of [`ReadPaths::TYPES`]: what the path of the call begins with whenever the field begins with `head`, if
    /// the path is plain. `None` where nothing follows. `head` is printable ASCII.
    fn path_head<'h>(&self, name: &str, field: &FieldRef, ty: EventType, head: &'h [u8]) -> Option<&'h [u8]>;
}

/// What is known of a field on all events of a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// It may be absent.
    pub absent: bool,
    /// What it may be where it is there.
    pub value: Values,
}

/// Values that a field may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Values {
    /// None: it is absent.
    None,
    /// Any.
    Any,
    /// This one.
    Flag(bool),
    /// One of these texts.
    Texts(&'static [&'static str]),
    /// Any text but these.
    TextsBut(&'static [&'static str]),
    /// A number within one of these ranges, ends included.
    Numbers(&'static [(i64, i64)]),
}

impl Known {
    /// Nothing is known.
    pub const NOTHING: Self = Self { absent: true, value: Values::Any };
    /// It is absent.
    pub const ABSENT: Self = Self { absent: true, value: Values::None };

    /// It is there, with one of these values.
    #[must_use]
    pub const fn always(value: Values) -> Self {
        Self { absent: false, value }
    }

    /// It is absent or one of these values.
    #[must_use]
    pub const fn maybe(value: Values) -> Self {
        Self { absent: true, value }
    }
}

/// One rule's wish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Of this type of events ...
    pub ty: EventType,
    /// ... this rule ...
    pub rule: RuleIndex,
    /// ... can match these classes, and reads these parts.
    pub want: Want,
    /// Of opens for reading, of a type of [`ReadPaths::TYPES`], it can match those with these paths.
    pub read_paths: ReadPaths,
}

/// What the rules of a program ask of a live source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asks {
    /// In order of type, then of rule.
    pub list: Vec<Asked>,
    /// Names of the calls without an event of their own that some rule can match; `None` for all of them.
    pub generic: Option<Vec<&'static str>>,
}

/// Works out what the rules of a program ask of a live source.
#[must_use]
pub fn interest(program: &Program, facts: &dyn SourceFacts) -> Asks {
    let reads: Vec<_> = program.rules.iter().map(fields::of).collect();
    let mut list = Vec::new();
    for ty in (0..EVENTS.len()).filter_map(|i| u16::try_from(i).ok()).map(EventType) {
        let classes = facts.classes(ty);
        if classes.is_empty() {
            continue;
        }
        let mut wants = vec![(Want::NONE, ReadPaths::default()); program.rules.len()];
        for class in classes {
            let mut events = Abstraction::new(facts, ty, *class);
            for (rule, (want, paths)) in program.rules.iter().zip(&mut wants) {
                if rule.types.contains(ty) && events.may_match(&rule.typed) {
                    *want = want.union(*class);
                    if class.contains(Want::READS) && ReadPaths::TYPES.contains(&ty) {
                        *paths = paths::of(&mut events, &rule.typed);
                    }
                }
            }
        }
        for ((((want, read_paths), reads), rule), number) in wants.into_iter().zip(&reads).zip(&program.rules).zip(0..)
        {
            if want.any() && rule.types.contains(ty) {
                let want = reads.iter().fold(want, |w, (name, field)| w.union(facts.parts(name, field, ty)));
                list.push(Asked { ty, rule: RuleIndex(number), want, read_paths });
            }
        }
    }
    let generic = generic(program, facts, &list);
    Asks { list, generic }
}

/// The generic event's calls that matter. Names that no list has count too: captures know calls by number alone.
fn generic(program: &Program, facts: &dyn SourceFacts, list: &[Asked]) -> Option<Vec<&'static str>> {
    let ty = types::GENERIC_X;
    let asking: Vec<_> =
        list.iter().filter(|a| a.ty == ty).filter_map(|a| program.rule(a.rule)).map(|r| &r.typed).collect();
    let matters = |name: Values| {
        facts.classes(ty).iter().any(|class| {
            let mut events = Abstraction::new(facts, ty, *class).named(name);
            asking.iter().any(|typed| events.may_match(typed))
        })
    };
    if matters(abstraction::unlisted()) {
        return None;
    }
    let names = SYSCALLS.iter().filter(|s| s.generic_only && matters(Values::Texts(std::slice::from_ref(&s.name))));
    Some(names.map(|s| s.name).collect())
}
