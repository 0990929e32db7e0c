//! What is different between what was found and what was expected, line by line.

use serde_json::Value;

use crate::display::text::counted;

/// More differences are counted, not shown.
const MOST: usize = 20;
/// A value that is longer than that is cut, in characters.
const LONGEST: usize = 200;

/// What is different; nothing where nothing is.
pub(super) fn difference(found: &Value, expected: &Value) -> Option<String> {
    if let (Value::String(found), Value::String(expected)) = (found, expected)
        && (found.contains('\n') || expected.contains('\n'))
    {
        return of_lines(found, expected);
    }
    let mut lines = Vec::new();
    compare("", found, expected, &mut lines);
    write_lines(lines)
}

/// The different lines of two texts: `-` is expected, `+` was found.
pub(super) fn of_lines(found: &str, expected: &str) -> Option<String> {
    if found == expected {
        return None;
    }
    let found: Vec<&str> = found.split('\n').collect();
    let expected: Vec<&str> = expected.split('\n').collect();
    let same = |(one, other): &(&&str, &&str)| one == other;
    let before = found.iter().zip(&expected).take_while(same).count();
    let rest = found[before..]
        .iter()
        .rev()
        .zip(expected[before..].iter().rev());
    let after = rest.take_while(same).count();
    let mut lines = Vec::new();
    if before > 0 {
        lines.push(format!("  {}", cut(found[before - 1])));
    }
    let line = |sign: char, line: &&str| format!("{sign} {}", cut(line));
    lines.extend(
        expected[before..expected.len() - after]
            .iter()
            .map(|text| line('-', text)),
    );
    lines.extend(
        found[before..found.len() - after]
            .iter()
            .map(|text| line('+', text)),
    );
    write_lines(lines)
}

fn write_lines(mut lines: Vec<String>) -> Option<String> {
    if lines.is_empty() {
        return None;
    }
    let more = lines.len().saturating_sub(MOST);
    lines.truncate(MOST);
    if more > 0 {
        lines.push(format!("and {}", counted(more as u64, "more line")));
    }
    Some(lines.join("\n"))
}

fn compare(path: &str, found: &Value, expected: &Value, lines: &mut Vec<String>) {
    match (found, expected) {
        (Value::Object(found), Value::Object(expected)) => {
            for (key, expected) in expected {
                let path = within(path, key);
                match found.get(key) {
                    Some(found) => compare(&path, found, expected, lines),
                    None => lines.push(format!("- {path}: {}", written(expected))),
                }
            }
            for (key, found) in found {
                if !expected.contains_key(key) {
                    lines.push(format!("+ {}: {}", within(path, key), written(found)));
                }
            }
        }
        (Value::Array(found), Value::Array(expected)) => {
            for place in 0..found.len().max(expected.len()) {
                let path = format!("{path}[{place}]");
                match (found.get(place), expected.get(place)) {
                    (Some(found), Some(expected)) => compare(&path, found, expected, lines),
                    (Some(found), None) => lines.push(format!("+ {path}: {}", written(found))),
                    (None, Some(expected)) => {
                        lines.push(format!("- {path}: {}", written(expected)));
                    }
                    (None, None) => {}
                }
            }
        }
        (found, expected) if are_equal(found, expected) => {}
        (found, expected) => {
            let name = if path.is_empty() {
                String::new()
            } else {
                format!("{path}: ")
            };
            lines.push(format!("- {name}{}", written(expected)));
            lines.push(format!("+ {name}{}", written(found)));
        }
    }
}

/// Whether two values are the same; numbers are, however they are written.
fn are_equal(one: &Value, other: &Value) -> bool {
    one == other || (one.is_number() && other.is_number() && one.as_f64() == other.as_f64())
}

fn within(path: &str, key: &str) -> String {
    if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{key}")
    }
}

/// A value as a script writes it, as far as that is not too long.
pub(super) fn written(value: &Value) -> String {
    let text = match value {
        Value::Null => "()".to_owned(),
        Value::Object(entries) => {
            let entries = entries.iter();
            let entries = entries.map(|(key, value)| format!("{key}: {}", written(value)));
            let inner: Vec<String> = entries.collect();
            if inner.is_empty() {
                "#{}".to_owned()
            } else {
                format!("#{{ {} }}", inner.join(", "))
            }
        }
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(written).collect();
            format!("[{}]", items.join(", "))
        }
        value => value.to_string(),
    };
    cut(&text)
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn drawn(found: &Value, expected: &Value) -> String {
        difference(found, expected).unwrap_or_default()
    }

    #[test]
    fn what_is_the_same_is_not_different() {
        assert_eq!(
            difference(&json!({"a": [1, "x"]}), &json!({"a": [1, "x"]})),
            None
        );
        assert_eq!(difference(&json!(2.0), &json!(2)), None);
        assert_eq!(of_lines("a\nb", "a\nb"), None);
    }

    #[test]
    fn each_difference_has_its_path() {
        let found = json!({"id": 7, "lines": [{"sum": "9.00"}, 2], "extra": null});
        let expected = json!({"id": "7", "lines": [{"sum": "8.00"}], "gone": []});
        assert_eq!(
            drawn(&found, &expected),
            "- id: \"7\"\n+ id: 7\n- lines[0].sum: \"8.00\"\n+ lines[0].sum: \"9.00\"\n+ lines[1]: 2\n\
             - gone: []\n+ extra: ()"
        );
        assert_eq!(drawn(&json!(1), &json!({"a": 1})), "- #{ a: 1 }\n+ 1");
    }

    #[test]
    fn texts_of_many_lines_show_those_that_differ() {
        assert_eq!(drawn(&json!("a\nb\nc"), &json!("a\nB\nc")), "  a\n- B\n+ b");
        assert_eq!(drawn(&json!("a\n"), &json!("a")), "  a\n+ ");
    }

    #[test]
    fn long_differences_are_cut() {
        let found: Vec<usize> = (0..100).collect();
        let shown = drawn(&json!(found), &json!([]));
        assert!(shown.ends_with("+ [19]: 19\nand 80 more lines"), "{shown}");
        assert_eq!(
            written(&json!("x".repeat(1000))).chars().count(),
            LONGEST + 1
        );
    }
}
