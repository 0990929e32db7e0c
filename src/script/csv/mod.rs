//! `csv(path)`: the rows of a CSV file.

pub(crate) mod content;
mod decode;
mod encoding;
pub(crate) mod faults;
mod form;
pub(crate) mod header;
pub(crate) mod opened;
pub(crate) mod options;
mod parser;
pub(crate) mod records;
pub(crate) mod remarks;
pub(crate) mod row;
pub(crate) mod row_methods;
pub(crate) mod rows;
mod sniff;
mod source;
pub(crate) mod spoiled;
mod swallowed;
pub(crate) mod write;
pub(crate) mod writer;

use std::sync::Arc;

use rhai::{Dynamic, EvalAltResult, Map, Module, Position};

use crate::script::csv::opened::Opened;
use crate::script::csv::options::CsvOptions;
use crate::script::engine::function::{Fallible, function};
use crate::script::host::Host;

pub use rows::Rows;

fn open(host: &Host, path: &str, options: CsvOptions) -> Fallible<Rows> {
    let mut opened = Opened::at(&host.files, path, options)?;
    let remarks = match opened.check(&host.cancel) {
        Err(_) if host.cancel.is_raised() => {
            return Err(EvalAltResult::ErrorTerminated(Dynamic::UNIT, Position::NONE).into());
        }
        remarks => remarks?,
    };
    for remark in remarks {
        host.note_once(&remark);
    }
    // The file that was checked is the one whose rows are read, whatever comes to its path.
    let open = move |_: &_, _: &_| Ok(Box::new(opened.rows()?) as Box<_>);
    Ok(Rows::open(host, path, None, Box::new(open))?)
}

/// Adds `csv`.
pub(crate) fn register(module: &mut Module, host: &Arc<Host>) {
    let files = Arc::clone(host);
    function(
        "csv",
        &["path: &str", "rows"],
        "Reads a CSV file row by row; it detects delimiter and encoding and trims \
         cells.\n```rhai\nfor row in csv(\"clients.csv\") { print(row.email) }\n```",
    )
    .set_into_module(module, move |path: &str| -> Fallible<Rows> {
        open(&files, path, CsvOptions::default())
    });
    let files = Arc::clone(host);
    function(
        "csv",
        &["path: &str", "options: map", "rows"],
        "Reads a CSV file row by row; options: `delimiter`, `encoding`, `trim`, `as_is`, the \
         columns whose cells are taken unchanged, such as `#N/A`, and `header`, the names of the \
         columns if the first line is a row.\n```rhai\nlet rows = csv(\"clients.csv\", #{ \
         delimiter: \",\", encoding: \"utf-8\", trim: false });\nprint(rows.columns)\n```",
    )
    .set_into_module(module, move |path: &str, options: Map| -> Fallible<Rows> {
        open(&files, path, CsvOptions::from_map(&options)?)
    });
}

#[cfg(test)]
mod tests {
    use crate::script::test_engine::TestEngine;

    #[test]
    fn a_fault_late_in_a_file_is_found_before_its_first_row() {
        let bench = TestEngine::new();
        let good = "x@example.com,1\n".repeat(10_000);
        bench.file("c.csv", format!("email,a\n{good}y@example.com\n"));
        let script = "let n = 0; try { for row in csv(\"c.csv\") { n += 1; } } catch { } n";
        assert_eq!(bench.text(script), "0");
    }

    #[test]
    fn a_missing_file_and_a_directory_are_refused() {
        let bench = TestEngine::new();
        std::fs::create_dir(bench.folder.path().join("sub")).unwrap();
        assert!(
            bench
                .refusal("csv(\"none.csv\")")
                .starts_with("`none.csv` does not exist\nhint: paths are relative to `")
        );
        assert_eq!(
            bench.refusal("csv(\"sub\")"),
            "`sub` is a folder, not a file\nhint: name a file in it"
        );
    }

    #[test]
    fn rows_can_be_had_only_once() {
        let bench = TestEngine::new();
        bench.file("c.csv", "email\nx\ny\n");
        let expected = "the rows of `c.csv` were already read\n\
            hint: rows can be read only once; open the file again, or keep them with `to_array()`";
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
        let bench = TestEngine::new();
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
        let bench = TestEngine::new();
        bench.file("c.csv", "email\nx\n");
        bench.host.cancel.raise();
        for script in ["csv(\"c.csv\").count()", "csv(\"c.csv\"); 0"] {
            let error = bench.engine.eval::<i64>(script).unwrap_err();
            assert!(matches!(
                error.unwrap_inner(),
                rhai::EvalAltResult::ErrorTerminated(..)
            ));
        }
    }
}
