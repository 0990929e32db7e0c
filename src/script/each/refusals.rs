//! What would be wrong with every row, and is refused before the first.

use serde_json::Value;

use super::Each;
use super::template::Template;
use crate::catalog::{self, Problem};
use crate::client::ActionRef;
use crate::error::Failure;

impl Each<'_> {
    /// Refuses what would be refused of every row.
    pub(super) fn check(&self) -> Result<(), Failure> {
        self.check_secrets()?;
        self.check_covered()?;
        let problems = match self.action {
            ActionRef::Known(action) => {
                let params = self.params.iter();
                let params = params.map(|(name, value)| (name.clone(), as_given(value)));
                catalog::problems(action, &params.collect())
            }
            ActionRef::Other { .. } => {
                let reserved = self.params.keys().filter(|name| catalog::is_reserved(name));
                let problem = |name: &String| Problem::ReservedParameter { name: name.clone() };
                reserved.map(problem).collect()
            }
        };
        let stands = |problem: &&Problem| !self.allowed.lifts(problem);
        let standing: Vec<&Problem> = problems.iter().filter(stands).collect();
        let Some((what, hint)) = catalog::sentence(&standing) else {
            return Ok(());
        };
        let failure = Failure::usage(format!("{what}; nothing was sent"));
        Err(hint.into_iter().fold(failure, Failure::hint))
    }
}

/// The value as far as it is known: null where a column stands in it.
fn as_given(value: &Value) -> Value {
    match value {
        Value::String(text) => {
            let template = Template::parse(text).ok();
            let text = template.as_ref().and_then(Template::literal);
            text.map_or(Value::Null, Value::from)
        }
        Value::Array(items) => items.iter().map(as_given).collect(),
        Value::Object(map) => {
            let entries = map
                .iter()
                .map(|(key, value)| (key.clone(), as_given(value)));
            Value::Object(entries.collect())
        }
        other => other.clone(),
    }
}
