//! `GetOrders` and `GetOrderStatuses`.

use crate::sandbox::call::Call;
use crate::sandbox::list::Listing;
use crate::sandbox::refusal::Refusal;
use crate::sandbox::reply::{Answer, Fields, Value, wrapped};

const STATUSES: &[&str] = &["Pending", "Active", "Fraud", "Cancelled"];

const COLUMNS: &str = "o.id, o.ordernum, o.client_id AS userid, o.contact_id AS contactid, o.requestor_id, \
    o.admin_requestor_id, o.date, o.nameservers, o.transfersecret, o.renewals, NULL AS renewalsByType, o.promocode, \
    o.promotype, o.promovalue, o.orderdata, o.amount AS \"amount:money\", o.paymentmethod, o.invoice_id AS invoiceid, \
    o.status, o.ipaddress, o.fraudmodule, o.fraudoutput, o.notes, \
    COALESCE(g.displayname, '') AS paymentmethodname, COALESCE(i.status, '') AS paymentstatus, c.fullname AS name, \
    m.prefix AS currencyprefix, m.suffix AS currencysuffix, '' AS frauddata, '' AS validationdata";

const FROM: &str = "orders o JOIN clients c ON c.id = o.client_id JOIN currencies m ON m.id = c.currency \
    LEFT JOIN invoices i ON i.id = o.invoice_id LEFT JOIN payment_methods g ON g.module = o.paymentmethod";

/// What an order consists of, one row a line.
const LINES: &str = "\
    SELECT 'product' AS type, s.id AS relid, CASE p.type WHEN 'hostingaccount' THEN 'Hosting Account' \
        WHEN 'reselleraccount' THEN 'Reseller Account' WHEN 'server' THEN 'Dedicated/VPS Server' \
        ELSE 'Other Product/Service' END AS producttype, g.name || ' - ' || p.name AS product, s.domain, \
        replace(s.billingcycle, 'One Time', 'One-Time') AS billingcycle, \
        s.firstpaymentamount AS \"amount:money\", s.status \
    FROM services s JOIN products p ON p.id = s.product_id JOIN product_groups g ON g.id = p.gid WHERE s.order_id = ?1 \
    UNION ALL \
    SELECT 'addon', a.id, 'Addon', a.name, COALESCE(s.domain, ''), replace(a.billingcycle, 'One Time', 'One-Time'), \
        a.setupfee + a.recurring, a.status \
    FROM service_addons a LEFT JOIN services s ON s.id = a.service_id WHERE a.order_id = ?1 \
    UNION ALL \
    SELECT 'domain', d.id, 'Domain', CASE d.type WHEN 'Transfer' THEN 'Transfer' ELSE 'Registration' END, d.domain, \
        d.registrationperiod || ' Year/s', d.firstpaymentamount, d.status \
    FROM domains d WHERE d.order_id = ?1 \
    UNION ALL \
    SELECT 'renewal', r.relid, 'Domain', 'Renewal', d.domain, r.period || ' Year/s', r.amount, d.status \
    FROM order_renewals r JOIN domains d ON d.id = r.relid WHERE r.order_id = ?1 AND r.kind = 'domain' \
    UNION ALL \
    SELECT 'renewal', r.relid, 'Product/Service', p.name, s.domain, r.period, r.amount, s.status \
    FROM order_renewals r JOIN services s ON s.id = r.relid JOIN products p ON p.id = s.product_id \
    WHERE r.order_id = ?1 AND r.kind = 'service' \
    UNION ALL \
    SELECT 'renewal', r.relid, 'Addon', a.name, '', r.period, r.amount, a.status \
    FROM order_renewals r JOIN service_addons a ON a.id = r.relid WHERE r.order_id = ?1 AND r.kind = 'addon' \
    UNION ALL \
    SELECT 'upgrade', u.id, 'Upgrade', u.line, s.domain, replace(u.new_cycle, 'One Time', 'One-Time'), u.amount, u.status \
    FROM upgrades u JOIN services s ON s.id = u.service_id WHERE u.order_id = ?1";

/// A page of orders with what they consist of, the newest first.
pub fn get_orders(call: &Call) -> Result<Answer, Refusal> {
    let mut listing = Listing::new(COLUMNS, FROM);
    listing.found_in("orders o", "o.id");
    for (name, condition) in [
        ("id", "o.id = ?"),
        ("userid", "o.client_id = ?"),
        ("requestor_id", "o.requestor_id = ?"),
    ] {
        if let Some(id) = call.given_int(name) {
            listing.only(condition, id);
        }
    }
    if let Some(status) = call.given("status") {
        listing.only("o.status = ?", status.to_owned());
    }
    listing.order("o.id DESC");
    let mut page = listing.page(call)?;
    for record in &mut page.records {
        complete(call, record)?;
    }
    Ok(page
        .counted()
        .with("orders", wrapped("order", page.records)))
}

fn complete(call: &Call, order: &mut Fields) -> rusqlite::Result<()> {
    let id = order.int("id");
    let renewed = |kind: &str| -> rusqlite::Result<Vec<i64>> {
        call.db.values(
            "SELECT relid FROM order_renewals WHERE order_id = ?1 AND kind = ?2 ORDER BY relid",
            rusqlite::params![id, kind],
        )
    };
    let by_type = Fields::default()
        .with("domains", renewed("domain")?)
        .with("services", renewed("service")?)
        .with("addons", renewed("addon")?);
    order.set("renewalsByType", by_type);
    let lines = call.db.records(LINES, [id])?;
    order.push("lineitems", wrapped("lineitem", lines));
    Ok(())
}

/// Every order status with how many orders have it.
pub fn get_order_statuses(call: &Call) -> Result<Answer, Refusal> {
    let mut statuses = Vec::new();
    for title in STATUSES {
        let count: Option<i64> = call
            .db
            .value("SELECT COUNT(*) FROM orders WHERE status = ?1", [title])?;
        statuses.push(
            Fields::default()
                .with("title", *title)
                .with("count", Value::Int(count.unwrap_or(0))),
        );
    }
    Ok(Answer::success()
        .with("totalresults", statuses.len())
        .with("statuses", wrapped("status", statuses)))
}

#[cfg(test)]
mod tests {
    use crate::sandbox::api::answer_fields;
    use crate::sandbox::encode::ReplyMode;
    use crate::sandbox::reply::Answer;
    use crate::sandbox::store::Store;

    fn json(reply: &Answer) -> String {
        ReplyMode::Json.encode("GetOrders", reply)
    }

    #[test]
    fn an_order_is_told_with_its_client_its_invoice_and_its_lines() {
        let store = Store::open(None, 1, None).expect("opens");
        let reply = json(&answer_fields(&store, "action=GetOrders&id=3"));
        for part in [
            r#""totalresults":1,"startnumber":0,"numreturned":1,"orders":{"order":[{"id":3,"ordernum":4567890125,"userid":2,"contactid":0,"requestor_id":2,"#,
            r#""renewals":"","renewalsByType":{"domains":[],"services":[],"addons":[]},"promocode":"","#,
            r#""amount":"11.95","paymentmethod":"paypal","invoiceid":3,"status":"Pending","#,
            r#""paymentmethodname":"PayPal","paymentstatus":"Unpaid","name":"Siobh\u00e1n O'Brien","currencyprefix":"\u20ac","currencysuffix":" EUR","frauddata":"","validationdata":"","#,
            r#""lineitems":{"lineitem":[{"type":"product","relid":3,"producttype":"Hosting Account","product":"Shared Hosting - Plus","domain":"obrien.example","billingcycle":"Monthly","amount":"11.95","status":"Pending"}]}}]}}"#,
        ] {
            assert!(reply.contains(part), "{part} is missing in {reply}");
        }
    }

    #[test]
    fn orders_are_filtered_and_the_newest_comes_first() {
        let store = Store::open(None, 1, None).expect("opens");
        for (query, ids) in [
            ("", vec![4, 3, 2, 1]),
            ("userid=3", vec![2]),
            ("requestor_id=5", vec![4]),
            ("status=active", vec![2, 1]),
            ("id=99", vec![]),
            ("limitstart=1&limitnum=2", vec![3, 2]),
        ] {
            let reply = json(&answer_fields(&store, &format!("action=GetOrders&{query}")));
            let found: Vec<i64> = reply
                .split(r#"{"id":"#)
                .skip(1)
                .filter_map(|rest| rest.split(',').next()?.parse().ok())
                .collect();
            assert_eq!(found, ids, "{query}");
        }
    }

    #[test]
    fn statuses_count_their_orders() {
        let store = Store::open(None, 1, None).expect("opens");
        assert_eq!(
            json(&answer_fields(&store, "action=GetOrderStatuses")),
            r#"{"result":"success","totalresults":4,"statuses":{"status":[{"title":"Pending","count":1},{"title":"Active","count":2},{"title":"Fraud","count":0},{"title":"Cancelled","count":1}]}}"#
        );
    }
}
