//! `whmcsh check`: look for mistakes in scripts without running them.

use std::path::{Path, PathBuf};
use std::{fs, io};

use serde_json::{Value, json};

use super::Terminal;
use super::execution::host::files;
use crate::error::{Exit, Failure};
use crate::run::Allowed;
use crate::script::Script;

/// The scripts in a folder and those below it, by name; links are not followed.
pub fn scripts_under(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let unreadable = |error: io::Error| {
            Failure::usage(format!("cannot read `{}`: {error}", folder.display()))
        };
        for entry in fs::read_dir(&folder).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let kind = entry.file_type().map_err(unreadable)?;
            let path = entry.path();
            if kind.is_dir() {
                folders.push(path);
            } else if kind.is_file() && path.extension().is_some_and(|ending| ending == "rhai") {
                found.push(path);
            }
        }
    }
    if found.is_empty() {
        return Err(Failure::usage(format!(
            "there is no script in `{}`",
            folder.display()
        )));
    }
    found.sort();
    Ok(found)
}

/// Shows everything that is wrong with the scripts, all of it in one pass.
pub fn check(
    scripts: &[PathBuf],
    allowed: &Allowed,
    json: bool,
    terminal: Terminal,
) -> Result<(), Failure> {
    let mut found = 0;
    let mut listed = Vec::new();
    for path in scripts {
        let script = Script::load(path)?;
        let checked = script.checked(files(path.parent(), &[])?, allowed.clone());
        for warning in &checked.warnings {
            if json {
                listed.push(as_json(warning, "warning"));
            } else {
                let shown = warning.to_string();
                let shown = shown.strip_prefix("error: ").unwrap_or(&shown);
                terminal.note(&format!("warning: {shown}\n"));
            }
        }
        for finding in &checked.mistakes {
            if json {
                listed.push(as_json(finding, "error"));
            } else {
                terminal.alert(&format!("{finding}\n"));
            }
            found += 1;
        }
    }
    if json {
        terminal.data(&format!("{:#}", Value::from(listed)));
    }
    match (found, scripts.len()) {
        (0, _) if json => {}
        (0, 1) => terminal.note("no problems found"),
        (0, several) => terminal.note(&format!("no problems found in {several} scripts")),
        (1, _) => {
            return Err(Failure::new(
                Exit::Script,
                "1 problem was found; nothing was sent",
            ));
        }
        (some, _) => {
            return Err(Failure::new(
                Exit::Script,
                format!("{some} problems were found; nothing was sent"),
            ));
        }
    }
    Ok(())
}

/// What is wrong, where (`script.rhai:12:9`), and what to do about it.
fn as_json(finding: &Failure, severity: &str) -> Value {
    let place = finding.place.as_deref().unwrap_or_default();
    let at = place.lines().next().map(str::trim_start);
    json!({
        "what": finding.what,
        "at": at.and_then(|line| line.strip_prefix("--> ")),
        "hint": finding.hint,
        "severity": severity,
    })
}
