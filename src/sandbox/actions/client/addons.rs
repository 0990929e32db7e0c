//! `GetClientsAddons`.

use crate::sandbox::call::Call;
use crate::sandbox::list::Listing;
use crate::sandbox::refusal::Refusal;
use crate::sandbox::reply::{Answer, wrapped};

const COLUMNS: &str = "a.id AS \"id:text\", a.qty AS \"qty:text\", a.client_id AS \"userid:text\", \
    a.order_id AS \"orderid:text\", a.service_id AS \"serviceid:text\", a.addon_id AS \"addonid:text\", a.name, \
    a.setupfee AS \"setupfee:money\", a.recurring AS \"recurring:money\", a.billingcycle, a.tax AS \"tax:on\", \
    a.status, a.regdate, a.nextduedate, a.nextinvoicedate, a.paymentmethod, \
    COALESCE(m.displayname, '') AS paymentmethodname, a.notes";

/// Every addon of services, by client, services or kind; WHMCS does not page them.
pub fn get_clients_addons(call: &Call) -> Result<Answer, Refusal> {
    let mut listing = Listing::new(
        COLUMNS,
        "service_addons a LEFT JOIN payment_methods m ON m.module = a.paymentmethod",
    );
    if call.given("serviceid").is_some() {
        let ids: Vec<String> = call.ids("serviceid").iter().map(i64::to_string).collect();
        let list = format!("[{}]", ids.join(","));
        listing.only("a.service_id IN (SELECT value FROM json_each(?))", list);
    }
    if let Some(client) = call.given_int("clientid") {
        listing.only("a.client_id = ?", client);
    }
    if let Some(kind) = call.given_int("addonid") {
        listing.only("a.addon_id = ?", kind);
    }
    listing.order("a.id");
    let addons = listing.all(call)?;
    Ok(Answer::success()
        .with("serviceid", call.sent("serviceid"))
        .with("clientid", call.sent("clientid"))
        .with("totalresults", addons.len().to_string())
        .with("addons", wrapped("addon", addons)))
}

#[cfg(test)]
mod tests {
    use crate::sandbox::store::Store;
    use crate::sandbox::testing::{answer, change, column, is_complete, json, store};

    fn with_addons() -> Store {
        let store = store();
        change(
            &store,
            "INSERT INTO service_addons (client_id, order_id, service_id, addon_id, name, setupfee, recurring, \
             billingcycle, tax, status, regdate, nextduedate, nextinvoicedate, paymentmethod) VALUES \
             (1, 1, 1, 1, 'Daily Backups', 0, 200, 'Monthly', 1, 'Active', '2026-01-02', '2026-02-02', '2026-02-02', 'paypal'), \
             (3, 2, 2, 0, 'Install', 1500, 0, 'One Time', 0, 'Pending', '2026-01-02', '0000-00-00', '0000-00-00', 'paypal'), \
             (5, 4, 4, 1, 'Daily Backups', 0, 200, 'Monthly', 0, 'Active', '2026-01-02', '2026-02-02', '2026-02-02', 'gone')",
        );
        store
    }

    #[test]
    fn addons_are_found_by_services_client_and_kind() {
        let store = with_addons();
        let ids = |query| {
            column(
                &answer(&store, "GetClientsAddons", query),
                "addons.addon",
                "id",
            )
        };
        for (query, found) in [
            ("", vec!["1", "2", "3"]),
            ("serviceid=2", vec!["2"]),
            ("serviceid=1,4", vec!["1", "3"]),
            ("clientid=3", vec!["2"]),
            ("addonid=1", vec!["1", "3"]),
            ("addonid=1&clientid=2", vec![]),
        ] {
            assert_eq!(ids(query), found, "{query}");
        }
        is_complete("GetClientsAddons", &answer(&store, "GetClientsAddons", ""));
    }

    #[test]
    fn an_addon_is_told_in_texts() {
        let store = with_addons();
        assert_eq!(
            json(&store, "GetClientsAddons", "clientid=1"),
            r#"{"result":"success","serviceid":null,"clientid":"1","totalresults":1,"addons":{"addon":[{"id":1,"qty":1,"userid":1,"orderid":1,"serviceid":1,"addonid":1,"name":"Daily Backups","setupfee":"0.00","recurring":"2.00","billingcycle":"Monthly","tax":"on","status":"Active","regdate":"2026-01-02","nextduedate":"2026-02-02","nextinvoicedate":"2026-02-02","paymentmethod":"paypal","paymentmethodname":"PayPal","notes":""}]}}"#
        );
    }
}
