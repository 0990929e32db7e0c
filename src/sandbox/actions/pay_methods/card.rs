//! What is read of a card: its end, its brand, its dates.

use crate::sandbox::call::Call;
use crate::sandbox::refusal::{Refusal, refuse};

/// The last four digits of a card number.
pub fn last_four(number: &str) -> String {
    let digits = digits(number);
    digits[digits.len().saturating_sub(4)..].to_owned()
}

/// The brand a card number's first digits stand for.
pub fn brand(number: &str) -> &'static str {
    let digits = digits(number);
    let first = |count: usize| {
        digits
            .get(..count)
            .and_then(|text| text.parse().ok())
            .unwrap_or(0_u32)
    };
    match (first(1), first(2), first(4)) {
        (4, _, _) => "Visa",
        (_, 51..=55, _) | (_, _, 2221..=2720) => "MasterCard",
        (_, 34 | 37, _) => "American Express",
        (_, 36 | 38, _) | (_, _, 3000..=3059) => "Diners Club",
        (_, _, 3528..=3589) => "JCB",
        (_, 64 | 65, _) | (_, _, 6011) => "Discover",
        (_, 50 | 56..=69, _) => "Maestro",
        _ => "",
    }
}

fn digits(number: &str) -> String {
    number.chars().filter(char::is_ascii_digit).collect()
}

/// A date of a card as it is kept, `02/29` for `0229`; empty when none was sent.
pub fn date(call: &Call, name: &str, message: &str) -> Result<String, Refusal> {
    let text = digits(call.text(name));
    if call.given(name).is_none() {
        return Ok(String::new());
    }
    let month = text.get(..2).and_then(|month| month.parse().ok());
    match month {
        Some(1..=12_u32) if text.len() == 4 => Ok(format!("{}/{}", &text[..2], &text[2..])),
        _ => refuse(message),
    }
}

/// The issue number, which is a number when it is sent.
pub fn issue_number<'a>(call: &Call<'a>) -> Result<&'a str, Refusal> {
    let text = call.text("card_issue_number");
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        Ok(text)
    } else {
        refuse("Issue Number is invalid")
    }
}

#[cfg(test)]
mod tests {
    use super::{brand, last_four};

    #[test]
    fn the_first_digits_tell_the_brand_and_the_last_four_are_kept() {
        for (number, name) in [
            ("4242 4242 4242 4242", "Visa"),
            ("5555555555554444", "MasterCard"),
            ("2223003122003222", "MasterCard"),
            ("378282246310005", "American Express"),
            ("6011111111111117", "Discover"),
            ("30569309025904", "Diners Club"),
            ("3530111333300000", "JCB"),
            ("9", ""),
            ("", ""),
        ] {
            assert_eq!(brand(number), name, "{number}");
        }
        assert_eq!(last_four("4242-4242-4242-1881"), "1881");
        assert_eq!(last_four("12"), "12");
    }
}
