//! Numbers shown digit by digit: `0.00`, `00000`, `(###) ###-####`, `0.0%`.

use rust_decimal::{Decimal, RoundingStrategy};

use super::kept::decimal;

/// One part of what is shown, from left to right.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Piece {
    /// The place of a digit: `0` is always shown, `#` and `?` if the number has it.
    Digit(char),
    /// The decimal mark.
    Point,
    /// The sign of a percentage.
    Percent,
    /// Text as it stands.
    Text(String),
}

/// A section of a format that shows digits.
#[derive(Clone, Debug)]
pub(super) struct Digits {
    pieces: Vec<Piece>,
    /// Places of digits before the decimal mark.
    whole: usize,
    /// Places of digits after it.
    decimals: usize,
    percents: u32,
    /// There is text between the digits before the mark.
    is_split: bool,
}

impl Digits {
    /// Takes the parts, without commas.
    pub fn read(mut pieces: Vec<Piece>) -> Self {
        ungroup(&mut pieces);
        let is_digit = |piece: &Piece| matches!(piece, Piece::Digit(_));
        let point = pieces.iter().position(|piece| *piece == Piece::Point);
        let (before, after) = pieces.split_at(point.unwrap_or(pieces.len()));
        let count = |pieces: &[Piece]| pieces.iter().filter(|piece| is_digit(piece)).count();
        let inside = before
            .iter()
            .skip_while(|piece| !is_digit(piece))
            .skip_while(|piece| is_digit(piece));
        Self {
            whole: count(before),
            decimals: count(after),
            percents: u32::try_from(count_of(&pieces, &Piece::Percent)).unwrap_or_default(),
            is_split: inside.clone().any(is_digit),
            pieces,
        }
    }

    /// Whether a zero is always shown by a digit.
    pub fn shows_zero(&self) -> bool {
        self.pieces.contains(&Piece::Digit('0'))
    }

    /// The texts in it.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Text(text) => Some(text.as_str()),
            _ => None,
        })
    }

    /// The number as text; with a sign of its own, the texts around it may hold the minus.
    /// Nothing if it has too many digits.
    pub fn text(&self, number: f64, has_own_sign: bool) -> Option<String> {
        let scale = Decimal::from(100_u32.checked_pow(self.percents)?);
        let places = u32::try_from(self.decimals).ok()?;
        let shown = decimal(number)?.abs().checked_mul(scale)?;
        let shown = shown.round_dp_with_strategy(places, RoundingStrategy::MidpointAwayFromZero);
        let is_negative = number < 0.0 && !shown.is_zero();
        let digits = format!("{shown:.places$}", places = self.decimals);
        let (whole, decimals) = digits.split_once('.').unwrap_or((&digits, ""));
        let (before, middle, after) = self.filled(whole, decimals);
        let (mut before, mut after) = (before, after);
        if is_negative && has_own_sign {
            strip_sign(&mut before, &mut after);
        }
        let text = format!("{before}{middle}{after}");
        let text = text.trim();
        Some(if is_negative {
            format!("-{text}")
        } else {
            text.to_owned()
        })
    }

    /// What stands before the first digit, from there to the last, and after it.
    fn filled(&self, whole: &str, decimals: &str) -> (String, String, String) {
        let whole = whole.trim_start_matches('0');
        let whole = if whole.is_empty() && self.whole > 0 && !self.is_split && !self.is_padded() {
            "0"
        } else {
            whole
        };
        let least = self.least_decimals(decimals);
        let (mut before, mut middle, mut after) = (String::new(), String::new(), String::new());
        let (mut place, mut decimal, mut is_after_point) = (0, 0, false);
        for piece in &self.pieces {
            match piece {
                Piece::Digit(kind) if !is_after_point => {
                    middle.push_str(&std::mem::take(&mut after));
                    middle.push_str(digits_at(whole, self.whole - place, place == 0, *kind));
                    place += 1;
                }
                Piece::Digit(_) => {
                    if decimal < least {
                        middle.push_str(&std::mem::take(&mut after));
                        middle.push_str(decimals.get(decimal..=decimal).unwrap_or("0"));
                    }
                    decimal += 1;
                }
                Piece::Point => {
                    is_after_point = true;
                    if self.whole == 0 {
                        middle.push_str(if whole.is_empty() { "0" } else { whole });
                    }
                    if least > 0 {
                        middle.push_str(&std::mem::take(&mut after));
                        middle.push('.');
                    }
                }
                Piece::Percent => after.push('%'),
                Piece::Text(text) if place == 0 && !is_after_point => before.push_str(text),
                Piece::Text(text) => after.push_str(text),
            }
        }
        (before, middle, after)
    }

    fn is_padded(&self) -> bool {
        let whole = self
            .pieces
            .iter()
            .take_while(|piece| **piece != Piece::Point);
        whole.into_iter().any(|piece| *piece == Piece::Digit('0'))
    }

    /// How many decimals are shown: those of `0`, and those of `#` up to the last that is no zero.
    fn least_decimals(&self, decimals: &str) -> usize {
        let after = self
            .pieces
            .iter()
            .skip_while(|piece| **piece != Piece::Point);
        let kinds: Vec<&Piece> = after
            .filter(|piece| matches!(piece, Piece::Digit(_)))
            .collect();
        let always = kinds.iter().rposition(|piece| **piece == Piece::Digit('0'));
        let needed = decimals.trim_end_matches('0').len();
        needed.max(always.map_or(0, |last| last + 1))
    }
}

/// The digits at a place, counted from the right and from 1; the first place takes all before it.
fn digits_at(whole: &str, from_right: usize, is_first: bool, kind: char) -> &str {
    let Some(at) = whole.len().checked_sub(from_right) else {
        return if kind == '0' { "0" } else { "" };
    };
    &whole[if is_first { 0 } else { at }..=at]
}

fn count_of(pieces: &[Piece], wanted: &Piece) -> usize {
    pieces.iter().filter(|piece| *piece == wanted).count()
}

/// Takes a minus, or brackets, out of the texts around a number.
pub(super) fn strip_sign(before: &mut String, after: &mut String) {
    let is_minus = |letter: char| matches!(letter, '-' | '\u{2212}');
    if before.contains('(') && after.contains(')') {
        before.retain(|letter| letter != '(');
        after.retain(|letter| letter != ')');
    } else if let Some(rest) = before.trim_start().strip_prefix(is_minus) {
        *before = rest.trim_start().to_owned();
    } else if let Some(rest) = after.trim_end().strip_suffix(is_minus) {
        *after = rest.to_owned();
    }
}

/// Takes out marks that group by three: `# ##0`, `#'##0`. Others stay: `00 00 00`.
fn ungroup(pieces: &mut Vec<Piece>) {
    let end = pieces.iter().position(|piece| *piece == Piece::Point);
    let shape: String = pieces[..end.unwrap_or(pieces.len())]
        .iter()
        .map(|piece| match piece {
            Piece::Digit(kind) => *kind,
            Piece::Text(text) if is_group_mark(text) => '_',
            _ => '!',
        })
        .collect();
    let shape = shape.trim_matches(['!', '_']);
    let mut groups = shape.split('_');
    let first = groups.next().unwrap_or_default();
    let is_grouped = shape.ends_with("_##0")
        && first.chars().all(|kind| kind == '#')
        && (1..=3).contains(&first.len())
        && groups.all(|group| matches!(group, "###" | "##0"));
    if is_grouped {
        let first = pieces
            .iter()
            .position(|piece| matches!(piece, Piece::Digit(_)));
        let last = end.or_else(|| {
            let is_digit = |piece: &Piece| matches!(piece, Piece::Digit(_));
            pieces.iter().rposition(is_digit)
        });
        let (first, last) = (first.unwrap_or_default(), last.unwrap_or_default());
        let mut at = 0;
        pieces.retain(|piece| {
            at += 1;
            !(first..last).contains(&(at - 1)) || !matches!(piece, Piece::Text(_))
        });
    }
}

fn is_group_mark(text: &str) -> bool {
    let mut letters = text.chars();
    let mark = letters.next();
    letters.next().is_none()
        && mark.is_some_and(|mark| mark.is_whitespace() || matches!(mark, '.' | '\'' | '\u{2019}'))
}
