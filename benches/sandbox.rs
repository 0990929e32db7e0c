//! How many calls a second the sandbox answers, spoken to in literal HTTP.
//!
//! `cargo bench --bench sandbox` serves the built binary's memory store to eight
//! connections that each keep one call in flight, prints the best and median of
//! several rounds, and fails when the best stays below what is promised. The load
//! shares the machine with the server, and does as little as it can.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, ExitCode, Stdio};
use std::thread;
use std::time::Instant;

const BINARY: &str = env!("CARGO_BIN_EXE_whmcsh");
const CONNECTIONS: u32 = 8;
const CALLS: u32 = 2_000;
const ROUNDS: usize = 7;
/// Calls a second that the sandbox owes its users.
const PROMISED: f64 = 5_000.0;

fn main() -> ExitCode {
    let mut server = Command::new(BINARY)
        .args(["sandbox", "--listen", "127.0.0.1:0", "--quiet"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("the sandbox starts");
    let address = address(&mut server);
    let mut rates: Vec<f64> = (0..ROUNDS).map(|_| round(&address)).collect();
    server.kill().expect("the sandbox is stopped");
    server.wait().expect("the sandbox ends");
    rates.sort_by(f64::total_cmp);
    let best = rates[ROUNDS - 1];
    println!(
        "GetClientsDetails on {CONNECTIONS} connections: median {:.0}, best {best:.0} calls/s, promised {PROMISED:.0}",
        rates[ROUNDS / 2]
    );
    ExitCode::from(u8::from(best < PROMISED))
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
