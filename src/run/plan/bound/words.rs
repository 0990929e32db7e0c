//! What a run held to a plan says of its writes.

use serde_json::{Map, Value};

/// How a write differs from the planned one it is nearest to.
pub fn differs(action: &str, mut differences: Vec<String>) -> String {
    let more = differences.len().saturating_sub(3);
    differences.truncate(3);
    let more = match more {
        0 => String::new(),
        more => format!(", and {more} more"),
    };
    let differences = differences.join(", ");
    format!("`{action}` differs from the plan: {differences}{more}; nothing was sent")
}

/// How a parameter differs from the planned one.
pub fn difference(name: &str, planned: Option<&Value>, now: Option<&Value>) -> String {
    let shown = |value: &Value| match value {
        Value::String(text) => format!("`{text}`"),
        other => format!("`{other}`"),
    };
    match (planned, now) {
        (Some(planned), Some(now)) => {
            format!(
                "`{name}` would be {} instead of {}",
                shown(now),
                shown(planned)
            )
        }
        (Some(planned), None) => {
            format!("`{name}` would be left out instead of {}", shown(planned))
        }
        (None, now) => format!(
            "`{name}` would be {} instead of being left out",
            now.map(shown).unwrap_or_default()
        ),
    }
}

/// A planned write, and whose it is.
pub fn named(row: &Map<String, Value>, write: &Map<String, Value>) -> Option<String> {
    let whose = match (row.get("row"), row.get("key")) {
        (Some(Value::Number(number)), Some(Value::String(key))) if *key != format!("#{number}") => {
            format!("row {number} ({key}): ")
        }
        (Some(Value::Number(number)), _) => format!("row {number}: "),
        (_, Some(Value::String(key))) => format!("row ({key}): "),
        _ => String::new(),
    };
    let action = write.get("action")?.as_str()?;
    let params = write.get("params")?.as_object()?.iter().take(6);
    let params = params.map(|(name, value)| match value {
        Value::String(text) => format!(" {name}={text}"),
        other => format!(" {name}={other}"),
    });
    Some(format!("{whose}{action}{}", params.collect::<String>()))
}
