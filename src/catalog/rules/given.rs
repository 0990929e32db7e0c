//! A parameter of a call as it was given.

use serde_json::Value;

use crate::catalog::check::describe;
use crate::catalog::{Action, Param};

/// A parameter as it was given.
pub(super) struct Given<'g> {
    pub action: &'static Action,
    pub param: &'static Param,
    /// Its name, perhaps with brackets or a number behind it.
    pub name: &'g str,
    pub value: &'g Value,
}

impl Given<'_> {
    /// The first text or number in it that is wrong; arrays and maps are gone through.
    pub fn find(&self, is_wrong: impl Fn(&str) -> bool) -> Option<String> {
        fn find(value: &Value, is_wrong: &impl Fn(&str) -> bool) -> Option<String> {
            match value {
                Value::Null => None,
                Value::Bool(truth) => Some(truth.to_string()).filter(|text| is_wrong(text)),
                Value::Number(number) => Some(number.to_string()).filter(|text| is_wrong(text)),
                Value::String(text) => Some(text).filter(|text| is_wrong(text)).cloned(),
                Value::Array(items) => items.iter().find_map(|item| find(item, is_wrong)),
                Value::Object(map) => map.values().find_map(|item| find(item, is_wrong)),
            }
        }
        find(self.value, &is_wrong)
    }

    /// A value of it as a message may show it.
    pub fn quote(&self, value: &str) -> String {
        describe(&value.into(), self.param.secret)
    }
}
