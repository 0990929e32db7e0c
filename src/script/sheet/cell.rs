//! A cell of a spreadsheet as a script sees it.

use calamine::{CellErrorType, DataRef, ExcelDateTime};
use jiff::civil;
use rhai::Dynamic;

use crate::script::dates::{Date, DateTime};
use crate::script::sheet::number_format::NumberFormat;

const SECONDS_OF_A_DAY: f64 = 86_400.0;

/// A cell's text, and the value in its place where that is no text.
#[derive(Debug, Default)]
pub(super) struct Cell {
    pub text: String,
    pub value: Option<Dynamic>,
}

impl Cell {
    /// What a cell of that format holds, or what is wrong with it.
    pub fn of(data: DataRef<'_>, format: NumberFormat, trims: bool) -> Result<Self, String> {
        Ok(match data {
            DataRef::Empty => Self::default(),
            DataRef::Bool(truth) => Self::valued(&truth, truth.into()),
            DataRef::DateTime(moment) => of_serial(moment)?,
            DataRef::DateTimeIso(text) => of_iso(&text),
            DataRef::DurationIso(text) => match text.parse::<jiff::SignedDuration>() {
                Ok(duration) => time(duration.as_secs()).into(),
                Err(_) => text.into(),
            },
            DataRef::Error(CellErrorType::GettingData) => {
                return Err("has a formula whose value the file does not tell".to_owned());
            }
            DataRef::Error(error) => return Err(format!("shows the error {error}")),
            DataRef::Float(number) => format.text(number)?.into(),
            DataRef::Int(number) => number.to_string().into(),
            DataRef::SharedString(text) => trimmed(text, trims).into(),
            DataRef::String(text) => trimmed(&text, trims).into(),
        })
    }

    /// Whether it holds nothing but blanks.
    pub fn is_empty(&self) -> bool {
        self.text.trim().is_empty()
    }

    fn valued(shown: &impl ToString, value: Dynamic) -> Self {
        Self {
            text: shown.to_string(),
            value: Some(value),
        }
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self { text, value: None }
    }
}

fn trimmed(text: &str, trims: bool) -> String {
    if trims { text.trim() } else { text }.to_owned()
}

/// A day, a moment, or a time of day.
fn of_serial(serial: ExcelDateTime) -> Result<Cell, String> {
    let days = serial.as_f64();
    if serial.is_duration() || (0.0..1.0).contains(&days) {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a sheet has no longer times"
        )]
        return Ok(time((days * SECONDS_OF_A_DAY).round() as i64).into());
    }
    let no_day = || format!("holds {days}, which is no day");
    if days < 0.0 {
        return Err(no_day());
    }
    let (year, month, day, hour, minute, second, milli) = serial.to_ymd_hms_milli();
    let part = |part: u8| i8::try_from(part).ok();
    let moment = || {
        let year = i16::try_from(year).ok()?;
        let day = civil::Date::new(year, part(month)?, part(day)?).ok()?;
        let time = civil::Time::new(part(hour)?, part(minute)?, part(second)?, 0).ok()?;
        let rounding = jiff::SignedDuration::from_secs((milli >= 500).into());
        day.to_datetime(time).checked_add(rounding).ok()
    };
    Ok(of_moment(moment().ok_or_else(no_day)?))
}

/// A date or a moment as an `.ods` sheet writes it.
fn of_iso(text: &str) -> Cell {
    if let Ok(moment) = text.parse::<civil::DateTime>() {
        return of_moment(moment);
    }
    text.to_owned().into()
}

/// A moment at midnight is a day.
fn of_moment(moment: civil::DateTime) -> Cell {
    if moment.time() == civil::Time::midnight() {
        let day = Date(moment.date());
        return Cell::valued(&day, Dynamic::from(day));
    }
    let moment = DateTime(moment);
    Cell::valued(&moment, Dynamic::from(moment))
}

fn time(seconds: i64) -> String {
    let sign = if seconds < 0 { "-" } else { "" };
    let seconds = seconds.unsigned_abs();
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    format!("{sign}{hours:02}:{minutes:02}:{:02}", seconds % 60)
}

#[cfg(test)]
mod tests {
    use calamine::ExcelDateTimeType;

    use super::*;

    fn shown(data: DataRef<'_>) -> String {
        let cell = Cell::of(data, NumberFormat::General, true).unwrap();
        let kind = cell.value.map_or("text", |value| match value.type_name() {
            name if name.ends_with("::DateTime") => "moment",
            name if name.ends_with("::Date") => "day",
            name => name,
        });
        format!("{kind} {}", cell.text)
    }

    fn serial(days: f64, kind: ExcelDateTimeType) -> DataRef<'static> {
        DataRef::DateTime(ExcelDateTime::new(days, kind, false))
    }

    #[test]
    fn a_day_is_a_date_and_a_moment_has_its_time() {
        let kind = ExcelDateTimeType::DateTime;
        assert_eq!(shown(serial(46_349.0, kind)), "day 2026-11-23");
        assert_eq!(shown(serial(46_349.5, kind)), "moment 2026-11-23 12:00:00");
        let almost = 46_349.999_999_999;
        assert_eq!(shown(serial(almost, kind)), "day 2026-11-24");
        assert_eq!(shown(serial(0.25, kind)), "text 06:00:00");
        assert_eq!(
            shown(serial(1.5, ExcelDateTimeType::TimeDelta)),
            "text 36:00:00"
        );
        assert_eq!(
            shown(DataRef::DateTimeIso("2026-11-23".into())),
            "day 2026-11-23"
        );
        assert_eq!(
            shown(DataRef::DateTimeIso("2026-11-23T08:05:00".into())),
            "moment 2026-11-23 08:05:00"
        );
        assert_eq!(
            shown(DataRef::DurationIso("PT08H05M00S".into())),
            "text 08:05:00"
        );
    }

    #[test]
    fn what_is_no_day_is_refused() {
        let refusal = |data| Cell::of(data, NumberFormat::General, true).unwrap_err();
        let kind = ExcelDateTimeType::DateTime;
        assert!(refusal(serial(-3.0, kind)).contains("no day"));
        // Excel believes that 1900 had a 29th of February.
        assert!(refusal(serial(60.0, kind)).contains("no day"));
        let error = DataRef::Error(CellErrorType::NA);
        assert_eq!(refusal(error), "shows the error #N/A");
    }

    #[test]
    fn texts_are_trimmed_and_truth_is_truth() {
        assert_eq!(shown(DataRef::SharedString("\u{a0} x ")), "text x");
        assert_eq!(shown(DataRef::Bool(true)), "bool true");
        assert_eq!(shown(DataRef::Int(7)), "text 7");
        assert_eq!(shown(DataRef::Empty), "text ");
    }
}
