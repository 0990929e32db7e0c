//! Files that are no text, such as attachments of tickets.

use std::io::Write as _;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rhai::{Blob, Dynamic, Module};

use crate::script::diagnostic::words::{a_kind, kind};
use crate::script::engine::function::{Fallible, function};
use crate::script::files::draft::{Draft, unwritable};
use crate::script::files::whole;
use crate::script::host::Host;
use crate::script::raise::Raised;
use crate::script::value::record::map_of;

/// Adds `read_bytes` and `save_attachment`.
pub(crate) fn register(module: &mut Module, host: &Arc<Host>) {
    let about = "The content of a file as bytes (a blob), such as a file to attach to a ticket with \
                 `attachments: [#{ name: \"letter.txt\", data: base64(read_bytes(\"letter.txt\")) }]`.\n\
                 ```rhai\nlet data = base64(read_bytes(\"letter.txt\"));\n```";
    let reading = Arc::clone(host);
    function("read_bytes", &["path: &str", "Blob"], about)
        .set_into_module(module, move |path: &str| -> Fallible<Blob> {
            Ok(whole::read(&reading.files, path)?)
        });
    let about = "Writes the file that a reply holds in `data`, such as that of `get_ticket_attachment`, and returns \
                 how many bytes it has. You name the file: the reply's `filename` is what a client chose.\n\
                 ```rhai\nlet reply = #{ filename: \"note.txt\", data: base64(\"hello\") };\n\
                 save_attachment(\"note.txt\", reply)\n```";
    let writing = Arc::clone(host);
    function("save_attachment", &["path: &str", "reply: ?", "int"], about)
        .set_into_module(module, move |path: &str, reply: Dynamic| -> Fallible<i64> {
            Ok(save(&writing, path, &reply)?)
        });
}

fn save(host: &Host, path: &str, reply: &Dynamic) -> Result<i64, Raised> {
    let problem = |what: &str| {
        Raised::new("value", format!("`save_attachment` cannot write `{path}`: {what}")).hint(
            "pass the reply of `get_ticket_attachment`: `save_attachment(\"name.pdf\", get_ticket_attachment(#{ … }))`",
        )
    };
    let Some(map) = map_of(reply) else {
        let given = a_kind(kind(reply.type_name()));
        return Err(problem(&format!(
            "the second argument is {given}, not a reply"
        )));
    };
    let data = map
        .get("data")
        .and_then(|data| data.as_immutable_string_ref().ok());
    let Some(data) = data else {
        return Err(problem("the reply has no text in `data`"));
    };
    let bytes = STANDARD
        .decode(data.trim())
        .map_err(|_| problem("`data` of the reply is not base64"))?;
    let mut draft = Draft::create(host, path)?;
    draft
        .write_all(&bytes)
        .map_err(|error| unwritable(path, &error))?;
    draft.publish()?;
    Ok(i64::try_from(bytes.len()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use crate::script::test_engine::TestEngine;

    #[test]
    fn bytes_go_through_base64_and_back_into_a_file() {
        let bench = TestEngine::new();
        bench.file("a.bin", b"\x00\xff\xfe");
        assert_eq!(
            bench.text("save_attachment(\"b.bin\", #{ data: base64(read_bytes(\"a.bin\")) })"),
            "3"
        );
        let written = std::fs::read(bench.folder.path().join("b.bin")).unwrap();
        assert_eq!(written, b"\x00\xff\xfe");
    }

    #[test]
    fn what_holds_no_file_is_refused_and_nothing_is_written() {
        let bench = TestEngine::new();
        for (reply, why) in [
            ("5", "the second argument is a whole number, not a reply"),
            ("#{}", "has no text in `data`"),
            ("#{ data: \"*\" }", "is not base64"),
        ] {
            let refused = bench.refusal(&format!("save_attachment(\"b.bin\", {reply})"));
            assert!(refused.contains(why), "{refused}");
        }
        for script in [
            "read_bytes(\"/etc/passwd\")",
            "save_attachment(\"../b.bin\", #{ data: \"\" })",
        ] {
            let refused = bench.refusal(script);
            assert!(refused.contains("outside the folders"), "{refused}");
        }
        assert_eq!(std::fs::read_dir(bench.folder.path()).unwrap().count(), 0);
    }
}
