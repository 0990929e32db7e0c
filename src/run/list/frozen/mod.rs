//! Lists in files: rows that stand still while runs change the server they are from.
//!
//! A file has a record a line, as JSON. A frozen one has two lines more: the first says of
//! which server's list it is and since when, the last how many records there are, and the
//! checksum of all lines before it, so that a file that was cut or edited is known. Without
//! these two lines it is what `whmcsh call … --output ndjson` prints, and nobody can tell
//! whether it is whole.

mod numbers;
mod once;
mod reader;
mod writer;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use numbers::{exact_decimal, with_exact_decimals};
pub use reader::{Fault, Reader};
pub use writer::Writer;

/// The version of the format.
const FORMAT: u32 = 1;

/// What the first line of a frozen file says.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct FrozenHead {
    /// The version of the format.
    pub format: u32,
    /// The server's host and path.
    pub server: String,
    /// The action that gives the list, where all records are of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list: Option<String>,
    /// When the list was read, as RFC 3339 writes it.
    at: String,
}

impl FrozenHead {
    /// The head of a list of that server, read then.
    pub fn new(server: String, list: Option<&str>, at: Timestamp) -> Self {
        Self {
            format: FORMAT,
            server,
            list: list.map(str::to_owned),
            at: at.to_string(),
        }
    }

    /// When the list was read.
    pub fn at(&self) -> Option<Timestamp> {
        self.at.parse().ok()
    }
}

/// What the last line says.
#[derive(Debug, Deserialize, Serialize)]
struct End {
    /// How many records there are.
    records: u64,
    /// The SHA-256 of all lines before, in hexadecimal digits.
    sha256: String,
}

/// A line that is no record: its one key is no field of WHMCS's.
#[derive(Deserialize, Serialize)]
struct Marked<T> {
    #[serde(rename = "_frozen")]
    frozen: T,
}

#[cfg(test)]
mod tests;
