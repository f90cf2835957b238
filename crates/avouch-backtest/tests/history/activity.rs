//! Stored activity under new rules, against what a replay of the recording finds under them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::{Path, PathBuf};

use avouch_backtest::{ActivityState, CutShort, History, Kept, Options, RuleChange, RuleDiff, Watch, backtest};
use avouch_finding::{Command, Fact, Finding, RulesLoaded, Time, Who};
use avouch_pipeline::facts::{Origin, of_record, rules_loaded};
use avouch_pipeline::live::records::Record;
use avouch_pipeline::live::{ActivityLimits, CaptureSource, Live, LiveOptions, LiveSink, LiveSource, Now};
use avouch_pipeline::{Detection, Input, Replay, ReplayOptions, RuleSet, Sink};
use avouch_store::Period;

use crate::common::{Kept as Evidence, called_true, options, recording, rules, small, unwatched};
use crate::testdata::testdata;

const NODE: &str = "shop-node";

fn origin() -> Origin {
    Origin { node: NODE.to_owned(), run: "run-1".to_owned(), ..Origin::default() }
}

/// What a live run leaves behind, without its findings.
#[derive(Default)]
struct Left(Vec<Record>);

impl Sink for Left {
    fn detection(&mut self, _: &Detection<'_>) {}
}

impl LiveSink for Left {
    fn record(&mut self, record: Record) {
        self.0.push(record);
    }
}

/// The activity of a capture as an agent with `--activity` would tell it, and its observations.
fn activity(path: &Path) -> Vec<Fact> {
    let limits = ActivityLimits { per_second: 1_000_000, connections: 1_000_000, files: 1_000_000 };
    let options = LiveOptions { activity: Some(limits), ..LiveOptions::default() };
    let (mut left, now) = (Left::default(), Now::default());
    let mut live = Live::new(small(&[("None", "evt.num = 0", "-")]), options, now).unwrap();
    let mut source = CaptureSource::new(File::open(path).unwrap());
    while !source.ended() {
        if live.turn(&mut source, now, &mut left).is_err() {
            break;
        }
    }
    live.finish(&source, now, &mut left);
    let facts = left.0.iter().filter_map(|record| of_record(record, &origin(), "digest"));
    facts.filter(|f| matches!(f, Fact::Command(_) | Fact::Connection(_) | Fact::File(_))).collect()
}

/// When the event of a record of activity happened.
fn moment(fact: &Fact) -> Option<u64> {
    match fact {
        Fact::Command(c) => Some(c.time.0),
        Fact::Connection(c) => Some(c.first.0),
        Fact::File(f) => Some(f.time.0),
        _ => None,
    }
}

/// Detections of a replay at the moments of activity, and how many there are at others.
struct Detected<'m> {
    moments: &'m BTreeSet<u64>,
    here: BTreeSet<(String, u64)>,
    elsewhere: usize,
}

impl Sink for Detected<'_> {
    fn detection(&mut self, d: &Detection<'_>) {
        if self.moments.contains(&d.event.timestamp) {
            self.here.insert((d.rule.name.clone(), d.event.timestamp));
        } else {
            self.elsewhere += 1;
        }
    }
}

fn nothing() -> RuleSet {
    RuleSet::from_texts(Vec::new(), Vec::new(), &options(avouch_engine::Matching::All))
}

fn test(old: &RuleSet, new: &RuleSet, kept: &mut Evidence, options: Options) -> RuleDiff {
    let mut history = History { findings: Some(kept.findings()), recordings: &[] };
    unwatched(|w| backtest(old, new, &mut history, Period::ALL, options, w)).unwrap()
}

const ALL_ROWS: Options = Options { rows: 1_000_000, gains: true, activity: u64::MAX };

/// What activity made of rules over one capture or several.
#[derive(Default)]
struct Decided {
    records: u64,
    /// Detections of replays at the events that activity keeps, at others.
    at_records: usize,
    elsewhere: usize,
    gained: u64,
    unknown: u64,
    /// By rule: gained, unknown.
    by_rule: BTreeMap<String, (u64, u64)>,
    missing: BTreeMap<String, u64>,
    kept: BTreeMap<String, bool>,
}

impl Decided {
    /// Judges the activity of a capture by rules, all of them new, and holds it against the replay.
    fn agree(&mut self, path: &Path, rules: &RuleSet) {
        let facts = activity(path);
        let moments: BTreeSet<u64> = facts.iter().filter_map(moment).collect();
        let mut detected = Detected { moments: &moments, here: BTreeSet::new(), elsewhere: 0 };
        let Ok(mut input) = Input::open(path) else { return };
        if Replay::new(rules, ReplayOptions::default()).run(&mut input, &mut detected).is_err() {
            return;
        }
        let mut kept = Evidence::new(&facts);
        let diff = test(&nothing(), rules, &mut kept, ALL_ROWS);
        let shown = path.file_name().unwrap().to_string_lossy();
        assert_eq!(diff.activity.records(), facts.len() as u64, "{shown}");
        self.records += diff.activity.records();
        let (mut gained, mut unknown) = (BTreeSet::new(), BTreeSet::new());
        for change in &diff.rules {
            let Some(activity) = &change.activity else { continue };
            let rows = |sample: &avouch_backtest::Sample| {
                let row = |f: &avouch_backtest::Found| (f.rule.clone(), f.time.0);
                sample.rows.iter().map(row).collect::<BTreeSet<_>>()
            };
            gained.extend(rows(&change.gained));
            unknown.extend(rows(&activity.unknown));
            let of_rule = self.by_rule.entry(change.rule.clone()).or_default();
            *of_rule = (of_rule.0 + activity.gained, of_rule.1 + activity.unknown.count);
            for (field, records) in &activity.missing {
                *self.missing.entry(field.clone()).or_default() += records;
            }
            self.kept.insert(change.rule.clone(), activity.about.iter().any(|a| a.kept != Kept::No));
            self.gained += activity.gained;
            self.unknown += activity.unknown.count;
        }
        // What it says it would find, a replay finds.
        let wrong: Vec<_> = gained.difference(&detected.here).collect();
        assert!(wrong.is_empty(), "{shown}: activity alone finds {wrong:?}");
        // What a replay finds at an event that activity keeps is not said to be nothing.
        let missed: Vec<_> = detected.here.iter().filter(|d| !gained.contains(*d) && !unknown.contains(*d)).collect();
        assert!(missed.is_empty(), "{shown}: activity says nothing of {missed:?}");
        self.at_records += detected.here.len();
        self.elsewhere += detected.elsewhere;
    }

    fn report(&self, of: &str) {
        let kept = self.kept.values().filter(|k| **k).count();
        let with = |is: &dyn Fn(&(u64, u64)) -> bool| {
            self.by_rule.iter().filter(|(rule, n)| self.kept.get(*rule) == Some(&true) && is(n)).count()
        };
        eprintln!(
            "{of}: {} rules over system calls; of {kept} activity keeps events, {} of these were decided on each of {} records, {} not on all",
            self.by_rule.len(),
            with(&|n| n.1 == 0),
            self.records,
            with(&|n| n.1 > 0),
        );
        eprintln!(
            "  would fire {}, cannot say {}; a replay fires {} times at these events, {} times at events that activity does not keep",
            self.gained, self.unknown, self.at_records, self.elsewhere
        );
        let mut missing: Vec<_> = self.missing.iter().collect();
        missing.sort_by(|a, b| b.1.cmp(a.1));
        eprintln!("  missing fields: {:?}", missing.iter().take(12).collect::<Vec<_>>());
    }
}

/// Captures of a folder up to `most` bytes: one of the larger ones under a hundred rules takes a minute without optimisation.
fn captures(dir: &Path, most: u64, out: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            captures(&path, most, out);
        } else if path.extension().is_some_and(|e| e == "scap") && path.metadata().unwrap().len() <= most {
            out.push(path);
        }
    }
}

/// A rule for each field, so that each is held against a replay at every kind of event.
fn probes() -> RuleSet {
    let fields = [
        "proc.name exists",
        "proc.name in (sh, bash, cat, curl, nginx, python3, tar)",
        "proc.pname exists",
        "proc.pname in (sh, bash)",
        "proc.aname[2] exists",
        "proc.aname in (sshd, systemd, runc, containerd-shim, bash)",
        "proc.args contains -c",
        "proc.args = ''",
        "proc.cmdline contains sh",
        "proc.exe startswith /",
        "proc.exeline contains ' '",
        "proc.exepath startswith /usr",
        "proc.cwd = /",
        "proc.tty = 0",
        "proc.pid > 1",
        "proc.vpid = 1",
        "proc.vpid exists",
        "evt.num = 0",
        "evt.num >= 0",
        "evt.num > 0",
        "proc.ppid > 1",
        "user.uid = 0",
        "user.name = root",
        "user.loginuid = -1",
        "container.id = host",
        "container.id exists",
        "container.name = host",
        "container.name exists",
        "container.image.repository = ''",
        "container.image.repository exists",
        "container.privileged = true",
        "k8s.ns.name exists",
        "evt.res = SUCCESS",
        "evt.rawres >= 0",
        "evt.failed = true",
        "evt.is_open_read = true",
        "evt.is_open_write = true",
        "evt.is_open_create = true",
        "evt.is_open_exec = true",
        "evt.is_io = true",
        "evt.arg.path exists",
        "evt.arg.name startswith /",
        "evt.arg.newpath startswith /",
        "evt.arg.oldpath startswith /",
        "evt.arg.filename startswith /",
        "evt.arg.linkpath startswith /",
        "fs.path.name exists",
        "fs.path.name startswith /",
        "fs.path.source startswith /",
        "fs.path.target exists",
        "fd.num >= 0",
        "fd.name exists",
        "fd.name startswith /",
        "fd.name contains ->",
        "fd.directory = /etc",
        "fd.directory exists",
        "fd.filename exists",
        "fd.type = file",
        "fd.typechar in (4, 6)",
        "fd.l4proto = tcp",
        "fd.sip exists",
        "fd.sport < 1024",
        "fd.cport > 1024",
        "fd.ip = 127.0.0.1",
        "fd.net in (10.0.0.0/8, 127.0.0.0/8)",
        "fd.snet in (10.0.0.0/8, 127.0.0.0/8)",
        "fd.is_server = true",
        "fd.sockfamily = ip",
        "proc.is_exe_upper_layer = true",
        "proc.is_exe_writable = true",
    ];
    let rules: Vec<(String, String)> = fields
        .iter()
        .flat_map(|field| {
            [(format!("if {field}"), (*field).to_owned()), (format!("not {field}"), format!("not {field}"))]
        })
        .collect();
    small(&rules.iter().map(|(name, condition)| (name.as_str(), condition.as_str(), "-")).collect::<Vec<_>>())
}

#[test]
fn every_field_that_activity_tells_is_what_a_replay_reads() {
    let mut decided = Decided::default();
    let probes = probes();
    decided.agree(&recording(), &probes);
    if let Some(dir) = testdata() {
        let mut paths = Vec::new();
        captures(&dir, 100_000, &mut paths);
        assert!(paths.len() > 10);
        for path in paths {
            decided.agree(&path, &probes);
        }
    }
    decided.report("one rule a field");
    assert!(decided.gained > 10_000, "{}", decided.gained);
}

#[test]
fn our_rules_over_activity_agree_with_a_replay() {
    let mut decided = Decided::default();
    decided.agree(&recording(), &rules());
    decided.report("our rules");
    assert!(decided.gained > 0 && decided.at_records > 0);
}

#[test]
fn upstream_rules_over_activity_agree_with_a_replay() {
    let Some(dir) = testdata() else { return };
    let text = std::fs::read_to_string(dir.join("rules/main/falco_rules.yaml")).unwrap();
    let texts = vec![("falco_rules.yaml".to_owned(), text)];
    let stable = RuleSet::from_texts(texts, Vec::new(), &options(avouch_engine::Matching::All));
    let mut decided = Decided::default();
    let mut paths = Vec::new();
    captures(&dir, u64::MAX, &mut paths);
    paths.push(recording());
    for path in paths {
        decided.agree(&path, &stable);
    }
    decided.report("upstream's stable rules");
    assert!(decided.records > 200, "{}", decided.records);
}

fn ran(time: u64, name: &str, cmdline: &str) -> Fact {
    Command {
        time: Time(time),
        node: NODE.to_owned(),
        who: Who {
            pid: 7,
            exe: format!("/usr/bin/{name}"),
            name: name.to_owned(),
            ancestors: vec!["bash".to_owned()],
            container: "0123456789ab".to_owned(),
            ..Who::default()
        },
        cmdline: cmdline.to_owned(),
        args_at: u32::try_from(name.len() + 1).unwrap(),
        call: "execve".to_owned(),
        ..Command::default()
    }
    .into()
}

/// Some time in 2026, and ns in a day.
const T: u64 = 1_790_000_000_000_000_000;
const DAY: u64 = 86_400_000_000_000;

fn rule<'d>(diff: &'d RuleDiff, name: &str) -> &'d RuleChange {
    diff.rules.iter().find(|r| r.rule == name).unwrap()
}

#[test]
fn a_new_rule_is_told_what_it_would_find_and_what_cannot_be_said() {
    let facts = [
        ran(T, "nc", "nc -l 1"),
        ran(T + DAY, "nc", "nc -l 2"),
        ran(T + DAY + 5, "ls", "ls -l"),
        ran(T + 2 * DAY, "ncat", "ncat x"),
    ];
    let mut kept = Evidence::new(&facts);
    let new = small(&[
        ("Listens", "evt.type = execve and proc.name in (nc, ncat) and proc.args startswith -l", "-"),
        ("By image", "evt.type = execve and proc.name = nc and container.image.tag = latest", "-"),
        ("Traced", "evt.type = ptrace", "-"),
        ("Reads", "evt.type in (open, openat) and evt.is_open_read = true and fd.name = /etc/shadow", "-"),
    ]);
    let diff = test(&nothing(), &new, &mut kept, Options::default());
    assert_eq!((diff.activity.state, diff.activity.commands, diff.activity.cut_short), (ActivityState::Read, 4, None));
    assert_eq!((diff.activity.first, diff.activity.last), (Some(Time(T)), Some(Time(T + 2 * DAY))));

    let listens = rule(&diff, "Listens");
    assert_eq!((listens.before, listens.after, listens.gained.count, listens.lost.count), (0, 2, 2, 0));
    let times: Vec<u64> = listens.gained.rows.iter().map(|f| f.time.0).collect();
    assert_eq!(times, [T + DAY, T], "the newest first");
    let row = &listens.gained.rows[0];
    assert_eq!((row.node.as_str(), row.output.as_str()), (NODE, "nc -l 2"));
    let acted = row.acted.as_ref().unwrap();
    assert_eq!((acted.kind, acted.process.as_str(), acted.parent.as_str()), ("command", "/usr/bin/nc", "bash"));
    assert_eq!(acted.container, "0123456789ab");
    let days: Vec<(u64, u64, u64)> = listens.days.iter().map(|d| (d.before, d.after, d.unknown)).collect();
    assert_eq!(days, [(0, 1, 0), (0, 1, 0)]);

    let by_image = rule(&diff, "By image").activity.as_ref().unwrap();
    assert_eq!((by_image.gained, by_image.unknown.count), (0, 2));
    assert_eq!(by_image.missing, [("container.image.tag".to_owned(), 2)]);
    assert_eq!(rule(&diff, "By image").days.iter().map(|d| d.unknown).sum::<u64>(), 2);

    let kept_of = |name: &str| {
        let about = &rule(&diff, name).activity.as_ref().unwrap().about;
        about.iter().map(|a| (a.event.clone(), a.kept)).collect::<Vec<_>>()
    };
    assert_eq!(kept_of("Listens"), [("execve".to_owned(), Kept::Yes)]);
    assert_eq!(kept_of("Traced"), [("ptrace".to_owned(), Kept::No)]);
    // Opened to read and to write is kept, opened to read alone is not.
    assert_eq!(kept_of("Reads"), [("open".to_owned(), Kept::Writes), ("openat".to_owned(), Kept::Writes)]);
}

#[test]
fn no_activity_is_another_thing_than_nothing_found() {
    let mut kept = Evidence::new(&[]);
    let new = small(&[("Spawns", "evt.type = execve", "-")]);
    let diff = test(&nothing(), &new, &mut kept, Options::default());
    assert_eq!(diff.activity.state, ActivityState::NoneKept);
    let diff = test(&new, &new, &mut kept, Options::default());
    assert_eq!(diff.activity.state, ActivityState::NotAsked);
    let none = Options { activity: 0, ..Options::default() };
    assert_eq!(test(&nothing(), &new, &mut kept, none).activity.state, ActivityState::NotAsked);
}

#[test]
fn a_budget_cuts_off_the_oldest_and_says_so() {
    let facts: Vec<Fact> = (0..10).map(|n| ran(T + n, "nc", "nc -l")).collect();
    let mut kept = Evidence::new(&facts);
    let new = small(&[("Spawns", "evt.type = execve", "-")]);
    let with = |most| Options { activity: most, ..Options::default() };
    let diff = test(&nothing(), &new, &mut kept, with(4));
    assert_eq!((diff.activity.cut_short, diff.activity.commands), (Some(CutShort::Records), 4));
    assert_eq!((diff.activity.first, rule(&diff, "Spawns").after), (Some(Time(T + 6)), 4));
    let diff = test(&nothing(), &new, &mut kept, with(10));
    assert_eq!((diff.activity.cut_short, diff.activity.commands), (None, 10), "that is all there is");

    let mut history = History { findings: Some(kept.findings()), recordings: &[] };
    let mut told = |_: avouch_backtest::Progress| {};
    let up = || true;
    let mut watch = Watch::new(None, &mut told).until(&up);
    let diff = backtest(&nothing(), &new, &mut history, Period::ALL, Options::default(), &mut watch).unwrap();
    assert_eq!((diff.activity.cut_short, diff.activity.records()), (Some(CutShort::Time), 0));
}

/// A finding of a rule at the event of a command, with these fields.
fn finding(id: &str, rule: &str, time: u64, rules: &str, fields: serde_json::Value) -> Finding {
    Finding {
        id: id.to_owned(),
        time: Time(time),
        node: NODE.to_owned(),
        rule: rule.to_owned(),
        source: "syscall".to_owned(),
        rules: rules.to_owned(),
        fields: fields.as_object().unwrap().clone(),
        ..Finding::default()
    }
}

#[test]
fn a_widened_rule_gains_where_the_old_one_was_loaded_and_had_no_finding() {
    let old = small(&[("Listens", "evt.type = execve and proc.name = nc and proc.env contains X", "-")]);
    let new = small(&[("Listens", "evt.type = execve and proc.name in (nc, ncat)", "-")]);
    let loaded: RulesLoaded = rules_loaded(&old, &origin(), Time(T - 1));
    let found = finding("f1", "Listens", T, &loaded.digest, serde_json::json!({"evt.type": "execve"}));
    let commands = [ran(T, "nc", "nc -l 1"), ran(T + 1, "nc", "nc -l 2"), ran(T + 2, "ncat", "ncat x")];

    // Nobody knows what was loaded: whether the old rule would have matched the second one cannot be said.
    let facts: Vec<Fact> = commands.iter().cloned().chain([found.clone().into()]).collect();
    let diff = test(&old, &new, &mut Evidence::new(&facts), Options::default());
    let change = rule(&diff, "Listens");
    let activity = change.activity.as_ref().unwrap();
    assert_eq!((activity.gained, activity.unknown_before), (1, 1), "ncat is new, whatever its environment");
    assert_eq!((change.before, change.after), (1, 2), "the finding stays, and one comes to it");

    // It was loaded, and would have told of the second.
    let facts: Vec<Fact> = facts.into_iter().chain([loaded.into()]).collect();
    let diff = test(&old, &new, &mut Evidence::new(&facts), Options::default());
    let activity = rule(&diff, "Listens").activity.as_ref().unwrap();
    assert_eq!((activity.gained, activity.unknown_before), (2, 0));
}

#[test]
fn activity_settles_findings_of_which_too_little_was_recorded() {
    let old = small(&[("Listens", "evt.type = execve and proc.name = nc", "-")]);
    let new = small(&[("Listens", "evt.type = execve and proc.name = nc and not proc.args contains 9000", "-")]);
    let loaded = rules_loaded(&old, &origin(), Time(T - 1));
    let of = |id: &str, time| finding(id, "Listens", time, &loaded.digest, serde_json::json!({"proc.name": "nc"}));
    let (lost, stays, open) = (of("lost", T), of("stays", T + 1), of("open", T + 9));
    let facts: Vec<Fact> = [ran(T, "nc", "nc -l 9000"), ran(T + 1, "nc", "nc -l 8000")]
        .into_iter()
        .chain([loaded.clone().into(), called_true(&lost), called_true(&open)])
        .chain([lost, stays, open].map(Fact::from))
        .collect();
    let diff = test(&old, &new, &mut Evidence::new(&facts), Options::default());
    let change = rule(&diff, "Listens");
    assert_eq!((change.before, change.after, change.lost.count, change.unknown), (3, 1, 1, 1));
    assert_eq!(change.lost.rows[0].id.as_deref(), Some("lost"));
    assert_eq!((diff.lost_true.count, diff.unknown_true.count), (1, 1));
    assert_eq!(diff.unknown_true.rows[0].id.as_deref(), Some("open"));
    assert_eq!(change.activity.as_ref().unwrap().settled, 2);
    let without = Options { activity: 0, ..Options::default() };
    let diff = test(&old, &new, &mut Evidence::new(&facts), without);
    assert_eq!((rule(&diff, "Listens").unknown, diff.unknown_true.count), (3, 2));
}
