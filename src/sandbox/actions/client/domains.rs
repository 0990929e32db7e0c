//! `GetClientsDomains`.

use crate::sandbox::call::Call;
use crate::sandbox::list::Listing;
use crate::sandbox::refusal::Refusal;
use crate::sandbox::reply::{Answer, wrapped};

const COLUMNS: &str = "d.id AS \"id:text\", d.client_id AS \"userid:text\", d.order_id AS \"orderid:text\", \
    d.type AS regtype, d.domain AS domainname, d.registrar, d.registrationperiod AS \"regperiod:text\", \
    d.firstpaymentamount AS \"firstpaymentamount:money\", d.recurringamount AS \"recurringamount:money\", \
    d.paymentmethod, COALESCE(m.displayname, '') AS paymentmethodname, d.registrationdate AS regdate, \
    d.expirydate, d.nextduedate, d.status, d.subscriptionid, d.promoid AS \"promoid:text\", \
    d.dnsmanagement AS \"dnsmanagement:text\", d.emailforwarding AS \"emailforwarding:text\", \
    d.idprotection AS \"idprotection:text\", d.donotrenew AS \"donotrenew:text\", d.notes";

/// A page of domains, by client, id or name.
pub fn get_clients_domains(call: &Call) -> Result<Answer, Refusal> {
    let mut listing = Listing::new(
        COLUMNS,
        "domains d LEFT JOIN payment_methods m ON m.module = d.paymentmethod",
    );
    listing.found_in("domains d", "d.id");
    if let Some(client) = call.given_int("clientid") {
        listing.only("d.client_id = ?", client);
    }
    if let Some(domain) = call.given_int("domainid") {
        listing.only("d.id = ?", domain);
    }
    if let Some(name) = call.given("domain") {
        listing.only("d.domain = ?", name.to_owned());
    }
    listing.order("d.id");
    let page = listing.page(call)?;
    Ok(Answer::success()
        .with("clientid", call.sent("clientid"))
        .with("domainid", call.sent("domainid"))
        .with("totalresults", page.total.to_string())
        .with("startnumber", page.start)
        .with("numreturned", page.returned())
        .with("domains", wrapped("domain", page.records)))
}

#[cfg(test)]
mod tests {
    use crate::sandbox::testing::{answer, change, column, is_complete, json, store};

    #[test]
    fn a_domain_is_told_in_texts_and_its_page_in_numbers() {
        let store = store();
        change(
            &store,
            "UPDATE domains SET registrationdate = '2025-01-01', expirydate = '2027-01-01', nextduedate = '2026-12-01'",
        );
        assert_eq!(
            json(&store, "GetClientsDomains", "clientid=1"),
            r#"{"result":"success","clientid":"1","domainid":null,"totalresults":1,"startnumber":0,"numreturned":1,"domains":{"domain":[{"id":1,"userid":1,"orderid":1,"regtype":"Register","domainname":"mueller.example","registrar":"enom","regperiod":1,"firstpaymentamount":"12.95","recurringamount":"12.95","paymentmethod":"banktransfer","paymentmethodname":"Bank Transfer","regdate":"2025-01-01","expirydate":"2027-01-01","nextduedate":"2026-12-01","status":"Active","subscriptionid":"","promoid":0,"dnsmanagement":0,"emailforwarding":0,"idprotection":0,"donotrenew":0,"notes":""}]}}"#
        );
        is_complete(
            "GetClientsDomains",
            &answer(&store, "GetClientsDomains", ""),
        );
    }

    #[test]
    fn domains_are_found_by_client_id_and_name() {
        let store = store();
        let ids = |query| {
            column(
                &answer(&store, "GetClientsDomains", query),
                "domains.domain",
                "id",
            )
        };
        for (query, found) in [
            ("domain=MUELLER.example", vec!["1"]),
            ("domainid=1", vec!["1"]),
            ("domainid=1&clientid=2", vec![]),
            ("domain=mueller", vec![]),
            ("limitstart=1", vec![]),
        ] {
            assert_eq!(ids(query), found, "{query}");
        }
    }
}
