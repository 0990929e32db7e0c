//! What a script made of the run's clock: the texts of days and moments that another run
//! of the same script would have others of, and what each was reckoned from.
//!
//! A plan holds a run to the reckoning, or to the day it shows. Only a text long enough to
//! be nothing else counts: `14` of an hour may be anything.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::civil::Date;
use jiff::fmt::strtime::BrokenDownTime;
use jiff::{Span, civil};
use serde::{Deserialize, Serialize};

/// Texts shorter than this are not known again.
const SHORTEST: usize = 8;

/// How a day is written that no format was named for.
pub const DAY: &str = "%Y-%m-%d";

/// How a moment is written that no format was named for.
pub const MOMENT: &str = "%Y-%m-%d %H:%M:%S";

/// How far a day or a moment is from that of the run's clock: first by months, then by days.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Offset {
    /// Months; a year is twelve.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub months: i64,
    /// Days behind them.
    pub days: i64,
}

/// A text of the run's clock: how far from it, and in which format.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Reckoned {
    /// How far from the run's clock.
    #[serde(flatten)]
    pub offset: Offset,
    /// How it is written.
    pub format: String,
}

/// What the scripts of this process said of the clock.
#[derive(Default)]
struct Said {
    today: Option<Date>,
    texts: BTreeMap<String, BTreeSet<Reckoned>>,
}

static SAID: Mutex<Said> = Mutex::new(Said {
    today: None,
    texts: BTreeMap::new(),
});

impl Offset {
    /// So many days.
    pub fn days(days: i64) -> Self {
        Self { months: 0, days }
    }

    /// So many months.
    pub fn months(months: i64) -> Self {
        Self { months, days: 0 }
    }

    /// Both, one behind the other.
    #[must_use]
    pub fn and(self, more: Self) -> Self {
        Self {
            months: self.months.saturating_add(more.months),
            days: self.days.saturating_add(more.days),
        }
    }
}

impl Reckoned {
    /// The text where the run's clock says that day.
    pub fn on(&self, today: Date) -> Option<String> {
        let Offset { months, days } = self.offset;
        let day = today
            .checked_add(Span::new().try_months(months).ok()?)
            .ok()?;
        let day = day.checked_add(Span::new().try_days(days).ok()?).ok()?;
        let moment = day.to_datetime(civil::Time::midnight());
        BrokenDownTime::from(moment).to_string(&self.format).ok()
    }
}

impl fmt::Display for Reckoned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_plain = [DAY, MOMENT].contains(&self.format.as_str());
        f.write_str(if self.format == MOMENT {
            "now"
        } else {
            "today"
        })?;
        for (number, unit) in [(self.offset.months, "month"), (self.offset.days, "day")] {
            if number != 0 {
                let sign = if number < 0 { '-' } else { '+' };
                let plural = if number.abs() == 1 { "" } else { "s" };
                write!(f, " {sign} {} {unit}{plural}", number.unsigned_abs())?;
            }
        }
        if is_plain {
            return Ok(());
        }
        write!(f, " as {}", self.format)
    }
}

/// Notes which day the clock says.
pub fn is_on(today: Date) {
    said().today = Some(today);
}

/// The day that the clock says, if a script asked.
pub fn today() -> Option<Date> {
    said().today
}

/// Notes the text of a day or a moment that comes of the clock.
pub fn say(text: &str, offset: Offset, format: &str) {
    if text.len() < SHORTEST {
        return;
    }
    let mut said = said();
    if !said.texts.contains_key(text) {
        said.texts.insert(text.to_owned(), BTreeSet::new());
    }
    if let Some(ways) = said.texts.get_mut(text)
        && !ways
            .iter()
            .any(|way| way.offset == offset && way.format == format)
    {
        ways.insert(Reckoned {
            offset,
            format: format.to_owned(),
        });
    }
}

/// How a text comes of the clock, as far as it does.
pub fn ways(text: &str) -> BTreeSet<Reckoned> {
    said().texts.get(text).cloned().unwrap_or_default()
}

/// Whether a text comes of the clock in one of those ways; in any if there are none.
pub fn is_said(text: &str, planned: &[Reckoned]) -> bool {
    let said = said();
    let is_it = |ways: &BTreeSet<Reckoned>| {
        planned.is_empty() || planned.iter().any(|way| ways.contains(way))
    };
    said.texts.get(text).is_some_and(is_it)
}

/// Every text that comes of the clock.
pub fn texts() -> Vec<String> {
    said().texts.keys().cloned().collect()
}

/// What a plan that is kept says in place of such a text.
pub fn in_words(text: &str) -> String {
    match ways(text).first() {
        Some(way) => format!("<{way}>"),
        None => "<any date>".to_owned(),
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands on a reference"
)]
fn is_zero(number: &i64) -> bool {
    *number == 0
}

fn said() -> MutexGuard<'static, Said> {
    SAID.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reckoning_is_said_in_words_and_is_another_day_on_another_day() {
        let reckoned = |months, days, format: &str| Reckoned {
            offset: Offset { months, days },
            format: format.to_owned(),
        };
        for (reckoned, words, text) in [
            (reckoned(0, 0, DAY), "today", "2026-01-31"),
            (reckoned(0, 1, DAY), "today + 1 day", "2026-02-01"),
            (
                reckoned(1, -2, DAY),
                "today + 1 month - 2 days",
                "2026-02-26",
            ),
            (
                reckoned(0, 14, "%d.%m.%Y"),
                "today + 14 days as %d.%m.%Y",
                "14.02.2026",
            ),
            (reckoned(0, 0, MOMENT), "now", "2026-01-31 00:00:00"),
        ] {
            assert_eq!(reckoned.to_string(), words);
            assert_eq!(reckoned.on(civil::date(2026, 1, 31)).unwrap(), text);
        }
    }
}
