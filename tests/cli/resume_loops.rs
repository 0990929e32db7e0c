//! Plain loops that are taken up again, while what they read has changed.

use serde_json::Value;

use crate::support::{Desk, Outcome, Sandbox};

struct Case {
    sandbox: Sandbox,
    desk: Desk,
}

impl Case {
    /// A run of the script that stopped, as it does without an argument.
    fn begun(script: &str) -> Self {
        let sandbox = Sandbox::start();
        let desk = sandbox.desk();
        for client in 1..=4 {
            let id = client.to_string();
            sandbox.ask(
                "AddCredit",
                &[
                    ("clientid", &id),
                    ("description", "start"),
                    ("amount", "100.00"),
                ],
            );
        }
        desk.script(script).failed(1);
        Self { sandbox, desk }
    }

    fn run(&self) -> String {
        let name = self.desk.only_run();
        name.file_name().unwrap().to_str().unwrap().to_owned()
    }

    /// Takes the run up with an argument, so that it goes on.
    fn resume(&self) -> Outcome {
        let run = self.run();
        self.desk
            .whmcsh(["run", "script.rhai", "on", "--resume", &run])
    }

    fn settle(&self, write: i64, word: &str) -> Outcome {
        let run = self.run();
        self.desk
            .whmcsh(["runs", "settle", &run, "--write", &write.to_string(), word])
    }

    /// The amounts of a client's credits of that description.
    fn credits(&self, client: u8, description: &str) -> Vec<String> {
        let reply = self
            .sandbox
            .ask("GetCredits", &[("clientid", &client.to_string())]);
        let credits = reply["credits"]["credit"].as_array().unwrap().iter();
        let named = credits.filter(|credit| credit["description"] == description);
        named
            .map(|credit| credit["amount"].as_str().unwrap().to_owned())
            .collect()
    }
}

/// Ten percent of what each client has.
const GIFT: &str = "for id in 1..5 {\n\
    let has = parse_money(get_clients_details(#{ clientid: id }).client.credit);\n\
    add_credit(#{ clientid: id, description: \"gift\", amount: (has * money(\"0.10\")).round(2) });\n\
    if args.len() == 0 && id == 2 { throw \"stopped\"; }\n}\nprint(\"all given\");\n";

#[test]
fn a_write_that_comes_with_other_values_stops_the_script() {
    let case = Case::begun(GIFT);
    let resumed = case.resume();
    let error = resumed.failed(1);
    assert!(
        error.contains("this script already did `AddCredit` with other parameters: {"),
        "{error}"
    );
    assert!(error.contains("(write 1); nothing was sent"), "{error}");
    let way = format!(
        "run `whmcsh runs settle {} --write 1` with `--keep`",
        case.run()
    );
    assert!(error.contains(&way), "{error}");
    assert_eq!(
        (case.credits(1, "gift").len(), case.credits(3, "gift").len()),
        (1, 0)
    );
    // Kept, it stands for the one that is asked for now.
    let kept = case.settle(1, "--keep");
    kept.succeeded();
    assert!(
        kept.stderr
            .contains("recorded: write 1 (`AddCredit`) stands"),
        "{}",
        kept.stderr
    );
    assert!(case.resume().failed(1).contains("(write 2)"));
    case.settle(2, "--keep").succeeded();
    assert_eq!(case.resume().succeeded(), "all given\n");
    for client in 1..=4 {
        assert_eq!(case.credits(client, "gift").len(), 1, "{client}");
    }
}

#[test]
fn a_write_that_stands_for_itself_is_sent_beside_the_other() {
    let case = Case::begun(GIFT);
    case.settle(1, "--again").succeeded();
    case.settle(2, "--again").succeeded();
    case.resume().succeeded();
    let both = case.credits(1, "gift");
    assert!(both.len() == 2 && both[0] != both[1], "{both:?}");
    assert_eq!(case.credits(3, "gift").len(), 1);
}

#[test]
fn a_script_that_catches_the_contradiction_sends_nothing_more() {
    let script = GIFT
        .replace("add_credit(", "try { add_credit(")
        .replace(".round(2) });", ".round(2) }); } catch {}");
    let case = Case::begun(&script);
    let error = case.resume().failed(1).to_owned();
    assert!(
        error.contains("this script already did `AddCredit`"),
        "{error}"
    );
    assert_eq!(
        (case.credits(1, "gift").len(), case.credits(4, "gift").len()),
        (1, 0)
    );
}

#[test]
fn a_place_whose_text_is_gone_may_be_any() {
    let case = Case::begun(GIFT);
    case.desk.file("script.rhai", format!("// Edited.\n{GIFT}"));
    let error = case.resume().failed(1).to_owned();
    assert!(
        error.contains("this script already did `AddCredit`"),
        "{error}"
    );
    assert_eq!(case.credits(1, "gift").len(), 1);
}

#[test]
fn a_list_that_shrinks_by_what_is_done_to_it_goes_on_exactly() {
    let case = Case::begun(
        "for client in all_clients(#{ status: \"Active\" }).to_array().filter(|c| c.id < 6) {\n\
         close_client(#{ clientid: client.id });\n\
         log_activity(#{ userid: 1, description: `Closed ${client.id}` });\n\
         add_client_note(#{ userid: 1, notes: `Closed ${client.id}` });\n\
         if args.len() == 0 && client.id > 1 { throw \"stopped\"; }\n}\n",
    );
    case.resume().succeeded();
    let reply = case.sandbox.ask(
        "GetActivityLog",
        &[("description", "Closed "), ("limitnum", "500")],
    );
    let entries = reply["activity"]["entry"].as_array().unwrap();
    let mut texts: Vec<&Value> = entries.iter().map(|entry| &entry["description"]).collect();
    let all = texts.len();
    texts.sort_by_key(ToString::to_string);
    texts.dedup();
    assert!(all > 2 && texts.len() == all, "{texts:?}");
}

#[test]
fn two_credits_for_one_client_at_two_places_are_both_meant() {
    let case = Case::begun(
        "for id in 1..5 {\n\
         add_credit(#{ clientid: id, description: \"outage\", amount: money(\"5.00\") });\n\
         if args.len() == 0 && id == 3 { throw \"stopped\"; }\n\
         add_credit(#{ clientid: id, description: \"loyalty\", amount: money(\"7.00\") });\n}\n",
    );
    case.resume().succeeded();
    for client in 1..=4 {
        assert_eq!(case.credits(client, "outage"), ["5.00"]);
        assert_eq!(case.credits(client, "loyalty"), ["7.00"]);
    }
}

#[test]
fn one_client_may_be_written_to_again_and_again_at_one_place() {
    let case = Case::begun(
        "for n in 1..7 {\n\
         add_credit(#{ clientid: 1, description: `part ${n % 3}`, amount: money(\"1.00\") });\n\
         if args.len() == 0 && n == 4 { throw \"stopped\"; }\n}\n",
    );
    case.resume().succeeded();
    // The n-th of equal writes is the n-th that was made.
    for part in 0..3 {
        assert_eq!(case.credits(1, &format!("part {part}")).len(), 2, "{part}");
    }
}

#[test]
fn writes_to_other_clients_may_come_before_those_that_were_made() {
    let script = "for row in csv(\"rows.csv\") {\n\
        add_credit(#{ clientid: row.id, description: \"row\", amount: money(\"1.00\") });\n\
        if args.len() == 0 && row.id == \"2\" { throw \"stopped\"; }\n}\n";
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file("rows.csv", "id\n1\n2\n3\n");
    desk.script(script).failed(1);
    let case = Case { sandbox, desk };
    case.desk.file("rows.csv", "id\n4\n1\n2\n3\n");
    case.resume().succeeded();
    for client in 1..=4 {
        assert_eq!(case.credits(client, "row").len(), 1, "{client}");
    }
}

#[test]
fn a_row_of_the_same_cells_that_reads_what_it_changed_is_stopped() {
    let case = Case::begun(
        "bulk([1, 2], #{ workers: 1 }, |id| {\n\
         let has = parse_money(get_clients_details(#{ clientid: id }).client.credit);\n\
         add_credit(#{ clientid: id, description: \"gift\", amount: (has * money(\"0.10\")).round(2) });\n\
         if args.len() == 0 { exit(1); } });\n",
    );
    let error = case.resume().failed(4).to_owned();
    assert!(
        error.contains("this row already did `AddCredit`"),
        "{error}"
    );
    assert_eq!(
        (case.credits(1, "gift").len(), case.credits(2, "gift").len()),
        (1, 1)
    );
    case.settle(1, "--keep").succeeded();
    case.resume().succeeded();
    assert_eq!(case.credits(1, "gift").len(), 1);
}

#[test]
fn only_what_was_applied_is_kept_or_done_again() {
    let sandbox = Sandbox::with(&["--fault", "reset-after@AddClientNote:#1"]);
    let desk = sandbox.desk();
    desk.script("add_client_note(#{ userid: 1, notes: \"one\" });")
        .failed(5);
    let case = Case { sandbox, desk };
    let refused = case.settle(1, "--keep");
    assert!(
        refused
            .failed(2)
            .contains("it is in doubt: settle it with `--done`"),
        "{}",
        refused.stderr
    );
    assert!(
        case.settle(7, "--again")
            .failed(2)
            .contains("has no write 7")
    );
    let run = case.run();
    for words in [
        &["--keep", "--again"][..],
        &["--keep", "--done"],
        &["--again", "--row", "1"],
    ] {
        let refused = case
            .desk
            .whmcsh([&["runs", "settle", &run, "--write", "1"], words].concat());
        assert_eq!(refused.code, Some(2), "{words:?}");
    }
}

#[test]
fn a_module_that_writes_as_it_is_imported_in_a_row_is_refused() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file(
        "side.rhai",
        "log_activity(#{ description: \"Side\" }); fn one() { 1 }",
    );
    let refused = desk.script("bulk([1, 2], |n| { import \"side\" as side; side::one(); () });");
    let error = refused.failed(4);
    assert!(
        error.contains("the module that calls it is imported in a row; nothing was sent"),
        "{error}"
    );
    desk.script("import \"side\" as side; bulk([1, 2], |n| { side::one(); () });")
        .succeeded();
    let reply = sandbox.ask("GetActivityLog", &[("description", "Side")]);
    assert_eq!(reply["activity"]["entry"].as_array().unwrap().len(), 1);
}
