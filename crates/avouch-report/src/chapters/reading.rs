//! Chapter 2: what words mean here, how to verify, how to make it again, and what is not claimed.

use avouch_controls::RequestItem;
use avouch_document::{Block, Code, Column, NoteKind, Row, Section, Table, Text};

use crate::chapters::ground::Ground;
use crate::chapters::words as w;
use crate::controls::Outcome;
use crate::population;

pub(super) fn chapter(g: &Ground<'_>) -> Section {
    Section::new("reading", "How to read and verify")
        .with_section(time_lines(g))
        .with_section(outcomes())
        .with_section(times())
        .with_section(verify(g))
        .with_section(again(g))
        .with_section(samples(g))
        .with_section(limits())
}

fn time_lines(g: &Ground<'_>) -> Section {
    let least = u128::from(g.results.judging.least_watched);
    let mut out = Section::new("time-lines", "How time is judged");
    out.push(Block::paragraph(
        "A control has a time line, not a mark. Its time is that of every source of every node it stands on: the system calls of a \
         machine, the audit log of a cluster, the records of a cloud account. Each nanosecond in which such a source was to be \
         watched is counted once, as pass, fail or unknown, so that the three add up to sources times time.",
    ));
    out.push(Block::facts([
        (
            "To be watched",
            "A node that a list of nodes names, while it stands in that list. Any other node from its first observation on, and until the \
             end of the period: a node that falls silent is not taken for one that left. A source that a control needs and of which \
             nothing was ever heard is to be watched for the whole period, and unknown for all of it.",
        ),
        (
            "Watched",
            "An observation covers the time, the source delivered, every rule that the control stands on was running, and no event \
             was lost. A rule is asked for from its first loading on, so that a new rule opens no gap before it was there; one that is switched off does. \
             What was learned of a source afterwards (a silence, files that never came, records that came late) takes from the time that it is about.",
        ),
        (
            "Fail",
            "From a finding of a rule of the control until somebody dealt with it: (1) a finding decided to be true fails from when it \
             happened until that decision; (2) a finding that is still undecided at the end fails from when its target ran out. The target is the \
             control's, for the priority of the rule: the time to a first look if nobody looked, the time to a decision, whichever \
             ends first. A failure counts whether or not the time was watched without loss: it was seen.",
        ),
        (
            "Unknown",
            "Time that was to be watched and was not, or in which events were lost, or in which a rule of the control was not running; and time \
             from an undecided finding until its target runs out: nobody has said yet what it was.",
        ),
        ("Pass", "What remains: watched, nothing failed, nothing open."),
        (
            "Changes nothing",
            "Findings decided to be benign or a test; findings that an acceptance hid, which are kept and counted; and undecided \
             findings for whose priority the control sets no target. The last are counted as undecided beside the control, because its time line does not show them.",
        ),
        (
            "A day",
            "UTC. A source fails on a day with any failure in it. It passes when it passed for at least the share below of the time it \
             was to be watched on that day, and is unknown otherwise. The strip shows the worst source of each day.",
        ),
    ]));
    out.push(Block::facts([(
        "Least share of a day",
        format!(
            "{}; set by whoever made the report. It decides how a day is drawn, and no number: shares of time are exact.",
            w::percent_down(least, 1_000_000)
        ),
    )]));
    out
}

fn outcomes() -> Section {
    let mut table =
        Table::new("Outcomes of a control", [Column::text("Outcome", 1.0).row_head(), Column::text("Meaning", 4.0)]);
    for (outcome, meaning) in [
        (
            Outcome::NoDeviation,
            "Its time is pass throughout, no finding of its rules was true, and the register holds no deviation of it.",
        ),
        (
            Outcome::Deviations,
            "Some of its time failed, a finding of its rules was true or was dealt with late, or the register of deviations names it.",
        ),
        (Outcome::PartlyUnknown, "Nothing failed that is known, but some of its time is unknown."),
        (Outcome::NoEvidence, "Nothing in the period shows that it worked or that it failed."),
        (
            Outcome::NotCovered,
            "It names no rule and no source: avouch makes no evidence for it. The evidence has to come from elsewhere.",
        ),
    ] {
        table.push([outcome.words(), meaning]);
    }
    Section::new("outcomes", "Outcomes").with(Block::Table(table)).with(Block::paragraph(
        "Deviations that name no control, such as a sensor that stopped, stand in the register under the criterion they are a matter of. They \
         make the time of the controls unknown, which their time lines show. In sums by criterion a \
         control counts under every criterion it serves.",
    ))
}

fn times() -> Section {
    Section::new("times", "Times").with(Block::paragraph(
        "All times are UTC, RFC 3339 with a space between date and time, shown to the second; the files of the bundle hold nanoseconds. Periods and stretches include their \
         begin and not their end. The time of a finding is that of the event. Percentages of what was watched or passed are rounded down to \
         two decimals, those of what failed or is unknown up: 99.999 % is not shown as 100 %. The 95th percentile is the smallest time that at \
         least 95 % of the times do not exceed.",
    ))
}

/// How a bundle is verified, from least to most.
pub(super) const COMMANDS: &str =
    "avouch verify bundle\navouch verify bundle --anchor HEAD --key KEY\navouch verify bundle --tsa-ca CERTIFICATES";

fn verify(g: &Ground<'_>) -> Section {
    let as_of = &g.results.facts.as_of;
    let mut out = Section::new("verify", "Verify on any machine, without network");
    out.push(Block::steps([
        "Copy the bundle, the folder that holds this file, and the avouch program of the same or a later version to a machine of your own.",
        "Run the first command. It recomputes the digest of every file against the signed manifest, and every link, root and signature of the ledger.",
        "Run the second command with a head that was kept outside the entity (a repository, a locked bucket), and the ledger's public key as you know it. Only that finds records cut from the end, and a ledger made anew.",
        "Where heads were stamped by a time-stamp authority, run the third with its certificates: it checks who stamped which head, and when.",
        "Compare the last record with the one below.",
    ]));
    out.push(Block::Code(Code { caption: "Verify".into(), text: COMMANDS.to_owned() }));
    let record = if as_of.last.seq == 0 {
        Text::from("The ledger was empty when this report was made.")
    } else {
        Text::new()
            .plain(format!("This report was made from the ledger up to record {}, SHA-256 ", w::count(as_of.last.seq)))
            .code(as_of.last.hash.as_str())
            .plain(".")
    };
    out.push(Block::Paragraph(record));
    out.push(Block::paragraph(
        "Verification names the first record or file that is wrong and what was done to it: changed, removed, put in, moved, cut off, \
         or signed by another key. The format is documented, so that the check can be written anew by others.",
    ));
    out
}

fn again(g: &Ground<'_>) -> Section {
    let (scope, facts) = (g.results.scope, g.results.facts);
    let mut text = format!(
        "avouch report --framework soc2 --data DATA --controls DIR \\\n    --from {} --to {}",
        w::exact(facts.period.from),
        w::exact(facts.period.to)
    );
    let mut option = |name: &str, value: &str| text.push_str(&format!(" \\\n    --{name} {}", quoted(value)));
    for cluster in &scope.clusters {
        option("cluster", cluster);
    }
    for (name, value) in [("entity", &scope.entity), ("system", &scope.system)] {
        if !value.is_empty() {
            option(name, value);
        }
    }
    let least = g.results.judging.least_watched;
    if least != 1_000_000 {
        let percent = format!("{}.{:04}", least / 10_000, least % 10_000);
        option("least-watched", percent.trim_end_matches('0').trim_end_matches('.'));
    }
    if scope.sample > 0 {
        option("sample", &scope.sample.to_string());
    }
    // The seed stands in the manifest, drawn with or not.
    option("seed", &scope.seed);
    let usual = RequestItem::built_in().iter().map(|i| &i.id);
    if !usual.eq(g.results.requests.iter().map(|i| &i.id)) {
        option("requests", "FILE");
    }
    if scope.draft {
        text.push_str(" \\\n    --draft");
    }
    text.push_str(" \\\n    --out again");
    Section::new("again", "Make it again")
        .with(Block::paragraph(
            "The report is computed from the ledger, the control lists and the period alone, without clock or network. The same ledger up to the \
             same record, the same lists (their digests stand in the scope), the same version and the options below give this file again, byte for byte; the PDF \
             with the same --paper, where one was given.",
        ))
        .with(Block::Code(Code { caption: "Make it again".into(), text }))
}

/// A word of a shell, whatever it holds.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | ':' | ',' | '@' | '+');
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

fn samples(g: &Ground<'_>) -> Section {
    let mut out = Section::new("sampling", "How samples are drawn");
    out.push(Block::paragraph(population::METHOD));
    let scope = g.results.scope;
    let drawn = if g.results.samples.is_empty() {
        "No sample was drawn for this report. The populations are numbered and whole, so that one can be drawn at any time.".to_owned()
    } else {
        format!(
            "Samples of at most {} with seed \"{}\" stand in the chapters and in appendix D. Take another seed to draw others; the numbers of \
             rows can also be chosen by hand.",
            w::counted(w::len(scope.sample), "row", "rows"),
            scope.seed
        )
    };
    out.push(Block::paragraph(drawn));
    out.push(Block::Code(Code {
        caption: "Draw a sample without avouch (DIGEST and N stand in appendix C)".into(),
        text: "for i in $(seq 1 N); do\n  printf '%s %s\\n' \"$(printf 'DIGEST:SEED:%d' \"$i\" | sha256sum | cut -c1-64)\" \"$i\"\ndone | sort | head -n 25".to_owned(),
    }));
    out
}

fn limits() -> Section {
    let claims = Table {
        rows: [
            ("Effectiveness", "No control is called effective and no criterion met. That is the auditor's conclusion."),
            ("Criteria outside", "Criteria without a chapter here, and the points of focus that no control serves, need evidence from elsewhere."),
            ("A good rule", "Watching proves that a rule was running, not that the rule is good. The text of each rule is named by its digest; canaries prove that it fires, where they ran."),
            ("Before signing", "Records are signed when they are written. Whoever holds the key and the machine can write what is not true before it is signed."),
            ("The end of the ledger", "A cut tail shows only against a head that was kept outside: an anchor."),
            ("The people", "Accounts are shown as the sources name them. They are not yet joined to persons of an identity provider."),
            ("Standing still", "A rule judges what happens. What was wrong before the period and did not change is seen by checks of configuration, which are not covered."),
        ]
        .map(|(matter, limit)| Row::from([matter, limit]))
        .into(),
        ..Table::new(
            "What this report does not claim, and its limits",
            [Column::text("Matter", 1.0).row_head(), Column::text("Limit", 4.0)],
        )
    };
    Section::new("limits", "What is not claimed").with(Block::Table(claims)).with(Block::note(
        NoteKind::Note,
        "Words",
        "A deviation is a control found failing or not watched. An acceptance is a dated hole that somebody approved beforehand. Pass, fail \
         and unknown are three states; what nothing tells of is unknown.",
    ))
}
