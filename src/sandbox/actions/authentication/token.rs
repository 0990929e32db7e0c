//! The tokens that the sandbox hands out.

use crate::sandbox::call::Call;

pub(super) const TOKEN: usize = 40;

/// A new token of 40 hexadecimal digits.
pub(super) fn token(call: &Call) -> String {
    let mut token = format!("{}{}", call.db.uuid(), call.db.uuid()).replace('-', "");
    token.truncate(TOKEN);
    token
}
