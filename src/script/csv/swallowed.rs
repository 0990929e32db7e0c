//! Rows that stray quotes made part of a cell.
//!
//! `2,"Oslo` in one line and `4,Bonn"` in a later one make one cell of all lines between.
//! It is told from an address of two lines by the delimiters: each line has as many as its
//! part of a row would have, without a blank behind, and what stands between them is of the
//! kind the column has in the record itself.

use crate::script::csv::parser::Cells;

/// Which cell of the record holds lines that look like rows: its place, and how many lines
/// below the record's first the first of these rows stands.
pub(crate) fn swallowed(cells: &Cells, delimiter: u8, is_spaced: bool) -> Option<(usize, u64)> {
    if cells.len() < 2 {
        return None;
    }
    let delimiter = char::from(delimiter);
    let mut before = 0;
    for place in 0..cells.len() {
        let lines = lines(cells.get(place));
        if lines.len() > 1 && are_rows(&lines, cells, place, delimiter, is_spaced) {
            return Some((place, before + 1));
        }
        before += lines.len() as u64 - 1;
    }
    None
}

fn lines(cell: &str) -> Vec<&str> {
    let lines = cell.split('\n').flat_map(|line| {
        let line = line.strip_suffix('\r').unwrap_or(line);
        line.split('\r')
    });
    lines.collect()
}

fn are_rows(lines: &[&str], cells: &Cells, place: usize, delimiter: char, is_spaced: bool) -> bool {
    let last = lines.len() - 1;
    let mut is_evident = false;
    let filled = lines
        .iter()
        .enumerate()
        .filter(|(_, line)| !line.is_empty());
    for (number, line) in filled {
        let parts: Vec<&str> = line.split(delimiter).collect();
        // The first line begins in the cell, the last ends in it.
        let first = if number == 0 { place } else { 0 };
        let end = if number == last {
            place
        } else {
            cells.len() - 1
        };
        let has_blank = parts[1..].iter().any(|part| part.starts_with(' '));
        if parts.len() != end - first + 1 || (has_blank && !is_spaced) {
            return false;
        }
        for (part, column) in parts.iter().zip(first..).filter(|(_, at)| *at != place) {
            match (Kind::guess(part), Kind::guess(cells.get(column))) {
                (Kind::Empty, _) | (_, Kind::Empty) => {}
                (one, other) if one == other => is_evident = true,
                _ => return false,
            }
        }
    }
    is_evident
}

/// What kind of value a text is.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Address,
    Empty,
    Number,
    Words,
}

impl Kind {
    fn guess(text: &str) -> Self {
        let text = text.trim();
        let is_digit = |byte: u8| byte.is_ascii_digit() || b"+-.,:/()% ".contains(&byte);
        if text.is_empty() {
            Self::Empty
        } else if text.bytes().all(is_digit) {
            Self::Number
        } else if text.contains('@') && !text.contains(' ') {
            Self::Address
        } else {
            Self::Words
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::csv::parser::Parser;

    /// The first record of the text.
    fn found(text: &str) -> Option<(usize, u64)> {
        let mut cells = Cells::default();
        assert!(Parser::new(text.as_bytes(), b',').read(&mut cells).unwrap());
        swallowed(&cells, b',', false)
    }

    #[test]
    fn rows_between_two_stray_quotes_are_found() {
        assert_eq!(found("2,\"Oslo\n3,Cork\n4,Bonn\"\n"), Some((1, 1)));
        assert_eq!(found("2,\"Oslo\r\n3,Cork\"\r\n"), Some((1, 1)));
        assert_eq!(
            found("2,\"Oslo,x@a.example\n3,Cork,y@a.example\n4,Bonn\",z@a.example\n"),
            Some((1, 1))
        );
        assert_eq!(found("\"Oslo,1\n\nCork,2\nBonn\",3\n"), Some((0, 1)));
    }

    #[test]
    fn an_address_or_a_note_of_several_lines_is_none() {
        for text in [
            "3,\"Old Mill\nAustin\"\n",
            "3,\"Old Mill\nAustin, TX\"\n",
            "3,\"Old Mill\nAustin,TX\"\n",
            "3,\"Old Mill\nAustin\",TX\n",
            "3,\"1st line\n\nthird, and last\",x\n",
            "\"Smith, John\nVienna\",x\n",
            "\"a\nb\"\n",
            "\"a,\n\",b\n",
        ] {
            assert_eq!(found(text), None, "{text:?}");
        }
    }
}
