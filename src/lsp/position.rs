//! Places in a text as editors count them: lines from zero, and units of an encoding.

use std::cell::Cell;
use std::ops::Range;

use serde_json::{Value, json};

/// What the units of a line are.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) enum Units {
    /// Bytes.
    Utf8,
    /// What every editor can count.
    #[default]
    Utf16,
}

impl Units {
    /// The first of an editor's encodings that is known here.
    pub(super) fn agreed(offered: Option<&Value>) -> Self {
        let offered = offered.and_then(Value::as_array).into_iter().flatten();
        let known = offered.filter_map(|name| match name.as_str()? {
            "utf-8" => Some(Self::Utf8),
            "utf-16" => Some(Self::Utf16),
            _ => None,
        });
        known.into_iter().next().unwrap_or_default()
    }

    /// The protocol's name of it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Utf16 => "utf-16",
        }
    }

    const fn count(self, letter: char) -> usize {
        match self {
            Self::Utf8 => letter.len_utf8(),
            Self::Utf16 => letter.len_utf16(),
        }
    }
}

/// Where the lines of a text begin: behind `\n`, `\r\n` and `\r`.
fn lines(text: &str) -> impl Iterator<Item = usize> {
    let bytes = text.as_bytes();
    let ends = bytes.iter().enumerate().filter_map(|(at, byte)| {
        let is_end = match byte {
            b'\n' => true,
            b'\r' => bytes.get(at + 1) != Some(&b'\n'),
            _ => false,
        };
        is_end.then_some(at + 1)
    });
    std::iter::once(0).chain(ends)
}

/// The byte at a place of a text. Past the end of a line it is the line's end, past the last
/// line the text's; within a letter it is the letter's start.
pub(super) fn offset(text: &str, line: usize, character: usize, units: Units) -> usize {
    let Some(start) = lines(text).nth(line) else {
        return text.len();
    };
    let mut passed = 0;
    for (at, letter) in text[start..].char_indices() {
        let next = passed + units.count(letter);
        if next > character || letter == '\n' || letter == '\r' {
            return start + at;
        }
        passed = next;
    }
    text.len()
}

/// The byte at a place as the protocol writes it; nothing if it is none.
pub(super) fn offset_of(text: &str, place: &Value, units: Units) -> Option<usize> {
    let number = |name| usize::try_from(place.get(name)?.as_u64()?).ok();
    Some(offset(text, number("line")?, number("character")?, units))
}

/// The lines of a text, to find the places of many bytes.
pub(super) struct Lines<'t> {
    text: &'t str,
    starts: Vec<usize>,
    /// Every `\n`.
    ends: Vec<usize>,
    units: Units,
    /// The byte that was asked for last, and its place in its line: on a long line the next
    /// one is counted from there.
    last: Cell<(usize, usize)>,
}

impl<'t> Lines<'t> {
    /// The lines of a text.
    pub(super) fn index(text: &'t str, units: Units) -> Self {
        Self {
            text,
            starts: lines(text).collect(),
            ends: text.match_indices('\n').map(|(end, _)| end).collect(),
            units,
            last: Cell::default(),
        }
    }

    /// The line of a byte, and its place in that line.
    pub(super) fn numbers(&self, at: usize) -> (usize, usize) {
        let line = self.starts.partition_point(|start| *start <= at) - 1;
        let start = self.starts[line];
        let (from, passed) = match self.last.get() {
            (last, passed) if start <= last && last <= at => (last, passed),
            _ => (start, 0),
        };
        let character = passed + self.length(&self.text[from..at]);
        self.last.set((at, character));
        (line, character)
    }

    /// How many units of a line a text takes.
    pub(super) fn length(&self, text: &str) -> usize {
        text.chars().map(|letter| self.units.count(letter)).sum()
    }

    /// The place of a byte as the protocol writes it.
    pub(super) fn place(&self, at: usize) -> Value {
        let (line, character) = self.numbers(at);
        json!({ "line": line, "character": character })
    }

    /// A part of the text as the protocol writes it.
    pub(super) fn range(&self, range: &Range<usize>) -> Value {
        json!({ "start": self.place(range.start), "end": self.place(range.end) })
    }

    /// The byte of a line and a letter in it, both from one, as `check` counts them: it does
    /// not see a byte order mark, and only `\n` ends its lines.
    pub(super) fn byte(&self, (line, letter): (usize, usize)) -> usize {
        let start = match line.saturating_sub(2) {
            _ if line < 2 && self.text.starts_with('\u{feff}') => Some('\u{feff}'.len_utf8()),
            _ if line < 2 => Some(0),
            before => self.ends.get(before).map(|end| end + 1),
        };
        let start = start.unwrap_or(self.text.len());
        let mut letters = self.text[start..].char_indices();
        let found = letters.nth(letter.saturating_sub(1));
        found.map_or(self.text.len(), |(at, _)| start + at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(text: &str, at: usize, units: Units) -> Value {
        Lines::index(text, units).place(at)
    }

    const TEXT: &str = "a😀é\tb\r\nzwei\rdrei\n";

    #[test]
    fn letters_count_as_the_encoding_counts_them() {
        let b = TEXT.find('b').unwrap();
        assert_eq!(place(TEXT, b, Units::Utf16)["character"], 5);
        assert_eq!(place(TEXT, b, Units::Utf8)["character"], 8);
        assert_eq!(offset(TEXT, 0, 5, Units::Utf16), b);
        assert_eq!(offset(TEXT, 0, 8, Units::Utf8), b);
    }

    #[test]
    fn every_letter_is_found_again() {
        for units in [Units::Utf8, Units::Utf16] {
            for (at, letter) in TEXT.char_indices() {
                // Between the two letters of a line's end there is no place.
                if letter != '\n' || !TEXT[..at].ends_with('\r') {
                    let place = place(TEXT, at, units);
                    assert_eq!(offset_of(TEXT, &place, units), Some(at), "{place}");
                }
            }
        }
    }

    #[test]
    fn within_a_letter_is_its_start() {
        assert_eq!(offset(TEXT, 0, 2, Units::Utf16), 1);
        assert_eq!(offset(TEXT, 0, 3, Units::Utf8), 1);
    }

    #[test]
    fn past_the_end_is_the_end() {
        assert_eq!(offset(TEXT, 0, 99, Units::Utf16), TEXT.find('\r').unwrap());
        assert_eq!(offset(TEXT, 1, 99, Units::Utf16), TEXT.find("\rd").unwrap());
        for line in [3, 4, usize::MAX] {
            assert_eq!(offset(TEXT, line, 5, Units::Utf8), TEXT.len());
        }
        assert_eq!(offset("", 0, 0, Units::Utf16), 0);
    }

    #[test]
    fn lines_end_in_three_ways() {
        let place = |word| place(TEXT, TEXT.find(word).unwrap(), Units::Utf16);
        assert_eq!(place("zwei"), json!({ "line": 1, "character": 0 }));
        assert_eq!(place("drei"), json!({ "line": 2, "character": 0 }));
    }

    #[test]
    fn the_first_known_encoding_is_taken() {
        let agreed = |offered| Units::agreed(Some(&offered));
        assert_eq!(agreed(json!(["utf-32", "utf-8", "utf-16"])), Units::Utf8);
        assert_eq!(agreed(json!(["utf-16", "utf-8"])), Units::Utf16);
        assert_eq!(agreed(json!(["utf-32"])), Units::Utf16);
        assert_eq!(agreed(json!(7)), Units::Utf16);
        assert_eq!(Units::agreed(None), Units::Utf16);
    }
}
