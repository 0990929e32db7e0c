//! How long a hundred tests of scripts take, each of which makes one call to a server of its own.
//!
//! `cargo bench --bench tests` prints best and median of several runs of the built binary.

use std::fmt::Write as _;
use std::fs;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

const BINARY: &str = env!("CARGO_BIN_EXE_whmcsh");
const TESTS: usize = 100;
const ROUNDS: usize = 9;
/// What they may take on two cores.
const PROMISED: Duration = Duration::from_millis(500);

fn main() -> ExitCode {
    let folder = tempfile::tempdir().expect("a folder for the bench's files");
    let mut text = String::new();
    for number in 0..TESTS {
        let call = "assert_eq(get_clients().totalresults, 6);";
        writeln!(text, "fn test_{number}() {{ {call} }}").expect("text takes it");
    }
    fs::write(folder.path().join("a_test.rhai"), text).expect("the tests are written");
    let mut times: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let began = Instant::now();
            let status = Command::new(BINARY)
                .args(["test", "--quiet"])
                .current_dir(folder.path())
                .env("HOME", folder.path())
                .stdout(Stdio::null())
                .status();
            assert!(status.expect("it runs").success());
            began.elapsed()
        })
        .collect();
    times.sort();
    let (best, median) = (times[0], times[ROUNDS / 2]);
    println!("{TESTS} tests of one call: best {best:.0?}, median {median:.0?}");
    ExitCode::from(u8::from(best > PROMISED))
}
