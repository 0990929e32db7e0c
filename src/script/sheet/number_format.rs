//! How a number is shown: `9.5` in a cell of the format `0.00 €` is `9.50`.
//!
//! What counts is what WHMCS would be sent: decimals and leading zeros as shown,
//! but neither thousands separators nor currencies. A number shown as a percentage,
//! a fraction or a power of ten is taken as it is kept.

use rust_decimal::{Decimal, RoundingStrategy};

/// The digits a spreadsheet keeps of a number.
const DIGITS: usize = 15;
/// From here on, the last digits before the point are not the ones typed.
const TOO_LARGE: f64 = 1e15;

/// How a cell shows a number.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum NumberFormat {
    /// As it is kept.
    General,
    /// With that many digits.
    Digits {
        /// Before the point, at least: `00000` shows `1234` as `01234`.
        whole: usize,
        /// After the point, at least.
        least: usize,
        /// After the point, at most.
        most: u32,
    },
}

impl NumberFormat {
    /// Reads a format such as `#,##0.00 [$€-407]`; what it says of negative numbers
    /// and of nothing is not looked at.
    pub fn of(code: &str) -> Self {
        shape(code)
            .and_then(|shape| digits(&shape))
            .unwrap_or(Self::General)
    }

    /// The number as text, or why it cannot be told.
    pub fn text(self, number: f64) -> Result<String, String> {
        if !number.is_finite() {
            return Err("is no number".to_owned());
        }
        if number.abs() >= TOO_LARGE {
            return Err(format!(
                "is a number of more than {DIGITS} digits, the last of which a spreadsheet does not keep"
            ));
        }
        let kept = format!("{number:.*e}", DIGITS - 1);
        let Ok(kept) = Decimal::from_scientific(&kept) else {
            return Ok(number.to_string()); // Too small for a decimal.
        };
        let kept = kept.normalize();
        let Self::Digits { whole, least, most } = self else {
            return Ok(kept.to_string());
        };
        let shown = kept.round_dp_with_strategy(most, RoundingStrategy::MidpointAwayFromZero);
        let shown = shown.normalize();
        let decimals = least.max(shown.scale() as usize);
        let text = format!("{:.decimals$}", shown.abs());
        let before = text.find('.').unwrap_or(text.len());
        let zeros = "0".repeat(whole.saturating_sub(before));
        let sign = if shown.is_sign_negative() && !shown.is_zero() {
            "-"
        } else {
            ""
        };
        Ok(format!("{sign}{zeros}{text}"))
    }
}

/// The digits, separators and other working parts of a format's first section,
/// texts as one blank each; nothing if it does not show a plain number.
fn shape(code: &str) -> Option<String> {
    let mut shape = String::new();
    let mut letters = code.chars();
    while let Some(letter) = letters.next() {
        match letter {
            ';' => break,
            '"' => {
                letters.by_ref().find(|letter| *letter == '"');
                shape.push(' ');
            }
            // A condition chooses among the sections.
            '[' => {
                let inside: String = letters.by_ref().take_while(|l| *l != ']').collect();
                if inside.starts_with(['<', '>', '=']) {
                    return None;
                }
                shape.push(' ');
            }
            '\\' | '_' | '*' => {
                letters.next();
                shape.push(' ');
            }
            '0' | '#' | '?' | '.' | ',' => shape.push(letter),
            '%' | '/' | 'E' | 'e' | '@' => return None,
            letter if letter.is_ascii_alphabetic() => return None,
            _ => shape.push(' '),
        }
    }
    Some(shape)
}

fn digits(shape: &str) -> Option<NumberFormat> {
    let shape = shape.trim();
    // Digits in several groups, as `(###) ###-####` has them, are shown with text between.
    if shape.is_empty() || shape.contains(' ') || shape.ends_with(',') {
        return None;
    }
    let (whole, decimals) = shape.split_once('.').unwrap_or((shape, ""));
    if decimals.contains(['.', ',']) || !shape.contains(['0', '#', '?']) {
        return None;
    }
    Some(NumberFormat::Digits {
        whole: whole.matches('0').count(),
        least: decimals.matches('0').count(),
        most: u32::try_from(decimals.len()).ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(code: &str, number: f64) -> String {
        NumberFormat::of(code).text(number).unwrap()
    }

    #[test]
    fn a_number_without_a_format_has_no_more_digits_than_it_needs() {
        assert_eq!(shown("General", 42.0), "42");
        assert_eq!(shown("General", -3.0), "-3");
        assert_eq!(shown("General", 0.0), "0");
        assert_eq!(shown("General", -0.0), "0");
        assert_eq!(shown("General", 9.5), "9.5");
        assert_eq!(shown("General", 0.1 + 0.2), "0.3");
        assert_eq!(shown("General", 491_701_234_567.0), "491701234567");
        assert_eq!(shown("General", 123_456_789_012_345.0), "123456789012345");
        assert_eq!(shown("General", 0.000_012_5), "0.0000125");
        assert!(shown("General", 1e-40).starts_with("0.000"));
    }

    #[test]
    fn decimals_are_those_that_are_shown() {
        assert_eq!(shown("0.00", 9.5), "9.50");
        assert_eq!(shown("0.00", 9.0), "9.00");
        assert_eq!(shown("0.00", 1.005), "1.01");
        assert_eq!(shown("0.00", 10.0 / 3.0), "3.33");
        assert_eq!(shown("0", 42.0), "42");
        assert_eq!(shown("0.0##", 1.25), "1.25");
        assert_eq!(shown("0.##", 3.0), "3");
        assert_eq!(shown("0.00", -0.001), "0.00");
        assert_eq!(shown("0.00", -5.0), "-5.00");
    }

    #[test]
    fn currencies_and_thousands_separators_are_left_out() {
        for code in [
            "#,##0.00",
            "#,##0.00 [$€-407]",
            "\"$\"#,##0.00_);[Red]\\(\"$\"#,##0.00\\)",
            "_-* #,##0.00 \"€\"_-;-* #,##0.00 \"€\"_-;_-* \"-\"?? \"€\"_-;_-@_-",
        ] {
            assert_eq!(shown(code, 1234.5), "1234.50", "{code}");
        }
    }

    #[test]
    fn leading_zeros_are_kept() {
        assert_eq!(shown("00000", 1234.0), "01234");
        assert_eq!(shown("00000", 123_456.0), "123456");
        assert_eq!(shown("000.0", -1.25), "-001.3");
    }

    #[test]
    fn what_is_shown_in_another_way_is_taken_as_it_is_kept() {
        for code in [
            "0%",
            "0.00E+00",
            "# ?/?",
            "(###) ###-####",
            "[<1000]0;0.0",
            "@",
            "0,",
        ] {
            assert_eq!(shown(code, 1234.56), "1234.56", "{code}");
        }
    }

    #[test]
    fn a_number_too_long_to_be_kept_is_refused() {
        let why = NumberFormat::General.text(1e15).unwrap_err();
        assert!(why.contains("more than 15 digits"), "{why}");
        assert!(NumberFormat::General.text(f64::NAN).is_err());
    }
}
