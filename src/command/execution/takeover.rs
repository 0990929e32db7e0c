//! A run taken that another process may be at: what is said while it is waited for, and
//! of the journal it is in.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::names;
use crate::cancel::Cancel;
use crate::command::Terminal;
use crate::error::Failure;
use crate::run::journal::{Head, Journal, JournalError, Taking, Watch};

/// How often it is said how long is still waited.
const COUNT_DOWN: Duration = Duration::from_secs(5);

/// Waits for whoever may be at a run, and counts down meanwhile.
#[derive(Clone)]
pub struct Waiting {
    run: String,
    /// Raised by Ctrl-C; without it, Ctrl-C ends the program.
    cancel: Option<Cancel>,
    terminal: Terminal,
    /// What was left when it was last said.
    said: Arc<Mutex<Option<Duration>>>,
}

impl Waiting {
    pub fn for_run(run: &str, cancel: Option<&Cancel>, terminal: Terminal) -> Self {
        Self {
            run: run.to_owned(),
            cancel: cancel.cloned(),
            terminal,
            said: Arc::default(),
        }
    }

    /// Waits so long; `false` if Ctrl-C was pressed.
    pub fn wait(&self, time: Duration, watch: &Watch) -> bool {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = said.is_none_or(|said| said.saturating_sub(watch.left) >= COUNT_DOWN);
        if is_due {
            *said = Some(watch.left);
            self.terminal.alert(&words(&self.run, watch));
        }
        drop(said);
        self.pause(time)
    }

    /// The same without a word.
    pub fn pause(&self, time: Duration) -> bool {
        if let Some(cancel) = &self.cancel {
            return cancel.sleep(time);
        }
        std::thread::sleep(time);
        true
    }

    /// How a run is taken so.
    pub fn taking(self) -> Taking {
        Taking::default().waiting(move |time, watch| self.wait(time, watch))
    }
}

fn words(run: &str, watch: &Watch) -> String {
    let who = match &watch.process {
        Some(process) => format!("process {} on host `{}`", process.pid, process.host),
        None => "another process".to_owned(),
    };
    let what = if watch.is_alive {
        "is working on"
    } else {
        "may still be working on"
    };
    // Rounded up: the last second is one too.
    let left = watch.left.as_millis().div_ceil(1000);
    format!("waiting {left} s: {who} {what} run `{run}` (Ctrl-C stops)")
}

/// Opens a run's journal to write in it, and says what there is to say of it.
pub fn open(
    folder: &Path,
    taking: &Taking,
    terminal: Terminal,
) -> Result<(Journal, Head), Failure> {
    let opened = Journal::open_as(folder, taking).map_err(|error| not_opened(&error))?;
    let run = opened.0.run();
    for notice in opened.0.notices() {
        terminal.alert(&format!("warning: run `{run}`: {notice}"));
    }
    Ok(opened)
}

/// Why a run is not taken up; what the disk says alone does not tell what was sent.
fn not_opened(error: &JournalError) -> Failure {
    let failure = names::failed(error);
    match error {
        JournalError::Io { .. } => Failure {
            what: format!("{}; nothing was sent", failure.what),
            ..failure
        },
        _ => failure,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::journal::Process;

    #[test]
    fn who_is_waited_for_is_named_where_that_is_known() {
        let process = Process {
            host: "build-7".into(),
            boot: None,
            namespace: None,
            pid: 12,
            started: None,
        };
        let mut watch = Watch {
            process: Some(Box::new(process)),
            is_alive: false,
            left: Duration::from_millis(29_001),
        };
        assert_eq!(
            words("2026-11-30-a", &watch),
            "waiting 30 s: process 12 on host `build-7` may still be working on run `2026-11-30-a` (Ctrl-C stops)"
        );
        watch.is_alive = true;
        watch.process = None;
        watch.left = Duration::from_secs(1);
        assert_eq!(
            words("a", &watch),
            "waiting 1 s: another process is working on run `a` (Ctrl-C stops)"
        );
    }

    #[test]
    fn a_run_that_a_full_disk_keeps_from_being_taken_up_sent_nothing() {
        let error = JournalError::Io {
            folder: "runs/a".into(),
            why: "no space left on device".into(),
        };
        let told = not_opened(&error).what;
        assert!(told.ends_with("device; nothing was sent"), "{told}");
    }

    #[test]
    fn ctrl_c_ends_the_waiting() {
        let cancel = Cancel::default();
        cancel.raise();
        let terminal = Terminal::default();
        let waiting = Waiting::for_run("a", Some(&cancel), terminal);
        let watch = Watch {
            process: None,
            is_alive: true,
            left: Duration::from_secs(30),
        };
        assert!(!waiting.wait(Duration::from_secs(30), &watch));
    }
}
