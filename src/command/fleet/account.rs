//! What a command came to on all its servers: a table, one set of counts, one file of the rows
//! that failed, and the command that goes on with all of them.

use serde_json::{Map, Value, json};

use super::processes::MemberEnd;
use crate::command::execution::counted::{LeftOver, counted};
use crate::command::execution::record::state_after;
use crate::command::runs::{Shards, write_failed};
use crate::command::{Terminal, of_failure};
use crate::display::table::{self, Cell, Fit};
use crate::error::{Exit, Failure};
use crate::run::journal::{Counts, Reading};
use crate::run::outputs::counts_as_json;

/// What there is to say at the end.
pub struct Account<'a> {
    /// How each server's process ended.
    pub ends: &'a [MemberEnd],
    /// The name of the runs.
    pub name: Option<&'a str>,
    /// Profiles with a run of that name that are no longer listed.
    pub removed: &'a [String],
    /// The command that goes on with all.
    pub resume: Option<String>,
}

impl Account<'_> {
    /// Whether all that was asked is done on every server.
    pub fn verdict(&self) -> Result<(), Failure> {
        let exits = self.ends.iter().filter_map(|end| match end.exit {
            None if !end.is_begun => Some(Exit::Interrupted),
            exit => exit,
        });
        // What was only held back for another is not graver than that.
        let ended = self.ends.iter().filter(|end| end.is_begun);
        let gravest = ended.filter_map(|end| end.exit).reduce(Exit::or_graver);
        let Some(exit) = gravest.or_else(|| exits.reduce(Exit::or_graver)) else {
            return Ok(());
        };
        let bad: Vec<String> = self.ends.iter().filter_map(how).collect();
        let what = format!(
            "{} of {} servers did not end well: {}",
            bad.len(),
            self.ends.len(),
            bad.join(", ")
        );
        let failure = Failure::new(exit, what);
        Err(match &self.resume {
            Some(command) => failure.and_then(format!("to resume, run: {command}")),
            None => failure,
        })
    }

    /// The code where all ended well: that of a script that ended itself, the highest of them.
    pub fn code(&self) -> u8 {
        let codes = self.ends.iter().filter_map(|end| end.code);
        let own = codes.filter(|code| Exit::of_code(*code).is_none());
        own.filter_map(|code| u8::try_from(code).ok())
            .max()
            .unwrap_or(0)
    }

    /// Says it to people.
    pub fn tell(&self, terminal: Terminal) -> Result<(), Failure> {
        let shards = self.runs();
        for line in self.table(shards.as_ref()) {
            terminal.note(&line);
        }
        let counts = self.counts(shards.as_ref());
        if let Some(counted) = counted(&counts, LeftOver::default()) {
            terminal.note(&counted);
        }
        for path in Self::failed(shards.as_ref(), &counts)? {
            terminal.note(&format!("failed rows of all servers: {path}"));
        }
        for line in self.told_of_removed(shards.as_ref()) {
            terminal.alert(&line);
        }
        self.verdict()
    }

    /// Prints one object of all the runs.
    pub fn print(&self, terminal: Terminal) -> Result<(), Failure> {
        let verdict = self.verdict();
        let shards = self.runs();
        let counts = self.counts(shards.as_ref());
        let failed = Self::failed(shards.as_ref(), &counts)?;
        let failure = verdict.as_ref().err();
        let mut files = Map::new();
        if !failed.is_empty() {
            files.insert("failed".to_owned(), failed.into());
        }
        let object = json!({
            "name": self.name,
            "state": state_after(failure).word(),
            "exit": failure.map_or_else(|| self.code(), |failure| failure.exit as u8),
            "counts": counts_as_json(&counts),
            "members": self.ends.iter().map(member).collect::<Vec<_>>(),
            "removed": self.removed,
            "files": files,
            "resume": self.resume.as_ref().filter(|_| failure.is_some()),
            "error": failure.map(Failure::as_json),
        });
        let terminal = terminal.after("what the runs did is in their journals");
        terminal.data(&format!("{object:#}"));
        verdict
    }

    /// Prints one object of all the plans.
    pub fn print_plans(&self, terminal: Terminal) -> Result<(), Failure> {
        let verdict = self.verdict();
        let failure = verdict.as_ref().err();
        let plan = |end: &MemberEnd| {
            json!({
                "profile": end.server.profile, "host": end.server.host,
                "exit": end.code, "plan": parsed(end),
            })
        };
        let object = json!({
            "state": state_after(failure).word(),
            "exit": failure.map_or(0, |failure| failure.exit as u8),
            "members": self.ends.iter().map(plan).collect::<Vec<_>>(),
            "error": failure.map(Failure::as_json),
        });
        terminal
            .after("the plans were made")
            .data(&format!("{object:#}"));
        verdict
    }

    /// The runs of the name, where there are any.
    fn runs(&self) -> Option<Shards> {
        Shards::find(self.name?).ok()
    }

    fn run_of<'r>(runs: Option<&'r Shards>, end: &MemberEnd) -> Option<&'r (Reading, Counts)> {
        runs?.of_server(&end.server.profile)
    }

    /// What those came to that are listed.
    fn counts(&self, runs: Option<&Shards>) -> Counts {
        let told = self.ends.iter().filter_map(|end| Self::run_of(runs, end));
        told.fold(Counts::default(), |sum, (_, counts)| sum.and(counts))
    }

    /// The files of the rows that failed, if any did.
    fn failed(runs: Option<&Shards>, counts: &Counts) -> Result<Vec<String>, Failure> {
        let Some(runs) = runs.filter(|_| counts.failed + counts.in_doubt > 0) else {
            return Ok(Vec::new());
        };
        let written = write_failed(runs)?;
        Ok(written
            .iter()
            .map(|path| path.display().to_string())
            .collect())
    }

    fn table(&self, runs: Option<&Shards>) -> Vec<String> {
        let columns = [
            "profile", "state", "exit", "done", "failed", "in doubt", "writes", "run",
        ];
        let rows = self.ends.iter().map(|end| {
            let its = Self::run_of(runs, end);
            let code = end.code.map(|code| code.to_string()).unwrap_or_default();
            let mut cells = vec![
                Cell::text(&end.server.profile),
                Cell::text(state(end, its)),
                Cell::text(&code),
            ];
            if let Some((reading, counts)) = its {
                let doubts = counts.in_doubt.max(counts.writes_in_doubt);
                let counts = [counts.done, counts.failed, doubts, counts.writes];
                cells.extend(counts.map(Cell::number));
                cells.push(Cell::text(&reading.name()));
            }
            cells.resize_with(columns.len(), Default::default);
            cells
        });
        table::lines(&columns, rows, Fit::Terminal)
    }

    fn told_of_removed(&self, runs: Option<&Shards>) -> Vec<String> {
        let told = self.removed.iter().map(|profile| {
            let state = runs
                .and_then(|runs| runs.of_server(profile))
                .map_or("unreadable", |(reading, _)| reading.state().word());
            format!(
                "`{profile}` has a run of this name and is no longer listed: it was left as it is \
                 ({state}), and is not counted"
            )
        });
        told.collect()
    }
}

/// What a list says of a server.
fn state(end: &MemberEnd, its: Option<&(Reading, Counts)>) -> &'static str {
    match its {
        Some((reading, _)) => reading.state().word(),
        None if end.is_begun => {
            let failure = end.exit.map(|exit| Failure::new(exit, ""));
            state_after(failure.as_ref()).word()
        }
        None => "not begun",
    }
}

/// How it ended where that was not well.
fn how(end: &MemberEnd) -> Option<String> {
    let profile = &end.server.profile;
    if !end.is_begun {
        return Some(format!("`{profile}` (not begun)"));
    }
    end.exit?;
    Some(match end.code {
        Some(code) => format!("`{profile}` (exit code {code})"),
        None => format!("`{profile}` (killed)"),
    })
}

/// What its process printed.
fn parsed(end: &MemberEnd) -> Value {
    serde_json::from_str(&end.output).unwrap_or_default()
}

/// The object of its run, with its profile.
fn member(end: &MemberEnd) -> Value {
    let mut object = Map::new();
    object.insert("profile".to_owned(), end.server.profile.clone().into());
    object.insert("host".to_owned(), end.server.host.clone().into());
    // It could say nothing any more, or was not begun.
    let silent = || {
        let exit = end.exit.unwrap_or(Exit::Interrupted);
        let what = if end.is_begun {
            "it was killed"
        } else {
            "it was not begun"
        };
        of_failure(&Failure::new(exit, what), exit as u8, true)
    };
    let own = Some(parsed(end)).filter(Value::is_object);
    if let Value::Object(own) = own.unwrap_or_else(silent) {
        object.extend(own);
    }
    object.into()
}
