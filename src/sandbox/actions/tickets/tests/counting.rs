use proptest::prelude::*;

use super::{open, open_as_guest};
use crate::sandbox::reply::Value;
use crate::sandbox::store::Store;
use crate::sandbox::testing::{answer, change, column, is_complete, json, store};

/// Four tickets: open, answered and flagged, closed, and one in a department the caller has no part in.
fn with_tickets() -> Store {
    let store = store();
    change(
        &store,
        "INSERT INTO departments (id, name, description, email, position) VALUES (2, 'Sales', '', 's@x.example', 2)",
    );
    open(&store, 1, "First");
    open(&store, 2, "Second");
    open_as_guest(&store);
    open(&store, 1, "Fourth");
    answer(&store, "UpdateTicket", "ticketid=2&status=Answered&flag=1");
    answer(&store, "UpdateTicket", "ticketid=3&status=Closed");
    answer(&store, "UpdateTicket", "ticketid=4&deptid=2");
    for id in 1..=4 {
        let sql =
            format!("UPDATE tickets SET lastreply = '2026-01-0{id} 00:00:00' WHERE id = {id}");
        change(&store, &sql);
    }
    store
}

#[test]
fn tickets_are_found_by_department_client_address_status_and_subject() {
    let store = with_tickets();
    for (query, found) in [
        ("", vec!["3", "2", "1"]),
        ("ignore_dept_assignments=1", vec!["4", "3", "2", "1"]),
        ("ignore_dept_assignments=1&deptid=2", vec!["4"]),
        ("deptid=2", vec![]),
        ("clientid=1", vec!["1"]),
        ("email=GUS%40guest.example", vec!["3"]),
        ("status=closed", vec!["3"]),
        ("status=Awaiting+Reply", vec!["1"]),
        ("status=All+Active+Tickets", vec!["2", "1"]),
        ("status=My+Flagged+Tickets", vec!["2"]),
        ("subject=econ", vec!["2"]),
        ("limitnum=1&limitstart=1", vec!["2"]),
    ] {
        let list = answer(&store, "GetTickets", query);
        assert_eq!(column(&list, "tickets.ticket", "id"), found, "{query}");
    }
    let page = answer(&store, "GetTickets", "limitnum=1&limitstart=1");
    assert_eq!(page.text("totalresults"), "3");
    assert_eq!((page.int("startnumber"), page.int("numreturned")), (1, 1));
    let guests = answer(&store, "GetTickets", "status=Closed");
    assert_eq!(column(&guests, "tickets.ticket", "name"), ["Gus Guest"]);
    assert_eq!(column(&guests, "tickets.ticket", "owner_name"), [""]);
}

#[test]
fn counts_are_those_of_the_callers_departments_unless_told_otherwise() {
    let store = with_tickets();
    assert_eq!(
        json(&store, "GetTicketCounts", ""),
        r#"{"result":"success","filteredDepartments":[1],"allActive":2,"awaitingReply":1,"flaggedTickets":1}"#
    );
    assert_eq!(
        json(
            &store,
            "GetTicketCounts",
            "ignoreDepartmentAssignments=1&includeCountsByStatus=1"
        ),
        r#"{"result":"success","filteredDepartments":[1,2],"allActive":3,"awaitingReply":2,"flaggedTickets":1,"status":{"open":{"title":"Open","count":2},"answered":{"title":"Answered","count":1},"customerreply":{"title":"Customer-Reply","count":0},"closed":{"title":"Closed","count":1},"onhold":{"title":"On Hold","count":0},"inprogress":{"title":"In Progress","count":0}}}"#
    );
}

#[test]
fn departments_and_statuses_tell_how_many_tickets_they_have() {
    let store = with_tickets();
    assert_eq!(
        json(&store, "GetSupportDepartments", ""),
        r#"{"result":"success","totalresults":1,"departments":{"department":[{"id":1,"name":"Support","awaitingreply":1,"opentickets":2}]}}"#
    );
    let all = answer(&store, "GetSupportDepartments", "ignore_dept_assignments=1");
    assert_eq!(
        column(&all, "departments.department", "opentickets"),
        ["2", "1"]
    );
    let statuses = answer(&store, "GetSupportStatuses", "");
    is_complete("GetSupportStatuses", &statuses);
    assert_eq!(statuses.get("totalresults"), Some(&Value::Int(6)));
    assert_eq!(
        column(&statuses, "statuses.status", "title"),
        [
            "Open",
            "Answered",
            "Customer-Reply",
            "On Hold",
            "In Progress",
            "Closed"
        ]
    );
    let counts = |query| {
        let reply = answer(&store, "GetSupportStatuses", query);
        column(&reply, "statuses.status", "count")
    };
    assert_eq!(counts(""), ["2", "1", "0", "0", "0", "1"]);
    assert_eq!(counts("deptid=2"), ["1", "0", "0", "0", "0", "0"]);
}

#[test]
fn predefined_replies_are_listed_by_name_and_category() {
    let store = store();
    let categories = answer(&store, "GetTicketPredefinedCats", "");
    is_complete("GetTicketPredefinedCats", &categories);
    assert_eq!(
        column(&categories, "categories.category", "name"),
        ["Billing", "E-mail", "Hosting"]
    );
    assert_eq!(
        column(&categories, "categories.category", "replycount"),
        ["1", "1", "1"]
    );
    let replies = answer(&store, "GetTicketPredefinedReplies", "");
    is_complete("GetTicketPredefinedReplies", &replies);
    assert_eq!(replies.text("totalresults"), "3");
    let one = answer(&store, "GetTicketPredefinedReplies", "catid=2");
    assert_eq!(
        column(&one, "predefinedreplies.predefinedreply", "name"),
        ["Mail settings"]
    );
}

/// A step in the life of one of the first tickets: an action and its query.
fn step() -> impl Strategy<Value = (&'static str, String)> {
    let statuses = [
        "Open",
        "Answered",
        "Customer-Reply",
        "On+Hold",
        "In+Progress",
        "Closed",
    ];
    let status = prop::sample::select(statuses.to_vec());
    (0..7, 1..6, 1..6, status).prop_map(|(kind, id, other, status)| match kind {
        0 => (
            "OpenTicket",
            format!("clientid={id}&deptid=1&subject=x&message=x"),
        ),
        1 => (
            "OpenTicket",
            "name=x&email=x%40x.example&deptid=1&subject=x&message=x".into(),
        ),
        2 => (
            "AddTicketReply",
            format!("ticketid={id}&adminusername=admin&message=x"),
        ),
        3 => (
            "AddTicketReply",
            format!("ticketid={id}&clientid={other}&message=x&status={status}"),
        ),
        4 => (
            "UpdateTicket",
            format!("ticketid={id}&status={status}&flag={}", other % 2),
        ),
        5 => (
            "MergeTicket",
            format!("ticketid={id}&mergeticketids={other}"),
        ),
        _ => ("DeleteTicket", format!("ticketid={id}")),
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn whatever_becomes_of_tickets_their_counts_are_those_of_the_list(
        steps in prop::collection::vec(step(), 1..40)
    ) {
        let store = store();
        for (action, query) in steps {
            answer(&store, action, &query);
        }
        let list = answer(&store, "GetTickets", "limitnum=100");
        let ids = column(&list, "tickets.ticket", "id");
        prop_assert_eq!(list.text("totalresults"), ids.len().to_string());
        let statuses = answer(&store, "GetSupportStatuses", "");
        let titles = column(&statuses, "statuses.status", "title");
        let counts = column(&statuses, "statuses.status", "count");
        let listed = column(&list, "tickets.ticket", "status");
        for (title, count) in titles.iter().zip(counts) {
            let found = listed.iter().filter(|status| *status == title).count();
            prop_assert_eq!(count, found.to_string(), "{}", title);
        }
        let counts = answer(&store, "GetTicketCounts", "");
        let stats = answer(&store, "GetStats", "");
        for (count, stat, filter) in [
            ("allActive", "tickets_allactive", "All+Active+Tickets"),
            ("awaitingReply", "tickets_awaitingreply", "Awaiting+Reply"),
            ("flaggedTickets", "tickets_flaggedtickets", "My+Flagged+Tickets"),
        ] {
            let list = answer(&store, "GetTickets", &format!("status={filter}"));
            prop_assert_eq!(list.text("totalresults"), counts.int(count).to_string());
            prop_assert_eq!(stats.int(stat), counts.int(count));
        }
        for id in ids {
            let found = answer(&store, "GetTicket", &format!("ticketid={id}"));
            prop_assert_eq!(found.text("ticketid"), id);
        }
    }
}
