use super::{open, open_as_guest};
use crate::sandbox::reply::Fields;
use crate::sandbox::store::Store;
use crate::sandbox::testing::{answer, change, column, count, records, refuses, store};

fn ticket(store: &Store, id: i64) -> Fields {
    answer(store, "GetTicket", &format!("ticketid={id}"))
}

#[test]
fn a_clients_ticket_is_found_by_id_and_by_number() {
    let store = store();
    let opened = open(&store, 3, "No+mail");
    assert_eq!(opened.text("id"), "1");
    let (letters, digits) = opened.text("tid").split_once('-').expect("a dash");
    assert!(letters.len() == 3 && letters.chars().all(|c| c.is_ascii_uppercase()));
    assert!(digits.len() == 6 && digits.chars().all(|c| c.is_ascii_digit()));
    assert_eq!(opened.text("c").len(), 8);
    let by_number = format!("ticketnum={}", opened.text("tid"));
    let found = answer(&store, "GetTicket", &by_number);
    assert_eq!(found, ticket(&store, 1));
    for (name, value) in [
        ("ticketid", "1"),
        ("tid", opened.text("tid")),
        ("c", opened.text("c")),
        ("deptid", "1"),
        ("deptname", "Support"),
        ("userid", "3"),
        ("name", "Martin Price"),
        ("email", "martin@price-beier.example"),
        ("requestor_type", "Owner"),
        ("subject", "No mail"),
        ("status", "Open"),
        ("priority", "Low"),
        ("admin", ""),
        ("flag", "0"),
        ("service", ""),
    ] {
        assert_eq!(found.text(name), value, "{name}");
    }
    assert_eq!(found.text("date"), found.text("lastreply"));
    assert_eq!(column(&found, "replies.reply", "replyid"), ["0"]);
    assert_eq!(column(&found, "replies.reply", "message"), ["Help"]);
}

#[test]
fn who_asks_is_told_by_kind() {
    let store = store();
    change(
        &store,
        "INSERT INTO user_clients (user_id, client_id, created_at) VALUES (2, 1, '')",
    );
    let base = "deptid=1&subject=x&message=x";
    for (id, query, kind, name) in [
        (1, "clientid=1", "Owner", "Zo\u{eb} M\u{fc}ller"),
        (2, "clientid=1&userid=1", "Owner", "Zo\u{eb} M\u{fc}ller"),
        (
            3,
            "clientid=1&userid=2",
            "Authorized User",
            "Siobh\u{e1}n O'Brien",
        ),
        (
            4,
            "clientid=1&contactid=1",
            "Sub-account",
            "J\u{f6}rg M\u{fc}ller",
        ),
        (5, "clientid=1&admin=1", "Operator", "Ada Admin"),
        (6, "name=G&email=g%40x.example", "Guest", "G"),
    ] {
        answer(&store, "OpenTicket", &format!("{base}&{query}"));
        let found = ticket(&store, id);
        assert_eq!(found.text("requestor_type"), kind, "{query}");
        assert_eq!(found.text("requestor_name"), name, "{query}");
    }
    assert_eq!(ticket(&store, 5).text("admin"), "Ada Admin");
    assert_eq!(ticket(&store, 6).text("userid"), "0");
}

#[test]
fn what_is_missing_or_unknown_is_refused_in_the_references_order() {
    let base = "deptid=1&subject=x&message=x";
    let neither = "Name and email address are required if not a client";
    let cases: Vec<(String, &str)> = [
        ("clientid=99", "Client ID Not Found"),
        (
            "clientid=1&userid=2",
            "The system cannot find the provided user ID.",
        ),
        ("clientid=2&contactid=1", "Contact ID Not Found"),
        ("", neither),
        ("name=x", neither),
        ("clientid=1&deptid=9", "Department ID not found"),
        ("clientid=1&subject=", "Subject is required"),
        ("clientid=1&message=+", "Message is required"),
        ("clientid=1&serviceid=2", "Service ID Not Found"),
        ("clientid=1&domainid=9", "Domain ID Not Found"),
        ("name=x&email=x", "Email Address Invalid"),
        ("clientid=1&created=yesterday", "Invalid Date Format"),
        (
            "clientid=1&created=2999-01-01+00:00:00",
            "Ticket creation date cannot be in the future",
        ),
    ]
    .into_iter()
    .map(|(query, message)| (format!("{base}&{query}"), message))
    .collect();
    let cases: Vec<(&str, &str)> = cases
        .iter()
        .map(|(query, m)| (query.as_str(), *m))
        .collect();
    let store = store();
    refuses(&store, "OpenTicket", &cases);
    refuses(
        &store,
        "OpenTicket",
        &[("clientid=1", "Department ID not found")],
    );
    assert_eq!(count(&store, "SELECT COUNT(*) FROM tickets"), 0);
}

#[test]
fn a_ticket_keeps_its_date_priority_service_and_field_values() {
    let store = store();
    change(
        &store,
        "INSERT INTO custom_fields (id, type, relid, fieldname, fieldtype) VALUES (9, 'support', 1, 'Version', 'text')",
    );
    // base64 of a:1:{i:9;s:3:"1.2";}
    let query = "clientid=1&deptid=1&subject=x&message=x&priority=high&serviceid=1\
                 &created=2026-01-02T03:04:05Z&customfields=YToxOntpOjk7czozOiIxLjIiO30%3D";
    answer(&store, "OpenTicket", query);
    let found = ticket(&store, 1);
    assert_eq!(found.text("priority"), "High");
    assert_eq!(found.text("service"), "S1");
    assert_eq!(found.text("date"), "2026-01-02 03:04:05");
    let values = "SELECT COUNT(*) FROM custom_field_values WHERE field_id = 9 AND relid = 1 AND value = '1.2'";
    assert_eq!(count(&store, values), 1);
}

#[test]
fn a_client_gets_mail_of_the_ticket_unless_it_is_kept_in() {
    let store = store();
    open(&store, 3, "No+mail");
    answer(
        &store,
        "OpenTicket",
        "clientid=3&deptid=1&subject=x&message=x&noemail=1",
    );
    let mails = answer(&store, "GetEmails", "clientid=3");
    let subjects = column(&mails, "emails.email", "subject");
    assert_eq!(subjects.len(), 1, "{subjects:?}");
    assert!(subjects[0].ends_with(": No mail"), "{subjects:?}");
    open_as_guest(&store);
    let to_guest = "SELECT COUNT(*) FROM emails WHERE recipient = 'Gus Guest <gus@guest.example>' AND client_id = 0";
    assert_eq!(count(&store, to_guest), 1);
    let sent = answer(
        &store,
        "SendEmail",
        "customtype=support&customsubject=About+{$ticket_subject}&custommessage=x&id=1",
    );
    assert_eq!(sent.text("result"), "success");
    let mails = answer(&store, "GetEmails", "clientid=3");
    assert_eq!(
        records(&mails, "emails.email")[1].text("subject"),
        "About No mail"
    );
}
