//! Tickets that nobody has answered for long.

use jiff::Span;
use rusqlite::params;

use super::options;
use crate::sandbox::call::{Call, intval};
use crate::sandbox::clock::spelled;
use crate::sandbox::merge_fields;
use crate::sandbox::refusal::Refusal;

/// Closes tickets that were answered so many hours ago and heard nothing since.
pub(super) fn close_inactive(call: &Call) -> Result<i64, Refusal> {
    let hours = intval(&options::text(call.db, "CloseInactiveTickets")?).clamp(0, 87_600);
    if hours == 0 {
        return Ok(0);
    }
    let since = call.now.saturating_sub(Span::new().hours(hours));
    let found = call.db.rows(
        "SELECT id, client_id FROM tickets WHERE status = 'Answered' AND lastreply <= ?1 AND merged_into = 0 ORDER BY id",
        params![spelled(since).to_string()],
        |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)),
    )?;
    for (id, client) in &found {
        call.db
            .run("UPDATE tickets SET status = 'Closed' WHERE id = ?1", [id])?;
        let fields = merge_fields::of_record(call.db, "support", *id)?.unwrap_or_default();
        let merge: Vec<(&str, &str)> = fields.texts().collect();
        call.mail(*client, "Support Ticket Auto Close Notification", &merge)?;
    }
    Ok(i64::try_from(found.len()).unwrap_or(i64::MAX))
}
