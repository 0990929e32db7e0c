//! Tickets and the files on them, over HTTP and from a script.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use crate::support::Sandbox;

/// Posts a body as a browser's form with files.
fn upload(sandbox: &Sandbox, parts: &[(&str, &str)]) -> String {
    let mut form = String::new();
    for (disposition, value) in parts {
        form.extend(["--XX\r\nContent-Disposition: form-data; ", disposition]);
        form.extend(["\r\n\r\n", value, "\r\n"]);
    }
    form += "--XX--\r\n";
    let address = sandbox.url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "POST /includes/api.php HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
         Content-Type: multipart/form-data; boundary=XX\r\nContent-Length: {}\r\n\r\n{form}",
        form.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn uploaded_files_are_attached_to_the_ticket() {
    let sandbox = Sandbox::start();
    let answer = upload(
        &sandbox,
        &[
            ("name=\"action\"", "OpenTicket"),
            ("name=\"identifier\"", "sandbox"),
            ("name=\"secret\"", "sandbox"),
            ("name=\"responsetype\"", "json"),
            ("name=\"deptid\"", "1"),
            ("name=\"clientid\"", "1"),
            ("name=\"subject\"", "Files"),
            ("name=\"message\"", "See there"),
            ("name=\"attachments[]\"; filename=\"one.txt\"", "one"),
            ("name=\"attachments[]\"; filename=\"two.txt\"", "two"),
        ],
    );
    assert!(answer.contains("\"result\":\"success\""), "{answer}");
    let file = sandbox.ask(
        "GetTicketAttachment",
        &[("type", "ticket"), ("relatedid", "1"), ("index", "1")],
    );
    assert_eq!(file["filename"], "two.txt");
    assert_eq!(file["data"], "dHdv");
}

#[test]
fn a_script_opens_a_ticket_with_a_file_and_reads_the_file_back() {
    let sandbox = Sandbox::start();
    let outcome = sandbox.desk().script(
        r#"
        let opened = open_ticket(#{ clientid: 1, deptid: 1, subject: "Files", message: "See there",
            attachments: [#{ name: "a.txt", data: "aGk=" }] });
        let file = get_ticket_attachment(#{ type: "ticket", relatedid: opened.id, index: 0 });
        print(file.filename + " " + file.data);
        "#,
    );
    assert_eq!(outcome.succeeded().trim(), "a.txt aGk=");
}
