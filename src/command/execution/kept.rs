//! What is kept beside a run's journal, for when that is lost or cannot be read: the name its
//! user gave the run, and the plan it carries out.
//!
//! Each is kept twice, in a file of its own and in the note of the lock, so that it outlasts
//! the loss of either.

use std::fs;
use std::io;
use std::path::Path;

use crate::files::{self, Mode};
use crate::run::journal;

/// The file that has the name.
pub(super) const NAME: &str = "name";
/// The file that has the digest of the plan.
pub(super) const PLAN: &str = "plan";

/// Keeps the name a user gave a run and the digest of the plan it carries out, before it has
/// a journal, and again where one of them is missing.
pub fn keep(folder: &Path, name: Option<&str>, plan: Option<&str>) -> io::Result<()> {
    let note = note(name, plan);
    if !note.is_empty() && journal::note_of(folder).as_ref() != Some(&note) {
        journal::keep_note(folder, &note)?;
    }
    for (file, text) in [(NAME, name), (PLAN, plan)] {
        let Some(text) = text else { continue };
        match files::write_new(&folder.join(file), Mode::Private, text.as_bytes()) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            kept => kept?,
        }
    }
    Ok(())
}

/// The name, which has no line break, and on a line of its own the plan.
fn note(name: Option<&str>, plan: Option<&str>) -> String {
    let plan = plan.map_or_else(String::new, |plan| format!("\n{plan}"));
    format!("{}{plan}", name.unwrap_or_default())
}

/// The line of the note that has the name, or the one that has the plan.
fn noted(folder: &Path, file: &str) -> Option<String> {
    let note = journal::note_of(folder)?;
    let line = note.split('\n').nth(usize::from(file == PLAN))?;
    (!line.is_empty()).then(|| line.to_owned())
}

/// The name that a user gave the run in that folder, whatever became of its journal or of
/// one of the two files that have it.
pub fn name_kept(folder: &Path) -> Option<String> {
    let own = fs::read_to_string(folder.join(NAME)).ok();
    let own = own.filter(|name| !name.is_empty());
    own.or_else(|| noted(folder, NAME))
}

/// Whether the run in that folder, whose journal nobody can read, may have that name.
pub fn may_have_name(folder: &Path, name: &str) -> bool {
    may_have(folder, NAME, name)
}

/// Whether the run in that folder, whose journal nobody can read, may carry out that plan. One
/// of a version that kept no plan is not in the way.
pub fn may_have_plan(folder: &Path, digest: &str) -> bool {
    may_have(folder, PLAN, digest)
}

fn may_have(folder: &Path, file: &str, text: &str) -> bool {
    match fs::read_to_string(folder.join(file)) {
        // Emptied, as a disk may that lost power.
        Ok(kept) if kept.is_empty() => noted(folder, file).is_some_and(|kept| kept == text),
        Ok(kept) => kept == text,
        Err(error) if is_missing(&error) => noted(folder, file).is_some_and(|kept| kept == text),
        Err(_) => true,
    }
}

/// Whether a file is simply not there.
pub(super) fn is_missing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_and_a_plan_outlast_the_loss_of_either_file() {
        for lost in [[NAME, PLAN].as_slice(), &["journal.lock"], &[]] {
            let folder = tempfile::tempdir().unwrap();
            let folder = folder.path();
            keep(folder, Some("nightly"), Some("d1")).unwrap();
            for file in lost {
                fs::remove_file(folder.join(file)).unwrap();
            }
            assert_eq!(name_kept(folder).as_deref(), Some("nightly"), "{lost:?}");
            assert!(may_have_plan(folder, "d1"), "{lost:?}");
            assert!(!may_have_plan(folder, "d2") && !may_have_name(folder, "other"));
            keep(folder, Some("nightly"), Some("d1")).unwrap();
            assert_eq!(journal::note_of(folder).as_deref(), Some("nightly\nd1"));
        }
    }

    #[test]
    fn a_note_of_the_name_alone_tells_of_no_plan_and_the_other_way_round() {
        let folder = tempfile::tempdir().unwrap();
        journal::keep_note(folder.path(), "nightly").unwrap();
        assert!(!may_have_plan(folder.path(), "nightly") && !may_have_plan(folder.path(), ""));
        assert_eq!(name_kept(folder.path()).as_deref(), Some("nightly"));
        let folder = tempfile::tempdir().unwrap();
        keep(folder.path(), None, Some("d1")).unwrap();
        assert_eq!(name_kept(folder.path()), None);
        assert!(may_have_plan(folder.path(), "d1") && !may_have_name(folder.path(), ""));
    }
}
