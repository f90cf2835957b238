//! Turns `tables/convert.tsv` into constants, so that the table stays the one place to correct.
//!
//! Written to `OUT_DIR`, never into `src/`: a read-only source tree builds.

#![expect(clippy::expect_used, reason = "a build that cannot read its table must stop")]

use std::fmt::Write as _;
use std::path::PathBuf;
use std::{env, fs};

fn main() {
    let dir = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets CARGO_MANIFEST_DIR"));
    println!("cargo:rerun-if-changed=tables");
    let text = fs::read_to_string(dir.join("tables/convert.tsv")).expect("read tables/convert.tsv");
    let mut out = String::new();
    let rows: Vec<Vec<&str>> =
        text.lines().skip(1).filter(|l| !l.is_empty()).map(|l| l.split('\t').collect()).collect();
    writeln!(out, "pub(crate) static RULES: [Rule; {}] = [", rows.len()).expect("write to a string");
    for row in &rows {
        let [from, nparams, action, to, steps] = row[..] else { panic!("row {row:?}") };
        let steps: Vec<String> = steps.split_whitespace().filter(|s| *s != "-").map(step).collect();
        let steps = steps.join(", ");
        let action = match action {
            "store" => "Action::Store".to_owned(),
            "pass" => "Action::Pass".to_owned(),
            "store_and_pass" => "Action::StoreAndPass".to_owned(),
            "add_params" => format!("Action::AddParams(&[{steps}])"),
            "change_type" => format!("Action::ChangeType({}, &[{steps}])", constant(to)),
            other => panic!("action {other:?}"),
        };
        writeln!(out, "Rule {{ from: {}, nparams: {nparams}, action: {action} }},", constant(from))
            .expect("write to a string");
    }
    out.push_str("];\n");
    let path = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR")).join("convert.rs");
    fs::write(path, out).expect("write convert.rs");
}

/// The name under which `avouch_event::types` has the event.
fn constant(symbol: &str) -> String {
    let short = symbol.strip_prefix("PPME_").unwrap_or(symbol);
    let short = short.strip_prefix("SYSCALL_").or_else(|| short.strip_prefix("SOCKET_")).unwrap_or(short);
    format!("types::{short}")
}

/// `old[i]`, `enter[i]/else-default`, `enter[i]/else-empty`, `empty`, `default`, `callback/...`
fn step(text: &str) -> String {
    let index = |s: &str| s.trim_end_matches(']').parse::<u8>().unwrap_or_else(|e| panic!("step {text:?}: {e}"));
    if let Some(i) = text.strip_prefix("old[") {
        return format!("Step::Old({})", index(i));
    }
    if let Some(rest) = text.strip_prefix("enter[") {
        let (i, fallback) = rest.split_once('/').unwrap_or_else(|| panic!("step {text:?}"));
        let name = match fallback {
            "else-default" => "EnterOrDefault",
            "else-empty" => "EnterOrEmpty",
            other => panic!("fallback {other:?}"),
        };
        return format!("Step::{name}({})", index(i));
    }
    match text {
        "empty" => "Step::Empty".to_owned(),
        "default" => "Step::Default".to_owned(),
        _ if text.starts_with("callback") => "Step::ContainerJson".to_owned(),
        other => panic!("step {other:?}"),
    }
}
