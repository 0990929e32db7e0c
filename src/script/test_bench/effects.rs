//! What a test asserts of what was done: the writes that were sent, the emails.

use std::sync::Arc;

use rhai::{Array, Module};
use serde_json::{Map, Value};

use super::asserting::fails;
use super::bench::{Bench, OWN};
use super::difference::written;
use super::failing::raised;
use crate::catalog;
use crate::script::engine::function::{Fallible, function};
use crate::script::files::json::to_value;
use crate::script::raise::Raised;

/// The entry of a write that names its action, and the one that says how it ended.
const ACTION: &str = "action";
const OUTCOME: &str = "outcome";

/// Adds the assertions.
pub(super) fn register(module: &mut Module, bench: &Arc<dyn Bench>) {
    let at = Arc::clone(bench);
    function(
        "assert_writes",
        &["writes: array", "()"],
        "Fails the test unless exactly these writes were sent, in this order: each the name of an \
         action, or a map of its `action` and the parameters that matter. Calls on `server` do \
         not count.\n\
         ```rhai\n\
         update_client(#{ clientid: 1, city: \"Bergen\" });\n\
         assert_writes([#{ action: \"UpdateClient\", clientid: 1 }]);\n\
         ```",
    )
    .set_into_module(module, move |expected: Array| -> Fallible<()> {
        let expected = expected.iter().map(|one| wanted(&to_value(one)?));
        let expected = expected.collect::<Result<Vec<_>, Raised>>()?;
        are_sent(&*at, &expected)
    });
    let at = Arc::clone(bench);
    function(
        "assert_no_writes",
        &["()"],
        "Fails the test if a write was sent; calls on `server` do not count.\n\
         ```rhai\n\
         assert_no_writes();\n\
         ```",
    )
    .set_into_module(module, move || -> Fallible<()> { are_sent(&*at, &[]) });
    let at = Arc::clone(bench);
    function(
        "assert_no_mail",
        &["()"],
        "Fails the test if the server sent an email since it was filled.\n\
         ```rhai\n\
         assert_no_mail();\n\
         ```",
    )
    .set_into_module(module, move || -> Fallible<()> { nothing_mailed(&*at) });
}

/// A write as a test names it.
fn wanted(value: &Value) -> Result<Map<String, Value>, Raised> {
    let mut entries = match value {
        Value::String(action) => Map::from_iter([(ACTION.to_owned(), action.as_str().into())]),
        Value::Object(entries) => entries.clone(),
        _ => Map::new(),
    };
    let Some(name) = entries.get(ACTION).and_then(Value::as_str) else {
        let what = format!("{} does not name a write", written(value));
        return Err(Raised::new("value", what).hint(
            "write the name of its action, or a map such as `#{ action: \"CloseClient\", clientid: 6 }`",
        ));
    };
    let action = catalog::action(name).or_else(|| catalog::by_function(name));
    let Some(action) = action else {
        return Ok(entries);
    };
    if !action.is_write() {
        let what = format!("`{}` is not a write", action.name);
        return Err(Raised::new("value", what).hint("what was read is in `server.requests()`"));
    }
    entries.insert(ACTION.to_owned(), action.name.into());
    Ok(entries)
}

fn are_sent(bench: &dyn Bench, expected: &[Map<String, Value>]) -> Fallible<()> {
    let sent = bench.writes();
    let mut lines = Vec::new();
    let mut is_different = false;
    for place in 0..sent.len().max(expected.len()) {
        match (sent.get(place), expected.get(place)) {
            (Some(sent), Some(expected)) if is_it(sent, expected) => {
                lines.push(format!("  {}", write_call(sent)));
            }
            (sent, expected) => {
                is_different = true;
                let expected = expected.map(|expected| Value::Object(expected.clone()));
                lines.extend(expected.map(|expected| format!("- {}", write_call(&expected))));
                lines.extend(sent.map(|sent| format!("+ {}", write_call(sent))));
            }
        }
    }
    if !is_different {
        return Ok(());
    }
    let what = if expected.is_empty() {
        "writes were sent (+)"
    } else {
        "other writes were sent (- expected, + sent)"
    };
    Err(fails(bench, what, Some(&lines.join("\n"))))
}

/// Whether a write is the one that is meant: it has all that is named, and was applied unless
/// something else is said.
fn is_it(sent: &Value, expected: &Map<String, Value>) -> bool {
    let is_applied = sent.get(OUTCOME).is_none() || expected.contains_key(OUTCOME);
    is_applied
        && expected
            .iter()
            .all(|(name, value)| sent.get(name).is_some_and(|sent| is_same(sent, value)))
}

/// Whether two values of a parameter are the same to WHMCS, to which a number is its text.
fn is_same(one: &Value, other: &Value) -> bool {
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    one == other
        || text(one)
            .zip(text(other))
            .is_some_and(|(one, other)| one == other)
}

fn write_call(write: &Value) -> String {
    let Value::Object(entries) = write else {
        return written(write);
    };
    let name = entries
        .get(ACTION)
        .and_then(Value::as_str)
        .unwrap_or_default();
    let rest = entries.iter().filter(|(key, _)| *key != ACTION);
    let rest: Vec<String> = rest
        .map(|(key, value)| format!("{key}: {}", written(value)))
        .collect();
    format!("{name} {}", rest.join(", ")).trim_end().to_owned()
}

fn nothing_mailed(bench: &dyn Bench) -> Fallible<()> {
    let emails = bench.emails(OWN).map_err(raised)?;
    let emails = emails.as_array().map_or(&[][..], Vec::as_slice);
    if emails.is_empty() {
        return Ok(());
    }
    let text = |email: &Value, name: &str| {
        email
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let line = |email: &Value| format!("+ to {}: {}", text(email, "to"), text(email, "subject"));
    let lines: Vec<String> = emails.iter().map(line).collect();
    Err(fails(
        bench,
        "emails were sent (+)",
        Some(&lines.join("\n")),
    ))
}
