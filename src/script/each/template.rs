//! A value in which columns stand: `{firstname} {lastname}`.
//!
//! `{{` and `}}` stand for the braces themselves; a `}` that closes nothing is
//! one too, since nothing else could be meant by it.

use std::fmt::Write as _;

/// Text with the names of columns in it.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Template(Vec<Piece>);

#[derive(Debug, Eq, PartialEq)]
enum Piece {
    Text(String),
    Column(String),
}

/// What cannot be read as such a value.
#[derive(Debug, Eq, PartialEq, thiserror::Error)]
pub(super) enum MalformedTemplate {
    /// A brace that is never closed.
    #[error("has a `{{` that is not closed")]
    Open,
    /// Braces with no name between them.
    #[error("has `{{}}`, which names no column")]
    Nameless,
}

impl Template {
    pub fn parse(text: &str) -> Result<Self, MalformedTemplate> {
        let mut pieces = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            let (before, brace) = rest.split_at(at);
            plain.push_str(before);
            let (first, after) = brace.split_at(1);
            rest = match after.strip_prefix(first) {
                Some(after) => {
                    plain.push_str(first);
                    after
                }
                None if first == "}" => {
                    plain.push('}');
                    after
                }
                None => {
                    let (name, after) = after.split_once('}').ok_or(MalformedTemplate::Open)?;
                    let name = name.trim();
                    if name.is_empty() {
                        return Err(MalformedTemplate::Nameless);
                    }
                    if !plain.is_empty() {
                        pieces.push(Piece::Text(std::mem::take(&mut plain)));
                    }
                    pieces.push(Piece::Column(name.to_owned()));
                    after
                }
            };
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            pieces.push(Piece::Text(plain));
        }
        Ok(Self(pieces))
    }

    /// The columns it takes, in order.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Column(name) => Some(name.as_str()),
            Piece::Text(_) => None,
        })
    }

    /// The text it is, where no column stands in it.
    pub fn literal(&self) -> Option<&str> {
        match &self.0[..] {
            [] => Some(""),
            [Piece::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// Whether it is more than one piece of text or one column.
    pub fn is_mixed(&self) -> bool {
        self.0.len() > 1
    }

    /// The expression that gives its text; `cell` gives that of a column.
    pub fn code(&self, cell: impl Fn(&str) -> String) -> String {
        let mut parts = self.0.iter().map(|piece| match piece {
            Piece::Text(text) => literal(text),
            Piece::Column(name) => cell(name),
        });
        match (parts.next(), parts.next()) {
            (None, _) => "\"\"".into(),
            (Some(only), None) => only,
            (Some(first), Some(second)) => {
                // What begins with text stays text, whatever the cells are.
                let parts: Vec<String> = [first, second].into_iter().chain(parts).collect();
                format!("(\"\" + {})", parts.join(" + "))
            }
        }
    }
}

/// The text as a literal of the language.
pub(super) fn literal(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            _ if letter.is_control() => {
                // Writing to a string cannot fail.
                let _ = write!(quoted, "\\u{:04x}", u32::from(letter));
            }
            _ => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::test_engine::TestEngine;

    fn code(text: &str) -> String {
        let cell = |name: &str| format!("row[{}]", literal(name));
        Template::parse(text).unwrap().code(cell)
    }

    #[test]
    fn columns_and_text_become_one_expression() {
        assert_eq!(code("{id}"), r#"row["id"]"#);
        assert_eq!(code("3"), r#""3""#);
        assert_eq!(code(""), r#""""#);
        assert_eq!(
            code("{ first name } {last}!"),
            r#"("" + row["first name"] + " " + row["last"] + "!")"#
        );
        let template = Template::parse("{a}-{b}").unwrap();
        assert_eq!(template.columns().collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(template.literal(), None);
    }

    #[test]
    fn doubled_braces_and_one_that_closes_nothing_are_braces() {
        let text = |text| {
            let template = Template::parse(text).unwrap();
            template.literal().unwrap().to_owned()
        };
        assert_eq!(text(r#"{{"a":{{"b":1}}}}"#), r#"{"a":{"b":1}}"#);
        assert_eq!(text("{{x}"), "{x}");
        assert_eq!(text("}"), "}");
        assert_eq!(code("{{{a}}}"), r#"("" + "{" + row["a"] + "}")"#);
    }

    #[test]
    fn braces_that_name_nothing_are_refused() {
        assert_eq!(Template::parse("a{b").unwrap_err(), MalformedTemplate::Open);
        assert_eq!(
            Template::parse("{ }").unwrap_err(),
            MalformedTemplate::Nameless
        );
        assert_eq!(
            MalformedTemplate::Nameless.to_string(),
            "has `{}`, which names no column"
        );
    }

    #[test]
    fn a_literal_is_read_back_as_the_text_it_stands_for() {
        for text in ["a\"b\\c", "two\nlines\r\t", "\u{1}\u{7f}Zoë 💶", "${x} `y`"] {
            assert_eq!(TestEngine::new().text(&literal(text)), text);
        }
    }
}
