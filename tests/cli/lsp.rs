//! The language server, driven over pipes as an editor drives it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use serde_json::{Value, json};

use crate::support::Desk;

/// An editor with a server of its own.
struct Editor {
    desk: Desk,
    server: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    asked: u64,
}

impl Editor {
    /// A server that was greeted by an editor with these capabilities.
    fn with(capabilities: &Value) -> Self {
        let desk = Desk::new();
        let mut command = desk.command();
        let command = command.arg("lsp").stdin(Stdio::piped());
        let mut server = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut editor = Self {
            input: server.stdin.take().unwrap(),
            output: BufReader::new(server.stdout.take().unwrap()),
            desk,
            server,
            asked: 0,
        };
        let answer = editor.ask("initialize", &json!({ "capabilities": capabilities }));
        assert_eq!(answer["serverInfo"]["name"], "whmcsh", "{answer}");
        editor.notify("initialized", &json!({}));
        editor
    }

    fn new() -> Self {
        Self::with(&json!({}))
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.input.write_all(bytes).unwrap();
        self.input.flush().unwrap();
    }

    fn send(&mut self, message: &Value) {
        let body = message.to_string();
        self.bytes(format!("Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes());
    }

    /// The next message; all that the server prints must be one.
    fn receive(&mut self) -> Value {
        let mut header = String::new();
        self.output.read_line(&mut header).unwrap();
        let length = header.strip_prefix("Content-Length: ").unwrap();
        let mut blank = String::new();
        self.output.read_line(&mut blank).unwrap();
        assert_eq!(blank, "\r\n");
        let mut body = vec![0; length.trim().parse().unwrap()];
        self.output.read_exact(&mut body).unwrap();
        serde_json::from_slice(&body).unwrap()
    }

    fn notify(&mut self, method: &str, params: &Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    /// The answer to a request, with what is said of documents left out.
    fn answer(&mut self, method: &str, params: &Value) -> Value {
        self.asked += 1;
        let id = self.asked;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        loop {
            let message = self.receive();
            if message["id"] == id {
                return message;
            }
            assert_eq!(message["method"], "textDocument/publishDiagnostics");
        }
    }

    #[track_caller]
    fn ask(&mut self, method: &str, params: &Value) -> Value {
        let mut answer = self.answer(method, params);
        assert_eq!(answer.get("error"), None, "{answer}");
        answer["result"].take()
    }

    fn uri(&self, name: &str) -> String {
        format!("file://{}", self.desk.folder().join(name).display())
    }

    fn open(&mut self, name: &str, text: &str) -> Value {
        let uri = self.uri(name);
        let document = json!({ "uri": uri, "languageId": "rhai", "version": 1, "text": text });
        self.notify("textDocument/didOpen", &json!({ "textDocument": document }));
        self.found(&uri, Some(1))
    }

    fn change(&mut self, name: &str, version: i64, changes: &Value) -> Value {
        let uri = self.uri(name);
        let document = json!({ "uri": uri, "version": version });
        let params = json!({ "textDocument": document, "contentChanges": changes });
        self.notify("textDocument/didChange", &params);
        self.found(&uri, Some(version))
    }

    /// What the server says next of a document.
    #[track_caller]
    fn found(&mut self, uri: &str, version: Option<i64>) -> Value {
        let mut message = self.receive();
        assert_eq!(
            message["method"], "textDocument/publishDiagnostics",
            "{message}"
        );
        assert_eq!(message["params"]["uri"], uri);
        assert_eq!(message["params"]["version"].as_i64(), version);
        message["params"]["diagnostics"].take()
    }

    fn at(&self, name: &str, line: u64, character: u64) -> Value {
        let position = json!({ "line": line, "character": character });
        json!({ "textDocument": { "uri": self.uri(name) }, "position": position })
    }

    /// Ends the conversation as the protocol wants it; the server then ends with 0.
    fn leave(mut self) {
        assert_eq!(self.ask("shutdown", &Value::Null), Value::Null);
        self.notify("exit", &Value::Null);
        let mut rest = String::new();
        self.output.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "");
        assert_eq!(self.server.wait().unwrap().code(), Some(0));
        let mut said = String::new();
        let errors = self.server.stderr.take();
        errors.unwrap().read_to_string(&mut said).unwrap();
        assert_eq!(said, "");
    }
}

fn insertion(line: u64, character: u64, text: &str) -> Value {
    let place = json!({ "line": line, "character": character });
    json!({ "range": { "start": place, "end": place }, "text": text })
}

#[test]
fn an_editor_sees_what_check_finds_as_it_types() {
    let mut editor = Editor::new();
    let found = editor.open("a.rhai", "let a = \"😀\"; prnt(a);\n");
    assert_eq!(found[0]["code"], "unknown-function", "{found}");
    assert_eq!(found[0]["range"]["start"]["character"], 14);
    let inserted = json!([insertion(0, 16, "i")]);
    assert_eq!(editor.change("a.rhai", 2, &inserted), json!([]));
    let found = editor.change(
        "a.rhai",
        3,
        &json!([{ "text": "add_client(#{ a: 1 });\n" }]),
    );
    let checked = {
        editor.desk.file("a.rhai", "add_client(#{ a: 1 });\n");
        editor.desk.whmcsh(["check", "--json", "a.rhai"])
    };
    let checked: Value = serde_json::from_str(&checked.stdout).unwrap();
    let codes = |found: &Value| -> Vec<Value> {
        let found = found.as_array().unwrap().iter();
        found.map(|one| one["code"].clone()).collect()
    };
    assert!(!codes(&found).is_empty());
    assert_eq!(codes(&found), codes(&checked));
    let uri = editor.uri("a.rhai");
    editor.notify(
        "textDocument/didClose",
        &json!({ "textDocument": { "uri": uri } }),
    );
    assert_eq!(editor.found(&uri, None), json!([]));
    editor.leave();
}

#[test]
fn bytes_are_counted_for_editors_that_ask_for_them() {
    let offered = json!({ "general": { "positionEncodings": ["utf-8", "utf-16"] } });
    let mut editor = Editor::with(&offered);
    let found = editor.open("a.rhai", "let a = \"😀\"; prnt(a);\n");
    assert_eq!(found[0]["range"]["start"]["character"], 16, "{found}");
    editor.leave();
}

#[test]
fn imported_modules_are_read_and_what_is_wrong_in_them_is_named() {
    let mut editor = Editor::new();
    editor.desk.file("lib.rhai", "fn twice(x) { x * 2 }\n");
    let text = "import \"lib\" as lib;\nprint(lib::twice(1));\n";
    assert_eq!(editor.open("a b.rhai", text), json!([]));
    editor.desk.file("lib.rhai", "fn twice(x) { prnt(x) }\n");
    let found = editor.change("a b.rhai", 2, &json!([{ "text": text }]));
    let message = found[0]["message"].as_str().unwrap();
    assert!(message.contains("lib.rhai:1:15: "), "{message}");
    assert_eq!(found[0]["range"]["start"]["line"], 0);
    editor.leave();
}

#[test]
fn a_document_is_formatted_as_fmt_does() {
    let mut editor = Editor::new();
    editor.open("a.rhai", "let a=1;\nprint( a );\n");
    let document = json!({ "uri": editor.uri("a.rhai") });
    let options = json!({ "tabSize": 4, "insertSpaces": true });
    let params = json!({ "textDocument": document, "options": options });
    let edits = editor.ask("textDocument/formatting", &params);
    assert_eq!(edits[0]["newText"], "let a = 1;\nprint(a);\n");
    editor.change("a.rhai", 2, &json!([{ "text": "let a = 1;\n" }]));
    assert_eq!(editor.ask("textDocument/formatting", &params), json!([]));
    editor.leave();
}

#[test]
fn names_are_completed_and_explained() {
    let mut editor = Editor::new();
    editor.open("a.rhai", "add_cli\nclose_client(#{ \n");
    let functions = editor.ask("textDocument/completion", &editor.at("a.rhai", 0, 7));
    assert_eq!(functions[0]["label"], "add_client", "{functions}");
    assert!(
        functions[0]["detail"]
            .as_str()
            .unwrap()
            .starts_with("AddClient: ")
    );
    let parameters = editor.ask("textDocument/completion", &editor.at("a.rhai", 1, 16));
    assert_eq!(parameters[0]["label"], "clientid", "{parameters}");
    assert_eq!(parameters[0]["detail"], "int (required)");
    let hover = editor.ask("textDocument/hover", &editor.at("a.rhai", 1, 3));
    let shown = hover["contents"]["value"].as_str().unwrap();
    assert!(shown.starts_with("**CloseClient**: "), "{shown}");
    assert_eq!(
        editor.ask("textDocument/hover", &editor.at("a.rhai", 1, 14)),
        Value::Null
    );
    editor.leave();
}

#[test]
fn a_message_that_is_malformed_ends_nothing() {
    let mut editor = Editor::new();
    for bad in [
        "Content-Length: 5\r\n\r\n{\"a\":",
        "Content-Length: 2\r\n\r\n[]",
        "Content-Length: 4\r\n\r\nnull",
        "Content-Length: 10\r\n\r\n{\"id\":null}",
    ] {
        editor.bytes(bad.as_bytes());
        let answer = editor.receive();
        assert!(answer["error"]["code"].is_i64(), "{bad}: {answer}");
        assert_eq!(answer["id"], Value::Null);
    }
    editor.bytes(b"\xff\xfe nothing\r\n\r\nContent-Length: x\r\n\r\n");
    editor.notify("textDocument/didOpen", &json!({ "textDocument": 7 }));
    editor.notify(
        "textDocument/didChange",
        &json!({ "textDocument": { "uri": "file:///none" } }),
    );
    editor.notify("$/unknown", &json!([]));
    let refused = editor.answer("textDocument/hover", &json!({ "textDocument": {} }));
    assert_eq!(refused["error"]["code"], -32602, "{refused}");
    let refused = editor.answer("textDocument/none", &Value::Null);
    assert_eq!(refused["error"]["code"], -32601, "{refused}");
    assert_eq!(editor.open("a.rhai", "print(1);\n"), json!([]));
    editor.leave();
}

#[test]
fn no_profile_is_opened_and_nothing_is_written() {
    let mut editor = Editor::new();
    let config = "[profiles.a]\nurl = \"http://127.0.0.1:9\"\nidentifier = \"a\"\nsecret_command = \"touch ran\"\n";
    editor.desk.file(".config/whmcsh/config.toml", config);
    let text = "write_csv(\"out.csv\", [#{ a: 1 }]);\nlet a = connect(\"a\");\nget_clients();\n";
    editor.open("a.rhai", text);
    editor.ask("textDocument/completion", &editor.at("a.rhai", 0, 3));
    let folder = editor.desk.folder();
    let left = std::fs::read_dir(folder).unwrap();
    let left: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, [".config"]);
    editor.leave();
}

#[test]
fn an_editor_that_hangs_up_ends_the_server() {
    let outcome = Desk::new().whmcsh(["lsp"]);
    assert_eq!(
        outcome.failed(1),
        "error: the editor left without `shutdown`; nothing was sent\n"
    );
}
