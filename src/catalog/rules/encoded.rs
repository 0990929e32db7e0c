//! Text in place of what is sent encoded: base64 of a map as PHP serializes it, or of JSON.
//!
//! WHMCS passes over anything else in silence.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use serde_json::Value;

use super::given::Given;
use crate::catalog::{Encoding, Problem};

/// A text that is not what its parameter is sent as.
pub(super) fn check(given: &Given) -> Option<Problem> {
    let is_right: fn(&str) -> bool = match given.param.encoding {
        Encoding::Serialized | Encoding::SerializedEach => is_serialized,
        Encoding::Json64 => is_json,
        Encoding::Plain | Encoding::Numbered | Encoding::OnOff => return None,
    };
    let is_wrong = |value: &Value| {
        value
            .as_str()
            .is_some_and(|text| !text.is_empty() && !is_right(text))
    };
    let is_each = given.param.encoding == Encoding::SerializedEach;
    let is_found = match given.value {
        Value::Array(items) if is_each && given.name == given.param.name => {
            items.iter().any(is_wrong)
        }
        // `customfields[3]`: one entry of what only travels as a whole.
        value if !is_each && given.name != given.param.name => !value.is_null(),
        value => is_wrong(value),
    };
    is_found.then(|| Problem::NotEncoded {
        action: given.action.name,
        param: given.param.name,
        name: given.name.to_owned(),
        encoding: given.param.encoding,
    })
}

fn is_serialized(text: &str) -> bool {
    decoded(text).is_some_and(|bytes| is_php_map(&bytes))
}

fn is_json(text: &str) -> bool {
    let value = decoded(text).and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok());
    value.is_some_and(|value| value.is_array() || value.is_object())
}

/// What is encoded in it; PHP minds neither line ends nor missing padding.
fn decoded(text: &str) -> Option<Vec<u8>> {
    let config =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let letters: String = text.split_ascii_whitespace().collect();
    GeneralPurpose::new(&STANDARD, config).decode(letters).ok()
}

/// Whether that is one array as PHP's `serialize` writes it, and nothing behind it.
fn is_php_map(bytes: &[u8]) -> bool {
    bytes.first() == Some(&b'a') && value(bytes, 0) == Some(&[])
}

/// Deeper than this nothing nests that anybody means.
const DEEPEST: usize = 32;

/// What stands behind one serialized value.
fn value(bytes: &[u8], depth: usize) -> Option<&[u8]> {
    if depth > DEEPEST {
        return None;
    }
    let (kind, rest) = bytes.split_first()?;
    match kind {
        b'N' => rest.strip_prefix(b";"),
        b'i' | b'd' | b'b' => {
            let rest = rest.strip_prefix(b":")?;
            let end = rest.iter().position(|byte| *byte == b';')?;
            (end > 0).then_some(&rest[end + 1..])
        }
        b's' => {
            let (length, rest) = length(rest)?;
            rest.strip_prefix(b"\"")?
                .get(length..)?
                .strip_prefix(b"\";")
        }
        b'a' => {
            let (length, rest) = length(rest)?;
            let mut rest = rest.strip_prefix(b"{")?;
            for _ in 0..length.checked_mul(2)? {
                rest = value(rest, depth + 1)?;
            }
            rest.strip_prefix(b"}")
        }
        _ => None,
    }
}

/// The number in `:12:`, and what stands behind it.
fn length(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let bytes = bytes.strip_prefix(b":")?;
    let end = bytes.iter().position(|byte| *byte == b':')?;
    let length = std::str::from_utf8(&bytes[..end]).ok()?.parse().ok()?;
    Some((length, &bytes[end + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_map_as_php_writes_it_is_one() {
        for text in [
            "a:0:{}",
            r#"a:1:{i:3;s:5:"DE123";}"#,
            r#"a:2:{s:1:"1";a:1:{i:0;N;}i:2;d:1.5;}"#,
        ] {
            let text = base64::prelude::BASE64_STANDARD.encode(text);
            assert!(is_serialized(&text), "{text}");
            assert!(is_serialized(text.trim_end_matches('=')), "{text}");
        }
        for text in ["DE123", "YQ==", "a:0:{}", "@log.txt", "äöü"] {
            assert!(!is_serialized(text), "{text}");
        }
        for inner in [
            r#"s:1:"x";"#,
            r#"a:1:{i:3;s:4:"DE123";}"#,
            r#"a:2:{i:3;s:5:"DE123";}"#,
            r#"a:1:{i:3;s:5:"DE123";}x"#,
            "a:99999999999999999999:{}",
            r#"{"3": "DE123"}"#,
        ] {
            assert!(
                !is_serialized(&base64::prelude::BASE64_STANDARD.encode(inner)),
                "{inner}"
            );
        }
    }

    #[test]
    fn an_attachment_is_json() {
        let text = base64::prelude::BASE64_STANDARD.encode(r#"[{"name": "a", "data": "eA=="}]"#);
        assert!(is_json(&text));
        assert!(!is_json("@log.txt") && !is_json("eA=="));
    }
}
