//! A server that gives everyone the same bytes, for replies no sandbox gives.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use crate::support::Desk;

/// A server on loopback; its thread ends with the test's process.
pub struct Canned {
    pub address: String,
    calls: Arc<AtomicUsize>,
    actions: Arc<Mutex<Vec<String>>>,
}

impl Canned {
    /// A server that answers every call with those raw bytes and hangs up.
    pub fn answering(reply: impl Into<Vec<u8>>) -> Self {
        let reply = reply.into();
        Self::with(move |stream| {
            // A client that has read enough may hang up first.
            let _ = stream.write_all(&reply);
        })
    }

    /// A server that answers with that status and body.
    pub fn page(status: &str, kind: &str, body: &str) -> Self {
        Self::answering(page(status, kind, body))
    }

    /// A WHMCS that says its version, and does that with every other call.
    pub fn whmcs(answer: impl Fn(&mut TcpStream) + Send + 'static) -> Self {
        Self::by_call(move |call, stream| {
            if call.starts_with("action=WhmcsDetails&") {
                let _ = stream.write_all(json(DETAILS).as_bytes());
            } else {
                answer(stream);
            }
        })
    }

    /// A server that does that with every connection, after reading the call.
    pub fn with(answer: impl Fn(&mut TcpStream) + Send + 'static) -> Self {
        Self::by_call(move |_, stream| answer(stream))
    }

    /// A server whose JSON is made of the body of each call.
    pub fn saying(reply: impl Fn(&str) -> String + Send + 'static) -> Self {
        Self::by_call(move |body, stream| {
            let json = reply(body);
            let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close";
            let length = json.len();
            let answer = format!("{head}\r\nContent-Length: {length}\r\n\r\n{json}");
            let _ = stream.write_all(answer.as_bytes());
        })
    }

    /// A server that does that with every connection, given the form of the call.
    pub fn by_call(answer: impl Fn(&str, &mut TcpStream) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let calls = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&calls);
        let actions = Arc::<Mutex<Vec<String>>>::default();
        let named = Arc::clone(&actions);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                if let Some(body) = read_call(&mut stream) {
                    let fields = body.split('&').map(str::to_owned);
                    let action =
                        fields.filter_map(|field| Some(field.strip_prefix("action=")?.to_owned()));
                    named.lock().unwrap().extend(action);
                    counter.fetch_add(1, Ordering::SeqCst);
                    answer(&body, &mut stream);
                }
            }
        });
        Self {
            address,
            calls,
            actions,
        }
    }

    /// How many calls arrived.
    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    /// The actions that were called, in order.
    pub fn actions(&self) -> Vec<String> {
        self.actions.lock().unwrap().clone()
    }

    /// A desk whose environment points here.
    pub fn desk(&self) -> Desk {
        Desk::new()
            .variable("WHMCSH_URL", &format!("http://{}", self.address))
            .variable("WHMCSH_IDENTIFIER", "someone")
            .variable("WHMCSH_SECRET", "s3cr3t-of-the-test")
    }
}

/// What WHMCS answers to `WhmcsDetails`.
const DETAILS: &str = "{\"result\":\"success\",\"whmcs\":{\"version\":\"8.13.1\",\"canonicalversion\":\"8.13.1-release.1\"}}";

/// A whole answer with that JSON.
pub fn json(body: &str) -> String {
    page("200 OK", "application/json", body)
}

/// A whole answer of that kind.
pub fn page(status: &str, kind: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

/// Reads one request to the end; gives its body.
fn read_call(stream: &mut TcpStream) -> Option<String> {
    let mut request = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let count = stream.read(&mut chunk).ok()?;
        if count == 0 {
            return None;
        }
        request.extend_from_slice(&chunk[..count]);
        let text = String::from_utf8_lossy(&request);
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length")
                .then(|| value.trim().parse::<usize>().ok())?
        });
        if body.len() >= length.unwrap_or(0) {
            return Some(body.to_owned());
        }
    }
}
