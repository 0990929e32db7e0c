//! `whmcsh init`: a folder to start from.

use std::fs;
use std::path::Path;

use super::{Terminal, definitions};
use crate::error::Failure;
use crate::files::{self, Mode, reason};

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
    for (name, _) in FILES {
        if folder.join(name).exists() {
            return Err(Failure::usage(format!("`{shown}` already has a `{name}`"))
                .hint("name a new folder, or move that file away"));
        }
    }
    let failed = |error: std::io::Error| {
        Failure::usage(format!("cannot create `{shown}`: {}", reason(&error)))
    };
    fs::create_dir_all(folder).map_err(failed)?;
    for (name, text) in FILES {
        let written = files::write_new(&folder.join(name), Mode::Public, text.as_bytes());
        written.map_err(failed)?;
    }
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
