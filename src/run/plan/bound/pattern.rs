//! What a planned write leaves open, and whether a write is the planned one.

use jiff::civil::Date;
use serde::Deserialize as _;
use serde_json::{Map, Value, json};

use super::reference::Reference;
use crate::client::Params;
use crate::run::journal::wire_text;
use crate::run::plan::clock::{self, Reckoned};
use crate::run::plan::marks::{Piece, Unknown, pieces};

/// The words for what stands in a place that the plan does not know.
const KINDS: [(&str, Unknown); 3] = [
    ("id", Unknown::Id),
    ("value", Unknown::Any),
    ("time", Unknown::Clock),
];

/// What a run knows by now of what the plan left open.
pub struct Context<'c> {
    /// The day on which the plan was made.
    pub planned_on: Option<Date>,
    /// What an earlier write of the run gave, if it was made.
    pub given: &'c dyn Fn(&Reference) -> Option<String>,
}

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
        Piece::Place(kind, text) => {
            let word = KINDS.iter().find(|(_, known)| known == kind);
            let mut place = json!({ "any": word.map(|(word, _)| word) });
            match source_of(*kind, text) {
                Value::Null => {}
                of => place["of"] = of,
            }
            place
        }
    }
}

/// What the value of a place comes of, as far as the run can know it: the clock, or the reply
/// to an earlier write; null where any value will do.
fn source_of(kind: Unknown, text: &str) -> Value {
    if kind == Unknown::Clock {
        let ways = clock::ways(text);
        if ways.is_empty() {
            return Value::Null;
        }
        return json!(ways);
    }
    let inner = text
        .strip_prefix('<')
        .and_then(|text| text.strip_suffix('>'));
    match inner.filter(|inner| Reference::read(inner).is_some()) {
        Some(inner) => inner.into(),
        None => Value::Null,
    }
}

/// Whether a value is the planned one of that pointer, where those places are open.
fn is_planned(
    at: &str,
    planned: &Value,
    (places, context): (&Map<String, Value>, &Context),
    now: &Value,
) -> bool {
    if let Some(pieces) = places.get(at).and_then(Value::as_array) {
        return wire_text(now).is_some_and(|text| fits(pieces, context, &text));
    }
    match (planned, now) {
        (Value::Object(planned), Value::Object(now)) => {
            differing(at, planned, (places, context), now)
                .next()
                .is_none()
        }
        (Value::Array(planned), Value::Array(now)) => {
            planned.len() == now.len()
                && planned
                    .iter()
                    .zip(now)
                    .enumerate()
                    .all(|(number, (planned, now))| {
                        let at = pointer(at, &number.to_string());
                        is_planned(&at, planned, (places, context), now)
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
    (places, context): (&'m Map<String, Value>, &'m Context),
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
            (Some(planned), Some(now)) => {
                is_planned(&pointer(at, name), planned, (places, context), now)
            }
            _ => false,
        };
        (!is_it).then_some((name.as_str(), both.0, both.1))
    })
}

/// Whether a text is that of those pieces.
fn fits(pieces: &[Value], context: &Context, text: &str) -> bool {
    // Where in the text the pieces so far can end.
    let mut ends = vec![false; text.len() + 1];
    ends[0] = true;
    for piece in pieces {
        let mut next = vec![false; text.len() + 1];
        let starts = ends.iter().enumerate().filter(|(_, is_end)| **is_end);
        for (start, _) in starts {
            mark_ends(piece, context, (text, start), &mut next);
        }
        ends = next;
    }
    ends[text.len()]
}

fn mark_ends(piece: &Value, context: &Context, (text, start): (&str, usize), ends: &mut [bool]) {
    let Some(rest) = text.get(start..) else {
        return;
    };
    let mut mark = |known: &str| {
        if rest.starts_with(known) {
            ends[start + known.len()] = true;
        }
    };
    if let Some(known) = piece["text"].as_str() {
        return mark(known);
    }
    if let Some(reference) = piece["of"].as_str().and_then(Reference::read) {
        if let Some(given) = (context.given)(&reference) {
            mark(&given);
            // Of a list of ids a script takes one.
            given.split(',').map(str::trim).for_each(mark);
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
            let ways = Vec::<Reckoned>::deserialize(&piece["of"]).unwrap_or_default();
            if let Some(today) = context.planned_on {
                let shown = ways.iter().filter_map(|way| way.on(today));
                shown.for_each(|shown| mark(&shown));
            }
            for length in 1..=rest.len() {
                let is_it = |text| clock::is_said(text, &ways);
                ends[start + length] |= rest.get(..length).is_some_and(is_it);
            }
        }
        None => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::plan::clock::Offset;
    use crate::run::plan::marks::{clocked, placeholder};
    use crate::run::plan::planned::kept;

    /// Whether a write with these parameters is the planned one.
    fn is_it(planned: &Value, now: &Value) -> bool {
        let given =
            |reference: &Reference| (reference.action == "AddClient").then(|| "7".to_owned());
        let context = Context {
            planned_on: Some(jiff::civil::date(2031, 5, 1)),
            given: &given,
        };
        let marked = planned.as_object().unwrap();
        let planned = kept(planned);
        let (planned, now) = (planned.as_object().unwrap(), now.as_object().unwrap());
        differing("", planned, (&open_places(marked), &context), now)
            .next()
            .is_none()
    }

    #[test]
    fn an_open_place_takes_the_id_that_was_given_or_any_value_of_its_kind() {
        let id = placeholder("<clientid of AddClient 1>");
        let planned =
            json!({ "userid": id, "notes": format!("c{id}.example"), "a": [{ "b/c": id }] });
        let now = |id: Value, notes: &str, inner: Value| json!({ "userid": id, "notes": notes, "a": [{ "b/c": inner }] });
        assert!(is_it(&planned, &now(json!(7), "c7.example", json!("7"))));
        assert!(!is_it(&planned, &now(json!(8), "c7.example", json!("7"))));
        assert!(!is_it(&planned, &now(json!(7), "c8.example", json!("7"))));
        assert!(!is_it(&planned, &now(json!(7), "c.example", json!("7"))));
        assert!(!is_it(&planned, &now(json!(7), "c7.example", json!([7]))));
        let unmade = json!({ "userid": placeholder("<orderid of AddOrder 1>") });
        assert!(!is_it(&unmade, &json!({ "userid": 7 })));
        let read = json!({ "userid": placeholder("<id of GetClientsDetails 1>") });
        assert!(is_it(&read, &json!({ "userid": 8 })));
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
    fn a_day_is_as_far_from_the_clock_as_planned_or_the_one_that_is_shown() {
        let say = |text, days| clock::say(text, Offset::days(days), clock::DAY);
        say("2031-05-06", 5);
        let planned = json!({ "notes": format!("paid {}", clocked("2031-05-06")) });
        say("2031-07-08", 5);
        say("2031-07-09", 6);
        let now = |day: &str| is_it(&planned, &json!({ "notes": format!("paid {day}") }));
        assert!(now("2031-07-08") && now("2031-05-06"));
        assert!(!now("2031-07-09") && !now("2031-07-10"));
        let unknown = json!({ "notes": clocked("2031-01-01") });
        assert!(is_it(&unknown, &json!({ "notes": "2031-07-09" })));
        assert!(!is_it(&unknown, &json!({ "notes": "2031-07-10" })));
    }
}
