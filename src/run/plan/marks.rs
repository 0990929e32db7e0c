//! What a plan does not know, in the middle of text.
//!
//! Every letter of such a place is one of a private alphabet at the far end of Unicode
//! that this process chose: however a script cuts, joins or rewrites the text, what is
//! left of the place is known again, and nobody outside can make one up. People read the
//! usual letters instead.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::LazyLock;

use super::clock;
use crate::catalog::{self, FieldKind};

/// Letters of ASCII, which have a private form each.
const LETTERS: u32 = 0x80;

/// Where the alphabets of this process begin: that of placeholders, and behind it that of
/// the run's clock.
static FIRST: LazyLock<u32> = LazyLock::new(|| {
    const LOWEST: u32 = 0x10_2000;
    const PLACES: u32 = (0x10_ff00 - LOWEST) / (2 * LETTERS);
    LOWEST + rand::random::<u32>() % PLACES * 2 * LETTERS
});

/// What stands in a place that the plan does not know.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Unknown {
    /// The id of a record that does not exist yet.
    Id,
    /// Whatever a server will say.
    Any,
    /// A day or a moment reckoned from the run's clock.
    Clock,
}

/// A part of a text: what is known of it, and places that are not.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Piece {
    /// Text.
    Text(String),
    /// A place, and what people read there.
    Place(Unknown, String),
}

/// The text as a placeholder of a value that is not known yet.
pub fn placeholder(text: &str) -> String {
    let first = *FIRST;
    disguised(text, first)
}

/// The text as one that comes of the run's clock.
pub fn clocked(text: &str) -> String {
    disguised(text, *FIRST + LETTERS)
}

fn disguised(text: &str, first: u32) -> String {
    let letter = |letter: char| match u32::from(letter) {
        plain @ 0..LETTERS => char::from_u32(first + plain),
        _ => Some(letter),
    };
    text.chars().filter_map(letter).collect()
}

/// The letter that people read, and the alphabet it is of: 0 of placeholders, 1 of the clock.
fn plain(letter: char) -> Option<(char, u32)> {
    let place = u32::from(letter).checked_sub(*FIRST)?;
    let alphabet = place / LETTERS;
    let letter = char::from_u32(place % LETTERS)?;
    (alphabet < 2).then_some((letter, alphabet))
}

/// Whether a part of a placeholder stands in the text.
pub fn has_placeholder(text: &str) -> bool {
    let is_of_it = |letter| matches!(plain(letter), Some((_, 0)));
    !text.is_ascii() && text.chars().any(is_of_it)
}

/// The text as people read it.
pub fn unmarked(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || !text.chars().any(|letter| plain(letter).is_some()) {
        return Cow::Borrowed(text);
    }
    let read = |letter| plain(letter).map_or(letter, |(letter, _)| letter);
    Cow::Owned(text.chars().map(read).collect())
}

/// The text as it stands in a plan that is kept: as people read it, without what only
/// holds for the moment it was made.
pub fn kept(text: &str) -> Cow<'_, str> {
    if matches!(unmarked(text), Cow::Borrowed(_)) {
        return Cow::Borrowed(text);
    }
    let part = |piece| match piece {
        Piece::Place(Unknown::Clock, text) => clock::in_words(&text),
        Piece::Text(text) | Piece::Place(_, text) => text,
    };
    Cow::Owned(pieces(text).into_iter().map(part).collect())
}

/// The text in its parts.
pub fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut letters = text
        .chars()
        .map(|letter| (plain(letter), letter))
        .peekable();
    while let Some((of, letter)) = letters.next() {
        let alphabet = of.map(|(_, alphabet)| alphabet);
        let mut part = String::from(of.map_or(letter, |(letter, _)| letter));
        while let Some((next, letter)) =
            letters.next_if(|(next, _)| next.map(|(_, alphabet)| alphabet) == alphabet)
        {
            let ends = alphabet == Some(0) && part.ends_with('>');
            if ends {
                pieces.push(place(alphabet, std::mem::take(&mut part)));
            }
            part.push(next.map_or(letter, |(letter, _)| letter));
        }
        pieces.push(place(alphabet, part));
    }
    pieces
}

fn place(alphabet: Option<u32>, part: String) -> Piece {
    match alphabet {
        None => Piece::Text(part),
        Some(0) => Piece::Place(kind(&part), part),
        Some(_) => Piece::Place(Unknown::Clock, part),
    }
}

/// What will stand where that placeholder does; of one that was cut nobody knows.
fn kind(placeholder: &str) -> Unknown {
    let named = || {
        let inner = placeholder.strip_prefix('<')?.strip_suffix('>')?;
        let (field, of) = inner.split_once(" of ")?;
        let action = catalog::action(of.split(' ').next()?)?;
        let is_it = |path: &str| path.rsplit('.').next() == Some(field);
        action.returns.iter().find(|returned| is_it(returned.path))
    };
    match named() {
        Some(field) if field.kind == FieldKind::Int => Unknown::Id,
        _ => Unknown::Any,
    }
}

/// The places of a text in a longer one, where neither letter nor digit stands before or
/// behind it.
pub fn places_of(part: &str, text: &str) -> Vec<Range<usize>> {
    let is_apart = |letter: Option<char>| letter.is_none_or(|letter| !letter.is_alphanumeric());
    text.match_indices(part)
        .filter(|(start, _)| is_apart(text[..*start].chars().next_back()))
        .filter(|(start, _)| is_apart(text[start + part.len()..].chars().next()))
        .map(|(start, _)| start..start + part.len())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_placeholder_is_one_however_it_is_cut() {
        let text = placeholder("<clientid of AddClient 1>");
        assert!(
            text.chars()
                .all(|letter| has_placeholder(&letter.to_string()))
        );
        assert!(has_placeholder(&text.to_uppercase()));
        assert_eq!(unmarked(&text), "<clientid of AddClient 1>");
        assert!(!has_placeholder("<clientid of AddClient 1> ü"));
    }

    #[test]
    fn a_text_falls_into_what_is_known_and_what_is_not() {
        let id = placeholder("<clientid of AddClient 1>");
        let any = placeholder("<newbalance of AddCredit 1>");
        let cut = placeholder("<clientid of Add");
        let text = format!("c{id}{any} {cut}{}", clocked("2026-11-23"));
        let place = |kind, text: &str| Piece::Place(kind, text.to_owned());
        assert_eq!(
            pieces(&text),
            [
                Piece::Text("c".into()),
                place(Unknown::Id, "<clientid of AddClient 1>"),
                place(Unknown::Any, "<newbalance of AddCredit 1>"),
                Piece::Text(" ".into()),
                place(Unknown::Any, "<clientid of Add"),
                place(Unknown::Clock, "2026-11-23"),
            ]
        );
        assert_eq!(pieces("plain ü"), [Piece::Text("plain ü".into())]);
        assert_eq!(pieces(""), []);
    }

    #[test]
    fn a_text_within_a_word_is_another() {
        assert_eq!(
            places_of("2026-11-23", "on 2026-11-23.").first(),
            Some(&(3..13))
        );
        assert!(places_of("2026-11-23", "x2026-11-234").is_empty());
    }
}
