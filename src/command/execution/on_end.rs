//! The command that a user wants done when a run has ended.

use std::ffi::OsStr;
use std::io;
use std::process::{Command, Stdio};

use super::record::state_after;
use crate::command::Terminal;
use crate::error::Failure;
use crate::run::journal::{Counts, Reading, State};
use crate::unix::copy_of;

/// The variables of whmcsh that the command still needs, to speak of the same runs.
const KEPT: [&str; 2] = ["WHMCSH_STATE", "WHMCSH_CONFIG"];

/// What has ended.
pub struct Ended<'e> {
    /// The run as its journal tells it, if anything was written down.
    pub reading: Option<&'e Reading>,
    /// The server's host, if the run came as far as to know it.
    pub host: Option<&'e str>,
    /// The script, or the file of `each`.
    pub subject: &'e str,
    /// The name that the user gave the run.
    pub name: Option<&'e str>,
    /// How it ended: with the code of the script, where it did not fail.
    pub result: &'e Result<u8, Failure>,
}

/// Does the command, with what became of the run in its environment, and waits for it. What
/// it prints is no data of the run, and goes to standard error.
///
/// It gets no secret: of the variables of whmcsh only those that say where runs are.
pub fn do_on_end(command: &str, ended: &Ended, terminal: Terminal) {
    let mut shell = Command::new("sh");
    for (name, _) in std::env::vars_os().filter(|(name, _)| is_withheld(name)) {
        shell.env_remove(name);
    }
    shell.args(["-c", command]).stdin(Stdio::null());
    shell.envs(ended.variables());
    let done = copy_of(&io::stderr()).and_then(|stderr| {
        shell.stdout(stderr);
        shell.status()
    });
    let why = match done {
        Ok(status) if status.success() => return,
        Ok(status) => format!("it ended with {status}"),
        Err(error) => error.to_string(),
    };
    terminal.alert(&format!("warning: the command of `--on-end` failed: {why}"));
}

fn is_withheld(name: &OsStr) -> bool {
    let is_ours = name.as_encoded_bytes().starts_with(b"WHMCSH_");
    is_ours && !KEPT.iter().any(|kept| name == *kept)
}

impl Ended<'_> {
    fn variables(&self) -> Vec<(&'static str, String)> {
        let head = self.reading.map(Reading::head);
        let counts = self.reading.and_then(|reading| reading.counts().ok());
        let counts = counts.unwrap_or_default();
        let name = head.and_then(|head| head.name.as_deref()).or(self.name);
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        let mut variables = vec![
            ("WHMCSH_RUN", text(head.map(|head| head.id.as_str()))),
            ("WHMCSH_RUN_NAME", text(name)),
            ("WHMCSH_RUN_SCRIPT", self.subject.to_owned()),
            (
                "WHMCSH_RUN_SERVER",
                text(head.map(|head| head.host.as_str()).or(self.host)),
            ),
            ("WHMCSH_RUN_STATE", self.state().word().to_owned()),
            ("WHMCSH_RUN_EXIT", self.exit().to_string()),
        ];
        variables.extend(counted(&counts));
        variables
    }

    fn exit(&self) -> u8 {
        self.result
            .as_ref()
            .map_or_else(|failure| failure.exit as u8, |code| *code)
    }

    fn state(&self) -> State {
        match self.reading {
            Some(reading) => reading.state(),
            None => state_after(self.result.as_ref().err()),
        }
    }
}

fn counted(counts: &Counts) -> impl Iterator<Item = (&'static str, String)> {
    let counts = [
        ("WHMCSH_RUN_DONE", counts.done),
        ("WHMCSH_RUN_FAILED", counts.failed),
        ("WHMCSH_RUN_SKIPPED", counts.skipped),
        ("WHMCSH_RUN_IN_DOUBT", counts.in_doubt),
        ("WHMCSH_RUN_WRITES", counts.writes),
        ("WHMCSH_RUN_WRITES_IN_DOUBT", counts.writes_in_doubt),
    ];
    counts
        .into_iter()
        .map(|(name, count)| (name, count.to_string()))
}
