//! Refuses comparisons that can never be true, of values that stand for others elsewhere.
//!
//! A null date is `()` here, where PHP programmers know it as `0000-00-00`: compared with
//! that text, it would be no such date for every record. It is neither before nor after a
//! day. A caught error is a map, and never equal to its message.

use rhai::{ImmutableString, Map, Module, Variant};
use rust_decimal::Decimal;

use crate::script::dates::{Date, DateTime};
use crate::script::engine::function::{self, Fallible};
use crate::script::raise::Raised;

/// How a null date is written on the wire.
const NULL_DATE: &str = "0000-00-00";
/// What every error that is caught holds.
const OF_ERRORS: [&str; 2] = ["kind", "message"];

/// Adds the refusing operators.
pub(crate) fn register(module: &mut Module) {
    for (operator, answer) in [("==", false), ("!=", true)] {
        let nothing = move |text: &ImmutableString| null_date(operator, text, answer);
        let error = move |map: &Map, text: &ImmutableString| message(operator, map, text, answer);
        let register = || function::operator(operator);
        register().set_into_module(module, move |(): (), text: ImmutableString| nothing(&text));
        register().set_into_module(module, move |text: ImmutableString, (): ()| nothing(&text));
        register().set_into_module(module, move |map: Map, text: ImmutableString| {
            error(&map, &text)
        });
        register().set_into_module(module, move |text: ImmutableString, map: Map| {
            error(&map, &text)
        });
    }
    refuse_order::<ImmutableString>(module);
    refuse_order::<i64>(module);
    refuse_order::<f64>(module);
    refuse_order::<Decimal>(module);
    refuse_order::<Date>(module);
    refuse_order::<DateTime>(module);
}

/// Refuses to say which comes first of nothing and a value: Rhai's `false` would be taken for
/// an answer.
fn refuse_order<T: Variant + Clone>(module: &mut Module) {
    for operator in ["<", "<=", ">", ">="] {
        let refused = move || -> Fallible<bool> {
            let what = format!("cannot compare `()`, which is no value, using `{operator}`");
            let hint = "a field that is not set, such as a date, is `()`: test first, such as with `x != () && x < …`";
            Err(Raised::new("value", what).hint(hint).into())
        };
        let register = || function::operator(operator);
        register().set_into_module(module, move |(): (), _: T| refused());
        register().set_into_module(module, move |_: T, (): ()| refused());
    }
}

fn null_date(operator: &str, text: &str, answer: bool) -> Fallible<bool> {
    if !text.starts_with(NULL_DATE) {
        return Ok(answer);
    }
    let what = format!("cannot compare `()` with the text `{text}` using `{operator}`");
    let hint = format!("a date that is not set is `()` in replies: write `{operator} ()`");
    Err(Raised::new("value", what).hint(hint).into())
}

fn message(operator: &str, map: &Map, text: &str, answer: bool) -> Fallible<bool> {
    if !OF_ERRORS.iter().all(|name| map.contains_key(*name)) {
        return Ok(answer);
    }
    let what = format!("cannot compare an error, which is a map, with text using `{operator}`");
    let hint = format!(
        "compare its message or its kind: `error.message {operator} {text:?}`, `error.kind \
         {operator} \"api\"`"
    );
    Err(Raised::new("value", what).hint(hint).into())
}

#[cfg(test)]
mod tests {
    use crate::script::test_host::TestHost;

    #[test]
    fn a_null_date_is_not_the_text_that_php_knows_it_as() {
        let rig = TestHost::new();
        for text in [
            "let paid = (); paid == \"0000-00-00 00:00:00\"",
            "let paid = (); \"0000-00-00\" != paid",
        ] {
            let error = rig.failure(text);
            assert!(error.contains("with the text `0000-00-00"), "{error}");
        }
        for text in [
            "let paid = (); paid == \"\"",
            "let paid = (); paid == \"2026-01-01\"",
            "\"0000-00-00\" != \"0000-00-00\"",
        ] {
            assert_eq!(rig.value(&format!("{{ {text} }}")), "false", "{text}");
        }
    }

    #[test]
    fn nothing_has_no_place_in_an_order() {
        let rig = TestHost::new();
        for text in [
            "let due = (); due < \"2026-12-01\"",
            "let due = (); due <= today()",
            "let due = (); now() > due",
            "let count = (); count > 5",
            "let credit = (); money(\"1\") >= credit",
        ] {
            let error = rig.failure(text);
            assert!(
                error.contains("cannot compare `()`, which is no value, using"),
                "{error}"
            );
        }
        assert_eq!(
            rig.value("{ let due = (); due != () && due < today() }"),
            "false"
        );
    }

    #[test]
    fn an_error_is_not_its_message() {
        let rig = TestHost::new();
        let error = rig.failure("let e = #{ kind: \"api\", message: \"No\" }; e == \"No\"");
        assert!(error.contains("an error, which is a map"), "{error}");
        assert_eq!(rig.value("#{ message: \"No\" } == \"No\""), "false");
    }
}
