//! `whmcsh check`: look for mistakes in scripts without running them.

mod forms;

use std::path::{Path, PathBuf};
use std::{fs, io};

use super::Terminal;
use super::execution::host::files;
use crate::error::{Exit, Failure};
use crate::run::Allowed;
use crate::script::{Reported, Script};
use forms::{Found, Severity};

/// The scripts in a folder and those below it, by name; links are not followed, and hidden
/// folders and definitions for editors are left out.
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
            let name = entry.file_name();
            let name = name.to_string_lossy();
            let is_script = name.ends_with(".rhai") && !name.ends_with(".d.rhai");
            if kind.is_dir() && !name.starts_with('.') {
                folders.push(path);
            } else if kind.is_file() && is_script {
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

/// How what was found is shown.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Form {
    /// For people, on standard error.
    #[default]
    Text,
    /// A JSON array.
    Json,
    /// Commands that GitHub's workflows make annotations of.
    Github,
    /// SARIF 2.1.0.
    Sarif,
}

/// Shows everything that is wrong with the scripts, all of it in one pass.
pub fn check(
    scripts: &[PathBuf],
    allowed: &Allowed,
    form: Form,
    terminal: Terminal,
) -> Result<(), Failure> {
    let mut found = Vec::new();
    let mut unread: Option<Failure> = None;
    let mut paths: Vec<PathBuf> = Vec::new();
    // The last one ends the command, and the others are checked all the same.
    let mut miss = |path: &Path, failure: Failure, found: &mut Vec<Found>| {
        if let Some(before) = unread.replace(failure.clone()) {
            terminal.alert(&format!("{before}\n"));
        }
        let file = path.display().to_string();
        found.push((Severity::Error, Reported::unread(&file, failure)));
    };
    for path in scripts {
        match path.is_dir().then(|| scripts_under(path)) {
            None => paths.push(path.clone()),
            Some(Ok(below)) => paths.extend(below),
            Some(Err(failure)) => miss(path, failure, &mut found),
        }
    }
    for path in &paths {
        let script = match Script::load(path) {
            Ok(script) => script,
            Err(failure) => {
                miss(path, failure, &mut found);
                continue;
            }
        };
        let checked = script.checked(files(path.parent(), &[])?, allowed.clone());
        let warnings = checked.warnings.into_iter();
        let mistakes = checked.mistakes.into_iter();
        let of_script = warnings
            .map(|warning| (Severity::Warning, warning))
            .chain(mistakes.map(|mistake| (Severity::Error, mistake)));
        let of_script: Vec<Found> = of_script.collect();
        if form == Form::Text {
            tell(&of_script, terminal);
        }
        found.extend(of_script);
    }
    let result = verdict(&found, unread, paths.len(), form, terminal);
    match form {
        Form::Text => {}
        Form::Json => terminal.data(&format!("{:#}", forms::json(&found, paths.len(), &result))),
        Form::Github if found.is_empty() => {}
        Form::Github => terminal.data(&forms::github(&found)),
        Form::Sarif => terminal.data(&format!("{:#}", forms::sarif(&found))),
    }
    result
}

/// How the check ended: with the last script that could not be read, or with the number of
/// mistakes.
fn verdict(
    found: &[Found],
    unread: Option<Failure>,
    scripts: usize,
    form: Form,
    terminal: Terminal,
) -> Result<(), Failure> {
    if let Some(failure) = unread {
        return Err(failure);
    }
    let is_mistake = |(severity, _): &&Found| *severity == Severity::Error;
    match (found.iter().filter(is_mistake).count(), scripts) {
        (0, _) if form != Form::Text => {}
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

/// Shows people what was found in a script.
fn tell(found: &[Found], terminal: Terminal) {
    for (severity, reported) in found {
        let shown = reported.failure.to_string();
        match severity {
            Severity::Warning => {
                let shown = shown.strip_prefix("error: ").unwrap_or(&shown);
                terminal.note(&format!("warning: {shown}\n"));
            }
            Severity::Error => terminal.alert(&format!("{shown}\n")),
        }
    }
}
