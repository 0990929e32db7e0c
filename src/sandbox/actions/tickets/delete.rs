//! `DeleteTicket`, `DeleteTicketNote` and `DeleteTicketReply`.

use super::{attachments, ticket};
use crate::sandbox::call::Call;
use crate::sandbox::custom_fields::{self, FieldOwner};
use crate::sandbox::refusal::{Refusal, refuse};
use crate::sandbox::reply::{Answer, Fields};

/// Deletes a ticket with its messages, notes, files and field values.
pub fn delete_ticket(call: &Call) -> Result<Answer, Refusal> {
    let found = ticket::existing(call, call.int("ticketid"), "Ticket ID not found")?;
    delete(call, &found)?;
    Ok(Answer::success())
}

/// Deletes a ticket that was found, and the shells of those merged into it.
pub fn delete(call: &Call, found: &Fields) -> rusqlite::Result<()> {
    let id = found.int("id");
    for (kind, table) in [("reply", "ticket_replies"), ("note", "ticket_notes")] {
        let of_ticket = format!("FROM {table} WHERE ticket_id = ?1");
        for part in call.db.values(&format!("SELECT id {of_ticket}"), [id])? {
            attachments::forget(call, kind, part)?;
        }
        call.db.run(&format!("DELETE {of_ticket}"), [id])?;
    }
    attachments::forget(call, "ticket", id)?;
    let owner = FieldOwner::Department(found.int("deptid"));
    custom_fields::forget(call.db, owner, id)?;
    call.db.run(
        "DELETE FROM tickets WHERE id = ?1 OR merged_into = ?1",
        [id],
    )?;
    call.log(
        found.int("client_id"),
        &format!("Deleted Ticket - Ticket ID: {id}"),
    )
}

/// Deletes a note.
pub fn delete_ticket_note(call: &Call) -> Result<Answer, Refusal> {
    let id = call.existing("noteid", "ticket_notes", "Note ID Not Found")?;
    attachments::forget(call, "note", id)?;
    call.db
        .run("DELETE FROM ticket_notes WHERE id = ?1", [id])?;
    call.log(0, &format!("Deleted Ticket Note - Note ID: {id}"))?;
    Ok(Answer::success())
}

/// Deletes a reply of the ticket it belongs to.
pub fn delete_ticket_reply(call: &Call) -> Result<Answer, Refusal> {
    call.required("ticketid", "Ticket ID Required")?;
    call.required("replyid", "Reply ID Required")?;
    let found = ticket::existing(call, call.int("ticketid"), "Ticket ID Not Found")?;
    let reply = call.int("replyid");
    let deleted = call.db.run(
        "DELETE FROM ticket_replies WHERE id = ?1 AND ticket_id = ?2",
        [reply, found.int("id")],
    )?;
    if deleted == 0 {
        return refuse("Reply ID Not Found");
    }
    attachments::forget(call, "reply", reply)?;
    call.log(
        found.int("client_id"),
        &format!("Deleted Ticket Reply - Ticket ID: {}", found.int("id")),
    )?;
    Ok(Answer::success())
}
