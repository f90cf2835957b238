//! Stored activity judged by rules: what a new or widened rule would have found where no rule had a finding.
//!
//! Activity tells of commands, connections and changed files, each with what was kept of it (`fields`). A condition that asks more than
//! that cannot be said, which is counted with the fields that were missing. It is read from the newest record backwards, so that what a
//! budget cuts off is the oldest.

mod asks;
mod coverage;
mod fields;
mod shown;

use avouch_finding::{Fact, Time};
use avouch_store::{ActivityFilter, Order, Page, Period, Reader, StoredActivity};
use serde::Serialize;

pub use asks::{About, Kept};
pub use coverage::{ActivityGap, NodeActivity};

pub(crate) use asks::Asks;
pub(crate) use fields::{Teller, tell};
pub(crate) use shown::found;

use crate::{Result, Watch};
use coverage::Coverage;

/// Records that are read at a time.
const PIECE: usize = 2_000;

/// Whether there was any activity to judge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ActivityState {
    /// Nobody asked: no rule over system calls was added or changed, or only recordings were looked at.
    #[default]
    NotAsked,
    /// None is stored of the period. What new rules would have found is not known, and that is not nothing.
    NoneKept,
    /// It was judged, as far as [`ActivityRead`] says.
    Read,
}

/// Why not all activity of the period was judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CutShort {
    /// The most records that may be judged were.
    Records,
    /// The time for it was up.
    Time,
}

/// Which activity was judged.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ActivityRead {
    /// Whether there was any.
    pub state: ActivityState,
    /// Records judged: commands, connections (condensed, one a minute) and file changes.
    pub commands: u64,
    /// See `commands`.
    pub connections: u64,
    /// See `commands`.
    pub files: u64,
    /// The oldest record judged.
    pub first: Option<Time>,
    /// The newest one.
    pub last: Option<Time>,
    /// What is older than `first` was not judged, for this reason.
    pub cut_short: Option<CutShort>,
    /// By node, what there is.
    pub nodes: Vec<NodeActivity>,
    /// Nodes beyond those told.
    pub more_nodes: u64,
    /// Records that agents left out to keep to their budget.
    pub left_out: u64,
    /// Records of the period that retention dropped.
    pub dropped: u64,
    /// Records of agents too old to tell names and ancestors: most conditions cannot be said of them.
    pub brief: u64,
}

impl ActivityRead {
    /// Records judged.
    #[must_use]
    pub fn records(&self) -> u64 {
        self.commands + self.connections + self.files
    }
}

/// Shows all activity of a period to `visit`, the newest first, `most` records at most.
pub(crate) fn each(
    store: &mut Reader,
    period: Period,
    most: u64,
    watch: &mut Watch<'_>,
    visit: &mut dyn FnMut(&StoredActivity),
) -> Result<ActivityRead> {
    let mut read = ActivityRead::default();
    let mut coverage = Coverage::default();
    let filter = ActivityFilter::of(period);
    let mut page = Page { limit: PIECE, order: Order::NewestFirst, after: None };
    loop {
        watch.tell("activity", read.records(), None)?;
        let left = most.saturating_sub(read.records());
        page.limit = PIECE.min(usize::try_from(left).unwrap_or(PIECE));
        read.cut_short = if left == 0 { Some(CutShort::Records) } else { watch.has_enough().then_some(CutShort::Time) };
        if read.cut_short.is_some() {
            // Whether there is more at all.
            page.limit = 1;
            if store.activity(&filter, page)?.rows.is_empty() {
                read.cut_short = None;
            }
            break;
        }
        let rows = store.activity(&filter, page)?;
        for row in &rows.rows {
            count(&mut read, row);
            coverage.met(&row.fact, row.time);
            visit(row);
        }
        page.after = rows.next;
        if rows.next.is_none() {
            break;
        }
    }
    watch.tell("activity", read.records(), None)?;
    read.state = if read.records() == 0 { ActivityState::NoneKept } else { ActivityState::Read };
    // Of what was cut off nobody looked whether it is there.
    let looked_at = match (read.cut_short, read.first) {
        (Some(_), Some(first)) => Period::new(first, period.to),
        _ => period,
    };
    coverage.finish(store, looked_at, &mut read)?;
    Ok(read)
}

fn count(read: &mut ActivityRead, row: &StoredActivity) {
    let (count, who) = match &row.fact {
        Fact::Command(c) => (&mut read.commands, &c.who),
        Fact::Connection(c) => (&mut read.connections, &c.who),
        Fact::File(f) => (&mut read.files, &f.who),
        _ => return,
    };
    *count += 1;
    read.brief += u64::from(who.name.is_empty());
    read.first = Some(read.first.map_or(row.time, |t| t.min(row.time)));
    read.last = Some(read.last.map_or(row.time, |t| t.max(row.time)));
}
