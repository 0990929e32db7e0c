//! `sheet(path)`: the rows of a spreadsheet, as `csv` gives those of a CSV file.
//!
//! A file of each kind is read by a reader of its own into the same contents, and what
//! they show is decided in one place: so the same sheet gives the same rows whatever it
//! is saved as. Rows are read as they are asked for; what a file keeps once for all cells,
//! its texts above all, is in memory, and so are the records of an `.xls` file.

mod biff;
mod cell;
mod compound;
mod content;
mod fault;
mod formulas;
mod json;
mod number_format;
mod ods;
mod ods_styles;
mod ooxml;
mod options;
mod package;
mod reader;
mod records;
mod rows;
mod workbook;
pub(crate) mod write;
mod xls;
mod xlsb;
mod xlsx;

use std::sync::Arc;

use rhai::{Dynamic, EvalAltResult, Map, Module, Position};

use crate::script::csv::Rows;
use crate::script::engine::function::{Fallible, function};
use crate::script::host::Host;
use reader::CheckedSheet;

pub use json::spreadsheet;
pub(crate) use options::{NAMES as OPTIONS, SheetOptions};
pub(crate) use reader::Sheet;
pub(crate) use workbook::is_one;

fn open(host: &Host, path: &str, options: SheetOptions) -> Fallible<Rows> {
    let checked = CheckedSheet::default();
    let for_all = checked.clone();
    let cancel = host.cancel.clone();
    let part = options.sheet.clone();
    let open = move |files: &_, path: &_| {
        let watched = (Some(for_all.clone()), cancel.clone());
        let sheet = Sheet::open(files, path, options.clone(), watched)?;
        Ok(Box::new(sheet) as Box<_>)
    };
    let rows = match Rows::open(host, path, part.as_deref(), Box::new(open)) {
        Err(_) if host.cancel.is_raised() => {
            return Err(EvalAltResult::ErrorTerminated(Dynamic::UNIT, Position::NONE).into());
        }
        rows => rows?,
    };
    for note in checked.notes() {
        host.note(&note);
    }
    Ok(rows)
}

fn named(name: &str, options: SheetOptions) -> SheetOptions {
    SheetOptions {
        sheet: Some(name.to_owned()),
        ..options
    }
}

/// Adds `sheet`.
pub(crate) fn register(module: &mut Module, host: &Arc<Host>) {
    let about = "Reads the first or the named sheet of a spreadsheet (.xlsx, .xlsb, .xls, .ods) \
        row by row. Numbers are text as the sheet shows them (`42`, `9.50`, `19%`), dates are \
        dates, truth values are `true` or `false`. Options: `header` with the names of the columns \
        when the first row is not a header, `skip: 2` to skip two rows above it, `trim`, `hidden: \
        \"skip\"` to leave out hidden rows and columns, `as_is: [\"code\"]` to take refused cells \
        of a column as the file stores them.\n```rhai\nfor row in sheet(\"clients.xlsx\", \
        \"Clients\") { print(row.email) }\nlet rows = sheet(\"clients.xlsx\", #{ trim: false \
        });\nprint(rows.columns)\n```";
    let files = Arc::clone(host);
    function("sheet", &["path: &str", "rows"], about)
        .set_into_module(module, move |path: &str| -> Fallible<Rows> {
            open(&files, path, SheetOptions::default())
        });
    let files = Arc::clone(host);
    function("sheet", &["path: &str", "name: &str", "rows"], about).set_into_module(
        module,
        move |path: &str, name: &str| -> Fallible<Rows> {
            open(&files, path, named(name, SheetOptions::default()))
        },
    );
    let files = Arc::clone(host);
    function("sheet", &["path: &str", "options: map", "rows"], about).set_into_module(
        module,
        move |path: &str, options: Map| -> Fallible<Rows> {
            open(&files, path, SheetOptions::from_map(&options)?)
        },
    );
    let files = Arc::clone(host);
    let signature = ["path: &str", "name: &str", "options: map", "rows"];
    function("sheet", &signature, about).set_into_module(
        module,
        move |path: &str, name: &str, options: Map| -> Fallible<Rows> {
            let options = SheetOptions::from_map(&options)?;
            open(&files, path, named(name, options))
        },
    );
}
