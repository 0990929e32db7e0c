//! What dates are made of, and the steps from one to another.

use std::fmt;
use std::sync::Arc;

use jiff::fmt::strtime;
use jiff::{Span, civil};
use rhai::{EvalAltResult, Module};

use crate::run::plan::clock::Offset;
use crate::script::dates::{Date, DateTime, without_percent};
use crate::script::engine::function::{Fallible, function, property};
use crate::script::host::Host;
use crate::script::raise::Raised;

/// Adds the parts, steps and formats of both date types.
pub(crate) fn register(module: &mut Module, _host: &Arc<Host>) {
    register_parts(module);
    register_steps(module);
    register_writing(module);
}

fn register_parts(module: &mut Module) {
    type Part = (&'static str, &'static str, fn(civil::DateTime) -> i64);
    let of_days: [Part; 4] = [
        ("year", "The year.", |at| at.year().into()),
        ("month", "The month, from 1.", |at| at.month().into()),
        ("day", "The day of the month, from 1.", |at| at.day().into()),
        (
            "weekday",
            "The day of the week, 1 for Monday to 7 for Sunday.",
            |at| at.weekday().to_monday_one_offset().into(),
        ),
    ];
    for (name, about, part) in of_days {
        let about = format!("{about}\n```rhai\nprint(today().{name})\n```");
        property(name, &["date: date", "int"], &about)
            .set_into_module(module, move |date: &mut Date| part(date.0.into()));
    }
    let of_moments: [Part; 3] = [
        ("hour", "The hour, from 0.", |at| at.hour().into()),
        ("minute", "The minute, from 0.", |at| at.minute().into()),
        ("second", "The second, from 0.", |at| at.second().into()),
    ];
    for (name, about, part) in of_days.into_iter().chain(of_moments) {
        let about = format!("{about}\n```rhai\nprint(now().{name})\n```");
        property(name, &["moment: datetime", "int"], &about)
            .set_into_module(module, move |moment: &mut DateTime| part(moment.0));
    }
}

fn register_steps(module: &mut Module) {
    type Step = (
        &'static str,
        &'static str,
        fn(i64) -> Offset,
        fn(i64) -> Result<Span, jiff::Error>,
    );
    let steps: [Step; 3] = [
        (
            "add_days",
            "The day that many days later.",
            Offset::days,
            |days| Span::new().try_days(days),
        ),
        (
            "add_months",
            "The same day that many months later, or the last of a shorter month.",
            Offset::months,
            |months| Span::new().try_months(months),
        ),
        (
            "add_years",
            "The same day that many years later, or the last of a shorter February.",
            |years| Offset::months(years.saturating_mul(12)),
            |years| Span::new().try_years(years),
        ),
    ];
    for (name, about, offset, span) in steps {
        let about = format!("{about}\n```rhai\nlet due = today().{name}(1);\n```");
        function(name, &["date: date", "number: int", "date"], &about).set_into_module(
            module,
            move |date: Date, number: i64| -> Fallible<Date> {
                let later = span(number).and_then(|span| date.0.checked_add(span));
                let later = later.map_err(|_| out_of_range(date))?;
                Ok(date.later(later, offset(number)))
            },
        );
        let about = about.replace("today()", "now()").replace("day ", "moment ");
        function(
            name,
            &["moment: datetime", "number: int", "datetime"],
            &about,
        )
        .set_into_module(
            module,
            move |moment: DateTime, number: i64| -> Fallible<DateTime> {
                let later = span(number).and_then(|span| moment.0.checked_add(span));
                let later = later.map_err(|_| out_of_range(moment))?;
                Ok(moment.later(later, offset(number)))
            },
        );
    }
}

/// The error of a date outside the calendar.
pub(crate) fn out_of_range(from: impl fmt::Display) -> Raised {
    Raised::new(
        "date",
        format!("the date that far from {from} does not exist"),
    )
    .hint("dates go from -9999 to 9999")
}

fn register_writing(module: &mut Module) {
    let about = "The date as text in a format: `%d.%m.%Y`, `%B %-d, %Y`, `%H:%M`.\n\
                 ```rhai\n\
                 print(now().format(\"%d.%m.%Y\"))\n\
                 ```";
    function("format", &["date: date", "format: &str", "String"], about).set_into_module(
        module,
        |date: Date, format: &str| {
            let text = formatted(format, &strtime::BrokenDownTime::from(date.0))?;
            Ok::<_, Box<EvalAltResult>>(date.write(text, format))
        },
    );
    function(
        "format",
        &["moment: datetime", "format: &str", "String"],
        about,
    )
    .set_into_module(module, |moment: DateTime, format: &str| {
        let text = formatted(format, &strtime::BrokenDownTime::from(moment.0))?;
        Ok::<_, Box<EvalAltResult>>(moment.write(text, format))
    });
    function(
        "date",
        &["moment: datetime", "date"],
        "The day of a moment.\n\
         ```rhai\n\
         print(now().date())\n\
         ```",
    )
    .set_into_module(module, |moment: DateTime| moment.with(moment.0.date()));
}

fn formatted(format: &str, time: &strtime::BrokenDownTime) -> Fallible<String> {
    if !format.contains('%') {
        return Err(without_percent(format).into());
    }
    Ok(time.to_string(format).map_err(|_| {
        Raised::new("date", format!("`{format}` is not a format for this date"))
            .hint("such as `%d.%m.%Y`; a date has no time of day, and no time here has a zone")
    })?)
}

#[cfg(test)]
mod tests {
    use crate::script::test_engine::{refusal, text};

    #[test]
    fn dates_have_parts() {
        assert_eq!(
            text("let d = today(); [d.year, d.month, d.day, d.weekday]"),
            "[2026, 11, 23, 1]"
        );
        assert_eq!(
            text("let n = now(); [n.year, n.hour, n.minute, n.second]"),
            "[2026, 14, 5, 0]"
        );
    }

    #[test]
    fn months_and_years_end_where_they_end() {
        assert_eq!(text("date(2026, 1, 31).add_months(1)"), "2026-02-28");
        assert_eq!(text("date(2026, 3, 31).add_months(-1)"), "2026-02-28");
        assert_eq!(text("date(2028, 2, 29).add_years(1)"), "2029-02-28");
        assert_eq!(text("today().add_days(-23)"), "2026-10-31");
        assert_eq!(text("now().add_months(1)"), "2026-12-23 14:05:00");
        assert!(refusal("today().add_years(99999)").contains("does not exist"));
    }

    #[test]
    fn dates_are_written_in_a_format() {
        assert_eq!(text("today().format(\"%d.%m.%Y\")"), "23.11.2026");
        assert_eq!(text("now().format(\"%H:%M\")"), "14:05");
        assert!(refusal("today().format(\"%Q\")").starts_with("`%Q` is not a format"));
        for format in ["d.m.Y", "YYYY-MM-DD", ""] {
            assert!(
                refusal(&format!("today().format(\"{format}\")"))
                    .starts_with(&format!("the format `{format}` has no part of a date"))
            );
        }
        assert!(refusal("today().format(\"%z\")").starts_with("`%z` is not a format"));
    }
}
