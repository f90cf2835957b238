//! Judging one event.

use avouch_event::{Arena, FieldReader, Value};
use avouch_rules::ast::Op;

use super::index::{Lookup, Table};
use super::scratch::{Scratch, recycle};
use super::{Check, HOLDS, Matching, Operand, Program, RuleIndex, What};
use crate::graph::Mode;
use crate::matcher::Matcher;
use crate::naive;
use crate::pattern::components;
use crate::transform;

/// A text that stands in no rule.
const NO_ID: u32 = u32::MAX;

/// Runs the steps from `entry` on and puts the rules that match into `scratch.matches`.
pub(super) fn run<R: FieldReader>(program: &Program, entry: u32, reader: &R, arena: &Arena, scratch: &mut Scratch) {
    scratch.next(program);
    let values = std::mem::take(&mut scratch.values);
    let mut judge = Judge { program, reader, arena, values, scratch, best: u32::MAX };
    judge.steps(entry);
    let values = recycle(std::mem::take(&mut judge.values));
    scratch.values = values;
}

struct Judge<'p, 'e, 's, R> {
    program: &'p Program,
    reader: &'e R,
    arena: &'e Arena,
    values: Vec<Option<Value<'e>>>,
    scratch: &'s mut Scratch,
    /// With `first`: the earliest rule that matched; only earlier ones are of interest.
    best: u32,
}

impl<'p: 'e, 'e, R: FieldReader> Judge<'p, 'e, '_, R> {
    /// Walks the steps from `at` to their end; whether they say that a condition holds.
    fn steps(&mut self, mut at: u32) -> bool {
        // Both ends lie beyond the last step.
        while let Some(step) = self.program.steps.get(at as usize) {
            let yes = match step.what {
                What::Check(check) => self.program.checks.get(check as usize).is_some_and(|c| self.check(c)),
                What::Shared(part) => self.shared(part),
                What::One(list) => self.one(list),
                What::Lookup(lookup) => {
                    if let Some(Lookup { operand, table }) = self.program.lookups.get(lookup as usize) {
                        self.look_up(*operand, table);
                    }
                    false
                }
                What::Before(rule) => rule < self.best,
                What::Match(rule) => {
                    self.matched(rule);
                    false
                }
            };
            at = if yes { step.yes } else { step.no };
        }
        at == HOLDS
    }

    fn shared(&mut self, part: u32) -> bool {
        let Some(shared) = self.program.shared.get(part as usize) else { return false };
        if !shared.remember {
            return self.steps(shared.entry);
        }
        let memo = self.scratch.shared.get(part as usize).copied().unwrap_or(0);
        if memo >> 1 == self.scratch.now {
            return memo & 1 == 1;
        }
        let result = self.steps(shared.entry);
        if let Some(memo) = self.scratch.shared.get_mut(part as usize) {
            *memo = self.scratch.now << 1 | u32::from(result);
        }
        result
    }

    fn one(&mut self, list: u32) -> bool {
        let mut count = 0;
        for entry in self.program.lists.get(list as usize).into_iter().flatten() {
            count += u32::from(self.steps(*entry));
            if count > 1 {
                return false;
            }
        }
        count == 1
    }

    fn matched(&mut self, rule: u32) {
        if self.program.matching == Matching::First {
            self.best = rule;
            self.scratch.matches.clear();
        }
        self.scratch.matches.push(RuleIndex(rule));
    }

    fn look_up(&mut self, operand: u32, table: &'p Table<u32>) {
        match table {
            Table::Ids { dictionary, groups } => {
                let (start, end) = self.ids(operand, *dictionary);
                for i in start..end {
                    let id = self.scratch.ids.get(i as usize).copied().unwrap_or(NO_ID);
                    if let Some(group) = groups.get(&id) {
                        self.steps(*group);
                    }
                }
            }
            Table::Nums(groups) => {
                if let Some(value @ (Value::Int(_) | Value::Uint(_))) = self.value(operand)
                    && let Some(group) = groups.get(&naive::bits(value))
                {
                    self.steps(*group);
                }
            }
            table => match self.value(operand) {
                Some(Value::Str(text) | Value::Bytes(text)) => self.look_up_text(text, table),
                Some(Value::List(items)) => {
                    for item in items {
                        if let Value::Str(text) | Value::Bytes(text) = item {
                            self.look_up_text(text, table);
                        }
                    }
                }
                _ => {}
            },
        }
    }

    fn look_up_text(&mut self, text: &'e [u8], table: &'p Table<u32>) {
        match table {
            Table::Affixes { from_end, by_length } => {
                for (length, groups) in by_length {
                    let Some(other) = text.len().checked_sub(*length) else { break };
                    let affix = if *from_end { text.get(other..) } else { text.get(..*length) };
                    if let Some(group) = affix.and_then(|a| groups.get(a)) {
                        self.steps(*group);
                    }
                }
            }
            Table::Paths { deepest, groups } => {
                if let Some(group) = groups.get(&b""[..]) {
                    self.steps(*group);
                }
                let path = self.plain_path(text);
                let ends = memchr::memchr_iter(b'/', path).chain(std::iter::once(path.len()));
                for end in ends.take(*deepest) {
                    if let Some(group) = path.get(..end).filter(|p| !p.is_empty()).and_then(|p| groups.get(p)) {
                        self.steps(*group);
                    }
                }
            }
            Table::Contains { automaton, groups } => {
                let start = self.scratch.ids.len();
                for found in automaton.find_overlapping_iter(text) {
                    let pattern = found.pattern().as_u32();
                    // A pattern may occur many times; its rules are tried once.
                    let seen = self.scratch.ids.get(start..).unwrap_or(&[]);
                    if !seen.contains(&pattern) {
                        self.scratch.ids.push(pattern);
                    }
                }
                let end = self.scratch.ids.len();
                for i in start..end {
                    let pattern = self.scratch.ids.get(i).copied().unwrap_or(NO_ID);
                    if let Some(group) = groups.get(pattern as usize) {
                        self.steps(*group);
                    }
                }
            }
            Table::Ids { .. } | Table::Nums(_) => {}
        }
    }

    /// The path as `a/b/c`: without the first slash, and without empty components.
    fn plain_path(&self, text: &'e [u8]) -> &'e [u8] {
        let path = text.strip_prefix(b"/").unwrap_or(text);
        let path = path.strip_suffix(b"/").unwrap_or(path);
        let odd =
            path.first() == Some(&b'/') || path.last() == Some(&b'/') || memchr::memmem::find(path, b"//").is_some();
        if !odd {
            return path;
        }
        let mut plain = bumpalo::collections::Vec::with_capacity_in(path.len(), self.arena);
        for name in components(path) {
            if !plain.is_empty() {
                plain.push(b'/');
            }
            plain.extend_from_slice(name);
        }
        plain.into_bump_slice()
    }

    #[inline]
    fn check(&mut self, check: &'p Check) -> bool {
        match &check.matcher {
            Matcher::Ids(set) => {
                let (start, end) = self.ids(check.operand, check.dictionary);
                let ids = self.scratch.ids.get(start as usize..end as usize).unwrap_or(&[]);
                match check.mode {
                    Mode::One | Mode::Any => ids.iter().any(|id| set.contains(*id) != check.negated),
                    Mode::All => !ids.is_empty() && ids.iter().all(|id| set.contains(*id) != check.negated),
                }
            }
            Matcher::Pair { op, right } => self.pair(check, *op, *right),
            matcher => {
                let at = self.place(check.operand);
                match self.values.get(at as usize) {
                    None | Some(None) => false,
                    Some(Some(Value::List(items))) => check.holds_for_list(items),
                    Some(Some(value)) => matcher.matches(value) != check.negated,
                }
            }
        }
    }

    fn pair(&mut self, check: &'p Check, op: Op, right: u32) -> bool {
        let (Some(left), Some(right)) = (naive::present(self.value(check.operand)), naive::present(self.value(right)))
        else {
            return false;
        };
        naive::pair_holds(op, check.mode == Mode::All, check.signed, left, right)
    }

    /// The value of an operand.
    #[inline]
    fn value(&mut self, operand: u32) -> Option<Value<'e>> {
        let at = self.place(operand);
        self.values.get(at as usize).copied().flatten()
    }

    /// Where the value of an operand stands in `values`; it is read once an event.
    #[inline]
    fn place(&mut self, operand: u32) -> u32 {
        match self.scratch.slots.get(operand as usize) {
            Some((event, at)) if *event == self.scratch.now => *at,
            _ => self.fetch(operand),
        }
    }

    #[inline(never)]
    fn fetch(&mut self, operand: u32) -> u32 {
        let program: &'p Program = self.program;
        let value = match program.operands.get(operand as usize) {
            Some(Operand::Field(field)) => self.reader.read(field, self.arena),
            Some(other) => self.compose(other),
            None => None,
        };
        let at = u32::try_from(self.values.len()).unwrap_or(u32::MAX);
        self.values.push(value);
        if let Some(entry) = self.scratch.slots.get_mut(operand as usize) {
            *entry = (self.scratch.now, at);
        }
        at
    }

    #[inline(never)]
    fn compose(&mut self, operand: &'p Operand) -> Option<Value<'e>> {
        match operand {
            Operand::Field(field) => self.reader.read(field, self.arena),
            Operand::Text(text) => Some(Value::Str(text)),
            Operand::Tuple(parts) => {
                let mut values = bumpalo::collections::Vec::with_capacity_in(parts.len(), self.arena);
                for part in parts {
                    values.push(self.value(*part)?);
                }
                Some(Value::List(values.into_bump_slice()))
            }
            Operand::Apply { func, args, option } => {
                let mut values = bumpalo::collections::Vec::with_capacity_in(args.len(), self.arena);
                for arg in args {
                    values.push(self.value(*arg));
                }
                transform::apply(*func, &values, *option, self.arena)
            }
        }
    }

    /// Where the dictionary numbers of the operand's values stand in `scratch.ids`.
    #[inline]
    fn ids(&mut self, operand: u32, dictionary: u32) -> (u32, u32) {
        match self.scratch.looked_up.get(dictionary as usize) {
            Some((event, start, end)) if *event == self.scratch.now => (*start, *end),
            _ => self.fetch_ids(operand, dictionary),
        }
    }

    #[inline(never)]
    fn fetch_ids(&mut self, operand: u32, dictionary: u32) -> (u32, u32) {
        let start = u32::try_from(self.scratch.ids.len()).unwrap_or(u32::MAX);
        let value = self.value(operand);
        if let (Some(value), Some(numbers)) = (value, self.program.dictionaries.get(dictionary as usize)) {
            let ids = &mut self.scratch.ids;
            let mut add = |item| match item {
                Value::Str(text) | Value::Bytes(text) => ids.push(numbers.get(text).unwrap_or(NO_ID)),
                _ => ids.push(NO_ID),
            };
            match value {
                Value::List(items) => items.iter().for_each(|item| add(*item)),
                one => add(one),
            }
        }
        let end = u32::try_from(self.scratch.ids.len()).unwrap_or(u32::MAX);
        if let Some(entry) = self.scratch.looked_up.get_mut(dictionary as usize) {
            *entry = (self.scratch.now, start, end);
        }
        (start, end)
    }
}

impl Check {
    #[inline(never)]
    fn holds_for_list(&self, items: &[Value<'_>]) -> bool {
        match (self.mode, &self.matcher) {
            (_, Matcher::Exists) => !items.is_empty(),
            (Mode::One | Mode::Any, matcher) => items.iter().any(|v| matcher.matches(v) != self.negated),
            (Mode::All, matcher) => !items.is_empty() && items.iter().all(|v| matcher.matches(v) != self.negated),
        }
    }
}
