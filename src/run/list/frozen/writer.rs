//! Writes a list into a file that is known to be whole when it is read.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::{End, FrozenHead, Marked};
use crate::run::plan::bound::hex;

/// A list on its way into a file.
pub struct Writer<W> {
    out: W,
    digest: Sha256,
    records: u64,
}

impl<W: Write> Writer<W> {
    /// Begins with the head.
    pub fn begin(out: W, head: &FrozenHead) -> io::Result<Self> {
        let mut writer = Self {
            out,
            digest: Sha256::new(),
            records: 0,
        };
        writer.line(&Marked { frozen: head })?;
        Ok(writer)
    }

    /// Adds a record.
    pub fn put(&mut self, record: &Value) -> io::Result<()> {
        self.records += 1;
        self.line(record)
    }

    /// How many records there are so far.
    pub const fn records(&self) -> u64 {
        self.records
    }

    /// Says that the list is whole, and gives what it was written to.
    pub fn finish(mut self) -> io::Result<W> {
        let frozen = End {
            records: self.records,
            sha256: hex(&self.digest.clone().finalize()),
        };
        self.line(&Marked { frozen })?;
        Ok(self.out)
    }

    fn line(&mut self, value: &impl Serialize) -> io::Result<()> {
        let mut line = serde_json::to_vec(value)?;
        line.push(b'\n');
        self.digest.update(&line);
        self.out.write_all(&line)
    }
}
