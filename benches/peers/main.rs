//! whmcsh beside clients other people published, on the canned server: rows a second and
//! processor time a row, with our journal on, where theirs have none.
//!
//! `cargo bench --bench peers` installs them by name in a folder that goes away. Where there
//! is no Node, or its registry is out of reach, it says so and measures nothing. Each round
//! takes all of them in turn, so that whatever else the machine does meets each alike;
//! what is printed are medians, and ours in parts of theirs.

#[path = "../runs/canned.rs"]
mod canned;
#[expect(dead_code, reason = "other benches show more of what a run costs")]
#[path = "../runs/measure.rs"]
mod measure;
mod peer;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use canned::Canned;
use peer::Peer;

const BINARY: &str = env!("CARGO_BIN_EXE_whmcsh");
const ROWS: u32 = 20_000;
const ROUNDS: usize = 5;
const WORKERS: [u32; 3] = [1, 8, 32];

/// One write a row.
const SCRIPT: &str = "bulk(csv(args[0]), #{ key: \"id\", workers: args[1].parse_int() }, |row| {\n\
    add_client_note(#{ userid: row.id, notes: row.note }); #{ seen: true } });\n";

/// What some rows took.
#[derive(Clone, Copy)]
struct Cost {
    wall: f64,
    cpu: f64,
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if let [canned::SERVE, latency, ..] = words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        let latency = latency.parse().expect("microseconds");
        canned::serve(Duration::from_micros(latency), canned::note);
    }
    let folder = tempfile::tempdir().expect("a folder for the bench's files");
    let server = Canned::start(Duration::ZERO);
    match peer::install(folder.path(), &server.url) {
        Ok(peers) => compare(folder.path(), &server, peers),
        Err(why) => println!("peers: skipped, {why}"),
    }
}

fn compare(folder: &Path, server: &Canned, mut peers: Vec<Peer>) {
    let mut text = String::from("id,firstname,lastname,email,note\n");
    for row in 1..=ROWS {
        // Writing into a text cannot fail.
        let _ = writeln!(
            text,
            "{row},Ann,Müller,ann{row}@example.com,\"Köln, Altstadt\""
        );
    }
    fs::write(folder.join("rows.csv"), text).expect("the rows are written");
    fs::write(folder.join("writes.rhai"), SCRIPT).expect("the script is written");
    println!("{ROWS} rows of one write, a server that answers at once, medians of {ROUNDS}:");
    for workers in WORKERS {
        let mut own = Vec::new();
        let mut theirs = vec![Vec::new(); peers.len()];
        for _ in 0..ROUNDS {
            own.push(ours(folder, server, workers));
            for (peer, costs) in peers.iter_mut().zip(&mut theirs) {
                costs.push(peer.rows(ROWS, workers));
            }
        }
        let own = median(&own);
        show(workers, "whmcsh", own);
        for (peer, costs) in peers.iter().zip(&theirs) {
            let its = median(costs);
            show(workers, peer.name, its);
            println!(
                "  {workers:>2} workers, whmcsh in parts of {}: {:.2} of the rows/s, {:.2} of the CPU",
                peer.name,
                its.wall / own.wall,
                own.cpu / its.cpu,
            );
        }
    }
}

fn ours(folder: &Path, server: &Canned, workers: u32) -> Cost {
    let mut command = Command::new(BINARY);
    command
        .args(["run", "writes.rhai", "rows.csv", &workers.to_string()])
        .args(["--max-writes", &ROWS.to_string()])
        .current_dir(folder)
        .env_clear()
        .env("HOME", folder)
        .env("WHMCSH_URL", &server.url)
        .env("WHMCSH_IDENTIFIER", canned::IDENTIFIER)
        .env("WHMCSH_SECRET", canned::SECRET);
    let cost = measure::measure(command);
    Cost {
        wall: cost.wall.as_secs_f64(),
        cpu: cost.cpu.as_secs_f64(),
    }
}

fn show(workers: u32, name: &str, cost: Cost) {
    let rows = f64::from(ROWS);
    println!(
        "  {workers:>2} workers, {name}: {:.0} rows/s, {:.1} µs of CPU a row",
        rows / cost.wall,
        cost.cpu * 1e6 / rows,
    );
}

/// The median of each figure by itself.
fn median(costs: &[Cost]) -> Cost {
    let middle = |figure: fn(&Cost) -> f64| {
        let mut figures: Vec<f64> = costs.iter().map(figure).collect();
        figures.sort_by(f64::total_cmp);
        figures[figures.len() / 2]
    };
    Cost {
        wall: middle(|cost| cost.wall),
        cpu: middle(|cost| cost.cpu),
    }
}
