//! The cover: what this is, of whom, for when, and up to where the ledger was read.

use std::collections::BTreeSet;

use avouch_document::{Block, Document, Fact, NoteKind, Text};

use crate::chapters::ground::Ground;
use crate::chapters::words as w;

/// The document without its chapters.
pub(super) fn document(g: &Ground<'_>) -> Document {
    let (scope, facts) = (g.results.scope, g.results.facts);
    let mut document = Document::new("Evidence report", "en");
    let of: Vec<&str> = [scope.entity.as_str(), scope.system.as_str()].into_iter().filter(|t| !t.is_empty()).collect();
    // It stands at the foot of every page, so that it is short where days are whole.
    let period = format!("{} to {}", w::day_or_time(facts.period.from), w::day_or_time(facts.period.to));
    document.subtitle = of.into_iter().chain([period.as_str()]).collect::<Vec<_>>().join(", ");
    document.meta = meta(g);
    if g.is_empty() {
        document.cover.push(Block::note(
            NoteKind::Attention,
            "No evidence",
            "Nothing was observed and nothing was found in this period. The report therefore holds no evidence for or \
             against any control; every control that needs watching is unknown for the whole period.",
        ));
    }
    if scope.draft {
        let text =
            "This is a draft. Numbers may change until the final report is made from the ledger as of a later record.";
        document.cover.push(Block::note(NoteKind::Attention, "Draft", text));
    }
    document.cover.push(Block::note(
        NoteKind::Note,
        "What this is",
        "Evidence for criteria, gathered by software: for each control of the entity, what watched it, when nothing did, what was \
         found and what was done. It is not an opinion and not an attestation; it names no control as effective. That is \
         for the auditor to conclude, who can test each statement with the bundle beside this document and without asking the \
         entity.",
    ));
    document
}

fn meta(g: &Ground<'_>) -> Vec<Fact> {
    let (scope, facts) = (g.results.scope, g.results.facts);
    let said = |text: &str| if text.is_empty() { "not said".to_owned() } else { text.to_owned() };
    let mut meta = vec![
        Fact::new("Entity", said(&scope.entity)),
        Fact::new("System", said(&scope.system)),
        Fact::new("Framework", "SOC 2: Trust Services Criteria (2017, points of focus of 2022), ids only"),
        Fact::new(
            "Period",
            format!("{} to {} UTC, the end not included", w::time(facts.period.from), w::time(facts.period.to)),
        ),
        Fact::new("Clusters", clusters(g)),
        Fact::new("Watched", watched(g)),
    ];
    let list = |l: &crate::input::ListUsed| format!("{} version {} ({})", l.id, l.version, w::or_dash(&l.title));
    let lists = w::join(g.results.lists.iter().map(list));
    meta.push(Fact::new("Control list", if lists == "-" { "none".to_owned() } else { lists }));
    if facts.as_of.last.seq == 0 {
        meta.push(Fact::new("As of", "an empty ledger"));
    } else {
        let as_of = Text::new()
            .plain(format!("record {} of ledger ", w::count(facts.as_of.last.seq)))
            .code(facts.as_of.ledger.as_str())
            .plain(", SHA-256 ")
            .code(facts.as_of.last.hash.as_str());
        meta.push(Fact::new("As of", as_of));
    }
    meta.push(Fact::new("Status", if scope.draft { "draft" } else { "final" }));
    let mut made_by = Text::new().plain(format!("avouch {}", said(&scope.version)));
    if !scope.program.is_empty() {
        made_by = made_by.plain(", program SHA-256 ").code(scope.program.as_str());
    }
    meta.push(Fact::new("Made by", made_by));
    let bundle = Text::new()
        .plain("this file is named, with its SHA-256, in ")
        .code("manifest.json")
        .plain(" of the bundle, which is signed with the ledger's key");
    meta.push(Fact::new("Digest and signer", bundle));
    meta
}

fn clusters(g: &Ground<'_>) -> String {
    let scope = &g.results.scope.clusters;
    if !scope.is_empty() {
        return format!("{} (the report is limited to them)", w::join(scope));
    }
    let known: BTreeSet<&str> = g.clusters.values().copied().collect();
    if known.is_empty() { "all that report; none is named".to_owned() } else { w::join(known) }
}

fn watched(g: &Ground<'_>) -> String {
    let of = |source: &str| w::len(g.coverage.subjects.iter().filter(|s| s.source == source).count());
    let mut out = Vec::new();
    let sources: BTreeSet<&str> = g.coverage.subjects.iter().map(|s| s.source.as_str()).collect();
    for source in sources {
        out.push(match source {
            "syscall" => w::counted(of(source), "machine", "machines"),
            "k8s_audit" => w::counted(of(source), "audit log of a cluster", "audit logs of clusters"),
            "aws_cloudtrail" => w::counted(of(source), "cloud account", "cloud accounts"),
            other => format!("{} of source {other}", w::counted(of(other), "node", "nodes")),
        });
    }
    if out.is_empty() { "nothing".to_owned() } else { out.join(", ") }
}
