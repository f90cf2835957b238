//! Tasks of the project itself, behind `cargo xtask`.

mod record;

use anyhow::{Result, bail};

fn main() -> Result<()> {
    let mut args = std::env::args().skip(1);
    match args.next().as_deref() {
        Some("record") => record::run(args),
        _ => bail!("{}", record::USAGE),
    }
}
