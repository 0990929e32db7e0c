//! The money that a write moves: how much, which way, in which currency.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::catalog::MoneyFlow;

/// The money that a write moves.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Moved {
    /// How much, by the way it goes.
    pub sums: BTreeMap<MoneyFlow, Decimal>,
    /// In which currency, where that could be read.
    pub currency: Option<String>,
    /// Whether other amounts move too, which the server alone will say.
    pub is_open: bool,
}

impl Moved {
    /// How much moves in all, whichever way it goes.
    pub fn total(&self) -> Decimal {
        self.sums.values().map(Decimal::abs).sum()
    }
}
