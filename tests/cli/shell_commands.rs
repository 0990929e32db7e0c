//! The commands of the shell, from a pipe.

use std::os::unix::fs::PermissionsExt;

use crate::support::{Desk, Outcome, Sandbox};

fn typed(desk: &Desk, input: &str) -> Outcome {
    desk.whmcsh_fed(&["repl", "--sandbox"], input)
}

/// A desk with two profiles of that sandbox: one of a production server, and one that
/// allows reads only.
pub fn with_profiles(sandbox: &Sandbox) -> Desk {
    sandbox.desk();
    let desk = Desk::new();
    let profile = |name: &str, more: &str| {
        let url = &sandbox.url;
        format!(
            "[profiles.{name}]\nurl = \"{url}\"\nidentifier = \"sandbox\"\nsecret = \"sandbox\"\n{more}\n"
        )
    };
    let text = profile("live", "production = true") + &profile("look", "access = \"read\"");
    let path = desk.file(".config/whmcsh/config.toml", text);
    std::fs::set_permissions(path, PermissionsExt::from_mode(0o600)).unwrap();
    desk
}

#[test]
fn lists_of_records_are_tables_and_json_on_demand() {
    let outcome = typed(
        &Desk::new(),
        "[#{ id: 1, name: \"x\" }]\n:json\nit\n:table\nit\n",
    );
    let table = "┌────┬──────┐\n│ id ┆ name │\n╞════╪══════╡\n│  1 ┆ x    │\n└────┴──────┘\n";
    let json = "[\n  {\n    \"id\": 1,\n    \"name\": \"x\"\n  }\n]\n";
    assert_eq!(outcome.succeeded(), format!("{table}{json}{table}"));
}

#[test]
fn a_plan_shows_writes_and_sends_only_reads() {
    let sandbox = Sandbox::start();
    let outcome = sandbox.desk().whmcsh_fed(
        &["repl"],
        ":plan on\nupdate_client(#{ clientid: 1, city: \"Bonn\" });\n\
         bulk([7], |n| { add_client_note(#{ userid: 1, notes: `n${n}` }); });\n\
         write_text(\"a.txt\", \"x\");\n:plan off\nget_clients_details(#{ clientid: 1 }).client.city\n",
    );
    let shown = outcome.succeeded();
    assert!(
        shown.contains("would be sent:\n  UpdateClient clientid=1\n    city: Köln → Bonn\n"),
        "{shown}"
    );
    assert!(
        shown.contains("row #1:\n  AddClientNote userid=1 notes=n7\n"),
        "{shown}"
    );
    assert!(shown.ends_with("\"Köln\"\n"), "{shown}");
    assert!(
        outcome
            .stderr
            .contains("plan is on\nwould write `a.txt`\nplan is off"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn a_plan_of_many_writes_shows_the_first() {
    let outcome = typed(
        &Desk::new(),
        ":plan on\nfor n in 0..50 { add_client_note(#{ userid: 1, notes: `n${n}` }); }\n\
         add_client_note(#{ userid: 1, notes: \"last\" });\n:save a.rhai\n",
    );
    let shown = outcome.succeeded();
    assert!(shown.contains("notes=n19\n… and 30 more; "), "{shown}");
    assert!(
        !shown.contains("notes=n20") && shown.contains("notes=last"),
        "{shown}"
    );
    assert!(
        outcome
            .stderr
            .contains("running it sends the writes that `:plan on` only showed"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn a_write_is_made_again_once_the_plan_is_off() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    let outcome = desk.whmcsh_fed(
        &["repl"],
        ":plan on\nlet client = add_client(#{ firstname: \"A\", lastname: \"B\", email: \"a@example.com\", \
         address1: \"x\", city: \"y\", state: \"z\", postcode: \"1\", country: \"DE\", phonenumber: \"1\", password2: \"s3cr3t\" });\n\
         write_text(\"a.txt\", \"planned\");\n:plan off\n\
         update_client(#{ clientid: 1, city: \"Bonn\" });\nread_text(\"a.txt\")\n",
    );
    assert!(
        outcome.failed(1).contains("`a.txt` does not exist"),
        "{}",
        outcome.stderr
    );
    assert!(!desk.folder().join("a.txt").exists());
    let client = sandbox.ask("GetClientsDetails", &[("clientid", "1")]);
    assert_eq!(client["client"]["city"], "Bonn");
    // What was planned has no number that a server could know.
    let clients = sandbox.ask("GetClients", &[("search", "a@example.com")]);
    assert_eq!(clients["totalresults"], 0);
}

#[test]
fn another_profile_is_used_from_then_on() {
    let sandbox = Sandbox::start();
    let desk = with_profiles(&sandbox);
    let outcome = desk.whmcsh_fed(
        &["repl", "--profile", "live"],
        "let a = 1;\n:use\n:use look\na + get_clients().totalresults\n\
         add_client_note(#{ userid: 1, notes: \"x\" })\n",
    );
    let refused = outcome.failed(2);
    assert_eq!(outcome.stdout, "* live\n  look\n7\n");
    let here = format!("now at look {}\n", sandbox.host());
    assert!(refused.contains(&here), "{refused}");
    assert!(
        refused.contains("the profile `look` has access `read`"),
        "{refused}"
    );
    let outcome = desk.whmcsh_fed(&["repl", "--profile", "live"], ":use lok\n");
    assert!(outcome.failed(2).contains("did you mean `look`?"));
}

#[test]
fn a_production_server_is_not_changed_where_nobody_confirms() {
    let sandbox = Sandbox::start();
    let desk = with_profiles(&sandbox);
    let line = "add_client_note(#{ userid: 1, notes: \"x\" }).result\n";
    let outcome = desk.whmcsh_fed(&["repl", "--profile", "live"], line);
    let hint = format!("`--yes {}`", sandbox.host());
    assert!(outcome.failed(2).contains(&hint), "{}", outcome.stderr);
    // Nor by leaving a plan.
    let outcome = desk.whmcsh_fed(
        &["repl", "--profile", "live"],
        &format!(":plan on\n{line}:plan off\n{line}"),
    );
    assert!(outcome.failed(2).contains(&hint), "{}", outcome.stderr);
    let words = ["repl", "--profile", "live", "--yes", sandbox.host()];
    assert_eq!(desk.whmcsh_fed(&words, line).succeeded(), "\"success\"\n");
}

#[test]
fn the_lines_that_succeeded_are_saved_as_a_script_that_runs() {
    let desk = Desk::new();
    let outcome = typed(
        &desk,
        "let names = [];\nfn greet(name) { \"hi \" + name }\nfn greet(name) { \"hello \" + name }\n\
         :time\nfor c in all_clients(#{ search: \"jose\" }) {\n  names.push(c.firstname);\n}\n\
         names[0]\nprint(greet(it))\n:save mine.rhai\n",
    );
    outcome.succeeded();
    let run = desk.whmcsh(["run", "mine.rhai", "--sandbox"]);
    assert_eq!(run.succeeded(), "hello José\n");
    desk.whmcsh(["check", "mine.rhai"]).succeeded();
    let text = std::fs::read_to_string(desk.folder().join("mine.rhai")).unwrap();
    assert!(
        !text.contains(":time") && !text.contains("\"hi \""),
        "{text}"
    );
}

#[test]
fn a_line_that_failed_is_not_saved_and_no_file_is_overwritten_silently() {
    let desk = Desk::new();
    desk.file("there.rhai", "precious");
    let outcome = typed(&desk, "print(1)\n:save there.rhai\n");
    let refused = outcome.failed(2);
    assert!(refused.contains("`there.rhai` already exists"), "{refused}");
    assert!(refused.contains("`:save! there.rhai`"), "{refused}");
    let there = || std::fs::read_to_string(desk.folder().join("there.rhai")).unwrap();
    assert_eq!(there(), "precious");
    typed(&desk, "print(1)\n:save! there.rhai\n").succeeded();
    assert!(there().ends_with("\nprint(1);\n"), "{}", there());
    assert!(
        typed(&desk, ":save new.rhai\n")
            .failed(2)
            .contains("nothing was saved")
    );
}

#[test]
fn secrets_are_not_saved() {
    let desk = Desk::new();
    let outcome = typed(
        &desk,
        "let password = \"hunter2\";\npassword.len()\n:save a.rhai\n",
    );
    outcome.succeeded();
    assert!(outcome.stderr.contains("`PASSWORD`"), "{}", outcome.stderr);
    let text = std::fs::read_to_string(desk.folder().join("a.rhai")).unwrap();
    assert!(!text.contains("hunter2"), "{text}");
    let desk = desk.variable("PASSWORD", "x");
    desk.whmcsh(["run", "a.rhai", "--sandbox", "--allow-env", "PASSWORD"])
        .succeeded();
}

#[test]
fn a_script_is_loaded_and_what_it_defines_stays() {
    let desk = Desk::new();
    desk.file(
        "lib.rhai",
        "//! Mine.\nfn twice(x) { x * 2 }\nlet seven = 7;\n",
    );
    let outcome = typed(&desk, ":load lib.rhai\ntwice(seven)\n");
    assert_eq!(outcome.succeeded(), "14\n");
    let outcome = typed(&desk, ":load none.rhai\n");
    assert!(
        outcome
            .failed(2)
            .contains("`none.rhai` cannot be read: it does not exist")
    );
    let outcome = typed(&desk, ":load ~/lib.rhai\n:save ~/kept.rhai\n");
    outcome.succeeded();
    assert!(desk.folder().join("kept.rhai").is_file());
    let outcome = typed(&desk, "1 + 1\n:save none/kept.rhai\n");
    assert!(outcome.failed(2).contains("its folder does not exist"));
}

#[test]
fn an_error_in_a_loaded_file_shows_the_file_and_its_line() {
    let desk = Desk::new();
    desk.file("bad.rhai", "let a = 1;\n\nnope(a);\n");
    desk.file("lib.rhai", "// Mine.\nfn broken(x) {\n  x.nothing()\n}\n");
    let outcome = typed(&desk, "let b = 2;\n:load bad.rhai\n");
    assert!(
        outcome
            .failed(1)
            .contains("--> bad.rhai:3:1\n  |\n3 | nope(a);"),
        "{}",
        outcome.stderr
    );
    let outcome = typed(&desk, "1 + 1\n:load lib.rhai\nbroken(1)\n");
    let error = outcome.failed(1);
    assert!(
        error.contains("--> lib.rhai:3:5") && error.contains("called from repl:6:1"),
        "{error}"
    );
}

#[test]
fn help_knows_actions_functions_and_commands() {
    let shown = |name: &str| typed(&Desk::new(), &format!(":help {name}\n"));
    let client = shown("add_client");
    assert!(
        client.succeeded().starts_with("AddClient: "),
        "{}",
        client.stdout
    );
    assert!(client.stdout.contains("firstname"), "{}", client.stdout);
    let csv = shown("csv");
    assert!(
        csv.succeeded().starts_with("csv(path: string"),
        "{}",
        csv.stdout
    );
    assert!(csv.stdout.contains("    let rows = csv("), "{}", csv.stdout);
    assert!(shown(":plan").succeeded().contains(":plan on|off"));
    assert!(shown("").succeeded().contains(":save! FILE"));
    assert!(shown("add_cient").failed(2).contains("`add_client`"));
}

#[test]
fn help_says_the_same_in_the_shell_and_outside_of_it() {
    let desk = Desk::new();
    for name in [
        "AddClient",
        "all_clients",
        "csv",
        "value",
        "push",
        "scripting",
        "bulk",
    ] {
        let outside = desk.whmcsh(["help", name]);
        let inside = typed(&desk, &format!(":help {name}\n"));
        assert_eq!(inside.succeeded(), outside.succeeded(), "{name}");
    }
}

#[test]
fn an_unknown_command_is_suggested_another() {
    let outcome = typed(&Desk::new(), ":hlep\n1\n");
    assert!(
        outcome.failed(2).contains("did you mean `:help`?"),
        "{}",
        outcome.stderr
    );
    assert_eq!(outcome.stdout, "");
}

#[test]
fn variables_are_listed_without_what_they_hold() {
    let outcome = typed(
        &Desk::new(),
        "let pin = \"1234\"; let m = #{ a: 1 };\n:vars\n",
    );
    let shown = outcome.succeeded();
    assert!(shown.contains("pin   text of 4\n"), "{shown}");
    assert!(shown.contains("m     map of 1\n"), "{shown}");
}

#[test]
fn time_is_told_and_quit_leaves() {
    let outcome = typed(&Desk::new(), ":time on\n1 + 1\n:quit\nnever()\n");
    assert_eq!(outcome.succeeded(), "2\n");
    let time = outcome.stderr.lines().last().unwrap();
    assert!(time.starts_with("0.") && time.ends_with(" s"), "{time}");
}

#[test]
fn rows_that_fail_are_told() {
    let outcome = typed(
        &Desk::new(),
        "bulk([1, 2], |n| { if n == 2 { throw \"no\" } }).failed\n",
    );
    // Nobody sees it where lines come from a pipe.
    let error = outcome.failed(4);
    assert!(error.contains("row #2 failed: no"), "{error}");
    assert_eq!(outcome.stdout, "1\n");
}

#[test]
fn a_write_in_doubt_is_not_sent_again_until_somebody_looked() {
    let sandbox = Sandbox::with(&[
        "--fault",
        "reset-after@AddClientNote:#1,reset-after@UpdateClient:#1",
    ]);
    let desk = sandbox.desk();
    let count = || {
        let notes = sandbox.ask("GetActivityLog", &[("limitnum", "500")]);
        let entries = notes["activity"]["entry"].as_array().unwrap().iter();
        let text = entries.filter_map(|entry| entry["description"].as_str());
        text.filter(|text| text.contains("Note")).count()
    };
    let before = count();
    let note = "add_client_note(#{ userid: 1, notes: \"doubt\" })";
    let again =
        format!("for t in 0..4 {{ try {{ {note}; break; }} catch(e) {{ print(e.message); }} }}\n");
    let told = "`AddClientNote` was not sent: the same write (number 1 of this session) may have been applied";
    let outcome = desk.whmcsh_fed(&["repl"], &again);
    assert!(
        outcome.failed(5).contains("enter `:settled 1`"),
        "{}",
        outcome.stderr
    );
    assert_eq!(
        outcome.stdout.matches(told).count(),
        3,
        "{}",
        outcome.stdout
    );
    assert_eq!(count(), before + 1);
    // Another write to the record of an update in doubt, and from a file.
    desk.file(
        "more.rhai",
        "update_client(#{ clientid: 2, city: \"Cork\" });",
    );
    let input = ":settled\ntry { update_client(#{ clientid: 2, city: \"Bonn\" }); } catch { }\n\
                 try { update_client(#{ clientid: 2, state: \"Kent\" }); } catch(e) { print(e.message); }\n\
                 :settled\n:settled 1\n:load more.rhai\n";
    let outcome = desk.whmcsh_fed(&["repl"], input);
    let shown = outcome.succeeded();
    assert!(
        outcome
            .stderr
            .contains("no write of this session is in doubt"),
        "{}",
        outcome.stderr
    );
    assert!(
        shown.contains(
            "`UpdateClient` was not sent: a write to the same record (number 1 of this session)"
        ),
        "{shown}"
    );
    assert!(
        shown.contains("\n1  UpdateClient {\"city\":\"Bonn\",\"clientid\":2} on 127.0.0.1"),
        "{shown}"
    );
    let refused = desk.whmcsh_fed(&["repl"], ":settled 7\n");
    assert!(refused.failed(2).contains("unknown write `7`"));
}

#[test]
fn a_write_that_was_applied_is_no_failure_of_the_shell_because_nothing_can_be_printed() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    let full = |input: &str| {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full");
        desk.file("lines", input);
        let lines = std::fs::File::open(desk.folder().join("lines")).unwrap();
        let mut command = desk.command();
        let command = command.arg("repl").stdin(lines).stdout(full.unwrap());
        Outcome::of(command.output().unwrap())
    };
    let outcome = full("add_client_note(#{ userid: 1, notes: \"sh\" })\nprint(\"more\")\n");
    let told = "error: cannot write to standard output: no space left on device; the write was applied: do not send \
                it again\n";
    assert_eq!(outcome.succeeded_in_words(), told);
    // Before any, it ends the shell.
    let read = full("get_clients()\nadd_client_note(#{ userid: 1, notes: \"sh\" })\n");
    assert!(read.failed(2).contains("cannot write to standard output"));
}
