//! `base64` and `unbase64`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rhai::{Blob, Module};

use crate::script::engine::function::{Fallible, function, operator};
use crate::script::raise::Raised;
use crate::script::text::known::known;
use crate::secrets::{cover_text, hold};

/// Adds the functions.
pub(super) fn register(module: &mut Module) {
    let about = "A text or bytes (a blob) as base64.\n```rhai\nprint(base64(\"hello\"))\n```";
    function("base64", &["value: &str", "String"], about).set_into_module(
        module,
        |text: &str| -> Fallible<String> {
            known(text, "base64")?;
            Ok(STANDARD.encode(text))
        },
    );
    operator("base64").set_into_module(module, |bytes: Blob| STANDARD.encode(bytes));
    let about = "The text that base64 says; line breaks in it are ignored. If it says no text, such as an image, \
                 that is an error: use `unbase64_bytes`.\n```rhai\nprint(unbase64(\"aGVsbG8=\"))\n```";
    function("unbase64", &["text: &str", "String"], about).set_into_module(
        module,
        |text: &str| -> Fallible<String> {
            let decoded = String::from_utf8(decode(text, "unbase64")?).map_err(|_| {
                Raised::new("value", "what the base64 says is not UTF-8 text")
                    .hint("`unbase64_bytes` gives it as bytes")
            })?;
            // What a secret says in another form is secret.
            if cover_text(text) != text {
                hold(&decoded);
            }
            Ok(decoded)
        },
    );
    let about = "The bytes that base64 says, as a blob; line breaks in it are ignored.\n\
                 ```rhai\nprint(unbase64_bytes(\"aGVsbG8=\").len())\n```";
    function("unbase64_bytes", &["text: &str", "Blob"], about)
        .set_into_module(module, |text: &str| -> Fallible<Blob> {
            decode(text, "unbase64_bytes")
        });
}

fn decode(text: &str, name: &str) -> Fallible<Vec<u8>> {
    known(text, name)?;
    let written: String = text
        .chars()
        .filter(|letter| !letter.is_ascii_whitespace())
        .collect();
    STANDARD.decode(&written).map_err(|error| {
        let what = match error {
            base64::DecodeError::InvalidByte(at, _) => {
                let found = written.get(at..).and_then(|rest| rest.chars().next());
                format!("`{}` at character {}", found.unwrap_or('?'), at + 1)
            }
            _ => "its end is missing or wrong".to_owned(),
        };
        Raised::new("value", format!("the text is not base64: {what}"))
            .hint("base64 has the letters `A-Z`, `a-z`, `0-9`, `+` and `/`, and `=` at its end")
            .into()
    })
}

#[cfg(test)]
mod tests {
    use crate::script::test_engine::{refusal, text};

    #[test]
    fn what_is_encoded_is_decoded_again() {
        assert_eq!(text(r#"base64("Zoë")"#), "Wm/Dqw==");
        assert_eq!(text(r#"unbase64("Wm/D\nqw==")"#), "Zoë");
        assert_eq!(text("base64(blob(2, 255))"), "//8=");
        assert_eq!(text(r#"base64(unbase64_bytes("//8="))"#), "//8=");
        assert_eq!(text(r#"[base64(""), unbase64("")]"#), r#"["", ""]"#);
    }

    #[test]
    fn what_is_no_base64_or_says_no_text_is_refused() {
        let odd = refusal(r#"unbase64("ab*d")"#);
        assert!(odd.contains("not base64: `*` at character 3"), "{odd}");
        let short = refusal(r#"unbase64("abc")"#);
        assert!(short.contains("its end is missing or wrong"), "{short}");
        let bytes = refusal(r#"unbase64("//8=")"#);
        assert!(bytes.contains("is not UTF-8 text"), "{bytes}");
    }
}
