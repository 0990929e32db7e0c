//! `whmcsh runs settle --keep` and `--again`: the user's word on a write that was applied,
//! and that the script asks for with other values now.

use serde_json::json;

use super::settle::RECORDED;
use crate::command::Terminal;
use crate::command::execution::names;
use crate::command::execution::takeover::{self, Waiting};
use crate::config::runs_folder;
use crate::error::Failure;
use crate::run::journal::{self, Outcome, Which, Write};

/// Takes the user's word: whether the write stands for the one that is asked for now.
pub fn judge(
    name: &str,
    number: i64,
    stands: bool,
    as_json: bool,
    terminal: Terminal,
) -> Result<(), Failure> {
    let folder = names::folder(&runs_folder()?, name)?;
    // Nobody else can be at it meanwhile.
    let (journal, head) = takeover::open(
        &folder,
        &Waiting::for_run(name, None, terminal).taking(),
        terminal,
    )?;
    let reading = journal::read(&folder).map_err(|error| names::failed(&error))?;
    let mut found = None;
    let find = |write: Write| {
        if write.id.number() == number {
            found = Some(write);
        }
    };
    reading
        .writes(Which::All, find)
        .map_err(|error| names::failed(&error))?;
    let write = found.ok_or_else(|| {
        Failure::usage(format!("run `{name}` has no write {number}"))
            .hint(format!("`whmcsh runs show {name} --writes` lists them"))
    })?;
    if !matches!(write.outcome, Some(Outcome::Done(_))) {
        return Err(not_applied(name, number, &write));
    }
    journal
        .judge(write.id, stands)
        .map_err(|error| names::failed(&error))?;
    let resume = names::resume_of(&folder, &head);
    let terminal = terminal.after(RECORDED);
    if as_json {
        let word = if stands { "keep" } else { "again" };
        let settled = json!({
            "run": name, "write": number, "action": write.action, "verdict": word, "resume": resume,
        });
        terminal.data(&format!("{settled:#}"));
        return Ok(());
    }
    terminal.note(&if stands {
        format!(
            "recorded: write {number} (`{}`) stands; the changed one is not sent",
            write.action
        )
    } else {
        format!(
            "recorded: write {number} (`{}`) stays as it is; the changed one is sent too",
            write.action
        )
    });
    terminal.note(&format!("to resume, run: {resume}"));
    Ok(())
}

fn not_applied(run: &str, number: i64, write: &Write) -> Failure {
    let failure = Failure::usage(format!(
        "write {number} of run `{run}` is not known to be applied: `--keep` and `--again` are for writes that were"
    ));
    match write.outcome {
        None | Some(Outcome::Unsettled(_)) => {
            failure.hint("it is in doubt: settle it with `--done` or `--not-done` first")
        }
        _ => failure.hint("it changed nothing, so it can be sent again"),
    }
}
