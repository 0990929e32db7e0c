//! Days as people and servers write them in text: `2026-11-23`, `23/11/2026`, `23.11.26`.
//!
//! Only their shape is told here, and which days they may be; what a script means by one it
//! says with `date(text, format)`.

use std::cmp::Ordering;

use jiff::civil::{Date, Time};

use crate::script::raise::Raised;

/// A day as it is written in a text.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct WrittenDay {
    shape: Shape,
    /// The days it may be, by the order of day and month.
    day_first: Option<Date>,
    month_first: Option<Date>,
    /// Whether its day and its month have two digits.
    is_padded: bool,
    /// The time of day behind it; none where it is not known what it says.
    time: Option<Time>,
}

/// What two days have in common whose texts can be compared.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Shape {
    mark: char,
    is_year_first: bool,
    /// Digits of the year.
    year: usize,
    has_time: bool,
}

/// The longest text that is looked at for a day, in bytes.
const LONGEST: usize = 80;

impl WrittenDay {
    /// The day a text is, if it is one and nothing else but a time of day.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if text.len() > LONGEST {
            return None;
        }
        let text = text.trim();
        if !text.starts_with(|letter: char| letter.is_ascii_digit()) {
            return None;
        }
        let (day, time) = text.split_once([' ', 'T']).unwrap_or((text, ""));
        if !time.is_empty() && !time.contains(':') {
            return None;
        }
        let mark = day
            .chars()
            .find(|letter| matches!(letter, '/' | '.' | '-'))?;
        let mut parts = day.split(mark);
        let (one, two, three) = (parts.next()?, parts.next()?, parts.next()?);
        let is_number = |part: &str| {
            (1..=4).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
        };
        if parts.next().is_some() || ![one, two, three].into_iter().all(is_number) {
            return None;
        }
        let is_year_first = one.len() == 4;
        let (year, first, second) = if is_year_first {
            (one, three, two)
        } else {
            (three, one, two)
        };
        // `1.2.3` may be a version.
        let is_year = year.len() == 4 || (year.len() == 2 && mark == '/');
        if !is_year || first.len() > 2 || second.len() > 2 {
            return None;
        }
        let number = |part: &str| part.parse::<i8>().ok();
        let whole: i16 = year.parse().ok()?;
        let whole = if year.len() == 2 { 2000 + whole } else { whole };
        let date = |day: &str, month: &str| Date::new(whole, number(month)?, number(day)?).ok();
        let day_first = date(first, second);
        let month_first = date(second, first).filter(|_| !is_year_first);
        day_first.or(month_first)?;
        Some(Self {
            shape: Shape {
                mark,
                is_year_first,
                year: year.len(),
                has_time: !time.is_empty(),
            },
            day_first,
            month_first,
            is_padded: first.len() == 2 && second.len() == 2,
            time: time_of_day(time),
        })
    }

    /// Whether it is written as WHMCS writes days, which sort as they are.
    pub(crate) fn is_plain(&self) -> bool {
        self.shape.is_year_first && self.shape.mark == '-'
    }

    /// Whether two are written alike, but for a time that only one may have.
    fn is_like(&self, other: &Self) -> bool {
        let plain = |shape: Shape| Shape {
            has_time: false,
            ..shape
        };
        plain(self.shape) == plain(other.shape)
    }

    /// Whether their texts come in the order of their days.
    pub(crate) fn comes_as(&self, other: &Self, order: Ordering) -> bool {
        let is_so = |one: Option<Date>, other: Option<Date>| {
            let days = one.zip(other);
            days.is_none_or(|(one, other)| one == other || one.cmp(&other) == order)
        };
        self.is_like(other)
            && is_so(self.day_first, other.day_first)
            && is_so(self.month_first, other.month_first)
    }

    /// Whether two texts that differ may say the same all the same: they are written in two
    /// forms, or it is one day, and one time of it, in two spellings.
    pub(crate) fn may_be_same(&self, other: &Self) -> bool {
        let is_one = |one: Option<Date>, other: Option<Date>| one.is_some() && one == other;
        let is_day =
            is_one(self.day_first, other.day_first) || is_one(self.month_first, other.month_first);
        let is_time = !self.shape.has_time || (self.time.is_some() && self.time == other.time);
        self.shape != other.shape || (is_day && is_time)
    }

    /// Of two that are compared the one whose format reads both, where one does.
    pub(crate) fn telling(self, other: Self) -> Self {
        if self.shape == other.shape && self.is_padded {
            return other;
        }
        self
    }

    /// The format that reads it.
    pub(crate) fn format(&self) -> String {
        let mark = self.shape.mark;
        let year = if self.shape.year == 4 { "%Y" } else { "%y" };
        match (self.shape.is_year_first, self.day_first.is_some()) {
            (true, _) => format!("{year}{mark}%m{mark}%d"),
            (false, true) => format!("%d{mark}%m{mark}{year}"),
            (false, false) => format!("%m{mark}%d{mark}{year}"),
        }
    }

    /// How a script reads it.
    pub(crate) fn call(&self) -> String {
        if self.is_plain() && self.is_padded {
            return "date(text)".into();
        }
        format!("date(text, \"{}\")", self.format())
    }
}

/// The time that a text is, if it is one and nothing else: `9:05`, `09:05:00`, `9:05 PM`.
pub(crate) fn time_of_day(text: &str) -> Option<Time> {
    let text = text.trim();
    if text.len() > LONGEST {
        return None;
    }
    let (clock, half) = match text.find(|letter: char| letter.is_ascii_alphabetic()) {
        Some(at) => (text[..at].trim_end(), Some(text[at..].to_ascii_lowercase())),
        None => (text, None),
    };
    let mut parts = clock.split(':');
    let mut number = || {
        let part = parts.next()?;
        let is_number = matches!(part.len(), 1 | 2) && part.bytes().all(|one| one.is_ascii_digit());
        is_number.then(|| part.parse::<i8>().ok())?
    };
    let (hour, minute) = (number()?, number()?);
    let second = if clock.matches(':').count() > 1 {
        number()?
    } else {
        0
    };
    let hour = match half.as_deref() {
        None => hour,
        Some("am") if (1..=12).contains(&hour) => hour % 12,
        Some("pm") if (1..=12).contains(&hour) => hour % 12 + 12,
        Some(_) => return None,
    };
    let is_whole = parts.next().is_none();
    is_whole.then(|| Time::new(hour, minute, second, 0).ok())?
}

/// The refusal to join a day with what may be a number of days.
pub(crate) fn joined_with_days(operator: &str, text: &str, days: &str, call: &str) -> Raised {
    let what = format!("`{operator}` joins {text} and {days}, where a later day may be meant");
    Raised::new("value", what).hint(format!(
        "`{call} + days` is a day, with days as a whole number; to join, write between backticks: `${{one}}${{other}}`"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_of_day_is_known_by_its_shape() {
        for (text, time) in [
            ("9:05", "09:05:00"),
            (" 09:05:00", "09:05:00"),
            ("9:05 PM", "21:05:00"),
            ("12:00am", "00:00:00"),
            ("23:59:59", "23:59:59"),
        ] {
            let told = time_of_day(text).map(|time| time.to_string());
            assert_eq!(told.as_deref(), Some(time), "{text}");
        }
        for text in [
            "", "9", "24:00", "9:5:1:2", "13:00 pm", "9:05 x", "a:b", "00:1b:44", "1:123",
        ] {
            assert_eq!(time_of_day(text), None, "{text}");
        }
    }

    #[test]
    fn days_are_known_by_their_shape() {
        for (text, call) in [
            ("2026-11-23", "date(text)"),
            ("2026-11-23 14:05:00", "date(text)"),
            ("23/11/2026", "date(text, \"%d/%m/%Y\")"),
            ("11/23/2026", "date(text, \"%m/%d/%Y\")"),
            (" 3.4.2026 ", "date(text, \"%d.%m.%Y\")"),
            ("03/04/26", "date(text, \"%d/%m/%y\")"),
            ("2026/11/23", "date(text, \"%Y/%m/%d\")"),
            ("2026-1-5", "date(text, \"%Y-%m-%d\")"),
        ] {
            let day = WrittenDay::parse(text).map(|day| day.call());
            assert_eq!(day.as_deref(), Some(call), "{text}");
        }
        for text in [
            "",
            "soon",
            "1.2.3",
            "10.0.0.1",
            "2026-13-01",
            "40/40/2026",
            "12-34",
            "–1/2/2026",
            "2026-11-23 soon",
            "1/2",
            "12.50",
        ] {
            assert_eq!(WrittenDay::parse(text), None, "{text}");
        }
    }
}
