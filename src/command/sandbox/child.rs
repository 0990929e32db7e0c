//! The command that a sandbox is started for: run to its end, whatever comes, and its code handed on.

use std::ffi::OsString;
use std::io::{self, IsTerminal as _, Read as _, stdin};
use std::process::{Command, ExitStatus};
use std::sync::{Arc, Mutex, PoisonError};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::low_level;

use crate::unix::{UnixStream, signal_of, stream_pair};

/// The code of a command that was found and cannot be started, as shells have it.
const NOT_STARTED: u8 = 126;
/// The code of a command that there is not.
const NOT_FOUND: u8 = 127;

/// What came of a command.
pub enum ChildEnd {
    /// It ran, and this is the code that is handed on.
    With(u8),
    /// It could not be started: why, and the code for that.
    NotStarted(io::Error, u8),
}

/// Runs a command with variables of its own. Signals do not end this program, only the command.
pub fn run(words: &[OsString], variables: &[(&str, String)]) -> io::Result<ChildEnd> {
    let Some((program, arguments)) = words.split_first() else {
        return Ok(ChildEnd::With(0));
    };
    let mut command = Command::new(program);
    for name in ["WHMCSH_USERNAME", "WHMCSH_PASSWORD", "WHMCSH_ACCESS_KEY"] {
        command.env_remove(name);
    }
    let variables = variables.iter().map(|(name, value)| (name, value));
    command.args(arguments).envs(variables);
    // Before it is started, so that none that comes meanwhile is lost or ends this program.
    let signals = watched()?;
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Ok(ChildEnd::NotStarted(error, NOT_FOUND));
        }
        Err(error) => return Ok(ChildEnd::NotStarted(error, NOT_STARTED)),
    };
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    let running = Arc::new(Mutex::new(pid));
    for (signal, came) in signals {
        hand_on(signal, came, Arc::clone(&running));
    }
    if let Some(pid) = pid {
        // Its number is kept until nobody sends to it any more: it might soon be another's.
        let ended = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        while let Err(rustix::io::Errno::INTR) = waitid(WaitId::Pid(pid), ended) {}
        *running.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
    Ok(ChildEnd::With(code(child.wait()?)))
}

/// The code that is handed on: that of the command, or 128 and the signal that ended it.
fn code(status: ExitStatus) -> u8 {
    let by_signal = || 128 + signal_of(&status).unwrap_or(0);
    u8::try_from(status.code().unwrap_or_else(by_signal)).unwrap_or(u8::MAX)
}

/// The signals that end a program, none of which ends this one from now on.
fn watched() -> io::Result<Vec<(Signal, UnixStream)>> {
    let known = [
        (SIGINT, Signal::INT),
        (SIGQUIT, Signal::QUIT),
        (SIGTERM, Signal::TERM),
        (SIGHUP, Signal::HUP),
    ];
    let mut watched = Vec::new();
    for (number, signal) in known {
        let (came, handler) = stream_pair()?;
        low_level::pipe::register(number, handler)?;
        watched.push((signal, came));
    }
    Ok(watched)
}

/// Sends each signal of a kind on to the command, as long as it runs.
fn hand_on(signal: Signal, mut came: UnixStream, running: Arc<Mutex<Option<Pid>>>) {
    std::thread::spawn(move || {
        while came.read(&mut [0]).is_ok_and(|count| count > 0) {
            let is_typed = matches!(signal, Signal::INT | Signal::QUIT);
            if is_typed && is_in_front() {
                // What is typed goes to all that run in front, the command with them.
                continue;
            }
            let running = running.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(pid) = *running {
                // One that has ended meanwhile needs no signal.
                let _ = kill_process(pid, signal);
            }
        }
    });
}

/// Whether this program runs in front of a terminal, whose Ctrl-C it shares with the command.
fn is_in_front() -> bool {
    let Ok(status) = std::fs::read_to_string("/proc/self/stat") else {
        return stdin().is_terminal();
    };
    // Behind the name of the program, which may hold blanks: state, parent, group, session, terminal, group in front.
    let fields = status.rsplit_once(") ").map(|(_, fields)| fields);
    let fields: Vec<&str> = fields.unwrap_or_default().split(' ').collect();
    matches!((fields.get(2), fields.get(5)), (Some(own), Some(front)) if own == front)
}
