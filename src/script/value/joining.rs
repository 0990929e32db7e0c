//! Text and numbers beside each other: joined only where no sum can be meant.
//!
//! Rhai joins: `"12.50" + 5` is `12.505`, and 5 + `"12.50"` an invoice of 512.50. Where the
//! text is an amount, a number or an empty cell, a sum was meant, or may have been; a text
//! such as `"client "` is joined as ever. Rhai takes one text out of another with `-`.

use std::any::TypeId;
use std::cell::Cell;
use std::sync::Arc;

use rhai::{
    Dynamic, FuncRegistration, ImmutableString, Module, NativeCallContext, RhaiFunc, Shared,
    Variant,
};
use rust_decimal::Decimal;

use crate::script::engine::function::{Fallible, operator};
use crate::script::engine::memory;
use crate::script::engine::sources::Sources;
use crate::script::money::amounts;
use crate::script::raise::Raised;
use crate::script::value::joined::{self, is_whole};
use crate::script::value::written_day::{WrittenDay, joined_with_days};

/// Whether a text is an amount with decimals or a currency, which nobody joins with another.
fn is_amount(text: &str) -> bool {
    if !text.bytes().any(|byte| byte.is_ascii_digit()) || !amounts::is_short(text) || is_begun(text)
    {
        return false;
    }
    let is_marked = text.contains(amounts::is_currency_symbol)
        || text.bytes().any(|byte| byte.is_ascii_alphabetic());
    let digits = text.trim_matches(|letter: char| !letter.is_ascii_digit());
    let has_decimals = digits
        .rsplit_once(['.', ','])
        .is_some_and(|(whole, decimals)| {
            let is_whole = !whole.is_empty()
                && whole
                    .chars()
                    .all(|letter| letter.is_ascii_digit() || ".,' ".contains(letter));
            is_whole && matches!(decimals.len(), 1 | 2)
        });
    let number = amounts::without_mark(text);
    (has_decimals || is_marked || number.len() < text.trim().len())
        && amounts::is_in_currency(number)
        && amounts::parse(number, None).is_ok()
}

/// Whether a text goes on behind its number: `2026-`, `39.99 - `, a line that ended. `5.00-`
/// is an amount as accountants write it.
fn is_begun(text: &str) -> bool {
    let trimmed = text.trim_end();
    text.contains(['\n', '\r'])
        || trimmed
            .strip_suffix('-')
            .is_some_and(|number| trimmed.len() < text.len() || !has_decimals(number.trim()))
}

/// Whether a number ends with one or two decimals.
fn has_decimals(number: &str) -> bool {
    let (whole, decimals) = number.rsplit_once(['.', ',']).unwrap_or_default();
    !whole.is_empty()
        && (1..=2).contains(&decimals.len())
        && decimals.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a text that is to be joined may be meant as a number.
pub(crate) fn may_be_number(text: &str) -> bool {
    !is_begun(text) && amounts::may_be_number(text)
}

fn refused(operator: &str, text: &str, one: &str, other: &str) -> Raised {
    let what = format!("`{operator}` joins {one} and {other}, where a sum may be meant");
    let number = if text.trim().is_empty() {
        "the text is empty: test first, such as with `if x != \"\" { … }`".to_owned()
    } else if text.trim().parse::<i64>().is_ok() {
        "`parse_int(…)` turns the text into a number".to_owned()
    } else {
        format!("`{}` turns the text into an amount", amounts::reading(text))
    };
    Raised::new("value", what).hint(format!(
        "{number}; to join, write between backticks: `${{one}}${{other}}`"
    ))
}

fn text_word(text: &str) -> String {
    let start: String = text.chars().take(20).collect();
    format!("text `\"{start}\"`")
}

/// Adds the operators.
pub(crate) fn register(module: &mut Module, sources: &Arc<Sources>) {
    join_with::<i64>(module, sources);
    join_with::<f64>(module, sources);
    join_with::<Decimal>(module, sources);
    join_texts(module);
    operator("+=").set_into_module(
        module,
        |own: &mut ImmutableString, other: ImmutableString| -> Fallible<()> {
            two_texts("+=", own, &other)?;
            memory::need_to_grow(own.len() as u64, (own.len() + other.len()) as u64)?;
            let is_sum = is_whole(own) && is_whole(&other);
            *own += other;
            if is_sum {
                joined::keep(own);
            }
            Ok(())
        },
    );
    operator("-").set_into_module(module, |one: ImmutableString, other: ImmutableString| {
        without("-", one, &other)
    });
    operator("-=").set_into_module(
        module,
        |own: &mut ImmutableString, other: ImmutableString| -> Fallible<()> {
            *own = without("-=", own.clone(), &other)?;
            Ok(())
        },
    );
}

/// What a text is marked with that begins with `""`: people join by it what they mean to join.
/// The mark goes with it to the end of the expression.
const MADE: i16 = 20_052;

/// Two texts, of which two whole numbers are kept apart from sums.
fn join_texts(module: &mut Module) {
    let join = |_: Option<NativeCallContext>, args: &mut [&mut Dynamic]| -> Fallible<Dynamic> {
        let is_made = i64::from(args[0].tag()) == i64::from(MADE);
        let text = |value: &Dynamic| {
            let text = value.read_lock::<ImmutableString>();
            // Registered for texts alone.
            text.map(|text| text.clone()).unwrap_or_default()
        };
        let (one, other) = (text(args[0]), text(args[1]));
        two_texts("+", &one, &other)?;
        memory::need((one.len() + other.len()) as u64)?;
        let mut joined = String::with_capacity(one.len() + other.len());
        joined.push_str(&one);
        joined.push_str(&other);
        let joined: ImmutableString = joined.into();
        let is_made = is_made || one.is_empty();
        if !is_made && is_whole(&one) && is_whole(&other) {
            joined::keep(&joined);
        }
        let mut joined = Dynamic::from(joined);
        if is_made {
            joined.set_tag(MADE.into());
        }
        Ok(joined)
    };
    let function = RhaiFunc::Pure {
        func: Shared::new(join),
        has_context: false,
        is_pure: true,
        is_volatile: true,
    };
    let kinds = [TypeId::of::<ImmutableString>(); 2];
    FuncRegistration::new("+").set_into_module_raw(module, kinds, function);
}

thread_local! {
    /// Whether a `reduce` that begins with nothing is under way.
    static IS_REDUCING: Cell<bool> = const { Cell::new(false) };
}

/// Does it as a `reduce` that begins with nothing, where `+` on two whole numbers means a sum.
pub(crate) fn reducing<T>(work: impl FnOnce() -> T) -> T {
    let before = IS_REDUCING.replace(true);
    let done = work();
    IS_REDUCING.set(before);
    done
}

fn two_texts(operator: &str, one: &str, other: &str) -> Result<(), Raised> {
    if IS_REDUCING.get() && is_whole(one) && is_whole(other) {
        return Err(refused(operator, one, &text_word(one), &text_word(other)));
    }
    // Nobody begins an amount that is to be added with its mark: `"1.2" + ".3"`.
    let is_part = |text: &str| text.is_empty() || text.starts_with(['.', ',']);
    let is_sum = |one: &str, other: &str| is_amount(one) && !is_part(other) && may_be_number(other);
    if is_sum(one, other) || is_sum(other, one) {
        return Err(refused(operator, one, &text_word(one), &text_word(other)));
    }
    Ok(())
}

/// One text without the other, where no difference may be meant.
fn without(operator: &str, one: ImmutableString, other: &str) -> Fallible<ImmutableString> {
    if amounts::may_be_number(&one) && amounts::may_be_number(other) {
        let what = format!(
            "`{operator}` removes {} from {}, where a difference may be meant",
            text_word(other),
            text_word(&one)
        );
        let hint = "`parse_money(…)` or `parse_int(…)` turns text into a number; `.replace(part, \
            \"\")` removes a part";
        return Err(Raised::new("value", what).hint(hint).into());
    }
    Ok(one - other)
}

fn join_with<N: Variant + Clone + std::fmt::Display>(module: &mut Module, sources: &Arc<Sources>) {
    let texts = Arc::clone(sources);
    operator("+").set_into_module(
        module,
        move |context: NativeCallContext, text: &str, number: N| -> Fallible<ImmutableString> {
            joined((&context, &texts), text, number, |text, number| {
                format!("{text}{number}")
            })
        },
    );
    let texts = Arc::clone(sources);
    operator("+").set_into_module(
        module,
        move |context: NativeCallContext, number: N, text: &str| -> Fallible<ImmutableString> {
            joined((&context, &texts), text, number, |text, number| {
                format!("{number}{text}")
            })
        },
    );
    let texts = Arc::clone(sources);
    operator("+=").set_into_module(
        module,
        move |context: NativeCallContext, own: &mut ImmutableString, number: N| -> Fallible<()> {
            *own = joined((&context, &texts), own, number, |text, number| {
                format!("{text}{number}")
            })?;
            Ok(())
        },
    );
}

fn joined<N: Variant + Clone>(
    (context, sources): (&NativeCallContext, &Sources),
    text: &str,
    number: N,
    join: impl Fn(&str, &str) -> String,
) -> Fallible<ImmutableString> {
    let mut number = Dynamic::from(number);
    let number = context.call_native_fn_raw("to_string", true, &mut [&mut number])?;
    let number = number.to_string();
    if may_be_number(text) && !(text.is_empty() && sources.makes_text(context)) {
        return Err(refused(
            context.fn_name(),
            text,
            &text_word(text),
            &format!("the number `{number}`"),
        )
        .into());
    }
    if let Some(day) = WrittenDay::parse(text) {
        return Err(
            joined_with_days(context.fn_name(), &text_word(text), &number, &day.call()).into(),
        );
    }
    Ok(join(text, &number).into())
}

#[cfg(test)]
mod tests {
    use crate::script::test_host::TestHost;

    #[test]
    fn text_that_may_be_a_number_is_not_joined_with_one() {
        for expression in [
            "\"55.00\" + 1",
            "5 + \"12.50\"",
            "{ let cell = \"\"; cell + 5 }",
            "{ let cell = \"\"; 5 + cell }",
            "\" 12 \" + 5",
            "\"$12\" + 1.5",
            "\"1,234\" + 5",
            "money(\"1.50\") + \"7\"",
            "\"12.50 USD\" + 5",
            "\"1.234,50 €\" + money(\"1\")",
            "{ let price = \"12.50\"; price += 1; price }",
            "[#{ a: \"2.50\" }, #{ a: \"7.50\" }].reduce(|sum, r| sum + r.a, 0)",
            "\"12.50\" + \"7.50\"",
            "{ let total = \"12.50\"; total += \"7.50\"; total }",
            "\"1,50\" + \"2,50\"",
            "\"$10\" + \"$5\"",
            "\"10 €\" + \"5 €\"",
            "\"10 USD\" + \"5 USD\"",
            "\"1.234,50\" + \"7,50\"",
            "\"12.5\" + \"7.5\"",
            "\"12.50\" + \"5\"",
            "\"5\" + \"12.50\"",
            "\"-12.50\" + \"7.50\"",
        ] {
            let failure = TestHost::new().failure(&format!("let x = {expression};"));
            assert!(
                failure.contains("where a sum may be meant"),
                "{expression}: {failure}"
            );
            assert!(
                failure.contains("turns ") || failure.contains("the text is empty"),
                "{failure}"
            );
            assert!(
                failure.contains("to join, write between backticks"),
                "{failure}"
            );
        }
        for expression in [
            "\"39.99\" - \"0.00\"",
            "{ let t = \"39.99\"; t -= \"9\"; t }",
        ] {
            let failure = TestHost::new().failure(&format!("let x = {expression};"));
            assert!(
                failure.contains("where a difference may be meant"),
                "{failure}"
            );
        }
        for expression in ["\"5\" * 2", "\"5\" / 2", "\"5\" - 2", "2 - \"5\""] {
            let failure = TestHost::new().failure(&format!("let x = {expression};"));
            assert!(failure.contains("does not work with"), "{failure}");
        }
    }

    #[test]
    fn a_percentage_and_a_minus_behind_an_amount_are_numbers_too() {
        for (expression, hint) in [
            ("\"19%\" + 1", "parse_percent(…)"),
            ("1 + \"7,5 %\"", "parse_percent(…)"),
            ("\"19%\" + \"5%\"", "parse_percent(…)"),
            ("\"5.00-\" + 1", "-parse_money(….split(\"-\")[0])"),
            ("\"5.00-\" + \"1.00\"", "-parse_money(….split(\"-\")[0])"),
        ] {
            let failure = TestHost::new().failure(&format!("let x = {expression};"));
            assert!(failure.contains("where a sum may be meant"), "{failure}");
            assert!(failure.contains(hint), "{failure}");
        }
        let value = |expression: &str| TestHost::new().value(expression);
        assert_eq!(value("\"19%\" + \" VAT\""), "19% VAT");
        assert_eq!(value("19.to_string() + \"%\""), "19%");
        assert_eq!(value("\"INV-\" + 5 + \"a-\" + 1"), "INV-5a-1");
        assert_eq!(value("-parse_money(\"5.00-\".split(\"-\")[0])"), "-5.00");
    }

    #[test]
    fn a_text_that_is_being_put_together_is_joined_with_numbers() {
        for (expression, expected) in [
            ("3 + \"-\" + 7", "3-7"),
            ("\"2026\" + \"-\" + \"11\"", "2026-11"),
            ("today().year + \"-\" + 5", "2026-5"),
            ("`${2026}-` + 11", "2026-11"),
            ("\"39.99\" + \" - \" + \"19.00\"", "39.99 - 19.00"),
            ("\"39.99\" + \"\\n\" + \"19.00\"", "39.99\n19.00"),
            ("{ let key = \"3-\"; key += 7; key }", "3-7"),
        ] {
            assert_eq!(TestHost::new().value(expression), expected, "{expression}");
        }
        let failure = TestHost::new().failure("let x = \"5.00-\" + \"1.00\";");
        assert!(failure.contains("where a sum may be meant"), "{failure}");
    }

    #[test]
    fn whole_numbers_as_text_are_not_joined_by_reduce() {
        for expression in [
            "[\"2\", \"10\"].reduce(|a, b| a + b)",
            "[\"2\", \"10\"].reduce_rev(|a, b| a + b)",
            "[#{ qty: \"2\" }, #{ qty: \"10\" }].reduce(|sum, r| sum + r.qty)",
            "[\"2\", \"10\"].reduce(|a, b| a + b, ())",
            "{ let f = |a, b| { a += b; a }; [\"2\", \"10\"].reduce(f) }",
        ] {
            let failure = TestHost::new().failure(&format!("let x = {expression};"));
            assert!(failure.contains("where a sum may be meant"), "{failure}");
            assert!(failure.contains("`parse_int(…)` turns"), "{failure}");
        }
        let value = |expression: &str| TestHost::new().value(expression);
        for (expression, expected) in [
            ("[\"2\", \"10\"].reduce(|a, b| `${a}${b}`)", "210"),
            (
                "[\"2\", \"10\"].reduce(|a, b| if a == () { b } else { a + \",\" + b })",
                "2,10",
            ),
            ("[\"2\", \"10\"].reduce(|a, b| a + b, \"\")", "210"),
            ("[\"2\", \"10\"].reduce(|a, b| a + parse_int(b), 0)", "12"),
            ("[2, 10].reduce(|a, b| a + b, 0)", "12"),
            ("[\"a\", \"b\"].reduce(|a, b| a + b)", "ab"),
            ("[\"01\", \"23\"].reduce(|a, b| a + b)", "0123"),
            ("[\"x\", \"y\"].reduce(|a, b, i| `${a}${b}${i}`)", "x0y1"),
            ("[].reduce(|a, b| a + b) == ()", "true"),
            ("{ [\"a\"].reduce(|a, b| a + b); \"5\" + \"7\" }", "57"),
        ] {
            assert_eq!(value(expression), expected, "{expression}");
        }
    }

    #[test]
    fn a_day_is_not_joined_with_what_may_be_days() {
        for expression in [
            "today() + \"30\"",
            "\"30\" + today()",
            "{ let cell = \"\"; today() + cell }",
            "now() + \"1\"",
            "\"2026-11-23\" + 30",
            "\"23/11/2026\" + 30",
            "{ let due = \"2026-11-23\"; due += 30; due }",
        ] {
            let failure = TestHost::new().failure(&format!("let x = {expression};"));
            assert!(
                failure.contains("where a later day may be meant"),
                "{expression}: {failure}"
            );
        }
        let value = |expression: &str| TestHost::new().value(expression);
        assert_eq!(value("\"due \" + today() + \".\""), "due 2026-11-23.");
        assert_eq!(value("date(\"2026-11-23\") + 30"), "2026-12-23");
    }

    #[test]
    fn other_text_is_joined_as_ever() {
        let value = |expression: &str| TestHost::new().value(expression);
        assert_eq!(value("\"client \" + 7"), "client 7");
        for text in [
            "\"\" + 7",
            "7 + \"\"",
            "{ let id = 7; \"\"+id }",
            "\"\" + 7 + \"\"",
        ] {
            assert_eq!(value(&format!("type_of({text})")), "string", "{text}");
            assert_eq!(value(text), "7", "{text}");
        }
        assert_eq!(value("\"\" + money(\"1.50\")"), "1.50");
        assert_eq!(value("\"\" + date(\"2026-11-23\")"), "2026-11-23");
        assert_eq!(value("\"INV-5\" + 7 + \"A1\" + 2"), "INV-57A12");
        assert_eq!(
            value("7 + \" items\" + money(\"1.50\") + 0.5"),
            "7 items1.500.5"
        );
        assert_eq!(value("\"01\" + \"234\" + \"\" + \"x\""), "01234x");
        assert_eq!(value("`${\"12.50\"}${5}`"), "12.505");
        assert_eq!(
            value("{ let t = \"n\"; t += 1; t += \"2\"; t += 'c'; t }"),
            "n12c"
        );
        assert_eq!(value("\"1.2\" + \".3\" + \"\""), "1.2.3");
        assert_eq!(value("\"5\" + \"7\""), "57");
        assert_eq!(value("\"12.50\" + \" EUR a month\""), "12.50 EUR a month");
        assert_eq!(value("\"a-b\" - \"-\""), "ab");
        assert_eq!(value("\"a\" + true + ()"), "atrue");
    }
}
