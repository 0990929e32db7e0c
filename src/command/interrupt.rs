//! Ctrl-C: once asks to stop, twice ends the program at once.

use std::io::{IsTerminal, Read, Write as _, stderr, stdin};
use std::process::{Command, exit};
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ};
use signal_hook::{flag, low_level};

use crate::cancel::{Cancel, Leaving};
use crate::error::{Exit, Failure};
use crate::run::Run;
use crate::unix::stream_pair;

/// So long the last words may take.
const PATIENCE: Duration = Duration::from_millis(500);

/// A flag that Ctrl-C, a polite kill and the end of the terminal raise from now on; the second
/// of them ends the program.
pub fn watch() -> Result<Cancel, Failure> {
    let cancel = watch_each(|signals| {
        if signals > 1 {
            exit(say_last_words());
        }
    })?;
    let mut obedient = obedient();
    if obedient.told > 0 {
        cancel.count_at_least(obedient.told);
    }
    obedient.cancels.push(cancel.clone());
    Ok(cancel)
}

/// Those that a process which was started for a fleet stops when it is told to.
#[derive(Default)]
struct Obedient {
    cancels: Vec<Cancel>,
    /// How often that was.
    told: usize,
}

static OBEDIENT: Mutex<Obedient> = Mutex::new(Obedient {
    cancels: Vec::new(),
    told: 0,
});

fn obedient() -> MutexGuard<'static, Obedient> {
    OBEDIENT.lock().unwrap_or_else(PoisonError::into_inner)
}

/// From now on stops as by Ctrl-C when that pipe says so, a byte each time with how often that
/// was, and when its other end is gone. Whoever started this process heard the same signals,
/// which count once.
pub fn obey(mut told: impl Read + Send + 'static) {
    std::thread::spawn(move || {
        let mut byte = [0];
        loop {
            let is_told = told.read(&mut byte).is_ok_and(|count| count > 0);
            let signals = if is_told { byte[0].into() } else { 1 };
            let mut obedient = obedient();
            obedient.told = obedient.told.max(signals);
            for cancel in &obedient.cancels {
                cancel.count_at_least(signals);
            }
            drop(obedient);
            if signals > 1 {
                exit(say_last_words());
            }
            if !is_told {
                break;
            }
        }
    });
}

/// The same flag where every signal is told, with how many there were.
pub fn watch_each(tell: impl Fn(usize) + Send + 'static) -> Result<Cancel, Failure> {
    let cancel = Cancel::default();
    let failed = |error| Failure::usage(format!("cannot watch for Ctrl-C: {error}"));
    let (mut asked, handler) = stream_pair().map_err(failed)?;
    let hangup = (!is_hangup_ignored()).then_some(SIGHUP);
    for signal in [SIGINT, SIGTERM].into_iter().chain(hangup) {
        let handler = handler.try_clone().map_err(failed)?;
        // In this order: when the byte arrives, the flag is up.
        flag::register(signal, cancel.flag())
            .and_then(|_| low_level::pipe::register(signal, handler))
            .map_err(failed)?;
    }
    let watched = cancel.clone();
    std::thread::spawn(move || {
        while asked.read(&mut [0]).is_ok_and(|count| count > 0) {
            tell(watched.count_signal());
        }
    });
    // A file that may not grow any more is an error where it is written, as a full
    // disk is, and not the end of the program.
    flag::register(SIGXFSZ, Arc::default()).map_err(failed)?;
    Ok(cancel)
}

/// What is said when the program is told to end at once, and how it ends then.
pub struct LastWords {
    /// The lines.
    pub said: String,
    /// The exit code: a write in doubt outranks the interruption.
    pub exit: Exit,
}

type Words = Box<dyn Fn() -> Option<LastWords> + Send>;

/// Those who have something to say; none once it was said.
static LAST_WORDS: Mutex<Option<Vec<Words>>> = Mutex::new(Some(Vec::new()));

/// How the program ends; in doubt as long as nobody has found out that it is not.
static ENDS: AtomicI32 = AtomicI32::new(Exit::InDoubt as i32);

/// Has that said where the program is told to end at once, such as how a run is continued; of
/// several, the first that has anything to say speaks.
pub fn last_words(words: impl Fn() -> Option<LastWords> + Send + 'static) {
    let mut known = LAST_WORDS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = known.as_mut() {
        known.push(Box::new(words));
    }
}

/// Has it said at such an end that a write of that run, which keeps no journal, is in doubt.
pub fn last_words_without_journal(run: &Arc<Run>) {
    let run = Arc::downgrade(run);
    last_words(move || {
        let run = run.upgrade().filter(|run| run.has_write_underway())?;
        let name = &run.server().name;
        Some(LastWords {
            said: format!(
                "stopped at once: a write may have been applied on `{name}`; look there before you \
                 send it again"
            ),
            exit: Exit::InDoubt,
        })
    });
}

/// Says them once, and how the program is to end: a terminal that takes nothing must not keep
/// it from ending.
fn say_last_words() -> i32 {
    let said = std::thread::spawn(|| {
        // Held until all is said: several who watch hear the same signal.
        let mut known = LAST_WORDS.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(words) = known.take() else { return };
        let last = words.iter().find_map(|words| words());
        let exit = last.as_ref().map_or(Exit::Interrupted, |last| last.exit);
        ENDS.store(exit as i32, Ordering::SeqCst);
        if let Some(last) = last {
            let _ = writeln!(stderr(), "{}", last.said);
        }
    });
    let end = Instant::now() + PATIENCE;
    while !said.is_finished() && Instant::now() < end {
        std::thread::sleep(Duration::from_millis(5));
    }
    ENDS.load(Ordering::SeqCst)
}

/// Whether the end of a terminal is to mean nothing to the program, as `nohup` has it; also
/// where nobody can say.
fn is_hangup_ignored() -> bool {
    let Ok(status) = std::fs::read_to_string("/proc/self/status") else {
        return true;
    };
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_none_or(|mask| mask & 1 != 0)
}

/// From now on a polite kill ends the program where it waits for somebody to type.
pub fn leave_when_waiting() -> Result<Leaving, Failure> {
    let leaving = Leaving::default();
    let failed = |error| Failure::usage(format!("cannot watch for a kill: {error}"));
    let (mut asked, handler) = stream_pair().map_err(failed)?;
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
