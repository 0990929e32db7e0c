//! `whmcsh fmt`: scripts in the form all scripts have.

mod diff;

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::Terminal;
use super::check::scripts_under;
use crate::error::{Exit, Failure};
use crate::files::{self, reason};
use crate::script::format::{Formatted, WouldChange, format};
use crate::script::{decoded, text_of};

/// What is done with a script that is not in its form.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum FormatMode {
    /// It is written anew.
    Write,
    /// It is named.
    Check,
    /// What would change is shown.
    Diff,
}

/// What became of the scripts.
#[derive(Default)]
struct Tally {
    /// Those that are, or would be, formatted.
    changed: usize,
    /// Statements that could not be read.
    left_alone: usize,
    /// The error of a script that could not be formatted at all.
    failed: Option<Failure>,
}

/// Formats the scripts; of a folder those in it and below it, of `-` standard input.
///
/// A script that cannot be formatted is named, and the others are formatted all the same.
pub fn fmt(paths: &[PathBuf], mode: FormatMode, terminal: Terminal) -> Result<(), Failure> {
    let mut tally = Tally::default();
    let mut scripts = Vec::new();
    for path in paths {
        if path.is_dir() {
            scripts.extend(scripts_under(path)?);
        } else {
            scripts.push(path.clone());
        }
    }
    for path in &scripts {
        if let Err(failure) = tally.script(path, mode, terminal)
            && let Some(before) = tally.failed.replace(failure)
        {
            terminal.alert(&format!("{before}\n"));
        }
    }
    tally.outcome(scripts.len(), mode, terminal)
}

/// Whether a file is a script: a table or a page would be damaged.
fn is_script(path: &Path, text: &str) -> bool {
    path.extension().is_some_and(|ending| ending == "rhai") || text.starts_with("#!")
}

impl Tally {
    fn script(&mut self, path: &Path, mode: FormatMode, terminal: Terminal) -> Result<(), Failure> {
        let is_input = path == Path::new("-");
        let text = if is_input { input()? } else { text_of(path)? };
        if !is_input && !is_script(path, &text) {
            return Err(Failure::usage(format!(
                "`{}` is not a script: its name does not end with `.rhai`",
                path.display()
            ))
            .hint("rename it, or format it as standard input: `whmcsh fmt - < FILE`"));
        }
        let shown = if is_input {
            "standard input".into()
        } else {
            path.display().to_string()
        };
        let formatted = format(&text).map_err(|WouldChange| {
            Failure::new(
                Exit::Script,
                format!(
                    "cannot format `{shown}`: more than spacing would change; nothing was written"
                ),
            )
            .hint("this is a bug in whmcsh: report it with the script")
        })?;
        let Formatted {
            text: new,
            left_alone,
        } = formatted;
        for line in &left_alone {
            terminal.alert(&format!(
                "warning: the statement at {shown}:{line} has a syntax error and was not formatted"
            ));
        }
        self.left_alone += left_alone.len();
        let is_same = new == text;
        self.changed += usize::from(!is_same);
        match mode {
            FormatMode::Write if is_input => terminal.raw(new.as_bytes()),
            _ if is_same => {}
            FormatMode::Write => {
                replace(path, &new)?;
                terminal.note(&format!("formatted {shown}"));
            }
            FormatMode::Check => terminal.data(&shown),
            FormatMode::Diff => {
                terminal.data(diff::unified(&shown, &text, &new).trim_end_matches('\n'));
            }
        }
        Ok(())
    }

    fn outcome(self, all: usize, mode: FormatMode, terminal: Terminal) -> Result<(), Failure> {
        if let Some(failure) = self.failed {
            return Err(failure);
        }
        if self.left_alone > 0 {
            let what = match self.left_alone {
                1 => "1 statement has a syntax error and was not formatted".to_owned(),
                some => format!("{some} statements have syntax errors and were not formatted"),
            };
            return Err(Failure::new(Exit::Script, what).hint("`whmcsh check` shows the errors"));
        }
        let (changed, scripts) = (self.changed, if all == 1 { "script" } else { "scripts" });
        if mode != FormatMode::Write && changed > 0 {
            let be = if changed == 1 { "is" } else { "are" };
            return Err(Failure::new(
                Exit::Script,
                format!("{changed} of {all} {scripts} {be} not formatted; nothing was written"),
            )
            .hint("to format them, run `whmcsh fmt` without `--check` and `--diff`"));
        }
        if changed == 0 {
            terminal.note(&format!("{all} {scripts} already formatted"));
        }
        Ok(())
    }
}

/// The text on standard input.
fn input() -> Result<String, Failure> {
    let mut bytes = Vec::new();
    std::io::stdin().read_to_end(&mut bytes).map_err(|error| {
        Failure::usage(format!("cannot read standard input: {}", reason(&error)))
    })?;
    decoded("standard input", bytes)
}

/// Writes a script anew; one that is read-only stays, although its folder would allow it.
fn replace(path: &Path, text: &str) -> Result<(), Failure> {
    let shown = path.display();
    let is_read_only = fs::metadata(path).is_ok_and(|found| found.permissions().readonly());
    if is_read_only {
        return Err(Failure::usage(format!(
            "cannot write `{shown}`: it is read-only"
        )));
    }
    files::write(path, files::Mode::Kept, text.as_bytes())
        .map_err(|error| Failure::usage(format!("cannot write `{shown}`: {}", reason(&error))))
}
