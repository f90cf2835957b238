//! Prints the items of captures, one a line: `cargo run -p avouch-scap --example dump FILE...`
#![expect(clippy::print_stdout, reason = "printing is what it is for")]

use std::error::Error;

use avouch_event::Item;
use avouch_scap::Capture;

fn main() -> Result<(), Box<dyn Error>> {
    for path in std::env::args_os().skip(1) {
        let bytes = std::fs::read(&path)?;
        let mut capture = Capture::from_slice(&bytes);
        while let Some(item) = capture.next()? {
            if let Item::Event(e) = &item {
                let symbol = e.ty.info().map_or("?", |i| i.symbol);
                print!("{} {} cpu {} tid {} {symbol}", e.num, e.timestamp, e.cpu, e.tid);
                for i in 0..e.params.len() {
                    print!(" {}", e.params.get(i).unwrap_or_default().escape_ascii());
                }
                println!("{}", if e.hidden { " hidden" } else { "" });
            } else {
                println!("{item:?}");
            }
        }
        println!("{:?}", capture.counts());
        for problem in capture.problems() {
            println!("{problem}");
        }
    }
    Ok(())
}
