//! Which columns a file of rows has, and where their cells come from.
//!
//! The input's columns come first, in their order. Ours begin with `_`; those
//! the input has from an earlier run's file give way to the new ones. A column
//! that held secrets is left out whole: a script that needs it then says so,
//! where an empty cell would be sent as an empty password.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::run::journal::BulkRecord;

/// The column with what WHMCS warned of beside its successes.
pub const WARNING: &str = "_warning";

/// The column that says which server a row is of, where the runs are those of several.
pub const PROFILE: &str = "_profile";

/// All columns any of the files adds.
const OWN: [&str; 10] = [
    "_row", "_line", "_outcome", "_error", "_kind", "_action", "_applied", "_begun", WARNING,
    PROFILE,
];

/// The columns of a file.
pub struct Layout {
    /// Places of the input's columns that are kept, with their names.
    original: Vec<(usize, String)>,
    own: Vec<String>,
    /// Keys of what closures returned, with the names they have here.
    returned: Vec<(String, String)>,
}

impl Layout {
    /// The columns of a loop's rows and our own, without those that held secrets.
    pub fn arrange(bulk: &BulkRecord, own: &[&str]) -> Self {
        let columns = bulk.columns.iter().cloned().enumerate();
        let original = columns
            .filter(|(_, name)| !bulk.hidden.contains(name) && !OWN.contains(&name.as_str()));
        Self {
            original: original.collect(),
            own: own.iter().map(ToString::to_string).collect(),
            returned: Vec::new(),
        }
    }

    /// With columns for what closures returned; a name that is taken gets `_` before it.
    #[must_use]
    pub fn returning(mut self, keys: impl Iterator<Item = String>) -> Self {
        for key in keys {
            let mut name = key.clone();
            while self.header().any(|taken| taken == name) {
                name.insert(0, '_');
            }
            self.returned.push((key, name));
        }
        self
    }

    /// The names of all columns.
    pub fn header(&self) -> impl Iterator<Item = &str> {
        let original = self.original.iter().map(|(_, name)| name);
        let returned = self.returned.iter().map(|(_, name)| name);
        original
            .chain(&self.own)
            .chain(returned)
            .map(String::as_str)
    }

    /// A row's cells: those of the input, ours, those the closure returned.
    pub fn cells<'c>(
        &self,
        original: &'c [String],
        own: &'c [String],
        returned: &Map<String, Value>,
    ) -> Vec<Cow<'c, str>> {
        let mut cells = Vec::with_capacity(self.original.len() + own.len() + self.returned.len());
        // A row of a pass in which the input had fewer columns has fewer cells.
        let original = self.original.iter().map(|(place, _)| original.get(*place));
        cells.extend(original.map(|cell| Cow::from(cell.map_or("", String::as_str))));
        cells.extend(own.iter().map(Cow::from));
        let returned = self.returned.iter().map(|(key, _)| returned.get(key));
        cells.extend(returned.map(|value| Cow::from(value.map_or_else(String::new, text))));
        cells
    }
}

/// A value as the text of a cell.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn layout(columns: &[&str], hidden: &[&str]) -> Layout {
        let names = |names: &[&str]| names.iter().map(ToString::to_string).collect();
        let bulk = BulkRecord {
            number: 1,
            columns: names(columns),
            hidden: names(hidden),
        };
        Layout::arrange(&bulk, &["_row", "_error"])
    }

    fn header(layout: &Layout) -> String {
        layout.header().collect::<Vec<_>>().join(",")
    }

    #[test]
    fn columns_of_an_earlier_file_give_way_and_secret_ones_are_left_out() {
        let layout = layout(
            &["_row", "email", "password", "city", "_applied"],
            &["password"],
        );
        assert_eq!(header(&layout), "email,city,_row,_error");
        let cells = ["7", "a@x", "", "Oslo", "AddClient"].map(String::from);
        let own = ["2", "no"].map(String::from);
        assert_eq!(
            layout.cells(&cells, &own, &Map::new()),
            ["a@x", "Oslo", "2", "no"]
        );
        assert_eq!(
            layout.cells(&cells[..2], &own, &Map::new()),
            ["a@x", "", "2", "no"]
        );
    }

    #[test]
    fn what_a_closure_returned_never_takes_the_name_of_another_column() {
        let keys = ["id", "email", "_error"].map(String::from);
        let layout = layout(&["email"], &[]).returning(keys.into_iter());
        assert_eq!(header(&layout), "email,_row,_error,id,_email,__error");
        let returned = json!({"id": 7, "_error": ["x"], "email": null});
        let (given, own) = (["a@x".to_owned()], ["1".to_owned(), String::new()]);
        let cells = layout.cells(&given, &own, returned.as_object().unwrap());
        assert_eq!(cells, ["a@x", "1", "", "7", "", "[\"x\"]"]);
    }
}
