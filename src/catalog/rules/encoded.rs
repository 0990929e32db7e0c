//! Text in place of what is sent encoded: base64 of a map as PHP serializes it, or of JSON.
//!
//! WHMCS passes over anything else in silence.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use serde_json::Value;

use super::given::Given;
use super::places::is_list;
use crate::catalog::{Encoding, Problem};

/// A text that is not what its parameter is sent as.
pub(super) fn check(given: &Given) -> Option<Problem> {
    let is_right: fn(&str) -> bool = match given.param.encoding {
        Encoding::Serialized | Encoding::SerializedEach => is_serialized,
        Encoding::Json64 => return attachments(given),
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

/// What is wrong with a list of files: each has every field that the catalog names, and its
/// `data` is base64.
fn attachments(given: &Given) -> Option<Problem> {
    let not_encoded = || Problem::NotEncoded {
        action: given.action.name,
        param: given.param.name,
        name: given.name.to_owned(),
        encoding: given.param.encoding,
    };
    if given.name != given.param.name {
        return (!given.value.is_null()).then(not_encoded);
    }
    match given.value {
        Value::String(text) if text.is_empty() => None,
        Value::String(text) => match listed(text) {
            Some(files) => files_of(given, &files),
            None => Some(not_encoded()),
        },
        Value::Array(files) => files_of(given, files),
        Value::Object(files) if is_list(files) => {
            files_of(given, &files.values().cloned().collect::<Vec<_>>())
        }
        // A single file is sent as one, where WHMCS looks for a list.
        Value::Object(files) if !files.is_empty() => Some(not_encoded()),
        _ => None,
    }
}

/// The list that a text encodes.
fn listed(text: &str) -> Option<Vec<Value>> {
    let bytes = decoded(text)?;
    let files: Vec<Value> = serde_json::from_slice(&bytes).ok()?;
    files.iter().all(Value::is_object).then_some(files)
}

fn files_of(given: &Given, files: &[Value]) -> Option<Problem> {
    (0_usize..).zip(files).find_map(|(at, file)| {
        let file = file.as_object()?;
        let mut keys = given.param.items.iter().map(|(key, _)| *key);
        let problem = |name: String, key: &'static str, is_missing: bool| Problem::NotAFile {
            action: given.action.name,
            param: given.param.name,
            name,
            key,
            is_missing,
        };
        let is_lacking = |key: &&str| match file.get(*key) {
            None => true,
            Some(Value::String(text)) => text.is_empty() && *key != "data",
            Some(_) => false,
        };
        if let Some(key) = keys.find(is_lacking) {
            return Some(problem(format!("{}[{at}]", given.name), key, true));
        }
        let is_base64 = |text: &str| {
            let letters: String = text.split(['\r', '\n']).collect();
            base64::prelude::BASE64_STANDARD.decode(letters).is_ok()
        };
        let data = file.get("data").and_then(Value::as_str);
        let is_wrong = data.is_some_and(|data| !is_base64(data));
        is_wrong.then(|| problem(format!("{}[{at}][data]", given.name), "data", false))
    })
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
    fn an_attachment_is_a_list_of_files_with_name_and_data() {
        let found = |attachments: Value| {
            let params = serde_json::json!({"ticketid": 1, "message": "x", "clientid": 1, "attachments": attachments});
            let action = crate::catalog::action("AddTicketReply").unwrap();
            let found = crate::catalog::problems(action, params.as_object().unwrap());
            found.first().map(ToString::to_string)
        };
        let encoded = |json: &str| Value::from(base64::prelude::BASE64_STANDARD.encode(json));
        for right in [
            encoded(r#"[{"name": "a", "data": "eA=="}]"#),
            serde_json::json!([{"name": "a", "data": "eHh4\r\neHh4"}]),
            serde_json::json!([{"name": "a", "data": ""}]),
            serde_json::json!([]),
            serde_json::json!([null, {"name": null, "data": null}]),
        ] {
            assert_eq!(found(right.clone()), None, "{right}");
        }
        for (wrong, what) in [
            (
                Value::from("@log.txt"),
                "expects an array of maps for `attachments`, not text",
            ),
            (Value::from("eA=="), "not text"),
            (encoded(r#"{"name": "a", "data": "eA=="}"#), "not text"),
            (encoded(r#"["a"]"#), "not text"),
            (
                encoded(r#"[{"name": "a"}]"#),
                "needs `data` in `attachments[0]`",
            ),
            (
                encoded(r#"[{"name": "a", "data": "hello world"}]"#),
                "expects base64 for `attachments[0][data]`",
            ),
            (
                serde_json::json!([{"name": "a", "data": "eA=="}, {"data": "eA=="}]),
                "needs `name` in `attachments[1]`",
            ),
            (
                serde_json::json!([{"name": "a.txt", "data": "hello world"}]),
                "expects base64 for `attachments[0][data]`",
            ),
            (
                serde_json::json!([{"name": "a.txt", "data": "caf\u{e9}"}]),
                "expects base64 for `attachments[0][data]`",
            ),
        ] {
            let told = found(wrong.clone()).unwrap_or_default();
            assert!(told.ends_with(what), "{wrong}: {told}");
        }
    }
}
