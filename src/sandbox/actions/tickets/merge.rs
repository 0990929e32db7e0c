//! `MergeTicket`: several tickets become one.

use super::{attachments, ticket};
use crate::sandbox::call::Call;
use crate::sandbox::refusal::{Refusal, refuse};
use crate::sandbox::reply::Answer;

/// Moves the messages, notes and files of tickets to another; of the rest a closed shell stays.
pub fn merge_ticket(call: &Call) -> Result<Answer, Refusal> {
    call.required("ticketid", "Ticket ID Required")?;
    let target = ticket::existing(call, call.int("ticketid"), "Ticket ID Invalid")?;
    let (client, target) = (target.int("client_id"), target.int("id"));
    let merged = call.ids("mergeticketids");
    if merged.is_empty() {
        return refuse("Merge Ticket IDs Required");
    }
    let mut invalid = Vec::new();
    for id in &merged {
        if *id == target || ticket::existing(call, *id, "").is_err() {
            invalid.push(id.to_string());
        }
    }
    if !invalid.is_empty() {
        return refuse(format!("Invalid Merge Ticket IDs: {}", invalid.join(", ")));
    }
    for id in merged {
        move_into(call, id, target)?;
        let told = format!("Merged Ticket {id} into Ticket - Ticket ID: {target}");
        call.log(client, &told)?;
    }
    if let Some(subject) = call.given("newsubject") {
        call.db
            .update("tickets", target, &[("subject", &subject)])?;
    }
    Ok(Answer::success().with("ticketid", target.to_string()))
}

/// Moves one ticket; its opening message becomes a reply.
fn move_into(call: &Call, id: i64, target: i64) -> rusqlite::Result<()> {
    call.db.run(
        "INSERT INTO ticket_replies (ticket_id, userid, contactid, requestor_id, name, email, date, message, admin, \
         markdown, attachments_removed) SELECT ?2, client_id, contactid, requestor_id, name, email, date, message, \
         admin, markdown, attachments_removed FROM tickets WHERE id = ?1 AND merged_into = 0",
        [id, target],
    )?;
    let opening: Option<i64> = call.db.value("SELECT MAX(id) FROM ticket_replies", ())?;
    attachments::hand_over(call, ("ticket", id), ("reply", opening.unwrap_or(0)))?;
    for table in ["ticket_replies", "ticket_notes"] {
        let sql = format!("UPDATE {table} SET ticket_id = ?2 WHERE ticket_id = ?1");
        call.db.run(&sql, [id, target])?;
    }
    call.db.run(
        "UPDATE tickets SET lastreply = MAX(lastreply, (SELECT lastreply FROM tickets WHERE id = ?1)) WHERE id = ?2",
        [id, target],
    )?;
    // What was merged into it before is told of the new one too.
    call.db.run(
        "UPDATE tickets SET merged_into = ?2, status = 'Closed', flag = 0 WHERE id = ?1 OR merged_into = ?1",
        [id, target],
    )?;
    Ok(())
}
