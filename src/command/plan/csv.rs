//! A plan as a CSV file: one line for each parameter of each write.

use std::io::{self, Write};

use csv::Writer;
use serde_json::{Map, Value};

use super::plan_store::PlanStore;

/// The columns.
const COLUMNS: [&str; 9] = [
    "row",
    "key",
    "outcome",
    "server",
    "action",
    "parameter",
    "old",
    "new",
    "note",
];

/// Writes every planned write.
pub(super) fn write(out: impl Write, store: &PlanStore) -> io::Result<()> {
    let mut writer = Writer::from_writer(out);
    writer.write_record(COLUMNS)?;
    store.each(|line| {
        let entry: Map<String, Value> = serde_json::from_slice(line)?;
        for cells in lines(&entry) {
            writer.write_record(cells.iter().map(|cell| guarded(cell)))?;
        }
        Ok(())
    })?;
    writer.flush()
}

fn lines(entry: &Map<String, Value>) -> Vec<Vec<String>> {
    let of_row =
        ["row", "key", "outcome"].map(|name| entry.get(name).map(text).unwrap_or_default());
    let reason = entry.get("reason").map(text).unwrap_or_default();
    let writes = entry.get("writes").and_then(Value::as_array);
    let mut lines: Vec<Vec<String>> = Vec::new();
    for write in writes.into_iter().flatten() {
        let head = [
            &of_row[..],
            &[text(&write["server"]), text(&write["action"])],
        ]
        .concat();
        let fields = fields(write);
        if fields.is_empty() {
            lines.push(
                [
                    &head[..],
                    &["", "", "", &text(&write["remark"])].map(str::to_owned),
                ]
                .concat(),
            );
        }
        lines.extend(
            fields
                .into_iter()
                .map(|field| [&head[..], &field[..]].concat()),
        );
    }
    if lines.is_empty() {
        let none = ["", "", "", "", ""].map(str::to_owned);
        lines.push([&of_row[..], &none, &[reason]].concat());
    }
    lines
}

/// What a write sets: name, old value, new value, and a note.
fn fields(write: &Value) -> Vec<[String; 4]> {
    let changes: Vec<&Value> = write["changes"].as_array().into_iter().flatten().collect();
    let is_change = |name: &str| {
        let is_it = |change: &&Value| {
            let field = change["field"].as_str().unwrap_or_default();
            field.split('.').next() == Some(name)
        };
        changes.iter().any(is_it)
    };
    let params = write["params"].as_object().into_iter().flatten();
    let params = params.filter(|(name, _)| !is_change(name));
    let note = text(&write["remark"]);
    let mut fields: Vec<[String; 4]> = params
        .map(|(name, value)| [name.clone(), String::new(), text(value), note.clone()])
        .collect();
    fields.extend(changes.iter().map(|change| {
        let note = match (&change["unchanged"], &change["known"]) {
            (Value::Bool(true), _) => "no change",
            (_, Value::Bool(false)) => "old value unknown",
            _ => "",
        };
        [
            text(&change["field"]),
            text(&change["old"]),
            text(&change["new"]),
            note.to_owned(),
        ]
    }));
    fields
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A cell that no spreadsheet takes for a formula: one that begins like a formula and is
/// not a number begins with an apostrophe.
fn guarded(cell: &str) -> String {
    let is_like_formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if is_like_formula && cell.parse::<f64>().is_err() {
        format!("'{cell}")
    } else {
        cell.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        for (cell, expected) in [
            ("=1+1", "'=1+1"),
            ("+49 30", "'+49 30"),
            ("-5.00", "-5.00"),
            ("@x", "'@x"),
            ("\t=1", "'\t=1"),
            ("a=1", "a=1"),
            ("", ""),
        ] {
            assert_eq!(guarded(cell), expected);
        }
    }

    #[test]
    fn each_parameter_has_a_line_of_its_own() {
        let entry = json!({
            "row": 1, "key": "a", "outcome": "ok", "reason": null, "writes": [{
                "server": "main", "action": "UpdateClient", "remark": null,
                "params": {"clientid": 7, "city": "Bonn"},
                "changes": [{"field": "city", "known": true, "old": "Köln", "new": "Bonn", "unchanged": false}],
            }],
        });
        let lines: Vec<String> = lines(entry.as_object().unwrap())
            .iter()
            .map(|cells| cells.join("|"))
            .collect();
        assert_eq!(
            lines,
            [
                "1|a|ok|main|UpdateClient|clientid||7|",
                "1|a|ok|main|UpdateClient|city|Köln|Bonn|"
            ]
        );
        let failed =
            json!({"row": 2, "key": "b", "outcome": "failed", "reason": "why", "writes": []});
        assert_eq!(
            super::lines(failed.as_object().unwrap())[0].join("|"),
            "2|b|failed||||||why"
        );
    }
}
