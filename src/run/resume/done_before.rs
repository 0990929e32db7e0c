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
    pub fn read<T: AsRef<str>>(
        line: u64,
        cell: impl Fn(&'static str) -> Option<T>,
    ) -> Option<Self> {
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
    pub fn explain(self) -> String {
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

/// What a thread has looked at of such rows.
#[derive(Clone, Copy, Debug, Default)]
pub struct RowsSeen {
    /// What is said of the row it looked at last.
    at_hand: Option<DoneBefore>,
    /// The first row that says anything: records that are made of it may not say so any more.
    first: Option<DoneBefore>,
    /// Whether the script asked a row for what it says: then it decides itself what it makes
    /// of those that are not at hand.
    has_asked: bool,
    /// Whether such rows were let in.
    may_be: bool,
}

impl RowsSeen {
    const NOTHING: Self = Self {
        at_hand: None,
        first: None,
        has_asked: false,
        may_be: false,
    };

    /// The same where a row of a bulk loop begins: no row is at hand, and such rows may have
    /// been let in with its source. What was seen before counts where it may be joined.
    #[must_use]
    pub fn at_row(self, may_be: bool, is_joined: bool) -> Self {
        Self {
            at_hand: None,
            first: self.first.filter(|_| is_joined),
            may_be,
            ..self
        }
    }

    /// The row that a write may do again, and whether it is the one at hand.
    const fn begun(self) -> Option<(DoneBefore, bool)> {
        match self {
            Self { may_be: true, .. } => None,
            Self {
                at_hand: Some(row), ..
            } => Some((row, true)),
            Self {
                first: Some(row),
                has_asked: false,
                ..
            } => Some((row, false)),
            _ => None,
        }
    }
}

thread_local! {
    static LOOKED: Cell<RowsSeen> = const { Cell::new(RowsSeen::NOTHING) };
}

/// Notes what is said of the row that the script on this thread is looking at.
pub fn look_at(row: Option<DoneBefore>) {
    let looked = LOOKED.get();
    if row.is_some() || looked.at_hand.is_some() {
        LOOKED.set(RowsSeen {
            at_hand: row,
            first: looked.first.or(row),
            ..looked
        });
    }
}

/// Notes that the script on this thread asks a row for what it says of itself.
pub fn ask() {
    LOOKED.set(RowsSeen {
        has_asked: true,
        ..LOOKED.get()
    });
}

/// Notes a row that an earlier run had begun, and that others than this thread look at.
pub fn saw(row: Option<DoneBefore>) {
    let looked = LOOKED.get();
    LOOKED.set(RowsSeen {
        first: looked.first.or(row),
        ..looked
    });
}

/// The first row that the script on this thread looked at and an earlier run had begun, unless
/// it asked for what such rows say.
pub fn first_seen() -> Option<DoneBefore> {
    let looked = LOOKED.get();
    looked.first.filter(|_| !looked.has_asked)
}

/// The row that a write of the script on this thread may do again: the one it looked at last,
/// or else the first it saw, unless it asked; and whether that is the one it looked at last.
pub fn begun() -> Option<(DoneBefore, bool)> {
    LOOKED.get().begun()
}

/// What this thread has looked at.
pub fn looked() -> RowsSeen {
    LOOKED.get()
}

/// From now on this thread has looked at that.
pub fn go_on_from(looked: RowsSeen) {
    LOOKED.set(looked);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(line: u64) -> DoneBefore {
        DoneBefore {
            line,
            column: COLUMNS[0],
        }
    }

    #[test]
    fn a_write_may_do_the_row_at_hand_again_or_else_the_first_that_was_seen() {
        go_on_from(RowsSeen::default());
        look_at(None);
        assert_eq!(begun(), None);
        look_at(Some(row(3)));
        look_at(Some(row(4)));
        assert_eq!(begun(), Some((row(4), true)));
        look_at(None);
        assert_eq!(begun(), Some((row(3), false)));
        // A script that asks decides itself, but for the row at hand.
        ask();
        assert_eq!(begun(), None);
        look_at(Some(row(4)));
        assert_eq!(begun(), Some((row(4), true)));
    }

    #[test]
    fn a_row_of_a_loop_begins_with_none_at_hand() {
        go_on_from(RowsSeen::default());
        look_at(Some(row(3)));
        let main = looked();
        for (may_be, is_joined, begun_first) in [
            (false, true, Some((row(3), false))),
            (false, false, None),
            (true, true, None),
        ] {
            go_on_from(main.at_row(may_be, is_joined));
            assert_eq!(begun(), begun_first);
            look_at(Some(row(5)));
            assert_eq!(begun().is_some(), !may_be);
        }
    }

    #[test]
    fn a_row_says_of_itself_what_was_done_of_it() {
        let of = |applied: Option<&str>, begun: Option<&str>| {
            let cells = [applied, begun].map(|cell| cell.map(str::to_owned));
            let cell = move |name| {
                let place = COLUMNS.iter().position(|column| *column == name)?;
                cells[place].clone()
            };
            DoneBefore::read(7, cell).map(|row| row.column)
        };
        assert_eq!(of(None, None), None);
        assert_eq!(of(Some(" "), Some("")), None);
        assert_eq!(of(Some("AddClient"), None), Some("_applied"));
        assert_eq!(of(Some(""), Some("yes")), Some("_begun"));
    }
}
