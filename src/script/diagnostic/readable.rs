//! A value drawn so that a person can read it.

use std::fmt::Write as _;

use rhai::{Array, Dynamic, Engine, ImmutableString, Map, Scope};

use crate::script::value::record::map_of;

/// Values that fit into so many characters stay on one line.
const WIDTH: usize = 78;

/// The value as text: small ones on a line, larger ones an entry a line.
pub(crate) fn readable(engine: &Engine, value: &Dynamic) -> String {
    draw(engine, value, 0)
}

fn draw(engine: &Engine, value: &Dynamic, depth: usize) -> String {
    if let Ok(items) = value.as_array_ref() {
        let entries = entries_of_array(engine, &items, depth);
        return wrap("[", &entries, "]", depth);
    }
    if let Some(map) = map_of(value) {
        let entries = entries_of_map(engine, &map, depth);
        return wrap("#{", &entries, "}", depth);
    }
    if let Ok(text) = value.as_immutable_string_ref() {
        return quoted(&text);
    }
    if value.is_unit() {
        return "()".to_owned();
    }
    plain(engine, value)
}

fn entries_of_array(engine: &Engine, items: &Array, depth: usize) -> Vec<String> {
    items
        .iter()
        .map(|item| draw(engine, item, depth + 1))
        .collect()
}

fn entries_of_map(engine: &Engine, map: &Map, depth: usize) -> Vec<String> {
    let entry = |(key, value): (&rhai::Identifier, &Dynamic)| {
        let is_word = key
            .chars()
            .all(|letter| letter.is_alphanumeric() || letter == '_');
        let value = draw(engine, value, depth + 1);
        if is_word && !key.starts_with(|letter: char| letter.is_ascii_digit()) {
            format!("{key}: {value}")
        } else {
            format!("{}: {value}", quoted(key))
        }
    };
    map.iter().map(entry).collect()
}

fn wrap(open: &str, entries: &[String], close: &str, depth: usize) -> String {
    if entries.is_empty() {
        return format!("{open}{close}");
    }
    let line = entries.join(", ");
    let space = if open == "[" { "" } else { " " };
    let width = line.chars().count() + 2 * depth + open.len() + close.len() + 2;
    if width <= WIDTH && !line.contains('\n') {
        return format!("{open}{space}{line}{space}{close}");
    }
    let indent = "  ".repeat(depth + 1);
    let lines = entries.join(&format!(",\n{indent}"));
    format!("{open}\n{indent}{lines},\n{}{close}", "  ".repeat(depth))
}

/// Text as a script writes it: what cannot be seen is escaped.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        let code = u32::from(letter);
        match letter {
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '"' | '\\' => quoted.extend(['\\', letter]),
            '\'' => quoted.push(letter),
            _ if letter.escape_debug().len() == 1 => quoted.push(letter),
            _ if code < 0x100 => _ = write!(quoted, "\\x{code:02x}"),
            _ if code < 0x1_0000 => _ = write!(quoted, "\\u{code:04x}"),
            _ => _ = write!(quoted, "\\U{code:08x}"),
        }
    }
    quoted.push('"');
    quoted
}

/// A value without parts, as `print` shows it.
fn plain(engine: &Engine, value: &Dynamic) -> String {
    let mut scope = Scope::new();
    scope.push_dynamic("value", value.flatten_clone());
    engine
        .eval_expression_with_scope::<ImmutableString>(&mut scope, "value.to_string()")
        .map_or_else(|_| value.to_string(), |text| text.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(script: &str) -> String {
        let engine = Engine::new();
        readable(&engine, &engine.eval(script).unwrap())
    }

    #[test]
    fn small_values_stay_on_one_line() {
        assert_eq!(
            read("#{ a: 1, \"b-c\": \"x\\ny\" }"),
            "#{ a: 1, \"b-c\": \"x\\ny\" }"
        );
        assert_eq!(read("[1, [], #{}, 'c', true]"), "[1, [], #{}, c, true]");
        assert_eq!(read("\"text\""), "\"text\"");
        assert_eq!(read("#{ a: () }"), "#{ a: () }");
    }

    #[test]
    fn text_is_shown_as_a_script_writes_it() {
        let text = r#""\x1b[31m \"é\" \\ '東' \x00 \u200b \U000e0001 \r\n""#;
        assert_eq!(read(text), text);
    }

    #[test]
    fn large_values_take_an_entry_a_line() {
        let text = "x".repeat(50);
        assert_eq!(
            read(&format!(
                "#{{ list: [#{{ a: \"{text}\", b: \"{text}\" }}], n: 1 }}"
            )),
            format!(
                "#{{\n  list: [\n    #{{\n      a: \"{text}\",\n      b: \"{text}\",\n    }},\n  ],\n  n: 1,\n}}"
            )
        );
    }
}
