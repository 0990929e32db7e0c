//! What a plan says of a record that is there.

use serde_json::Value;

/// What a write would make of one field.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedChange {
    /// The parameter that sets it.
    pub field: String,
    /// What it holds now; `None` where no read tells.
    pub old: Option<Value>,
    /// What it would hold.
    pub new: Value,
    /// Whether it holds that already.
    pub is_idle: bool,
}
