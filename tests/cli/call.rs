//! One call from the shell.

use crate::support::{Desk, Outcome, Sandbox};

#[test]
fn a_reply_is_json_where_nobody_looks() {
    let sandbox = Sandbox::start();
    let reply = sandbox.desk().whmcsh(["call", "get_currencies"]).json();
    assert_eq!(reply["result"], "success");
    assert_eq!(reply["currencies"]["currency"][0]["code"], "USD");
}

#[test]
fn all_pages_of_a_list_are_fetched_in_each_format() {
    let sandbox = Sandbox::with(&["--clients", "230"]);
    let desk = sandbox.desk();
    let total = sandbox.ask("GetClients", &[])["totalresults"]
        .as_u64()
        .unwrap();
    let total = usize::try_from(total).unwrap();
    let json = desk
        .whmcsh(["call", "GetClients", "--all", "-o", "json"])
        .json();
    assert_eq!(json.as_array().unwrap().len(), total);
    let ndjson = desk.whmcsh(["call", "GetClients", "--all", "-o", "ndjson"]);
    assert_eq!(ndjson.succeeded().lines().count(), total);
    let csv = desk.whmcsh(["call", "GetClients", "--all", "-o", "csv"]);
    assert_eq!(
        csv.succeeded().lines().next().unwrap().split(',').next(),
        Some("id")
    );
    assert_eq!(
        csv::Reader::from_reader(csv.stdout.as_bytes())
            .records()
            .count(),
        total
    );
    let table = desk.whmcsh(["call", "GetClients", "--all", "-o", "table"]);
    assert!(table.succeeded().contains("│ id"), "{}", table.stdout);
}

#[test]
fn nested_parameters_are_written_in_brackets() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    let words = [
        "call",
        "AddOrder",
        "clientid=1",
        "paymentmethod=banktransfer",
        "pid[0]=1",
        "billingcycle[0]=monthly",
        "noemail=true",
    ];
    let order = desk.whmcsh(words).json();
    assert!(order["orderid"].is_i64(), "{order}");
    let services = sandbox.ask(
        "GetClientsProducts",
        &[(
            "serviceid",
            &order["serviceids"].to_string().replace('"', ""),
        )],
    );
    assert_eq!(
        services["products"]["product"][0]["pid"]
            .to_string()
            .replace('"', ""),
        "1"
    );
}

#[test]
fn whmcs_words_of_refusal_are_shown_as_they_are() {
    let sandbox = Sandbox::start();
    let outcome = sandbox
        .desk()
        .whmcsh(["call", "GetClientsDetails", "clientid=999999"]);
    assert!(
        outcome.failed(1).contains("\"Client Not Found\""),
        "{}",
        outcome.stderr
    );
}

#[test]
fn an_unknown_action_is_sent_only_when_told() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    let refused = desk.whmcsh(["call", "GetCleints"]);
    assert_eq!(
        refused.failed(2),
        "error: unknown action `GetCleints`; nothing was sent\nhint: did you mean `GetClients`?\n"
    );
    let sent = desk.whmcsh(["call", "MyAction", "--allow-unknown"]);
    let error = sent.failed(3);
    for said in [
        "may not call `MyAction`",
        "hint: check that the server has MyAction",
        "tick it in the role of these credentials",
    ] {
        assert!(error.contains(said), "{said}: {error}");
    }
}

#[test]
fn a_reader_that_hangs_up_ends_the_program_quietly() {
    let sandbox = Sandbox::with(&["--clients", "1500"]);
    let desk = sandbox.desk();
    let mut child = desk
        .command()
        .args(["call", "GetClients", "--all", "-o", "ndjson"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}

#[test]
fn a_script_whose_reader_hangs_up_is_interrupted() {
    let desk = Desk::new();
    desk.file("script.rhai", "loop { print(1); }");
    let mut child = desk
        .command()
        .args(["run", "script.rhai", "--sandbox"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}

#[test]
fn output_that_cannot_be_written_is_an_error() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full");
    let output = Desk::new()
        .command()
        .arg("actions")
        .stdout(full.unwrap())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(
        error.starts_with("error: cannot write to standard output: "),
        "{error}"
    );
}

#[test]
fn a_write_that_was_applied_is_no_failure_because_its_reply_cannot_be_printed() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    let full = |words: &[&str]| {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full");
        let output = desk.command().args(words).stdout(full.unwrap()).output();
        Outcome::of(output.unwrap())
    };
    let note = ["call", "AddClientNote", "userid=1", "notes=once"];
    for format in ["table", "json", "ndjson", "csv"] {
        let outcome = full(&[&note[..], &["-o", format]].concat());
        assert_eq!(
            outcome.succeeded_in_words(),
            "error: cannot write to standard output: no space left on device; \
             the write was applied: do not send it again\n"
        );
    }
    // A read has come to nothing.
    let read = full(&["call", "GetClients"]);
    assert!(read.failed(2).contains("cannot write to standard output"));
}

#[test]
fn what_a_run_did_counts_for_more_than_what_it_could_not_print() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    let full = |text: &str| {
        desk.file("script.rhai", text);
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full");
        let output = desk
            .command()
            .args(["run", "script.rhai"])
            .stdout(full.unwrap())
            .output();
        Outcome::of(output.unwrap())
    };
    let done = full("log_activity(#{ description: \"x\" }); print(1);");
    let said = done.succeeded_in_words();
    assert!(
        said.contains("no space left on device; the run is done"),
        "{said}"
    );
    let stopped = full(
        "log_activity(#{ description: \"x\" }); print(1); log_activity(#{ description: \"y\" });",
    );
    let said = stopped.failed(130);
    assert!(
        said.contains("no space left on device, so the run stopped"),
        "{said}"
    );
    assert!(said.contains("--resume"), "{said}");
    let read = full("print(get_clients().totalresults);");
    assert!(read.failed(2).contains("cannot write to standard output"));
}

#[test]
fn a_list_is_needed_to_fetch_all_of_it() {
    let outcome = Desk::new().whmcsh(["call", "WhmcsDetails", "--all", "--sandbox"]);
    assert!(
        outcome.failed(2).contains("returns no list"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn fields_are_chosen_in_every_format() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    let call = |more: &[&str]| {
        let words = ["call", "GetClients", "limitnum=2", "--fields", "id,email"];
        desk.whmcsh(words.iter().chain(more))
    };
    let clients = sandbox.ask("GetClients", &[("limitnum", "2")]);
    let client = &clients["clients"]["client"][0];
    let (id, email) = (
        client["id"].to_string().replace('"', ""),
        client["email"].as_str().unwrap(),
    );
    let csv = call(&["-o", "csv"]);
    assert!(
        csv.succeeded()
            .starts_with(&format!("id,email\n{id},{email}\n")),
        "{}",
        csv.stdout
    );
    let total = clients["totalresults"].to_string().replace('"', "");
    assert_eq!(
        csv.stderr,
        format!("2 of {total} records; `--all` fetches the rest\n")
    );
    let line = format!("{{\"id\":{id},\"email\":\"{email}\"}}");
    assert_eq!(
        call(&["-o", "ndjson"]).succeeded().lines().next(),
        Some(line.as_str())
    );
    let records = call(&["-o", "json"]).json();
    assert_eq!(
        records[0],
        serde_json::from_str::<serde_json::Value>(&line).unwrap()
    );
    let table = call(&["-o", "table"]);
    assert!(
        table.succeeded().contains("│ id ┆ email"),
        "{}",
        table.stdout
    );
    let inner = desk.whmcsh([
        "call",
        "GetClientsDetails",
        "clientid=1",
        "--fields",
        "client.city",
        "-o",
        "csv",
    ]);
    let total = desk.whmcsh(["call", "GetClients", "--fields", "totalresults"]);
    assert!(total.json()["totalresults"].is_i64(), "{}", total.stdout);
    assert!(
        inner.succeeded().starts_with("client.city\n"),
        "{}",
        inner.stdout
    );
}

#[test]
fn a_field_nobody_has_is_refused_or_told() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    let refused = desk.whmcsh(["call", "GetClients", "--fields", "id,emial"]);
    assert_eq!(
        refused.failed(2),
        "error: `GetClients` has no field `emial`; nothing was sent\n\
         hint: did you mean `email`? `--allow-unknown` uses it anyway\n"
    );
    let told = desk.whmcsh([
        "call",
        "GetClients",
        "--all",
        "--fields",
        "id,shoesize",
        "-o",
        "csv",
    ]);
    let csv = told.succeeded();
    assert!(
        csv.starts_with("id,shoesize\n") && csv.contains("\n1,\n"),
        "{csv}"
    );
    assert_eq!(told.stderr, "warning: no record has a field `shoesize`\n");
}

#[test]
fn json_of_all_pages_is_one_array_also_of_nothing() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    let all = ["call", "GetClients", "--all", "-o", "json"];
    let none = desk.whmcsh(all.iter().chain(&["search=nobody@nowhere.example"]));
    assert_eq!(none.succeeded(), "[]\n");
    let some = desk.whmcsh(all);
    let records = some.json();
    assert_eq!(some.stdout, format!("{records:#}\n"));
}

#[test]
fn records_are_printed_while_later_pages_are_still_to_come() {
    let sandbox = Sandbox::with(&["--clients", "600", "--latency", "300"]);
    let desk = sandbox.desk();
    let mut child = desk
        .command()
        .args(["call", "GetClients", "--all", "-o", "csv", "limitnum=20"])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(child.stdout.take().unwrap()));
    for _ in 0..2 {
        lines.next().unwrap().unwrap();
    }
    assert_eq!(child.try_wait().unwrap(), None, "it goes on");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn parameters_come_as_json_from_a_file_or_from_standard_input() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file(
        "order.json",
        r#"{"pid": [1, 2], "billingcycle": ["monthly", "annually"], "noemail": true}"#,
    );
    let words = [
        "call",
        "AddOrder",
        "clientid=1",
        "paymentmethod=banktransfer",
        "params=@order.json",
    ];
    let order = desk.whmcsh(words).json();
    assert_eq!(
        order["serviceids"].as_str().unwrap().split(',').count(),
        2,
        "{order}"
    );
    let secret = r#"{"password2": "Tr0ub4dor-and-3", "notes": null}"#;
    let words = ["call", "UpdateClient", "clientid=1", "params=-"];
    let updated = desk.whmcsh_fed(&words, secret);
    assert_eq!(updated.json()["clientid"], 1);
    let wrong = desk.whmcsh_fed(&words, "{\"password2\": \"Tr0ub4dor");
    assert!(
        wrong
            .failed(2)
            .starts_with("error: standard input does not hold JSON: "),
        "{}",
        wrong.stderr
    );
    assert!(!wrong.stderr.contains("Tr0ub4dor"));
}

#[test]
fn a_field_that_comes_after_the_header_was_printed_is_told() {
    let mut clients: Vec<String> = (1..=101).map(|id| format!("{{\"id\":{id}}}")).collect();
    clients[100] = r#"{"id":101,"odd":"x"}"#.to_owned();
    let body = format!(
        "{{\"result\":\"success\",\"totalresults\":101,\"clients\":{{\"client\":[{}]}}}}",
        clients.join(",")
    );
    let server = crate::canned::Canned::page("200 OK", "application/json", &body);
    let desk = server.desk();
    let csv = desk.whmcsh(["call", "GetClients", "-o", "csv"]);
    assert!(csv.succeeded().starts_with("id\n1\n2\n") && csv.stdout.ends_with("\n101\n"));
    assert_eq!(
        csv.stderr,
        "warning: left out, since none of the first 100 records has it: `odd`; to include it, use \
         `--fields`\n"
    );
    let named = desk.whmcsh(["call", "GetClients", "-o", "csv", "--fields", "id,odd"]);
    assert!(named.succeeded().ends_with("\n100,\n101,x\n"));
    assert_eq!(named.stderr, "");
}

#[test]
fn what_is_left_of_a_list_is_told_once_and_after_it() {
    let desk = Desk::new();
    let call = |format: &str| {
        let words = [
            "call",
            "GetClients",
            "limitnum=2",
            "--sandbox",
            "--fields",
            "id",
            "-o",
        ];
        desk.whmcsh([&words[..], &[format]].concat())
    };
    for format in ["json", "csv", "table"] {
        let told = call(format);
        told.succeeded();
        assert_eq!(
            told.stderr, "2 of 6 records; `--all` fetches the rest\n",
            "{format}"
        );
    }
}

#[test]
fn a_file_of_parameters_that_is_not_there_is_told_with_what_was_meant() {
    let desk = Desk::new();
    desk.file("client.json", "{}");
    let refused = |file: &str| {
        let refused = desk.whmcsh(["call", "AddClient", &format!("params=@{file}")]);
        refused.failed(2).to_owned()
    };
    assert_eq!(
        refused("cleint.json"),
        "error: the parameters in `cleint.json` cannot be read: it does not exist\n\
         hint: did you mean `client.json`?\n"
    );
    assert!(
        refused("~/client.json")
            .ends_with("\nhint: only your shell expands `~`: write the home folder in full\n")
    );
}

#[test]
fn a_gateway_that_the_server_does_not_list_is_told_once_in_run_and_plan() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    let script = desk.file(
        "gateway.rhai",
        "for id in [1, 2] { update_invoice(#{ invoiceid: id, paymentmethod: \"paypall\" }); }",
    );
    for command in ["plan", "run"] {
        let outcome = desk.whmcsh([command, script.to_str().unwrap()]);
        outcome.succeeded();
        let told = "`UpdateInvoice`: `GetPaymentMethods` does not list the paymentmethod `paypall`";
        let stderr = &outcome.stderr;
        assert_eq!(stderr.matches(told).count(), 1, "{command}: {stderr}");
        assert!(stderr.contains("did you mean `paypal`?"), "{stderr}");
    }
    // The server passes over such a gateway, and calls that success.
    let invoice = sandbox.ask("GetInvoice", &[("invoiceid", "2")]);
    assert_eq!(invoice["paymentmethod"], "paypal");
}

#[test]
fn a_warning_fails_a_call_that_is_to_be_strict_and_its_reply_is_printed() {
    let sandbox = Sandbox::with(&["--fault", "warning@AddClientNote"]);
    let desk = sandbox.desk();
    let call = ["call", "AddClientNote", "userid=1", "notes=x", "-o", "json"];
    desk.whmcsh(call).succeeded();
    let strict = desk.whmcsh(call.iter().chain(&["--strict", "--no-wait"]));
    assert!(
        strict.failed(1).contains("carried out `AddClientNote`"),
        "{strict:?}"
    );
    assert!(strict.stdout.contains("noteid"), "{strict:?}");
}

#[test]
fn a_day_in_another_order_than_the_servers_is_refused_where_that_is_known() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    let quote = |day: &str| {
        let valid = format!("validuntil={day}");
        let words = [
            "call",
            "CreateQuote",
            "subject=s",
            "stage=Draft",
            "userid=1",
            &valid,
        ];
        desk.whmcsh(words)
    };
    let iso = quote("2030-12-01");
    let said = iso.failed(2);
    assert!(
        said.contains("`CreateQuote` takes `validuntil` in the date format of the server, `DD/MM/YYYY`, and `2030-12-01` is written otherwise; nothing was sent")
            && said.contains("`--allow CreateQuote.validuntil`"),
        "{said}"
    );
    quote("01/12/2030").succeeded();
    let words = [
        "call",
        "CreateQuote",
        "subject=s",
        "stage=Draft",
        "userid=1",
    ];
    let allowed =
        words
            .iter()
            .chain(&["validuntil=2030-12-01", "--allow", "CreateQuote.validuntil"]);
    desk.whmcsh(allowed).succeeded();
    // Whoever may not read the setting is told that nobody knows.
    let sandbox = Sandbox::with(&["--role-without", "GetConfigurationValue"]);
    let desk = sandbox.desk();
    let unknown = desk.whmcsh(words.iter().chain(&["validuntil=2030-12-01"]));
    unknown.succeeded();
    assert!(
        unknown
            .stderr
            .contains("which is not known here: `2030-12-01` may be taken for another day"),
        "{}",
        unknown.stderr
    );
}

#[test]
fn padded_numbers_and_moments_for_days_are_refused_with_what_is_meant() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    for (param, meant) in [
        ("clientid=+1", "write `1`"),
        ("clientid=1 ", "write `1`"),
        ("clientid= 1", "write `1`"),
    ] {
        let refused = desk.whmcsh(["call", "UpdateClient", param, "city=x"]);
        let said = refused.failed(2);
        assert!(
            said.contains("nothing was sent") && said.contains(meant),
            "{said}"
        );
    }
    for day in ["2026-12-01T00:00:00Z", "2026-12-01 10:00"] {
        let due = format!("nextduedate={day}");
        let refused = desk.whmcsh(["call", "UpdateClientProduct", "serviceid=1", &due]);
        let said = refused.failed(2);
        assert!(
            said.contains("nothing was sent") && said.contains("write `2026-12-01`"),
            "{said}"
        );
    }
}

#[test]
fn records_become_a_spreadsheet_whose_texts_stay_texts() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.whmcsh(["call", "UpdateClient", "clientid=1", "firstname=007"])
        .succeeded();
    let all = [
        "call",
        "GetClients",
        "--all",
        "-o",
        "xlsx",
        "--out",
        "all.xlsx",
    ];
    let outcome = desk.whmcsh(all);
    assert_eq!(outcome.succeeded_in_words(), "6 records\n");
    let one = [
        "call",
        "GetClients",
        "limitnum=1",
        "--fields",
        "id,email",
        "-o",
        "xlsx",
    ];
    let piped = desk.command().args(one).output().unwrap();
    assert!(piped.stdout.starts_with(b"PK"));
    let words = String::from_utf8_lossy(&piped.stderr);
    assert!(words.contains("`--all` fetches the rest"), "{words}");
    desk.file(
        "read.rhai",
        "for row in sheet(\"all.xlsx\") { if row.id == \"1\" { print(row.firstname); } }",
    );
    assert_eq!(desk.whmcsh(["run", "read.rhai"]).succeeded(), "007\n");
}

#[test]
fn a_spreadsheet_that_cannot_be_written_is_told() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    std::fs::create_dir(desk.folder().join("folder.xlsx")).unwrap();
    for (words, what) in [
        (&["--out", "folder.xlsx"][..], "nothing was sent"),
        (&["--out", "none/a.xlsx"], "nothing was sent"),
        (
            &["--out", "a.csv"],
            "is not the name of a .xlsx file; nothing was sent",
        ),
        (&["--out", "/dev/full"], "`/dev/full` cannot be written: "),
    ] {
        let call = ["call", "GetClients", "-o", "xlsx"];
        let outcome = desk.whmcsh([&call[..], words].concat());
        assert!(
            outcome.failed(2).contains(what),
            "{words:?}: {}",
            outcome.stderr
        );
    }
    let write = [
        "call",
        "AddClientNote",
        "userid=1",
        "notes=x",
        "-o",
        "xlsx",
        "--out",
        "a.xlsx",
    ];
    let refused = desk.whmcsh(write).failed(2).to_owned();
    assert!(
        refused.contains("writes the records of a list"),
        "{refused}"
    );
    let text = desk.whmcsh(["call", "GetClients", "-o", "csv", "--out", "a.csv"]);
    assert!(text.failed(2).contains("`--out` is for spreadsheets only"));
    assert!(!desk.folder().join("a.xlsx").exists());
}
