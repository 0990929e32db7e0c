//! What a test and its scripts say: kept, and shown if it fails.

use std::sync::{Arc, Mutex, PoisonError};

use crate::error::Exit;
use crate::script::Output;

/// So much is kept of what one test says, in bytes.
const MOST: usize = 1 << 20;

/// The lines that were said so far; of more than [`MOST`] bytes the first.
#[derive(Debug, Default)]
pub(super) struct Transcript {
    said: Mutex<Said>,
}

#[derive(Debug, Default)]
struct Said {
    printed: String,
    noted: String,
    left_out: u64,
    code: u8,
}

impl Said {
    fn add(&mut self, line: &str, is_data: bool) {
        if self.printed.len() + self.noted.len() + line.len() > MOST {
            self.left_out += line.len() as u64 + 1;
            return;
        }
        let text = if is_data {
            &mut self.printed
        } else {
            &mut self.noted
        };
        text.push_str(line);
        text.push('\n');
    }
}

impl Transcript {
    /// What was printed, line by line.
    pub(super) fn printed(&self) -> String {
        let said = self.lock();
        with_left_out(&said.printed, said.left_out)
    }

    /// What was said about what went on, line by line.
    pub(super) fn noted(&self) -> String {
        self.lock().noted.trim_end_matches('\n').to_owned()
    }

    /// The code that its script ended itself with, 0 if it did not.
    pub(super) fn code(&self) -> u8 {
        self.lock().code
    }

    fn add(&self, line: &str, is_data: bool) {
        self.lock().add(line, is_data);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Said> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn with_left_out(printed: &str, left_out: u64) -> String {
    let printed = printed.strip_suffix('\n').unwrap_or(printed);
    match left_out {
        0 => printed.to_owned(),
        bytes => format!("{printed}\n… {bytes} more bytes were left out"),
    }
}

impl Output for Transcript {
    fn print(&self, line: &str) {
        self.add(line, true);
    }

    fn note(&self, line: &str) {
        self.add(line, false);
    }
}

/// A script's own words, which are the test's too.
pub(super) struct Both {
    /// What the script says.
    pub(super) own: Arc<Transcript>,
    /// What the test says.
    pub(super) test: Arc<Transcript>,
}

impl Output for Both {
    fn print(&self, line: &str) {
        self.own.print(line);
        self.test.print(line);
    }

    fn note(&self, line: &str) {
        self.own.note(line);
        self.test.note(line);
    }

    fn exit(&self, code: u8) -> bool {
        self.own.lock().code = code;
        Exit::of_code(code.into()).is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_much_is_counted() {
        let transcript = Transcript::default();
        transcript.print("first");
        let long = "x".repeat(1000);
        for _ in 0..2000 {
            transcript.print(&long);
        }
        let printed = transcript.printed();
        assert!(printed.starts_with("first\nxxx"));
        let end = printed.lines().last().unwrap();
        assert!(end.ends_with("more bytes were left out"), "{end}");
        assert!(printed.len() <= MOST + 100);
    }
}
