//! Heads as version 0.1.0 wrote them: what was asked, in the words of a command line.
//!
//! The only place that knows such words as data. They come in the order and spelling in
//! which that version put them together; a word it never wrote is damage.

use serde::Deserialize;
use serde_json::Value;

use super::{Head, Input, Rules};
use crate::client::IpVersion;
use crate::run::invocation::{EachRow, Invocation, ScriptCall, Target, Task, UndoOf};
use crate::run::{Limits, Snapshots};

/// What stood before the action in the name of a run of `each`.
const EACH: &str = "each ";
/// What stood before the run in the name of an undo.
const UNDO: &str = "undo of ";
/// What stood before the call of a run of `each`.
const CALL: &str = "--";

#[derive(Deserialize)]
struct EarlierHead {
    id: String,
    script: String,
    script_hash: String,
    #[serde(default)]
    modules: Vec<Input>,
    args: Vec<String>,
    #[serde(default)]
    options: Vec<String>,
    inputs: Vec<Input>,
    profile: String,
    host: String,
    #[serde(default)]
    path: Option<String>,
    #[serde(default)]
    rehearsal: bool,
    started: String,
    #[serde(default)]
    snapshots: Snapshots,
    version: String,
}

/// What the words of a run's options said.
#[derive(Default)]
struct Said {
    target: Target,
    limits: Limits,
    allow_env: Vec<String>,
    condition: Option<String>,
    key: Option<String>,
    skip_empty: bool,
    /// The action and its parameters, where there is a call.
    call: Option<Vec<String>>,
}

/// The head that those fields are, or why they are none.
pub(super) fn read(fields: Value) -> Result<Head, String> {
    let earlier: EarlierHead = serde_json::from_value(fields).map_err(|error| error.to_string())?;
    let mut said = Said::read(&earlier.options)?;
    said.target.sandbox = earlier.rehearsal;
    let task = task(&earlier, &mut said)?;
    Ok(Head {
        id: earlier.id,
        invocation: Invocation {
            task,
            target: said.target,
            limits: said.limits,
            allow_env: said.allow_env.into_iter().collect(),
            snapshots: Some(earlier.snapshots),
            bind: None,
        },
        script_hash: earlier.script_hash,
        modules: earlier.modules,
        inputs: earlier.inputs,
        profile: earlier.profile,
        host: earlier.host,
        path: earlier.path,
        started: earlier.started,
        not_processed: Vec::new(),
        name: None,
        rules: Rules::Spelled.number(),
        version: earlier.version,
        machine: None,
        user: None,
    })
}

/// A script may be called as what is none: only the latter had a call, or no text.
fn task(earlier: &EarlierHead, said: &mut Said) -> Result<Task, String> {
    if let Some(call) = said.call.take() {
        let mut call = call.into_iter();
        let ([file], Some(action)) = (earlier.args.as_slice(), call.next()) else {
            return Err("its call has no file or no action".to_owned());
        };
        if earlier.script.strip_prefix(EACH) != Some(&action) {
            return Err(format!("`{}` is not `{EACH}{action}`", earlier.script));
        }
        return Ok(Task::Each(EachRow {
            file: file.clone(),
            condition: said.condition.take(),
            key: said.key.take(),
            sheet: None,
            skip: 0,
            skip_hidden: false,
            encoding: None,
            delimiter: None,
            as_is: Vec::new(),
            skip_empty: said.skip_empty,
            action,
            params: call.collect(),
        }));
    }
    let undone = earlier.script.strip_prefix(UNDO);
    let undone = undone.filter(|_| earlier.script_hash == NO_TEXT && earlier.args.is_empty());
    Ok(match undone {
        Some(run) => Task::Undo(UndoOf {
            run: run.to_owned(),
        }),
        None => Task::Script(ScriptCall {
            path: earlier.script.clone().into(),
            args: earlier.args.clone(),
        }),
    })
}

/// The SHA-256 of a script without text, which an undo was said to be.
const NO_TEXT: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

impl Said {
    fn read(words: &[String]) -> Result<Self, String> {
        let mut said = Self::default();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            match word.as_str() {
                CALL => {
                    said.call = Some(words.cloned().collect());
                    break;
                }
                "--ipv4" => said.target.ip = Some(IpVersion::V4),
                "--ipv6" => said.target.ip = Some(IpVersion::V6),
                "--allow-unknown" => said.target.allow_unknown = true,
                "--no-mail" => said.limits.no_mail = true,
                "--skip-empty" => said.skip_empty = true,
                option => {
                    let (option, value) = match option.split_once('=') {
                        Some((option, value)) => (option, Some(value)),
                        None => (option, words.next().map(String::as_str)),
                    };
                    let value = value.ok_or_else(|| format!("`{option}` has no value"))?;
                    said.set(option, value)?;
                }
            }
        }
        Ok(said)
    }

    fn set(&mut self, option: &str, value: &str) -> Result<(), String> {
        fn parsed<T: std::str::FromStr>(option: &str, value: &str) -> Result<Option<T>, String> {
            let wrong = |_| format!("`{option}` cannot be `{value}`");
            value.parse().map(Some).map_err(wrong)
        }
        match option {
            "--config" => self.target.config = Some(value.into()),
            "--profile" => self.target.profile = Some(value.to_owned()),
            "--log" => self.target.log = Some(value.into()),
            "--workers" => self.limits.workers = parsed(option, value)?,
            "--rate" => self.limits.rate = parsed(option, value)?,
            "--max-failures" => self.limits.max_failures = parsed(option, value)?,
            "--max-writes" => self.limits.max_writes = parsed(option, value)?,
            "--max-deletes" => self.limits.max_deletes = parsed(option, value)?,
            "--shard" => self.limits.shard = parsed(option, value)?,
            "--allow-env" => self.allow_env.push(value.to_owned()),
            "--where" => self.condition = Some(value.to_owned()),
            "--key" => self.key = Some(value.to_owned()),
            _ => return Err(format!("no version has an option `{option}`")),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
