//! What a run is, and how far it came.

use serde::{Deserialize, Serialize};

use crate::run::Snapshots;

/// What a run is: written once, when it first starts.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Head {
    /// Its name, such as `2026-11-23-onboard_clients`.
    pub id: String,
    /// The script's path as it was given.
    pub script: String,
    /// The SHA-256 of the script, in hexadecimal.
    pub script_hash: String,
    /// The modules it imports; an older version did not say.
    #[serde(default)]
    pub modules: Vec<Input>,
    /// The words after the script's name on the command line.
    pub args: Vec<String>,
    /// The options a resumed run needs as well, in the command line's words.
    #[serde(default)]
    pub options: Vec<String>,
    /// The files the script was given to read.
    pub inputs: Vec<Input>,
    /// The profile's name.
    pub profile: String,
    /// The server's host.
    pub host: String,
    /// The path of WHMCS on that host; an older version did not say.
    #[serde(default)]
    pub path: Option<String>,
    /// Whether it was on a sandbox that ended with it.
    #[serde(default)]
    pub rehearsal: bool,
    /// The moment it first started, with its zone: the run's one clock.
    pub started: String,
    /// Before which of its writes snapshots are taken.
    #[serde(default)]
    pub snapshots: Snapshots,
    /// The version of the program that started it.
    pub version: String,
}

impl Head {
    /// The words that follow the script's name on the command line that goes on.
    pub fn words(&self) -> Vec<String> {
        [&self.args[..], &self.options].concat()
    }
}

/// A file a script was given to read, or imports.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Input {
    /// Its path as it was given.
    pub path: String,
    /// The SHA-256 of its bytes, in hexadecimal.
    pub hash: String,
}

/// How far a run came.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum State {
    /// It is going on.
    Running,
    /// It was interrupted or killed.
    Interrupted,
    /// It came to its end, and every row is done or skipped.
    Done,
    /// It came to its end, and some rows failed.
    Failed,
    /// A limit was reached, or the server refused us.
    Stopped,
    /// It came to its end, and of some writes nobody knows whether they were applied.
    InDoubt,
}

impl State {
    const ALL: [Self; 6] = [
        Self::Running,
        Self::Interrupted,
        Self::Done,
        Self::Failed,
        Self::Stopped,
        Self::InDoubt,
    ];

    /// The word the journal and reports use.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Interrupted => "interrupted",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Stopped => "stopped",
            Self::InDoubt => "in doubt",
        }
    }

    pub(super) fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }
}
