//! `UpdateClientDomain`.

use crate::sandbox::call::Call;
use crate::sandbox::changes::Changes;
use crate::sandbox::gateway;
use crate::sandbox::pricing;
use crate::sandbox::refusal::{Refusal, refuse};
use crate::sandbox::reply::Answer;

const TEXTS: &[&str] = &[
    "domain",
    "registrar",
    "subscriptionid",
    "notes",
    "ns1",
    "ns2",
    "ns3",
    "ns4",
    "ns5",
];
/// The statuses a domain may have, as WHMCS spells them.
const STATUSES: &[&str] = &[
    "Pending",
    "Pending Registration",
    "Pending Transfer",
    "Active",
    "Grace",
    "Redemption",
    "Expired",
    "Transferred Away",
    "Cancelled",
    "Fraud",
];
const FLAGS: &[&str] = &[
    "dnsmanagement",
    "emailforwarding",
    "idprotection",
    "donotrenew",
];
const DATES: &[(&str, &str)] = &[
    ("regdate", "registrationdate"),
    ("nextduedate", "nextduedate"),
    ("expirydate", "expirydate"),
];

/// Changes what was sent of a client's domain.
pub fn update_client_domain(call: &Call) -> Result<Answer, Refusal> {
    let id = call.existing("domainid", "domains", "Domain ID Not Found")?;
    if call.given("registrar").is_some() || call.flag("updatens") {
        check_registrar(call, id)?;
    }
    if call.flag("updatens") && (call.given("ns1").is_none() || call.given("ns2").is_none()) {
        return refuse("ns1 and ns2 required");
    }
    let mut changes = Changes::default();
    for name in TEXTS {
        if let Some(text) = call.given(name) {
            changes.set(name, text.to_owned());
        }
    }
    if let Some(status) = known(STATUSES, call.text("status")) {
        changes.set("status", status.to_owned());
    }
    changes.flags(call, FLAGS);
    for (name, column) in DATES {
        if let Some(date) = call.date(name) {
            changes.set(column, date.to_string());
        }
    }
    if let Some(due) = call.date("nextduedate") {
        changes.set("nextinvoicedate", due.to_string());
    }
    if let Some(kind) = known(&["Register", "Transfer"], call.text("type")) {
        changes.set("type", kind.to_owned());
    }
    if let Some(years) = call.given_int("regperiod") {
        changes.set("registrationperiod", years.clamp(1, 10));
    }
    if let Some(promotion) = call.given_int("promoid") {
        changes.set("promoid", promotion);
    }
    if let Some(method) = gateway::known(call.db, call.text("paymentmethod"))? {
        changes.set("paymentmethod", method);
    }
    changes.amounts(call, &["firstpaymentamount", "recurringamount"]);
    changes.apply(call, "domains", id)?;
    if call.flag("autorecalc") {
        recalculate(call, id)?;
    }
    let client: Option<i64> = call
        .db
        .value("SELECT client_id FROM domains WHERE id = ?1", [id])?;
    call.log(
        client.unwrap_or(0),
        &format!("Modified Domain - Domain ID: {id}"),
    )?;
    Ok(Answer::success().with("domainid", id))
}

/// The word among known ones that a text is, in any case.
fn known(words: &[&'static str], text: &str) -> Option<&'static str> {
    let is_text = |word: &&&str| word.eq_ignore_ascii_case(text);
    words.iter().find(is_text).copied()
}

/// A domain goes to an active registrar only, and so do its nameservers.
fn check_registrar(call: &Call, id: i64) -> Result<(), Refusal> {
    let active: Option<i64> = call.db.value(
        "SELECT 1 FROM registrars WHERE module = COALESCE(?2, (SELECT registrar FROM domains WHERE id = ?1))",
        rusqlite::params![id, call.given("registrar")],
    )?;
    match active {
        Some(_) => Ok(()),
        None => refuse("The Registrar is not active"),
    }
}

/// Sets the renewal price of the price lists; an extension not on sale keeps its price.
fn recalculate(call: &Call, id: i64) -> rusqlite::Result<()> {
    let row = call.db.row(
        "SELECT d.domain, d.registrationperiod, c.currency FROM domains d JOIN clients c ON c.id = d.client_id WHERE d.id = ?1",
        [id],
        |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?, row.get::<_, i64>(2)?)),
    )?;
    let Some((name, years, currency)) = row else {
        return Ok(());
    };
    if let Some((tld, _)) = pricing::tld(call.db, &name)?
        && let Some((_, price)) = pricing::domain_price(call.db, tld, currency, "renew", years)?
    {
        call.db
            .update("domains", id, &[("recurringamount", &price)])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::sandbox::api::answer_fields;
    use crate::sandbox::db::Db;
    use crate::sandbox::reply::{Answer, Fields};
    use crate::sandbox::store::Store;

    fn domain(store: &Store) -> Fields {
        let read = |db: &Db<'_>| Ok(db.record("SELECT * FROM domains WHERE id = 1", ())?);
        store.transact(read).expect("reads").expect("a domain")
    }

    #[test]
    fn a_domain_changes_only_where_told() {
        let store = Store::open(None, 1, None).expect("opens");
        let mut expected = domain(&store);
        let update =
            |rest: &str| answer_fields(&store, &format!("action=UpdateClientDomain&{rest}"));
        assert_eq!(
            update("domainid=1&donotrenew=1&regdate=2020-02-03&notes=x&registrar="),
            Answer::success().with("domainid", 1_i64)
        );
        expected.set("donotrenew", 1_i64);
        expected.set("registrationdate", "2020-02-03");
        expected.set("notes", "x");
        assert_eq!(domain(&store), expected);
        update("domainid=1&domain=mueller.eu&regperiod=2&autorecalc=1&recurringamount=1");
        assert_eq!(domain(&store).int("recurringamount"), 2934);
    }

    #[test]
    fn nameservers_reach_an_active_registrar_in_pairs_only() {
        let store = Store::open(None, 1, None).expect("opens");
        let update =
            |rest: &str| answer_fields(&store, &format!("action=UpdateClientDomain&{rest}"));
        for (query, message) in [
            ("domainid=5", "Domain ID Not Found"),
            (
                "domainid=1&updatens=1&registrar=none&ns1=a.b&ns2=c.d",
                "The Registrar is not active",
            ),
            ("domainid=1&updatens=1&ns1=a.b", "ns1 and ns2 required"),
            ("domainid=1&registrar=none", "The Registrar is not active"),
        ] {
            assert_eq!(update(query).text("message"), message);
        }
        update("domainid=1&updatens=1&ns1=a.example&ns2=b.example");
        assert_eq!(domain(&store).text("ns2"), "b.example");
        assert_eq!(domain(&store).text("registrar"), "enom");
    }

    #[test]
    fn a_status_is_one_of_whmcss_or_stays() {
        let store = Store::open(None, 1, None).expect("opens");
        for (sent, status) in [
            ("bogus", "Active"),
            ("transferred+away", "Transferred Away"),
        ] {
            answer_fields(
                &store,
                &format!("action=UpdateClientDomain&domainid=1&status={sent}"),
            );
            assert_eq!(domain(&store).text("status"), status);
        }
    }
}
