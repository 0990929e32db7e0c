//! `whmcsh call`: one call from the shell, its reply on standard output.

use std::io::{IsTerminal, stdout};
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::Value;

use super::fields::Fields;
use super::params::{self, Sources};
use super::records::{Format, Records, tell_missing};
use super::sheet_out::SheetOut;
use super::{Target, Terminal, find_action, interrupt};
use crate::client::{ActionRef, Params};
use crate::display::records::cell;
use crate::display::table::{self, Cell, Fit};
use crate::error::{Exit, Failure};
use crate::run::{Run, STRICT, Walk};
use crate::secrets;

/// What to call and how to show the reply.
#[derive(Debug)]
pub struct CallOptions {
    /// The action, by WHMCS's name or the script function's.
    pub action: String,
    /// Parameters as typed: `name=value`, nested in brackets, or all as JSON.
    pub params: Vec<String>,
    /// The server.
    pub target: Target,
    /// Whether to fetch every page of a list.
    pub all: bool,
    /// The format; a table on a terminal, JSON elsewhere.
    pub output: Option<Format>,
    /// Whether the records are written as a spreadsheet instead.
    pub is_sheet: bool,
    /// The file of the spreadsheet; standard output if none is named.
    pub out: Option<PathBuf>,
    /// The fields that are wanted; all of them if there are none.
    pub fields: Vec<String>,
}

/// What is said where the reply to a write cannot be printed.
pub(super) const WAS_APPLIED: &str = "the write was applied: do not send it again";

/// Makes the call and prints the reply.
pub fn call(options: &CallOptions, terminal: Terminal) -> Result<(), Failure> {
    let allow_unknown = options.target.allowed.unknown;
    let action = find_action(&options.action, allow_unknown)?;
    let params = params::read(&action, &options.params, Sources::All)?;
    let is_list = matches!(&action, ActionRef::Known(action) if action.list.is_some())
        && (options.all || !Fields::are_of_reply(&options.fields, &action));
    let mut fields = Fields::select(&options.fields, &action, is_list, allow_unknown)?;
    let sheet = SheetOut::create((options.is_sheet, options.out.as_deref()), &action, is_list)?;
    let cancel = interrupt::watch()?;
    let opened = options.target.open(&cancel, terminal)?;
    let run = &opened.session.run;
    if !options.target.sandbox {
        interrupt::last_words_without_journal(run);
    }
    if action.is_write() {
        run.tell_not_processed();
    }
    let format = options.output.unwrap_or(if stdout().is_terminal() {
        Format::Table
    } else {
        Format::Json
    });
    let is_strict = options.target.limits.strict;
    if options.all {
        let walk = walk(run, &action, params)?;
        let warned = if let Some(sheet) = sheet {
            let mut records = Vec::new();
            let put = |record| records.push(fields.pick(record));
            let warned = every_page(run, &walk, put, terminal)?;
            sheet.write(&records, &fields, None, terminal)?;
            warned
        } else {
            let mut printed = Records::new(format, fields, terminal);
            let warned = every_page(run, &walk, |record| printed.put(record), terminal)?;
            printed.finish(None);
            warned
        };
        return verdict(&action, warned.filter(|_| is_strict));
    }
    let reply = run
        .call(&action, &params)
        .map_err(|error| Failure::of_call(&error))?;
    let terminal = if action.is_write() {
        terminal.after(WAS_APPLIED)
    } else {
        terminal
    };
    for warning in &reply.warnings {
        terminal.alert(&format!("warning: {warning}"));
    }
    let said = reply.said_warnings().into_iter().next();
    let mut body = reply.body;
    // One that was found on the server has only what a list shows of it.
    body.entry("result").or_insert_with(|| "success".into());
    let mut reply = Value::Object(body);
    run.custom_fields().name_in(&mut reply);
    let is_whole = fields.names().is_none();
    if let Some(sheet) = sheet {
        let records = list(&reply, &action).map(Vec::as_slice).unwrap_or_default();
        let all = more_than(records.len(), &reply);
        let records = records.iter().cloned();
        let records: Vec<Value> = records.map(|record| fields.pick(record)).collect();
        sheet.write(&records, &fields, all, terminal)?;
        return verdict(&action, said.filter(|_| is_strict));
    }
    match list(&reply, &action).filter(|_| is_list) {
        // Without a choice of fields, JSON is the reply as it is.
        records if is_whole && format == Format::Json => {
            terminal.data(&format!("{reply:#}"));
            if let Some(all) = records.and_then(|records| more_than(records.len(), &reply)) {
                let given = records.map_or(0, Vec::len);
                terminal.note(&format!(
                    "{given} of {all} records; `--all` fetches the rest"
                ));
            }
        }
        None if is_whole && format == Format::Table => print_fields(&reply, terminal),
        None if format == Format::Json => {
            terminal.data(&format!("{:#}", fields.pick(reply)));
            tell_missing(&fields, terminal);
        }
        records => {
            let mut printed = Records::new(format, fields, terminal);
            let mut all = None;
            if let Some(records) = records {
                all = more_than(records.len(), &reply);
                let records = records.iter().cloned();
                records.for_each(|record| printed.put(record));
            } else {
                printed.put(reply);
            }
            printed.finish(all);
        }
    }
    verdict(&action, said.filter(|_| is_strict))
}

/// Fails a call, which was answered and is printed, whose success came with that warning.
fn verdict(action: &ActionRef, warning: Option<String>) -> Result<(), Failure> {
    let Some(warning) = warning else {
        return Ok(());
    };
    let (name, warning) = (action.name(), secrets::cover_text(&warning));
    let done = if action.is_write() {
        "carried out"
    } else {
        "answered"
    };
    let what = format!("WHMCS {done} `{name}` with a warning: \"{warning}\"");
    let failure = Failure::new(Exit::Script, what);
    Err(failure.hint(format!(
        "without `{STRICT}`, a warning does not fail the call"
    )))
}

fn walk(run: &Arc<Run>, action: &ActionRef, params: Params) -> Result<Walk, Failure> {
    let walk = match action {
        ActionRef::Known(action) => run.walk(action, params),
        ActionRef::Other { .. } => None,
    };
    walk.ok_or_else(|| {
        Failure::usage(format!(
            "`{}` returns no list, so there is nothing to fetch with `--all`",
            action.name()
        ))
    })
}

/// Hands on every record as its page arrives; the first warning there was.
fn every_page(
    run: &Run,
    walk: &Walk,
    mut put: impl FnMut(Value),
    terminal: Terminal,
) -> Result<Option<String>, Failure> {
    let mut warned = None;
    loop {
        let record = walk.take();
        for warning in walk.warnings() {
            terminal.alert(&format!("warning: {warning}"));
            warned.get_or_insert(warning);
        }
        let Some(record) = record else { break };
        let mut record = record.map_err(|error| Failure::of_call(&error))?;
        run.custom_fields().name_in(&mut record);
        put(record);
    }
    Ok(warned)
}

/// The records of a reply that is a list.
pub(super) fn list<'r>(reply: &'r Value, action: &ActionRef) -> Option<&'r Vec<Value>> {
    let ActionRef::Known(action) = action else {
        return None;
    };
    let path = action.list.as_ref()?.path;
    let list = path.split('.').try_fold(reply, |value, key| value.get(key));
    list.and_then(Value::as_array)
}

/// How many records there are in all, where the server says that they are more.
fn more_than(shown: usize, reply: &Value) -> Option<u64> {
    let total = reply.get("totalresults").and_then(Value::as_u64);
    total.filter(|total| *total > shown as u64)
}

/// Prints a reply that is no list as a table of its fields.
fn print_fields(reply: &Value, terminal: Terminal) {
    let fields = reply.as_object().into_iter().flatten();
    let rows = fields.map(|(field, value)| vec![Cell::text(field), cell(value)]);
    terminal.data(&table::lines(&["field", "value"], rows, Fit::Terminal).join("\n"));
}
