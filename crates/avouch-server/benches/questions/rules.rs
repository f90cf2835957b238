//! Rules: checked while somebody types, and asked for by many agents.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use avouch_server::DeskSetup;
use serde_json::{Value as Json, json};

use crate::caller::Caller;

/// Agents that ask for the rule set.
const AGENTS: usize = 500;
/// Agents that ask at the same moment.
const AT_ONCE: usize = 8;
/// Keys that somebody types.
const KEYS: usize = 40;

/// The rules that ship, in a folder where they can be changed.
pub(crate) fn desk(folder: &Path) -> DeskSetup {
    let shipped = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../rules");
    let copied = std::process::Command::new("cp").arg("-r").arg(shipped).arg(folder).status().expect("cp");
    assert!(copied.success());
    DeskSetup { rules: vec![folder.to_owned()], edit_rules: true, ..DeskSetup::default() }
}

/// How long it takes to say what is wrong with a rule file of which somebody types a condition, key by key; the shortest first, in ms.
pub(crate) fn check(caller: &Caller) -> Vec<f64> {
    let mut form = form_urlencoded::Serializer::new(String::new());
    let files = caller.json("/rule-files");
    let all = files["files"].as_array().expect("files");
    let path = all[all.len() / 2]["path"].as_str().expect("a path").to_owned();
    form.append_pair("", &path);
    let path = form.finish().split_off(1).replace('+', "%20");
    let file: Json = caller.json(&format!("/rule-files/{path}"));
    let text = file["text"].as_str().expect("a text");
    let typed = "proc.name in (cat, less, more, head) and fd.name startswith /etc/shadow";
    let ask = |n: usize| {
        let rule = format!(
            "{text}\n- rule: Typed just now\n  desc: typed\n  condition: {}\n  output: typed\n  priority: NOTICE\n",
            typed.get(..n * 7 % typed.len() + 1).unwrap_or(typed)
        );
        let body = json!({ "text": rule }).to_string();
        let begun = Instant::now();
        caller.post(&format!("/rule-files/{path}/check"), "application/json", body.as_bytes());
        begun.elapsed().as_secs_f64() * 1e3
    };
    let mut took: Vec<f64> = (0..KEYS).map(ask).collect();
    took.sort_by(f64::total_cmp);
    took
}

/// Agents that ask for the rule set, each on its own connection: all of them for it whole, then again and again whether there is another one.
/// Per round what each took and all together; how long the answer of the first round is.
pub(crate) fn poll(caller: &Caller) -> (Vec<(Vec<Duration>, Duration)>, usize) {
    const PATH: &str = "/agents/rule-set";
    let agents: Vec<Caller> = (0..AGENTS).map(|_| caller.another()).collect();
    let (_, status, tag, bytes) = caller.known(PATH, "\"none\"");
    assert!(status == 200, "{status}");
    let round = |tag: &str, expected: u16| {
        let begun = Instant::now();
        let ask = |agents: &[Caller]| -> Vec<Duration> {
            let one = |agent: &Caller| {
                let (took, status, ..) = agent.known(PATH, tag);
                assert!(status == expected, "{status}");
                took
            };
            agents.iter().map(one).collect()
        };
        let mut took: Vec<Duration> = std::thread::scope(|scope| {
            let asking: Vec<_> =
                agents.chunks(AGENTS.div_ceil(AT_ONCE)).map(|some| scope.spawn(move || ask(some))).collect();
            asking.into_iter().flat_map(|asking| asking.join().expect("ask")).collect()
        });
        let all = begun.elapsed();
        took.sort();
        (took, all)
    };
    (vec![round("\"none\"", 200), round(&tag, 304), round(&tag, 304), round(&tag, 304)], bytes)
}
