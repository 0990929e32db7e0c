//! What a run is, and how far it came.

use serde::{Deserialize, Serialize};

use super::earlier_head;
use crate::run::Snapshots;
use crate::run::invocation::Invocation;

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
    /// The moment it first started, with its zone: the run's one clock.
    pub started: String,
    /// The version of the program that started it.
    pub version: String,
}

/// What there is instead of a head.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum NoHead {
    /// A later version wrote it, and it says what this version does not know.
    Later(String),
    /// It is no head at all, for that reason.
    Damaged(String),
}

impl Head {
    /// Reads the head of a run, of this version or an earlier one.
    pub(super) fn parse(text: &str) -> Result<Self, NoHead> {
        let damaged = |error: serde_json::Error| NoHead::Damaged(error.to_string());
        let fields: serde_json::Value = serde_json::from_str(text).map_err(damaged)?;
        let later = version_of(&fields).filter(|version| is_later(version));
        let head = if fields.get("invocation").is_some() {
            serde_json::from_value(fields).map_err(|error| error.to_string())
        } else {
            earlier_head::read(fields)
        };
        let head: Self = head.map_err(|why| later.map_or(NoHead::Damaged(why), NoHead::Later))?;
        // It may have been written by rules that knew fewer secrets.
        Ok(Self {
            invocation: head.invocation.without_secrets(),
            ..head
        })
    }

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

    /// Whether a later version of the program started it.
    pub(super) fn is_of_later_version(&self) -> bool {
        is_later(&self.version)
    }
}

/// The version of the program that wrote a head, whatever else stands there.
pub(super) fn version_of(fields: &serde_json::Value) -> Option<String> {
    fields.get("version")?.as_str().map(str::to_owned)
}

/// Whether that is a later version than this.
pub(super) fn is_later(version: &str) -> bool {
    let own = numbers(env!("CARGO_PKG_VERSION"));
    numbers(version).is_some_and(|version| own.is_some_and(|own| version > own))
}

/// A version in the order of versions: 0.2.0-dev goes before 0.2.0.
fn numbers(version: &str) -> Option<([u64; 3], bool)> {
    let version = version.split('+').next()?;
    let (release, is_release) = match version.split_once('-') {
        Some((release, _)) => (release, false),
        None => (version, true),
    };
    let numbers: Vec<u64> = release
        .split('.')
        .map(|number| number.parse().ok())
        .collect::<Option<_>>()?;
    Some((numbers.try_into().ok()?, is_release))
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::run::invocation::{ScriptCall, Task};

    fn head() -> Head {
        Head {
            id: "2026-11-23-onboard".into(),
            invocation: Invocation {
                task: Task::Script(ScriptCall {
                    path: "onboard.rhai".into(),
                    args: vec!["clients.csv".into()],
                }),
                ..Invocation::default()
            },
            started: "2026-11-23T10:00:00+01:00[Europe/Berlin]".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            ..Head::default()
        }
    }

    fn changed(change: impl Fn(&mut serde_json::Value)) -> Result<Head, NoHead> {
        let mut fields = serde_json::to_value(head()).unwrap();
        change(&mut fields);
        Head::parse(&fields.to_string())
    }

    #[test]
    fn a_head_comes_back_as_it_was_written() {
        assert_eq!(changed(|_| {}), Ok(head()));
    }

    #[test]
    fn what_a_later_version_added_is_not_passed_over() {
        let added = |fields: &mut serde_json::Value| {
            fields["invocation"]["limits"]["at_once"] = json!(2);
        };
        assert!(matches!(changed(added), Err(NoHead::Damaged(why)) if why.contains("at_once")));
        let later = changed(|fields| {
            added(fields);
            fields["version"] = json!("999.0.0");
        });
        assert_eq!(later, Err(NoHead::Later("999.0.0".into())));
    }

    #[test]
    fn half_a_head_is_none() {
        let text = serde_json::to_string(&head()).unwrap();
        for length in [0, 1, text.len() / 2, text.len() - 1] {
            let read = Head::parse(&text[..length]);
            assert!(matches!(read, Err(NoHead::Damaged(_))), "{length}");
        }
        for other in ["7", "[]", "{}", "null"] {
            assert!(
                matches!(Head::parse(other), Err(NoHead::Damaged(_))),
                "{other}"
            );
        }
    }

    #[test]
    fn versions_have_an_order() {
        let order = ["0.1.0", "0.2.0-dev", "0.2.0", "0.10.0", "1.0.0"];
        assert!(order.is_sorted_by_key(|version| numbers(version).unwrap()));
        assert_eq!(numbers("0.2.0-dev+abc"), numbers("0.2.0-dev"));
        assert!(is_later("999.0.0"));
        for version in [env!("CARGO_PKG_VERSION"), "0.0.9", "", "new", "1.2"] {
            assert!(!is_later(version), "{version}");
        }
    }
}
