//! What became of the tests: shown as they end, in their order, and in files at the end.

mod junit;
pub(super) mod outcome;
mod tap;
mod text;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use super::options::TestForm;
use super::runner::{Fault, Task, TestEnded};
use crate::command::Terminal;
use crate::error::Failure;

use outcome::{Outcome, TestResult};

/// Writes the file for `JUnit`'s readers.
pub(super) fn write_junit(path: &Path, outcome: &Outcome) -> Result<(), Failure> {
    junit::write(path, outcome)
}

/// How results are shown.
#[derive(Clone, Copy)]
pub(super) struct Shown {
    pub(super) form: TestForm,
    /// How many results there will be, unless it is stopped.
    pub(super) total: usize,
    pub(super) terminal: Terminal,
}

/// Results on their way to the screen.
pub(super) struct Report {
    shown: Shown,
    results: Vec<TestResult>,
    /// Those that wait for one before them, by their places.
    waiting: BTreeMap<usize, TestResult>,
    next: usize,
}

impl Report {
    /// Shows what stands before all results.
    pub(super) fn begin(shown: Shown) -> Self {
        if shown.form == TestForm::Tap {
            shown.terminal.data(&tap::head(shown.total));
        }
        Self {
            shown,
            results: Vec::new(),
            waiting: BTreeMap::new(),
            next: 0,
        }
    }

    /// A file whose tests cannot be run.
    pub(super) fn unread(&mut self, path: &Path, failure: &Failure) {
        self.show(TestResult {
            path: path.to_owned(),
            test: None,
            elapsed: Duration::ZERO,
            fault: Some(Fault::alone(failure.clone())),
        });
    }

    /// A test ended.
    pub(super) fn ended(&mut self, task: &Task, ended: TestEnded) {
        let result = TestResult {
            path: task.path.clone(),
            test: Some((task.name.clone(), task.line)),
            elapsed: ended.elapsed,
            fault: ended.failed,
        };
        self.waiting.insert(ended.place, result);
        while let Some(result) = self.waiting.remove(&self.next) {
            self.next += 1;
            self.show(result);
        }
    }

    /// Shows what is left, and how many there were.
    pub(super) fn finish(mut self, elapsed: Duration) -> Outcome {
        for (_, result) in std::mem::take(&mut self.waiting) {
            self.show(result);
        }
        let outcome = Outcome {
            results: self.results,
            total: self.shown.total,
            elapsed,
        };
        let terminal = self.shown.terminal;
        match self.shown.form {
            TestForm::Text => terminal.data(&text::summary(&outcome)),
            TestForm::Tap => {}
            TestForm::Json => terminal.data(&format!("{:#}", as_json(&outcome))),
        }
        outcome
    }

    fn show(&mut self, result: TestResult) {
        let Shown { form, terminal, .. } = self.shown;
        let number = self.results.len() + 1;
        match form {
            TestForm::Text if terminal.quiet && result.fault.is_none() => {}
            TestForm::Text => terminal.data(&text::result(&result)),
            TestForm::Tap => terminal.data(&tap::result(number, &result)),
            TestForm::Json => {}
        }
        self.results.push(result);
    }
}

fn as_json(outcome: &Outcome) -> Value {
    let results = outcome.results.iter().map(|result| {
        let fault = result.fault.as_ref();
        json!({
            "file": result.path.display().to_string(),
            "test": result.name(),
            "line": result.test.as_ref().map(|(_, line)| line),
            "ok": fault.is_none(),
            "ms": result.milliseconds(),
            "failure": fault.map(|fault| json!({
                "what": fault.failure.what,
                "place": fault.failure.place,
                "hint": fault.failure.hint,
                "details": text::details(fault),
                "output": fault.printed,
                "notes": fault.noted,
                "repeat": text::repeat(result),
            })),
        })
    });
    json!({
        "passed": outcome.run() - outcome.failed(),
        "failed": outcome.failed(),
        "not_run": outcome.total - outcome.run(),
        "ms": u64::try_from(outcome.elapsed.as_millis()).unwrap_or(u64::MAX),
        "tests": results.collect::<Vec<_>>(),
    })
}
