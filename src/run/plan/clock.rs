//! What a script made of the run's clock: the texts of days and moments that another run
//! of the same script would have others of.
//!
//! A plan does not hold a run to them. Only a text long enough to be nothing else counts:
//! `14` of an hour may be anything.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

use super::marks;

/// Texts shorter than this are not known again.
const SHORTEST: usize = 8;

/// What the scripts of this process said of the clock.
static SAID: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// Notes the text of a day or a moment that comes of the clock.
pub fn say(text: &str) {
    if text.len() >= SHORTEST {
        said().insert(text.to_owned());
    }
}

/// Whether a text comes of the clock.
pub fn is_said(text: &str) -> bool {
    said().contains(text)
}

/// The value with what comes of the clock marked in its texts.
pub fn marked(value: Value) -> Value {
    let said: Vec<String> = said().iter().cloned().collect();
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

fn said() -> std::sync::MutexGuard<'static, BTreeSet<String>> {
    SAID.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::planned::kept;
    use super::*;

    #[test]
    fn what_comes_of_the_clock_is_marked_wherever_it_stands_by_itself() {
        let said = ["2031-01-02".to_owned(), "2031-01-02 03:04:05".to_owned()];
        let value =
            json!({"a": ["on 2031-01-02 03:04:05, 2031-01-02"], "b": "2031-01-021", "c": 1});
        assert_eq!(
            kept(&mark(value, &said)),
            json!({
                "a": ["on <date by the run's clock>, <date by the run's clock>"],
                "b": "2031-01-021", "c": 1
            })
        );
    }
}
