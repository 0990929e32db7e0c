//! Services that were not paid for, or that their client has cancelled.

use jiff::Span;
use rusqlite::params;

use super::options;
use crate::sandbox::call::Call;
use crate::sandbox::cycle::later;
use crate::sandbox::merge_fields;
use crate::sandbox::provision;
use crate::sandbox::refusal::Refusal;

/// The reason of a suspension for want of payment.
const OVERDUE: &str = "Overdue on Payment";

/// Suspends what is overdue by so many days.
///
/// Neither what is said to be spared, for good or until a day, nor what a group's clients have that is exempt.
pub(super) fn suspend_overdue(call: &Call) -> Result<i64, Refusal> {
    if !options::is_on(call.db, "AutoSuspension")? {
        return Ok(0);
    }
    let found = overdue(call, "AutoSuspensionDays", "s.status = 'Active'")?;
    for (id, client) in &found {
        provision::suspend(call.db, *id, OVERDUE)?;
        call.db.run(
            "UPDATE service_addons SET status = 'Suspended' WHERE service_id = ?1 AND status = 'Active'",
            [id],
        )?;
        let fields = merge_fields::of_record(call.db, "product", *id)?.unwrap_or_default();
        let merge: Vec<(&str, &str)> = fields.texts().collect();
        call.mail(*client, "Service Suspension Notification", &merge)?;
        call.log(*client, &format!("Service Suspended - Service ID: {id}"))?;
    }
    Ok(i64::try_from(found.len()).unwrap_or(i64::MAX))
}

/// Ends what is overdue by so many days.
pub(super) fn terminate_overdue(call: &Call) -> Result<i64, Refusal> {
    if !options::is_on(call.db, "AutoTermination")? {
        return Ok(0);
    }
    let found = overdue(
        call,
        "AutoTerminationDays",
        "s.status IN ('Active', 'Suspended')",
    )?;
    for (id, client) in &found {
        provision::terminate(call, *id)?;
        end_addons(call, *id, "Terminated")?;
        call.log(*client, &format!("Service Terminated - Service ID: {id}"))?;
    }
    Ok(i64::try_from(found.len()).unwrap_or(i64::MAX))
}

/// Ends what a client wanted to be ended, at once or when its period is over.
pub(super) fn cancel_requested(call: &Call) -> Result<i64, Refusal> {
    if !options::is_on(call.db, "AutoCancellationRequests")? {
        return Ok(0);
    }
    let found = call.db.rows(
        "SELECT DISTINCT s.id, s.client_id FROM cancel_requests r JOIN services s ON s.id = r.service_id \
         WHERE s.status IN ('Pending', 'Active', 'Suspended') AND (r.type = 'Immediate' OR s.nextduedate <= ?1) \
         ORDER BY s.id",
        [call.today()],
        |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)),
    )?;
    for (id, client) in &found {
        call.db.run(
            "UPDATE services SET status = 'Cancelled', terminationdate = ?2 WHERE id = ?1",
            params![id, call.today()],
        )?;
        end_addons(call, *id, "Cancelled")?;
        let line = format!("Automatic Cancellation Completed - Service ID: {id}");
        call.log(*client, &line)?;
    }
    Ok(i64::try_from(found.len()).unwrap_or(i64::MAX))
}

/// The services that come again and were due so many days ago: each with its client.
fn overdue(call: &Call, setting: &str, condition: &str) -> rusqlite::Result<Vec<(i64, i64)>> {
    let days = options::days(call.db, setting)?;
    let today = call.now.date();
    call.db.rows(
        &format!(
            "SELECT s.id, s.client_id FROM services s JOIN clients c ON c.id = s.client_id \
             LEFT JOIN client_groups g ON g.id = c.groupid \
             WHERE {condition} AND s.nextduedate > '0000-00-00' AND s.nextduedate < ?1 AND s.nextduedate <= ?2 \
             AND s.billingcycle NOT IN ('Free Account', 'One Time') AND s.overideautosuspend = 0 \
             AND s.overidesuspenduntil <= ?1 AND COALESCE(g.susptermexempt, 0) = 0 ORDER BY s.id"
        ),
        params![
            today.to_string(),
            later(today, Span::new().days(-days)).to_string()
        ],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

fn end_addons(call: &Call, service: i64, status: &str) -> rusqlite::Result<()> {
    call.db.run(
        "UPDATE service_addons SET status = ?2, terminationdate = ?3 \
         WHERE service_id = ?1 AND status IN ('Pending', 'Active', 'Suspended')",
        params![service, status, call.today()],
    )?;
    Ok(())
}
