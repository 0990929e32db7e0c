//! Where a run's script prints, as long as somebody reads it.
//!
//! A reader that hangs up must not end the process under writes that are on their way: it
//! counts as Ctrl-C once. The run finishes the calls in hand, writes everything down, and
//! says how it is continued. So does a run whose output finds the disk full.

use std::io::{self, ErrorKind};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, Ordering};

use crate::cancel::Cancel;
use crate::command::Terminal;
use crate::display::table::Records;
use crate::error::{Exit, Failure};
use crate::files::reason;
use crate::script::Output;

/// The output of a script that may write.
pub struct ScriptOutput {
    terminal: Terminal,
    cancel: Cancel,
    /// Why nothing more can be printed.
    broken: OnceLock<io::Error>,
    /// The code that the script ended itself with.
    code: AtomicU8,
}

impl ScriptOutput {
    /// The output of a script that `cancel` stops.
    pub fn new(terminal: Terminal, cancel: Cancel) -> Self {
        Self {
            terminal,
            cancel,
            broken: OnceLock::new(),
            code: AtomicU8::new(0),
        }
    }

    /// How the run ended, if what it printed found no reader or no room. What became of
    /// its writes, if it made any, counts for more.
    pub fn verdict(&self, result: Result<(), Failure>, has_written: bool) -> Result<(), Failure> {
        let Some(error) = self.broken.get() else {
            return result;
        };
        let unprintable = format!("cannot write to standard output: {}", reason(error));
        match result {
            Err(failure) if failure.exit != Exit::Interrupted => Err(failure),
            // Whoever read had enough, and everything is done.
            Ok(()) if self.is_hung_up() => Ok(()),
            _ if self.is_hung_up() => Err(Failure::new(
                Exit::Interrupted,
                "standard output was closed, so the run stopped",
            )),
            Ok(()) if has_written => {
                let terminal = self.terminal;
                terminal.alert(&format!("error: {unprintable}; the run is done"));
                Ok(())
            }
            Err(_) if has_written => Err(Failure::new(
                Exit::Interrupted,
                format!("{unprintable}, so the run stopped"),
            )),
            _ => Err(Failure::usage(unprintable)),
        }
    }

    /// The code that the script ended itself with, 0 if it did not; where it failed by a code
    /// that means something here, the process ends with that.
    pub fn code(&self, ended: Result<(), Failure>) -> Result<u8, Failure> {
        let code = self.code.load(Ordering::Relaxed);
        ended.map(|()| code).map_err(|failure| Failure {
            exit: Exit::of_code(code.into())
                .filter(|_| failure.exit == Exit::Script)
                .unwrap_or(failure.exit),
            ..failure
        })
    }

    /// Whether the reader hung up.
    pub fn is_hung_up(&self) -> bool {
        let kind = self.broken.get().map(io::Error::kind);
        kind == Some(ErrorKind::BrokenPipe)
    }
}

impl Output for ScriptOutput {
    fn print(&self, line: &str) {
        if self.broken.get().is_some() {
            return;
        }
        if let Err(error) = self.terminal.print_line(line) {
            // The first reason is the one that is told.
            let _ = self.broken.set(error);
            self.cancel.raise();
        }
    }

    fn table(&self, records: &Records) {
        self.terminal.draw_table(records, |line| self.print(line));
    }

    fn note(&self, line: &str) {
        Output::note(&self.terminal, line);
    }

    fn exit(&self, code: u8) -> bool {
        self.code.store(code, Ordering::Relaxed);
        Exit::of_code(code.into()).is_none()
    }
}
