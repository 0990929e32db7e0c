//! What an order holds, and how it stands.

use jiff::civil::Date;

use super::catalogue::{Extension, Plan};

/// How an order stands.
#[derive(Clone, Copy)]
pub(super) enum OrderState {
    /// Accepted; how it went on is told by the client.
    Active,
    Pending,
    Cancelled,
    Fraud,
}

/// What is ordered.
pub(super) struct Ordered {
    pub(super) day: Date,
    pub(super) plan: Plan,
    pub(super) is_annual: bool,
    pub(super) domain: String,
    pub(super) extension: Option<Extension>,
}

impl OrderState {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Active => "Active",
            Self::Pending => "Pending",
            Self::Cancelled => "Cancelled",
            Self::Fraud => "Fraud",
        }
    }
}

impl Ordered {
    /// What the service costs each time.
    pub(super) fn price(&self) -> i64 {
        if self.is_annual {
            self.plan.annually
        } else {
            self.plan.monthly
        }
    }

    /// What the first invoice comes to.
    pub(super) fn total(&self) -> i64 {
        let domain = self.extension.as_ref().map_or(0, |sold| sold.register);
        self.plan.setup + self.price() + domain
    }
}
