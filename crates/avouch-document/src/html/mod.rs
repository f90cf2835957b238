//! One HTML file: no network, no script, its style inside, a policy that forbids the rest.

mod blocks;
mod escape;
mod head;
mod svg;
mod table;

use std::io;

use crate::model::{Document, Section};
use crate::outline::{Captions, Entry, Given, Outline};

/// The document as one HTML file.
#[must_use]
pub fn render(document: &Document) -> String {
    let mut bytes = Vec::new();
    // Writing to a Vec cannot fail, and only strings are written.
    match write(document, &mut bytes) {
        Ok(()) => String::from_utf8(bytes).unwrap_or_default(),
        Err(_) => String::new(),
    }
}

/// Writes the document as one HTML file, piece by piece.
///
/// # Errors
/// What `out` returns.
pub fn write(document: &Document, out: impl io::Write) -> io::Result<()> {
    let outline = Outline::of(document);
    let mut page =
        Page { out, text: String::new(), outline: &outline, given: Given::default(), captions: Captions::default() };
    head::write(&mut page.text, document);
    page.cover(document)?;
    page.contents(document);
    page.text.push_str("<main id=\"Main\">\n");
    let mut entries = outline.entries.iter();
    for part in &document.parts {
        for chapter in &part.chapters {
            page.section(chapter, 1, &part.title, &mut entries)?;
        }
    }
    page.text.push_str("</main>\n</div>\n</body>\n</html>\n");
    page.flush(0)
}

/// What is being written.
struct Page<'a, W> {
    out: W,
    /// Not yet written.
    text: String,
    outline: &'a Outline,
    given: Given,
    captions: Captions,
}

/// Bytes held before they are written.
const HELD: usize = 64 * 1024;

impl<W: io::Write> Page<'_, W> {
    /// Writes what is held, if it is more than `most` bytes.
    fn flush(&mut self, most: usize) -> io::Result<()> {
        if self.text.len() > most {
            self.out.write_all(self.text.as_bytes())?;
            self.text.clear();
        }
        Ok(())
    }

    fn cover(&mut self, document: &Document) -> io::Result<()> {
        self.text.push_str("<header class=\"cover\">\n<h1>");
        escape::text(&mut self.text, &document.title);
        self.text.push_str("</h1>\n");
        if !document.subtitle.is_empty() {
            self.text.push_str("<p class=\"subtitle\">");
            escape::text(&mut self.text, &document.subtitle);
            self.text.push_str("</p>\n");
        }
        self.facts(&document.meta);
        self.blocks(&document.cover)?;
        self.text.push_str("</header>\n");
        Ok(())
    }

    fn contents(&mut self, document: &Document) {
        self.text.push_str("<div class=\"body\">\n");
        let depth = document.contents_depth.min(4);
        let shown = self.outline.entries.iter().filter(|e| e.level <= depth);
        let mut level = 0;
        let mut part_open = false;
        for entry in shown {
            if level == 0 {
                self.text
                    .push_str("<nav class=\"toc\" aria-labelledby=\"Contents\">\n<h2 id=\"Contents\">Contents</h2>\n");
            }
            if entry.level == 1 && (level == 0 || entry.opens_part.is_some()) {
                self.close(&mut level, 0);
                if let Some(title) = &entry.opens_part {
                    self.text.push_str("<p class=\"part\">");
                    escape::text(&mut self.text, title);
                    self.text.push_str("</p>\n");
                }
                part_open = true;
            }
            self.contents_entry(entry, &mut level);
        }
        self.close(&mut level, 0);
        if part_open {
            self.text.push_str("</nav>\n");
        }
    }

    fn contents_entry(&mut self, entry: &Entry, level: &mut u8) {
        if entry.level <= *level {
            self.close(level, entry.level);
            self.text.push_str("</li>\n");
        }
        while *level < entry.level {
            self.text.push_str(if *level + 1 < entry.level { "<ol>\n<li>" } else { "<ol>\n" });
            *level += 1;
        }
        self.text.push_str("<li><a href=\"#");
        escape::attribute(&mut self.text, entry.id.as_str());
        self.text.push_str("\">");
        self.number(&entry.number);
        escape::text(&mut self.text, &entry.title);
        self.text.push_str("</a>");
    }

    /// Ends lists down to a level.
    fn close(&mut self, level: &mut u8, to: u8) {
        while *level > to {
            self.text.push_str("</li>\n</ol>\n");
            *level -= 1;
        }
    }

    fn number(&mut self, number: &str) {
        if !number.is_empty() {
            self.text.push_str("<span class=\"no\">");
            escape::text(&mut self.text, number);
            self.text.push_str("</span> ");
        }
    }

    /// A section and those inside it; `entries` runs along in the same order.
    fn section<'e>(
        &mut self,
        section: &Section,
        level: u8,
        part: &str,
        entries: &mut impl Iterator<Item = &'e Entry>,
    ) -> io::Result<()> {
        let number = entries.next().map_or("", |entry| entry.number.as_str());
        let heading = (level + 1).min(6);
        self.text.push_str(if level == 1 { "<section class=\"chapter\"" } else { "<section" });
        let id = self.given.take(Some(&section.id)).cloned();
        self.id(id.as_ref());
        self.text.push_str(">\n");
        if level == 1 && !part.is_empty() {
            self.text.push_str("<p class=\"part\">");
            escape::text(&mut self.text, part);
            self.text.push_str("</p>\n");
        }
        self.text.push_str(&format!("<h{heading}>"));
        self.number(number);
        escape::text(&mut self.text, &section.title);
        self.text.push_str(&format!("</h{heading}>\n"));
        self.blocks(&section.blocks)?;
        for inside in &section.sections {
            self.section(inside, level.saturating_add(1), "", entries)?;
        }
        self.text.push_str("</section>\n");
        self.flush(HELD)
    }
}
