//! How much money a run may move, and how much of it is moved: one purse for each currency.
//!
//! An amount is taken before the call is sent, so that workers never pass a limit together.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rust_decimal::Decimal;

use super::amount::Money;

/// The option that limits money.
pub const MAX_MONEY: &str = "--max-money";

/// What may be moved, by currency; everything where nothing is said.
#[derive(Debug, Default)]
pub struct Purses(Mutex<BTreeMap<String, Purse>>);

#[derive(Debug, Default)]
struct Purse {
    most: Option<Decimal>,
    used: Decimal,
}

/// Why an amount is not in the purse.
#[derive(Debug, PartialEq)]
pub enum NotLeft {
    /// There is none for the currency.
    NoPurse,
    /// What is allowed, and what is moved.
    Empty(Money, Money),
}

impl Purses {
    /// One for each of those.
    pub fn for_limits(limits: &[Money]) -> Self {
        let purse = |limit: &Money| {
            let purse = Purse {
                most: Some(limit.amount),
                used: Decimal::ZERO,
            };
            (limit.currency.clone(), purse)
        };
        Self(Mutex::new(limits.iter().map(purse).collect()))
    }

    /// Whether anything is limited.
    pub fn are_limited(&self) -> bool {
        self.lock().values().any(|purse| purse.most.is_some())
    }

    /// Whether there is a limit for that currency.
    pub fn limit(&self, currency: &str) -> bool {
        let purses = self.lock();
        purses
            .get(currency)
            .is_some_and(|purse| purse.most.is_some())
    }

    /// Counts what was moved before, without a limit.
    pub fn count(&self, money: &Money) {
        self.lock().entry(money.currency.clone()).or_default().used += money.amount;
    }

    /// Takes that much, if it is there.
    pub fn take(&self, money: &Money) -> Result<(), NotLeft> {
        let mut purses = self.lock();
        let purse = purses.get_mut(&money.currency).ok_or(NotLeft::NoPurse)?;
        let most = purse.most.ok_or(NotLeft::NoPurse)?;
        let used = purse.used + money.amount;
        if used > most {
            let of = |amount| Money::new(amount, &money.currency);
            return Err(NotLeft::Empty(of(most), of(purse.used)));
        }
        purse.used = used;
        Ok(())
    }

    /// Gives it back.
    pub fn give_back(&self, money: &Money) {
        if let Some(purse) = self.lock().get_mut(&money.currency) {
            purse.used -= money.amount;
        }
    }

    /// What is in here is whole between any two statements.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Purse>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(text: &str) -> Money {
        text.parse().unwrap()
    }

    #[test]
    fn each_currency_has_a_purse_of_its_own() {
        let purses = Purses::for_limits(&[money("10 EUR"), money("1 USD")]);
        assert_eq!(purses.take(&money("9.99 EUR")), Ok(()));
        let empty = NotLeft::Empty(money("10 EUR"), money("9.99 EUR"));
        assert_eq!(purses.take(&money("0.02 EUR")), Err(empty));
        assert_eq!(purses.take(&money("0.01 EUR")), Ok(()));
        assert_eq!(purses.take(&money("1 USD")), Ok(()));
        assert_eq!(purses.take(&money("1 CHF")), Err(NotLeft::NoPurse));
        purses.give_back(&money("5 EUR"));
        assert_eq!(purses.take(&money("5 EUR")), Ok(()));
    }

    #[test]
    fn what_was_moved_before_is_not_there_any_more() {
        let purses = Purses::for_limits(&[money("10 EUR")]);
        purses.count(&money("8 EUR"));
        assert!(purses.take(&money("3 EUR")).is_err());
        assert!(purses.take(&money("2 EUR")).is_ok());
    }
}
