//! How far a clock is moved: `1 month`, `3 days`, `36 hours`.

use std::str::FromStr;

use jiff::Span;
use jiff::civil::{DateTime, date};

use crate::sandbox::refusal::Refusal;
use crate::sandbox::reply::Value;

/// So many days' automation is run at once, a little over ten years.
const MOST_DAYS: i32 = 3_660;

/// A length of time by the calendar.
#[derive(Clone, Copy, Debug)]
pub struct Period(Span);

/// A clock that cannot be moved so.
#[derive(Debug, Eq, PartialEq, thiserror::Error)]
pub enum AdvanceError {
    /// The text is no period.
    #[error(
        "`{0}` is not a period: use a number and a unit, such as `1 month`, `3 days`, `2 weeks`, \
         `1 year` or `36 hours`"
    )]
    NoPeriod(String),
    /// It is too long, or ends where no clock can be.
    #[error("the clock can be advanced by ten years at a time, and to the end of 2200")]
    TooFar,
    /// The tables refuse what a task does.
    #[error("the day's automation failed, and nothing was changed: {0}")]
    Failed(String),
}

impl FromStr for Period {
    type Err = AdvanceError;

    fn from_str(text: &str) -> Result<Self, AdvanceError> {
        let refused = || AdvanceError::NoPeriod(text.chars().take(40).collect());
        let mut words = text.split_whitespace();
        let (Some(number), Some(unit), None) = (words.next(), words.next(), words.next()) else {
            return Err(refused());
        };
        let is_number = number.bytes().all(|byte| byte.is_ascii_digit());
        let number: i64 = number
            .parse()
            .ok()
            .filter(|number| is_number && *number > 0)
            .ok_or_else(refused)?;
        let unit = unit.strip_suffix('s').unwrap_or(unit);
        let span = match unit {
            "minute" => Span::new().try_minutes(number),
            "hour" => Span::new().try_hours(number),
            "day" => Span::new().try_days(number),
            "week" => Span::new().try_weeks(number),
            "month" => Span::new().try_months(number),
            "year" => Span::new().try_years(number),
            _ => return Err(refused()),
        };
        span.map(Self).map_err(|_| AdvanceError::TooFar)
    }
}

impl Period {
    /// The moment that much later than one.
    pub fn after(self, from: DateTime) -> Result<DateTime, AdvanceError> {
        let to = from.checked_add(self.0).map_err(|_| AdvanceError::TooFar)?;
        let days = to
            .date()
            .since(from.date())
            .map_or(i32::MAX, |span| span.get_days());
        if days > MOST_DAYS || to >= date(2201, 1, 1).at(0, 0, 0, 0) {
            return Err(AdvanceError::TooFar);
        }
        Ok(to)
    }
}

impl From<Refusal> for AdvanceError {
    fn from(refusal: Refusal) -> Self {
        let reply = refusal.into_reply();
        match reply.get("message") {
            Some(Value::Text(message)) => Self::Failed(message.clone()),
            _ => Self::Failed("no words".into()),
        }
    }
}

impl From<rusqlite::Error> for AdvanceError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Failed(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::{AdvanceError, Period};
    use jiff::civil::date;

    #[test]
    fn a_period_is_a_number_and_a_unit() {
        for (text, to) in [
            ("1 month", "2026-02-28T12:00:00"),
            ("3 days", "2026-02-03T12:00:00"),
            ("2  weeks", "2026-02-14T12:00:00"),
            ("1 year", "2027-01-31T12:00:00"),
            ("36 hours", "2026-02-02T00:00:00"),
            ("90 minutes", "2026-01-31T13:30:00"),
        ] {
            let period: Period = text.parse().expect(text);
            let to_then = period.after(date(2026, 1, 31).at(12, 0, 0, 0));
            assert_eq!(to_then.expect(text).to_string(), to, "{text}");
        }
    }

    #[test]
    fn what_is_no_period_is_refused() {
        for text in [
            "",
            "month",
            "1",
            "-1 day",
            "+1 day",
            "0 days",
            "1.5 days",
            "1 day 2 hours",
            "1 fortnight",
            "٣ days",
        ] {
            let error = text.parse::<Period>().expect_err(text);
            assert_eq!(error, AdvanceError::NoPeriod(text.into()), "{text}");
        }
        for text in ["11 years", "4000 days", "99999999999 days"] {
            let moved = text
                .parse::<Period>()
                .and_then(|period| period.after(date(2026, 1, 31).at(12, 0, 0, 0)));
            assert_eq!(moved, Err(AdvanceError::TooFar), "{text}");
        }
    }
}
