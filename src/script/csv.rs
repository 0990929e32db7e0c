//! `csv(path)`: the rows of a CSV file, read as they are asked for.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rhai::{Array, Dynamic, EvalAltResult, Map, Module, Position};

use super::csv_options::{Options, names_array};
use super::csv_source::Source;
use super::function::{Fallible, function, operator, property};
use super::host::Host;
use super::raise::Raised;
use super::row::Row;
use crate::cancel::Cancel;

/// The rows of a CSV file; clones share one source, so each row comes once.
#[derive(Clone)]
pub struct Rows {
    shared: Arc<Mutex<Shared>>,
    cancel: Cancel,
}

struct Shared {
    source: Source,
    /// A loop, `count` or `to_array` has claimed the rows.
    is_claimed: bool,
}

impl Rows {
    fn open(host: &Host, path: &str, options: Options) -> Result<Self, Raised> {
        let source = Source::open(&host.files, path, options)?;
        let shared = Shared {
            source,
            is_claimed: false,
        };
        Ok(Self {
            shared: Arc::new(Mutex::new(shared)),
            cancel: host.cancel.clone(),
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

    /// A second loop would silently find nothing; so it is refused.
    fn claim(&self) -> Result<(), Raised> {
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

    fn stop_if_asked(&self) -> Fallible<()> {
        if self.cancel.is_raised() {
            return Err(EvalAltResult::ErrorTerminated(Dynamic::UNIT, Position::NONE).into());
        }
        Ok(())
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
pub(super) fn register(module: &mut Module, host: &Arc<Host>) {
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
    use super::super::workbench::Workbench;

    const EMAILS: &str = "let all = []; for row in csv(\"c.csv\") { all += row.email } all";

    fn emails(content: impl AsRef<[u8]>) -> String {
        let bench = Workbench::new();
        bench.file("c.csv", content);
        bench.text(EMAILS)
    }

    fn refusal(content: impl AsRef<[u8]>) -> String {
        let bench = Workbench::new();
        bench.file("c.csv", content);
        bench.refusal(EMAILS)
    }

    #[test]
    fn rows_come_in_order_whatever_the_delimiter() {
        assert_eq!(emails("email,a\nx,1\ny,2\n"), r#"["x", "y"]"#);
        assert_eq!(emails("email;a\nx;1\ny;2"), r#"["x", "y"]"#);
        assert_eq!(emails("a\temail\r\n1\tx\r\n2\ty\r\n"), r#"["x", "y"]"#);
        assert_eq!(emails("email\nx\ny\n"), r#"["x", "y"]"#);
    }

    #[test]
    fn the_usual_encodings_are_found_out() {
        let text = "email,name\nzoë@example.com,Zoë\n";
        let utf_16 = |order: fn(u16) -> [u8; 2]| -> Vec<u8> {
            let marked = format!("\u{feff}{text}");
            marked.encode_utf16().flat_map(order).collect()
        };
        let expected = r#"["zoë@example.com"]"#;
        assert_eq!(emails(text), expected);
        assert_eq!(emails(format!("\u{feff}{text}")), expected);
        assert_eq!(emails(utf_16(u16::to_le_bytes)), expected);
        assert_eq!(emails(utf_16(u16::to_be_bytes)), expected);
        assert_eq!(emails(b"email,name\nzo\xeb@example.com,Zo\xeb\n"), expected);
    }

    #[test]
    fn a_named_encoding_is_used() {
        let bench = Workbench::new();
        bench.file("c.csv", b"email\n\xcf\xf0\xe8\n");
        let script = "csv(\"c.csv\", #{ encoding: \"windows-1251\" }).next().email";
        assert_eq!(bench.text(script), "При");
    }

    #[test]
    fn another_encoding_late_in_the_file_is_named_with_its_line() {
        let mut content = b"email\n".to_vec();
        content.extend_from_slice(&b"x@example.com\n".repeat(10_000));
        content.extend_from_slice(b"zo\xeb@example.com\n");
        assert_eq!(
            refusal(content),
            "`c.csv` line 10002 is not valid UTF-8\n\
             hint: name the file's encoding: `csv(path, #{ encoding: \"windows-1252\" })`"
        );
    }

    #[test]
    fn rows_before_a_fault_are_delivered() {
        let bench = Workbench::new();
        let good = "x@example.com,1\n".repeat(10_000);
        bench.file("c.csv", format!("email,a\n{good}y@example.com\n"));
        let script = "let n = 0; try { for row in csv(\"c.csv\") { n += 1; } } catch { } n";
        assert_eq!(bench.text(script), "10000");
    }

    #[test]
    fn cells_and_headers_are_trimmed_unless_told_otherwise() {
        let bench = Workbench::new();
        bench.file("c.csv", " email , name\n  x ,\" y \"\n");
        assert_eq!(
            bench.text("csv(\"c.csv\").next()"),
            r#"#{"email": "x", "name": "y"}"#
        );
        assert_eq!(
            bench.text("csv(\"c.csv\", #{ trim: false }).next()"),
            r#"#{"email": "  x ", "name": " y "}"#
        );
    }

    #[test]
    fn quoted_cells_keep_delimiters_quotes_and_line_ends() {
        let bench = Workbench::new();
        bench.file("c.csv", "email,note\r\nx,\"a \"\"b\"\", c\nd\"\r\n");
        assert_eq!(bench.text("csv(\"c.csv\").next().note"), "a \"b\", c\nd");
    }

    #[test]
    fn blank_lines_are_no_rows() {
        assert_eq!(emails("\nemail,a\n\nx,1\n   \n\ny,2\n\n"), r#"["x", "y"]"#);
    }

    #[test]
    fn a_ragged_row_is_refused_with_its_line() {
        assert_eq!(
            refusal("email,a\r\nx,1\r\n\r\ny\r\n"),
            "`c.csv` line 4: 1 cells, but 2 columns\n\
             hint: every row needs as many cells as there are columns, empty ones too"
        );
        assert_eq!(
            refusal("email,a\nx,1,2\n"),
            "`c.csv` line 2: 3 cells, but 2 columns\n\
             hint: put quotes around a cell that holds the delimiter"
        );
    }

    #[test]
    fn a_header_with_a_double_or_an_empty_name_is_refused() {
        let hint = "\nhint: every column needs a name of its own in the header";
        assert_eq!(
            refusal("email,a, email\n"),
            format!("`c.csv` line 1: columns 1 and 3 are both called `email`{hint}")
        );
        assert_eq!(
            refusal("\nemail,,b\n"),
            format!("`c.csv` line 2: column 2 has no name{hint}")
        );
    }

    #[test]
    fn a_file_cut_off_in_a_quote_names_the_line_of_the_quote() {
        assert_eq!(
            refusal("email,a\nx,1\ny,\"cut\noff"),
            "`c.csv` line 3: a quote is opened and never closed\n\
             hint: the file may be cut off; a quote inside a quoted cell is written twice"
        );
    }

    #[test]
    fn a_huge_cell_is_refused_before_it_is_kept() {
        let content = format!("email,a\nx,{}\n", "y".repeat(10 << 20));
        assert_eq!(
            refusal(content),
            "`c.csv` line 2: a cell is longer than 1 MB\n\
             hint: look for a quote that is not closed where it should be"
        );
    }

    #[test]
    fn an_empty_file_is_refused_and_a_header_alone_has_no_rows() {
        let empty = "`c.csv` is empty: a header line was expected\n\
                     hint: the first line names the columns, such as `email,firstname`";
        assert_eq!(refusal(""), empty);
        assert_eq!(refusal(" \r\n\n"), empty);
        assert_eq!(refusal("\u{feff}"), empty);
        assert_eq!(emails("email,a\n"), "[]");
        assert_eq!(emails("email,a"), "[]");
    }

    #[test]
    fn what_is_not_text_is_called_what_it_is() {
        let hint = "\nhint: save it as CSV; if it is text, name its `encoding`";
        assert_eq!(
            refusal(b"PK\x03\x04\0\0"),
            format!(
                "`c.csv` is not a CSV file but looks like a spreadsheet or a zip archive{hint}"
            )
        );
        assert_eq!(
            refusal(b"\x7fELF\0\0\x01"),
            format!("`c.csv` is not a CSV file but looks like binary data{hint}")
        );
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
    fn a_file_without_a_header_takes_names_from_the_script() {
        let bench = Workbench::new();
        bench.file("c.csv", "x,1\ny,2\n");
        let script = "let n = []; \
                      for row in csv(\"c.csv\", #{ header: [\"email\", \"a\"] }) { n += row.email } n";
        assert_eq!(bench.text(script), r#"["x", "y"]"#);
        assert_eq!(
            bench.refusal("csv(\"c.csv\", #{ header: [\"a\", \"a\"] })"),
            "the option `header` of `csv` is wrong: columns 1 and 2 are both called `a`"
        );
    }

    #[test]
    fn a_wrong_option_is_refused() {
        let bench = Workbench::new();
        bench.file("c.csv", "email\n");
        let refusal = |options: &str| bench.refusal(&format!("csv(\"c.csv\", #{{ {options} }})"));
        assert_eq!(
            refusal("delimeter: \";\""),
            "`csv` has no option `delimeter`\nhint: did you mean `delimiter`?"
        );
        assert!(refusal("delimiter: \";;\"").contains("must be one character"));
        assert!(refusal("delimiter: 5").contains("must be text"));
        assert!(refusal("encoding: \"klingon\"").contains("names no encoding: `klingon`"));
        assert!(refusal("trim: 1").contains("must be true or false"));
        assert!(refusal("header: true").contains("must be an array"));
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
