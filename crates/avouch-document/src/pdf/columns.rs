//! How wide the columns of a table are.

use super::inline::{MARK, Style, longest_word};
use super::table::PAD_X;
use crate::font::Face;
use crate::model::{Align, Cell, RowClass, Run, Table, shares};

/// Widths after the columns' shares, but none narrower than a word of its head, or than its figures, where others can give.
pub(super) fn column_widths(table: &Table, style: Style, wide: f32) -> Vec<f32> {
    let count = table.columns.len().max(1) as f32;
    let bold = Style { face: Face::Bold, ..style };
    let least: Vec<f32> = table
        .columns
        .iter()
        .enumerate()
        .map(|(index, column)| {
            let head = longest_word(&column.head, bold, 24);
            let body = longest_in_body(table, index, if column.row_head { bold } else { style }, column.align);
            // Two letters at least, so that no column turns into a thread.
            (head.max(body).max(2.0 * style.size) + 2.0 * PAD_X + 0.1).min(wide / count * 1.6)
        })
        .collect();
    let asked: Vec<f32> = shares(&table.columns).iter().map(|share| share * wide).collect();
    let missing: f32 = asked.iter().zip(&least).map(|(asked, least)| (least - asked).max(0.0)).sum();
    let spare: f32 = asked.iter().zip(&least).map(|(asked, least)| (asked - least).max(0.0)).sum();
    // If all together need more than there is, each gives in proportion.
    let given = if spare > 0.0 { (missing / spare).min(1.0) } else { 0.0 };
    let widths: Vec<f32> = asked
        .iter()
        .zip(&least)
        .map(|(asked, least)| if asked < least { *least } else { asked - (asked - least) * given })
        .collect();
    let sum: f32 = widths.iter().sum();
    widths.iter().map(|width| width * wide / sum.max(1.0)).collect()
}

/// The widest word of a column that should stay whole: a figure, or a word of at most 14 letters. Longer ones break anyway.
fn longest_in_body(table: &Table, index: usize, style: Style, align: Align) -> f32 {
    const WORD: usize = 14;
    let most = if align == Align::Right { 20 } else { WORD };
    let width = |run: &Run| match run {
        Run::Code(_) => 0.0,
        Run::State(state) => longest_word(state.word(), style, WORD) + MARK * style.size,
        Run::Plain(text) | Run::Strong(text) | Run::Link { text, .. } => longest_word(text, style, most),
    };
    let cells = table.rows.iter().filter(|row| row.class != RowClass::Group).filter_map(|row| row.cells.get(index));
    cells
        .map(|cell| match cell {
            Cell::Text(text) => text.0.iter().map(width).fold(0.0, f32::max),
            Cell::Chart(_) => 0.0,
        })
        .fold(0.0, f32::max)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::scene::Ink;
    use crate::model::Column;

    const STYLE: Style = Style::new(Face::Sans, 8.0, Ink::Text);

    #[test]
    fn columns_fill_the_width_by_their_shares() {
        let table = Table::new("t", [Column::text("a", 1.0), Column::text("b", 3.0)]);
        assert_eq!(column_widths(&table, STYLE, 400.0), [100.0, 300.0]);
    }

    #[test]
    fn figures_and_words_are_kept_whole_where_others_can_give() {
        let mut table = Table::new("t", [Column::text("a", 20.0), Column::number("b", 1.0)]);
        table.push(["x", "1,234,567,890"]);
        let widths = column_widths(&table, STYLE, 400.0);
        assert!(widths[1] > crate::font::width(Face::Sans, "1,234,567,890", 8.0) + 2.0 * PAD_X);
        assert!((widths[0] + widths[1] - 400.0).abs() < 0.01);
    }

    #[test]
    fn no_share_makes_a_thread_of_a_column() {
        for share in [0.0, -1.0, f32::NAN, f32::INFINITY, 1e-9, 1e30] {
            let table = Table::new("t", [Column::text("a", share), Column::text("b", 1.0)]);
            let widths = column_widths(&table, STYLE, 400.0);
            assert!(widths.iter().all(|width| *width > 20.0), "{share}: {widths:?}");
        }
    }
}
