//! The report names the command that makes it again; that command does.

use std::fs;
use std::process::Command;

use crate::estate::{files, fine, root};
use crate::ten::WEEK;

#[test]
fn the_command_that_a_report_names_makes_it_again() {
    let estate = &WEEK.estate;
    let (data, lists, out, again) =
        (estate.data(), estate.path("controls"), estate.path("named"), estate.path("by-it"));
    // Words that a shell would take apart.
    let options =
        ["--entity", "Acme & Sons' \"Ltd\"", "--system", "a $HOME", "--cluster", "prod", "--least-watched", "98.5"];
    let more = ["--sample", "3", "--seed", "; echo 47", "--draft", "--by", "ann"];
    let period = ["--from", "2026-07-02T12:00:00Z", "--to", "2026-07-07", "--out", &out];
    fine(&[&["report", "--data", &data, "--controls", &lists][..], &period, &options, &more].concat());

    let html = fs::read_to_string(estate.path("named/report.html")).unwrap();
    let begin = html.find("avouch report --framework").unwrap();
    let text = html.get(begin..).unwrap().split("</").next().unwrap();
    let text = [("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")].iter().fold(text.to_owned(), |t, (a, b)| t.replace(a, b));
    let script = text.replacen("avouch", "\"$AVOUCH\"", 1).replace("--data DATA", "--data \"$DATA\"");
    let script = script.replace("--controls DIR", "--controls \"$LISTS\"").replace("--out again", "--out \"$AGAIN\"");
    assert!(["$DATA", "$LISTS", "$AGAIN"].iter().all(|name| script.contains(name)), "{text}");
    let mut shell = Command::new("sh");
    shell.args(["-c", &script]).current_dir(root()).env("AVOUCH", env!("CARGO_BIN_EXE_avouch"));
    let ran = shell.env("DATA", &data).env("LISTS", &lists).env("AGAIN", &again).output().unwrap();
    assert!(ran.status.success(), "{script}\n{}", String::from_utf8_lossy(&ran.stderr));

    let (first, second) = (files(out.as_ref()), files(again.as_ref()));
    let differ: Vec<_> =
        first.iter().filter(|(path, bytes)| second.get(*path) != Some(*bytes)).map(|(p, _)| p).collect();
    assert!(differ.is_empty() && first.len() == second.len(), "{differ:?}\n{script}");
}
