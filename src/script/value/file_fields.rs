//! The fields that the records of a file have, one or another: what is none of them is
//! misspelled, and not merely absent.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::script::diagnostic::suggestion::suggestion;

/// Of more names than these the names are data, and any may be asked for.
const MOST: usize = 1000;

/// The names, each with those of the maps in it.
#[derive(Clone, Debug, Default)]
pub(crate) struct FileFields(BTreeMap<String, Arc<Self>>);

impl FileFields {
    /// The fields of records that stand beside each other.
    pub fn collect<'r>(records: impl IntoIterator<Item = &'r Map<String, Value>>) -> Self {
        let mut fields = Self::default();
        for record in records {
            fields.add_names(record);
        }
        fields
    }

    /// Adds a record, and what is in it at whatever depth.
    pub fn add(&mut self, record: &Map<String, Value>) {
        self.add_names(record);
        for (name, value) in record {
            if matches!(value, Value::Object(_) | Value::Array(_))
                && let Some(inner) = self.0.get_mut(name)
            {
                Arc::make_mut(inner).add_within(value);
            }
        }
    }

    fn add_within(&mut self, value: &Value) {
        match value {
            Value::Object(record) => self.add(record),
            Value::Array(items) => items.iter().for_each(|item| self.add_within(item)),
            _ => {}
        }
    }

    fn add_names(&mut self, record: &Map<String, Value>) {
        for name in record.keys() {
            if self.0.len() <= MOST && !self.0.contains_key(name) {
                self.0.insert(name.clone(), Arc::default());
            }
        }
    }

    /// Whether a record has a field of that name.
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Whether the names are few enough to be known.
    pub fn are_known(&self) -> bool {
        self.0.len() <= MOST
    }

    /// The fields of the maps in that field, where their keys are names and no data.
    pub fn within(&self, name: &str) -> Option<&Arc<Self>> {
        let is_name = |name: &String| {
            name.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '_')
                && name
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        };
        let inner = self.0.get(name)?;
        let is_record = !inner.0.is_empty() && inner.are_known() && inner.0.keys().all(is_name);
        is_record.then_some(inner)
    }

    /// What is said of a field that no record of the file has, and what to do.
    pub fn missing(&self, path: &str, name: &str) -> (String, String) {
        let meant = suggestion(name, self.0.keys().map(String::as_str));
        (
            format!("no record of `{path}` has a field `{name}`"),
            with_way_out(&meant, name),
        )
    }
}

/// What was probably meant, and how to ask without it.
pub(crate) fn with_way_out(meant: &str, name: &str) -> String {
    let is_name = name
        .chars()
        .all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
    let asked = if is_name {
        format!("?.{name}")
    } else {
        format!("?[{name:?}]")
    };
    format!("{meant}; `{asked}` is `()` if there is none")
}
