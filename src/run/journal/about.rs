//! Whom or what a write is about, as the catalog says it: a client, an invoice, a domain.

use sha2::{Digest as _, Sha256};

use crate::catalog;
use crate::client::Params;

/// A mark of an action and of what a write is about, the same in every process; nothing where
/// the catalog does not say it.
pub(super) fn mark_about(action: &str, params: &Params) -> Option<u64> {
    let about = about(action, params).filter(|about| !about.is_empty())?;
    let digest = Sha256::digest(format!("{}\n{about}", action.to_ascii_lowercase()));
    Some(
        digest
            .iter()
            .take(8)
            .fold(0, |mark, byte| mark << 8 | u64::from(*byte)),
    )
}

/// The values that say whom or what a write is about; nothing where the catalog does not
/// know the action.
pub(super) fn about(action: &str, params: &Params) -> Option<String> {
    let action = catalog::action(action)?;
    let mut about = String::new();
    for name in action.about {
        let value = params
            .iter()
            .find(|(given, _)| given.eq_ignore_ascii_case(name));
        let Some((_, value)) = value.filter(|(_, value)| !value.is_null()) else {
            continue;
        };
        about.push_str(name);
        about.push('=');
        about.push_str(&catalog::comparable(action, name, value));
        about.push('\n');
    }
    Some(about)
}
