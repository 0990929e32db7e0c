//! The refusal to go on with one of several folders that hold the same run.

use std::path::Path;

use super::names;
use crate::error::Failure;
use crate::run::journal::{self, GoesOn};

/// Refuses a run that goes on in another folder: what was done there would be done again.
pub fn refuse_second(folder: &Path) -> Result<(), Failure> {
    let found = journal::goes_on(folder).map_err(|error| names::failed(&error))?;
    let Some(goes_on) = found else {
        return Ok(());
    };
    let name = |folder: &Path| {
        let name = folder.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    };
    let own = name(folder);
    let (other, what) = match &goes_on {
        GoesOn::InOriginal(original) => {
            let what = format!(
                "`{own}` is a copy of run `{}`, which is here",
                name(original)
            );
            (original, what)
        }
        GoesOn::InCopy(copy) => {
            let what = format!("`{}`, a copy of run `{own}`, was taken over", name(copy));
            (copy, what)
        }
    };
    let head = journal::read_head(other).map_err(|error| names::failed(&error))?;
    let resume = names::resume_of(other, &head);
    Err(Failure::usage(format!(
        "{what}: both would do the same writes; nothing was sent"
    ))
    .hint(format!(
        "resume that run: {resume}; if that is impossible, move `{}` away first",
        other.display()
    )))
}
