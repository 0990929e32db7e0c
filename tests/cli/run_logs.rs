//! The log of a run: copied, torn, damaged, of a later version, held by somebody else.
//! Whatever became of it, nothing is done twice in silence.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::earlier_runs::unpack;
use crate::guards::config;
use crate::support::log::{INTENT, LOG, Log, SEEN, holder_elsewhere};
use crate::support::{Desk, Sandbox};

/// Adds contacts, as many as a file says, and stops before its end if that says so.
const ADD: &str = "let wanted = parse_int(read_text(\"wanted.txt\"));\n\
    for n in 0..wanted { add_contact(#{ clientid: 1, firstname: \"Bo\", email: `bo${n}@log.example` }); }\n\
    if wanted < 6 { throw \"not yet\"; }\n";

fn contacts(sandbox: &Sandbox) -> Vec<String> {
    let reply = sandbox.ask("GetContacts", &[("limitnum", "5000")]);
    let contacts = reply["contacts"]["contact"].as_array().cloned();
    let emails = contacts.unwrap_or_default().into_iter();
    let mut emails: Vec<String> = emails
        .map(|contact| contact["email"].as_str().unwrap().to_owned())
        .filter(|email| email.ends_with("@log.example"))
        .collect();
    emails.sort();
    emails
}

fn once_each(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("bo{n}@log.example")).collect()
}

/// A run that added so many and then ended, at six as done.
fn begun(sandbox: &Sandbox, until: usize) -> (Desk, PathBuf) {
    let desk = sandbox.desk();
    desk.file("script.rhai", ADD);
    desk.file("wanted.txt", until.to_string());
    let ended = desk.whmcsh(["run", "script.rhai"]);
    assert_eq!(ended.code, Some(i32::from(until < 6)), "{}", ended.stderr);
    let folder = desk.only_run();
    (desk, folder)
}

fn name(folder: &Path) -> &str {
    folder.file_name().unwrap().to_str().unwrap()
}

/// The group with the intent of that number.
fn group_of(log: &Log, write: usize) -> usize {
    let mut left = write;
    let groups = log.groups().iter();
    let place = groups.enumerate().find(|(_, group)| {
        let intents = group.frames.iter().filter(|frame| frame.0 == INTENT);
        let count = intents.count();
        let is_it = left <= count;
        left = left.saturating_sub(count);
        is_it
    });
    place.unwrap().0
}

/// A run that added so many, as it stood on the disk when it was about to send that write;
/// from then on it adds six.
fn killed(sandbox: &Sandbox, added: usize, write: usize) -> (Desk, PathBuf) {
    let (desk, folder) = begun(sandbox, added);
    let mut log = Log::read(&folder);
    let groups = group_of(&log, write) + 1;
    log.cut_behind(groups).write();
    log.put_seen(groups as u64);
    desk.file("wanted.txt", "6");
    (desk, folder)
}

/// Another desk with nothing of the run but its log.
fn copied(sandbox: &Sandbox, folder: &Path) -> (Desk, PathBuf) {
    let desk = sandbox.desk();
    desk.file("script.rhai", ADD);
    desk.file("wanted.txt", "6");
    let log = std::fs::read(folder.join(LOG)).unwrap();
    let place = format!(".local/state/whmcsh/runs/{}/{LOG}", name(folder));
    let copy = desk.file(&place, log).parent().unwrap().to_owned();
    (desk, copy)
}

fn resume(desk: &Desk, folder: &Path, words: &[&str]) -> crate::support::Outcome {
    let resume = ["run", "script.rhai", "--resume", name(folder)];
    desk.whmcsh([&resume[..], words].concat())
}

#[test]
fn a_copy_of_the_log_alone_is_shown_and_reported() {
    let sandbox = Sandbox::start();
    let (_desk, folder) = begun(&sandbox, 3);
    let (desk, copy) = copied(&sandbox, &folder);
    let run = name(&copy);
    let shown = desk.whmcsh(["runs", "show", run, "--json"]).json();
    assert_eq!(shown["counts"]["writes"], 3);
    assert_eq!(shown["state"], "failed");
    desk.whmcsh(["runs", "report", run]).succeeded();
    let page = std::fs::read_to_string(copy.join("report.html")).unwrap();
    assert!(page.contains("AddContact"));
    // Its process came to an end, so that nothing is missing but the key.
    let refused = resume(&desk, &copy, &[]);
    assert!(
        refused
            .failed(2)
            .contains("`--take-over` continues without it")
    );
    let resumed = resume(&desk, &copy, &["--take-over"]);
    assert!(resumed.stderr.contains("its key is missing"));
    assert_eq!(contacts(&sandbox), once_each(6));
}

#[test]
fn a_copy_of_a_run_in_progress_is_resumed_only_if_taken_over_and_then_looks_first() {
    let sandbox = Sandbox::start();
    let (_desk, folder) = killed(&sandbox, 6, 4);
    let (desk, copy) = copied(&sandbox, &folder);
    let shown = desk.whmcsh(["runs", "show", name(&copy), "--json"]).json();
    assert_eq!(shown["counts"]["writes"], 3);
    assert_eq!(shown["counts"]["writes_in_doubt"], 1);
    let refused = resume(&desk, &copy, &[]);
    let error = refused.failed(3);
    assert!(
        error.contains("was copied while its run was in progress"),
        "{error}"
    );
    assert!(error.contains("--take-over"), "{error}");
    // One more than the original did by then.
    desk.file("wanted.txt", "7");
    let resumed = resume(&desk, &copy, &["--take-over"]);
    resumed.succeeded();
    assert!(
        resumed.stderr.contains("this journal is a copy"),
        "{}",
        resumed.stderr
    );
    assert!(resumed.stderr.contains("its key is missing"));
    assert_eq!(contacts(&sandbox), once_each(7));
    // It is an original now, and says no more.
    let again = resume(&desk, &copy, &[]);
    again.succeeded();
    assert!(!again.stderr.contains("copy"), "{}", again.stderr);
    assert_eq!(contacts(&sandbox), once_each(7));
}

/// The same desk with a copy of the run as it stood at that group, by the name `bak`.
fn copied_beside(desk: &Desk, folder: &Path) -> PathBuf {
    for file in [LOG, "key"] {
        let bytes = std::fs::read(folder.join(file)).unwrap();
        desk.file(&format!(".local/state/whmcsh/runs/bak/{file}"), bytes);
    }
    folder.with_file_name("bak")
}

#[test]
fn of_a_run_and_its_copy_side_by_side_only_one_is_gone_on_with() {
    let sandbox = Sandbox::start();
    let (desk, folder) = killed(&sandbox, 6, 4);
    let copy = copied_beside(&desk, &folder);
    // The original is there, and knows what the copy does not.
    let refused = resume(&desk, &copy, &["--take-over"]);
    let error = refused.failed(2);
    assert!(
        error.contains("which is here: both would do the same writes; nothing was sent"),
        "{error}"
    );
    let way = format!(
        "resume that run: whmcsh run script.rhai --resume {}",
        name(&folder)
    );
    assert!(error.contains(&way), "{error}");
    // Out of the way, it leaves the copy to go on with.
    let away = desk.folder().join("away");
    std::fs::rename(&folder, &away).unwrap();
    resume(&desk, &copy, &["--take-over"]).succeeded();
    assert_eq!(contacts(&sandbox), once_each(6));
    std::fs::rename(&away, &folder).unwrap();
    let error = resume(&desk, &folder, &[]).failed(2).to_owned();
    assert!(
        error.contains("was taken over: both would do the same writes; nothing was sent"),
        "{error}"
    );
    assert!(error.contains("--resume bak"), "{error}");
    resume(&desk, &copy, &[]).succeeded();
    assert_eq!(contacts(&sandbox), once_each(6));
}

#[test]
fn the_original_of_a_run_that_was_killed_is_resumed_without_more_ado() {
    let sandbox = Sandbox::start();
    let (desk, folder) = killed(&sandbox, 4, 4);
    let resumed = resume(&desk, &folder, &[]);
    resumed.succeeded();
    assert!(!resumed.stderr.contains("warning"), "{}", resumed.stderr);
    assert_eq!(contacts(&sandbox), once_each(6));
}

#[test]
fn a_torn_end_is_told_and_cut_off() {
    let sandbox = Sandbox::start();
    let (desk, folder) = begun(&sandbox, 3);
    let mut log = Log::read(&folder);
    // What the last write came to is in the group that is torn.
    let groups = group_of(&log, 3) + 2;
    log.cut_behind(groups).write();
    let log = Log::read(&folder);
    let last = log.groups().last().unwrap();
    let path = folder.join(LOG);
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = usize::midpoint(last.place.start, last.place.end);
    bytes[middle..].fill(0);
    std::fs::write(&path, bytes).unwrap();
    // It had not come to the disk, so nobody saw it there.
    log.put_seen(log.groups().len() as u64 - 1);
    desk.whmcsh(["runs", "show", name(&folder)]).succeeded();
    desk.file("wanted.txt", "6");
    let resumed = resume(&desk, &folder, &[]);
    resumed.succeeded();
    assert_eq!(contacts(&sandbox), once_each(6));
    let told = "the last entry of the journal is incomplete";
    assert!(resumed.stderr.contains(told), "{}", resumed.stderr);
    assert!(resumed.stderr.contains("are checked again"));
}

#[test]
fn a_witness_that_is_missing_or_older_is_told_and_a_newer_one_refuses() {
    let sandbox = Sandbox::start();
    let (desk, folder) = begun(&sandbox, 3);
    let log = Log::read(&folder);
    let groups = log.groups().len() as u64;
    log.put_seen(groups + 1);
    let refused = resume(&desk, &folder, &[]);
    let error = refused.failed(2);
    let place = format!("`{SEEN}` shows that group {} was on the disk", groups + 1);
    assert!(error.contains(&place), "{error}");
    log.put_seen(groups - 1);
    let resumed = resume(&desk, &folder, &[]);
    assert!(resumed.failed(1).contains("is older than the journal"));
    std::fs::remove_file(folder.join(SEEN)).unwrap();
    let resumed = resume(&desk, &folder, &[]);
    assert!(resumed.failed(1).contains("`journal.seen` is missing"));
    assert_eq!(contacts(&sandbox), once_each(3));
}

#[test]
fn a_flipped_byte_or_a_sector_of_zeros_is_refused_and_its_place_named() {
    let sandbox = Sandbox::start();
    let (desk, folder) = begun(&sandbox, 3);
    let path = folder.join(LOG);
    let whole = std::fs::read(&path).unwrap();
    let places = Log::read(&folder);
    let places = places.groups().iter().map(|group| group.place.start + 60);
    let flipped = places.map(|at| {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x10;
        bytes
    });
    let mut zeroed = whole.clone();
    zeroed[1024..1536].fill(0);
    for bytes in flipped.chain([zeroed]) {
        std::fs::write(&path, bytes).unwrap();
        let refused = resume(&desk, &folder, &[]);
        let error = refused.failed(2);
        assert!(
            error.contains("is damaged: `journal.log` at byte "),
            "{error}"
        );
        let shown = desk.whmcsh(["runs", "show", name(&folder)]);
        assert!(shown.failed(2).contains("at byte "), "{}", shown.stderr);
    }
    std::fs::write(&path, &whole).unwrap();
    resume(&desk, &folder, &[]).failed(1);
    assert_eq!(contacts(&sandbox), once_each(3));
}

#[test]
fn a_log_of_a_later_version_is_refused_and_that_version_named() {
    let sandbox = Sandbox::start();
    let (desk, folder) = begun(&sandbox, 3);
    Log::read(&folder).put_format(2, "7.1.0").write();
    for words in [
        &["runs", "show", name(&folder)][..],
        &["runs", "report", name(&folder)],
        &["run", "script.rhai", "--resume", name(&folder)],
    ] {
        let refused = desk.whmcsh(words.iter().copied());
        let error = refused.failed(2);
        let words = "is of format 2, written by a later version, whmcsh 7.1.0";
        assert!(error.contains(words), "{error}");
    }
    assert_eq!(contacts(&sandbox), once_each(3));
}

#[test]
fn ctrl_c_ends_the_watching_of_a_process_on_another_host() {
    let sandbox = Sandbox::start();
    let (desk, folder) = killed(&sandbox, 6, 4);
    std::fs::write(folder.join("journal.holder.9"), holder_elsewhere()).unwrap();
    let mut child = desk
        .command()
        .args(["run", "script.rhai", "--resume", name(&folder)])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let stderr = child.stderr.take().unwrap();
    let mut stderr = std::io::BufReader::new(stderr);
    std::io::BufRead::read_line(&mut stderr, &mut line).unwrap();
    let told = "waiting 30 s: process 4242 on host `far-away` may still be working on run";
    assert!(line.contains(told), "{line}");
    let id = child.id().to_string();
    let sent = Command::new("kill").args(["-INT", &id]).status().unwrap();
    assert!(sent.success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(contacts(&sandbox), once_each(6));
}

#[test]
fn a_run_cannot_be_taken_over_that_is_not_resumed() {
    let desk = Desk::new();
    desk.file("script.rhai", "print(1);");
    let refused = desk.whmcsh(["run", "script.rhai", "--take-over"]);
    assert!(refused.failed(2).contains("--resume"), "{}", refused.stderr);
}

/// A run that 0.1.0 began, out of that archive.
fn left_by_0_1_0(sandbox: &Sandbox, archive: &str) -> (Desk, PathBuf) {
    let desk = sandbox.desk();
    unpack(archive, desk.folder());
    let main = format!(
        "default_profile = \"main\"\n[profiles.main]\nurl = \"{}\"\nidentifier = \"sandbox\"\nsecret = \"sandbox\"\n",
        sandbox.url
    );
    config(&desk, &main);
    let folder = desk.only_run();
    (desk, folder)
}

#[test]
fn a_run_of_0_1_0_without_its_write_ahead_log_or_with_a_damaged_one_is_refused_everywhere() {
    let sandbox = Sandbox::start();
    let (desk, folder) = left_by_0_1_0(&sandbox, "bulk-key");
    let wal = folder.join("journal.sqlite-wal");
    let whole = std::fs::read(&wal).unwrap();
    let mut flipped = whole.clone();
    flipped[32 + 24 + 1000] ^= 1;
    for damaged in [None, Some(flipped)] {
        match &damaged {
            Some(bytes) => std::fs::write(&wal, bytes).unwrap(),
            None => std::fs::remove_file(&wal).unwrap(),
        }
        let run = name(&folder);
        for words in [
            &["runs", "show", run][..],
            &["runs", "report", run],
            &["runs", "undo", run],
            &["runs", "settle", run, "--write", "1", "--done"],
            &["run", "script.rhai", "--resume", run],
        ] {
            let refused = desk.whmcsh(words.iter().copied());
            let error = refused.failed(2);
            assert!(error.contains("journal.sqlite-wal"), "{words:?}: {error}");
        }
        let listed = desk.whmcsh(["runs", "list", "--json"]).json();
        assert_eq!(listed[0]["state"], "damaged");
        let _ = std::fs::remove_file(folder.join("journal.sqlite-shm"));
        std::fs::write(&wal, &whole).unwrap();
    }
    desk.whmcsh(["runs", "show", name(&folder)]).succeeded();
}

/// A run of rows by those options of `bulk`, one of which failed, that lost its key.
fn without_key(sandbox: &Sandbox, options: &str) -> (Desk, PathBuf) {
    let desk = sandbox.desk();
    let script = format!(
        "bulk(csv(\"rows.csv\"), #{{ {options} }}, |row| {{\n\
         add_contact(#{{ clientid: 1, firstname: \"Bo\", email: `${{row.id}}@log.example` }});\n\
         if row.id == \"bo1\" && read_text(\"wanted.txt\") == \"stop\" {{ fail(\"not yet\"); }} }});\n"
    );
    desk.file("script.rhai", script);
    desk.file("wanted.txt", "stop");
    desk.file("rows.csv", "id\nbo0\nbo1\nbo2\n");
    desk.whmcsh(["run", "script.rhai"]).failed(4);
    desk.file("wanted.txt", "go");
    let folder = desk.only_run();
    std::fs::remove_file(folder.join("key")).unwrap();
    (desk, folder)
}

#[test]
fn without_the_file_key_no_row_is_said_to_be_spelled_in_another_way() {
    let sandbox = Sandbox::start();
    let (desk, folder) = without_key(&sandbox, "key: \"id\", workers: 1");
    let resumed = resume(&desk, &folder, &["--take-over"]);
    resumed.succeeded();
    assert!(resumed.stderr.contains("its key is missing"));
    assert!(!resumed.stderr.contains("spelled"), "{}", resumed.stderr);
    assert_eq!(contacts(&sandbox), once_each(3));
}

#[test]
fn rows_without_a_key_are_not_done_again_where_the_file_key_is_lost() {
    let sandbox = Sandbox::start();
    let (desk, folder) = without_key(&sandbox, "workers: 1");
    let key = folder.join("key");
    for words in [&["--take-over"][..], &[]] {
        let refused = resume(&desk, &folder, words);
        let error = refused.failed(2);
        assert!(
            error.contains("cannot be recognised without its file `key`; nothing was sent"),
            "{error}"
        );
        assert!(key.is_file());
    }
    assert_eq!(contacts(&sandbox), once_each(3));
}
