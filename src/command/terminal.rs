//! Standard output for data, standard error for words about it.
//!
//! A pipe that closes ends the program quietly: whoever reads has had enough.

use std::io::{ErrorKind, IsTerminal, Write, stderr, stdout};

use crate::script::Output;

/// Where a command prints.
#[derive(Clone, Copy, Debug, Default)]
pub struct Terminal {
    /// Whether words about the run are kept back.
    pub quiet: bool,
}

impl Terminal {
    /// Prints data, a line or many, with a line end after it.
    pub fn data(self, text: &str) {
        let mut out = stdout().lock();
        end_on_closed_pipe(writeln!(out, "{text}").and_then(|()| out.flush()));
    }

    /// Prints data exactly as it is.
    pub fn raw(self, bytes: &[u8]) {
        let mut out = stdout().lock();
        end_on_closed_pipe(out.write_all(bytes).and_then(|()| out.flush()));
    }

    /// Prints words about what is going on, unless they are not wanted.
    pub fn note(self, text: &str) {
        if !self.quiet {
            self.alert(text);
        }
    }

    /// Prints words that must be seen.
    pub fn alert(self, text: &str) {
        // With standard error gone there is nobody left to tell.
        let _ = writeln!(stderr().lock(), "{text}");
    }

    /// Asks on the terminal; `None` where nobody is there to answer.
    pub fn ask(self, question: &str) -> Option<String> {
        if !std::io::stdin().is_terminal() || !stderr().is_terminal() {
            return None;
        }
        let _ = write!(stderr().lock(), "{question} ");
        let mut answer = String::new();
        std::io::stdin().read_line(&mut answer).ok()?;
        Some(answer.trim().to_owned())
    }
}

fn end_on_closed_pipe(written: std::io::Result<()>) {
    match written {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => std::process::exit(0),
        _ => {}
    }
}

impl Output for Terminal {
    fn print(&self, line: &str) {
        self.data(line);
    }

    fn note(&self, line: &str) {
        Terminal::note(*self, line);
    }
}
