//! The `stats` of `GetClientsDetails`: what a client owes, has paid and has.

use rusqlite::params;

use crate::sandbox::call::Call;
use crate::sandbox::money::Money;
use crate::sandbox::reply::Fields;

/// Names of a status's count and sum, in the reference's order, with the invoices they take.
const BY_STATUS: &[(&str, &str, &str)] = &[
    (
        "numoverdueinvoices",
        "overdueinvoicesbalance",
        "status = 'Unpaid' AND duedate < ?2",
    ),
    (
        "numDraftInvoices",
        "draftInvoicesBalance",
        "status = 'Draft'",
    ),
    (
        "numunpaidinvoices",
        "unpaidinvoicesamount",
        "status = 'Unpaid'",
    ),
    ("numpaidinvoices", "paidinvoicesamount", "status = 'Paid'"),
    (
        "numcancelledinvoices",
        "cancelledinvoicesamount",
        "status = 'Cancelled'",
    ),
    (
        "numrefundedinvoices",
        "refundedinvoicesamount",
        "status = 'Refunded'",
    ),
    (
        "numcollectionsinvoices",
        "collectionsinvoicesamount",
        "status = 'Collections'",
    ),
    (
        "numpaymentpendinginvoices",
        "paymentpendinginvoicesamount",
        "status = 'Payment Pending'",
    ),
];

/// Names of a product type's active and total count.
const BY_TYPE: &[(&str, &str, &str)] = &[
    (
        "productsnumactivehosting",
        "productsnumhosting",
        "hostingaccount",
    ),
    (
        "productsnumactivereseller",
        "productsnumreseller",
        "reselleraccount",
    ),
    ("productsnumactiveservers", "productsnumservers", "server"),
    ("productsnumactiveother", "productsnumother", "other"),
];

/// The statistics of a client.
pub fn read(call: &Call, client: i64) -> rusqlite::Result<Fields> {
    let (prefix, suffix, credit) = currency(call, client)?;
    let shown = |amount: Money| format!("{prefix}{amount}{suffix}");
    let (income, expenses) = turnover(call, client)?;
    let (due, balance) = invoices(call, client, "status IN ('Unpaid', 'Payment Pending')")?;
    let mut stats = Fields::default()
        .with("numdueinvoices", due)
        .with("dueinvoicesbalance", shown(balance))
        .with("incredit", credit > Money::ZERO)
        .with("creditbalance", shown(credit))
        .with("grossRevenue", shown(income))
        .with("expenses", shown(expenses))
        .with("income", shown(income - expenses));
    for (count_name, sum_name, condition) in BY_STATUS {
        let (count, sum) = invoices(call, client, condition)?;
        stats.push(count_name, count);
        stats.push(sum_name, shown(sum));
    }
    products(call, client, &mut stats)?;
    let (active, domains) = active_and_all(
        call,
        "SELECT COALESCE(SUM(status = 'Active'), 0), COUNT(*) FROM domains WHERE client_id = ?1",
        client,
        "",
    )?;
    stats.push("numactivedomains", active);
    stats.push("numdomains", domains);
    let (accepted, quotes) = active_and_all(
        call,
        "SELECT COALESCE(SUM(stage = 'Accepted'), 0), COUNT(*) FROM quotes WHERE client_id = ?1",
        client,
        "",
    )?;
    stats.push("numacceptedquotes", accepted);
    stats.push("numquotes", quotes);
    let (active, tickets) = active_and_all(
        call,
        "SELECT COALESCE(SUM(status IN (SELECT title FROM ticket_statuses WHERE is_active)), 0), COUNT(*) \
         FROM tickets WHERE client_id = ?1 AND merged_into = 0",
        client,
        "",
    )?;
    stats.push("numtickets", tickets);
    stats.push("numactivetickets", active);
    let referred: Option<i64> = call.db.value(
        "SELECT COUNT(*) FROM affiliates a JOIN services s ON s.affiliate_id = a.id AND s.affiliate_id <> 0 \
         WHERE a.client_id = ?1",
        [client],
    )?;
    stats.push("numaffiliatesignups", referred.unwrap_or(0));
    let affiliate: Option<i64> = call
        .db
        .value("SELECT 1 FROM affiliates WHERE client_id = ?1", [client])?;
    stats.push("isAffiliate", affiliate.is_some());
    Ok(stats)
}

/// The signs around an amount of the client's, and its credit.
fn currency(call: &Call, client: i64) -> rusqlite::Result<(String, String, Money)> {
    let row = call.db.row(
        "SELECT m.prefix, m.suffix, c.credit FROM clients c JOIN currencies m ON m.id = c.currency WHERE c.id = ?1",
        [client],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    )?;
    Ok(row.unwrap_or_default())
}

/// What came in, and what went out in fees and refunds.
fn turnover(call: &Call, client: i64) -> rusqlite::Result<(Money, Money)> {
    let row = call.db.row(
        "SELECT COALESCE(SUM(amountin), 0), COALESCE(SUM(fees + amountout), 0) FROM transactions WHERE client_id = ?1",
        [client],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    Ok(row.unwrap_or_default())
}

/// How many invoices a condition holds for, and their total less what was paid by credit.
fn invoices(call: &Call, client: i64, condition: &str) -> rusqlite::Result<(i64, Money)> {
    let row = call.db.row(
        // The condition may or may not use the day, so the statement always does.
        &format!(
            "SELECT COUNT(*), COALESCE(SUM(total), 0) FROM invoices WHERE client_id = ?1 AND ?2 <> '' AND {condition}"
        ),
        params![client, call.today()],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    Ok(row.unwrap_or_default())
}

fn products(call: &Call, client: i64, stats: &mut Fields) -> rusqlite::Result<()> {
    let (mut all_active, mut all) = (0, 0);
    for (active_name, total_name, kind) in BY_TYPE {
        let (active, total) = active_and_all(
            call,
            "SELECT COALESCE(SUM(s.status = 'Active'), 0), COUNT(*) FROM services s \
             JOIN products p ON p.id = s.product_id WHERE s.client_id = ?1 AND p.type = ?2",
            client,
            kind,
        )?;
        stats.push(active_name, active);
        stats.push(total_name, total);
        all_active += active;
        all += total;
    }
    stats.push("productsnumactive", all_active);
    stats.push("productsnumtotal", all);
    Ok(())
}

fn active_and_all(call: &Call, sql: &str, client: i64, kind: &str) -> rusqlite::Result<(i64, i64)> {
    let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
    let row = match kind {
        "" => call.db.row(sql, [client], read),
        kind => call.db.row(sql, params![client, kind], read),
    };
    Ok(row?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use crate::sandbox::api::answer_fields;
    use crate::sandbox::reply::{Fields, Value};
    use crate::sandbox::store::Store;

    fn stats(client: i64) -> Fields {
        let store = Store::open(None, 1, None).expect("opens");
        let query = format!("action=GetClientsDetails&clientid={client}&stats=1");
        match answer_fields(&store, &query).get("stats") {
            Some(Value::Map(stats)) => stats.clone(),
            other => panic!("stats are {other:?}"),
        }
    }

    #[test]
    fn amounts_carry_the_signs_of_the_clients_currency() {
        let zoe = stats(1);
        assert_eq!(zoe.text("creditbalance"), "\u{20ac}25.00 EUR");
        assert_eq!(zoe.get("incredit"), Some(&Value::Bool(true)));
        assert_eq!(zoe.text("grossRevenue"), "\u{20ac}55.00 EUR");
        assert_eq!(zoe.int("numpaidinvoices"), 1);
        assert_eq!(zoe.int("numactivedomains"), 1);
    }

    #[test]
    fn what_is_owed_and_what_is_late_are_counted() {
        let martin = stats(3);
        assert_eq!(martin.int("numunpaidinvoices"), 1);
        assert_eq!(martin.int("numoverdueinvoices"), 1);
        assert_eq!(martin.text("overdueinvoicesbalance"), "$39.99 USD");
        assert_eq!(martin.int("productsnumactiveservers"), 1);
        assert_eq!(stats(2).int("numoverdueinvoices"), 0);
    }
}
