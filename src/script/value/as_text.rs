//! Text that is meant as text.

use std::fmt;

use rhai::ImmutableString;

/// A text that is compared as text, whatever it looks like. It is a type of its own, since
/// Rhai drops what marks a text wherever it is kept in a variable.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct AsText(pub ImmutableString);

impl fmt::Display for AsText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
