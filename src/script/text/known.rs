//! Texts of which a part will only be known in a real run.

use crate::run::plan::{has_placeholder, unmarked};
use crate::script::raise::Raised;

/// Refuses a text of which a part is planned: what it holds will only be known in a real run.
pub(super) fn known(text: &str, name: &str) -> Result<(), Raised> {
    if !has_placeholder(text) {
        return Ok(());
    }
    let what = format!(
        "`{name}` cannot read `{}`: part of it is planned and will only be known in a real run",
        unmarked(text)
    );
    Err(Raised::new("planned", what).hint("you can print it, keep it, and pass it to other calls"))
}
