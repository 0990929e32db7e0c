//! PHP's `serialize`, the form in which WHMCS takes custom fields and the like.
//!
//! Writes only; the format is pinned by literal tests.
//! <https://www.php.net/manual/en/function.serialize.php>

use std::fmt::Write as _;

use serde_json::{Number, Value};

/// The value as PHP's `serialize` writes it: maps and arrays as PHP arrays.
pub(super) fn serialize(value: &Value) -> String {
    let mut out = String::new();
    write(&mut out, value);
    out
}

fn write(out: &mut String, value: &Value) {
    match value {
        Value::Null => out.push_str("N;"),
        Value::Bool(truth) => write_part(out, 'b', u8::from(*truth)),
        Value::Number(number) => write_number(out, number),
        Value::String(text) => write_text(out, text),
        Value::Array(items) => {
            let _ = write!(out, "a:{}:{{", items.len());
            for (at, item) in items.iter().enumerate() {
                write_part(out, 'i', at);
                write(out, item);
            }
            out.push('}');
        }
        Value::Object(fields) => {
            let _ = write!(out, "a:{}:{{", fields.len());
            for (key, item) in fields {
                write_key(out, key);
                write(out, item);
            }
            out.push('}');
        }
    }
}

fn write_part(out: &mut String, kind: char, value: impl std::fmt::Display) {
    let _ = write!(out, "{kind}:{value};");
}

/// PHP has signed 64-bit integers; what is larger is a float to it. Rust never
/// writes an exponent, and PHP reads every digit.
fn write_number(out: &mut String, number: &Number) {
    match (number.as_i64(), number.as_f64()) {
        (Some(whole), _) => write_part(out, 'i', whole),
        (None, Some(float)) => write_part(out, 'd', float),
        (None, None) => write_text(out, &number.to_string()),
    }
}

/// The length counts bytes, not letters.
fn write_text(out: &mut String, text: &str) {
    let _ = write!(out, "s:{}:\"{text}\";", text.len());
}

/// PHP turns a key that reads like an integer into one: `3`, but not `03`,
/// `+3`, `-0` or a number beyond 64 bits.
fn write_key(out: &mut String, key: &str) {
    match key.parse::<i64>() {
        Ok(number) if number.to_string() == key => write_part(out, 'i', number),
        _ => write_text(out, key),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Map, Value, json};

    use super::serialize;

    #[test]
    fn custom_fields_become_an_array_with_integer_keys() {
        assert_eq!(
            serialize(&json!({"1": "Google"})),
            r#"a:1:{i:1;s:6:"Google";}"#
        );
        assert_eq!(
            serialize(&json!({"3": "DE123", "vat": "x"})),
            r#"a:2:{i:3;s:5:"DE123";s:3:"vat";s:1:"x";}"#
        );
    }

    #[test]
    fn lengths_count_bytes_of_utf8() {
        assert_eq!(serialize(&json!("Zoë")), "s:4:\"Zoë\";");
        assert_eq!(serialize(&json!("日本")), "s:6:\"日本\";");
        assert_eq!(serialize(&json!("😀")), "s:4:\"😀\";");
        assert_eq!(serialize(&json!({"né": 1})), "a:1:{s:3:\"né\";i:1;}");
    }

    #[test]
    fn quotes_and_line_breaks_are_not_escaped() {
        assert_eq!(serialize(&json!("a\"b;\n")), "s:5:\"a\"b;\n\";");
    }

    #[test]
    fn only_keys_php_would_cast_become_integers() {
        for (key, wire) in [
            ("0", "i:0;"),
            ("3", "i:3;"),
            ("-5", "i:-5;"),
            ("9223372036854775807", "i:9223372036854775807;"),
            ("-9223372036854775808", "i:-9223372036854775808;"),
            ("03", "s:2:\"03\";"),
            ("-0", "s:2:\"-0\";"),
            ("+3", "s:2:\"+3\";"),
            ("3.0", "s:3:\"3.0\";"),
            (" 3", "s:2:\" 3\";"),
            ("", "s:0:\"\";"),
            ("9223372036854775808", "s:19:\"9223372036854775808\";"),
        ] {
            let map = Value::Object(Map::from_iter([(key.to_owned(), Value::Null)]));
            assert_eq!(serialize(&map), format!("a:1:{{{wire}N;}}"), "{key}");
        }
    }

    #[test]
    fn scalars_keep_their_php_type() {
        for (value, wire) in [
            (json!(null), "N;"),
            (json!(true), "b:1;"),
            (json!(false), "b:0;"),
            (json!(5), "i:5;"),
            (json!(-5), "i:-5;"),
            (json!(0.1), "d:0.1;"),
            (json!(1.0), "d:1;"),
            (json!(u64::MAX), "d:18446744073709552000;"),
            (json!("5"), "s:1:\"5\";"),
            (json!(""), "s:0:\"\";"),
        ] {
            assert_eq!(serialize(&value), wire);
        }
    }

    #[test]
    fn arrays_count_from_zero_and_nest() {
        assert_eq!(serialize(&json!([])), "a:0:{}");
        assert_eq!(
            serialize(&json!([{"desc": "Set-up", "qty": 1, "up": "10.00", "taxable": true}])),
            "a:1:{i:0;a:4:{s:4:\"desc\";s:6:\"Set-up\";s:3:\"qty\";i:1;s:2:\"up\";s:5:\"10.00\";s:7:\"taxable\";b:1;}}"
        );
    }

    /// Enough of `unserialize` to read back what `serialize` writes.
    struct Reader<'a>(&'a [u8]);

    impl<'a> Reader<'a> {
        fn until(&mut self, end: u8) -> &'a str {
            let at = self.0.iter().position(|byte| *byte == end).expect("an end");
            let (text, rest) = self.0.split_at(at);
            self.0 = &rest[1..];
            std::str::from_utf8(text).expect("text")
        }

        fn value(&mut self) -> Value {
            match self.0[0] {
                b'N' => {
                    assert_eq!(self.until(b';'), "N");
                    Value::Null
                }
                kind => {
                    assert_eq!(self.0[1], b':');
                    self.0 = &self.0[2..];
                    match kind {
                        b'b' => Value::Bool(self.until(b';') == "1"),
                        b'i' => json!(self.until(b';').parse::<i64>().expect("an integer")),
                        b'd' => json!(self.until(b';').parse::<f64>().expect("a float")),
                        b's' => Value::String(self.text()),
                        b'a' => self.array(),
                        other => panic!("type {other}"),
                    }
                }
            }
        }

        fn text(&mut self) -> String {
            let length: usize = self.until(b':').parse().expect("a length");
            let (text, rest) = self.0[1..].split_at(length);
            assert_eq!(&rest[..2], b"\";");
            self.0 = &rest[2..];
            String::from_utf8(text.to_vec()).expect("text")
        }

        /// A PHP array as a map, which is what it is.
        fn array(&mut self) -> Value {
            let length: usize = self.until(b':').parse().expect("a length");
            self.0 = &self.0[1..];
            let map = (0..length)
                .map(|_| {
                    let key = match self.value() {
                        Value::String(key) => key,
                        key => key.to_string(),
                    };
                    (key, self.value())
                })
                .collect();
            assert_eq!(self.until(b'}'), "");
            Value::Object(map)
        }
    }

    /// What PHP would see: its arrays are maps.
    fn as_php(value: &Value) -> Value {
        match value {
            Value::Array(items) => Value::Object(
                items
                    .iter()
                    .enumerate()
                    .map(|(at, item)| (at.to_string(), as_php(item)))
                    .collect(),
            ),
            Value::Object(map) => Value::Object(
                map.iter()
                    .map(|(key, item)| (key.clone(), as_php(item)))
                    .collect(),
            ),
            other => other.clone(),
        }
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::Bool),
            any::<i64>().prop_map(|number| json!(number)),
            any::<f64>()
                .prop_filter("finite and no integer", |float| float.is_finite())
                .prop_map(|float| json!(float)),
            any::<String>().prop_map(Value::String),
            "-?[0-9]{1,3}".prop_map(Value::String),
        ];
        leaf.prop_recursive(4, 32, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::Array),
                prop::collection::hash_map(
                    prop_oneof![any::<String>(), "-?[0-9]{1,3}".boxed()],
                    inner,
                    0..6
                )
                .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(value in any_value()) {
            let wire = serialize(&value);
            let mut reader = Reader(wire.as_bytes());
            prop_assert_eq!(reader.value(), as_php(&value));
            prop_assert!(reader.0.is_empty());
        }
    }
}
