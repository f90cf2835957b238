//! Silence: when an agent is not heard any more, and what is recorded of it.
//!
//! The moment it is noticed a gap is recorded, up to then; when the agent is back, the rest. An agent that could only not be
//! reached sends later what it watched meanwhile, and what was watched counts, whatever gaps say (`avouch-coverage`).

use avouch_finding::{Gap, Observation, Time};

use super::board::{Board, Node, SECOND, Subject};

/// An agent that was not heard for so long is silent; one that observes in longer stretches has three of them.
const SILENT: u64 = 30 * SECOND;
/// As long as that may become.
const SILENT_MOST: u64 = 600 * SECOND;
/// A hole between two runs that is shorter is none: clocks are read one after the other.
const HOLE: u64 = SECOND;

impl Node {
    /// How long it may be silent, in ns.
    pub(super) fn patience(&self) -> u64 {
        (3 * self.every).clamp(SILENT, SILENT_MOST)
    }

    /// Since when nothing was heard of it, by the server's clock.
    pub(super) fn last_heard(&self, begun: Time) -> Time {
        self.heard.unwrap_or(begun).max(begun)
    }

    pub(super) fn is_silent(&self, begun: Time, now: Time) -> bool {
        now.0.saturating_sub(self.last_heard(begun).0) > self.patience()
    }
}

impl Board {
    /// Gaps to be recorded: of those that went silent, and of those that came back.
    pub(crate) fn gaps_to_tell(&mut self, now: Time) -> Vec<Gap> {
        let mut gaps = std::mem::take(&mut self.owed);
        let begun = self.begun;
        let has_left = |(of, node): &(&Subject, &Node)| self.has_left(&of.name, node);
        let left: Vec<Subject> = self.nodes.iter().filter(has_left).map(|(of, _)| of.clone()).collect();
        for (of, node) in &mut self.nodes {
            let (Some(from), None) = (node.watched, node.told) else { continue };
            if !node.is_silent(begun, now) || node.is_own() || from >= now || left.contains(of) {
                continue;
            }
            let reason = match &node.stopped {
                Some((_, why)) => format!("the agent was stopped: {why}"),
                None => {
                    let seconds = now.0.saturating_sub(node.last_heard(begun).0) / SECOND;
                    format!("the agent is silent: nothing came for {seconds} s")
                }
            };
            node.told = Some(now);
            gaps.push(Gap { from, to: now, node: of.name.clone(), reason, ..Gap::default() });
        }
        gaps
    }
}

/// The gap that ends where a node is watched again; `before` is until when it was watched, and whether that was another run.
pub(super) fn returned(
    node: &mut Node,
    seen: &Observation,
    before: (Option<Time>, bool),
    stopped: Option<&(Time, String)>,
) -> std::option::IntoIter<Gap> {
    let (Some(last), other_run) = before else { return None.into_iter() };
    let told = node.told.take();
    if seen.from.0.saturating_sub(last.0) < HOLE {
        // It was watched all the time.
        return None.into_iter();
    }
    let from = told.unwrap_or(last);
    // The agent may have said so itself.
    let known = node.gaps.iter().any(|g| g.source.is_empty() && g.from <= from && seen.from <= g.to);
    if known || from >= seen.from {
        return None.into_iter();
    }
    let reason = match (stopped, other_run) {
        (Some((_, why)), _) => format!("the agent was stopped: {why}"),
        (None, true) if node.is_own() => "the server was not running".to_owned(),
        (None, true) => "the agent was not running: it died, or was killed".to_owned(),
        (None, false) => "what was watched meanwhile did not arrive".to_owned(),
    };
    Some(Gap { from, to: seen.from, node: seen.node.clone(), reason, ..Gap::default() }).into_iter()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use avouch_finding::{Estate, Fact, SourceState, Start, Stop, Watching};

    use super::*;

    const BEGUN: u64 = 1_000;

    fn at(seconds: u64) -> Time {
        Time((BEGUN + seconds) * SECOND)
    }

    fn observation(run: &str, from: u64, to: u64) -> Fact {
        let state = SourceState { state: Watching::Delivers, events: 5, ..SourceState::default() };
        let sources = BTreeMap::from([("syscall".to_owned(), state)]);
        let (node, run) = ("n1".to_owned(), run.to_owned());
        Observation { from: at(from), to: at(to), node, run, sources, ..Observation::default() }.into()
    }

    fn tell(board: &mut Board, fact: &Fact, now: u64) {
        board.apply(fact, Some(at(now)));
    }

    fn spans(gaps: &[Gap]) -> Vec<(u64, u64)> {
        gaps.iter().map(|g| (g.from.0 / SECOND - BEGUN, g.to.0 / SECOND - BEGUN)).collect()
    }

    #[test]
    fn silence_is_recorded_once_and_again_when_it_ends() {
        let mut board = Board::new(at(0));
        tell(&mut board, &observation("r", 0, 10), 10);
        assert!(board.gaps_to_tell(at(40)).is_empty());
        let gaps = board.gaps_to_tell(at(41));
        assert_eq!(spans(&gaps), [(10, 41)]);
        assert!(gaps[0].reason.contains("silent"), "{gaps:?}");
        assert!(board.gaps_to_tell(at(500)).is_empty());
        tell(&mut board, &observation("r2", 600, 610), 610);
        let gaps = board.gaps_to_tell(at(610));
        assert_eq!(spans(&gaps), [(41, 600)]);
        assert!(board.gaps_to_tell(at(611)).is_empty());
    }

    #[test]
    fn an_agent_that_could_only_not_be_reached_leaves_no_second_gap() {
        let mut board = Board::new(at(0));
        tell(&mut board, &observation("r", 0, 10), 10);
        assert_eq!(board.gaps_to_tell(at(100)).len(), 1);
        tell(&mut board, &observation("r", 10, 20), 101);
        tell(&mut board, &observation("r", 20, 30), 101);
        assert!(board.gaps_to_tell(at(101)).is_empty());
        // And it can go silent again.
        assert_eq!(spans(&board.gaps_to_tell(at(132))), [(30, 132)]);
    }

    #[test]
    fn a_short_stop_is_told_with_its_reason_and_not_twice_when_the_agent_says_it() {
        let mut board = Board::new(at(0));
        let stop =
            Stop { time: at(12), node: "n1".into(), run: "r".into(), reason: "SIGTERM".into(), ..Stop::default() };
        tell(&mut board, &observation("r", 0, 12), 12);
        tell(&mut board, &stop.clone().into(), 12);
        tell(&mut board, &observation("r2", 20, 30), 30);
        let gaps = board.gaps_to_tell(at(30));
        assert_eq!((spans(&gaps), gaps[0].reason.as_str()), (vec![(12, 20)], "the agent was stopped: SIGTERM"));

        let own =
            Gap { from: at(30), to: at(50), node: "n1".into(), reason: "the agent died".into(), ..Gap::default() };
        tell(&mut board, &own.into(), 55);
        tell(&mut board, &observation("r3", 50, 60), 60);
        assert!(board.gaps_to_tell(at(60)).is_empty());
    }

    #[test]
    fn a_server_that_was_started_anew_waits_before_it_speaks_of_silence_and_repeats_nothing() {
        let mut board = Board::new(at(1_000));
        board.apply(&observation("r", 0, 10), None);
        assert!(board.gaps_to_tell(at(1_030)).is_empty(), "the server was away, not the agent");
        assert_eq!(spans(&board.gaps_to_tell(at(1_031))), [(10, 1_031)]);

        let mut board = Board::new(at(2_000));
        board.apply(&observation("r", 0, 10), None);
        let told = Gap { from: at(10), to: at(1_031), node: "n1".into(), reason: "silent".into(), ..Gap::default() };
        board.apply(&told.into(), None);
        assert!(board.gaps_to_tell(at(3_000)).is_empty());
        tell(&mut board, &observation("r2", 3_000, 3_010), 3_010);
        assert_eq!(spans(&board.gaps_to_tell(at(3_010))), [(1_031, 3_000)]);
    }

    #[test]
    fn replays_and_nodes_that_left_are_not_silent() {
        let mut board = Board::new(at(0));
        let replay = Start { time: at(1), node: "n1".into(), run: "rec".into(), replay: true, ..Start::default() };
        tell(&mut board, &replay.into(), 1);
        tell(&mut board, &observation("rec", 0, 10), 10);
        assert!(board.gaps_to_tell(at(900)).is_empty());

        tell(&mut board, &observation("r", 900, 910), 910);
        let estate = Estate { time: at(920), nodes: vec!["n2".into()], ..Estate::default() };
        tell(&mut board, &estate.into(), 920);
        assert!(board.gaps_to_tell(at(2_000)).is_empty());
    }

    #[test]
    fn an_agent_that_observes_in_long_stretches_is_given_time() {
        let mut board = Board::new(at(0));
        tell(&mut board, &observation("r", 0, 60), 60);
        assert!(board.gaps_to_tell(at(60 + 180)).is_empty());
        assert_eq!(board.gaps_to_tell(at(60 + 181)).len(), 1);
    }
}
