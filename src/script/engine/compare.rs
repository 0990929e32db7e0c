//! Refuses to compare text with a number.
//!
//! WHMCS sends many numbers as text, and Rhai answers `"10" == 10` and
//! `"10" > 9` with a silent `false`: a script would skip the records it is
//! about. These operators raise an error instead. Rhai asks for them only with
//! its fast operators off, which costs some 0.1 µs an operator.

use rhai::{Dynamic, ImmutableString, Module, Variant};
use rust_decimal::Decimal;

use crate::script::engine::function::{self, Fallible};
use crate::script::raise::Raised;

const OPERATORS: &[&str] = &["==", "!=", "<", "<=", ">", ">="];

/// Adds the refusing operators.
pub(crate) fn register(module: &mut Module) {
    for operator in OPERATORS {
        refuse::<i64>(module, operator);
        refuse::<f64>(module, operator);
        refuse::<Decimal>(module, operator);
    }
}

fn refuse<N: Variant + Clone>(module: &mut Module, operator: &'static str) {
    function::operator(operator)
        .set_into_module(module, move |text: ImmutableString, number: N| {
            refusal(operator, &text, number)
        });
    function::operator(operator)
        .set_into_module(module, move |number: N, text: ImmutableString| {
            refusal(operator, &text, number)
        });
}

fn refusal<N: Variant + Clone>(operator: &str, text: &str, number: N) -> Fallible<bool> {
    let number = Dynamic::from(number);
    let shown: String = text.chars().take(20).collect();
    Err(Raised::new(
        "value",
        format!("text `\"{shown}\"` is compared with the number `{number}` by `{operator}`"),
    )
    .hint(format!(
        "turn the text into a number first, such as with `parse_int(…)`, or compare with the text `\"{number}\"`"
    ))
    .into())
}
