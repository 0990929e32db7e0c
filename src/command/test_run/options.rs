//! What is wanted of tests.

use std::path::PathBuf;
use std::time::Duration;

/// What is wanted of tests.
#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an option of its own"
)]
pub struct TestOptions {
    /// Files of tests, and folders of them; the working folder where there are none.
    pub paths: Vec<PathBuf>,
    /// Only tests whose name, with their file's, contains that.
    pub filter: Option<String>,
    /// Only tests that failed the last time.
    pub failed: bool,
    /// Whether no test is begun once one has failed.
    pub fail_fast: bool,
    /// The seed of a random order.
    pub shuffle: Option<u64>,
    /// How many are run at once; as many as there are processors otherwise.
    pub jobs: Option<usize>,
    /// How long one test may take.
    pub timeout: Duration,
    /// How often each script is killed and resumed, where it is.
    pub kills: Option<Kills>,
    /// Whether snapshots become what tests find.
    pub update: bool,
    /// Whether they are run again each time a file beside them changes.
    pub watch: bool,
    /// How results are shown.
    pub form: TestForm,
    /// The file that is written for `JUnit`'s readers.
    pub junit: Option<PathBuf>,
}

/// How results are shown on standard output.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TestForm {
    /// For people.
    Text,
    /// The Test Anything Protocol.
    Tap,
    /// One JSON object.
    Json,
}

/// How often scripts are killed, and where.
#[derive(Clone, Copy, Debug)]
pub struct Kills {
    /// How many times each script is.
    pub count: u32,
    /// What the points are drawn from.
    pub seed: u64,
}
