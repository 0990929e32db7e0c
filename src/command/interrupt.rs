//! Ctrl-C: once asks to stop, twice ends the program at once.

use std::io::{IsTerminal, Read, stdin};
use std::os::unix::net::UnixStream;
use std::process::{Command, exit};
use std::sync::Arc;

use signal_hook::consts::{SIGINT, SIGTERM, SIGXFSZ};
use signal_hook::{flag, low_level};

use crate::cancel::{Cancel, Leaving};
use crate::error::{Exit, Failure};

/// A flag that Ctrl-C and a polite kill raise from now on.
pub fn watch() -> Result<Cancel, Failure> {
    let cancel = Cancel::default();
    let failed = |error| Failure::usage(format!("cannot watch for Ctrl-C: {error}"));
    for signal in [SIGINT, SIGTERM] {
        // In this order: the first signal finds the flag down and only raises it.
        flag::register_conditional_shutdown(signal, Exit::Interrupted as i32, cancel.flag())
            .and_then(|_| flag::register(signal, cancel.flag()))
            .map_err(failed)?;
    }
    // A file that may not grow any more is an error where it is written, as a full
    // disk is, and not the end of the program.
    flag::register(SIGXFSZ, Arc::default()).map_err(failed)?;
    Ok(cancel)
}

/// From now on a polite kill ends the program where it waits for somebody to type.
pub fn leave_when_waiting() -> Result<Leaving, Failure> {
    let leaving = Leaving::default();
    let failed = |error| Failure::usage(format!("cannot watch for a kill: {error}"));
    let (mut asked, handler) = UnixStream::pair().map_err(failed)?;
    // In this order: when the byte arrives, the flag is up.
    flag::register(SIGTERM, leaving.flag())
        .and_then(|_| low_level::pipe::register(SIGTERM, handler))
        .map_err(failed)?;
    let watched = leaving.clone();
    std::thread::spawn(move || {
        while asked.read(&mut [0]).is_ok_and(|count| count > 0) {
            if watched.is_waiting() {
                restore_terminal();
                exit(Exit::Interrupted as i32);
            }
        }
    });
    Ok(leaving)
}

/// Puts back what the line editor took from the terminal.
fn restore_terminal() {
    if stdin().is_terminal() {
        // Where there is no `stty` the terminal stays as an editor that was killed leaves it.
        let _ = Command::new("stty")
            .args([
                "brkint", "icrnl", "ixon", "icanon", "iexten", "isig", "echo",
            ])
            .status();
        // No more marks around what is pasted; and the next prompt begins a line.
        println!("\x1b[?2004l");
    }
}
