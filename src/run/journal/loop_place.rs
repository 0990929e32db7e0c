//! Where a bulk loop of a run stands in the script, so that a later pass knows it again.

use serde::{Deserialize, Serialize};

/// Where a bulk loop stands.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct LoopPlace {
    /// The module it is in, by its file name; empty for the script itself.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub script: String,
    /// A hash of its text, whatever its blanks and comments are; of those that are the same,
    /// which of how many.
    pub text: String,
    /// The same of all loops of its script, in their order.
    pub all: Vec<String>,
    /// A hash of what it is given, where it may be begun many times.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given: Option<String>,
}

impl LoopPlace {
    /// Whether what it is given does not tell it from another of the same text.
    pub fn fits(&self, now: &Self) -> bool {
        match (&self.given, &now.given) {
            (Some(before), Some(now)) => before == now,
            _ => true,
        }
    }
}
