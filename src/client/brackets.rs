//! Keys with brackets, `clients[client][0][id]`, as the nested values they stand for.
//!
//! Servers that flatten a reply, as for WHMCS's name-value form, send them. Keys that
//! are no such path stay as they are.

use serde_json::{Map, Value};

/// How deep a path may go; no reply of WHMCS goes half as deep.
const DEEPEST: usize = 16;

/// Puts the values of bracketed keys where their paths say.
pub(super) fn nest(body: &mut Map<String, Value>) {
    if !body.keys().any(|key| key.contains('[')) {
        return;
    }
    let mut tops: Vec<String> = Vec::new();
    for (key, value) in std::mem::take(body) {
        match path(&key) {
            Some(names) if fits(body, &names) => {
                tops.push(names[0].to_owned());
                put(body, &names, value);
            }
            // `clients` empty beside `clients[client][0][id]` says nothing more.
            None if is_nothing(&value) && body.contains_key(&key) => {}
            _ => {
                body.insert(key, value);
            }
        }
    }
    for top in tops {
        if let Some(value) = body.get_mut(&top) {
            number(value);
        }
    }
}

/// `a[b][0]` as `a`, `b`, `0`.
fn path(key: &str) -> Option<Vec<&str>> {
    let (top, rest) = key.split_once('[')?;
    let mut names = vec![top];
    names.extend(rest.strip_suffix(']')?.split("]["));
    let is_path = names
        .iter()
        .all(|name| !name.is_empty() && !name.contains(['[', ']']));
    (is_path && names.len() <= DEEPEST).then_some(names)
}

/// Whether nothing but maps and empty values stand in the way of a path, and nothing at its end.
fn fits(body: &Map<String, Value>, names: &[&str]) -> bool {
    match names {
        [] => false,
        [last] => !body.contains_key(*last),
        [first, rest @ ..] => match body.get(*first) {
            Some(Value::Object(inner)) => fits(inner, rest),
            Some(value) => is_nothing(value),
            None => true,
        },
    }
}

fn put(map: &mut Map<String, Value>, names: &[&str], value: Value) {
    match names {
        [] => {}
        [last] => {
            map.insert((*last).to_owned(), value);
        }
        [first, rest @ ..] => {
            let inner = map.entry(*first).or_insert(Value::Null);
            if !inner.is_object() {
                *inner = Value::Object(Map::new());
            }
            if let Value::Object(inner) = inner {
                put(inner, rest, value);
            }
        }
    }
}

fn is_nothing(value: &Value) -> bool {
    value.is_null() || value.as_str().is_some_and(str::is_empty)
}

/// Makes arrays of the maps whose keys count from zero.
fn number(value: &mut Value) {
    let Value::Object(map) = value else {
        return;
    };
    map.values_mut().for_each(number);
    let counts = (0..map.len()).all(|at| map.contains_key(&at.to_string()));
    if counts && !map.is_empty() {
        let items = (0..map.len()).filter_map(|at| map.remove(&at.to_string()));
        *value = Value::Array(items.collect());
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::nest;

    #[track_caller]
    fn check(sent: Value, wanted: Value) {
        let (Value::Object(mut body), Value::Object(wanted)) = (sent, wanted) else {
            panic!("a reply is a map")
        };
        nest(&mut body);
        assert_eq!(body, wanted);
    }

    #[test]
    fn paths_become_maps_and_counted_ones_arrays() {
        check(
            json!({"result": "success", "a[b][0][id]": "1", "a[b][1][id]": "2", "a[c]": "x", "p[7]": 1}),
            json!({"result": "success", "a": {"b": [{"id": "1"}, {"id": "2"}], "c": "x"}, "p": {"7": 1}}),
        );
        let eleven: Vec<i32> = (0..11).collect();
        let sent = eleven.iter().map(|at| (format!("a[{at}]"), json!(at)));
        check(sent.collect(), json!({"a": eleven}));
    }

    #[test]
    fn an_empty_value_makes_way_and_any_other_stays() {
        check(json!({"a": "", "a[0]": 1}), json!({"a": [1]}));
        check(json!({"a[0]": 1, "a": ""}), json!({"a": [1]}));
        check(json!({"a": "x", "a[0]": 1}), json!({"a": "x", "a[0]": 1}));
        check(json!({"a": [1], "a[0]": 2}), json!({"a": [1], "a[0]": 2}));
    }

    #[test]
    fn what_is_no_path_stays() {
        let deep = format!("a{}", "[x]".repeat(1_000));
        for key in [
            "a[", "a[]", "[b]", "a[b", "a]b[", "a[b]c", "a[b]]", "a[[b]", &deep,
        ] {
            let sent = Value::Object([(key.to_owned(), json!(1))].into_iter().collect());
            check(sent.clone(), sent);
        }
    }
}
