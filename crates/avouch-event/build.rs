//! Turns the fact tables in `tables/` into constants, so that the tables stay the one place to correct.
//!
//! Written to `OUT_DIR`, never into `src/`: a read-only source tree builds.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a wrong table must stop the build")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::{env, fs};

fn main() {
    let tables =
        PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets CARGO_MANIFEST_DIR")).join("tables");
    println!("cargo:rerun-if-changed=tables");
    let read = |name: &str| fs::read_to_string(tables.join(name)).unwrap_or_else(|e| panic!("read tables/{name}: {e}"));
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let write =
        |name: &str, text: String| fs::write(out.join(name), text).unwrap_or_else(|e| panic!("write {name}: {e}"));

    write("flags.rs", flags(&read("flags.tsv")));
    write("events.rs", events(&read("events.tsv")));
    write("syscalls.rs", syscalls(&read("syscalls.tsv")));
}

fn rows(text: &str) -> impl Iterator<Item = Vec<&str>> {
    text.lines().skip(1).filter(|l| !l.is_empty()).map(|l| l.split('\t').collect())
}

fn number(text: &str) -> u64 {
    match text.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16),
        None => text.parse(),
    }
    .unwrap_or_else(|e| panic!("number {text:?}: {e}"))
}

fn flags(text: &str) -> String {
    let mut tables: BTreeMap<&str, Vec<(u64, &str)>> = BTreeMap::new();
    for row in rows(text) {
        tables.entry(row[0]).or_default().push((number(row[1]), row[2]));
    }
    let mut out = String::new();
    for (name, entries) in &tables {
        writeln!(out, "/// Names of the `{name}` bits or values, in the order the greedy rendering tries them.")
            .unwrap();
        writeln!(
            out,
            "pub static {}: FlagTable = FlagTable {{ name: {name:?}, entries: &{entries:?} }};",
            name.to_uppercase()
        )
        .unwrap();
    }
    let names: Vec<String> = tables.keys().map(|n| format!("&{}", n.to_uppercase())).collect();
    writeln!(
        out,
        "/// Every flag table, by name.\npub static ALL: [&FlagTable; {}] = [{}];",
        names.len(),
        names.join(", ")
    )
    .unwrap();
    out
}

fn camel(name: &str) -> String {
    name.split('_').map(|p| p[..1].to_uppercase() + &p[1..].to_lowercase()).collect()
}

/// The category column holds `class` or `class+extra`; only the part after `+` is what events of that row report.
fn category(text: &str) -> String {
    camel(text.rsplit('+').next().unwrap_or(text))
}

fn events(text: &str) -> String {
    let mut infos = String::new();
    let mut consts = String::new();
    let mut count = 0;
    for row in rows(text) {
        let [num, symbol, direction, name, cat, source, flags, nparams] = row[..8] else { panic!("row {row:?}") };
        assert_eq!(number(num), count, "event numbers are dense");
        count += 1;
        let params: Vec<String> = row.get(8).unwrap_or(&"").split_whitespace().map(param).collect();
        assert_eq!(params.len() as u64, number(nparams), "{symbol}");
        let flags: Vec<String> = flags.split('|').filter(|f| *f != "-").map(|f| format!("EventFlags::{f}.0")).collect();
        let flags = if flags.is_empty() { "0".to_owned() } else { flags.join(" | ") };
        let source = if source == "-" { "None".to_owned() } else { camel(source) };
        writeln!(
            infos,
            "EventInfo {{ number: {num}, symbol: {symbol:?}, direction: Direction::{}, name: {name:?}, category: Category::{}, source: SourceCategory::{source}, flags: EventFlags({flags}), params: &[{}] }},",
            camel(direction), category(cat), params.join(", ")
        )
        .unwrap();
        let short = symbol.strip_prefix("PPME_").unwrap_or(symbol);
        let short = short.strip_prefix("SYSCALL_").or_else(|| short.strip_prefix("SOCKET_")).unwrap_or(short);
        writeln!(consts, "/// `{symbol}`: {direction} of `{name}`.\npub const {short}: EventType = EventType({num});")
            .unwrap();
    }
    format!(
        "/// Every event, indexed by number.\npub static EVENTS: [EventInfo; {count}] = [\n{infos}];\n\
         /// One constant an event, named as in the table without `PPME_`, `SYSCALL_`, `SOCKET_`.\npub mod types {{ use super::EventType;\n{consts}}}\n"
    )
}

/// `idx:name:TYPE:FMT[:table | :dirfd_param=N | :dynamic/N]`
fn param(text: &str) -> String {
    let parts: Vec<&str> = text.split(':').collect();
    let extra = match parts.get(4) {
        None => "ParamExtra::None".to_owned(),
        Some(x) => match (x.strip_prefix("dirfd_param="), x.split_once('/')) {
            (Some(n), _) => format!("ParamExtra::DirFd({n})"),
            (_, Some((kind, _))) => format!("ParamExtra::Dynamic({kind:?})"),
            _ => format!("ParamExtra::Flags(&crate::flags::{})", x.to_uppercase()),
        },
    };
    format!(
        "ParamInfo {{ name: {:?}, ty: ParamType::{}, format: ParamFormat::{}, extra: {extra} }}",
        parts[1],
        camel(parts[2]),
        camel(parts[3])
    )
}

fn syscalls(text: &str) -> String {
    let mut out = String::new();
    let mut count = 0;
    for row in rows(text) {
        assert_eq!(number(row[0]), count, "syscall codes are dense");
        count += 1;
        writeln!(out, "Syscall {{ code: {}, name: {:?}, generic_only: {} }},", row[0], row[1], row[2] == "yes")
            .unwrap();
    }
    format!("/// Every syscall code, indexed by code.\npub static SYSCALLS: [Syscall; {count}] = [\n{out}];\n")
}
