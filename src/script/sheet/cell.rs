//! A cell of a spreadsheet as a script sees it.

use std::borrow::Cow;

use jiff::civil;
use rhai::Dynamic;
use rust_decimal::{Decimal, RoundingStrategy};

use crate::display::text::{has_control, has_unseen, with_invisible, without_invisible_ends};
use crate::script::csv::spoiled::{CellReading, Doubt, Spoiled, reading};
use crate::script::dates::{Dated, Origin};
use crate::script::money::amounts;
use crate::script::sheet::content::{CellContent, Epoch};
use crate::script::sheet::number_format::{
    DateParts, NumberFormat, Shown, TOO_LARGE, kept, too_large,
};

const SECONDS_OF_A_DAY: f64 = 86_400.0;
/// What spreadsheets make of the number 0: a cell that was emptied by a formula, or has a time.
const DAY_0: civil::Date = civil::date(1899, 12, 30);

/// A cell's text, and the value in its place where that is no text.
#[derive(Debug, Default)]
pub(super) struct Cell {
    pub text: String,
    pub value: Option<Dynamic>,
    /// The text as it stood, where something was around it that nobody sees.
    pub freed_of: Option<String>,
    /// What there is to say of a text, and the text as it stood.
    pub oddity: Option<(Oddity, String)>,
}

/// What a text has that its owner may not know of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Oddity {
    /// Invisible characters inside.
    Unseen,
    /// It was a formula of one text.
    Unwrapped,
    /// It may have been something else.
    Doubtful(Doubt),
}

/// Why a cell is refused, and what to do about it.
#[derive(Debug)]
pub(super) struct Refusal {
    pub what: String,
    pub cure: &'static str,
}

impl Cell {
    /// What a cell of that format holds, or what is wrong with it.
    pub fn read(
        content: CellContent<'_>,
        format: &NumberFormat,
        epoch: Epoch,
        trims: bool,
    ) -> Result<Self, Refusal> {
        Ok(match content {
            CellContent::Blank => Self::default(),
            CellContent::Bool(truth) => Self::valued(&truth, truth.into()),
            CellContent::Elapsed(seconds) => of_seconds(seconds, format).into(),
            CellContent::Error(error) => return Err(of_error(&error)),
            CellContent::Moment(moment) => {
                let parts = format.date_parts().unwrap_or_else(|| parts_of(moment));
                if moment.date() == DAY_0 && parts.has_day {
                    // As a serial number it is less than one.
                    return of_serial(day_fraction(moment), Epoch::Of1900, parts);
                }
                of_moment(moment, parts)
            }
            CellContent::Number(number) => match format.number(number).map_err(of_number)? {
                Shown::Text(text) => text.into(),
                Shown::Date(parts) => of_serial(number, epoch, parts)?,
            },
            CellContent::Shown(number, text) => as_shown(number, &text).map_err(of_number)?.into(),
            CellContent::Text(text) => {
                let text = format.text(text).map_err(of_number)?;
                let blanks = text.trim_ascii();
                let bare = without_invisible_ends(blanks.trim());
                let (text, oddity) = match reading(bare) {
                    CellReading::Spoiled(how) => return Err(of_spoiled(bare, how)),
                    CellReading::Text(inner) => (inner.into_owned(), Some(Oddity::Unwrapped)),
                    other => {
                        let oddity = match other {
                            CellReading::Doubtful(doubt) => Some(Oddity::Doubtful(doubt)),
                            _ if has_unseen(bare) || has_control(bare) => Some(Oddity::Unseen),
                            _ => None,
                        };
                        (if trims { bare } else { &text }.to_owned(), oddity)
                    }
                };
                let was_around = trims && bare.len() < blanks.len();
                Self {
                    text,
                    value: None,
                    freed_of: was_around.then(|| blanks.to_owned()),
                    oddity: oddity.map(|oddity| (oddity, bare.to_owned())),
                }
            }
            CellContent::Uncomputed(stored) => return Err(of_uncomputed(stored)),
        })
    }

    /// The same as the file keeps it, where what it shows is refused; nothing if the file
    /// does not have it.
    pub fn as_is(content: &CellContent<'_>) -> Option<Self> {
        match content {
            CellContent::Error(text) | CellContent::Text(text) => {
                Some(text.trim().to_owned().into())
            }
            CellContent::Number(number) | CellContent::Shown(number, _) => {
                Some(kept(*number).into())
            }
            CellContent::Uncomputed(stored) => Some((*stored)?.to_owned().into()),
            _ => None,
        }
    }

    /// Whether it holds nothing but blanks.
    pub fn is_empty(&self) -> bool {
        self.text.trim().is_empty()
    }

    fn valued(shown: &impl ToString, value: Dynamic) -> Self {
        Self {
            text: shown.to_string(),
            value: Some(value),
            ..Self::default()
        }
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self {
            text,
            ..Self::default()
        }
    }
}

/// Whether a spreadsheet shows that text in place of a value.
pub(super) fn is_error(text: &str) -> bool {
    matches!(
        reading(text),
        CellReading::Spoiled(Spoiled::Error | Spoiled::Hashes)
    )
}

fn of_spoiled(text: &str, how: Spoiled) -> Refusal {
    if is_error(text) {
        return of_error(text);
    }
    let (what, cure) = how.words();
    Refusal {
        what: format!("holds `{}`, which {what}", with_invisible(text)),
        cure,
    }
}

fn of_error(error: &str) -> Refusal {
    Refusal {
        what: format!("shows the error {error}"),
        cure: "correct the cell, or empty it",
    }
}

fn of_uncomputed(stored: Option<&str>) -> Refusal {
    let what = match stored {
        Some("") => "has a formula whose value is not in the file, which stores an empty text",
        Some(_) => "has a formula whose value may not be in the file, which stores 0 for it",
        None => "has a formula whose value is not in the file",
    };
    Refusal {
        what: what.to_owned(),
        cure: "open the file in a spreadsheet program and save it as .xlsx, so that \
            the value is computed",
    }
}

fn of_number(what: String) -> Refusal {
    let cure = if what.contains("digits, the last") {
        "format the column as text and type the number again"
    } else {
        "give the column a plain number format, or format it as text and type the values again"
    };
    Refusal { what, cure }
}

/// How much of its day has gone by.
fn day_fraction(moment: civil::DateTime) -> f64 {
    let time = moment.time();
    let minutes = f64::from(time.hour()) * 60.0 + f64::from(time.minute());
    (minutes * 60.0 + f64::from(time.second())) / SECONDS_OF_A_DAY
}

/// What there is to show of a moment where no format says.
fn parts_of(moment: civil::DateTime) -> DateParts {
    DateParts {
        has_day: true,
        has_time: moment.time() != civil::Time::midnight(),
        is_elapsed: false,
    }
}

/// A day, a moment, or a time of day.
fn of_serial(days: f64, epoch: Epoch, parts: DateParts) -> Result<Cell, Refusal> {
    if parts.is_elapsed {
        return Ok(of_seconds_elapsed(days * SECONDS_OF_A_DAY).into());
    }
    let refusal = |what: &str| Refusal {
        what: format!("has {}, which is not a {what}", kept(days)),
        cure: "correct the cell, or empty it",
    };
    if !parts.has_day {
        let time = || of_seconds_elapsed(days.fract() * SECONDS_OF_A_DAY);
        let is_time = days >= 0.0;
        return is_time
            .then(|| time().into())
            .ok_or_else(|| refusal("time"));
    }
    if parts.has_time && (0.0..1.0).contains(&days) && epoch == Epoch::Of1900 {
        return Ok(of_seconds_elapsed(days * SECONDS_OF_A_DAY).into());
    }
    let moment = moment(days, epoch).ok_or_else(|| refusal("day"))?;
    Ok(of_moment(moment, parts))
}

fn moment(days: f64, epoch: Epoch) -> Option<civil::DateTime> {
    let seconds = (days * SECONDS_OF_A_DAY).round();
    if !(0.0..4e11).contains(&seconds) {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "it was just compared")]
    let seconds = seconds as i64;
    let first = match (epoch, seconds / 86_400) {
        (Epoch::From(first), _) => first,
        // Excel believes that 1900 had a 29th of February.
        (Epoch::Of1900, 0 | 60) => return None,
        (Epoch::Of1900, ..60) => civil::date(1899, 12, 31),
        (Epoch::Of1900, _) => civil::date(1899, 12, 30),
    };
    let first = first.to_datetime(civil::Time::midnight());
    first
        .checked_add(jiff::SignedDuration::from_secs(seconds))
        .ok()
}

/// What is shown of a moment: its format alone decides, so that a column has one type.
fn of_moment(moment: civil::DateTime, parts: DateParts) -> Cell {
    if parts.has_time && !parts.has_day {
        return moment.time().strftime("%H:%M:%S").to_string().into();
    }
    if !parts.has_time {
        let day = Dated(moment.date(), Origin::Data);
        return Cell::valued(&day, Dynamic::from(day));
    }
    let moment = Dated(moment, Origin::Data);
    Cell::valued(&moment, Dynamic::from(moment))
}

/// A time as its format shows it: of a day, or longer.
fn of_seconds(seconds: f64, format: &NumberFormat) -> String {
    let is_of_day = format.date_parts().is_some_and(|parts| !parts.is_elapsed);
    if is_of_day && seconds >= SECONDS_OF_A_DAY {
        return of_seconds_elapsed(seconds % SECONDS_OF_A_DAY);
    }
    of_seconds_elapsed(seconds)
}

fn of_seconds_elapsed(seconds: f64) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a sheet has no longer times"
    )]
    let seconds = seconds.round() as i64;
    let sign = if seconds < 0 { "-" } else { "" };
    let seconds = seconds.unsigned_abs();
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    format!("{sign}{hours:02}:{minutes:02}:{:02}", seconds % 60)
}

/// A number of which only its value and the text that is shown are known: the text, if it
/// shows that value.
fn as_shown(number: f64, text: &str) -> Result<String, String> {
    let text = text.trim();
    let plain = kept(number);
    if number.abs() >= TOO_LARGE {
        return Err(too_large());
    }
    if text.is_empty() || text == plain || is_rounded_power(text, number) {
        return Ok(plain);
    }
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let is_code = |letter: char| letter.is_ascii_digit() || "+-/() ".contains(letter);
    let is_number =
        text.starts_with('-') || text.contains(' ') && !text.contains(['+', '-', '/', '(']);
    if digits.trim_start_matches('0') == plain && text.chars().all(is_code) && !is_number {
        return Ok(text.to_owned());
    }
    let (digits, percent, scale) = match text.strip_suffix('%') {
        Some(digits) => (digits, "%", Decimal::ONE_HUNDRED),
        None => (text, "", Decimal::ONE),
    };
    let marks = [None, Some('.'), Some(',')];
    let mut amounts = marks
        .into_iter()
        .filter_map(|mark| amounts::parse(digits, mark).ok());
    let value = Decimal::from_scientific(&format!("{number:.14e}")).ok();
    let value = value.and_then(|value| value.checked_mul(scale));
    let is_it = |amount: &Decimal| {
        value.is_some_and(|value| {
            let away = RoundingStrategy::MidpointAwayFromZero;
            value.round_dp_with_strategy(amount.scale(), away) == *amount
        })
    };
    if let Some(amount) = amounts.find(is_it) {
        // A plain number is rounded only to fit its column.
        let is_plain = digits
            .chars()
            .all(|letter| letter.is_ascii_digit() || ".,-".contains(letter));
        return Ok(if is_plain && percent.is_empty() && value != Some(amount) {
            plain
        } else {
            format!("{amount}{percent}")
        });
    }
    Err(format!("shows `{text}`, but holds {plain}"))
}

/// Whether the text is that number as a power of ten, such as `4.9E+11`.
fn is_rounded_power(text: &str, number: f64) -> bool {
    let text: Cow<'_, str> = text.replace(',', ".").into();
    let is_power = text.contains(['E', 'e']);
    let shown = text.parse::<f64>().ok().filter(|_| is_power);
    shown.is_some_and(|shown| (shown - number).abs() <= number.abs() * 0.06)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(content: CellContent<'_>, code: &str) -> Result<Cell, Refusal> {
        Cell::read(content, &NumberFormat::parse(code), Epoch::Of1900, true)
    }

    fn shown(content: CellContent<'_>, code: &str) -> String {
        let cell = cell(content, code).unwrap();
        let kind = cell.value.map_or("text", |value| match value.type_name() {
            name if name.ends_with("::DateTime>") => "moment",
            name if name.ends_with("::Date>") => "day",
            name => name,
        });
        format!("{kind} {}", cell.text)
    }

    #[test]
    fn a_day_is_a_date_and_a_moment_has_its_time() {
        let serial = |days, code| shown(CellContent::Number(days), code);
        let both = "yyyy-mm-dd hh:mm";
        assert_eq!(serial(46_349.0, both), "moment 2026-11-23 00:00:00");
        assert_eq!(serial(46_349.5, both), "moment 2026-11-23 12:00:00");
        assert_eq!(serial(46_349.5, "dd.mm.yyyy"), "day 2026-11-23");
        assert_eq!(
            serial(46_349.999_999_999, both),
            "moment 2026-11-24 00:00:00"
        );
        assert_eq!(serial(1.0, "yyyy"), "day 1900-01-01");
        assert_eq!(serial(59.0, "yyyy"), "day 1900-02-28");
        assert_eq!(serial(61.0, "yyyy"), "day 1900-03-01");
        assert_eq!(serial(0.25, both), "text 06:00:00");
        assert_eq!(serial(1.5, "hh:mm"), "text 12:00:00");
        assert_eq!(serial(1.5, "[h]:mm"), "text 36:00:00");
        assert_eq!(serial(-0.25, "[h]:mm"), "text -06:00:00");
    }

    #[test]
    fn the_days_of_1904_begin_later() {
        let format = NumberFormat::parse("yyyy-mm-dd");
        let day = |days| {
            Cell::read(CellContent::Number(days), &format, Epoch::OF_1904, true)
                .unwrap()
                .text
        };
        assert_eq!(day(0.0), "1904-01-01");
        assert_eq!(day(44_887.0), "2026-11-23");
    }

    #[test]
    fn a_moment_that_is_written_out_is_shown_as_its_format_says() {
        let moment = || CellContent::Moment(civil::date(2026, 11, 23).at(8, 5, 0, 0));
        assert_eq!(shown(moment(), "General"), "moment 2026-11-23 08:05:00");
        assert_eq!(shown(moment(), "yyyy-mm-dd"), "day 2026-11-23");
        assert_eq!(shown(moment(), "hh:mm"), "text 08:05:00");
        let day_0 = |hour| CellContent::Moment(civil::date(1899, 12, 30).at(hour, 0, 0, 0));
        assert!(
            cell(day_0(0), "yyyy-mm-dd")
                .unwrap_err()
                .what
                .contains("not a day")
        );
        assert_eq!(shown(day_0(6), "yyyy-mm-dd hh:mm"), "text 06:00:00");
        assert_eq!(
            shown(CellContent::Elapsed(129_600.0), "[h]:mm"),
            "text 36:00:00"
        );
        assert_eq!(
            shown(CellContent::Elapsed(129_600.0), "hh:mm"),
            "text 12:00:00"
        );
        assert_eq!(
            shown(CellContent::Elapsed(29_100.0), "General"),
            "text 08:05:00"
        );
    }

    #[test]
    fn what_is_no_day_is_refused() {
        let refusal = |days| {
            cell(CellContent::Number(days), "yyyy-mm-dd")
                .unwrap_err()
                .what
        };
        for days in [-3.0, 0.0, 0.5, 60.0, 1e7, 1e300] {
            assert!(refusal(days).contains("not a day"), "{days}");
        }
        let refusal = |content| cell(content, "General").unwrap_err().what;
        assert_eq!(
            refusal(CellContent::Error("#N/A".into())),
            "shows the error #N/A"
        );
        for text in ["#N/A", " #REF! ", "####", "Err:502"] {
            assert!(
                refusal(CellContent::Text(text.into())).contains("shows the error"),
                "{text}"
            );
        }
        assert!(refusal(CellContent::Uncomputed(None)).contains("a formula"));
    }

    #[test]
    fn texts_are_trimmed_and_truth_is_truth() {
        assert_eq!(
            shown(CellContent::Text("\u{a0} x ".into()), "General"),
            "text x"
        );
        assert_eq!(
            shown(CellContent::Text("# 12".into()), "General"),
            "text # 12"
        );
        let cell = cell(CellContent::Text(" \u{200b}x\u{feff}".into()), "General").unwrap();
        assert_eq!(cell.text, "x");
        assert_eq!(cell.freed_of.as_deref(), Some("\u{200b}x\u{feff}"));
        assert_eq!(shown(CellContent::Bool(true), "General"), "bool true");
        assert_eq!(shown(CellContent::Blank, "General"), "text ");
    }

    #[test]
    fn a_text_that_csv_would_refuse_is_refused() {
        let refusal =
            |text: &'static str| cell(CellContent::Text(text.into()), "@").unwrap_err().what;
        assert!(refusal("4.9E+11").contains("is a number in scientific notation"));
        assert!(refusal("=SUM(A1:A9)").contains("is a formula"));
        assert!(refusal("Z\u{fffd}rich").contains("a character that was lost"));
        assert!(refusal("\\N").contains("MySQL"));
        let odd = |text: &'static str| {
            let cell = cell(CellContent::Text(text.into()), "@").unwrap();
            (cell.text, cell.oddity.map(|(oddity, _)| oddity))
        };
        assert_eq!(odd("=\"0150\""), ("0150".into(), Some(Oddity::Unwrapped)));
        assert_eq!(
            odd("1E5"),
            ("1E5".into(), Some(Oddity::Doubtful(Doubt::Scientific)))
        );
        assert_eq!(odd("a\u{200b}b").1, Some(Oddity::Unseen));
        assert_eq!(odd("ab"), ("ab".into(), None));
    }

    #[test]
    fn what_is_shown_counts_where_it_shows_the_value() {
        let read = |number, text: &str| as_shown(number, text);
        for (number, text, wanted) in [
            (1234.0, "01234", "01234"),
            (9.5, "9,50 €", "9.50"),
            (9.5, "9.5", "9.5"),
            (1234.5, "$1,234.50", "1234.50"),
            (1234.5, "1.234,50", "1234.50"),
            (1234.0, "1,234", "1234"),
            (1234.0, "1 234", "1234"),
            (-5.0, "(5.00)", "-5.00"),
            (0.19, "19%", "19%"),
            (0.19, "19,00 %", "19.00%"),
            (501_234_567.0, "50123-4567", "50123-4567"),
            (491_701_234_567.0, "+491701234567", "+491701234567"),
            (491_701_234_567.0, "4.9E+11", "491701234567"),
            (1.0 / 3.0, "0.3333333333", "0.333333333333333"),
            (10.0 / 3.0, "3.33 €", "3.33"),
            (42.0, "", "42"),
        ] {
            assert_eq!(read(number, text).as_deref(), Ok(wanted), "{text}");
        }
        for (number, text) in [
            (0.19, "0.2 kg net"),
            (5.0, "7"),
            (5.0, "free"),
            (0.19, "0%"),
        ] {
            let refused = read(number, text).unwrap_err();
            assert!(refused.contains("but holds"), "{refused}");
        }
    }
}
