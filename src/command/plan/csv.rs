//! A plan as a CSV file: one line for each parameter of each write, then the totals.
//!
//! Those have `total` in place of the row: one line for each kind of money in each
//! currency, and one for the mails.

use std::collections::BTreeMap;
use std::io::{self, Write};

use csv::Writer;
use serde_json::{Map, Value};

use super::plan_store::PlanStore;
use super::text::percent;
use crate::catalog;
use crate::run::plan::{Impact, Plan, Tally, toll_of};

/// What stands in the column of the row of a total.
const TOTAL: &str = "total";

/// The columns.
const COLUMNS: [&str; 10] = [
    "row",
    "key",
    "outcome",
    "server",
    "action",
    "parameter",
    "old",
    "new",
    "note",
    "currency",
];

/// Writes every planned write.
pub(super) fn write(out: impl Write, plan: &Plan, store: &PlanStore) -> io::Result<()> {
    let mut writer = Writer::from_writer(out);
    writer.write_record(COLUMNS)?;
    store.each(|line| {
        let entry: Map<String, Value> = serde_json::from_slice(line)?;
        for cells in lines(&entry) {
            writer.write_record(cells.iter().map(|cell| guarded(cell)))?;
        }
        Ok(())
    })?;
    let reads = plan.stale();
    let stale = reads.iter().map(|(action, count)| stale(action, *count));
    for cells in totals(&plan.tallies()).into_iter().chain(stale) {
        writer.write_record(cells.iter().map(|cell| guarded(cell)))?;
    }
    writer.flush()
}

/// The totals of all writes, and where there are several actions with money or mails those
/// of each.
fn totals(tallies: &BTreeMap<(String, String), Tally>) -> Vec<Vec<String>> {
    let mut lines = Vec::new();
    for ((server, action), tally) in tallies {
        of_toll(&tally.impact, (server, action), &mut lines);
    }
    of_toll(&toll_of(tallies.values()), ("", ""), &mut lines);
    lines
}

/// The reads of an action that returned what planned writes would have changed before.
fn stale(action: &str, count: u64) -> Vec<String> {
    let (count, note) = (count.to_string(), "the run may do something else");
    [
        TOTAL,
        "",
        "",
        "",
        action,
        "stale reads",
        "",
        &count,
        note,
        "",
    ]
    .map(str::to_owned)
    .to_vec()
}

fn of_toll(impact: &Impact, (server, action): (&str, &str), lines: &mut Vec<Vec<String>>) {
    let mut add = |what: &str, old: String, new: String, note: String, currency: &str| {
        let head = [TOTAL, "", "", server, action, what].map(str::to_owned);
        lines.push([&head[..], &[old, new, note, currency.to_owned()]].concat());
    };
    for ((currency, flow), sum) in &impact.money {
        let old = sum.old.map(|old| old.to_string()).unwrap_or_default();
        let currency = currency.as_deref().unwrap_or("unknown");
        let (new, note) = (sum.new.to_string(), percent(sum).trim().to_owned());
        add(flow.said(), old, new, note, currency);
    }
    if impact.unknown_amounts > 0 {
        let count = impact.unknown_amounts.to_string();
        add(
            "writes of unknown amount",
            String::new(),
            count,
            String::new(),
            "",
        );
    }
    if impact.list_prices > 0 {
        let (count, note) = (impact.list_prices.to_string(), "not counted as money");
        add(
            "writes that set list prices",
            String::new(),
            count,
            note.to_owned(),
            "",
        );
    }
    match (impact.unknown_mails, impact.mails) {
        (0, 0) => {}
        (0, mails) => add(
            "mails",
            String::new(),
            mails.to_string(),
            "at most".to_owned(),
            "",
        ),
        _ => add(
            "mails",
            String::new(),
            "unknown".to_owned(),
            String::new(),
            "",
        ),
    }
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
                    &["", "", "", &text(&write["remark"]), ""].map(str::to_owned),
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
        lines.push([&of_row[..], &none, &[reason, String::new()]].concat());
    }
    lines
}

/// What a write sets: name, old value, new value, a note, and the currency of an amount.
fn fields(write: &Value) -> Vec<[String; 5]> {
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
    let currency = |name: &str| {
        let action = write["action"].as_str().and_then(catalog::action);
        let name = name.split('.').next().unwrap_or_default();
        let param = action.and_then(|action| catalog::parameter(action, name));
        match param.and_then(|param| param.money) {
            Some(_) => write["currency"].as_str().unwrap_or("unknown").to_owned(),
            None => String::new(),
        }
    };
    let mut fields: Vec<[String; 5]> = params
        .map(|(name, value)| {
            [
                name.clone(),
                String::new(),
                text(value),
                note.clone(),
                currency(name),
            ]
        })
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
            currency(change["field"].as_str().unwrap_or_default()),
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
                "1|a|ok|main|UpdateClient|clientid||7||",
                "1|a|ok|main|UpdateClient|city|Köln|Bonn||"
            ]
        );
        let failed =
            json!({"row": 2, "key": "b", "outcome": "failed", "reason": "why", "writes": []});
        assert_eq!(
            super::lines(failed.as_object().unwrap())[0].join("|"),
            "2|b|failed||||||why|"
        );
    }
}
