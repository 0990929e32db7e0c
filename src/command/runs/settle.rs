//! `whmcsh runs settle`: the user's word on a write in doubt.

use serde_json::{Map, Value, json};

use crate::catalog;
use crate::client::{ActionRef, CustomKind};
use crate::command::Terminal;
use crate::command::execution::names;
use crate::command::execution::takeover::{self, Waiting};
use crate::config::runs_folder;
use crate::error::Failure;
use crate::run::journal::{self, Earlier, Outcome, Reading, Which, Write, bare};
use crate::run::resume::of_key;
use crate::run::scope::Scope;
use crate::secrets::covered_reply;

/// What was done when the answer cannot be printed.
pub(super) const RECORDED: &str = "the answer was recorded";

/// What the user saw on the server of a write in doubt.
#[derive(Debug)]
pub struct Verdict {
    /// Which write.
    pub of: Of,
    /// Whether it was applied.
    pub done: bool,
    /// What the script is to get as its reply, as JSON.
    pub reply: Option<String>,
    /// Whether to print what was settled as JSON.
    pub json: bool,
}

/// How a write in doubt is named.
#[derive(Debug)]
pub enum Of {
    /// By its number.
    Write(i64),
    /// As the one of the row with that key or that number.
    Row(String),
}

/// Takes the user's word on a write in doubt.
pub fn settle(name: &str, verdict: &Verdict, terminal: Terminal) -> Result<(), Failure> {
    let reply = verdict.reply.as_deref().map(reply).transpose()?;
    let folder = names::folder(&runs_folder()?, name)?;
    // Nobody else can settle it meanwhile.
    let (journal, head) = takeover::open(
        &folder,
        &Waiting::for_run(name, None, terminal).taking(),
        terminal,
    )?;
    let reading = journal::read(&folder).map_err(|error| names::failed(&error))?;
    let mut open = Vec::new();
    reading
        .writes(Which::InDoubt, |write| open.push(write))
        .map_err(|error| names::failed(&error))?;
    if let (Of::Write(number), Some(_)) = (&verdict.of, &reply) {
        let add = |write: Write| {
            // The reply to one that was found or settled is not the server's own.
            let lacks_reply = matches!(&write.outcome, Some(Outcome::Done(reply)) if !reply.contains_key("result"));
            if write.id.number() == *number && lacks_reply {
                open.push(write);
            }
        };
        reading
            .writes(Which::All, add)
            .map_err(|error| names::failed(&error))?;
    }
    let write = match &verdict.of {
        Of::Write(number) => by_number(&open, *number, name)?,
        Of::Row(row) => of_row(&open, &keys(&reading, row)?, row, name)?,
    };
    // A resumed script gets it as it would the server's, of which none is kept.
    let reply = reply.map(|reply| covered_reply(action(write).known(), &reply));
    let settled = journal.settle(write.id, verdict.done, reply);
    settled.map_err(|error| names::failed(&error))?;
    let resume = names::resume_of(&folder, &head);
    say_recorded(
        (&head.id, write),
        verdict,
        &resume,
        terminal.after(RECORDED),
    );
    Ok(())
}

fn say_recorded((run, write): (&str, &Write), verdict: &Verdict, resume: &str, terminal: Terminal) {
    let number = write.id.number();
    if verdict.json {
        let settled = json!({
            "run": run, "write": number, "action": write.action, "done": verdict.done, "resume": resume,
        });
        terminal.data(&format!("{settled:#}"));
        return;
    }
    let word = if verdict.done {
        "was applied"
    } else {
        "was not applied and will be sent"
    };
    terminal.note(&format!(
        "recorded: write {number} (`{}`) {word}",
        write.action
    ));
    terminal.note(&format!("to resume, run: {resume}"));
}

fn by_number<'w>(open: &'w [Write], number: i64, run: &str) -> Result<&'w Write, Failure> {
    let found = open.iter().find(|write| write.id.number() == number);
    found.ok_or_else(|| {
        let failure = Failure::usage(format!("write {number} of run `{run}` is not in doubt"));
        failure.hint(in_doubt(open))
    })
}

/// The one write in doubt of a row with one of those keys.
fn of_row<'w>(
    open: &'w [Write],
    keys: &[String],
    row: &str,
    run: &str,
) -> Result<&'w Write, Failure> {
    let is_its = |write: &&Write| match &write.scope {
        Scope::Row(key) => keys.iter().any(|known| **known == **key),
        Scope::Main => false,
    };
    let its: Vec<&Write> = open.iter().filter(is_its).collect();
    match its[..] {
        [write] => Ok(write),
        [] => {
            let failure = Failure::usage(format!("row `{row}` of run `{run}` is not in doubt"));
            Err(failure.hint(in_doubt(open)))
        }
        _ => {
            let what = format!("row `{row}` of run `{run}` has several writes in doubt");
            let which = numbered(&its);
            Err(Failure::usage(what).hint(format!("choose one with `--write`: {which}")))
        }
    }
}

/// The keys a row may be meant by: itself one, else those of the rows of that number.
fn keys(reading: &Reading, row: &str) -> Result<Vec<String>, Failure> {
    let (mut keys, mut numbered) = (Vec::new(), Vec::new());
    let number = row.strip_prefix('#').unwrap_or(row).parse::<u64>().ok();
    let compared = of_key(row);
    let is_it = |key: &str| key == row || bare(key) == row || bare(key) == compared;
    let add = |known: Earlier| {
        if is_it(&known.key) {
            keys.push(known.key);
        } else if number.is_some() && number == known.number {
            numbered.push(known.key);
        }
    };
    reading
        .earlier(&[], |_| true, add)
        .map_err(|error| names::failed(&error))?;
    if keys.is_empty() && !numbered.is_empty() {
        return Ok(numbered);
    }
    if keys.is_empty() {
        // A row that was killed has no record yet, and one without a key goes by its number.
        return Ok(vec![row.to_owned(), format!("#{row}")]);
    }
    Ok(keys)
}

fn in_doubt(open: &[Write]) -> String {
    if open.is_empty() {
        return "no write of this run is in doubt".to_owned();
    }
    format!("in doubt: {}", numbered(&open.iter().collect::<Vec<_>>()))
}

fn numbered(writes: &[&Write]) -> String {
    let name = |write: &&Write| match write.row_name() {
        Some(row) => format!("{} ({} of row {row})", write.id.number(), write.action),
        None => format!("{} ({})", write.id.number(), write.action),
    };
    writes.iter().map(name).collect::<Vec<_>>().join(", ")
}

fn action(write: &Write) -> ActionRef {
    match catalog::action(&write.action) {
        Some(action) => ActionRef::Known(action),
        None => ActionRef::Other {
            name: write.action.clone(),
            kind: CustomKind::default(),
        },
    }
}

fn reply(text: &str) -> Result<Map<String, Value>, Failure> {
    match serde_json::from_str(text) {
        Ok(Value::Object(reply)) => Ok(reply),
        _ => Err(Failure::usage("the reply is not a JSON object")
            .hint("such as `--reply '{\"orderid\": 7}'`")),
    }
}
