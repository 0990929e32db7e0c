//! `whmcsh init`: a folder to start from.

mod recipe;

use std::fs;
use std::path::Path;

use super::{Terminal, definitions};
use crate::error::Failure;
use crate::files::{self, Mode, reason};
use crate::run::shell_word;

pub use recipe::{about, recipes};

/// The folder in it with the definitions for editors.
const DEFINITIONS: &str = ".rhai";

const FILES: [(&str, &str); 4] = [
    ("README.md", include_str!("init/README.md")),
    ("onboard.rhai", include_str!("init/onboard.rhai")),
    ("onboard_test.rhai", include_str!("init/onboard_test.rhai")),
    ("clients.csv", include_str!("init/clients.csv")),
];

/// Makes the folder with a script, its test, a CSV file for it, a README and definitions
/// for editors; a file that is already there is never overwritten.
pub fn init(folder: &Path, terminal: Terminal) -> Result<(), Failure> {
    let shown = folder.display();
    put(folder, &FILES)?;
    definitions::put(&folder.join(DEFINITIONS))?;
    terminal.note(&format!(
        "created {shown} with {} and {DEFINITIONS}",
        FILES.map(|(name, _)| name).join(", ")
    ));
    terminal.note(&format!(
        "to try it, run: cd {shown} && whmcsh run onboard.rhai clients.csv --sandbox"
    ));
    Ok(())
}

/// Writes a recipe into the folder with the data it needs; a file that is already there is
/// never overwritten.
pub fn init_recipe(recipe: &str, folder: &Path, terminal: Terminal) -> Result<(), Failure> {
    let files = recipe::files(recipe)?;
    put(folder, &files)?;
    let paths: Vec<String> = files
        .iter()
        .map(|(name, _)| folder.join(name).display().to_string())
        .collect();
    terminal.note(&format!("created {}", paths.join(", ")));
    if let Some(script) = paths.first() {
        let script = shell_word(script);
        terminal.note(&format!(
            "to see what it takes, run: whmcsh run {script} --help"
        ));
    }
    Ok(())
}

/// Writes the files, all of them new.
fn put(folder: &Path, files: &[(&str, &str)]) -> Result<(), Failure> {
    let shown = folder.display();
    for (name, _) in files {
        if folder.join(name).symlink_metadata().is_ok() {
            return Err(Failure::usage(format!("`{shown}` already has a `{name}`"))
                .hint("name a new folder, or move that file away"));
        }
    }
    let failed = |error: std::io::Error| {
        Failure::usage(format!("cannot create `{shown}`: {}", reason(&error)))
    };
    fs::create_dir_all(folder).map_err(failed)?;
    for (name, text) in files {
        let path = folder.join(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(failed)?;
        }
        files::write_new(&path, Mode::Public, text.as_bytes()).map_err(failed)?;
    }
    Ok(())
}
