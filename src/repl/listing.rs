//! The list of choices below a text of several rows.
//!
//! When it has drawn the list, the line editor clears as many rows above the cursor as
//! the text takes below its first, for it takes the text to be there; but what is there
//! is the end of the list. So the list is given that many empty rows to lose.

use rustyline::completion::Pair;

use crate::display::width::width;

/// Space between two columns of the list, as the line editor leaves it.
const GAP: usize = 2;

/// How many rows a text takes below its first, on a terminal of so many columns.
pub fn rows_below(text: &str, prompt: usize, columns: usize) -> usize {
    let taken = |(place, line): (usize, &str)| {
        let before = if place == 0 { prompt } else { 0 };
        before + width(line)
    };
    let wrapped = text.split('\n').enumerate().map(taken);
    let wrapped: usize = wrapped.map(|width| width / columns.max(1)).sum();
    wrapped + text.matches('\n').count()
}

/// The choices with so many empty rows below them.
pub fn with_rows_below(choices: Vec<Pair>, rows: usize, columns: usize) -> Vec<Pair> {
    let widest = choices.iter().map(|choice| width(&choice.display));
    let widest = widest.max().unwrap_or(0) + GAP;
    if rows == 0 || choices.len() < 2 {
        return choices;
    }
    // The list runs down its columns; each is made longer by the empty rows.
    let across = (columns / widest).max(1);
    let down = choices.len().div_ceil(across);
    let empty = Pair {
        display: String::new(),
        // What all have in common stays what it is.
        replacement: choices[0].replacement.clone(),
    };
    let mut list = Vec::with_capacity(across * (down + rows));
    for column in 0..across {
        let here = choices.iter().skip(column * down).take(down);
        list.extend(here.cloned());
        list.resize_with((column + 1) * (down + rows), || empty.clone());
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(choices: &[&str], rows: usize, columns: usize) -> Vec<String> {
        let pair = |name: &&str| Pair {
            display: (*name).to_owned(),
            replacement: (*name).to_owned(),
        };
        let choices = choices.iter().map(pair).collect();
        let listed = with_rows_below(choices, rows, columns).into_iter();
        listed.map(|choice| choice.display).collect()
    }

    #[test]
    fn a_text_takes_a_row_for_each_line_and_each_wrap() {
        assert_eq!(rows_below("abc", 5, 80), 0);
        assert_eq!(rows_below("abc\ndef\n", 5, 80), 2);
        assert_eq!(rows_below(&"x".repeat(74), 5, 80), 0);
        assert_eq!(rows_below(&"x".repeat(75), 5, 80), 1);
    }

    #[test]
    fn every_column_of_the_list_ends_in_empty_rows() {
        assert_eq!(shown(&["a", "b", "c"], 1, 6), ["a", "b", "", "c", "", ""]);
        assert_eq!(shown(&["a", "b"], 2, 3), ["a", "b", "", ""]);
        assert_eq!(shown(&["a", "b"], 0, 6), ["a", "b"]);
        assert_eq!(shown(&["a"], 3, 6), ["a"]);
    }
}
