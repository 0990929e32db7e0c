//! Servers that send all numbers as text, and servers that keep texts as HTML writes them:
//! no script of the project, no recipe and no page sees a difference.

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::Mutex;

use crate::entities::{NAME, two};
use crate::recipes::{data, recipes};
use crate::support::{Desk, OPTIONS, Sandbox, at_once};

/// The tests that run the project's scripts, recipes and pages.
const TESTS: &[&str] = &[
    "guide::",
    "readme::",
    "recipes::",
    "recipes_groups::",
    "recipes_lists::",
    "recipes_services::",
    "reference::",
    "scripts::",
    "start::",
    "upsert::",
];

/// The kinds of servers, by the options of a sandbox that imitates them.
const KINDS: [&[&str]; 3] = [&[], &["--types", "text"], &["--entities"]];

/// Every recipe with its arguments, in an order in which each finds something to do.
fn steps() -> Vec<(&'static str, Vec<String>)> {
    let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect();
    vec![
        ("report_duplicates", words(&["twice.csv"])),
        ("list_overdue", words(&["overdue.csv"])),
        ("triage_tickets", words(&["tickets.csv"])),
        ("audit_domains", words(&["domains.csv", "30"])),
        ("list_without_renewal", words(&["renewal.csv"])),
        ("apply_credit", words(&[])),
        ("reply_tickets", vec![data("reply.txt"), "admin".to_owned()]),
        ("onboard_clients", words(&["new.csv"])),
        ("update_clients", words(&["changes.csv"])),
        ("update_group", words(&["Resellers", "O'"])),
        ("bulk_price_change", words(&["5", "prices.csv"])),
        ("export_clients", words(&["clients.csv", "3=vat"])),
        ("migrate_clients", words(&["old", "3=3", "credit=yes"])),
        ("close_inactive", words(&[])),
        ("clean_up", words(&["0"])),
    ]
}

/// Gives every recipe something to find, with odd letters in it.
fn furnish(sandbox: &Sandbox) {
    let ask = |action, params: &[(&str, &str)]| {
        let reply = sandbox.ask(action, params);
        assert_eq!(reply["result"], "success", "{action}: {reply}");
    };
    let client = ("clientid", "1");
    ask("UpdateClient", &[client, ("companyname", NAME)]);
    ask(
        "AddCredit",
        &[client, ("amount", "7.50"), ("description", NAME)],
    );
    for email in ["ann@twice.example", "annie@twice.example"] {
        let names = [("firstname", "Ann"), ("lastname", NAME), ("email", email)];
        let rest = [("skipvalidation", "1"), ("password2", "correct horse")];
        ask("AddClient", &[&names[..], &rest].concat());
    }
    let ticket = [("deptid", "1"), ("subject", NAME), ("message", NAME)];
    ask("OpenTicket", &[&ticket[..], &[client]].concat());
    let dates = [("date", "2020-01-01"), ("duedate", "2020-01-15")];
    let item = [("itemdescription1", NAME), ("itemamount1", "10.00")];
    let invoice = [("userid", "1"), ("status", "Unpaid")];
    ask("CreateInvoice", &[&invoice[..], &dates, &item].concat());
    let domain = [("domainid", "1"), ("expirydate", "2020-02-01")];
    ask(
        "UpdateClientDomain",
        &[&domain[..], &[("donotrenew", "1")]].concat(),
    );
}

/// What a recipe ended with and said.
type Said = (Option<i32>, String);
/// What the recipes said on servers of a kind, what they wrote by file, and what was told beside.
type Account = (Vec<(&'static str, Said)>, BTreeMap<String, String>, String);

/// Runs all recipes on servers of that kind.
fn account(kind: &[&str]) -> Account {
    let sandbox = |clients| Sandbox::with(&[&["--seed", "3", "--clients", clients], kind].concat());
    let (old, new) = (sandbox("12"), sandbox("0"));
    furnish(&old);
    let desk = two(&old, &new);
    for (sample, file) in [
        ("clients.csv", "new.csv"),
        ("client_changes.csv", "changes.csv"),
    ] {
        let text = std::fs::read_to_string(data(sample)).unwrap();
        let lines: String = text.split_inclusive('\n').take(11).collect();
        desk.file(file, lines);
    }
    let mut told = String::new();
    let said = steps()
        .into_iter()
        .map(|(name, arguments)| {
            let script = crate::support::repository().join(format!("scripts/{name}.rhai"));
            let profile = if name == "migrate_clients" {
                "new"
            } else {
                "old"
            };
            let words = ["run", script.to_str().unwrap(), "--profile", profile];
            // One worker, so that ids are given out in the order of the rows.
            let limits = ["--workers", "1", "--max-deletes", "50"];
            let words = [&words[..], &limits].concat();
            let words = words.into_iter().map(str::to_owned).chain(arguments);
            let outcome = desk.whmcsh(words);
            told += &outcome.stderr;
            (name, (outcome.code, outcome.stdout))
        })
        .collect();
    (said, files(&desk), told)
}

/// The files the recipes wrote into the folder, and what each run keeps of its rows.
fn files(desk: &Desk) -> BTreeMap<String, String> {
    let runs = desk.folder().join(".local/state/whmcsh/runs");
    let runs = std::fs::read_dir(runs).unwrap();
    let runs = runs.map(|run| run.unwrap().path());
    let folders = runs.chain([desk.folder().to_owned()]);
    let files = folders.flat_map(|folder| std::fs::read_dir(folder).unwrap());
    files
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension().is_some_and(|kind| kind == "csv"))
        .map(|path| {
            let name = path.strip_prefix(desk.folder()).unwrap();
            let text = std::fs::read_to_string(&path).unwrap();
            (name.display().to_string(), without_times(&text))
        })
        .collect()
}

/// The text with days in place of moments: the servers are furnished one after the other.
fn without_times(text: &str) -> String {
    let moment = "0000-00-00 00:00:00";
    let shape = |part: &str| part.replace(|letter: char| letter.is_ascii_digit(), "0");
    let mut found = String::new();
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let part = rest
            .get(..moment.len())
            .filter(|part| shape(part) == moment);
        let (kept, passed) = match part {
            Some(part) => (&part[.."0000-00-00".len()], part.len()),
            None => (&rest[..letter.len_utf8()], letter.len_utf8()),
        };
        found.push_str(kept);
        rest = &rest[passed..];
    }
    found
}

#[test]
fn every_recipe_says_and_writes_the_same_on_every_kind_of_server() {
    let names = steps().into_iter().map(|(name, _)| format!("{name}.rhai"));
    let mut names: Vec<String> = names.collect();
    names.sort();
    let all = recipes();
    let all = all.iter().map(|path| path.file_name().unwrap());
    assert!(all.eq(names.iter().map(String::as_str)), "{names:?}");

    let accounts = Mutex::new(Vec::new());
    at_once(KINDS, |kind| {
        let account = account(kind);
        accounts.lock().unwrap().push((kind, account));
    });
    let mut accounts = accounts.into_inner().unwrap();
    accounts.sort_by_key(|(kind, _)| *kind);
    let (usual, (said, written, told)) = accounts.remove(0);
    assert_eq!(usual, KINDS[0]);
    for (name, (code, stdout)) in &said {
        assert_eq!(*code, Some(0), "{name}: {stdout}{told}");
    }
    assert!(
        written
            .values()
            .any(|text| text.contains("O'Brien & \"\"Co")),
        "{written:#?}"
    );
    for (kind, (their_said, their_written, told)) in accounts {
        assert_eq!(said, their_said, "{kind:?}: {told}");
        assert_eq!(written, their_written, "{kind:?}: {told}");
    }
}

#[test]
fn the_sandbox_sends_numbers_as_it_is_told() {
    for (types, id) in [("native", r#"{"id":1,"#), ("text", r#"{"id":"1","#)] {
        let sandbox = Sandbox::with(&["--types", types]);
        let reply = sandbox.post(
            "action=GetClients&search=zoe&identifier=sandbox&secret=sandbox&responsetype=json",
        );
        assert!(reply.contains(id), "{reply}");
    }
}

#[test]
fn scripts_recipes_and_pages_see_no_difference_on_a_server_that_is_both() {
    let tests = std::env::current_exe().unwrap();
    let again = Command::new(tests)
        .args(TESTS)
        .env(OPTIONS, "--types text --entities")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&again.stdout);
    assert!(again.status.success(), "{said}");
    // A module of another name would be passed over without a word.
    for module in TESTS {
        assert!(
            said.contains(&format!("\ntest {module}")),
            "{module}: {said}"
        );
    }
}
