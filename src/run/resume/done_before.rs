//! Rows of the files that an earlier run left behind, which say of themselves what it had
//! done of them: another run would do it again.

use std::cell::Cell;

/// The columns that say so; empty for a row of which nothing was done.
pub const COLUMNS: [&str; 2] = ["_applied", "_begun"];

/// A row that an earlier run had begun.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct DoneBefore {
    /// The line of its file, or its number where it is from none.
    pub line: u64,
    /// The column that says it.
    pub column: &'static str,
}

impl DoneBefore {
    /// What is said of the row at that line, if one of its cells says anything.
    pub fn of<T: AsRef<str>>(line: u64, cell: impl Fn(&'static str) -> Option<T>) -> Option<Self> {
        let said = |column: &'static str| {
            cell(column).is_some_and(|cell| !cell.as_ref().trim().is_empty())
        };
        let column = COLUMNS.into_iter().find(|column| said(column))?;
        Some(Self { line, column })
    }

    /// Whether a column of that name may say it.
    pub fn is_said_in(column: &str) -> bool {
        let mut columns = COLUMNS.into_iter();
        columns.any(|name| column.trim().eq_ignore_ascii_case(name))
    }

    /// Why a run must not do the row that knows nothing of the earlier one.
    pub fn told(self) -> String {
        let Self { line, column } = self;
        if column == COLUMNS[0] {
            format!(
                "line {line}: `_applied` says that an earlier run already changed the server for \
                 this row, and this run would repeat its writes; nothing was sent"
            )
        } else {
            format!(
                "line {line}: `_begun` says that an earlier run had begun this row, and this run \
                 would repeat its writes; nothing was sent"
            )
        }
    }
}

thread_local! {
    static AT_HAND: Cell<Option<DoneBefore>> = const { Cell::new(None) };
    static FIRST: Cell<Option<DoneBefore>> = const { Cell::new(None) };
}

/// Notes what is said of the row that the script on this thread is looking at.
pub fn look_at(row: Option<DoneBefore>) {
    AT_HAND.set(row);
    if FIRST.get().is_none() {
        FIRST.set(row);
    }
}

/// The first row that the script on this thread looked at and an earlier run had begun: records
/// that are made of it may not say so any more.
pub fn first_seen() -> Option<DoneBefore> {
    FIRST.get()
}

/// What is said of the row that the script on this thread looked at last.
pub fn at_hand() -> Option<DoneBefore> {
    AT_HAND.get()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_says_of_itself_what_was_done_of_it() {
        let of = |applied: Option<&str>, begun: Option<&str>| {
            let cells = [applied, begun].map(|cell| cell.map(str::to_owned));
            let cell = move |name| {
                let place = COLUMNS.iter().position(|column| *column == name)?;
                cells[place].clone()
            };
            DoneBefore::of(7, cell).map(|row| row.column)
        };
        assert_eq!(of(None, None), None);
        assert_eq!(of(Some(" "), Some("")), None);
        assert_eq!(of(Some("AddClient"), None), Some("_applied"));
        assert_eq!(of(Some(""), Some("yes")), Some("_begun"));
    }
}
