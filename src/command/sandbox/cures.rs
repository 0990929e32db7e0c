//! What to do about a database that a sandbox cannot use.

use crate::sandbox::{DbFileError, StoreError};

/// The hint.
pub(super) fn way_out(cause: &StoreError) -> &'static str {
    match cause {
        StoreError::NotNew => {
            "leave `--clients` out, and `--load`, to use the data in it, or name a new file with `--db`"
        }
        StoreError::File(DbFileError::InUse(_)) => {
            "call the sandbox that is running, or stop it first; or serve a copy of the file"
        }
        _ => "name another file with `--db`; a new one is created and filled",
    }
}
