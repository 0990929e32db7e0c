//! `UpdateClient`.

use rusqlite::params;

use super::{cards, preferences, profile};
use crate::sandbox::call::Call;
use crate::sandbox::changes::Changes;
use crate::sandbox::checks::is_email;
use crate::sandbox::custom_fields::{self, FieldOwner};
use crate::sandbox::refusal::{Refusal, refuse};
use crate::sandbox::reply::Answer;

const STATUSES: &[&str] = &["Active", "Inactive", "Closed"];

/// Changes what is sent of a client; an empty text empties its field.
pub fn update_client(call: &Call) -> Result<Answer, Refusal> {
    let client = client(call)?;
    check(call, client)?;
    if call.flag("clearcreditcard") {
        cards::clear_card(call, client)?;
    }
    cards::keep_card(call, client)?;
    cards::keep_account(call, client)?;
    changes(call)?.apply(call, "clients", client)?;
    if let Some(fields) = call.serialized("customfields") {
        custom_fields::write(call, FieldOwner::Client, client, &fields)?;
    }
    call.log(
        client,
        &format!("Client Profile Modified - Client ID: {client}"),
    )?;
    Ok(Answer::success().with("clientid", client.to_string()))
}

/// The client that `clientid` or else `clientemail` names.
fn client(call: &Call) -> Result<i64, Refusal> {
    let found = match call.given_int("clientid") {
        Some(id) => call
            .db
            .value("SELECT id FROM clients WHERE id = ?1", [id])?,
        None => call.db.value(
            "SELECT id FROM clients WHERE email = ?1 AND email <> '' ORDER BY id",
            [call.text("clientemail")],
        )?,
    };
    found.map_or_else(|| refuse("Client ID Not Found"), Ok)
}

/// The documented checks in the reference's order, then the fields a client cannot do without.
fn check(call: &Call, client: i64) -> Result<(), Refusal> {
    if preferences::switch_domain_off(call) && no_contact_on_domains(call, client)? {
        return refuse(
            "You must have at least one email address enabled to receive domain related notifications \
             as required by ICANN. To disable domain notifications, please create an alternative contact \
             that is set to receive them",
        );
    }
    let skip = call.flag("skipvalidation");
    if let Some(email) = call.sent("email") {
        if has_other(call, client, email)? {
            return refuse("Duplicate Email Address");
        }
        if !(is_email(email) || email.is_empty() && skip) {
            return refuse("The email address entered is not valid");
        }
    }
    if skip {
        return Ok(());
    }
    profile::check_sent(call)
}

fn no_contact_on_domains(call: &Call, client: i64) -> rusqlite::Result<bool> {
    let contact: Option<i64> = call.db.value(
        "SELECT 1 FROM contacts WHERE client_id = ?1 AND email_domain = 1",
        [client],
    )?;
    Ok(contact.is_none())
}

fn has_other(call: &Call, client: i64, email: &str) -> rusqlite::Result<bool> {
    let other: Option<i64> = call.db.value(
        "SELECT 1 FROM clients WHERE email = ?1 AND email <> '' AND id <> ?2",
        params![email, client],
    )?;
    Ok(other.is_some())
}

/// What was sent; a status, currency, group or gateway there is not, changes nothing.
fn changes(call: &Call) -> rusqlite::Result<Changes> {
    let mut changes = Changes::default();
    changes.texts(
        call,
        &[
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
            "tax_id",
            "language",
            "clientip",
            "notes",
        ],
    );
    changes.flags(
        call,
        &[
            "latefeeoveride",
            "overideduenotices",
            "taxexempt",
            "separateinvoices",
            "disableautocc",
            "overrideautoclose",
        ],
    );
    preferences::take(call, &mut changes);
    if let Some(wanted) = call.sent_flag("marketingoptin") {
        changes.set("marketing_emails_opt_in", i64::from(wanted));
    }
    let status = call.text("status");
    if let Some(known) = STATUSES
        .iter()
        .find(|known| known.eq_ignore_ascii_case(status))
    {
        changes.set("status", (*known).to_owned());
    }
    if call.db.exists("currencies", call.int("currency"))? {
        changes.set("currency", call.int("currency"));
    }
    match call.given_int("groupid") {
        Some(group) if group == 0 || call.db.exists("client_groups", group)? => {
            changes.set("groupid", group);
        }
        _ => {}
    }
    if let Some(gateway) = gateway(call)? {
        changes.set("defaultgateway", gateway);
    }
    Ok(changes)
}

/// The gateway asked for, as it is spelled; empty text asks for none.
fn gateway(call: &Call) -> rusqlite::Result<Option<String>> {
    match call.sent("paymentmethod") {
        None => Ok(None),
        Some("") => Ok(Some(String::new())),
        Some(module) => call.db.value(
            "SELECT module FROM payment_methods WHERE module = ?1 COLLATE NOCASE",
            [module],
        ),
    }
}

#[cfg(test)]
mod tests {
    use crate::sandbox::store::Store;
    use crate::sandbox::testing::{answer, change, count, json, refuses, store};

    const UPDATED: &str = r#"{"result":"success","clientid":"1"}"#;

    fn holds(store: &Store, condition: &str) {
        let sql = format!("SELECT COUNT(*) FROM clients WHERE id = 1 AND {condition}");
        assert_eq!(count(store, &sql), 1, "{condition}");
    }

    #[test]
    fn only_what_is_sent_changes() {
        let store = store();
        let query = "clientid=1&lastname=Maier&companyname=&taxexempt=1&status=inactive&groupid=2\
                     &paymentmethod=PayPal&email_preferences[general]=0&marketingoptin=0&currency=1&notes=slow";
        assert_eq!(json(&store, "UpdateClient", query), UPDATED);
        for condition in [
            "firstname = 'Zoë' AND city = 'Köln' AND email = 'zoe.mueller@example.com' AND credit = 2500",
            "lastname = 'Maier' AND companyname = '' AND taxexempt = 1 AND notes = 'slow'",
            "status = 'Inactive' AND groupid = 2 AND currency = 1 AND defaultgateway = 'paypal'",
            "email_general = 0 AND email_invoice = 1 AND marketing_emails_opt_in = 0",
            "taxexempt = 1 AND latefeeoveride = 0",
        ] {
            holds(&store, condition);
        }
        assert_eq!(
            count(
                &store,
                "SELECT COUNT(*) FROM clients WHERE lastname = 'Maier'"
            ),
            1
        );
    }

    #[test]
    fn a_client_is_named_by_id_or_address() {
        let store = store();
        let by_address = "clientemail=ZOE.mueller%40example.com&email=zoe%40example.com";
        assert_eq!(json(&store, "UpdateClient", by_address), UPDATED);
        holds(&store, "email = 'zoe@example.com'");
        let own = "clientid=1&email=ZOE%40example.com";
        assert_eq!(json(&store, "UpdateClient", own), UPDATED);
        let nobody = "Client ID Not Found";
        let cases = [
            ("", nobody),
            ("clientid=99", nobody),
            ("clientemail=x%40y.example", nobody),
        ];
        refuses(&store, "UpdateClient", &cases);
    }

    #[test]
    fn an_address_is_valid_and_no_other_clients() {
        let store = store();
        let cases = [
            (
                "clientid=1&email=Kenta.Sato%40example.com",
                "Duplicate Email Address",
            ),
            (
                "clientid=1&email=zoe",
                "The email address entered is not valid",
            ),
            (
                "clientid=1&email=",
                "The email address entered is not valid",
            ),
            (
                "clientid=1&email=zoe&skipvalidation=1",
                "The email address entered is not valid",
            ),
        ];
        refuses(&store, "UpdateClient", &cases);
        assert_eq!(
            json(&store, "UpdateClient", "clientid=1&email=&skipvalidation=1"),
            UPDATED
        );
    }

    #[test]
    fn a_required_field_is_not_emptied_unless_validation_is_skipped() {
        let store = store();
        for (query, message) in [
            ("city=", "You did not enter your city"),
            ("country=Germany", "Valid country required"),
            ("phonenumber=call+me", "Invalid telephone phone number"),
        ] {
            let query = format!("clientid=1&{query}&notes=new");
            let reply = answer(&store, "UpdateClient", &query);
            assert_eq!(reply.text("message"), message);
            holds(&store, "notes = ''");
            let skipped = format!("{query}&skipvalidation=1");
            assert_eq!(json(&store, "UpdateClient", &skipped), UPDATED);
            change(&store, "UPDATE clients SET notes = '' WHERE id = 1");
        }
        holds(&store, "city = '' AND country = 'Germany'");
    }

    #[test]
    fn what_there_is_not_is_not_set() {
        let store = store();
        change(&store, "UPDATE clients SET groupid = 1 WHERE id = 1");
        let query = "clientid=1&status=Gone&groupid=77&currency=9&paymentmethod=gold";
        assert_eq!(json(&store, "UpdateClient", query), UPDATED);
        holds(
            &store,
            "status = 'Active' AND groupid = 1 AND currency = 2 AND defaultgateway = 'banktransfer'",
        );
        answer(
            &store,
            "UpdateClient",
            "clientid=1&groupid=0&paymentmethod=",
        );
        holds(&store, "groupid = 0 AND defaultgateway = ''");
    }

    #[test]
    fn mail_on_domains_stays_on_without_a_contact_who_gets_it() {
        let store = store();
        let off = "clientid=1&email_preferences[domain]=0";
        let reply = answer(&store, "UpdateClient", off);
        assert!(
            reply
                .text("message")
                .contains("create an alternative contact")
        );
        refuses(&store, "UpdateClient", &[(off, reply.text("message"))]);
        change(
            &store,
            "UPDATE contacts SET email_domain = 1 WHERE client_id = 1",
        );
        assert_eq!(json(&store, "UpdateClient", off), UPDATED);
        holds(&store, "email_domain = 0");
    }

    #[test]
    fn custom_fields_are_set_by_their_id() {
        let store = store();
        // base64 of a:1:{i:3;s:2:"DE";}
        let query = "clientid=1&customfields=YToxOntpOjM7czoyOiJERSI7fQ%3D%3D";
        assert_eq!(json(&store, "UpdateClient", query), UPDATED);
        let values = |value: &str| {
            let sql = format!(
                "SELECT COUNT(*) FROM custom_field_values WHERE relid = 1 AND value = '{value}'"
            );
            count(&store, &sql)
        };
        assert_eq!((values("DE"), values("Siobhán")), (1, 1));
    }

    #[test]
    fn a_card_takes_the_place_of_the_only_one_and_is_cleared() {
        let store = store();
        let cards = || {
            count(
                &store,
                "SELECT COUNT(*) FROM pay_methods WHERE client_id = 1",
            )
        };
        let card = "clientid=1&cardtype=Visa&expdate=0229&cardnum=411111111111";
        for end in ["1234", "5678"] {
            assert_eq!(
                json(&store, "UpdateClient", &format!("{card}{end}")),
                UPDATED
            );
            assert_eq!(cards(), 1);
        }
        assert_eq!(
            count(
                &store,
                "SELECT CAST(card_last_four AS INTEGER) FROM pay_methods"
            ),
            5678
        );
        change(
            &store,
            "INSERT INTO pay_methods (client_id, type, description, contact_id, last_updated) VALUES (1, 'CreditCard', '', 1, '')",
        );
        let several = "Multiple Credit Card Pay Methods Found";
        let again = format!("{card}1234");
        let cases = [
            (again.as_str(), several),
            ("clientid=1&clearcreditcard=1", several),
        ];
        refuses(&store, "UpdateClient", &cases);
        change(&store, "DELETE FROM pay_methods WHERE card_last_four = ''");
        answer(&store, "UpdateClient", "clientid=1&clearcreditcard=1");
        assert_eq!(cards(), 0);
    }

    #[test]
    fn of_a_bank_account_only_its_being_there_is_kept() {
        let store = store();
        let account = "clientid=1&bankcode=10020030&bankacct=99887766";
        assert_eq!(json(&store, "UpdateClient", account), UPDATED);
        assert_eq!(json(&store, "UpdateClient", account), UPDATED);
        let sql = "SELECT COUNT(*) FROM pay_methods WHERE client_id = 1 AND type = 'BankAccount'";
        assert_eq!(count(&store, sql), 1);
        change(
            &store,
            "INSERT INTO pay_methods (client_id, type, description, contact_id, last_updated) VALUES (1, 'BankAccount', '', 1, '')",
        );
        refuses(
            &store,
            "UpdateClient",
            &[(account, "Multiple Bank Account Pay Methods Found")],
        );
    }
}
