//! What a plan would do, row by row, as a person reads it.

use serde_json::Value;

use super::entry::Entry;
use crate::catalog::{self, Action};
use crate::display::text::on_a_line;
use crate::run::journal::is_content;
use crate::run::plan::{PlannedChange, PlannedWrite};
use crate::secrets;

/// The longest value shown in full, in characters.
const LONGEST: usize = 40;

/// Parameters named of one write, besides its secrets.
const PARAMS: usize = 6;

/// The lines of one entry; `after_script` if the entry before it was the script's own too.
pub(super) fn lines(entry: &Entry, after_script: bool, servers: bool) -> Vec<String> {
    let mut lines = Vec::new();
    match &entry.row {
        None if after_script => {}
        None => lines.push("the script itself".to_owned()),
        Some((number, key)) => lines.push(head(*number, key, entry)),
    }
    for write in &entry.writes {
        lines.extend(of_write(write, servers));
    }
    lines
}

fn head(number: Option<u64>, key: &str, entry: &Entry) -> String {
    let head = match number {
        Some(number) if is_content(key) || key == format!("#{number}") => format!("row {number}"),
        Some(number) => format!("row {number} ({})", plain(key)),
        None => format!("row ({})", plain(key)),
    };
    match (entry.outcome, &entry.reason) {
        ("ok", _) => head,
        (outcome, None) => format!("{head}: {outcome}"),
        (outcome, Some(reason)) => format!("{head}: {outcome}: {}", plain(reason)),
    }
}

/// The lines of one write; `servers` if it is to say on which.
pub(in crate::command) fn of_write(write: &PlannedWrite, servers: bool) -> Vec<String> {
    let action = catalog::action(&write.action);
    let mut line = format!("  {}", write.action);
    if servers {
        line = format!("{line} on {}", write.server);
    }
    let words = params(write, action);
    if !words.is_empty() {
        line = format!("{line} {words}");
    }
    if let Some(remark) = &write.remark {
        line = format!("{line}: {}", plain(remark));
    } else if write.is_idle() {
        line = format!("{line}: no change");
    }
    let mut lines = vec![line];
    if write.is_idle() {
        return lines;
    }
    let (idle, changed): (Vec<_>, Vec<_>) = write.changes.iter().partition(|change| change.is_idle);
    lines.extend(changed.iter().map(|change| of_change(change)));
    if !idle.is_empty() {
        let names: Vec<&str> = idle.iter().map(|change| change.field.as_str()).collect();
        lines.push(format!("    as before: {}", names.join(", ")));
    }
    lines
}

fn of_change(change: &PlannedChange) -> String {
    let old = change.old.as_ref().map_or("(unknown)".to_owned(), value);
    format!("    {}: {old} → {}", change.field, value(&change.new))
}

/// The parameters that say what the write is about: those it needs first, and
/// none that stands among its changes.
fn params(write: &PlannedWrite, action: Option<&Action>) -> String {
    let is_change = |name: &str| {
        let is_it = |change: &PlannedChange| change.field.split('.').next() == Some(name);
        write.changes.iter().any(is_it)
    };
    let rank = |name: &str| {
        let found = action.and_then(|action| {
            let place = action.params.iter().position(|param| param.name == name)?;
            Some((!action.params[place].required, place))
        });
        found.unwrap_or((true, usize::MAX))
    };
    let mut params: Vec<_> = write
        .params
        .iter()
        .filter(|(name, _)| !is_change(name))
        .collect();
    params.sort_by_key(|(name, _)| rank(name));
    let is_secret = |given: &Value| given == secrets::COVER;
    let mut words: Vec<String> = params
        .iter()
        .enumerate()
        .filter(|(place, (_, given))| *place < PARAMS || is_secret(given))
        .map(|(_, (name, given))| format!("{name}={}", value(given)))
        .collect();
    match params.len() - words.len() {
        0 => {}
        more => words.push(format!("… +{more}")),
    }
    words.join(" ")
}

/// A value on one line, as it is where that is not unclear.
fn value(value: &Value) -> String {
    match value {
        Value::Null => "(nothing)".to_owned(),
        Value::String(text) if text.is_empty() => "\"\"".to_owned(),
        Value::String(text) => plain(text),
        other => plain(&other.to_string()),
    }
}

/// Text fit for a line of a terminal: short, with its control characters shown.
fn plain(text: &str) -> String {
    let mut start: String = text.chars().take(LONGEST).collect();
    if text.chars().nth(LONGEST).is_some() {
        start.pop();
        start.push('…');
    }
    on_a_line(&start).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sent_is_shown_with_its_control_characters() {
        assert_eq!(plain("two\nlines"), "two<U+000A>lines");
        assert_eq!(plain("q\u{1b}[1mnext\u{85}"), "q<U+001B>[1mnext<U+0085>");
        let long = "x".repeat(LONGEST);
        assert_eq!(plain(&long), long);
        assert!(plain(&(long + "x")).ends_with("x…"));
    }
}
