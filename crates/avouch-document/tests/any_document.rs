//! Whatever a document holds, both files are written, say all of it, and are the same twice.

#![expect(clippy::expect_used, clippy::print_stdout, reason = "tests; a skip is said")]

#[path = "any/documents.rs"]
mod documents;
#[path = "any/readers.rs"]
mod readers;

use avouch_document::pdf::Paper;
use avouch_document::{
    Block, Cell, Chart, Code, Column, Created, Document, Figure, Histogram, Part, Row, Section, Summary, Table, Text,
    html, pdf,
};
use documents::{as_read, document, texts, without_blanks};
use proptest::prelude::*;
use readers::{html_text, pdf_text};

fn of_blocks(blocks: Vec<Block>) -> Document {
    let mut section = Section::new("s", "Section");
    section.blocks = blocks;
    let mut document = Document::new("Report", "en");
    document.created = Some(Created(1_767_225_600));
    document.parts.push(Part::numbered("").with(section));
    document
}

/// Whether a text is there, at most three times broken: where a page ends, the repeated head of a table stands between.
fn said_over_pages(text: &str, wanted: &str) -> bool {
    let mut rest = wanted;
    for _ in 0..4 {
        let ends: Vec<usize> = rest.char_indices().map(|(at, c)| at + c.len_utf8()).collect();
        // The longest beginning that is there; beginnings of it are there as well.
        let there = ends.partition_point(|end| text.contains(&rest[..*end]));
        if there == ends.len() {
            return true;
        }
        rest = &rest[if there == 0 { return false } else { ends[there - 1] }..];
    }
    false
}

fn to_pdf(document: &Document) -> Vec<u8> {
    pdf::render(document, Paper::A4).expect("a PDF")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, max_shrink_iters: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn html_says_all_and_nothing_else(document in document()) {
        let page = html::render(&document);
        prop_assert_eq!(&page, &html::render(&document));
        let text = html_text(&page).map_err(TestCaseError::fail)?;
        let text = without_blanks(&text);
        for wanted in texts(&document) {
            prop_assert!(text.contains(&as_read(&wanted)), "{wanted:?} is not in the page");
        }
    }

    #[test]
    fn pdf_says_all(document in document(), letter in any::<bool>()) {
        let paper = if letter { Paper::Letter } else { Paper::A4 };
        let file = pdf::render(&document, paper).map_err(|e| TestCaseError::fail(e.to_string()))?;
        prop_assert!(file == pdf::render(&document, paper).expect("again"), "the bytes differ");
        if let Some(text) = pdf_text(&file) {
            let text = without_blanks(&text);
            for wanted in texts(&document) {
                prop_assert!(said_over_pages(&text, &as_read(&wanted)), "{wanted:?} is not in the file: {text}");
            }
        }
    }
}

#[test]
fn the_policy_allows_only_the_style_that_is_there() {
    use sha2::{Digest as _, Sha256};
    let page = html::render(&of_blocks(vec![Block::paragraph("x")]));
    let style = page.split_once("<style>").and_then(|(_, rest)| rest.split_once("</style>")).expect("style").0;
    let mut digest = String::new();
    for chunk in Sha256::digest(style.as_bytes()).chunks(3) {
        // Base64 by another way: bits as text.
        let bits: String = chunk.iter().map(|byte| format!("{byte:08b}")).collect();
        for six in bits.as_bytes().chunks(6) {
            let six = format!("{:0<6}", std::str::from_utf8(six).expect("bits"));
            let value = u8::from_str_radix(&six, 2).expect("bits");
            digest.push(match value {
                0..=25 => char::from(b'A' + value),
                26..=51 => char::from(b'a' + value - 26),
                52..=61 => char::from(b'0' + value - 52),
                62 => '+',
                _ => '/',
            });
        }
    }
    assert!(page.contains(&format!("default-src 'none'; style-src 'sha256-{digest}='; base-uri 'none'")), "{digest}");
    assert!(!page.contains("http://") && !page.contains("https://") && !page.contains("<script"));
}

#[test]
fn no_row_is_cut_and_each_page_has_the_head() {
    let mut table = Table::new("Rows", [Column::text("Headword", 1.0), Column::text("Text", 2.0)]);
    for row in 0..300 {
        table.push([format!("s{row}s"), format!("{} e{row}e", "word ".repeat(row % 40))]);
    }
    let Some(text) = pdf_text(&to_pdf(&of_blocks(vec![Block::Table(table)]))) else { return };
    let pages: Vec<&str> = text.split('\u{c}').filter(|page| page.contains("e1e") || page.contains("s2")).collect();
    assert!(pages.len() > 5);
    for page in &pages {
        assert!(page.contains("Headword"), "a page without the head: {page}");
        for row in 0..300 {
            let (start, end) = (page.contains(&format!("s{row}s")), page.contains(&format!("e{row}e")));
            assert_eq!(start, end, "row {row} is cut: {page}");
        }
    }
}

#[test]
fn a_heading_of_rows_stands_on_the_page_of_its_first_row() {
    let mut table = Table::new("Rows", [Column::text("Headword", 1.0), Column::text("Text", 2.0)]);
    for n in 0..120 {
        table.push(Row::group(format!("h{n}h")));
        table.push([format!("s{n}s"), "word ".repeat(40 + n * 7 % 90)]);
    }
    let Some(text) = pdf_text(&to_pdf(&of_blocks(vec![Block::Table(table)]))) else { return };
    let pages: Vec<&str> = text.split('\u{c}').filter(|page| page.contains("s1")).collect();
    assert!(pages.len() > 5);
    for page in &pages {
        for n in 0..120 {
            let (heading, row) = (page.contains(&format!("h{n}h")), page.contains(&format!("s{n}s")));
            assert_eq!(heading, row, "heading {n} is apart from its row: {page}");
        }
    }
}

#[test]
fn a_remark_in_place_of_rows_spans_the_table() {
    let mut table = Table::new("Rows", [Column::number("No", 1.0).row_head(), Column::text("Text", 9.0)]);
    table.push(["1", "first"]);
    table.push(Row::total(["and 17 more; each of them stands in the population"]));
    table.push(Row::total(["18", "in all"]));
    let document = of_blocks(vec![Block::Table(table)]);
    let page = html::render(&document);
    assert!(page.contains("colspan=\"2\">and 17 more; each of them stands in the population</td>"), "{page}");
    let Some(text) = pdf_text(&to_pdf(&document)) else { return };
    assert!(text.lines().any(|l| l.contains("and 17 more; each of them stands in the population")), "{text}");
}

#[test]
fn what_is_taller_than_a_page_goes_on_on_the_next() {
    let long: String = (0..4_000).map(|n| format!("w{n}w ")).collect();
    let mut table = Table::new("Long", [Column::text("A", 1.0).row_head(), Column::text("B", 1.0)]);
    table.push(["short", long.as_str()]);
    table.push([long.as_str(), "short"]);
    let code = Code { caption: Text::new(), text: (0..300).map(|n| format!("line{n}e\n")).collect() };
    let facts = Block::facts([(long.clone(), Text::from("value")), ("name".to_owned(), Text::from(long.as_str()))]);
    let note = Block::note(avouch_document::NoteKind::Note, "", long.as_str());
    let blocks = vec![Block::Table(table), Block::Code(code), facts, note, Block::bullets([long.as_str()])];
    let Some(text) = pdf_text(&to_pdf(&of_blocks(blocks))) else { return };
    for n in 0..4_000 {
        let found = text.matches(&format!("w{n}w")).count();
        assert_eq!(found, 6, "w{n}w");
    }
    assert!((0..300).all(|n| text.contains(&format!("line{n}e"))));
}

#[test]
fn strings_longer_than_a_pdf_allows_are_no_error() {
    let long = "Ж".repeat(33_000);
    let chart = Chart::new(Histogram::default(), Summary::new(long.clone()));
    let figure = Block::Figure(Figure { id: None, caption: "c".into(), chart: chart.clone() });
    let link = Block::Paragraph(Text::new().link("s".into(), long.clone()));
    let mut table = Table::new("t", [Column::text("x", 1.0)]);
    table.push(Row::new([Cell::from(chart)]));
    let mut document = of_blocks(vec![figure, link, Block::Table(table)]);
    document.title = long.clone();
    document.subtitle = long.clone();
    document.parts[0].chapters[0].title = long;
    to_pdf(&document);
}

#[test]
fn only_a_given_time_is_named() {
    let contains = |file: &[u8], words: &[u8]| file.windows(words.len()).any(|window| window == words);
    let mut document = of_blocks(vec![Block::paragraph("x")]);
    assert!(contains(&to_pdf(&document), b"D:20260101000000"));
    document.created = None;
    let file = to_pdf(&document);
    assert!(!contains(&file, b"D:20") && !contains(&file, b"CreationDate") && !contains(&file, b"CreateDate"));
}

#[test]
fn pages_are_counted_and_contents_name_them() {
    let mut document = Document::new("Report", "en");
    let chapter = |n: usize| Section::new(format!("c{n}").as_str(), format!("Chapter {n}")).with(Block::paragraph("x"));
    document.parts.push(Part { chapters: (0..5).map(chapter).collect(), ..Part::numbered("Part") });
    let Some(text) = pdf_text(&to_pdf(&document)) else { return };
    let pages: Vec<&str> = text.trim_end_matches('\u{c}').split('\u{c}').collect();
    assert_eq!(pages.len(), 7, "cover, contents, five chapters");
    for n in 0..5 {
        let title = format!("Chapter {n}");
        let line = pages[1].lines().find(|line| line.contains(&title)).expect("in the contents");
        let page: usize = line.rsplit(' ').next().and_then(|page| page.parse().ok()).expect("a page");
        assert!(pages[page - 1].contains(&title), "{title} is not on page {page}");
    }
}
