//! On which events a rule is judged, from the tests of `evt.type` in its condition.

use std::sync::Arc;

use avouch_event::{EventType, types};
use avouch_rules::ast::{Modifier, Op};
use rustc_hash::FxHashMap;

use crate::constant::Const;
use crate::event_types::{TypeSet, named};
use crate::operand::Special;
use crate::typed::{Typed, TypedCheck, TypedRhs};

/// The events a system call rule is judged on; asynchronous events always are.
pub(crate) fn syscall_types(typed: &Arc<Typed>) -> TypeSet {
    let mut set = types_of(typed, false, &mut FxHashMap::default());
    set.insert(types::ASYNCEVENT_E);
    set
}

/// The events a rule of any other source is judged on.
pub(crate) fn plugin_types() -> TypeSet {
    let mut set = TypeSet::EMPTY;
    set.insert(types::PLUGINEVENT_E);
    set.insert(types::ASYNCEVENT_E);
    set
}

type Memo = FxHashMap<(*const Typed, bool), TypeSet>;

/// Negation is pushed to the leaves; what does not test the type is true for all types, negated or not.
fn types_of(typed: &Arc<Typed>, negated: bool, memo: &mut Memo) -> TypeSet {
    match &**typed {
        Typed::And(parts, _) | Typed::Or(parts, _) => {
            let intersect = matches!(&**typed, Typed::And(..)) != negated;
            let sets = parts.iter().map(|p| types_of(p, negated, memo));
            if intersect {
                sets.fold(TypeSet::ALL, TypeSet::intersection)
            } else {
                sets.fold(TypeSet::EMPTY, TypeSet::union)
            }
        }
        Typed::Not(inner, _) => types_of(inner, !negated, memo),
        // Bodies of macros are shared, and are all that is.
        Typed::Macro { body, .. } => {
            let key = (Arc::as_ptr(body), negated);
            if let Some(set) = memo.get(&key) {
                return *set;
            }
            let set = types_of(body, negated, memo);
            memo.insert(key, set);
            set
        }
        Typed::Check(check) => match leaf(check) {
            Some(set) if negated => set.complement(),
            Some(set) => set,
            None => TypeSet::ALL,
        },
    }
}

/// The types for which a comparison can hold; `None` when it does not test the type.
fn leaf(check: &TypedCheck) -> Option<TypeSet> {
    let TypedRhs::Consts(values) = &check.rhs else { return None };
    match check.lhs.special {
        Special::EventType | Special::SyscallType => {
            let equal = match (check.op, check.modifier) {
                (Op::Exists, _) => return Some(TypeSet::ALL),
                (Op::Eq | Op::In | Op::Intersects, None | Some(Modifier::AnyOf)) => true,
                (Op::Ne, None | Some(Modifier::AllOf)) => false,
                _ => return None,
            };
            let set = values.iter().fold(TypeSet::EMPTY, |set, v| match v {
                Const::Text(name) => set.union(std::str::from_utf8(name).map_or(TypeSet::EMPTY, named_or_async)),
                _ => set,
            });
            Some(if equal { set } else { set.complement() })
        }
        Special::EventNumber => {
            let sample = |n: u64| {
                values.iter().any(|v| match (check.op, v) {
                    (Op::Eq | Op::In | Op::Intersects, Const::Num(c)) => n == *c,
                    (Op::Ne, Const::Num(c)) => n != *c,
                    (Op::Lt, Const::Num(c)) => n < *c,
                    (Op::Le, Const::Num(c)) => n <= *c,
                    (Op::Gt, Const::Num(c)) => n > *c,
                    (Op::Ge, Const::Num(c)) => n >= *c,
                    _ => true,
                })
            };
            // The number counts from 1 and has no end: a comparison with 0 alone is the same for all events.
            let at_zero = values.iter().all(|v| *v == Const::Num(0));
            let never = check.modifier.is_none() && check.op != Op::Exists && at_zero && !sample(1);
            let always = check.op == Op::Exists || (check.modifier.is_none() && at_zero && sample(1));
            if never {
                Some(TypeSet::EMPTY)
            } else if always {
                Some(TypeSet::ALL)
            } else {
                None
            }
        }
        Special::No | Special::Around => None,
    }
}

/// Names of asynchronous events belong to no number but the asynchronous event's.
fn named_or_async(name: &str) -> TypeSet {
    let mut set = named(name);
    if set == TypeSet::EMPTY {
        set.insert(EventType(types::ASYNCEVENT_E.0));
    }
    set
}
