use super::{open, open_as_guest};
use crate::sandbox::testing::{answer, column, count, json, refuses, store};

#[test]
fn a_deleted_ticket_takes_its_messages_along() {
    let store = store();
    open(&store, 1, "x");
    answer(&store, "AddTicketReply", "ticketid=1&clientid=1&message=x");
    answer(&store, "AddTicketNote", "ticketid=1&message=x");
    assert_eq!(
        json(&store, "DeleteTicket", "ticketid=1"),
        r#"{"result":"success"}"#
    );
    for table in ["tickets", "ticket_replies", "ticket_notes"] {
        let sql = format!("SELECT COUNT(*) FROM {table}");
        assert_eq!(count(&store, &sql), 0, "{table}");
    }
    refuses(
        &store,
        "DeleteTicket",
        &[("ticketid=1", "Ticket ID not found")],
    );
    let gone = answer(&store, "GetTicket", "ticketid=1");
    assert_eq!(gone.text("message"), "Ticket ID Not Found");
}

#[test]
fn a_reply_is_deleted_only_by_way_of_its_own_ticket() {
    let store = store();
    open(&store, 1, "x");
    open(&store, 1, "y");
    answer(&store, "AddTicketReply", "ticketid=1&clientid=1&message=x");
    let cases = [
        ("", "Ticket ID Required"),
        ("ticketid=1", "Reply ID Required"),
        ("ticketid=9&replyid=1", "Ticket ID Not Found"),
        ("ticketid=2&replyid=1", "Reply ID Not Found"),
    ];
    refuses(&store, "DeleteTicketReply", &cases);
    answer(&store, "DeleteTicketReply", "ticketid=1&replyid=1");
    let found = answer(&store, "GetTicket", "ticketid=1");
    assert_eq!(column(&found, "replies.reply", "replyid"), ["0"]);
}

#[test]
fn merging_moves_everything_and_leaves_one_ticket() {
    let store = store();
    open(&store, 1, "x");
    let file = "&attachments[0][name]=a.txt&attachments[0][data]=aGk%3D";
    let second = format!("clientid=2&deptid=1&subject=y&message=Second{file}");
    answer(&store, "OpenTicket", &second);
    answer(
        &store,
        "AddTicketReply",
        "ticketid=2&adminusername=admin&message=Third",
    );
    answer(&store, "AddTicketNote", "ticketid=2&message=Note");
    assert_eq!(
        json(
            &store,
            "MergeTicket",
            "ticketid=1&mergeticketids=2&newsubject=Both"
        ),
        r#"{"result":"success","ticketid":"1"}"#
    );
    let list = answer(&store, "GetTickets", "");
    assert_eq!(column(&list, "tickets.ticket", "id"), ["1"]);
    let found = answer(&store, "GetTicket", "ticketid=1");
    assert_eq!(found.text("subject"), "Both");
    let mut messages = column(&found, "replies.reply", "message");
    messages.sort();
    assert_eq!(messages, ["Help", "Second", "Third"]);
    assert_eq!(column(&found, "notes.note", "message"), ["Note"]);
    let file = answer(
        &store,
        "GetTicketAttachment",
        "type=reply&relatedid=2&index=0",
    );
    assert_eq!(file.text("filename"), "a.txt");
    // Whoever knows the old number is led to the ticket it is part of now.
    assert_eq!(
        answer(&store, "GetTicket", "ticketid=2").text("ticketid"),
        "1"
    );
    let cases = [
        ("", "Ticket ID Required"),
        ("ticketid=9", "Ticket ID Invalid"),
        ("ticketid=1", "Merge Ticket IDs Required"),
    ];
    refuses(&store, "MergeTicket", &cases);
    let odd = answer(&store, "MergeTicket", "ticketid=1&mergeticketids=1,2,9");
    assert_eq!(odd.text("message"), "Invalid Merge Ticket IDs: 1, 2, 9");
}

#[test]
fn a_blocked_guest_opens_no_more_tickets() {
    let store = store();
    open_as_guest(&store);
    open(&store, 1, "x");
    assert_eq!(
        json(&store, "BlockTicketSender", "ticketid=1"),
        r#"{"result":"success","deleted":"false"}"#
    );
    let refused = open_as_guest(&store);
    assert_eq!(refused.text("message"), "Email Address Blocked");
    assert_eq!(
        json(&store, "BlockTicketSender", "ticketid=1&delete=1"),
        r#"{"result":"success","deleted":"true"}"#
    );
    let cases = [
        ("", "Ticket ID Required"),
        ("ticketid=1", "Ticket ID Not Found"),
    ];
    refuses(&store, "BlockTicketSender", &cases);
    let client = answer(&store, "BlockTicketSender", "ticketid=2&delete=1");
    assert_eq!(client.text("message"), "A Client Cannot Be Blocked");
    assert_eq!(count(&store, "SELECT COUNT(*) FROM tickets"), 1);
}
