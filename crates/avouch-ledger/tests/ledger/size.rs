use std::fs;

/// What decides whether evidence holds has to be read by those who doubt it: neither format nor files may grow beyond an afternoon.
#[test]
fn what_has_to_be_trusted_stays_short() {
    for crate_ in ["avouch-ledger", "avouch-chain"] {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
        let (mut folders, mut lines) = (vec![format!("{folder}/{crate_}/src")], 0);
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()) {
                if entry.is_dir() {
                    folders.push(entry.display().to_string());
                } else {
                    lines += fs::read_to_string(entry).unwrap().lines().count();
                }
            }
        }
        assert!((500..1_500).contains(&lines), "{crate_}: {lines} lines");
    }
}
