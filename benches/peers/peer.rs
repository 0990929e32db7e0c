//! A client other people published, in a process of its own.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use super::Cost;
use super::canned::{IDENTIFIER, SECRET};

/// Their names at the registry, the versions, and what they are called elsewhere.
const CLIENTS: [(&str, &str, &str); 2] = [
    ("whmcs-js", "2.0.1", "whmcs-js"),
    ("whmcs", "1.2.2", "node-whmcs"),
];

/// So many writes are made before anything is measured: their code is compiled then.
const WARM: u32 = 20_000;

/// What npm says where there is no network.
const OUT_OF_REACH: [&str; 7] = [
    "ENOTFOUND",
    "EAI_AGAIN",
    "ECONNREFUSED",
    "ECONNRESET",
    "ETIMEDOUT",
    "ENETUNREACH",
    "EHOSTUNREACH",
];

/// A client that waits for rows; it ends when this is dropped.
pub struct Peer {
    process: Child,
    answers: BufReader<ChildStdout>,
    pub name: &'static str,
}

/// Installs all of them, and begins and warms each; an error says why none can be had here.
pub fn install(folder: &Path, url: &str) -> Result<Vec<Peer>, String> {
    let versions = CLIENTS.map(|(client, version, _)| format!("{client}@{version}"));
    let installed = Command::new("npm")
        .args([
            "install",
            "--no-audit",
            "--no-fund",
            "--ignore-scripts",
            "--prefix",
        ])
        .arg(folder)
        .args(versions)
        .output();
    let installed = installed.map_err(|_| "there is no Node here".to_owned())?;
    let said = String::from_utf8_lossy(&installed.stderr);
    if !installed.status.success() {
        let is_out_of_reach = OUT_OF_REACH.iter().any(|word| said.contains(word));
        assert!(
            is_out_of_reach,
            "the clients could not be installed: {said}"
        );
        return Err("the registry of their packages is out of reach".to_owned());
    }
    Ok(CLIENTS
        .map(|client| Peer::start(client, folder, url))
        .into())
}

impl Peer {
    fn start((client, _, name): (&str, &str, &'static str), folder: &Path, url: &str) -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peers/peer.js");
        let mut process = Command::new("node")
            .args(["--no-deprecation", script, client, url])
            .env("NODE_PATH", folder.join("node_modules"))
            .env("IDENTIFIER", IDENTIFIER)
            .env("SECRET", SECRET)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Node starts");
        let answers = BufReader::new(process.stdout.take().expect("its output is piped"));
        let mut peer = Self {
            process,
            answers,
            name,
        };
        peer.rows(WARM, 8);
        peer
    }

    /// Has it make so many writes, so many at once.
    pub fn rows(&mut self, rows: u32, workers: u32) -> Cost {
        let asked = self.process.stdin.as_mut().expect("its input is piped");
        writeln!(asked, "{rows} {workers}").expect("it takes what it is asked");
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("it answers");
        let figures = line.split_whitespace().map(|figure| figure.parse().ok());
        match figures.collect::<Option<Vec<f64>>>().as_deref() {
            Some(&[wall, cpu]) => Cost { wall, cpu },
            _ => panic!("{} failed: {line}", self.name),
        }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // It may have ended by itself; there is nothing more to do then.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
