//! Where a value is from that a script was handed: a list of the server, or a file.
//!
//! Rhai keeps the mark with copies of the value, and not with what is made of it.

use rhai::Dynamic;

/// A source of values.
#[derive(Clone, Copy)]
pub(crate) enum SourceMark {
    /// A record of a list of the server.
    List = 20_053,
    /// A record or a row of a file.
    File = 20_054,
}

impl SourceMark {
    /// The value with the mark, where it can be a key and has no other.
    pub(crate) fn put(self, mut value: Dynamic) -> Dynamic {
        if (value.is_int() || value.is_string()) && i64::from(value.tag()) == 0 {
            value.set_tag((self as i16).into());
        }
        value
    }

    /// Whether the value was read from such a source, and not changed since.
    pub(crate) fn is_on(self, value: &Dynamic) -> bool {
        i64::from(value.tag()) == self as i64
    }
}
