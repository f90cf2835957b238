//! Tests as they run: every constant in the structure that answers fastest.

use std::net::IpAddr;

use aho_corasick::AhoCorasick;
use avouch_event::{IpNet, Value};
use avouch_rules::ast::Op;
use memchr::memmem;

use crate::constant::{Const, Kind};
use crate::dictionary::Dictionary;
use crate::graph::{OperandId, Test};
use crate::naive;
use crate::pattern::{AffixSet, Glob, PathSet, Regex};

/// A test of one value.
#[derive(Debug)]
pub(crate) enum Matcher {
    Exists,
    /// The value's number in its operand's dictionary is one of these; answered by [`IdSet`].
    Ids(IdSet),
    Text(Box<[u8]>),
    Texts(Box<[Box<[u8]>]>),
    Num(u64),
    /// Sorted.
    Nums(Box<[u64]>),
    Bools {
        yes: bool,
        no: bool,
    },
    Doubles(Box<[f64]>),
    Ip(IpAddr),
    /// Sorted.
    Ips(Box<[IpAddr]>),
    Nets(Box<[IpNet]>),
    Less {
        op: Op,
        signed: bool,
        than: u64,
    },
    LessText {
        op: Op,
        than: Box<[u8]>,
    },
    LessDouble {
        op: Op,
        than: f64,
    },
    Contains(Box<memmem::Finder<'static>>),
    ContainsAny(AhoCorasick),
    StartsWith(Box<[u8]>),
    EndsWith(Box<[u8]>),
    Affix(AffixSet),
    Globs(Box<[Glob]>),
    Regex(Regex),
    Path(PathSet),
    Pair {
        op: Op,
        right: OperandId,
    },
    /// Cannot hold: a pattern that was refused, which typing does not let through.
    Never,
}

/// Numbers in a dictionary.
#[derive(Debug)]
pub(crate) enum IdSet {
    One(u32),
    /// Sorted.
    Few(Box<[u32]>),
    Bits(Box<[u64]>),
}

impl IdSet {
    /// From sorted numbers below `size`.
    pub(crate) fn new(ids: Vec<u32>, size: usize) -> Self {
        match ids.as_slice() {
            [one] => IdSet::One(*one),
            // A bit set is read in one step; worth it unless it takes far more memory.
            _ if size <= ids.len().saturating_mul(128).max(512) => {
                let mut bits = vec![0_u64; size.div_ceil(64)];
                for id in ids {
                    if let Some(word) = bits.get_mut(id as usize / 64) {
                        *word |= 1 << (id % 64);
                    }
                }
                IdSet::Bits(bits.into())
            }
            _ => IdSet::Few(ids.into()),
        }
    }

    #[inline]
    pub(crate) fn contains(&self, id: u32) -> bool {
        match self {
            IdSet::One(one) => *one == id,
            IdSet::Few(ids) => ids.binary_search(&id).is_ok(),
            IdSet::Bits(bits) => bits.get(id as usize / 64).is_some_and(|w| w >> (id % 64) & 1 == 1),
        }
    }
}

impl Matcher {
    /// Compiles `test` on values of `kind`; with the operand's dictionary, if it has one.
    pub(crate) fn new(test: &Test, kind: Kind, dictionary: Option<&Dictionary>) -> Self {
        match test {
            Test::Exists => Matcher::Exists,
            Test::Set(values) => match dictionary {
                Some(dictionary) => {
                    let mut ids: Vec<u32> = texts(values).filter_map(|t| dictionary.get(t)).collect();
                    ids.sort_unstable();
                    Matcher::Ids(IdSet::new(ids, dictionary.len()))
                }
                None => set(values),
            },
            Test::Order(op, constant) => match constant {
                Const::Num(n) => {
                    Matcher::Less { op: *op, signed: matches!(kind, Kind::Int { signed: true, .. }), than: *n }
                }
                Const::Text(t) => Matcher::LessText { op: *op, than: t.clone() },
                Const::Double(d) => Matcher::LessDouble { op: *op, than: f64::from(*d) },
                Const::Bool(_) | Const::Ip(_) | Const::Net(..) => Matcher::Never,
            },
            Test::Contains(values) => match &**values {
                [Const::Text(one)] => Matcher::Contains(Box::new(memmem::Finder::new(one).into_owned())),
                _ => automaton(values, false),
            },
            Test::IContains(values) => automaton(values, true),
            Test::StartsWith(values) => match &**values {
                [Const::Text(one)] => Matcher::StartsWith(one.clone()),
                _ => Matcher::Affix(AffixSet::prefixes(texts(values))),
            },
            Test::EndsWith(values) => match &**values {
                [Const::Text(one)] => Matcher::EndsWith(one.clone()),
                _ => Matcher::Affix(AffixSet::suffixes(texts(values))),
            },
            Test::Glob(values) => Matcher::Globs(texts(values).map(|t| Glob::new(t, false)).collect()),
            Test::IGlob(values) => Matcher::Globs(texts(values).map(|t| Glob::new(t, true)).collect()),
            Test::Regex(pattern) => match pattern {
                Const::Text(t) => {
                    std::str::from_utf8(t).ok().and_then(|p| Regex::new(p).ok()).map_or(Matcher::Never, Matcher::Regex)
                }
                _ => Matcher::Never,
            },
            Test::PMatch(values) => Matcher::Path(PathSet::new(texts(values))),
            Test::Pair(op, right) => Matcher::Pair { op: *op, right: *right },
        }
    }

    /// Whether one value satisfies the test. `Ids` and `Pair` need more than the value and are answered elsewhere.
    #[inline]
    pub(crate) fn matches(&self, value: &Value<'_>) -> bool {
        match (value, self) {
            (Value::Bool(true), Matcher::Bools { yes, .. }) => *yes,
            (Value::Bool(false), Matcher::Bools { no, .. }) => *no,
            (Value::Str(v), _) => self.matches_text(v),
            // Paths are texts.
            (Value::Bytes(v), _) => !matches!(self, Matcher::Path(_)) && self.matches_text(v),
            (Value::Int(_) | Value::Uint(_), _) => self.matches_bits(naive::bits(*value)),
            _ => self.matches_rare(value),
        }
    }

    #[inline(never)]
    fn matches_rare(&self, value: &Value<'_>) -> bool {
        match (self, *value) {
            (Matcher::Exists, _) => true,
            (Matcher::Doubles(ds), Value::Double(v)) => ds.contains(&v),
            (Matcher::LessDouble { op, than }, Value::Double(v)) => order(*op, &v, than),
            (Matcher::Ip(ip), Value::Ip(v)) => *ip == v,
            (Matcher::Ips(ips), Value::Ip(v)) => ips.binary_search(&v).is_ok(),
            (Matcher::Nets(nets), Value::Ip(v)) => nets.iter().any(|n| n.contains(v)),
            _ => false,
        }
    }

    fn matches_text(&self, v: &[u8]) -> bool {
        match self {
            Matcher::Text(t) => **t == *v,
            Matcher::Texts(ts) => ts.iter().any(|t| **t == *v),
            Matcher::LessText { op, than } => order(*op, v, &**than),
            Matcher::Contains(finder) => finder.find(v).is_some(),
            Matcher::ContainsAny(automaton) => automaton.is_match(v),
            Matcher::StartsWith(t) => v.starts_with(t),
            Matcher::EndsWith(t) => v.ends_with(t),
            Matcher::Affix(set) => set.matches(v),
            Matcher::Globs(globs) => globs.iter().any(|g| g.matches(v)),
            Matcher::Regex(regex) => regex.matches(v),
            Matcher::Path(set) => set.matches(v),
            other => matches!(other, Matcher::Exists),
        }
    }

    #[inline]
    fn matches_bits(&self, v: u64) -> bool {
        match self {
            Matcher::Num(n) => v == *n,
            Matcher::Nums(ns) => ns.binary_search(&v).is_ok(),
            Matcher::Less { op, signed: true, than } => order(*op, &v.cast_signed(), &than.cast_signed()),
            Matcher::Less { op, signed: false, than } => order(*op, &v, than),
            other => matches!(other, Matcher::Exists),
        }
    }
}

fn order<T: PartialOrd + ?Sized>(op: Op, a: &T, b: &T) -> bool {
    match op {
        Op::Lt => a < b,
        Op::Le => a <= b,
        Op::Gt => a > b,
        Op::Ge => a >= b,
        _ => false,
    }
}

/// The texts among constants.
pub(crate) fn texts(values: &[Const]) -> impl Iterator<Item = &[u8]> {
    values.iter().filter_map(|v| match v {
        Const::Text(t) => Some(&**t),
        _ => None,
    })
}

/// Fails only beyond 2^31 states, which patterns that fit into rule files do not reach.
fn automaton(values: &[Const], fold: bool) -> Matcher {
    AhoCorasick::builder()
        .ascii_case_insensitive(fold)
        .build(texts(values))
        .map_or(Matcher::Never, Matcher::ContainsAny)
}

fn set(values: &[Const]) -> Matcher {
    match values {
        [] => Matcher::Never,
        [Const::Text(t)] => Matcher::Text(t.clone()),
        [Const::Text(_), ..] => Matcher::Texts(texts(values).map(Into::into).collect()),
        [Const::Num(n)] => Matcher::Num(*n),
        [Const::Num(_), ..] => {
            Matcher::Nums(values.iter().filter_map(|v| if let Const::Num(n) = v { Some(*n) } else { None }).collect())
        }
        [Const::Bool(_), ..] => {
            Matcher::Bools { yes: values.contains(&Const::Bool(true)), no: values.contains(&Const::Bool(false)) }
        }
        [Const::Double(_), ..] => Matcher::Doubles(
            values.iter().filter_map(|v| if let Const::Double(d) = v { Some(f64::from(*d)) } else { None }).collect(),
        ),
        [Const::Ip(ip)] => Matcher::Ip(*ip),
        [Const::Ip(_), ..] => {
            Matcher::Ips(values.iter().filter_map(|v| if let Const::Ip(ip) = v { Some(*ip) } else { None }).collect())
        }
        [Const::Net(..), ..] => Matcher::Nets(
            values
                .iter()
                .filter_map(|v| if let Const::Net(addr, prefix) = v { IpNet::new(*addr, *prefix) } else { None })
                .collect(),
        ),
    }
}
