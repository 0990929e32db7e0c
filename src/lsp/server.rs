//! The conversation with an editor.

use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufRead, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};
use std::thread;

use serde_json::{Value, json};

use super::diagnostics::{diagnostics, found};
use super::document::Document;
use super::message::{Incoming, read, write};
use super::position::Units;
use super::requests::{answer, capabilities};
use super::view::View;
use super::workspace::{Client, FilesOf, Refusal, Workspace};

/// More messages than this wait in the pipe.
const WAITING: usize = 256;

const PARSE_ERROR: i64 = -32700;
const INVALID_REQUEST: i64 = -32600;
const METHOD_NOT_FOUND: i64 = -32601;
const INTERNAL_ERROR: i64 = -32603;
const NOT_INITIALIZED: i64 = -32002;

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
        workspace: Workspace {
            units: Units::default(),
            client: Client::default(),
            documents: BTreeMap::new(),
            files_of,
        },
        stage: Stage::Before,
        changed: BTreeSet::new(),
        told: BTreeMap::new(),
    };
    server.converse(&receiver)?;
    Ok(server.stage == Stage::Shut)
}

struct Server<W> {
    output: W,
    workspace: Workspace,
    stage: Stage,
    /// Documents to be checked.
    changed: BTreeSet<String>,
    /// What was said of each module that is not open, by the documents that import it.
    told: BTreeMap<String, BTreeMap<String, Vec<Value>>>,
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
                self.workspace.units = Units::agreed(offered);
                self.workspace.client = Client::read(params);
                self.stage = Stage::Open;
                let info = json!({ "name": "whmcsh", "version": env!("CARGO_PKG_VERSION") });
                let capabilities = capabilities(&self.workspace);
                Ok(json!({ "capabilities": capabilities, "serverInfo": info }))
            }
            (Stage::Before, _) => Err((NOT_INITIALIZED, "`initialize` comes first".into())),
            (Stage::Open, "shutdown") => {
                self.stage = Stage::Shut;
                Ok(Value::Null)
            }
            (Stage::Open, "initialize") => {
                Err((INVALID_REQUEST, "`initialize` was received before".into()))
            }
            (Stage::Open, _) => answer(&self.workspace, method, params)
                .unwrap_or_else(|| Err((METHOD_NOT_FOUND, format!("unknown method `{method}`")))),
            (Stage::Shut, _) => Err((INVALID_REQUEST, "`shutdown` was received before".into())),
        }
    }

    fn notification(&mut self, method: &str, params: &Value) {
        if self.stage != Stage::Open {
            return;
        }
        if matches!(
            method,
            "textDocument/didSave" | "workspace/didChangeWatchedFiles"
        ) {
            // What is saved may be a module of any that is open.
            self.changed
                .extend(self.workspace.documents.keys().cloned());
        }
        let Some(uri) = uri(params) else {
            return;
        };
        let version = params["textDocument"]["version"].as_i64();
        match method {
            "textDocument/didOpen" => {
                if let Some(text) = params["textDocument"]["text"].as_str() {
                    let document = Document {
                        text: text.to_owned(),
                        version,
                        found: None,
                    };
                    self.workspace.documents.insert(uri.to_owned(), document);
                    self.changed.insert(uri.to_owned());
                }
            }
            "textDocument/didChange" => {
                let changes = params["contentChanges"].as_array();
                let document = self.workspace.documents.get_mut(uri);
                if let Some((document, changes)) = document.zip(changes) {
                    document.change(changes, self.workspace.units);
                    document.version = version;
                    document.found = None;
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
        match self.workspace.documents.remove(uri) {
            Some(_) => {
                self.say_found(uri, None, &json!([]))?;
                self.say_of_modules(uri, BTreeMap::new())
            }
            None => Ok(()),
        }
    }

    /// Checks a document and says what was found, in it and in what it imports.
    fn publish(&mut self, uri: &str) -> io::Result<()> {
        let Some(document) = self.workspace.documents.get(uri) else {
            return Ok(());
        };
        let version = document.version;
        let checked = guarded(|| {
            let found = found(&self.workspace, uri, &document.text);
            let view = View::new(&self.workspace, uri, &document.text);
            let told = diagnostics(&view, &found);
            (found, told)
        });
        let (found, mut told) = match checked {
            Ok((found, told)) => (Some(found), told),
            Err(why) => {
                let start = json!({ "line": 0, "character": 0 });
                let range = json!({ "start": start, "end": start });
                let said =
                    json!({ "range": range, "severity": 1, "source": "whmcsh", "message": why });
                (None, BTreeMap::from([(uri.to_owned(), vec![said])]))
            }
        };
        if let Some(document) = self.workspace.documents.get_mut(uri) {
            document.found = found;
        }
        let own = told.remove(uri).unwrap_or_default();
        self.say_found(uri, version, &Value::Array(own))?;
        self.say_of_modules(uri, told)
    }

    /// Says what is wrong in the modules that a document imports, and takes back what is not
    /// wrong any more. One that is open speaks for itself.
    fn say_of_modules(
        &mut self,
        importer: &str,
        mut told: BTreeMap<String, Vec<Value>>,
    ) -> io::Result<()> {
        let before = self.told.iter();
        let before = before.filter(|(_, by)| by.contains_key(importer));
        let before: Vec<String> = before.map(|(module, _)| module.clone()).collect();
        for module in before {
            told.entry(module).or_default();
        }
        for (module, found) in told {
            let by = self.told.entry(module.clone()).or_default();
            if found.is_empty() {
                by.remove(importer);
            } else {
                by.insert(importer.to_owned(), found);
            }
            let mut all: Vec<Value> = Vec::new();
            for found in by.values().flatten() {
                if !all.contains(found) {
                    all.push(found.clone());
                }
            }
            if by.is_empty() {
                self.told.remove(&module);
            }
            if !self.workspace.documents.contains_key(&module) {
                self.say_found(&module, None, &Value::Array(all))?;
            }
        }
        Ok(())
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
    use crate::lsp::workspace::tests::workspace;
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
            workspace: Workspace {
                files_of: |_| panic!("no files"),
                ..workspace(&[("a", "")])
            },
            stage: Stage::Open,
            changed: BTreeSet::new(),
            told: BTreeMap::new(),
        };
        server.publish("a").unwrap();
        let said = String::from_utf8(server.output).unwrap();
        assert!(said.contains("a bug in whmcsh: no files"), "{said}");
    }
}
