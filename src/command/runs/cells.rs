//! What stands in the tables of runs.

use crate::display::table::Cell;
use crate::run::journal::Outcome;

pub(super) fn word(outcome: Option<&Outcome>) -> &'static str {
    outcome.map_or("in doubt", Outcome::word)
}

pub(super) fn text(text: &str) -> Cell {
    Cell {
        text: text.to_owned(),
        is_number: false,
    }
}

pub(super) fn number(number: u64) -> Cell {
    Cell {
        text: number.to_string(),
        is_number: true,
    }
}
