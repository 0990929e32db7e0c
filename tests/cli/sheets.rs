//! Spreadsheets as rows: what a sheet shows is what a script gets.

use std::path::Path;

use crate::support::{Desk, Outcome, Sandbox};

/// A desk with a copy of that fixture.
fn with(desk: Desk, fixture: &str) -> Desk {
    let path = crate::support::repository()
        .join("tests/cli/fixtures")
        .join(fixture);
    desk.file(fixture, std::fs::read(path).unwrap());
    desk
}

fn run(fixture: &str, script: &str) -> Outcome {
    let desk = with(Desk::new(), fixture);
    desk.file("script.rhai", script);
    desk.whmcsh(["run", "script.rhai", "--sandbox"])
}

#[track_caller]
fn refused(sheet: &str, parts: &[&str]) {
    let script = format!("print(sheet(\"odd.xlsx\", \"{sheet}\").count());");
    let outcome = run("odd.xlsx", &script);
    let error = outcome.failed(1);
    for part in parts {
        assert!(error.contains(part), "no {part:?} in:\n{error}");
    }
}

#[test]
fn a_row_of_a_sheet_is_what_the_sheet_shows() {
    let outcome = run(
        "clients.xlsx",
        r#"for row in sheet("clients.xlsx") { print(`${row.line()} ${row}`); }"#,
    );
    assert_eq!(
        outcome.succeeded(),
        r#"2 #{"email": "jo@example.com", "firstname": "Jörg", "city": "Köln", "phonenumber": "491701234567", "pid": "42", "price": "9.50", "postcode": "01234", "due": 2026-11-23, "seen": 2026-11-23 08:05:00, "active": true, "total": "19.00", "note": ""}
3 #{"email": "zoe@example.com", "firstname": "Zoë", "city": "Düsseldorf", "phonenumber": "4989123456789", "pid": "7", "price": "1234.50", "postcode": "50667", "due": 2027-01-31, "seen": 2026-12-24 18:00:00, "active": false, "total": "2469.00", "note": "Straße"}
5 #{"email": "ida@example.com", "firstname": "Ida", "city": "Bonn", "phonenumber": "", "pid": "1", "price": "0.10", "postcode": "53111", "due": "", "seen": "", "active": "", "total": "", "note": "last"}
"#
    );
}

#[test]
fn dates_of_a_sheet_are_dates_and_an_empty_cell_is_empty() {
    let outcome = run(
        "clients.xlsx",
        r#"let rows = sheet("clients.xlsx", "Clients").to_array();
           print(type_of(rows[0].due) + " " + type_of(rows[0].seen));
           print(rows[1].due - rows[0].due);
           print(rows[2].without_empty().keys());
           print(parse_money(rows[1].price) + 1);"#,
    );
    assert_eq!(
        outcome.succeeded(),
        "date datetime\n69\n\
         [\"city\", \"email\", \"firstname\", \"note\", \"pid\", \"postcode\", \"price\"]\n1235.50\n"
    );
}

#[test]
fn sheets_of_other_programs_are_read_too() {
    for file in ["clients.xls", "clients.ods"] {
        let outcome = run(
            file,
            &format!("print(sheet(\"{file}\", \"Clients\").next());"),
        );
        assert_eq!(
            outcome.succeeded(),
            "#{\"email\": \"jo@example.com\", \"city\": \"Köln\", \"pid\": \"42\", \"due\": 2026-11-23}\n",
            "{file}"
        );
    }
}

#[test]
fn a_title_is_passed_over_and_a_table_may_begin_anywhere() {
    let outcome = run(
        "odd.xlsx",
        r#"print(sheet("odd.xlsx", "Title", #{ skip: 1 }).next());
           print(sheet("odd.xlsx", "Offset").next());
           print(sheet("odd.xlsx", "Bare", #{ header: ["email", "city"] }).next());"#,
    );
    let row = "#{\"email\": \"jo@example.com\", \"city\": \"Bonn\"}\n";
    assert_eq!(outcome.succeeded(), row.repeat(3));
}

#[test]
fn what_cannot_be_told_is_refused_with_its_cell() {
    refused(
        "Error",
        &["sheet `Error`: cell C3 (column `price`) shows the error #N/A"],
    );
    refused("Merged", &["the cells B2:B3 are merged", "unmerge them"]);
    refused("Title", &["the cells A1:B1 are merged", "`skip: 1`"]);
    refused("Beside", &["cell D2 is outside the columns of the table"]);
    refused("Twice", &["row 1: columns 1 and 3 are both called `email`"]);
    refused("Gap", &["cell B1 is empty, in the header"]);
    refused(
        "Long",
        &["cell B2 (column `card`) is a number of more than 15 digits"],
    );
    refused(
        "Formula",
        &["cell B2 (column `price`) has a formula whose value"],
    );
    refused("Empty", &["has an empty sheet `Empty`", "other sheets: `"]);
    refused("Bare2", &["has no sheet `Bare2`", "did you mean `Bare`?"]);
}

#[test]
fn what_is_no_spreadsheet_is_called_so() {
    let desk = Desk::new();
    desk.file("text.xlsx", "email,city\n");
    desk.file("broken.xlsx", b"PK\x03\x04 and nothing more");
    let refusal = |call: &str| {
        desk.file("script.rhai", format!("{call};"));
        let outcome = desk.whmcsh(["run", "script.rhai", "--sandbox"]);
        outcome.failed(1).to_owned()
    };
    assert!(refusal("sheet(\"text.xlsx\")").contains("`text.xlsx` is not a spreadsheet"));
    assert!(refusal("sheet(\"text.xlsx\")").contains("read it with `csv(path)`"));
    assert!(refusal("sheet(\"broken.xlsx\")").contains("`broken.xlsx` cannot be read"));
    assert!(refusal("sheet(\"../x.xlsx\")").contains("outside the folders"));
    assert!(refusal("sheet(\"none.xlsx\")").contains("does not exist"));
    assert!(refusal("sheet(\"text.xlsx\", #{ skp: 1 })").contains("did you mean `skip`?"));
    assert!(refusal("csv(\"broken.xlsx\")").contains("read it with `sheet(path)`"));
}

const ONBOARD: &str = r#"
let done = bulk(sheet(args[0]), #{ key: "email", workers: 1 }, |row| {
    if row.pid == "7" && read_text("fail.txt") == "yes" { throw "not today"; }
    let client = add_client(#{ firstname: row.firstname, lastname: "Sheet", email: row.email, address1: "x",
        city: row.city, state: "NW", postcode: row.postcode, country: "DE", phonenumber: row.phonenumber,
        password2: random_password(12), noemail: true, skipvalidation: true });
    #{ clientid: client.clientid }
});
print(`${done.ok} ${done.failed}`);
"#;

#[test]
fn a_bulk_loop_over_a_sheet_is_resumed_where_it_was() {
    let sandbox = Sandbox::start();
    let desk = with(sandbox.desk(), "clients.xlsx");
    desk.file("onboard.rhai", ONBOARD);
    desk.file("fail.txt", "yes");
    let first = desk.whmcsh(["run", "onboard.rhai", "clients.xlsx"]);
    assert_eq!(first.code, Some(4), "{}{}", first.stdout, first.stderr);
    assert_eq!(first.stdout, "2 1\n");
    let folder = desk.only_run();
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let failed = read("failed.csv");
    assert!(failed.contains("zoe@example.com,Zoë,Düsseldorf,4989123456789,7,1234.50,50667,2027-01-31,2026-12-24 18:00:00,false,2469.00,Straße"), "{failed}");
    desk.file("fail.txt", "no");
    let run = folder.file_name().and_then(|name| name.to_str()).unwrap();
    let second = desk.whmcsh(["run", "onboard.rhai", "clients.xlsx", "--resume", run]);
    assert_eq!(second.succeeded(), "3 0\n");
    let emails = sandbox
        .desk()
        .whmcsh(["call", "GetClients", "search=Sheet", "-o", "json"])
        .json();
    assert_eq!(emails["totalresults"], 3, "{emails}");
}

#[test]
fn a_changed_sheet_is_noticed_when_a_run_is_resumed() {
    let sandbox = Sandbox::start();
    let desk = with(sandbox.desk(), "clients.xlsx");
    desk.file("fail.txt", "yes");
    desk.file("onboard.rhai", ONBOARD);
    desk.whmcsh(["run", "onboard.rhai", "clients.xlsx"]);
    let run = desk.only_run();
    let run = run.file_name().and_then(|name| name.to_str()).unwrap();
    let other = crate::support::repository().join("tests/cli/fixtures/odd.xlsx");
    std::fs::copy(other, desk.folder().join(Path::new("clients.xlsx"))).unwrap();
    let resumed = desk.whmcsh(["run", "onboard.rhai", "clients.xlsx", "--resume", run]);
    assert!(
        resumed.stderr.contains("`clients.xlsx` has changed"),
        "{}",
        resumed.stderr
    );
}

#[test]
fn rows_of_a_sheet_with_one_key_are_refused_before_the_first() {
    let outcome = run(
        "odd.xlsx",
        r#"bulk(sheet("odd.xlsx", "Keys"), #{ key: "email" }, |row| { print("begun"); });"#,
    );
    let error = outcome.failed(1);
    assert!(
        error.contains("lines 2 and 3 have the same `email`: `jo@example.com`"),
        "{error}"
    );
    assert_eq!(outcome.stdout, "");
}

#[test]
fn check_knows_sheet() {
    let desk = Desk::new();
    desk.file(
        "good.rhai",
        "for row in sheet(\"a.xlsx\", \"A\", #{ skip: 1 }) { print(row.a); }",
    );
    desk.file("bad.rhai", "for row in shet(\"a.xlsx\") { print(row.a); }");
    desk.whmcsh(["check", "good.rhai"]).succeeded();
    let outcome = desk.whmcsh(["check", "bad.rhai"]);
    assert!(outcome.failed(1).contains("`sheet`"), "{}", outcome.stderr);
}
