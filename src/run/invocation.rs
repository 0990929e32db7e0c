//! What was asked of a run, as it stands in the run's head.
//!
//! It is compared when the run is taken up again, and printed as a command line by
//! the command layer, in one place. What confirms a production server is not part of
//! it: that is asked every time. An entry that this version does not know is refused,
//! never passed over: it may say which writes are the run's.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize, Serializer};

use super::{Limits, Part};
use crate::client::IpVersion;
use crate::secrets::without_secret_words;

/// What was asked of a run.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Invocation {
    /// What is to be done.
    pub task: Task,
    /// On which server.
    #[serde(default)]
    pub target: Target,
    /// How much of it, and how fast.
    #[serde(default)]
    pub limits: Limits,
    /// The environment variables that the script may read.
    #[serde(default)]
    pub allow_env: BTreeSet<String>,
    /// Before which writes snapshots are taken, where that was said.
    #[serde(default)]
    pub snapshots: Option<Snapshots>,
    /// The plan it is held to, where it is to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bind: Option<Binding>,
}

/// The plan that a run is held to.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Binding {
    /// Its file as it was given.
    #[serde(serialize_with = "as_text")]
    pub plan: PathBuf,
    /// What tells it from others: the SHA-256 of what it says, in hexadecimal.
    pub digest: String,
    /// Whether somebody had to have approved it.
    #[serde(default)]
    pub approved: bool,
}

/// What a run does.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// What a script says.
    Script(ScriptCall),
    /// One call for every row of a file.
    Each(EachRow),
    /// Bringing back what another run replaced.
    Undo(UndoOf),
}

/// A script and what it is given.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ScriptCall {
    /// Its path as it was given.
    #[serde(serialize_with = "as_text")]
    pub path: PathBuf,
    /// What it finds in `args`.
    #[serde(default)]
    pub args: Vec<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
const fn is_none(number: &u32) -> bool {
    *number == 0
}

/// One call for every row of a file.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct EachRow {
    /// The CSV file, spreadsheet or file of records, as it was given.
    pub file: String,
    /// Which rows are taken, as a Rhai expression; all of them otherwise.
    #[serde(default, rename = "where")]
    pub condition: Option<String>,
    /// The column that tells rows apart; their numbers otherwise.
    #[serde(default)]
    pub key: Option<String>,
    /// The sheet of a spreadsheet, where it was named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sheet: Option<String>,
    /// How many rows at the top of a spreadsheet are passed over.
    #[serde(default, skip_serializing_if = "is_none")]
    pub skip: u32,
    /// Whether hidden rows and columns of a spreadsheet are left out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub skip_hidden: bool,
    /// The encoding of a CSV file, where it was named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
    /// What stands between the cells of a CSV file, where that was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delimiter: Option<String>,
    /// The columns of a CSV file that are taken as they stand.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub as_is: Vec<String>,
    /// Whether parameters whose cells are empty are left out.
    #[serde(default)]
    pub skip_empty: bool,
    /// The action, by WHMCS's name or the script function's.
    pub action: String,
    /// Its parameters as typed; columns stand in them as `{column}`.
    #[serde(default)]
    pub params: Vec<String>,
}

/// The run that is undone.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct UndoOf {
    /// Its name.
    pub run: String,
}

/// Before which writes a snapshot is taken, where the catalog knows how.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Snapshots {
    /// Before none.
    None,
    /// Before those that end or remove something.
    #[default]
    Destructive,
    /// Before those, and before updates.
    All,
}

/// Which server was asked for, and how it is spoken to.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Target {
    /// The configuration file, where it is not the usual one.
    #[serde(serialize_with = "as_text_if_any")]
    pub config: Option<PathBuf>,
    /// The profile, where one was named.
    pub profile: Option<String>,
    /// The profiles of the fleet that the run is of, where one command named several servers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fleet: Vec<String>,
    /// The only IP version it is reached by.
    pub ip: Option<IpVersion>,
    /// Whether it is a sandbox that ends with the command.
    pub sandbox: bool,
    /// Whether parameters the catalog does not know are sent.
    pub allow_unknown: bool,
    /// Parameters that are sent although the reference says otherwise.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allow: Vec<String>,
    /// The file in which calls are told.
    #[serde(serialize_with = "as_text_if_any")]
    pub log: Option<PathBuf>,
}

impl Invocation {
    /// Which of the runs of its name it is.
    pub fn part(&self) -> Part {
        match (&self.limits.shard, &self.target.profile) {
            (Some(shard), _) => Part::Shard(*shard),
            (None, Some(profile)) if !self.target.fleet.is_empty() => Part::Server(profile.clone()),
            _ => Part::Whole,
        }
    }

    /// The same without the secrets among its arguments, as it is kept.
    #[must_use]
    pub fn without_secrets(mut self) -> Self {
        if let Task::Script(call) = &mut self.task {
            call.args = without_secret_words(&call.args);
        }
        self
    }
}

impl Default for Task {
    fn default() -> Self {
        Self::Script(ScriptCall::default())
    }
}

impl Task {
    /// What lists and reports call it: the script's path, or the words for what is none.
    pub fn name(&self) -> String {
        match self {
            Self::Script(call) => call.path.display().to_string(),
            Self::Each(each) => format!("each {}", each.action),
            Self::Undo(undo) => format!("undo of {}", undo.run),
        }
    }

    /// What the script finds in `args`.
    pub fn args(&self) -> &[String] {
        match self {
            Self::Script(call) => &call.args,
            Self::Each(each) => std::slice::from_ref(&each.file),
            Self::Undo(_) => &[],
        }
    }

    /// The folder the script is in; none where nobody wrote one.
    pub fn folder(&self) -> Option<&Path> {
        match self {
            Self::Script(call) => call.path.parent(),
            Self::Each(_) | Self::Undo(_) => None,
        }
    }

    /// Whether it is the same however the paths of its files are written.
    pub fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Script(own), Self::Script(other)) => {
                is_same_file(&own.path, &other.path) && are_same(&own.args, &other.args)
            }
            (Self::Each(own), Self::Each(other)) => {
                let renamed = EachRow {
                    file: own.file.clone(),
                    ..other.clone()
                };
                *own == renamed && is_same_file(own.file.as_ref(), other.file.as_ref())
            }
            (own, other) => own == other,
        }
    }

    /// Whether it is the same by its name alone: a script of that file name, wherever it
    /// is by now, the same action, the same run.
    pub fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Script(own), Self::Script(other)) => {
                own.path.file_name() == other.path.file_name()
            }
            (Self::Each(own), Self::Each(other)) => own.action == other.action,
            (Self::Undo(own), Self::Undo(other)) => own == other,
            _ => false,
        }
    }
}

/// Whether two paths lead to one file.
pub fn is_same_file(one: &Path, other: &Path) -> bool {
    let real = |path: &Path| std::fs::canonicalize(path).ok();
    one == other || real(one).is_some_and(|one| real(other) == Some(one))
}

/// Whether two arguments of a script are the same, or lead to one file.
pub fn is_same_argument(one: &str, other: &str) -> bool {
    let is_file = || Path::new(one).is_file() && Path::new(other).is_file();
    one == other || is_file() && is_same_file(one.as_ref(), other.as_ref())
}

/// Whether two scripts are given the same.
pub fn are_same(own: &[String], other: &[String]) -> bool {
    let mut pairs = own.iter().zip(other);
    own.len() == other.len() && pairs.all(|(own, other)| is_same_argument(own, other))
}

/// A path as it is shown: one that is no text cannot be kept to the letter.
fn as_text<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&path.to_string_lossy())
}

#[expect(
    clippy::ref_option,
    reason = "serde hands over a reference to the field"
)]
fn as_text_if_any<S: Serializer>(path: &Option<PathBuf>, serializer: S) -> Result<S::Ok, S::Error> {
    path.as_deref()
        .map(Path::to_string_lossy)
        .serialize(serializer)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn whole() -> Invocation {
        Invocation {
            task: Task::Each(EachRow {
                file: "clients.csv".into(),
                condition: Some("city == \"Köln\"".into()),
                key: Some("id".into()),
                sheet: None,
                skip: 0,
                skip_hidden: false,
                encoding: None,
                delimiter: None,
                as_is: Vec::new(),
                skip_empty: true,
                action: "UpdateClient".into(),
                params: vec!["clientid={id}".into()],
            }),
            target: Target {
                config: Some("own.toml".into()),
                profile: Some("main".into()),
                fleet: vec!["main".into(), "other".into()],
                ip: Some(IpVersion::V6),
                sandbox: true,
                allow_unknown: true,
                allow: vec!["AddOrder.pid".into()],
                log: Some("calls.log".into()),
            },
            limits: Limits {
                workers: Some(4),
                rate: "600/m".parse().ok(),
                max_failures: "2.5%".parse().ok(),
                max_writes: Some(7),
                max_deletes: Some(10),
                max_money: vec!["100.00 EUR".parse().unwrap()],
                max_doubts: Some(3),
                no_mail: true,
                no_wait: true,
                strict: true,
                shard: "2/8".parse().ok(),
                at_once: std::num::NonZeroU64::new(4),
            },
            allow_env: ["PANEL".to_owned()].into(),
            snapshots: Some(Snapshots::All),
            bind: None,
        }
    }

    #[test]
    fn it_comes_back_from_a_head_as_it_went_there() {
        let tasks = [
            whole().task,
            Task::Undo(UndoOf { run: "r".into() }),
            Task::default(),
        ];
        for task in tasks {
            let asked = Invocation { task, ..whole() };
            let text = serde_json::to_string(&asked).unwrap();
            assert_eq!(serde_json::from_str::<Invocation>(&text).unwrap(), asked);
        }
    }

    #[test]
    fn its_entries_are_called_as_on_the_command_line() {
        assert_eq!(
            serde_json::to_value(whole()).unwrap(),
            json!({
                "task": {"each": {
                    "file": "clients.csv", "where": "city == \"Köln\"", "key": "id",
                    "skip_empty": true, "action": "UpdateClient", "params": ["clientid={id}"],
                }},
                "target": {
                    "config": "own.toml", "profile": "main", "fleet": ["main", "other"], "ip": "v6", "sandbox": true,
                    "allow_unknown": true, "allow": ["AddOrder.pid"], "log": "calls.log",
                },
                "limits": {
                    "workers": 4, "rate": "600/m", "max_failures": "2.5%", "max_writes": 7,
                    "max_deletes": 10, "max_money": ["100.00 EUR"], "max_doubts": 3, "no_wait": true, "strict": true, "no_mail": true, "shard": "2/8", "at_once": 4,
                },
                "allow_env": ["PANEL"],
                "snapshots": "all",
            })
        );
    }

    #[test]
    fn what_is_not_known_is_refused() {
        for (place, name) in [("", "again"), ("target", "proxy"), ("limits", "same_row")] {
            let mut head = serde_json::to_value(whole()).unwrap();
            let inner = if place.is_empty() {
                &mut head
            } else {
                &mut head[place]
            };
            inner[name] = json!(true);
            let error = serde_json::from_value::<Invocation>(head).unwrap_err();
            assert!(error.to_string().contains(name), "{error}");
        }
    }

    #[test]
    fn secrets_among_the_arguments_are_not_kept() {
        let call = ScriptCall {
            path: "a.rhai".into(),
            args: vec!["rows.csv".into(), "password=hunter2".into()],
        };
        let asked = Invocation {
            task: Task::Script(call),
            ..Invocation::default()
        };
        let kept = asked.without_secrets();
        assert_eq!(kept.task.args(), ["rows.csv", "password=…"]);
    }

    #[test]
    fn a_script_is_the_same_wherever_it_is_and_never_one_that_nobody_wrote() {
        let script = |path: &str| {
            Task::Script(ScriptCall {
                path: path.into(),
                args: Vec::new(),
            })
        };
        assert!(script("a/b.rhai").is_like(&script("b.rhai")));
        assert!(!script("a/b.rhai").is_like(&script("a/c.rhai")));
        assert!(!script("each UpdateClient").is_like(&whole().task));
        assert!(whole().task.is_like(&whole().task));
    }
}
