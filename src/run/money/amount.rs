//! An amount of money in one currency, as `100.00 EUR`.

use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// So much in that currency.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Money {
    /// How much; never below zero.
    pub amount: Decimal,
    /// The code that WHMCS has for the currency, in capitals.
    pub currency: String,
}

/// What is not an amount of money.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{0}` is not an amount with its currency, such as `100 EUR` or `99.50 USD`")]
pub struct NoMoney(String);

impl Money {
    /// That much in that currency.
    pub fn new(amount: Decimal, currency: &str) -> Self {
        Self {
            amount,
            currency: currency.to_uppercase(),
        }
    }

    /// The form in which the journal keeps it; nothing has no currency.
    pub fn noted(&self) -> String {
        if self.amount.is_zero() {
            "0".to_owned()
        } else {
            self.to_string()
        }
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount, self.currency)
    }
}

impl From<Money> for String {
    fn from(money: Money) -> Self {
        money.to_string()
    }
}

impl TryFrom<String> for Money {
    type Error = NoMoney;

    fn try_from(text: String) -> Result<Self, NoMoney> {
        text.parse()
    }
}

impl FromStr for Money {
    type Err = NoMoney;

    fn from_str(text: &str) -> Result<Self, NoMoney> {
        let wrong = || NoMoney(text.to_owned());
        let is_letter = |letter: char| letter.is_alphabetic();
        let (amount, currency) = text.split_at(text.find(is_letter).ok_or_else(wrong)?);
        let currency = currency.trim();
        let is_code =
            (2..=10).contains(&currency.chars().count()) && currency.chars().all(is_letter);
        let amount = amount.trim().parse::<Decimal>().map_err(|_| wrong())?;
        if is_code && !amount.is_sign_negative() {
            Ok(Self::new(amount, currency))
        } else {
            Err(wrong())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_an_amount_and_the_code_of_a_currency() {
        for (text, shown) in [
            ("100 EUR", "100 EUR"),
            ("99.50usd", "99.50 USD"),
            (" 0 CHF ", "0 CHF"),
        ] {
            let money: Money = text.parse().unwrap();
            assert_eq!(money.to_string(), shown);
            assert_eq!(money.to_string().parse(), Ok(money));
        }
        for wrong in [
            "",
            "100",
            "EUR",
            "EUR 100",
            "-1 EUR",
            "1,50 EUR",
            "100 EUR 5",
            "1 €",
            "1e2 EUR",
        ] {
            assert!(wrong.parse::<Money>().is_err(), "{wrong}");
        }
    }
}
