//! Which files opened for reading a condition can be true of: beginnings that the call's path must have.
//!
//! Invariant: **where a condition holds, the path passes the set.** Paths that are not plain pass every set, so a test that
//! only such a path can meet adds nothing to it.

use std::collections::BTreeSet;
use std::sync::Arc;

use avouch_event::{FieldType, ReadPaths, Shape};
use avouch_rules::ast::Op;
use rustc_hash::FxHashMap;

use super::abstraction::Abstraction;
use crate::constant::Const;
use crate::operand::{Source, Special};
use crate::pattern::components;
use crate::typed::{Typed, TypedCheck, TypedRhs};

type Prefixes = BTreeSet<Box<[u8]>>;

/// The paths for which the condition may hold, on events of the class.
pub(super) fn of(events: &mut Abstraction<'_>, typed: &Typed) -> ReadPaths {
    Paths { events, memo: FxHashMap::default() }.when(typed, true)
}

struct Paths<'p, 'a> {
    events: &'p mut Abstraction<'a>,
    /// Bodies of macros, which a condition may use many times.
    memo: FxHashMap<(*const Typed, bool), ReadPaths>,
}

impl Paths<'_, '_> {
    /// The paths for which a part of the condition may come to `result`.
    fn when(&mut self, typed: &Typed, result: bool) -> ReadPaths {
        match (typed, result) {
            (Typed::And(parts, _), true) | (Typed::Or(parts, _), false) => {
                parts.iter().fold(ReadPaths::Any, |so_far, part| both(so_far, self.when(part, result)))
            }
            (Typed::Or(parts, _), true) | (Typed::And(parts, _), false) => {
                let none = ReadPaths::default();
                parts.iter().fold(none, |so_far, part| either(so_far, self.when(part, result)))
            }
            (Typed::Not(inner, _), _) => self.when(inner, !result),
            (Typed::Macro { body, .. }, _) => {
                let key = (Arc::as_ptr(body), result);
                if let Some(known) = self.memo.get(&key) {
                    return known.clone();
                }
                let paths = self.when(body, result);
                self.memo.insert(key, paths.clone());
                paths
            }
            (Typed::Check(check), _) => {
                let may = self.events.check(check);
                match result {
                    true if !may.hold => ReadPaths::default(),
                    false if !may.fail => ReadPaths::default(),
                    true => self.check(check).map_or(ReadPaths::Any, ReadPaths::Prefixes),
                    // Whatever a test bounds, its failure does not.
                    false => ReadPaths::Any,
                }
            }
        }
    }

    /// What the path begins with where the test holds, if it must begin with anything.
    fn check(&self, check: &TypedCheck) -> Option<Prefixes> {
        let lhs = &check.lhs;
        let (Source::Field(field), TypedRhs::Consts(constants)) = (&lhs.source, &check.rhs) else { return None };
        let text = matches!(lhs.ty, FieldType::Charbuf | FieldType::Fspath) && check.op != Op::Exists;
        if !text || lhs.shape != Shape::Scalar || lhs.special != Special::No {
            return None;
        }
        // Whether anything of it is the path at all.
        self.events.facts.path_head(&lhs.text, field, self.events.ty, b"/")?;
        let mut prefixes = Prefixes::new();
        // Each modifier wants one constant at least to hold.
        for constant in constants {
            let Const::Text(constant) = constant else { return None };
            let contains = matches!(check.op, Op::Contains | Op::IContains | Op::BContains | Op::EndsWith);
            if contains && ReadPaths::never_plain(constant) {
                continue;
            }
            let head = printable(head(check.op, constant)?);
            // Only a relative path reads so.
            if !head.is_empty() && !head.starts_with(b"/") || ReadPaths::never_plain(&head) {
                continue;
            }
            let head =
                self.events.facts.path_head(&lhs.text, field, self.events.ty, &head).filter(|h| !h.is_empty())?;
            prefixes.insert(head.get(..ReadPaths::LONGEST).unwrap_or(head).into());
        }
        Some(prefixes)
    }
}

/// What a text begins with for which the operator holds with this constant.
fn head(op: Op, constant: &[u8]) -> Option<Vec<u8>> {
    let before = |stop: &dyn Fn(&u8) -> bool| constant.iter().copied().take_while(|b| !stop(b)).collect::<Vec<u8>>();
    let wild = |b: &u8| matches!(b, b'*' | b'?' | b'[' | b'\\');
    match op {
        Op::Eq | Op::In | Op::Intersects | Op::StartsWith | Op::BStartsWith => Some(constant.into()),
        Op::Glob => Some(before(&wild)),
        Op::IGlob => Some(before(&|b| wild(b) || b.is_ascii_alphabetic())),
        Op::Regex => regex_head(constant),
        Op::PMatch => Some(components_head(constant)),
        _ => None,
    }
}

/// The expression must match all of the text. One with alternatives may begin in several ways.
fn regex_head(pattern: &[u8]) -> Option<Vec<u8>> {
    let pattern = pattern.strip_prefix(b"^").unwrap_or(pattern);
    if pattern.contains(&b'|') {
        return None;
    }
    let len = pattern.iter().position(|b| b"\\^$.?*+()[]{}".contains(b)).unwrap_or(pattern.len());
    // The last character may be missing where this follows it.
    let optional = matches!(pattern.get(len), Some(b'?' | b'*' | b'{'));
    let head = pattern.get(..len.saturating_sub(usize::from(optional)))?;
    // A character of several bytes is optional as a whole.
    let ascii = head.iter().position(|b| !b.is_ascii()).unwrap_or(head.len());
    head.get(..ascii).map(Into::into)
}

/// Whole components up to the first that may be several, and what that one begins with.
fn components_head(paths: &[u8]) -> Vec<u8> {
    let mut head = Vec::new();
    for name in components(paths) {
        head.push(b'/');
        let literal = name.iter().position(|b| matches!(b, b'*' | b'?' | b'['));
        let Some(wild) = literal else {
            head.extend_from_slice(name);
            continue;
        };
        let end = name.iter().position(|b| *b == b'\\').map_or(wild, |at| at.min(wild));
        head.extend_from_slice(name.get(..end).unwrap_or(&[]));
        return head;
    }
    if head.is_empty() {
        head.push(b'/');
    }
    head
}

/// What of it is shown as it is.
fn printable(mut head: Vec<u8>) -> Vec<u8> {
    let len = head.iter().position(|b| !(b' '..0x7f).contains(b)).unwrap_or(head.len());
    head.truncate(len);
    head
}

/// Paths of either.
fn either(a: ReadPaths, b: ReadPaths) -> ReadPaths {
    match (a, b) {
        (ReadPaths::Prefixes(mut a), ReadPaths::Prefixes(b)) => {
            a.extend(b);
            ReadPaths::Prefixes(a)
        }
        _ => ReadPaths::Any,
    }
}

/// Paths of both. Of two beginnings of one path, one begins with the other.
fn both(a: ReadPaths, b: ReadPaths) -> ReadPaths {
    match (a, b) {
        (ReadPaths::Prefixes(a), ReadPaths::Prefixes(b)) => {
            let below = |path: &[u8], all: &Prefixes| {
                (0..=path.len()).filter_map(|len| path.get(..len)).any(|head| all.contains(head))
            };
            let of_a = a.iter().filter(|p| below(p, &b)).cloned();
            ReadPaths::Prefixes(of_a.chain(b.iter().filter(|p| below(p, &a)).cloned()).collect())
        }
        (ReadPaths::Any, other) | (other, ReadPaths::Any) => other,
    }
}
