//! The activity log: `GetActivityLog` and `LogActivity`.

use crate::sandbox::call::Call;
use crate::sandbox::list::Listing;
use crate::sandbox::localised;
use crate::sandbox::refusal::Refusal;
use crate::sandbox::reply::{Answer, wrapped};

/// A page of the log, newest first, by client, day, author, text or address.
pub fn get_activity_log(call: &Call) -> Result<Answer, Refusal> {
    let mut listing = Listing::new(
        "id, client_id AS clientId, user_id AS userId, admin_id AS adminId, date, description, username, \
         ipaddress, client_id AS userid",
        "activity",
    );
    let client = call.given_int("clientid");
    if let Some(client) = client.or_else(|| call.given_int("userid")) {
        listing.only("client_id = ?", client);
    }
    if let Some(text) = call.given("date") {
        // What is no day is no entry's day.
        let day = localised::day(call, text)?.map_or_else(String::new, |day| day.to_string());
        listing.only("substr(date, 1, 10) = ?", day);
    }
    if let Some(user) = call.given("user") {
        listing.only(
            "? COLLATE NOCASE IN (username, (SELECT email FROM clients WHERE id = client_id), \
             (SELECT email FROM users WHERE id = user_id))",
            user.to_owned(),
        );
    }
    if let Some(text) = call.given("description") {
        listing.containing(&["description"], text);
    }
    if let Some(address) = call.given("ipaddress") {
        listing.only("ipaddress = ?", address.to_owned());
    }
    listing.order("id DESC");
    let page = listing.page(call)?;
    Ok(Answer::success()
        .with("totalresults", page.total)
        .with("startnumber", page.start)
        .with("activity", wrapped("entry", page.records)))
}

/// Adds a line to the log.
pub fn log_activity(call: &Call) -> Result<Answer, Refusal> {
    let description = call.required("description", "Parameter description is required")?;
    let client = call.given_int("clientid");
    let client = client.or_else(|| call.given_int("userid"));
    call.log(client.unwrap_or(0), description)?;
    Ok(Answer::success())
}

#[cfg(test)]
mod tests {
    use crate::sandbox::store::Store;
    use crate::sandbox::testing::{answer, change, column, is_complete, json, store};

    fn with_lines() -> Store {
        let store = store();
        answer(
            &store,
            "LogActivity",
            "clientid=3&description=Called+about+100%25+uptime",
        );
        answer(&store, "LogActivity", "description=Nobody%27s");
        change(
            &store,
            "UPDATE activity SET date = '2026-01-02 03:04:05' WHERE id = 2",
        );
        change(
            &store,
            "UPDATE activity SET user_id = 1, username = 'zoe', ipaddress = '192.0.2.9' WHERE id = 3",
        );
        store
    }

    #[test]
    fn a_line_is_logged_in_the_callers_name_and_told_twice_whose_it_is() {
        let store = with_lines();
        assert_eq!(
            json(&store, "GetActivityLog", "clientid=3"),
            r#"{"result":"success","totalresults":1,"startnumber":0,"activity":{"entry":[{"id":2,"clientId":3,"userId":0,"adminId":1,"date":"2026-01-02 03:04:05","description":"Called about 100% uptime","username":"admin","ipaddress":"127.0.0.1","userid":3}]}}"#
        );
        is_complete("GetActivityLog", &answer(&store, "GetActivityLog", ""));
    }

    #[test]
    fn a_line_needs_words_and_takes_its_client_by_the_older_name_too() {
        let store = store();
        let nothing = answer(&store, "LogActivity", "clientid=1&description=+");
        assert_eq!(nothing.text("message"), "Parameter description is required");
        answer(&store, "LogActivity", "userid=2&description=Called");
        let lines = answer(&store, "GetActivityLog", "clientid=2");
        assert_eq!(column(&lines, "activity.entry", "description"), ["Called"]);
    }

    #[test]
    fn lines_are_found_by_client_day_author_text_and_address() {
        let store = with_lines();
        let ids = |query: &str| {
            column(
                &answer(&store, "GetActivityLog", query),
                "activity.entry",
                "id",
            )
        };
        for (query, found) in [
            ("", vec!["3", "2", "1"]),
            ("limitnum=1&limitstart=1", vec!["2"]),
            ("userid=3", vec!["2"]),
            ("clientid=0", vec!["3", "1"]),
            ("date=2026-01-02", vec!["2"]),
            ("date=02/01/2026", vec!["2"]),
            ("date=yesterday", vec![]),
            ("user=ADMIN", vec!["2"]),
            ("user=Martin%40price-beier.example", vec!["2"]),
            ("user=zoe.mueller%40example.com", vec!["3"]),
            ("description=100%25", vec!["2"]),
            ("ipaddress=192.0.2.9", vec!["3"]),
        ] {
            assert_eq!(ids(query), found, "{query}");
        }
        answer(
            &store,
            "SetConfigurationValue",
            "setting=DateFormat&value=MM/DD/YYYY",
        );
        assert_eq!(ids("date=01/02/2026"), ["2"]);
    }
}
