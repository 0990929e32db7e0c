//! Runs that earlier versions began: finished by their own rules, or refused in words.
//!
//! `tests/fixtures/README.md` says what an archive holds. Each is unpacked as the earlier
//! version left it, its server brought to the state it had then, and the command that
//! `runs show` gives is run. The table says what must come of it: a later version that
//! refuses a run states its words there.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::guards::config;
use crate::support::{BINARY, Desk, Outcome, Sandbox, repository};
use Step::{Asks, Finishes, Stops};

/// The archives of one version.
const FOLDER: &str = "tests/fixtures/runs-0.1.0";
/// The version that made them.
const VERSION: &str = "0.1.0";
/// The argument that no run keeps.
const SECRET: &str = "Hush-hush-2026";
const NAMES: [&str; 4] = ["ann", "bo", "cy", "di"];

/// What resuming a run comes to.
enum Step {
    /// It ends with 0, and says that last.
    Finishes(&'static str),
    /// It ends with 5 and names each of these in doubt; once they are settled so, it
    /// ends with 0 and says that last.
    Asks(&'static [(Doubt, &'static str)], &'static str),
    /// It ends with that code, and says that: a limit, or a refusal with its reason.
    Stops(i32, &'static str),
}

/// How a write in doubt is named to `runs settle`.
enum Doubt {
    Row(&'static str),
    Write(&'static str),
}

/// A test for each archive: the steps, each of the run that command of the archive
/// began, and what stands on the server then.
macro_rules! begun {
    ($($test:ident: $archive:literal, [$($step:expr),+], $census:expr;)+) => {
        /// Those whose runs the table resumes.
        const RESUMED: &[&str] = &[$($archive),+];

        $(#[test]
        fn $test() {
            Earlier::of($archive).goes_on(&[$($step),+], $census);
        })+
    };
}

begun! {
    a_bulk_loop_killed_with_calls_on_their_way: "bulk-key",
        [(0, Finishes("12 of 12 onboarded\n"))], onboarded;
    a_bulk_loop_that_was_finished_does_nothing_again: "bulk-key-finished",
        [(0, Finishes("12 of 12 onboarded\n"))], onboarded;
    a_bulk_loop_stopped_by_its_limit: "bulk-key-limit",
        [(0, Stops(6, "`--max-writes` allows 7 writes")), (0, Stops(6, "`--max-writes` allows 7 writes")),
         (0, Finishes("12 of 12 onboarded\n"))], onboarded;
    a_bulk_loop_that_was_interrupted: "bulk-key-interrupted",
        [(0, Finishes("12 of 12 onboarded\n"))], onboarded;
    rows_whose_keys_look_alike: "bulk-odd-keys",
        [(0, Finishes("11 of 11 added\n"))], coded;
    rows_of_a_list_of_the_server: "bulk-of-list",
        [(0, Finishes("4 of 4 listed\n"))], listed;
    two_loops_of_one_script: "two-loops",
        [(0, Finishes("3 and 5 added, 1 skipped\n"))], added_by_both;
    rows_without_a_key_two_of_them_equal: "bulk-keyless",
        [(0, Finishes("7 of 7 added\n"))], keyless;
    rows_that_were_gathered_without_mail: "bulk-gathered",
        [(0, Finishes("4 of 4 copied\n"))], copied;
    rows_of_a_second_server: "bulk-connected",
        [(0, Finishes("3 of 3 moved\n"))], moved;
    rows_of_a_spreadsheet: "bulk-sheet",
        [(0, Finishes("3 of 3 added\n"))], of_the_sheet;
    doubts_that_are_open: "bulk-doubts-open",
        [(0, Asks(&[(Doubt::Row("bo"), "--done"), (Doubt::Row("di"), "--not-done")], "5 logged, 0 in doubt\n"))],
        marked;
    doubts_that_were_settled: "bulk-doubts-settled",
        [(0, Finishes("5 logged, 0 in doubt\n"))], marked;
    each_row_with_a_key: "each", [(0, Finishes(""))], called;
    each_row_without_a_key: "each-keyless",
        [(0, Finishes(""))], called_keyless;
    a_plain_loop: "loop", [(0, Finishes("all added\n"))], looped;
    a_plain_loop_that_was_finished_does_nothing_again: "loop-finished",
        [(0, Finishes("all added\n"))], looped;
    writes_made_of_ids_amounts_and_days: "loop-values",
        [(0, Asks(&[(Doubt::Write("7"), "--done")], "all credited\n"))], credited;
    a_loop_that_reads_what_it_changed: "loop-rereads",
        [(0, Finishes("all noted\n"))], credited_once;
    a_script_with_a_secret_argument: "secret-argument",
        [(0, Finishes("all added\n"))], users;
    two_shards: "shards",
        [(0, Finishes("12 of 12 added\n")),
         (1, Finishes("8 of 8 added\n"))], shared_out;
    clients_created_updated_or_left_alone: "upsert",
        [(0, Finishes("6 of 6 as wanted, 1 already were\n"))], upserted;
}

/// Those whose runs have tests of their own below.
const OTHERS: &[&str] = &["bulk-failed", "snapshots", "undo-finished", "undo-killed"];

/// What an earlier version left in its folder and on its servers.
struct Earlier {
    desk: Desk,
    main: Sandbox,
    old: Option<Sandbox>,
    /// The commands that were given, how they ended, and the runs they began.
    made: Vec<Value>,
}

impl Earlier {
    fn of(archive: &str) -> Self {
        let desk = Desk::new();
        unpack(archive, desk.folder());
        let made = std::fs::read(desk.folder().join("made.json")).unwrap();
        let main = replayed(&desk.folder().join("server.ndjson"));
        let other = desk.folder().join("server-old.ndjson");
        let old = other.exists().then(|| replayed(&other));
        let mut profiles = "default_profile = \"main\"\n".to_owned() + &profile("main", &main);
        if let Some(old) = &old {
            profiles += &profile("old", old);
        }
        config(&desk, &profiles);
        Self {
            made: serde_json::from_slice(&made).unwrap(),
            desk,
            main,
            old,
        }
    }

    /// The name of the run that command began.
    fn run(&self, command: usize) -> &str {
        self.made[command]["run"].as_str().unwrap()
    }

    fn shown(&self, run: &str) -> Value {
        self.desk.whmcsh(["runs", "show", run, "--json"]).json()
    }

    /// Gives the command that takes a run up, as `runs show` words it, to a shell.
    fn resume(&self, command: usize) -> Outcome {
        let shown = self.shown(self.run(command));
        let Some(line) = shown["resume"].as_str() else {
            return self.give_again(command);
        };
        let line = line.replace("password=…", &format!("password={SECRET}"));
        let path = std::env::var("PATH").unwrap();
        let binary = Path::new(BINARY).parent().unwrap();
        let mut shell = Command::new("sh");
        shell
            .args(["-c", &line])
            .current_dir(self.desk.folder())
            .env_clear()
            .envs(self.desk.variables())
            .env("PATH", format!("{}:{path}", binary.display()));
        Outcome::of(shell.output().unwrap())
    }

    /// Gives the command itself again, to take up a run that needs none to go on.
    fn give_again(&self, command: usize) -> Outcome {
        let words = self.made[command]["words"].as_array().unwrap();
        let mut words: Vec<&str> = words.iter().map(|word| word.as_str().unwrap()).collect();
        words.splice(1..1, ["--resume", self.run(command)]);
        self.desk.whmcsh(words)
    }

    /// Shows and reports its runs, takes them up step by step, and undoes what can be
    /// undone: what the census sees must stand on the server then, and ever after.
    fn goes_on(&self, steps: &[(usize, Step)], census: impl Fn(&Self)) {
        self.is_shown_and_reported();
        for (command, step) in steps {
            self.takes(*command, step);
        }
        census(self);
        for (command, step) in steps {
            if let Finishes(end) | Asks(_, end) = step {
                self.is_finished(*command, end);
            }
        }
        census(self);
        for run in self.made.iter().filter_map(|made| made["run"].as_str()) {
            let undone = self.desk.whmcsh(["runs", "undo", run]);
            let shown = &undone.stdout;
            assert!(shown.starts_with("cannot be undone:\n"), "{shown}");
            // Updates that stay are not passed over in silence.
            let stays = shown.contains("× UpdateClient: no snapshot was taken");
            let code = if stays { 4 } else { 0 };
            assert_eq!(undone.code, Some(code), "{shown}{}", undone.stderr);
        }
        census(self);
    }

    fn takes(&self, command: usize, step: &Step) {
        let resumed = self.resume(command);
        match step {
            Finishes(end) => self.ends(command, &resumed, end),
            Stops(code, says) => {
                let error = resumed.failed(*code);
                assert!(error.contains(says), "{error}");
            }
            Asks(doubts, end) => {
                let error = resumed.failed(5).to_owned();
                for (doubt, verdict) in *doubts {
                    self.settle(command, &error, doubt, verdict);
                }
                self.ends(command, &self.resume(command), end);
            }
        }
    }

    fn settle(&self, command: usize, error: &str, doubt: &Doubt, verdict: &str) {
        let (option, value, named) = match doubt {
            Doubt::Row(row) => ("--row", row, format!("row {row}: ")),
            Doubt::Write(write) => ("--write", write, format!("(write {write})")),
        };
        assert!(error.contains(&named), "{named} in {error}");
        let run = self.run(command);
        self.desk
            .whmcsh(["runs", "settle", run, option, value, verdict])
            .succeeded();
    }

    /// A pass that is the run's last; one after a kill says first what the first said.
    fn ends(&self, command: usize, resumed: &Outcome, end: &str) {
        let said = resumed.succeeded();
        assert!(said.ends_with(end), "{said}");
        let made = &self.made[command];
        if made["code"] == -9 {
            assert!(said.starts_with(made["stdout"].as_str().unwrap()), "{said}");
        }
    }

    /// Nothing is open, and resuming it once more ends as it did.
    fn is_finished(&self, command: usize, end: &str) {
        let shown = self.shown(self.run(command));
        assert_eq!(shown["state"], "done", "{shown}");
        assert_eq!(shown["counts"]["writes_in_doubt"], 0, "{shown}");
        self.ends(command, &self.resume(command), end);
    }

    fn is_shown_and_reported(&self) {
        let listed = self.desk.whmcsh(["runs", "list", "--json"]).json();
        let runs = self.made.iter().filter_map(|made| made["run"].as_str());
        assert_eq!(listed.as_array().unwrap().len(), runs.clone().count());
        for run in runs {
            let json = self.shown(run);
            assert_eq!(json["version"], VERSION, "{json}");
            let writes = json["writes"].as_array().unwrap();
            assert!(!writes.is_empty(), "{json}");
            let shown = self.desk.whmcsh(["runs", "show", run, "--writes"]);
            let shown = shown.succeeded();
            assert!(shown.contains(&format!(" by whmcsh {VERSION}")), "{shown}");
            for write in writes {
                let line = format!("write {}  ", write["write"]);
                assert!(shown.contains(&line), "{line} in {shown}");
            }
            let page = self.desk.whmcsh(["runs", "report", run, "--out", "r.html"]);
            page.succeeded();
            let page = std::fs::read_to_string(self.desk.folder().join("r.html")).unwrap();
            assert!(page.contains(run) && page.contains(VERSION), "{page}");
        }
    }

    /// The rows of a run's `results.csv`, each cell by its column.
    fn results(&self, command: usize) -> Vec<Value> {
        let folder = self.shown(self.run(command))["folder"].clone();
        let file = Path::new(folder.as_str().unwrap()).join("results.csv");
        let mut reader = csv::Reader::from_path(file).unwrap();
        let header = reader.headers().unwrap().clone();
        let rows = reader.records().map(|row| {
            let row = row.unwrap();
            let cells = header.iter().zip(&row);
            cells
                .map(|(name, cell)| (name.to_owned(), Value::from(cell)))
                .collect()
        });
        rows.collect()
    }
}

fn archives(folder: &str) -> PathBuf {
    repository().join(folder)
}

/// Unpacks an archive with the modes and times it was packed with.
/// Unpacks an archive of runs that 0.1.0 began.
pub fn unpack(archive: &str, into: &Path) {
    let file = archives(FOLDER).join(format!("{archive}.tar.gz"));
    // Run by root, files are root's nonetheless.
    let tar = Command::new("tar")
        .args(["-x", "-z", "-p", "-o", "-f"])
        .arg(file)
        .arg("-C")
        .arg(into)
        .status();
    assert!(tar.unwrap().success(), "{archive}");
}

/// A sandbox in which those calls were made, each with the ids it gave then.
fn replayed(calls: &Path) -> Sandbox {
    let sandbox = Sandbox::with(&["--clients", "0"]);
    for line in std::fs::read_to_string(calls).unwrap().lines() {
        let call: Value = serde_json::from_str(line).unwrap();
        let params = call["params"].as_object().unwrap().iter();
        let params: Vec<(&str, &str)> = params
            .map(|(name, value)| (name.as_str(), value.as_str().unwrap()))
            .collect();
        let reply = sandbox.ask(call["action"].as_str().unwrap(), &params);
        assert_eq!(reply["result"], "success", "{line}: {reply}");
        for (name, id) in call["ids"].as_object().unwrap() {
            assert_eq!(text(&reply[name]), text(id), "{name} of {line}: {reply}");
        }
    }
    // One without a call before it is used by the run.
    sandbox.ask("WhmcsDetails", &[]);
    sandbox
}

/// A profile of the name and the address that the run knows, wherever the sandbox is.
fn profile(name: &str, sandbox: &Sandbox) -> String {
    format!(
        "[profiles.{name}]\nurl = \"http://{name}.example.com\"\ninsecure = true\nproduction = false\n\
         proxy = \"{}\"\nidentifier = \"sandbox\"\nsecret = \"sandbox\"\n",
        sandbox.url
    )
}

/// A value of a reply as text, however it was sent.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        value => value.to_string(),
    }
}

/// Those fields of all records of a list, a text for each record, sorted.
fn records(sandbox: &Sandbox, action: &str, list: &str, fields: &[&str]) -> Vec<String> {
    let reply = sandbox.ask(action, &[("limitnum", "1000")]);
    let records = reply.pointer(list).and_then(Value::as_array).cloned();
    let records = records.unwrap_or_default().into_iter().map(|record| {
        let fields = fields.iter().map(|field| text(&record[*field]));
        fields.collect::<Vec<_>>().join(" ")
    });
    sorted(records)
}

fn clients(sandbox: &Sandbox, fields: &[&str]) -> Vec<String> {
    records(sandbox, "GetClients", "/clients/client", fields)
}

fn contacts(sandbox: &Sandbox, fields: &[&str]) -> Vec<String> {
    records(sandbox, "GetContacts", "/contacts/contact", fields)
}

fn details(sandbox: &Sandbox, client: usize) -> Value {
    let id = client.to_string();
    sandbox.ask("GetClientsDetails", &[("clientid", &id)])["client"].clone()
}

fn sorted<T: Into<String>>(items: impl IntoIterator<Item = T>) -> Vec<String> {
    let mut items: Vec<String> = items.into_iter().map(Into::into).collect();
    items.sort();
    items
}

/// The census of each case: what stands on its server, every piece of it once.
fn onboarded(earlier: &Earlier) {
    let names = [
        "ann", "bo", "cy", "di", "ed", "flo", "gus", "hal", "ida", "jo", "kim", "lea",
    ];
    let emails = names.map(|name| format!("{name}@onboard.example"));
    assert_eq!(clients(&earlier.main, &["email"]), emails);
    let billing = emails.map(|email| format!("billing.{email}"));
    assert_eq!(contacts(&earlier.main, &["email"]), billing);
    let results = earlier.results(0).into_iter().map(|row| {
        assert_eq!(row["_outcome"], "done", "{row}");
        format!("{} {}", text(&row["clientid"]), text(&row["email"]))
    });
    assert_eq!(sorted(results), clients(&earlier.main, &["id", "email"]));
}

fn coded(earlier: &Earlier) {
    let rows = std::fs::read(earlier.desk.folder().join("rows.csv")).unwrap();
    let mut reader = csv::Reader::from_reader(&*rows);
    let rows = reader.records().map(|row| {
        let row = row.unwrap();
        format!("{} {}", &row[1], &row[0])
    });
    let expected = sorted(rows);
    assert_eq!(expected.len(), 11);
    assert_eq!(
        contacts(&earlier.main, &["firstname", "lastname"]),
        expected
    );
}

fn listed(earlier: &Earlier) {
    let expected = NAMES.map(|name| format!("listed.{name}@base.example"));
    assert_eq!(contacts(&earlier.main, &["email"]), expected);
    for client in 1..=4 {
        assert_eq!(details(&earlier.main, client)["notes"], "listed");
    }
}

fn added_by_both(earlier: &Earlier) {
    let first = ["first10", "first20", "first30", "between"];
    let second = ["a", "b", "d", "e", "f"].map(|code| format!("second.{code}"));
    let expected = first.map(str::to_owned).into_iter().chain(second);
    let expected = expected.map(|name| format!("{name}@loops.example"));
    assert_eq!(contacts(&earlier.main, &["email"]), sorted(expected));
}

fn keyless(earlier: &Earlier) {
    let expected = [
        "Ann Bergen",
        "Bo Oslo",
        "Bo Oslo",
        "Cy Bergen",
        "Di Moss",
        "Ed Bergen",
        "Flo Oslo",
    ];
    assert_eq!(contacts(&earlier.main, &["firstname", "city"]), expected);
}

fn copied(earlier: &Earlier) {
    let copies = NAMES.map(|name| format!("copy.{name}@base.example"));
    assert_eq!(contacts(&earlier.main, &["email"]), copies);
    for client in 1..=4 {
        assert_eq!(details(&earlier.main, client)["notes"], "from Bonn");
    }
}

fn moved(earlier: &Earlier) {
    let old = earlier.old.as_ref().unwrap();
    let there = clients(&earlier.main, &["email", "id"]);
    assert_eq!(there.len(), 3, "{there:?}");
    let there = there.iter().map(|client| {
        let (email, id) = client.split_once(' ').unwrap();
        format!("moved.{email} Client {id}")
    });
    assert_eq!(contacts(old, &["email", "firstname"]), sorted(there));
}

fn of_the_sheet(earlier: &Earlier) {
    let expected = [
        "ida@example.com  0.10",
        "jo@example.com 2026-11-23 9.50",
        "zoe@example.com 2027-01-31 1234.50",
    ];
    assert_eq!(contacts(&earlier.main, &["email", "address1"]), expected);
}

fn marked(earlier: &Earlier) {
    let log = records(
        &earlier.main,
        "GetActivityLog",
        "/activity/entry",
        &["description"],
    );
    let log = log.into_iter().filter(|text| text.starts_with("Marker "));
    let expected = ["ann", "bo", "cy", "di", "ed"].map(|name| format!("Marker {name}"));
    assert_eq!(sorted(log), expected);
}

fn called(earlier: &Earlier) {
    let expected = ["ann", "bo", "cy", "di", "ed"].map(|name| format!("{name}@each.example"));
    assert_eq!(contacts(&earlier.main, &["email"]), expected);
}

fn called_keyless(earlier: &Earlier) {
    let expected = ["Ann Bergen", "Ann Bergen", "Cy Moss", "Di "];
    assert_eq!(contacts(&earlier.main, &["firstname", "city"]), expected);
}

fn looped(earlier: &Earlier) {
    let expected = (1..=9).map(|n| format!("Loop {n} loop{n}@loop.example"));
    assert_eq!(
        contacts(&earlier.main, &["firstname", "email"]),
        sorted(expected)
    );
}

fn credited(earlier: &Earlier) {
    let main = &earlier.main;
    for (client, name) in (1..).zip(NAMES) {
        let credits = credits(main, client);
        assert_eq!(credits, [format!("12.50 Goodwill {client}")], "{name}");
        let details = details(main, client);
        let notes = text(&details["notes"]);
        let begun = format!("{name}@base.example 12.50 0 Active 20");
        assert!(notes.starts_with(&begun), "{notes}");
        let contact = main.ask("GetContacts", &[("userid", &client.to_string())]);
        let contact = &contact["contacts"]["contact"][0];
        assert_eq!(contact["address1"], details["companyname"]);
        assert_eq!(contact["address2"], details["address2"]);
    }
    let values = NAMES.map(|name| format!("value.{name}@base.example"));
    assert_eq!(contacts(main, &["email"]), values);
}

fn credits(sandbox: &Sandbox, client: usize) -> Vec<String> {
    let reply = sandbox.ask("GetCredits", &[("clientid", &client.to_string())]);
    let credits = reply["credits"]["credit"].as_array().unwrap().iter();
    let shown = |credit: &Value| {
        format!(
            "{} {}",
            text(&credit["amount"]),
            text(&credit["description"])
        )
    };
    credits.map(shown).collect()
}

/// What the notes say is left open: a version may go on with the credit as it is now.
fn credited_once(earlier: &Earlier) {
    for client in 1..=4 {
        assert_eq!(credits(&earlier.main, client), ["5.00 Goodwill"]);
    }
    let noted = NAMES.map(|name| format!("noted.{name}@base.example"));
    assert_eq!(contacts(&earlier.main, &["email"]), noted);
}

fn users(earlier: &Earlier) {
    let users = records(&earlier.main, "GetUsers", "/users", &["email"]);
    let expected = NAMES.map(|name| format!("{name}@secret.example"));
    assert_eq!(users, expected);
    for file in files(&earlier.desk.folder().join(".local")) {
        let bytes = std::fs::read(&file).unwrap();
        let is_told = String::from_utf8_lossy(&bytes).contains(SECRET);
        assert!(!is_told, "{}", file.display());
    }
}

fn shared_out(earlier: &Earlier) {
    let expected = (10..30).map(|n| format!("Code {n}"));
    assert_eq!(contacts(&earlier.main, &["firstname"]), sorted(expected));
}

fn upserted(earlier: &Earlier) {
    let cities = ["Bergen", "Oslo", "Moss", "Molde", "Narvik", "Tromsø"];
    let names = ["ann", "bo", "cy", "di", "ed", "flo"];
    let emails = names.map(|name| format!("{name}@base.example"));
    assert_eq!(clients(&earlier.main, &["email"]), emails);
    for (client, (email, city)) in (1..).zip(emails.iter().zip(cities)) {
        let details = details(&earlier.main, client);
        assert_eq!(
            (&details["email"], &details["city"]),
            (&email.as_str().into(), &city.into())
        );
        assert_eq!(details["address1"], "12 High Street");
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .flat_map(|path| {
            if path.is_dir() {
                files(&path)
            } else {
                vec![path]
            }
        })
        .collect()
}

/// The city, company and notes of the four clients.
fn fields(sandbox: &Sandbox) -> Vec<[String; 3]> {
    let clients = (1..=4).map(|client| details(sandbox, client));
    clients
        .map(|client| ["city", "companyname", "notes"].map(|name| text(&client[name])))
        .collect()
}

fn as_before() -> Vec<[String; 3]> {
    let companies = ["Ann Ltd", "Bo Ltd", "Cy Ltd", "Di Ltd"];
    companies
        .map(|company| ["Bonn", company, ""].map(str::to_owned))
        .to_vec()
}

fn as_changed() -> Vec<[String; 3]> {
    let city = |n| {
        if n == 2 {
            "Elsewhere still"
        } else {
            "Elsewhere"
        }
    };
    let client = |n| [city(n).to_owned(), String::new(), format!("by run {n}")];
    (1..=4).map(client).collect()
}

#[test]
fn every_archive_has_its_test() {
    let entries = std::fs::read_dir(archives(FOLDER)).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let names = names.map(|name| name.trim_end_matches(".tar.gz").to_owned());
    assert_eq!(sorted(names), sorted([RESUMED, OTHERS].concat()));
}

#[test]
fn rows_that_failed_are_done_once_their_cause_is_gone() {
    let earlier = Earlier::of("bulk-failed");
    earlier.is_shown_and_reported();
    let failed = earlier.desk.whmcsh(["runs", "failed", earlier.run(0)]);
    assert!(
        failed.succeeded().contains("Client ID Not Found"),
        "{failed:?}"
    );
    earlier.takes(0, &Stops(4, "1 × Client ID Not Found (first: row 4)"));
    let mut client = vec![
        ("firstname", "Di"),
        ("lastname", "Berg"),
        ("email", "di@base.example"),
    ];
    client.extend([("address1", "1 Quay"), ("city", "Bonn"), ("state", "NRW")]);
    client.extend([
        ("postcode", "53111"),
        ("country", "DE"),
        ("phonenumber", "+49.228123456"),
    ]);
    client.extend([("password2", "Start-1234"), ("noemail", "1")]);
    assert_eq!(earlier.main.ask("AddClient", &client)["result"], "success");
    for _ in 0..2 {
        earlier.takes(0, &Finishes("4 moved, 0 failed\n"));
        let rows = (1..=4).map(|n| format!("Row {n}"));
        assert_eq!(contacts(&earlier.main, &["firstname"]), sorted(rows));
        let cities = ["Bergen", "Oslo", "Moss", "Molde"];
        for (client, city) in (1..).zip(cities) {
            assert_eq!(details(&earlier.main, client)["city"], city);
        }
    }
}

/// Changes the file of rows and takes the run up with those options.
fn with_rows(earlier: &Earlier, change: impl Fn(&str) -> String, options: &[&str]) -> Outcome {
    let path = earlier.desk.folder().join("rows.csv");
    let rows = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, change(&rows)).unwrap();
    let words = ["run", "script.rhai", "rows.csv", "--resume", earlier.run(0)];
    let outcome = earlier.desk.whmcsh([&words[..], options].concat());
    std::fs::write(&path, rows).unwrap();
    outcome
}

#[test]
fn a_row_whose_key_was_mended_is_not_done_again() {
    let earlier = Earlier::of("bulk-key-limit");
    let emails = || clients(&earlier.main, &["email"]);
    let before = emails();
    // One that is done, by a slip and wholly; one that was on its way.
    for (old, new) in [("ann", "anna"), ("bo", "zzzzzzzz"), ("di", "dia")] {
        let [old, new] = [old, new].map(|name| format!("{name}@onboard.example"));
        let mended = with_rows(&earlier, |rows| rows.replace(&old, &new), &[]);
        let error = mended.failed(2);
        let told = format!("row `{old}` is gone, and the similar row `{new}` is new");
        assert!(error.contains(&told), "{error}");
        assert!(
            error.contains(&format!("--same-row {old}={new}")),
            "{error}"
        );
        assert!(error.contains("nothing was sent"), "{error}");
    }
    assert_eq!(emails(), before);
    let (old, new) = ("ann@onboard.example", "anna@onboard.example");
    let same = format!("{old}={new}");
    for options in [&["--same-row", &same][..], &[]] {
        let done = with_rows(&earlier, |rows| rows.replace(old, new), options);
        assert!(
            done.succeeded().ends_with("12 of 12 onboarded\n"),
            "{done:?}"
        );
        assert!(emails().len() == 12 && emails()[0] == old, "{:?}", emails());
    }
}

#[test]
fn rows_that_are_done_and_gone_stop_a_run_that_has_rows_left_alone() {
    let without_ann = |rows: &str| rows.replace("Ann,Berg,ann@onboard.example\n", "");
    let earlier = Earlier::of("bulk-key-limit");
    let stopped = with_rows(&earlier, without_ann, &[]);
    let error = stopped.failed(2);
    assert!(
        error.contains("row `ann@onboard.example` is gone"),
        "{error}"
    );
    let done = with_rows(&earlier, without_ann, &["--rows-changed"]);
    assert!(
        done.succeeded().ends_with("11 of 11 onboarded\n"),
        "{done:?}"
    );
    assert_eq!(clients(&earlier.main, &["email"]).len(), 12);
    // Where nothing is left, nothing can be done twice.
    let finished = Earlier::of("bulk-key-finished");
    let done = with_rows(&finished, without_ann, &[]);
    assert!(
        done.succeeded().ends_with("11 of 11 onboarded\n"),
        "{done:?}"
    );
    assert!(
        done.stderr.contains("1 row that the run had done"),
        "{done:?}"
    );
}

#[test]
fn rows_without_a_key_that_moved_are_not_done_under_the_numbers_of_others() {
    let earlier = Earlier::of("bulk-keyless");
    let before = contacts(&earlier.main, &["firstname"]);
    let moved: [fn(&str) -> String; 2] = [
        |rows| rows.replace("Ann,", "Abe,Rome\nAnn,"),
        |rows| rows.replace("Cy,Bergen\n", ""),
    ];
    for change in moved {
        let error = with_rows(&earlier, change, &[]).failed(2).to_owned();
        assert!(error.contains("identified by their numbers"), "{error}");
        assert!(error.contains("--rows-changed"), "{error}");
        assert!(error.contains("nothing was sent"), "{error}");
    }
    assert_eq!(contacts(&earlier.main, &["firstname"]), before);
    // Rows that were added behind the others move none.
    let more = with_rows(&earlier, |rows| format!("{rows}Gus,Rome\n"), &[]);
    more.succeeded();
}

#[test]
fn a_run_with_snapshots_is_finished_and_undone() {
    let earlier = Earlier::of("snapshots");
    earlier.is_shown_and_reported();
    earlier.takes(0, &Finishes("all changed\n"));
    assert_eq!(fields(&earlier.main), as_changed());
    assert!(contacts(&earlier.main, &["email"]).is_empty());
    let undone = earlier.desk.whmcsh(["runs", "undo", earlier.run(0)]);
    let shown = undone.succeeded();
    assert!(shown.contains("  1 × DeleteContact: "), "{shown}");
    assert_eq!(fields(&earlier.main), as_before());
}

#[test]
fn a_run_with_snapshots_that_was_killed_is_undone_as_it_is() {
    let earlier = Earlier::of("snapshots");
    earlier
        .desk
        .whmcsh(["runs", "undo", earlier.run(0)])
        .succeeded();
    assert_eq!(fields(&earlier.main), as_before());
}

#[test]
fn what_was_undone_stays_so_and_the_undo_can_be_undone() {
    let earlier = Earlier::of("undo-finished");
    earlier.is_shown_and_reported();
    earlier.takes(0, &Finishes("all changed\n"));
    assert_eq!(fields(&earlier.main), as_before());
    earlier
        .desk
        .whmcsh(["runs", "undo", earlier.run(0)])
        .succeeded();
    assert_eq!(fields(&earlier.main), as_before());
    earlier
        .desk
        .whmcsh(["runs", "undo", earlier.run(1)])
        .succeeded();
    assert_eq!(fields(&earlier.main), as_changed());
}

#[test]
fn an_undo_that_was_killed_goes_on() {
    let earlier = Earlier::of("undo-killed");
    earlier.is_shown_and_reported();
    assert_ne!(fields(&earlier.main), as_before());
    assert_ne!(fields(&earlier.main), as_changed());
    for _ in 0..2 {
        earlier.resume(1).succeeded();
        assert_eq!(fields(&earlier.main), as_before());
    }
}

#[test]
fn a_run_whose_script_is_gone_is_refused_and_nothing_is_sent() {
    let earlier = Earlier::of("loop");
    let before = contacts(&earlier.main, &["email"]);
    std::fs::remove_file(earlier.desk.folder().join("script.rhai")).unwrap();
    let refused = earlier.resume(0);
    let error = refused.failed(2);
    assert!(error.contains("`script.rhai`"), "{error}");
    assert_eq!(contacts(&earlier.main, &["email"]), before);
}

#[test]
fn a_run_whose_head_is_damaged_is_refused_and_nothing_is_sent() {
    for damage in [
        "substr(head, 1, 100)",
        "replace(head, '\"args\"', '\"\"')",
        "''",
    ] {
        let earlier = Earlier::of("loop");
        let before = contacts(&earlier.main, &["email"]);
        let run = earlier.run(0);
        let journal = earlier.desk.folder().join(".local/state/whmcsh/runs");
        let journal = rusqlite::Connection::open(journal.join(run).join("journal.sqlite"));
        let damage = format!("UPDATE run SET head = {damage}");
        journal.unwrap().execute(&damage, []).unwrap();
        for refused in [
            earlier.desk.whmcsh(["runs", "show", run]),
            earlier.give_again(0),
        ] {
            let error = refused.failed(2);
            assert!(error.contains("the journal in `"), "{error}");
        }
        assert_eq!(contacts(&earlier.main, &["email"]), before);
        earlier.desk.whmcsh(["runs", "list"]).succeeded();
    }
}

#[test]
fn a_run_of_another_server_is_refused_and_nothing_is_sent() {
    let earlier = Earlier::of("loop");
    let before = contacts(&earlier.main, &["email"]);
    let elsewhere = profile("other", &earlier.main);
    config(&earlier.desk, &elsewhere);
    let refused = earlier.resume(0);
    let error = refused.failed(2);
    assert!(error.contains("was on `main.example.com`"), "{error}");
    assert_eq!(contacts(&earlier.main, &["email"]), before);
}

#[test]
fn a_flipped_byte_makes_no_row_and_no_write_look_new() {
    let flips = [
        (
            "bulk-key-limit",
            "rows",
            "key",
            "id = 1",
            "does not match its row",
        ),
        ("bulk-key-limit", "rows", "key", "state IS NULL", "is gone"),
        ("bulk-of-list", "rows", "state", "id = 1", "unknown state"),
        (
            "two-loops",
            "rows",
            "key",
            "key = '#2'",
            "does not match its row",
        ),
        (
            "two-loops",
            "rows",
            "key",
            "key = '2:d'",
            "does not match its row",
        ),
        (
            "bulk-key-limit",
            "outcomes",
            "state",
            "intent = 1",
            "unknown state",
        ),
        (
            "bulk-key-limit",
            "intents",
            "params",
            "id = 1",
            "does not match its fingerprint",
        ),
        (
            "bulk-key-limit",
            "intents",
            "action",
            "id = 1",
            "does not match its fingerprint",
        ),
        (
            "bulk-key-limit",
            "intents",
            "fingerprint",
            "id = 1",
            "does not match its fingerprint",
        ),
    ];
    for (archive, table, column, which, words) in flips {
        let earlier = Earlier::of(archive);
        let folder = earlier.desk.only_run();
        let connection = rusqlite::Connection::open(folder.join("journal.sqlite")).unwrap();
        let sql =
            format!("SELECT CAST({column} AS BLOB), typeof({column}) FROM {table} WHERE {which}");
        let (mut bytes, kind): (Vec<u8>, String) = connection
            .query_row(&sql, [], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap();
        let at = if which == "key = '#2'" { 1 } else { 2 };
        bytes[at] ^= 1;
        let sql = format!("UPDATE {table} SET {column} = CAST(? AS {kind}) WHERE {which}");
        assert_eq!(connection.execute(&sql, [bytes]).unwrap(), 1);
        // What was killed would miss its write-ahead log.
        connection
            .execute("UPDATE run SET state = 'stopped'", [])
            .unwrap();
        drop(connection);
        let refused = earlier.give_again(0);
        let what = format!("{archive} {table}.{column} {which}: {}", refused.stderr);
        assert_eq!(refused.code, Some(2), "{what}");
        assert!(refused.stderr.contains(words), "{what}");
    }
}
