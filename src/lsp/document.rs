//! A text that the editor holds.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::position::{Units, offset_of};
use crate::display::uri::uri;
use crate::script::Reported;

/// An open script.
#[derive(Clone, Debug, Default)]
pub(super) struct Document {
    /// Its text as the editor has it now.
    pub(super) text: String,
    /// The editor's number of this state, if it has one.
    pub(super) version: Option<i64>,
    /// What was found in it, if it was checked since it changed.
    pub(super) found: Option<Vec<(u8, Reported)>>,
}

impl Document {
    /// Does what the editor did to the text, one change after the other; a change that is
    /// none is passed over.
    pub(super) fn change(&mut self, changes: &[Value], units: Units) {
        for change in changes {
            let Some(new) = change["text"].as_str() else {
                continue;
            };
            let Some(range) = change.get("range").filter(|range| !range.is_null()) else {
                new.clone_into(&mut self.text);
                continue;
            };
            let start = offset_of(&self.text, &range["start"], units);
            let end = offset_of(&self.text, &range["end"], units);
            if let (Some(start), Some(end)) = (start, end) {
                self.text.replace_range(start..end.max(start), new);
            }
        }
    }
}

/// The path of a document that is in a file.
pub(super) fn path_of(uri: &str) -> Option<PathBuf> {
    let rest = uri.strip_prefix("file://")?;
    let path = &rest[rest.find('/')?..];
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let [first, after @ ..] = rest {
        let code = match (first, after) {
            (b'%', [high, low, ..]) => {
                let digit = |byte: u8| char::from(byte).to_digit(16);
                let code = digit(*high).zip(digit(*low));
                code.and_then(|(high, low)| u8::try_from(high * 16 + low).ok())
            }
            _ => None,
        };
        bytes.push(code.unwrap_or(*first));
        rest = if code.is_some() { &after[2..] } else { after };
    }
    Some(PathBuf::from(String::from_utf8(bytes).ok()?))
}

/// The address of a file.
pub(super) fn uri_of(path: &Path) -> String {
    uri(&path.to_string_lossy())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn changed(text: &str, changes: &Value) -> String {
        let mut document = Document {
            text: text.into(),
            ..Document::default()
        };
        document.change(changes.as_array().unwrap(), Units::Utf16);
        document.text
    }

    fn at(start: (usize, usize), end: (usize, usize), text: &str) -> Value {
        let place = |(line, character)| json!({ "line": line, "character": character });
        json!({ "range": { "start": place(start), "end": place(end) }, "text": text })
    }

    #[test]
    fn changes_follow_each_other() {
        let text = "let 😀 = 1;\r\nprint(1);\r\n";
        let changes = json!([
            at((0, 6), (0, 6), "a"),
            at((0, 7), (1, 0), ";"),
            at((0, 8), (0, 13), "")
        ]);
        assert_eq!(changed(text, &changes), "let 😀a;(1);\r\n");
        assert_eq!(
            changed(text, &json!([{ "text": "new" }, at((9, 9), (9, 9), "er")])),
            "newer"
        );
        assert_eq!(
            changed(text, &json!([{ "range": null, "text": "new" }])),
            "new"
        );
    }

    #[test]
    fn a_change_that_is_none_changes_nothing() {
        let bad = json!([{}, 7, { "text": 7 }, { "range": {}, "text": "x" }]);
        assert_eq!(changed("text", &bad), "text");
        assert_eq!(changed("text", &json!([at((0, 3), (0, 1), "x")])), "texxt");
    }

    #[test]
    fn the_address_of_a_file_is_its_path() {
        let path = |uri| path_of(uri).map(|path| path.display().to_string());
        assert_eq!(
            path("file:///a/b%20c%C3%A9.rhai").as_deref(),
            Some("/a/b cé.rhai")
        );
        assert_eq!(path("file://localhost/a%").as_deref(), Some("/a%"));
        assert_eq!(path("untitled:Untitled-1"), None);
        assert_eq!(path("file:///%FF"), None);
    }
}
