//! `GetClientsProducts`: services with all they are made of.

use rusqlite::params;

use crate::sandbox::call::Call;
use crate::sandbox::custom_fields::{self, FieldOwner};
use crate::sandbox::list::Listing;
use crate::sandbox::refusal::Refusal;
use crate::sandbox::reply::{Answer, Fields, wrapped};

const COLUMNS: &str = "s.id AS \"id:text\", s.qty AS \"qty:text\", s.client_id AS \"clientid:text\", \
    s.order_id AS \"orderid:text\", COALESCE(o.ordernum, '') AS \"ordernumber:text\", \
    s.product_id AS \"pid:text\", s.regdate, COALESCE(p.name, '') AS name, \
    COALESCE(p.name, '') AS translated_name, COALESCE(g.name, '') AS groupname, \
    COALESCE(g.name, '') AS translated_groupname, s.domain, s.dedicatedip, s.server_id AS \"serverid:text\", \
    COALESCE(v.name, '') AS servername, v.ipaddress AS serverip, v.hostname AS serverhostname, \
    s.suspensionreason, \
    s.firstpaymentamount AS \"firstpaymentamount:money\", s.recurringamount AS \"recurringamount:money\", \
    s.paymentmethod, COALESCE(m.displayname, '') AS paymentmethodname, s.billingcycle, s.nextduedate, s.status, \
    s.username, s.password, s.subscriptionid, s.promoid AS \"promoid:text\", \
    s.overideautosuspend, s.overidesuspenduntil, s.ns1, s.ns2, s.assignedips, s.notes, \
    s.diskusage AS \"diskusage:text\", s.disklimit AS \"disklimit:text\", s.bwusage AS \"bwusage:text\", \
    s.bwlimit AS \"bwlimit:text\", s.lastupdate";

const FROM: &str = "services s LEFT JOIN orders o ON o.id = s.order_id \
    LEFT JOIN products p ON p.id = s.product_id LEFT JOIN product_groups g ON g.id = p.gid \
    LEFT JOIN servers v ON v.id = s.server_id LEFT JOIN payment_methods m ON m.module = s.paymentmethod";

/// A service's choice of each option its product has; the first choice where none was made.
const OPTIONS: &str = "SELECT o.id AS \"id:text\", o.optionname AS option, \
    CASE o.optiontype WHEN 1 THEN 'dropdown' WHEN 2 THEN 'radio' WHEN 3 THEN 'yesno' ELSE 'quantity' END AS type, \
    CASE o.optiontype WHEN 3 THEN CASE COALESCE(s.qty, 0) WHEN 0 THEN 'No' ELSE 'Yes' END \
        WHEN 4 THEN COALESCE(s.qty, o.qtyminimum) ELSE COALESCE(c.optionname, '') END AS value \
    FROM config_options o LEFT JOIN service_config_options s ON s.option_id = o.id AND s.service_id = ?2 \
    LEFT JOIN config_option_choices c ON c.id = COALESCE(s.choice_id, (SELECT id FROM config_option_choices \
        WHERE option_id = o.id ORDER BY position, id LIMIT 1)) \
    WHERE o.product_id = ?1 ORDER BY o.position, o.id";

/// A page of services, by client, service, product, domain or login name.
pub fn get_clients_products(call: &Call) -> Result<Answer, Refusal> {
    let mut listing = Listing::new(COLUMNS, FROM);
    listing.found_in("services s", "s.id");
    for (name, condition) in [
        ("clientid", "s.client_id = ?"),
        ("serviceid", "s.id = ?"),
        ("pid", "s.product_id = ?"),
    ] {
        if let Some(id) = call.given_int(name) {
            listing.only(condition, id);
        }
    }
    for (name, condition) in [("domain", "s.domain = ?"), ("username2", "s.username = ?")] {
        if let Some(text) = call.given(name) {
            listing.only(condition, text.to_owned());
        }
    }
    listing.order("s.id");
    let mut page = listing.page(call)?;
    for service in &mut page.records {
        complete(call, service)?;
    }
    Ok(Answer::success()
        .with("clientid", call.sent("clientid"))
        .with("serviceid", call.sent("serviceid"))
        .with("pid", call.sent("pid"))
        .with("domain", call.sent("domain"))
        .with("totalresults", page.total.to_string())
        .with("startnumber", page.start)
        .with("numreturned", page.returned())
        .with("products", wrapped("product", page.records)))
}

/// Adds custom fields and configurable options.
fn complete(call: &Call, service: &mut Fields) -> rusqlite::Result<()> {
    let number = |name: &str| crate::sandbox::call::intval(service.text(name));
    let (id, product) = (number("id"), number("pid"));
    let fields = custom_fields::read(call.db, FieldOwner::Product(product), id)?;
    let fields = fields
        .iter()
        .map(|field| {
            Fields::default()
                .with("id", field.int("id").to_string())
                .with("name", field.text("name"))
                .with("translated_name", field.text("name"))
                .with("value", field.text("value"))
        })
        .collect();
    let options = call.db.records(OPTIONS, params![product, id])?;
    service.push("customfields", wrapped("customfield", fields));
    service.push("configoptions", wrapped("configoption", options));
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::sandbox::reply::Value;
    use crate::sandbox::testing::{answer, change, column, is_complete, json, records, store};

    #[test]
    fn services_are_found_by_any_filter() {
        let store = store();
        let ids = |query| {
            column(
                &answer(&store, "GetClientsProducts", query),
                "products.product",
                "id",
            )
        };
        for (query, found) in [
            ("", vec!["1", "2", "3", "4"]),
            ("clientid=3", vec!["2"]),
            ("serviceid=4", vec!["4"]),
            ("pid=1", vec!["1", "4"]),
            ("pid=1&clientid=5", vec!["4"]),
            ("domain=OBRIEN.example", vec!["3"]),
            ("username2=root", vec!["2"]),
            ("limitstart=1&limitnum=2", vec!["2", "3"]),
            ("clientid=6", vec![]),
        ] {
            assert_eq!(ids(query), found, "{query}");
        }
    }

    #[test]
    fn filters_are_echoed_and_only_the_total_is_text() {
        let reply = json(&store(), "GetClientsProducts", "clientid=6");
        assert_eq!(
            reply,
            r#"{"result":"success","clientid":"6","serviceid":null,"pid":null,"domain":null,"totalresults":0,"startnumber":0,"numreturned":0,"products":""}"#
        );
    }

    #[test]
    fn a_service_tells_its_product_server_order_and_gateway() {
        let store = store();
        let reply = answer(&store, "GetClientsProducts", "serviceid=2");
        is_complete("GetClientsProducts", &reply);
        let service = &records(&reply, "products.product")[0];
        for (name, value) in [
            ("id", "2"),
            ("ordernumber", "4567890124"),
            ("name", "Cloud VPS"),
            ("groupname", "Servers"),
            ("servername", "Pluto"),
            ("serverip", "192.0.2.11"),
            ("firstpaymentamount", "39.99"),
            ("recurringamount", "24.99"),
            ("paymentmethodname", "PayPal"),
            ("overidesuspenduntil", "0000-00-00"),
            ("promoid", "0"),
        ] {
            assert_eq!(service.get(name), Some(&Value::from(value)), "{name}");
        }
    }

    #[test]
    fn custom_fields_and_options_come_with_their_values() {
        let store = store();
        let lists = || {
            let reply = answer(&store, "GetClientsProducts", "serviceid=2");
            let service = &records(&reply, "products.product")[0];
            (
                records(service, "customfields.customfield"),
                records(service, "configoptions.configoption"),
            )
        };
        let (fields, options) = lists();
        assert_eq!(
            (fields[0].text("name"), fields[0].text("value")),
            ("Root Partition", "")
        );
        assert_eq!(
            (options[0].text("type"), options[0].text("value")),
            ("dropdown", "None")
        );
        change(
            &store,
            "INSERT INTO service_config_options VALUES (2, 1, 2, 0)",
        );
        change(
            &store,
            "INSERT INTO custom_field_values VALUES (4, 2, '20')",
        );
        change(
            &store,
            "INSERT INTO config_options (id, product_id, optionname, optiontype) VALUES (7, 3, 'Cores', 4), (8, 3, 'Rescue', 3)",
        );
        change(
            &store,
            "INSERT INTO service_config_options VALUES (2, 7, 0, 6), (2, 8, 0, 1)",
        );
        let (fields, options) = lists();
        assert_eq!((fields[0].text("id"), fields[0].text("value")), ("4", "20"));
        let values: Vec<_> = options
            .iter()
            .map(|option| (option.text("option"), option.get("value")))
            .collect();
        // Every option has position 0 but `Backups`.
        assert_eq!(
            values,
            [
                ("Cores", Some(&6_i64.into())),
                ("Rescue", Some(&"Yes".into())),
                ("Backups", Some(&"Daily".into()))
            ]
        );
    }
}
