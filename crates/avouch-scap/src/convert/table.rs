//! The conversion table, indexed.

use std::sync::LazyLock;

use avouch_event::{EVENTS, EventFlags, EventType, types};

include!(concat!(env!("OUT_DIR"), "/convert.rs"));

/// One row of `tables/convert.tsv`.
pub(crate) struct Rule {
    pub(crate) from: EventType,
    /// Parameters that the event must have.
    pub(crate) nparams: u8,
    pub(crate) action: Action,
}

/// What to do with an event.
pub(crate) enum Action {
    /// Keep it for the exit event, then it is done.
    Store,
    /// It is done.
    Pass,
    /// Keep it and hand it on.
    StoreAndPass,
    /// Append parameters.
    AddParams(&'static [Step]),
    /// Make an event of another type out of it.
    ChangeType(EventType, &'static [Step]),
}

/// Where one parameter comes from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    /// The same event before the step.
    Old(u8),
    /// The stored enter event; without one, the type's default.
    EnterOrDefault(u8),
    /// The stored enter event; without one, absent.
    EnterOrEmpty(u8),
    Empty,
    Default,
    /// JSON text out of the four parameters of the old container event.
    ContainerJson,
}

/// What the decision for an event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Drop,
    Pass,
    Convert,
}

/// What reading needs to know of an event number, small enough to stay in the first-level cache.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    plan: Plan,
    pub(crate) large: bool,
    /// Only the state sees it.
    pub(crate) hidden: bool,
    pub(crate) nparams: u8,
    first_rule: u16,
    rules: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Plan {
    Drop,
    Pass,
    Convert,
    /// Exit events are current once they have all parameters.
    ConvertUnlessFull,
}

impl Row {
    pub(crate) fn dropped(&self) -> bool {
        self.plan == Plan::Drop
    }
}

/// Rows by event number, and the rules sorted by event.
pub(crate) struct Table {
    rows: [Row; EVENTS.len()],
    rules: Vec<&'static Rule>,
}

static TABLE: LazyLock<Table> = LazyLock::new(Table::build);

impl Table {
    pub(crate) fn current() -> &'static Self {
        &TABLE
    }

    fn build() -> Self {
        let mut rules: Vec<&'static Rule> = RULES.iter().collect();
        rules.sort_by_key(|r| (r.from, r.nparams));
        let rows = std::array::from_fn(|i| {
            let info = &EVENTS[i];
            let ty = EventType(info.number);
            let first = rules.partition_point(|r| r.from < ty);
            let count = rules.partition_point(|r| r.from <= ty) - first;
            let exit = info.number % 2 == 1;
            let has = |f| info.flags.contains(f);
            let plan = if has(EventFlags::UNUSED) {
                Plan::Drop
            } else if has(EventFlags::CONVERTER_MANAGED) {
                if exit && !has(EventFlags::OLD_VERSION) { Plan::ConvertUnlessFull } else { Plan::Convert }
            } else if has(EventFlags::OLD_VERSION) {
                Plan::Drop
            } else {
                Plan::Pass
            };
            Row {
                plan,
                large: has(EventFlags::LARGE_PAYLOAD),
                hidden: super::is_kept_enter(ty),
                nparams: u8::try_from(info.params.len()).unwrap_or(u8::MAX),
                first_rule: u16::try_from(first).unwrap_or(u16::MAX),
                rules: u8::try_from(count).unwrap_or(u8::MAX),
            }
        });
        Self { rows, rules }
    }

    #[inline]
    pub(crate) fn row(&self, number: u16) -> Option<&Row> {
        self.rows.get(usize::from(number))
    }

    #[inline]
    pub(crate) fn fate(&self, number: u16, nparams: usize) -> Fate {
        let Some(row) = self.row(number) else { return Fate::Drop };
        match row.plan {
            Plan::Drop => Fate::Drop,
            Plan::Pass => Fate::Pass,
            Plan::ConvertUnlessFull if nparams == usize::from(row.nparams) => Fate::Pass,
            Plan::Convert | Plan::ConvertUnlessFull => Fate::Convert,
        }
    }

    pub(crate) fn rule(&self, number: u16, nparams: usize) -> Option<&'static Rule> {
        let row = self.row(number)?;
        let first = usize::from(row.first_rule);
        let rules = self.rules.get(first..first + usize::from(row.rules))?;
        rules.iter().find(|r| usize::from(r.nparams) == nparams).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_builds_no_more_parameters_than_its_type_has() {
        for rule in &RULES {
            let (ty, n) = match rule.action {
                Action::AddParams(steps) => (rule.from, usize::from(rule.nparams) + steps.len()),
                Action::ChangeType(to, steps) => (to, steps.len()),
                _ => continue,
            };
            let info = ty.info().unwrap();
            assert!(n <= info.params.len(), "{} from {} parameters", info.symbol, rule.nparams);
        }
    }

    #[test]
    fn every_chain_ends_in_a_current_event() {
        let table = Table::current();
        for rule in &RULES {
            let (mut ty, mut n) = (rule.from, usize::from(rule.nparams));
            let mut rounds = 0;
            while table.fate(ty.0, n) == Fate::Convert {
                let rule = table.rule(ty.0, n).unwrap_or_else(|| panic!("{:?} with {n} parameters", ty.info()));
                match rule.action {
                    Action::AddParams(steps) => n += steps.len(),
                    Action::ChangeType(to, steps) => (ty, n) = (to, steps.len()),
                    _ => break,
                }
                rounds += 1;
                assert!(rounds < super::super::MAX_ROUNDS);
            }
        }
    }
}
