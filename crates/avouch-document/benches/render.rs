//! Tables of many rows, as both files: `cargo bench -p avouch-document`.

#![expect(clippy::expect_used, reason = "a bench")]

use avouch_document::{Block, Cell, Column, Document, Part, Row, Section, State, Table, Text, html, pdf};
use divan::counter::ItemsCount;

fn main() {
    divan::main();
}

const ROWS: [usize; 3] = [100, 1_000, 10_000];

fn document(rows: usize) -> Document {
    let mut table = Table::new(
        "Sessions",
        [
            Column::text("Time", 2.0),
            Column::text("Person", 1.5).row_head(),
            Column::text("Command", 3.0),
            Column::number("Count", 1.0),
            Column::text("Result", 1.0),
        ],
    );
    for row in 0..rows {
        table.push(Row::new([
            Cell::from(format!("2026-03-{:02} {:02}:{:02}:{:02}", 1 + row % 31, row % 24, row % 60, row % 59)),
            Cell::from(format!("person-{}", row % 97)),
            Cell::from(Text::of_code(format!("cat /var/run/secrets/kubernetes.io/serviceaccount/token-{row:08x}"))),
            Cell::from((row * 7_919 % 10_000).to_string()),
            Cell::from(Text::from([State::Pass, State::Fail, State::Unknown][row % 3])),
        ]));
    }
    let mut document = Document::new("Report", "en");
    document.parts.push(Part::numbered("").with(Section::new("sessions", "Sessions").with(Block::Table(table))));
    document
}

#[divan::bench(args = ROWS)]
fn to_html(bencher: divan::Bencher<'_, '_>, rows: usize) {
    let document = document(rows);
    bencher.counter(ItemsCount::new(rows)).bench(|| html::render(&document));
}

#[divan::bench(args = ROWS, sample_count = 10)]
fn to_pdf(bencher: divan::Bencher<'_, '_>, rows: usize) {
    let document = document(rows);
    bencher.counter(ItemsCount::new(rows)).bench(|| pdf::render(&document, pdf::Paper::A4).expect("a PDF"));
}
