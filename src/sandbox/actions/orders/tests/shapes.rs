//! Replies have every field the catalog documents.

use super::{add, run, set, store};
use crate::catalog;
use crate::sandbox::reply::Value;

/// Documented, but told of a price alone.
const NOT_SENT: &[(&str, &str)] = &[
    ("GetTLDPricing", "pricing.*.grace_period.days"),
    ("UpgradeProduct", "upgradeinprogress"),
];

/// Whether a path leads somewhere; through a list by its first record, through `*` by the first key.
fn leads(value: &Value, path: &str) -> bool {
    let (first, rest) = path.split_once('.').unwrap_or((path, ""));
    match value {
        Value::List(values) => values.first().is_some_and(|value| leads(value, path)),
        Value::Map(fields) => {
            let field = match first {
                "*" => fields.iter().next().map(|(_, value)| value),
                name => fields.get(name),
            };
            field.is_some_and(|value| rest.is_empty() || leads(value, rest))
        }
        _ => false,
    }
}

#[test]
fn every_documented_field_is_sent() {
    let store = store();
    set(
        &store,
        "INSERT INTO custom_fields (id, type, relid, fieldname, fieldtype) VALUES (50, 'product', 3, 'x', 'text')",
    );
    let order = add(&store, "clientid=3&pid=3&billingcycle=monthly");
    let upgrade = "UpgradeProduct&serviceid=1&type=product&paymentmethod=paypal&newproductid=2";
    for (query, reply) in [
        ("AddOrder", Some(order)),
        ("GetOrders&id=2", None),
        ("GetOrderStatuses", None),
        ("GetProducts&pid=3", None),
        ("GetPromotions", None),
        ("GetInvoice&invoiceid=1", None),
        ("GetInvoices", None),
        ("GetTransactions", None),
        ("GetCredits&clientid=1", None),
        ("GetTLDPricing", None),
        ("GetRegistrars", None),
        ("CreateInvoice&userid=1", None),
        ("AddCredit&clientid=2&amount=1", None),
        ("ApplyCredit&invoiceid=3&amount=1", None),
        ("UpdateInvoice&invoiceid=3", None),
        ("UpdateTransaction&transactionid=1", None),
        ("UpdateClientProduct&serviceid=1", None),
        ("UpdateClientDomain&domainid=1", None),
        ("AddProduct&name=x&gid=1", None),
        (upgrade, None),
    ] {
        let name = query.split('&').next().unwrap_or_default();
        let action = catalog::action(name).expect("in the catalog");
        let reply = Value::Map(reply.unwrap_or_else(|| run(&store, query)));
        for field in action.returns {
            let is_sent = leads(&reply, field.path);
            let is_excepted = NOT_SENT.contains(&(name, field.path));
            assert!(is_sent != is_excepted, "{name}: {}", field.path);
        }
    }
}
