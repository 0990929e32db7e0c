//! Decodes values sent as base64 of PHP's `serialize`, such as `customfields`.
//!
//! Lengths count bytes, as in PHP. Objects and references are refused, for no
//! parameter holds one; so is anything deeper than 64 levels. Whatever PHP's
//! `unserialize` would answer with `false` reads as nothing here.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::tree::{Array, Tree};

const MAX_NESTING: usize = 64;

/// PHP's `base64_decode` asks for no padding and minds no trailing bits.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// The bytes behind base64 text; characters outside the alphabet are skipped, as PHP does.
pub fn base64_decode(text: &str) -> Vec<u8> {
    let clean: Vec<u8> = text
        .bytes()
        .filter(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'))
        .collect();
    BASE64.decode(&clean).unwrap_or_default()
}

/// Bytes as base64 text.
pub fn base64_encode(bytes: &[u8]) -> String {
    BASE64.encode(bytes)
}

/// The value behind base64 of PHP's `serialize`.
pub fn decode(text: &str) -> Option<Tree> {
    unserialize(&base64_decode(text))
}

/// The value behind PHP's `serialize`.
pub fn unserialize(bytes: &[u8]) -> Option<Tree> {
    Reader { rest: bytes }.value(0)
}

/// PHP's `serialize` of texts and arrays, with every key as text.
pub fn serialize(value: &Tree, out: &mut Vec<u8>) {
    let text = |out: &mut Vec<u8>, text: &str| {
        out.extend(format!("s:{}:\"{text}\";", text.len()).bytes());
    };
    match value {
        Tree::Text(value) => text(out, value),
        Tree::Array(items) => {
            out.extend(format!("a:{}:{{", items.len()).bytes());
            for (key, item) in items.iter() {
                text(out, key);
                serialize(item, out);
            }
            out.push(b'}');
        }
    }
}

struct Reader<'b> {
    rest: &'b [u8],
}

impl<'b> Reader<'b> {
    fn value(&mut self, depth: usize) -> Option<Tree> {
        if depth > MAX_NESTING {
            return None;
        }
        let text = match self.take(2)? {
            b"N;" => String::new(),
            // PHP prints false as nothing and true as 1.
            b"b:" => match self.until(b';')? {
                "0" => String::new(),
                "1" => "1".to_owned(),
                _ => return None,
            },
            b"i:" => self.until(b';')?.parse::<i64>().ok()?.to_string(),
            b"d:" => self.until(b';')?.parse::<f64>().ok()?.to_string(),
            b"s:" => {
                let text = self.string()?;
                self.expect(b";")?;
                text
            }
            b"a:" => return self.array(depth),
            _ => return None,
        };
        Some(Tree::Text(text))
    }

    fn string(&mut self) -> Option<String> {
        let length: usize = self.until(b':')?.parse().ok()?;
        self.expect(b"\"")?;
        let bytes = self.take(length)?;
        self.expect(b"\"")?;
        Some(String::from_utf8_lossy(bytes).into_owned())
    }

    fn array(&mut self, depth: usize) -> Option<Tree> {
        let count: usize = self.until(b':')?.parse().ok()?;
        self.expect(b"{")?;
        let mut array = Array::default();
        for _ in 0..count {
            let key = match self.take(2)? {
                b"i:" => self.until(b';')?.parse::<i64>().ok()?.to_string(),
                b"s:" => {
                    let key = self.string()?;
                    self.expect(b";")?;
                    key
                }
                _ => return None,
            };
            array.put(&key, self.value(depth + 1)?);
        }
        self.expect(b"}")?;
        Some(Tree::Array(array))
    }

    fn take(&mut self, count: usize) -> Option<&'b [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(taken)
    }

    fn until(&mut self, end: u8) -> Option<&'b str> {
        let at = self.rest.iter().position(|byte| *byte == end)?;
        let taken = self.take(at)?;
        self.take(1)?;
        std::str::from_utf8(taken).ok()
    }

    fn expect(&mut self, wanted: &[u8]) -> Option<()> {
        (self.take(wanted.len())? == wanted).then_some(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::tree::{Array, Tree};
    use super::{decode, unserialize};
    use proptest::prelude::*;

    fn pairs(tree: Option<Tree>) -> Vec<(String, String)> {
        let Some(Tree::Array(array)) = tree else {
            return Vec::new();
        };
        array
            .iter()
            .filter_map(|(key, value)| Some((key.to_owned(), value.text()?.to_owned())))
            .collect()
    }

    #[test]
    fn lengths_count_bytes_and_keys_may_be_numbers() {
        let bytes = "a:3:{i:1;s:5:\"Zo\u{eb}!\";s:3:\"vat\";i:-7;i:2;b:1;}".as_bytes();
        assert_eq!(
            pairs(unserialize(bytes)),
            [("1", "Zo\u{eb}!"), ("vat", "-7"), ("2", "1")]
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
        );
    }

    #[test]
    fn base64_needs_no_padding() {
        // base64(serialize(["1" => "x"])), padding left out.
        let tree = decode("YToxOntpOjE7czoxOiJ4Ijt9");
        assert_eq!(pairs(tree), [("1".to_owned(), "x".to_owned())]);
        assert_eq!(decode("Tjs"), Some(Tree::Text(String::new())));
    }

    #[test]
    fn wrong_lengths_objects_and_cut_values_are_nothing() {
        for text in [
            "s:4:\"Zo\u{eb}!\";",
            "O:8:\"stdClass\":0:{}",
            "a:2:{i:0;i:1;}",
            "a:99999999999:{",
            "s:18446744073709551615:\"",
            "b:2;",
            "",
        ] {
            assert_eq!(unserialize(text.as_bytes()), None, "{text}");
        }
        let deep = "a:1:{i:0;".repeat(70) + "N;" + &"}".repeat(70);
        assert_eq!(unserialize(deep.as_bytes()), None);
        assert_eq!(unserialize(b"a:0:{}"), Some(Tree::Array(Array::default())));
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes: Vec<u8>) {
            unserialize(&bytes);
        }

        #[test]
        fn arbitrary_text_never_panics(text in "[adsibN:;{}\"0-9]{0,80}") {
            unserialize(text.as_bytes());
            decode(&text);
        }
    }
}
