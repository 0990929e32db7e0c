//! Users themselves: `AddUser`, `UpdateUser`, `GetUsers` and `ResetPassword`.

use rusqlite::params;

use super::invites;
use crate::sandbox::call::Call;
use crate::sandbox::changes::Changes;
use crate::sandbox::checks::is_email;
use crate::sandbox::list::{Listing, direction};
use crate::sandbox::password;
use crate::sandbox::refusal::{Refusal, refuse};
use crate::sandbox::reply::Answer;

/// Creates a user, who belongs to the clients it was invited to.
pub fn add_user(call: &Call) -> Result<Answer, Refusal> {
    let firstname = call.required("firstname", "You did not enter a first name")?;
    let lastname = call.required("lastname", "You did not enter a last name")?;
    let email = call.required("email", "You did not enter an email address")?;
    let password = call.required("password2", "You did not enter a password")?;
    check_email(call, email, 0)?;
    let user = call.db.insert(
        "users",
        &[
            ("firstname", &firstname),
            ("lastname", &lastname),
            ("email", &email),
            ("password", &password::seal(password, &call.db.uuid())),
            ("language", &call.text("language")),
            ("datecreated", &call.moment()),
        ],
    )?;
    invites::accept(call, user, email)?;
    call.log(0, &format!("User Created - User ID: {user}"))?;
    Ok(Answer::success().with("user_id", user.to_string()))
}

/// Changes what is sent of a user; an empty text leaves its field alone.
pub fn update_user(call: &Call) -> Result<Answer, Refusal> {
    let user = call.existing("user_id", "users", "Invalid User ID requested")?;
    let mut changes = Changes::default();
    for name in ["firstname", "lastname", "email", "language"] {
        if let Some(text) = call.given(name) {
            changes.set(name, text.to_owned());
        }
    }
    if changes.is_empty() {
        return refuse("One of `email`, `firstname`, `lastname`, or `language` is required");
    }
    if let Some(email) = call.given("email") {
        check_email(call, email, user)?;
        let same: Option<i64> = call.db.value(
            "SELECT 1 FROM users WHERE id = ?1 AND email = ?2",
            params![user, email],
        )?;
        if same.is_none() {
            changes.set("email_verified", 0);
        }
    }
    changes.apply(call, "users", user)?;
    call.log(0, &format!("User Updated - User ID: {user}"))?;
    Ok(Answer::success().with("user_id", user.to_string()))
}

/// A page of users with their clients, by the start of a name or address.
pub fn get_users(call: &Call) -> Result<Answer, Refusal> {
    let mut listing = Listing::new(
        "id, firstname, lastname, email, datecreated, '' AS validationdata",
        "users",
    );
    if let Some(search) = call.given("search") {
        // The full name starts with the first name, so it stands for both.
        listing.starting(&["email", "fullname", "lastname"], search);
    }
    listing.order(format!("id {}", direction(call.text("sorting"))));
    let mut page = listing.page(call)?;
    for user in &mut page.records {
        let clients = call.db.records(
            "SELECT client_id AS id, owner AS \"isOwner:bool\" FROM user_clients WHERE user_id = ?1 ORDER BY client_id",
            [user.int("id")],
        )?;
        user.push("clients", clients);
    }
    let answer = page.counted();
    Ok(answer.with("users", page.records))
}

/// Mails a user a link for choosing a new password.
pub fn reset_password(call: &Call) -> Result<Answer, Refusal> {
    const USER: &str = "SELECT u.id, u.email, COALESCE((SELECT client_id FROM user_clients \
        WHERE user_id = u.id ORDER BY owner DESC, client_id LIMIT 1), 0) FROM users u WHERE";
    let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
    let found: Option<(i64, String, i64)> = match (call.given_int("id"), call.given("email")) {
        (Some(id), _) => call.db.row(&format!("{USER} u.id = ?1"), [id], read)?,
        (None, Some(email)) if !is_email(email) => {
            return refuse("Please provide a valid email address");
        }
        (None, Some(email)) => call
            .db
            .row(&format!("{USER} u.email = ?1"), [email], read)?,
        (None, None) => return refuse("Please enter the email address or provide the id"),
    };
    let Some((user, email, client)) = found else {
        return refuse("User Not Found");
    };
    call.mail_to(client, &email, "Password Reset Validation", &[])?;
    call.log(
        client,
        &format!("Password Reset Requested - User ID: {user}"),
    )?;
    Ok(Answer::success())
}

/// Refuses an address that is none or another user's.
fn check_email(call: &Call, email: &str, user: i64) -> Result<(), Refusal> {
    if !is_email(email) {
        return refuse("The email address entered is not valid");
    }
    let other: Option<i64> = call.db.value(
        "SELECT 1 FROM users WHERE email = ?1 AND id <> ?2",
        params![email, user],
    )?;
    if other.is_some() {
        return refuse("A user already exists with that email address");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::sandbox::reply::Answer;
    use crate::sandbox::testing::{
        answer, change, column, count, is_complete, json, refuses, store,
    };

    const NEW: &str = "firstname=Ann&lastname=Lee&email=ann%40example.com&password2=x";

    #[test]
    fn a_new_user_has_no_clients() {
        let store = store();
        assert_eq!(
            json(&store, "AddUser", NEW),
            r#"{"result":"success","user_id":7}"#
        );
        change(
            &store,
            "UPDATE users SET datecreated = '2026-01-02 03:04:05' WHERE id = 7",
        );
        assert_eq!(
            json(&store, "GetUsers", "search=ANN%40"),
            r#"{"result":"success","totalresults":1,"startnumber":0,"numreturned":1,"users":[{"id":7,"firstname":"Ann","lastname":"Lee","email":"ann@example.com","datecreated":"2026-01-02 03:04:05","validationdata":"","clients":[]}]}"#
        );
    }

    #[test]
    fn a_new_user_is_checked_in_the_references_order() {
        let store = store();
        let taken = "A user already exists with that email address";
        let cases = [
            ("", "You did not enter a first name"),
            ("firstname=A", "You did not enter a last name"),
            (
                "firstname=A&lastname=B",
                "You did not enter an email address",
            ),
            (
                "firstname=A&lastname=B&email=x",
                "You did not enter a password",
            ),
            (
                "firstname=A&lastname=B&email=x&password2=y",
                "The email address entered is not valid",
            ),
            (
                "firstname=A&lastname=B&email=ZOE.mueller%40example.com&password2=y",
                taken,
            ),
        ];
        refuses(&store, "AddUser", &cases);
        assert_eq!(count(&store, "SELECT COUNT(*) FROM users"), 6);
    }

    #[test]
    fn only_what_is_given_of_a_user_changes() {
        let store = store();
        assert_eq!(
            json(&store, "UpdateUser", "user_id=1&lastname=Maier&firstname="),
            r#"{"result":"success","user_id":"1"}"#
        );
        let sql = "SELECT COUNT(*) FROM users WHERE id = 1 AND firstname = 'Zoë' AND lastname = 'Maier' AND email_verified = 1";
        assert_eq!(count(&store, sql), 1);
        answer(&store, "UpdateUser", "user_id=1&email=zoe%40example.com");
        let sql =
            "SELECT COUNT(*) FROM users WHERE email = 'zoe@example.com' AND email_verified = 0";
        assert_eq!(count(&store, sql), 1);
        let nothing = "One of `email`, `firstname`, `lastname`, or `language` is required";
        let cases = [
            ("user_id=99&lastname=x", "Invalid User ID requested"),
            ("user_id=1", nothing),
            (
                "user_id=1&email=x",
                "The email address entered is not valid",
            ),
            (
                "user_id=1&email=kenta.sato%40example.com",
                "A user already exists with that email address",
            ),
        ];
        refuses(&store, "UpdateUser", &cases);
    }

    #[test]
    fn users_are_found_by_the_start_of_a_name_and_sorted_by_id() {
        let store = store();
        let ids = |query| column(&answer(&store, "GetUsers", query), "users", "id");
        for (query, found) in [
            ("sorting=DESC&limitnum=2", vec!["6", "5"]),
            ("search=martin+PR", vec!["3"]),
            ("search=price", vec!["3"]),
            ("search=rice", vec![]),
            ("limitstart=4", vec!["5", "6"]),
        ] {
            assert_eq!(ids(query), found, "{query}");
        }
        let all = answer(&store, "GetUsers", "");
        is_complete("GetUsers", &all);
    }

    #[test]
    fn a_reset_mails_the_user_found_by_id_or_address() {
        let store = store();
        for query in ["id=3", "email=MARTIN%40price-beier.example"] {
            assert_eq!(answer(&store, "ResetPassword", query), Answer::success());
        }
        let mails = answer(&store, "GetEmails", "clientid=3");
        assert_eq!(
            column(&mails, "emails.email", "subject"),
            ["Reset your password"; 2]
        );
        assert_eq!(
            column(&mails, "emails.email", "to"),
            ["martin@price-beier.example"; 2]
        );
        let cases = [
            ("email=x", "Please provide a valid email address"),
            ("email=x%40y.example", "User Not Found"),
            ("id=99", "User Not Found"),
            ("", "Please enter the email address or provide the id"),
        ];
        refuses(&store, "ResetPassword", &cases);
    }
}
