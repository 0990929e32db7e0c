//! Scripts as users write them, on the sandbox.

use crate::support::{Desk, Sandbox};

#[test]
fn print_is_data_and_log_is_not() {
    let desk = Desk::new();
    desk.file("both.rhai", "print(\"data\"); log(\"words\");");
    let outcome = desk.whmcsh(["run", "both.rhai", "--sandbox"]);
    assert_eq!(
        (outcome.succeeded(), outcome.stderr.as_str()),
        ("data\n", "words\n")
    );
    let quiet = desk.whmcsh(["run", "both.rhai", "--sandbox", "--quiet"]);
    assert_eq!((quiet.succeeded(), quiet.stderr.as_str()), ("data\n", ""));
}

#[test]
fn ids_are_numbers_lists_are_arrays_and_null_dates_are_nothing() {
    let sandbox = Sandbox::start();
    let outcome = sandbox.desk().script(
        "let reply = get_clients(#{ limitnum: 1 });\n\
         print(type_of(reply.clients.client[0].id));\n\
         print(type_of(get_contacts(#{ userid: 999999 }).contacts.contact));\n\
         print(reply.totalresults > 0);\n",
    );
    assert_eq!(outcome.succeeded(), "i64\narray\ntrue\n");
}

#[test]
fn an_error_of_the_server_can_be_caught_by_its_kind() {
    let sandbox = Sandbox::start();
    let outcome = sandbox.desk().script(
        "try { get_clients_details(#{ clientid: 999999 }); }\n\
         catch (e) { print(`${e.kind} ${e.action}: ${e.message}`); }\n",
    );
    assert_eq!(
        outcome.succeeded(),
        "api GetClientsDetails: Client Not Found\n"
    );
}

#[test]
fn an_error_in_a_function_shows_the_line_and_the_way_there() {
    let sandbox = Sandbox::start();
    let outcome = sandbox
        .desk()
        .script("fn look(id) {\n    get_clients_details(#{ clientid: id })\n}\nlook(999999);\n");
    assert_eq!(
        outcome.failed(1),
        "error: `GetClientsDetails` was refused: WHMCS said \"Client Not Found\"\n \
         --> script.rhai:2:5\n  |\n2 |     get_clients_details(#{ clientid: id })\n  |     ^^^^^^^^^^^^^^^^^^^\n  \
         = called from script.rhai:4:1\n"
    );
}

#[test]
fn a_second_server_is_opened_by_its_profile() {
    let (first, second) = (Sandbox::start(), Sandbox::with(&["--clients", "9"]));
    let desk = first.desk();
    desk.configure("old", &second);
    let outcome = desk.script(
        "let old = connect(\"old\");\n\
         let n = 0; for c in old.all_clients() { n += 1; }\n\
         print(n - get_clients().totalresults);\n\
         print(get_clients(old, #{ limitnum: 1 }).totalresults == n);\n",
    );
    assert_eq!(outcome.succeeded(), "3\ntrue\n");
    second.desk();
}

#[test]
fn files_outside_the_folders_are_out_of_reach() {
    let desk = Desk::new();
    desk.file("work/read.rhai", "print(read_text(\"../secret.txt\"));");
    desk.file("work/write.rhai", "write_text(\"../out.txt\", \"x\");");
    desk.file("secret.txt", "s3cr3t");
    for script in ["read.rhai", "write.rhai"] {
        let output = desk
            .command()
            .args(["run", script, "--sandbox"])
            .current_dir(desk.folder().join("work"))
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert!(!String::from_utf8_lossy(&output.stdout).contains("s3cr3t"));
    }
    assert!(!desk.folder().join("out.txt").exists());
}

#[test]
fn an_environment_variable_is_seen_only_when_allowed() {
    let desk = Desk::new().variable("CITY", "Bergen");
    desk.file("env.rhai", "print(env(\"CITY\"));");
    let refused = desk.whmcsh(["run", "env.rhai", "--sandbox"]);
    assert!(
        refused.failed(1).contains("--allow-env CITY"),
        "{}",
        refused.stderr
    );
    let allowed = desk.whmcsh(["run", "env.rhai", "--sandbox", "--allow-env", "CITY"]);
    assert_eq!(allowed.succeeded(), "Bergen\n");
}

#[test]
fn an_unknown_column_is_an_error_with_a_suggestion() {
    let desk = Desk::new();
    desk.file("in.csv", "email,firstname\njo@example.com,Jo\n");
    desk.file(
        "script.rhai",
        "for row in csv(args[0]) { print(row.emial); }\n",
    );
    let outcome = desk.whmcsh(["run", "script.rhai", "in.csv", "--sandbox"]);
    let error = outcome.failed(1);
    assert!(
        error.contains("`emial`") && error.contains("`email`"),
        "{error}"
    );
}

#[test]
fn ctrl_c_stops_a_script_that_never_ends() {
    let desk = Desk::new();
    desk.file("loop.rhai", "print(\"on\"); loop { let a = 1; }");
    let ended = desk.interrupted(&["run", "loop.rhai", "--sandbox"], "on");
    assert_eq!(ended, Some(130));
}
