//! Days that pass in a sandbox.

use crate::sandbox::fixture::Fixture;
use crate::sandbox::store::{Origin, Store};
use crate::sandbox::testing::{answer, column, count};

/// A server that holds a fixture, on the first of December 2026.
fn server(fixture: &str) -> Store {
    let origin = Origin {
        seed: 1,
        clients: Some(0),
        clock: "2026-12-01".parse().expect("a date"),
    };
    let store = Store::open_with(None, origin).expect("opens");
    let fixture = Fixture::read(fixture.as_bytes()).expect("is read");
    store.load(&fixture, false).expect("loads");
    store
}

fn advance(store: &Store, period: &str) {
    store
        .advance(period.parse().expect("a period"))
        .expect("advances");
}

fn subjects(store: &Store) -> Vec<String> {
    let mails = store.with(crate::sandbox::mail::recorded).expect("reads");
    mails
        .into_iter()
        .map(|mail| format!("{} {}", &mail.date[..10], mail.subject))
        .collect()
}

const HOST: &str = r#"{
    "settings": {
        "CreateInvoiceDaysBefore": "7", "SendReminder": "on", "SendInvoiceReminderDays": "3",
        "SendFirstOverdueInvoiceReminder": "1", "SendSecondOverdueInvoiceReminder": "2",
        "SendThirdOverdueInvoiceReminder": "3", "AddLateFeeDays": "4", "InvoiceLateFeeAmount": "10.00",
        "LateFeeType": "Percentage", "AutoSuspension": "on", "AutoSuspensionDays": "5",
        "AutoTermination": "on", "AutoTerminationDays": "20"
    },
    "clients": [{"id": 1, "firstname": "Ada", "email": "ada@example.com"}],
    "services": [{"clientid": 1, "pid": 1, "serverid": 1, "username": "ada", "billingcycle": "Monthly",
                  "recurringamount": "5.00", "nextduedate": "2026-12-10"}]
}"#;

#[test]
fn a_service_that_nobody_pays_for_is_billed_warned_of_suspended_and_ended() {
    let store = server(HOST);
    advance(&store, "1 day");
    assert_eq!(count(&store, "SELECT COUNT(*) FROM invoices"), 0);
    advance(&store, "1 day");
    let invoice = "SELECT COUNT(*) FROM invoices WHERE status = 'Unpaid' AND date = '2026-12-03' \
                   AND duedate = '2026-12-10' AND total = 500";
    assert_eq!(count(&store, invoice), 1);
    advance(&store, "13 days");
    assert_eq!(
        subjects(&store),
        [
            "2026-12-03 Customer Invoice",
            "2026-12-07 Invoice Payment Reminder",
            "2026-12-11 First Invoice Overdue Notice",
            "2026-12-12 Second Invoice Overdue Notice",
            "2026-12-13 Third Invoice Overdue Notice",
            "2026-12-15 Service Suspension Notification",
        ]
        .map(str::to_owned)
    );
    assert_eq!(count(&store, "SELECT total FROM invoices"), 550);
    let suspended = "SELECT COUNT(*) FROM services WHERE status = 'Suspended' AND suspensionreason = 'Overdue on Payment'";
    assert_eq!(count(&store, suspended), 1);
    advance(&store, "2 weeks");
    let ended = "SELECT COUNT(*) FROM services WHERE status = 'Terminated' AND terminationdate = '2026-12-30'";
    advance(&store, "1 day");
    assert_eq!(count(&store, ended), 1);
    advance(&store, "1 month");
    assert_eq!(
        count(&store, "SELECT COUNT(*) FROM invoices"),
        1,
        "what has ended is not billed"
    );
    let log = answer(
        &store,
        "GetAutomationLog",
        "startdate=2026-12-15&enddate=2026-12-15",
    );
    assert!(format!("{log:?}").contains("autosuspensions"), "{log:?}");
}

#[test]
fn what_is_paid_in_time_goes_on() {
    let store = server(HOST);
    for month in ["2027-01-10", "2027-02-10", "2027-03-10"] {
        advance(&store, "1 week");
        let open = answer(&store, "GetInvoices", "status=Unpaid");
        let ids = column(&open, "invoices.invoice", "id");
        assert_eq!(ids.len(), 1, "{month}");
        let paid = format!("invoiceid={}&transid=T{month}&gateway=paypal", ids[0]);
        answer(&store, "AddInvoicePayment", &paid);
        let due = format!(
            "SELECT COUNT(*) FROM services WHERE status = 'Active' AND nextduedate = '{month}'"
        );
        assert_eq!(count(&store, &due), 1, "{month}");
        advance(&store, "24 days");
    }
    assert_eq!(
        count(&store, "SELECT COUNT(*) FROM invoices WHERE total <> 500"),
        0
    );
}

#[test]
fn what_the_settings_do_not_ask_for_is_not_done() {
    let store = server(
        r#"{"settings": {"SendReminder": ""},
            "clients": [{"id": 1, "email": "a@b.example"}],
            "invoices": [{"userid": 1, "duedate": "2026-12-05", "items": [{"amount": "5.00"}]}],
            "services": [{"clientid": 1, "pid": 1, "nextduedate": "2026-11-20", "nextinvoicedate": "2027-12-01"}]}"#,
    );
    advance(&store, "2 months");
    assert!(subjects(&store).is_empty(), "{:?}", subjects(&store));
    assert_eq!(count(&store, "SELECT total FROM invoices"), 500);
    assert_eq!(
        count(
            &store,
            "SELECT COUNT(*) FROM services WHERE status = 'Active'"
        ),
        1
    );
}

#[test]
fn who_is_spared_is_neither_warned_charged_nor_suspended() {
    let store = server(
        r#"{"settings": {"AutoSuspension": "on", "AutoSuspensionDays": "1", "AddLateFeeDays": "1",
                         "LateFeeType": "Fixed Amount", "InvoiceLateFeeAmount": "2.50"},
            "clients": [{"id": 1, "groupid": 1, "latefeeoveride": true, "overideduenotices": true, "email": "a@b.example"},
                        {"id": 2, "email": "c@d.example"}],
            "invoices": [{"userid": 1, "duedate": "2026-12-05", "items": [{"amount": "5.00"}]},
                         {"userid": 2, "duedate": "2026-12-05", "items": [{"amount": "5.00"}]}],
            "services": [
                {"clientid": 1, "pid": 1, "nextduedate": "2026-12-02", "nextinvoicedate": "2027-12-01"},
                {"clientid": 2, "pid": 1, "nextduedate": "2026-12-02", "nextinvoicedate": "2027-12-01", "overideautosuspend": true},
                {"clientid": 2, "pid": 1, "nextduedate": "2026-12-02", "nextinvoicedate": "2027-12-01", "overidesuspenduntil": "2026-12-20"},
                {"clientid": 2, "pid": 1, "nextduedate": "2026-12-02", "nextinvoicedate": "2027-12-01"}
            ]}"#,
    );
    advance(&store, "10 days");
    let suspended = |store: &Store| {
        count(
            store,
            "SELECT SUM(id) FROM services WHERE status = 'Suspended'",
        )
    };
    assert_eq!(suspended(&store), 4);
    assert_eq!(
        count(&store, "SELECT total FROM invoices WHERE id = 1"),
        500
    );
    assert_eq!(
        count(&store, "SELECT total FROM invoices WHERE id = 2"),
        750
    );
    let mails = store.with(crate::sandbox::mail::recorded).expect("reads");
    assert!(mails.iter().all(|mail| mail.clientid == 2), "{mails:?}");
    advance(&store, "10 days");
    assert_eq!(suspended(&store), 7);
}

#[test]
fn domains_are_told_of_and_run_out() {
    let store = server(
        r#"{"tlds": [{"extension": ".com", "grace_days": 10, "redemption_days": 5}],
            "clients": [{"id": 1, "email": "a@b.example"}],
            "domains": [{"userid": 1, "domainname": "a.com", "expirydate": "2026-12-20", "nextinvoicedate": "2028-01-01"},
                        {"userid": 1, "domainname": "b.example", "expirydate": "2026-12-20", "nextinvoicedate": "2028-01-01", "donotrenew": true}]}"#,
    );
    let status = |store: &Store| {
        let list = answer(store, "GetClientsDomains", "clientid=1");
        column(&list, "domains.domain", "status").join(" ")
    };
    advance(&store, "19 days");
    assert_eq!(status(&store), "Active Active");
    assert_eq!(
        subjects(&store),
        [
            "2026-12-13 Upcoming Domain Renewal Notice",
            "2026-12-19 Upcoming Domain Renewal Notice"
        ]
        .map(str::to_owned)
    );
    advance(&store, "1 day");
    assert_eq!(status(&store), "Grace Expired");
    advance(&store, "10 days");
    assert_eq!(status(&store), "Redemption Expired");
    advance(&store, "5 days");
    assert_eq!(status(&store), "Expired Expired");
}

#[test]
fn requests_to_cancel_are_followed_and_silent_tickets_closed() {
    let store = server(
        r#"{"settings": {"CloseInactiveTickets": "48"},
            "clients": [{"id": 1, "email": "a@b.example"}],
            "services": [{"clientid": 1, "pid": 1, "nextduedate": "2026-12-10"}, {"clientid": 1, "pid": 1, "nextduedate": "2026-12-10"}],
            "cancelrequests": [{"relid": 1, "type": "Immediate"}, {"relid": 2, "type": "End of Billing Period"}],
            "tickets": [{"userid": 1, "subject": "x", "status": "Answered"}, {"userid": 1, "subject": "y"}]}"#,
    );
    let cancelled = |store: &Store| {
        count(
            store,
            "SELECT SUM(id) FROM services WHERE status = 'Cancelled'",
        )
    };
    advance(&store, "1 day");
    assert_eq!(cancelled(&store), 1);
    advance(&store, "2 weeks");
    assert_eq!(cancelled(&store), 3);
    assert_eq!(
        count(
            &store,
            "SELECT SUM(id) FROM tickets WHERE status = 'Closed'"
        ),
        1
    );
    assert_eq!(count(&store, "SELECT COUNT(*) FROM invoices"), 0);
}

#[test]
fn hours_within_a_day_run_nothing() {
    let store = server(HOST);
    advance(&store, "23 hours");
    assert_eq!(count(&store, "SELECT COUNT(*) FROM activity"), 0);
    advance(&store, "36 hours");
    assert_eq!(
        count(
            &store,
            "SELECT COUNT(*) FROM activity WHERE description = 'Cron Job: Completed' AND username = 'System'"
        ),
        2
    );
    assert_eq!(store.clock().now().to_string(), "2026-12-03T11:00:00");
}
