//! `whmcsh runs prune`: makes room.
//!
//! Without being told otherwise it removes only what nobody can miss: rehearsals,
//! and runs that are done with nothing open. A run that goes on is never removed.

use std::collections::BTreeSet;
use std::str::FromStr;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;

use crate::command::Terminal;
use crate::command::execution::kept;
use crate::command::execution::names::{self, Listed, listed};
use crate::command::execution::pruned;
use crate::command::execution::taken as names_taken;
use crate::command::execution::takeover::Waiting;
use crate::config::runs_folder;
use crate::error::Failure;
use crate::files::sweep_staged;
use crate::run::journal::{self, State};

/// So many names are told.
const NAMED: usize = 10;

const DAY: u64 = 24 * 60 * 60;

/// Which runs are to go.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Only those that began longer ago.
    pub older_than: Option<Age>,
    /// The newest of them stay, so many.
    pub keep: Option<usize>,
    /// Those that are not finished too.
    pub all: bool,
    /// Nothing is removed, only said.
    pub dry_run: bool,
}

/// An age such as `30d`, `12h` or `2w`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Age(Duration);

impl FromStr for Age {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("invalid age `{text}`: use `30d`, `12h` or `2w`");
        let unit = text.chars().last().ok_or_else(wrong)?;
        let seconds = match unit {
            'h' => 60 * 60,
            'd' => DAY,
            'w' => 7 * DAY,
            _ => return Err(wrong()),
        };
        let count: u64 = text[..text.len() - 1].parse().map_err(|_| wrong())?;
        let seconds = count.checked_mul(seconds).ok_or_else(wrong)?;
        Ok(Self(Duration::from_secs(seconds)))
    }
}

/// What removing a run would lose.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Standing {
    /// Nothing: its server ended with it.
    Rehearsal,
    /// What it did, which is done.
    Finished,
    /// The way to continue it.
    Open,
    /// It is going on.
    Running,
}

impl Rule {
    /// Which of those runs go, the newest first; a run nobody can date counts as old.
    fn chosen(&self, runs: &[(Standing, Option<Timestamp>)], now: Timestamp) -> Vec<bool> {
        // Somebody who only says how many to keep means the others, however old.
        let default = (self.keep.is_none()).then_some(Age(Duration::from_secs(30 * DAY)));
        let age = self.older_than.or(default).map(|age| age.0);
        let is_old = |started: Option<Timestamp>| match (age, started) {
            (Some(age), Some(started)) => {
                let since = Duration::try_from(now.duration_since(started));
                since.is_ok_and(|since| since > age)
            }
            _ => true,
        };
        let mut newer = 0;
        let mut choose = |standing: Standing, started: Option<Timestamp>| match standing {
            Standing::Running => false,
            Standing::Rehearsal => true,
            Standing::Open if !self.all => false,
            Standing::Finished | Standing::Open => {
                newer += 1;
                newer > self.keep.unwrap_or(0) && is_old(started)
            }
        };
        let chosen = runs
            .iter()
            .map(|(standing, started)| choose(*standing, *started));
        chosen.collect()
    }
}

/// Removes runs, and says which and how much room that made.
pub fn prune(rule: &Rule, json: bool, terminal: Terminal) -> Result<(), Failure> {
    let folder = runs_folder()?;
    if !rule.dry_run {
        sweep_staged(&folder);
    }
    let runs = listed()?;
    let standings: Vec<_> = runs
        .iter()
        .map(|run| (standing(run), run.started()))
        .collect();
    let chosen = rule.chosen(&standings, Timestamp::now());
    let open = standings
        .iter()
        .filter(|(standing, _)| *standing == Standing::Open);
    let (mut removed, mut taken, mut bytes) = (Vec::new(), BTreeSet::new(), 0);
    if rule.all && !rule.dry_run {
        confirm(&standings, &chosen, terminal)?;
    }
    let terminal = if rule.dry_run {
        terminal
    } else {
        terminal.after("the runs were removed")
    };
    for (run, _) in runs.iter().zip(&chosen).filter(|(_, chosen)| **chosen) {
        let path = folder.join(&run.name);
        let name = kept::name_kept(&path);
        if let Some(name) = name.as_ref().filter(|_| !rule.dry_run)
            && pruned::keep(name, run)?
        {
            taken.insert(name.clone());
        }
        let size = if rule.dry_run {
            journal::size(&path).unwrap_or(0)
        } else {
            // Whoever was at it may have been on a host that is gone.
            let taking = Waiting::for_run(&run.name, None, terminal).taking().over();
            let size = journal::remove(&path, &taking);
            let size = size.map_err(|error| names::failed(&error))?;
            if let Some(name) = &name {
                names_taken::release(name, &run.name)?;
            }
            size
        };
        bytes += size;
        removed.push(json!({
            "run": run.name, "id": run.name, "name": name, "state": run.state(), "bytes": size
        }));
        if !json {
            let verb = if rule.dry_run {
                "would remove"
            } else {
                "removed"
            };
            let size = size_in_words(size);
            terminal.data(&format!("{verb} {} ({}, {size})", run.name, run.state()));
        }
    }
    if let Some(line) = told_of(&taken) {
        terminal.note(&line);
    }
    if json {
        let told = json!({"removed": removed, "bytes": bytes, "dry_run": rule.dry_run});
        terminal.data(&format!("{told:#}"));
        return Ok(());
    }
    let count = match removed.len() {
        1 => "1 run".to_owned(),
        count => format!("{count} runs"),
    };
    terminal.note(&format!("{count}, {}", size_in_words(bytes)));
    let open = open.count();
    if open > 0 && !rule.all {
        terminal.note(&format!(
            "not finished and kept: {open}; `--all` removes them too"
        ));
    }
    Ok(())
}

/// What becomes of the names of runs that were removed.
fn told_of(names: &BTreeSet<String>) -> Option<String> {
    let shown = names.iter().take(NAMED).map(|name| format!("`{name}`"));
    let shown: Vec<String> = shown.collect();
    let others = match names.len().saturating_sub(NAMED) {
        0 => String::new(),
        others => format!(" and {others} more"),
    };
    (!names.is_empty()).then(|| {
        format!(
            "these names stay taken: {}{others}; `whmcsh runs prune --forget NAME` frees one",
            shown.join(", ")
        )
    })
}

/// Lets a name that removed runs had be used again.
pub fn forget(name: &str, terminal: Terminal) -> Result<(), Failure> {
    if pruned::forget(name)? + names_taken::forget(name)? == 0 {
        return Err(Failure::usage(format!("no run named `{name}` was removed"))
            .hint("a run keeps its name until `whmcsh runs prune` removes the run"));
    }
    terminal.note(&format!("the name `{name}` is free"));
    Ok(())
}

/// Asks whoever is there before the way to continue a run is lost.
fn confirm(
    standings: &[(Standing, Option<Timestamp>)],
    chosen: &[bool],
    terminal: Terminal,
) -> Result<(), Failure> {
    let lost = standings.iter().zip(chosen);
    let lost = lost.filter(|((standing, _), chosen)| **chosen && *standing == Standing::Open);
    let count = lost.count();
    let question = format!("{count} of them are not finished; remove them anyway? [y/N]");
    match (count > 0).then(|| terminal.ask(&question)).flatten() {
        Some(answer) if !answer.eq_ignore_ascii_case("y") => {
            Err(Failure::usage("nothing was removed"))
        }
        _ => Ok(()),
    }
}

fn standing(run: &Listed) -> Standing {
    match &run.told {
        _ if run.is_running() => Standing::Running,
        Ok((reading, _)) if reading.head().is_rehearsal() => Standing::Rehearsal,
        Ok((reading, counts)) if reading.state() == State::Done && counts.writes_in_doubt == 0 => {
            Standing::Finished
        }
        _ => Standing::Open,
    }
}

/// Such as `1.2 MB`.
#[expect(
    clippy::cast_precision_loss,
    reason = "one digit behind the point is enough"
)]
fn size_in_words(bytes: u64) -> String {
    match bytes {
        0..1_000_000 => format!("{} kB", bytes.div_ceil(1000)),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::Standing::{Finished, Open, Rehearsal, Running};
    use super::*;

    /// Which of runs that began so many days ago go.
    fn chosen(rule: &Rule, runs: &[(Standing, u64)]) -> Vec<bool> {
        let now = Timestamp::now();
        let dated: Vec<_> = runs
            .iter()
            .map(|(standing, days)| (*standing, Some(now - Duration::from_secs(days * DAY))))
            .collect();
        rule.chosen(&dated, now)
    }

    const NONE: Rule = Rule {
        older_than: None,
        keep: None,
        all: false,
        dry_run: false,
    };

    #[test]
    fn only_what_nobody_can_miss_goes() {
        let runs = [
            (Running, 99),
            (Rehearsal, 0),
            (Finished, 29),
            (Finished, 31),
            (Open, 99),
        ];
        assert_eq!(chosen(&NONE, &runs), [false, true, false, true, false]);
        let all = Rule { all: true, ..NONE };
        assert_eq!(chosen(&all, &runs), [false, true, false, true, true]);
    }

    #[test]
    fn the_newest_are_kept_and_the_age_counts_as_said() {
        let runs = [(Rehearsal, 0), (Finished, 1), (Finished, 2), (Finished, 3)];
        let keep = Rule {
            keep: Some(2),
            ..NONE
        };
        assert_eq!(chosen(&keep, &runs), [true, false, false, true]);
        let both = Rule {
            older_than: Some("3d".parse().unwrap()),
            ..keep
        };
        assert_eq!(chosen(&both, &runs), [true, false, false, false]);
        let none = Rule {
            keep: Some(0),
            ..NONE
        };
        assert_eq!(chosen(&none, &runs), [true, true, true, true]);
    }

    #[test]
    fn an_age_has_a_unit() {
        assert_eq!("2w".parse(), Ok(Age(Duration::from_secs(14 * DAY))));
        assert_eq!("12h".parse(), Ok(Age(Duration::from_secs(DAY / 2))));
        for wrong in ["", "d", "30", "-1d", "3é", "99999999999999999w"] {
            assert!(wrong.parse::<Age>().is_err(), "{wrong}");
        }
    }
}
