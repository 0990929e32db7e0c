//! One call for every row of a file.

use serde_json::json;

use crate::canned::Canned;
use crate::support::{Desk, Outcome, Sandbox, repository};

const CLIENTS: &str =
    "id,status,city,first name\n1,Active,Köln,Jo\n2,Closed,Ulm,Flo\n3,Active,Rom,Zoë\n";

fn each(desk: &Desk, options: &[&str], call: &[&str]) -> Outcome {
    let words = ["each", "clients.csv"].iter().chain(options);
    desk.whmcsh(words.chain(&["--"]).chain(call))
}

fn city(sandbox: &Sandbox, client: &str) -> String {
    let details = sandbox.ask("GetClientsDetails", &[("clientid", client)]);
    details["client"]["city"].as_str().unwrap().to_owned()
}

/// Refused on a desk whose server is never asked.
fn refused(rows: &str, options: &[&str], call: &[&str]) -> String {
    let nobody = Canned::page("500 No", "text/plain", "");
    let desk = nobody.desk();
    desk.file("clients.csv", rows);
    let outcome = each(&desk, options, call);
    assert_eq!(nobody.calls(), 0);
    assert!(!desk.folder().join(".local").exists(), "no run was begun");
    outcome.failed(2).to_owned()
}

#[test]
fn a_call_is_made_for_every_row_that_is_chosen() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file("clients.csv", CLIENTS);
    let before = city(&sandbox, "2");
    let outcome = each(
        &desk,
        &["--where", "status == \"Active\" && row.city != \"\""],
        &[
            "UpdateClient",
            "clientid={id}",
            "city={city}",
            "notes={first name}: {{ok}} {city}",
        ],
    );
    assert_eq!(outcome.succeeded(), "");
    assert!(
        outcome
            .stderr
            .starts_with("3 rows: 2 done, 1 skipped\nresults: "),
        "{}",
        outcome.stderr
    );
    assert_eq!([city(&sandbox, "1"), city(&sandbox, "3")], ["Köln", "Rom"]);
    assert_eq!(city(&sandbox, "2"), before);
    let details = sandbox.ask("GetClientsDetails", &[("clientid", "3")]);
    assert_eq!(details["client"]["notes"], "Zoë: {ok} Rom");
    let run = desk.only_run();
    assert!(
        run.ends_with("each_UpdateClient") || run.to_string_lossy().ends_with("-each_UpdateClient")
    );
    let results = std::fs::read_to_string(run.join("results.csv")).unwrap();
    assert!(
        results.contains("2,Closed,Ulm,Flo,2,3,skipped,not chosen by `--where`,"),
        "{results}"
    );
    assert!(
        results.contains("3,Active,Rom,Zoë,3,4,done,,3"),
        "{results}"
    );
}

#[test]
fn nested_parameters_take_columns_and_empty_ones_can_be_left_out() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file("clients.csv", "id,vat,notes,company\n1,DE7,,Acme\n");
    sandbox.ask("UpdateClient", &[("clientid", "1"), ("notes", "kept")]);
    let call = [
        "UpdateClient",
        "clientid={id}",
        "customfields[1]={vat}",
        "notes={notes}",
        "companyname={company}",
    ];
    each(&desk, &["--skip-empty"], &call).succeeded();
    let details = sandbox.ask("GetClientsDetails", &[("clientid", "1")]);
    assert_eq!(details["client"]["notes"], "kept");
    assert_eq!(details["client"]["companyname"], "Acme");
    assert_eq!(details["client"]["customfields"][0]["value"], "DE7");
    each(&desk, &[], &call).succeeded();
    let details = sandbox.ask("GetClientsDetails", &[("clientid", "1")]);
    assert_eq!(details["client"]["notes"], "");
}

#[test]
fn parameters_can_stand_in_a_file() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file("clients.csv", CLIENTS);
    desk.file(
        "with.json",
        json!({"city": "{city}!", "customfields": {"1": "X{id}"}}).to_string(),
    );
    each(
        &desk,
        &[],
        &["UpdateClient", "clientid={id}", "params=@with.json"],
    )
    .succeeded();
    assert_eq!(city(&sandbox, "3"), "Rom!");
    let details = sandbox.ask("GetClientsDetails", &[("clientid", "2")]);
    assert_eq!(details["client"]["customfields"][0]["value"], "X2");
}

#[test]
fn a_row_whose_id_is_empty_fails_and_is_not_sent() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file("clients.csv", "id,note\n,a\n2,b\n");
    let outcome = each(
        &desk,
        &[],
        &["AddClientNote", "userid={id}", "notes={note}"],
    );
    assert!(
        outcome
            .failed(4)
            .contains("1 × `userid` would be empty; nothing was sent (first: row 1)"),
        "{}",
        outcome.stderr
    );
    let optional = each(
        &desk,
        &[],
        &["UpdateClient", "clientid={id}", "notes={note}"],
    );
    assert!(
        optional
            .failed(4)
            .contains("(`--skip-empty` leaves it out)"),
        "{}",
        optional.stderr
    );
}

#[test]
fn a_plan_sends_no_write_and_names_the_command() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file("clients.csv", CLIENTS);
    let before = city(&sandbox, "1");
    let options = ["--where", "city == \"Köln\"", "--plan"];
    let outcome = each(
        &desk,
        &options,
        &["UpdateClient", "clientid={id}", "city={city}!"],
    );
    let plan = outcome.succeeded();
    assert!(
        plan.contains("row 1\n  UpdateClient clientid=1\n    city: "),
        "{plan}"
    );
    assert!(plan.contains("3 rows: 1 ok, 2 skipped"), "{plan}");
    assert_eq!(city(&sandbox, "1"), before);
    assert!(!desk.folder().join(".local").exists());
    let command = "to apply, run: whmcsh each clients.csv '--where=city == \"Köln\"' -- \
        UpdateClient 'clientid={id}' 'city={city}!'\n";
    assert!(outcome.stderr.ends_with(command), "{}", outcome.stderr);
    let json = each(
        &desk,
        &["--plan", "--json"],
        &["UpdateClient", "clientid={id}", "notes=x"],
    )
    .json();
    assert_eq!(json["actions"][0]["count"], 3);
}

#[test]
fn the_command_printed_at_the_end_resumes_it() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file("clients.csv", CLIENTS);
    let note = ["AddClientNote", "userid={id}", "notes=it's {city}"];
    let stopped = each(
        &desk,
        &["--key", "id", "--max-writes", "2", "--workers", "1"],
        &note,
    );
    let words = stopped.failed(6);
    assert!(
        !words.contains("-->"),
        "a place in a script nobody wrote: {words}"
    );
    let command = words
        .lines()
        .last()
        .unwrap()
        .strip_prefix("to resume, run: whmcsh ")
        .unwrap();
    assert!(
        command.contains(" --resume ")
            && command.ends_with(" -- AddClientNote 'userid={id}' 'notes=it'\\''s {city}'"),
        "{command}"
    );
    let shell = desk.command().get_program().to_string_lossy().into_owned();
    let resumed = std::process::Command::new("sh")
        .args(["-c", &format!("{shell} {command}")])
        .current_dir(desk.folder())
        .env_clear()
        .env("HOME", desk.folder())
        .env("WHMCSH_URL", &sandbox.url)
        .env("WHMCSH_IDENTIFIER", "sandbox")
        .env("WHMCSH_SECRET", "sandbox")
        .output()
        .unwrap();
    let said = String::from_utf8(resumed.stderr).unwrap();
    assert_eq!(resumed.status.code(), Some(0), "{said}");
    assert!(said.contains("3 rows: 3 done"), "{said}");
    let shown = desk.whmcsh(["runs", "list", "--json"]).json();
    assert_eq!(shown.as_array().unwrap().len(), 1);
    let run = shown[0]["id"].as_str().unwrap();
    let shown = desk
        .whmcsh(["runs", "show", run, "--json", "--writes"])
        .json();
    let clients: Vec<&str> = shown["writes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|write| write["params"]["userid"].as_str().unwrap())
        .collect();
    assert_eq!(clients, ["1", "2", "3"], "each once");
}

#[test]
fn a_column_that_is_not_there_is_refused_before_the_first_row() {
    let call = ["UpdateClient", "clientid={idd}"];
    assert_eq!(
        refused(CLIENTS, &[], &call),
        "error: `clients.csv` has no column `idd`, which `clientid` asks for; nothing was sent\n\
         hint: did you mean `id`?\n"
    );
    let nested = ["UpdateClient", "clientid={id}", "customfields[3]={vat}"];
    assert!(
        refused(CLIENTS, &[], &nested).contains("no column `vat`, which `customfields` asks for")
    );
    let call = ["UpdateClient", "clientid={id}"];
    assert!(refused(CLIENTS, &["--key", "statsu"], &call).contains("did you mean `status`?"));
    assert_eq!(
        refused(CLIENTS, &["--where", "stauts == \"Active\""], &call),
        "error: there is no column `stauts`\n --> --where:1:1\n  |\n1 | stauts == \"Active\"\n  | ^^^^^^\n\
         hint: did you mean `status`?\n"
    );
    assert!(refused(CLIENTS, &["--where", "row.stauts == \"x\""], &call).contains("--where:1:5"));
    assert!(
        refused(CLIENTS, &["--where", "uper(status) == \"x\""], &call)
            .contains("unknown function `uper`")
    );
}

#[test]
fn what_every_row_would_fail_of_is_refused_before_the_first() {
    let unknown = refused(CLIENTS, &[], &["UpdateClient", "clinetid={id}"]);
    assert!(
        unknown.ends_with("hint: did you mean `clientid`?\n"),
        "{unknown}"
    );
    let wrong = refused(CLIENTS, &[], &["UpdateClient", "clientid=x{{"]);
    assert!(
        wrong.contains("expects a whole number for `clientid`, not `x{`"),
        "{wrong}"
    );
    assert!(
        refused(CLIENTS, &[], &["UpdateClient", "clientid=1", "notes={"])
            .contains("`{` that is not closed")
    );
    assert!(refused(CLIENTS, &[], &["UpdateCleint"]).contains("did you mean `UpdateClient`?"));
    assert!(
        refused(
            CLIENTS,
            &["--shard", "1/2"],
            &["CloseClient", "clientid={id}"]
        )
        .contains("needs `--key`")
    );
    let twice = refused(
        CLIENTS,
        &["--key", "status"],
        &["CloseClient", "clientid={id}"],
    );
    assert!(
        twice.starts_with(
            "error: `clients.csv` lines 2 and 4 have the same `status`: `Active`\nhint: "
        ),
        "{twice}"
    );
}

#[test]
fn a_secret_is_never_typed() {
    let typed = refused(
        CLIENTS,
        &[],
        &["UpdateClient", "clientid={id}", "password2=hunter2"],
    );
    assert!(
        typed.contains("`password2` is secret") && !typed.contains("hunter2"),
        "{typed}"
    );
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file("clients.csv", "id,pw\n1,Tr0ub4dor-and-3\n");
    each(
        &desk,
        &[],
        &["UpdateClient", "clientid={id}", "password2={pw}"],
    )
    .succeeded();
    for entry in std::fs::read_dir(desk.only_run()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        assert!(!String::from_utf8_lossy(&bytes).contains("Tr0ub4dor"));
    }
}

#[test]
fn a_production_server_is_asked_about_as_for_any_run() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file("clients.csv", CLIENTS);
    let config = format!(
        "default_profile = \"main\"\n[profiles.main]\nurl = \"{}\"\nidentifier = \"sandbox\"\nsecret = \"sandbox\"\nproduction = true\n",
        sandbox.url
    );
    let path = desk.file(".config/whmcsh/config.toml", config);
    std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let call = ["CloseClient", "clientid={id}"];
    let asked = each(&desk, &["-p", "main"], &call);
    assert!(
        asked
            .failed(2)
            .contains("`each CloseClient` cannot be undone: CloseClient"),
        "{}",
        asked.stderr
    );
    each(&desk, &["-p", "main", "--yes", sandbox.host()], &call).succeeded();
    let details = sandbox.ask("GetClientsDetails", &[("clientid", "1")]);
    assert_eq!(details["client"]["status"], "Closed");
}

#[test]
fn a_spreadsheet_is_taken_as_a_csv_file_is() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    let sheet = repository().join("tests/cli/fixtures/clients.xlsx");
    desk.file("clients.xlsx", std::fs::read(sheet).unwrap());
    let words = [
        "each",
        "clients.xlsx",
        "--key",
        "email",
        "--",
        "LogActivity",
    ];
    let outcome = desk.whmcsh(
        words
            .iter()
            .chain(&["description={email} from {due}: {price}"]),
    );
    outcome.succeeded();
    let results = std::fs::read_to_string(desk.only_run().join("results.csv")).unwrap();
    let rows: Vec<std::collections::HashMap<String, String>> =
        csv::Reader::from_reader(results.as_bytes())
            .deserialize()
            .map(Result::unwrap)
            .collect();
    assert!(rows.len() > 1, "{results}");
    let log = sandbox
        .ask("GetActivityLog", &[("limitnum", "500")])
        .to_string();
    for row in rows {
        let said = format!("{} from {}: {}", row["email"], row["due"], row["price"]);
        assert!(log.contains(&said), "{said} in {log}");
    }

    let wrong = desk.whmcsh(words.iter().chain(&["description={emial}"]));
    let error = wrong.failed(2);
    assert!(
        error.contains("`clients.xlsx` has no column `emial`") && error.contains("`email`"),
        "{error}"
    );
}

#[test]
fn a_row_that_is_passed_over_needs_no_key() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file(
        "clients.csv",
        "id,status,city\n1,Active,Ulm\n,Closed,Rom\n,Active,Bonn\n",
    );
    let call = ["UpdateClient", "clientid={id}", "city={city}"];
    let options = ["--key", "id", "--where", "status == \"Active\""];
    let outcome = each(&desk, &options, &call);
    let error = outcome.failed(4);
    assert!(
        error.starts_with("3 rows: 1 done, 1 failed, 1 skipped\n"),
        "{error}"
    );
    assert!(
        error.contains("1 × the key `id` is empty; nothing was sent (first: row 3)"),
        "{error}"
    );
    assert_eq!(city(&sandbox, "1"), "Ulm");
    // Without a condition every row is meant.
    let whole = each(&desk, &options[..2], &call);
    let error = whole.failed(2);
    assert!(error.contains("line 3: the key `id` is empty"), "{error}");
}

#[test]
fn a_secret_column_cannot_be_the_key() {
    let rows = "id,Password\n1,tucked-away\n";
    let error = refused(
        rows,
        &["--key", "Password"],
        &["CloseClient", "clientid={id}"],
    );
    assert_eq!(
        error,
        "error: `Password` cannot be the key: it is secret, and keys are recorded\n\
         hint: name another column that identifies rows\n"
    );
}

#[test]
fn a_condition_that_compares_text_with_a_number_is_told_how_to_go_on() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file("clients.csv", CLIENTS);
    for options in [&["--where", "id > 5"][..], &["--where", "id > 5", "--plan"]] {
        let outcome = each(&desk, options, &["CloseClient", "clientid={id}"]);
        let error = outcome.failed(4);
        assert!(
            error.contains("\nhint: turn the text into a number first: `parse_int(…)`"),
            "{error}"
        );
    }
}

#[test]
fn a_run_is_not_taken_up_by_another_key() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file("clients.csv", CLIENTS);
    let call = ["AddClientNote", "userid={id}", "notes=x"];
    each(&desk, &["--key", "id"], &call).succeeded();
    let run = desk.only_run();
    let run = run.file_name().unwrap().to_str().unwrap();
    for other in [&[][..], &["--key", "city"]] {
        let outcome = each(&desk, &[&["--resume", run], other].concat(), &call);
        assert_eq!(
            outcome.failed(2),
            format!(
                "error: the rows of run `{run}` are identified by `id`; with anything else they \
                 would be done again\n\
                 hint: resume it with `--key id`\n"
            )
        );
    }
    each(&desk, &["--resume", run, "--key", "id"], &call).succeeded();
    let shown = desk
        .whmcsh(["runs", "show", run, "--json", "--writes"])
        .json();
    assert_eq!(shown["writes"].as_array().unwrap().len(), 3);
}

#[test]
fn a_file_without_rows_is_told() {
    let desk = Desk::new();
    desk.file("none.csv", "id,city\n");
    let words = [
        "each",
        "none.csv",
        "--sandbox",
        "--",
        "UpdateClient",
        "clientid={id}",
    ];
    let done = desk.whmcsh(words);
    done.succeeded();
    assert_eq!(
        done.stderr,
        "`none.csv` has a header and no rows\n0 rows: nothing to do\n"
    );
}

#[test]
fn rows_that_fail_for_one_reason_are_counted_together() {
    let desk = Desk::new();
    desk.file("rows.csv", "id,city\n1,Bonn\n2,Cork\n");
    desk.file(
        "city.rhai",
        "bulk(csv(args[0]), #{ key: \"id\" }, |row| { update_client(#{ clientid: row.id, city: row.citty }); });",
    );
    let failed = desk.whmcsh(["run", "city.rhai", "rows.csv", "--sandbox"]);
    let told = "  2 × the row has no column `citty` (first: row 1)\nhint: did you mean `city`?\n";
    assert!(failed.failed(4).contains(told), "{}", failed.stderr);
    let misspelled = desk.whmcsh(["run", "citty.rhai", "rows.csv", "--sandbox"]);
    assert!(
        misspelled
            .failed(2)
            .ends_with("\nhint: did you mean `city.rhai`?\n")
    );
    let misspelled = desk.whmcsh(["run", "city.rhai", "row.csv", "--sandbox"]);
    assert!(
        misspelled
            .failed(2)
            .ends_with("\nhint: did you mean `rows.csv`?\n")
    );
}

const RECORDS: &str = concat!(
    "{\"id\":1,\"status\":\"Active\",\"city\":\"K\u{f6}ln\",\"note\":null}\n",
    "\n",
    "{\"id\":2,\"status\":\"Closed\",\"city\":\"Ulm\",\"note\":\"\"}\n",
    "{\"id\":\"3\",\"status\":\"Active\",\"city\":\"Rom\",\"note\":\"n\"}\n",
);

fn each_of(desk: &Desk, file: &str, options: &[&str], call: &[&str]) -> Outcome {
    desk.whmcsh([&["each", file], options, &["--"], call].concat())
}

/// Refused before anything is asked of the server.
fn refused_records(text: &str, options: &[&str], call: &[&str]) -> String {
    let nobody = Canned::page("500 No", "text/plain", "");
    let desk = nobody.desk();
    desk.file("clients.jsonl", text);
    let outcome = each_of(&desk, "clients.jsonl", options, call);
    assert_eq!(nobody.calls(), 0);
    outcome.failed(2).to_owned()
}

#[test]
fn a_call_is_made_for_every_record_of_a_file_with_an_object_per_line() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file("clients.jsonl", RECORDS);
    let before = city(&sandbox, "2");
    let options = [
        "--where",
        "status == \"Active\" && row.city != \"\"",
        "--key",
        "id",
    ];
    let call = [
        "UpdateClient",
        "clientid={id}",
        "city={city}",
        "notes=no {id}: {note}",
    ];
    let outcome = each_of(&desk, "clients.jsonl", &options, &call);
    outcome.succeeded();
    let said = &outcome.stderr;
    assert!(said.contains("3 rows: 2 done, 1 skipped\n"), "{said}");
    assert!(
        said.contains("`clients.jsonl`: skipped 1 blank line (line 2)"),
        "{said}"
    );
    assert_eq!(
        [city(&sandbox, "1"), city(&sandbox, "3")],
        ["K\u{f6}ln", "Rom"]
    );
    assert_eq!(city(&sandbox, "2"), before);
    let notes = |client: &str| {
        let details = sandbox.ask("GetClientsDetails", &[("clientid", client)]);
        details["client"]["notes"].clone()
    };
    assert_eq!(notes("1"), "no 1: ");
    assert_eq!(notes("3"), "no 3: n");
    let plan = each_of(
        &desk,
        "clients.jsonl",
        &["--plan", "--shard", "1/2", "--key", "id"],
        &call,
    );
    plan.succeeded();
}

#[test]
fn what_is_wrong_with_a_record_is_found_before_the_first_call() {
    let call = ["UpdateClient", "clientid={id}", "city={city}"];
    let twice = refused_records(
        "{\"id\":1,\"city\":\"a\"}\n{\"id\":2,\"id\":3}\n",
        &[],
        &call,
    );
    assert!(
        twice.contains("`clients.jsonl` line 2 has the key `id` twice"),
        "{twice}"
    );
    let cut = refused_records("{\"id\":1,\"city\":\"a\"}\n{\"id\":2,\"ci", &[], &call);
    assert!(cut.contains("`clients.jsonl` line 2 is cut off"), "{cut}");
    let list = refused_records("[{\"id\":1}]\n", &[], &call);
    assert!(list.contains("line 1 is an array"), "{list}");
    let column = refused_records(RECORDS, &[], &["UpdateClient", "clientid={idd}"]);
    assert!(
        column.contains("no column `idd`") && column.contains("`id`"),
        "{column}"
    );
    let key = refused_records(RECORDS, &["--key", "emial"], &call);
    assert!(key.contains("no column `emial`"), "{key}");
    let broken = refused_records(
        "{\"_frozen\":{\"format\":1,\"server\":\"x\",\"at\":\"2026-11-30T12:00:00Z\"}}\n{\"id\":1}\n",
        &[],
        &["UpdateClient", "clientid={id}"],
    );
    assert!(broken.contains("is cut off after line 2"), "{broken}");
}

#[test]
fn null_fails_its_row_and_a_text_that_csv_would_refuse_needs_as_is() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    let before = city(&sandbox, "1");
    desk.file(
        "clients.jsonl",
        "{\"id\":1,\"city\":null}\n{\"id\":2,\"city\":\"\u{200b}Oslo\u{a0}\"}\n",
    );
    let call = ["UpdateClient", "clientid={id}", "city={city}"];
    for options in [&["--key", "id"][..], &["--key", "id", "--where", "id != 9"]] {
        let outcome = each_of(&desk, "clients.jsonl", options, &call);
        let said = outcome.failed(4);
        assert!(
            said.contains("`city` is null in the file, which may mean empty or unknown"),
            "{said}"
        );
    }
    assert_eq!(
        [city(&sandbox, "1"), city(&sandbox, "2")],
        [&before, "Oslo"]
    );
    each_of(&desk, "clients.jsonl", &["--skip-empty"], &call).succeeded();
    assert_eq!(city(&sandbox, "1"), before);
    desk.file("clients.jsonl", "{\"id\":1,\"city\":\"#N/A\"}\n");
    let refused = each_of(&desk, "clients.jsonl", &[], &call);
    let said = refused.failed(2);
    assert!(
        said.contains("line 1, column `city`: `#N/A` is an error") && said.contains("--as-is city"),
        "{said}"
    );
    each_of(&desk, "clients.jsonl", &["--as-is", "city"], &call).succeeded();
    assert_eq!(city(&sandbox, "1"), "#N/A");
    desk.file("clients.jsonl", "{\"id\":1,\"city\":\"a\\u0000b\"}\n");
    let nul = each_of(&desk, "clients.jsonl", &[], &call);
    assert!(
        nul.failed(4)
            .contains("`city` has a NUL character (U+0000) in it; nothing was sent"),
        "{}",
        nul.stderr
    );
}

#[test]
fn a_record_that_lacks_what_the_call_takes_fails_and_the_others_are_done() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file(
        "clients.ndjson",
        "{\"id\":1,\"city\":\"Bonn\"}\n{\"id\":2}\n{\"id\":3,\"city\":[1]}\n",
    );
    let before = city(&sandbox, "2");
    let call = ["UpdateClient", "clientid={id}", "city={city}!"];
    let outcome = each_of(&desk, "clients.ndjson", &["--key", "id"], &call);
    let said = outcome.failed(4);
    assert!(
        said.contains("the record has no field `city`; nothing was sent"),
        "{said}"
    );
    assert!(
        said.contains("a list or a map cannot stand in a text"),
        "{said}"
    );
    assert_eq!(city(&sandbox, "1"), "Bonn!");
    assert_eq!(city(&sandbox, "2"), before);
    // The mended file is taken up by its keys.
    let run = desk.only_run();
    let id = run.file_name().unwrap().to_str().unwrap();
    desk.file(
        "clients.ndjson",
        "{\"id\":1,\"city\":\"Bonn\"}\n{\"id\":2,\"city\":\"Ulm\"}\n{\"id\":3,\"city\":\"Rom\"}\n",
    );
    let resumed = each_of(
        &desk,
        "clients.ndjson",
        &["--key", "id", "--resume", id],
        &call,
    );
    resumed.succeeded();
    assert_eq!([city(&sandbox, "2"), city(&sandbox, "3")], ["Ulm!", "Rom!"]);
}

#[test]
fn the_delimiter_of_a_file_can_be_named() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file("clients.csv", "id^city\n1^Ulm, Neu\n");
    let call = ["UpdateClient", "clientid={id}", "city={city}"];
    each(&desk, &["--delimiter", "^"], &call).succeeded();
    assert_eq!(city(&sandbox, "1"), "Ulm, Neu");
    desk.file("clients.csv", "id\tcity\n1\tBonn\n");
    each(&desk, &["--delimiter", "tab"], &call).succeeded();
    assert_eq!(city(&sandbox, "1"), "Bonn");
    let long = refused("id;city\n1;a\n", &["--delimiter", ";;"], &call);
    assert!(long.contains("must be one ASCII character"), "{long}");
    let records = refused_records(RECORDS, &["--delimiter", ";"], &call);
    assert!(records.contains("leave out `--delimiter`"), "{records}");
}

#[test]
fn a_condition_that_would_change_something_is_refused_before_the_first_row() {
    let call = ["UpdateClient", "clientid={id}", "city={city}"];
    let condition = "close_client(#{ clientid: id }).result == \"success\"";
    let said = refused(CLIENTS, &["--where", condition], &call);
    assert!(
        said.contains("`close_client` changes something, and `--where` only chooses rows")
            && said.contains(" --> --where:1:1"),
        "{said}"
    );
}
