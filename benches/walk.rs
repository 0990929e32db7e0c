//! How long it takes to read a list of 20,000 clients from a server that takes 50 ms for a
//! page, however long the page: at most 0.6 s are wanted.
//!
//! `cargo bench --bench walk` prints the time from start to end, best and median of five.

#[expect(dead_code, reason = "other benches have writes answered")]
#[path = "runs/canned.rs"]
mod canned;
#[expect(dead_code, reason = "other benches show more of what a run costs")]
#[path = "runs/measure.rs"]
mod measure;

use std::fmt::Write as _;
use std::fs;
use std::process::Command;
use std::time::Duration;

use canned::Canned;

const CLIENTS: usize = 20_000;
const LATENCY: Duration = Duration::from_millis(50);
const ROUNDS: usize = 5;

fn main() {
    if std::env::args().nth(1).as_deref() == Some(canned::SERVE) {
        canned::serve(LATENCY, page);
    }
    let folder = tempfile::tempdir().expect("a folder for the bench's files");
    let script = "let n = 0; for client in all_clients() { n += 1; } if n != 20_000 { throw n; }\n";
    fs::write(folder.path().join("walk.rhai"), script).expect("the script is written");
    let server = Canned::start(LATENCY);
    let mut times: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_whmcsh"));
            command
                .args(["run", "walk.rhai"])
                .current_dir(folder.path())
                .env_clear()
                .env("HOME", folder.path())
                .env("WHMCSH_URL", &server.url)
                .env("WHMCSH_IDENTIFIER", canned::IDENTIFIER)
                .env("WHMCSH_SECRET", canned::SECRET);
            measure::measure(command).wall.as_secs_f64()
        })
        .collect();
    times.sort_by(f64::total_cmp);
    println!(
        "{CLIENTS} clients read at {} ms a page: best {:.2} s, median {:.2} s",
        LATENCY.as_millis(),
        times[0],
        times[ROUNDS / 2],
    );
}

/// The part of the list that a call asks for.
fn page(call: &[u8]) -> String {
    let call = String::from_utf8_lossy(call);
    let number = |name: &str| {
        let pairs = call.split('&').filter_map(|pair| pair.split_once('='));
        let mut values = pairs.filter(|(key, _)| *key == name);
        values.find_map(|(_, value)| value.parse::<usize>().ok())
    };
    let start = number("limitstart").unwrap_or(0).min(CLIENTS);
    let end = (start + number("limitnum").unwrap_or(25)).min(CLIENTS);
    let mut text = format!(
        "{{\"result\":\"success\",\"totalresults\":{CLIENTS},\"startnumber\":{start},\"numreturned\":{},\
         \"clients\":{{\"client\":[",
        end - start
    );
    for id in start + 1..=end {
        let comma = if id > start + 1 { "," } else { "" };
        // Writing into a text cannot fail.
        let _ = write!(
            text,
            "{comma}{{\"id\":{id},\"firstname\":\"Ann\",\"lastname\":\"Müller\",\"companyname\":\"\",\
             \"email\":\"ann{id}@example.com\",\"datecreated\":\"2026-01-02\",\"groupid\":0,\"status\":\"Active\"}}"
        );
    }
    text.push_str("]}}");
    text
}
