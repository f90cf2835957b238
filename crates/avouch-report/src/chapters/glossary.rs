//! Words, and what avouch itself was: the last appendices.

use std::collections::BTreeSet;

use avouch_document::{Block, Column, Section, Table};

use crate::chapters::ground::Ground;
use crate::chapters::row;
use crate::chapters::words as w;

const WORDS: [(&str, &str); 20] = [
    (
        "acceptance",
        "A dated hole that somebody approved beforehand: findings it covers are kept, marked and counted, and nobody is told of them.",
    ),
    (
        "anchor",
        "A signed head of the ledger that was kept outside of the entity; only against one does a cut tail show.",
    ),
    ("canary", "A harmless act done on purpose, to prove that a rule still fires. Never counted as a finding."),
    ("control", "What the entity does about criteria, in its own words. Controls are tested, not criteria."),
    ("criterion", "One of the Trust Services Criteria, by its id."),
    ("deviation", "A control, or the watching it stands on, found failing."),
    ("drop, loss", "An event that was lost before it could be judged. Counted; the time around it is unknown."),
    ("finding", "A match of a rule that is kept: what happened, when, where, and what people made of it."),
    ("gap", "A stretch in which a source was to be watched and was not, or not wholly."),
    ("head", "The number and hash of the last record of the ledger, signed."),
    ("ledger", "Records of facts, each linked to the one before by its hash; tamper-evident, not more."),
    ("node", "A machine, a cluster as its audit log tells it, or a cloud account."),
    ("node-hour", "One source of one node for one hour. A node with two sources has two in each hour."),
    ("observation", "What was watched for a stretch: sources, rule set, events, losses."),
    ("population", "Everything of a kind in the period, one row an item, numbered, with a digest."),
    ("rule set", "The rules that ran together, named by a digest over all of them."),
    ("sample", "Rows of a population, drawn by a seed so that anyone can draw them again."),
    ("source", "Where events come from: system calls, the audit log of a cluster, records of a cloud account."),
    ("target", "How soon a control asks for a first look or a decision, by the priority of the rule."),
    ("unknown", "Neither pass nor fail: nothing tells of it."),
];

pub(super) fn words() -> Section {
    let mut table =
        Table::new("Words as they are used here", [Column::text("Word", 1.0).row_head(), Column::text("Meaning", 4.0)]);
    WORDS.iter().for_each(|(word, meaning)| table.push([*word, *meaning]));
    Section::new("glossary", "Glossary").with(Block::Table(table))
}

/// What is known of the tool, and what was not tested for this report.
pub(super) fn tool(g: &Ground<'_>) -> Section {
    let facts = g.results.facts;
    let versions: BTreeSet<&str> =
        facts.starts.iter().map(|s| s.fact.version.as_str()).filter(|v| !v.is_empty()).collect();
    let kernels: BTreeSet<&str> =
        facts.starts.iter().map(|s| s.fact.kernel.as_str()).filter(|k| !k.is_empty()).collect();
    let (sent, seen) =
        facts.canaries.iter().fold((0_u64, 0_u64), |(n, s), c| (n + 1, s + u64::from(c.fact.seen.is_some())));
    let proved: BTreeSet<&str> =
        facts.canaries.iter().filter(|c| c.fact.seen.is_some()).map(|c| c.fact.rule.as_str()).collect();
    let canaries = if sent == 0 {
        "none ran: that rules fire on these machines was not proved in the period".to_owned()
    } else {
        format!(
            "{} of {} seen; {} of {} proved by at least one",
            w::count(seen),
            w::count(sent),
            w::count(w::len(proved.len())),
            w::counted(w::len(g.results.rules.len()), "rule", "rules")
        )
    };
    let mut out = Section::new("tool", "Tool qualification");
    out.push(Block::facts([
        ("This report was made by", format!("avouch {}", w::or_dash(&g.results.scope.version))),
        (
            "Versions that watched",
            if versions.is_empty() { "no start of a run is recorded".to_owned() } else { w::join(versions) },
        ),
        ("Kernels", w::join(kernels)),
        ("Canaries", canaries),
    ]));
    let mut table = Table::new(
        "What was not tested for this report",
        [Column::text("Matter", 1.6).row_head(), Column::text("State", 1.0), Column::text("Where to look", 4.0)],
    );
    for (matter, place) in [
        (
            "Tests of this version of avouch",
            "Its own suite: differential tests against recordings of Falco, literate tests of each own rule, tests on real kernels. Results are not part of the bundle.",
        ),
        (
            "Where the program came from",
            "Provenance and signature of the build; compare the digest of the program that ran with that of the release.",
        ),
        (
            "Who administered it",
            "Access to the machines and to the key of the ledger is a control of the entity. Logins of auditors and exports are recorded.",
        ),
        (
            "That rules find what they should",
            "Literate tests fire each own rule and hold near misses against it; on the entity's machines only canaries prove it.",
        ),
        ("Clocks against a reference", "Offset and jumps are recorded; synchronisation with a time server is not."),
    ] {
        table.push(row![matter, "not tested", place]);
    }
    out.push(Block::Table(table));
    out
}
