//! Money: decimal numbers that keep their digits.
//!
//! Amounts never pass through binary floating point: mixing the two raises an
//! error instead of being wrong by a cent. Rhai does the arithmetic between
//! decimals and whole numbers.

pub(crate) mod amounts;
pub(crate) mod style;

use std::sync::Arc;

use rhai::{Dynamic, FuncRegistration, Module};
use rust_decimal::Decimal;

use crate::catalog;
use crate::script::engine::function::{Fallible, function, operator, property, raw_function};
use crate::script::host::Host;
use crate::script::money::amounts::{AmountError, parse};
use crate::script::money::style::{Style, rounded};
use crate::script::raise::Raised;
use crate::script::value::{joined, remainder};

const MIXED: [&str; 12] = [
    "+", "-", "*", "/", "%", "**", "==", "!=", "<", "<=", ">", ">=",
];

/// Adds the functions for money.
pub(crate) fn register(module: &mut Module, _host: &Arc<Host>) {
    register_reading(module);
    register_rounding(module);
    register_writing(module);
    for name in MIXED {
        operator(name).set_into_module(module, |_: Decimal, number: f64| refuse_float(number));
        operator(name).set_into_module(module, |number: f64, _: Decimal| refuse_float(number));
    }
}

fn refuse_float(number: f64) -> Fallible<Dynamic> {
    let what = format!("money cannot be mixed with the floating-point number `{number}`");
    Err(Raised::new("money", what)
        .hint(format!("write `money(\"{number}\")`, which is exact"))
        .into())
}

fn register_reading(module: &mut Module) {
    let about = "A decimal number that keeps its digits, from text such as `12.30` or a whole number.\n\
                 ```rhai\n\
                 let price = money(\"12.30\") * 3;\n\
                 print(price)\n\
                 ```";
    function("money", &["amount: &str", "decimal"], about).set_into_module(module, plain_money);
    remainder::of_whole(
        raw_function("money", &["amount: int", "decimal"], about),
        module,
        Decimal::from,
    );
    function("money", &["amount: decimal", "decimal"], about)
        .set_into_module(module, |amount: Decimal| amount);
    operator("money").set_into_module(module, refuse_float);

    let about = "Reads an amount as people and WHMCS write it; the second argument names the \
        decimal mark if the text is ambiguous.\n```rhai\nlet due = parse_money(\"$2645.80 USD\") + \
        parse_money(\"1.234,50 €\");\nlet more = parse_money(\"1,234\", \".\");\n```";
    function("parse_money", &["amount: &str", "decimal"], about)
        .set_into_module(module, |text: &str| read(text, None));
    function(
        "parse_money",
        &["amount: &str", "mark: &str", "decimal"],
        about,
    )
    .set_into_module(module, |text: &str, mark: &str| match mark {
        "." | "," => read(text, mark.chars().next()),
        _ => Err(
            Raised::new("money", format!("`{mark}` is not a decimal mark"))
                .hint("use `\".\"` or `\",\"`")
                .into(),
        ),
    });
    let about = "Reads a percentage as a spreadsheet shows it: `19%` and `19,0 %` are 19. Text without a \
                 percent sign is refused, since `0.19` may be 0.19 % or 19 %.\n\
                 ```rhai\n\
                 let rate = parse_percent(\"19%\");\n\
                 print(money(\"100.00\") * rate / 100)\n\
                 ```";
    function("parse_percent", &["rate: &str", "decimal"], about)
        .set_into_module(module, percentage);
    // So that it does not matter whether a reply gave the amount as text or as a number.
    remainder::of_whole(FuncRegistration::new("parse_money"), module, Decimal::from);
    operator("parse_money").set_into_module(module, |amount: Decimal| amount);
    operator("parse_money").set_into_module(module, refuse_float);
}

fn plain_money(text: &str) -> Fallible<Decimal> {
    joined::refuse(text, "an amount")?;
    let amount = catalog::plain_number(text.trim()).ok_or_else(|| {
        Raised::new("money", format!("`{text}` is not a plain number"))
            .hint("`money` takes text such as `12.30`; `parse_money` reads `$1,234.50 USD`")
    })?;
    Ok(amount)
}

fn percentage(text: &str) -> Fallible<Decimal> {
    let problem = |what: &str| Raised::new("money", format!("`{text}` {what}"));
    let Some(rate) = text.trim().strip_suffix('%') else {
        return Err(problem("has no percent sign")
            .hint("`parse_percent` reads text such as `19%`; `money` reads a plain number")
            .into());
    };
    // Percentages have no groups: one mark is the decimal one.
    let mark = rate.chars().find(|letter| matches!(letter, '.' | ','));
    let rate = parse(rate, mark)
        .ok()
        .filter(|_| !rate.contains(char::is_alphabetic));
    Ok(rate.ok_or_else(|| problem("is not a percentage").hint("such as `19%`, `7.5 %`"))?)
}

fn read(text: &str, mark: Option<char>) -> Fallible<Decimal> {
    joined::refuse(text, "an amount")?;
    let problem = |what: &str| Raised::new("money", format!("`{text}` {what}"));
    Ok(parse(text, mark).map_err(|error| match error {
        AmountError::NotAnAmount if text.trim().is_empty() => {
            problem("is empty, and not an amount of money")
                .hint("test first: `if price != \"\" { … }`")
        }
        AmountError::NotAnAmount => problem("is not an amount of money")
            .hint("such as `12.30`, `$1,234.50 USD`, `1.234,50 €`"),
        AmountError::Ambiguous => problem("may be an amount with decimals or without").hint(
            "name the decimal mark: `parse_money(text, \".\")` or `parse_money(text, \",\")`",
        ),
        AmountError::TooLong => problem("has more digits than an amount can hold"),
    })?)
}

fn register_rounding(module: &mut Module) {
    let about = "Rounds money to that many decimals; a half rounds away from zero.\n```rhai\nlet \
        share = (money(\"10.00\") / 3).round(2);\nprint(share)\n```";
    function(
        "round",
        &["amount: decimal", "decimals: int", "decimal"],
        about,
    )
    .set_into_module(
        module,
        |amount: Decimal, decimals: i64| -> Fallible<Decimal> {
            let decimals = u32::try_from(decimals).map_err(|_| {
                Raised::new("money", format!("cannot round to `{decimals}` decimals"))
            })?;
            Ok(rounded(amount, decimals))
        },
    );
    let about = "Rounds money to a whole number; a half rounds away from \
        zero.\n```rhai\nprint(money(\"2.50\").round())\n```";
    function("round", &["amount: decimal", "decimal"], about)
        .set_into_module(module, |amount: Decimal| rounded(amount, 0));
    property("round", &["amount: decimal", "decimal"], about)
        .set_into_module(module, |amount: &mut Decimal| rounded(*amount, 0));
}

fn register_writing(module: &mut Module) {
    let about = "Money as text, with two decimals after a point or in the form of an \
        example.\n```rhai\nprint(format_money(money(\"1234.5\")));\nprint(format_money(money(\"1234.5\"), \
        \"1.234,56\"))\n```";
    function("format_money", &["amount: decimal", "String"], about)
        .set_into_module(module, |amount: Decimal| Style::PLAIN.format(amount));
    function(
        "format_money",
        &["amount: decimal", "example: &str", "String"],
        about,
    )
    .set_into_module(module, styled);
    remainder::of_whole(FuncRegistration::new("format_money"), module, |amount| {
        Style::PLAIN.format(amount.into())
    });
    operator("format_money").set_into_module(module, |amount: i64, example: &str| {
        styled(amount.into(), example)
    });
}

fn styled(amount: Decimal, example: &str) -> Fallible<String> {
    let style = Style::from_example(example).ok_or_else(|| {
        Raised::new(
            "money",
            format!("`{example}` does not show how to write money"),
        )
        .hint("write 1234.56 as you want it, such as `1,234.56`, `1.234,56`, `1 234`")
    })?;
    Ok(style.format(amount))
}

#[cfg(test)]
mod tests {
    use crate::script::test_engine::{refusal, text};

    #[test]
    fn money_keeps_its_digits() {
        assert_eq!(text("money(\"12.30\")"), "12.30");
        assert_eq!(text("`${money(\"12.30\")} EUR`"), "12.30 EUR");
        assert_eq!(text("money(\"0.10\") + money(\"0.20\")"), "0.30");
        assert_eq!(text("[money(\"1.50\")]"), "[1.50]");
    }

    #[test]
    fn a_percentage_is_read_as_it_is_shown() {
        for (shown, rate) in [
            ("19%", "19"),
            (" 19 % ", "19"),
            ("7,5%", "7.5"),
            ("19.00\u{a0}%", "19.00"),
            ("0.125 %", "0.125"),
            ("-3%", "-3"),
        ] {
            assert_eq!(text(&format!("parse_percent(\"{shown}\")")), rate);
        }
        assert!(refusal("parse_percent(\"0.19\")").contains("has no percent sign"));
        for wrong in ["%", "x%", "5 USD%", "1.2.3%"] {
            let refused = refusal(&format!("parse_percent(\"{wrong}\")"));
            assert!(refused.contains("is not a percentage"), "{refused}");
        }
    }

    #[test]
    fn money_and_whole_numbers_calculate_and_compare() {
        assert_eq!(text("money(\"12.30\") * 2 + 1 - 0"), "25.60");
        assert_eq!(text("100 - money(\"0.01\")"), "99.99");
        assert_eq!(
            text("money(\"10.00\") == 10 && 10 == money(\"10.00\")"),
            "true"
        );
        assert_eq!(
            text("money(\"9.99\") < 10 && money(\"10.01\") > 10"),
            "true"
        );
        assert_eq!(
            text("let sum = money(0); sum += 5; sum += money(\"0.50\"); sum"),
            "5.50"
        );
        assert_eq!(text("-money(\"5.00\")"), "-5.00");
    }

    #[test]
    fn money_mixed_with_floating_point_is_refused_with_a_hint() {
        let expected = "money cannot be mixed with the floating-point number `0.1`\n\
                        hint: write `money(\"0.1\")`, which is exact";
        for script in [
            "money(\"1.00\") + 0.1",
            "0.1 * money(\"1.00\")",
            "money(\"1.00\") / 0.1",
            "money(\"1.00\") == 0.1",
            "0.1 < money(\"1.00\")",
            "let m = money(\"1.00\"); m += 0.1; m",
            "money(0.1)",
            "parse_money(0.1)",
        ] {
            assert_eq!(refusal(script), expected, "{script}");
        }
    }

    #[test]
    fn money_takes_plain_numbers_only() {
        assert_eq!(text("money(\" 5 \")"), "5");
        assert_eq!(
            refusal("money(\"1.234,50\")"),
            "`1.234,50` is not a plain number\n\
             hint: `money` takes text such as `12.30`; `parse_money` reads `$1,234.50 USD`"
        );
    }

    #[test]
    fn parse_money_reads_what_whmcs_writes() {
        assert_eq!(text("parse_money(\"$2645.80 USD\")"), "2645.80");
        assert_eq!(text("parse_money(\"1.234,50\")"), "1234.50");
        assert_eq!(text("parse_money(\"1,234\", \".\")"), "1234");
        assert_eq!(
            text("parse_money(5) + parse_money(money(\"0.50\"))"),
            "5.50"
        );
    }

    #[test]
    fn parse_money_asks_rather_than_guesses() {
        assert_eq!(
            refusal("parse_money(\"1,234\")"),
            "`1,234` may be an amount with decimals or without\n\
             hint: name the decimal mark: `parse_money(text, \".\")` or `parse_money(text, \",\")`"
        );
        assert_eq!(
            refusal("parse_money(\"\")"),
            "`` is empty, and not an amount of money\nhint: test first: `if price != \"\" { … }`"
        );
        assert!(refusal("parse_money(\"1\", \";\")").starts_with("`;` is not a decimal mark"));
    }

    #[test]
    fn a_half_is_rounded_away_from_zero() {
        assert_eq!(text("money(\"2.345\").round(2)"), "2.35");
        assert_eq!(text("money(\"-2.345\").round(2)"), "-2.35");
        assert_eq!(text("money(\"2.5\").round()"), "3");
        assert_eq!(text("money(\"2.5\").round"), "3");
        assert!(refusal("money(\"1\").round(-1)").starts_with("cannot round to `-1` decimals"));
    }

    #[test]
    fn money_is_written_with_two_decimals_or_after_an_example() {
        assert_eq!(text("format_money(money(\"1234.5\"))"), "1234.50");
        assert_eq!(text("format_money(5)"), "5.00");
        assert_eq!(
            text("format_money(money(\"1234.5\"), \"1.234,56\")"),
            "1.234,50"
        );
        assert!(
            refusal("format_money(5, \"EUR\")")
                .starts_with("`EUR` does not show how to write money")
        );
    }
}
