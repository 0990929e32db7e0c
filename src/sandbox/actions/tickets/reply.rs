//! `AddTicketReply`.

use super::{attachments, ticket};
use crate::sandbox::call::Call;
use crate::sandbox::checks::is_email;
use crate::sandbox::custom_fields::{self, FieldOwner};
use crate::sandbox::refusal::{Refusal, refuse};
use crate::sandbox::reply::Answer;

/// Replies as a client, one of its contacts, an administrator or a guest.
pub fn add_ticket_reply(call: &Call) -> Result<Answer, Refusal> {
    let found = ticket::existing(call, call.int("ticketid"), "Ticket ID not found")?;
    let id = found.int("id");
    let client = ticket::client(call)?;
    let contact = ticket::contact(call, client)?;
    let admin = admin(call)?;
    let is_guests = client == 0 && admin.is_empty();
    let (name, email) = if is_guests {
        (call.text("name"), call.text("email"))
    } else {
        ("", "")
    };
    if is_guests && (name.is_empty() || email.is_empty()) {
        return refuse("Name and email address are required if not a client");
    }
    let message = call.required("message", "Message is required")?;
    if is_guests && !is_email(email) {
        return refuse("Email Address Invalid");
    }
    let status = status(call, &admin)?;
    let created = ticket::created(call, "Reply creation date cannot be in the future")?;
    let created = created.unwrap_or_else(|| call.moment());
    let reply = call.db.insert(
        "ticket_replies",
        &[
            ("ticket_id", &id),
            ("userid", &client),
            ("contactid", &contact),
            ("name", &name),
            ("email", &email),
            ("date", &created),
            ("message", &message),
            ("admin", &admin),
            ("markdown", &call.flag("markdown")),
        ],
    )?;
    call.db.run(
        "UPDATE tickets SET status = ?2, lastreply = MAX(lastreply, ?3) WHERE id = ?1",
        rusqlite::params![id, status, created],
    )?;
    if let Some(values) = call.serialized("customfields") {
        let owner = FieldOwner::Department(found.int("deptid"));
        custom_fields::write(call, owner, id, &values)?;
    }
    attachments::keep(call, "reply", reply)?;
    // Who asks hears of the answer; staff hear of the rest, and have no mail here.
    if !admin.is_empty() && !call.flag("noemail") {
        ticket::mail(call, id, "Support Ticket Reply", message)?;
    }
    call.log(
        found.int("client_id"),
        &format!("New Ticket Response made - Ticket ID: {id}"),
    )?;
    Ok(Answer::success())
}

/// The full name behind `adminusername`, or the text itself when nobody has it.
///
/// It wins over a client who is named too, as whose the reply is then only kept.
fn admin(call: &Call) -> rusqlite::Result<String> {
    let username = call.text("adminusername");
    let name = call.db.value(
        "SELECT firstname || ' ' || lastname FROM admins WHERE username = ?1",
        [username],
    )?;
    Ok(name.unwrap_or_else(|| username.to_owned()))
}

/// The status asked for, or the one a reply of that side leads to.
fn status(call: &Call, admin: &str) -> Result<String, Refusal> {
    match call.given("status") {
        Some(name) => {
            ticket::status(call, name)?.map_or_else(|| refuse("Invalid Ticket Status"), Ok)
        }
        None if admin.is_empty() => Ok("Customer-Reply".to_owned()),
        None => Ok("Answered".to_owned()),
    }
}
