//! The conversation with an editor.

use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufRead, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};
use std::thread;

use serde_json::{Value, json};

use super::completion::items;
use super::diagnostics::{FilesOf, diagnostics};
use super::document::Document;
use super::formatting::edits;
use super::hover::hover;
use super::message::{Incoming, read, write};
use super::position::{Units, offset_of};
use crate::script::format::WouldChange;
use crate::script::is_test;

/// More messages than this wait in the pipe.
const WAITING: usize = 256;

/// An answer that says why there is none: the protocol's code, and words.
type Refusal = (i64, String);

const PARSE_ERROR: i64 = -32700;
const INVALID_REQUEST: i64 = -32600;
const METHOD_NOT_FOUND: i64 = -32601;
const INVALID_PARAMS: i64 = -32602;
const INTERNAL_ERROR: i64 = -32603;
const NOT_INITIALIZED: i64 = -32002;
const REQUEST_FAILED: i64 = -32803;

/// How far the conversation has come.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Stage {
    Before,
    Open,
    Shut,
}

/// Answers an editor until it says `exit` or hangs up; gives whether it said `shutdown` first.
///
/// What was changed is checked when no message waits, so that fast typing is not checked
/// letter by letter. A check that panics is said as an error and ends nothing.
///
/// # Errors
/// If the answers cannot be written.
pub fn serve(
    mut input: impl BufRead + Send + 'static,
    output: impl Write,
    files_of: FilesOf,
) -> io::Result<bool> {
    let (sender, receiver) = sync_channel(WAITING);
    // It ends with the input, or with the process.
    thread::spawn(move || {
        while let Ok(Some(incoming)) = read(&mut input) {
            if sender.send(incoming).is_err() {
                break;
            }
        }
    });
    let mut server = Server {
        output,
        files_of,
        units: Units::default(),
        stage: Stage::Before,
        documents: BTreeMap::new(),
        changed: BTreeSet::new(),
    };
    server.converse(&receiver)?;
    Ok(server.stage == Stage::Shut)
}

/// Whether a request is about a file of tests.
fn is_of_tests(params: &Value) -> bool {
    let uri = params.pointer("/textDocument/uri");
    uri.and_then(Value::as_str).is_some_and(is_test)
}

struct Server<W> {
    output: W,
    files_of: FilesOf,
    units: Units,
    stage: Stage,
    documents: BTreeMap<String, Document>,
    /// Documents to be checked.
    changed: BTreeSet<String>,
}

impl<W: Write> Server<W> {
    fn converse(&mut self, receiver: &Receiver<Incoming>) -> io::Result<()> {
        loop {
            let incoming = match receiver.try_recv() {
                Ok(incoming) => incoming,
                Err(TryRecvError::Empty) => {
                    if let Some(uri) = self.changed.pop_first() {
                        self.publish(&uri)?;
                        continue;
                    }
                    match receiver.recv() {
                        Ok(incoming) => incoming,
                        Err(_) => return Ok(()),
                    }
                }
                Err(TryRecvError::Disconnected) => return Ok(()),
            };
            let message = match incoming {
                Incoming::Message(message) => message,
                Incoming::Malformed(why) => {
                    self.answer(&Value::Null, Err((PARSE_ERROR, why)))?;
                    continue;
                }
            };
            if message["method"] == "exit" {
                return Ok(());
            }
            self.message(&message)?;
        }
    }

    fn message(&mut self, message: &Value) -> io::Result<()> {
        let id = message
            .get("id")
            .filter(|id| id.is_string() || id.is_number());
        let params = &message["params"];
        match (message["method"].as_str(), id) {
            (Some(method), Some(id)) => {
                let outcome = guarded(|| self.request(method, params));
                let outcome = outcome.unwrap_or_else(|why| Err((INTERNAL_ERROR, why)));
                self.answer(id, outcome)
            }
            (Some(method), None) => {
                // A notification has no answer, not even that it makes no sense.
                let _ = guarded(|| self.notification(method, params));
                self.forget_closed(method, params)
            }
            // An answer to us, who ask nothing.
            (None, Some(_)) if message.get("result").or(message.get("error")).is_some() => Ok(()),
            (None, id) => {
                let why = "a message needs a `method`".to_owned();
                self.answer(id.unwrap_or(&Value::Null), Err((INVALID_REQUEST, why)))
            }
        }
    }

    fn request(&mut self, method: &str, params: &Value) -> Result<Value, Refusal> {
        match (self.stage, method) {
            (Stage::Before, "initialize") => {
                let offered = params.pointer("/capabilities/general/positionEncodings");
                self.units = Units::agreed(offered);
                self.stage = Stage::Open;
                Ok(self.capabilities())
            }
            (Stage::Before, _) => Err((NOT_INITIALIZED, "`initialize` comes first".into())),
            (Stage::Open, "shutdown") => {
                self.stage = Stage::Shut;
                Ok(Value::Null)
            }
            (Stage::Open, "initialize") => {
                Err((INVALID_REQUEST, "`initialize` was received before".into()))
            }
            (Stage::Open, "textDocument/formatting") => {
                edits(&self.document(params)?.text, self.units).map_err(|WouldChange| {
                    let why = "cannot format: more than spacing would change";
                    (REQUEST_FAILED, why.into())
                })
            }
            (Stage::Open, "textDocument/completion") => {
                let (text, at) = self.place(params)?;
                let is_asked = params.pointer("/context/triggerKind") != Some(&json!(2));
                Ok(json!(items(text, at, is_asked, is_of_tests(params))))
            }
            (Stage::Open, "textDocument/hover") => {
                let (text, at) = self.place(params)?;
                Ok(hover(text, at, self.units, is_of_tests(params)))
            }
            (Stage::Open, _) => Err((METHOD_NOT_FOUND, format!("unknown method `{method}`"))),
            (Stage::Shut, _) => Err((INVALID_REQUEST, "`shutdown` was received before".into())),
        }
    }

    fn capabilities(&self) -> Value {
        json!({
            "capabilities": {
                "positionEncoding": self.units.name(),
                "textDocumentSync": { "openClose": true, "change": 2 },
                "documentFormattingProvider": true,
                "completionProvider": { "triggerCharacters": ["{", ",", " "] },
                "hoverProvider": true,
            },
            "serverInfo": { "name": "whmcsh", "version": env!("CARGO_PKG_VERSION") },
        })
    }

    fn notification(&mut self, method: &str, params: &Value) {
        let Some(uri) = uri(params).filter(|_| self.stage == Stage::Open) else {
            return;
        };
        let version = params["textDocument"]["version"].as_i64();
        match method {
            "textDocument/didOpen" => {
                if let Some(text) = params["textDocument"]["text"].as_str() {
                    let text = text.to_owned();
                    self.documents
                        .insert(uri.to_owned(), Document { text, version });
                    self.changed.insert(uri.to_owned());
                }
            }
            "textDocument/didChange" => {
                let changes = params["contentChanges"].as_array();
                if let Some((document, changes)) = self.documents.get_mut(uri).zip(changes) {
                    document.change(changes, self.units);
                    document.version = version;
                    self.changed.insert(uri.to_owned());
                }
            }
            _ => {}
        }
    }

    /// Takes back what was said of a document that is closed.
    fn forget_closed(&mut self, method: &str, params: &Value) -> io::Result<()> {
        let Some(uri) = uri(params).filter(|_| method == "textDocument/didClose") else {
            return Ok(());
        };
        self.changed.remove(uri);
        match self.documents.remove(uri) {
            Some(_) => self.say_found(uri, None, &json!([])),
            None => Ok(()),
        }
    }

    /// Checks a document and says what was found.
    fn publish(&mut self, uri: &str) -> io::Result<()> {
        let Some(document) = self.documents.get(uri) else {
            return Ok(());
        };
        let version = document.version;
        let found = guarded(|| diagnostics(uri, document, self.files_of, self.units));
        let found = found.unwrap_or_else(|why| {
            let start = json!({ "line": 0, "character": 0 });
            let range = json!({ "start": start, "end": start });
            json!([{ "range": range, "severity": 1, "source": "whmcsh", "message": why }])
        });
        self.say_found(uri, version, &found)
    }

    fn say_found(&mut self, uri: &str, version: Option<i64>, found: &Value) -> io::Result<()> {
        let mut params = json!({ "uri": uri, "diagnostics": found });
        if let Some(version) = version {
            params["version"] = version.into();
        }
        let method = "textDocument/publishDiagnostics";
        let message = json!({ "jsonrpc": "2.0", "method": method, "params": params });
        write(&mut self.output, &message)
    }

    fn answer(&mut self, id: &Value, outcome: Result<Value, Refusal>) -> io::Result<()> {
        let message = match outcome {
            Ok(result) => json!({ "jsonrpc": "2.0", "id": id, "result": result }),
            Err((code, message)) => {
                let error = json!({ "code": code, "message": message });
                json!({ "jsonrpc": "2.0", "id": id, "error": error })
            }
        };
        write(&mut self.output, &message)
    }

    fn document(&self, params: &Value) -> Result<&Document, Refusal> {
        let document = uri(params).and_then(|uri| self.documents.get(uri));
        document.ok_or_else(|| (INVALID_PARAMS, "the document is not open".into()))
    }

    /// A text and the byte that a request is about.
    fn place(&self, params: &Value) -> Result<(&str, usize), Refusal> {
        let text = &self.document(params)?.text;
        let at = offset_of(text, &params["position"], self.units);
        let at = at.ok_or_else(|| (INVALID_PARAMS, "a `position` is missing".to_owned()))?;
        Ok((text, at))
    }
}

fn uri(params: &Value) -> Option<&str> {
    params["textDocument"]["uri"].as_str()
}

/// Does something that may have a mistake of ours in it; gives the words of a panic.
fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic: Box<dyn Any + Send>| {
        let words = panic
            .downcast_ref::<&str>()
            .map(|words| (*words).to_owned());
        let words = words.or_else(|| panic.downcast_ref::<String>().cloned());
        format!("a bug in whmcsh: {}", words.unwrap_or_default())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::Confinement;

    /// What is said in answer to messages.
    fn said(messages: &[Value], files_of: FilesOf) -> (Vec<Value>, bool) {
        let mut input = Vec::new();
        for message in messages {
            write(&mut input, message).unwrap();
        }
        let mut output = Vec::new();
        let is_shut = serve(io::Cursor::new(input), &mut output, files_of).unwrap();
        let mut output = output.as_slice();
        let mut said = Vec::new();
        while let Some(Incoming::Message(message)) = read(&mut output).unwrap() {
            said.push(message);
        }
        (said, is_shut)
    }

    fn request(id: u8, method: &str) -> Value {
        json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": {} })
    }

    #[test]
    fn requests_out_of_order_are_refused() {
        let messages = [
            request(1, "textDocument/hover"),
            request(2, "initialize"),
            request(3, "initialize"),
            request(4, "textDocument/hover"),
            request(5, "none"),
            request(6, "shutdown"),
            request(7, "shutdown"),
            json!({ "method": "exit" }),
            request(8, "none"),
        ];
        let (said, is_shut) = said(&messages, |_| Ok(Confinement::default()));
        let codes: Vec<i64> = said
            .iter()
            .map(|message| message["error"]["code"].as_i64().unwrap_or_default())
            .collect();
        assert_eq!(codes, [-32002, 0, -32600, -32602, -32601, 0, -32600]);
        assert!(is_shut);
    }

    #[test]
    fn what_is_no_request_is_answered_without_an_id() {
        let messages = [
            json!([]),
            json!(7),
            json!({ "id": 1 }),
            json!({ "id": 2, "result": 1 }),
        ];
        let (said, is_shut) = said(&messages, |_| Ok(Confinement::default()));
        let ids: Vec<&Value> = said.iter().map(|message| &message["id"]).collect();
        assert_eq!(ids, [&Value::Null, &Value::Null, &json!(1)]);
        assert!(!is_shut);
    }

    #[test]
    fn a_panic_of_a_check_is_said_and_ends_nothing() {
        let mut server = Server {
            output: Vec::new(),
            files_of: |_| panic!("no files"),
            units: Units::default(),
            stage: Stage::Open,
            documents: BTreeMap::from([("a".to_owned(), Document::default())]),
            changed: BTreeSet::new(),
        };
        server.publish("a").unwrap();
        let said = String::from_utf8(server.output).unwrap();
        assert!(said.contains("a bug in whmcsh: no files"), "{said}");
    }
}
