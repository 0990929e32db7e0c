//! `whmcsh runs failed`: the rows of a run that failed, and the file to mend them in.
//!
//! Rows in doubt are not among them: to do one again might do it twice.

use std::io::Read as _;
use std::path::Path;

use serde_json::{Map, Value, json};

use super::opened::{make_files, open};
use crate::command::execution::counted::rows_in_words;
use crate::command::execution::names;
use crate::command::{Format, Terminal};
use crate::config::runs_folder;
use crate::display::table::{self, Cell, Fit};
use crate::error::Failure;
use crate::files::reason;
use crate::run::journal::{BulkRecord, JournalError, Reading, RowRecord};
use crate::run::outputs;

/// Rows that are shown as a table; the file has all of them.
const SHOWN: u64 = 100;

/// Prints the rows of a run that failed.
pub fn failed(name: &str, format: Format, terminal: Terminal) -> Result<(), Failure> {
    let folder = names::folder(&runs_folder()?, name)?;
    let reading = open(name)?;
    make_files(&folder, &reading).map_err(|error| Failure::usage(error.to_string()))?;
    let told = |error: JournalError| names::failed(&error);
    match format {
        Format::Table => print_table(&reading, terminal).map_err(told)?,
        Format::Json => print_json(&reading, ["[", ",", "\n]\n"], terminal).map_err(told)?,
        Format::Ndjson => print_json(&reading, ["", "", "\n"], terminal).map_err(told)?,
        Format::Csv => return print_csv(name, &folder, terminal),
    }
    for file in outputs::failed_files(&folder) {
        terminal.note(&format!("failed rows: {}", file.display()));
    }
    Ok(())
}

fn print_table(reading: &Reading, terminal: Terminal) -> Result<(), JournalError> {
    let mut rows = Vec::new();
    let mut count = 0;
    reading.failed_rows(|row, applied| {
        count += 1;
        if count <= SHOWN {
            rows.push(cells(&row, &applied));
        }
    })?;
    if count == 0 {
        terminal.note("no row failed");
        return Ok(());
    }
    let columns = ["row", "line", "key", "error", "applied before"];
    terminal.data(&table::lines(&columns, rows, Fit::Terminal).join("\n"));
    if count > SHOWN {
        terminal.note(&format!("… and {} more", rows_in_words(count - SHOWN)));
    }
    Ok(())
}

fn cells(row: &RowRecord, applied: &[String]) -> Vec<Cell> {
    let error = row.error.as_ref().and_then(|error| error.get("message"));
    vec![
        Cell::number(row.number),
        row.line.map(Cell::number).unwrap_or_default(),
        Cell::text(&row.key),
        Cell::text(error.and_then(Value::as_str).unwrap_or_default()),
        Cell::text(&applied.join(", ")),
    ]
}

/// Prints rows one a line, with what stands before, between and behind them.
fn print_json(
    reading: &Reading,
    [before, between, behind]: [&str; 3],
    terminal: Terminal,
) -> Result<(), JournalError> {
    let bulks = reading.bulks()?;
    let mut lines = before.to_owned();
    let mut is_first = true;
    reading.failed_rows(|row, applied| {
        if !is_first {
            lines.push_str(between);
        }
        if !is_first || !before.is_empty() {
            lines.push('\n');
        }
        is_first = false;
        lines.push_str(&as_json(&row, &applied, &bulks).to_string());
        terminal.raw(lines.as_bytes());
        lines.clear();
    })?;
    if !(is_first && before.is_empty()) {
        lines.push_str(behind);
    }
    terminal.raw(lines.as_bytes());
    Ok(())
}

fn as_json(row: &RowRecord, applied: &[String], bulks: &[BulkRecord]) -> Value {
    let bulk = bulks.iter().find(|bulk| bulk.number == row.bulk);
    let cells = bulk.map(|bulk| {
        let cells = bulk.columns.iter().zip(&row.original);
        let shown = cells.filter(|(name, _)| !bulk.hidden.contains(name));
        let shown = shown.map(|(name, cell)| (name.clone(), cell.clone().into()));
        shown.collect::<Map<String, Value>>()
    });
    json!({
        "bulk": row.bulk, "row": row.number, "line": row.line, "key": row.key,
        "error": row.error, "applied": applied, "cells": cells,
    })
}

/// Prints the file as it is.
fn print_csv(name: &str, folder: &Path, terminal: Terminal) -> Result<(), Failure> {
    let files = outputs::failed_files(folder);
    let [path] = files.as_slice() else {
        if files.is_empty() {
            terminal.note("no row failed");
            return Ok(());
        }
        let names: Vec<String> = files
            .iter()
            .map(|file| file.display().to_string())
            .collect();
        let what = format!("several loops of run `{name}` have failed rows, each in its own file");
        return Err(Failure::usage(what).hint(format!("the files are {}", names.join(", "))));
    };
    let failed = |error| {
        let (shown, why) = (path.display(), reason(&error));
        Failure::usage(format!("`{shown}` cannot be read: {why}"))
    };
    let mut file = std::fs::File::open(path).map_err(failed)?;
    let mut chunk = vec![0; 64 * 1024];
    loop {
        match file.read(&mut chunk).map_err(failed)? {
            0 => return Ok(()),
            count => terminal.raw(&chunk[..count]),
        }
    }
}
