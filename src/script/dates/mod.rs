//! Days and moments: `date`, `datetime`, `today`, `now`.
//!
//! A day has no clock and no time zone, as WHMCS keeps it. `today()` and
//! `now()` are the moment the run first started, so that a resumed run
//! computes the same parameters. WHMCS's null date is `()`.

pub(crate) mod operators;
pub(crate) mod parts;

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use jiff::civil;
use rhai::{Dynamic, Module};

use crate::run::plan::clock::{self, DAY, MOMENT, Offset};
use crate::script::engine::function::{Fallible, function, operator};
use crate::script::host::Host;
use crate::script::raise::Raised;
use crate::script::value::written_day::WrittenDay;

/// A day, printed as `2026-11-23`, and where it comes from.
pub type Date = Dated<civil::Date>;

/// A moment by the wall clock, printed as `2026-11-23 14:05:00`, and where it comes from.
pub type DateTime = Dated<civil::DateTime>;

/// A day or a moment; two are the same wherever they come from.
#[derive(Clone, Copy, Debug)]
pub struct Dated<T>(pub T, pub Origin);

/// Where a day or a moment comes from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Origin {
    /// From a text, a file or a server.
    Data,
    /// From the clock of a run that a plan is about, so far from it: another run has another.
    Clock(Offset),
}

impl<T> Dated<T> {
    /// The same with another day or moment, which was made of this one.
    fn with<U>(self, made: U) -> Dated<U> {
        Dated(made, self.1)
    }

    /// The day or moment that is so much later than this one.
    fn later(self, made: T, by: Offset) -> Self {
        let origin = match self.1 {
            Origin::Clock(offset) => Origin::Clock(offset.and(by)),
            Origin::Data => Origin::Data,
        };
        Self(made, origin)
    }

    /// Its text in that format, by which a plan knows it again if it comes from the clock.
    fn write(&self, text: String, format: &str) -> String {
        if let Origin::Clock(offset) = self.1 {
            clock::say(&text, offset, format);
        }
        text
    }
}

impl<T: PartialEq> PartialEq for Dated<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<T: Eq> Eq for Dated<T> {}

impl<T: Ord> PartialOrd for Dated<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T: Ord> Ord for Dated<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.cmp(&other.0)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.write(self.0.to_string(), DAY))
    }
}

impl fmt::Display for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.strftime(MOMENT).to_string();
        f.write_str(&self.write(text, MOMENT))
    }
}

/// Adds the date types and their functions.
pub(crate) fn register(module: &mut Module, host: &Arc<Host>) {
    module.set_custom_type::<Date>("date");
    module.set_custom_type::<DateTime>("datetime");
    register_clock(module, host);
    register_reading(module);
    for name in ["to_string", "to_debug", "print", "debug"] {
        operator(name).set_into_module(module, |date: &mut Date| date.to_string());
        operator(name).set_into_module(module, |moment: &mut DateTime| moment.to_string());
    }
}

fn register_clock(module: &mut Module, host: &Arc<Host>) {
    let seen = Arc::clone(host);
    function(
        "today",
        &["date"],
        "The day the run first started.\n\
         ```rhai\n\
         let due = today() + 14;\n\
         ```",
    )
    .set_into_module(module, move || {
        Dated(seen.clock.started().date(), origin(&seen))
    });
    let seen = Arc::clone(host);
    function(
        "now",
        &["datetime"],
        "The moment the run first started, by the local clock.\n\
         ```rhai\n\
         log(`started at ${now()}`)\n\
         ```",
    )
    .set_into_module(module, move || Dated(seen.clock.started(), origin(&seen)));
}

/// Where the days of a run's clock come from.
fn origin(host: &Host) -> Origin {
    if host.run.is_of_plan() {
        clock::is_on(host.clock.started().date());
        Origin::Clock(Offset::default())
    } else {
        Origin::Data
    }
}

fn register_reading(module: &mut Module) {
    let about = "A day from text such as `2026-11-23` or `2026-11-23 14:05:00`, or from text in \
        another format; WHMCS's null date `0000-00-00` is `()`.\n```rhai\nlet due = \
        date(\"2026-11-23\");\nlet born = date(\"23.11.1985\", \"%d.%m.%Y\");\nprint((due - born) \
        / 365)\n```";
    function("date", &["text: &str", "date"], about).set_into_module(module, read_date);
    function("date", &["text: &str", "format: &str", "date"], about)
        .set_into_module(module, read_date_as);
    operator("date").set_into_module(module, |date: Date| date);
    // What the reply decoder made of a null date passes through.
    operator("date").set_into_module(module, |nothing: ()| nothing);
    function(
        "date",
        &["year: int", "month: int", "day: int", "date"],
        "A day from its year, month and day.\n\
         ```rhai\n\
         let new_year = date(2027, 1, 1);\n\
         ```",
    )
    .set_into_module(module, date_of);
    let about = "A moment from text such as `2026-11-23 14:05:00`; WHMCS's null moment is \
        `()`.\n```rhai\nlet seen = datetime(\"2026-11-23 14:05:00\");\n```";
    function("datetime", &["text: &str", "datetime"], about).set_into_module(module, read_moment);
    operator("datetime").set_into_module(module, |moment: DateTime| moment);
    operator("datetime").set_into_module(module, |nothing: ()| nothing);
}

fn not_a_date(text: &str) -> Raised {
    let call = match WrittenDay::parse(text).filter(|day| !day.is_plain()) {
        Some(day) => day.call(),
        None => "date(text, \"%d.%m.%Y\")".into(),
    };
    let has_digits = text.contains(|letter: char| letter.is_ascii_digit());
    let hint = if !text.is_empty() && !has_digits {
        "write it as `2026-11-23`; for today's date as text, use `today().format(\"%Y-%m-%d\")`"
            .into()
    } else if text.is_empty() {
        "the text is empty: test first, such as with `if due != \"\" { … }`".into()
    } else {
        format!("write it as `2026-11-23`, or name its format: `{call}`")
    };
    Raised::new("date", format!("`{text}` is not a date")).hint(hint)
}

fn is_null(text: &str) -> bool {
    text.starts_with("0000-00-00")
}

/// The day and, where there is one, the time of day.
fn split(text: &str) -> Option<civil::DateTime> {
    // Only the long form: `20261123` may as well be a number.
    if text.get(4..5) != Some("-") || text.get(7..8) != Some("-") {
        return None;
    }
    match text.len() {
        10 => Some(
            text.parse::<civil::Date>()
                .ok()?
                .to_datetime(civil::Time::midnight()),
        ),
        _ => text.parse().ok(),
    }
}

fn read_date(text: &str) -> Fallible<Dynamic> {
    let text = text.trim();
    if is_null(text) {
        return Ok(Dynamic::UNIT);
    }
    let moment = split(text).ok_or_else(|| not_a_date(text))?;
    Ok(Dynamic::from(Dated(moment.date(), Origin::Data)))
}

/// The error of a format that would be given as it is, as PHP and spreadsheets write it.
pub(crate) fn without_percent(format: &str) -> Raised {
    Raised::new(
        "date",
        format!("the format `{format}` has no part of a date"),
    )
    .hint(
        "write the parts with `%`, such as `%d.%m.%Y`: `%d` is the day, `%m` the month, `%Y` the \
         year",
    )
}

fn read_date_as(text: &str, format: &str) -> Fallible<Date> {
    if !format.contains('%') {
        return Err(without_percent(format).into());
    }
    let date = civil::Date::strptime(format, text.trim()).map_err(|_| {
        Raised::new(
            "date",
            format!("`{text}` is not a date written as `{format}`"),
        )
        .hint("`%d` is the day, `%m` the month, `%Y` the year with four digits, `%y` with two")
    })?;
    Ok(Dated(date, Origin::Data))
}

fn read_moment(text: &str) -> Fallible<Dynamic> {
    let text = text.trim();
    if is_null(text) {
        return Ok(Dynamic::UNIT);
    }
    let moment = split(text).ok_or_else(|| {
        Raised::new("date", format!("`{text}` is not a date with a time"))
            .hint("write it as `2026-11-23 14:05:00`")
    })?;
    Ok(Dynamic::from(Dated(moment, Origin::Data)))
}

fn date_of(year: i64, month: i64, day: i64) -> Fallible<Date> {
    let date = || {
        civil::Date::new(
            year.try_into().ok()?,
            month.try_into().ok()?,
            day.try_into().ok()?,
        )
        .ok()
    };
    let no_such_day = || {
        Raised::new(
            "date",
            format!("there is no day {year}-{month:02}-{day:02}"),
        )
        .hint("the order of the arguments is year, month, day")
    };
    Ok(Dated(date().ok_or_else(no_such_day)?, Origin::Data))
}

#[cfg(test)]
mod tests {
    use crate::script::test_engine::{refusal, text};

    #[test]
    fn today_and_now_are_the_moment_the_run_started() {
        assert_eq!(text("today()"), "2026-11-23");
        assert_eq!(text("now()"), "2026-11-23 14:05:00");
        assert_eq!(text("`on ${today()}`"), "on 2026-11-23");
        assert_eq!(text("[now()]"), "[2026-11-23 14:05:00]");
    }

    #[test]
    fn dates_are_read_from_what_whmcs_sends() {
        assert_eq!(text("date(\" 2026-11-23 \")"), "2026-11-23");
        assert_eq!(text("date(\"2026-11-23 14:05:00\")"), "2026-11-23");
        assert_eq!(
            text("datetime(\"2026-11-23 14:05:09\")"),
            "2026-11-23 14:05:09"
        );
        assert_eq!(
            text("datetime(\"2026-11-23T14:05\")"),
            "2026-11-23 14:05:00"
        );
        assert_eq!(text("datetime(\"2026-11-23\")"), "2026-11-23 00:00:00");
        assert_eq!(text("date(today())"), "2026-11-23");
        assert_eq!(text("date(now())"), "2026-11-23");
    }

    #[test]
    fn the_null_date_is_nothing() {
        assert_eq!(text("date(\"0000-00-00\") == ()"), "true");
        assert_eq!(text("date(\"0000-00-00 00:00:00\") == ()"), "true");
        assert_eq!(text("datetime(\"0000-00-00 00:00:00\") == ()"), "true");
        assert_eq!(text("date(()) == ()"), "true");
    }

    #[test]
    fn another_format_is_read_when_it_is_named() {
        assert_eq!(text("date(\"23.11.2026\", \"%d.%m.%Y\")"), "2026-11-23");
        assert_eq!(
            refusal("date(\"11/23/2026\", \"%d/%m/%Y\")"),
            "`11/23/2026` is not a date written as `%d/%m/%Y`\n\
             hint: `%d` is the day, `%m` the month, `%Y` the year with four digits, `%y` with two"
        );
    }

    #[test]
    fn what_is_no_date_is_refused() {
        assert_eq!(
            refusal("date(\"\")"),
            "`` is not a date\nhint: the text is empty: test first, such as with `if due != \"\" { … }`"
        );
        assert!(refusal("date(\"Y-m-d\")").contains("`today().format(\"%Y-%m-%d\")`"));
        assert!(refusal("date(\"23/11/2026\")").contains("`date(text, \"%d/%m/%Y\")`"));
        for text in ["23.11.2026", "2026-02-30", "20261123", "2026-13-01"] {
            assert_eq!(
                refusal(&format!("date(\"{text}\")")),
                format!(
                    "`{text}` is not a date\n\
                     hint: write it as `2026-11-23`, or name its format: `date(text, \"%d.%m.%Y\")`"
                )
            );
        }
        assert!(refusal("datetime(\"2026-11-23 25:00\")").contains("not a date with a time"));
        assert!(refusal("date(2026, 2, 30)").starts_with("there is no day 2026-02-30"));
        assert!(refusal("date(99999, 1, 1)").starts_with("there is no day 99999-01-01"));
    }
}
