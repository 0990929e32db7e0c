//! `CloseClient`.

use rusqlite::params;

use crate::sandbox::call::Call;
use crate::sandbox::invoice;
use crate::sandbox::refusal::Refusal;
use crate::sandbox::reply::Answer;

/// Closes a client: ends its services, addons and domains, cancels what it has not paid.
///
/// What was never set up is cancelled, what ran is terminated; nothing is done on any server.
pub fn close_client(call: &Call) -> Result<Answer, Refusal> {
    let client = call.existing("clientid", "clients", "Client ID Not Found")?;
    call.db.run(
        "UPDATE clients SET status = 'Closed' WHERE id = ?1",
        [client],
    )?;
    for table in ["services", "service_addons"] {
        call.db.run(
            &format!(
                "UPDATE {table} SET status = CASE status WHEN 'Pending' THEN 'Cancelled' ELSE 'Terminated' END, \
                 terminationdate = ?2 WHERE client_id = ?1 AND status IN ('Pending', 'Active', 'Suspended')"
            ),
            params![client, call.today()],
        )?;
    }
    call.db.run(
        "UPDATE domains SET status = 'Cancelled' WHERE client_id = ?1 AND status IN \
         ('Pending', 'Pending Registration', 'Pending Transfer', 'Active', 'Grace', 'Redemption')",
        [client],
    )?;
    let invoices = call.db.values(
        "SELECT id FROM invoices WHERE client_id = ?1 ORDER BY id",
        [client],
    )?;
    for invoice in invoices {
        invoice::cancel_unpaid(call, invoice)?;
    }
    call.db.run(
        "UPDATE billable_items SET invoiceaction = 'noinvoice' WHERE client_id = ?1",
        [client],
    )?;
    call.log(client, &format!("Client Closed - Client ID: {client}"))?;
    Ok(Answer::success().with("clientid", client.to_string()))
}

#[cfg(test)]
mod tests {
    use crate::sandbox::testing::{answer, change, count, json, refuses, store};

    #[test]
    fn closing_ends_everything_that_runs_and_cancels_what_is_owed() {
        let store = store();
        change(
            &store,
            "INSERT INTO service_addons (client_id, order_id, service_id, addon_id, name, recurring, billingcycle, \
             status, regdate, nextduedate, nextinvoicedate, paymentmethod) SELECT client_id, 0, id, 1, 'x', 0, \
             'Monthly', status, '', '', '', '' FROM services",
        );
        for client in 1..=3 {
            assert_eq!(
                json(&store, "CloseClient", &format!("clientid={client}")),
                format!(r#"{{"result":"success","clientid":"{client}"}}"#)
            );
        }
        for sql in [
            "SELECT COUNT(*) = 4 FROM clients WHERE status = 'Closed'",
            "SELECT COUNT(*) = 2 FROM services WHERE status = 'Terminated' AND terminationdate > '2026'",
            "SELECT COUNT(*) = 2 FROM services WHERE status = 'Cancelled'",
            "SELECT COUNT(*) = 2 FROM service_addons WHERE status = 'Terminated'",
            "SELECT COUNT(*) = 1 FROM domains WHERE status = 'Cancelled'",
            "SELECT COUNT(*) = 1 FROM invoices WHERE status = 'Paid'",
            "SELECT COUNT(*) = 2 FROM invoices WHERE status = 'Cancelled' AND date_cancelled > date(@now, '-2 days')",
        ] {
            assert_eq!(count(&store, sql), 1, "{sql}");
        }
    }

    #[test]
    fn nothing_more_is_invoiced_and_credit_comes_back_from_what_was_not_paid() {
        let store = store();
        let credit = "SELECT credit FROM clients WHERE id = 1";
        for (action, query) in [
            (
                "AddBillableItem",
                "clientid=1&description=x&amount=1&unit=hours&invoiceaction=nextcron",
            ),
            (
                "CreateInvoice",
                "userid=1&itemdescription1=x&itemamount1=50&status=Unpaid",
            ),
            ("ApplyCredit", "invoiceid=5&amount=20"),
        ] {
            assert_eq!(answer(&store, action, query).text("result"), "success");
        }
        assert_eq!(count(&store, credit), 500);
        answer(&store, "CloseClient", "clientid=1");
        assert_eq!(count(&store, credit), 2500);
        let invoices = answer(&store, "GenInvoices", "clientid=1");
        assert_eq!(invoices.text("numcreated"), "0");
    }

    #[test]
    fn there_must_be_a_client_to_close() {
        let cases = [
            ("clientid=99", "Client ID Not Found"),
            ("", "Client ID Not Found"),
        ];
        refuses(&store(), "CloseClient", &cases);
    }
}
