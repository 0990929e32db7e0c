//! The day's automation: what the cron of WHMCS does once a day, when the clock is moved on.
//!
//! It is run at the first second of each day that begins, in the order of WHMCS's
//! tasks, as far as the settings ask for it, and leaves its figures in the automation log.
//! docs/sandbox.md says what of the cron is imitated, and what is not.

mod domains;
mod invoices;
mod options;
mod period;
mod services;
mod tickets;

use std::net::{IpAddr, Ipv4Addr};

use super::actions;
use super::call::{Call, Caller};
use super::db::Db;
use super::refusal::Refusal;
use super::tree::Array;
use crate::catalog;

pub use period::{AdvanceError, Period};

/// A task, the name it has in the automation log and that of its figure.
type Task = (
    &'static str,
    &'static str,
    fn(&Call) -> Result<i64, Refusal>,
);

/// What is done, in this order.
const TASKS: &[Task] = &[
    ("createinvoices", "invoice.created", generate),
    ("addlatefees", "invoice.latefees", invoices::add_late_fees),
    ("invoicereminders", "unpaid", invoices::remind),
    ("invoicereminders", "first", invoices::warn_first),
    ("invoicereminders", "second", invoices::warn_second),
    ("invoicereminders", "third", invoices::warn_third),
    ("domainrenewalnotices", "sent", domains::send_notices),
    ("domainexpiry", "changed", domains::expire),
    ("autosuspensions", "suspended", services::suspend_overdue),
    (
        "autoterminations",
        "terminated",
        services::terminate_overdue,
    ),
    (
        "cancellationrequests",
        "cancelled",
        services::cancel_requested,
    ),
    ("closeinactivetickets", "closed", tickets::close_inactive),
];

/// Does a day's work, at the moment of the tables.
pub fn run_day(db: &Db) -> Result<(), Refusal> {
    let nothing = Array::default();
    // Its tasks are told from what a caller does by the log: they are nobody's of the staff.
    let caller = Caller {
        admin_id: 0,
        ip: IpAddr::V4(Ipv4Addr::LOCALHOST),
    };
    let Some(action) = catalog::action("GenInvoices") else {
        return Ok(());
    };
    let call = Call {
        action,
        db,
        now: db.now(),
        caller,
        params: &nothing,
    };
    for (namespace, name, task) in TASKS {
        let count = task(&call)?;
        if count > 0 {
            let ran_at = call.moment();
            db.insert(
                "automation_log",
                &[
                    ("ran_at", &ran_at),
                    ("namespace", namespace),
                    ("name", name),
                    ("value", &count),
                ],
            )?;
        }
    }
    call.log(0, "Cron Job: Completed")?;
    Ok(())
}

/// Invoices what is due, as `GenInvoices` does.
fn generate(call: &Call) -> Result<i64, Refusal> {
    let Some(handler) = actions::handler(call.action.name) else {
        return Ok(0);
    };
    let answer = handler(call)?;
    Ok(answer.text("numcreated").parse().unwrap_or(0))
}

#[cfg(test)]
mod tests;
