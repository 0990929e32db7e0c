//! Domains that are about to expire, and those that have.

use jiff::Span;
use jiff::civil::Date;
use rusqlite::params;

use super::options;
use crate::sandbox::call::{Call, intval};
use crate::sandbox::cycle::later;
use crate::sandbox::merge_fields;
use crate::sandbox::refusal::Refusal;

/// Tells of domains that expire in as many days as one of the setting's numbers.
pub(super) fn send_notices(call: &Call) -> Result<i64, Refusal> {
    let setting = options::text(call.db, "DomainRenewalNotices")?;
    let mut sent = 0;
    for days in setting.split(',').map(intval).filter(|days| *days > 0) {
        let expiry = later(call.now.date(), Span::new().days(days.min(3650)));
        let found = call.db.rows(
            "SELECT id, client_id FROM domains WHERE status = 'Active' AND expirydate = ?1 \
             AND donotrenew = 0 ORDER BY id",
            [expiry.to_string()],
            |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)),
        )?;
        for (id, client) in found {
            let fields = merge_fields::of_record(call.db, "domain", id)?.unwrap_or_default();
            let merge: Vec<(&str, &str)> = fields.texts().collect();
            call.mail(client, "Upcoming Domain Renewal Notice", &merge)?;
            sent += 1;
        }
    }
    Ok(sent)
}

/// Lets domains run out: into the grace and redemption periods that their extension has, then for good.
pub(super) fn expire(call: &Call) -> Result<i64, Refusal> {
    let today = call.now.date();
    let found = call.db.rows(
        "SELECT d.id, d.client_id, d.status, d.expirydate, COALESCE(t.grace_days, 0), COALESCE(t.redemption_days, 0) \
         FROM domains d LEFT JOIN tlds t ON t.extension = substr(d.domain, instr(d.domain, '.')) \
         WHERE d.status IN ('Active', 'Grace', 'Redemption') AND d.expirydate > '0000-00-00' AND d.expirydate < ?1 \
         ORDER BY d.id",
        [today.to_string()],
        |row| {
            Ok((
                (row.get::<_, i64>(0)?, row.get::<_, i64>(1)?),
                row.get::<_, String>(2)?,
                row.get::<_, String>(3)?,
                (row.get::<_, i64>(4)?, row.get::<_, i64>(5)?),
            ))
        },
    )?;
    let mut changed = 0;
    for ((id, client), status, expiry, periods) in found {
        let Ok(expiry) = expiry.parse::<Date>() else {
            continue;
        };
        let now = stage(today, expiry, periods);
        if now == status {
            continue;
        }
        call.db.run(
            "UPDATE domains SET status = ?2 WHERE id = ?1",
            params![id, now],
        )?;
        let line = format!("Domain Status Changed to {now} - Domain ID: {id}");
        call.log(client, &line)?;
        changed += 1;
    }
    Ok(changed)
}

/// The status of a domain that has expired, by the days of its grace and redemption periods.
fn stage(today: Date, expiry: Date, (grace, redemption): (i64, i64)) -> &'static str {
    let until = |days: i64| later(expiry, Span::new().days(days.clamp(0, 3650)));
    if today <= until(grace) {
        "Grace"
    } else if today <= until(grace.saturating_add(redemption)) {
        "Redemption"
    } else {
        "Expired"
    }
}
