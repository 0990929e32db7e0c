//! What is left of named runs that were removed: that there was one, and what it came to.
//!
//! A scheduler knows nothing but a command line, and may give it again after the run was
//! removed: begun once more, every row would be done twice. So the name of a run that wrote
//! anything stays taken until its user says otherwise.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::names::{Listed, unreadable};
use crate::config::runs_folder;
use crate::error::Failure;
use crate::files::{self, Mode};
use crate::run::{Part, kind_in_names};

/// The folder of what is left, among those of the runs; hidden, it is no run.
const FOLDER: &str = ".pruned";

/// What stands between a name and its part in the name of a file; no name has it.
const PART: char = '@';

/// What is left of one run.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default)]
struct Pruned {
    /// Its id.
    run: String,
    /// What its script was called.
    script: String,
    /// The SHA-256 of the script, in hexadecimal.
    script_hash: String,
    /// How far it came, in a word.
    state: String,
    /// When it came to its end, if that is known.
    ended: Option<String>,
    /// How many rows were done.
    rows: u64,
    /// How many writes were applied or may have been.
    writes: u64,
}

/// Keeps what is left of a named run that is about to be removed; whether its name stays
/// taken. One that wrote nothing leaves nothing.
pub fn keep(name: &str, run: &Listed) -> Result<bool, Failure> {
    let mut left = Pruned {
        run: run.name.clone(),
        state: run.state().to_owned(),
        ..Pruned::default()
    };
    let mut part = Part::Whole;
    // Of a run that nobody can read, nobody knows that it wrote nothing.
    if let Ok((reading, counts)) = &run.told {
        left.writes = counts.writes + counts.writes_in_doubt;
        if left.writes == 0 {
            return Ok(false);
        }
        let head = reading.head();
        left.script = head.script();
        left.script_hash.clone_from(&head.script_hash);
        left.ended = reading.ended().map(str::to_owned);
        left.rows = counts.done;
        part = head.invocation.part();
    }
    let folder = runs_folder()?.join(FOLDER);
    let text = serde_json::to_string_pretty(&left).unwrap_or_default();
    let written = fs::create_dir_all(&folder).and_then(|()| {
        files::write(
            &folder.join(file(name, &part)),
            Mode::Private,
            text.as_bytes(),
        )
    });
    written.map_err(|error| {
        Failure::usage(format!(
            "run `{}` was not removed: cannot record in `{}` that its name `{name}` is taken: {}",
            run.name,
            folder.display(),
            files::reason(&error)
        ))
    })?;
    Ok(true)
}

/// Refuses a name that a removed run had: the same part of it, or one of another kind.
pub fn refuse(name: &str, part: &Part) -> Result<(), Failure> {
    let left = left_of(&runs_folder()?.join(FOLDER), name)?;
    match left.into_iter().find(|path| is_taken(path, name, part)) {
        Some(path) => Err(taken(name, &path)),
        None => Ok(()),
    }
}

/// Whether the file of a name takes it from that part: its own, or one of another number of
/// shards, or of servers where this is none.
pub(super) fn is_taken(path: &Path, name: &str, part: &Part) -> bool {
    let theirs = path.file_name().unwrap_or_default().to_string_lossy();
    let own = part.in_names();
    let their_part = theirs.split_once(PART).map(|(_, part)| part);
    let is_of_others = kind_in_names(their_part) != kind_in_names(own.as_deref());
    theirs == file(name, part).as_str() || is_of_others
}

/// Lets go of a name that removed runs had, of all its parts; how many there were.
pub fn forget(name: &str) -> Result<usize, Failure> {
    let left = left_of(&runs_folder()?.join(FOLDER), name)?;
    for path in &left {
        fs::remove_file(path).map_err(|error| {
            let (path, why) = (path.display(), files::reason(&error));
            Failure::usage(format!("cannot remove `{path}`: {why}"))
        })?;
    }
    Ok(left.len())
}

/// The files of that name in a folder of what is known of names.
pub(super) fn left_of(folder: &Path, name: &str) -> Result<Vec<PathBuf>, Failure> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries.collect::<io::Result<Vec<_>>>(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => Err(error),
    };
    let entries = entries.map_err(|error| unreadable(folder, &error))?;
    let is_its = |path: &PathBuf| {
        let file = path.file_name().unwrap_or_default().to_string_lossy();
        file.split(PART).next() == Some(name)
    };
    let paths = entries.into_iter().map(|entry| entry.path());
    Ok(paths.filter(is_its).collect())
}

pub(super) fn file(name: &str, part: &Part) -> String {
    match part.in_names() {
        None => name.to_owned(),
        Some(part) => format!("{name}{PART}{part}"),
    }
}

fn taken(name: &str, path: &Path) -> Failure {
    let text = fs::read_to_string(path).unwrap_or_default();
    // Whatever became of the file: that it is there says enough.
    let left: Pruned = serde_json::from_str(&text).unwrap_or_default();
    let mut came_to = vec![left.script, left.state];
    came_to.extend(left.ended.map(|ended| format!("ended {ended}")));
    came_to.push(format!("rows done: {}, writes: {}", left.rows, left.writes));
    came_to.retain(|word| !word.is_empty());
    let what = format!(
        "the name `{name}` belonged to run `{}` ({}), which `runs prune` removed: a new run would \
         do its rows twice; nothing was sent",
        left.run,
        came_to.join(", ")
    );
    Failure::usage(what).hint(format!(
        "{}; to do all rows again, free the name first: whmcsh runs prune --forget {name}",
        other_name(name)
    ))
}

/// What to do where the name is taken.
pub fn other_name(name: &str) -> String {
    format!("use another name, such as `--name {name}-$(date +%Y-%m)`")
}
