//! A server that answers every call after a fixed time, without looking at more than it must.
//!
//! It runs in a process of its own, a thread for each connection, so that its
//! time is as even as the system's sleep, and its work is not counted as ours.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

/// The word on the command line that makes this program the server.
pub const SERVE: &str = "--serve";

/// As long as those of WHMCS are: what covers secrets looks for these in whatever is kept.
pub const IDENTIFIER: &str = "identifier0of0thirty0two0letters";
/// The same.
pub const SECRET: &str = "the0secret0has0just0as0many0too0";

/// Makes the body of an answer out of that of a call.
pub type Respond = fn(&[u8]) -> String;

/// The same words for every call: what many writes are answered with.
pub fn note(_: &[u8]) -> String {
    r#"{"result":"success","clientid":1,"noteid":"1"}"#.to_owned()
}

/// The server's process; it ends when this is dropped.
pub struct Canned {
    process: Child,
    /// Where it listens.
    pub url: String,
}

impl Canned {
    /// Starts a server that takes that long for every call.
    pub fn start(latency: Duration) -> Self {
        let own = std::env::current_exe().expect("the bench knows its own path");
        let mut process = Command::new(own)
            .args([SERVE, &latency.as_micros().to_string()])
            .stdout(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let mut url = String::new();
        let said = process.stdout.take().expect("its output is piped");
        BufReader::new(said)
            .read_line(&mut url)
            .expect("the server says where it listens");
        Self {
            process,
            url: url.trim().to_owned(),
        }
    }
}

impl Drop for Canned {
    fn drop(&mut self) {
        // It may have ended by itself; there is nothing more to do then.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Serves for ever; says on standard output where.
pub fn serve(latency: Duration, respond: Respond) -> ! {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("a bound address");
    println!("http://{address}");
    loop {
        if let Ok((stream, _)) = listener.accept() {
            thread::spawn(move || answer(&stream, latency, respond));
        }
    }
}

/// Answers the calls of one connection until it closes.
fn answer(stream: &TcpStream, latency: Duration, respond: Respond) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut reader = BufReader::new(stream);
    let (mut line, mut body) = (String::new(), Vec::new());
    loop {
        let mut length = 0;
        loop {
            line.clear();
            if reader.read_line(&mut line).ok()? == 0 {
                return None;
            }
            let header = line.trim_end();
            if header.is_empty() {
                break;
            }
            if let Some((name, value)) = header.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().ok()?;
            }
        }
        body.resize(length, 0);
        reader.read_exact(&mut body).ok()?;
        if !latency.is_zero() {
            thread::sleep(latency);
        }
        let reply = respond(&body);
        let reply = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{reply}",
            reply.len()
        );
        let mut stream = stream;
        stream.write_all(reply.as_bytes()).ok()?;
    }
}
