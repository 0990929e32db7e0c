//! `UpdateTicket` and `UpdateTicketReply`.

use super::open::PRIORITIES;
use super::ticket;
use crate::sandbox::call::Call;
use crate::sandbox::changes::Changes;
use crate::sandbox::custom_fields::{self, FieldOwner};
use crate::sandbox::refusal::{Refusal, refuse};
use crate::sandbox::reply::Answer;

/// Changes a ticket and its opening message.
pub fn update_ticket(call: &Call) -> Result<Answer, Refusal> {
    let found = ticket::existing(call, call.int("ticketid"), "Ticket ID Not Found")?;
    let id = found.int("id");
    let mut changes = Changes::default();
    let mut department = found.int("deptid");
    if call.given("deptid").is_some() {
        department = call.existing("deptid", "departments", "Department ID Not Found")?;
        changes.set("deptid", department);
    }
    if let Some(priority) = call.given("priority") {
        changes.set("priority", known_priority(priority)?);
    }
    if let Some(name) = call.given("status") {
        changes.set("status", known_status(call, name)?);
    }
    if let Some(date) = ticket::created(call, "Ticket creation date cannot be in the future")? {
        changes.set("date", date);
    }
    if call.int("userid") != 0 {
        let client = call.existing("userid", "clients", "Client ID Not Found")?;
        changes.set("client_id", client);
        // Another client's contact and user have no part in it.
        changes.set("contactid", 0);
        changes.set("requestor_id", 0);
    }
    for name in ["subject", "message"] {
        if let Some(text) = call.given(name) {
            changes.set(name, text.to_owned());
        }
    }
    changes.texts(call, &["name", "email", "cc"]);
    changes.flags(call, &["markdown"]);
    if let Some(is_kept_open) = call.sent_flag("preventClientClosure") {
        changes.set("prevent_client_closure", is_kept_open);
    }
    if let Some(admin) = call.given_int("flag") {
        changes.set("flag", admin);
    }
    if call.flag("removeFlag") {
        changes.set("flag", 0);
    }
    changes.apply(call, "tickets", id)?;
    if let Some(values) = call.serialized("customfields") {
        custom_fields::write(call, FieldOwner::Department(department), id, &values)?;
    }
    call.log(
        found.int("client_id"),
        &format!("Modified Ticket - Ticket ID: {id}"),
    )?;
    Ok(Answer::success().with("ticketid", id.to_string()))
}

fn known_priority(asked: &str) -> Result<String, Refusal> {
    let known = PRIORITIES
        .iter()
        .find(|known| known.eq_ignore_ascii_case(asked));
    known.map_or_else(
        || {
            refuse(format!(
                "Invalid Ticket Priority. Valid priorities are: {}",
                PRIORITIES.join(",")
            ))
        },
        |known| Ok((*known).to_owned()),
    )
}

fn known_status(call: &Call, asked: &str) -> Result<String, Refusal> {
    if let Some(known) = ticket::status(call, asked)? {
        return Ok(known);
    }
    let known: Vec<String> = call.db.values(
        "SELECT title FROM ticket_statuses ORDER BY position, id",
        (),
    )?;
    refuse(format!(
        "Invalid Ticket Status. Valid statuses are: {}",
        known.join(",")
    ))
}

/// Rewrites a reply.
pub fn update_ticket_reply(call: &Call) -> Result<Answer, Refusal> {
    call.required("replyid", "Reply ID Required")?;
    let message = call.required("message", "Message is Required")?;
    let id = call.existing("replyid", "ticket_replies", "Reply ID Not Found")?;
    let mut changes = Changes::default();
    changes.set("message", message.to_owned());
    changes.flags(call, &["markdown"]);
    if let Some(date) = ticket::created(call, "Reply creation date cannot be in the future")? {
        changes.set("date", date);
    }
    changes.apply(call, "ticket_replies", id)?;
    call.log(0, &format!("Modified Ticket Reply - Reply ID: {id}"))?;
    Ok(Answer::success().with("replyid", id.to_string()))
}
