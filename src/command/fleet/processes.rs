//! One process of this program for each server, so many at once: what they print, each line
//! with the profile before it, and how they end.
//!
//! Each hears of Ctrl-C through a pipe, and by its end that this process is gone: none goes on
//! with nobody to look after it.

use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, Read, Write as _};
use std::path::PathBuf;
use std::process::{ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

use super::member::FleetMember;
use super::servers::FleetServer;
use crate::command::{Terminal, interrupt};
use crate::error::{Exit, Failure};
use crate::script::Output as _;

/// How a server's process ended.
#[derive(Debug)]
pub struct MemberEnd {
    /// The server.
    pub server: FleetServer,
    /// What it printed on standard output, where that was kept.
    pub output: String,
    /// With what it ended; nothing where it did all that was asked.
    pub exit: Option<Exit>,
    /// Its exit code; none where it was not begun or was killed.
    pub code: Option<i32>,
    /// Whether it was begun at all.
    pub is_begun: bool,
}

/// How they are run.
pub struct Running {
    /// How many at once.
    pub at_once: usize,
    /// Whether no other is begun once one did not end well.
    pub is_stopping: bool,
    /// Whether standard output is kept instead of printed.
    pub keeps_output: bool,
    /// Codes that are no failure, besides 0.
    pub good_codes: &'static [u8],
}

impl Running {
    fn is_good(&self, code: i32) -> bool {
        self.good_codes.iter().any(|good| i32::from(*good) == code)
    }
}

/// The pipes to those that are running, and how often a signal was heard.
#[derive(Default)]
struct Pipes {
    inputs: Vec<ChildStdin>,
    signals: u8,
}

impl Pipes {
    fn tell(&mut self, signals: usize) {
        self.signals = u8::try_from(signals).unwrap_or(u8::MAX);
        for input in &mut self.inputs {
            // One that has ended by now hears nothing.
            let _ = input.write_all(&[self.signals]);
        }
    }
}

/// So many signals end this process itself, whatever the others do.
const OUT_OF_PATIENCE: usize = 3;

/// Runs this command line again for every server, and gives how each ended, in their order.
pub fn run(
    members: Vec<(FleetServer, FleetMember)>,
    running: &Running,
    terminal: Terminal,
) -> Result<Vec<MemberEnd>, Failure> {
    let pipes = Arc::new(Mutex::new(Pipes::default()));
    let told = Arc::clone(&pipes);
    let cancel = interrupt::watch_each(move |signals| {
        if signals >= OUT_OF_PATIENCE {
            std::process::exit(Exit::Interrupted as i32);
        }
        lock(&told).tell(signals);
    })?;
    let count = members.len();
    let waiting = Mutex::new(members.into_iter().enumerate());
    let ends: Mutex<Vec<(usize, MemberEnd)>> = Mutex::new(Vec::new());
    let is_stopped = || {
        let failed = |end: &(usize, MemberEnd)| end.1.exit.is_some();
        cancel.is_raised() || running.is_stopping && lock(&ends).iter().any(failed)
    };
    let work = || {
        loop {
            let next = lock(&waiting).next();
            let Some((at, (server, member))) = next else {
                break;
            };
            let end = if is_stopped() {
                MemberEnd {
                    server,
                    output: String::new(),
                    exit: cancel.is_raised().then_some(Exit::Interrupted),
                    code: None,
                    is_begun: false,
                }
            } else {
                one(server, &member, running, &pipes, terminal)
            };
            lock(&ends).push((at, end));
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..running.at_once.min(count) {
            scope.spawn(work);
        }
    });
    let mut ends = ends.into_inner().unwrap_or_else(PoisonError::into_inner);
    ends.sort_by_key(|(at, _)| *at);
    Ok(ends.into_iter().map(|(_, end)| end).collect())
}

fn lock<T>(kept: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}

fn one(
    server: FleetServer,
    member: &FleetMember,
    running: &Running,
    pipes: &Mutex<Pipes>,
    terminal: Terminal,
) -> MemberEnd {
    let profile = server.profile.clone();
    let ended = begin(&profile, member, running, pipes, terminal);
    let (code, output) = ended.unwrap_or_else(|error| {
        terminal.alert(&format!("{profile}: error: cannot start whmcsh: {error}"));
        (Some(Exit::Usage as i32), String::new())
    });
    let exit = match code {
        Some(0) => None,
        Some(code) if running.is_good(code) => None,
        // Any other is the script's own, which has done its work.
        Some(code) => Exit::of_code(code),
        None => Some(Exit::Interrupted),
    };
    MemberEnd {
        server,
        output,
        exit,
        code,
        is_begun: true,
    }
}

/// Its code and what it printed.
fn begin(
    profile: &str,
    member: &FleetMember,
    running: &Running,
    pipes: &Mutex<Pipes>,
    terminal: Terminal,
) -> io::Result<(Option<i32>, String)> {
    let mut child = Command::new(program()?)
        .arg(member.as_word())
        .args(std::env::args_os().skip(1).collect::<Vec<OsString>>())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    if let Some(input) = child.stdin.take() {
        let mut pipes = lock(pipes);
        pipes.inputs.push(input);
        let signals = pipes.signals;
        if signals > 0 {
            pipes.tell(signals.into());
        }
    }
    let (printed, said) = (child.stdout.take(), child.stderr.take());
    let output = std::thread::scope(|scope| {
        scope.spawn(|| {
            relay(said, |line| terminal.alert(&labelled(profile, line)));
        });
        if running.keeps_output {
            let mut output = Vec::new();
            let _ = printed.map(|mut printed| printed.read_to_end(&mut output));
            return String::from_utf8_lossy(&output).into_owned();
        }
        relay(printed, |line| terminal.print(&labelled(profile, line)));
        String::new()
    });
    Ok((child.wait()?.code(), output))
}

fn labelled(profile: &str, line: &str) -> String {
    format!("{profile}: {line}")
}

/// Gives each line as it comes, and the last one although nothing ends it.
fn relay(source: Option<impl Read>, tell: impl Fn(&str)) {
    let Some(source) = source else { return };
    let mut source = BufReader::new(source);
    let mut line = Vec::new();
    while source
        .read_until(b'\n', &mut line)
        .is_ok_and(|read| read > 0)
    {
        let text = String::from_utf8_lossy(&line);
        tell(text.trim_end_matches(['\n', '\r']));
        line.clear();
    }
}

/// This program, also where a newer one was installed over it meanwhile.
fn program() -> io::Result<PathBuf> {
    let own = PathBuf::from("/proc/self/exe");
    if own.exists() {
        return Ok(own);
    }
    std::env::current_exe()
}
