//! 634 random conditions over sixteen captures, against the events that a real Falco 0.44.1 matched.

use std::collections::BTreeMap;
use std::fs;

use avouch_conformance::{Tally, testdata};
use avouch_diagnostics::SourceMap;
use avouch_engine::{CompileOptions, Matching, RuleStatus, Scratch, compile};
use avouch_event::{Arena, Item};
use avouch_rules::{LoadOptions, load};
use avouch_scap::Capture;
use avouch_state::{Limits, State, SyscallFields, SyscallReader};
use serde::Deserialize;
use sha1::{Digest, Sha1};

/// What the peer matched with one rule on one capture.
#[derive(Deserialize, PartialEq, Debug)]
struct Matched {
    count: usize,
    /// The first three, absent when there are none.
    #[serde(default)]
    first: Vec<u64>,
    #[serde(default)]
    last: u64,
    /// Of all event numbers, joined by commas.
    #[serde(default)]
    sha1: String,
}

impl Matched {
    fn of(numbers: &[u64]) -> Self {
        let (Some(last), first) = (numbers.last(), numbers.iter().take(3).copied().collect()) else {
            return Self { count: 0, first: Vec::new(), last: 0, sha1: String::new() };
        };
        let joined = numbers.iter().map(u64::to_string).collect::<Vec<_>>().join(",");
        let sha1 = Sha1::digest(joined).iter().map(|b| format!("{b:02x}")).collect();
        Self { count: numbers.len(), first, last: *last, sha1 }
    }
}

#[test]
fn conditions_match_the_peers_events() {
    let Some(data) = testdata() else { return };
    let expected = fs::File::open(data.join("falco/random-conditions.expected.json.gz")).unwrap();
    let expected: BTreeMap<String, BTreeMap<String, Matched>> =
        serde_json::from_reader(flate2::read::GzDecoder::new(expected)).unwrap();
    assert_eq!(expected.len(), 16);

    let mut map = SourceMap::default();
    let text = fs::read_to_string(data.join("falco/random-conditions.yaml")).unwrap();
    let file = map.add("random-conditions.yaml", text);
    let loaded = load(&map, &[file], &LoadOptions::default());
    assert!(loaded.is_ok(), "{:?}", loaded.first_error());
    let options = CompileOptions { matching: Matching::All, append_output: Vec::new(), ..CompileOptions::default() };
    let compiled = compile(&loaded.rules, &[("syscall", &SyscallFields)], &options);
    let program = compiled.program("syscall").unwrap();
    let mut names: Vec<&str> = vec![""; program.rules().len()];
    for (rule, status) in loaded.rules.iter().zip(&compiled.status) {
        match status {
            RuleStatus::Loaded { rule: index, .. } => names[index.0 as usize] = &rule.name,
            other => eprintln!("{} is not compiled: {other:?}", rule.name),
        }
    }

    let mut tally = Tally::new("random_conditions");
    for (path, expected) in &expected {
        let short = path.rsplit('/').next().unwrap();
        let bytes = fs::read(data.join(path)).unwrap();
        let mut capture = Capture::from_slice(&bytes);
        let mut state = State::new(Limits::default());
        let (mut arena, mut scratch) = (Arena::new(), Scratch::new());
        let mut matches: Vec<Vec<u64>> = vec![Vec::new(); names.len()];
        while let Some(item) = capture.next().unwrap() {
            state.apply(&item);
            let Item::Event(event) = item else { continue };
            if event.hidden {
                continue;
            }
            arena.reset();
            let reader = SyscallReader::new(&state, &event, 0);
            for rule in program.judge(event.ty, &reader, &arena, &mut scratch) {
                matches[rule.0 as usize].push(event.num);
            }
        }
        for (rule, theirs) in expected {
            let index = names.iter().position(|n| n == rule);
            let ours = index.map(|i| Matched::of(&matches[i]));
            let difference = (ours.as_ref() != Some(theirs)).then(|| {
                let condition = loaded.rules.iter().find(|r| r.name == *rule);
                let condition = condition.map(|r| avouch_rules::print_condition(&r.condition, true));
                let show = |m: &Matched| format!("{} {:?}..{}", m.count, m.first, m.last);
                let ours = ours.as_ref().map_or("not compiled".to_owned(), show);
                format!("{ours} here, {} there: {}", show(theirs), condition.unwrap_or_default())
            });
            tally.case(&format!("{short}:{rule}"), difference);
        }
    }
    tally.finish();
}
