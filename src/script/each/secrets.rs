//! The secrets of a call for every row: they come from columns, which are left out of the
//! run's files, and never from the command line, which is kept.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Each;
use super::template::Template;
use crate::error::Failure;
use crate::secrets::{COVER, is_covered, secret_values, texts_of};

impl Each<'_> {
    /// The columns that stand in secret parameters.
    pub(super) fn secret_columns(&self) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        for (_, value) in secret_values(self.action.known(), self.params) {
            each_template(value, &mut |template| {
                found.extend(template.columns().map(str::to_owned));
            });
        }
        found
    }

    /// What is typed stands in the record of the run, where no secret may be.
    pub(super) fn check_secrets(&self) -> Result<(), Failure> {
        for (name, value) in secret_values(self.action.known(), self.params) {
            if is_typed(value) {
                return Err(Failure::usage(format!(
                    "`{name}` is secret, and would be kept in the record of the run; nothing was \
                     sent"
                ))
                .hint(format!("take it from a column: `{name}={{column}}`")));
            }
        }
        Ok(())
    }

    /// What stands for a secret that was not kept is never sent.
    pub(super) fn check_covered(&self) -> Result<(), Failure> {
        let holds = |value: &Value| texts_of(value).iter().any(|text| is_covered(text));
        let mut params = self.params.iter().filter(|_| self.action.is_write());
        match params.find(|(_, value)| holds(value)) {
            None => Ok(()),
            Some((name, _)) => Err(Failure::usage(format!(
                "`{name}` holds `{COVER}`, which stands for a secret that was not kept; nothing was sent"
            ))
            .hint("put the secret back in the file the value came from")),
        }
    }
}

/// Whether something of the value is known without a row; nothing at all is no secret.
fn is_typed(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(_) | Value::Number(_) => true,
        Value::String(text) => {
            let template = Template::parse(text).ok();
            let literal = template.as_ref().and_then(Template::literal);
            literal.is_some_and(|text| !text.is_empty())
        }
        Value::Array(items) => items.iter().any(is_typed),
        Value::Object(map) => map.values().any(is_typed),
    }
}

fn each_template(value: &Value, found: &mut impl FnMut(&Template)) {
    match value {
        Value::String(text) => {
            if let Ok(template) = Template::parse(text) {
                found(&template);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| each_template(item, found)),
        Value::Object(map) => map.values().for_each(|item| each_template(item, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
