//! Documents of all kinds, and the texts that are in them.

use avouch_document::{
    Bar, Bin, Block, Cell, Chart, Code, Column, Columns, Created, Document, Fact, Figure, HeatMap, Histogram, Id, Lane,
    Link, Links, List, ListItem, Note, NoteKind, Numbering, Part, PartyColumn, Plot, Row, RowClass, Run, Section,
    Series, Share, Shown, State, Strip, Summary, Table, Text,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

/// Characters that deceive, and what is shown for them.
pub(crate) const HIDDEN: [(char, &str); 8] = [
    ('\0', "[U+0000]"),
    ('\n', "[U+000A]"),
    ('\u{1b}', "[U+001B]"),
    ('\u{200b}', "[U+200B]"),
    ('\u{202e}', "[U+202E]"),
    ('\u{2066}', "[U+2066]"),
    ('\u{feff}', "[U+FEFF]"),
    ('\u{e000}', "[U+E000]"),
];

/// Texts as attackers write them. Right-to-left scripts and loose accents are left out: programs that read PDFs put them in
/// another order.
pub(crate) fn text() -> impl Strategy<Value = String> {
    let character = prop_oneof![
        6 => proptest::char::range(' ', '~'),
        2 => prop::sample::select(vec!['<', '>', '&', '"', '\'', '/', '\\', ' ', ' ']),
        1 => prop::sample::select(vec!['é', 'ß', 'Ω', 'λ', 'Ж', 'і', '€', '→', '✓']),
        1 => prop::sample::select(vec!['日', '本', '한', '\u{1f600}']),
        1 => prop::sample::select(HIDDEN.iter().map(|(c, _)| *c).collect::<Vec<_>>()),
    ];
    prop_oneof![
        8 => vec(character, 0..40).prop_map(|chars| chars.into_iter().collect::<String>()),
        1 => Just("</style></script><script>alert(1)</script>".to_owned()),
        1 => Just("]]>--><!--<svg onload=alert(1)>".to_owned()),
        1 => Just("x".repeat(300)),
    ]
}

fn id() -> impl Strategy<Value = Id> {
    // Few, so that links find them and some are there twice.
    (0..12_u8).prop_map(|n| Id::new(&format!("id-{n}")))
}

fn state() -> impl Strategy<Value = State> {
    prop::sample::select(State::ALL.to_vec())
}

fn runs() -> impl Strategy<Value = Text> {
    let run = prop_oneof![
        text().prop_map(Run::Plain),
        text().prop_map(Run::Strong),
        text().prop_map(Run::Code),
        (id(), text()).prop_map(|(to, text)| Run::Link { to, text }),
        state().prop_map(Run::State),
    ];
    vec(run, 0..4).prop_map(Text)
}

fn count() -> impl Strategy<Value = u64> {
    prop_oneof![4 => 0..50_u64, 1 => Just(u64::MAX)]
}

fn moment() -> impl Strategy<Value = i64> {
    prop_oneof![4 => Just(1_767_225_600_i64), 1 => Just(i64::MAX), 1 => Just(i64::MIN)]
}

pub(crate) fn chart() -> impl Strategy<Value = Chart> {
    let cell = prop::sample::select(vec![0_u32, 3_600, 86_400, u32::MAX]);
    let lane = (text(), vec(state(), 0..50)).prop_map(|(label, cells)| Lane { label, cells });
    let series = (text(), vec(count(), 0..30)).prop_map(|(name, counts)| Series { name, counts });
    let bar = (text(), vec((state(), count()), 0..4)).prop_map(|(label, parts)| Bar { label, parts });
    let bin = (text(), count()).prop_map(|(label, count)| Bin { label, count });
    let plot = prop_oneof![
        (moment(), cell.clone(), vec(lane, 0..70)).prop_map(|(from, cell, lanes)| Plot::from(Strip {
            from,
            cell,
            lanes
        })),
        (moment(), cell, text(), vec(series, 0..8), vec(any::<bool>(), 0..30))
            .prop_map(|(from, cell, unit, series, gaps)| Plot::from(Columns { from, cell, unit, series, gaps })),
        (text(), vec(bar, 0..5)).prop_map(|(unit, bars)| Plot::from(Share { unit, bars })),
        (text(), text(), vec(bin, 0..6)).prop_map(|(unit, axis, bins)| Plot::from(Histogram { unit, axis, bins })),
        (text(), vec(text(), 0..6), vec((text(), vec(option::of(count()), 0..8)), 0..6))
            .prop_map(|(unit, columns, rows)| Plot::from(HeatMap { unit, columns, rows })),
        (text(), vec(column_of_parties(), 0..4), vec((0..4_usize, 0..4_usize, 0..4_usize, count()), 0..8)).prop_map(
            |(unit, columns, links)| {
                let link = |(column, from, to, count)| Link { column, from, to, count };
                Plot::from(Links { unit, columns, links: links.into_iter().map(link).collect() })
            }
        ),
    ];
    (plot, text()).prop_map(|(plot, words)| Chart::new(plot, Summary::new(words)))
}

fn column_of_parties() -> impl Strategy<Value = PartyColumn> {
    (text(), vec((text(), count()), 0..5)).prop_map(|(head, parties)| PartyColumn { head, parties })
}

fn table() -> impl Strategy<Value = Table> {
    let width = prop::sample::select(vec![1.0_f32, 2.5, 0.0, -1.0, f32::NAN, f32::INFINITY, 1e-9]);
    let column = (text(), width, 0..4_u8).prop_map(|(head, width, kind)| match kind {
        0 => Column::text(head, width).row_head(),
        1 => Column::number(head, width),
        2 => Column::text(head, width).centre(),
        _ => Column::text(head, width),
    });
    let cell = prop_oneof![8 => runs().prop_map(Cell::Text), 1 => chart().prop_map(Cell::from)];
    let classes =
        vec![RowClass::Plain, RowClass::Total, RowClass::Group, RowClass::Fail, RowClass::Unknown, RowClass::Muted];
    let row = (option::of(id()), prop::sample::select(classes), vec(cell, 0..7)).prop_map(|(id, class, cells)| Row {
        id,
        class,
        cells,
    });
    let shown = option::of((count(), text()).prop_map(|(of, file)| Shown { of, file }));
    (option::of(id()), runs(), vec(column, 0..6), vec(row, 0..8), shown, text()).prop_map(
        |(id, caption, columns, rows, shown, when_empty)| Table { id, caption, columns, rows, shown, when_empty },
    )
}

fn list() -> impl Strategy<Value = List> {
    let leaf =
        (any::<bool>(), vec(runs().prop_map(ListItem::new), 0..3)).prop_map(|(ordered, items)| List { ordered, items });
    leaf.prop_recursive(3, 8, 2, |inside| {
        let item = (runs(), option::of(inside)).prop_map(|(text, list)| ListItem { text, list });
        (any::<bool>(), vec(item, 0..3)).prop_map(|(ordered, items)| List { ordered, items })
    })
}

fn block() -> impl Strategy<Value = Block> {
    let kinds = vec![NoteKind::Note, NoteKind::Attention, NoteKind::Missing];
    prop_oneof![
        3 => runs().prop_map(Block::Paragraph),
        1 => list().prop_map(Block::List),
        1 => (prop::sample::select(kinds), text(), vec(runs(), 0..3))
            .prop_map(|(kind, title, paragraphs)| Block::Note(Note { kind, title, paragraphs })),
        1 => vec((text(), runs()), 0..4).prop_map(Block::facts),
        2 => table().prop_map(Block::Table),
        1 => (runs(), vec(text(), 0..5)).prop_map(|(caption, lines)| Block::Code(Code { caption, text: lines.join("\n") })),
        1 => (option::of(id()), runs(), chart())
            .prop_map(|(id, caption, chart)| Block::Figure(Figure { id, caption, chart })),
        1 => Just(Block::PageBreak),
    ]
}

fn section() -> impl Strategy<Value = Section> {
    let leaf = (id(), text(), vec(block(), 0..4)).prop_map(|(id, title, blocks)| Section {
        id,
        title,
        blocks,
        sections: Vec::new(),
    });
    leaf.prop_recursive(3, 6, 2, |inside| {
        (id(), text(), vec(block(), 0..2), vec(inside, 0..3)).prop_map(|(id, title, blocks, sections)| Section {
            id,
            title,
            blocks,
            sections,
        })
    })
}

/// Any document.
pub(crate) fn document() -> impl Strategy<Value = Document> {
    let numbering = prop::sample::select(vec![Numbering::Numbers, Numbering::Letters, Numbering::None]);
    let part = (text(), numbering, vec(section(), 0..3)).prop_map(|(title, numbering, chapters)| Part {
        title,
        numbering,
        chapters,
    });
    let front = (text(), text(), prop::sample::select(vec!["en", "", "de-CH", "\"><b>"]), 0..6_u8);
    let created = option::of(moment().prop_map(Created));
    let meta = vec((text(), runs()).prop_map(|(name, value)| Fact { name, value }), 0..4);
    (front, meta, vec(block(), 0..2), created, vec(part, 0..3)).prop_map(
        |((title, subtitle, language, contents_depth), meta, cover, created, parts)| Document {
            title,
            subtitle,
            language: language.into(),
            meta,
            cover,
            created,
            parts,
            contents_depth,
        },
    )
}

/// Every text of a document that both files must show, as it is written in the model.
pub(crate) fn texts(document: &Document) -> Vec<String> {
    let mut all = vec![document.title.clone(), document.subtitle.clone()];
    all.extend(document.meta.iter().flat_map(|fact| [fact.name.clone(), fact.value.to_plain()]));
    blocks(&mut all, &document.cover);
    for part in &document.parts {
        for chapter in &part.chapters {
            all.push(part.title.clone());
            section_texts(&mut all, chapter);
        }
    }
    all
}

fn section_texts(all: &mut Vec<String>, section: &Section) {
    all.push(section.title.clone());
    blocks(all, &section.blocks);
    section.sections.iter().for_each(|inside| section_texts(all, inside));
}

fn list_texts(all: &mut Vec<String>, list: &List) {
    for item in &list.items {
        all.push(item.text.to_plain());
        item.list.iter().for_each(|list| list_texts(all, list));
    }
}

fn blocks(all: &mut Vec<String>, blocks: &[Block]) {
    for block in blocks {
        match block {
            Block::Paragraph(text) => all.push(text.to_plain()),
            Block::List(list) => list_texts(all, list),
            Block::Note(note) => {
                all.push(note.title.clone());
                all.extend(note.paragraphs.iter().map(Text::to_plain));
            }
            Block::Facts(facts) => all.extend(facts.iter().flat_map(|f| [f.name.clone(), f.value.to_plain()])),
            Block::Table(table) => {
                all.push(table.caption.to_plain());
                all.extend(table.columns.iter().map(|column| column.head.clone()));
                all.extend(table.shown.iter().map(|shown| shown.file.clone()));
                all.extend(table.rows.iter().flat_map(|row| &row.cells).map(|cell| match cell {
                    Cell::Text(text) => text.to_plain(),
                    Cell::Chart(chart) => chart.summary.as_str().to_owned(),
                }));
                if table.rows.is_empty() {
                    all.push(table.when_empty.clone());
                }
            }
            Block::Code(code) => {
                all.push(code.caption.to_plain());
                all.extend(code.text.split('\n').map(str::to_owned));
            }
            Block::Figure(figure) => {
                all.push(figure.caption.to_plain());
                all.push(figure.chart.summary.as_str().to_owned());
            }
            Block::PageBreak => {}
        }
    }
}

/// What is read of a text: hidden characters by their code points, blanks left out (lines break at them).
pub(crate) fn as_read(text: &str) -> String {
    let mut text = text.to_owned();
    for (c, shown) in HIDDEN {
        text = text.replace(c, shown);
    }
    without_blanks(&text)
}

pub(crate) fn without_blanks(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}
