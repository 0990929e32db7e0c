//! Which of two texts comes first: as texts, unless they are numbers that come otherwise.
//!
//! WHMCS and files send amounts as text, and `"25.00" > "3.00"` is false of texts. Two
//! texts that are numbers and whose order is another as numbers are not compared, and
//! `as_money()` or `as_text()` says which order is meant.

use std::any::TypeId;
use std::cmp::Ordering;

use rhai::{
    Array, Dynamic, EvalAltResult, FuncRegistration, ImmutableString, Module, NativeCallContext,
    Position, RhaiFunc, Shared,
};
use rust_decimal::Decimal;

use crate::script::dates::{Date, DateTime};
use crate::script::diagnostic::words::{a_kind, kind};
use crate::script::engine::function::{Fallible, function, operator};
use crate::script::money::amounts;
use crate::script::raise::Raised;
use crate::script::value::as_text::AsText;

const HINT: &str =
    "`.as_money()` on both compares them as numbers, `.as_text()` on one of them as text";
const SORTING: &str =
    "`.map(|x| x.as_money())` before it sorts them as numbers, `.map(|x| x.as_text())` as text";

/// The number a text stands for where it is compared; codes with zeros in front are none.
fn number(text: &str) -> Option<Decimal> {
    let first = text.trim_start().chars().next()?;
    if first.is_alphabetic() {
        return None;
    }
    let digits = text.trim_start_matches(|letter: char| !letter.is_ascii_digit());
    let is_code =
        digits.starts_with('0') && digits[1..].starts_with(|next: char| next.is_ascii_digit());
    if is_code {
        return None;
    }
    amounts::parse(text, None).ok()
}

/// How two texts compare, or nothing if they come in another order as numbers.
fn order(one: &str, other: &str) -> Option<Ordering> {
    let order = one.cmp(other);
    match (number(one), number(other)) {
        (Some(one), Some(other)) if one.cmp(&other) != order => None,
        _ => Some(order),
    }
}

fn unclear(one: &str, other: &str, how: &str) -> Raised {
    let what = format!(
        "text `\"{}\"` is compared with text `\"{}\"` by `{how}`, and as numbers they come in another order",
        short(one),
        short(other)
    );
    Raised::new("value", what).hint(if how == "sort" { SORTING } else { HINT })
}

fn short(text: &str) -> String {
    text.chars().take(20).collect()
}

/// Adds the comparisons of texts, their sorting, and what says how they are meant.
pub(crate) fn register(module: &mut Module) {
    register_meaning(module);
    register_comparisons(module);
    register_extremes(module);
    register_sorting(module);
}

fn register_meaning(module: &mut Module) {
    let about = "A value as an amount: text as `parse_money` reads it, a number as it is.\n\
                 ```rhai\n\
                 let credit = \"25.00\";\n\
                 print(credit.as_money() > \"3.00\".as_money())\n\
                 ```";
    function("as_money", &["value: ?", "Decimal"], about)
        .set_into_module(module, |value: Dynamic| as_money(&value));
    let about = "A value as text that is compared and sorted as text, whatever it looks like.\n\
                 ```rhai\n\
                 print(\"10\".as_text() < \"9\")\n\
                 ```";
    function("as_text", &["value: ?", "text"], about).set_into_module(
        module,
        |context: NativeCallContext, mut value: Dynamic| -> Fallible<AsText> {
            if value.is_string() {
                return Ok(AsText(value.cast()));
            }
            let text = context.call_native_fn_raw("to_string", true, &mut [&mut value])?;
            Ok(AsText(text.to_string().into()))
        },
    );
    module.set_custom_type::<AsText>("text");
    for name in ["to_string", "to_debug", "print", "debug"] {
        operator(name).set_into_module(module, |text: &mut AsText| text.0.clone());
    }
}

fn as_money(value: &Dynamic) -> Fallible<Decimal> {
    if let Ok(number) = value.as_int() {
        return Ok(number.into());
    }
    if let Ok(amount) = value.as_decimal() {
        return Ok(amount);
    }
    let Ok(text) = value.as_immutable_string_ref() else {
        let what = format!("{} is no amount", a_kind(kind(value.type_name())));
        return Err(Raised::new("money", what)
            .hint("an amount is text, a whole number or a decimal")
            .into());
    };
    amounts::parse(&text, None).map_err(|_| {
        Raised::new("money", format!("`{}` is no amount", short(&text)))
            .hint("`parse_money(text, \".\")` names the decimal mark; test for an empty text first")
            .into()
    })
}

/// The text of a value to be compared, and whether it is meant as text.
fn text_of(value: &Dynamic) -> (ImmutableString, bool) {
    if let Some(text) = value.read_lock::<AsText>() {
        return (text.0.clone(), true);
    }
    let text = value.read_lock::<ImmutableString>();
    (text.map(|text| text.clone()).unwrap_or_default(), false)
}

/// The order of two texts that a function compares.
fn compared(args: &[&mut Dynamic], how: &str) -> Fallible<Ordering> {
    let ((one, is_text), (other, is_other_text)) = (text_of(args[0]), text_of(args[1]));
    if is_text || is_other_text {
        return Ok(one.cmp(&other));
    }
    order(&one, &other).ok_or_else(|| unclear(&one, &other, how).into())
}

fn of_two_texts(
    module: &mut Module,
    name: &'static str,
    answer: impl Fn(&[&mut Dynamic], Ordering) -> Dynamic + Send + Sync + 'static,
) {
    let call = move |_: Option<NativeCallContext>, args: &mut [&mut Dynamic]| {
        let order = compared(args, name)?;
        Ok(answer(args, order))
    };
    let call: Shared<_> = Shared::new(call);
    let (text, meant) = (TypeId::of::<ImmutableString>(), TypeId::of::<AsText>());
    for kinds in [[text, text], [text, meant], [meant, text], [meant, meant]] {
        let function = RhaiFunc::Method {
            func: call.clone(),
            has_context: false,
            is_pure: true,
            is_volatile: true,
        };
        FuncRegistration::new(name).set_into_module_raw(module, kinds, function);
    }
}

fn register_comparisons(module: &mut Module) {
    of_two_texts(module, "<", |_, order| order.is_lt().into());
    of_two_texts(module, "<=", |_, order| order.is_le().into());
    of_two_texts(module, ">", |_, order| order.is_gt().into());
    of_two_texts(module, ">=", |_, order| order.is_ge().into());
    for (name, answer) in [("==", true), ("!=", false)] {
        let told = move |one: &str, other: &str| (one == other) == answer;
        operator(name).set_into_module(module, move |one: AsText, other: AsText| {
            told(&one.0, &other.0)
        });
        operator(name).set_into_module(module, move |one: AsText, other: &str| told(&one.0, other));
        operator(name).set_into_module(module, move |one: &str, other: AsText| told(one, &other.0));
    }
}

fn register_extremes(module: &mut Module) {
    let pick = |is_first: bool| {
        move |args: &[&mut Dynamic], order: Ordering| {
            let at = usize::from(order.is_lt() != is_first);
            args[at].flatten_clone()
        }
    };
    of_two_texts(module, "min", pick(true));
    of_two_texts(module, "max", pick(false));
}

fn register_sorting(module: &mut Module) {
    let method = |name: &str| {
        FuncRegistration::new(name)
            .with_params_info(["array: array", "array"])
            .with_purity(name.starts_with("order"))
            .with_volatility(true)
    };
    for (name, is_falling) in [("sort", false), ("sort_desc", true)] {
        method(name).set_into_module(module, move |items: &mut Array| -> Fallible<Array> {
            *items = sorted(items, is_falling)?;
            Ok(items.clone())
        });
    }
    for (name, is_falling) in [("order", false), ("order_desc", true)] {
        method(name).set_into_module(module, move |items: &mut Array| sorted(items, is_falling));
    }
}

/// The items in order, all of which are of one kind.
fn sorted(items: &[Dynamic], is_falling: bool) -> Fallible<Array> {
    let mut sorted: Array = items.iter().map(Dynamic::flatten_clone).collect();
    let Some(first) = sorted.first() else {
        return Ok(sorted);
    };
    if sorted.iter().any(|item| rank(item) != rank(first)) {
        return Err(unsortable("elements of different types cannot be sorted"));
    }
    if rank(first) == Rank::Other && sorted.len() > 1 {
        return Err(unsortable(&format!(
            "elements of {} cannot be sorted",
            first.type_name()
        )));
    }
    sorted.sort_by(by_kind);
    check_texts(&sorted)?;
    if is_falling {
        sorted.reverse();
    }
    Ok(sorted)
}

/// Kinds whose values are sorted among themselves.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Rank {
    Number,
    Text,
    Letter,
    Truth,
    Nothing,
    Day,
    Moment,
    Other,
}

fn rank(item: &Dynamic) -> Rank {
    if item.is_int() || item.is_float() || item.is_decimal() {
        Rank::Number
    } else if item.is_string() || item.is::<AsText>() {
        Rank::Text
    } else if item.is_char() {
        Rank::Letter
    } else if item.is_bool() {
        Rank::Truth
    } else if item.is_unit() {
        Rank::Nothing
    } else if item.is::<Date>() {
        Rank::Day
    } else if item.is::<DateTime>() {
        Rank::Moment
    } else {
        Rank::Other
    }
}

fn by_kind(one: &Dynamic, other: &Dynamic) -> Ordering {
    if rank(one) == Rank::Text {
        return text_of(one).0.cmp(&text_of(other).0);
    }
    if let (Ok(one), Ok(other)) = (one.as_int(), other.as_int()) {
        return one.cmp(&other);
    }
    if let (Ok(one), Ok(other)) = (one.as_char(), other.as_char()) {
        return one.cmp(&other);
    }
    if let (Ok(one), Ok(other)) = (one.as_bool(), other.as_bool()) {
        return one.cmp(&other);
    }
    if let (Some(one), Some(other)) = (one.read_lock::<Date>(), other.read_lock::<Date>()) {
        return one.cmp(&other);
    }
    if let (Some(one), Some(other)) = (one.read_lock::<DateTime>(), other.read_lock::<DateTime>()) {
        return one.cmp(&other);
    }
    by_number(one, other)
}

fn by_number(one: &Dynamic, other: &Dynamic) -> Ordering {
    let exact = |value: &Dynamic| {
        let whole = value.as_int().ok().map(Decimal::from);
        whole.or_else(|| value.as_decimal().ok())
    };
    if let (Some(one), Some(other)) = (exact(one), exact(other)) {
        return one.cmp(&other);
    }
    let float = |value: &Dynamic| {
        let number = value.as_float().ok();
        number
            .or_else(|| exact(value)?.try_into().ok())
            .unwrap_or(f64::NAN)
    };
    float(one).total_cmp(&float(other))
}

/// Refuses texts in the order of texts that come in another as numbers.
fn check_texts(sorted: &[Dynamic]) -> Result<(), Raised> {
    let mut last: Option<(Decimal, ImmutableString)> = None;
    for item in sorted {
        let Some(text) = item.read_lock::<ImmutableString>() else {
            continue;
        };
        let Some(number) = number(&text) else {
            continue;
        };
        if let Some((before, shown)) = &last
            && *before > number
        {
            return Err(unclear(shown, &text, "sort"));
        }
        last = Some((number, text.clone()));
    }
    Ok(())
}

#[expect(
    clippy::unnecessary_box_returns,
    reason = "the form Rhai's errors have everywhere"
)]
fn unsortable(sentence: &str) -> Box<EvalAltResult> {
    EvalAltResult::ErrorFunctionNotFound(sentence.into(), Position::NONE).into()
}

#[cfg(test)]
mod tests {
    use crate::script::rig::Rig;

    fn value(expression: &str) -> String {
        Rig::new().value(expression)
    }

    #[test]
    fn texts_that_are_numbers_in_another_order_are_not_compared() {
        for comparison in [
            "\"25.00\" > \"3.00\"",
            "\"9\" < \"10\"",
            "\"$9.50\" >= \"$10.00\"",
            "\"-5\" < \"-4\"",
            "max(\"9\", \"10\")",
            "min(\"9\", \"10\")",
            "[\"9.50\", \"100.00\"].sort()",
            "[\"x\", \"9.50\", \"100.00\"].order()",
            "[\"9.50\", \"100.00\"].sort_desc()",
        ] {
            let failure = Rig::new().failure(&format!("let x = {{ {comparison} }};"));
            assert!(
                failure.contains("as numbers they come in another order"),
                "{comparison}: {failure}"
            );
            let hint = if comparison.starts_with('[') {
                "hint: `.map(|x| x.as_money())` before it"
            } else {
                "hint: `.as_money()` on both"
            };
            assert!(failure.contains(hint), "{failure}");
        }
    }

    #[test]
    fn other_texts_compare_as_texts() {
        for comparison in [
            "\"2026-11-23\" >= \"2026-09-30\"",
            "\"Berg\" < \"Dahl\"",
            "\"1.00\" < \"2.00\"",
            "\"01234\" < \"1234\"",
            "\"10.0.0.1\" < \"9.0.0.1\"",
            "\"\" < \"1\"",
            "\"1\" < \"a\"",
            "min(\"a\", \"b\") == \"a\" && max(\"a\", \"b\") == \"b\"",
        ] {
            assert_eq!(value(comparison), "true", "{comparison}");
        }
        assert_eq!(
            value("[\"b\", \"a\", \"10\"].sort()"),
            r#"["10", "a", "b"]"#
        );
    }

    #[test]
    fn it_can_be_said_how_they_are_meant() {
        assert_eq!(value("\"25.00\".as_money() > \"3.00\".as_money()"), "true");
        assert_eq!(value("\"10\".as_text() < \"9\""), "true");
        assert_eq!(
            value("{ let t = \"10\".as_text(); let u = t; \"9\" > u }"),
            "true"
        );
        assert_eq!(
            value("[\"9\", \"10\"].map(|t| t.as_text()).sort()"),
            "[10, 9]"
        );
        assert_eq!(
            value("[\"9\", \"10\"].map(|t| t.as_money()).sort()"),
            "[9, 10]"
        );
        assert_eq!(
            value("[5.as_money(), \"1.234,50 €\".as_money(), 5.as_text()]"),
            "[5, 1234.50, 5]"
        );
        assert!(
            Rig::new()
                .failure("\"\".as_money();")
                .contains("is no amount")
        );
    }

    #[test]
    fn what_is_of_one_kind_is_sorted() {
        assert_eq!(value("[2, 1.5, money(\"1.20\")].sort()"), "[1.20, 1.5, 2]");
        assert_eq!(
            value("[date(\"2026-11-23\"), date(\"2026-01-02\")].sort()"),
            "[2026-01-02, 2026-11-23]"
        );
        assert_eq!(value("[true, false].sort()"), "[false, true]");
        assert!(
            Rig::new()
                .failure("[1, \"a\"].sort();")
                .contains("elements of different types cannot be sorted")
        );
        assert!(
            Rig::new()
                .failure("[#{}, #{}].sort();")
                .contains("cannot be sorted")
        );
    }
}
