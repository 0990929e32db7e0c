//! `DeleteClient`.

use rusqlite::params;

use crate::sandbox::call::Call;
use crate::sandbox::custom_fields::{self, FieldOwner};
use crate::sandbox::refusal::Refusal;
use crate::sandbox::reply::Answer;

/// What belongs to a client by way of something else it has.
const INDIRECT: &[&str] = &[
    "DELETE FROM service_config_options WHERE service_id IN (SELECT id FROM services WHERE client_id = ?1)",
    "DELETE FROM cancel_requests WHERE service_id IN (SELECT id FROM services WHERE client_id = ?1)",
    "DELETE FROM custom_field_values WHERE relid IN (SELECT id FROM services WHERE client_id = ?1) \
     AND field_id IN (SELECT id FROM custom_fields WHERE type = 'product')",
    "DELETE FROM custom_field_values WHERE relid IN (SELECT id FROM service_addons WHERE client_id = ?1) \
     AND field_id IN (SELECT id FROM custom_fields WHERE type = 'addon')",
    "DELETE FROM custom_field_values WHERE relid IN (SELECT id FROM tickets WHERE client_id = ?1) \
     AND field_id IN (SELECT id FROM custom_fields WHERE type = 'support')",
    "DELETE FROM ticket_files WHERE type = 'ticket' AND relid IN (SELECT id FROM tickets WHERE client_id = ?1)",
    "DELETE FROM ticket_files WHERE type = 'reply' AND relid IN (SELECT r.id FROM ticket_replies r \
     JOIN tickets t ON t.id = r.ticket_id WHERE t.client_id = ?1)",
    "DELETE FROM ticket_files WHERE type = 'note' AND relid IN (SELECT n.id FROM ticket_notes n \
     JOIN tickets t ON t.id = n.ticket_id WHERE t.client_id = ?1)",
    "DELETE FROM ticket_replies WHERE ticket_id IN (SELECT id FROM tickets WHERE client_id = ?1)",
    "DELETE FROM ticket_notes WHERE ticket_id IN (SELECT id FROM tickets WHERE client_id = ?1)",
    "DELETE FROM domain_contacts WHERE domain_id IN (SELECT id FROM domains WHERE client_id = ?1)",
    "DELETE FROM order_renewals WHERE order_id IN (SELECT id FROM orders WHERE client_id = ?1)",
    "DELETE FROM invoice_items WHERE invoice_id IN (SELECT id FROM invoices WHERE client_id = ?1)",
    "DELETE FROM quote_items WHERE quote_id IN (SELECT id FROM quotes WHERE client_id = ?1)",
];

/// Deletes a client with everything it has, but for its payments and users unless told so.
pub fn delete_client(call: &Call) -> Result<Answer, Refusal> {
    let client = call.existing("clientid", "clients", "Client ID Not Found")?;
    let users: Vec<i64> = call.db.values(
        "SELECT user_id FROM user_clients WHERE client_id = ?1",
        [client],
    )?;
    custom_fields::forget(call.db, FieldOwner::Client, client)?;
    for sql in INDIRECT {
        call.db.run(sql, [client])?;
    }
    for table in tables(call)? {
        if table != "transactions" || call.flag("deletetransactions") {
            let sql = format!("DELETE FROM {table} WHERE client_id = ?1");
            call.db.run(&sql, [client])?;
        }
    }
    call.db.run("DELETE FROM clients WHERE id = ?1", [client])?;
    if call.flag("deleteusers") {
        delete_users(call, &users)?;
    }
    call.log(0, &format!("Client Deleted - ID: {client}"))?;
    Ok(Answer::success().with("clientid", client.to_string()))
}

/// Every table whose records name their client, so that a new one is not forgotten here.
fn tables(call: &Call) -> rusqlite::Result<Vec<String>> {
    call.db.values(
        "SELECT t.name FROM sqlite_schema t JOIN pragma_table_info(t.name) c \
         WHERE t.type = 'table' AND c.name = 'client_id' ORDER BY t.name",
        (),
    )
}

/// Deletes those of the users whom no other client has.
fn delete_users(call: &Call, users: &[i64]) -> rusqlite::Result<()> {
    for user in users {
        call.db.run(
            "DELETE FROM users WHERE id = ?1 AND id NOT IN (SELECT user_id FROM user_clients)",
            params![user],
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::sandbox::testing::{answer, change, count, json, refuses, store};

    #[test]
    fn everything_the_client_had_is_gone_but_payments_and_users() {
        let store = store();
        answer(&store, "AddClientNote", "userid=1&notes=x");
        answer(&store, "AddCancelRequest", "serviceid=1");
        answer(
            &store,
            "OpenTicket",
            "clientid=1&deptid=1&subject=x&message=x&attachments[0][name]=a.txt&attachments[0][data]=aGk%3D",
        );
        answer(&store, "AddTicketReply", "ticketid=1&clientid=1&message=x");
        answer(&store, "AddTicketNote", "ticketid=1&message=x");
        change(
            &store,
            "INSERT INTO service_config_options VALUES (1, 1, 2, 0)",
        );
        change(
            &store,
            "INSERT INTO domain_contacts VALUES (1, 'Admin', 'City', 'Ulm')",
        );
        assert_eq!(
            json(&store, "DeleteClient", "clientid=1"),
            r#"{"result":"success","clientid":"1"}"#
        );
        for table in [
            "activity",
            "contacts",
            "services",
            "domains",
            "orders",
            "invoices",
            "credits",
            "emails",
            "client_notes",
            "user_clients",
            "pay_methods",
            "tickets",
        ] {
            let sql = format!("SELECT COUNT(*) FROM {table} WHERE client_id = 1");
            assert_eq!(count(&store, &sql), 0, "{table}");
        }
        for table in [
            "custom_field_values",
            "service_config_options",
            "cancel_requests",
            "domain_contacts",
            "ticket_replies",
            "ticket_notes",
            "ticket_files",
        ] {
            assert_eq!(
                count(&store, &format!("SELECT COUNT(*) FROM {table}")),
                0,
                "{table}"
            );
        }
        let kept = "SELECT (SELECT COUNT(*) FROM transactions) + (SELECT COUNT(*) FROM users WHERE id = 1)";
        assert_eq!(count(&store, kept), 2);
        assert_eq!(count(&store, "SELECT COUNT(*) FROM clients"), 5);
        assert_eq!(count(&store, "SELECT COUNT(*) FROM services"), 3);
        refuses(
            &store,
            "DeleteClient",
            &[("clientid=1", "Client ID Not Found")],
        );
    }

    #[test]
    fn no_id_of_what_goes_with_a_client_is_ever_given_again() {
        let reused = "SELECT COUNT(*) FROM sqlite_schema t JOIN pragma_table_info(t.name) c \
                      WHERE t.type = 'table' AND c.name = 'client_id' AND t.sql NOT LIKE '%AUTOINCREMENT%' \
                      AND EXISTS (SELECT 1 FROM pragma_table_info(t.name) WHERE name = 'id')";
        assert_eq!(count(&store(), reused), 0);
    }

    #[test]
    fn payments_and_users_go_when_asked_for_but_not_another_clients_user() {
        let store = store();
        change(
            &store,
            "INSERT INTO user_clients (user_id, client_id, created_at) VALUES (2, 1, '')",
        );
        answer(
            &store,
            "DeleteClient",
            "clientid=1&deleteusers=1&deletetransactions=1",
        );
        assert_eq!(count(&store, "SELECT COUNT(*) FROM transactions"), 0);
        assert_eq!(count(&store, "SELECT COUNT(*) FROM users WHERE id = 1"), 0);
        assert_eq!(count(&store, "SELECT COUNT(*) FROM users WHERE id = 2"), 1);
    }

    #[test]
    fn the_user_who_stays_blocks_the_address_for_a_new_one() {
        let store = store();
        answer(&store, "DeleteClient", "clientid=1");
        let again = "skipvalidation=1&email=zoe.mueller%40example.com&password2=x";
        let taken = "A user already exists with that email address";
        refuses(&store, "AddClient", &[(again, taken)]);
    }
}
