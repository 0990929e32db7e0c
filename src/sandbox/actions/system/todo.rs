//! The staff's to-do list: `GetToDoItems`, `GetToDoItemStatuses`, `UpdateToDoItem`.

use rusqlite::params;

use crate::sandbox::call::Call;
use crate::sandbox::changes::Changes;
use crate::sandbox::list::Listing;
use crate::sandbox::refusal::Refusal;
use crate::sandbox::reply::{Answer, wrapped};

/// Every status, in WHMCS's order.
const STATUSES: &[&str] = &["New", "Pending", "In Progress", "Completed", "Postponed"];

/// How many items are due by a day and not done; `?1` is the day.
pub const DUE: &str =
    "SELECT COUNT(*) FROM todo_items WHERE status <> 'Completed' AND duedate BETWEEN '0001' AND ?1";

/// A page of items by their due date; no item is no list, as the reference shows it.
pub fn get_to_do_items(call: &Call) -> Result<Answer, Refusal> {
    let mut listing = Listing::new(
        "id AS \"id:text\", date, title, description, admin_id AS \"admin:text\", status, duedate",
        "todo_items",
    );
    match call.given("status") {
        None => {}
        Some(status) if status.eq_ignore_ascii_case("Incomplete") => {
            listing.only("status <> ?", "Completed".to_owned());
        }
        Some(status) => listing.only("status = ?", status.to_owned()),
    }
    listing.order("duedate, id");
    let page = listing.page(call)?;
    let answer = Answer::success()
        .with("totalresults", page.total.to_string())
        .with("startnumber", page.start.to_string());
    if page.records.is_empty() {
        return Ok(answer);
    }
    Ok(answer.with("items", wrapped("item", page.records)))
}

/// How many items each status has, and how many of them should be done by now.
pub fn get_to_do_item_statuses(call: &Call) -> Result<Answer, Refusal> {
    let mut statuses = Vec::new();
    for status in STATUSES {
        let record = call.db.record(
            "SELECT ?1 AS type, COUNT(*) AS count, \
             COALESCE(SUM(?1 <> 'Completed' AND duedate > '0000-00-00' AND duedate < ?2), 0) AS overdue \
             FROM todo_items WHERE status = ?1",
            params![status, call.today()],
        )?;
        statuses.extend(record);
    }
    Ok(Answer::success()
        .with("totalresults", statuses.len())
        .with("todoitemstatuses", wrapped("status", statuses)))
}

/// Changes what is sent of an item, and whose it is.
pub fn update_to_do_item(call: &Call) -> Result<Answer, Refusal> {
    let item = call.existing("itemid", "todo_items", "TODO Item ID Not Found")?;
    let admin = call.existing("adminid", "admins", "Admin ID Not Found")?;
    let mut changes = Changes::default();
    changes.set("admin_id", admin);
    for name in ["status", "title"] {
        if let Some(text) = call.given(name) {
            changes.set(name, text.to_owned());
        }
    }
    changes.texts(call, &["description"]);
    for name in ["date", "duedate"] {
        if let Some(day) = call.date(name) {
            changes.set(name, day.to_string());
        }
    }
    changes.apply(call, "todo_items", item)?;
    call.log(0, &format!("To-Do Item Updated - ID: {item}"))?;
    Ok(Answer::success().with("itemid", item.to_string()))
}

#[cfg(test)]
mod tests {
    use crate::sandbox::testing::{answer, change, column, is_complete, json, store};

    #[test]
    fn items_are_listed_by_due_date_and_status() {
        let store = store();
        let ids = |query| column(&answer(&store, "GetToDoItems", query), "items.item", "id");
        for (query, found) in [
            ("", vec!["3", "1", "2"]),
            ("status=Incomplete", vec!["1", "2"]),
            ("status=completed", vec!["3"]),
            ("limitstart=1&limitnum=1", vec!["1"]),
        ] {
            assert_eq!(ids(query), found, "{query}");
        }
        is_complete("GetToDoItems", &answer(&store, "GetToDoItems", ""));
        assert_eq!(
            json(&store, "GetToDoItems", "status=Postponed"),
            r#"{"result":"success","totalresults":0,"startnumber":0}"#
        );
    }

    #[test]
    fn statuses_count_their_items_and_the_late_ones() {
        let store = store();
        assert_eq!(
            json(&store, "GetToDoItemStatuses", ""),
            concat!(
                r#"{"result":"success","totalresults":5,"todoitemstatuses":{"status":["#,
                r#"{"type":"New","count":1,"overdue":0},{"type":"Pending","count":1,"overdue":1},"#,
                r#"{"type":"In Progress","count":0,"overdue":0},{"type":"Completed","count":1,"overdue":0},"#,
                r#"{"type":"Postponed","count":0,"overdue":0}]}}"#
            )
        );
        let stats = answer(&store, "GetStats", "");
        assert_eq!(stats.int("todoitems_due"), 1);
        change(&store, "UPDATE todo_items SET duedate = '0000-00-00'");
        let reply = answer(&store, "GetToDoItemStatuses", "");
        let late = column(&reply, "todoitemstatuses.status", "overdue");
        assert_eq!(late, ["0"; 5]);
        assert_eq!(answer(&store, "GetStats", "").int("todoitems_due"), 0);
    }

    #[test]
    fn only_what_is_sent_of_an_item_changes_and_days_are_read_in_both_spellings() {
        let store = store();
        assert_eq!(
            json(
                &store,
                "UpdateToDoItem",
                "itemid=1&adminid=2&status=In+Progress&date=20260102&duedate=2026-02-03"
            ),
            r#"{"result":"success","itemid":"1"}"#
        );
        let list = answer(&store, "GetToDoItems", "status=In+Progress");
        for (name, value) in [
            ("title", "Renew the office lease"),
            ("description", "Ask for two years"),
            ("admin", "2"),
            ("date", "2026-01-02"),
            ("duedate", "2026-02-03"),
        ] {
            assert_eq!(column(&list, "items.item", name), [value]);
        }
        for (query, message) in [
            ("itemid=99&adminid=99", "TODO Item ID Not Found"),
            ("itemid=1&adminid=99", "Admin ID Not Found"),
        ] {
            let reply = answer(&store, "UpdateToDoItem", query);
            assert_eq!(reply.text("message"), message);
        }
    }
}
