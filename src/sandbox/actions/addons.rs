//! The Addons group: `UpdateClientAddon`.

use super::Handler;
use super::service::STATUSES;
use crate::sandbox::call::Call;
use crate::sandbox::changes::Changes;
use crate::sandbox::cycle::Cycle;
use crate::sandbox::money::Money;
use crate::sandbox::pricing::{self, Priced};
use crate::sandbox::refusal::{Refusal, refuse};
use crate::sandbox::reply::Answer;

/// The actions of this file.
pub const ACTIONS: &[(&str, Handler)] = &[("UpdateClientAddon", update_client_addon)];

/// A day that was never set.
const NO_DAY: &str = "0000-00-00";

fn update_client_addon(call: &Call) -> Result<Answer, Refusal> {
    let id = call.existing("id", "service_addons", "Addon ID Not Found")?;
    let mut changes = Changes::default();
    for name in ["name", "notes"] {
        if let Some(text) = call.given(name) {
            changes.set(name, text.to_owned());
        }
    }
    let is_status = |status: &&&str| status.eq_ignore_ascii_case(call.text("status"));
    if let Some(status) = STATUSES.iter().find(is_status) {
        changes.set("status", (*status).to_owned());
    }
    let addon = call.int("addonid");
    if call.db.exists("addons", addon)? {
        changes.set("addon_id", addon);
    }
    if let Some(cycle) = Cycle::from_text(call.text("billingcycle")) {
        changes.set("billingcycle", cycle.name().to_owned());
    }
    if let Some(due) = day(call, "nextduedate") {
        changes.set("nextduedate", due.clone());
        changes.set("nextinvoicedate", due);
    }
    if let Some(end) = day(call, "terminationdate") {
        changes.set("terminationdate", end);
    }
    changes.amounts(call, &["setupfee", "recurring"]);
    if changes.is_empty() && !call.flag("autorecalc") {
        return refuse("Nothing to Update");
    }
    changes.apply(call, "service_addons", id)?;
    if call.flag("autorecalc") {
        let amount = recalculated(call, id)?;
        call.db
            .update("service_addons", id, &[("recurring", &amount)])?;
    }
    let client: Option<i64> = call
        .db
        .value("SELECT client_id FROM service_addons WHERE id = ?1", [id])?;
    call.log(
        client.unwrap_or(0),
        &format!("Modified Addon - Addon ID: {id}"),
    )?;
    Ok(Answer::success().with("id", id.to_string()))
}

/// The day in a parameter, or the one that stands for none.
fn day(call: &Call, name: &str) -> Option<String> {
    let is_none = call.text(name).starts_with(NO_DAY);
    let day = call.date(name).map(|day| day.to_string());
    day.or_else(|| is_none.then(|| NO_DAY.to_owned()))
}

/// What an addon costs each time by the price lists.
fn recalculated(call: &Call, id: i64) -> rusqlite::Result<Money> {
    let row = call.db.row(
        "SELECT a.addon_id, a.billingcycle, a.qty, c.currency FROM service_addons a \
         JOIN clients c ON c.id = a.client_id WHERE a.id = ?1",
        [id],
        |row| {
            Ok((
                row.get(0)?,
                row.get::<_, String>(1)?,
                row.get::<_, i64>(2)?,
                row.get(3)?,
            ))
        },
    )?;
    let Some((addon, cycle, qty, currency)) = row else {
        return Ok(Money::ZERO);
    };
    let Some(cycle) = Cycle::from_text(&cycle).filter(|cycle| cycle.is_recurring()) else {
        return Ok(Money::ZERO);
    };
    let price = pricing::price(call.db, Priced::Addon(addon), currency, cycle)?;
    Ok(price.unwrap_or_default().times(qty).recurring)
}

#[cfg(test)]
mod tests {
    use crate::sandbox::api::answer_fields;
    use crate::sandbox::db::Db;
    use crate::sandbox::reply::{Answer, Fields};
    use crate::sandbox::store::Store;

    fn addon(store: &Store) -> Fields {
        let sql = "SELECT status, name, recurring, billingcycle, nextduedate FROM service_addons WHERE id = 1";
        let read = |db: &Db<'_>| Ok(db.record(sql, ())?);
        store.transact(read).expect("reads").expect("an addon")
    }

    #[test]
    fn an_addon_changes_where_told_and_can_be_priced_anew() {
        let store = Store::open(None, 1, None).expect("opens");
        answer_fields(
            &store,
            "action=AddOrder&clientid=1&paymentmethod=paypal&addonid=1&serviceid=1",
        );
        let update =
            |rest: &str| answer_fields(&store, &format!("action=UpdateClientAddon&{rest}"));
        assert_eq!(update("id=9").text("message"), "Addon ID Not Found");
        assert_eq!(update("id=1").text("message"), "Nothing to Update");
        assert_eq!(
            update("id=1&status=Active&name=Extra"),
            Answer::success().with("id", "1")
        );
        assert_eq!(addon(&store).text("status"), "Active");
        assert_eq!(addon(&store).text("name"), "Extra");
        assert_eq!(addon(&store).int("recurring"), 2160);
        update("id=1&status=suspended");
        assert_eq!(addon(&store).text("status"), "Suspended");
        let strange = update("id=1&status=Frobnicated");
        assert_eq!(strange.text("message"), "Nothing to Update");
        assert_eq!(addon(&store).text("status"), "Suspended");
        update("id=1&nextduedate=0000-00-00");
        assert_eq!(addon(&store).text("nextduedate"), "0000-00-00");
        update("id=1&billingcycle=monthly&autorecalc=1&recurring=99&nextduedate=2030-02-01");
        let after = addon(&store);
        assert_eq!(after.int("recurring"), 180);
        assert_eq!(
            (after.text("billingcycle"), after.text("nextduedate")),
            ("Monthly", "2030-02-01")
        );
    }
}
