//! Text and JSON files, read whole and written whole.

pub(crate) mod bytes;
pub(crate) mod confinement;
pub(crate) mod draft;
pub(crate) mod json;
pub(crate) mod lock_file;
pub(crate) mod noted;
pub(crate) mod other_kind;
pub(crate) mod path_suggestion;
pub(crate) mod stand_ins;
pub(crate) mod streams;
mod whole;

use std::io::Read as _;
use std::io::Write;
use std::sync::Arc;

use rhai::{Dynamic, Module};

use crate::script::engine::function::{Fallible, function};
use crate::script::files::draft::{Draft, unwritable};
use crate::script::host::{Confinement, Host};
use crate::script::raise::Raised;

/// How much of a file tells what it is, in bytes.
const SAMPLE: u64 = 1 << 10;

fn read_text(files: &Confinement, path: &str) -> Result<String, Raised> {
    let problem = |what: &str| Raised::new("file", format!("`{path}` {what}"));
    let bytes = whole::read(files, path)?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = valid.split(|&byte| byte == b'\n').count();
        problem(&format!("line {line} is not valid UTF-8")).hint("save the file as UTF-8")
    })?;
    Ok(text
        .strip_prefix('\u{feff}')
        .map_or_else(|| text.clone(), str::to_owned))
}

fn write_text(host: &Host, path: &str, text: &str) -> Result<(), Raised> {
    let mut draft = Draft::create(host, path)?;
    draft
        .write_all(text.as_bytes())
        .map_err(|error| unwritable(path, &error))?;
    draft.publish().map(drop)
}

/// The content of a JSON file.
pub(crate) fn read_json(files: &Confinement, path: &str) -> Result<Dynamic, Raised> {
    let mut sample = Vec::new();
    let seen = files.open(path)?.take(SAMPLE).read_to_end(&mut sample);
    let other = seen.ok().and_then(|_| other_kind::other_kind(&sample));
    match other {
        Some(what) if !what.contains("JSON") => {
            let told = format!("`{path}` is not JSON but looks like {what}");
            return Err(Raised::new("file", told).hint(other_kind::way(what)));
        }
        _ => {}
    }
    json::parse_file(&read_text(files, path)?, path)
        .map_err(|raised| match other {
            Some(what) if what == other_kind::LINES => raised.hint(other_kind::way(what)),
            _ => raised,
        })
        .map_err(|raised| raised.about(&format!("`{path}`")))
}

fn write_json(host: &Host, path: &str, value: &Dynamic) -> Result<(), Raised> {
    let value = json::to_value(value)?;
    write_text(host, path, &format!("{value:#}\n"))
}

/// Adds the functions that read and write whole files.
pub(crate) fn register(module: &mut Module, host: &Arc<Host>) {
    register_reading(module, host);
    register_writing(module, host);
}

fn register_reading(module: &mut Module, host: &Arc<Host>) {
    let reading = Arc::clone(host);
    function(
        "read_text",
        &["path: &str", "String"],
        "The content of a text file.\n```rhai\nlet template = read_text(\"letter.txt\");\n```",
    )
    .set_into_module(module, move |path: &str| -> Fallible<String> {
        Ok(read_text(&reading.files, path)?)
    });
    let reading = Arc::clone(host);
    function(
        "read_json",
        &["path: &str", "?"],
        "The content of a JSON file.\n```rhai\nlet plans = read_json(\"plans.json\");\n```",
    )
    .set_into_module(module, move |path: &str| -> Fallible<Dynamic> {
        Ok(read_json(&reading.files, path)?)
    });
}

fn register_writing(module: &mut Module, host: &Arc<Host>) {
    let writing = Arc::clone(host);
    function(
        "write_text",
        &["path: &str", "text: &str", "()"],
        "Writes a text file.\n\
         ```rhai\n\
         write_text(\"note.txt\", `done on ${today()}\\n`)\n\
         ```",
    )
    .set_into_module(module, move |path: &str, text: &str| -> Fallible<()> {
        Ok(write_text(&writing, path, text)?)
    });
    let writing = Arc::clone(host);
    function(
        "write_json",
        &["path: &str", "value: ?", "()"],
        "Writes a value as JSON, indented; money and dates become text.\n\
         ```rhai\n\
         write_json(\"report.json\", #{ day: today(), created: 12 })\n\
         ```",
    )
    .set_into_module(module, move |path: &str, value: Dynamic| -> Fallible<()> {
        Ok(write_json(&writing, path, &value)?)
    });
}

#[cfg(test)]
mod tests {
    use crate::script::test_engine::TestEngine;

    #[test]
    fn text_and_json_written_are_read_again() {
        let bench = TestEngine::new();
        assert_eq!(
            bench.text("write_text(\"a.txt\", \"Zoë\\n\"); read_text(\"a.txt\")"),
            "Zoë\n"
        );
        bench.text("write_json(\"a.json\", #{ b: [1, money(\"1.50\")], a: () })");
        assert_eq!(
            bench.read("a.json"),
            "{\n  \"a\": null,\n  \"b\": [\n    1,\n    \"1.50\"\n  ]\n}\n"
        );
        assert_eq!(bench.text("read_json(\"a.json\").b[1]"), "1.50");
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_the_text() {
        let bench = TestEngine::new();
        bench.file("a.json", "\u{feff}[1]");
        assert_eq!(bench.text("read_json(\"a.json\")"), "[1]");
    }

    #[test]
    fn bad_files_are_refused_by_name() {
        let bench = TestEngine::new();
        bench.file("a.json", "{").file("b.txt", b"fine\nZo\xeb");
        assert!(
            bench
                .refusal("read_json(\"a.json\")")
                .starts_with("`a.json`: not valid JSON: EOF while parsing an object at line 1")
        );
        assert_eq!(
            bench.refusal("read_text(\"b.txt\")"),
            "`b.txt` line 2 is not valid UTF-8\nhint: save the file as UTF-8"
        );
        assert!(
            bench
                .refusal("read_text(\"/etc/passwd\")")
                .contains("outside the folders")
        );
        assert!(
            bench
                .refusal("write_text(\"/etc/x\", \"\")")
                .contains("outside the folders")
        );
        assert!(
            bench
                .refusal("write_text(\"\", \"\")")
                .contains("the path is empty")
        );
    }

    #[test]
    fn a_file_too_large_to_hold_is_refused() {
        let bench = TestEngine::new();
        let file = std::fs::File::create(bench.folder.path().join("big")).unwrap();
        file.set_len(super::whole::MAX_FILE + 1).unwrap();
        assert!(
            bench
                .refusal("read_text(\"big\")")
                .starts_with("`big` is larger than 64 MB")
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_file_kept_from_other_users_stays_so() {
        use std::os::unix::fs::PermissionsExt;
        let bench = TestEngine::new();
        bench.file("a.txt", "old");
        let path = bench.folder.path().join("a.txt");
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).unwrap();
        bench.text("write_text(\"a.txt\", \"new\")");
        assert_eq!(bench.read("a.txt"), "new");
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
}
