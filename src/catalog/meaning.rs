//! Whether two values mean the same to WHMCS, which sends numbers as text, truth
//! in many spellings and no date as the null date.

use rust_decimal::Decimal;
use serde_json::Value;

use super::{Action, Format, Param, ParamKind, parameter};

/// As what two values are compared.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Meaning {
    /// As a word of a fixed list: WHMCS spells it its own way.
    Word,
    /// As text: `01234` is another postcode than `1234`.
    Text,
    /// As numbers: `10` is `10.00`.
    Number,
    /// As truth: `on` is `1`, and nothing is `off`.
    Truth,
    /// As days: a moment is compared with a day by its day.
    Day,
}

impl Meaning {
    /// As what values of that parameter are compared, or those of one entry of a map.
    pub fn for_param(param: &Param, is_entry: bool) -> Self {
        if !param.values.is_empty() || param.format == Some(Format::Country) {
            return Self::Word;
        }
        match param.each.filter(|_| is_entry).unwrap_or(param.kind) {
            ParamKind::Int | ParamKind::Ints | ParamKind::Decimal | ParamKind::Decimals => {
                Self::Number
            }
            ParamKind::Bool | ParamKind::Bools => Self::Truth,
            ParamKind::Date | ParamKind::DateTime => Self::Day,
            _ => Self::Text,
        }
    }

    /// Whether both mean the same.
    pub fn is_same(self, one: &str, other: &str) -> bool {
        let (one, other) = (without_null_date(one), without_null_date(other));
        match self {
            Self::Text => one == other,
            Self::Word => one.trim().eq_ignore_ascii_case(other.trim()),
            Self::Number => {
                one == other || number(one).is_some_and(|one| number(other) == Some(one))
            }
            Self::Truth => truth(one).is_some_and(|one| truth(other) == Some(one)),
            Self::Day => {
                let is_day = one.len() == DAY || other.len() == DAY;
                one == other || is_day && one.get(..DAY).is_some_and(|day| other.starts_with(day))
            }
        }
    }
}

/// The text by which two values of a parameter are one record's: numbers as everybody would
/// write them, and no capitals; empty for what is not sent.
pub fn comparable(action: &Action, name: &str, value: &Value) -> String {
    let text = match value {
        Value::Null => String::new(),
        Value::String(text) => text.trim().to_lowercase(),
        other => other.to_string(),
    };
    let meaning = parameter(action, name).map(|param| Meaning::for_param(param, false));
    let number = (meaning == Some(Meaning::Number)).then(|| plainest(&text));
    number.flatten().unwrap_or(text)
}

/// A number as everybody would write it, so that what means the same is the same text;
/// `None` where it is none.
fn plainest(text: &str) -> Option<String> {
    let number = plain_number(text.strip_prefix('+').unwrap_or(text))?;
    Some(number.normalize().to_string())
}

/// The length of `2026-11-23`.
const DAY: usize = 10;

fn without_null_date(text: &str) -> &str {
    match text {
        "0000-00-00" | "0000-00-00 00:00:00" => "",
        text => text,
    }
}

/// The truth in one of WHMCS's spellings.
fn truth(text: &str) -> Option<bool> {
    if text.is_empty() {
        return Some(false);
    }
    super::truth(text)
}

/// The number a text stands for; with zeros in front it is a code, not a number.
fn number(text: &str) -> Option<Decimal> {
    let digits = text.trim_start_matches('-');
    let is_code = digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0.");
    if is_code { None } else { plain_number(text) }
}

/// Reads a plain number, as WHMCS takes and gives amounts: `12.30`, `-5`.
pub fn plain_number(text: &str) -> Option<Decimal> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(whole) || !is_number(fraction) {
        return None;
    }
    Decimal::from_str_exact(text).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn ids_are_one_however_they_are_spelled_and_codes_are_not() {
        let credit = crate::catalog::action("AddCredit").unwrap();
        for id in [
            json!(1),
            json!("1"),
            json!("01"),
            json!("+1"),
            json!(" 1 "),
            json!("1.0"),
        ] {
            assert_eq!(comparable(credit, "clientid", &id), "1", "{id}");
        }
        assert_eq!(comparable(credit, "clientid", &json!("1a")), "1a");
        assert_eq!(comparable(credit, "clientid", &json!(null)), "");
        assert_eq!(comparable(credit, "description", &json!("01 A")), "01 a");
    }

    #[test]
    fn a_plain_number_has_no_groups_and_no_currency() {
        assert_eq!(plain_number("12.30").unwrap().to_string(), "12.30");
        assert_eq!(plain_number("-5").unwrap().to_string(), "-5");
        for text in ["", "1,5", "1 5", "$5", ".5", "5.", "+5", "1e5", "--5"] {
            assert_eq!(plain_number(text), None, "{text}");
        }
    }

    #[test]
    fn a_day_is_the_day_of_a_moment() {
        let same = |one, other| Meaning::Day.is_same(one, other);
        assert!(same("2026-05-06", "2026-05-06 00:00:00"));
        assert!(same("2026-05-06 10:00:00", "2026-05-06"));
        assert!(same("", "0000-00-00 00:00:00"));
        assert!(!same("2026-05-06", "2026-05-07 00:00:00"));
        assert!(!same("2026-05-06", ""));
        assert!(!same("2026-05-06 10:00:00", "2026-05-06 11:00:00"));
    }

    #[test]
    fn a_parameters_kind_says_how_its_values_are_compared() {
        let same = |action: &str, name: &str, one, other| {
            let param = crate::catalog::action(action).unwrap().param(name).unwrap();
            Meaning::for_param(param, true).is_same(one, other)
        };
        assert!(same(
            "UpdateClientProduct",
            "recurringamount",
            "10",
            "10.00"
        ));
        assert!(same("UpdateClient", "taxexempt", "", "0"));
        assert!(same("UpdateClient", "email_preferences", "on", "1"));
        assert!(same("UpdateClient", "status", "inactive", "Inactive"));
        assert!(!same("UpdateClient", "postcode", "01234", "1234"));
        assert!(!same("UpdateClient", "city", "bonn", "Bonn"));
        assert!(!same("UpdateClient", "groupid", "", "0"));
        assert!(same("UpdateClient", "groupid", "", ""));
    }
}
