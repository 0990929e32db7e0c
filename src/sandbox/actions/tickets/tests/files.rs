use super::open;
use crate::sandbox::php::base64_encode;
use crate::sandbox::testing::{answer, change, column, is_complete, records, refuses, store};

/// A query part with files as base64 of JSON.
fn attachments(json: &str) -> String {
    let text = base64_encode(json.as_bytes());
    format!(
        "&attachments={}",
        text.replace('+', "%2B").replace('=', "%3D")
    )
}

#[test]
fn files_sent_as_json_are_given_back_by_holder_and_index() {
    let store = store();
    let two = attachments(
        r#"[{"name":"../a b.txt","data":"aGk="},{"filename":"b.bin","data":"AAEC/w=="}]"#,
    );
    let opened = format!("clientid=1&deptid=1&subject=x&message=x{two}");
    answer(&store, "OpenTicket", &opened);
    let one = attachments(r#"[{"name":"r.txt","data":"eW8="}]"#);
    answer(
        &store,
        "AddTicketReply",
        &format!("ticketid=1&clientid=1&message=x{one}"),
    );
    answer(
        &store,
        "AddTicketNote",
        &format!("ticketid=1&message=x{one}"),
    );
    for (query, name, data) in [
        ("type=ticket&relatedid=1&index=0", "a b.txt", "aGk="),
        ("type=ticket&relatedid=1&index=1", "b.bin", "AAEC/w=="),
        ("type=reply&relatedid=1&index=0", "r.txt", "eW8="),
        ("type=note&relatedid=1&index=0", "r.txt", "eW8="),
    ] {
        let file = answer(&store, "GetTicketAttachment", query);
        assert_eq!((file.text("filename"), file.text("data")), (name, data));
    }
    let found = answer(&store, "GetTicket", "ticketid=1&repliessort=DESC");
    is_complete("GetTicket", &found);
    let names = column(&found, "replies.reply", "attachment");
    assert!(names[0].ends_with("_r.txt"), "{names:?}");
    assert!(names[1].contains("_a b.txt|"), "{names:?}");
    let list = answer(&store, "GetTickets", "");
    is_complete("GetTickets", &list);
    let files = records(&records(&list, "tickets.ticket")[0], "attachments");
    let files: Vec<_> = files
        .iter()
        .map(|file| (file.text("filename"), file.int("index")))
        .collect();
    assert_eq!(files, [("a b.txt", 0), ("b.bin", 1)]);
}

#[test]
fn a_file_is_refused_in_the_references_order() {
    let store = store();
    open(&store, 1, "x");
    let none = [
        ("", "Related ID Required"),
        (
            "relatedid=1&type=odd",
            "Invalid Type. Must be one of ticket, reply, note",
        ),
        ("relatedid=9&type=note", "Related ID Not Found"),
        ("relatedid=1&type=ticket", "Attachment Index Required"),
        ("relatedid=1&type=ticket&index=0", "No Attachments Found"),
    ];
    refuses(&store, "GetTicketAttachment", &none);
    let file = attachments(r#"{"0":{"name":"a.txt","data":"aGk="}}"#);
    answer(
        &store,
        "OpenTicket",
        &format!("clientid=1&deptid=1&subject=x&message=x{file}"),
    );
    let beyond = ["1", "-1", "x"].map(|index| format!("relatedid=2&type=ticket&index={index}"));
    let beyond = beyond
        .each_ref()
        .map(|query| (query.as_str(), "Invalid Attachment Index"));
    refuses(&store, "GetTicketAttachment", &beyond);
    change(&store, "UPDATE tickets SET attachments_removed = 1");
    let removed = [("relatedid=2&type=ticket&index=0", "Attachments Deleted")];
    refuses(&store, "GetTicketAttachment", &removed);
}

#[test]
fn what_is_no_file_is_passed_over() {
    let store = store();
    for odd in [
        "&attachments=odd".to_owned(),
        attachments("7"),
        attachments(r#"["x",{"name":"a"},{"data":"aGk="},{"name":"..\\/","data":""}]"#),
        "&attachments[0]=x&attachments[1][name]=a".to_owned(),
    ] {
        let query = format!("clientid=1&deptid=1&subject=x&message=x{odd}");
        let opened = answer(&store, "OpenTicket", &query);
        assert_eq!(opened.text("result"), "success", "{odd}");
    }
    let list = answer(&store, "GetTickets", "");
    let names = column(&list, "tickets.ticket", "attachment");
    assert_eq!(names, ["", "", "", ""]);
}
