//! The Orders group: placing orders, deciding on them, and what is on sale.

mod add;
mod basket;
mod catalogue;
mod decide;
mod delete;
mod fraud_check;
mod list;
mod placed;
mod placed_addons;
mod placed_domains;
mod placed_services;
mod promotions;
mod renewals;

use super::Handler;

/// The actions of this folder.
pub const ACTIONS: &[(&str, Handler)] = &[
    ("AcceptOrder", decide::accept_order),
    ("AddOrder", add::add_order),
    ("CancelOrder", decide::cancel_order),
    ("DeleteOrder", delete::delete_order),
    ("FraudOrder", decide::fraud_order),
    ("GetOrderStatuses", list::get_order_statuses),
    ("GetOrders", list::get_orders),
    ("GetProducts", catalogue::get_products),
    ("GetPromotions", promotions::get_promotions),
    ("OrderFraudCheck", fraud_check::order_fraud_check),
    ("PendingOrder", decide::pending_order),
];

#[cfg(test)]
mod tests;
