//! What became of tests.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::command::test_run::runner::Fault;

/// A result: of a test, or of a file whose tests could not be run.
pub(super) struct TestResult {
    pub(super) path: PathBuf,
    /// The test and its line; none of a file that cannot be read.
    pub(super) test: Option<(String, usize)>,
    pub(super) elapsed: Duration,
    pub(super) fault: Option<Fault>,
}

/// All results.
pub(crate) struct Outcome {
    /// In the order in which they were shown.
    pub(super) results: Vec<TestResult>,
    /// How many there would be if none was left out.
    pub(crate) total: usize,
    pub(super) elapsed: Duration,
}

impl Outcome {
    /// How many results there are.
    pub(crate) fn run(&self) -> usize {
        self.results.len()
    }

    /// How many of them are failures.
    pub(crate) fn failed(&self) -> usize {
        self.results
            .iter()
            .filter(|result| result.fault.is_some())
            .count()
    }

    /// The tests that failed.
    pub(crate) fn failures(&self) -> impl Iterator<Item = (&Path, &str)> {
        let failed = self.results.iter().filter(|result| result.fault.is_some());
        failed.filter_map(|result| Some((result.path.as_path(), result.test.as_ref()?.0.as_str())))
    }

    /// Whether a test has come to its end.
    pub(crate) fn has_run(&self, path: &Path, test: &str) -> bool {
        let mut results = self.results.iter();
        results.any(|result| result.path == path && result.name() == Some(test))
    }

    /// The tests of a file that passed.
    pub(crate) fn passed_in(&self, path: &Path) -> BTreeSet<&str> {
        let results = self.results.iter();
        let passed = results.filter(|result| result.path == path && result.fault.is_none());
        passed.filter_map(TestResult::name).collect()
    }
}

impl TestResult {
    pub(super) fn name(&self) -> Option<&str> {
        self.test.as_ref().map(|(name, _)| name.as_str())
    }

    /// What people call it.
    pub(super) fn called(&self) -> String {
        let path = self.path.display();
        match self.name() {
            Some(name) => format!("{path}: {name}"),
            None => path.to_string(),
        }
    }

    pub(super) fn milliseconds(&self) -> u64 {
        u64::try_from(self.elapsed.as_millis()).unwrap_or(u64::MAX)
    }
}
