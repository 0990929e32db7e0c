//! `AddBannedIp`.

use jiff::ToSpan as _;

use crate::sandbox::call::Call;
use crate::sandbox::refusal::{Refusal, refuse};
use crate::sandbox::reply::Answer;

/// Bans an address for some days, or until a moment; the sandbox goes on answering it.
pub fn add_banned_ip(call: &Call) -> Result<Answer, Refusal> {
    let ip = call.required("ip", "Parameter ip is required")?;
    let reason = call.required("reason", "Parameter reason is required")?;
    let Some(expires) = expiry(call) else {
        return refuse("Parameter days is required");
    };
    let ban = call.db.insert(
        "banned_ips",
        &[("ip", &ip), ("reason", &reason), ("expires", &expires)],
    )?;
    call.log(0, &format!("Banned IP Added: {ip}"))?;
    Ok(Answer::success().with("banid", ban.to_string()))
}

/// When a ban ends: days count more than a moment that was sent beside them.
fn expiry(call: &Call) -> Option<String> {
    match call.int("days") {
        days if days > 0 => {
            let end = call.now.checked_add(days.clamp(1, 36_500).days()).ok()?;
            Some(end.strftime("%Y-%m-%d %H:%M:%S").to_string())
        }
        _ => call.given("expires").map(str::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use crate::sandbox::testing::{answer, count, json, store};

    #[test]
    fn a_ban_lasts_for_its_days_or_until_its_moment() {
        let store = store();
        let query = "ip=192.0.2.1&reason=Spam&days=3&expires=2001-01-01+00:00:00";
        assert_eq!(
            json(&store, "AddBannedIp", query),
            r#"{"result":"success","banid":1}"#
        );
        let query = "ip=192.0.2.2&reason=Spam&expires=2031-01-01+00:00:00";
        answer(&store, "AddBannedIp", query);
        let sql = "SELECT COUNT(*) FROM banned_ips WHERE reason = 'Spam' AND (expires = '2031-01-01 00:00:00' \
                   OR expires BETWEEN datetime(@now, '+2 days') AND datetime(@now, '+4 days'))";
        assert_eq!(count(&store, sql), 2);
    }

    #[test]
    fn a_ban_needs_an_address_a_reason_and_an_end() {
        let store = store();
        for (query, missing) in [
            ("", "ip"),
            ("ip=192.0.2.1", "reason"),
            ("ip=192.0.2.1&reason=x", "days"),
        ] {
            let message = format!("Parameter {missing} is required");
            assert_eq!(
                answer(&store, "AddBannedIp", query).text("message"),
                message
            );
        }
        assert_eq!(count(&store, "SELECT COUNT(*) FROM banned_ips"), 0);
    }
}
