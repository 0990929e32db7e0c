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
        Self::greeted(&json!({ "capabilities": capabilities }))
    }

    /// A server that was greeted so.
    fn greeted(greeting: &Value) -> Self {
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
        let answer = editor.ask("initialize", greeting);
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

/// Where a text that stands once in a script begins: its line and character in UTF-16.
fn place_of(text: &str, wanted: &str) -> (u64, u64) {
    let at = text.find(wanted).unwrap();
    let line = text[..at].matches('\n').count();
    let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    let character = text[start..at].encode_utf16().count();
    (line as u64, character as u64)
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
    assert_eq!(codes(&found), codes(&checked["findings"]));
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
fn a_pipe_that_a_script_names_keeps_nobody_waiting() {
    let mut editor = Editor::new();
    for name in ["pipe.rhai", "pipe.csv"] {
        let pipe = editor.desk.folder().join(name);
        let made = std::process::Command::new("mkfifo").arg(pipe).status();
        assert!(made.unwrap().success());
    }
    let text = "import \"pipe\" as p;\nfor row in csv(\"pipe.csv\") { print(row.a); }\np::go();\n";
    let found = editor.open("a.rhai", text);
    let message = found[0]["message"].as_str().unwrap();
    assert!(message.contains("is a pipe or a device"), "{message}");
    for (line, character) in [(0, 9), (1, 44), (2, 4)] {
        let place = editor.at("a.rhai", line, character);
        for method in ["completion", "definition", "hover", "references"] {
            editor.ask(&format!("textDocument/{method}"), &place);
        }
    }
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
fn what_check_can_put_right_is_offered_as_a_quick_fix() {
    let mut editor = Editor::new();
    let text = "let e = \"😀\"; ad_client(#{ email: e });\nclose_client(#{});\n";
    editor.open("a.rhai", text);
    let document = json!({ "uri": editor.uri("a.rhai") });
    let at = |line: u64, character: u64| {
        let place = json!({ "line": line, "character": character });
        let range = json!({ "start": place, "end": place });
        json!({ "textDocument": document, "range": range, "context": { "diagnostics": [] } })
    };
    let fixes = editor.ask("textDocument/codeAction", &at(0, 16));
    assert_eq!(fixes[0]["title"], "write `add_client`", "{fixes}");
    assert_eq!(fixes[0]["kind"], "quickfix");
    let uri = editor.uri("a.rhai");
    let edit = &fixes[0]["edit"]["changes"][&uri][0];
    assert_eq!(edit["newText"], "add_client");
    assert_eq!(edit["range"]["start"]["character"], 14);
    let fixes = editor.ask("textDocument/codeAction", &at(1, 2));
    let edit = &fixes[0]["edit"]["changes"][&uri][0];
    assert_eq!(edit["newText"], " clientid: () ", "{fixes}");
    assert_eq!(editor.ask("textDocument/codeAction", &at(2, 0)), json!([]));
    editor.leave();
}

#[test]
fn names_are_followed_into_modules_and_back() {
    let mut editor = Editor::new();
    editor.desk.file(
        "lib.rhai",
        "// Twice.\nfn twice(x) { x * 2 }\nfn four(x) { twice(twice(x)) }\n",
    );
    let text = "import \"lib\" as lib;\nlet a = 1;\nprint(lib::twice(a));\n";
    editor.desk.file("other.rhai", text);
    editor.open("a.rhai", text);
    let there = editor.ask("textDocument/definition", &editor.at("a.rhai", 2, 13));
    assert_eq!(there["uri"], editor.uri("lib.rhai"));
    assert_eq!(
        there["range"]["start"],
        json!({ "line": 1, "character": 3 })
    );
    let module = editor.ask("textDocument/definition", &editor.at("a.rhai", 0, 9));
    assert_eq!(module["uri"], editor.uri("lib.rhai"));
    let own = editor.ask("textDocument/definition", &editor.at("a.rhai", 2, 17));
    assert_eq!(own["range"]["start"], json!({ "line": 1, "character": 4 }));
    let hover = editor.ask("textDocument/hover", &editor.at("a.rhai", 2, 13));
    assert!(
        hover["contents"]["value"]
            .as_str()
            .unwrap()
            .contains("Twice."),
        "{hover}"
    );
    let used = editor.ask("textDocument/references", &editor.at("a.rhai", 2, 13));
    let mut places: Vec<String> = used
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            let name = one["uri"].as_str().unwrap().rsplit('/').next().unwrap();
            format!("{name}:{}", one["range"]["start"]["line"])
        })
        .collect();
    places.sort();
    assert_eq!(
        places,
        [
            "a.rhai:2",
            "lib.rhai:1",
            "lib.rhai:2",
            "lib.rhai:2",
            "other.rhai:2"
        ]
    );
    let members = "import \"lib\" as lib;\nlib::\n";
    editor.change("a.rhai", 2, &json!([{ "text": members }]));
    let offered = editor.ask("textDocument/completion", &editor.at("a.rhai", 1, 5));
    assert_eq!(offered[0]["label"], "twice", "{offered}");
    editor.leave();
}

#[test]
fn locals_are_renamed_in_text_that_is_not_saved_and_nothing_else_is() {
    let offered = json!({ "general": { "positionEncodings": ["utf-8"] } });
    let mut editor = Editor::with(&offered);
    let text =
        "let s = \"😀\"; let e = s; fn f(s) { s }\nprint(`${s} ${e}`); f(s);\nlet other = 1;\n";
    editor.open("a.rhai", text);
    let uri = editor.uri("a.rhai");
    let mut asked = editor.at("a.rhai", 0, 4);
    asked["newName"] = "text".into();
    let changes = editor.ask("textDocument/rename", &asked);
    let edits = changes["changes"][&uri].as_array().unwrap();
    let starts: Vec<(u64, u64)> = edits
        .iter()
        .map(|edit| {
            let start = &edit["range"]["start"];
            (
                start["line"].as_u64().unwrap(),
                start["character"].as_u64().unwrap(),
            )
        })
        .collect();
    assert_eq!(starts, [(0, 4), (0, 24), (1, 9), (1, 22)], "{changes}");
    for (line, character, new, why) in [
        (0, 4, "other", "`other` already means something there"),
        (0, 4, "let", "`let` cannot be a name"),
        (1, 20, "g", "it is a function, which other scripts may call"),
        (1, 2, "g", "it is a function that is not of this script"),
    ] {
        let mut asked = editor.at("a.rhai", line, character);
        asked["newName"] = new.into();
        let refused = editor.answer("textDocument/rename", &asked);
        let message = refused["error"]["message"].as_str().unwrap_or_default();
        assert!(message.contains(why), "{refused}");
    }
    editor.leave();
}

#[test]
fn what_is_wrong_in_a_module_is_said_there_and_taken_back() {
    let mut editor = Editor::new();
    editor.desk.file("lib.rhai", "fn twice(x) { prnt(x) }\n");
    let text = "import \"lib\" as lib;\nprint(lib::twice(1));\n";
    let found = editor.open("a.rhai", text);
    assert!(
        found[0]["message"]
            .as_str()
            .unwrap()
            .contains("lib.rhai:1:15: "),
        "{found}"
    );
    let related = &found[0]["relatedInformation"][0]["location"];
    assert_eq!(related["uri"], editor.uri("lib.rhai"));
    let module = editor.uri("lib.rhai");
    let there = editor.found(&module, None);
    assert_eq!(there[0]["code"], "unknown-function", "{there}");
    assert_eq!(there[0]["range"]["start"]["character"], 14);
    editor.desk.file("lib.rhai", "fn twice(x) { print(x) }\n");
    editor.notify("workspace/didChangeWatchedFiles", &json!({ "changes": [] }));
    let uri = editor.uri("a.rhai");
    assert_eq!(editor.found(&uri, Some(1)), json!([]));
    assert_eq!(editor.found(&module, None), json!([]));
    editor.leave();
}

#[test]
fn an_outline_folds_colours_hints_and_lenses_are_given() {
    let mut editor = Editor::new();
    let text = "// one\n// two\nconst A = 1;\nfn f(x) {\n    close_client(#{ clientid: x });\n}\nf(get_clients().totalresults);\n";
    editor.open("a.rhai", text);
    let document = json!({ "textDocument": { "uri": editor.uri("a.rhai") } });
    let outline = editor.ask("textDocument/documentSymbol", &document);
    let names: Vec<&str> = outline
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["A", "f"]);
    let folds = editor.ask("textDocument/foldingRange", &document);
    assert_eq!(folds.as_array().unwrap().len(), 2, "{folds}");
    let colours = editor.ask("textDocument/semanticTokens/full", &document);
    assert_eq!(colours["data"].as_array().unwrap().len() % 5, 0);
    let mut within = document.clone();
    let end = json!({ "line": 99, "character": 0 });
    within["range"] = json!({ "start": { "line": 0, "character": 0 }, "end": end });
    let hints = editor.ask("textDocument/inlayHint", &within);
    let label = hints[0]["label"].as_str().unwrap();
    assert!(label.starts_with("destructive"), "{hints}");
    let (line, character) = place_of(text, "close_client(");
    let at = json!({ "line": line, "character": character + 12 });
    assert_eq!(hints[0]["position"], at);
    let lenses = editor.ask("textDocument/codeLens", &document);
    assert_eq!(lenses.as_array().unwrap().len(), 1, "{lenses}");
    assert_eq!(lenses[0]["command"]["title"], "1 read, 1 write");
    editor.leave();
}

#[test]
fn lenses_name_commands_for_editors_that_run_them() {
    let mut editor = Editor::greeted(&json!({
        "capabilities": {},
        "initializationOptions": { "commands": ["whmcsh.run"] },
    }));
    editor.open("a.rhai", "get_clients();\n");
    editor.open("a_test.rhai", "fn test_one() { }\n");
    let titles = |lenses: &Value| -> Vec<String> {
        let lenses = lenses.as_array().unwrap().iter();
        lenses
            .map(|lens| {
                let run = &lens["command"]["arguments"][0]["arguments"];
                let words = run.as_array().into_iter().flatten();
                let words: Vec<&str> = words.map(|word| word.as_str().unwrap()).collect();
                let words = words.iter().map(|word| word.rsplit('/').next().unwrap());
                let words: Vec<&str> = words.collect();
                format!(
                    "{}: {}",
                    lens["command"]["title"].as_str().unwrap(),
                    words.join(" ")
                )
            })
            .collect()
    };
    let document = json!({ "textDocument": { "uri": editor.uri("a.rhai") } });
    let lenses = editor.ask("textDocument/codeLens", &document);
    assert_eq!(
        titles(&lenses),
        [
            "1 read: ",
            "Check: check a.rhai",
            "Plan: plan a.rhai",
            "Try on the sandbox: run --sandbox a.rhai",
        ]
    );
    let document = json!({ "textDocument": { "uri": editor.uri("a_test.rhai") } });
    let lenses = editor.ask("textDocument/codeLens", &document);
    assert_eq!(
        titles(&lenses),
        [
            "Run tests: test a_test.rhai",
            "Run test: test a_test.rhai --filter test_one",
        ]
    );
    editor.leave();
}

#[test]
fn files_and_their_columns_are_completed() {
    let mut editor = Editor::new();
    editor
        .desk
        .file("clients.csv", "email;vat id;city\na;b;c\n");
    let text = "csv(\"cl\");\nfor row in csv(\"clients.csv\") { print(row.) }\n";
    editor.open("a.rhai", text);
    let files = editor.ask("textDocument/completion", &editor.at("a.rhai", 0, 7));
    assert_eq!(files[0]["label"], "clients.csv", "{files}");
    let (line, character) = place_of(text, "row.)");
    let columns = editor.ask(
        "textDocument/completion",
        &editor.at("a.rhai", line, character + 4),
    );
    let labels: Vec<&Value> = columns
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["label"])
        .collect();
    assert_eq!(labels, ["email", "city"], "{columns}");
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
