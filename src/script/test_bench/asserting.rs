//! What a test asserts of values.

use std::sync::Arc;

use rhai::{Dynamic, EvalAltResult, FnPtr, Module, NativeCallContext, Position};
use serde_json::Value;

use super::bench::{Bench, SnapshotError};
use super::difference::{difference, of_lines, written};
use crate::script::diagnostic::words;
use crate::script::engine::function::{Fallible, function, operator};
use crate::script::files::json::to_value;
use crate::script::raise::Raised;

/// The kind of an error that says that an assertion does not hold.
pub(super) const KIND: &str = "assertion";

/// Adds the assertions.
pub(super) fn register(module: &mut Module, bench: &Arc<dyn Bench>) {
    of_truth(module, bench);
    of_equality(module, bench);
    of_errors(module, bench);
    of_snapshots(module, bench);
    // One that ends itself has not come to its assertions: that is no success.
    operator("exit").set_into_module(module, || ended(0));
    operator("exit").set_into_module(module, ended);
}

fn ended(code: i64) -> Fallible<()> {
    Err(EvalAltResult::ErrorTerminated(code.into(), Position::NONE).into())
}

/// An assertion that does not hold.
#[expect(
    clippy::unnecessary_box_returns,
    reason = "the form Rhai's errors have everywhere"
)]
pub(super) fn fails(
    bench: &dyn Bench,
    what: impl Into<String>,
    difference: Option<&str>,
) -> Box<EvalAltResult> {
    let what = what.into();
    bench.fell(&what, difference);
    Raised::new(KIND, what).into()
}

fn of_truth(module: &mut Module, bench: &Arc<dyn Bench>) {
    let about = "Fails the test unless the condition holds.\n\
                 ```rhai\n\
                 assert(1 + 1 == 2, \"sums\");\n\
                 ```";
    let at = Arc::clone(bench);
    function("assert", &["condition: bool", "()"], about).set_into_module(
        module,
        move |condition: bool| -> Fallible<()> {
            if condition {
                return Ok(());
            }
            Err(fails(&*at, "the condition does not hold", None))
        },
    );
    let at = Arc::clone(bench);
    function("assert", &["condition: bool", "message: ?", "()"], about).set_into_module(
        module,
        move |condition: bool, message: Dynamic| -> Fallible<()> {
            if condition {
                return Ok(());
            }
            Err(fails(&*at, message.to_string(), None))
        },
    );
}

fn of_equality(module: &mut Module, bench: &Arc<dyn Bench>) {
    let about = "Fails the test unless both values are the same, and shows what is different. A \
                 number is not its text: `7` is not `\"7\"`; money and days are their texts.\n\
                 ```rhai\n\
                 assert_eq([1, 2].len(), 2);\n\
                 ```";
    let at = Arc::clone(bench);
    let equal = move |found: &Dynamic, expected: &Dynamic, message: Option<Dynamic>| {
        let Some(difference) = difference(&to_value(found)?, &to_value(expected)?) else {
            return Ok(());
        };
        let what = message.map_or_else(
            || "the values differ (- expected, + found)".to_owned(),
            |message| message.to_string(),
        );
        Err(fails(&*at, what, Some(&difference)))
    };
    let with_message = equal.clone();
    function("assert_eq", &["found: ?", "expected: ?", "()"], about).set_into_module(
        module,
        move |found: Dynamic, expected: Dynamic| -> Fallible<()> { equal(&found, &expected, None) },
    );
    let signature = ["found: ?", "expected: ?", "message: ?", "()"];
    function("assert_eq", &signature, about).set_into_module(
        module,
        move |found: Dynamic, expected: Dynamic, message: Dynamic| -> Fallible<()> {
            with_message(&found, &expected, Some(message))
        },
    );
    let at = Arc::clone(bench);
    function(
        "assert_ne",
        &["found: ?", "unexpected: ?", "()"],
        "Fails the test if both values are the same.\n\
         ```rhai\n\
         assert_ne(random_password(12), random_password(12));\n\
         ```",
    )
    .set_into_module(
        module,
        move |found: Dynamic, unexpected: Dynamic| -> Fallible<()> {
            let found = to_value(&found)?;
            if difference(&found, &to_value(&unexpected)?).is_some() {
                return Ok(());
            }
            Err(fails(
                &*at,
                format!("both values are {}", written(&found)),
                None,
            ))
        },
    );
}

fn of_errors(module: &mut Module, bench: &Arc<dyn Bench>) {
    let about = "Fails the test unless the closure raises an error whose message contains that text; \
                 gives the error.\n\
                 ```rhai\n\
                 let error = assert_error(|| money(\"a lot\"), \"number\");\n\
                 ```";
    let at = Arc::clone(bench);
    function("assert_error", &["closure: function", "?"], about)
        .set_into_module(module, move |context: NativeCallContext, closure: FnPtr| {
            raises(&*at, &context, &closure, "")
        });
    let at = Arc::clone(bench);
    let signature = ["closure: function", "message: &str", "?"];
    function("assert_error", &signature, about).set_into_module(
        module,
        move |context: NativeCallContext, closure: FnPtr, message: &str| {
            raises(&*at, &context, &closure, message)
        },
    );
}

/// The error that a closure raises, as `catch` sees it.
fn raises(
    bench: &dyn Bench,
    context: &NativeCallContext,
    closure: &FnPtr,
    message: &str,
) -> Fallible<Dynamic> {
    let error = match closure.call_raw(context, None, []) {
        Ok(_) => {
            let what = match message {
                "" => "no error was raised".to_owned(),
                message => format!("no error was raised, and one with `{message}` was expected"),
            };
            return Err(fails(bench, what, None));
        }
        Err(error) if !error.is_catchable() => return Err(error),
        Err(error) => error,
    };
    let inner = error.unwrap_inner();
    let said = words::of_error(inner).what;
    if !said.contains(message) {
        let what = format!("the error does not say `{message}`: {said}");
        return Err(fails(bench, what, None));
    }
    Ok(match inner {
        EvalAltResult::ErrorRuntime(value, _) => value.clone(),
        _ => Raised::new("script", said).into_map(),
    })
}

fn of_snapshots(module: &mut Module, bench: &Arc<dyn Bench>) {
    let about = "Fails the test unless the value is the one that is kept beside the test's file; \
                 `whmcsh test --update` keeps it. Values of one test are numbered unless they have names.\n\
                 ```rhai\n\
                 assert_snapshot([1, 2].len(), \"count\");\n\
                 ```";
    let at = Arc::clone(bench);
    function("assert_snapshot", &["value: ?", "()"], about)
        .set_into_module(module, move |value: Dynamic| -> Fallible<()> {
            is_kept(&*at, &value, None)
        });
    let at = Arc::clone(bench);
    function("assert_snapshot", &["value: ?", "name: &str", "()"], about)
        .set_into_module(module, move |value: Dynamic, name: &str| -> Fallible<()> {
            is_kept(&*at, &value, Some(name))
        });
}

fn is_kept(bench: &dyn Bench, value: &Dynamic, name: Option<&str>) -> Fallible<()> {
    let found = match to_value(value)? {
        Value::String(text) => text,
        value => format!("{value:#}"),
    };
    match bench.snapshot(name, &found) {
        Ok(()) => Ok(()),
        Err(SnapshotError::Other(kept)) => {
            let difference = of_lines(&found, &kept);
            let what = "the value is not the one that is kept (- kept, + found)";
            Err(fails(bench, what, difference.as_deref()))
        }
        Err(SnapshotError::Unusable(failure)) => {
            let raised = Raised::new(KIND, failure.what.clone());
            bench.fell(&failure.what, None);
            Err(failure.hint.into_iter().fold(raised, Raised::hint).into())
        }
    }
}
