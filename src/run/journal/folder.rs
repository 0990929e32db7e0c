//! The folder of a run, and the name it is known by.
//!
//! Folders are the user's own (mode 0700), for what they hold is customers' data.

use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::JournalError;
use crate::files::reason;
use crate::unix;

/// The file beside the journal that holds the run's key, from which its passwords are
/// drawn.
pub const KEY: &str = "key";

/// The longest part of a run's name that comes from its script, in bytes.
const LONGEST: usize = 60;

/// Makes the folder of a new run among the others, and names the run.
///
/// The name is the day (such as `2026-11-23`) and the script's; a run that would
/// have the name of another gets `-2`, `-3` and so on behind it.
pub fn new_folder(
    runs: &Path,
    day: &str,
    script: &Path,
) -> Result<(String, PathBuf), JournalError> {
    let failed = |error: io::Error| not_kept(runs, &error);
    make(runs, true).map_err(failed)?;
    let name = format!("{day}-{}", plain_name(script));
    let mut number = 1_u32;
    loop {
        let id = match number {
            1 => name.clone(),
            _ => format!("{name}-{number}"),
        };
        let folder = runs.join(&id);
        // Whoever makes the folder has the name: two runs may start at once.
        match make(&folder, false) {
            Ok(()) => return Ok((id, folder)),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => number += 1,
            Err(error) => return Err(failed(error)),
        }
    }
}

/// Whether a folder has the name of a run of that script.
pub fn is_named_for(folder: &Path, script: &Path) -> bool {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    // The day comes first.
    let rest = name.splitn(4, '-').nth(3).unwrap_or_default();
    let number = rest.strip_prefix(&plain_name(script));
    number.is_some_and(|number| {
        let digits = number.strip_prefix('-').unwrap_or("1");
        number.is_empty()
            || digits.len() < number.len() && digits.bytes().all(|b| b.is_ascii_digit())
    })
}

fn not_kept(runs: &Path, error: &io::Error) -> JournalError {
    match error.kind() {
        ErrorKind::StorageFull => JournalError::Full(runs.to_owned()),
        _ => JournalError::NotKept {
            runs: runs.to_owned(),
            why: reason(error),
        },
    }
}

/// Whether that file is there. One that nobody can look at counts: whoever opens it is told
/// why, where one that is not there would be passed over.
pub(super) fn has(file: &Path) -> bool {
    match fs::metadata(file) {
        Ok(found) => found.is_file(),
        Err(error) => !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory),
    }
}

/// Makes a folder of the user's own; with its parents, it may be there already.
pub(super) fn make(folder: &Path, with_parents: bool) -> io::Result<()> {
    if with_parents {
        unix::make_private_folders(folder)
    } else {
        unix::make_private_folder(folder)
    }
}

/// Keeps other processes from beginning runs by name in that folder, as long as it is held;
/// nothing where one of them does.
pub fn lock_names(runs: &Path) -> Result<Option<File>, JournalError> {
    let lock = || {
        make(runs, true)?;
        let folder = File::open(runs)?;
        match folder.try_lock() {
            Ok(()) => Ok(Some(folder)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    };
    lock().map_err(|error: io::Error| not_kept(runs, &error))
}

/// Removes the folder of a run, which is none any more from the first moment on.
pub(super) fn remove(folder: &Path) -> io::Result<u64> {
    let bytes = size(folder)?;
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let gone = folder.with_file_name(format!(".{name}.removed"));
    if gone.exists() {
        // Left by a removal that was cut short, of an earlier run of that name.
        fs::remove_dir_all(&gone)?;
    }
    fs::rename(folder, &gone)?;
    fs::remove_dir_all(&gone)?;
    Ok(bytes)
}

/// How many bytes the files of a run have.
pub fn size(folder: &Path) -> io::Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder)? {
        let found = entry?.metadata()?;
        bytes += if found.is_file() { found.len() } else { 0 };
    }
    Ok(bytes)
}

/// The script's name without its ending, in letters no shell minds.
fn plain_name(script: &Path) -> String {
    let stem = script.file_stem().unwrap_or_default().to_string_lossy();
    let mut name = String::new();
    for letter in stem.chars() {
        let is_kept = letter.is_alphanumeric() || letter == '-';
        let letter = if is_kept { letter } else { '_' };
        if name.len() + letter.len_utf8() > LONGEST {
            break;
        }
        name.push(letter);
    }
    if name.is_empty() { "run".into() } else { name }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn new(runs: &Path, script: &str) -> String {
        let (id, folder) = new_folder(runs, "2026-11-23", Path::new(script)).unwrap();
        assert_eq!(folder, runs.join(&id));
        id
    }

    #[test]
    fn a_run_is_named_for_its_day_and_its_script() {
        let runs = tempfile::tempdir().unwrap();
        let name = |script| new(runs.path(), script);
        assert_eq!(
            name("scripts/onboard_clients.rhai"),
            "2026-11-23-onboard_clients"
        );
        assert_eq!(name("../my script; rm.rhai"), "2026-11-23-my_script__rm");
        assert_eq!(name(".."), "2026-11-23-run");
        assert_eq!(name("Kunden löschen.rhai"), "2026-11-23-Kunden_löschen");
    }

    #[test]
    fn the_second_run_of_a_day_gets_a_number() {
        let runs = tempfile::tempdir().unwrap();
        let names = [(); 3].map(|()| new(runs.path(), "a.rhai"));
        assert_eq!(names, ["2026-11-23-a", "2026-11-23-a-2", "2026-11-23-a-3"]);
    }

    #[test]
    fn the_name_of_a_folder_tells_the_script() {
        let is_for = |name: &str| is_named_for(Path::new(name), Path::new("x/a-b.rhai"));
        assert!(is_for("/runs/2026-11-23-a-b") && is_for("2026-11-23-a-b-12"));
        for other in [
            "2026-11-23-a",
            "2026-11-23-a-bc",
            "2026-11-23-a-b-c",
            "a-b",
            "",
        ] {
            assert!(!is_for(other), "{other}");
        }
    }

    #[test]
    fn one_process_at_a_time_begins_runs_by_name() {
        let runs = tempfile::tempdir().unwrap();
        let held = lock_names(runs.path()).unwrap();
        assert!(held.is_some());
        assert!(lock_names(runs.path()).unwrap().is_none());
        drop(held);
        assert!(lock_names(runs.path()).unwrap().is_some());
    }

    #[test]
    fn only_the_user_may_look_into_a_run() {
        let state = tempfile::tempdir().unwrap();
        let runs = state.path().join("deep/runs");
        let id = new(&runs, "a.rhai");
        for folder in [&runs, &runs.join(id)] {
            let mode = folder.metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o700);
        }
    }

    #[test]
    fn a_run_is_removed_whatever_an_earlier_removal_left() {
        let runs = tempfile::tempdir().unwrap();
        let folder = runs.path().join(new(runs.path(), "a.rhai"));
        fs::write(folder.join("results.csv"), "12345").unwrap();
        let left = runs.path().join(".2026-11-23-a.removed");
        fs::create_dir(&left).unwrap();
        fs::write(left.join("results.csv"), "").unwrap();
        assert_eq!(remove(&folder).unwrap(), 5);
        assert_eq!(fs::read_dir(runs.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_state_folder_that_cannot_be_made_is_told() {
        let state = tempfile::tempdir().unwrap();
        let file = state.path().join("runs");
        std::fs::write(&file, "").unwrap();
        let error = new_folder(&file, "2026-11-23", Path::new("a.rhai")).unwrap_err();
        assert!(matches!(error, JournalError::NotKept { .. }), "{error}");
    }
}
