//! `AddTicketNote` and `GetTicketNotes`: what only staff see on a ticket.

use super::{attachments, ticket};
use crate::sandbox::call::Call;
use crate::sandbox::refusal::Refusal;
use crate::sandbox::reply::{Answer, Fields, wrapped};

/// Adds a note in the caller's name.
pub fn add_ticket_note(call: &Call) -> Result<Answer, Refusal> {
    let found = ticket::existing(call, ticket::named(call)?, "Ticket ID not found")?;
    let message = call.required("message", "Message is required")?;
    let created = ticket::created(call, "Ticket creation date cannot be in the future")?;
    let id = call.db.insert(
        "ticket_notes",
        &[
            ("ticket_id", &found.int("id")),
            ("admin", &ticket::caller_name(call)?),
            ("date", &created.unwrap_or_else(|| call.moment())),
            ("message", &message),
            ("markdown", &call.flag("markdown")),
        ],
    )?;
    attachments::keep(call, "note", id)?;
    let (client, ticket) = (found.int("client_id"), found.int("id"));
    call.log(client, &format!("Added Ticket Note - Ticket ID: {ticket}"))?;
    Ok(Answer::success())
}

/// Every note of a ticket, oldest first.
pub fn get_ticket_notes(call: &Call) -> Result<Answer, Refusal> {
    let ticket = ticket::existing(call, call.int("ticketid"), "Ticket ID not found")?;
    let columns = "id AS \"id:text\", admin, date, message, '' AS attachment, \
                   attachments_removed AS \"attachments_removed:bool\"";
    let notes = of_ticket(call, ticket.int("id"), columns)?;
    Ok(Answer::success()
        .with("totalresults", notes.len())
        .with("notes", wrapped("note", notes)))
}

/// Those columns of a ticket's notes, with their attachments filled in.
pub fn of_ticket(call: &Call, ticket: i64, columns: &str) -> rusqlite::Result<Vec<Fields>> {
    let of_ticket = "FROM ticket_notes WHERE ticket_id = ?1 ORDER BY date, id";
    let ids: Vec<i64> = call
        .db
        .values(&format!("SELECT id {of_ticket}"), [ticket])?;
    let mut notes = call
        .db
        .records(&format!("SELECT {columns} {of_ticket}"), [ticket])?;
    for (note, id) in notes.iter_mut().zip(ids) {
        ticket::complete(call, note, &Fields::default(), "note", id)?;
    }
    Ok(notes)
}
