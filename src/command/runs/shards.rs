//! The runs of one name: the shards of one task, and one account of them all.

use jiff::ZonedDateTime;
use serde_json::{Value, json};

use super::opened::open;
use crate::catalog::similar;
use crate::command::Terminal;
use crate::command::execution::counted::{LeftOver, counted};
use crate::command::execution::kept;
use crate::command::execution::names::{self, Listed, listed};
use crate::config::runs_folder;
use crate::display::table::{self, Cell, Fit};
use crate::error::Failure;
use crate::run::Part;
use crate::run::bulk::Shard;
use crate::run::journal::{Counts, Reading};
use crate::run::outputs::{counts_as_json, failed_files};

/// The runs that have one name.
pub struct Shards {
    name: String,
    /// Each with its part, in their order; a run that is the only one is alone.
    runs: Vec<(Part, Listed)>,
}

/// Shows one account of all runs of a name: what each shard came to, and which are missing.
pub fn show_name(name: &str, json: bool, terminal: Terminal) -> Result<(), Failure> {
    let shards = Shards::find(name)?;
    if json {
        terminal.data(&format!("{:#}", shards.as_json()));
        return Ok(());
    }
    terminal.data(&shards.table().join("\n"));
    for line in shards.account() {
        terminal.data(&line);
    }
    Ok(())
}

impl Shards {
    /// The runs of that name.
    ///
    /// # Errors
    ///
    /// If there is none.
    pub fn find(name: &str) -> Result<Self, Failure> {
        let mut known = listed()?;
        let folder = runs_folder()?;
        let given = |run: &Listed| kept::name_kept(&folder.join(&run.name));
        let names: Vec<String> = known.iter().filter_map(given).collect();
        known.retain(|run| given(run).as_deref() == Some(name));
        if known.is_empty() {
            let failure = Failure::usage(format!("no run is named `{name}`"));
            let near = similar(name, names.iter().map(String::as_str));
            return Err(match near.first() {
                Some(near) => failure.hint(format!("did you mean `{near}`?")),
                None => failure.hint("`whmcsh runs` lists the runs with their names"),
            });
        }
        let runs = known.into_iter().map(|run| (part(&run), run));
        let mut runs = without_copies(runs.collect());
        runs.sort_by_key(|(part, _)| order(part));
        Ok(Self {
            name: name.to_owned(),
            runs,
        })
    }

    /// The runs of these folders, as one account.
    ///
    /// # Errors
    ///
    /// If one is not there, or cannot be read.
    pub fn read(runs: &[String]) -> Result<Self, Failure> {
        let mut listed = Vec::new();
        for run in runs {
            let reading = open(run)?;
            let counts = reading.counts().map_err(|error| names::failed(&error))?;
            let run = Listed {
                name: run.clone(),
                told: Ok((reading, counts)),
            };
            listed.push((part(&run), run));
        }
        listed.sort_by_key(|(part, _)| order(part));
        let mut runs = without_copies(listed);
        runs.dedup_by(|(_, one), (_, other)| one.name == other.name);
        let first = runs.first().map_or("", |(_, run)| &run.name);
        let name = match runs.len() {
            0 | 1 => first.to_owned(),
            several => format!("{first}+{}", several - 1),
        };
        Ok(Self { name, runs })
    }

    /// What the run on the server of that profile is and came to, if there is one that can be
    /// read.
    pub fn of_server(&self, profile: &str) -> Option<&(Reading, Counts)> {
        let is_its = |part: &Part| matches!(part, Part::Server(own) if own == profile);
        let (_, run) = self.runs.iter().find(|(part, _)| is_its(part))?;
        run.told.as_ref().ok()
    }

    /// What they are called together.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The folders of the runs.
    pub fn runs(&self) -> Vec<&str> {
        self.runs.iter().map(|(_, run)| run.name.as_str()).collect()
    }

    /// What is in the journals that can be read.
    pub fn readings(&self) -> impl Iterator<Item = &Reading> {
        let told = self
            .runs
            .iter()
            .filter_map(|(_, run)| run.told.as_ref().ok());
        told.map(|(reading, _)| reading)
    }

    /// The runs whose journals cannot be read, and why.
    pub fn unreadable(&self) -> Vec<(String, String)> {
        let error = |run: &Listed| Some((run.name.clone(), run.told.as_ref().err()?.to_string()));
        self.runs.iter().filter_map(|(_, run)| error(run)).collect()
    }

    /// The shards, or the profiles of a fleet, that no run here is of.
    pub fn missing(&self) -> Vec<String> {
        let servers = self.missing_servers();
        if !servers.is_empty() {
            return servers;
        }
        let there: Vec<Shard> = self
            .runs
            .iter()
            .filter_map(|(part, _)| shard(part))
            .collect();
        let of = there.first().map_or(0, |shard| shard.count());
        if there.iter().any(|shard| shard.count() != of) {
            // Shards of other numbers are no parts of one whole.
            return Vec::new();
        }
        let all = (1..=of).filter_map(|number| Shard::new(number, of));
        let missing = all.filter(|shard| !there.contains(shard));
        missing.map(|shard| shard.to_string()).collect()
    }

    /// The profiles that the newest run of a fleet was begun beside, and no run is of.
    fn missing_servers(&self) -> Vec<String> {
        let is_there = |profile: &&String| {
            let its = Part::Server((*profile).clone());
            self.runs.iter().any(|(part, _)| *part == its)
        };
        let heads = self.readings().map(Reading::head);
        let newest = heads.max_by_key(|head| head.started.parse::<ZonedDateTime>().ok());
        let profiles = newest
            .into_iter()
            .flat_map(|head| &head.invocation.target.fleet);
        profiles
            .filter(|profile| !is_there(profile))
            .cloned()
            .collect()
    }

    /// Whether they are the servers of a fleet, which have profiles in place of shards.
    fn are_servers(&self) -> bool {
        let mut parts = self.runs.iter().map(|(part, _)| part);
        parts.any(|part| matches!(part, Part::Server(_)))
    }

    /// Whether nobody can say of a run which shard it is.
    fn has_unreadable(&self) -> bool {
        self.runs.iter().any(|(_, run)| run.told.is_err())
    }

    /// What all of them came to, as far as it can be read.
    fn counts(&self) -> Counts {
        let told = self
            .runs
            .iter()
            .filter_map(|(_, run)| run.told.as_ref().ok());
        told.fold(Counts::default(), |sum, (_, counts)| sum.and(counts))
    }

    fn table(&self) -> Vec<String> {
        let part = if self.are_servers() {
            "profile"
        } else {
            "shard"
        };
        let columns = [
            part, "run", "state", "done", "failed", "in doubt", "writes", "machine",
        ];
        let rows = self.runs.iter().map(|(part, run)| {
            let mut cells = vec![
                Cell::text(&part.to_string()),
                Cell::text(&run.name),
                Cell::text(run.state()),
            ];
            if let Ok((reading, counts)) = &run.told {
                let doubts = counts.in_doubt.max(counts.writes_in_doubt);
                let counts = [counts.done, counts.failed, doubts, counts.writes];
                cells.extend(counts.map(Cell::number));
                cells.push(Cell::text(
                    reading.head().machine.as_deref().unwrap_or_default(),
                ));
            }
            cells.resize_with(columns.len(), Default::default);
            cells
        });
        table::lines(&columns, rows, Fit::Terminal)
    }

    /// What all of them came to, and what is left to do.
    fn account(&self) -> Vec<String> {
        let counts = self.counts();
        let mut lines: Vec<String> = counted(&counts, LeftOver::default()).into_iter().collect();
        let missing = self.missing();
        if !missing.is_empty() {
            let what = if self.has_unreadable() {
                "not begun here, or unreadable"
            } else {
                "not begun here"
            };
            lines.push(format!("{what}: {}", missing.join(", ")));
        }
        for (_, run) in &self.runs {
            match &run.told {
                Ok((reading, counts)) => {
                    if counts.writes_in_doubt > 0 {
                        lines.push(format!("in doubt: see `whmcsh runs show {}`", run.name));
                    }
                    if let Some(command) = names::to_continue(reading) {
                        lines.push(format!("to resume, run: {command}"));
                    }
                    let failed = failed_files(reading.folder());
                    lines.extend(
                        failed
                            .iter()
                            .map(|file| format!("failed rows: {}", file.display())),
                    );
                }
                Err(error) => lines.push(format!("{}: {error}", run.name)),
            }
        }
        lines
    }

    fn as_json(&self) -> Value {
        let runs: Vec<Value> = self.runs.iter().map(|(_, run)| run.as_json()).collect();
        json!({
            "name": self.name, "counts": counts_as_json(&self.counts()), "missing": self.missing(), "runs": runs,
        })
    }
}

fn part(run: &Listed) -> Part {
    let told = run.told.as_ref().ok();
    told.map_or(Part::Whole, |(reading, _)| reading.head().invocation.part())
}

const fn shard(part: &Part) -> Option<Shard> {
    match part {
        Part::Shard(shard) => Some(*shard),
        _ => None,
    }
}

/// Shards go by their number, servers by their profile.
fn order(part: &Part) -> (Option<u64>, String) {
    let number = shard(part).map(Shard::number);
    let profile = match part {
        Part::Server(profile) => profile.clone(),
        _ => String::new(),
    };
    (number, profile)
}

/// The runs without copies of a folder that lies beside them: what it did would count twice.
fn without_copies(runs: Vec<(Part, Listed)>) -> Vec<(Part, Listed)> {
    let id = |run: &Listed| {
        run.told
            .as_ref()
            .ok()
            .map(|(reading, _)| reading.head().id.clone())
    };
    let own: Vec<String> = runs.iter().map(|(_, run)| run.name.clone()).collect();
    let is_copy = |run: &Listed| id(run).is_some_and(|id| id != run.name && own.contains(&id));
    runs.into_iter().filter(|(_, run)| !is_copy(run)).collect()
}
