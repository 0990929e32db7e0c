//! `BlockTicketSender`: addresses that open no more tickets.

use super::{delete, ticket};
use crate::sandbox::call::Call;
use crate::sandbox::refusal::{Refusal, refuse};
use crate::sandbox::reply::Answer;

/// Blocks the guest who opened a ticket, and deletes the ticket when asked to.
pub fn block_ticket_sender(call: &Call) -> Result<Answer, Refusal> {
    call.required("ticketid", "Ticket ID Required")?;
    let found = ticket::existing(call, call.int("ticketid"), "Ticket ID Not Found")?;
    if found.int("client_id") != 0 {
        return refuse("A Client Cannot Be Blocked");
    }
    call.db.run(
        "INSERT OR IGNORE INTO blocked_senders (email) VALUES (?1)",
        [found.text("email")],
    )?;
    call.log(
        0,
        &format!("Blocked Ticket Sender: {}", found.text("email")),
    )?;
    let deletes = call.flag("delete");
    if deletes {
        delete::delete(call, &found)?;
    }
    Ok(Answer::success().with("deleted", if deletes { "true" } else { "false" }))
}

/// Refuses an address that was blocked.
pub fn refuse_blocked(call: &Call, email: &str) -> Result<(), Refusal> {
    let blocked: Option<i64> = call
        .db
        .value("SELECT 1 FROM blocked_senders WHERE email = ?1", [email])?;
    match blocked {
        Some(_) => refuse("Email Address Blocked"),
        None => Ok(()),
    }
}
