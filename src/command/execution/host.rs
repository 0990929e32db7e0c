//! What a script is given to work with.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;

use super::record::Recorded;
use crate::cancel::Cancel;
use crate::command::Target;
use crate::config::{default_path, runs_folder, secret_files};
use crate::error::Failure;
use crate::run::invocation::Invocation;
use crate::script::{Clock, Confinement, Host, ListsRead, Output, RowSink, Streams};
use crate::secrets::hidden_word;
use crate::session::Session;

/// What a script works with besides its server.
pub struct Given<'g> {
    /// What was asked; the lines of the shell come without.
    pub invocation: Option<&'g Invocation>,
    /// Where its words go.
    pub output: Arc<dyn Output>,
    /// Where the rows of its bulk loops go.
    pub rows: Arc<dyn RowSink>,
    /// Its record, where one is kept: its clock and its dice.
    pub recorded: Option<&'g Recorded>,
    /// What it can read only once.
    pub streams: Streams,
}

/// What a script on that session works with: a run, a plan and the shell alike.
pub fn host(
    session: &Session,
    target: &Target,
    given: Given,
    cancel: Cancel,
) -> Result<Host, Failure> {
    let asked = given.invocation;
    let args = asked.map_or(&[][..], |asked| asked.task.args());
    let files = files(asked.and_then(|asked| asked.task.folder()), args)?;
    let (clock, seed) = match given.recorded {
        Some(recorded) => (recorded.clock(), recorded.seed),
        None => (Clock::new(Timestamp::now()), rand::random()),
    };
    Ok(Host {
        run: Arc::clone(&session.run),
        connect: session.connect(),
        output: given.output,
        files: Confinement {
            private: private(target),
            part: asked.map(Invocation::part).unwrap_or_default(),
            streams: given.streams,
            ..files
        },
        args: args.to_vec(),
        env: asked
            .map(|asked| asked.allow_env.clone())
            .unwrap_or_default(),
        allow_unknown: target.allowed.unknown,
        cancel,
        clock,
        seed,
        rows: given.rows,
        limits: target.limits.of_shard(),
        bench: None,
        lists: ListsRead::default(),
    })
}

/// Refuses what stands for a secret that was not kept: it would be taken for the secret.
pub fn are_whole(args: &[String]) -> Result<(), Failure> {
    match hidden_word(args) {
        Some(word) => Err(Failure::usage(format!(
            "`{word}` stands for a secret that was not kept; nothing was sent"
        ))
        .hint("write the secret as in the first run")),
        None => Ok(()),
    }
}

/// The files that hold our secrets.
fn private(target: &Target) -> Vec<PathBuf> {
    let paths = [target.choice.path(), default_path()];
    paths.into_iter().flatten().chain(secret_files()).collect()
}

/// The files a script may touch: those under its own folder and the working
/// folder, and what it was given as arguments.
pub fn files(script_folder: Option<&Path>, args: &[String]) -> Result<Confinement, Failure> {
    let failed = |error| Failure::usage(format!("cannot use the working folder: {error}"));
    let working = std::env::current_dir().map_err(failed)?;
    let mut read = vec![working.clone()];
    let beside = script_folder.map(|folder| working.join(folder));
    // A script in the working folder has the empty path for its folder.
    read.extend(beside.filter(|folder| folder.components().ne(working.components())));
    Ok(Confinement {
        read,
        given: args.iter().map(PathBuf::from).collect(),
        write: vec![working.clone()],
        sealed: runs_folder().into_iter().collect(),
        working,
        ..Confinement::default()
    })
}
