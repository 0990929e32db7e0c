//! `sheet(path)`: the rows of a spreadsheet, as `csv` gives those of a CSV file.
//!
//! Of an `.xlsx` file rows are read as they are asked for; what it keeps once for
//! all cells, its texts above all, is in memory. Other kinds are read whole.

mod cell;
mod number_format;
mod options;
mod reader;
mod rows;
mod workbook;

use std::sync::Arc;

use rhai::{Map, Module};

use crate::script::csv::Rows;
use crate::script::engine::function::{Fallible, function};
use crate::script::host::Host;
use crate::script::raise::Raised;

pub(crate) use options::{NAMES as OPTIONS, Options};
pub(crate) use reader::Sheet;
pub(crate) use workbook::is_one;

fn open(host: &Host, path: &str, name: Option<&str>, options: Options) -> Result<Rows, Raised> {
    let name = name.map(str::to_owned);
    let open = move |files: &_, path: &_| {
        let sheet = Sheet::open(files, path, name.clone(), options.clone())?;
        Ok(Box::new(sheet) as Box<_>)
    };
    Rows::open(host, path, Box::new(open))
}

fn complaint(path: &str, what: &str) -> Raised {
    Raised::new("sheet", format!("`{path}` {what}"))
}

/// Adds `sheet`.
pub(crate) fn register(module: &mut Module, host: &Arc<Host>) {
    let about = "Reads a spreadsheet (.xlsx, .xls, .ods) row by row, its first sheet or the one named. \
                 Numbers are text as the sheet shows them (`42`, `9.50`), dates are dates, \
                 truth is `true` or `false`. Options: `header` with the names of the columns when \
                 the first row is no header, `skip: 2` to pass over the rows above it, `trim`.\n\
                 ```rhai\n\
                 for row in sheet(\"clients.xlsx\", \"Clients\") { print(row.email) }\n\
                 let rows = sheet(\"clients.xlsx\", #{ trim: false });\n\
                 print(rows.columns)\n\
                 ```";
    let files = Arc::clone(host);
    function("sheet", &["path: &str", "rows"], about)
        .set_into_module(module, move |path: &str| -> Fallible<Rows> {
            Ok(open(&files, path, None, Options::default())?)
        });
    let files = Arc::clone(host);
    function("sheet", &["path: &str", "name: &str", "rows"], about).set_into_module(
        module,
        move |path: &str, name: &str| -> Fallible<Rows> {
            Ok(open(&files, path, Some(name), Options::default())?)
        },
    );
    let files = Arc::clone(host);
    function("sheet", &["path: &str", "options: map", "rows"], about).set_into_module(
        module,
        move |path: &str, options: Map| -> Fallible<Rows> {
            Ok(open(&files, path, None, Options::from_map(&options)?)?)
        },
    );
    let files = Arc::clone(host);
    let signature = ["path: &str", "name: &str", "options: map", "rows"];
    function("sheet", &signature, about).set_into_module(
        module,
        move |path: &str, name: &str, options: Map| -> Fallible<Rows> {
            let options = Options::from_map(&options)?;
            Ok(open(&files, path, Some(name), options)?)
        },
    );
}
