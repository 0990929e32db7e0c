//! What a planned write leaves open, and whether a write is the planned one.

use serde_json::{Map, Value, json};

use crate::client::Params;
use crate::run::journal::wire_text;
use crate::run::plan::clock;
use crate::run::plan::marks::{Piece, Unknown, pieces};

/// The words for what stands in a place that the plan does not know.
const KINDS: [(&str, Unknown); 3] = [
    ("id", Unknown::Id),
    ("value", Unknown::Any),
    ("time", Unknown::Clock),
];

/// The places of a write's parameters that the plan does not know, by their pointers: the
/// text around them, and of what kind they are.
pub fn open_places(params: &Params) -> Map<String, Value> {
    let mut places = Map::new();
    for (name, value) in params {
        collect(&pointer("", name), value, &mut places);
    }
    places
}

fn pointer(outer: &str, name: &str) -> String {
    format!("{outer}/{}", name.replace('~', "~0").replace('/', "~1"))
}

fn collect(at: &str, value: &Value, places: &mut Map<String, Value>) {
    match value {
        Value::String(text) => {
            let pieces = pieces(text);
            if pieces.iter().any(|piece| matches!(piece, Piece::Place(..))) {
                places.insert(at.to_owned(), pieces.iter().map(as_json).collect());
            }
        }
        Value::Array(items) => {
            for (number, item) in items.iter().enumerate() {
                collect(&pointer(at, &number.to_string()), item, places);
            }
        }
        Value::Object(map) => {
            for (name, value) in map {
                collect(&pointer(at, name), value, places);
            }
        }
        _ => {}
    }
}

fn as_json(piece: &Piece) -> Value {
    match piece {
        Piece::Text(text) => json!({ "text": text }),
        Piece::Place(kind, _) => {
            let word = KINDS.iter().find(|(_, known)| known == kind);
            json!({ "any": word.map(|(word, _)| word) })
        }
    }
}

/// Whether a value is the planned one of that pointer, where those places are open.
pub fn is_planned(at: &str, planned: &Value, places: &Map<String, Value>, now: &Value) -> bool {
    if let Some(pieces) = places.get(at).and_then(Value::as_array) {
        return wire_text(now).is_some_and(|text| fits(pieces, &text));
    }
    match (planned, now) {
        (Value::Object(planned), Value::Object(now)) => {
            differing(at, planned, places, now).next().is_none()
        }
        (Value::Array(planned), Value::Array(now)) => {
            planned.len() == now.len()
                && planned
                    .iter()
                    .zip(now)
                    .enumerate()
                    .all(|(number, (planned, now))| {
                        is_planned(&pointer(at, &number.to_string()), planned, places, now)
                    })
        }
        (planned, now) => match (wire_text(planned), wire_text(now)) {
            (Some(planned), Some(now)) => planned == now,
            _ => planned == now,
        },
    }
}

/// The entries of a map that are not the planned ones; what is null is not sent.
pub fn differing<'m>(
    at: &'m str,
    planned: &'m Params,
    places: &'m Map<String, Value>,
    now: &'m Params,
) -> impl Iterator<Item = (&'m str, Option<&'m Value>, Option<&'m Value>)> {
    let sent = |value: &&Value| !value.is_null();
    let names = planned
        .keys()
        .chain(now.keys().filter(|name| !planned.contains_key(*name)));
    names.filter_map(move |name| {
        let both = (planned.get(name).filter(sent), now.get(name).filter(sent));
        let is_it = match both {
            (None, None) => true,
            (Some(planned), Some(now)) => is_planned(&pointer(at, name), planned, places, now),
            _ => false,
        };
        (!is_it).then_some((name.as_str(), both.0, both.1))
    })
}

/// Whether a text is that of those pieces.
fn fits(pieces: &[Value], text: &str) -> bool {
    // Where in the text the pieces so far can end.
    let mut ends = vec![false; text.len() + 1];
    ends[0] = true;
    for piece in pieces {
        let mut next = vec![false; text.len() + 1];
        let starts = ends.iter().enumerate().filter(|(_, is_end)| **is_end);
        for (start, _) in starts {
            mark_ends(piece, text, start, &mut next);
        }
        ends = next;
    }
    ends[text.len()]
}

fn mark_ends(piece: &Value, text: &str, start: usize, ends: &mut [bool]) {
    let Some(rest) = text.get(start..) else {
        return;
    };
    if let Some(known) = piece["text"].as_str() {
        if rest.starts_with(known) {
            ends[start + known.len()] = true;
        }
        return;
    }
    let kind = piece["any"].as_str();
    match KINDS.iter().find(|(word, _)| Some(*word) == kind) {
        Some((_, Unknown::Id)) => {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).take(20);
            for length in 1..=digits.count() {
                ends[start + length] = true;
            }
        }
        Some((_, Unknown::Any)) => ends[start..].fill(true),
        Some((_, Unknown::Clock)) => {
            for length in 1..=rest.len() {
                let is_it = rest.get(..length).is_some_and(clock::is_said);
                ends[start + length] |= is_it;
            }
        }
        None => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::plan::marks::{clocked, placeholder};
    use crate::run::plan::planned::kept;

    /// Whether a write with these parameters is the planned one.
    fn is_it(planned: &Value, now: &Value) -> bool {
        let marked = planned.as_object().unwrap();
        let planned = kept(planned);
        let (planned, now) = (planned.as_object().unwrap(), now.as_object().unwrap());
        differing("", planned, &open_places(marked), now)
            .next()
            .is_none()
    }

    #[test]
    fn an_open_place_takes_any_value_of_its_kind() {
        let id = placeholder("<clientid of AddClient 1>");
        let planned =
            json!({ "userid": id, "notes": format!("c{id}.example"), "a": [{ "b/c": id }] });
        let now = |id: Value, notes: &str, inner: Value| json!({ "userid": id, "notes": notes, "a": [{ "b/c": inner }] });
        assert!(is_it(&planned, &now(json!(7), "c7.example", json!("8"))));
        assert!(!is_it(&planned, &now(json!("x"), "c7.example", json!("8"))));
        assert!(!is_it(&planned, &now(json!(7), "d7.example", json!("8"))));
        assert!(!is_it(&planned, &now(json!(7), "c.example", json!("8"))));
        assert!(!is_it(&planned, &now(json!(7), "c7.example", json!([8]))));
        let any = json!({ "notes": placeholder("<newbalance of AddCredit 1>") });
        assert!(is_it(&any, &json!({ "notes": "5.00 ü" })));
        assert!(!is_it(&any, &json!({})));
    }

    #[test]
    fn what_is_known_is_compared_as_it_is_sent() {
        let planned = json!({ "a": 1, "b": true, "c": [1, 2], "d": null, "e": {"f": "x"} });
        assert!(is_it(
            &planned,
            &json!({ "e": {"f": "x"}, "b": "1", "a": "1", "c": ["1", 2] })
        ));
        for now in [
            json!({ "a": 2, "b": true, "c": [1, 2], "e": {"f": "x"} }),
            json!({ "a": 1, "b": true, "c": [2, 1], "e": {"f": "x"} }),
            json!({ "a": 1, "b": true, "c": [1, 2], "e": {"f": "y"} }),
            json!({ "a": 1, "b": true, "c": [1, 2], "e": {"f": "x"}, "g": "" }),
            json!({ "a": 1, "b": true, "c": [1, 2] }),
        ] {
            assert!(!is_it(&planned, &now), "{now}");
        }
    }

    #[test]
    fn a_time_is_one_that_the_run_made_of_its_clock() {
        let planned = json!({ "notes": format!("paid {}", clocked("2031-05-06")) });
        clock::say("2031-07-08");
        assert!(is_it(&planned, &json!({ "notes": "paid 2031-07-08" })));
        assert!(!is_it(&planned, &json!({ "notes": "paid 2031-07-09" })));
    }
}
