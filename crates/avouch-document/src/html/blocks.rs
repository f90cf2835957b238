//! Blocks and inline text.

use std::io;

use super::{HELD, Page, escape, svg};
use crate::chart::{Chart, Room, State, draw};
use crate::model::{Block, Code, Fact, Figure, Id, List, Note, NoteKind, Run, Text};
use crate::outline::is_blank;
use crate::visible::code_lines;

/// Width of a figure's drawing in its own units; shown as wide as there is room.
const FIGURE: f32 = 620.0;

impl<W: io::Write> Page<'_, W> {
    pub(super) fn blocks(&mut self, blocks: &[Block]) -> io::Result<()> {
        for block in blocks {
            match block {
                Block::Paragraph(text) => self.element("p", text),
                Block::List(list) => self.list(list),
                Block::Note(note) => self.note(note),
                Block::Facts(facts) => self.facts(facts),
                Block::Table(table) => self.table(table)?,
                Block::Code(code) => self.code(code),
                Block::Figure(figure) => self.figure(figure),
                Block::PageBreak => self.text.push_str("<div class=\"break\"></div>\n"),
            }
            self.flush(HELD)?;
        }
        Ok(())
    }

    /// ` id="..."`, if there is one.
    pub(super) fn id(&mut self, id: Option<&Id>) {
        if let Some(id) = id {
            self.text.push_str(" id=\"");
            escape::attribute(&mut self.text, id.as_str());
            self.text.push('"');
        }
    }

    fn element(&mut self, tag: &str, text: &Text) {
        self.text.push_str(&format!("<{tag}>"));
        self.runs(text);
        self.text.push_str(&format!("</{tag}>\n"));
    }

    pub(super) fn runs(&mut self, text: &Text) {
        for run in &text.0 {
            match run {
                Run::Plain(text) => escape::text(&mut self.text, text),
                Run::Strong(text) => self.wrapped("strong", text),
                Run::Code(text) => self.wrapped("code", text),
                Run::Link { to, text } if self.outline.has(to) => {
                    self.text.push_str("<a href=\"#");
                    escape::attribute(&mut self.text, to.as_str());
                    self.text.push_str("\">");
                    escape::text(&mut self.text, text);
                    self.text.push_str("</a>");
                }
                Run::Link { text, .. } => escape::text(&mut self.text, text),
                Run::State(state) => self.state(*state),
            }
        }
    }

    fn wrapped(&mut self, tag: &str, text: &str) {
        self.text.push_str(&format!("<{tag}>"));
        escape::text(&mut self.text, text);
        self.text.push_str(&format!("</{tag}>"));
    }

    fn state(&mut self, state: State) {
        let name = super::head::mark(state);
        let word = state.word();
        self.text.push_str(&format!(
            "<span class=\"state\"><svg class=\"mark\" aria-hidden=\"true\"><use href=\"#{name}\"/></svg>{word}</span>"
        ));
    }

    fn list(&mut self, list: &List) {
        let tag = if list.ordered { "ol" } else { "ul" };
        self.text.push_str(&format!("<{tag}>\n"));
        for item in &list.items {
            self.text.push_str("<li>");
            self.runs(&item.text);
            if let Some(list) = &item.list {
                self.text.push('\n');
                self.list(list);
            }
            self.text.push_str("</li>\n");
        }
        self.text.push_str(&format!("</{tag}>\n"));
    }

    fn note(&mut self, note: &Note) {
        let class = match note.kind {
            NoteKind::Note => "note",
            NoteKind::Attention => "note attention",
            NoteKind::Missing => "note missing",
        };
        self.text
            .push_str(&format!("<aside class=\"{class}\" role=\"note\">\n<p class=\"title\">{}", note.kind.word()));
        if !note.title.is_empty() {
            self.text.push_str(": ");
            escape::text(&mut self.text, &note.title);
        }
        self.text.push_str("</p>\n");
        for paragraph in &note.paragraphs {
            self.element("p", paragraph);
        }
        self.text.push_str("</aside>\n");
    }

    pub(super) fn facts(&mut self, facts: &[Fact]) {
        if facts.is_empty() {
            return;
        }
        self.text.push_str("<dl class=\"facts\">\n");
        for fact in facts {
            self.text.push_str("<div><dt>");
            escape::text(&mut self.text, &fact.name);
            self.text.push_str("</dt><dd>");
            self.runs(&fact.value);
            self.text.push_str("</dd></div>\n");
        }
        self.text.push_str("</dl>\n");
    }

    fn code(&mut self, code: &Code) {
        self.text.push_str("<figure class=\"code\">\n");
        if !code.caption.is_empty() {
            self.element("figcaption", &code.caption);
        }
        self.text.push_str("<pre><code>");
        for line in code_lines(&code.text) {
            escape::text(&mut self.text, &line);
            self.text.push('\n');
        }
        self.text.push_str("</code></pre>\n</figure>\n");
    }

    fn figure(&mut self, figure: &Figure) {
        self.text.push_str("<figure");
        let id = self.given.take(figure.id.as_ref()).cloned();
        self.id(id.as_ref());
        self.text.push_str(">\n<figcaption><span class=\"no\">");
        let number = self.captions.next("Figure");
        self.text.push_str(&number);
        self.text.push_str("</span> ");
        self.runs(&figure.caption);
        self.text.push_str("</figcaption>\n");
        self.chart(&figure.chart, Room::Figure(FIGURE), "chart");
        self.text.push_str("</figure>\n");
    }

    /// A drawing, and its words below it.
    pub(super) fn chart(&mut self, chart: &Chart, room: Room, class: &str) {
        let words = chart.summary.as_str();
        if !is_blank(&chart.plot) {
            svg::write(&mut self.text, &draw(chart, room), class, words);
        }
        // The drawing is labelled with the same words; a screen reader need not say them twice.
        self.text.push_str("<p class=\"words\"");
        self.text.push_str(if is_blank(&chart.plot) { ">" } else { " aria-hidden=\"true\">" });
        escape::text(&mut self.text, words);
        self.text.push_str("</p>\n");
    }
}
