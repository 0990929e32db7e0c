//! How fast runs are, against a canned server in a process of its own: rows a
//! second and processor time a row with and without the journal, how close a run
//! comes to the server's own pace, what a million rows and a finished run cost.
//!
//! `cargo bench --bench runs` prints all of it in about three minutes; a word
//! behind `--` picks a part: `loopback`, `latency`, `million` or `resume`.

mod canned;
mod direct;
mod measure;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use canned::Canned;
use measure::{Cost, measure};

const BINARY: &str = env!("CARGO_BIN_EXE_whmcsh");

/// One write a row.
const WRITES: &str = "bulk(csv(args[0]), #{ key: \"id\", workers: args[1].parse_int() }, |row| {\n\
    add_client_note(#{ userid: row.id, notes: row.note }); #{ seen: true } });\n";

/// No call at all: what streaming and recording rows costs.
const ROWS_ALONE: &str = "bulk(csv(args[0]), #{ key: \"id\", workers: args[1].parse_int() }, |row| { #{ seen: row.id } });\n";

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [canned::SERVE, latency, ..] => {
            let latency = latency.parse().expect("microseconds");
            canned::serve(Duration::from_micros(latency), canned::note);
        }
        [direct::DIRECT, url, script, ..] => {
            let args = words[3..].to_vec();
            if let Err(failure) = direct::run(url, script, args) {
                eprintln!("{failure}");
                std::process::exit(1);
            }
        }
        _ => bench(&words),
    }
}

/// A part of the bench, which works in a folder of its own.
type Part = fn(&Path);

fn bench(words: &[String]) {
    let parts: [(&str, Part); 4] = [
        ("loopback", loopback),
        ("latency", latency),
        ("million", million),
        ("resume", resume),
    ];
    let picked = |name: &str| words.iter().any(|word| word == name);
    let is_any = parts.iter().any(|(name, _)| picked(name));
    for (name, part) in parts {
        if !is_any || picked(name) {
            let folder = tempfile::tempdir().expect("a folder for the bench's files");
            part(folder.path());
        }
    }
}

fn loopback(folder: &Path) {
    const ROWS: u32 = 20_000;
    let server = Canned::start(Duration::ZERO);
    rows_file(folder, ROWS);
    fs::write(folder.join("writes.rhai"), WRITES).expect("the script is written");
    println!("{ROWS} rows of one write, a server that answers at once:");
    for workers in ["1", "8", "32"] {
        let args = ["rows.csv", workers];
        let mut bare = direct::command(&server.url, "writes.rhai", &args);
        bare.current_dir(folder);
        let off = measure(bare);
        let on = measure(whmcsh(
            folder,
            &server,
            &["run", "writes.rhai", "rows.csv", workers],
        ));
        for (what, cost) in [("off", &off), ("on ", &on)] {
            println!(
                "  {workers:>2} workers, journal {what}: {:>6.0} rows/s, {:>5.1} µs of CPU a row",
                rate(ROWS, cost),
                micros(cost.cpu) / f64::from(ROWS),
            );
        }
        println!(
            "  {workers:>2} workers, journal on/off: {:.2} of the time",
            on.wall.as_secs_f64() / off.wall.as_secs_f64()
        );
    }
}

fn latency(folder: &Path) {
    const WORKERS: u32 = 32;
    fs::write(folder.join("writes.rhai"), WRITES).expect("the script is written");
    println!("one write a row, {WORKERS} workers, a server that takes its time:");
    for (millis, rows) in [(20, 16_000), (50, 6_400)] {
        let server = Canned::start(Duration::from_millis(millis));
        rows_file(folder, rows);
        // What the server's own sleep is really worth: one row after the other, without us.
        let ideal = f64::from(rows) * probe(&server) / f64::from(WORKERS);
        let nominal =
            f64::from(rows) * Duration::from_millis(millis).as_secs_f64() / f64::from(WORKERS);
        let workers = WORKERS.to_string();
        let mut bare = direct::command(&server.url, "writes.rhai", &["rows.csv", &workers]);
        bare.current_dir(folder);
        let journaled = whmcsh(
            folder,
            &server,
            &["run", "writes.rhai", "rows.csv", &workers],
        );
        for (what, command) in [("off", bare), ("on ", journaled)] {
            let wall = measure(command).wall.as_secs_f64();
            println!(
                "  {millis} ms, journal {what}: {rows} rows in {wall:.2} s, {:.3} × N·L/W by the clock, \
                 {:.3} × by the server's real latency",
                wall / nominal,
                wall / ideal,
            );
        }
    }
}

/// The seconds a bare call takes, the mean of some.
fn probe(server: &Canned) -> f64 {
    use std::io::{Read as _, Write as _};
    const CALLS: u32 = 25;
    let address = server.url.trim_start_matches("http://");
    let mut stream = std::net::TcpStream::connect(address).expect("the server is there");
    let mut reply = [0; 1024];
    let began = std::time::Instant::now();
    for _ in 0..CALLS {
        stream
            .write_all(b"POST / HTTP/1.1\r\ncontent-length: 0\r\n\r\n")
            .expect("the server takes calls");
        let _ = stream.read(&mut reply).expect("the server answers");
    }
    began.elapsed().as_secs_f64() / f64::from(CALLS)
}

fn million(folder: &Path) {
    const ROWS: u32 = 1_000_000;
    let server = Canned::start(Duration::ZERO);
    rows_file(folder, ROWS);
    fs::write(folder.join("alone.rhai"), ROWS_ALONE).expect("the script is written");
    let cost = measure(whmcsh(
        folder,
        &server,
        &["run", "alone.rhai", "rows.csv", "8"],
    ));
    println!(
        "{ROWS} rows streamed and recorded: {:.1} s, {:.0} rows/s, {} kB at most",
        cost.wall.as_secs_f64(),
        rate(ROWS, &cost),
        cost.peak
    );
}

fn resume(folder: &Path) {
    const ROWS: u32 = 100_000;
    let server = Canned::start(Duration::ZERO);
    rows_file(folder, ROWS);
    fs::write(folder.join("writes.rhai"), WRITES).expect("the script is written");
    let words = ["run", "writes.rhai", "rows.csv", "32"];
    let first = measure(whmcsh(folder, &server, &words));
    println!(
        "{ROWS} rows of one write, 32 workers, the journal on: {:.1} s, {:.0} rows/s, {} kB at most",
        first.wall.as_secs_f64(),
        rate(ROWS, &first),
        first.peak
    );
    let runs = fs::read_dir(folder.join(".local/state/whmcsh/runs")).expect("the run has a folder");
    let run = runs
        .flatten()
        .find_map(|entry| entry.file_name().into_string().ok())
        .expect("the run has a name");
    let mut again = words.to_vec();
    again.extend(["--resume", &run]);
    let cost = measure(whmcsh(folder, &server, &again));
    println!(
        "  resumed when it is done already: {:.2} s, {} kB at most",
        cost.wall.as_secs_f64(),
        cost.peak
    );
}

fn rows_file(folder: &Path, rows: u32) {
    let mut text = String::from("id,firstname,lastname,email,note\n");
    for row in 1..=rows {
        // Writing into a text cannot fail.
        let _ = writeln!(
            text,
            "{row},Ann,Müller,ann{row}@example.com,\"Köln, Altstadt\""
        );
    }
    fs::write(folder.join("rows.csv"), text).expect("the rows are written");
}

fn whmcsh(folder: &Path, server: &Canned, words: &[&str]) -> Command {
    let mut command = Command::new(BINARY);
    command
        .args(words)
        .current_dir(folder)
        .env_clear()
        .env("HOME", folder)
        .env("WHMCSH_URL", &server.url)
        .env("WHMCSH_IDENTIFIER", canned::IDENTIFIER)
        .env("WHMCSH_SECRET", canned::SECRET);
    command
}

fn rate(rows: u32, cost: &Cost) -> f64 {
    f64::from(rows) / cost.wall.as_secs_f64()
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}
