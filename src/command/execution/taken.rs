//! The names that runs were begun by, kept beside the folder of all runs: so that the name of a
//! run whose folder somebody removed is not begun once more.

use std::fs;
use std::io;
use std::path::PathBuf;

use super::pruned::{file, is_taken, left_of, other_name};
use crate::config::state_folder;
use crate::error::Failure;
use crate::files::{self, Mode, reason};
use crate::run::Part;
use crate::unix::make_private_folders;

/// The folder of the names; each is a file with the run's id.
const FOLDER: &str = "names";

/// Keeps that the run has the name, before it sends anything.
pub fn keep(name: &str, part: &Part, run: &str) -> Result<(), Failure> {
    let path = folder()?.join(file(name, part));
    if fs::read_to_string(&path).is_ok_and(|kept| kept == run) {
        return Ok(());
    }
    let written = make_private_folders(&folder()?)
        .and_then(|()| files::write(&path, Mode::Private, run.as_bytes()));
    written.map_err(|error| {
        let (path, why) = (path.display(), reason(&error));
        Failure::usage(format!(
            "cannot keep the name `{name}` in `{path}`: {why}; nothing was sent"
        ))
        .hint("make the folder writable, or set `WHMCSH_STATE` to another folder")
    })
}

/// Refuses a name by which a run was begun that is not there any more.
pub fn refuse(name: &str, part: &Part) -> Result<(), Failure> {
    let left = left_of(&folder()?, name)?;
    let Some(path) = left.into_iter().find(|path| is_taken(path, name, part)) else {
        return Ok(());
    };
    let run = fs::read_to_string(path).unwrap_or_default();
    let what = format!(
        "the name `{name}` belongs to run `{run}`, whose folder is gone: a new run would do its \
         rows twice; nothing was sent"
    );
    Err(Failure::usage(what).hint(format!(
        "put the folder back; for other work, {}; to do all rows again, check on the server what \
         the run did, then free the name: whmcsh runs prune --forget {name}",
        other_name(name)
    )))
}

/// Lets go of a name, of all its parts; how many there were.
pub fn forget(name: &str) -> Result<usize, Failure> {
    let left = left_of(&folder()?, name)?;
    for path in &left {
        remove(path)?;
    }
    Ok(left.len())
}

/// Lets go of the name of one run that is removed on purpose.
pub fn release(name: &str, run: &str) -> Result<(), Failure> {
    let its = left_of(&folder()?, name)?.into_iter();
    let mut its = its.filter(|path| fs::read_to_string(path).is_ok_and(|kept| kept == run));
    its.try_for_each(|path| remove(&path))
}

fn remove(path: &PathBuf) -> Result<(), Failure> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            let (path, why) = (path.display(), reason(&error));
            Err(Failure::usage(format!("cannot remove `{path}`: {why}")))
        }
        _ => Ok(()),
    }
}

fn folder() -> Result<PathBuf, Failure> {
    Ok(state_folder()?.join(FOLDER))
}
