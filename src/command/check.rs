//! `whmcsh check`: look for mistakes in scripts without running them.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::Terminal;
use super::execution::host::files;
use crate::error::{Exit, Failure};
use crate::script::Script;

/// Shows everything that is wrong with the scripts, all of it in one pass.
pub fn check(
    scripts: &[PathBuf],
    allow_unknown: bool,
    json: bool,
    terminal: Terminal,
) -> Result<(), Failure> {
    let mut found = 0;
    let mut listed = Vec::new();
    for path in scripts {
        let script = Script::load(path)?;
        for finding in script.check(files(path.parent(), &[])?, allow_unknown) {
            if json {
                listed.push(as_json(&finding));
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
        (0, 1) => terminal.note("nothing wrong was found"),
        (0, several) => terminal.note(&format!("nothing wrong was found in {several} scripts")),
        (1, _) => {
            return Err(Failure::new(
                Exit::Script,
                "1 mistake was found; nothing was sent",
            ));
        }
        (some, _) => {
            return Err(Failure::new(
                Exit::Script,
                format!("{some} mistakes were found; nothing was sent"),
            ));
        }
    }
    Ok(())
}

/// What is wrong, where (`script.rhai:12:9`), and what to do about it.
fn as_json(finding: &Failure) -> Value {
    let place = finding.place.as_deref().unwrap_or_default();
    let at = place.lines().next().map(str::trim_start);
    json!({
        "what": finding.what,
        "at": at.and_then(|line| line.strip_prefix("--> ")),
        "hint": finding.hint,
    })
}
