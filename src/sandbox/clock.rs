//! The sandbox's clock: civil time in UTC, the system's or a moment that was given.
//!
//! It is handed to the store and lives there; nothing else in the sandbox knows what time it is.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::{DateTime, date};
use jiff::tz::Offset;

/// What time it is.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Clock {
    /// The system's time.
    #[default]
    System,
    /// Always this moment.
    Fixed(DateTime),
}

/// A text that is not a date.
#[derive(Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{0}` is not a date: use `2026-11-23` or `2026-11-23 14:05:00` (UTC, years 1990 to 2200)")]
pub struct ClockError(String);

impl Clock {
    /// The moment of a call, in whole seconds when it was given.
    pub fn now(self) -> DateTime {
        match self {
            Self::System => Offset::UTC.to_datetime(Timestamp::now()),
            Self::Fixed(moment) => moment,
        }
    }

    /// The moment in the spelling of HTTP's `Date`, when it was given.
    pub fn http_date(self) -> Option<String> {
        match self {
            Self::System => None,
            Self::Fixed(moment) => Some(moment.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()),
        }
    }
}

impl FromStr for Clock {
    type Err = ClockError;

    /// Reads `2026-11-23`, the start of that day, or a date with a time.
    fn from_str(text: &str) -> Result<Self, ClockError> {
        // Room to look back on the demo data's years and ahead for any period that is billed.
        let known = date(1990, 1, 1)..date(2201, 1, 1);
        civil(text.trim())
            .filter(|moment| known.contains(&moment.date()))
            .and_then(|moment| moment.with().subsec_nanosecond(0).build().ok())
            .map(Self::Fixed)
            .ok_or_else(|| ClockError(text.to_owned()))
    }
}

/// The moment in UTC that a text names: one with an offset is converted, never cut.
fn civil(text: &str) -> Option<DateTime> {
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Some(Offset::UTC.to_datetime(moment));
    }
    // What stands behind the time would be dropped without a word.
    let is_bare = |letter: char| letter.is_ascii_digit() || "-:. Tt".contains(letter);
    let is_bare = text.chars().all(is_bare) && text.matches('-').count() == 2;
    text.parse().ok().filter(|_| is_bare)
}

/// A moment as `MySQL` prints it, `2026-11-23 14:05:00`.
pub fn spelled(moment: DateTime) -> impl fmt::Display {
    moment.strftime("%Y-%m-%d %H:%M:%S")
}

/// SQL with the moment in the place of each `@now`, for statements that nothing can be bound to.
pub fn dated(sql: &str, moment: DateTime) -> String {
    sql.replace("@now", &format!("'{}'", spelled(moment)))
}

#[cfg(test)]
mod tests {
    use super::{Clock, dated};

    #[test]
    fn a_moment_is_a_day_or_a_day_with_a_time() {
        for (text, moment) in [
            ("2026-11-23", "2026-11-23T00:00:00"),
            ("2026-11-23 14:05", "2026-11-23T14:05:00"),
            ("2026-11-23T14:05:07Z", "2026-11-23T14:05:07"),
            (" 2026-11-23 14:05:07.9", "2026-11-23T14:05:07"),
            ("2026-11-23T14:05:07+02:00", "2026-11-23T12:05:07"),
            ("2026-11-23 14:05-05", "2026-11-23T19:05:00"),
            (
                "2026-11-23T00:30+01:00[Europe/Berlin]",
                "2026-11-22T23:30:00",
            ),
        ] {
            let clock: Clock = text.parse().expect(text);
            assert_eq!(clock.now().to_string(), moment, "{text}");
        }
    }

    #[test]
    fn what_is_not_a_date_is_refused_with_the_spelling_that_is() {
        for text in [
            "",
            "now",
            "2026-13-01",
            "2026-02-30",
            "23.11.2026",
            "1989-12-31",
            "9999-01-01",
            "2026-11-23 25:00",
            "-0001-01-01",
            "2026-11-23; DROP TABLE x",
            "5",
            "2026-11-23 14:05 CET",
            "2026-11-23T14:05[Europe/Berlin]",
            "2026-11-23+02:00",
        ] {
            let error = text.parse::<Clock>().expect_err(text).to_string();
            assert!(
                error.starts_with(&format!("`{text}` is not a date: use `2026-11-23`")),
                "{error}"
            );
        }
    }

    #[test]
    fn a_given_moment_is_in_sql_and_in_http() {
        let clock: Clock = "2026-11-23 04:05:06".parse().expect("a date");
        assert_eq!(
            dated("SELECT date(@now, '-1 day')", clock.now()),
            "SELECT date('2026-11-23 04:05:06', '-1 day')"
        );
        assert_eq!(
            clock.http_date().as_deref(),
            Some("Mon, 23 Nov 2026 04:05:06 GMT")
        );
        assert_eq!(Clock::System.http_date(), None);
    }
}
