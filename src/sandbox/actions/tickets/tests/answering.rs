use super::{open, open_as_guest};
use crate::sandbox::testing::{answer, column, is_complete, json, refuses, store};

#[test]
fn a_reply_of_either_side_moves_the_status_and_stands_in_the_ticket() {
    let store = store();
    open(&store, 3, "x");
    let status = || {
        answer(&store, "GetTicket", "ticketid=1")
            .text("status")
            .to_owned()
    };
    assert_eq!(
        json(
            &store,
            "AddTicketReply",
            "ticketid=1&adminusername=admin&message=Done"
        ),
        r#"{"result":"success"}"#
    );
    assert_eq!(status(), "Answered");
    answer(
        &store,
        "AddTicketReply",
        "ticketid=1&clientid=3&message=Thanks",
    );
    assert_eq!(status(), "Customer-Reply");
    answer(
        &store,
        "AddTicketReply",
        "ticketid=1&adminusername=admin&message=Bye&status=closed&noemail=1",
    );
    assert_eq!(status(), "Closed");
    let found = answer(&store, "GetTicket", "ticketid=1");
    let replies = |name| column(&found, "replies.reply", name);
    assert_eq!(replies("replyid"), ["0", "1", "2", "3"]);
    assert_eq!(replies("message"), ["Help", "Done", "Thanks", "Bye"]);
    assert_eq!(replies("admin"), ["", "Ada Admin", "", "Ada Admin"]);
    assert_eq!(
        replies("requestor_type"),
        ["Owner", "Operator", "Owner", "Operator"]
    );
    let newest = answer(&store, "GetTicket", "ticketid=1&repliessort=desc");
    assert_eq!(
        column(&newest, "replies.reply", "replyid"),
        ["3", "2", "1", "0"]
    );
    let mails = answer(&store, "GetEmails", "clientid=3&subject=Re:");
    let texts = column(&mails, "emails.email", "message");
    assert_eq!(texts.len(), 1, "{texts:?}");
    assert!(texts[0].contains("Done") && texts[0].contains("Answered"));
}

#[test]
fn an_answer_is_copied_to_the_addresses_of_the_ticket() {
    let store = store();
    open(&store, 3, "x");
    let cc = "ticketid=1&cc=one@example.org,+two@example.org";
    answer(&store, "UpdateTicket", cc);
    let reply = "ticketid=1&adminusername=admin&message=Done";
    answer(&store, "AddTicketReply", reply);
    let mails = answer(&store, "GetEmails", "clientid=3&subject=Re:");
    assert_eq!(
        column(&mails, "emails.email", "cc"),
        ["one@example.org,two@example.org"]
    );
}

#[test]
fn a_reply_is_refused_in_the_references_order() {
    let store = store();
    open(&store, 1, "x");
    let neither = "Name and email address are required if not a client";
    let cases = [
        ("", "Ticket ID not found"),
        ("ticketid=9&message=x", "Ticket ID not found"),
        ("ticketid=1&clientid=99", "Client ID Not Found"),
        ("ticketid=1&clientid=2&contactid=1", "Contact ID Not Found"),
        ("ticketid=1&message=x", neither),
        ("ticketid=1&clientid=1", "Message is required"),
        (
            "ticketid=1&message=x&name=x&email=x",
            "Email Address Invalid",
        ),
        (
            "ticketid=1&clientid=1&message=x&status=Odd",
            "Invalid Ticket Status",
        ),
        (
            "ticketid=1&clientid=1&message=x&created=odd",
            "Invalid Date Format",
        ),
        (
            "ticketid=1&clientid=1&message=x&created=2999-01-01",
            "Reply creation date cannot be in the future",
        ),
    ];
    refuses(&store, "AddTicketReply", &cases);
    let found = answer(&store, "GetTicket", "ticketid=1");
    assert_eq!(column(&found, "replies.reply", "replyid"), ["0"]);
}

#[test]
fn a_reply_that_names_client_and_administrator_is_the_administrators() {
    let store = store();
    open(&store, 3, "x");
    let both = "ticketid=1&clientid=3&adminusername=admin&message=x";
    answer(&store, "AddTicketReply", both);
    let found = answer(&store, "GetTicket", "ticketid=1");
    assert_eq!(found.text("status"), "Answered");
    let reply = |name| column(&found, "replies.reply", name)[1].clone();
    assert_eq!(reply("requestor_type"), "Operator");
    assert_eq!(reply("userid"), "3");
}

#[test]
fn a_guests_reply_keeps_name_and_address() {
    let store = store();
    open_as_guest(&store);
    let query =
        "ticketid=1&name=Gus&email=gus%40guest.example&message=More&created=2026-01-02+03:04:05";
    answer(&store, "AddTicketReply", query);
    let found = answer(&store, "GetTicket", "ticketid=1");
    // Dated before the opening message, which stays first all the same.
    assert_eq!(
        column(&found, "replies.reply", "name"),
        ["Gus Guest", "Gus"]
    );
    assert_eq!(
        column(&found, "replies.reply", "requestor_type"),
        ["Guest", "Guest"]
    );
    assert_eq!(
        column(&found, "replies.reply", "date")[1],
        "2026-01-02 03:04:05"
    );
}

#[test]
fn notes_are_listed_with_their_author() {
    let store = store();
    let tid = open(&store, 1, "x").text("tid").to_owned();
    answer(&store, "AddTicketNote", "ticketid=1&message=First");
    answer(
        &store,
        "AddTicketNote",
        &format!("ticketnum={tid}&message=Second"),
    );
    let notes = answer(&store, "GetTicketNotes", "ticketid=1");
    is_complete("GetTicketNotes", &notes);
    assert_eq!(column(&notes, "notes.note", "message"), ["First", "Second"]);
    assert_eq!(
        column(&notes, "notes.note", "admin"),
        ["Ada Admin", "Ada Admin"]
    );
    let cases = [
        ("message=x", "Ticket ID not found"),
        ("ticketid=1", "Message is required"),
        ("ticketid=1&message=x&created=odd", "Invalid Date Format"),
        (
            "ticketid=1&message=x&created=2999-01-01",
            "Ticket creation date cannot be in the future",
        ),
    ];
    refuses(&store, "AddTicketNote", &cases);
    answer(&store, "DeleteTicketNote", "noteid=1");
    let notes = answer(&store, "GetTicketNotes", "ticketid=1");
    assert_eq!(column(&notes, "notes.note", "id"), ["2"]);
    refuses(
        &store,
        "DeleteTicketNote",
        &[("noteid=1", "Note ID Not Found")],
    );
}

#[test]
fn a_reply_is_rewritten() {
    let store = store();
    open(&store, 1, "x");
    answer(
        &store,
        "AddTicketReply",
        "ticketid=1&clientid=1&message=Teh",
    );
    assert_eq!(
        json(
            &store,
            "UpdateTicketReply",
            "replyid=1&message=The&created=2026-01-02+03:04:05"
        ),
        r#"{"result":"success","replyid":"1"}"#
    );
    let found = answer(&store, "GetTicket", "ticketid=1");
    assert_eq!(column(&found, "replies.reply", "message")[1], "The");
    assert_eq!(
        column(&found, "replies.reply", "date")[1],
        "2026-01-02 03:04:05"
    );
    let cases = [
        ("", "Reply ID Required"),
        ("replyid=1", "Message is Required"),
        ("replyid=9&message=x", "Reply ID Not Found"),
        ("replyid=1&message=x&created=odd", "Invalid Date Format"),
        (
            "replyid=1&message=x&created=2999-01-01",
            "Reply creation date cannot be in the future",
        ),
    ];
    refuses(&store, "UpdateTicketReply", &cases);
}

#[test]
fn only_what_is_sent_of_a_ticket_changes() {
    let store = store();
    open_as_guest(&store);
    assert_eq!(
        json(
            &store,
            "UpdateTicket",
            "ticketid=1&userid=3&status=on+hold&priority=medium&subject=New&cc=a%40x.example&flag=1&message=Other"
        ),
        r#"{"result":"success","ticketid":"1"}"#
    );
    let found = answer(&store, "GetTicket", "ticketid=1");
    for (name, value) in [
        ("userid", "3"),
        ("name", "Martin Price"),
        ("status", "On Hold"),
        ("priority", "Medium"),
        ("subject", "New"),
        ("cc", "a@x.example"),
        ("flag", "1"),
        ("deptid", "1"),
    ] {
        assert_eq!(found.text(name), value, "{name}");
    }
    assert_eq!(column(&found, "replies.reply", "message"), ["Other"]);
    answer(&store, "UpdateTicket", "ticketid=1&removeFlag=1");
    assert_eq!(answer(&store, "GetTicket", "ticketid=1").text("flag"), "0");
    let cases = [
        ("", "Ticket ID Not Found"),
        ("ticketid=1&deptid=9", "Department ID Not Found"),
        (
            "ticketid=1&priority=Odd",
            "Invalid Ticket Priority. Valid priorities are: Low,Medium,High",
        ),
        ("ticketid=1&created=odd", "Invalid Date Format"),
        (
            "ticketid=1&created=2999-01-01",
            "Ticket creation date cannot be in the future",
        ),
    ];
    refuses(&store, "UpdateTicket", &cases);
    let odd = answer(&store, "UpdateTicket", "ticketid=1&status=Odd");
    assert_eq!(
        odd.text("message"),
        "Invalid Ticket Status. Valid statuses are: Open,Answered,Customer-Reply,On Hold,In Progress,Closed"
    );
}
