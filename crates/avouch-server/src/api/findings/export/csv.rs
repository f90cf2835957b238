//! Findings as lines of CSV (RFC 4180), safe to be opened in a spreadsheet.

use crate::row::Row;

/// Names of the columns, in their order.
pub(super) const HEADER: &str = "id,time,recorded,severity,rule,priority,criteria,cluster,node,namespace,pod,container,image,user,process,\
command,object,output,source,tags,suppressed,acknowledged,acknowledged_by,decision,decided,decided_by,reason,incident,assignee,\
lost_events,container_unknown,slice,ledger,seq\r\n";

/// Adds the line of a row.
pub(super) fn line(row: &Row, out: &mut Vec<u8>) {
    let mut line = Line { out, first: true };
    line.cell(&row.id);
    line.cell(&row.time.to_string());
    line.cell(&row.recorded.to_string());
    line.cell(row.severity.name());
    line.cell(&row.rule);
    line.cell(&row.priority);
    line.cell(&row.criteria.join("; "));
    for text in [&row.cluster, &row.node, &row.namespace, &row.pod, &row.container, &row.image, &row.user] {
        line.cell(text);
    }
    for text in [&row.process, &row.command, &row.object, &row.output, &row.source] {
        line.cell(text);
    }
    line.cell(&row.tags.join("; "));
    line.cell(row.suppressed.as_deref().unwrap_or_default());
    let acknowledged = row.acknowledged.as_ref().map(|a| (a.time.to_string(), a.by.as_str())).unwrap_or_default();
    line.cell(&acknowledged.0);
    line.cell(acknowledged.1);
    match &row.decision {
        Some(d) => {
            let time = d.time.to_string();
            [&d.decision, &time, &d.by, &d.reason, &d.incident].into_iter().for_each(|text| line.cell(text));
        }
        None => (0..5).for_each(|_| line.cell("")),
    }
    line.cell(row.assignee.as_deref().unwrap_or_default());
    line.cell(&row.lost_events.map(|n| n.to_string()).unwrap_or_default());
    line.cell(if row.container_unknown { "yes" } else { "no" });
    line.cell(if row.slice { "yes" } else { "no" });
    line.cell(&row.record.ledger);
    line.cell(&row.record.seq.to_string());
    line.out.extend_from_slice(b"\r\n");
}

struct Line<'a> {
    out: &'a mut Vec<u8>,
    first: bool,
}

impl Line<'_> {
    fn cell(&mut self, text: &str) {
        if !self.first {
            self.out.push(b',');
        }
        self.first = false;
        let formula = is_formula(text);
        if !formula && !text.contains([',', '"', '\r', '\n', ';', '\t']) && text.trim() == text {
            self.out.extend_from_slice(text.as_bytes());
            return;
        }
        self.out.push(b'"');
        if formula {
            self.out.push(b'\'');
        }
        for (n, part) in text.split('"').enumerate() {
            if n > 0 {
                self.out.extend_from_slice(b"\"\"");
            }
            self.out.extend_from_slice(part.as_bytes());
        }
        self.out.push(b'"');
    }
}

/// Whether a spreadsheet may run it: what begins so, also after blanks, and also with the wide forms that some take for the same
/// (<https://owasp.org/www-community/attacks/CSV_Injection>).
fn is_formula(text: &str) -> bool {
    let wide = ['\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];
    text.starts_with(['\t', '\r', '\n'])
        || text.trim_start().starts_with(|c: char| matches!(c, '=' | '+' | '-' | '@' | '|' | '%') || wide.contains(&c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(texts: &[&str]) -> String {
        let mut out = Vec::new();
        let mut line = Line { out: &mut out, first: true };
        texts.iter().for_each(|text| line.cell(text));
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn cells_are_quoted_where_needed_and_no_formula_stays_one() {
        assert_eq!(cells(&["a", "b c", "", "d"]), "a,b c,,d");
        assert_eq!(cells(&["a,b", "say \"x\"", "two\nlines", " x"]), "\"a,b\",\"say \"\"x\"\"\",\"two\nlines\",\" x\"");
        for text in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "  =1", "\r=1", "|calc", "\u{ff1d}1"] {
            let cell = cells(&[text]);
            assert_eq!(cell, format!("\"'{text}\""), "{text:?}");
        }
        assert_eq!(cells(&["=HYPERLINK(\"x\",\"y\")"]), "\"'=HYPERLINK(\"\"x\"\",\"\"y\"\")\"");
    }

    #[test]
    fn a_line_has_a_cell_for_each_column() {
        let mut out = Vec::new();
        line(&Row::default(), &mut out);
        let line = String::from_utf8(out).unwrap();
        assert_eq!(line.matches(',').count(), HEADER.matches(',').count());
        assert!(line.ends_with("\r\n"));
    }
}
