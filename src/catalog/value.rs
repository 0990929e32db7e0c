//! Whether a value can be what the catalog says a parameter is.
//!
//! Only what WHMCS could never take is refused: text that PHP would silently
//! read as another number, date or truth value, and shapes that do not match.
//! Whatever might be right is let through, since the reference lags behind.

use jiff::civil::{Date, Time};
use serde_json::Value;

use super::{Encoding, Param, ParamKind};

/// The truth value a text stands for, as people write it in a CSV.
pub fn truth(text: &str) -> Option<bool> {
    let text = text.trim();
    let is_one = |words: [&str; 4]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    if is_one(["1", "true", "yes", "on"]) {
        Some(true)
    } else if is_one(["0", "false", "no", "off"]) {
        Some(false)
    } else {
        None
    }
}

impl ParamKind {
    /// What one element of an array of this kind is, where it is an array.
    pub const fn element(self) -> Option<Self> {
        match self {
            Self::Strings => Some(Self::String),
            Self::Ints => Some(Self::Int),
            Self::Decimals => Some(Self::Decimal),
            Self::Bools => Some(Self::Bool),
            Self::Maps => Some(Self::Map),
            _ => None,
        }
    }

    /// What a value of this kind is, as a sentence says it.
    pub const fn noun(self) -> &'static str {
        match self {
            Self::String => "text",
            Self::Int => "a whole number",
            Self::Decimal => "a number such as 12.50",
            Self::Bool => "true or false",
            Self::Date => "a date such as 2026-11-23",
            Self::DateTime => "a moment such as 2026-11-23 14:05:00",
            Self::Map => "a map",
            Self::Any => "a value",
            Self::Ids => "an id or an array of ids",
            Self::Strings => "an array of text",
            Self::Ints => "an array of whole numbers",
            Self::Decimals => "an array of numbers",
            Self::Bools => "an array of true or false",
            Self::Maps => "an array of maps",
        }
    }
}

/// Whether the value can be sent for the parameter as a whole.
pub(super) fn fits(param: &Param, value: &Value) -> bool {
    // Text for an encoded parameter was encoded by the caller.
    let is_encoded = matches!(
        param.encoding,
        Encoding::Serialized | Encoding::SerializedEach | Encoding::Json64
    );
    match value {
        Value::String(_) if is_encoded => true,
        Value::Array(items) if param.encoding == Encoding::SerializedEach => {
            items.iter().all(|item| !is_number(item))
        }
        _ => fits_kind(param.kind, value) && misfit(param, value).is_none(),
    }
}

/// The first value in a map that cannot be what each of its values is.
pub(super) fn misfit<'v>(param: &Param, value: &'v Value) -> Option<(ParamKind, &'v Value)> {
    fn find(each: ParamKind, value: &Value) -> Option<&Value> {
        match value {
            Value::Object(map) => map.values().find_map(|inner| find(each, inner)),
            value => (!fits_kind(each, value)).then_some(value),
        }
    }
    let each = param.each.filter(|_| value.is_object())?;
    find(each, value).map(|found| (each, found))
}

/// Whether the value can be sent where the catalog expects that kind.
pub(super) fn fits_kind(kind: ParamKind, value: &Value) -> bool {
    match (kind, value) {
        // Nothing is sent for it, or an empty field, which WHMCS takes as absent.
        (_, Value::Null) | (ParamKind::Any, _) => true,
        (ParamKind::Map, value) => value.is_object() || value.as_array().is_some_and(Vec::is_empty),
        (ParamKind::Ids, Value::Array(ids)) => ids.iter().all(|id| id.is_null() || is_whole(id)),
        (ParamKind::Ids, Value::String(ids)) => {
            let mut ids = ids.split(',').map(str::trim).peekable();
            ids.peek() == Some(&"") || ids.all(is_whole_text)
        }
        (ParamKind::Ids, value) => is_whole(value),
        (kind, value) => match (kind.element(), value) {
            (Some(element), Value::Array(items)) => {
                items.iter().all(|item| fits_kind(element, item))
            }
            // Named positions, as PHP has them; or one record for a list of records.
            (Some(element), Value::Object(items)) => {
                element == ParamKind::Map || items.values().all(|item| fits_kind(element, item))
            }
            (Some(element), one) => fits_kind(element, one),
            (None, one) => fits_scalar(kind, one),
        },
    }
}

fn fits_scalar(kind: ParamKind, value: &Value) -> bool {
    let text = value.as_str();
    if text == Some("") {
        return true;
    }
    match kind {
        ParamKind::Int => is_whole(value),
        ParamKind::Decimal => text.map_or(is_number(value), is_decimal_text),
        ParamKind::Bool => match value {
            Value::Bool(_) => true,
            Value::Number(number) => matches!(number.as_i64(), Some(0 | 1)),
            _ => text.and_then(truth).is_some(),
        },
        ParamKind::Date => text.is_some_and(is_day_text),
        ParamKind::DateTime => text.is_some_and(is_moment_text),
        // It would be sent as 1, and stand there as a word nobody wrote.
        ParamKind::String if value.is_boolean() => false,
        _ => !value.is_array() && !value.is_object(),
    }
}

fn is_number(value: &Value) -> bool {
    value.is_number()
}

fn is_whole(value: &Value) -> bool {
    match value {
        Value::Number(number) => {
            number.is_i64() || number.is_u64() || number.as_f64().is_some_and(|n| n.fract() == 0.0)
        }
        Value::String(text) => is_whole_text(text),
        _ => false,
    }
}

/// Digits alone: a sign in front and blanks around are sent as they are, and no id has them.
fn is_whole_text(text: &str) -> bool {
    !text.starts_with('+') && text.parse::<i64>().is_ok()
}

/// Digits with at most one point: PHP reads `1,234.50` as 1. Nobody writes an amount with zeros
/// in front: `0550` is `0` and `550` joined.
fn is_decimal_text(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    digits.bytes().any(|byte| byte.is_ascii_digit())
        && digits.bytes().filter(|byte| *byte == b'.').count() <= 1
        && digits
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'.')
        && !has_zeros_in_front(digits)
}

/// Whether a number begins with a zero that counts for nothing: `0550`, but not `0.50`.
pub(super) fn has_zeros_in_front(digits: &str) -> bool {
    let rest = digits.strip_prefix('0').unwrap_or_default();
    rest.starts_with(|letter: char| letter.is_ascii_digit())
}

/// `Y-m-d`; a time behind it would be lost, unless it is midnight as servers write it.
fn is_day_text(text: &str) -> bool {
    day_and_time(text).is_some_and(|time| matches!(time, "" | " 00:00:00"))
}

/// A day, or a moment of it.
fn is_moment_text(text: &str) -> bool {
    day_and_time(text).is_some_and(|time| time.is_empty() || is_time_text(time))
}

/// A time of a day behind its date, as ISO 8601 has it: ` 14:05`, `T14:05:00.5+01:00`.
fn is_time_text(time: &str) -> bool {
    let Some(time) = time.strip_prefix([' ', 'T']) else {
        return false;
    };
    let zone = time.find(['Z', '+', '-']).unwrap_or(time.len());
    let (time, zone) = time.split_at(zone);
    let is_zone = matches!(zone, "" | "Z")
        || zone[1..]
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b':');
    is_zone && time.parse::<Time>().is_ok()
}

/// What stands behind the day a text begins with: a day of the calendar, since PHP reads the
/// 31st of February as the 3rd of March, or the null date.
fn day_and_time(text: &str) -> Option<&str> {
    let (day, time) = text.split_at_checked(10)?;
    let is_spelled = day.bytes().enumerate().all(|(at, byte)| match at {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    });
    let is_day = is_spelled && (day == "0000-00-00" || day.parse::<Date>().is_ok());
    is_day.then_some(time)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{ParamKind, fits_kind, truth};

    #[track_caller]
    fn check(kind: ParamKind, good: &[serde_json::Value], bad: &[serde_json::Value]) {
        for value in good {
            assert!(fits_kind(kind, value), "{kind}: {value}");
        }
        for value in bad {
            assert!(!fits_kind(kind, value), "{kind}: {value}");
        }
    }

    #[test]
    fn a_whole_number_may_come_as_text_but_not_as_a_list() {
        check(
            ParamKind::Int,
            &[
                json!(7),
                json!("7"),
                json!("-7"),
                json!(7.0),
                json!(""),
                json!(null),
            ],
            &[
                json!(true),
                json!("true"),
                json!("seven"),
                json!(" 7"),
                json!("7 "),
                json!("7\u{a0}"),
                json!("7\n"),
                json!("+7"),
                json!("7.0"),
                json!(7.5),
                json!("1,2"),
                json!([7]),
                json!({"a": 7}),
            ],
        );
    }

    #[test]
    fn a_number_php_would_cut_short_is_refused() {
        check(
            ParamKind::Decimal,
            &[
                json!("12.50"),
                json!("-0.01"),
                json!(12),
                json!(1.5),
                json!(".5"),
            ],
            &[
                json!("1,234.50"),
                json!("12.50 EUR"),
                json!("1.2.3"),
                json!(" 12.50"),
                json!("12.50 "),
                json!("12.50\t"),
                json!("+12.50"),
                json!("0550"),
                json!("-00.50"),
                json!("-"),
                json!(true),
            ],
        );
    }

    #[test]
    fn a_truth_value_may_be_written_in_words() {
        check(
            ParamKind::Bool,
            &[json!(true), json!(0), json!("no"), json!("ON"), json!("")],
            &[json!("maybe"), json!(2), json!([true])],
        );
        assert_eq!(
            (truth("Yes"), truth("off"), truth("")),
            (Some(true), Some(false), None)
        );
    }

    #[test]
    fn a_date_is_year_month_day() {
        check(
            ParamKind::Date,
            &[
                json!("2026-11-23"),
                json!("2026-11-23 00:00:00"),
                json!("2028-02-29"),
                json!("0000-00-00"),
                json!(""),
            ],
            &[
                json!("2026-02-29"),
                json!("2026-13-01"),
                json!("23/11/2026"),
                json!("2026-1-3"),
                json!("2026-11-23 soon"),
                json!("2026-11-23 14:05:00"),
                json!("2026-12-01 10:00"),
                json!("2026-12-01T00:00:00Z"),
                json!("2026-12-01T00:00:00"),
                json!("2026-11-23 "),
                json!(" 2026-11-23"),
                json!(20_261_123),
            ],
        );
        check(
            ParamKind::DateTime,
            &[
                json!("2026-11-23"),
                json!("2026-11-23 14:05:00"),
                json!("2026-11-23T14:05"),
                json!("2026-11-23T14:05:00Z"),
                json!("2026-11-23T14:05:00.250+01:00"),
            ],
            &[
                json!("tomorrow, noon"),
                json!("2026-11-23 25:00:00"),
                json!("2026-11-23 14:61"),
                json!("2026-11-23 14:05:00 "),
            ],
        );
    }

    #[test]
    fn one_element_may_stand_for_an_array_of_one() {
        check(
            ParamKind::Ints,
            &[json!([1, "2"]), json!(1), json!({"0": 1}), json!([])],
            &[json!("1,2"), json!(["x"]), json!([[1]])],
        );
        check(
            ParamKind::Maps,
            &[json!([{"id": 1}]), json!({"id": 1})],
            &[json!(["x"]), json!("x")],
        );
    }

    #[test]
    fn ids_come_alone_in_an_array_or_between_commas() {
        check(
            ParamKind::Ids,
            &[
                json!(5),
                json!("5"),
                json!("5, 6"),
                json!([5, "6"]),
                json!(""),
            ],
            &[
                json!("5;6"),
                json!("+5"),
                json!("5,"),
                json!(["5 "]),
                json!(["x"]),
                json!({"0": 5}),
            ],
        );
    }

    #[test]
    fn an_array_is_no_map_unless_it_is_empty() {
        check(
            ParamKind::Map,
            &[json!({"general": true}), json!([])],
            &[json!(["general"]), json!("general"), json!(1)],
        );
    }
}
