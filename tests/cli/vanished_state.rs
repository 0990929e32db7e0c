//! A folder of runs that vanishes while a run goes on.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::thread::sleep;
use std::time::Duration;

use serde_json::Value;

use crate::support::Sandbox;

/// The folder of the run that is going on, once it has begun its journal.
fn begun(state: &Path) -> PathBuf {
    loop {
        let runs = fs::read_dir(state.join("runs")).into_iter().flatten();
        let mut runs = runs.flatten().map(|entry| entry.path());
        if let Some(run) = runs.find(|run| run.join("journal.log").is_file()) {
            return run;
        }
        sleep(Duration::from_millis(2));
    }
}

/// How the folder of that run, or that of all runs, goes.
type Vanish<'v> = &'v dyn Fn(&Path, &Path) -> std::io::Result<()>;

/// How many of the credits WHMCS has.
fn credits(sandbox: &Sandbox) -> usize {
    let credits = sandbox.ask("GetCredits", &[("clientid", "1")]);
    let all = credits["credits"]["credit"].as_array();
    let ours = |credit: &&Value| credit["description"] == "vanishing";
    all.map_or(0, |all| all.iter().filter(ours).count())
}

/// The number before those words.
fn before(words: &str, said: &str) -> usize {
    let rest = &said[..said.find(words).unwrap_or_else(|| panic!("{said}"))];
    let number = rest.rsplit(|letter: char| !letter.is_ascii_digit()).next();
    number.unwrap().parse().unwrap_or_else(|_| panic!("{said}"))
}

#[test]
fn a_run_whose_folder_vanishes_stops_and_says_what_it_did() {
    const CREDIT: &str = "add_credit(#{ clientid: 1, description: \"vanishing\", amount: \"1\" })";
    const EACH: [&str; 7] = [
        "each",
        "in.csv",
        "--",
        "AddCredit",
        "clientid=1",
        "description=vanishing",
        "amount=1",
    ];
    let rename = |_: &Path, state: &Path| fs::rename(state, state.with_extension("away"));
    let ways: [(&[&str], Vanish); 4] = [
        (&["run", "plain.rhai"], &|_, state| {
            fs::remove_dir_all(state)
        }),
        (
            &["run", "bulk.rhai", "--shard", "1/2", "--name", "n"],
            &|run, _| fs::remove_dir_all(run),
        ),
        (&["run", "bulk.rhai"], &rename),
        (&EACH, &rename),
    ];
    for (words, vanish) in ways {
        let sandbox = Sandbox::with(&["--latency", "20"]);
        let desk = sandbox.desk();
        let rows: Vec<String> = (0..400).map(|row| row.to_string()).collect();
        desk.file("in.csv", format!("id\n{}\n", rows.join("\n")));
        desk.file("plain.rhai", format!("for i in 0..400 {{ {CREDIT}; }}"));
        desk.file(
            "bulk.rhai",
            format!("bulk(csv(\"in.csv\"), #{{ key: \"id\", workers: 4 }}, |row| {CREDIT});"),
        );
        let state = desk.folder().join("state");
        let child = desk
            .command()
            .args(words)
            .env("WHMCSH_STATE", &state)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let run = begun(&state);
        while credits(&sandbox) < 3 {}
        // What writes there in this moment may keep it there.
        while vanish(&run, &state).is_err() && run.exists() {}
        let ended = child.wait_with_output().unwrap();
        let said = String::from_utf8(ended.stderr).unwrap();
        let made = credits(&sandbox);
        // By the moment it is a write that cannot be begun, or one that was sent.
        let is_sent = said.contains("was sent, but its outcome could not be recorded");
        let code = if is_sent { 5 } else { 2 };
        assert_eq!(ended.status.code(), Some(code), "{words:?}: {said}");
        assert!(made < 190, "{words:?}: {made} writes");
        let ended = before(" writes; ", &said);
        let open = if said.contains("none was on its way") {
            0
        } else {
            before(" more may have been applied", &said)
        };
        assert!(
            ended <= made && made <= ended + open,
            "{words:?}: {made} writes: {said}"
        );
    }
}
