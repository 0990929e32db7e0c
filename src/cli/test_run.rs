//! What `test` is told.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::command::{self, Terminal};
use crate::error::Failure;

/// Run the tests of scripts, each against a server of its own
#[derive(Args, Debug)]
#[command(
    long_about = "Run the tests of scripts. A test is a function `test_…` in a file whose name ends \
                  with `_test.rhai`. Each has a mock server of its own; no real server is called. \
                  `whmcsh help testing` shows how to write them."
)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an option of its own"
)]
pub(super) struct Test {
    /// Files of tests, or folders with them [default: the current folder]
    #[arg(value_name = "FILE|DIR")]
    paths: Vec<PathBuf>,
    /// Run only tests with WORD in their `FILE::NAME`
    #[arg(long, value_name = "WORD")]
    filter: Option<String>,
    /// Run only tests that failed the last time
    #[arg(long)]
    failed: bool,
    /// Start no more tests once one has failed
    #[arg(long)]
    fail_fast: bool,
    /// Run the tests in a random order; the same SEED gives the same order
    #[arg(long, value_name = "SEED")]
    shuffle: Option<u64>,
    /// Run at most N tests at once [default: one per processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    jobs: Option<u16>,
    /// Stop a test after SECONDS
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = seconds)]
    timeout: Duration,
    /// Kill each script N times, resume it, and compare with an unbroken run
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    kill: Option<u32>,
    /// Draw the points of `--kill` from SEED
    #[arg(long, value_name = "SEED", requires = "kill", default_value_t = 1)]
    kill_seed: u64,
    /// Keep the values that `assert_snapshot` finds
    #[arg(long)]
    update: bool,
    /// Run the tests again each time a file beside them changes
    #[arg(long, conflicts_with_all = ["json", "tap", "junit"])]
    watch: bool,
    /// Write the results to FILE as the XML of `JUnit`
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Print the results in the Test Anything Protocol
    #[arg(long, conflicts_with = "json")]
    tap: bool,
    /// Print the results as a JSON object
    #[arg(long)]
    json: bool,
}

/// A time above zero that is at most a day.
fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text
        .parse()
        .map_err(|_| "use a number of seconds, such as 10".to_owned())?;
    let is_fit = seconds > 0.0 && seconds <= 86_400.0;
    is_fit
        .then(|| Duration::from_secs_f64(seconds))
        .ok_or_else(|| "use a number of seconds from 0.001 to 86400".to_owned())
}

impl Test {
    /// Runs the tests.
    pub(super) fn run(self, terminal: Terminal) -> Result<(), Failure> {
        use command::test_run::{Kills, TestForm, TestOptions, test};
        let form = match (self.tap, self.json) {
            (true, _) => TestForm::Tap,
            (false, true) => TestForm::Json,
            (false, false) => TestForm::Text,
        };
        let options = TestOptions {
            paths: self.paths,
            filter: self.filter,
            failed: self.failed,
            fail_fast: self.fail_fast,
            shuffle: self.shuffle,
            jobs: self.jobs.map(usize::from),
            timeout: self.timeout,
            kills: self.kill.map(|count| Kills {
                count,
                seed: self.kill_seed,
            }),
            update: self.update,
            watch: self.watch,
            form,
            junit: self.junit,
        };
        test(&options, terminal)
    }
}
