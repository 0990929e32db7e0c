//! Texts of JSON lines that are not what their owner sees, by the rules of CSV.
//!
//! A list that was frozen is as the server has it. Other lines are made by programs, often of
//! a spreadsheet: an error in place of a value, a lost letter and a formula are refused, what
//! may be meant is said, and invisible characters around a text are removed.

use rhai::ImmutableString;
use serde_json::{Map, Value};

use crate::display::text::{has_control, has_unseen, with_invisible, without_invisible_ends};
use crate::script::csv::faults::place;
use crate::script::csv::remarks::Remarks;
use crate::script::csv::spoiled::{CellReading, reading};
use crate::script::raise::Raised;

/// How the texts of a file are taken.
#[derive(Debug, Default)]
pub(super) struct RecordTexts {
    /// The fields that are taken as they stand.
    pub as_is: Vec<ImmutableString>,
}

impl RecordTexts {
    /// Takes the texts of the record in that line as they are meant; notes what there is to say.
    pub fn take(
        &self,
        path: &str,
        line: u64,
        record: &mut Map<String, Value>,
        remarks: &mut Remarks,
    ) -> Result<(), Raised> {
        for (name, value) in record {
            let Value::String(text) = value else {
                continue;
            };
            if self.as_is.iter().any(|kept| kept == name) {
                continue;
            }
            let bare = without_invisible_ends(text.trim());
            let is_freed = bare.len() < text.trim_ascii().len();
            let column = || ImmutableString::from(name);
            if is_freed {
                remarks.around.add(line, Some(&column()), text);
            }
            if has_unseen(bare) || has_control(bare) {
                remarks.inside.add(line, Some(&column()), bare);
            }
            let meant = match reading(bare) {
                CellReading::Plain => is_freed.then(|| bare.to_owned()),
                CellReading::Text(inner) => {
                    remarks.unwrapped.add(line, Some(&column()), bare);
                    Some(inner.into_owned())
                }
                CellReading::Doubtful(doubt) => {
                    remarks.doubtful(doubt).add(line, Some(&column()), bare);
                    is_freed.then(|| bare.to_owned())
                }
                CellReading::Spoiled(how) => {
                    let (what, cure) = how.words();
                    let at = place(line, Some(&column()));
                    let told = format!(
                        "`{path}` {at}: `{}` {what}; nothing was sent for its rows",
                        with_invisible(bare)
                    );
                    let way = format!(
                        "{cure}; to send it as is, use `rows(path, #{{ as_is: [{name:?}] }})` or \
                         `each --as-is {name}`"
                    );
                    return Err(Raised::new("file", told).hint(way));
                }
            };
            if let Some(meant) = meant {
                *text = meant;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn take(value: &Value, as_is: &[&str]) -> Result<(Value, Vec<String>), Raised> {
        let texts = RecordTexts {
            as_is: as_is.iter().map(|name| (*name).into()).collect(),
        };
        let mut record = json!({"id": 3, "city": value}).as_object().unwrap().clone();
        let mut remarks = Remarks::default();
        texts.take("r.jsonl", 2, &mut record, &mut remarks)?;
        Ok((record["city"].clone(), remarks.take("r.jsonl")))
    }

    #[test]
    fn what_csv_refuses_is_refused_unless_the_field_is_taken_as_it_is() {
        for text in ["#N/A", "K\u{fffd}ln", "=A1+B1", "4.9E+11", "\\N", " #REF! "] {
            let refused = format!("{:?}", take(&json!(text), &[]).unwrap_err());
            assert!(
                refused.contains("line 2, column `city`") && refused.contains("each --as-is city"),
                "{refused}"
            );
            assert_eq!(take(&json!(text), &["city"]).unwrap().0, text);
        }
    }

    #[test]
    fn invisible_edges_are_removed_and_what_is_odd_is_said() {
        let (city, told) = take(&json!("\u{200b}Waco\u{a0}"), &[]).unwrap();
        assert_eq!(city, "Waco");
        assert!(told[0].contains("removed invisible characters around 1 cell"));
        let (city, told) = take(&json!("KÃ¶ln"), &[]).unwrap();
        assert_eq!(city, "KÃ¶ln");
        assert!(told[0].contains("read in a wrong encoding"), "{told:?}");
        for plain in [json!(" Waco "), json!(7), json!(null), json!("Köln")] {
            assert_eq!(take(&plain, &[]).unwrap(), (plain, Vec::new()));
        }
    }
}
