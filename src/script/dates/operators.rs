//! How dates compare, add and subtract.
//!
//! A date compares with a date of its own kind only. Rhai by itself would find
//! a date and a text that says the same unequal, without a word; so comparing
//! with anything else but `()` raises an error.

use std::cmp::Ordering;
use std::fmt::Display;
use std::sync::Arc;

use jiff::{Span, Unit};
use rhai::{Dynamic, ImmutableString, Module, NativeCallContext, Variant};

use crate::run::plan::clock::Offset;
use crate::script::dates::parts::out_of_range;
use crate::script::dates::{Date, DateTime};
use crate::script::diagnostic::words::{a_kind, kind};
use crate::script::engine::function::{Fallible, operator};
use crate::script::engine::sources::Sources;
use crate::script::money::amounts;
use crate::script::raise::Raised;
use crate::script::value::written_day::{WrittenDay, joined_with_days};

type Comparison = (&'static str, fn(Ordering) -> bool);

const COMPARISONS: [Comparison; 6] = [
    ("==", Ordering::is_eq),
    ("!=", Ordering::is_ne),
    ("<", Ordering::is_lt),
    ("<=", Ordering::is_le),
    (">", Ordering::is_gt),
    (">=", Ordering::is_ge),
];

/// Adds the operators of both date types.
pub(crate) fn register(module: &mut Module, sources: &Arc<Sources>) {
    register_comparisons::<Date>(module, "date");
    register_comparisons::<DateTime>(module, "datetime");
    join_with_text::<Date>(module, sources);
    join_with_text::<DateTime>(module, sources);
    operator("+").set_into_module(module, days_after);
    operator("+").set_into_module(module, |days: i64, date: Date| days_after(date, days));
    operator("-").set_into_module(module, |date: Date, days: i64| {
        days_after(date, days.saturating_neg())
    });
    operator("-").set_into_module(module, |later: Date, date: Date| days_between(date, later));
    operator("-").set_into_module(module, |later: DateTime, moment: DateTime| {
        later.0.duration_since(moment.0).as_secs()
    });
}

/// A day beside text: joined only where the text is no number of days, or a cell without one.
fn join_with_text<D: Variant + Clone + Display>(module: &mut Module, sources: &Arc<Sources>) {
    let texts = Arc::clone(sources);
    let check = move |context: &NativeCallContext, day: &str, text: &str| {
        if amounts::may_be_number(text) && !(text.is_empty() && texts.makes_text(context)) {
            let days = format!("text `\"{text}\"`");
            return Err(joined_with_days("+", day, &days, "date(text)"));
        }
        Ok(())
    };
    let check_before = check.clone();
    operator("+").set_into_module(
        module,
        move |context: NativeCallContext, day: D, text: &str| -> Fallible<ImmutableString> {
            let day = day.to_string();
            check_before(&context, &day, text)?;
            Ok((day + text).into())
        },
    );
    operator("+").set_into_module(
        module,
        move |context: NativeCallContext, text: &str, day: D| -> Fallible<ImmutableString> {
            let day = day.to_string();
            check(&context, &day, text)?;
            Ok(format!("{text}{day}").into())
        },
    );
}

/// That many days after, or before, a day.
fn days_after(date: Date, days: i64) -> Fallible<Date> {
    let span = Span::new().try_days(days);
    let later = span.and_then(|span| date.0.checked_add(span));
    let later = later.map_err(|_| out_of_range(date))?;
    Ok(date.later(later, Offset::days(days)))
}

/// How many days after `from` it is.
fn days_between(from: Date, to: Date) -> i64 {
    // Two days of the calendar are never too far apart to count.
    from.0
        .until((Unit::Day, to.0))
        .map_or(0, |span| span.get_days().into())
}

fn register_comparisons<T>(module: &mut Module, name: &'static str)
where
    T: Variant + Clone + Copy + Ord + Display,
{
    for (sign, holds) in COMPARISONS {
        operator(sign).set_into_module(module, move |one: T, other: T| holds(one.cmp(&other)));
        operator(sign).set_into_module(module, move |one: T, other: Dynamic| {
            with_other(name, one, sign, &other)
        });
        operator(sign).set_into_module(module, move |other: Dynamic, one: T| {
            with_other(name, one, sign, &other)
        });
    }
}

/// A missing date is unequal to every date; everything else is a mistake.
fn with_other(name: &str, one: impl Display, sign: &str, other: &Dynamic) -> Fallible<bool> {
    match (sign, other.is_unit()) {
        ("==", true) => Ok(false),
        ("!=", true) => Ok(true),
        (_, true) => Err(
            Raised::new("date", format!("`{one}` {sign} a date that is missing"))
                .hint("test first: `if due != () { … }`")
                .into(),
        ),
        (_, false) => Err(Raised::new(
            "date",
            format!("cannot compare a {name} with {}", described(other)),
        )
        .hint(match (name, written(other)) {
            ("date", Some(day)) if !day.is_plain() => {
                format!("make it a day first: `{}`", day.call())
            }
            ("date", _) => "make it a day first: `date(value)`".into(),
            _ => "make both days with `date(value)`, or both moments with `datetime(value)`".into(),
        })
        .into()),
    }
}

fn written(other: &Dynamic) -> Option<WrittenDay> {
    WrittenDay::parse(&other.as_immutable_string_ref().ok()?)
}

fn described(other: &Dynamic) -> String {
    match other.as_immutable_string_ref() {
        Ok(text) => format!("the text `{}`", *text),
        Err(_) if other.is::<Date>() => "a date".to_owned(),
        Err(_) if other.is::<DateTime>() => "a datetime".to_owned(),
        Err(type_name) => a_kind(kind(type_name)),
    }
}

#[cfg(test)]
mod tests {
    use crate::script::test_engine::{refusal, text};

    #[test]
    fn dates_compare_by_the_calendar() {
        assert_eq!(text("date(\"2026-02-01\") > date(\"2026-01-31\")"), "true");
        assert_eq!(text("date(\"2026-02-01\") == date(2026, 2, 1)"), "true");
        assert_eq!(text("date(2026, 2, 1) != date(2026, 2, 1)"), "false");
        assert_eq!(text("now() >= datetime(\"2026-11-23 14:05:00\")"), "true");
        assert_eq!(text("date(2026, 2, 1) in [date(2026, 2, 1)]"), "true");
    }

    #[test]
    fn a_missing_date_is_unequal_but_has_no_order() {
        assert_eq!(text("let due = date(\"0000-00-00\"); due == ()"), "true");
        assert_eq!(text("today() == ()"), "false");
        assert_eq!(text("() != today()"), "true");
        assert_eq!(
            refusal("date(\"0000-00-00\") < today()"),
            "`2026-11-23` < a date that is missing\nhint: test first: `if due != () { … }`"
        );
    }

    #[test]
    fn comparing_a_date_with_text_is_refused_with_a_hint() {
        let expected = "cannot compare a date with the text `2026-11-23`\n\
            hint: make it a day first: `date(value)`";
        assert_eq!(refusal("today() == \"2026-11-23\""), expected);
        assert_eq!(refusal("\"2026-11-23\" == today()"), expected);
        assert_eq!(refusal("\"2026-11-23\" < today()"), expected);
        assert!(
            refusal("\"23/11/2026\" == today()")
                .ends_with("hint: make it a day first: `date(text, \"%d/%m/%Y\")`")
        );
        assert!(refusal("today() < 5").starts_with("cannot compare a date with a whole"));
        assert!(refusal("now() > today()").contains(" with a date"));
    }

    #[test]
    fn dates_subtract_to_days_and_days_are_added() {
        assert_eq!(text("date(2026, 3, 1) - date(2026, 2, 1)"), "28");
        assert_eq!(text("date(2026, 2, 1) - date(2028, 2, 1)"), "-730");
        assert_eq!(text("date(2028, 2, 28) + 2"), "2028-03-01");
        assert_eq!(text("1 + date(2026, 12, 31)"), "2027-01-01");
        assert_eq!(text("date(2026, 3, 1) - 1"), "2026-02-28");
        assert_eq!(text("let due = today(); due += 7; due"), "2026-11-30");
        assert_eq!(text("now() - datetime(\"2026-11-23 14:00\")"), "300");
    }

    #[test]
    fn a_date_beyond_the_calendar_is_refused() {
        let expected = "the date that far from 2026-11-23 does not exist\n\
                        hint: dates go from -9999 to 9999";
        assert_eq!(refusal("today() + 9999999"), expected);
        assert_eq!(refusal("today() - 9223372036854775807"), expected);
    }
}
