//! `whmcsh runs settle`: the user's word on a write in doubt.

use serde_json::{Map, Value};

use super::resume_command;
use crate::command::{Terminal, run_folder};
use crate::config::runs_folder;
use crate::error::Failure;
use crate::run::journal::{self, Journal, Which};

/// What the user saw on the server of a write in doubt.
#[derive(Debug)]
pub struct Verdict {
    /// The write's number.
    pub write: i64,
    /// Whether it was applied.
    pub done: bool,
    /// What the script is to get as its reply, as JSON.
    pub reply: Option<String>,
}

/// Takes the user's word on a write in doubt.
pub fn settle(name: &str, verdict: &Verdict, terminal: Terminal) -> Result<(), Failure> {
    let reply = verdict.reply.as_deref().map(reply).transpose()?;
    let folder = run_folder::folder(&runs_folder()?, name)?;
    let reading = journal::read(&folder).map_err(|error| run_folder::failed(&error))?;
    let mut found = None;
    let mut open = Vec::new();
    reading
        .writes(Which::InDoubt, |write| {
            open.push(format!("{} ({})", write.id.number(), write.action));
            if write.id.number() == verdict.write {
                found = Some(write.id);
            }
        })
        .map_err(|error| run_folder::failed(&error))?;
    let Some(id) = found else {
        let failure = Failure::usage(format!(
            "write {} of run `{name}` is not in doubt",
            verdict.write
        ));
        return Err(if open.is_empty() {
            failure.hint("nothing of this run is in doubt")
        } else {
            failure.hint(format!("in doubt: {}", open.join(", ")))
        });
    };
    let (journal, head) = Journal::open(&folder).map_err(|error| run_folder::failed(&error))?;
    let settled = journal.settle(id, verdict.done, reply);
    settled.map_err(|error| run_folder::failed(&error))?;
    let word = if verdict.done {
        "was applied"
    } else {
        "was not applied and will be sent"
    };
    terminal.note(&format!("write {} {word}", verdict.write));
    terminal.note(&format!(
        "continue with: {}",
        resume_command(&head.script, &head.words(), name)
    ));
    Ok(())
}

fn reply(text: &str) -> Result<Map<String, Value>, Failure> {
    match serde_json::from_str(text) {
        Ok(Value::Object(reply)) => Ok(reply),
        _ => Err(Failure::usage("the reply is no JSON object")
            .hint("such as `--reply '{\"orderid\": 7}'`")),
    }
}
