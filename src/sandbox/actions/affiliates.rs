//! The Affiliates group.

use super::Handler;
use crate::sandbox::call::Call;
use crate::sandbox::list::Listing;
use crate::sandbox::refusal::Refusal;
use crate::sandbox::reply::{Answer, wrapped};

/// The actions of this file.
pub const ACTIONS: &[(&str, Handler)] = &[
    ("AffiliateActivate", affiliate_activate),
    ("GetAffiliates", get_affiliates),
];

/// Makes a client an affiliate; one who is already stays as it is.
fn affiliate_activate(call: &Call) -> Result<Answer, Refusal> {
    let client = call.existing("userid", "clients", "Client ID not found")?;
    let moment = call.moment();
    let added = call.db.run(
        "INSERT OR IGNORE INTO affiliates (date, client_id, created_at, updated_at) VALUES (?1, ?2, ?3, ?3)",
        rusqlite::params![call.today(), client, moment],
    )?;
    if added > 0 {
        call.log(
            client,
            &format!("Activated Affiliate Account - Client ID: {client}"),
        )?;
    }
    Ok(Answer::success())
}

/// A page of affiliates, by any of their fields.
fn get_affiliates(call: &Call) -> Result<Answer, Refusal> {
    let mut listing = Listing::new(
        "id AS \"id:text\", date, client_id AS \"clientid:text\", visitors AS \"visitors:text\", paytype, \
         payamount AS \"payamount:money\", onetime AS \"onetime:text\", balance AS \"balance:money\", \
         withdrawn AS \"withdrawn:money\", created_at, updated_at",
        "affiliates",
    );
    for (name, condition) in [
        ("userid", "client_id = ?"),
        ("visitors", "visitors = ?"),
        ("onetime", "onetime = ?"),
    ] {
        if let Some(number) = call.given_int(name) {
            listing.only(condition, number);
        }
    }
    for (name, condition) in [
        ("payamount", "payamount = ?"),
        ("balance", "balance = ?"),
        ("withdrawn", "withdrawn = ?"),
    ] {
        if let Some(amount) = call.money(name) {
            listing.only(condition, amount.0);
        }
    }
    // Empty is a type of its own: the default commission.
    if let Some(kind) = call.sent("paytype") {
        listing.only("paytype = ?", kind.to_owned());
    }
    listing.order("id");
    let page = listing.page(call)?;
    Ok(page
        .counted_in_text()
        .with("affiliates", wrapped("affiliate", page.records)))
}

#[cfg(test)]
mod tests {
    use crate::sandbox::reply::Value;
    use crate::sandbox::testing::{answer, change, column, is_complete, json, refuses, store};

    #[test]
    fn a_client_becomes_an_affiliate_once() {
        let store = store();
        for _ in 0..2 {
            assert_eq!(
                json(&store, "AffiliateActivate", "userid=3"),
                r#"{"result":"success"}"#
            );
        }
        change(
            &store,
            "UPDATE affiliates SET date = '2026-01-02', created_at = '2026-01-02 03:04:05', updated_at = '2026-01-02 03:04:05'",
        );
        assert_eq!(
            json(&store, "GetAffiliates", ""),
            r#"{"result":"success","totalresults":1,"startnumber":0,"numreturned":1,"affiliates":{"affiliate":[{"id":1,"date":"2026-01-02","clientid":3,"visitors":0,"paytype":"","payamount":"0.00","onetime":0,"balance":"0.00","withdrawn":"0.00","created_at":"2026-01-02 03:04:05","updated_at":"2026-01-02 03:04:05"}]}}"#
        );
        is_complete("GetAffiliates", &answer(&store, "GetAffiliates", ""));
        let details = answer(&store, "GetClientsDetails", "clientid=3&stats=1");
        let Some(Value::Map(stats)) = details.get("stats") else {
            panic!("no stats");
        };
        assert_eq!(stats.get("isAffiliate"), Some(&Value::Bool(true)));
        refuses(
            &store,
            "AffiliateActivate",
            &[("userid=99", "Client ID not found")],
        );
    }

    #[test]
    fn affiliates_are_found_by_their_fields() {
        let store = store();
        for client in 1..=3 {
            answer(&store, "AffiliateActivate", &format!("userid={client}"));
        }
        change(
            &store,
            "UPDATE affiliates SET paytype = 'percentage', payamount = 1250, visitors = 7, onetime = 1 WHERE id = 2",
        );
        let ids = |query| {
            column(
                &answer(&store, "GetAffiliates", query),
                "affiliates.affiliate",
                "id",
            )
        };
        for (query, found) in [
            ("userid=3", vec!["3"]),
            ("paytype=", vec!["1", "3"]),
            ("paytype=percentage&payamount=12.5", vec!["2"]),
            ("visitors=7&onetime=1", vec!["2"]),
            ("balance=1", vec![]),
            ("limitstart=1", vec!["2", "3"]),
        ] {
            assert_eq!(ids(query), found, "{query}");
        }
    }
}
