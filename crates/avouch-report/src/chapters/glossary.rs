//! Words.

use avouch_document::{Block, Column, Section, Table};

const WORDS: [(&str, &str); 22] = [
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
    ("flow", "All connections of one pod, container or node with one address and port, one way."),
    ("gap", "A stretch in which a source was to be watched and was not, or not wholly."),
    ("head", "The number and hash of the last record of the ledger, signed."),
    ("ledger", "Records of facts, each linked to the one before by its hash; tamper-evident, not more."),
    ("node", "A machine, a cluster as its audit log tells it, or a cloud account."),
    ("node-hour", "One source of one node for one hour. A node with two sources has two in each hour."),
    ("observation", "What was watched for a stretch: sources, rule set, events, losses."),
    ("population", "Everything of a kind in the period, one row an item, numbered, with a digest."),
    ("rule set", "The rules that ran together, named by a digest over all of them."),
    ("sample", "Rows of a population, drawn by a seed so that anyone can draw them again."),
    (
        "session",
        "A request for work in a pod with the processes it began, or a sitting at a terminal of a container or node.",
    ),
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
