//! What an editor waits for: the first diagnostics after the server starts, and those and
//! completion in a script of 300 lines.
//!
//! `cargo bench --bench editor` prints the medians, and the slowest; the server is the built
//! binary, spoken to over pipes.

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

const BINARY: &str = env!("CARGO_BIN_EXE_whmcsh");
const URI: &str = "file:///bench/a.rhai";
const LINES: usize = 300;
const STARTS: usize = 30;
const ROUNDS: usize = 100;

fn main() {
    let text = script();
    let first: Vec<Duration> = (0..STARTS).map(|_| start(&text).1).collect();
    report("first diagnostics after the start", first, 50);
    let (mut editor, _) = start(&text);
    let found = (0..ROUNDS).map(|round| editor.change(round)).collect();
    report("diagnostics after a change", found, 20);
    for (what, method, character) in [
        ("completion of a function", "textDocument/completion", 7),
        ("hover", "textDocument/hover", 3),
        ("signature help", "textDocument/signatureHelp", 13),
    ] {
        let asked = (0..ROUNDS)
            .map(|_| editor.asked(method, character))
            .collect();
        report(what, asked, 10);
    }
    editor.server.kill().expect("the server is stopped");
    editor.server.wait().expect("the server has ended");
}

/// A script as people write them, of that many lines.
fn script() -> String {
    let mut text = String::from("get_cli(#{ status: \"Active\" });\n");
    let mut number = 0;
    while text.lines().count() < LINES {
        number += 1;
        let _ = write!(
            text,
            "// Those of step {number}.\n\
             for client{number} in all_clients(#{{ status: \"Active\" }}) {{\n    \
                 if client{number}.email == \"\" {{\n        \
                     continue;\n    \
                 }}\n    \
                 let name = `${{client{number}.firstname}} ${{client{number}.lastname}}`;\n    \
                 update_client(#{{ clientid: client{number}.id, notes: name }});\n\
             }}\n"
        );
    }
    text
}

struct Editor {
    server: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

/// A server with a document, and how long its first diagnostics took.
fn start(text: &str) -> (Editor, Duration) {
    let began = Instant::now();
    let mut server = Command::new(BINARY)
        .arg("lsp")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the server starts");
    let mut editor = Editor {
        input: server.stdin.take().expect("it reads"),
        output: BufReader::new(server.stdout.take().expect("it writes")),
        server,
    };
    editor.send(&json!({ "id": 0, "method": "initialize", "params": { "capabilities": {} } }));
    editor.receive();
    let document = json!({ "uri": URI, "languageId": "rhai", "version": 1, "text": text });
    let params = json!({ "textDocument": document });
    editor.send(&json!({ "method": "textDocument/didOpen", "params": params }));
    editor.receive();
    (editor, began.elapsed())
}

impl Editor {
    fn send(&mut self, message: &Value) {
        let mut message = message.clone();
        message["jsonrpc"] = "2.0".into();
        let body = message.to_string();
        let sent = write!(self.input, "Content-Length: {}\r\n\r\n{body}", body.len());
        sent.expect("the server reads");
        self.input.flush().expect("the server reads");
    }

    fn receive(&mut self) -> Value {
        let mut header = String::new();
        self.output.read_line(&mut header).expect("a header");
        let length = header
            .trim()
            .strip_prefix("Content-Length: ")
            .expect("a length");
        let mut body = vec![0; length.parse::<usize>().expect("a number") + 2];
        self.output.read_exact(&mut body).expect("a body");
        serde_json::from_slice(&body[2..]).expect("JSON")
    }

    /// How long the diagnostics after a change take.
    fn change(&mut self, round: usize) -> Duration {
        let end = json!({ "line": LINES + 9, "character": 0 });
        let range = json!({ "start": end, "end": end });
        let change = json!({ "range": range, "text": format!("print({round});\n") });
        let document = json!({ "uri": URI, "version": round + 2 });
        let params = json!({ "textDocument": document, "contentChanges": [change] });
        let began = Instant::now();
        self.send(&json!({ "method": "textDocument/didChange", "params": params }));
        self.receive();
        began.elapsed()
    }

    /// How long an answer about the first line takes.
    fn asked(&mut self, method: &str, character: usize) -> Duration {
        let position = json!({ "line": 0, "character": character });
        let params = json!({ "textDocument": { "uri": URI }, "position": position });
        let began = Instant::now();
        self.send(&json!({ "id": 1, "method": method, "params": params }));
        self.receive();
        began.elapsed()
    }
}

fn report(what: &str, mut times: Vec<Duration>, promised: u64) {
    times.sort();
    let median = times[times.len() / 2];
    let slowest = times[times.len() - 1];
    println!(
        "{what}: median {:.1} ms, slowest {:.1} ms, promised {promised} ms",
        median.as_secs_f64() * 1e3,
        slowest.as_secs_f64() * 1e3
    );
}
