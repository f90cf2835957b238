//! Records of a live run as facts.

use std::collections::BTreeMap;

use avouch_finding::{Act, Fact, Gap, Losses, Observation, SourceState, Start, Stop, Time, Watching};
use serde_json::{Value as Json, json};

use super::{FindingContext, Origin, finding};
use crate::live::records::{self, Record, SourceStanding};
use crate::ruleset::SYSCALL;

/// The fact of a record; `None` where another fact says it ([`super::rules_loaded`] for rules).
///
/// `rules` is the digest of the rule set that ran. Alerts in the record have to be made with [`super::alert_options`].
#[must_use]
pub fn of_record(record: &Record, origin: &Origin, rules: &str) -> Option<Fact> {
    let node = || origin.node.clone();
    Some(match record {
        Record::Start(s) => Start {
            time: time(&s.time),
            node: node(),
            cluster: origin.cluster.clone(),
            run: origin.run.clone(),
            version: s.version.clone(),
            kernel: s.kernel.clone(),
            missing: s.missing.clone(),
            replay: false,
        }
        .into(),
        Record::Stop(s) => Stop {
            time: time(&s.time),
            node: node(),
            run: origin.run.clone(),
            reason: s.reason.clone(),
            events: s.events,
            detections: s.detections,
            lost_events: s.lost_events,
        }
        .into(),
        Record::Observation(o) => observation(o, origin).into(),
        Record::Gap(g) => {
            Gap { from: time(&g.from), to: time(&g.to), node: node(), reason: g.reason.clone(), ..Gap::default() }
                .into()
        }
        Record::Rules(_) => return None,
        Record::Finding(f) => {
            let context = FindingContext {
                rules,
                time: time(&f.time),
                event: f.event,
                lost_events: f.tainted.map(|t| t.lost_events),
                container_unknown: f.container_unknown,
                slice: f.slice.clone(),
                acceptance: f.acceptance.clone(),
            };
            finding(&f.alert, origin, &context).into()
        }
        Record::Act(act) => Act {
            time: Time(act.get("time_ns").and_then(Json::as_u64).unwrap_or_default()),
            node: node(),
            act: act.get("what").and_then(Json::as_str).unwrap_or_default().to_owned(),
            finding: String::new(),
            detail: act.clone(),
        }
        .into(),
        // These have the shape of their facts already, but for the node.
        Record::Command(c) => with_node("command", json!(c), origin)?,
        Record::Connection(c) => with_node("connection", json!(c), origin)?,
        Record::File(f) => with_node("file", json!(f), origin)?,
        Record::LeftOut(l) => with_node("left_out", json!(l), origin)?,
        Record::Integrity(i) => with_node("integrity", i.clone(), origin)?,
    })
}

/// Records write their own times: one that cannot be read is a defect of ours, and reads as the epoch.
fn time(text: &str) -> Time {
    Time::parse(text).unwrap_or_default()
}

fn with_node(kind: &str, mut body: Json, origin: &Origin) -> Option<Fact> {
    body.as_object_mut()?.insert("node".to_owned(), json!(origin.node));
    Fact::read(kind, body).ok()
}

fn observation(o: &records::Observation, origin: &Origin) -> Observation {
    let lost = &o.interval.lost;
    let by_cause: BTreeMap<String, u64> = lost.by_cause.iter().map(|(c, n)| ((*c).to_owned(), *n)).collect();
    // A source that the run was not to read is somebody else's to watch: it is left out, and not told to be down.
    let own = |(name, standing): (&String, &SourceStanding)| {
        // What the counters of losses count is lost by the sensor; of other sources a run has only what reached it.
        let lost = if name == SYSCALL { lost.events } else { 0 };
        let state =
            SourceState { state: Watching::Delivers, events: o.interval.events, lost, ..SourceState::default() };
        (*standing != SourceStanding::NotConnected).then(|| (name.clone(), state))
    };
    Observation {
        from: time(&o.interval.from),
        to: time(&o.time),
        node: origin.node.clone(),
        cluster: origin.cluster.clone(),
        run: origin.run.clone(),
        rules: o.rules.digest.clone(),
        sources: o.sources.iter().filter_map(own).collect(),
        events: o.interval.events,
        detections: o.interval.detections,
        lost: Losses { events: lost.events, by_cause },
        clock_offset_ns: o.clock.offset_ns,
        clock_jump_ns: o.clock.jump_ns,
        gaps: o.gaps.clone(),
    }
}
