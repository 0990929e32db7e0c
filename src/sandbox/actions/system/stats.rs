//! `GetStats`: the figures on the first page of the admin area.

use jiff::ToSpan as _;

use super::todo;
use crate::sandbox::actions::quotes;
use crate::sandbox::actions::tickets::{ByStatus, Scope};
use crate::sandbox::call::Call;
use crate::sandbox::money::{DEFAULT_RATE, Money};
use crate::sandbox::refusal::Refusal;
use crate::sandbox::reply::{Answer, Fields, Value};

const MAX_DAYS: i64 = 90;

/// The statuses orders are counted by on a day.
const ORDER_STATUSES: &[&str] = &["Cancelled", "Pending", "Fraud", "Active"];

/// What has no table here yet, so that there is none of it.
const NONE_OF_THESE: &[&str] = &["networkissues_open"];

const IN: &str = "amountin";
const OUT: &str = "amountout + fees";
const NET: &str = "amountin - amountout - fees";

/// Income, orders and requests; day by day when asked for.
pub fn get_stats(call: &Call) -> Result<Answer, Refusal> {
    let today = call.today();
    let yesterday = (call.now.date() - 1.day()).to_string();
    let mut stats = Answer::success();
    for (name, start) in [
        ("income_today", today.as_str()),
        ("income_thismonth", &today[..7]),
        ("income_thisyear", &today[..4]),
        ("income_alltime", ""),
    ] {
        let income = turnover(call, NET, start)?;
        stats.push(name, format_amount(call, income)?);
    }
    stats.push("orders_pending", orders(call, "Pending", "")?);
    for (when, start) in [("today", &today), ("yesterday", &yesterday)] {
        for status in ORDER_STATUSES {
            let name = format!("orders_{when}_{}", status.to_lowercase());
            stats.push(&name, orders(call, status, start)?);
        }
        stats.push(&format!("orders_{when}_total"), orders(call, "", start)?);
    }
    stats.push("orders_thismonth_total", orders(call, "", &today[..7])?);
    stats.push("orders_thisyear_total", orders(call, "", &today[..4])?);
    tickets(call, &mut stats)?;
    let cancellations: Option<i64> = call.db.value(
        "SELECT COUNT(*) FROM cancel_requests r JOIN services s ON s.id = r.service_id \
         WHERE s.status NOT IN ('Cancelled', 'Terminated')",
        (),
    )?;
    stats.push("cancellations_pending", cancellations.unwrap_or(0));
    let due: Option<i64> = call.db.value(todo::DUE, [today.as_str()])?;
    stats.push("todoitems_due", due.unwrap_or(0));
    for name in NONE_OF_THESE {
        stats.push(name, 0_i64);
    }
    let online: Option<i64> = call.db.value(
        "SELECT COUNT(*) FROM admin_sessions s JOIN admins a ON a.id = s.admin_id WHERE a.disabled = 0",
        (),
    )?;
    stats.push("staff_online", online.unwrap_or(0));
    stats.push("quotes_valid", quotes::valid(call)?);
    let uninvoiced: Option<i64> = call.db.value(
        "SELECT COUNT(*) FROM billable_items WHERE invoicecount = 0",
        (),
    )?;
    stats.push("billableitems_uninvoiced", uninvoiced.unwrap_or(0));
    let days = call.int("timeline_days").clamp(0, MAX_DAYS);
    stats.push("timeline_data", timeline(call, days)?);
    Ok(stats)
}

/// Tickets of every department, by what they wait for and by status.
fn tickets(call: &Call, stats: &mut Answer) -> rusqlite::Result<()> {
    let all = Scope::All;
    for (name, condition, value) in [
        ("tickets_allactive", Scope::ACTIVE, 1),
        ("tickets_awaitingreply", Scope::AWAITING, 1),
        (
            "tickets_flaggedtickets",
            Scope::FLAGGED,
            call.caller.admin_id,
        ),
    ] {
        stats.push(name, all.count(call, condition, value)?);
    }
    for ByStatus { key, count, .. } in all.by_status(call, "id")? {
        stats.push(&format!("tickets_{key}"), count);
    }
    Ok(())
}

/// How many tickets were opened on a day.
fn opened(call: &Call, day: &str) -> rusqlite::Result<i64> {
    let count = call.db.value(
        "SELECT COUNT(*) FROM tickets WHERE date >= ?1 AND date < ?2",
        [day, &end(day)],
    )?;
    Ok(count.unwrap_or(0))
}

/// How many orders there are of a status, or of any, whose date starts so.
fn orders(call: &Call, status: &str, start: &str) -> rusqlite::Result<i64> {
    let end = end(start);
    let count = match status {
        "" => call.db.value(
            "SELECT COUNT(*) FROM orders WHERE date >= ?1 AND date < ?2",
            [start, &end],
        ),
        status => call.db.value(
            "SELECT COUNT(*) FROM orders WHERE date >= ?1 AND date < ?2 AND status = ?3",
            [start, &end, status],
        ),
    };
    Ok(count?.unwrap_or(0))
}

/// What no moment that starts so comes up to; a range can use an index.
fn end(start: &str) -> String {
    format!("{start}~")
}

/// A sum over the transactions whose date starts so, in the default currency by the rate each of them has.
///
/// Summed by rate first, of which there are few: each is a range of one index, the next one found by a search.
fn turnover(call: &Call, what: &str, start: &str) -> rusqlite::Result<Money> {
    let sums = call.db.rows(
        &format!(
            "WITH RECURSIVE rates (rate) AS (SELECT MIN(rate) FROM transactions UNION ALL \
             SELECT (SELECT MIN(rate) FROM transactions WHERE rate > rates.rate) FROM rates WHERE rate IS NOT NULL) \
             SELECT rate, (SELECT COALESCE(SUM({what}), 0) FROM transactions t \
             WHERE t.rate = rates.rate AND date >= ?1 AND date < ?2) FROM rates WHERE rate IS NOT NULL"
        ),
        [start, &end(start)],
        |row| Ok((row.get::<_, String>(0)?, row.get::<_, Money>(1)?)),
    )?;
    let sums = sums.iter();
    Ok(sums
        .map(|(rate, sum)| sum.exchanged(rate, DEFAULT_RATE))
        .sum())
}

/// An amount with the signs of the default currency.
fn format_amount(call: &Call, amount: Money) -> rusqlite::Result<String> {
    let signs: Option<(String, String)> = call.db.row(
        "SELECT prefix, suffix FROM currencies ORDER BY is_default DESC, id LIMIT 1",
        (),
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    let (prefix, suffix) = signs.unwrap_or_default();
    Ok(format!("{prefix}{amount}{suffix}"))
}

/// Figures by day, today first.
fn timeline(call: &Call, days: i64) -> rusqlite::Result<Fields> {
    let days: Vec<String> = (0..days)
        .map(|ago| (call.now.date() - ago.days()).to_string())
        .collect();
    let each = |figure: &dyn Fn(&str) -> rusqlite::Result<Value>| -> rusqlite::Result<Fields> {
        let mut figures = Fields::default();
        for day in &days {
            figures.push(day, figure(day)?);
        }
        Ok(figures)
    };
    Ok(Fields::default()
        .with(
            "new_orders",
            each(&|day| Ok(orders(call, "", day)?.into()))?,
        )
        .with(
            "accepted_orders",
            each(&|day| Ok(orders(call, "Active", day)?.into()))?,
        )
        .with("income", each(&|day| Ok(turnover(call, IN, day)?.into()))?)
        .with(
            "expenditure",
            each(&|day| Ok(turnover(call, OUT, day)?.into()))?,
        )
        .with("new_tickets", each(&|day| Ok(opened(call, day)?.into()))?))
}

#[cfg(test)]
mod tests {
    use crate::sandbox::reply::{Fields, Value};
    use crate::sandbox::testing::{answer, change, is_complete, store};

    #[test]
    fn income_is_summed_in_the_default_currency() {
        let store = store();
        let income = |name| answer(&store, "GetStats", "").text(name).to_owned();
        // 55.00 EUR at 0.92 to the dollar.
        assert_eq!(income("income_alltime"), "$59.78 USD");
        change(
            &store,
            "INSERT INTO transactions (client_id, gateway, date, description, amountin, fees) \
             VALUES (3, 'paypal', datetime(@now), 'x', 1000, 50)",
        );
        assert_eq!(income("income_today"), "$9.50 USD");
        assert_eq!(income("income_alltime"), "$69.28 USD");
    }

    #[test]
    fn orders_are_counted_by_status_and_day() {
        let store = store();
        change(
            &store,
            "UPDATE orders SET date = datetime(@now) WHERE id = 3",
        );
        change(
            &store,
            "UPDATE orders SET date = datetime(@now, '-1 day') WHERE id = 4",
        );
        answer(&store, "AddCancelRequest", "serviceid=1");
        answer(&store, "AddCancelRequest", "serviceid=4");
        let stats = answer(&store, "GetStats", "");
        for (name, number) in [
            ("orders_pending", 1),
            ("orders_today_pending", 1),
            ("orders_today_active", 0),
            ("orders_today_total", 1),
            ("orders_yesterday_cancelled", 1),
            ("orders_yesterday_total", 1),
            ("cancellations_pending", 1),
        ] {
            assert_eq!(stats.get(name), Some(&Value::Int(number)), "{name}");
        }
    }

    #[test]
    fn tickets_are_counted_as_they_stand() {
        let store = store();
        let open = "clientid=1&deptid=1&subject=x&message=x";
        answer(&store, "OpenTicket", open);
        answer(&store, "OpenTicket", open);
        answer(&store, "UpdateTicket", "ticketid=2&status=On+Hold&flag=1");
        let stats = answer(&store, "GetStats", "timeline_days=1");
        for (name, number) in [
            ("tickets_allactive", 1),
            ("tickets_awaitingreply", 1),
            ("tickets_flaggedtickets", 1),
            ("tickets_open", 1),
            ("tickets_onhold", 1),
            ("tickets_closed", 0),
        ] {
            assert_eq!(stats.get(name), Some(&Value::Int(number)), "{name}");
        }
        let details = answer(&store, "GetClientsDetails", "clientid=1&stats=1");
        let Some(Value::Map(stats)) = details.get("stats") else {
            panic!("no stats");
        };
        assert_eq!(
            (stats.int("numtickets"), stats.int("numactivetickets")),
            (2, 1)
        );
    }

    #[test]
    fn a_timeline_has_as_many_days_as_were_asked_for() {
        let store = store();
        let days = |query| {
            let reply = answer(&store, "GetStats", query);
            let Some(Value::Map(data)) = reply.get("timeline_data") else {
                panic!("no timeline");
            };
            match data.get("income") {
                Some(Value::Map(income)) => Fields::iter(income).count(),
                other => panic!("income is {other:?}"),
            }
        };
        is_complete("GetStats", &answer(&store, "GetStats", "timeline_days=7"));
        assert_eq!(days("timeline_days=7"), 7);
        assert_eq!(days(""), 0);
        assert_eq!(days("timeline_days=-1"), 0);
        assert_eq!(days("timeline_days=900"), 90);
    }
}
