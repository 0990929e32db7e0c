//! `AddContact`, `UpdateContact`, `DeleteContact` and `GetContacts`.

use rusqlite::params;

use super::preferences;
use crate::sandbox::call::Call;
use crate::sandbox::changes::Changes;
use crate::sandbox::list::Listing;
use crate::sandbox::refusal::{Refusal, refuse};
use crate::sandbox::reply::{Answer, wrapped};

/// The columns of a contact that are parameters of the same name, and filters of the list.
const FIELDS: &[&str] = &[
    "firstname",
    "lastname",
    "companyname",
    "email",
    "address1",
    "address2",
    "city",
    "state",
    "postcode",
    "country",
    "phonenumber",
];

const NOT_FOUND: &str = "Contact ID Not Found";

/// Creates a contact of a client; it gets no mail but the kinds asked for.
pub fn add_contact(call: &Call) -> Result<Answer, Refusal> {
    let client = call.existing("clientid", "clients", "Client ID Not Found")?;
    check_free(call, client, 0)?;
    let moment = call.moment();
    let mut columns: Vec<(&str, &dyn rusqlite::ToSql)> = vec![
        ("client_id", &client),
        ("created_at", &moment),
        ("updated_at", &moment),
    ];
    let texts: Vec<_> = FIELDS.iter().map(|name| (*name, call.text(name))).collect();
    for (name, text) in &texts {
        columns.push((name, text));
    }
    let contact = call.db.insert("contacts", &columns)?;
    let mut changes = Changes::default();
    changes.texts(call, &["tax_id"]);
    preferences::take(call, &mut changes);
    changes.apply(call, "contacts", contact)?;
    call.log(
        client,
        &format!("Added Contact - Client ID: {client} - Contact ID: {contact}"),
    )?;
    Ok(Answer::success().with("contactid", contact.to_string()))
}

/// Changes what is sent of a contact.
pub fn update_contact(call: &Call) -> Result<Answer, Refusal> {
    let contact = call.existing("contactid", "contacts", NOT_FOUND)?;
    let client = client_of(call, contact)?;
    check_free(call, client, contact)?;
    if preferences::switch_domain_off(call) && is_last_on_domains(call, client, contact)? {
        return refuse(
            "You must have at least one email address enabled to receive domain related notifications \
             as required by ICANN. To disable domain notifications, please enable domain notifications \
             for the primary account holder or another contact",
        );
    }
    let mut changes = Changes::default();
    changes.texts(call, FIELDS);
    preferences::take(call, &mut changes);
    if !changes.is_empty() {
        changes.set("updated_at", call.moment());
        changes.apply(call, "contacts", contact)?;
        call.log(
            client,
            &format!("Contact Modified - Client ID: {client} - Contact ID: {contact}"),
        )?;
    }
    Ok(Answer::success().with("contactid", contact.to_string()))
}

/// Deletes a contact; what was billed to it is billed to the client.
pub fn delete_contact(call: &Call) -> Result<Answer, Refusal> {
    let contact = call.existing("contactid", "contacts", NOT_FOUND)?;
    let client = client_of(call, contact)?;
    for sql in [
        "DELETE FROM contacts WHERE id = ?1",
        "UPDATE clients SET billingcid = 0 WHERE billingcid = ?1",
        "UPDATE orders SET contact_id = 0 WHERE contact_id = ?1",
    ] {
        call.db.run(sql, [contact])?;
    }
    call.log(
        client,
        &format!("Deleted Contact - Client ID: {client} - Contact ID: {contact}"),
    )?;
    Ok(Answer::success().with("contactid", contact.to_string()))
}

/// A page of contacts, by client and by any of their fields.
pub fn get_contacts(call: &Call) -> Result<Answer, Refusal> {
    let mut listing = Listing::new(
        "id, client_id AS userid, firstname, lastname, email, address1, address2, city, state, postcode, \
         country, phonenumber, email_domain AS \"domainemails:bool\", email_general AS \"generalemails:bool\", \
         email_invoice AS \"invoiceemails:bool\", email_product AS \"productemails:bool\", \
         email_support AS \"supportemails:bool\", email_affiliate AS \"affiliateemails:bool\", created_at, updated_at",
        "contacts",
    );
    if let Some(client) = call.given_int("userid") {
        listing.only("client_id = ?", client);
    }
    for name in FIELDS {
        if let Some(text) = call.given(name) {
            // MySQL compares every text without regard to case.
            listing.only(&format!("{name} = ? COLLATE NOCASE"), text.to_owned());
        }
    }
    listing.order("id");
    let page = listing.page(call)?;
    Ok(page
        .counted()
        .with("contacts", wrapped("contact", page.records)))
}

/// Refuses an address that a client or another contact of the same client has.
///
/// Since contacts log in no more, two clients may have the same accountant; node-whmcs's own tests do.
fn check_free(call: &Call, client: i64, contact: i64) -> Result<(), Refusal> {
    let Some(email) = call.given("email") else {
        return Ok(());
    };
    let taken: Option<i64> = call.db.value(
        "SELECT 1 FROM clients WHERE email = ?1 \
         UNION ALL SELECT 1 FROM contacts WHERE email = ?1 AND client_id = ?2 AND id <> ?3",
        params![email, client, contact],
    )?;
    if taken.is_some() {
        return refuse("Duplicate Email Address");
    }
    Ok(())
}

fn client_of(call: &Call, contact: i64) -> rusqlite::Result<i64> {
    let client = call
        .db
        .value("SELECT client_id FROM contacts WHERE id = ?1", [contact])?;
    Ok(client.unwrap_or(0))
}

fn is_last_on_domains(call: &Call, client: i64, contact: i64) -> rusqlite::Result<bool> {
    let other: Option<i64> = call.db.value(
        "SELECT 1 FROM clients WHERE id = ?1 AND email_domain = 1 UNION ALL \
         SELECT 1 FROM contacts WHERE client_id = ?1 AND email_domain = 1 AND id <> ?2",
        params![client, contact],
    )?;
    Ok(other.is_none())
}

#[cfg(test)]
mod tests {
    use crate::sandbox::reply::Answer;
    use crate::sandbox::testing::{answer, change, column, count, json, records, refuses, store};

    #[test]
    fn a_contact_is_added_and_found_again_with_its_preferences() {
        let store = store();
        let query = "clientid=3&firstname=Ann&email=ann%40example.org&country=US\
                     &email_preferences[Invoice]=1&email_preferences[support]=0";
        assert_eq!(
            json(&store, "AddContact", query),
            r#"{"result":"success","contactid":2}"#
        );
        let moment = {
            let found = answer(&store, "GetContacts", "email=ANN%40example.org");
            records(&found, "contacts.contact")[0]
                .text("created_at")
                .to_owned()
        };
        assert_eq!(
            json(&store, "GetContacts", "email=ANN%40example.org"),
            format!(
                r#"{{"result":"success","totalresults":1,"startnumber":0,"numreturned":1,"contacts":{{"contact":[{{"id":2,"userid":3,"firstname":"Ann","lastname":"","email":"ann@example.org","address1":"","address2":"","city":"","state":"","postcode":"","country":"US","phonenumber":"","domainemails":false,"generalemails":false,"invoiceemails":true,"productemails":false,"supportemails":false,"affiliateemails":false,"created_at":"{moment}","updated_at":"{moment}"}}]}}}}"#
            )
        );
    }

    #[test]
    fn preferences_are_taken_in_their_older_spelling_too() {
        let store = store();
        answer(
            &store,
            "AddContact",
            "clientid=3&generalemails=1&invoiceemails=0&supportemails=1&email_preferences[support]=0",
        );
        let found = answer(&store, "GetContacts", "userid=3");
        for (kind, wanted) in [
            ("general", "true"),
            ("invoice", "false"),
            ("support", "false"),
        ] {
            let name = format!("{kind}emails");
            assert_eq!(
                column(&found, "contacts.contact", &name),
                [wanted],
                "{kind}"
            );
        }
    }

    #[test]
    fn contacts_are_filtered_by_client_and_field() {
        let store = store();
        answer(&store, "AddContact", "clientid=3&firstname=Ann&city=Ulm");
        let ids = |query| {
            column(
                &answer(&store, "GetContacts", query),
                "contacts.contact",
                "id",
            )
        };
        for (query, found) in [
            ("", vec!["1", "2"]),
            ("userid=3", vec!["2"]),
            ("userid=1&city=ulm", vec![]),
            ("city=ulm", vec!["2"]),
            ("companyname=M%C3%BCller+%26+S%C3%B6hne+GmbH", vec!["1"]),
            ("limitstart=1", vec!["2"]),
        ] {
            assert_eq!(ids(query), found, "{query}");
        }
    }

    #[test]
    fn a_contact_needs_a_client_and_an_address_of_its_own() {
        let store = store();
        let cases = [
            ("clientid=99", "Client ID Not Found"),
            ("", "Client ID Not Found"),
            (
                "clientid=3&email=Zoe.Mueller%40example.com",
                "Duplicate Email Address",
            ),
            (
                "clientid=1&email=buchhaltung%40mueller.example",
                "Duplicate Email Address",
            ),
        ];
        refuses(&store, "AddContact", &cases);
        let shared = "clientid=3&firstname=B&email=buchhaltung%40mueller.example";
        assert_eq!(
            answer(&store, "AddContact", shared).text("result"),
            "success"
        );
        let cases = [
            ("contactid=9", "Contact ID Not Found"),
            (
                "contactid=1&email=martin%40price-beier.example",
                "Duplicate Email Address",
            ),
        ];
        refuses(&store, "UpdateContact", &cases);
        refuses(&store, "DeleteContact", &[("", "Contact ID Not Found")]);
    }

    #[test]
    fn only_what_is_sent_of_a_contact_changes() {
        let store = store();
        let reply = answer(
            &store,
            "UpdateContact",
            "contactid=1&lastname=Maier&city=&email=buchhaltung%40mueller.example",
        );
        assert_eq!(reply, Answer::success().with("contactid", "1"));
        let sql = "SELECT COUNT(*) FROM contacts WHERE id = 1 AND firstname = 'Jörg' AND lastname = 'Maier' AND city = '' AND email_invoice = 1";
        assert_eq!(count(&store, sql), 1);
    }

    #[test]
    fn somebody_always_gets_the_mail_on_domains() {
        let store = store();
        let off = "contactid=1&email_preferences[domain]=0";
        assert_eq!(
            answer(&store, "UpdateContact", off).text("result"),
            "success"
        );
        change(&store, "UPDATE contacts SET email_domain = 1");
        change(&store, "UPDATE clients SET email_domain = 0");
        let reply = answer(&store, "UpdateContact", off);
        assert!(
            reply
                .text("message")
                .contains("primary account holder or another contact")
        );
        refuses(&store, "UpdateContact", &[(off, reply.text("message"))]);
        answer(
            &store,
            "AddContact",
            "clientid=1&email_preferences[domain]=1",
        );
        assert_eq!(
            answer(&store, "UpdateContact", off).text("result"),
            "success"
        );
    }

    #[test]
    fn a_deleted_contact_leaves_no_trace_in_the_billing() {
        let store = store();
        change(&store, "UPDATE clients SET billingcid = 1 WHERE id = 1");
        assert_eq!(
            json(&store, "DeleteContact", "contactid=1"),
            r#"{"result":"success","contactid":"1"}"#
        );
        let sql = "SELECT COUNT(*) FROM clients WHERE billingcid <> 0";
        assert_eq!(count(&store, sql), 0);
        refuses(
            &store,
            "DeleteContact",
            &[("contactid=1", "Contact ID Not Found")],
        );
    }
}
