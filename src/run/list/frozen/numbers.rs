//! Numbers of JSON, kept as the file writes them.
//!
//! Readers of JSON make binary floating point of what is no small whole number: `1.50` comes
//! out as 1.5 and the last digits of a long number are gone. A number that would go out in
//! other digits is marked as an exact decimal here, or made text where no number of ours holds
//! it. One whose digits are not what it says, such as `1e3` and `-0`, is refused.

use std::borrow::Cow;

use rust_decimal::Decimal;
use serde_json::Value;

/// The key that marks an exact decimal; no field of WHMCS has such a name.
const MARK: &str = "\0decimal";

/// From here on, floating point does not hold every whole number.
const LARGEST_EXACT: f64 = 9_007_199_254_740_992.0;

/// A number that cannot be kept, and the field it is in.
pub(super) struct Unkept {
    pub field: String,
    pub number: String,
}

/// The decimal that is marked there.
pub fn exact_decimal(value: &Value) -> Option<Decimal> {
    let map = value.as_object().filter(|map| map.len() == 1)?;
    Decimal::from_str_exact(map.get(MARK)?.as_str()?).ok()
}

/// Any JSON with such numbers marked; one whose digits are not what it says is read as before.
pub fn with_exact_decimals(text: &str) -> Cow<'_, [u8]> {
    kept_or(text.as_bytes(), false).unwrap_or(Cow::Borrowed(text.as_bytes()))
}

/// The line with such numbers marked; whatever is not JSON is left to the parser.
pub(super) fn kept(line: &[u8]) -> Result<Cow<'_, [u8]>, Unkept> {
    kept_or(line, true)
}

fn kept_or(line: &[u8], refuses: bool) -> Result<Cow<'_, [u8]>, Unkept> {
    let mut made = Vec::new();
    // Up to where the line was copied, and where the name of the present field is.
    let (mut copied, mut field) = (0, 0..0);
    let (mut place, mut depth) = (0, 0_usize);
    while let Some(byte) = line.get(place) {
        match byte {
            b'"' => {
                let end = end_of_text(line, place);
                let is_name = depth == 1 && follows(line, end) == Some(b':');
                if is_name {
                    field = place..end;
                }
                place = end;
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            b'-' | b'0'..=b'9' => {
                let end = end_of_number(line, place);
                let number = String::from_utf8_lossy(&line[place..end]);
                match Kept::keep(&number) {
                    Kept::AsItIs => {}
                    Kept::Instead(text) => {
                        made.extend_from_slice(&line[copied..place]);
                        made.extend_from_slice(text.as_bytes());
                        copied = end;
                    }
                    Kept::Not if !refuses => {}
                    Kept::Not => {
                        return Err(Unkept {
                            field: serde_json::from_slice(&line[field]).unwrap_or_default(),
                            number: number.into_owned(),
                        });
                    }
                }
                place = end;
                continue;
            }
            _ => {}
        }
        place += 1;
    }
    if copied == 0 {
        return Ok(Cow::Borrowed(line));
    }
    made.extend_from_slice(&line[copied..]);
    Ok(Cow::Owned(made))
}

/// What becomes of a number.
enum Kept {
    AsItIs,
    /// Other JSON stands in its place.
    Instead(String),
    Not,
}

impl Kept {
    fn keep(number: &str) -> Self {
        let Ok(read) = serde_json::from_str::<Value>(number) else {
            // What is too large for any number is one all the same.
            let is_large = number
                .bytes()
                .all(|byte| b"+-.eE0123456789".contains(&byte));
            let is_power = is_large && number.contains(['e', 'E']);
            return if is_power { Self::Not } else { Self::AsItIs };
        };
        let is_zero = number.bytes().all(|byte| b"-0.".contains(&byte));
        if number.contains(['e', 'E']) || is_zero && number.starts_with('-') {
            return Self::Not;
        }
        let is_small = |number: f64| number.abs() < LARGEST_EXACT;
        let written = read.to_string();
        let is_same = written == number;
        if is_same && (!read.is_f64() || read.as_f64().is_some_and(is_small)) {
            return Self::AsItIs;
        }
        let is_fraction = number.contains('.');
        match Decimal::from_str_exact(number) {
            Ok(exact) if is_fraction && exact.to_string() == number => {
                let marked = serde_json::json!({ MARK: number });
                Self::Instead(marked.to_string())
            }
            _ => Self::Instead(format!("\"{number}\"")),
        }
    }
}

/// Where the text that begins there ends: behind its closing quote.
fn end_of_text(line: &[u8], from: usize) -> usize {
    let mut place = from + 1;
    while let Some(byte) = line.get(place) {
        match byte {
            b'"' => return place + 1,
            b'\\' => place += 2,
            _ => place += 1,
        }
    }
    line.len()
}

/// The first byte from there on that is not blank.
fn follows(line: &[u8], from: usize) -> Option<u8> {
    let rest = line.get(from..)?;
    rest.iter()
        .copied()
        .find(|byte| !byte.is_ascii_whitespace())
}

fn end_of_number(line: &[u8], from: usize) -> usize {
    let rest = line[from..].iter();
    let length = rest
        .take_while(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(byte))
        .count();
    from + length
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(line: &str) -> String {
        match kept(line.as_bytes()) {
            Ok(line) => String::from_utf8(line.into_owned()).unwrap(),
            Err(unkept) => format!("{}: {}", unkept.field, unkept.number),
        }
    }

    #[test]
    fn numbers_that_come_out_as_they_stand_are_left() {
        for line in [
            r#"{"a":0,"b":-7,"c":12.5,"d":9223372036854775807,"e":490001234567.0}"#,
            r#"{"a":"1e3 \" 1.50","b":[true,null,{"c":18446744073709551615}]}"#,
            r#"{"1.50":1,"x":nope,"y":1.5.2}"#,
        ] {
            assert_eq!(of(line), line);
        }
    }

    #[test]
    fn other_digits_are_kept_exactly_or_as_text() {
        let marked = |number: &str| format!(r#"{{"a":{{"\u0000decimal":"{number}"}}}}"#);
        for number in ["1.50", "0.0000000001", "9007199254740993.10", "-3.00"] {
            assert_eq!(of(&format!(r#"{{"a":{number}}}"#)), marked(number));
        }
        for number in [
            "99999999999999999999",
            "0.12345678901234567890123456789012345",
        ] {
            let text = format!(r#"{{"a":"{number}"}}"#);
            assert_eq!(of(&format!(r#"{{"a":{number}}}"#)), text);
        }
    }

    #[test]
    fn a_number_whose_digits_are_not_what_it_says_is_named_with_its_field() {
        assert_eq!(of(r#"{"a":1,"b" : 1e3}"#), "b: 1e3");
        assert_eq!(of(r#"{"a":{"c":1},"b":[1,{"d":1E400}]}"#), "b: 1E400");
        assert_eq!(of(r#"{"a":-0}"#), "a: -0");
        assert_eq!(of(r#"{"a":-0.00}"#), "a: -0.00");
    }
}
