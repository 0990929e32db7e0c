//! What would be wrong with every row, and is refused before the first.

use serde_json::Value;

use super::Each;
use super::template::Template;
use crate::catalog;
use crate::client::ActionRef;
use crate::error::Failure;
use crate::secrets::is_secret_parameter;

impl Each<'_> {
    /// Refuses what would be refused of every row.
    pub(super) fn check(&self) -> Result<(), Failure> {
        for (name, value) in self.params {
            self.check_secret(name, value)?;
            let problem = match self.action {
                ActionRef::Known(action) if !self.allow_unknown => {
                    catalog::check_name(action, name)
                        .and_then(|param| match as_given(value) {
                            Some(given) => catalog::check_value(action, param, name, &given),
                            None => Ok(()),
                        })
                        .err()
                }
                _ => catalog::is_reserved(name)
                    .then(|| catalog::Problem::ReservedParameter { name: name.clone() }),
            };
            if let Some(problem) = problem {
                let failure = Failure::usage(format!("{problem}; nothing was sent"));
                return Err(problem.hint().into_iter().fold(failure, Failure::hint));
            }
        }
        Ok(())
    }

    /// What is typed stands in the record of the run, where no secret may be.
    fn check_secret(&self, name: &str, value: &Value) -> Result<(), Failure> {
        let is_secret = is_secret_parameter(self.action.known(), name);
        let Some(given) = as_given(value).filter(|_| is_secret) else {
            return Ok(());
        };
        if given.as_str() == Some("") {
            return Ok(());
        }
        Err(Failure::usage(format!(
            "`{name}` is secret, and would stand in the record of the run; nothing was sent"
        ))
        .hint(format!("take it from a column: `{name}={{column}}`")))
    }
}

/// The value, where no column stands in it.
fn as_given(value: &Value) -> Option<Value> {
    Some(match value {
        Value::String(text) => Template::parse(text).ok()?.literal()?.into(),
        Value::Array(items) => items
            .iter()
            .map(as_given)
            .collect::<Option<Vec<_>>>()?
            .into(),
        Value::Object(map) => {
            let entries = map
                .iter()
                .map(|(key, value)| Some((key.clone(), as_given(value)?)));
            Value::Object(entries.collect::<Option<_>>()?)
        }
        other => other.clone(),
    })
}
