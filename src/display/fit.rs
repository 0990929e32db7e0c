//! Lists of records as tables no wider than the terminal.
//!
//! Columns that do not fit are left out, empty ones first, and named; cells are cut
//! rather than wrapped, so that a record is a line.

use super::table::{self, Cell, Fit, Records};
use crate::display::width as display;

/// A column is not made narrower than this for the sake of others.
const NARROW: usize = 20;
/// No column is wider.
const WIDEST: usize = 60;
/// Frame and space that a column takes besides its cells.
const FRAME: usize = 3;

/// A list of records as it is shown.
pub struct Table {
    /// The lines.
    pub lines: Vec<String>,
    /// The columns that were left out.
    pub left_out: Vec<String>,
}

/// Columns that were left out and are named.
const NAMED: usize = 4;

impl Table {
    /// Says which columns were left out, if any were, and what shows them.
    pub fn left_out(&self, shows: &str) -> Option<String> {
        let count = self.left_out.len();
        let noun = if count == 1 { "column" } else { "columns" };
        let more = if count > NAMED { ", …" } else { "" };
        let names: Vec<&str> = self
            .left_out
            .iter()
            .take(NAMED)
            .map(String::as_str)
            .collect();
        (count > 0).then(|| {
            format!(
                "{count} more {noun}: {}{more}; `{shows}` shows all",
                names.join(", ")
            )
        })
    }
}

/// Draws records into so many characters; as wide as they are without a limit.
pub fn draw(records: &Records, width: Option<u16>) -> Table {
    let caption = records.caption.clone().into_iter();
    let Some(limit) = width else {
        let lines = table::lines(&records.columns, records.rows.clone(), Fit::Content);
        return Table {
            lines: caption.chain(lines).collect(),
            left_out: Vec::new(),
        };
    };
    let wanted = widths(records);
    let kept = chosen(records, &wanted, usize::from(limit));
    let given = shared(&kept, &wanted, usize::from(limit));
    let names: Vec<&str> = kept
        .iter()
        .map(|at| records.columns[*at].as_str())
        .collect();
    let rows = records.rows.iter().map(|row| {
        let cells = kept.iter().zip(&given);
        cells.map(|(at, width)| cut(&row[*at], *width)).collect()
    });
    let left_out = records.columns.iter().enumerate();
    let left_out = left_out.filter(|(at, _)| !kept.contains(at));
    Table {
        // Wide letters may need more than was reckoned; such cells are wrapped.
        lines: caption
            .chain(table::lines(&names, rows, Fit::Width(limit)))
            .collect(),
        left_out: left_out.map(|(_, name)| name.clone()).collect(),
    }
}

/// What each column would take.
fn widths(records: &Records) -> Vec<usize> {
    let length = |text: &str| display::width(text).min(WIDEST);
    let mut widths: Vec<usize> = records.columns.iter().map(|name| length(name)).collect();
    for row in &records.rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(length(&cell.text));
        }
    }
    widths
}

/// The columns that fit: those with something in them before empty ones, the first
/// before the last.
fn chosen(records: &Records, wanted: &[usize], limit: usize) -> Vec<usize> {
    let is_empty = |at: usize| records.rows.iter().all(|row| row[at].text.is_empty());
    let all = wanted.iter().map(|width| width + FRAME).sum::<usize>() + 1;
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    if all > limit {
        order.sort_by_key(|at| is_empty(*at));
    }
    let mut taken = 1;
    let mut kept = Vec::new();
    for at in order {
        taken += wanted[at].min(NARROW) + FRAME;
        if taken > limit && !kept.is_empty() {
            break;
        }
        kept.push(at);
    }
    kept.sort_unstable();
    kept
}

/// How wide each chosen column may be: as much as it wants while there is room.
fn shared(kept: &[usize], wanted: &[usize], limit: usize) -> Vec<usize> {
    let mut given: Vec<usize> = kept.iter().map(|at| wanted[*at].min(NARROW)).collect();
    let taken = given.iter().map(|width| width + FRAME).sum::<usize>() + 1;
    let mut room = limit.saturating_sub(taken);
    // A letter for each in turn, so that none takes the room of another.
    while room > 0 {
        let mut is_full = true;
        for (width, at) in given.iter_mut().zip(kept) {
            if room > 0 && *width < wanted[*at] {
                *width += 1;
                room -= 1;
                is_full = false;
            }
        }
        if is_full {
            break;
        }
    }
    given
}

/// A cell of at most so many columns.
fn cut(cell: &Cell, width: usize) -> Cell {
    Cell {
        text: display::cut(&cell.text, width),
        is_number: cell.is_number,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(columns: &[(&str, &str)]) -> Records {
        let cell = |(_, text): &(&str, &str)| Cell {
            text: (*text).to_owned(),
            is_number: false,
        };
        Records {
            caption: None,
            columns: columns.iter().map(|(name, _)| (*name).to_owned()).collect(),
            rows: vec![columns.iter().map(cell).collect()],
        }
    }

    #[test]
    fn what_fits_is_shown_as_it_is() {
        let table = draw(
            &records(&[("id", "1"), ("email", "jo@example.com")]),
            Some(80),
        );
        assert_eq!(table.lines[3], "│ 1  ┆ jo@example.com │");
        assert!(table.left_out.is_empty());
    }

    #[test]
    fn a_table_is_never_wider_than_the_terminal() {
        let long = "x".repeat(200);
        let wide = "東".repeat(50);
        let columns: Vec<(&str, &str)> = [("a", long.as_str()), ("b", &wide), ("c", "short")]
            .into_iter()
            .cycle()
            .take(20)
            .collect();
        for width in [20, 40, 80, 200] {
            let table = draw(&records(&columns), Some(width));
            for line in &table.lines {
                assert!(
                    display::width(line) <= usize::from(width),
                    "{width}: {line}"
                );
            }
        }
    }

    #[test]
    fn empty_columns_are_left_out_first_and_named() {
        let long = "x".repeat(30);
        let table = draw(
            &records(&[("id", "1"), ("none", ""), ("a", &long), ("b", &long)]),
            Some(54),
        );
        assert_eq!(
            table.left_out(":json").as_deref(),
            Some("1 more column: none; `:json` shows all")
        );
        assert!(table.lines[3].contains('…'), "{}", table.lines[3]);
    }

    #[test]
    fn without_a_limit_everything_is_shown() {
        let long = "x".repeat(50);
        let table = draw(&records(&[("a", &long), ("b", &long), ("c", &long)]), None);
        assert!(table.lines[3].chars().count() > 150);
    }
}
