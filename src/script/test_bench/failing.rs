//! What goes wrong on a bench.

use crate::error::Failure;
use crate::script::raise::Raised;

/// What went wrong on the bench, as a script sees it.
pub(super) fn raised(failure: Failure) -> Raised {
    let raised = Raised::new("test", failure.what);
    failure.hint.into_iter().fold(raised, Raised::hint)
}
