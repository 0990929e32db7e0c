//! `GetClientsDetails`.

use rusqlite::params;

use super::stats;
use crate::sandbox::call::Call;
use crate::sandbox::countries;
use crate::sandbox::custom_fields::{self, FieldOwner};
use crate::sandbox::db::Db;
use crate::sandbox::refusal::{Refusal, refuse};
use crate::sandbox::reply::{Answer, Fields, Value, wrapped};

const COLUMNS: &str = "SELECT c.id AS client_id, COALESCE(l.user_id, 0) AS owner_user_id, c.id AS userid, c.id, c.uuid, \
    c.firstname, c.lastname, c.fullname, c.companyname, c.email, c.address1, c.address2, c.city, \
    c.state AS fullstate, c.state, c.postcode, c.country AS countrycode, c.country, c.phonenumber, c.tax_id, \
    NULL AS email_preferences, c.state AS statecode, NULL AS countryname, NULL AS phonecc, \
    NULL AS phonenumberformatted, NULL AS telephoneNumber, c.billingcid, c.notes, c.currency, c.defaultgateway, \
    c.groupid, c.status, c.credit AS \"credit:money\", c.taxexempt AS \"taxexempt:bool\", \
    c.latefeeoveride AS \"latefeeoveride:bool\", c.overideduenotices AS \"overideduenotices:bool\", \
    c.separateinvoices AS \"separateinvoices:bool\", c.disableautocc AS \"disableautocc:bool\", \
    NOT c.marketing_emails_opt_in AS \"emailoptout:bool\", \
    c.marketing_emails_opt_in AS \"marketing_emails_opt_in:bool\", \
    c.overrideautoclose AS \"overrideautoclose:bool\", c.allow_sso AS allowSingleSignOn, \
    COALESCE(u.email_verified, 0) AS \"email_verified:bool\", c.language, \
    c.marketing_emails_opt_in AS \"isOptedInToMarketingEmails:bool\", NULL AS lastlogin, m.code AS currency_code \
    FROM clients c LEFT JOIN user_clients l ON l.client_id = c.id AND l.owner = 1 \
    LEFT JOIN users u ON u.id = l.user_id LEFT JOIN currencies m ON m.id = c.currency WHERE c.id = ?1";

/// One client with everything WHMCS tells of it.
pub fn get_clients_details(call: &Call) -> Result<Answer, Refusal> {
    let id = client_id(call)?;
    let Some(mut client) = call.db.record(COLUMNS, [id])? else {
        return refuse("Client Not Found");
    };
    complete(call.db, &mut client)?;
    // The copies of the client's fields at the top are WHMCS's, for callers from before 7.
    let mut answer = Answer::success();
    answer.extend(client.clone());
    answer.push("client", client);
    if call.flag("stats") {
        answer.push("stats", stats::read(call, id)?);
    }
    Ok(answer)
}

/// The client that `clientid` or else `email` names.
fn client_id(call: &Call) -> Result<i64, Refusal> {
    let by_id = call.given_int("clientid").filter(|id| *id != 0);
    let found = match (by_id, call.given("email")) {
        (Some(id), _) => Some(id),
        (None, Some(email)) => call.db.value(
            "SELECT id FROM clients WHERE email = ?1 ORDER BY id",
            [email],
        )?,
        (None, None) => return refuse("Either clientid Or email Is Required"),
    };
    found.map_or_else(|| refuse("Client Not Found"), Ok)
}

/// Fills in what is not a column of the client.
fn complete(db: &Db, client: &mut Fields) -> rusqlite::Result<()> {
    let id = client.int("id");
    let country = countries::find(client.text("country"));
    let phone = countries::formatted_phone(country, client.text("phonenumber"));
    let (name, code) = country.map_or(("", "0"), |found| (found.name, found.calling_code));
    client.set("email_preferences", email_preferences(db, id)?);
    client.set("countryname", name);
    client.set("phonecc", code);
    client.set("phonenumberformatted", phone.as_str());
    client.set("telephoneNumber", phone);
    client.set("lastlogin", last_login(db, client.int("owner_user_id"))?);

    let values = custom_fields::read(db, FieldOwner::Client, id)?;
    let shown: Vec<Fields> = values
        .iter()
        .map(|field| {
            Fields::default()
                .with("id", field.int("id"))
                .with("value", field.text("value"))
        })
        .collect();
    client.push("customfields", shown);
    for (at, field) in values.iter().enumerate() {
        client.push(&format!("customfields{}", at + 1), field.text("value"));
    }
    let users = db.records(
        "SELECT u.id, u.firstname || ' ' || u.lastname AS name, u.email, l.owner AS \"is_owner:bool\" \
         FROM user_clients l JOIN users u ON u.id = l.user_id WHERE l.client_id = ?1 ORDER BY l.owner DESC, u.id",
        [id],
    )?;
    client.push("users", wrapped("user", users));
    Ok(())
}

fn email_preferences(db: &Db, client: i64) -> rusqlite::Result<Value> {
    let preferences = db.record(
        "SELECT email_general AS \"general:text\", email_invoice AS \"invoice:text\", \
         email_support AS \"support:text\", email_product AS \"product:text\", \
         email_domain AS \"domain:text\", email_affiliate AS \"affiliate:text\" FROM clients WHERE id = ?1",
        params![client],
    )?;
    Ok(preferences.into())
}

/// The owner's last visit, with the markup WHMCS puts into it.
fn last_login(db: &Db, user: i64) -> rusqlite::Result<String> {
    let login = db.record(
        "SELECT strftime('%d/%m/%Y %H:%M', last_login) AS at, last_ip, last_hostname FROM users \
         WHERE id = ?1 AND last_login <> '0000-00-00 00:00:00'",
        [user],
    )?;
    Ok(login.map_or_else(
        || "No Login Logged".to_owned(),
        |login| {
            format!(
                "Date: {}<br>IP Address: {}<br>Host: {}",
                login.text("at"),
                login.text("last_ip"),
                login.text("last_hostname")
            )
        },
    ))
}

#[cfg(test)]
mod tests {
    use crate::sandbox::reply::{Answer, Fields, Value};
    use crate::sandbox::testing::{answer, is_complete, store};

    fn details(query: &str) -> Answer {
        answer(&store(), "GetClientsDetails", query)
    }

    fn map<'r>(reply: &'r Answer, name: &str) -> &'r Fields {
        match reply.get(name) {
            Some(Value::Map(fields)) => fields,
            other => panic!("{name} is {other:?}"),
        }
    }

    #[test]
    fn a_client_is_found_by_id_or_address_or_refused() {
        assert_eq!(
            map(&details("clientid=3"), "client").text("lastname"),
            "Price"
        );
        let reply = details("email=ZOE.mueller%40example.com");
        assert_eq!(map(&reply, "client").int("id"), 1);
        for (query, message) in [
            ("", "Either clientid Or email Is Required"),
            ("clientid=99", "Client Not Found"),
            ("email=nobody", "Client Not Found"),
        ] {
            assert_eq!(details(query).text("message"), message);
        }
    }

    #[test]
    fn every_documented_field_is_there_and_stats_only_on_demand() {
        is_complete("GetClientsDetails", &details("clientid=1&stats=1"));
        assert!(details("clientid=1").get("stats").is_none());
    }

    #[test]
    fn values_are_typed_as_the_server_types_them() {
        let reply = details("clientid=1");
        let client = map(&reply, "client");
        for (name, value) in [
            ("client_id", Value::Int(1)),
            ("fullname", Value::from("Zo\u{eb} M\u{fc}ller")),
            ("credit", Value::from("25.00")),
            ("taxexempt", Value::Bool(false)),
            ("emailoptout", Value::Bool(false)),
            ("allowSingleSignOn", Value::Int(1)),
            ("countryname", Value::from("Germany")),
            ("phonecc", Value::from("49")),
            ("phonenumberformatted", Value::from("+49.2215550142")),
            ("lastlogin", Value::from("No Login Logged")),
            ("currency_code", Value::from("EUR")),
            ("customfields3", Value::from("DE123456789")),
        ] {
            assert_eq!(client.get(name), Some(&value), "{name}");
            assert_eq!(reply.get(name), Some(&value), "{name} at the top");
        }
        assert_eq!(map(client, "email_preferences").text("general"), "1");
    }
}
