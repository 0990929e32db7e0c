//! Refuses to compare text with a number or a truth value, and to add text to a sum.
//!
//! WHMCS sends many numbers as text, and so does a CSV file. Rhai answers
//! `"10" == 10` and `"10" > 9` with a silent `false`: a script would skip the
//! records it is about; and `sum += "10"` turns the sum into text. These
//! operators raise an error instead. Rhai asks for them only with its fast
//! operators off, which costs some 0.1 µs an operator.

use std::fmt::Display;

use rhai::{Dynamic, ImmutableString, Module, Variant};
use rust_decimal::Decimal;

use crate::catalog;
use crate::script::engine::function::{self, Fallible};
use crate::script::money::amounts::{self, AmountError};
use crate::script::raise::Raised;

/// What `^` is not.
pub(crate) const POWER: &str = "`^` does not raise a number to a power";
/// What to write in its place.
pub(crate) const POWER_HINT: &str =
    "write `2 ** 3` for a power; `xor(a, b)` compares the bits of two whole numbers";

const OPERATORS: &[&str] = &["==", "!=", "<", "<=", ">", ">="];

/// Adds the refusing operators.
pub(crate) fn register(module: &mut Module) {
    for operator in OPERATORS {
        refuse::<i64>(module, operator);
        refuse::<f64>(module, operator);
        refuse::<Decimal>(module, operator);
        refuse_letter::<i64>(module, operator);
        refuse_letter::<f64>(module, operator);
        refuse_letter::<Decimal>(module, operator);
    }
    for operator in OPERATORS {
        refuse_truth(module, operator);
    }
    register_bits(module);
    register_reading(module);
    refuse_to_add::<i64>(module);
    refuse_to_add::<f64>(module);
    refuse_to_add::<Decimal>(module);
}

/// `2 ^ 3` is 1 in Rhai, where whoever writes it means 8.
fn register_bits(module: &mut Module) {
    let refused = || Raised::new("value", POWER).hint(POWER_HINT);
    function::operator("^").set_into_module(module, move |_: i64, _: i64| -> Fallible<i64> {
        Err(refused().into())
    });
    function::operator("^=").set_into_module(module, move |_: &mut i64, _: i64| -> Fallible<()> {
        Err(refused().into())
    });
    let about = "The bits that only one of two whole numbers has. `^` is refused, since a power \
        is written `2 ** 3`.\n```rhai\nprint(xor(6, 3)); // 5\n```";
    function::function("xor", &["one: int", "other: int", "int"], about)
        .set_into_module(module, |one: i64, other: i64| one ^ other);
}

/// Rhai's own says of text that is no whole number in words of Rust why it is none.
fn register_reading(module: &mut Module) {
    function::operator("parse_int").set_into_module(module, |text: &str| -> Fallible<i64> {
        let text = text.trim();
        text.parse().map_err(|_| {
            let hint = match amounts::parse(text, None) {
                _ if text.is_empty() => {
                    "the text is empty: test first, such as with `if x != \"\" { … }`"
                }
                Err(AmountError::NotAnAmount) => "a whole number has only digits",
                Err(_) => "`parse_money(…, \".\")` reads an amount",
                Ok(_) => "`parse_money(…)` reads an amount",
            };
            let what = format!("`{text}` is not a whole number");
            Raised::new("value", what).hint(hint).into()
        })
    });
}

fn refuse_to_add<N: Variant + Clone>(module: &mut Module) {
    function::operator("+=").set_into_module(
        module,
        |_: &mut N, text: ImmutableString| -> Fallible<()> {
            Err(Raised::new(
                "value",
                format!("text `{}` is added to a number", quote_start(&text)),
            )
            .hint(as_number(
                &text,
                "to join, write between backticks: `${number}${text}`",
            ))
            .into())
        },
    );
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

/// `zip[0] == 1` is false of every row: a letter is no number either.
fn refuse_letter<N: Variant + Clone + Display>(module: &mut Module, operator: &'static str) {
    let refused = move |letter: char, number: N| -> Fallible<bool> {
        let what = format!(
            "cannot compare the letter `'{letter}'` with the number `{number}` using `{operator}`"
        );
        let hint = format!(
            "compare with a letter, such as `{operator} '1'`; or turn it into a number: \
             `parse_int(….to_string()) {operator} {number}`"
        );
        Err(Raised::new("value", what).hint(hint).into())
    };
    let turned = refused;
    let register = || function::operator(operator);
    register().set_into_module(module, refused);
    register().set_into_module(module, move |number: N, letter: char| {
        turned(letter, number)
    });
}

fn refusal<N: Variant + Clone>(operator: &str, text: &str, number: N) -> Fallible<bool> {
    let number = Dynamic::from(number);
    let shown = quote_start(text);
    let hint = as_number(
        text,
        &format!("compare with the text: `{operator} \"{number}\"`"),
    );
    let hint = match catalog::plain_number(text.trim()) {
        Some(_) => format!(
            "{hint}; if the script itself has that text, write a number instead: `{operator} {}`",
            text.trim()
        ),
        None => hint,
    };
    Err(Raised::new(
        "value",
        format!("cannot compare text `{shown}` with the number `{number}` using `{operator}`"),
    )
    .hint(hint)
    .into())
}

/// How such a text becomes a number, or what to do instead.
fn as_number(text: &str, or: &str) -> String {
    let is_text = matches!(amounts::parse(text, None), Err(AmountError::NotAnAmount));
    if text.trim().is_empty() {
        format!("the text is empty: test first, such as with `if x != \"\" {{ … }}`, or {or}")
    } else if text.trim().parse::<i64>().is_ok() {
        format!("turn the text into a number first: `parse_int(…)`, or {or}")
    } else if is_text {
        or.to_owned()
    } else {
        format!(
            "turn the text into a number first: `{}`, or {or}",
            amounts::reading(text)
        )
    }
}

/// Text and numbers are no truth value: `row.active == true` is false for every row, and
/// so is `1 == true`. An empty cell among truth values, as sheets have them, is neither.
fn refuse_truth(module: &mut Module, operator: &'static str) {
    let of_text = move |text: &str, truth: bool| match operator {
        "==" if text.is_empty() => Ok(false),
        "!=" if text.is_empty() => Ok(true),
        _ => {
            let hint = format!(
                "compare with the text that the file or server has: `{operator} \"{truth}\"`"
            );
            let hint = match text {
                "true" | "false" => format!(
                    "{hint}; if the script itself has that text, write it without quotes: `{operator} {text}`"
                ),
                _ => hint,
            };
            no_truth(
                operator,
                &format!("text `{}`", quote_start(text)),
                truth,
                hint,
            )
        }
    };
    let of_number = move |number: i64, truth: bool| {
        let hint = format!(
            "compare a number with a number: `{operator} {}`; or a truth value with a truth \
             value: `{operator} {}`",
            i64::from(truth),
            number != 0
        );
        no_truth(operator, &format!("the number `{number}`"), truth, hint)
    };
    let of_letter = move |letter: char, truth: bool| {
        let hint = format!("compare with a letter: `{operator} '{letter}'`");
        no_truth(operator, &format!("the letter `'{letter}'`"), truth, hint)
    };
    let register = || function::operator(operator);
    register().set_into_module(module, of_letter);
    register().set_into_module(module, move |truth: bool, letter: char| {
        of_letter(letter, truth)
    });
    register().set_into_module(module, move |text: ImmutableString, truth: bool| {
        of_text(&text, truth)
    });
    register().set_into_module(module, move |truth: bool, text: ImmutableString| {
        of_text(&text, truth)
    });
    register().set_into_module(module, of_number);
    register().set_into_module(module, move |truth: bool, number: i64| {
        of_number(number, truth)
    });
}

fn no_truth(operator: &str, other: &str, truth: bool, hint: String) -> Fallible<bool> {
    let what = format!("cannot compare {other} with `{truth}` using `{operator}`");
    Err(Raised::new("value", what).hint(hint).into())
}

/// The beginning of a text in quotes.
fn quote_start(text: &str) -> String {
    let start: String = text.chars().take(20).collect();
    format!("\"{start}\"")
}

#[cfg(test)]
mod tests {
    use crate::script::test_host::TestHost;

    #[test]
    fn what_is_no_whole_number_is_told_so() {
        for (text, hint) in [
            ("12.50", "`parse_money(…)` reads an amount"),
            ("1,234", "`parse_money(…, \".\")` reads an amount"),
            ("", "the text is empty"),
            ("soon", "has only digits"),
        ] {
            let failure = TestHost::new().failure(&format!("parse_int(\"{text}\");"));
            assert!(failure.contains("is not a whole number"), "{failure}");
            assert!(failure.contains(hint), "{failure}");
        }
        assert_eq!(
            TestHost::new().value("parse_int(\" 12 \") + parse_int(\"ff\", 16)"),
            "267"
        );
    }

    #[test]
    fn a_letter_is_not_compared_with_a_number_or_a_truth_value() {
        let rig = TestHost::new();
        for comparison in [
            "\"12345\"[0] == 1",
            "1 != \"12345\"[0]",
            "'5' > 4.5",
            "'5' <= money(\"5\")",
            "[1, 2].contains('1')",
            "'y' == true",
        ] {
            let failure = rig.failure(&format!("let x = {comparison};"));
            assert!(
                failure.contains("the letter `'") && failure.contains(" with "),
                "{comparison}: {failure}"
            );
        }
        for (comparison, expected) in [
            ("\"12345\"[0] == '1'", "true"),
            ("\"12345\"[0] == \"1\"", "true"),
            ("parse_int(\"12345\"[0].to_string()) == 1", "true"),
            ("'a' < 'b'", "true"),
            ("'a' == ()", "false"),
        ] {
            assert_eq!(rig.value(comparison), expected, "{comparison}");
        }
    }

    #[test]
    fn each_hint_names_how_the_same_is_written() {
        let rig = TestHost::new();
        for (refused, hint, written) in [
            (
                "\"yes\" == true",
                "compare with the text that the file or server has: `== \"true\"`",
                "\"yes\" == \"true\"",
            ),
            (
                "\"yes\" != false",
                "compare with the text that the file or server has: `!= \"false\"`",
                "\"yes\" != \"false\"",
            ),
            (
                "7 == \"7\"",
                "if the script itself has that text, write a number instead: `== 7`",
                "7 == 7",
            ),
            (
                "true == \"true\"",
                "if the script itself has that text, write it without quotes: `== true`",
                "true == true",
            ),
            (
                "1 == true",
                "compare a number with a number: `== 1`",
                "1 == 1",
            ),
            (
                "false == 0",
                "or a truth value with a truth value: `== false`",
                "false == false",
            ),
            (
                "\"10\" > 9",
                "`parse_int(…)`, or compare with the text: `> \"9\"`",
                "\"10\" != \"9\"",
            ),
            (
                "\"12.50\" > 9",
                "turn the text into a number first: `parse_money(…)`",
                "parse_money(\"12.50\") > 9",
            ),
            (
                "\"1,234\" > 9",
                "turn the text into a number first: `parse_money(…, \".\")`",
                "parse_money(\"1,234\", \".\") > 9",
            ),
            (
                "\"\" > 9",
                "the text is empty: test first, such as with `if x != \"\" { … }`",
                "\"\" != \"\"",
            ),
            (
                "\"soon\" == 9",
                "hint: compare with the text: `== \"9\"`",
                "\"soon\" == \"9\"",
            ),
            (
                "{ let n = 1; n += \"a\"; n }",
                "to join, write between backticks: `${number}${text}`",
                "`${1}${\"a\"}`",
            ),
        ] {
            let failure = rig.failure(&format!("let x = {refused};"));
            assert!(failure.contains(hint), "{refused}: {failure}");
            rig.value(written);
        }
    }
}
