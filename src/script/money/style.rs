//! Amounts of money, rounded and written as an example shows.

use rust_decimal::{Decimal, RoundingStrategy};

/// Rounds commercially: a half goes away from zero.
pub(crate) fn rounded(amount: Decimal, digits: u32) -> Decimal {
    amount.round_dp_with_strategy(digits, RoundingStrategy::MidpointAwayFromZero)
}

/// How an amount is written, learned from how `1234.56` is.
pub(crate) struct Style {
    group: Option<char>,
    mark: Option<char>,
    digits: u32,
}

impl Style {
    /// Two decimals after a point, no groups: how WHMCS takes amounts.
    pub const PLAIN: Self = Self {
        group: None,
        mark: Some('.'),
        digits: 2,
    };

    /// Learns from an example: `1,234.56`, `1.234,5`, `1 234`.
    pub fn from_example(example: &str) -> Option<Self> {
        let rest = example.strip_prefix('1')?;
        let (group, rest) = leading_mark(rest);
        let (mark, rest) = leading_mark(rest.strip_prefix("234")?);
        if !"56789".starts_with(rest) || mark.is_some() == rest.is_empty() {
            return None;
        }
        let digits = u32::try_from(rest.len()).ok()?;
        Some(Self {
            group,
            mark,
            digits,
        })
    }

    /// Writes an amount, rounded to the style's decimals.
    pub fn format(&self, amount: Decimal) -> String {
        let mut amount = rounded(amount, self.digits);
        amount.rescale(self.digits);
        let text = amount.abs().to_string();
        let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
        let mut written = String::new();
        if amount.is_sign_negative() && !amount.is_zero() {
            written.push('-');
        }
        for (at, digit) in whole.chars().enumerate() {
            if at > 0 && (whole.len() - at) % 3 == 0 {
                written.extend(self.group);
            }
            written.push(digit);
        }
        written.extend(self.mark);
        written.push_str(fraction);
        written
    }
}

fn leading_mark(text: &str) -> (Option<char>, &str) {
    match text.chars().next() {
        Some(mark) if !mark.is_ascii_digit() => (Some(mark), &text[mark.len_utf8()..]),
        _ => (None, text),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::script::money::amounts::parse;

    #[test]
    fn a_style_is_learned_from_an_example() {
        let written = |example: &str, amount| {
            Style::from_example(example)
                .unwrap()
                .format(Decimal::new(amount, 3))
        };
        assert_eq!(written("1,234.56", 1_234_567_895), "1,234,567.90");
        assert_eq!(written("1.234,56", -999_000), "-999,00");
        assert_eq!(written("1 234", 1_234_500), "1 235");
        assert_eq!(written("1234.5", -4), "0.0");
        for example in ["", "12", "2,345.67", "1,234.", "1,234.65"] {
            assert!(Style::from_example(example).is_none(), "{example}");
        }
    }

    proptest! {
        #[test]
        fn an_amount_written_in_a_style_with_decimals_is_read_back(cents in -1_000_000_000_i64..1_000_000_000) {
            let amount = Decimal::new(cents, 2);
            for example in ["1234.56", "1,234.56", "1.234,56", "1 234,56", "1'234.56"] {
                let text = Style::from_example(example).unwrap().format(amount);
                prop_assert_eq!(parse(&text, None), Ok(amount));
            }
        }
    }
}
