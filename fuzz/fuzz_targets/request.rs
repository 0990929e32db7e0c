//! Sends any bytes to a sandbox in this process, as a request and as the body of a call.

#![no_main]

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use whmcsh::sandbox::{Sandbox, Settings, start};

static SANDBOX: LazyLock<Sandbox> =
    LazyLock::new(|| start(Settings::default()).expect("the sandbox starts"));

fn exchange(bytes: &[u8]) -> Vec<u8> {
    let address = SANDBOX.url().replace("http://", "");
    let mut stream = TcpStream::connect(address).expect("the sandbox listens");
    let mut reply = Vec::new();
    // The sandbox may hang up on nonsense.
    let _ = stream.write_all(bytes);
    let _ = stream.shutdown(Shutdown::Write);
    let _ = stream.read_to_end(&mut reply);
    reply
}

fuzz_target!(|bytes: &[u8]| {
    exchange(bytes);
    let credentials = b"identifier=sandbox&secret=sandbox&responsetype=json&";
    let head = format!(
        "POST /includes/api.php HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n",
        credentials.len() + bytes.len()
    );
    let reply = exchange(&[head.as_bytes(), credentials, bytes].concat());
    let reply = String::from_utf8_lossy(&reply);
    assert!(reply.starts_with("HTTP/1.1 "), "no answer");
    assert!(!reply.contains("the sandbox broke"), "{reply}");
});
