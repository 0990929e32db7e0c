//! What a script tells its user: `table` for data, `log` for the run.

use std::sync::Arc;

use rhai::{Array, Dynamic, ImmutableString, Module};
use rust_decimal::Decimal;

use crate::display::table::{Cell, Records, terminal_width};
use crate::script::csv::records::{cell, cell_text, check_columns, column_names, columns, ranks};
use crate::script::engine::function::{Fallible, function, operator};
use crate::script::host::Host;
use crate::script::raise::Raised;
use crate::script::value::record::is_map;

/// The records to be drawn as a table.
fn drawable(records: &[Dynamic], columns: &[ImmutableString]) -> Result<Records, Raised> {
    let row = |record: &Dynamic| {
        let cells = columns.iter().map(|column| match cell(record, column) {
            Some(value) => shown_cell(&value),
            None => Ok(Cell::default()),
        });
        cells.collect::<Result<Vec<_>, _>>()
    };
    Ok(Records {
        caption: None,
        columns: columns.iter().map(ToString::to_string).collect(),
        rows: records.iter().map(row).collect::<Result<_, _>>()?,
    })
}

/// The columns of records, for somebody who looks the most telling first: not all may
/// have room.
fn telling_columns(records: &[Dynamic]) -> Result<Vec<ImmutableString>, Raised> {
    let mut columns = columns(records)?;
    if terminal_width().is_some() && records.iter().all(is_map) {
        let rank = ranks(&columns);
        columns.sort_by_key(|name| rank(name));
    }
    Ok(columns)
}

/// A value as a cell; it fails for what has no text, such as a closure.
pub(crate) fn shown_cell(value: &Dynamic) -> Result<Cell, Raised> {
    Ok(Cell {
        text: cell_text(value)?,
        is_number: value.is_int() || value.is::<Decimal>(),
    })
}

fn print(host: &Host, records: &[Dynamic], wanted: Option<&[Dynamic]>) -> Result<(), Raised> {
    let columns = match wanted {
        Some(wanted) => {
            let wanted = column_names(wanted)?;
            check_columns(&wanted, records)?;
            wanted
        }
        None => telling_columns(records)?,
    };
    if records.is_empty() {
        host.print("(no records)");
        return Ok(());
    }
    host.table(drawable(records, &columns)?);
    Ok(())
}

/// Adds `table` and `log`.
pub(crate) fn register(module: &mut Module, host: &Arc<Host>) {
    let about = "Prints records (maps or rows) as a table, with all columns or the named \
        ones.\n```rhai\ntable([#{ id: 1, email: \"jo@example.com\" \
        }]);\ntable(csv(\"clients.csv\").to_array(), [\"email\"])\n```";
    let output = Arc::clone(host);
    function("table", &["records: array", "()"], about)
        .set_into_module(module, move |records: Array| -> Fallible<()> {
            Ok(print(&output, &records, None)?)
        });
    let output = Arc::clone(host);
    let signature = ["records: array", "columns: array", "()"];
    function("table", &signature, about).set_into_module(
        module,
        move |records: Array, columns: Array| -> Fallible<()> {
            Ok(print(&output, &records, Some(&columns))?)
        },
    );
    register_log(module, host);
}

fn register_log(module: &mut Module, host: &Arc<Host>) {
    let output = Arc::clone(host);
    let note = move |value: &Dynamic| -> Fallible<()> {
        output.note(&cell_text(value)?);
        Ok(())
    };
    let general = note.clone();
    function(
        "log",
        &["text: ?", "()"],
        "Prints a message about the run to standard error, as warnings do.\n```rhai\nlog(`started \
         at ${now()}`)\n```",
    )
    .set_into_module(module, move |value: Dynamic| general(&value));
    // Rhai's logarithms are registered for these types and would go before.
    let float = note.clone();
    operator("log").set_into_module(module, move |value: f64| float(&value.into()));
    operator("log").set_into_module(module, move |value: Decimal| note(&value.into()));
}

#[cfg(test)]
mod tests {
    use crate::script::test_engine::TestEngine;

    fn printed(script: &str) -> String {
        let bench = TestEngine::new();
        bench.file("c.csv", "z,email\n1,x@example.com\n");
        bench.text(script);
        let printed = bench.heard.printed.lock().unwrap();
        printed.join("\n")
    }

    #[test]
    fn records_are_printed_as_a_table() {
        assert_eq!(
            printed("table([#{ id: 7, name: \"Zoë 東京\" }, #{ id: 12, due: money(\"1.50\") }])"),
            "\
┌────┬──────────┬──────┐
│ id ┆ name     ┆ due  │
╞════╪══════════╪══════╡
│  7 ┆ Zoë 東京 ┆      │
│ 12 ┆          ┆ 1.50 │
└────┴──────────┴──────┘"
        );
    }

    #[test]
    fn rows_keep_the_order_of_their_file() {
        let table = printed("table(csv(\"c.csv\").to_array())");
        assert!(table.contains("│ z ┆ email         │"), "{table}");
    }

    #[test]
    fn only_the_columns_named_are_printed() {
        let table = printed("table([#{ id: 7, name: \"x\", more: 1 }], [\"name\", \"id\"])");
        assert!(table.contains("│ name ┆ id │"), "{table}");
        assert_eq!(
            TestEngine::new().refusal("table([#{ name: 1 }], [\"nam\"])"),
            "none of the records has a column `nam`\nhint: did you mean `name`?"
        );
    }

    #[test]
    fn no_records_are_said_to_be_none() {
        assert_eq!(printed("table([])"), "(no records)");
        assert_eq!(printed("table([], [\"id\"])"), "(no records)");
    }

    #[test]
    fn a_cell_cannot_write_over_the_screen_or_fill_it() {
        let table = printed(
            "let wide = \"ü\"; wide.pad(200, 'ü'); table([#{ a: \"x\\x1b[2J\\ny\", b: wide }])",
        );
        assert!(!table.contains('\u{1b}'), "{table}");
        assert!(table.contains("│ x<U+001B>[2J y ┆"), "{table}");
        assert!(
            // The shown control, sixty columns of the other cell, and the frame.
            table
                .lines()
                .all(|line| line.chars().count() <= 14 + 60 + 7),
            "{table}"
        );
    }

    #[test]
    fn what_is_no_record_is_refused() {
        assert!(
            TestEngine::new()
                .refusal("table([1])")
                .starts_with("item 1: a whole number is not a record")
        );
    }

    #[test]
    fn a_log_is_a_note_and_no_logarithm() {
        let bench = TestEngine::new();
        bench.text("log(\"text\"); log(5); log(10.0); log(money(\"1.50\")); log(today())");
        assert_eq!(
            *bench.heard.noted.lock().unwrap(),
            ["text", "5", "10.0", "1.50", "2026-11-23"]
        );
    }
}
