//! `csv_writer`: CSV files written row by row, however many.
//!
//! A file appears when it is closed, at the latest when the script has ended
//! well. What a script that failed left open is thrown away: half a file must
//! not be taken for a whole one.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use csv::Writer;
use rhai::{Array, Dynamic, ImmutableString, Module};

use crate::script::csv::opened::refusal_of;
use crate::script::csv::options::check_names;
use crate::script::csv::records::{cell, cell_text, column_names, names_of};
use crate::script::diagnostic::suggestion::suggestion;
use crate::script::engine::function::{Fallible, function, operator};
use crate::script::files::draft::{Draft, unwritable};
use crate::script::host::Host;
use crate::script::raise::Raised;

/// A CSV file being written; clones write to the same file.
#[derive(Clone)]
pub struct CsvWriter(Arc<Mutex<Sheet>>);

struct Sheet {
    host: Arc<Host>,
    path: ImmutableString,
    columns: Vec<ImmutableString>,
    /// `None` once the file is complete.
    writer: Option<Writer<Draft>>,
    rows: i64,
}

/// The files a script is writing.
#[derive(Clone, Default)]
pub(crate) struct Writers(Arc<Mutex<Vec<CsvWriter>>>);

impl Writers {
    fn open(&self) -> MutexGuard<'_, Vec<CsvWriter>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, writer: &CsvWriter) {
        let mut open = self.open();
        open.retain(|writer| writer.sheet().writer.is_some());
        open.push(writer.clone());
    }

    /// Completes every file that is still open.
    pub(crate) fn complete(&self) -> Result<(), Raised> {
        let open = std::mem::take(&mut *self.open());
        open.iter()
            .try_for_each(|writer| writer.sheet().close().map(drop))
    }
}

impl CsvWriter {
    fn open(host: &Arc<Host>, path: &str, columns: &[Dynamic]) -> Result<Self, Raised> {
        let columns = column_names(columns)?;
        if columns.is_empty() {
            let what = format!("`{path}` needs at least one column");
            return Err(Raised::new("csv", what).hint("such as `[\"id\", \"email\"]`"));
        }
        Ok(Self(Arc::new(Mutex::new(Sheet {
            host: Arc::clone(host),
            path: path.into(),
            writer: Some(begin(host, path, &columns)?),
            columns,
            rows: 0,
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
            return Err(Raised::new("value", what).hint("write all rows before `close()`"));
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
                    "`{}` needs a column `{column}`, which this row does not have",
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
            complete(&self.host, writer, &self.path)?;
        }
        Ok(self.rows)
    }
}

/// Begins a file with its header.
pub(crate) fn begin(
    host: &Host,
    path: &str,
    columns: &[ImmutableString],
) -> Result<Writer<Draft>, Raised> {
    check_names(columns)
        .map_err(|what| Raised::new("csv", format!("`{path}` cannot be written: {what}")))?;
    let mut writer = Writer::from_writer(Draft::create(host, path)?);
    if !columns.is_empty() {
        write_cells(&mut writer, path, columns)?;
    }
    Ok(writer)
}

/// Writes one record.
pub(crate) fn write_cells<T: AsRef<str>>(
    writer: &mut Writer<Draft>,
    path: &str,
    cells: &[T],
) -> Result<(), Raised> {
    writer
        .write_record(cells.iter().map(|cell| cell.as_ref().as_bytes()))
        .map_err(|error| unwritable(path, &error.into()))
}

/// Gives the complete file its name, and says so if `csv` would not read it again.
pub(crate) fn complete(host: &Host, writer: Writer<Draft>, path: &str) -> Result<(), Raised> {
    let draft = writer.into_inner();
    let draft = draft.map_err(|error| unwritable(path, error.error()))?;
    let written = draft.publish()?;
    if let Some(refusal) = refusal_of(&written, path) {
        host.note(&format!(
            "warning: `csv` will refuse to read this file: {}",
            refusal.in_a_line()
        ));
    }
    Ok(())
}

/// Adds `csv_writer` and its methods.
pub(crate) fn register(module: &mut Module, host: &Arc<Host>, writers: &Writers) {
    module.set_custom_type::<CsvWriter>("csv_writer");
    register_methods(module, host, writers);
    for name in ["to_string", "to_debug", "print", "debug"] {
        operator(name).set_into_module(module, |writer: &mut CsvWriter| {
            format!("writer of `{}`", writer.sheet().path)
        });
    }
}

fn register_methods(module: &mut Module, host: &Arc<Host>, writers: &Writers) {
    let (opening, writers) = (Arc::clone(host), writers.clone());
    function(
        "csv_writer",
        &["path: &str", "columns: array", "csv_writer"],
        "Opens a CSV file to write row by row; the file appears when it is closed, or when the \
         script ends without an error.\n```rhai\nlet out = csv_writer(\"emails.csv\", [\"id\", \
         \"email\"]);\nout.write(#{ id: 1, email: \"jo@example.com\" });\nprint(`${out.close()} \
         rows`)\n```",
    )
    .set_into_module(
        module,
        move |path: &str, columns: Array| -> Fallible<CsvWriter> {
            let writer = CsvWriter::open(&opening, path, &columns)?;
            writers.add(&writer);
            Ok(writer)
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
        "Completes the file and returns how many rows it \
         has.\n```rhai\nprint(csv_writer(\"emails.csv\", [\"email\"]).close())\n```",
    )
    .set_into_module(module, |writer: &mut CsvWriter| -> Fallible<i64> {
        Ok(writer.sheet().close()?)
    });
}

#[cfg(test)]
mod tests {
    use crate::script::test_engine::TestEngine;
    use crate::script::test_host::TestHost;

    #[test]
    fn a_writer_writes_row_by_row_and_the_file_appears_when_it_is_closed() {
        let bench = TestEngine::new();
        let script = "let out = csv_writer(\"out.csv\", [\"id\", \"email\"]); \
                      for id in 1..3 { out.write(#{ email: `${id}@x`, id: id, more: 1 }); }";
        let early = "let seen = true; try { read_text(\"out.csv\"); } catch { seen = false; } seen";
        assert_eq!(bench.text(&format!("{script} {early}")), "false");
        bench.file("out.csv", "old");
        assert_eq!(bench.text(&format!("{script} out.close()")), "2");
        assert_eq!(bench.read("out.csv"), "id,email\n1,1@x\n2,2@x\n");
    }

    #[test]
    fn a_file_left_open_is_completed_when_the_script_ends_well() {
        for end in ["", "exit();", "return 5;"] {
            let rig = TestHost::new();
            rig.run(&format!(
                "fn one() {{ csv_writer(\"a.csv\", [\"id\"]).write(#{{ id: 1 }}) }}
                 let b = csv_writer(\"b.csv\", [\"id\"]); one(); {end}"
            ))
            .unwrap();
            let read = |name| std::fs::read_to_string(rig.folder.path().join(name)).unwrap();
            assert_eq!(read("a.csv"), "id\n1\n");
            assert_eq!(read("b.csv"), "id\n");
        }
    }

    #[test]
    fn a_file_left_open_by_a_script_that_fails_is_thrown_away() {
        let rig = TestHost::new();
        let old = rig.file("old.csv", "old");
        rig.failure(
            "let done = csv_writer(\"done.csv\", [\"id\"]); done.close();
             fn half() { let out = csv_writer(\"new.csv\", [\"id\"]); out.write(#{ id: 1 }); throw 1; }
             let out = csv_writer(\"old.csv\", [\"id\"]); out.write(#{ id: 1 }); half();",
        );
        assert_eq!(std::fs::read_to_string(old).unwrap(), "old");
        let left = std::fs::read_dir(rig.folder.path()).unwrap();
        let mut left: Vec<_> = left.map(|file| file.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["done.csv", "old.csv"]);
    }

    #[test]
    fn a_writer_refuses_what_it_cannot_write() {
        let bench = TestEngine::new();
        let refusal = |script: &str| {
            bench.refusal(&format!(
                "let out = csv_writer(\"o.csv\", [\"id\", \"email\"]); {script}"
            ))
        };
        assert_eq!(
            refusal("out.write(#{ id: 1, emial: 2 })"),
            "`o.csv` needs a column `email`, which this row does not have\n\
             hint: did you mean `emial`?"
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
}
