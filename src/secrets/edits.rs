//! Places of a text and what is to stand there instead.

use std::ops::Range;

/// What stands where a secret stood.
pub const COVER: &str = "(secret)";

/// A place and what takes its place; `None` is the cover.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Edit {
    pub range: Range<usize>,
    pub instead: Option<Vec<u8>>,
}

impl Edit {
    pub fn cover(range: Range<usize>) -> Self {
        Self {
            range,
            instead: None,
        }
    }
}

/// The text with all of that done; places that overlap are covered as one.
pub(super) fn apply(text: &[u8], edits: Vec<Edit>) -> Vec<u8> {
    let mut result = Vec::with_capacity(text.len());
    let mut done = 0;
    for edit in merged(edits) {
        result.extend_from_slice(&text[done..edit.range.start]);
        result.extend_from_slice(edit.instead.as_deref().unwrap_or(COVER.as_bytes()));
        done = edit.range.end;
    }
    result.extend_from_slice(&text[done..]);
    result
}

fn merged(mut edits: Vec<Edit>) -> Vec<Edit> {
    // Of those that begin at one place the longest first.
    edits.sort_by_key(|edit| (edit.range.start, usize::MAX - edit.range.end));
    let mut merged: Vec<Edit> = Vec::new();
    for edit in edits {
        match merged.last_mut() {
            Some(last) if *last == edit => {}
            // What a whole run of base64 says includes what a part of it says.
            Some(last) if edit.range.start < last.range.end => {
                let is_part = edit.range.end <= last.range.end;
                if !(is_part && last.instead.is_some() && edit.instead.is_some()) {
                    last.range.end = last.range.end.max(edit.range.end);
                    last.instead = None;
                }
            }
            _ => merged.push(edit),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_that_overlap_are_covered_as_one() {
        let instead = |range, text: &str| Edit {
            range,
            instead: Some(text.into()),
        };
        let edits = vec![
            Edit::cover(7..9),
            Edit::cover(1..3),
            Edit::cover(2..4),
            instead(5..6, "F"),
            instead(5..6, "F"),
        ];
        assert_eq!(apply(b"abcdefghij", edits), b"a(secret)eFg(secret)j");
        assert_eq!(apply(b"abc", Vec::new()), b"abc");
        let edits = vec![instead(1..2, "B"), instead(0..3, "ABC"), instead(2..3, "C")];
        assert_eq!(apply(b"abcd", edits), b"ABCd");
    }
}
