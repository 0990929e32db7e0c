//! `whmcsh each`: one call for every row of a file, without a script.
//!
//! It is a run like any other, of a script that is written for it: planned,
//! journaled, resumed, limited and guarded by the same code.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use super::params::{self, Sources};
use super::run::{self, Snapshots, run_script};
use super::{Target, Terminal, find_action, plan, run_folder};
use crate::config::runs_folder;
use crate::error::{Exit, Failure};
use crate::run::{SHARD, journal, shell_word};
use crate::script::Each;

/// How the script of such a run is called, before the name of the action.
const EACH_OF: &str = "each ";

/// How the column that tells rows apart stands among a run's words.
const KEY: &str = "--key=";

/// What stands before the call on the command line.
const CALL: &str = "--";

/// Which rows, what to call for them, and how.
#[derive(Debug)]
pub struct Options {
    /// The CSV file or spreadsheet.
    pub file: String,
    /// Which rows are taken; all of them otherwise.
    pub condition: Option<String>,
    /// The column that tells rows apart.
    pub key: Option<String>,
    /// Whether parameters whose cells are empty are left out.
    pub skip_empty: bool,
    /// The action, by WHMCS's name or the script function's.
    pub action: String,
    /// Its parameters as typed; columns stand in them as `{column}`.
    pub params: Vec<String>,
    /// The server.
    pub target: Target,
    /// The environment variables the condition may read.
    pub allow_env: BTreeSet<String>,
    /// Whether to do it, or to show what it would do.
    pub mode: Mode,
}

/// Whether calls are made.
#[derive(Debug)]
pub enum Mode {
    /// Writes are told instead of sent.
    Plan {
        /// The file that is to hold the whole plan.
        out: Option<PathBuf>,
        /// Whether to print the whole plan as JSON.
        json: bool,
    },
    /// Everything is sent.
    Run {
        /// The run to take up again.
        resume: Option<String>,
        /// Before which writes snapshots are taken, where that was said.
        snapshots: Option<Snapshots>,
    },
}

/// Makes the call for every row, or shows what that would do.
pub fn each(options: Options, terminal: Terminal) -> Result<(), Failure> {
    can_be_read_again(&options.file)?;
    if options.target.limits.shard.is_some() && options.key.is_none() {
        return Err(Failure::usage(format!(
            "`{SHARD}` needs `--key`: the key says which shard a row belongs to"
        ))
        .hint("name a column that tells rows apart, such as `--key email`"));
    }
    if let Mode::Run {
        resume: Some(run), ..
    } = &options.mode
    {
        has_same_key(run, options.key.as_deref())?;
    }
    let action = find_action(&options.action, options.target.allow_unknown)?;
    let params = params::read(&action, &options.params, Sources::Files)?;
    let (args, name) = (
        vec![options.file.clone()],
        format!("{EACH_OF}{}", action.name()),
    );
    let script = Each {
        file: &options.file,
        key: options.key.as_deref(),
        condition: options.condition.as_deref(),
        skips_empty: options.skip_empty,
        allow_unknown: options.target.allow_unknown,
        action: &action,
        params: &params,
    }
    .script(&name, &run::files(None, &args)?)?;
    let more = options.words(action.name());
    let Options {
        target, allow_env, ..
    } = options;
    match options.mode {
        Mode::Plan { out, json } => {
            let options = plan::Options {
                script: name.into(),
                args,
                target,
                allow_env,
                out,
                json,
                more,
            };
            plan::plan_script(&script, &options, terminal)
        }
        Mode::Run { resume, snapshots } => {
            let options = run::Options {
                script: name.into(),
                args,
                target,
                allow_env,
                resume,
                snapshots,
                more,
            };
            run_script(&script, options, terminal)
        }
    }
    .map_err(|failure| match failure.exit {
        // What went wrong in rows stands there.
        Exit::InDoubt => failure,
        _ if failure.is_about_rows => failure,
        // A place in a script that nobody wrote.
        _ => Failure {
            place: None,
            ..failure
        },
    })
}

/// The command of a run, if it is one of these: the words it was given with, and
/// the run it takes up.
pub(super) fn command(script: &str, words: &[String], resume: Option<&str>) -> Option<String> {
    script.strip_prefix(EACH_OF)?;
    let call = words.iter().position(|word| word == CALL)?;
    let (before, call) = words.split_at(call);
    let resume = resume.map(|run| ["--resume", run].map(str::to_owned));
    let words = before.iter().chain(resume.iter().flatten()).chain(call);
    let words: Vec<String> = words.map(|word| shell_word(word)).collect();
    Some(format!("whmcsh each {}", words.join(" ")))
}

/// Rows that went by another key before would be taken for new ones, and done twice.
fn has_same_key(run: &str, key: Option<&str>) -> Result<(), Failure> {
    let folder = run_folder::folder(&runs_folder()?, run)?;
    let reading = journal::read(&folder).map_err(|error| run_folder::failed(&error))?;
    let (head, words) = (reading.head(), reading.head().words());
    let own = words.iter().take_while(|word| *word != CALL);
    let before = own.filter_map(|word| word.strip_prefix(KEY)).last();
    if before == key || !head.script.starts_with(EACH_OF) {
        return Ok(());
    }
    let known = before.map_or("their numbers".to_owned(), |key| format!("`{key}`"));
    let failure = Failure::usage(format!(
        "the rows of run `{run}` go by {known}; by anything else they would be done again"
    ));
    Err(failure.hint(match before {
        Some(key) => format!("resume it with `--key {key}`"),
        None => "resume it without `--key`".to_owned(),
    }))
}

/// A resumed run reads its rows once more, and so does the check of its keys.
fn can_be_read_again(file: &str) -> Result<(), Failure> {
    // What is not there is told where it is opened.
    let is_stream = fs::metadata(file).is_ok_and(|found| !found.is_file() && !found.is_dir());
    if file != "-" && !is_stream {
        return Ok(());
    }
    let what = if file == "-" { "standard input" } else { file };
    Err(Failure::usage(format!(
        "the rows cannot come from {what}: a run that is resumed reads them once more"
    ))
    .hint("save them to a file first, such as `… > rows.csv`"))
}

impl Options {
    /// The words a run needs to be taken up, besides those of every run.
    fn words(&self, action: &str) -> Vec<String> {
        let mut words = Vec::new();
        for (option, value) in [("--where=", &self.condition), (KEY, &self.key)] {
            if let Some(value) = value {
                words.push(format!("{option}{value}"));
            }
        }
        if self.skip_empty {
            words.push("--skip-empty".to_owned());
        }
        words.extend([CALL.to_owned(), action.to_owned()]);
        words.extend(self.params.iter().cloned());
        words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_run_to_take_up_is_named_before_the_call() {
        let words = [
            "my rows.csv",
            "--where=a == \"it's\"",
            "--",
            "AddClient",
            "notes={n} --",
        ];
        let words = words.map(str::to_owned);
        assert_eq!(
            command("each AddClient", &words, Some("2026-11-26-each")).unwrap(),
            "whmcsh each 'my rows.csv' '--where=a == \"it'\\''s\"' --resume 2026-11-26-each -- \
             AddClient 'notes={n} --'"
        );
        assert_eq!(
            command("each AddClient", &words[2..4], None).unwrap(),
            "whmcsh each -- AddClient"
        );
        assert_eq!(command("each.rhai", &words, None), None);
    }
}
