//! What a live sensor is asked to collect: it covers every match on the recorded captures, and it is shown for review.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use avouch_conformance::{testdata, workspace_root};
use avouch_engine::{CompileOptions, Matching, Scratch};
use avouch_event::{Arena, Event, EventType, Item, ReadPaths, Want, types};
use avouch_pipeline::interest::{Asker, Plan, class_of, of_rules};
use avouch_pipeline::{RuleSet, RuleSetOptions, SYSCALL};
use avouch_scap::Capture;
use avouch_state::{Limits, State, SyscallReader};
use serde_json::Value as Json;

/// Events of one type and class that are judged for each capture.
const ALIKE: u32 = 60;

fn options() -> RuleSetOptions {
    let compile = CompileOptions { matching: Matching::All, append_output: Vec::new(), ..CompileOptions::default() };
    RuleSetOptions { compile, ..RuleSetOptions::default() }
}

/// Captures with many kinds of events: those of the recorded conditions, and our own.
fn captures(data: &Path) -> Vec<PathBuf> {
    let recorded = std::fs::File::open(data.join("falco/random-conditions.expected.json.gz")).unwrap();
    let recorded: BTreeMap<String, Json> = serde_json::from_reader(flate2::read::GzDecoder::new(recorded)).unwrap();
    let mut all: Vec<PathBuf> = recorded.keys().map(|name| data.join(name)).collect();
    all.push(workspace_root().join("recordings/web-intrusion.scap"));
    all
}

/// Tests of every field whose value depends on an event's class or type, plain and negated: the facts that decide what is
/// collected are claims about these fields.
fn conditions_on_facts() -> Vec<String> {
    let mut tests: Vec<String> = Vec::new();
    for field in ["evt.rawres", "evt.rawarg.res", "evt.rawarg.fd", "fd.num"] {
        for test in ["= -1", "= -2", "= -115", "= 0", "= 3", "< 0", ">= 0", "> 0", "<= -1", "!= -1", "!= 0", "exists"] {
            tests.push(format!("{field} {test}"));
        }
        tests.push(format!("{field} in (-1, 0)"));
    }
    for field in ["evt.res", "evt.arg.res", "evt.arg.fd", "evt.arg[0]"] {
        for value in ["SUCCESS", "EINPROGRESS", "ENOENT", "0", "E"] {
            for op in ["=", "!=", "startswith", "contains"] {
                tests.push(format!("{field} {op} {value}"));
            }
        }
        tests.push(format!("{field} in (SUCCESS, ENOENT)"));
        tests.push(format!("{field} exists"));
    }
    let flags = ["failed", "is_open_read", "is_open_write", "is_open_create", "is_open_exec", "is_io", "is_io_read"];
    for flag in flags.into_iter().chain(["is_io_write", "is_wait", "is_async", "is_syslog"]) {
        tests.extend(["= true", "= false", "!= true", "exists"].map(|test| format!("evt.{flag} {test}")));
    }
    for category in ["file", "net", "IPC", "ipc", "memory", "process", "system", "user", "other", "unknown", "wait"] {
        tests.push(format!("evt.category = {category}"));
        tests.push(format!("evt.category != {category}"));
    }
    for char in ["f", "o", "4", "d"] {
        tests.push(format!("fd.typechar = {char}"));
        tests.push(format!("fd.typechar != {char}"));
    }
    let more = ["evt.dir = <", "evt.dir != >", "evt.type = open", "evt.type != openat", "evt.type startswith o"];
    tests.extend(more.map(str::to_owned));
    let more = ["syscall.type = close", "syscall.type exists", "evt.source = syscall", "evt.num > 0", "evt.num < 1"];
    tests.extend(more.map(str::to_owned));
    let more = ["fd.name exists", "fd.type exists", "fd.directory exists", "fd.sip exists", "fd.uid exists"];
    tests.extend(more.map(str::to_owned));
    let more = ["evt.arg.flags exists", "evt.arg.mode exists", "evt.rawarg.flags > 1", "evt.arg.request exists"];
    tests.extend(more.map(str::to_owned));
    let both: Vec<String> = tests.iter().flat_map(|t| [t.clone(), format!("not ({t})")]).collect();
    // Pairs a few apart put tests of different fields together.
    let apart = both.iter().zip(both.iter().cycle().skip(41)).map(|(a, b)| format!("{a} and {b}"));
    let pairs: Vec<String> = apart.step_by(3).collect();
    both.into_iter().chain(pairs).collect()
}

fn rules_of(conditions: &[String]) -> String {
    let rule = |(i, c): (usize, &String)| {
        format!(
            "- rule: fact {i}\n  desc: d\n  condition: >\n    {c}\n  output: o\n  priority: INFO\n  \
             warn_evttypes: false\n"
        )
    };
    conditions.iter().enumerate().map(rule).collect()
}

/// What each rule asks of each type.
fn wants(plan: &Plan) -> BTreeMap<(&str, EventType), Want> {
    let mut wants = BTreeMap::new();
    for (ty, reasons) in &plan.reasons {
        for (asker, want) in reasons {
            if let Asker::Rule(name) = asker {
                wants.insert((name.as_str(), *ty), *want);
            }
        }
    }
    wants
}

/// The path of a file opened for reading, as the call gave it, where the kernel judges it.
fn path_read<'e>(event: &Event<'e>, class: Want) -> Option<&'e [u8]> {
    let at = match event.ty {
        _ if class != Want::READS => return None,
        types::OPEN_X => 1,
        types::OPENAT_2_X => 2,
        _ => return None,
    };
    event.params.charbuf(at)
}

/// Tests of paths, alone and with others, plain and negated.
fn conditions_on_paths() -> Vec<String> {
    let fields = ["fd.name", "fd.nameraw", "fd.directory", "fs.path.name", "fs.path.nameraw", "evt.arg.name"];
    let tests = [
        "startswith /etc",
        "startswith /lib",
        "= /etc",
        "in (/etc/passwd, /etc/ld.so.cache, /proc)",
        "glob \"/*/?i*\"",
        "iglob \"/ETC/*\"",
        "regex \"/etc/.*\"",
        "regex \"/(etc|usr)/.*\"",
        "regex \"/proc/?.*\"",
        "pmatch (/etc, /usr/lib)",
        "pmatch (\"/proc/*/fd\")",
        "contains ../",
        "contains etc",
        "endswith .so",
        "startswith oneof (/etc, /usr)",
        "= /",
        "startswith /D",
        "startswith \"<\"",
        "!= /etc",
    ];
    let rest = ["evt.rawarg.name", "evt.abspath", "fd.filename", "tolower(fd.name)"];
    let both = |field: &str| {
        let field = field.to_owned();
        tests.into_iter().flat_map(move |t| [format!("{field} {t}"), format!("not {field} {t}")])
    };
    let all: Vec<String> = fields.into_iter().chain(rest).flat_map(both).collect();
    let apart = all.iter().zip(all.iter().cycle().skip(47));
    let pairs: Vec<String> = apart.flat_map(|(a, b)| [format!("({a} and {b})"), format!("({a} or {b})")]).collect();
    all.into_iter().chain(pairs).map(|c| format!("evt.type in (open, openat) and {c}")).collect()
}

#[test]
fn a_match_on_a_recorded_event_is_asked_for() {
    let Some(data) = testdata() else { return };
    let packs = ["falco_rules", "falco-incubating_rules", "falco-sandbox_rules"];
    let mut sets = vec![RuleSet::load(&[data.join("falco/random-conditions.yaml")], &options()).unwrap()];
    let packs: Vec<PathBuf> = packs.iter().map(|p| data.join(format!("rules/5.1.0/{p}.yaml"))).collect();
    sets.push(RuleSet::load(&packs, &options()).unwrap());
    let facts = vec![("facts.yaml".to_owned(), rules_of(&conditions_on_facts()))];
    sets.push(RuleSet::from_texts(facts, Vec::new(), &options()));
    let paths = vec![("paths.yaml".to_owned(), rules_of(&conditions_on_paths()))];
    sets.push(RuleSet::from_texts(paths, Vec::new(), &options()));
    let (mut matches, mut left_out, mut bounded, mut passed_over) = (0_u64, 0_u64, 0_u64, 0_u64);
    for set in &sets {
        let plan = of_rules(set);
        let wants = wants(&plan);
        let program = set.compiled.program(SYSCALL).unwrap();
        assert!(program.rules().len() > 40, "{:?}", set.diagnostics);
        for file in captures(&data) {
            let bytes = std::fs::read(&file).unwrap();
            let mut capture = Capture::from_slice(&bytes);
            let mut state = State::new(Limits::default());
            let (mut arena, mut scratch) = (Arena::new(), Scratch::new());
            let mut seen: BTreeMap<(EventType, u16), u32> = BTreeMap::new();
            while let Some(item) = capture.next().unwrap() {
                state.apply(&item);
                let Item::Event(event) = item else { continue };
                let Some(class) = class_of(&event).filter(|_| !event.hidden) else { continue };
                let seen = seen.entry((event.ty, class.0)).or_default();
                *seen += 1;
                if *seen > ALIKE {
                    continue;
                }
                arena.reset();
                let reader = SyscallReader::new(&state, &event, 0);
                let found = program.judge(event.ty, &reader, &arena, &mut scratch);
                for rule in found {
                    let rule = program.rule(*rule).unwrap();
                    let want = wants.get(&(rule.name.as_str(), event.ty)).copied().unwrap_or_default();
                    let source = set.loaded.rules.get(rule.input).unwrap();
                    assert!(
                        want.contains(class),
                        "{} event {} {} of class {class:?} is not asked for ({want:?}) by: {}",
                        file.display(),
                        event.num,
                        event.ty.name(),
                        source.condition_text,
                    );
                    if let Some(path) = path_read(&event, class) {
                        let paths = &plan.read_paths[&Asker::Rule(rule.name.clone())];
                        assert!(
                            paths.passes(path),
                            "{} event {} of {:?} does not pass {paths:?} of: {}",
                            file.display(),
                            event.num,
                            path.escape_ascii().to_string(),
                            source.condition_text,
                        );
                        bounded += u64::from(*paths != ReadPaths::Any);
                    }
                }
                matches += u64::try_from(found.len()).unwrap();
                left_out += u64::from(!plan.interest.of(event.ty).contains(class));
                if let Some(path) = path_read(&event, class) {
                    passed_over += plan.read_paths.values().filter(|paths| !paths.passes(path)).count() as u64;
                }
            }
        }
    }
    // Otherwise nothing was proved, or nothing was spared.
    assert!(matches > 100_000, "{matches}");
    assert!(left_out > 500, "{left_out}");
    assert!(bounded > 100 && passed_over > 10_000, "{bounded} {passed_over}");
}

#[test]
fn the_upstream_packs_ask_for_this() {
    let Some(data) = testdata() else { return };
    let stable = RuleSet::load(&[data.join("rules/5.1.0/falco_rules.yaml")], &RuleSetOptions::default()).unwrap();
    insta::assert_snapshot!("upstream_stable", of_rules(&stable).to_string());
}

/// Why the kernel must tell of every file opened for reading, or of which.
#[test]
fn the_files_opened_for_reading_are_these() {
    let Some(data) = testdata() else { return };
    for (pack, name) in [("falco-incubating_rules", "reads_incubating"), ("falco-sandbox_rules", "reads_sandbox")] {
        let packs = ["falco_rules", pack].map(|p| data.join(format!("rules/5.1.0/{p}.yaml")));
        let plan = of_rules(&RuleSet::load(&packs, &RuleSetOptions::default()).unwrap()).to_string();
        let from = plan.find("files opened for reading").unwrap();
        insta::assert_snapshot!(name, plan.get(from..).unwrap());
    }
}

#[test]
fn our_own_rules_ask_for_this() {
    let own = RuleSet::load(&[workspace_root().join("rules")], &RuleSetOptions::default()).unwrap();
    insta::assert_snapshot!("own_rules", of_rules(&own).to_string());
}
