//! The comparisons of conditions, compiled by the engine: each is a rule of its own, and all of a source are judged in one go.

use avouch_engine::{CompileOptions, Matching, Scratch};
use avouch_event::{Arena, FieldCatalog, FieldDecl, FieldRef, Reads, types};
use avouch_pipeline::{RuleSet, RuleSetOptions, catalogs};
use avouch_rules::ast::{Check, Field, Op, Operand, Rhs, TransformerArg};
use avouch_rules::operand_prefixes;
use rustc_hash::FxHashMap;
use serde_json::{Value as Json, json};

use super::Truth;
use super::graph::Comparison;
use crate::recorded::{Recorded, RecordedReader};

/// Keys of recorded fields that are remembered for one source; keys of findings come from outputs of rules, and are few.
const KEYS: usize = 10_000;
/// Bytes of the arena from which on it is emptied.
const ARENA: usize = 256 << 10;

/// A comparison.
#[derive(Debug)]
struct Leaf {
    source: usize,
    /// The fields that it reads, as places among those of the source.
    slots: Vec<usize>,
    /// The engine compiled it, and judges it as it would live.
    compiled: bool,
    /// What comes out at every event.
    always: Option<Truth>,
}

/// What the comparisons of one source read.
#[derive(Debug, Default)]
struct Part {
    /// Place of each field.
    slots: FxHashMap<FieldRef, usize>,
    /// The fields, as written.
    names: Vec<String>,
    fields: Vec<(FieldRef, FieldDecl)>,
    /// What is known of the fields before anything is recorded: of one that never has a value, that.
    at_first: Vec<Recorded>,
    /// Place of each field by the keys under which findings record them; `None` for what nothing reads.
    keys: FxHashMap<String, Option<usize>>,
    /// By rule of the source's program, its comparison.
    leaf_of_rule: Vec<usize>,
}

/// Comparisons, and what is known of them at one event.
pub(crate) struct Leaves {
    leaves: Vec<Leaf>,
    parts: Vec<Part>,
    rules: RuleSet,
    /// Place of the event's source.
    source: usize,
    /// By place of the field.
    recorded: Vec<Recorded>,
    holds: Vec<bool>,
    scratch: Scratch,
    arena: Arena,
}

impl std::fmt::Debug for Leaves {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Leaves").field("leaves", &self.leaves.len()).finish_non_exhaustive()
    }
}

impl Leaves {
    pub(super) fn new(checks: &[Comparison]) -> Self {
        let catalogs = catalogs();
        let mut parts: Vec<Part> = catalogs.iter().map(|_| Part::default()).collect();
        let mut leaves = Vec::with_capacity(checks.len());
        let mut items = Vec::new();
        for (number, comparison) in checks.iter().enumerate() {
            let always = comparison.check.as_ref().and_then(always);
            let mut leaf = Leaf { source: comparison.source, slots: Vec::new(), compiled: false, always };
            let of_source = catalogs.get(comparison.source).zip(parts.get_mut(comparison.source));
            if let (Some(check), Some(((source, catalog), part))) = (&comparison.check, of_source)
                && part.reads(check, *catalog, &mut leaf.slots)
            {
                items.push(json!({
                    "rule": number.to_string(), "desc": "a comparison", "condition": comparison.text,
                    "output": "a comparison", "priority": "INFO", "source": source,
                }));
            }
            leaves.push(leaf);
        }
        let options = RuleSetOptions {
            compile: CompileOptions { matching: Matching::All, append_output: Vec::new(), ..CompileOptions::default() },
            ..RuleSetOptions::default()
        };
        // JSON is YAML.
        let rules =
            RuleSet::from_texts(vec![("comparisons".to_owned(), json!(items).to_string())], Vec::new(), &options);
        for ((source, _), part) in catalogs.iter().zip(&mut parts) {
            let Some(program) = rules.compiled.program(source) else { continue };
            for rule in program.rules() {
                let number = rule.name.parse().unwrap_or(usize::MAX);
                part.leaf_of_rule.push(number);
                if let Some(leaf) = leaves.get_mut(number) {
                    leaf.compiled = true;
                }
            }
        }
        Self {
            holds: vec![false; leaves.len()],
            leaves,
            parts,
            rules,
            source: usize::MAX,
            recorded: Vec::new(),
            scratch: Scratch::new(),
            arena: Arena::new(),
        }
    }

    /// Forgets the event before; the next is of this source.
    pub(super) fn clear(&mut self, source: usize) {
        self.source = source;
        let at_first = self.parts.get(source).map_or(&[][..], |p| &p.at_first);
        self.recorded.clear();
        self.recorded.extend_from_slice(at_first);
    }

    /// Whether a comparison of the event's source reads what findings record under a key.
    pub(crate) fn wants(&mut self, key: &str) -> bool {
        self.slot(key).is_some()
    }

    /// Takes a recorded field.
    pub(crate) fn record(&mut self, key: &str, value: &Json) {
        let Some(slot) = self.slot(key) else { return };
        let field = self.parts.get(self.source).and_then(|part| part.fields.get(slot));
        if let (Some((field, decl)), Some(to)) = (field, self.recorded.get_mut(slot)) {
            *to = Recorded::of(value, field, decl);
        }
    }

    /// Takes what is known of a field.
    pub(crate) fn set(&mut self, key: &str, value: Recorded) {
        if let Some(to) = self.slot(key).and_then(|slot| self.recorded.get_mut(slot)) {
            *to = value;
        }
    }

    fn slot(&mut self, key: &str) -> Option<usize> {
        let part = self.parts.get_mut(self.source)?;
        if let Some(slot) = part.keys.get(key) {
            return *slot;
        }
        let (_, catalog) = catalogs().into_iter().nth(self.source)?;
        let slot = field_of_key(key, catalog).and_then(|field| part.slots.get(&field).copied());
        if part.keys.len() < KEYS {
            part.keys.insert(key.to_owned(), slot);
        }
        slot
    }

    /// Judges all comparisons of the source by what was recorded.
    pub(super) fn judge(&mut self) {
        self.holds.fill(false);
        let Some(part) = self.parts.get(self.source) else { return };
        let Some(program) = self.rules.compiled.programs.get(self.source) else { return };
        if self.arena.allocated_bytes() > ARENA {
            self.arena = Arena::new();
        } else {
            self.arena.reset();
        }
        let reader = RecordedReader { slots: &part.slots, values: &self.recorded };
        // Whatever a rule says of the event's type, it is judged on asynchronous events; so each comparison is asked for what it says.
        for rule in program.judge(types::ASYNCEVENT_E, &reader, &self.arena, &mut self.scratch) {
            let leaf = part.leaf_of_rule.get(rule.0 as usize);
            if let Some(holds) = leaf.and_then(|leaf| self.holds.get_mut(*leaf)) {
                *holds = true;
            }
        }
    }

    /// What is known of a comparison.
    pub(super) fn truth(&self, number: usize) -> Truth {
        let Some(leaf) = self.leaves.get(number).filter(|l| l.compiled && l.source == self.source) else {
            return Truth::Unknown;
        };
        if let Some(always) = leaf.always {
            return always;
        }
        let unknown = |slot: &usize| self.recorded.get(*slot).is_none_or(|r| *r == Recorded::Unknown);
        if leaf.slots.iter().any(unknown) {
            return Truth::Unknown;
        }
        Truth::of(self.holds.get(number).copied().unwrap_or_default())
    }

    /// Fields that a comparison reads, as written, with what is known of them.
    pub(super) fn reads(&self, number: usize) -> Vec<(&str, &Recorded)> {
        let Some(leaf) = self.leaves.get(number) else { return Vec::new() };
        let Some(part) = self.parts.get(leaf.source) else { return Vec::new() };
        let unknown = &Recorded::Unknown;
        let read = |slot: &usize| {
            let recorded = self.recorded.get(*slot).filter(|_| leaf.source == self.source).unwrap_or(unknown);
            Some((part.names.get(*slot)?.as_str(), recorded))
        };
        leaf.slots.iter().filter_map(read).collect()
    }
}

impl Part {
    /// Finds places for the fields that a comparison reads; `false` when it reads one that cannot be had from records.
    fn reads(&mut self, check: &Check, catalog: &dyn FieldCatalog, out: &mut Vec<usize>) -> bool {
        let mut fields = Vec::new();
        of_operand(&check.lhs, &mut fields);
        if let Rhs::Operand(right) = &check.rhs {
            of_operand(right, &mut fields);
        }
        for field in fields {
            let Ok(resolved) = catalog.resolve(&field.name, field.arg.as_deref()) else { return false };
            // Absent on the kind of event that comparisons are judged on, whatever it was on the recorded one.
            if &*field.name == "syscall.type" {
                return false;
            }
            let next = self.names.len();
            let slot = *self.slots.entry(resolved.clone()).or_insert(next);
            if slot == next {
                let decl = *catalog.decl(resolved.id);
                self.fields.push((resolved, decl));
                let never = matches!(decl.reads, Reads::Never(_));
                self.at_first.push(if never { Recorded::Absent } else { Recorded::Unknown });
                self.names.push(match &field.arg {
                    Some(arg) => format!("{}[{arg}]", field.name),
                    None => field.name.to_string(),
                });
            }
            if !out.contains(&slot) {
                out.push(slot);
            }
        }
        true
    }
}

/// What a comparison comes to whatever the event: events are numbered from 1, and `evt.num = 0` is how rule files write "never".
fn always(check: &Check) -> Option<Truth> {
    let Check { lhs: Operand::Field(field), modifier: None, rhs: Rhs::Literal(zero), op, .. } = check else {
        return None;
    };
    if &*field.name != "evt.num" || field.arg.is_some() || zero.as_bytes() != b"0" {
        return None;
    }
    match op {
        Op::Eq | Op::Lt | Op::Le => Some(Truth::False),
        Op::Ne | Op::Gt | Op::Ge => Some(Truth::True),
        _ => None,
    }
}

fn of_operand<'a>(operand: &'a Operand, out: &mut Vec<&'a Field>) {
    match operand {
        Operand::Field(field) => out.push(field),
        Operand::Transformer(t) => of_args(&t.args, out),
    }
}

fn of_args<'a>(args: &'a [TransformerArg], out: &mut Vec<&'a Field>) {
    for arg in args {
        match arg {
            TransformerArg::Literal(_) => {}
            TransformerArg::List(items, _) => of_args(items, out),
            TransformerArg::Operand(operand) => of_operand(operand, out),
        }
    }
}

/// The field that a key of a finding names; `None` for transformers and other keys.
fn field_of_key(key: &str, catalog: &dyn FieldCatalog) -> Option<FieldRef> {
    let whole = operand_prefixes(key, avouch_diagnostics::FileId(0), 0).into_iter().find(|p| p.len == key.len())?;
    match whole.operand {
        Operand::Field(field) => catalog.resolve(&field.name, field.arg.as_deref()).ok(),
        Operand::Transformer(_) => None,
    }
}
