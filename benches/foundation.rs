//! The figures everything else stands on: how long the program takes to start,
//! what a million-row CSV file costs, and how fast a plain loop of calls is.
//!
//! `cargo bench --bench foundation` prints them, best and median of several runs; each is
//! the built binary seen from outside, and calls go to the embedded sandbox.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const BINARY: &str = env!("CARGO_BIN_EXE_whmcsh");
const ROWS: usize = 1_000_000;
const CALLS: usize = 2_000;

fn main() {
    let folder = tempfile::tempdir().expect("a folder for the bench's files");
    start(folder.path());
    million_rows(folder.path());
    calls(folder.path());
}

fn start(folder: &Path) {
    let script = folder.join("one.rhai");
    fs::write(&script, "print(1 + 1);\n").expect("the script is written");
    let address = "http://127.0.0.1:9";
    let peer = || Command::new("true");
    report(
        "start to end of a process that does nothing",
        &repeat(40, peer),
    );
    let own = || {
        let mut command = whmcsh(folder);
        command.args(["run", "one.rhai"]).env("WHMCSH_URL", address);
        command
    };
    report("start to end of a one-line script", &repeat(40, own));
}

fn million_rows(folder: &Path) {
    let mut text = String::from("firstname,lastname,email,city,country\n");
    for row in 0..ROWS {
        let _ = writeln!(
            text,
            "Ann,Müller,ann{row}@example.com,\"Köln, Altstadt\",DE"
        );
    }
    fs::write(folder.join("rows.csv"), text).expect("the rows are written");
    let script = "let n = 0; for row in csv(args[0]) { n += 1; } print(n);\n";
    fs::write(folder.join("count.rhai"), script).expect("the script is written");
    let mut command = whmcsh(folder);
    command
        .args(["run", "count.rhai", "rows.csv"])
        .env("WHMCSH_URL", "http://127.0.0.1:9");
    let began = Instant::now();
    let peak = peak_memory(
        command
            .stdout(Stdio::null())
            .spawn()
            .expect("the binary starts"),
    );
    println!(
        "count {ROWS} rows of a CSV file: {:.2} s, {peak} kB at most",
        began.elapsed().as_secs_f64()
    );
}

fn calls(folder: &Path) {
    let script = format!("for i in 0..{CALLS} {{ get_clients_details(#{{ clientid: 1 }}); }}\n");
    fs::write(folder.join("calls.rhai"), script).expect("the script is written");
    let empty = || {
        let mut command = whmcsh(folder);
        command.args(["run", "one.rhai", "--sandbox"]);
        command
    };
    let full = || {
        let mut command = whmcsh(folder);
        command.args(["run", "calls.rhai", "--sandbox"]);
        command
    };
    let base = median(&repeat(5, empty));
    let times = repeat(5, full);
    let spent = median(&times).saturating_sub(base).as_secs_f64();
    report(
        &format!("{CALLS} calls of GetClientsDetails in a loop"),
        &times,
    );
    #[allow(
        clippy::cast_precision_loss,
        reason = "a few thousand calls fit a float exactly"
    )]
    let rate = CALLS as f64 / spent;
    println!("{rate:.0} calls/s, start-up and sandbox start taken off");
}

fn whmcsh(folder: &Path) -> Command {
    let mut command = Command::new(BINARY);
    command
        .current_dir(folder)
        .env_clear()
        .env("HOME", folder)
        .env("WHMCSH_IDENTIFIER", "sandbox")
        .env("WHMCSH_SECRET", "sandbox");
    command
}

fn repeat(times: usize, command: impl Fn() -> Command) -> Vec<Duration> {
    let run = |_| {
        let began = Instant::now();
        let status = command()
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        assert!(
            status.is_ok_and(|status| status.success()),
            "a run of the bench failed"
        );
        began.elapsed()
    };
    (0..times).map(run).collect()
}

fn median(times: &[Duration]) -> Duration {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    sorted[sorted.len() / 2]
}

fn report(what: &str, times: &[Duration]) {
    let best = times.iter().min().copied().unwrap_or_default();
    println!("{what}: median {:.2?}, best {best:.2?}", median(times));
}

/// The largest resident size of a process, in kB, as Linux counts it.
fn peak_memory(mut child: Child) -> u64 {
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    while child
        .try_wait()
        .expect("the child can be waited for")
        .is_none()
    {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = line.and_then(|rest| rest.split_whitespace().next()?.parse().ok());
        peak = peak.max(kilobytes.unwrap_or(0));
        std::thread::sleep(Duration::from_millis(2));
    }
    peak
}
