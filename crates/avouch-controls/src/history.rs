//! Versions of a control list in the order of time: which one was valid when, and what each control said when.

use std::collections::BTreeMap;

use avouch_diagnostics::Diagnostic;

use crate::codes;
use crate::control::Control;
use crate::list::ControlList;
use crate::times::{Period, Time};

/// A stretch in which one version was valid.
#[derive(Clone, Copy, Debug)]
pub struct VersionStretch<'l> {
    /// When.
    pub period: Period,
    /// Which.
    pub list: &'l ControlList,
}

/// A stretch in which a control said the same.
#[derive(Clone, Debug)]
pub struct ControlStretch<'l> {
    /// When.
    pub period: Period,
    /// What it said.
    pub control: &'l Control,
    /// The versions that said so, in the order of time.
    pub versions: Vec<u32>,
    /// Those of them that nobody approved.
    pub drafts: Vec<u32>,
}

/// All versions of one list over a period.
#[derive(Clone, Debug)]
pub struct ControlHistory<'l> {
    /// The period asked for.
    pub period: Period,
    /// Which version was valid when, in order, without overlaps.
    pub versions: Vec<VersionStretch<'l>>,
    /// Parts of the period in which no version was valid.
    pub holes: Vec<Period>,
    /// Each control's stretches in order, by lower-case id.
    controls: BTreeMap<String, Vec<ControlStretch<'l>>>,
}

impl<'l> ControlHistory<'l> {
    /// Puts versions of one list in order and cuts the period where a version begins or ends.
    ///
    /// A version is valid from its `from` to its `to`, at most until the next one begins. A version without dates counts
    /// for the whole period when it is the only one, else not at all. What does not fit is reported.
    #[must_use]
    pub fn new(lists: &[&'l ControlList], period: Period) -> (Self, Vec<Diagnostic>) {
        let mut problems = Vec::new();
        let dated = ordered(lists, &mut problems);
        let mut history = Self { period, versions: Vec::new(), holes: Vec::new(), controls: BTreeMap::new() };
        for (i, (list, valid)) in dated.iter().enumerate() {
            let next = dated.get(i + 1);
            let to = next.map_or(valid.to, |(_, n)| valid.to.min(n.from));
            if let Some(part) = (Period { from: valid.from, to }).and(period) {
                history.versions.push(VersionStretch { period: part, list });
            }
            if let Some((next, n)) = next {
                between(list, *valid, next, *n, &mut problems);
            }
        }
        history.find_holes();
        history.join_controls();
        (history, problems)
    }

    fn find_holes(&mut self) {
        let mut at = self.period.from;
        for stretch in &self.versions {
            if at < stretch.period.from {
                self.holes.push(Period { from: at, to: stretch.period.from });
            }
            at = stretch.period.to;
        }
        if at < self.period.to {
            self.holes.push(Period { from: at, to: self.period.to });
        }
    }

    fn join_controls(&mut self) {
        for stretch in &self.versions {
            for control in &stretch.list.controls {
                let own = self.controls.entry(control.id.to_lowercase()).or_default();
                let version = stretch.list.version;
                let drafts = if stretch.list.is_draft() { vec![version] } else { Vec::new() };
                match own.last_mut() {
                    // A new version that says the same does not split the statement.
                    Some(last) if last.period.to == stretch.period.from && last.control == control => {
                        last.period.to = stretch.period.to;
                        last.versions.push(version);
                        last.drafts.extend(drafts);
                    }
                    _ => own.push(ControlStretch { period: stretch.period, control, versions: vec![version], drafts }),
                }
            }
        }
    }

    /// Ids of all controls of the period with their stretches, sorted by id without letter case.
    pub fn controls(&self) -> impl Iterator<Item = (&'l str, &[ControlStretch<'l>])> {
        self.controls.values().filter_map(|s| Some((s.first()?.control.id.as_str(), s.as_slice())))
    }

    /// The stretches of a control in order of time; none when the list never had it in the period.
    #[must_use]
    pub fn control(&self, id: &str) -> &[ControlStretch<'l>] {
        self.controls.get(&id.to_lowercase()).map_or(&[], Vec::as_slice)
    }

    /// What the control said at a time.
    #[must_use]
    pub fn at(&self, id: &str, time: Time) -> Option<&ControlStretch<'l>> {
        self.control(id).iter().find(|s| s.period.holds(time))
    }
}

/// The dated versions by their start, each number and start once.
fn ordered<'l>(lists: &[&'l ControlList], problems: &mut Vec<Diagnostic>) -> Vec<(&'l ControlList, Period)> {
    if let [only] = lists {
        return vec![(*only, only.valid.unwrap_or(Period::ALL))];
    }
    let mut dated: Vec<(&ControlList, Period)> = Vec::new();
    for list in lists {
        // A version without dates was reported when it was read.
        let Some(valid) = list.valid else { continue };
        let same = dated.iter().find(|(l, v)| l.version == list.version || v.from == valid.from);
        if let Some((first, _)) = same {
            let what = if first.version == list.version { "number" } else { "start" };
            let problem = codes::VERSION_TWICE
                .at_fault(format!("two versions of `{}` have the same {what}", list.id))
                .at(list.span, "this one is not used")
                .context(first.span, "first here");
            problems.push(problem.item("list", &list.id));
            continue;
        }
        dated.push((list, valid));
    }
    dated.sort_by_key(|(list, valid)| (valid.from, list.version));
    dated
}

fn between(list: &ControlList, valid: Period, next: &ControlList, next_valid: Period, problems: &mut Vec<Diagnostic>) {
    let (a, b) = (list.version, next.version);
    let mut say = |code: &avouch_diagnostics::Code, title: String| {
        let problem = code.at_fault(title).at(list.span, "this version").context(next.span, "the next one");
        problems.push(problem.item("list", &list.id));
    };
    if a > b {
        say(&codes::VERSION_ORDER, format!("version {b} of `{}` is valid after version {a}", list.id));
    }
    if valid.to != Time::END && valid.to > next_valid.from {
        let until = valid.to.min(next_valid.to);
        say(&codes::OVERLAP, format!("versions {a} and {b} of `{}` overlap: {} to {until}", list.id, next_valid.from));
    }
    if valid.to < next_valid.from {
        say(
            &codes::HOLE,
            format!(
                "no version of `{}` is valid {} to {}: between versions {a} and {b}",
                list.id, valid.to, next_valid.from
            ),
        );
    }
}
