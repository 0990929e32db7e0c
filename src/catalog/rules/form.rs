//! Texts that WHMCS takes in one form alone: addresses, countries, amounts.
//!
//! Empty text is not looked at: it empties a field.

use rust_decimal::Decimal;

use jiff::civil::Date;

use super::given::Given;
use crate::catalog::{Format, Problem};

/// A value that is not written as its parameter's must be.
pub(super) fn check(given: &Given) -> Option<Problem> {
    let format = given.param.format?;
    let wrong = given.find(|text| !text.trim().is_empty() && !fits(format, text))?;
    Some(Problem::WrongForm {
        action: given.action.name,
        param: given.param.name,
        name: given.name.to_owned(),
        format,
        is_proved: given.param.proof.format.is_some(),
        given: given.quote(&wrong),
    })
}

fn fits(format: Format, text: &str) -> bool {
    match format {
        Format::Email => is_address(text),
        Format::Country => text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_alphabetic()),
        Format::Money => is_amount(text),
        Format::Localised => is_day(text),
    }
}

/// Whether a text can be an e-mail address: PHP's own check refuses whatever this does,
/// and more.
fn is_address(text: &str) -> bool {
    let Some((name, domain)) = text.rsplit_once('@') else {
        return false;
    };
    let is_clean = |letter: char| {
        !letter.is_whitespace() && !letter.is_control() && !"@,;<>()[]\\".contains(letter)
    };
    let are_parts = |text: &str| text.split('.').all(|part| !part.is_empty());
    text.chars().filter(|letter| *letter == '@').count() == 1
        && are_parts(name)
        && are_parts(domain)
        && domain.contains('.')
        && (name.chars().chain(domain.chars())).all(is_clean)
}

/// Whether a text is a day in one of the orders that WHMCS can be set to, perhaps with a
/// time behind it.
fn is_day(text: &str) -> bool {
    let day = text.split_whitespace().next().unwrap_or_default();
    let mut signs = day
        .chars()
        .filter(|letter| matches!(letter, '/' | '.' | '-'));
    let sign = signs.next().unwrap_or('-');
    let parts: Vec<&str> = day.split(sign).collect();
    let [first, second, third] = parts[..] else {
        return false;
    };
    let is_date = |year: &str, month: &str, day: &str| {
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        year.len() == 4
            && [year, month, day].into_iter().all(digits)
            && format!("{year}-{month:0>2}-{day:0>2}")
                .parse::<Date>()
                .is_ok()
    };
    is_date(first, second, third) || is_date(third, second, first) || is_date(third, first, second)
}

/// Whether nothing is lost of an amount where WHMCS keeps two decimals. What is no number
/// at all is found elsewhere.
fn is_amount(text: &str) -> bool {
    Decimal::from_str_exact(text.trim()).map_or_else(
        // Too long for a decimal: a sum of floating-point numbers.
        |_| {
            text.rsplit_once('.')
                .is_none_or(|(_, digits)| digits.len() <= 2)
        },
        |amount| amount.normalize().scale() <= 2,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(format: Format, good: &[&str], bad: &[&str]) {
        for text in good {
            assert!(fits(format, text), "{format}: {text}");
        }
        for text in bad {
            assert!(!fits(format, text), "{format}: {text}");
        }
    }

    #[test]
    fn an_address_has_one_at_and_a_domain() {
        check(
            Format::Email,
            &[
                "jo@example.com",
                "o'brien+x@mail.example.co.uk",
                "jürgen@müller.example",
                "a@1.2",
            ],
            &[
                "jo",
                "jo@example",
                "@example.com",
                "jo@@example.com",
                "a b@example.com",
                "jo@example..com",
                "jo@example.com, al@example.com",
                "jo@.com",
                "Jo <jo@example.com>",
                " jo@example.com",
            ],
        );
    }

    #[test]
    fn a_country_is_two_letters() {
        check(
            Format::Country,
            &["DE", "de"],
            &["Germany", "DEU", "D", "49", "D ", "Ö"],
        );
    }

    #[test]
    fn a_day_is_one_in_some_order() {
        check(
            Format::Localised,
            &[
                "31/12/2026",
                "12/31/2026",
                "31.12.2026",
                "1-2-2026",
                "2026/12/31",
                "2026-12-31",
                " 31/12/2026 14:05",
            ],
            &[
                "tomorrow",
                "irgendwann",
                "31/31/2026",
                "30.02.2026",
                "31/12/26",
                "20261231",
                "1/2/3/2026",
                "next 31/12/2026",
                "31 December 2026",
                "+1/+2/2026",
            ],
        );
    }

    #[test]
    fn an_amount_has_two_decimals_at_most_that_count() {
        check(
            Format::Money,
            &[
                "5", "5.1", "5.10", "5.1000", "-5.25", "-1.00", ".5", " 7.25 ", "+3",
            ],
            &[
                "12.345",
                "0.005",
                "-0.001",
                "0.30000000000000004",
                "1.23456789012345678901234567890123",
            ],
        );
    }
}
