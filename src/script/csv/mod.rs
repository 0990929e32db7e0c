//! `csv(path)`: the rows of a CSV file, read as they are asked for.

pub(crate) mod decode;
pub(crate) mod options;
pub(crate) mod quotes;
pub(crate) mod records;
pub(crate) mod row;
pub(crate) mod sniff;
pub(crate) mod source;
pub(crate) mod write;
pub(crate) mod writer;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rhai::{Array, Dynamic, EvalAltResult, Map, Module, Position};

use crate::cancel::Cancel;
use crate::script::csv::options::{Options, names_array};
use crate::script::csv::row::Row;
use crate::script::csv::source::Source;
use crate::script::engine::function::{Fallible, function, operator, property};
use crate::script::host::{Confinement, Host};
use crate::script::raise::Raised;

/// The rows of a CSV file; clones share one source, so each row comes once.
#[derive(Clone)]
pub struct Rows {
    shared: Arc<Mutex<Shared>>,
    cancel: Cancel,
    again: Arc<Again>,
}

/// What it takes to open the file again.
struct Again {
    files: Confinement,
    path: String,
    options: Options,
}

struct Shared {
    source: Source,
    /// A loop, `count` or `to_array` has claimed the rows.
    is_claimed: bool,
}

impl Rows {
    fn open(host: &Host, path: &str, options: Options) -> Result<Self, Raised> {
        let again = Again {
            files: host.files.clone(),
            path: path.to_owned(),
            options,
        };
        let source = again.open()?;
        let shared = Shared {
            source,
            is_claimed: false,
        };
        Ok(Self {
            shared: Arc::new(Mutex::new(shared)),
            cancel: host.cancel.clone(),
            again: Arc::new(again),
        })
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        // Reading on after a panic elsewhere is safe: a row is taken whole or not at all.
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next row, if there is one.
    pub fn next_row(&self) -> Result<Option<Row>, Raised> {
        self.lock().source.next_row()
    }

    /// The names of the columns, in the file's order.
    pub fn columns(&self) -> Array {
        names_array(self.lock().source.columns())
    }

    /// The rows that are left, read from the file once more and leaving these
    /// alone; nothing where a file can be read only once, such as a pipe.
    pub(crate) fn again(&self) -> Result<Option<Source>, Raised> {
        let real = self.again.files.readable(&self.again.path)?;
        if !real.is_file() {
            return Ok(None);
        }
        let mut source = self.again.open()?;
        let taken = self.number();
        while source.place().1 < taken && source.advance()? {}
        Ok(Some(source))
    }

    /// The number of the row that was read last.
    pub(crate) fn number(&self) -> u64 {
        self.lock().source.place().1
    }

    /// The path as the script gave it.
    pub(crate) fn path(&self) -> &str {
        &self.again.path
    }

    /// A second loop would silently find nothing; so it is refused.
    pub(crate) fn claim(&self) -> Result<(), Raised> {
        let mut shared = self.lock();
        if std::mem::replace(&mut shared.is_claimed, true) {
            let what = format!("the rows of `{}` were already read", shared.source.path());
            return Err(Raised::new("csv", what)
                .hint("rows come once; call `csv` again, or keep them with `to_array()`"));
        }
        Ok(())
    }

    fn count(&self) -> Fallible<i64> {
        self.claim()?;
        let mut count = 0;
        while self.lock().source.advance()? {
            self.stop_if_asked()?;
            count += 1;
        }
        Ok(count)
    }

    fn to_array(&self) -> Fallible<Array> {
        self.claim()?;
        let mut rows = Array::new();
        while let Some(row) = self.next_row()? {
            self.stop_if_asked()?;
            rows.push(Dynamic::from(row));
        }
        Ok(rows)
    }

    pub(crate) fn stop_if_asked(&self) -> Fallible<()> {
        if self.cancel.is_raised() {
            return Err(EvalAltResult::ErrorTerminated(Dynamic::UNIT, Position::NONE).into());
        }
        Ok(())
    }
}

impl Again {
    fn open(&self) -> Result<Source, Raised> {
        Source::open(&self.files, &self.path, self.options.clone())
    }
}

impl IntoIterator for Rows {
    type Item = Fallible<Row>;
    type IntoIter = Box<dyn Iterator<Item = Self::Item>>;

    fn into_iter(self) -> Self::IntoIter {
        match self.claim() {
            Err(raised) => Box::new(std::iter::once(Err(raised.into()))),
            Ok(()) => Box::new(std::iter::from_fn(move || {
                self.next_row().map_err(Into::into).transpose()
            })),
        }
    }
}

/// Adds `csv` and the type of its rows.
pub(crate) fn register(module: &mut Module, host: &Arc<Host>) {
    module.set_custom_type::<Rows>("rows");
    module.set_iterable_result::<Rows, Row>();
    register_open(module, host);
    register_methods(module);
    for name in ["to_string", "to_debug", "print", "debug"] {
        operator(name).set_into_module(module, |rows: &mut Rows| {
            format!("rows of `{}`", rows.lock().source.path())
        });
    }
}

fn register_open(module: &mut Module, host: &Arc<Host>) {
    let files = Arc::clone(host);
    function(
        "csv",
        &["path: &str", "rows"],
        "Reads a CSV file row by row: delimiter and encoding are found out, cells trimmed.\n\
         ```rhai\n\
         for row in csv(\"clients.csv\") { print(row.email) }\n\
         ```",
    )
    .set_into_module(module, move |path: &str| -> Fallible<Rows> {
        Ok(Rows::open(&files, path, Options::default())?)
    });
    let files = Arc::clone(host);
    function(
        "csv",
        &["path: &str", "options: map", "rows"],
        "Reads a CSV file row by row; options: `delimiter`, `encoding`, `trim`, and `header` \
         with the names of the columns when the first line is a row already.\n\
         ```rhai\n\
         let rows = csv(\"clients.csv\", #{ delimiter: \",\", encoding: \"utf-8\", trim: false });\n\
         print(rows.columns)\n\
         ```",
    )
    .set_into_module(module, move |path: &str, options: Map| -> Fallible<Rows> {
        Ok(Rows::open(&files, path, Options::from_map(&options)?)?)
    });
}

fn register_methods(module: &mut Module) {
    property(
        "columns",
        &["rows: rows", "array"],
        "The names of the columns, in the file's order.\n\
         ```rhai\n\
         print(csv(\"clients.csv\").columns)\n\
         ```",
    )
    .set_into_module(module, |rows: &mut Rows| rows.columns());
    function(
        "next",
        &["rows: rows", "?"],
        "The next row, or `()` after the last.\n\
         ```rhai\n\
         let first = csv(\"clients.csv\").next();\n\
         ```",
    )
    .set_into_module(module, |rows: &mut Rows| -> Fallible<Dynamic> {
        Ok(rows.next_row()?.map_or(Dynamic::UNIT, Dynamic::from))
    });
    function(
        "count",
        &["rows: rows", "int"],
        "Reads all rows and says how many there were.\n\
         ```rhai\n\
         print(csv(\"clients.csv\").count())\n\
         ```",
    )
    .set_into_module(module, |rows: &mut Rows| rows.count());
    function(
        "to_array",
        &["rows: rows", "array"],
        "Reads all rows into memory, to go through them more than once.\n\
         ```rhai\n\
         let rows = csv(\"clients.csv\").to_array();\n\
         print(rows.len())\n\
         ```",
    )
    .set_into_module(module, |rows: &mut Rows| rows.to_array());
}

#[cfg(test)]
mod tests {
    use crate::script::workbench::Workbench;

    #[test]
    fn rows_before_a_fault_are_delivered() {
        let bench = Workbench::new();
        let good = "x@example.com,1\n".repeat(10_000);
        bench.file("c.csv", format!("email,a\n{good}y@example.com\n"));
        let script = "let n = 0; try { for row in csv(\"c.csv\") { n += 1; } } catch { } n";
        assert_eq!(bench.text(script), "10000");
    }

    #[test]
    fn a_missing_file_and_a_directory_are_refused() {
        let bench = Workbench::new();
        std::fs::create_dir(bench.folder.path().join("sub")).unwrap();
        assert!(
            bench
                .refusal("csv(\"none.csv\")")
                .starts_with("`none.csv` does not exist\nhint: paths are relative to `")
        );
        assert_eq!(
            bench.refusal("csv(\"sub\")"),
            "`sub` is a directory, not a file\nhint: name a file in it"
        );
    }

    #[test]
    fn rows_can_be_had_only_once() {
        let bench = Workbench::new();
        bench.file("c.csv", "email\nx\ny\n");
        let expected = "the rows of `c.csv` were already read\n\
                        hint: rows come once; call `csv` again, or keep them with `to_array()`";
        let twice = |second: &str| {
            bench.refusal(&format!(
                "let rows = csv(\"c.csv\"); for row in rows {{ break; }} {second}"
            ))
        };
        assert_eq!(twice("for row in rows { row.email; }"), expected);
        assert_eq!(twice("rows.count()"), expected);
        assert_eq!(twice("rows.to_array()"), expected);
    }

    #[test]
    fn rows_are_counted_collected_and_taken_one_by_one() {
        let bench = Workbench::new();
        bench.file("c.csv", "email,a\nx,1\ny,2\n");
        assert_eq!(bench.text("csv(\"c.csv\").count()"), "2");
        assert_eq!(bench.text("csv(\"c.csv\").columns"), r#"["email", "a"]"#);
        assert_eq!(bench.text("csv(\"c.csv\").to_array()[1].email"), "y");
        assert_eq!(
            bench.text("let r = csv(\"c.csv\"); r.next(); let n = 0; for x in r { n += 1; } n"),
            "1"
        );
        assert_eq!(
            bench.text("let r = csv(\"c.csv\"); r.next(); r.next(); r.next() == ()"),
            "true"
        );
        assert_eq!(bench.text("csv(\"c.csv\")"), "rows of `c.csv`");
    }

    #[test]
    fn counting_stops_when_the_user_asks() {
        let bench = Workbench::new();
        bench.file("c.csv", "email\nx\n");
        bench.host.cancel.raise();
        let error = bench
            .engine
            .eval::<i64>("csv(\"c.csv\").count()")
            .unwrap_err();
        assert!(matches!(
            error.unwrap_inner(),
            rhai::EvalAltResult::ErrorTerminated(..)
        ));
    }
}
