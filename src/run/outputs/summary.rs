//! `summary.json`: a run in numbers, for programs.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::{Draft, OutputError};
use crate::run::journal::{Counts, Reading, Reason};

pub(super) const SUMMARY: &str = "summary.json";

/// What a run came to, and the files that say so.
#[derive(Debug)]
pub struct Outputs {
    /// How many rows ended how, and how many writes.
    pub counts: Counts,
    /// The commonest reasons why rows failed.
    pub reasons: Vec<Reason>,
    /// Every row that ended, a file a bulk loop.
    pub results: Vec<PathBuf>,
    /// The rows that failed, a file a bulk loop that has any.
    pub failed: Vec<PathBuf>,
    /// The rows that are still to be done.
    pub unprocessed: Vec<PathBuf>,
}

/// What the journal does not know of a run's end.
#[derive(Clone, Debug, Default)]
pub struct Ending {
    /// The command that takes the run up again, where there is something to continue.
    pub resume: Option<String>,
    /// How many rows were left to be done, where somebody counted.
    pub unprocessed: Option<u64>,
}

pub(super) fn write(
    folder: &Path,
    reading: &Reading,
    outputs: &Outputs,
    ending: &Ending,
) -> Result<(), OutputError> {
    let head = reading.head();
    let summary = json!({
        "run": head.id,
        "name": head.name,
        "shard": head.invocation.limits.shard.map(|shard| shard.to_string()),
        "machine": head.machine,
        "user": head.user,
        "version": head.version,
        "script": head.script(),
        "args": head.args(),
        "profile": head.profile,
        "host": head.host,
        "rehearsal": head.is_rehearsal(),
        "started": rfc3339(&head.started),
        "ended": reading.ended().map(rfc3339),
        "state": reading.state().word(),
        "counts": counts_as_json(&outputs.counts),
        "unprocessed": ending.unprocessed,
        "writes": reading.actions()?.into_iter().map(|(name, count)| (name, count.into()))
            .collect::<Map<String, Value>>(),
        "reasons": outputs.reasons.iter().map(reason).collect::<Vec<_>>(),
        "files": {
            "results": names(&outputs.results),
            "failed": names(&outputs.failed),
            "unprocessed": names(&outputs.unprocessed),
        },
        "resume": ending.resume,
    });
    let mut draft = Draft::create(folder.join(SUMMARY))?;
    draft.put(&format!("{summary:#}\n"))?;
    draft.publish().map(drop)
}

/// How many rows ended how, and how many writes were applied or are in doubt.
pub fn counts_as_json(counts: &Counts) -> Value {
    json!({
        "done": counts.done, "unchanged": counts.unchanged, "failed": counts.failed,
        "skipped": counts.skipped, "in_doubt": counts.in_doubt,
        "writes": counts.writes, "writes_in_doubt": counts.writes_in_doubt,
    })
}

fn reason(reason: &Reason) -> Value {
    json!({"reason": reason.text, "count": reason.count, "first_row": reason.first})
}

/// A moment as the journal has it, in the form that all programs read: without the name of
/// its time zone.
pub fn rfc3339(moment: &str) -> &str {
    moment.split('[').next().unwrap_or(moment)
}

/// The names of files without their folders.
pub(super) fn names(paths: &[PathBuf]) -> Vec<String> {
    let names = paths.iter().filter_map(|path| path.file_name());
    names
        .map(|name| name.to_string_lossy().into_owned())
        .collect()
}
