//! Formatting, as the change it makes to a text.

use serde_json::{Value, json};

use super::position::{Lines, Units};
use crate::script::format::{WouldChange, format};

/// The edits that give a text its form: one, of the lines that differ, or none.
pub(super) fn edits(text: &str, units: Units) -> Result<Value, WouldChange> {
    let new = format(text)?.text;
    if new == text {
        return Ok(json!([]));
    }
    let start = same(text.split_inclusive('\n'), new.split_inclusive('\n'));
    let (old_rest, new_rest) = (&text[start..], &new[start..]);
    let end = same(
        old_rest.split_inclusive('\n').rev(),
        new_rest.split_inclusive('\n').rev(),
    );
    Ok(json!([{
        "range": Lines::index(text, units).range(&(start..text.len() - end)),
        "newText": new_rest[..new_rest.len() - end],
    }]))
}

/// The bytes of the lines that are the same up to the first that is not.
fn same<'t>(one: impl Iterator<Item = &'t str>, other: impl Iterator<Item = &'t str>) -> usize {
    let pairs = one.zip(other);
    let same = pairs.take_while(|(one, other)| one == other);
    same.map(|(line, _)| line.len()).sum()
}

#[cfg(test)]
mod tests {
    use super::super::document::Document;
    use super::*;

    #[test]
    fn the_edit_makes_the_formatted_text() {
        for text in [
            "let a=1;\nlet b = 2;\n",
            "let a = 1;\r\nlet b=2;\r\nlet c = \"😀\";\r\n",
            "if true {\nprint(1)\n}",
            "let a = 1;   ",
            "\n\n\n",
            "",
        ] {
            let edits = edits(text, Units::Utf16).unwrap();
            let edits = edits.as_array().unwrap();
            let changes: Vec<Value> = edits
                .iter()
                .map(|edit| json!({ "range": edit["range"], "text": edit["newText"] }))
                .collect();
            let mut document = Document {
                text: text.into(),
                ..Document::default()
            };
            document.change(&changes, Units::Utf16);
            assert_eq!(document.text, format(text).unwrap().text, "{text:?}");
        }
    }

    #[test]
    fn lines_that_are_formatted_stay_out_of_the_edit() {
        let edits = edits("let a = 1;\nlet b=2;\nlet c = 3;\n", Units::Utf8).unwrap();
        assert_eq!(edits[0]["newText"], "let b = 2;\n");
        assert_eq!(
            edits[0]["range"]["start"],
            json!({ "line": 1, "character": 0 })
        );
    }
}
