//! Writes `report.html` and `report.pdf` of a made-up period into a folder: the first argument; with `empty` as the second, of
//! a period in which nothing was observed. For looking at.

#![expect(clippy::print_stdout, reason = "an example")]
#![expect(clippy::unwrap_used, reason = "an example over the tests' own facts")]

#[path = "../tests/common/mod.rs"]
mod common;

use std::path::PathBuf;

use avouch_document::{Created, html, pdf};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder: PathBuf = std::env::args().nth(1).unwrap_or_else(|| ".".into()).into();
    let empty = std::env::args().nth(2).is_some_and(|a| a == "empty");
    let made = if empty { common::empty() } else { common::rich() };
    let mut document = made.results(avouch_report::document);
    document.created = Some(Created(1_784_100_000));
    for problem in document.problems() {
        println!("{problem}");
    }
    std::fs::write(folder.join("report.html"), html::render(&document))?;
    std::fs::write(folder.join("report.pdf"), pdf::render(&document, pdf::Paper::A4)?)?;
    Ok(())
}
