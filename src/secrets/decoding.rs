//! A text with one layer of its escapes undone, and for each byte of that where it came
//! from.
//!
//! Escapes of JSON, of addresses and of HTML are undone together, since what PHP writes
//! mixes them; whoever wants all layers asks again until nothing is left.

use std::ops::Range;

use super::entities::entity;

/// Which escapes are undone.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Escapes {
    /// All but the next: in `C:\new` the backslash is one.
    NoWhitespace,
    /// Also `\n` and its like, of which only a secret of several lines is made.
    All,
}

/// A text with escapes undone.
pub(super) struct Decoded {
    pub bytes: Vec<u8>,
    /// Where each byte came from, in the first text.
    origins: Vec<(u32, u32)>,
}

impl Decoded {
    /// The text with one layer undone; `None` where there is nothing to undo.
    pub fn decode(text: &[u8], escapes: Escapes) -> Option<Self> {
        // Places are kept in 32 bits; no reply is nearly that long.
        u32::try_from(text.len()).ok()?;
        decode(text, escapes, |range| {
            #[expect(clippy::cast_possible_truncation, reason = "checked above")]
            let origin = (range.start as u32, range.end as u32);
            origin
        })
    }

    /// The same with one more layer undone.
    pub fn further(&self, escapes: Escapes) -> Option<Self> {
        decode(&self.bytes, escapes, |range| {
            (self.origins[range.start].0, self.origins[range.end - 1].1)
        })
    }

    /// Where a place that is not empty was in the first text.
    pub fn origin(&self, range: &Range<usize>) -> Range<usize> {
        let start = self.origins[range.start].0 as usize;
        start..self.origins[range.end - 1].1 as usize
    }
}

fn decode(
    text: &[u8],
    escapes: Escapes,
    origin: impl Fn(Range<usize>) -> (u32, u32),
) -> Option<Decoded> {
    let first = (0..text.len()).find(|at| escape(text, *at, escapes).is_some())?;
    let mut decoded = Decoded {
        bytes: text[..first].to_vec(),
        origins: (0..first).map(|at| origin(at..at + 1)).collect(),
    };
    let mut at = first;
    while at < text.len() {
        let Some((plain, length)) = escape(text, at, escapes) else {
            decoded.bytes.push(text[at]);
            decoded.origins.push(origin(at..at + 1));
            at += 1;
            continue;
        };
        let from = origin(at..at + length);
        for byte in plain.bytes() {
            decoded.bytes.push(*byte);
            decoded.origins.push(from);
        }
        at += length;
    }
    Some(decoded)
}

/// What an escape stands for.
pub(super) enum Plain {
    Byte(u8),
    Letter([u8; 4], usize),
}

impl Plain {
    fn letter(letter: char) -> Self {
        let mut bytes = [0; 4];
        let length = letter.encode_utf8(&mut bytes).len();
        Self::Letter(bytes, length)
    }

    fn bytes(&self) -> std::slice::Iter<'_, u8> {
        match self {
            Self::Byte(byte) => std::slice::from_ref(byte).iter(),
            Self::Letter(bytes, length) => bytes[..*length].iter(),
        }
    }
}

/// What the escape at that place stands for, and how long it is; `None` if there is none.
fn escape(text: &[u8], at: usize, escapes: Escapes) -> Option<(Plain, usize)> {
    match text[at] {
        b'\\' => backslash(&text[at..], escapes),
        b'%' => percent(&text[at..]),
        b'&' => {
            let (letter, length) = entity(&text[at..])?;
            Some((Plain::letter(letter), length))
        }
        _ => None,
    }
}

/// <https://www.rfc-editor.org/rfc/rfc8259#section-7>, and `\'` and `\x26` besides.
fn backslash(text: &[u8], escapes: Escapes) -> Option<(Plain, usize)> {
    let byte = *text.get(1)?;
    let space = match byte {
        b'"' | b'\'' | b'/' | b'\\' => return Some((Plain::Byte(byte), 2)),
        b'u' => return unicode(text),
        b'x' => return Some((Plain::Byte(hex_byte(text.get(2..4)?)?), 4)),
        b'b' => 8,
        b'f' => 12,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        _ => return None,
    };
    (escapes == Escapes::All).then_some((Plain::Byte(space), 2))
}

fn unicode(text: &[u8]) -> Option<(Plain, usize)> {
    let unit = hex_unit(text.get(2..6)?)?;
    if let Some(letter) = char::from_u32(unit.into()) {
        return Some((Plain::letter(letter), 6));
    }
    // Half a letter: the other half follows, or it stands for nothing.
    let rest = text.get(6..12)?.strip_prefix(b"\\u")?;
    let letter = char::decode_utf16([unit, hex_unit(rest)?]).next()?.ok()?;
    Some((Plain::letter(letter), 12))
}

/// `%26`, and `%u0026` as old browsers write it.
fn percent(text: &[u8]) -> Option<(Plain, usize)> {
    if let Some(byte) = text.get(1..3).and_then(hex_byte) {
        return Some((Plain::Byte(byte), 3));
    }
    let unit = text.get(1..6)?.strip_prefix(b"u").and_then(hex_unit)?;
    Some((Plain::letter(char::from_u32(unit.into())?), 6))
}

fn hex_byte(digits: &[u8]) -> Option<u8> {
    let [high, low] = digits else { return None };
    Some(hex_digit(*high)? << 4 | hex_digit(*low)?)
}

fn hex_unit(digits: &[u8]) -> Option<u16> {
    let (high, low) = digits.split_at_checked(2)?;
    Some(u16::from(hex_byte(high)?) << 8 | u16::from(hex_byte(low)?))
}

fn hex_digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(text: &str) -> Option<String> {
        let decoded = Decoded::decode(text.as_bytes(), Escapes::NoWhitespace)?;
        Some(String::from_utf8(decoded.bytes).unwrap())
    }

    #[test]
    fn every_kind_of_escape_is_undone() {
        for (text, plain) in [
            (r#"a\/b \"c\" \\ \u0026\u00e4"#, r#"a/b "c" \ &ä"#),
            (r"\ud83d\ude00!", "😀!"),
            ("p%C3%A4%2fs%20w", "pä/s w"),
            ("%u0026", "&"),
            (r"\x26", "&"),
            ("&amp;&lt;&#039;&#x2F;&#47;&auml;&sol;", "&<'//ä/"),
        ] {
            assert_eq!(decoded(text).unwrap(), plain, "{text}");
        }
    }

    #[test]
    fn what_is_no_escape_stays() {
        for text in [
            "",
            "AT&T",
            "100% sure",
            r"C:\dir\new",
            r"\ud83d",
            r"\u12",
            "%",
            "&;",
            "\\",
        ] {
            assert_eq!(decoded(text), None, "{text}");
        }
        let all = Decoded::decode(br"a\nb", Escapes::All).unwrap();
        assert_eq!(all.bytes, b"a\nb");
    }

    #[test]
    fn a_place_is_known_through_every_layer() {
        let text = b"x=%2526amp%3By";
        let mut level = Decoded::decode(text, Escapes::All).unwrap();
        while let Some(further) = level.further(Escapes::All) {
            level = further;
        }
        assert_eq!(level.bytes, b"x=&y");
        assert_eq!(level.origin(&(2..3)), 2..13);
        assert_eq!(level.origin(&(3..4)), 13..14);
    }
}
