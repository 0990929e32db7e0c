//! What went wrong on purpose, a line of JSON for each call, so that a test can account for it.
//!
//! A line is in the file before its call is answered, cut off or, when it is late,
//! carried out. One that was to come late and did not, because an image was restored or the
//! sandbox stopped, leaves a second line. Calls that nothing happened to leave none.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use super::plan::Mishap;
use crate::sandbox::encode::ReplyMode;
use crate::sandbox::reply::Fields;

/// The file that faults are written to.
#[derive(Debug)]
pub struct FaultLog(Mutex<File>);

impl FaultLog {
    /// Opens a file to write at its end; made when it is new.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        Ok(Self(Mutex::new(file)))
    }

    /// Writes down what happens to a call, unless nothing does.
    pub fn write(&self, call: u64, action: &str, mishap: &Mishap) -> io::Result<()> {
        if mishap.rules.is_empty() {
            return Ok(());
        }
        let mut line = Fields::default()
            .with("call", i64::try_from(call).unwrap_or(i64::MAX))
            .with("action", action)
            .with("faults", mishap.rules.clone())
            .with("struck", if mishap.is_after() { "after" } else { "before" })
            .with("carried_out", mishap.carries_out());
        let late = mishap.effect_after();
        if mishap.carries_out() && !late.is_zero() {
            line.push(
                "late_ms",
                i64::try_from(late.as_millis()).unwrap_or(i64::MAX),
            );
        }
        self.put(action, &line)
    }

    /// Writes down that an action which was to come late was not carried out after all.
    pub fn write_lost(&self, call: u64, action: &str, rules: Vec<String>) -> io::Result<()> {
        let line = Fields::default()
            .with("call", i64::try_from(call).unwrap_or(i64::MAX))
            .with("action", action)
            .with("faults", rules)
            .with("struck", "lost")
            .with("carried_out", false);
        self.put(action, &line)
    }

    fn put(&self, action: &str, line: &Fields) -> io::Result<()> {
        let line = ReplyMode::Json.encode(action, line) + "\n";
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        file.write_all(line.as_bytes())
    }
}
