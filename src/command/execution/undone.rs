//! How far runs were undone: what `runs` says of both, the run and its undo.

use std::collections::HashMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::names::{Listed, folders, started};
use crate::run::invocation::Task;
use crate::run::journal::{self, Counts, Reading, State};

/// How far a run was undone.
#[derive(Clone, Debug)]
pub struct UndoState {
    /// The run that undid it, the newest where there are several.
    pub by: String,
    /// How that run ended.
    pub state: State,
    /// How many writes all of them made.
    pub writes: u64,
    /// How many of these are in doubt.
    pub in_doubt: u64,
}

impl UndoState {
    /// That of one undo.
    pub fn derive(reading: &Reading, counts: &Counts) -> Self {
        Self {
            by: reading.head().id.clone(),
            state: reading.state(),
            writes: counts.writes,
            in_doubt: counts.writes_in_doubt,
        }
    }

    /// The same with what earlier undos of the run made.
    fn after(self, earlier: &Self) -> Self {
        Self {
            writes: self.writes + earlier.writes,
            in_doubt: self.in_doubt + earlier.in_doubt,
            ..self
        }
    }

    /// What programs are told of it; `run` is the other of the two runs, and what it is.
    pub fn as_json(&self, (what, run): (&str, &str)) -> Value {
        json!({
            what: run, "state": undone(self.state), "writes": self.writes,
            "writes_in_doubt": self.in_doubt,
        })
    }

    /// `20 writes, 1 in doubt`.
    pub fn words(&self) -> String {
        let noun = if self.writes == 1 { "write" } else { "writes" };
        match self.in_doubt {
            0 => format!("{} {noun}", self.writes),
            doubt => format!("{} {noun}, {doubt} in doubt", self.writes),
        }
    }
}

/// The undos of runs, by the run that was undone.
#[derive(Default)]
pub struct Undos(HashMap<String, UndoState>);

impl Undos {
    /// How far that run was undone, if it was.
    pub fn state(&self, run: &str) -> Option<&UndoState> {
        self.0.get(run)
    }

    /// Adds undos, the oldest first.
    fn gather(undos: impl Iterator<Item = (String, UndoState)>) -> Self {
        let mut all = Self::default();
        for (run, undo) in undos {
            let undo = match all.0.remove(&run) {
                Some(earlier) => undo.after(&earlier),
                None => undo,
            };
            all.0.insert(run, undo);
        }
        all
    }
}

/// The undos among runs that are listed, the newest first.
pub fn undos(runs: &[Listed]) -> Undos {
    let undo = |run: &Listed| {
        let (reading, counts) = run.told.as_ref().ok()?;
        let Task::Undo(undo) = &reading.head().invocation.task else {
            return None;
        };
        Some((undo.run.clone(), UndoState::derive(reading, counts)))
    };
    Undos::gather(runs.iter().rev().filter_map(undo))
}

/// The same of all runs, of which no others are read whole.
pub fn undos_there_are() -> Undos {
    let known = folders().unwrap_or_default().into_iter();
    let mut undos: Vec<(Option<Timestamp>, String, UndoState)> = known
        .filter_map(|folder| {
            let head = journal::read_head(&folder).ok()?;
            let Task::Undo(undo) = &head.invocation.task else {
                return None;
            };
            let reading = journal::read(&folder).ok()?;
            let state = UndoState::derive(&reading, &reading.counts().ok()?);
            Some((started(&head), undo.run.clone(), state))
        })
        .collect();
    undos.sort_by_key(|(started, ..)| *started);
    Undos::gather(undos.into_iter().map(|(_, run, undo)| (run, undo)))
}

/// How far a run was undone, in a word or two.
pub fn undone(state: State) -> &'static str {
    match state {
        State::Done => "undone",
        State::Running => "being undone",
        _ => "undone in part",
    }
}
