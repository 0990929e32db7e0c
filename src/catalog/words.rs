//! The catalog in words: how actions and parameters are explained to a reader,
//! the same in the terminal and in the reference.

use super::{Action, Effect, Param};

impl Action {
    /// How a script calls it, with what it must be given: `close_client(#{ clientid })`.
    pub fn signature(&self) -> String {
        let required: Vec<_> = self.required().collect();
        match (self.params.is_empty(), required.is_empty()) {
            (true, _) => format!("{}()", self.function),
            (false, true) => format!("{}(#{{ … }})", self.function),
            (false, false) => {
                let optional = if required.len() < self.params.len() {
                    ", …"
                } else {
                    ""
                };
                format!(
                    "{}(#{{ {}{optional} }})",
                    self.function,
                    required.join(", ")
                )
            }
        }
    }

    /// What sending the same call again does.
    pub fn repeat(&self) -> &'static str {
        if self.repeatable {
            "does no harm"
        } else {
            "is a second write"
        }
    }
}

impl Effect {
    /// What the effect does to the server.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Read => "changes nothing",
            Self::Create => "adds a record",
            Self::Update => "changes a record",
            Self::Delete => "removes a record",
            Self::Act => "triggers an action",
        }
    }
}

impl Param {
    /// What it means, what it may be, and which versions have it, on one line.
    pub fn remarks(&self) -> String {
        let mut parts = vec![self.about.to_owned()];
        if !self.keys.is_empty() {
            parts.push(format!("keys: {}", self.keys.join(", ")));
        }
        if !self.values.is_empty() {
            parts.push(format!("one of: {}", self.values.join(", ")));
        }
        if let Some(default) = self.default {
            parts.push(format!("default: {default}"));
        }
        if self.destructive {
            parts.push("destructive".to_owned());
        }
        if let Some(version) = self.since {
            parts.push(format!("since WHMCS {version}"));
        }
        if let Some(version) = self.until {
            parts.push(format!("until WHMCS {version}"));
        }
        if self.deprecated {
            parts.push("deprecated".to_owned());
        }
        parts.join("; ")
    }
}
