//! The board of a server that begins: what the store knows of the last days.

use avouch_finding::{Kind, Time};
use avouch_store::{Period, Reader};

use super::board::{Board, SECOND};
use crate::error::ApiResult;

/// How far back nodes are looked for. One that was silent for longer is history, and no alarm.
const BACK: u64 = 3 * 86_400 * SECOND;
/// How far back what was learned lately may be about.
const LATE: u64 = 30 * 86_400 * SECOND;

/// Reads the board anew; what `known` has counted since the server began is kept.
pub(super) fn seed(reader: &mut Reader, known: &Board, now: Time) -> ApiResult<Board> {
    let period = Period::new(Time(now.0.saturating_sub(BACK)), Time(u64::MAX));
    let mut board = known.emptied();
    // Starts first: they tell which runs read recordings.
    for kind in [Kind::Start, Kind::Estate] {
        let facts = reader.facts(kind, Period::ALL)?;
        facts.iter().for_each(|stored| board.apply(&stored.fact, None));
    }
    let mut stretches = reader.stretches(period)?;
    stretches.sort_by_key(|s| s.observation.to);
    for stretch in stretches {
        board.apply(&stretch.observation.into(), None);
    }
    for kind in [Kind::Rules, Kind::Stop, Kind::Gap] {
        let facts = reader.facts(kind, period)?;
        facts.iter().for_each(|stored| board.apply(&stored.fact, None));
    }
    // A file that comes late tells of a time that is over for longer.
    let about = Period::new(Time(now.0.saturating_sub(LATE)), Time(u64::MAX));
    for kind in [Kind::Gap, Kind::Digest] {
        let facts = reader.facts(kind, about)?;
        let lately = facts.iter().filter(|stored| stored.recorded >= period.from);
        lately.for_each(|stored| board.checked(&stored.fact, stored.recorded));
    }
    board.keep_watched();
    board.take_counts(known);
    Ok(board)
}
