//! A server for tests: raw TCP on this machine, which does to each request
//! what the test says. It fails the test when nobody ever called it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use super::retry::Backoff;
use super::{ActionRef, CallError, Client, Credentials, Reply, Server};
use crate::cancel::Cancel;
use crate::catalog::action;

/// What one request gets: the n-th, counted from 1.
type Handler = dyn Fn(usize, &mut TcpStream) + Send + Sync;

struct Shared {
    handler: Box<Handler>,
    requests: Mutex<Vec<String>>,
    connections: AtomicUsize,
    is_over: AtomicBool,
}

/// A listening server; it stops when dropped.
pub(super) struct Fake {
    address: SocketAddr,
    shared: Arc<Shared>,
}

impl Fake {
    /// A server that hands each request to that function, which writes the answer.
    pub fn new(handler: impl Fn(usize, &mut TcpStream) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::new(Shared {
            handler: Box::new(handler),
            requests: Mutex::default(),
            connections: AtomicUsize::new(0),
            is_over: AtomicBool::new(false),
        });
        let fake = Self {
            address,
            shared: Arc::clone(&shared),
        };
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if shared.is_over.load(Ordering::SeqCst) {
                    break;
                }
                shared.connections.fetch_add(1, Ordering::SeqCst);
                let shared = Arc::clone(&shared);
                thread::spawn(move || serve(&shared, stream));
            }
        });
        fake
    }

    /// A server that gives every request the same answer.
    pub fn answering(answer: impl Into<String>) -> Self {
        let answer = answer.into();
        Self::new(move |_, stream| send(stream, &answer))
    }

    /// Its address as a profile has it.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Its address without a scheme.
    pub fn host(&self) -> String {
        self.address.to_string()
    }

    /// Every request so far, head and body.
    pub fn requests(&self) -> Vec<String> {
        self.shared.requests.lock().expect("no panic").clone()
    }

    /// The number of requests, once at least that many have been read: the
    /// client may give up before the server has got round to reading.
    pub fn requests_after(&self, at_least: usize) -> usize {
        for _ in 0..1000 {
            if self.requests().len() >= at_least {
                break;
            }
            thread::sleep(Duration::from_millis(10));
        }
        self.requests().len()
    }

    /// How many connections were made.
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::SeqCst);
        // Wakes the listener, so that it sees that it is over.
        drop(TcpStream::connect(self.address));
        if !thread::panicking() {
            assert!(self.connections() > 0, "nobody called the server");
        }
    }
}

fn serve(shared: &Shared, mut stream: TcpStream) {
    let mut reader = BufReader::new(stream.try_clone().expect("a second handle"));
    while let Some(request) = request(&mut reader) {
        let number = {
            let mut requests = shared.requests.lock().expect("no panic");
            requests.push(request);
            requests.len()
        };
        (shared.handler)(number, &mut stream);
    }
}

/// One request, or nothing when the connection is closed or speaks no HTTP.
fn request(reader: &mut impl BufRead) -> Option<String> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let length = head
        .lines()
        .filter_map(|line| line.split_once(": "))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map_or(0, |(_, length)| length.parse().expect("a length"));
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(head + &String::from_utf8(body).expect("a form"))
}

/// Writes text; a client that has gone away is no concern of the server's.
pub(super) fn send(stream: &mut TcpStream, text: &str) {
    let _ = stream.write_all(text.as_bytes());
}

/// A whole answer with that status line's rest, further header lines and body.
pub(super) fn answer(status: &str, headers: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Waits until the client has closed the connection.
pub(super) fn hold(stream: &mut TcpStream) {
    let _ = stream.read(&mut [0]);
}

/// A reply to a read and to a write.
pub(super) const SUCCESS: &str = r#"{"result":"success","totalresults":"0"}"#;

/// A server at that address, with a secret that must never be shown.
pub(super) fn server(url: &str) -> Server {
    let credentials = Credentials::Api {
        identifier: "me".into(),
        secret: "hunter2".into(),
    };
    let mut server = Server::new("test", url, credentials);
    server.timeout = Duration::from_secs(20);
    server
}

/// Three tries as in earnest, but without the wait.
pub(super) fn client(server: Server) -> Client {
    Client::new(server, Cancel::default()).backoff(Backoff {
        tries: 3,
        first: Duration::from_millis(1),
        longest: Duration::from_secs(60),
    })
}

/// One call of an action of the catalog.
pub(super) fn call(client: &Client, name: &str, params: Value) -> Result<Reply, CallError> {
    let action = ActionRef::Known(action(name).expect("an action of the catalog"));
    let Value::Object(params) = params else {
        panic!("parameters are a map")
    };
    let result = client.call(&action, &params);
    if let Err(error) = &result {
        assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    }
    result
}

/// A call that reads.
pub(super) fn read(client: &Client) -> Result<Reply, CallError> {
    call(client, "GetClients", json!({}))
}

/// A call that writes and must not be sent twice.
pub(super) fn write(client: &Client) -> Result<Reply, CallError> {
    call(
        client,
        "AddCredit",
        json!({"clientid": 7, "amount": "1.00"}),
    )
}
