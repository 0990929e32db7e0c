//! Text that others wrote, made harmless where a page holds it.
//!
//! A client may be called `<script>`: nothing that comes out of a journal gets into
//! the page but through here.

use std::fmt::{self, Write as _};

use serde::Serialize;

/// Text as HTML shows it, between tags and in quoted attributes.
pub struct Text<'t>(pub &'t str);

impl fmt::Display for Text<'_> {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        replacing(self.0, to, |letter| {
            Some(match letter {
                '&' => "&amp;",
                '<' => "&lt;",
                '>' => "&gt;",
                '"' => "&quot;",
                '\'' => "&#39;",
                _ => return None,
            })
        })
    }
}

/// What HTML is put together with.
pub(super) trait Add {
    /// Adds that, as it is.
    fn add(&mut self, html: fmt::Arguments<'_>);
}

impl Add for String {
    fn add(&mut self, html: fmt::Arguments<'_>) {
        // Writing into a text cannot fail.
        let _ = self.write_fmt(html);
    }
}

/// Adds a value as JSON that cannot end the `<script>` it stands in: such letters
/// only occur inside texts, where JSON has another way to write them.
pub(super) fn push_json(to: &mut String, value: &impl Serialize) {
    // Maps with text for keys always have a JSON form.
    let json = serde_json::to_string(value).unwrap_or_default();
    // Writing into a text cannot fail.
    let _ = replacing(&json, to, |letter| {
        Some(match letter {
            '<' => "\\u003c",
            '>' => "\\u003e",
            '&' => "\\u0026",
            '\u{2028}' => "\\u2028",
            '\u{2029}' => "\\u2029",
            _ => return None,
        })
    });
}

fn replacing(
    text: &str,
    to: &mut impl fmt::Write,
    replacement: impl Fn(char) -> Option<&'static str>,
) -> fmt::Result {
    let mut plain = 0;
    for (at, letter) in text.char_indices() {
        if let Some(replacement) = replacement(letter) {
            to.write_str(&text[plain..at])?;
            to.write_str(replacement)?;
            plain = at + letter.len_utf8();
        }
    }
    to.write_str(&text[plain..])
}

/// A number with its thousands apart: `100,000`.
pub(super) fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut shown = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}

/// So many of something, in words: `1 row`, `2,000 rows`.
pub(super) fn counted(count: u64, what: &str) -> String {
    let mut words = format!("{} {what}", number(count));
    if count != 1 {
        words.push('s');
    }
    words
}

/// A term and what belongs to it, in a list of such; nothing where there is nothing.
pub(super) fn fact(html: &mut String, term: &str, value: &str) {
    if !value.is_empty() {
        html.add(format_args!(
            "<div><dt>{}</dt><dd>{}</dd></div>",
            Text(term),
            Text(value)
        ));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn text_never_becomes_a_tag_or_leaves_its_attribute() {
        let hostile = "<script>alert(1)</script> \" onload='x' &amp;";
        assert_eq!(
            Text(hostile).to_string(),
            "&lt;script&gt;alert(1)&lt;/script&gt; &quot; onload=&#39;x&#39; &amp;amp;"
        );
        assert_eq!(Text("Köln → Bonn").to_string(), "Köln → Bonn");
    }

    #[test]
    fn json_never_ends_its_script_and_is_read_as_it_was() {
        let hostile = json!([
            "</script><!--<script>",
            "]]>&",
            "\u{2028}\u{2029}\u{0}\"\\",
            "ß"
        ]);
        let mut shown = String::new();
        push_json(&mut shown, &hostile);
        for letter in ['<', '>', '&', '\u{2028}', '\u{2029}', '\u{0}'] {
            assert!(!shown.contains(letter), "{shown}");
        }
        assert_eq!(serde_json::from_str::<Value>(&shown).unwrap(), hostile);
    }

    #[test]
    fn numbers_have_their_thousands_apart() {
        let shown = [0, 999, 1000, 100_000, 1_234_567].map(number);
        assert_eq!(shown, ["0", "999", "1,000", "100,000", "1,234,567"]);
        assert_eq!(counted(1, "row"), "1 row");
    }
}
