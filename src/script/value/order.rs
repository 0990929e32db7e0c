//! Which of two texts comes first: as texts, unless what they say comes otherwise.
//!
//! WHMCS and files send amounts as text, and `"25.00" > "3.00"` is false of texts, as is
//! `"10.0" == "10.00"`. Two texts that are numbers or days, and of which text and value say
//! different things, are not compared; `as_money()`, `date(…)` or `as_text()` says what is meant.

use std::any::TypeId;
use std::cmp::Ordering;

use rhai::{
    Array, Dynamic, EvalAltResult, FuncRegistration, ImmutableString, Module, NativeCallContext,
    Position, RhaiFunc, Shared,
};
use rust_decimal::Decimal;

use crate::run::plan::{has_placeholder, unmarked};
use crate::script::dates::{Date, DateTime};
use crate::script::diagnostic::words::{a_kind, kind};
use crate::script::engine::function::{Fallible, function, operator};
use crate::script::money::amounts;
use crate::script::raise::Raised;
use crate::script::value::as_text::AsText;
use crate::script::value::joined;
use crate::script::value::remainder;
use crate::script::value::written_day::{WrittenDay, time_of_day};

const HINT: &str =
    "`.as_money()` on both compares them as numbers, `.as_text()` on one of them as text";
const SORTING: &str =
    "`.map(|x| x.as_money())` before it sorts them as numbers, `.map(|x| x.as_text())` as text";

/// The number a text stands for where it is compared; codes with zeros in front are none.
///
/// Twice, once by each decimal mark, where the text alone does not say which it has. Its only
/// unit is a currency or a percent sign: `10 Main` is no number.
fn number(text: &str) -> Option<[Decimal; 2]> {
    let is_negative = amounts::mark(text) == Some(amounts::Mark::Minus);
    let text = amounts::without_mark(text).trim();
    text.chars().next()?;
    if !amounts::is_in_currency(text) && !is_glued(text) {
        return None;
    }
    let digits = text.trim_start_matches(|letter: char| !letter.is_ascii_digit());
    let is_code =
        digits.starts_with('0') && digits[1..].starts_with(|next: char| next.is_ascii_digit());
    if is_code {
        return None;
    }
    let sign = |number: Decimal| if is_negative { -number } else { number };
    match amounts::parse(text, None) {
        Ok(number) => Some([sign(number); 2]),
        Err(amounts::AmountError::Ambiguous) => {
            let by = |mark| amounts::parse(text, Some(mark)).ok().map(sign);
            Some([by('.')?, by(',')?])
        }
        Err(_) => None,
    }
}

/// Whether a currency's code stands directly behind the digits: `10USD`.
fn is_glued(text: &str) -> bool {
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_uppercase());
    text.len() - digits.len() == 3
        && !digits.contains(char::is_alphabetic)
        && digits.ends_with(|letter: char| letter.is_ascii_digit())
}

/// The number a text stands for, where the text alone says which.
pub(crate) fn plain_number(text: &str) -> Option<Decimal> {
    number(text).and_then(|[one, other]| (one == other).then_some(one))
}

/// How two texts compare in what is sorted like that.
///
/// # Errors
///
/// They would come in another order as numbers or days.
pub(crate) fn texts(one: &str, other: &str, how: &str) -> Result<Ordering, Raised> {
    order(one, other).map_err(|found| unclear(&found, one, other, how))
}

/// What two texts are that are not what they seem.
enum Unclear {
    Numbers,
    Days(WrittenDay),
    /// One time of day in two spellings.
    Times,
    /// One of them was made with a value that only the run will know.
    Planned,
}

/// Whether nobody knows how two texts compare, since an id that is planned stands in one.
/// It is never empty.
fn is_planned(one: &str, other: &str) -> bool {
    (has_placeholder(one) && !other.is_empty()) || (has_placeholder(other) && !one.is_empty())
}

/// How two texts compare, or what they are if they come in another order as that.
fn order(one: &str, other: &str) -> Result<Ordering, Unclear> {
    let order = one.cmp(other);
    if order.is_eq() {
        return Ok(order);
    }
    if is_planned(one, other) {
        return Err(Unclear::Planned);
    }
    if let (Some(one), Some(other)) = (number(one), number(other)) {
        let is_so = one
            .iter()
            .zip(&other)
            .all(|(one, other)| one.cmp(other) == order);
        return if is_so {
            Ok(order)
        } else {
            Err(Unclear::Numbers)
        };
    }
    match (WrittenDay::parse(one), WrittenDay::parse(other)) {
        (Some(one), Some(other)) if !one.comes_as(&other, order) => {
            Err(Unclear::Days(one.telling(other)))
        }
        _ => Ok(order),
    }
}

/// Whether two texts are the same, or what they are if they are not the same as texts alone.
fn same(one: &str, other: &str) -> Result<bool, Unclear> {
    if one == other {
        return Ok(true);
    }
    if is_planned(one, other) {
        return Err(Unclear::Planned);
    }
    let has_digit = |text: &str| text.bytes().any(|byte| byte.is_ascii_digit());
    let is_plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if (is_plain(one) && is_plain(other)) || !has_digit(one) || !has_digit(other) {
        return Ok(false);
    }
    // `+49` and `49` are telephone numbers, and `1` and `1 ` no amounts.
    let is_amount =
        |text: &str| text.contains(['.', ',']) || text.contains(amounts::is_currency_symbol);
    let is_number = |text: &str| number(text).filter(|_| !text.trim_start().starts_with('+'));
    if (is_amount(one) || is_amount(other))
        && let (Some(one), Some(other)) = (is_number(one), is_number(other))
    {
        let is_same = one.iter().zip(&other).any(|(one, other)| one == other);
        return if is_same {
            Err(Unclear::Numbers)
        } else {
            Ok(false)
        };
    }
    match (WrittenDay::parse(one), WrittenDay::parse(other)) {
        (Some(one), Some(other)) if one.may_be_same(&other) => {
            Err(Unclear::Days(one.telling(other)))
        }
        (None, None) if time_of_day(one).is_some_and(|time| time_of_day(other) == Some(time)) => {
            Err(Unclear::Times)
        }
        _ => Ok(false),
    }
}

fn unclear(unclear: &Unclear, one: &str, other: &str, how: &str) -> Raised {
    let texts = [one, other];
    let is_equality = matches!(how, "==" | "!=");
    let (one, other) = (short(one), short(other));
    let what = format!("cannot compare text `\"{one}\"` with text `\"{other}\"` using `{how}`");
    let (told, hint) = match unclear {
        Unclear::Numbers => (
            if is_equality {
                "as numbers they are the same".to_owned()
            } else {
                "as numbers they have another order".to_owned()
            },
            if how == "sort" {
                as_numbers(SORTING, "x.as_money()", &one, &other)
            } else {
                as_numbers(HINT, ".as_money()", &one, &other)
            },
        ),
        Unclear::Days(day) => {
            let call = day.call();
            let told = if is_equality {
                "they may be one day in two forms"
            } else {
                "as days they may have another order"
            };
            let hint = if how == "sort" {
                format!(
                    "`.map(|text| {call})` before it sorts them as days, `.map(|text| text.as_text())` as text"
                )
            } else {
                format!(
                    "`{call}` turns such text into a day, so compare days; `.as_text()` on one of \
                     them compares them as text"
                )
            };
            (told.to_owned(), hint)
        }
        Unclear::Times => (
            "they are one time of day in two forms".to_owned(),
            "write both in one form; `.as_text()` on one of them compares them as text".to_owned(),
        ),
        Unclear::Planned => return part_is_planned(texts, how),
    };
    Raised::new("value", format!("{what}: {told}")).hint(hint)
}

/// Texts of which one was made with an id that is planned.
fn part_is_planned(texts: [&str; 2], how: &str) -> Raised {
    let made = texts.into_iter().find(|text| has_placeholder(text));
    let made = unmarked(made.unwrap_or_default());
    let what = format!(
        "cannot compare the text `{made}` using `{how}`: part of it is planned and will only be \
         known in a real run"
    );
    Raised::new("planned", what)
        .hint("compare before the id is put into the text, or compare the parts of the text")
}

/// The advice, with the call that reads such texts where it is not `as_money`.
fn as_numbers(advice: &str, call: &str, one: &str, other: &str) -> String {
    let reading = [one, other].map(amounts::reading);
    match reading.into_iter().find(|call| *call != "parse_money(…)") {
        Some(reading) if call.starts_with('x') => advice.replace(call, &reading.replace('…', "x")),
        Some(reading) => advice.replace(call, reading),
        None => advice.to_owned(),
    }
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
        .set_into_module(module, |value: Dynamic| -> Fallible<Decimal> {
            Ok(amount(&value)?)
        });
    let about = "A value as text that is always compared and sorted as \
        text.\n```rhai\nprint(\"10\".as_text() < \"9\")\n```";
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

/// A value as an amount.
///
/// # Errors
///
/// It is none.
pub(crate) fn amount(value: &Dynamic) -> Result<Decimal, Raised> {
    remainder::refuse(value, "an amount")?;
    if let Ok(number) = value.as_int() {
        return Ok(number.into());
    }
    if let Ok(amount) = value.as_decimal() {
        return Ok(amount);
    }
    let Ok(text) = value.as_immutable_string_ref() else {
        let what = format!("{} is not an amount", a_kind(kind(value.type_name())));
        return Err(
            Raised::new("money", what).hint("an amount is text, a whole number or a decimal")
        );
    };
    joined::refuse(&text, "an amount")?;
    amounts::parse(&text, None).map_err(|_| {
        let problem = |what: &str| Raised::new("money", format!("`{}` {what}", short(&text)));
        if text.trim().is_empty() {
            return problem("is not an amount: it is empty")
                .hint("test first: `if price != \"\" { … }`");
        }
        problem("is not an amount").hint("`parse_money(text, \".\")` names the decimal mark")
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
    order(&one, &other).map_err(|found| unclear(&found, &one, &other, how).into())
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
        operator(name).set_into_module(module, move |one: &str, other: &str| -> Fallible<bool> {
            match same(one, other) {
                Ok(is_same) => Ok(is_same == answer),
                Err(found) => Err(unclear(&found, one, other, name).into()),
            }
        });
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

/// Refuses texts in the order of texts that come in another as what they are.
fn check_texts(sorted: &[Dynamic]) -> Result<(), Raised> {
    let (mut last_number, mut last_day) = (None, None);
    for item in sorted {
        let Some(text) = item.read_lock::<ImmutableString>() else {
            continue;
        };
        let last: &mut Option<ImmutableString> = if number(&text).is_some() {
            &mut last_number
        } else if WrittenDay::parse(&text).is_some() {
            &mut last_day
        } else {
            continue;
        };
        if let Some(before) = last.as_ref()
            && let Err(found) = order(before, &text)
        {
            return Err(unclear(&found, before, &text, "sort"));
        }
        *last = Some(text.clone());
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
    use crate::script::test_host::TestHost;

    fn value(expression: &str) -> String {
        TestHost::new().value(expression)
    }

    #[test]
    fn texts_that_are_numbers_in_another_order_are_not_compared() {
        for comparison in [
            "\"25.00\" > \"3.00\"",
            "\"9\" < \"10\"",
            "\"$9.50\" >= \"$10.00\"",
            "\"USD 9.50\" >= \"USD 10.00\"",
            "\"R$ 9\" < \"R$ 10\"",
            "\"-5\" < \"-4\"",
            "\"10USD\" < \"9USD\"",
            "max(\"9\", \"10\")",
            "min(\"9\", \"10\")",
            "[\"9.50\", \"100.00\"].sort()",
            "[\"x\", \"9.50\", \"100.00\"].order()",
            "[\"9.50\", \"100.00\"].sort_desc()",
        ] {
            let failure = TestHost::new().failure(&format!("let x = {{ {comparison} }};"));
            assert!(
                failure.contains("as numbers they have another order"),
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
    fn percentages_and_amounts_with_groups_are_numbers_too() {
        for (comparison, hint) in [
            ("\"19%\" > \"5%\"", "`parse_percent(…)` on both"),
            ("max(\"19%\", \"5%\")", "`parse_percent(…)` on both"),
            ("[\"19 %\", \"5 %\"].sort()", "`.map(|x| parse_percent(x))`"),
            ("[\"19%\", \"5%\"].order()", "`.map(|x| parse_percent(x))`"),
            ("\"1,000\" > \"999\"", "`parse_money(…, \".\")` on both"),
            ("\"1,000\" > \"999.50\"", "`parse_money(…, \".\")` on both"),
            ("\"19.0%\" == \"19%\"", "`parse_percent(…)` on both"),
            ("\"1,000\" == \"1000\"", "`parse_money(…, \".\")` on both"),
            ("\"5.00-\" < \"1.00\"", "`-parse_money("),
        ] {
            let failure = TestHost::new().failure(&format!("let x = {comparison};"));
            assert!(
                failure.contains("as numbers they"),
                "{comparison}: {failure}"
            );
            assert!(failure.contains(hint), "{failure}");
        }
        for (comparison, expected) in [
            ("\"19%\" > \"15%\"", "true"),
            ("\"19%\" == \"5%\"", "false"),
            ("\"19%\" == \"19\"", "false"),
            ("\"1,001\" > \"1,000\"", "true"),
            ("\"100%\" == \"100%\"", "true"),
            ("parse_percent(\"19%\") > parse_percent(\"5%\")", "true"),
            ("\"19%\".as_text() < \"5%\"", "true"),
        ] {
            assert_eq!(value(comparison), expected, "{comparison}");
        }
    }

    #[test]
    fn texts_that_are_the_same_amount_are_not_unequal() {
        for comparison in [
            "\"10.0\" == \"10.00\"",
            "\"10\" != \"10.00\"",
            "\"$10.00\" == \"10.00\"",
            "\"1.234,50 €\" == \"1234.50\"",
            "[\"10.00\"].contains(\"10.0\")",
            "\"10.0\" in [\"10.00\"]",
        ] {
            let failure = TestHost::new().failure(&format!("let x = {comparison};"));
            assert!(
                failure.contains("as numbers they are the same"),
                "{comparison}: {failure}"
            );
        }
        for (comparison, expected) in [
            ("\"10.00\" == \"10.00\"", "true"),
            ("\"10.01\" == \"10.00\"", "false"),
            ("\"10\" == \"010\"", "false"),
            ("\"+49 30\" == \"49 30\"", "false"),
            ("\"a10.0\" == \"a10.00\"", "false"),
            ("\"8.10\".as_text() == \"8.1\"", "false"),
            ("\"10.0\".as_money() == \"10.00\".as_money()", "true"),
            ("\"\" == \"0.00\"", "false"),
            ("\"1.2.3.4\" != \"1.2.3.40\"", "true"),
        ] {
            assert_eq!(value(comparison), expected, "{comparison}");
        }
    }

    #[test]
    fn days_that_do_not_come_as_their_texts_are_not_compared() {
        for comparison in [
            "\"03/04/2026\" < \"04/03/2026\"",
            "\"3.4.2026\" < \"12.1.2026\"",
            "\"2026-1-5\" > \"2026-01-10\"",
            "\"23/11/2026\" > \"2026-11-01\"",
            "max(\"03/04/2026\", \"04/03/2026\")",
            "[\"03/04/2026\", \"04/03/2026\"].sort()",
            "[\"a\", \"04/03/2026\", \"03/04/2026\"].order()",
        ] {
            let failure = TestHost::new().failure(&format!("let x = {comparison};"));
            assert!(
                failure.contains("as days they may have another order"),
                "{comparison}: {failure}"
            );
            assert!(failure.contains("hint: `"), "{failure}");
        }
        for comparison in [
            "\"23/11/2026\" == \"2026-11-23\"",
            "\"2026-11-23 00:00:00\" == \"2026-11-23\"",
            "\"23.11.2026\" != \"23/11/2026\"",
            "\"2027-1-5\" == \"2027-01-05\"",
            "\"5.1.2027\" != \"05.01.2027\"",
            "\"1/13/2027\" == \"01/13/2027\"",
            "\"5/1/27\" == \"05/01/27\"",
            "\"2027-1-5 9:00\" == \"2027-01-05 09:00\"",
            "\"2027-01-05T09:00\" == \"2027-01-05 09:00:00\"",
            "[\"2027-1-5\"].contains(\"2027-01-05\")",
            "\"2027-1-5\" in [\"2027-01-05\"]",
        ] {
            let failure = TestHost::new().failure(&format!("let x = {comparison};"));
            assert!(
                failure.contains("they may be one day in two forms"),
                "{comparison}: {failure}"
            );
        }
        for (comparison, expected) in [
            ("\"2026-11-23\" < \"2026-11-24 10:00:00\"", "true"),
            ("\"2026-11-23\" == \"2026-11-24\"", "false"),
            ("\"23/11/2026\" == \"24/11/2026\"", "false"),
            ("\"2027-1-5\" == \"2027-01-06\"", "false"),
            ("\"5/1/2027\" == \"1/5/2027\"", "false"),
            ("\"2027-01-05 09:00\" == \"2027-01-05 10:00\"", "false"),
            ("\"2027-1-5\".as_text() == \"2027-01-05\"", "false"),
            (
                "date(\"2027-1-5\", \"%Y-%m-%d\") == date(\"2027-01-05\")",
                "true",
            ),
            ("\"9:00\" == \"10:00\"", "false"),
            ("\"00:1b:44\" == \"00:1B:44\"", "false"),
            (
                "date(\"03/04/2026\", \"%d/%m/%Y\") > date(\"04/03/2026\", \"%d/%m/%Y\")",
                "true",
            ),
            ("\"03/04/2026\".as_text() < \"04/03/2026\"", "true"),
        ] {
            assert_eq!(value(comparison), expected, "{comparison}");
        }
    }

    #[test]
    fn one_time_of_day_in_two_forms_is_not_unequal() {
        for comparison in ["\"9:00\" == \"09:00\"", "\"9:00 PM\" != \"21:00:00\""] {
            let failure = TestHost::new().failure(&format!("let x = {comparison};"));
            assert!(
                failure.contains("they are one time of day in two forms"),
                "{comparison}: {failure}"
            );
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
            "\"10 Main\" < \"9 Main\"",
            "\"12.5 kg\" < \"2 kg\"",
            "min(\"a\", \"b\") == \"a\" && max(\"a\", \"b\") == \"b\"",
        ] {
            assert_eq!(value(comparison), "true", "{comparison}");
        }
        assert_eq!(
            value("[\"b\", \"a\", \"10\"].sort()"),
            r#"["10", "a", "b"]"#
        );
        assert_eq!(
            value("[\"9 Main\", \"10 Main\"].sort()"),
            r#"["10 Main", "9 Main"]"#
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
            TestHost::new()
                .failure("\"\".as_money();")
                .contains("is not an amount")
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
            TestHost::new()
                .failure("[1, \"a\"].sort();")
                .contains("elements of different types cannot be sorted")
        );
        assert!(
            TestHost::new()
                .failure("[#{}, #{}].sort();")
                .contains("cannot be sorted")
        );
    }
}
