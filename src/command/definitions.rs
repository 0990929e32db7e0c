//! `whmcsh definitions`: what editors want to know of the functions.

use std::fs;
use std::path::Path;

use super::Terminal;
use crate::error::Failure;
use crate::files::{self, Mode, reason};
use crate::script::reference::definitions;

/// Writes the `.d.rhai` files into the folder, over those that are there.
pub fn write(folder: &Path, terminal: Terminal) -> Result<(), Failure> {
    put(folder)?;
    terminal.note(&format!("wrote the definitions to {}", folder.display()));
    Ok(())
}

/// Writes them without a word.
pub(super) fn put(folder: &Path) -> Result<(), Failure> {
    let failed = |error: std::io::Error| {
        Failure::usage(format!(
            "cannot write the definitions to `{}`: {}",
            folder.display(),
            reason(&error)
        ))
    };
    fs::create_dir_all(folder).map_err(failed)?;
    for (name, text) in definitions() {
        let written = files::write(&folder.join(name), Mode::Public, text.as_bytes());
        written.map_err(failed)?;
    }
    Ok(())
}
