//! The Billing group: invoices, payments, credit, transactions.

mod billable;
mod capture;
mod charge;
mod create;
mod credit;
mod due;
mod payment;
mod read;
mod transactions;
mod update;

use super::Handler;

pub use capture::DECLINED;

/// The actions of this folder.
pub const ACTIONS: &[(&str, Handler)] = &[
    ("AddBillableItem", billable::add_billable_item),
    ("AddCredit", credit::add_credit),
    ("AddInvoicePayment", payment::add_invoice_payment),
    ("AddTransaction", transactions::add_transaction),
    ("ApplyCredit", credit::apply_credit),
    ("CapturePayment", capture::capture_payment),
    ("CreateInvoice", create::create_invoice),
    ("GenInvoices", due::gen_invoices),
    ("GetCredits", credit::get_credits),
    ("GetInvoice", read::get_invoice),
    ("GetInvoices", read::get_invoices),
    ("GetTransactions", transactions::get_transactions),
    ("UpdateInvoice", update::update_invoice),
    ("UpdateTransaction", transactions::update_transaction),
];
