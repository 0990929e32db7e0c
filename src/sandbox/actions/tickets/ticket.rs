//! What the actions on tickets share: finding one, who wrote what, dates, mail.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

use super::attachments;
use crate::sandbox::call::Call;
use crate::sandbox::mail::Letter;
use crate::sandbox::merge_fields;
use crate::sandbox::refusal::{Refusal, refuse};
use crate::sandbox::reply::Fields;

/// The ticket of that id, unless it was merged into another; else a refusal in WHMCS's words.
pub fn existing(call: &Call, id: i64, message: &str) -> Result<Fields, Refusal> {
    let ticket = call.db.record(
        "SELECT id, tid, client_id, contactid, name, email, deptid, subject FROM tickets \
         WHERE id = ?1 AND merged_into = 0",
        [id],
    )?;
    ticket.map_or_else(|| refuse(message), Ok)
}

/// The id of the ticket that a call names by `ticketnum` or `ticketid`; 0 when there is none.
pub fn named(call: &Call) -> rusqlite::Result<i64> {
    let Some(number) = call.given("ticketnum") else {
        return Ok(call.int("ticketid"));
    };
    let id = call
        .db
        .value("SELECT id FROM tickets WHERE tid = ?1", [number])?;
    Ok(id.unwrap_or(0))
}

/// The client in `clientid`, 0 when none is named.
pub fn client(call: &Call) -> Result<i64, Refusal> {
    match call.int("clientid") {
        0 => Ok(0),
        _ => call.existing("clientid", "clients", "Client ID Not Found"),
    }
}

/// The contact in `contactid` when it is that client's, 0 when none is named.
pub fn contact(call: &Call, client: i64) -> Result<i64, Refusal> {
    let id = call.int("contactid");
    if id == 0 || client == 0 {
        return Ok(0);
    }
    let found: Option<i64> = call.db.value(
        "SELECT id FROM contacts WHERE id = ?1 AND client_id = ?2",
        [id, client],
    )?;
    found.map_or_else(|| refuse("Contact ID Not Found"), Ok)
}

/// The name of the administrator who calls.
pub fn caller_name(call: &Call) -> rusqlite::Result<String> {
    let name = call.db.value(
        "SELECT firstname || ' ' || lastname FROM admins WHERE id = ?1",
        [call.caller.admin_id],
    )?;
    Ok(name.unwrap_or_default())
}

/// The status of that name as it is spelled here.
pub fn status(call: &Call, name: &str) -> rusqlite::Result<Option<String>> {
    call.db
        .value("SELECT title FROM ticket_statuses WHERE title = ?1", [name])
}

/// The moment in `created`, in either spelling, when it was sent.
pub fn created(call: &Call, in_future: &str) -> Result<Option<String>, Refusal> {
    let Some(text) = call.given("created") else {
        return Ok(None);
    };
    let Some(moment) = moment(text) else {
        return refuse("Invalid Date Format");
    };
    if moment > call.now {
        return refuse(in_future);
    }
    Ok(Some(moment.strftime("%Y-%m-%d %H:%M:%S").to_string()))
}

/// ISO 8601, with or without an offset, or `2026-11-23 14:05:00`.
fn moment(text: &str) -> Option<DateTime> {
    text.parse::<Timestamp>()
        .map(|moment| Offset::UTC.to_datetime(moment))
        .or_else(|_| text.parse::<DateTime>())
        .ok()
}

/// Who wrote a ticket or a reply, by table: names, addresses and kind.
pub fn author(call: &Call, table: &str, id: i64) -> rusqlite::Result<Fields> {
    let author = call.db.record(
        &format!(
            "SELECT COALESCE(k.firstname || ' ' || k.lastname, c.fullname, t.name) AS name, \
             COALESCE(k.email, c.email, t.email) AS email, COALESCE(c.fullname, '') AS owner_name, \
             CASE WHEN t.admin <> '' THEN t.admin \
             ELSE COALESCE(k.firstname || ' ' || k.lastname, u.fullname, c.fullname, t.name) END AS requestor_name, \
             CASE WHEN t.admin <> '' THEN '' \
             ELSE COALESCE(k.email, u.email, c.email, t.email) END AS requestor_email, \
             CASE WHEN t.admin <> '' THEN 'Operator' WHEN k.id IS NOT NULL THEN 'Sub-account' \
             WHEN c.id IS NULL THEN 'Guest' WHEN u.id IS NULL OR o.owner = 1 THEN 'Owner' \
             ELSE 'Authorized User' END AS requestor_type \
             FROM {table} t LEFT JOIN clients c ON c.id = t.userid LEFT JOIN contacts k ON k.id = t.contactid \
             LEFT JOIN users u ON u.id = t.requestor_id \
             LEFT JOIN user_clients o ON o.user_id = u.id AND o.client_id = c.id WHERE t.id = ?1"
        ),
        [id],
    )?;
    Ok(author.unwrap_or_default())
}

/// Fills in the fields of `author` and the attachments that a record has places for.
pub fn complete(
    call: &Call,
    record: &mut Fields,
    author: &Fields,
    kind: &str,
    id: i64,
) -> rusqlite::Result<()> {
    for (name, value) in author.iter() {
        if record.get(name).is_some() {
            record.set(name, value.clone());
        }
    }
    let files = attachments::listed(call, kind, id)?;
    record.set("attachment", files.joined);
    if record.get("attachments").is_some() {
        record.set("attachments", files.files);
    }
    Ok(())
}

/// Records a mail on a ticket to whoever opened it, with copies to the ticket's own list.
pub fn mail(call: &Call, id: i64, template: &str, message: &str) -> rusqlite::Result<()> {
    let ticket = merge_fields::of_record(call.db, "support", id)?.unwrap_or_default();
    let mut merge: Vec<(&str, &str)> = vec![("ticket_message", message)];
    merge.extend(ticket.texts());
    let client = ticket.int("client_id");
    let copies: Option<String> = call
        .db
        .value("SELECT cc FROM tickets WHERE id = ?1", [id])?;
    let copies = copies.unwrap_or_default();
    call.with_template(template, &merge, |letter| {
        let letter = Letter {
            copies: &copies,
            ..*letter
        };
        if client > 0 && ticket.int("contactid") == 0 {
            return call.send(client, &letter);
        }
        let author = author(call, "tickets", id)?;
        let recipient = format!("{} <{}>", author.text("name"), author.text("email"));
        call.post(client, &recipient, "", &letter)
    })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::moment;

    #[test]
    fn a_moment_is_read_in_either_spelling() {
        for (text, read) in [
            ("2026-01-02 03:04:05", Some("2026-01-02T03:04:05")),
            ("2026-01-02T03:04:05", Some("2026-01-02T03:04:05")),
            ("2026-01-02T03:04:05Z", Some("2026-01-02T03:04:05")),
            ("2026-01-02T03:04:05+02:00", Some("2026-01-02T01:04:05")),
            ("2026-13-02 03:04:05", None),
            ("yesterday", None),
        ] {
            let moment = moment(text).map(|moment| moment.to_string());
            assert_eq!(moment.as_deref(), read, "{text}");
        }
    }
}
