//! What tells one write from another: its action and its parameters.
//!
//! Two writes have the same fingerprint exactly when a server could not tell
//! them apart, secrets aside: `1` and `"1"` are the same on the wire, the order
//! of the parameters does not count, and what is null is not sent.

use std::fmt::Write as _;

use serde_json::{Map, Number, Value};
use sha2::{Digest, Sha256};

/// Most writes with their parameters take no more bytes.
const ROOM: usize = 512;

/// The SHA-256 of an action and its parameters.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Fingerprint(pub(super) [u8; 32]);

/// What a write goes by: what it sent, and what the journal shows of that, where a
/// secret is covered in it.
#[derive(Clone, Copy, Debug)]
pub struct Marks {
    /// A resumed run finds the write by it.
    pub sent: Fingerprint,
    /// Who reads the journal tells by it on which server the write was.
    pub shown: Fingerprint,
}

impl From<Fingerprint> for Marks {
    fn from(fingerprint: Fingerprint) -> Self {
        Self {
            sent: fingerprint,
            shown: fingerprint,
        }
    }
}

impl Marks {
    /// As the journal keeps them: one after the other, or only one if they are the same.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.sent.0.to_vec();
        if self.shown != self.sent {
            bytes.extend(self.shown.0);
        }
        bytes
    }
}

impl Fingerprint {
    /// The fingerprint of a write on the server of that name.
    pub fn at(server: &str, action: &str, params: &Map<String, Value>) -> Self {
        Self::of_parts(&[action, "@", server], params)
    }

    /// Its first eight bytes.
    pub fn short(&self) -> u64 {
        let bytes = self.0.iter().take(8);
        bytes.fold(0, |short, byte| short << 8 | u64::from(*byte))
    }

    /// The fingerprint of an action with parameters that hold no secrets any more.
    pub fn compute(action: &str, params: &Map<String, Value>) -> Self {
        Self::of_parts(&[action], params)
    }

    fn of_parts(name: &[&str], params: &Map<String, Value>) -> Self {
        let mut text = String::with_capacity(ROOM);
        text.extend(name.iter().copied());
        text.make_ascii_lowercase();
        text.push('\n');
        write_map(&mut text, params);
        Self(Sha256::digest(text).into())
    }
}

/// A value that stands alone as it is sent; `None` of lists, maps and what is not sent.
pub fn wire_text(value: &Value) -> Option<String> {
    match value {
        Value::Null | Value::Array(_) | Value::Object(_) => None,
        Value::Bool(truth) => Some(if *truth { "1" } else { "0" }.to_owned()),
        Value::Number(number) => Some(digits(number)),
        Value::String(text) => Some(text.clone()),
    }
}

fn write_map(text: &mut String, map: &Map<String, Value>) {
    let mut fields: Vec<_> = map.iter().filter(|(_, value)| !value.is_null()).collect();
    fields.sort_unstable_by_key(|(name, _)| *name);
    text.push('{');
    for (name, value) in fields {
        write_text(text, name);
        text.push(':');
        write_value(text, value);
        text.push(',');
    }
    text.push('}');
}

fn write_value(text: &mut String, value: &Value) {
    match value {
        Value::Null => text.push_str("null"),
        Value::Bool(truth) => write_text(text, if *truth { "1" } else { "0" }),
        Value::Number(number) => write_text(text, &digits(number)),
        Value::String(content) => write_text(text, content),
        Value::Array(items) => {
            text.push('[');
            for item in items {
                write_value(text, item);
                text.push(',');
            }
            text.push(']');
        }
        Value::Object(map) => write_map(text, map),
    }
}

/// The length in front keeps neighbours apart without any escaping.
fn write_text(text: &mut String, content: &str) {
    // Writing into a text cannot fail.
    let _ = write!(text, "{}\"{content}", content.len());
}

/// A number as it is sent: without an exponent and without an idle `.0`.
fn digits(number: &Number) -> String {
    match number.as_f64() {
        Some(float) if number.is_f64() => float.to_string(),
        _ => number.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn of(params: &Value) -> Fingerprint {
        Fingerprint::compute("AddClient", params.as_object().unwrap())
    }

    #[test]
    fn what_is_the_same_on_the_wire_has_the_same_fingerprint() {
        let one = of(&json!({"clientid": 1, "noemail": true, "amount": 12.5, "notes": null}));
        let other = of(&json!({"amount": "12.5", "clientid": "1", "noemail": "1"}));
        assert_eq!(one, other);
        assert_eq!(of(&json!({"a": 2.0})), of(&json!({"a": 2})));
        let params = Map::new();
        assert_eq!(
            Fingerprint::compute("addclient", &params),
            Fingerprint::compute("AddClient", &params)
        );
    }

    #[test]
    fn what_differs_on_the_wire_has_another_fingerprint() {
        let different = [
            json!({}),
            json!({"a": ""}),
            json!({"a": 1}),
            json!({"a": "01"}),
            json!({"a": [1]}),
            json!({"a": [1, 1]}),
            json!({"a": {"0": [1]}}),
            json!({"a": "1", "b": "2"}),
            json!({"a": "1,1\"b:1\"2"}),
            json!({"b": 1}),
        ];
        for (at, one) in different.iter().enumerate() {
            for other in &different[at + 1..] {
                assert_ne!(of(one), of(other), "{one} {other}");
            }
        }
        assert_ne!(
            Fingerprint::compute("AddClient", &Map::new()),
            Fingerprint::compute("AddContact", &Map::new())
        );
    }

    #[test]
    fn a_fingerprint_stays_the_same_from_version_to_version() {
        let Fingerprint(bytes) = of(&json!({"email": "zoë@example.com", "customfields": {"3": 7}}));
        assert_eq!(bytes[..4], EXPECTED);
    }

    /// The first bytes of `printf 'addclient\n{12"customfields:{1"3:1"7,},5"email:16"zoë@example.com,}' | sha256sum`.
    const EXPECTED: [u8; 4] = [0x9a, 0x92, 0x33, 0xb7];

    proptest! {
        #[test]
        fn the_order_of_the_parameters_does_not_count(
            params in prop::collection::btree_map("[a-c]{1,3}", any::<i32>(), 0..6),
        ) {
            let forward: Map<_, _> = params.iter().map(|(k, v)| (k.clone(), json!(v))).collect();
            let backward: Map<_, _> =
                params.iter().rev().map(|(k, v)| (k.clone(), json!(v.to_string()))).collect();
            prop_assert_eq!(Fingerprint::compute("A", &forward), Fingerprint::compute("A", &backward));
        }
    }
}
