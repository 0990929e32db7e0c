//! Marks in the texts of a value what comes of the run's clock.

use std::ops::Range;

use serde_json::Value;

use super::{clock, marks};

/// The value with what comes of the clock marked in its texts.
pub fn marked(value: Value) -> Value {
    let said = clock::texts();
    if said.is_empty() {
        value
    } else {
        mark(value, &said)
    }
}

fn mark(value: Value, said: &[String]) -> Value {
    match value {
        Value::String(text) => mark_text(&text, said).into(),
        Value::Array(items) => items.into_iter().map(|item| mark(item, said)).collect(),
        Value::Object(map) => {
            let entry = |(name, value)| (name, mark(value, said));
            Value::Object(map.into_iter().map(entry).collect())
        }
        other => other,
    }
}

fn mark_text(text: &str, said: &[String]) -> String {
    let mut places: Vec<Range<usize>> = said
        .iter()
        .flat_map(|said| marks::places_of(said, text))
        .collect();
    // Of two at the same place the longer one.
    places.sort_by_key(|place| (place.start, usize::MAX - place.end));
    let mut marked = String::with_capacity(text.len());
    let mut end = 0;
    for place in places {
        if place.start < end {
            continue;
        }
        marked.push_str(&text[end..place.start]);
        marked.push_str(&marks::clocked(&text[place.clone()]));
        end = place.end;
    }
    marked.push_str(&text[end..]);
    marked
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::planned::kept;
    use super::*;

    #[test]
    fn what_comes_of_the_clock_is_marked_wherever_it_stands_by_itself() {
        let said = ["2031-01-02".to_owned(), "2031-01-02 03:04:05".to_owned()];
        clock::say(&said[0], clock::Offset::days(2), clock::DAY);
        clock::say(&said[1], clock::Offset::default(), clock::MOMENT);
        let value =
            json!({"a": ["on 2031-01-02 03:04:05, 2031-01-02"], "b": "2031-01-021", "c": 1});
        assert_eq!(
            kept(&mark(value, &said)),
            json!({
                "a": ["on <now>, <today + 2 days>"],
                "b": "2031-01-021", "c": 1
            })
        );
    }
}
