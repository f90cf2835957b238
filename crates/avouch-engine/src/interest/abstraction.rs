//! Conditions judged on all events of a class at once.

use std::sync::{Arc, LazyLock};

use avouch_event::syscalls::SYSCALLS;
use avouch_event::{EventType, Value, Want, types};
use avouch_rules::ast::Op;
use rustc_hash::FxHashMap;

use super::{Known, SourceFacts, Values};
use crate::constant::Const;
use crate::event_types::{fixed_name, is_syscall};
use crate::naive::consts_hold;
use crate::operand::{Operand, Source, Special};
use crate::typed::{Typed, TypedCheck, TypedRhs};

static LISTED: LazyLock<Vec<&'static str>> = LazyLock::new(|| SYSCALLS.iter().map(|s| s.name).collect());

/// Names of calls that no list has.
pub(super) fn unlisted() -> Values {
    Values::TextsBut(&LISTED)
}

/// What a part of a condition may come to on events of a class. Both are set where it is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct May {
    pub(super) hold: bool,
    pub(super) fail: bool,
}

const EITHER: May = May { hold: true, fail: true };

/// All events of one class.
pub(super) struct Abstraction<'a> {
    pub(super) facts: &'a dyn SourceFacts,
    pub(super) ty: EventType,
    class: Want,
    /// What `evt.type` reads on a generic event.
    name: Values,
    /// Bodies of macros, which rules share.
    memo: FxHashMap<*const Typed, May>,
}

impl<'a> Abstraction<'a> {
    pub(super) fn new(facts: &'a dyn SourceFacts, ty: EventType, class: Want) -> Self {
        Self { facts, ty, class, name: Values::Any, memo: FxHashMap::default() }
    }

    /// Only those generic events that carry such a name.
    pub(super) fn named(self, name: Values) -> Self {
        Self { name, ..self }
    }

    /// Whether some event of the class may satisfy the condition.
    pub(super) fn may_match(&mut self, typed: &Typed) -> bool {
        self.judge(typed).hold
    }

    fn judge(&mut self, typed: &Typed) -> May {
        match typed {
            Typed::And(parts, _) => parts.iter().fold(May { hold: true, fail: false }, |so_far, part| {
                if !so_far.hold {
                    return so_far;
                }
                let part = self.judge(part);
                May { hold: so_far.hold && part.hold, fail: so_far.fail || part.fail }
            }),
            Typed::Or(parts, _) => parts.iter().fold(May { hold: false, fail: true }, |so_far, part| {
                if !so_far.fail {
                    return so_far;
                }
                let part = self.judge(part);
                May { hold: so_far.hold || part.hold, fail: so_far.fail && part.fail }
            }),
            Typed::Not(inner, _) => {
                let inner = self.judge(inner);
                May { hold: inner.fail, fail: inner.hold }
            }
            Typed::Macro { body, .. } => {
                let key = Arc::as_ptr(body);
                if let Some(known) = self.memo.get(&key) {
                    return *known;
                }
                let result = self.judge(body);
                self.memo.insert(key, result);
                result
            }
            Typed::Check(check) => self.check(check),
        }
    }

    pub(super) fn check(&self, check: &TypedCheck) -> May {
        let known = self.known(&check.lhs);
        let constants = match &check.rhs {
            TypedRhs::Consts(constants) => constants,
            TypedRhs::Operand(_) if known.value == Values::None => return May { hold: false, fail: true },
            TypedRhs::Operand(_) => return EITHER,
        };
        let mut may = May { hold: false, fail: known.absent };
        let mut add = |value: Value<'_>| {
            if consts_hold(check, value, constants) {
                may.hold = true;
            } else {
                may.fail = true;
            }
        };
        match known.value {
            Values::None => {}
            Values::Any if check.op == Op::Exists => may.hold = true,
            Values::Any => return EITHER,
            Values::Flag(flag) => add(Value::Bool(flag)),
            Values::Texts(texts) => texts.iter().for_each(|t| add(Value::Str(t.as_bytes()))),
            Values::Numbers(ranges) => {
                for n in samples(ranges, constants) {
                    add(Value::Int(n));
                }
            }
            Values::TextsBut(texts) => {
                let excluded = |c: &Const| matches!(c, Const::Text(c) if texts.iter().any(|t| t.as_bytes() == &**c));
                let only_excluded = constants.iter().all(excluded);
                match (check.op, check.modifier) {
                    (Op::Exists, _) => may.hold = true,
                    (Op::Eq | Op::In | Op::Intersects, None) if only_excluded => may.fail = true,
                    (Op::Ne, None) if only_excluded => may.hold = true,
                    _ => return EITHER,
                }
            }
        }
        may
    }

    fn known(&self, operand: &Operand) -> Known {
        let Source::Field(field) = &operand.source else { return Known::NOTHING };
        match operand.special {
            Special::EventType | Special::SyscallType if self.ty == types::GENERIC_X => Known::always(self.name),
            Special::EventType => named(self.ty),
            Special::SyscallType if is_syscall(self.ty) => named(self.ty),
            Special::EventNumber => Known::always(Values::Numbers(&[(1, i64::MAX)])),
            Special::Around => Known::NOTHING,
            Special::SyscallType | Special::No => self.facts.known(&operand.text, field, self.ty, self.class),
        }
    }
}

fn named(ty: EventType) -> Known {
    match (fixed_name(ty), ty.info()) {
        (Some(_), Some(info)) => Known::always(Values::Texts(std::slice::from_ref(&info.name))),
        _ => Known::NOTHING,
    }
}

/// Numbers of the ranges that stand for all of them: a comparison changes its result only at a constant.
fn samples(ranges: &'static [(i64, i64)], constants: &[Const]) -> impl Iterator<Item = i64> {
    let near = constants.iter().flat_map(|c| match c {
        Const::Num(n) => {
            let n = n.cast_signed();
            [n.saturating_sub(1), n, n.saturating_add(1)]
        }
        _ => [0; 3],
    });
    let inside = move |n: &i64| ranges.iter().any(|(low, high)| (low..=high).contains(&n));
    ranges.iter().flat_map(|(low, high)| [*low, *high]).chain(near).filter(inside)
}
