//! CSV files written row by row: `csv_writer`, and all at once: `write_csv`.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use csv::Writer;
use rhai::{Array, Dynamic, ImmutableString, Module};

use super::csv_options::check_names;
use super::draft::{Draft, unwritable};
use super::function::{Fallible, function, operator};
use super::host::{Confinement, Host, Output};
use super::raise::Raised;
use super::records::{cell, cell_text, check_columns, column_names, columns, names_of};
use super::suggestion::suggestion;

/// A CSV file being written; clones write to the same file.
#[derive(Clone)]
pub struct CsvWriter(Arc<Mutex<Sheet>>);

struct Sheet {
    path: ImmutableString,
    columns: Vec<ImmutableString>,
    /// `None` once the file is complete.
    writer: Option<Writer<Draft>>,
    rows: i64,
    output: Arc<dyn Output>,
}

impl CsvWriter {
    fn open(host: &Host, path: &str, columns: &[Dynamic]) -> Result<Self, Raised> {
        let columns = column_names(columns)?;
        if columns.is_empty() {
            let what = format!("`{path}` needs at least one column");
            return Err(Raised::new("csv", what).hint("such as `[\"id\", \"email\"]`"));
        }
        Ok(Self(Arc::new(Mutex::new(Sheet {
            path: path.into(),
            writer: Some(begin(&host.files, path, &columns)?),
            columns,
            rows: 0,
            output: Arc::clone(&host.output),
        }))))
    }

    fn sheet(&self) -> MutexGuard<'_, Sheet> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sheet {
    fn write(&mut self, record: &Dynamic) -> Result<(), Raised> {
        let cells = self.cells(record)?;
        let Some(writer) = &mut self.writer else {
            let what = format!("`{}` is closed", self.path);
            return Err(Raised::new("file", what).hint("write all rows before `close()`"));
        };
        write_cells(writer, &self.path, &cells)?;
        self.rows += 1;
        Ok(())
    }

    /// The record's cells for all columns: a name missed here would be an empty
    /// column in the whole file.
    fn cells(&self, record: &Dynamic) -> Result<Vec<String>, Raised> {
        let names = names_of(record)?;
        let text = |column: &ImmutableString| match cell(record, column) {
            Some(value) => cell_text(&value),
            None => Err(Raised::new(
                "value",
                format!(
                    "`{}` needs a column `{column}`, which this row lacks",
                    self.path
                ),
            )
            .hint(suggestion(
                column,
                names.iter().map(ImmutableString::as_str),
            ))),
        };
        self.columns.iter().map(text).collect()
    }

    fn close(&mut self) -> Result<i64, Raised> {
        if let Some(writer) = self.writer.take() {
            complete(writer, &self.path)?;
        }
        Ok(self.rows)
    }
}

impl Drop for Sheet {
    fn drop(&mut self) {
        if let Err(raised) = self.close() {
            self.output.note(&raised.to_string());
        }
    }
}

fn begin(
    files: &Confinement,
    path: &str,
    columns: &[ImmutableString],
) -> Result<Writer<Draft>, Raised> {
    check_names(columns)
        .map_err(|what| Raised::new("csv", format!("`{path}` cannot be written: {what}")))?;
    let mut writer = Writer::from_writer(Draft::create(files, path)?);
    if !columns.is_empty() {
        write_cells(&mut writer, path, columns)?;
    }
    Ok(writer)
}

fn write_cells<T: AsRef<str>>(
    writer: &mut Writer<Draft>,
    path: &str,
    cells: &[T],
) -> Result<(), Raised> {
    writer
        .write_record(cells.iter().map(|cell| cell.as_ref().as_bytes()))
        .map_err(|error| unwritable(path, &error.into()))
}

fn complete(writer: Writer<Draft>, path: &str) -> Result<(), Raised> {
    let draft = writer.into_inner();
    draft
        .map_err(|error| unwritable(path, error.error()))?
        .publish()
}

/// Writes all records, with the columns given or those they have.
fn write_all(
    files: &Confinement,
    path: &str,
    records: &[Dynamic],
    wanted: Option<&[Dynamic]>,
) -> Result<i64, Raised> {
    let columns = match wanted {
        Some(wanted) => {
            let wanted = column_names(wanted)?;
            check_columns(&wanted, records)?;
            wanted
        }
        None => columns(records)?,
    };
    let mut writer = begin(files, path, &columns)?;
    for record in records {
        let text = |column: &ImmutableString| {
            cell(record, column).map_or(Ok(String::new()), |value| cell_text(&value))
        };
        let cells: Vec<String> = columns.iter().map(text).collect::<Result<_, _>>()?;
        write_cells(&mut writer, path, &cells)?;
    }
    complete(writer, path)?;
    Ok(i64::try_from(records.len()).unwrap_or(i64::MAX))
}

/// Adds `write_csv`, `csv_writer` and its methods.
pub(super) fn register(module: &mut Module, host: &Arc<Host>) {
    module.set_custom_type::<CsvWriter>("csv_writer");
    register_all_at_once(module, host);
    register_row_by_row(module, host);
    for name in ["to_string", "to_debug", "print", "debug"] {
        operator(name).set_into_module(module, |writer: &mut CsvWriter| {
            format!("writer of `{}`", writer.sheet().path)
        });
    }
}

fn register_all_at_once(module: &mut Module, host: &Arc<Host>) {
    let about = "Writes records (maps or rows) to a CSV file and says how many; the columns are \
                 those the records have, or the ones named.\n\
                 ```rhai\n\
                 let found = [#{ id: 1, email: \"jo@example.com\" }];\n\
                 write_csv(\"found.csv\", found);\n\
                 write_csv(\"emails.csv\", found, [\"email\"])\n\
                 ```";
    let files = Arc::clone(host);
    function("write_csv", &["path: &str", "records: array", "int"], about).set_into_module(
        module,
        move |path: &str, records: Array| -> Fallible<i64> {
            Ok(write_all(&files.files, path, &records, None)?)
        },
    );
    let files = Arc::clone(host);
    let signature = ["path: &str", "records: array", "columns: array", "int"];
    function("write_csv", &signature, about).set_into_module(
        module,
        move |path: &str, records: Array, columns: Array| -> Fallible<i64> {
            Ok(write_all(&files.files, path, &records, Some(&columns))?)
        },
    );
}

fn register_row_by_row(module: &mut Module, host: &Arc<Host>) {
    let opening = Arc::clone(host);
    function(
        "csv_writer",
        &["path: &str", "columns: array", "csv_writer"],
        "Opens a CSV file to write row by row, however many; it appears when it is closed, \
         at the latest when the script ends.\n\
         ```rhai\n\
         let out = csv_writer(\"emails.csv\", [\"id\", \"email\"]);\n\
         out.write(#{ id: 1, email: \"jo@example.com\" });\n\
         print(`${out.close()} rows`)\n\
         ```",
    )
    .set_into_module(
        module,
        move |path: &str, columns: Array| -> Fallible<CsvWriter> {
            Ok(CsvWriter::open(&opening, path, &columns)?)
        },
    );
    function(
        "write",
        &["writer: csv_writer", "record: map", "()"],
        "Writes one record, a map or a row that has every column of the file.\n\
         ```rhai\n\
         csv_writer(\"emails.csv\", [\"email\"]).write(#{ email: \"jo@example.com\" })\n\
         ```",
    )
    .set_into_module(
        module,
        |writer: &mut CsvWriter, record: Dynamic| -> Fallible<()> {
            Ok(writer.sheet().write(&record)?)
        },
    );
    function(
        "close",
        &["writer: csv_writer", "int"],
        "Completes the file and says how many rows it has.\n\
         ```rhai\n\
         print(csv_writer(\"emails.csv\", [\"email\"]).close())\n\
         ```",
    )
    .set_into_module(module, |writer: &mut CsvWriter| -> Fallible<i64> {
        Ok(writer.sheet().close()?)
    });
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::workbench::Workbench;

    const PEOPLE: &str = "let people = [#{ id: 1, email: \"x\" }, #{ id: 2, note: \"a, b\" }];";

    #[test]
    fn maps_are_written_with_every_column_any_of_them_has() {
        let bench = Workbench::new();
        let script = format!("{PEOPLE} write_csv(\"out.csv\", people)");
        assert_eq!(bench.text(&script), "2");
        assert_eq!(bench.read("out.csv"), "email,id,note\nx,1,\n,2,\"a, b\"\n");
    }

    #[test]
    fn rows_are_written_in_the_order_of_their_file() {
        let bench = Workbench::new();
        bench.file("in.csv", "z;a;m\n1;;3\n");
        bench.text(
            "let rows = csv(\"in.csv\").to_array(); rows[0].b = today(); write_csv(\"out.csv\", rows)",
        );
        assert_eq!(bench.read("out.csv"), "z,a,m,b\n1,,3,2026-11-23\n");
    }

    #[test]
    fn named_columns_are_written_in_their_order() {
        let bench = Workbench::new();
        bench.text(&format!(
            "{PEOPLE} write_csv(\"out.csv\", people, [\"note\", \"id\"])"
        ));
        assert_eq!(bench.read("out.csv"), "note,id\n,1\n\"a, b\",2\n");
        assert_eq!(
            bench.refusal(&format!(
                "{PEOPLE} write_csv(\"out.csv\", people, [\"emial\"])"
            )),
            "none of the records has a column `emial`\nhint: did you mean `email`?"
        );
    }

    #[test]
    fn every_kind_of_value_has_a_text() {
        let bench = Workbench::new();
        bench.text(
            "write_csv(\"out.csv\", [#{ a: (), b: true, c: money(\"1.50\"), d: 0.5, e: [1, \"x\"], f: #{ k: 1 } }])",
        );
        assert_eq!(
            bench.read("out.csv"),
            "a,b,c,d,e,f\n,true,1.50,0.5,\"[1,\"\"x\"\"]\",\"{\"\"k\"\":1}\"\n"
        );
    }

    #[test]
    fn no_records_make_an_empty_file_or_a_header() {
        let bench = Workbench::new();
        assert_eq!(bench.text("write_csv(\"out.csv\", [])"), "0");
        assert_eq!(bench.read("out.csv"), "");
        bench.text("write_csv(\"out.csv\", [], [\"id\"])");
        assert_eq!(bench.read("out.csv"), "id\n");
    }

    #[test]
    fn what_is_no_record_is_refused_and_leaves_the_old_file() {
        let bench = Workbench::new();
        bench.file("out.csv", "old");
        assert_eq!(
            bench.refusal("write_csv(\"out.csv\", [#{ id: 1 }, 5])"),
            "item 2 is of type `i64`, not a map or a row\n\
             hint: give an array of maps, such as `[#{ id: 1, email: \"jo@example.com\" }]`"
        );
        bench.refusal("write_csv(\"out.csv\", [#{ id: 1 }, #{ id: || 1 }])");
        assert_eq!(bench.read("out.csv"), "old");
        assert_eq!(std::fs::read_dir(bench.folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_writer_writes_row_by_row_and_the_file_appears_when_it_is_closed() {
        let bench = Workbench::new();
        let script = "let out = csv_writer(\"out.csv\", [\"id\", \"email\"]); \
                      for id in 1..3 { out.write(#{ email: `${id}@x`, id: id, more: 1 }); }";
        bench.text(&format!(
            "{script} try {{ csv(\"out.csv\"); throw; }} catch {{ }}"
        ));
        bench.file("out.csv", "old");
        assert_eq!(bench.text(&format!("{script} out.close()")), "2");
        assert_eq!(bench.read("out.csv"), "id,email\n1,1@x\n2,2@x\n");
    }

    #[test]
    fn a_writer_closes_when_the_script_ends() {
        let bench = Workbench::new();
        bench.text("csv_writer(\"out.csv\", [\"id\"]).write(#{ id: 1 })");
        assert_eq!(bench.read("out.csv"), "id\n1\n");
    }

    #[test]
    fn a_writer_refuses_what_it_cannot_write() {
        let bench = Workbench::new();
        let refusal = |script: &str| {
            bench.refusal(&format!(
                "let out = csv_writer(\"o.csv\", [\"id\", \"email\"]); {script}"
            ))
        };
        assert_eq!(
            refusal("out.write(#{ id: 1, emial: 2 })"),
            "`o.csv` needs a column `email`, which this row lacks\nhint: did you mean `emial`?"
        );
        assert!(
            refusal("out.close(); out.write(#{ id: 1, email: 2 })")
                .starts_with("`o.csv` is closed")
        );
        assert!(
            bench
                .refusal("csv_writer(\"o.csv\", [])")
                .contains("at least one column")
        );
        assert!(
            bench
                .refusal("csv_writer(\"o.csv\", [1])")
                .contains("array of their names")
        );
        assert!(
            bench
                .refusal("csv_writer(\"o.csv\", [\"a\", \"a\"])")
                .contains("both called `a`")
        );
        assert!(
            bench
                .refusal("csv_writer(\"../o.csv\", [\"a\"])")
                .contains("outside the folders")
        );
    }

    /// Text without NUL, by which a file would be taken for binary.
    fn cell_text() -> impl Strategy<Value = String> {
        let letter = prop_oneof![
            any::<char>(),
            proptest::sample::select(vec![',', ';', '\t', '"', '\r', '\n', ' ', 'é']),
        ];
        proptest::collection::vec(letter.prop_filter("NUL", |letter| *letter != '\0'), 0..8)
            .prop_map(String::from_iter)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn cells_written_and_read_again_are_the_same(
            cells in (1_usize..4).prop_flat_map(|columns| {
                let row = proptest::collection::vec(cell_text(), columns);
                proptest::collection::vec(row, 1..5)
            })
        ) {
            let bench = Workbench::new();
            let names = ["first", "second", "third"];
            let record = |row: &Vec<String>| {
                let entries = names.iter().zip(row);
                serde_json::Value::Object(
                    entries.map(|(name, cell)| ((*name).to_owned(), cell.clone().into())).collect(),
                )
            };
            let records: Vec<_> = cells.iter().map(record).collect();
            bench.file("in.json", serde_json::to_string(&records).unwrap());
            bench.text("write_csv(\"out.csv\", read_json(\"in.json\"))");
            bench.text(
                "write_json(\"back.json\", csv(\"out.csv\", #{ trim: false }).to_array())",
            );
            let back: Vec<serde_json::Value> = serde_json::from_str(&bench.read("back.json")).unwrap();
            prop_assert_eq!(back, records);
        }
    }
}
