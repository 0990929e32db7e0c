//! A table's data on its way into the page: JSON, one line an entry.

use serde_json::{Value, json};

use super::escape::{Text, push_json};
use crate::run::outputs::{Draft, OutputError};

/// What is gathered before it is written.
const CHUNK: usize = 64 * 1024;

/// The lines of one table.
pub(super) struct Lines<'d> {
    draft: &'d mut Draft,
    text: String,
    problem: Option<OutputError>,
    is_empty: bool,
}

impl<'d> Lines<'d> {
    /// Opens a table of those columns.
    pub fn open(draft: &'d mut Draft, name: &str, columns: &[Value]) -> Self {
        let mut text = format!(
            "<script type=\"application/json\" id=\"data-{}\">{{\"columns\":",
            Text(name)
        );
        push_json(&mut text, &columns);
        text.push_str(",\"rows\":[");
        Self {
            draft,
            text,
            problem: None,
            is_empty: true,
        }
    }

    /// Adds a line.
    pub fn put(&mut self, cells: &[Value]) {
        self.text.push_str(if self.is_empty { "\n" } else { ",\n" });
        self.is_empty = false;
        push_json(&mut self.text, &cells);
        if self.text.len() > CHUNK {
            self.flush();
        }
    }

    /// Writes what was gathered; after an error, nothing.
    fn flush(&mut self) {
        if self.problem.is_none() {
            self.problem = self.draft.put(&self.text).err();
        }
        self.text.clear();
    }

    /// Ends the table; an error is of any of its lines.
    pub fn close(mut self) -> Result<(), OutputError> {
        self.text.push_str("]}</script>\n");
        self.flush();
        self.problem.map_or(Ok(()), Err)
    }
}

/// A column as the page's script wants it; `more` ones are shown when asked for.
pub(super) fn column(name: &str, kind: &str, more: bool) -> Value {
    json!({"name": name, "kind": kind, "more": more})
}
