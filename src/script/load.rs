//! A script read from a file, ready to be checked or run.

use std::fs::{self, File};
use std::io::{ErrorKind, Read as _};
use std::path::Path;

use super::files::path_suggestion::astray;
use crate::error::Failure;
use crate::files::reason;

/// A script's text and the name errors show for it.
#[derive(Clone, Debug)]
pub struct Script {
    name: String,
    text: String,
    /// Whether it was made of something else than a script, whose texts mean what they say.
    is_generated: bool,
}

/// How the name of a file of tests ends.
const TESTS: &str = "_test.rhai";

/// Whether a file of that name is one of tests, which have functions of their own.
pub fn is_test(name: &str) -> bool {
    let name = Path::new(name).file_name();
    name.is_some_and(|name| name.to_string_lossy().ends_with(TESTS))
}

/// The largest script accepted, in bytes.
const LARGEST: u64 = 16 * 1024 * 1024;

impl Script {
    /// Reads a script.
    pub fn load(path: &Path) -> Result<Self, Failure> {
        let text = text_of(path)?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        Ok(Self::from_text(path.display().to_string(), text))
    }

    /// A script that was made of something else: no text in it names a variable.
    pub(crate) fn generated(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            is_generated: true,
            ..Self::from_text(name, text)
        }
    }

    /// Whether it was made of something else than a script.
    pub(crate) fn is_generated(&self) -> bool {
        self.is_generated
    }

    /// A script that is not in a file.
    pub fn from_text(name: impl Into<String>, text: impl Into<String>) -> Self {
        let mut text = text.into();
        if text.starts_with("#!") {
            // The system's line, not the script's; columns stay as they are.
            text.replace_range(..2, "//");
            // `///` would be the documentation of a function.
            if text[2..].starts_with(['/', '!']) {
                text.replace_range(2..3, " ");
            }
        }
        Self {
            name: name.into(),
            text,
            is_generated: false,
        }
    }

    /// The same under another name, such as that of an import.
    #[must_use]
    pub(crate) fn named(self, name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            ..self
        }
    }

    /// The name errors show.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What its `//!` header says: its purpose, usage, inputs and effect.
    pub fn help(&self) -> String {
        let is_header = |line: &&str| line.starts_with("//!");
        let lines = self.text.lines().skip_while(|line| !is_header(line));
        let header = lines.map_while(|line| line.strip_prefix("//!"));
        let lines: Vec<&str> = header
            .map(|line| line.strip_prefix(' ').unwrap_or(line).trim_end())
            .collect();
        lines.join("\n")
    }
}

/// The text of a script's file as it is there, a byte order mark included.
pub fn text_of(path: &Path) -> Result<String, Failure> {
    let shown = path.display();
    let found = fs::metadata(path).map_err(|error| {
        let failure = Failure::usage(format!("script `{shown}` cannot be read: {}", why(&error)));
        match error.kind() {
            ErrorKind::NotFound if path.as_os_str() == "-" => {
                failure.hint("a script is a file; to run lines from a pipe, use `whmcsh repl`")
            }
            ErrorKind::NotFound => failure.hint(
                astray(&shown.to_string(), path)
                    .unwrap_or_else(|| "pass the path of a `.rhai` file".to_owned()),
            ),
            _ => failure,
        }
    })?;
    if found.is_dir() {
        return Err(
            Failure::usage(format!("`{shown}` is a folder, not a script"))
                .hint("pass the path of a `.rhai` file in it"),
        );
    }
    if found.len() > LARGEST {
        return Err(Failure::usage(format!(
            "`{shown}` is too large to be a script: {} MB",
            found.len() / 1_000_000
        )));
    }
    let unreadable = |error: std::io::Error| {
        Failure::usage(format!("script `{shown}` cannot be read: {}", why(&error)))
    };
    // A pipe or a device does not say how much it gives.
    let file = File::open(path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    let taken = file.take(LARGEST + 1).read_to_end(&mut bytes);
    if taken.map_err(unreadable)? as u64 > LARGEST {
        return Err(Failure::usage(format!(
            "`{shown}` is too large to be a script: more than {} MB",
            LARGEST / 1_000_000
        )));
    }
    decoded(&shown.to_string(), bytes)
}

/// Bytes as the text of a script of that name.
pub fn decoded(shown: &str, bytes: Vec<u8>) -> Result<String, Failure> {
    String::from_utf8(bytes).map_err(|error| {
        let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = 1 + String::from_utf8_lossy(valid).matches('\n').count();
        Failure::usage(format!("script `{shown}` is not UTF-8 text"))
            .at(format!(" --> {shown}:{line}"))
            .hint("save it as UTF-8")
    })
}

fn why(error: &std::io::Error) -> String {
    match error.kind() {
        ErrorKind::NotFound => "it does not exist".into(),
        ErrorKind::PermissionDenied => "permission denied".into(),
        _ => reason(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Exit;

    fn load(name: &str, bytes: &[u8]) -> Result<Script, Failure> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        Script::load(&path)
    }

    #[test]
    fn a_file_is_one_of_tests_by_its_name() {
        assert!(is_test("scripts/close_test.rhai") && is_test("_test.rhai"));
        assert!(!is_test("scripts/test.rhai") && !is_test("a_test.rhai/b.rhai"));
    }

    #[test]
    fn the_header_is_the_help() {
        let script = Script::from_text("x", "//! Onboard.\n//!  usage: x\n//!\nlet a = 1;\n//! no");
        assert_eq!(script.help(), "Onboard.\n usage: x\n");
        assert_eq!(Script::from_text("x", "let a = 1;").help(), "");
    }

    #[test]
    fn a_line_for_the_system_documents_nothing() {
        let script = Script::from_text("x", "#!/usr/bin/env whmcsh\nlet a = 1;\n");
        assert_eq!(script.text(), "// usr/bin/env whmcsh\nlet a = 1;\n");
        assert!(rhai::Engine::new().compile(script.text()).is_ok());
    }

    #[test]
    fn a_line_for_the_system_is_no_part_of_the_script() {
        let script = Script::from_text("x", "#!/usr/bin/env whmcsh\n//! Help.\n");
        assert_eq!(script.text(), "// usr/bin/env whmcsh\n//! Help.\n");
        assert_eq!(script.help(), "Help.");
    }

    #[test]
    fn what_never_ends_is_not_read_to_its_end() {
        let refused = Script::load(Path::new("/dev/zero"))
            .unwrap_err()
            .to_string();
        assert!(refused.contains("more than 16 MB"), "{refused}");
    }

    #[test]
    fn a_byte_order_mark_is_dropped() {
        let script = load("a.rhai", "\u{feff}let a = 1;".as_bytes()).unwrap();
        assert_eq!(script.text(), "let a = 1;");
    }

    #[test]
    fn a_script_that_is_not_text_is_refused_with_the_line() {
        let failure = load("a.rhai", b"let a = 1;\nlet b = \"\xff\";").unwrap_err();
        assert_eq!(failure.exit, Exit::Usage);
        assert!(failure.place.unwrap().ends_with("a.rhai:2"));
    }

    #[test]
    fn what_is_no_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let failure = Script::load(folder.path()).unwrap_err();
        assert!(failure.what.contains("is a folder"), "{failure}");
        let failure = Script::load(&folder.path().join("none.rhai")).unwrap_err();
        assert!(failure.what.contains("does not exist"), "{failure}");
        assert_eq!(failure.exit, Exit::Usage);
    }
}
