//! `OpenTicket`.

use super::{attachments, block, ticket};
use crate::sandbox::call::Call;
use crate::sandbox::checks::is_email;
use crate::sandbox::custom_fields::{self, FieldOwner};
use crate::sandbox::refusal::{Refusal, refuse};
use crate::sandbox::reply::Answer;

/// The priorities, the default first.
pub const PRIORITIES: &[&str] = &["Low", "Medium", "High"];

/// How often a number is rolled before it is given up.
const ROLLS: usize = 100;

/// Who a ticket is for; 0 and empty for none.
struct Requestor<'c> {
    client: i64,
    user: i64,
    contact: i64,
    name: &'c str,
    email: &'c str,
}

/// Opens a ticket for a client, one of its users or contacts, or a guest.
pub fn open_ticket(call: &Call) -> Result<Answer, Refusal> {
    let requestor = requestor(call)?;
    let department = call.existing("deptid", "departments", "Department ID not found")?;
    let subject = call.required("subject", "Subject is required")?;
    let message = call.required("message", "Message is required")?;
    let service = service(call, requestor.client)?;
    if requestor.client == 0 {
        if !is_email(requestor.email) {
            return refuse("Email Address Invalid");
        }
        block::refuse_blocked(call, requestor.email)?;
    }
    let created = ticket::created(call, "Ticket creation date cannot be in the future")?;
    let created = created.unwrap_or_else(|| call.moment());
    let (tid, code) = (number(call)?, code(call));
    let is_admins = call.flag("admin");
    let admin = if is_admins {
        ticket::caller_name(call)?
    } else {
        String::new()
    };
    let id = call.db.insert(
        "tickets",
        &[
            ("tid", &tid),
            ("c", &code),
            ("deptid", &department),
            ("client_id", &requestor.client),
            ("contactid", &requestor.contact),
            ("requestor_id", &requestor.user),
            ("name", &requestor.name),
            ("email", &requestor.email),
            ("date", &created),
            ("subject", &subject),
            ("message", &message),
            ("priority", &priority(call)),
            ("admin", &admin),
            ("lastreply", &created),
            ("service", &service),
            ("markdown", &call.flag("markdown")),
            ("prevent_client_closure", &call.flag("preventClientClosure")),
        ],
    )?;
    if let Some(values) = call.serialized("customfields") {
        custom_fields::write(call, FieldOwner::Department(department), id, &values)?;
    }
    attachments::keep(call, "ticket", id)?;
    if !call.flag("noemail") {
        let template = if is_admins {
            "Support Ticket Opened by Admin"
        } else {
            "Support Ticket Opened"
        };
        ticket::mail(call, id, template, message)?;
    }
    call.log(
        requestor.client,
        &format!("New Support Ticket Opened - Ticket ID: {id}"),
    )?;
    Ok(Answer::success()
        .with("id", id.to_string())
        .with("tid", tid)
        .with("c", code))
}

fn requestor<'c>(call: &Call<'c>) -> Result<Requestor<'c>, Refusal> {
    let client = ticket::client(call)?;
    let user = user(call, client)?;
    let contact = if user == 0 {
        ticket::contact(call, client)?
    } else {
        0
    };
    let (name, email) = match client {
        0 => (call.text("name"), call.text("email")),
        _ => ("", ""),
    };
    if client == 0 && (name.is_empty() || email.is_empty()) {
        return refuse("Name and email address are required if not a client");
    }
    Ok(Requestor {
        client,
        user,
        contact,
        name,
        email,
    })
}

/// The user in `userid` when it may act for that client, 0 when none is named.
fn user(call: &Call, client: i64) -> Result<i64, Refusal> {
    let id = call.int("userid");
    if id == 0 || client == 0 {
        return Ok(0);
    }
    let found: Option<i64> = call.db.value(
        "SELECT user_id FROM user_clients WHERE user_id = ?1 AND client_id = ?2",
        [id, client],
    )?;
    found.map_or_else(
        || refuse("The system cannot find the provided user ID."),
        Ok,
    )
}

/// The client's service or domain that the ticket is about: `S1`, `D1` or nothing.
fn service(call: &Call, client: i64) -> Result<String, Refusal> {
    for (param, table, sign, message) in [
        ("serviceid", "services", 'S', "Service ID Not Found"),
        ("domainid", "domains", 'D', "Domain ID Not Found"),
    ] {
        let id = call.int(param);
        if id == 0 {
            continue;
        }
        let sql = format!("SELECT 1 FROM {table} WHERE id = ?1 AND client_id = ?2");
        let found: Option<i64> = call.db.value(&sql, [id, client])?;
        return match found {
            Some(_) => Ok(format!("{sign}{id}")),
            None => refuse(message),
        };
    }
    Ok(String::new())
}

/// The priority asked for; what is none of them is the lowest, as in WHMCS.
fn priority(call: &Call) -> &'static str {
    let asked = call.text("priority");
    PRIORITIES
        .iter()
        .find(|known| known.eq_ignore_ascii_case(asked))
        .unwrap_or(&PRIORITIES[0])
}

/// A new number as customers see it, such as `ABC-123456`.
fn number(call: &Call) -> Result<String, Refusal> {
    for _ in 0..ROLLS {
        let letters = signs(call, b"ABCDEFGHIJKLMNOPQRSTUVWXYZ", 3);
        let tid = format!("{letters}-{:06}", call.db.roll(0, 999_999));
        let taken: Option<i64> = call
            .db
            .value("SELECT 1 FROM tickets WHERE tid = ?1", [&tid])?;
        if taken.is_none() {
            return Ok(tid);
        }
    }
    refuse("Unable to generate ticket number")
}

/// The code that opens the ticket in the client area.
fn code(call: &Call) -> String {
    signs(
        call,
        b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
        8,
    )
}

fn signs(call: &Call, alphabet: &[u8], count: usize) -> String {
    let last = i64::try_from(alphabet.len()).map_or(0, |length| length - 1);
    (0..count)
        .filter_map(|_| usize::try_from(call.db.roll(0, last)).ok())
        .filter_map(|at| alphabet.get(at).copied().map(char::from))
        .collect()
}
