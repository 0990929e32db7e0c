//! Amounts of money: exact, in hundredths, written with two digits.

use std::fmt;
use std::ops::{Add, AddAssign, Neg, Sub, SubAssign};
use std::str::FromStr;

use rusqlite::types::{FromSql, FromSqlResult, ToSql, ToSqlOutput, ValueRef};

use super::reply::Value;

/// An amount in hundredths of a currency's unit; `12.95` is 1295.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Money(pub i64);

/// What the default currency is worth in itself.
pub const DEFAULT_RATE: &str = "1.00000";

/// Text that is no amount.
#[derive(Debug, Eq, PartialEq)]
pub struct NotMoney;

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// WHMCS's price of `-1.00`: not offered.
    pub const NOT_OFFERED: Self = Self(-100);

    /// The largest amount WHMCS can keep, in a `DECIMAL(16,2)`; larger ones are cut to it.
    pub const LARGEST: Self = Self(9_999_999_999_999_999);

    /// This many times the amount.
    #[must_use]
    pub fn times(self, count: i64) -> Self {
        Self::cut(i128::from(self.0) * i128::from(count))
    }

    /// A share of the amount in thousandths of a percent (`19.000` is 19,000), rounded half away from zero.
    #[must_use]
    pub fn percent(self, thousandths: i64) -> Self {
        self.share(thousandths.into(), 100_000)
    }

    /// So many parts of a whole of them, rounded half away from zero; the whole is positive.
    #[must_use]
    pub fn share(self, parts: i128, whole: i128) -> Self {
        let exact = i128::from(self.0).saturating_mul(parts);
        let half = whole / 2 * exact.signum();
        Self::cut(exact.saturating_add(half) / whole)
    }

    /// The amount of one currency in another, by the rates of both: `1.00000`, `0.92000`.
    ///
    /// Where a rate is none it counts as one; rounded half away from zero.
    #[must_use]
    pub fn exchanged(self, from: &str, to: &str) -> Self {
        let rate = |text| i128::from(fixed(text, 5).filter(|rate| *rate > 0).unwrap_or(100_000));
        let (from, to) = (rate(from), rate(to));
        let exact = i128::from(self.0) * to;
        Self::cut((exact + from / 2 * exact.signum()) / from)
    }

    fn cut(hundredths: i128) -> Self {
        let largest = i128::from(Self::LARGEST.0);
        // Between the two bounds it always fits.
        Self(i64::try_from(hundredths.clamp(-largest, largest)).unwrap_or_default())
    }
}

/// A percentage such as `19.000` in thousandths; nothing where it is no number.
pub fn thousandths(text: &str) -> Option<i64> {
    fixed(text, 3)
}

impl FromStr for Money {
    type Err = NotMoney;

    fn from_str(text: &str) -> Result<Self, NotMoney> {
        fixed(text, 2)
            .map(|hundredths| Self::cut(hundredths.into()))
            .ok_or(NotMoney)
    }
}

/// A decimal number with that many digits kept, the next one rounding half up; as large as fits.
fn fixed(text: &str, digits: usize) -> Option<i64> {
    let text = text.trim();
    let (negative, text) = match text.strip_prefix('-') {
        Some(text) => (true, text),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if (whole.is_empty() && fraction.is_empty()) || !all_digits(whole) || !all_digits(fraction) {
        return None;
    }
    let digit = |byte: u8| i64::from(byte - b'0');
    let mut fraction = fraction.bytes().chain(std::iter::repeat(b'0'));
    let kept = whole.bytes().chain(fraction.by_ref().take(digits));
    let number = kept.fold(0_i64, |number, byte| {
        number.saturating_mul(10).saturating_add(digit(byte))
    });
    let rounding = i64::from(fraction.next().is_some_and(|byte| byte >= b'5'));
    let number = number.saturating_add(rounding);
    Some(if negative { -number } else { number })
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let amount = self.0.unsigned_abs();
        write!(f, "{sign}{}.{:02}", amount / 100, amount % 100)
    }
}

impl From<Money> for Value {
    fn from(money: Money) -> Self {
        Self::Text(money.to_string())
    }
}

impl Add for Money {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sub for Money {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Neg for Money {
    type Output = Self;
    fn neg(self) -> Self {
        Self(self.0.saturating_neg())
    }
}

impl AddAssign for Money {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl SubAssign for Money {
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

impl std::iter::Sum for Money {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

impl ToSql for Money {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        self.0.to_sql()
    }
}

impl FromSql for Money {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        i64::column_result(value).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::{Money, NotMoney, thousandths};
    use proptest::prelude::*;

    #[test]
    fn amounts_are_read_exactly() {
        for (text, cents) in [
            ("12.95", 1295),
            ("12", 1200),
            (".5", 50),
            ("-0.01", -1),
            ("1.005", 101),
            (" 7.1 ", 710),
            ("99999999999999.99", 9_999_999_999_999_999),
        ] {
            assert_eq!(text.parse(), Ok(Money(cents)), "{text}");
        }
        for text in ["", ".", "1,5", "1e3", "x"] {
            assert_eq!(text.parse::<Money>(), Err(NotMoney), "{text}");
        }
    }

    #[test]
    fn an_amount_too_large_to_keep_is_cut() {
        for text in ["100000000000000", "99999999999999999999"] {
            assert_eq!(text.parse(), Ok(Money::LARGEST), "{text}");
        }
        assert_eq!("-99999999999999999999".parse(), Ok(-Money::LARGEST));
        assert_eq!(Money::LARGEST.times(1000), Money::LARGEST);
        assert_eq!(Money::LARGEST.percent(i64::MAX), Money::LARGEST);
    }

    #[test]
    fn a_tax_rounds_half_away_from_zero() {
        let rate = thousandths("19.000").expect("a number");
        assert_eq!(Money(1295).percent(rate), Money(246));
        assert_eq!(Money(-50).percent(1000), Money(-1));
    }

    #[test]
    fn a_share_rounds_half_away_from_zero_and_overflows_nothing() {
        for (amount, parts, whole, share) in [
            (1000, 13, 30, 433),
            (-1, 1, 2, -1),
            (1, 1, 3, 0),
            (3, 1, 2, 2),
            (1, i128::MAX, 7, Money::LARGEST.0),
        ] {
            assert_eq!(Money(amount).share(parts, whole), Money(share));
        }
    }

    #[test]
    fn an_amount_is_exchanged_by_the_rates_of_both_currencies() {
        assert_eq!(Money(1000).exchanged("1.00000", "0.92000"), Money(920));
        assert_eq!(Money(920).exchanged("0.92000", "1.00000"), Money(1000));
        assert_eq!(Money(-5).exchanged("2", "1"), Money(-3));
        assert_eq!(Money(1000).exchanged("", "0"), Money(1000));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(cents in -Money::LARGEST.0..=Money::LARGEST.0) {
            prop_assert_eq!(Money(cents).to_string().parse(), Ok(Money(cents)));
        }
    }
}
