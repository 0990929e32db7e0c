//! `AddClient`.

use rusqlite::params;

use super::{cards, profile};
use crate::sandbox::actions::users;
use crate::sandbox::call::{Call, intval};
use crate::sandbox::custom_fields::{self, FieldOwner};
use crate::sandbox::db::Db;
use crate::sandbox::password;
use crate::sandbox::refusal::{Refusal, refuse};
use crate::sandbox::reply::Answer;

/// Creates a client and, unless an owner is named, its user.
pub fn add_client(call: &Call) -> Result<Answer, Refusal> {
    let owner = call
        .given("owner_user_id")
        .filter(|text| *text != "0")
        .map(intval);
    if let Some(owner) = owner
        && !call.db.exists("users", owner)?
    {
        return refuse("Invalid Owner User ID");
    }
    check(call, owner.is_some())?;
    check_available(call, owner.is_some())?;
    let client = insert_client(call)?;
    let user = match owner {
        Some(user) => user,
        None => insert_user(call)?,
    };
    call.db.run(
        "INSERT INTO user_clients (user_id, client_id, owner, created_at) VALUES (?1, ?2, 1, ?3)",
        params![user, client, call.moment()],
    )?;
    if owner.is_none() {
        users::accept(call, user, call.text("email"))?;
    }
    if let Some(fields) = call.serialized("customfields") {
        custom_fields::write(call, FieldOwner::Client, client, &fields)?;
    }
    cards::keep_card(call, client)?;
    call.log(
        client,
        &format!(
            "Created Client {} {} - Client ID: {client}",
            call.text("firstname"),
            call.text("lastname")
        ),
    )?;
    if !call.flag("noemail") {
        call.mail(client, "Client Signup Email", &[])?;
    }
    // The owner is not in the reference; node-whmcs's own tests read it.
    Ok(Answer::success()
        .with("clientid", client.to_string())
        .with("owner_id", user.to_string()))
}

/// What the fields themselves must be, in the reference's order.
///
/// `skipvalidation` leaves only what a new user cannot do without.
fn check(call: &Call, owned: bool) -> Result<(), Refusal> {
    let validated = !call.flag("skipvalidation");
    if validated {
        profile::check_whole(call)?;
    } else if !owned {
        profile::check_email(call)?;
    }
    if !owned {
        // Not among AddClient's documented errors: the words are AddUser's.
        call.required("password2", "You did not enter a password")?;
    }
    if validated {
        let fields = call.serialized("customfields");
        custom_fields::check_required(call.db, FieldOwner::Client, fields.as_ref())?;
    }
    Ok(())
}

/// Whether the address may be used: not banned, no other user's, no other client's.
fn check_available(call: &Call, owned: bool) -> Result<(), Refusal> {
    const UNAVAILABLE: &str = "The email address entered is not available for use.";
    let email = call.text("email");
    let domain = email.rsplit('@').next().unwrap_or_default();
    if has(
        call.db,
        "SELECT 1 FROM banned_email_domains WHERE domain = ?1",
        domain,
    )? {
        return refuse(UNAVAILABLE);
    }
    if !owned && has(call.db, "SELECT 1 FROM users WHERE email = ?1", email)? {
        return refuse("A user already exists with that email address");
    }
    if !email.is_empty() && has(call.db, "SELECT 1 FROM clients WHERE email = ?1", email)? {
        return refuse(UNAVAILABLE);
    }
    Ok(())
}

fn has(db: &Db, sql: &str, text: &str) -> rusqlite::Result<bool> {
    Ok(db.value::<i64>(sql, [text])?.is_some())
}

fn insert_client(call: &Call) -> rusqlite::Result<i64> {
    let currency = currency(call)?;
    let group = match call.int("groupid") {
        group if call.db.exists("client_groups", group)? => group,
        _ => 0,
    };
    let here = call.caller.ip.to_string();
    call.db.insert(
        "clients",
        &[
            ("uuid", &call.db.uuid()),
            ("firstname", &call.text("firstname")),
            ("lastname", &call.text("lastname")),
            ("companyname", &call.text("companyname")),
            ("email", &call.text("email")),
            ("address1", &call.text("address1")),
            ("address2", &call.text("address2")),
            ("city", &call.text("city")),
            ("state", &call.text("state")),
            ("postcode", &call.text("postcode")),
            ("country", &call.text("country")),
            ("phonenumber", &call.text("phonenumber")),
            ("tax_id", &call.text("tax_id")),
            ("notes", &call.text("notes")),
            ("currency", &currency),
            ("groupid", &group),
            ("language", &call.text("language")),
            ("clientip", &call.given("clientip").unwrap_or(&here)),
            ("marketing_emails_opt_in", &call.flag("marketingoptin")),
            ("datecreated", &call.today()),
        ],
    )
}

/// The currency asked for, when there is such a one, else the default.
fn currency(call: &Call) -> rusqlite::Result<i64> {
    let wanted = call.int("currency");
    if call.db.exists("currencies", wanted)? {
        return Ok(wanted);
    }
    let default = call
        .db
        .value("SELECT id FROM currencies ORDER BY is_default DESC, id", ())?;
    Ok(default.unwrap_or(1))
}

fn insert_user(call: &Call) -> rusqlite::Result<i64> {
    let sealed = password::seal(call.text("password2"), &call.db.uuid());
    call.db.insert(
        "users",
        &[
            ("firstname", &call.text("firstname")),
            ("lastname", &call.text("lastname")),
            ("email", &call.text("email")),
            ("password", &sealed),
            ("language", &call.text("language")),
            ("securityqid", &call.int("securityqid")),
            ("securityqans", &call.text("securityqans")),
            ("datecreated", &call.moment()),
        ],
    )
}

#[cfg(test)]
mod tests {
    use crate::catalog;
    use crate::sandbox::reply::Answer;
    use crate::sandbox::store::Store;
    use crate::sandbox::testing::{answer, change, count, store};

    const WHOLE: &[(&str, &str)] = &[
        ("firstname", "Jo"),
        ("lastname", "B%C3%B6hm"),
        ("email", "jo%40example.com"),
        ("address1", "1 Way"),
        ("city", "Ulm"),
        ("state", "BW"),
        ("postcode", "89073"),
        ("country", "DE"),
        ("phonenumber", "0731 5550100"),
        ("password2", "s3cret!"),
    ];

    fn add(store: &Store, changes: &[(&str, &str)]) -> Answer {
        let fields: Vec<String> = WHOLE
            .iter()
            .chain(changes)
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        answer(store, "AddClient", &fields.join("&"))
    }

    #[test]
    fn a_client_comes_with_a_user_a_mail_and_a_log_line() {
        let store = store();
        let reply = add(&store, &[]);
        let whole = Answer::success()
            .with("clientid", "7")
            .with("owner_id", "7");
        assert_eq!(reply, whole);
        for sql in [
            "SELECT COUNT(*) FROM user_clients l JOIN users u ON u.id = l.user_id WHERE l.client_id = 7 AND l.owner = 1 AND u.email = 'jo@example.com'",
            "SELECT COUNT(*) FROM emails WHERE client_id = 7 AND subject = 'Welcome' AND message LIKE '%Jo Böhm%'",
            "SELECT COUNT(*) FROM activity WHERE client_id = 7 AND description = 'Created Client Jo Böhm - Client ID: 7'",
            "SELECT COUNT(*) FROM clients WHERE id = 7 AND status = 'Active' AND currency = 1 AND clientip = '127.0.0.1' AND marketing_emails_opt_in = 0",
        ] {
            assert_eq!(count(&store, sql), 1, "{sql}");
        }
    }

    #[test]
    fn every_check_answers_in_the_words_and_order_of_the_reference() {
        let store = store();
        // Each case leaves out or spoils one more field than the one before it, from the last to the first.
        let mut spoiled: Vec<(&str, &str)> = Vec::new();
        for (name, value, message) in [
            (
                "email",
                "zoe.mueller%40example.com",
                "A user already exists with that email address",
            ),
            (
                "email",
                "x%40mailinator.com",
                "The email address entered is not available for use.",
            ),
            ("password2", "", "You did not enter a password"),
            ("phonenumber", "call+me", "Invalid telephone phone number"),
            ("phonenumber", "", "You did not enter your phone number"),
            ("country", "Germany", "Valid country required"),
            ("postcode", "", "You did not enter your postcode"),
            ("state", "", "You did not enter your state"),
            ("city", "", "You did not enter your city"),
            ("address1", "+", "You did not enter your  address line 1"),
            ("email", "jo", "The email address you entered was not valid"),
            ("email", "", "You did not enter your email address"),
            ("lastname", "", "You did not enter your last name"),
            ("firstname", "", "You did not enter your first name"),
            ("owner_user_id", "99", "Invalid Owner User ID"),
            ("owner_user_id", "nobody", "Invalid Owner User ID"),
        ] {
            spoiled.push((name, value));
            let reply = add(&store, &spoiled);
            assert_eq!(reply.text("message"), message);
            assert_eq!(reply.text("result"), "error");
            let documented = catalog::action("AddClient").map(|action| action.errors);
            let known = documented.is_some_and(|errors| errors.contains(&message));
            assert!(known || name == "password2", "{message}");
        }
        assert_eq!(count(&store, "SELECT COUNT(*) FROM clients"), 6);
    }

    #[test]
    fn a_required_custom_field_is_asked_for_by_name_and_kept() {
        let store = store();
        change(&store, "UPDATE custom_fields SET required = 1 WHERE id = 3");
        assert_eq!(
            add(&store, &[]).text("message"),
            "You did not provide required custom field value for VAT"
        );
        // base64 of a:2:{i:3;s:5:"Zoë1";i:99;s:1:"x";}
        let reply = add(
            &store,
            &[(
                "customfields",
                "YToyOntpOjM7czo1OiJab8OrMSI7aTo5OTtzOjE6IngiO30%3D",
            )],
        );
        assert_eq!(reply.text("clientid"), "7");
        let sql = "SELECT COUNT(*) FROM custom_field_values WHERE relid = 7 AND field_id = 3 AND value = 'Zoë1'";
        assert_eq!(count(&store, sql), 1);
        assert_eq!(
            count(
                &store,
                "SELECT COUNT(*) FROM custom_field_values WHERE relid = 7"
            ),
            1
        );
    }

    #[test]
    fn skipvalidation_still_wants_address_and_password_of_a_new_user() {
        let store = store();
        let skip = |body: &str| answer(&store, "AddClient", &format!("skipvalidation=1&{body}"));
        assert_eq!(
            skip("").text("message"),
            "You did not enter your email address"
        );
        assert_eq!(
            skip("email=a%40b.example").text("message"),
            "You did not enter a password"
        );
        assert_eq!(
            skip("email=a%40b.example&password2=x").text("clientid"),
            "7"
        );
        assert_eq!(skip("owner_user_id=1").text("clientid"), "8");
    }

    #[test]
    fn a_client_of_an_existing_user_needs_no_password_and_makes_no_user() {
        let store = store();
        let reply = add(
            &store,
            &[("owner_user_id", "2"), ("password2", ""), ("noemail", "1")],
        );
        assert_eq!(reply.text("clientid"), "7");
        assert_eq!(reply.text("owner_id"), "2");
        assert_eq!(count(&store, "SELECT COUNT(*) FROM users"), 6);
        assert_eq!(count(&store, "SELECT COUNT(*) FROM emails"), 0);
        let taken = add(&store, &[("owner_user_id", "2")]);
        assert_eq!(
            taken.text("message"),
            "The email address entered is not available for use."
        );
    }

    #[test]
    fn a_card_is_kept_by_its_last_digits_only() {
        let store = store();
        add(
            &store,
            &[
                ("cardnum", "4111111111111234"),
                ("cardtype", "Visa"),
                ("expdate", "0229"),
                ("cvv", "999"),
            ],
        );
        let sql = "SELECT COUNT(*) FROM pay_methods WHERE client_id = 7 AND card_last_four = '1234' AND expiry_date = '02/29'";
        assert_eq!(count(&store, sql), 1);
    }
}
