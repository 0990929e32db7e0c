//! An order in the making: who orders, what was placed in it, what it bills.

use jiff::Span;

use crate::sandbox::call::Call;
use crate::sandbox::cycle::{Cycle, later};
use crate::sandbox::invoice::Item;
use crate::sandbox::localised;
use crate::sandbox::money::Money;
use crate::sandbox::promotion::Promotion;
use crate::sandbox::refusal::{Refusal, refuse};

/// An order in the making.
#[derive(Debug)]
pub struct Basket<'b, 'a> {
    /// The call that places it.
    pub call: &'b Call<'a>,
    /// Who orders.
    pub client: i64,
    /// The client's currency.
    pub currency: i64,
    /// The order's id.
    pub order: i64,
    /// The payment method's system name.
    pub method: String,
    /// The promotion that may still be used.
    pub promotion: Option<Promotion>,
    /// Whether the promotion took something off.
    pub promotion_used: bool,
    /// Ids of the services made.
    pub services: Vec<i64>,
    /// Ids of the addons made.
    pub addons: Vec<i64>,
    /// Ids of the domains made.
    pub domains: Vec<i64>,
    /// Domains renewed, as the order tells of them: `example.com=1`.
    pub renewals: Vec<String>,
    /// The lines of the invoice.
    pub items: Vec<Item>,
    /// Whether anything at all is ordered.
    pub is_filled: bool,
}

impl Basket<'_, '_> {
    /// Adds a line to the invoice, unless it is over nothing.
    pub fn bill(
        &mut self,
        kind: &'static str,
        relid: i64,
        description: String,
        amount: Money,
        taxed: bool,
    ) {
        self.is_filled = true;
        if amount != Money::ZERO {
            self.items.push(Item {
                kind,
                relid,
                description,
                amount,
                taxed,
            });
        }
    }

    /// The day from which something ordered today is invoiced again.
    ///
    /// The first period counts as invoiced only when this order makes an invoice.
    pub fn next_invoice(&self, span: Span) -> String {
        let today = self.call.now.date();
        if self.call.flag("noinvoice") {
            today.to_string()
        } else {
            later(today, span).to_string()
        }
    }

    /// Refuses a service that is not the client's.
    pub fn check_owned_service(&self, service: i64) -> Result<(), Refusal> {
        let found: Option<i64> = self.call.db.value(
            "SELECT 1 FROM services WHERE id = ?1 AND client_id = ?2",
            [service, self.client],
        )?;
        match found {
            Some(_) => Ok(()),
            None => refuse("Service ID not owned by Client ID provided"),
        }
    }

    /// What it costs in all.
    pub fn amount(&self) -> Money {
        self.items.iter().map(|item| item.amount).sum()
    }

    /// The period a first payment is for, as an invoice's line ends: ` (23/11/2026 - 22/12/2026)`.
    pub fn period(&self, cycle: Cycle) -> rusqlite::Result<String> {
        if !cycle.is_recurring() {
            return Ok(String::new());
        }
        let today = self.call.now.date();
        let last = later(cycle.end(today), Span::new().days(-1));
        let period = localised::period(self.call, &today.to_string(), &last.to_string())?;
        Ok(format!(" {period}"))
    }
}

/// The span of a cycle.
pub fn span(cycle: Cycle) -> Span {
    Span::new().months(cycle.months())
}

/// The span of that many years, from one to ten.
pub fn years(count: i64) -> Span {
    Span::new().years(i32::try_from(count).unwrap_or(1).clamp(1, 10))
}
