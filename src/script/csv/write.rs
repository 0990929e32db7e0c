//! `write_csv`: all records of an array at once.

use std::sync::Arc;

use rhai::{Array, Dynamic, ImmutableString, Module};

use crate::script::csv::records::{cell, cell_text, check_columns, column_names, columns};
use crate::script::csv::writer::{begin, complete, write_cells};
use crate::script::engine::function::{Fallible, function};
use crate::script::host::Host;
use crate::script::raise::Raised;

/// Writes all records, with the columns given or those they have.
fn write_all(
    host: &Host,
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
    let mut writer = begin(host, path, &columns)?;
    for record in records {
        let text = |column: &ImmutableString| {
            cell(record, column).map_or(Ok(String::new()), |value| cell_text(&value))
        };
        let cells: Vec<String> = columns.iter().map(text).collect::<Result<_, _>>()?;
        write_cells(&mut writer, path, &cells)?;
    }
    complete(host, writer, path)?;
    Ok(i64::try_from(records.len()).unwrap_or(i64::MAX))
}

/// Adds `write_csv`.
pub(crate) fn register(module: &mut Module, host: &Arc<Host>) {
    let about = "Writes records (maps or rows) to a CSV file and returns how many; the columns \
        are those of the records, or the ones named.\n```rhai\nlet found = [#{ id: 1, email: \
        \"jo@example.com\" }];\nwrite_csv(\"found.csv\", found);\nwrite_csv(\"emails.csv\", found, \
        [\"email\"])\n```";
    let writing = Arc::clone(host);
    function("write_csv", &["path: &str", "records: array", "int"], about).set_into_module(
        module,
        move |path: &str, records: Array| -> Fallible<i64> {
            Ok(write_all(&writing, path, &records, None)?)
        },
    );
    let writing = Arc::clone(host);
    let signature = ["path: &str", "records: array", "columns: array", "int"];
    function("write_csv", &signature, about).set_into_module(
        module,
        move |path: &str, records: Array, columns: Array| -> Fallible<i64> {
            Ok(write_all(&writing, path, &records, Some(&columns))?)
        },
    );
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::script::test_engine::TestEngine;

    const PEOPLE: &str = "let people = [#{ id: 1, email: \"x\" }, #{ id: 2, note: \"a, b\" }];";

    #[test]
    fn maps_are_written_with_every_column_any_of_them_has_and_the_id_first() {
        let bench = TestEngine::new();
        let script = format!("{PEOPLE} write_csv(\"out.csv\", people)");
        assert_eq!(bench.text(&script), "2");
        assert_eq!(bench.read("out.csv"), "id,email,note\n1,x,\n2,,\"a, b\"\n");
    }

    #[test]
    fn rows_are_written_in_the_order_of_their_file() {
        let bench = TestEngine::new();
        bench.file("in.csv", "z;a;m\n1;;3\n");
        bench.text(
            "let rows = csv(\"in.csv\").to_array(); rows[0].b = today(); write_csv(\"out.csv\", rows)",
        );
        assert_eq!(bench.read("out.csv"), "z,a,m,b\n1,,3,2026-11-23\n");
    }

    #[test]
    fn named_columns_are_written_in_their_order() {
        let bench = TestEngine::new();
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
        let bench = TestEngine::new();
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
        let bench = TestEngine::new();
        assert_eq!(bench.text("write_csv(\"out.csv\", [])"), "0");
        assert_eq!(bench.read("out.csv"), "");
        bench.text("write_csv(\"out.csv\", [], [\"id\"])");
        assert_eq!(bench.read("out.csv"), "id\n");
    }

    #[test]
    fn what_is_no_record_is_refused_and_leaves_the_old_file() {
        let bench = TestEngine::new();
        bench.file("out.csv", "old");
        assert_eq!(
            bench.refusal("write_csv(\"out.csv\", [#{ id: 1 }, 5])"),
            "item 2: a whole number is not a record\n\
             hint: a record is a row, or a map such as `#{ id: 1, email: \"jo@example.com\" }`"
        );
        bench.refusal("write_csv(\"out.csv\", [#{ id: 1 }, #{ id: || 1 }])");
        assert_eq!(bench.read("out.csv"), "old");
        assert_eq!(std::fs::read_dir(bench.folder.path()).unwrap().count(), 1);
    }

    /// Text without NUL, by which a file would be taken for binary, and without the mark that
    /// begins a file, and is passed over where files were joined.
    fn cell_text() -> impl Strategy<Value = String> {
        let letter = prop_oneof![
            any::<char>(),
            proptest::sample::select(vec![',', ';', '\t', '"', '\r', '\n', ' ', 'é']),
        ];
        proptest::collection::vec(
            letter.prop_filter("marks", |letter| !matches!(letter, '\0' | '\u{feff}')),
            0..8,
        )
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
            let bench = TestEngine::new();
            let names = ["first", "second", "third"];
            let record = |row: &Vec<String>| {
                let entries = names.iter().zip(row);
                serde_json::Value::Object(
                    entries.map(|(name, cell)| ((*name).to_owned(), cell.clone().into())).collect(),
                )
            };
            // Rows of nothing but separators are skipped.
            let holds = |row: &&Vec<String>| row.len() == 1 || row.iter().any(|cell| !cell.trim().is_empty());
            let records: Vec<_> = cells.iter().filter(holds).map(record).collect();
            // Without any there are no columns to write.
            prop_assume!(!records.is_empty());
            bench.file("in.json", serde_json::to_string(&records).unwrap());
            bench.text("write_csv(\"out.csv\", read_json(\"in.json\"))");
            let as_is = names[..cells[0].len()].join("\", \"");
            bench.text(&format!(
                "let options = #{{ trim: false, as_is: [\"{as_is}\"] }}; \
                 write_json(\"back.json\", csv(\"out.csv\", options).to_array())",
            ));
            let back: Vec<serde_json::Value> = serde_json::from_str(&bench.read("back.json")).unwrap();
            prop_assert_eq!(back, records);
        }
    }
}
