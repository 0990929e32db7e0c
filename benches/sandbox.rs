//! How many calls a second the sandbox answers, spoken to in literal HTTP.
//!
//! `cargo bench --bench sandbox` serves the built binary's memory store to eight
//! connections that each keep one call in flight, prints the best and median of
//! several rounds, and fails when the best stays below what is promised. The load
//! shares the machine with the server, and does as little as it can. `WHMCSH_OTHER` names
//! another binary, which is asked round by round beside the built one.
//!
//! Then: how long an image of a sandbox takes, and how long a start does.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, ExitCode, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use whmcsh::sandbox::{self, Settings};

const BINARY: &str = env!("CARGO_BIN_EXE_whmcsh");
const CONNECTIONS: u32 = 8;
const CALLS: u32 = 2_000;
const ROUNDS: usize = 7;
/// Calls a second that the sandbox owes its users.
const PROMISED: f64 = 5_000.0;

/// What an image must not take, neither to be taken nor to be restored.
const IMAGE: Duration = Duration::from_millis(1);

fn main() -> ExitCode {
    let other = std::env::var("WHMCSH_OTHER").ok();
    let binaries = [Some(BINARY), other.as_deref()];
    let mut servers: Vec<Server> = binaries.into_iter().flatten().map(Server::start).collect();
    for _ in 0..ROUNDS {
        for server in &mut servers {
            let rate = round(&server.address);
            server.rates.push(rate);
        }
    }
    let bests: Vec<f64> = servers.into_iter().map(Server::stop).collect();
    let mut is_slow = bests[0] < PROMISED;
    for clients in [None, Some(500)] {
        is_slow |= images(clients) > IMAGE && clients.is_none();
    }
    for options in [&[][..], &["--clients", "500"]] {
        starts(options);
    }
    ExitCode::from(u8::from(is_slow))
}

/// A sandbox of some binary, and how many calls a second it answered.
struct Server {
    binary: String,
    process: Child,
    address: String,
    rates: Vec<f64>,
}

impl Server {
    fn start(binary: &str) -> Self {
        let (process, address) = serve(binary, &[]);
        Self {
            binary: binary.to_owned(),
            process,
            address,
            rates: Vec::new(),
        }
    }

    /// Ends it and tells; the best round.
    fn stop(mut self) -> f64 {
        self.process.kill().expect("the sandbox is stopped");
        self.process.wait().expect("the sandbox ends");
        self.rates.sort_by(f64::total_cmp);
        let best = self.rates[ROUNDS - 1];
        println!(
            "GetClientsDetails on {CONNECTIONS} connections: median {:.0}, best {best:.0} calls/s, promised {PROMISED:.0} ({})",
            self.rates[ROUNDS / 2],
            self.binary
        );
        best
    }
}

fn serve(binary: &str, options: &[&str]) -> (Child, String) {
    let mut process = Command::new(binary)
        .args(["sandbox", "--listen", "127.0.0.1:0", "--quiet"])
        .args(options)
        .stdout(Stdio::piped())
        .spawn()
        .expect("the sandbox starts");
    let address = address(&mut process);
    (process, address)
}

/// Takes and restores images; the longer of both medians.
fn images(clients: Option<usize>) -> Duration {
    let settings = Settings {
        clients,
        ..Settings::default()
    };
    let sandbox = sandbox::start(settings).expect("the sandbox starts");
    let image = sandbox.image().expect("an image");
    let taken = median(|| drop(sandbox.image().expect("an image")));
    let restored = median(|| sandbox.restore(&image).expect("is restored"));
    println!(
        "an image with {} more clients: taken in {taken:?}, restored in {restored:?}, promised {IMAGE:?} without",
        clients.unwrap_or(0)
    );
    taken.max(restored)
}

fn starts(options: &[&str]) {
    let start = median_of(9, || {
        let (mut process, _) = serve(BINARY, options);
        process.kill().expect("the sandbox is stopped");
        process.wait().expect("the sandbox ends");
    });
    println!("started and ended with {options:?}: median {start:?}");
}

fn median(work: impl FnMut()) -> Duration {
    median_of(101, work)
}

fn median_of(times: usize, mut work: impl FnMut()) -> Duration {
    let mut took: Vec<Duration> = (0..times)
        .map(|_| {
            let began = Instant::now();
            work();
            began.elapsed()
        })
        .collect();
    took.sort();
    took[times / 2]
}

/// Where the sandbox says it listens.
fn address(server: &mut Child) -> String {
    let mut line = String::new();
    let output = server.stdout.as_mut().expect("its output is piped");
    BufReader::new(output)
        .read_line(&mut line)
        .expect("it says where it listens");
    let address = line
        .split_whitespace()
        .find_map(|word| word.strip_prefix("http://"));
    address.expect("an address").to_owned()
}

/// Calls a second over all connections.
fn round(address: &str) -> f64 {
    let began = Instant::now();
    thread::scope(|scope| {
        for _ in 0..CONNECTIONS {
            scope.spawn(|| converse(address));
        }
    });
    f64::from(CONNECTIONS * CALLS) / began.elapsed().as_secs_f64()
}

/// Sends one call after the other on one connection, each when the last is answered.
fn converse(address: &str) {
    let body =
        "action=GetClientsDetails&clientid=1&identifier=sandbox&secret=sandbox&responsetype=json";
    let request = format!(
        "POST /includes/api.php HTTP/1.1\r\nHost: {address}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(address).expect("connects");
    stream.set_nodelay(true).expect("sends at once");
    let mut reply = vec![0; 64 * 1024];
    for _ in 0..CALLS {
        stream.write_all(request.as_bytes()).expect("sends");
        let mut size = 0;
        while !is_whole(&reply[..size]) {
            let read = stream.read(&mut reply[size..]).expect("an answer");
            assert!(read > 0, "the sandbox hung up");
            size += read;
        }
        assert!(reply.starts_with(b"HTTP/1.1 200 "), "the call was refused");
    }
}

/// Whether a reply has all the bytes its head promises.
fn is_whole(reply: &[u8]) -> bool {
    let Some(head) = reply.windows(4).position(|window| window == b"\r\n\r\n") else {
        return false;
    };
    let text = String::from_utf8_lossy(&reply[..head]).to_ascii_lowercase();
    let length = text
        .lines()
        .find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
    let length: usize = length.expect("a reply says its length");
    reply.len() >= head + 4 + length
}
