//! A plan is carried out once, also where the run that did it lost its journal.

use std::fs;
use std::path::Path;

use crate::support::{Desk, Sandbox};

const RUN: [&str; 4] = ["run", "script.rhai", "--bind", "plan.json"];

/// A desk with a plan of one note, and how many of them there are by now.
fn planned(sandbox: &Sandbox) -> (Desk, impl Fn() -> usize) {
    let desk = sandbox.desk();
    let script = "log_activity(#{ description: \"Once\" });";
    desk.file("script.rhai", script);
    desk.whmcsh(["plan", "script.rhai", "--out", "plan.json"])
        .succeeded();
    let count = || {
        let log = sandbox.ask("GetActivityLog", &[("description", "Once")]);
        log["activity"]["entry"].as_array().map_or(0, Vec::len)
    };
    (desk, count)
}

fn zeroed(path: &Path) {
    let length = fs::metadata(path).unwrap().len();
    fs::write(path, vec![0; usize::try_from(length).unwrap()]).unwrap();
}

#[test]
fn a_plan_whose_run_lost_its_journal_is_not_carried_out_again() {
    let sandbox = Sandbox::start();
    let (desk, count) = planned(&sandbox);
    desk.whmcsh(RUN).succeeded();
    let folder = desk.only_run();
    let journal = folder.join("journal.log");
    let kept = fs::read(&journal).unwrap();
    // The head alone, then the whole journal, then with it each of the two files that tell
    // the plan; and all that the run left.
    let losses: [(&str, &[&str]); 4] = [
        ("is damaged", &[]),
        ("has lost its journal", &["journal.log"]),
        ("has lost its journal", &["journal.lock"]),
        (
            "has lost its journal",
            &["summary.json", "journal.seen", "key"],
        ),
    ];
    zeroed(&journal);
    for (told, files) in losses {
        for file in files {
            fs::remove_file(folder.join(file)).unwrap();
        }
        for words in [&RUN[..], &[&RUN[..], &["--name", "nightly"]].concat()] {
            let refused = desk.whmcsh(words);
            let error = refused.failed(2);
            assert!(
                error.contains("has begun to carry out the plan `plan.json`"),
                "{error}"
            );
            assert!(error.contains(told), "{error}");
            assert!(error.contains("nothing was sent"), "{error}");
            assert!(error.contains("add `--bind-again` only to do"), "{error}");
            assert_eq!((count(), desk.runs().len()), (1, 1), "{error}");
        }
    }
    desk.whmcsh([&RUN[..], &["--bind-again"]].concat())
        .succeeded();
    assert_eq!(count(), 2);
    // One that did it again and can be read is named before the one that cannot.
    let refused = desk.whmcsh(RUN);
    assert!(refused.failed(2).contains("already carried out the plan"));
    fs::write(&journal, kept).unwrap();
    desk.whmcsh(RUN).failed(2);
}

#[test]
fn other_plans_and_runs_without_a_kept_plan_are_not_in_the_way() {
    let sandbox = Sandbox::start();
    let (desk, count) = planned(&sandbox);
    // Of a version that kept no plan, of another plan, of no plan, and one never begun.
    let runs = ".local/state/whmcsh/runs";
    for (run, note) in [("a", "nightly"), ("b", "nightly\nabc"), ("c", "")] {
        desk.file(&format!("{runs}/2026-11-30-{run}/journal.lock"), note);
        desk.file(&format!("{runs}/2026-11-30-{run}/journal.seen"), "");
    }
    desk.file(&format!("{runs}/2026-11-30-d/journal.log"), "no journal");
    desk.file(&format!("{runs}/2026-11-30-e/journal.log.new"), "");
    // A rehearsal of the plan is none of it.
    desk.whmcsh(["run", "script.rhai", "--sandbox"]).succeeded();
    desk.whmcsh(RUN).succeeded();
    assert_eq!(count(), 1);
}
