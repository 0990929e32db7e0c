//! `whmcsh test`: the tests of scripts, each against a server of its own.

mod bench;
mod calls;
mod discover;
mod functions;
mod kills;
mod last;
mod options;
mod report;
mod runner;
mod script_run;
mod servers;
mod snapshots;
mod transcript;
mod watch;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use rand::SeedableRng as _;
use rand::rngs::ChaCha8Rng;
use rand::seq::SliceRandom as _;

use super::{Terminal, interrupt};
use crate::cancel::Cancel;
use crate::error::{Exit, Failure};
use discover::{TestsFound, discover};
use last::LastFailed;
use report::outcome::Outcome;
use report::{Report, Shown, write_junit};
use runner::{Manner, Task};
use snapshots::Snapshots;

pub use options::{Kills, TestForm, TestOptions};

/// Runs tests.
///
/// # Errors
/// Tests failed or could not be run, or there are none.
pub fn test(options: &TestOptions, terminal: Terminal) -> Result<(), Failure> {
    let cancel = interrupt::watch()?;
    if !options.watch {
        return once(options, &cancel, terminal);
    }
    while !cancel.is_raised() {
        let before = watch::state(&options.paths);
        if let Err(failure) = once(options, &cancel, terminal) {
            terminal.alert(&failure.to_string());
        }
        terminal.note("waiting for a change; Ctrl-C ends this");
        watch::wait(&options.paths, &before, &cancel);
    }
    Ok(())
}

/// Runs them once.
fn once(options: &TestOptions, cancel: &Cancel, terminal: Terminal) -> Result<(), Failure> {
    let began = Instant::now();
    let found = discover(&options.paths)?;
    let last = LastFailed::of_working_folder();
    let (mut tasks, files) = Files::readable_by(found, options, &last, terminal);
    let known = files.tests;
    if tasks.is_empty() && files.unread.is_empty() {
        return Err(nothing(options, known));
    }
    if let Some(seed) = options.shuffle {
        tasks.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    }
    let manner = Manner {
        jobs: options.jobs.unwrap_or_else(processors),
        most: options.timeout,
        fails_fast: options.fail_fast,
        kills: options.kills,
    };
    let all: Vec<_> = tasks
        .iter()
        .map(|task| (task.path.clone(), task.name.clone()))
        .collect();
    let shown = Shown {
        form: options.form,
        total: tasks.len() + files.unread.len(),
        terminal,
    };
    let mut report = Report::begin(shown);
    for (path, failure) in &files.unread {
        report.unread(path, failure);
    }
    runner::run(tasks, manner, cancel, |tasks, ended| {
        for remark in &ended.remarks {
            terminal.note(remark);
        }
        report.ended(&tasks[ended.place], ended);
    })?;
    let outcome = report.finish(began.elapsed());
    last.note(&all, &outcome);
    if let Some(path) = &options.junit {
        write_junit(path, &outcome)?;
    }
    files.snapshots(options, &outcome, terminal)?;
    verdict(&outcome, cancel.is_raised())
}

/// The files whose tests are run.
struct Files {
    /// Those that cannot be.
    unread: Vec<(PathBuf, Failure)>,
    /// The others with the names of all their tests.
    read: Vec<(PathBuf, BTreeSet<String>, Arc<Snapshots>)>,
    /// How many tests there are in all.
    tests: usize,
}

impl Files {
    /// The tests that are wanted, and the files they are in.
    fn readable_by(
        found: Vec<TestsFound>,
        options: &TestOptions,
        last: &LastFailed,
        terminal: Terminal,
    ) -> (Vec<Task>, Self) {
        let wanted = if options.failed { last.failed() } else { None };
        if options.failed && wanted.is_none() {
            terminal.note("no test failed the last time: all are run");
        }
        let mut files = Self {
            unread: Vec::new(),
            read: Vec::new(),
            tests: 0,
        };
        let mut tasks = Vec::new();
        for TestsFound { path, tests } in found {
            let file = match tests {
                Ok(file) => Arc::new(file),
                Err(failure) => {
                    files.unread.push((path, failure));
                    continue;
                }
            };
            if file.tests().is_empty() {
                terminal.note(&format!("`{}` has no tests", path.display()));
            }
            files.tests += file.tests().len();
            let snapshots = Arc::new(Snapshots::beside(&path, options.update));
            for test in file.tests() {
                let called = format!("{}::{}", path.display(), test.name);
                let is_meant = options
                    .filter
                    .as_ref()
                    .is_none_or(|word| called.contains(word.as_str()));
                let has_failed = wanted
                    .as_ref()
                    .is_none_or(|wanted| last.holds(wanted, &path, &test.name));
                if is_meant && has_failed {
                    tasks.push(Task {
                        path: path.clone(),
                        file: Arc::clone(&file),
                        name: test.name.clone(),
                        line: test.line,
                        snapshots: Arc::clone(&snapshots),
                    });
                }
            }
            let names = file.tests().iter().map(|test| test.name.clone());
            files.read.push((path, names.collect(), snapshots));
        }
        (tasks, files)
    }

    /// Keeps snapshots where that is wanted, and says which nobody asks for any more.
    fn snapshots(
        &self,
        options: &TestOptions,
        outcome: &Outcome,
        terminal: Terminal,
    ) -> Result<(), Failure> {
        for (path, names, snapshots) in &self.read {
            let all: BTreeSet<&str> = names.iter().map(String::as_str).collect();
            // What a test that failed did not come to may still be wanted.
            let passed = outcome.passed_in(path);
            let mut obsolete = snapshots.orphans(&all);
            obsolete.extend(snapshots.unused(&passed));
            let shown = snapshots.path().display();
            if options.update {
                if snapshots.update(&obsolete)? {
                    terminal.note(&format!("wrote {shown}"));
                }
            } else {
                for name in &obsolete {
                    terminal.note(&format!(
                        "no test asks for the snapshot `{name}` of {shown}; `--update` removes it"
                    ));
                }
            }
        }
        Ok(())
    }
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// There is no test to run.
fn nothing(options: &TestOptions, known: usize) -> Failure {
    if let Some(word) = options.filter.as_ref().filter(|_| known > 0) {
        return Failure::usage(format!("no test is called like `{word}`"))
            .hint("`--filter` looks for a part of `FILE::NAME`");
    }
    if known > 0 {
        return Failure::usage("none of these tests failed the last time")
            .hint("run all of them without `--failed`");
    }
    let paths: Vec<String> = options
        .paths
        .iter()
        .map(|path| format!("`{}`", path.display()))
        .collect();
    let place = if paths.is_empty() {
        "the working folder".to_owned()
    } else {
        paths.join(", ")
    };
    Failure::usage(format!("there are no tests in {place}")).hint(
        "a test is a function such as `fn test_closes() { … }` in a file whose name ends with \
         `_test.rhai`",
    )
}

/// How the command ends.
fn verdict(outcome: &Outcome, is_interrupted: bool) -> Result<(), Failure> {
    if is_interrupted {
        return Err(Failure::new(
            Exit::Interrupted,
            format!(
                "interrupted: {} of {} tests were run",
                outcome.run(),
                outcome.total
            ),
        ));
    }
    match outcome.failed() {
        0 => Ok(()),
        1 => Err(Failure::new(Exit::Script, "1 test failed")),
        failed => Err(Failure::new(Exit::Script, format!("{failed} tests failed"))),
    }
}
