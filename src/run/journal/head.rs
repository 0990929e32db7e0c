//! What a run is, and how far it came.

use serde::{Deserialize, Serialize};

use super::Rules;
use super::version::is_later;
use crate::run::invocation::Invocation;
use crate::run::{Part, Snapshots};

/// What a run is: written once, when it first starts.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// Its name, such as `2026-11-23-onboard_clients`.
    pub id: String,
    /// What was asked of it, without the secrets among its arguments.
    pub invocation: Invocation,
    /// The SHA-256 of the script, in hexadecimal.
    pub script_hash: String,
    /// The modules it imports; an older version did not say.
    #[serde(default)]
    pub modules: Vec<Input>,
    /// The files the script was given to read.
    pub inputs: Vec<Input>,
    /// The profile's name.
    pub profile: String,
    /// The server's host.
    pub host: String,
    /// The path of WHMCS on that host, where that was said.
    pub path: Option<String>,
    /// The name its user gave it.
    #[serde(default)]
    pub name: Option<String>,
    /// The moment it first started, with its zone: the run's one clock.
    pub started: String,
    /// The statuses that its profile called not processed.
    #[serde(default)]
    pub not_processed: Vec<u16>,
    /// The number of the rules by which its rows are known again; an older version did
    /// not say.
    #[serde(default = "first_rules")]
    pub rules: u32,
    /// The version of the program that started it.
    pub version: String,
    /// The machine it was started on; an older version did not say.
    #[serde(default)]
    pub machine: Option<String>,
    /// Who started it there; an older version did not say.
    #[serde(default)]
    pub user: Option<String>,
}

/// The rules of the versions that did not say.
fn first_rules() -> u32 {
    Rules::Spelled.number()
}

impl Head {
    /// What lists and reports call its script.
    pub fn script(&self) -> String {
        self.invocation.task.name()
    }

    /// What the script found in `args`, without the secrets among them.
    pub fn args(&self) -> &[String] {
        self.invocation.task.args()
    }

    /// Whether it was on a sandbox that ended with it.
    pub fn is_rehearsal(&self) -> bool {
        self.invocation.target.sandbox
    }

    /// Before which of its writes snapshots are taken.
    pub fn snapshots(&self) -> Snapshots {
        self.invocation.snapshots.unwrap_or_default()
    }

    /// The name its user gave it, with the shard or server it is of: `move 2/8`, `move main`.
    pub fn named(&self) -> Option<String> {
        let name = self.name.as_ref()?;
        Some(match self.invocation.part() {
            Part::Whole => name.clone(),
            part => format!("{name} {part}"),
        })
    }

    /// What tells it from other runs of the same task: its name, its shard, or both.
    pub fn called(&self) -> Option<String> {
        let part = self.invocation.part();
        self.named()
            .or_else(|| (part != Part::Whole).then(|| part.to_string()))
    }

    /// Whether a later version of the program started it.
    pub(super) fn is_of_later_version(&self) -> bool {
        is_later(&self.version)
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
