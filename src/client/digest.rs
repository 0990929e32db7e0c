//! The digest that an administrator's password is sent as.

use md5::{Digest, Md5};

/// The MD5 of a text in small hexadecimal digits.
pub(super) fn md5_hex(text: &str) -> String {
    use std::fmt::Write as _;
    Md5::digest(text.as_bytes())
        .iter()
        .fold(String::with_capacity(32), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
}
