//! A service about to be upgraded, and one thing of it that changes.

use crate::sandbox::cycle::Cycle;
use crate::sandbox::money::Money;

/// The service as it is.
#[derive(Debug)]
pub struct Upgraded {
    /// Its id.
    pub service: i64,
    /// The product it is of.
    pub product: i64,
    /// That product's name.
    pub name: String,
    /// How often it is paid for.
    pub cycle: Cycle,
    /// How many of the product it is.
    pub qty: i64,
    /// What all of it costs every time.
    pub recurring: Money,
    /// The client's currency.
    pub currency: i64,
    /// Days left until the due date.
    pub days: i64,
    /// Days of the period that ends there.
    pub total_days: i64,
    /// Whose it is.
    pub client: i64,
    /// Whether its product is taxed.
    pub is_taxed: bool,
    /// What stands before and after an amount in the client's currency.
    pub signs: (String, String),
}

/// One thing that changes.
#[derive(Debug)]
pub struct Change {
    /// `package` or `configoptions`, as the table has it.
    pub kind: &'static str,
    /// The configurable option; 0 where the product changes.
    pub option: i64,
    /// The product, choice or quantity there is.
    pub original: i64,
    /// The one there will be.
    pub new_value: i64,
    /// The cycle there will be.
    pub cycle: Cycle,
    /// What the days left cost; less than nothing gives nothing back.
    pub amount: Money,
    /// The product's new recurring amount, or what the option adds to it.
    pub recurring: Money,
    /// The line on the invoice.
    pub line: String,
}

impl Upgraded {
    /// An amount with the signs of the client's currency.
    pub fn with_signs(&self, amount: Money) -> String {
        let (prefix, suffix) = &self.signs;
        format!("{prefix}{amount}{suffix}")
    }
}
