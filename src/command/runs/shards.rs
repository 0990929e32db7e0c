//! The runs of one name: the shards of one task, and one account of them all.

use serde_json::{Value, json};

use super::{continues, number, text};
use crate::catalog::similar;
use crate::command::Terminal;
use crate::command::execution::counted::{LeftOver, counted};
use crate::command::execution::names::{self, Listed, listed};
use crate::config::runs_folder;
use crate::error::Failure;
use crate::run::bulk::Shard;
use crate::run::journal::Counts;
use crate::run::outputs::{counts_as_json, failed_files};
use crate::table::{self, Fit};

/// The runs that have one name.
pub struct Shards {
    name: String,
    /// Each with its shard, in their order; a run without shards is alone.
    runs: Vec<(Option<Shard>, Listed)>,
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
        let given = |run: &Listed| names::name_kept(&folder.join(&run.name));
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
        let mut runs: Vec<_> = known.into_iter().map(|run| (shard(&run), run)).collect();
        runs.sort_by_key(|(shard, _)| shard.map(Shard::number));
        Ok(Self {
            name: name.to_owned(),
            runs,
        })
    }

    /// The shards that no run here is of.
    fn missing(&self) -> Vec<Shard> {
        let there: Vec<Shard> = self.runs.iter().filter_map(|(shard, _)| *shard).collect();
        let of = there.first().map_or(0, |shard| shard.count());
        let all = (1..=of).filter_map(|number| Shard::new(number, of));
        all.filter(|shard| !there.contains(shard)).collect()
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
        let columns = [
            "shard", "run", "state", "done", "failed", "in doubt", "writes", "machine",
        ];
        let rows = self.runs.iter().map(|(shard, run)| {
            let shard = shard.map_or_else(String::new, |shard| shard.to_string());
            let mut cells = vec![text(&shard), text(&run.name), text(run.state())];
            if let Ok((reading, counts)) = &run.told {
                let doubts = counts.in_doubt.max(counts.writes_in_doubt);
                let counts = [counts.done, counts.failed, doubts, counts.writes];
                cells.extend(counts.map(number));
                cells.push(text(reading.head().machine.as_deref().unwrap_or_default()));
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
        let missing: Vec<String> = self.missing().iter().map(ToString::to_string).collect();
        if !missing.is_empty() {
            let what = if self.has_unreadable() {
                "not begun here, or what cannot be read"
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
                    if continues(reading) {
                        let command = names::resume_of(reading.folder(), reading.head());
                        lines.push(format!("continue with: {command}"));
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
        let missing: Vec<String> = self.missing().iter().map(ToString::to_string).collect();
        let runs: Vec<Value> = self.runs.iter().map(|(_, run)| run.as_json()).collect();
        json!({
            "name": self.name, "counts": counts_as_json(&self.counts()), "missing": missing, "runs": runs,
        })
    }
}

fn shard(run: &Listed) -> Option<Shard> {
    run.told.as_ref().ok()?.0.head().invocation.limits.shard
}
