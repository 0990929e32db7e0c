//! `whmcsh call`: one call from the shell, its reply on standard output.

use std::io::{IsTerminal, stdout};
use std::sync::Arc;

use serde_json::{Map, Value};

use super::{Target, Terminal, failed_call, interrupt, params};
use crate::catalog::{self, similar};
use crate::client::{ActionRef, CustomKind, Params};
use crate::error::{Exit, Failure};
use crate::run::Run;
use crate::table::{self, Cell, Fit};

/// What to call and how to show the reply.
#[derive(Debug)]
pub struct Options {
    /// The action, by WHMCS's name or the script function's.
    pub action: String,
    /// Parameters as typed: `name=value`, nested in brackets.
    pub params: Vec<String>,
    /// The server.
    pub target: Target,
    /// Whether to fetch every page of a list.
    pub all: bool,
    /// The format; a table on a terminal, JSON elsewhere.
    pub output: Option<Format>,
}

/// How a reply is printed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Format {
    /// Aligned columns for reading.
    Table,
    /// The reply as JSON; with `--all`, an array of records.
    Json,
    /// One JSON record a line.
    Ndjson,
    /// Comma-separated values with a header.
    Csv,
}

/// Makes the call and prints the reply.
pub fn call(options: &Options, terminal: Terminal) -> Result<(), Failure> {
    let action = find_action(options)?;
    let params = params::read(&action, &options.params)?;
    let cancel = interrupt::watch()?;
    let opened = options.target.open(&cancel, terminal)?;
    let format = options.output.unwrap_or(if stdout().is_terminal() {
        Format::Table
    } else {
        Format::Json
    });
    if options.all {
        return every_page(&opened.session.run, &action, params, format, terminal);
    }
    let reply = opened
        .session
        .run
        .call(&action, &params)
        .map_err(|error| failed_call(&error))?;
    for warning in &reply.warnings {
        terminal.alert(&format!("warning: {warning}"));
    }
    let mut reply = Value::Object(reply.body);
    opened.session.run.custom_fields().name_in(&mut reply);
    print(reply, &action, format, terminal)
}

fn find_action(options: &Options) -> Result<ActionRef, Failure> {
    let name = &options.action;
    if let Some(action) = catalog::action(name).or_else(|| catalog::by_function(name)) {
        return Ok(ActionRef::Known(action));
    }
    if options.target.allow_unknown {
        return Ok(ActionRef::Other {
            name: name.clone(),
            kind: CustomKind::Write,
        });
    }
    let failure = Failure::usage(format!("unknown action `{name}`; nothing was sent"));
    let near = similar(name, catalog::actions().iter().map(|action| action.name));
    Err(match near.first() {
        Some(near) => failure.hint(format!("did you mean `{near}`?")),
        None => failure.hint("`whmcsh actions` lists them; `--allow-unknown` sends it as it is"),
    })
}

fn every_page(
    run: &Arc<Run>,
    action: &ActionRef,
    params: Params,
    format: Format,
    terminal: Terminal,
) -> Result<(), Failure> {
    let walk = match action {
        ActionRef::Known(action) => run.walk(action, params),
        ActionRef::Other { .. } => None,
    };
    let walk = walk.ok_or_else(|| {
        Failure::usage(format!(
            "`{}` returns no list, so there is nothing to fetch with `--all`",
            action.name()
        ))
    })?;
    let records = std::iter::from_fn(|| walk.take()).map(|record| {
        let mut record = record?;
        run.custom_fields().name_in(&mut record);
        Ok(record)
    });
    if format == Format::Ndjson {
        for record in records {
            terminal.data(&record.map_err(|error| failed_call(&error))?.to_string());
        }
        return Ok(());
    }
    let records = records
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| failed_call(&error))?;
    print_records(&records, format, terminal)
}

fn print(
    reply: Value,
    action: &ActionRef,
    format: Format,
    terminal: Terminal,
) -> Result<(), Failure> {
    if format == Format::Json {
        terminal.data(&format!("{reply:#}"));
        return Ok(());
    }
    let list = match action {
        ActionRef::Known(action) => action.list.as_ref(),
        ActionRef::Other { .. } => None,
    };
    let records = list.and_then(|list| {
        list.path
            .split('.')
            .try_fold(&reply, |value, key| value.get(key))
            .and_then(Value::as_array)
    });
    match records {
        Some(records) => print_records(records, format, terminal),
        None if format == Format::Table => {
            let fields = reply.as_object().into_iter().flatten();
            let name = |name: &str| Cell {
                text: name.to_owned(),
                is_number: false,
            };
            let rows = fields.map(|(field, value)| vec![name(field), cell(value)]);
            terminal.data(&table::lines(&["field", "value"], rows, Fit::Terminal).join("\n"));
            Ok(())
        }
        None => print_records(&[reply], format, terminal),
    }
}

fn print_records(records: &[Value], format: Format, terminal: Terminal) -> Result<(), Failure> {
    match format {
        Format::Json => terminal.data(&format!("{:#}", Value::from(records))),
        Format::Ndjson => records
            .iter()
            .for_each(|record| terminal.data(&record.to_string())),
        Format::Table => {
            let columns = columns(records);
            let row = |record: &Value| {
                columns
                    .iter()
                    .map(|name| record.get(name).map(cell).unwrap_or_default())
                    .collect()
            };
            terminal
                .data(&table::lines(&columns, records.iter().map(row), Fit::Terminal).join("\n"));
            terminal.note(&format!("{} records", records.len()));
        }
        Format::Csv => {
            let columns = columns(records);
            let mut lines = csv::Writer::from_writer(Vec::new());
            let written = lines.write_record(&columns).and_then(|()| {
                records
                    .iter()
                    .try_for_each(|record| lines.write_record(cells(record, &columns)))
            });
            let bytes = written
                .map_err(std::io::Error::from)
                .and_then(|()| lines.into_inner().map_err(csv::IntoInnerError::into_error));
            let bytes = bytes
                .map_err(|error| Failure::new(Exit::Usage, format!("cannot write CSV: {error}")))?;
            terminal.raw(&bytes);
        }
    }
    Ok(())
}

/// The fields of all records, in the order they first appear.
fn columns(records: &[Value]) -> Vec<String> {
    let mut columns: Vec<String> = Vec::new();
    for name in records
        .iter()
        .filter_map(Value::as_object)
        .flat_map(Map::keys)
    {
        if !columns.contains(name) {
            columns.push(name.clone());
        }
    }
    columns
}

fn cells(record: &Value, columns: &[String]) -> Vec<String> {
    columns
        .iter()
        .map(|name| record.get(name).map_or_else(String::new, text))
        .collect()
}

fn cell(value: &Value) -> Cell {
    Cell {
        text: text(value),
        is_number: value.is_number(),
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
