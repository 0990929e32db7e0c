//! `GetTicket`: a ticket with its messages and notes.

use super::{notes, ticket};
use crate::sandbox::call::Call;
use crate::sandbox::list::direction;
use crate::sandbox::refusal::{Refusal, refuse};
use crate::sandbox::reply::{Answer, Fields, wrapped};

const OPENING: &str = "SELECT '0' AS replyid, client_id AS \"userid:text\", contactid AS \"contactid:text\", \
    '' AS name, '' AS email, '' AS requestor_name, '' AS requestor_email, '' AS requestor_type, date, message, \
    '' AS attachment, '' AS attachments, attachments_removed AS \"attachments_removed:bool\", admin \
    FROM tickets WHERE id = ?1";

const REPLIES: &str = "SELECT id AS \"replyid:text\", userid AS \"userid:text\", contactid AS \"contactid:text\", \
    name, email, '' AS requestor_name, '' AS requestor_email, '' AS requestor_type, date, message, \
    '' AS attachment, '' AS attachments, attachments_removed AS \"attachments_removed:bool\", admin, \
    rating AS \"rating:text\" FROM ticket_replies WHERE ticket_id = ?1 ORDER BY date, id";

const NOTE: &str = "id AS \"noteid:text\", date, message, '' AS attachment, '' AS attachments, \
    attachments_removed AS \"attachments_removed:bool\", admin";

/// A ticket by id or number; one that was merged is told as the ticket it is part of now.
pub fn get_ticket(call: &Call) -> Result<Answer, Refusal> {
    let id = surviving(call, ticket::named(call)?)?;
    let found = call.db.record(
        "SELECT t.id AS \"ticketid:text\", t.id AS \"id:text\", t.tid, t.c, t.deptid AS \"deptid:text\", COALESCE(d.name, '') AS deptname, \
         t.client_id AS \"userid:text\", t.contactid AS \"contactid:text\", '' AS name, '' AS email, \
         '' AS requestor_name, '' AS requestor_email, '' AS requestor_type, t.cc, t.date, t.subject, t.status, \
         t.priority, t.admin, t.lastreply, t.flag AS \"flag:text\", t.service \
         FROM tickets t LEFT JOIN departments d ON d.id = t.deptid WHERE t.id = ?1",
        [id],
    )?;
    let Some(mut found) = found else {
        return refuse("Ticket ID Not Found");
    };
    let author = ticket::author(call, "tickets", id)?;
    for (name, value) in author.iter() {
        if found.get(name).is_some() {
            found.set(name, value.clone());
        }
    }
    let mut messages = messages(call, id, &author)?;
    if direction(call.text("repliessort")) == "DESC" {
        messages.reverse();
    }
    let mut answer = Answer::success();
    answer.extend(found);
    Ok(answer
        .with("replies", wrapped("reply", messages))
        .with("notes", wrapped("note", notes::of_ticket(call, id, NOTE)?)))
}

/// The ticket itself, or the one it was merged into.
fn surviving(call: &Call, id: i64) -> rusqlite::Result<i64> {
    let survivor = call.db.value(
        "SELECT CASE merged_into WHEN 0 THEN id ELSE merged_into END FROM tickets WHERE id = ?1",
        [id],
    )?;
    Ok(survivor.unwrap_or(0))
}

/// The opening message and the replies, oldest first.
fn messages(call: &Call, id: i64, opener: &Fields) -> rusqlite::Result<Vec<Fields>> {
    let mut messages = call.db.records(OPENING, [id])?;
    for message in &mut messages {
        ticket::complete(call, message, opener, "ticket", id)?;
    }
    for mut reply in call.db.records(REPLIES, [id])? {
        let number = reply.text("replyid").parse().unwrap_or(0);
        let author = ticket::author(call, "ticket_replies", number)?;
        let mut requestor = Fields::default();
        // A reply names nobody but a guest by `name`; the rest is told of the requestor.
        for (name, value) in author
            .iter()
            .filter(|(name, _)| name.starts_with("requestor"))
        {
            requestor.push(name, value.clone());
        }
        ticket::complete(call, &mut reply, &requestor, "reply", number)?;
        messages.push(reply);
    }
    Ok(messages)
}
