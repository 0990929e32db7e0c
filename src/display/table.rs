//! Records as an aligned table for reading.

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{CellAlignment, ContentArrangement, Table};

use crate::display::text::for_terminal;
use crate::display::width::cut;

/// The widest cell shown in full, in columns.
const WIDEST: usize = 60;

/// One cell of a table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cell {
    /// What it shows.
    pub text: String,
    /// Whether it is a number, which stands to the right.
    pub is_number: bool,
}

impl Cell {
    /// A cell of text, which stands to the left.
    pub fn text(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            is_number: false,
        }
    }

    /// A cell with a number.
    pub fn number(number: u64) -> Self {
        Self {
            text: number.to_string(),
            is_number: true,
        }
    }
}

/// A list of records, still to be made a table of.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Records {
    /// What a reply holds besides the list.
    pub caption: Option<String>,
    /// The columns, the most telling first.
    pub columns: Vec<String>,
    /// The cells of each record, one for each column.
    pub rows: Vec<Vec<Cell>>,
}

/// Which width a table takes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Fit {
    /// As wide as its cells.
    Content,
    /// At most as wide as the terminal, wrapping cells; as its cells without one.
    Terminal,
    /// At most that many characters wide, wrapping cells.
    Width(u16),
}

/// How many characters wide standard output is, where it is a terminal that says so: some
/// report none.
pub fn terminal_width() -> Option<u16> {
    Table::new().width().filter(|width| *width > 0)
}

/// How many characters wide standard error is, where it is a terminal.
pub fn screen_width() -> Option<usize> {
    let mut table = Table::new();
    let width = Table::use_stderr(&mut table).width();
    width.filter(|width| *width > 0).map(usize::from)
}

/// The lines of a table with a header, without colour.
pub fn lines<C: AsRef<str>>(
    columns: &[C],
    rows: impl IntoIterator<Item = Vec<Cell>>,
    fit: Fit,
) -> Vec<String> {
    let mut table = Table::new();
    table
        .load_style(UTF8_FULL_CONDENSED)
        .set_header(columns.iter().map(|name| fit_for_cell(name.as_ref())));
    match fit {
        Fit::Content => table
            .force_no_tty()
            .set_content_arrangement(ContentArrangement::Disabled),
        Fit::Width(width) => table
            .force_no_tty()
            .set_width(width)
            .set_content_arrangement(ContentArrangement::Dynamic),
        Fit::Terminal if terminal_width().is_some() => {
            table.set_content_arrangement(ContentArrangement::Dynamic)
        }
        Fit::Terminal => table.set_content_arrangement(ContentArrangement::Disabled),
    };
    for row in rows {
        table.add_row(row.iter().map(drawn));
    }
    table
        .lines()
        .map(|line| line.trim_end().to_owned())
        .collect()
}

fn drawn(cell: &Cell) -> comfy_table::Cell {
    let drawn = comfy_table::Cell::new(fit_for_cell(&cell.text));
    if cell.is_number {
        drawn.set_alignment(CellAlignment::Right)
    } else {
        drawn
    }
}

/// Text fit for one line of a terminal: short, and without what commands it, by which a
/// record could write over the screen.
fn fit_for_cell(text: &str) -> String {
    let plain = |letter: char| {
        if matches!(letter, '\n' | '\r' | '\t') {
            ' '
        } else {
            letter
        }
    };
    // Nothing behind that is shown, whatever there is.
    let start: String = text.chars().take(4 * WIDEST).map(plain).collect();
    cut(&for_terminal(&start), WIDEST)
}
