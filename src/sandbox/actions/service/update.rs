//! `UpdateClientProduct`: changes what was sent and not empty; `unset` empties.

use crate::sandbox::call::Call;
use crate::sandbox::changes::Changes;
use crate::sandbox::config_options;
use crate::sandbox::custom_fields::{self, FieldOwner};
use crate::sandbox::cycle::Cycle;
use crate::sandbox::gateway;
use crate::sandbox::money::Money;
use crate::sandbox::pricing::{self, Priced};
use crate::sandbox::refusal::{Refusal, refuse};
use crate::sandbox::reply::Answer;

/// Parameters that are text, with their columns.
const TEXTS: &[(&str, &str)] = &[
    ("domain", "domain"),
    ("subscriptionid", "subscriptionid"),
    ("notes", "notes"),
    ("serviceusername", "username"),
    ("servicepassword", "password"),
    ("ns1", "ns1"),
    ("ns2", "ns2"),
    ("dedicatedip", "dedicatedip"),
    ("assignedips", "assignedips"),
    ("suspendreason", "suspensionreason"),
    ("status", "status"),
];

const DATES: &[&str] = &[
    "regdate",
    "nextduedate",
    "terminationdate",
    "overidesuspenduntil",
];
const NUMBERS: &[&str] = &["diskusage", "disklimit", "bwusage", "bwlimit", "promoid"];

/// The statuses a service or an addon of it may have, as WHMCS spells them.
pub const STATUSES: &[&str] = &[
    "Pending",
    "Active",
    "Completed",
    "Suspended",
    "Terminated",
    "Cancelled",
    "Fraud",
];

/// Changes a client's service.
pub fn update_client_product(call: &Call) -> Result<Answer, Refusal> {
    let service = call.int("serviceid");
    if !call.db.exists("services", service)? {
        return refuse("Service ID Not Found");
    }
    let mut changes = Changes::default();
    take_texts(call, &mut changes);
    take_dates(call, &mut changes);
    take_links(call, &mut changes)?;
    for name in NUMBERS {
        if let Some(number) = call.given_int(name) {
            changes.set(name, number);
        }
    }
    changes.amounts(call, &["firstpaymentamount", "recurringamount"]);
    changes.apply(call, "services", service)?;
    write_fields(call, service)?;
    if call.flag("autorecalc") {
        let amount = recalculated(call, service)?;
        call.db
            .update("services", service, &[("recurringamount", &amount)])?;
    }
    log(call, service)?;
    Ok(Answer::success().with("serviceid", service.to_string()))
}

fn take_texts(call: &Call, changes: &mut Changes) {
    let unset = call.texts("unset");
    for (name, column) in TEXTS {
        if unset.contains(name) && *name != "status" {
            changes.set(column, String::new());
        } else if let Some(text) = call.given(name) {
            let known = STATUSES
                .iter()
                .find(|known| known.eq_ignore_ascii_case(text));
            match (*name, known) {
                ("status", None) => {}
                ("status", Some(status)) => changes.set(column, (*status).to_owned()),
                _ => changes.set(column, text.to_owned()),
            }
        }
    }
    if let Some(spared) = call.given("overideautosuspend") {
        changes.set(
            "overideautosuspend",
            i64::from(spared.eq_ignore_ascii_case("on") || spared == "1"),
        );
    }
}

fn take_dates(call: &Call, changes: &mut Changes) {
    for name in DATES {
        let is_none = call.text(name).starts_with("0000-00-00");
        let date = call.date(name).map(|date| date.to_string());
        if let Some(date) = date.or_else(|| is_none.then(|| "0000-00-00".to_owned())) {
            if *name == "nextduedate" {
                // The next invoice follows the due date, or one would be made for the days between.
                changes.set("nextinvoicedate", date.clone());
            }
            changes.set(name, date);
        }
    }
}

/// Takes what must exist to be set: product, server, payment method, billing cycle.
fn take_links(call: &Call, changes: &mut Changes) -> rusqlite::Result<()> {
    for (name, table, column) in [
        ("pid", "products", "product_id"),
        ("serverid", "servers", "server_id"),
    ] {
        let id = call.int(name);
        if call.db.exists(table, id)? {
            changes.set(column, id);
        }
    }
    if let Some(method) = gateway::known(call.db, call.text("paymentmethod"))? {
        changes.set("paymentmethod", method);
    }
    if let Some(cycle) = Cycle::from_text(call.text("billingcycle")) {
        changes.set("billingcycle", cycle.name().to_owned());
    }
    Ok(())
}

fn write_fields(call: &Call, service: i64) -> rusqlite::Result<()> {
    let product = product(call, service)?;
    if let Some(fields) = call.serialized("customfields") {
        custom_fields::write(call, FieldOwner::Product(product), service, &fields)?;
    }
    if let Some(options) = call.serialized("configoptions") {
        let choices = config_options::chosen(call.db, product, service, Some(&options))?;
        config_options::write(call.db, service, &choices)?;
    }
    Ok(())
}

fn product(call: &Call, service: i64) -> rusqlite::Result<i64> {
    let product = call
        .db
        .value("SELECT product_id FROM services WHERE id = ?1", [service])?;
    Ok(product.unwrap_or(0))
}

/// What a service costs each time by the price lists, its options included.
pub fn recalculated(call: &Call, service: i64) -> rusqlite::Result<Money> {
    let row = call.db.row(
        "SELECT s.product_id, s.billingcycle, s.qty, c.currency FROM services s \
         JOIN clients c ON c.id = s.client_id WHERE s.id = ?1",
        [service],
        |row| {
            Ok((
                row.get(0)?,
                row.get::<_, String>(1)?,
                row.get::<_, i64>(2)?,
                row.get(3)?,
            ))
        },
    )?;
    let Some((product, cycle, qty, currency)) = row else {
        return Ok(Money::ZERO);
    };
    let Some(cycle) = Cycle::from_text(&cycle).filter(|cycle| cycle.is_recurring()) else {
        return Ok(Money::ZERO);
    };
    let list = pricing::price(call.db, Priced::Product(product), currency, cycle)?;
    let choices = config_options::chosen(call.db, product, service, None)?;
    let options = config_options::price(call.db, &choices, currency, cycle)?;
    Ok(list.unwrap_or_default().plus(options).times(qty).recurring)
}

fn log(call: &Call, service: i64) -> rusqlite::Result<()> {
    let client: Option<i64> = call
        .db
        .value("SELECT client_id FROM services WHERE id = ?1", [service])?;
    call.log(
        client.unwrap_or(0),
        &format!("Modified Product/Service - Service ID: {service}"),
    )
}

#[cfg(test)]
mod tests {
    use crate::sandbox::api::answer_fields;
    use crate::sandbox::db::Db;
    use crate::sandbox::reply::{Answer, Fields};
    use crate::sandbox::store::Store;

    fn update(store: &Store, rest: &str) -> Answer {
        answer_fields(store, &format!("action=UpdateClientProduct&{rest}"))
    }

    fn service(store: &Store, id: i64) -> Fields {
        let read = |db: &Db<'_>| Ok(db.record("SELECT * FROM services WHERE id = ?1", [id])?);
        store.transact(read).expect("reads").expect("a service")
    }

    #[test]
    fn only_what_was_sent_and_is_not_empty_changes() {
        let store = Store::open(None, 1, None).expect("opens");
        let before = service(&store, 1);
        let reply = update(
            &store,
            "serviceid=1&notes=hello&domain=&status=suspended&overideautosuspend=on&recurringamount=7.5",
        );
        assert_eq!(reply, Answer::success().with("serviceid", "1"));
        let after = service(&store, 1);
        let mut expected = before;
        expected.set("notes", "hello");
        expected.set("status", "Suspended");
        expected.set("overideautosuspend", 1_i64);
        expected.set("recurringamount", 750_i64);
        assert_eq!(after, expected);
    }

    #[test]
    fn unset_empties_and_nothing_else_does() {
        let store = Store::open(None, 1, None).expect("opens");
        update(
            &store,
            "serviceid=1&unset[0]=serviceusername&unset[1]=domain&servicepassword=",
        );
        let after = service(&store, 1);
        assert_eq!(after.text("username"), "");
        assert_eq!(after.text("domain"), "");
        assert_eq!(after.text("password"), "xxxxxxxx");
    }

    #[test]
    fn a_recalculation_uses_the_new_product_cycle_and_options_and_beats_the_amount_sent() {
        let store = Store::open(None, 1, None).expect("opens");
        update(
            &store,
            "serviceid=1&pid=2&billingcycle=Quarterly&autorecalc=1&recurringamount=1",
        );
        assert_eq!(service(&store, 1).int("recurringamount"), 3395);
        // base64 of a:1:{i:1;i:2;}: the backups of the server become daily.
        update(
            &store,
            "serviceid=2&configoptions=YToxOntpOjE7aToyO30%3D&autorecalc=1",
        );
        assert_eq!(service(&store, 2).int("recurringamount"), 2499 + 500);
        // base64 of a:1:{i:1;a:2:{s:8:"optionid";i:1;s:3:"qty";i:1;}}: and none again.
        update(
            &store,
            "serviceid=2&configoptions=YToxOntpOjE7YToyOntzOjg6Im9wdGlvbmlkIjtpOjE7czozOiJxdHkiO2k6MTt9fQ%3D%3D&autorecalc=1",
        );
        assert_eq!(service(&store, 2).int("recurringamount"), 2499);
    }

    #[test]
    fn custom_fields_and_dates_are_kept_and_the_next_invoice_follows() {
        let store = Store::open(None, 1, None).expect("opens");
        // base64 of a:1:{i:4;s:2:"80";}
        update(
            &store,
            "serviceid=2&customfields=YToxOntpOjQ7czoyOiI4MCI7fQ%3D%3D&nextduedate=2030-01-31&terminationdate=0000-00-00",
        );
        let value = |db: &Db<'_>| {
            Ok(db.value::<String>(
                "SELECT value FROM custom_field_values WHERE field_id = 4 AND relid = 2",
                (),
            )?)
        };
        assert_eq!(store.transact(value).expect("reads").as_deref(), Some("80"));
        let after = service(&store, 2);
        assert_eq!(
            (after.text("nextduedate"), after.text("nextinvoicedate")),
            ("2030-01-31", "2030-01-31")
        );
    }

    #[test]
    fn an_unknown_service_is_refused() {
        let store = Store::open(None, 1, None).expect("opens");
        assert_eq!(
            update(&store, "serviceid=77").text("message"),
            "Service ID Not Found"
        );
    }
}
