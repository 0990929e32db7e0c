//! `write_sheet`: records as a spreadsheet, so that `sheet` reads the same values again.
//!
//! What a spreadsheet would guess is said to it: text is text, whatever it looks like, amounts
//! are numbers with their decimals, and days are days. What a cell cannot hold is refused; a
//! number of more than fifteen digits would be another number.

use std::io::Write as _;
use std::sync::Arc;

use rhai::{Array, Dynamic, ImmutableString, Module};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;
use rust_xlsxwriter::{ColNum, DocProperties, ExcelDateTime, Format, RowNum, Workbook, Worksheet};

use crate::script::csv::records::{cell, cell_text, check_columns, column_names, columns};
use crate::script::dates::{Date, DateTime};
use crate::script::engine::function::{Fallible, function};
use crate::script::files::draft::{Draft, unwritable};
use crate::script::host::Host;
use crate::script::raise::Raised;

/// The rows of a sheet, the header among them, its columns, and the letters of a cell, at most.
pub(super) const MOST_ROWS: usize = 1 << 20;
pub(super) const MOST_COLUMNS: usize = 1 << 14;
const MOST_LETTERS: usize = 32_767;

/// The digits of a number that a cell keeps.
const MOST_DIGITS: usize = 15;

/// Adds `write_sheet`.
pub(crate) fn register(module: &mut Module, host: &Arc<Host>) {
    let about = "Writes records (maps or rows) to a spreadsheet (.xlsx) and returns how many; the columns are those of \
                 the records, or the ones named. Text stays text (`007`), decimals are numbers with two decimals or \
                 more, days are days. An amount that WHMCS sends as text becomes a number with `parse_money`.\n\
                 ```rhai\nlet found = [#{ id: 1, phone: \"0049\", total: money(\"9.50\"), due: today() }];\n\
                 write_sheet(\"found.xlsx\", found);\nwrite_sheet(\"phones.xlsx\", found, [\"phone\"])\n```";
    let writing = Arc::clone(host);
    function(
        "write_sheet",
        &["path: &str", "records: array", "int"],
        about,
    )
    .set_into_module(module, move |path: &str, records: Array| -> Fallible<i64> {
        Ok(write_all(&writing, path, &records, None)?)
    });
    let writing = Arc::clone(host);
    let signature = ["path: &str", "records: array", "columns: array", "int"];
    function("write_sheet", &signature, about).set_into_module(
        module,
        move |path: &str, records: Array, columns: Array| -> Fallible<i64> {
            Ok(write_all(&writing, path, &records, Some(&columns))?)
        },
    );
}

fn write_all(
    host: &Host,
    path: &str,
    records: &[Dynamic],
    wanted: Option<&[Dynamic]>,
) -> Result<i64, Raised> {
    if !path.to_ascii_lowercase().ends_with(".xlsx") {
        let what = format!("`write_sheet` cannot write `{path}`: it writes .xlsx files");
        return Err(Raised::new("sheet", what)
            .hint("give the file a name that ends with `.xlsx`, or use `write_csv`"));
    }
    let columns = match wanted {
        Some(wanted) => {
            let wanted = column_names(wanted)?;
            check_columns(&wanted, records)?;
            wanted
        }
        None => columns(records)?,
    };
    if records.len() >= MOST_ROWS || columns.len() > MOST_COLUMNS {
        let what = format!(
            "`{path}` would have {} rows and {} columns: a sheet holds {} rows and {MOST_COLUMNS} columns",
            records.len(),
            columns.len(),
            MOST_ROWS - 1
        );
        return Err(Raised::new("sheet", what).hint("write several files, or use `write_csv`"));
    }
    let mut draft = Draft::create(host, path)?;
    let mut sheet = SheetCells::new();
    sheet.header(&columns)?;
    for (at, record) in records.iter().enumerate() {
        for (place, column) in columns.iter().enumerate() {
            let value = cell(record, column).unwrap_or_default();
            let text = sheet
                .put(at + 1, place, &value)
                .map_err(|raised| raised.about(&format!("item {}, column `{column}`", at + 1)))?;
            draft.look_at(&text);
        }
    }
    let file = sheet.into_file()?;
    draft
        .write_all(&file)
        .map_err(|error| unwritable(path, &error))?;
    draft.publish()?;
    Ok(i64::try_from(records.len()).unwrap_or(i64::MAX))
}

/// The sheet that is being made.
pub(super) struct SheetCells {
    sheet: Worksheet,
    text: Format,
    day: Format,
    moment: Format,
}

impl SheetCells {
    pub(super) fn new() -> Self {
        Self {
            sheet: Worksheet::new(),
            text: Format::new().set_num_format("@"),
            day: Format::new().set_num_format("yyyy-mm-dd"),
            moment: Format::new().set_num_format("yyyy-mm-dd hh:mm:ss"),
        }
    }

    pub(super) fn header(&mut self, columns: &[ImmutableString]) -> Result<(), Raised> {
        for (place, name) in columns.iter().enumerate() {
            self.put_text(0, place, name)?;
        }
        if !columns.is_empty() {
            self.sheet
                .set_freeze_panes(1, 0)
                .map_err(|error| failed(&error))?;
        }
        Ok(())
    }

    /// Puts a value into a cell; the text in it, if it is one.
    pub(super) fn put(
        &mut self,
        row: usize,
        column: usize,
        value: &Dynamic,
    ) -> Result<String, Raised> {
        let (at, place) = cell_at(row, column);
        let none = Ok(String::new());
        if value.is_unit() {
            return none;
        }
        let put = if let Ok(truth) = value.as_bool() {
            self.sheet.write_boolean(at, place, truth).map(drop)
        } else if let Ok(number) = value.as_int() {
            let number = exact(number.into())?;
            self.sheet.write_number(at, place, number).map(drop)
        } else if let Ok(amount) = value.as_decimal() {
            let (number, format) = (exact(amount)?, decimals(amount));
            let sheet = &mut self.sheet;
            sheet
                .write_number_with_format(at, place, number, &format)
                .map(drop)
        } else if let Ok(number) = value.as_float() {
            if !number.is_finite() {
                return Err(Raised::new(
                    "sheet",
                    format!("a cell cannot hold `{number}`"),
                ));
            }
            self.sheet.write_number(at, place, number).map(drop)
        } else if let Some(day) = value.read_lock::<Date>() {
            let day = excel_day(day.0)?;
            self.sheet
                .write_datetime_with_format(at, place, &day, &self.day)
                .map(drop)
        } else if let Some(moment) = value.read_lock::<DateTime>() {
            let moment = excel_moment(moment.0)?;
            self.sheet
                .write_datetime_with_format(at, place, &moment, &self.moment)
                .map(drop)
        } else {
            let text = cell_text(value)?;
            self.put_text(row, column, &text)?;
            return Ok(text);
        };
        put.map_err(|error| failed(&error))?;
        none
    }

    fn put_text(&mut self, row: usize, column: usize, text: &str) -> Result<(), Raised> {
        let letters = text.encode_utf16().count();
        if letters > MOST_LETTERS {
            let what =
                format!("a cell holds {MOST_LETTERS} characters, and this text has {letters}");
            return Err(Raised::new("sheet", what).hint("shorten the text, or use `write_csv`"));
        }
        if text.is_empty() {
            return Ok(());
        }
        let (row, column) = cell_at(row, column);
        let put = self
            .sheet
            .write_string_with_format(row, column, text, &self.text);
        put.map(drop).map_err(|error| failed(&error))
    }

    pub(super) fn into_file(self) -> Result<Vec<u8>, Raised> {
        let mut book = Workbook::new();
        // The same records make the same file, whenever they are written.
        let made = ExcelDateTime::from_ymd(2000, 1, 1).map_err(|error| failed(&error))?;
        book.set_properties(&DocProperties::new().set_creation_datetime(&made));
        book.push_worksheet(self.sheet);
        book.save_to_buffer().map_err(|error| failed(&error))
    }
}

/// The place of a cell; there are no more than a sheet holds.
fn cell_at(row: usize, column: usize) -> (RowNum, ColNum) {
    (
        RowNum::try_from(row).unwrap_or(RowNum::MAX),
        ColNum::try_from(column).unwrap_or(ColNum::MAX),
    )
}

/// The number as a spreadsheet keeps it, if it is the same there.
fn exact(number: Decimal) -> Result<f64, Raised> {
    let digits = number
        .normalize()
        .mantissa()
        .unsigned_abs()
        .to_string()
        .len();
    match number.to_f64() {
        Some(kept) if digits <= MOST_DIGITS => Ok(kept),
        _ => {
            let what = format!(
                "a cell keeps {MOST_DIGITS} digits of a number, and `{number}` has {digits}"
            );
            Err(Raised::new("sheet", what).hint("write it as text: `id.to_string()`, `${id}`"))
        }
    }
}

/// The form of an amount: its own decimals, two at least.
fn decimals(amount: Decimal) -> Format {
    let count = usize::try_from(amount.scale()).unwrap_or(2).max(2);
    Format::new().set_num_format(format!("0.{}", "0".repeat(count)))
}

fn excel_day(day: jiff::civil::Date) -> Result<ExcelDateTime, Raised> {
    let early = || {
        Raised::new(
            "sheet",
            format!("a sheet has no day before 1900, such as `{day}`"),
        )
        .hint("write it as text: `day.format(\"%Y-%m-%d\")`")
    };
    // Spreadsheets do not agree on the days before March 1900.
    let year = u16::try_from(day.year()).ok().filter(|year| *year > 1900);
    let parts = (u8::try_from(day.month()), u8::try_from(day.day()));
    match (year, parts) {
        (Some(year), (Ok(month), Ok(of_month))) => {
            ExcelDateTime::from_ymd(year, month, of_month).map_err(|error| failed(&error))
        }
        _ => Err(early()),
    }
}

fn excel_moment(moment: jiff::civil::DateTime) -> Result<ExcelDateTime, Raised> {
    let part = |number: i8| u8::try_from(number).unwrap_or_default();
    let time = (moment.hour(), moment.minute(), moment.second());
    excel_day(moment.date())?
        .and_hms(part(time.0).into(), part(time.1), part(time.2))
        .map_err(|error| failed(&error))
}

fn failed(error: &rust_xlsxwriter::XlsxError) -> Raised {
    Raised::new("sheet", format!("the spreadsheet cannot be made: {error}"))
}

#[cfg(test)]
mod tests {
    use crate::script::test_engine::TestEngine;

    const RECORDS: &str = "let rows = [#{ code: \"007\", name: \"Zoë =1+1\", total: money(\"1234.5\"), id: 42, \
        due: date(\"2026-11-02\"), at: datetime(\"2026-11-02 13:05:09\"), ok: true, none: (), long: \"12345678901234567890\" }];";

    #[test]
    fn what_is_written_is_read_again_as_it_was() {
        let bench = TestEngine::new();
        assert_eq!(
            bench.text(&format!("{RECORDS} write_sheet(\"a.xlsx\", rows)")),
            "1"
        );
        let read = "let row = sheet(\"a.xlsx\").next();";
        assert_eq!(
            bench.text(&format!(
                "{read} [row.code, row.name, row.total, row.id, row.long, row.none]"
            )),
            r#"["007", "Zoë =1+1", "1234.50", "42", "12345678901234567890", ""]"#
        );
        assert_eq!(
            bench.text(&format!("{read} [row.due, row.at]")),
            "[2026-11-02, 2026-11-02 13:05:09]"
        );
        assert_eq!(bench.text(&format!("{read} `${{row.ok}}`")), "true");
    }

    #[test]
    fn named_columns_are_written_in_their_order_and_amounts_keep_their_decimals() {
        let bench = TestEngine::new();
        bench.text("write_sheet(\"a.xlsx\", [#{ a: 1, b: money(\"0.125\") }], [\"b\", \"a\"])");
        assert_eq!(bench.text("sheet(\"a.xlsx\").columns"), r#"["b", "a"]"#);
        assert_eq!(bench.text("sheet(\"a.xlsx\").next().b"), "0.125");
        let refused = bench.refusal("write_sheet(\"a.xlsx\", [#{ a: 1 }], [\"aa\"])");
        assert!(refused.contains("did you mean `a`?"), "{refused}");
    }

    #[test]
    fn what_a_cell_cannot_hold_is_refused_and_the_old_file_stays() {
        let bench = TestEngine::new();
        bench.file("a.xlsx", "old");
        for (value, why) in [
            ("12345678901234567", "keeps 15 digits of a number"),
            (
                "money(\"12345678901234.567\")",
                "keeps 15 digits of a number",
            ),
            ("date(\"1899-01-01\")", "no day before 1900"),
            (
                "{ let t = \"\"; t.pad(40000, 'x'); t }",
                "holds 32767 characters",
            ),
            ("0.0 / 0.0", "cannot hold `NaN`"),
        ] {
            let refused = bench.refusal(&format!("write_sheet(\"a.xlsx\", [#{{ a: {value} }}])"));
            assert!(refused.starts_with("item 1, column `a`: "), "{refused}");
            assert!(refused.contains(why), "{refused}");
        }
        assert_eq!(bench.read("a.xlsx"), "old");
    }

    #[test]
    fn another_kind_of_file_a_folder_and_what_is_no_record_are_refused() {
        let bench = TestEngine::new();
        let refused = bench.refusal("write_sheet(\"a.ods\", [])");
        assert!(refused.contains("it writes .xlsx files"), "{refused}");
        std::fs::create_dir(bench.folder.path().join("folder.xlsx")).unwrap();
        let refused = bench.refusal("write_sheet(\"folder.xlsx\", [#{ a: 1 }])");
        assert!(refused.contains("`folder.xlsx`"), "{refused}");
        let refused = bench.refusal("write_sheet(\"a.xlsx\", [5])");
        assert!(refused.contains("is not a record"), "{refused}");
    }

    #[test]
    fn the_same_records_make_the_same_file() {
        let bench = TestEngine::new();
        let written = |name: &str| {
            bench.text(&format!("{RECORDS} write_sheet(\"{name}\", rows)"));
            std::fs::read(bench.folder.path().join(name)).unwrap()
        };
        assert!(written("a.xlsx") == written("b.xlsx"));
    }
}
