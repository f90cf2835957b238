//! What waits, what is lost, what is counted: sources whose every step a test decides.

use std::cell::RefCell;
use std::collections::{BTreeSet, VecDeque};
use std::rc::Rc;
use std::time::Duration;

use avouch_event::{EventBuf, Interest, Item, LossCause, Losses, ProcessEntry, types};
use avouch_state::CgroupContainer;

use super::*;
use crate::{RuleSet, RuleSetOptions};

fn rules_of(text: &str) -> RuleSet {
    let mut options = RuleSetOptions::default();
    options.compile.append_output.clear();
    let rules = RuleSet::from_texts(vec![("r.yaml".to_owned(), text.to_owned())], vec![], &options);
    assert!(!rules.has_errors(), "{:?}", rules.diagnostics);
    rules
}

/// What one poll gives.
type Poll = Vec<EventBuf>;

/// A source that gives what a test put there.
#[derive(Default)]
struct Script {
    polls: VecDeque<Poll>,
    lost: u64,
}

impl LiveSource for Script {
    fn poll(&mut self, emit: &mut dyn FnMut(&Item<'_>)) -> Result<u64, SourceError> {
        let events = self.polls.pop_front().unwrap_or_default();
        events.iter().for_each(|e| emit(&Item::Event(e.event())));
        Ok(events.len() as u64)
    }

    fn pause(&self) -> Duration {
        Duration::ZERO
    }

    fn losses(&self) -> Losses {
        let mut row = [0; LossCause::ALL.len()];
        row[LossCause::RingFull as usize] = self.lost;
        Losses { per_cpu: vec![row] }
    }

    fn set_interest(&mut self, _interest: &Interest) -> Result<(), SourceError> {
        Ok(())
    }

    fn gaps(&self) -> Vec<String> {
        vec!["no sense of smell".to_owned()]
    }
}

/// A lookup whose answers a test gives.
#[derive(Clone, Default)]
struct Runtime(Rc<RefCell<Told>>);

#[derive(Default)]
struct Told {
    asked: Vec<String>,
    /// Id, and the text when it is known.
    answers: Vec<(String, Option<String>)>,
}

impl ContainerLookup for Runtime {
    fn ask(&mut self, container: &CgroupContainer<'_>, _tid: i64) {
        self.0.borrow_mut().asked.push(String::from_utf8(container.id.to_vec()).unwrap());
    }

    fn answers(&mut self, emit: &mut dyn FnMut(Answer<'_>)) {
        for (id, json) in self.0.borrow_mut().answers.drain(..) {
            let id = id.as_bytes();
            emit(match &json {
                Some(json) => Answer::Known { id, json: json.as_bytes() },
                None => Answer::Unknown { id },
            });
        }
    }
}

impl Runtime {
    fn answer(&self, id: &str, image: Option<&str>) {
        let json = image.map(|image| {
            serde_json::json!({"container": {"id": id, "type": 7, "name": "web", "imagerepo": image}}).to_string()
        });
        self.0.borrow_mut().answers.push((id.to_owned(), json));
    }
}

const SECOND: u64 = 1_000_000_000;

/// A program run by thread 7 in the container `/default/<name>`, or on the machine.
fn exec(time: u64, container: Option<&str>) -> EventBuf {
    let mut e = EventBuf::new(types::EXECVE_19_X);
    (e.timestamp, e.tid) = (time, 7);
    e.push_i64(0).push_charbuf(b"sh").push(b"");
    e.push_i64(7).push_i64(7).push_i64(1).push(b"").push_u64(1024);
    e.push_u64(0).push_u64(0).push_u32(0).push_u32(0).push_u32(0);
    e.push_charbuf(b"sh");
    e.push(container.map(|name| format!("cpu=/default/{name}\0")).unwrap_or_default().as_bytes());
    e
}

fn change_dir(time: u64) -> EventBuf {
    let mut e = EventBuf::new(types::CHDIR_X);
    (e.timestamp, e.tid) = (time, 7);
    e.push_i64(0).push_charbuf(b"/srv");
    e
}

const BY_IMAGE: &str = "- rule: Run in shop\n  desc: d\n  condition: evt.type = execve and container.image.repository = shop\n  \
                        output: 'in %container.name'\n  priority: NOTICE\n\
                        - rule: Moved\n  desc: d\n  condition: evt.type = chdir\n  output: 'by %proc.name in %container.name'\n  \
                        priority: NOTICE\n";

fn at(mono: u64) -> Now {
    Now { wall: 10_000 * SECOND + mono, mono }
}

fn live(rules: &str, options: LiveOptions) -> Live {
    Live::new(rules_of(rules), options, at(0)).unwrap()
}

fn with_lookup(runtime: &Runtime) -> LiveOptions {
    LiveOptions {
        hold: HoldLimits { wait: Duration::from_secs(1), ..HoldLimits::default() },
        lookup: Some(Box::new(runtime.clone())),
        findings: Some(crate::alert::AlertOptions::default()),
        ..LiveOptions::default()
    }
}

#[test]
fn events_of_a_new_container_wait_for_its_metadata() {
    let runtime = Runtime::default();
    let mut run = live(BY_IMAGE, with_lookup(&runtime));
    let mut seen = Seen::default();
    let first = vec![change_dir(1), exec(2, Some("a")), change_dir(3)];
    let mut source = Script { polls: [first, vec![change_dir(4)]].into(), lost: 0 };

    run.turn(&mut source, at(SECOND), &mut seen).unwrap();
    assert_eq!(seen.detections.len(), 1, "what came before the container does not wait: {:?}", seen.detections);
    run.turn(&mut source, at(SECOND + 1), &mut seen).unwrap();
    assert_eq!((seen.detections.len(), run.containers().held_events), (1, 3));

    runtime.answer("a", Some("shop"));
    run.turn(&mut source, at(SECOND + 2), &mut seen).unwrap();
    let told: Vec<(&str, &str)> = seen.detections.iter().map(|(_, rule, text)| (&**rule, &**text)).collect();
    let moved = ("Moved", "by sh in web");
    assert_eq!(told[1..], [("Run in shop", "in web"), moved, moved], "in order, and the answer before them");
    let numbers: Vec<u64> = seen.detections.iter().map(|(num, ..)| *num).collect();
    assert_eq!(numbers, [1, 3, 4, 5], "the answer is event 2");
    assert_eq!(runtime.0.borrow().asked, ["a"], "asked once");
    let counts = run.containers();
    assert_eq!((counts.asked, counts.known, counts.timed_out, counts.late), (1, 1, 0, 0));
    assert!(seen.findings().iter().all(|f| !f.container_unknown));
}

#[test]
fn a_wait_ends_and_what_stays_unknown_is_counted() {
    let runtime = Runtime::default();
    let mut run = live(BY_IMAGE, with_lookup(&runtime));
    let mut seen = Seen::default();
    let mut source = Script { polls: [vec![exec(2, Some("a")), change_dir(3)]].into(), lost: 0 };
    run.turn(&mut source, at(SECOND), &mut seen).unwrap();
    run.turn(&mut source, at(2 * SECOND - 1), &mut seen).unwrap();
    assert!(seen.detections.is_empty());
    run.turn(&mut source, at(2 * SECOND), &mut seen).unwrap();
    assert_eq!(seen.detections.len(), 1, "judged with what is known: {:?}", seen.detections);
    assert!(seen.findings()[0].container_unknown);
    assert_eq!(run.containers().timed_out, 1);

    // Late metadata serve what comes then; an answer that says nothing ends the wait at once.
    runtime.answer("a", Some("shop"));
    source.polls.push_back(vec![exec(4, Some("a")), exec(5, Some("b")), change_dir(6)]);
    run.turn(&mut source, at(3 * SECOND), &mut seen).unwrap();
    assert_eq!(seen.detections.len(), 2);
    runtime.answer("b", None);
    run.turn(&mut source, at(3 * SECOND + 1), &mut seen).unwrap();
    assert_eq!(seen.detections.len(), 3);
    let counts = run.containers();
    assert_eq!((counts.late, counts.unknown, counts.known), (1, 1, 1));
    run.observe(&source, at(4 * SECOND), &mut seen);
    assert_eq!(seen.observations()[0].detections_in_unknown_containers, 2);
}

#[test]
fn too_much_that_waits_goes_on() {
    let runtime = Runtime::default();
    let hold = HoldLimits { bytes: 1_000, wait: Duration::from_secs(1) };
    let mut run = live(BY_IMAGE, LiveOptions { hold, ..with_lookup(&runtime) });
    let mut seen = Seen::default();
    let mut events = vec![exec(2, Some("a"))];
    events.extend((0..100).map(change_dir));
    let mut source = Script { polls: [events].into(), lost: 0 };
    run.turn(&mut source, at(SECOND), &mut seen).unwrap();
    assert_eq!(seen.detections.len(), 100);
    let counts = run.containers();
    assert!(counts.cut_short > 0 && counts.timed_out == 0, "{counts:?}");
}

#[test]
fn containers_that_run_at_the_start_are_asked_for_and_waited_for() {
    let runtime = Runtime::default();
    let mut run = live(BY_IMAGE, with_lookup(&runtime));
    let mut seen = Seen::default();
    let process = ProcessEntry { tid: 7, pid: 7, comm: b"sh", cgroups: b"cpu=/default/a", ..ProcessEntry::default() };
    run.fact(&Item::Process(process), at(0), &mut seen);
    run.fact(&Item::SnapshotEnd, at(0), &mut seen);
    let mut source = Script { polls: [vec![change_dir(3)]].into(), lost: 0 };
    run.turn(&mut source, at(1), &mut seen).unwrap();
    assert!(seen.detections.is_empty());
    runtime.answer("a", Some("shop"));
    run.turn(&mut source, at(2), &mut seen).unwrap();
    assert_eq!(seen.detections[0].2, "by sh in web");
}

#[test]
fn losses_taint_the_findings_around_them() {
    let runtime = Runtime::default();
    let mut run = live(BY_IMAGE, with_lookup(&runtime));
    let mut seen = Seen::default();
    let mut source = Script::default();
    let mut turn = |run: &mut Live, seen: &mut Seen, mono, lost, observe| {
        source.polls.push_back(vec![change_dir(mono)]);
        source.lost += lost;
        run.turn(&mut source, at(mono), seen).unwrap();
        if observe {
            run.observe(&source, at(mono), seen);
        }
    };
    turn(&mut run, &mut seen, 1, 0, true);
    turn(&mut run, &mut seen, 2, 5, false);
    turn(&mut run, &mut seen, 3, 0, true);
    turn(&mut run, &mut seen, 4, 0, true);
    turn(&mut run, &mut seen, 5, 0, true);
    let taints: Vec<u64> = seen.findings().iter().map(|f| f.tainted.map_or(0, |t| t.lost_events)).collect();
    assert_eq!(taints, [0, 5, 5, 5, 0], "in the interval with losses, and in the one after it");
    let lost: Vec<u64> = seen.observations().iter().map(|o| o.interval.lost.events).collect();
    assert_eq!(lost, [0, 5, 0, 0]);
    let last = seen.observations()[3];
    assert_eq!((last.lost.by_cause.get("ring_full"), last.lost.by_cpu.get(&0)), (Some(&5), Some(&5)));
    assert_eq!(last.gaps, ["no sense of smell"]);
}

#[test]
fn a_clock_that_is_set_is_told_once() {
    let mut run = live(BY_IMAGE, LiveOptions::default());
    let mut seen = Seen::default();
    let source = Script::default();
    let hour = 3_600 * SECOND;
    for now in [at(1), at(2), Now { wall: at(3).wall - hour, mono: 3 }, Now { wall: at(4).wall - hour, mono: 4 }] {
        run.observe(&source, now, &mut seen);
    }
    let jumps: Vec<Option<i64>> = seen.observations().iter().map(|o| o.clock.jump_ns).collect();
    assert_eq!(jumps, [None, None, Some(-3_600_000_000_000), None]);
}

#[test]
fn a_clock_that_is_set_before_the_first_observation_is_told() {
    let mut run = live(BY_IMAGE, LiveOptions::default());
    let mut seen = Seen::default();
    run.observe(&Script::default(), Now { wall: at(5).wall + 3_600 * SECOND, mono: 5 }, &mut seen);
    assert_eq!(seen.observations()[0].clock.jump_ns, Some(3_600_000_000_000));
}

#[test]
fn other_rules_judge_from_the_next_event_on_and_old_counts_stay() {
    let mut run = live(BY_IMAGE, LiveOptions::default());
    let mut seen = Seen::default();
    let mut source = Script { polls: [vec![change_dir(1)], vec![change_dir(2)]].into(), lost: 0 };
    run.turn(&mut source, at(1), &mut seen).unwrap();
    let digest = run.rules_state().digest.clone();
    run.change_rules(rules_of(
        "- rule: First\n  desc: d\n  condition: evt.type = execve\n  output: x\n  priority: NOTICE\n\
         - rule: Gone to\n  desc: d\n  condition: evt.type = chdir\n  output: x\n  priority: NOTICE\n",
    ));
    run.turn(&mut source, at(2), &mut seen).unwrap();
    let told: BTreeSet<(&str, u64)> = run.summary().rules().into_iter().collect();
    assert_eq!(told, BTreeSet::from([("Moved", 1), ("Gone to", 1)]));
    assert_ne!(run.rules_state().digest, digest);
}

#[test]
fn activity_keeps_to_its_budget_and_counts_the_rest() {
    let limits = ActivityLimits { per_second: 3, ..ActivityLimits::default() };
    let mut run = live(BY_IMAGE, LiveOptions { activity: Some(limits), ..LiveOptions::default() });
    let mut seen = Seen::default();
    let mut source = Script { polls: [(0..10).map(|i| exec(SECOND + i, None)).collect()].into(), lost: 0 };
    run.turn(&mut source, at(SECOND), &mut seen).unwrap();
    run.observe(&source, at(2 * SECOND), &mut seen);
    run.observe(&source, at(3 * SECOND), &mut seen);
    let commands = seen.records.iter().filter(|r| matches!(r, Record::Command(_))).count();
    let left: Vec<_> =
        seen.records.iter().filter_map(|r| if let Record::LeftOut(l) = r { Some(l) } else { None }).collect();
    assert_eq!((commands, left.len()), (3, 1), "told once, in the interval it belongs to");
    assert_eq!(left[0].by_kind.get("command"), Some(&7));
    assert_eq!(seen.observations()[1].activity_left_out.get("command"), Some(&7));
}

#[test]
fn a_connection_that_was_refused_is_told_with_where_it_was_to_go() {
    let mut socket = EventBuf::new(types::ITER_TASK_FILE_SOCKET_INET_E);
    (socket.timestamp, socket.tid, socket.hidden) = (SECOND + 1, 7, true);
    socket.push(&3i32.to_le_bytes()).push_u16(1).push_u16(6);
    socket.push(&[0; 4]).push_u16(0).push(&[0; 4]).push_u16(0).push_u64(99);
    let refused = |time, address: &[u8]| {
        let mut e = EventBuf::new(types::CONNECT_X);
        (e.timestamp, e.tid) = (time, 7);
        e.push_i64(-111).push(b"").push_i64(3).push(address);
        e
    };
    let to = |port: u16| [&[2, 10, 1, 2, 3][..], &port.to_le_bytes()].concat();
    let unix = refused(SECOND + 5, b"\x01/run/gone\0");
    let events = vec![
        exec(SECOND, None),
        socket.clone(),
        refused(SECOND + 2, &to(22)),
        refused(SECOND + 3, &to(22)),
        refused(SECOND + 4, &to(23)),
        unix,
    ];
    let mut run = live(BY_IMAGE, LiveOptions { activity: Some(ActivityLimits::default()), ..LiveOptions::default() });
    let mut seen = Seen::default();
    let mut source = Script { polls: [events].into(), lost: 0 };
    run.turn(&mut source, at(SECOND), &mut seen).unwrap();
    run.finish(&source, at(SECOND), &mut seen);
    let told: Vec<_> = seen
        .records
        .iter()
        .filter_map(|r| if let Record::Connection(c) = r { Some(c) } else { None })
        .map(|c| (c.direction, c.protocol, &*c.address, c.port, c.count, c.results.get("errno 111").copied()))
        .collect();
    let meant = |port, count| ("out", "tcp", "10.1.2.3", port, count, Some(count));
    assert_eq!(told, [meant(22, 2), meant(23, 1)]);
}

#[test]
fn slices_keep_to_their_bounds() {
    let dir = tempfile::tempdir().unwrap();
    let options = SliceOptions {
        at_once: 2,
        ring_bytes: 2_000,
        total_bytes: 1,
        rules: Some(["Moved".to_owned()].into_iter().collect()),
        ..SliceOptions::new(dir.path().to_owned())
    };
    let mut run = live(BY_IMAGE, LiveOptions { slices: Some(options), ..LiveOptions::default() });
    let mut seen = Seen::default();
    let events = (0..200).map(|i| change_dir(SECOND + i * SECOND / 10)).collect();
    let mut source = Script { polls: [events].into(), lost: 0 };
    run.turn(&mut source, at(SECOND), &mut seen).unwrap();
    run.finish(&source, at(SECOND), &mut seen);
    run.observe(&source, at(SECOND), &mut seen);
    let counts = seen.observations()[0].slices.unwrap();
    assert_eq!((counts.begun, counts.written, counts.failed, counts.not_encoded), (1, 1, 0, 0), "{counts:?}");
    assert_eq!(counts.shared + counts.refused, 199, "{counts:?}");
    assert!(counts.shared > 5 && counts.refused > 100, "{counts:?}");
}
