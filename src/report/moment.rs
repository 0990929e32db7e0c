//! Moments and spans of time as a reader wants them, in the zone the run was in.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ZonedDateTime};

/// The zone of a run.
pub(super) struct Zone {
    zone: TimeZone,
    /// Whether the run was at work on more than one day.
    has_days: bool,
}

impl Default for Zone {
    fn default() -> Self {
        Self {
            zone: TimeZone::UTC,
            has_days: false,
        }
    }
}

impl Zone {
    /// The zone of a run that began then, and was last at work at that moment.
    pub fn for_run(started: &str, last: i64) -> Self {
        let started: Option<ZonedDateTime> = started.parse().ok();
        let zone = started
            .as_ref()
            .map_or(TimeZone::UTC, |started| started.time_zone().clone());
        let last = at(last, &zone).date();
        Self {
            has_days: started.is_some_and(|started| started.date() != last),
            zone,
        }
    }

    /// The zone of two runs: the first's, which were at work at those moments.
    pub fn with(self, other: &Self, moments: impl Iterator<Item = i64>) -> Self {
        let days: BTreeSet<Date> = moments
            .map(|moment| at(moment, &self.zone).date())
            .collect();
        Self {
            has_days: self.has_days || other.has_days || days.len() > 1,
            ..self
        }
    }

    /// A moment to the second; with its day where the run has several.
    pub fn clock(&self, moment: i64) -> String {
        let form = if self.has_days {
            "%d %b %H:%M:%S"
        } else {
            "%H:%M:%S"
        };
        at(moment, &self.zone).strftime(form).to_string()
    }

    /// A moment to the millisecond, in a form that sorts.
    pub fn exact(&self, moment: i64) -> String {
        let form = if self.has_days {
            "%Y-%m-%d %H:%M:%S.%3f"
        } else {
            "%H:%M:%S.%3f"
        };
        at(moment, &self.zone).strftime(form).to_string()
    }

    /// A moment with its day and its zone.
    pub fn full(&self, moment: i64) -> String {
        let form = "%A, %-d %B %Y, %H:%M:%S %Z";
        at(moment, &self.zone).strftime(form).to_string()
    }
}

fn at(moment: i64, zone: &TimeZone) -> ZonedDateTime {
    let moment = Timestamp::from_millisecond(moment).unwrap_or(Timestamp::UNIX_EPOCH);
    moment.to_zoned_datetime(zone.clone())
}

/// A moment as a journal's head has it, in milliseconds of Unix time.
pub(super) fn millis(zoned: &str) -> Option<i64> {
    let zoned: ZonedDateTime = zoned.parse().ok()?;
    Some(zoned.timestamp().as_millisecond())
}

/// This moment.
pub(super) fn now() -> i64 {
    Timestamp::now().as_millisecond()
}

/// A span of time in its two largest units: `4 min 12 s`, `1.25 s`, `0.4 ms`.
pub(super) fn span(span: Duration) -> String {
    let (seconds, micros) = (span.as_secs(), span.as_micros());
    match seconds {
        0 if micros < 10_000 => format!("{:.1} ms", span.as_secs_f64() * 1e3),
        0 => format!("{:.0} ms", span.as_secs_f64() * 1e3),
        1..10 => format!("{:.2} s", span.as_secs_f64()),
        10..60 => format!("{:.1} s", span.as_secs_f64()),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        3600..86400 => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
        _ => format!("{} d {} h", seconds / 86400, seconds % 86400 / 3600),
    }
}

/// The span between two moments; none if the clock was set back.
pub(super) fn between(from: i64, to: i64) -> Duration {
    Duration::from_millis(u64::try_from(to - from).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_have_the_units_one_thinks_in() {
        let micros = [400, 42_000, 1_250_000, 42_000_000, 252_000_000];
        let shown = micros.map(|micros| span(Duration::from_micros(micros)));
        assert_eq!(shown, ["0.4 ms", "42 ms", "1.25 s", "42.0 s", "4 min 12 s"]);
        assert_eq!(span(Duration::from_secs(7260)), "2 h 1 min");
        assert_eq!(span(Duration::from_secs(180_000)), "2 d 2 h");
    }

    #[test]
    fn moments_are_told_in_the_zone_of_the_run_with_the_day_where_there_are_several() {
        let started = "2026-11-23T23:59:58+01:00[Europe/Berlin]";
        let began = millis(started).unwrap();
        let one_day = Zone::for_run(started, began + 500);
        assert_eq!(one_day.clock(began + 500), "23:59:58");
        assert_eq!(one_day.exact(began + 500), "23:59:58.500");
        let two_days = Zone::for_run(started, began + 2500);
        assert_eq!(two_days.clock(began + 2500), "24 Nov 00:00:00");
        assert_eq!(two_days.exact(began + 2500), "2026-11-24 00:00:00.500");
        assert_eq!(
            two_days.full(began),
            "Monday, 23 November 2026, 23:59:58 CET"
        );
    }
}
