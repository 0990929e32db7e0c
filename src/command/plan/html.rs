//! A plan as a page to read and to print: no script, nothing from elsewhere.

use std::io::{self, Write};

use serde_json::{Map, Value};

use super::plan_store::PlanStore;
use super::subject::PlanSubject;
use super::text;
use crate::display::text::on_a_line;
use crate::report::Escaped;
use crate::run::plan::{Plan, unmarked};

const STYLE: &str = "body{font:15px/1.4 sans-serif;margin:2em;max-width:70em}table{border-collapse:collapse;margin:1em 0}\
td,th{border:1px solid #bbb;padding:.2em .6em;text-align:left;vertical-align:top}\
.stop{color:#a00}.old{color:#777;text-decoration:line-through}@media print{body{margin:0}}";

/// Writes the page.
pub(super) fn write(
    mut out: impl Write,
    subject: &PlanSubject,
    plan: &Plan,
    store: &PlanStore,
) -> io::Result<()> {
    let title = format!("Plan of {} on {}", subject.script, subject.host);
    write!(
        out,
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title>\
         <style>{STYLE}</style></head><body>\n<h1>{title}</h1>\n<p>Nothing was changed. Command: <code>{}</code></p>\n",
        Escaped(&on_a_line(&subject.command)),
        title = Escaped(&on_a_line(&title)),
    )?;
    if let Some(error) = subject.error.as_ref().map(|error| &error.what) {
        let error = unmarked(error);
        writeln!(
            out,
            "<p class=\"stop\">The script stopped: {}</p>",
            Escaped(&on_a_line(&error))
        )?;
    }
    writeln!(out, "<ul>")?;
    for line in text::totals(&plan.tallies(), plan, store) {
        writeln!(out, "<li>{}</li>", Escaped(&on_a_line(&unmarked(&line))))?;
    }
    for stop in subject.stops(plan) {
        writeln!(
            out,
            "<li class=\"stop\">{}</li>",
            Escaped(&on_a_line(&stop))
        )?;
    }
    writeln!(
        out,
        "</ul>\n<table><tr><th>row</th><th>action</th><th>what</th></tr>"
    )?;
    store.each(|line| {
        let entry: Map<String, Value> = serde_json::from_slice(line)?;
        row(&mut out, &entry)
    })?;
    writeln!(out, "</table></body></html>")?;
    out.flush()
}

fn row(out: &mut impl Write, entry: &Map<String, Value>) -> io::Result<()> {
    let told = |name: &str| entry.get(name).map(plain).unwrap_or_default();
    let (number, key) = (told("row"), told("key"));
    let whose = if key.is_empty() || key == format!("#{number}") {
        number
    } else {
        format!("{number} ({key})")
    };
    let whose = match (told("outcome").as_str(), told("reason").as_str()) {
        ("ok", "") => whose,
        (outcome, reason) => format!("{whose} {outcome} {reason}"),
    };
    let writes = entry.get("writes").and_then(Value::as_array);
    let writes = writes.map(Vec::as_slice).unwrap_or_default();
    if writes.is_empty() {
        return writeln!(
            out,
            "<tr><td>{}</td><td></td><td></td></tr>",
            Escaped(&whose)
        );
    }
    for write in writes {
        write!(
            out,
            "<tr><td>{}</td><td>{}</td><td>",
            Escaped(&whose),
            Escaped(&plain(&write["action"]))
        )?;
        what(out, write)?;
        writeln!(out, "</td></tr>")?;
    }
    Ok(())
}

fn what(out: &mut impl Write, write: &Value) -> io::Result<()> {
    let changes: Vec<&Value> = write["changes"].as_array().into_iter().flatten().collect();
    let is_change = |name: &str| {
        let mut fields = changes.iter().filter_map(|change| change["field"].as_str());
        fields.any(|field| field.split('.').next() == Some(name))
    };
    for (name, value) in write["params"].as_object().into_iter().flatten() {
        if !is_change(name) {
            write!(
                out,
                "{}: {}<br>",
                Escaped(&on_a_line(name)),
                Escaped(&plain(value))
            )?;
        }
    }
    for change in &changes {
        let field = plain(&change["field"]);
        if change["unchanged"] == true {
            write!(out, "{}: no change<br>", Escaped(&field))?;
            continue;
        }
        let old = if change["known"] == true {
            plain(&change["old"])
        } else {
            "unknown".to_owned()
        };
        write!(
            out,
            "{}: <span class=\"old\">{}</span> → {}<br>",
            Escaped(&field),
            Escaped(&old),
            Escaped(&plain(&change["new"]))
        )?;
    }
    let remark = plain(&write["remark"]);
    if !remark.is_empty() {
        write!(out, "<em>{}</em>", Escaped(&remark))?;
    }
    Ok(())
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => on_a_line(text).into_owned(),
        other => other.to_string(),
    }
}
