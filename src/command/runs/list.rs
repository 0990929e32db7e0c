//! `whmcsh runs list`: every run, the newest first.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::{number, open, text};
use crate::command::{Terminal, run_folder};
use crate::config::runs_folder;
use crate::error::Failure;
use crate::table::{self, Fit};

/// Lists the runs, the newest first.
pub fn list(json: bool, terminal: Terminal) -> Result<(), Failure> {
    let mut runs = Vec::new();
    for name in names(&runs_folder()?) {
        let reading = open(&name)?;
        let counts = reading
            .counts()
            .map_err(|error| run_folder::failed(&error))?;
        runs.push((name, reading, counts));
    }
    runs.sort_by(|one, other| other.1.head().started.cmp(&one.1.head().started));
    if json {
        let runs: Vec<Value> = runs
            .iter()
            .map(|(name, reading, counts)| {
                json!({
                    "id": name, "script": reading.head().script, "started": reading.head().started,
                    "state": reading.state().word(), "host": reading.head().host,
                    "writes": counts.writes, "writes_in_doubt": counts.writes_in_doubt,
                })
            })
            .collect();
        terminal.data(&format!("{:#}", Value::from(runs)));
        return Ok(());
    }
    if runs.is_empty() {
        terminal.note("no runs yet");
        return Ok(());
    }
    let rows = runs.iter().map(|(name, reading, counts)| {
        vec![
            text(name),
            text(reading.state().word()),
            number(counts.writes),
            number(counts.writes_in_doubt),
            text(&reading.head().host),
            text(&reading.head().script),
        ]
    });
    let columns = ["run", "state", "writes", "in doubt", "server", "script"];
    terminal.data(&table::lines(&columns, rows, Fit::Terminal).join("\n"));
    Ok(())
}

/// The folders that hold a journal.
fn names(runs: &Path) -> Vec<String> {
    let entries = fs::read_dir(runs).into_iter().flatten().flatten();
    let names = entries.filter(|entry| entry.path().join("journal.sqlite").is_file());
    names
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect()
}
