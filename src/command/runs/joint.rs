//! One report of several runs, and one file of the rows that failed in any of them.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::opened::words;
use super::shards::Shards;
use crate::command::Terminal;
use crate::command::overwriting;
use crate::config::state_folder;
use crate::error::Failure;
use crate::files::reason;
use crate::report::{Joint, Part, write_joint};
use crate::run::outputs::{REPORT, counts_as_json, failed_of_all};
use crate::unix::make_private_folders;

/// The folder of such reports in that of all that is kept.
const FOLDER: &str = "reports";
/// The rows that failed, beside the page.
const FAILED: &str = "failed.csv";

/// Writes the page and the rows that failed, and says where they are.
pub(super) fn report(
    shards: &Shards,
    out: Option<&Path>,
    json: bool,
    terminal: Terminal,
) -> Result<(), Failure> {
    let readings: Vec<_> = shards.readings().collect();
    let unreadable = shards.unreadable();
    if readings.is_empty() {
        let (run, why) = unreadable.into_iter().next().unwrap_or_default();
        return Err(Failure::usage(format!("run `{run}` cannot be read: {why}")));
    }
    for (run, why) in &unreadable {
        terminal.alert(&format!(
            "warning: run `{run}` cannot be read and is not in the report: {why}"
        ));
    }
    let path = place(out, shards.name())?;
    let failed = match out {
        Some(out) => out.with_extension(FAILED),
        None => path.with_file_name(FAILED),
    };
    let kept = readings
        .iter()
        .flat_map(|reading| fs::read_dir(reading.folder()));
    let kept: Vec<PathBuf> = kept.flatten().flatten().map(|entry| entry.path()).collect();
    overwriting::refuse("--out", Some(&path), &kept)?;
    overwriting::refuse("--out", Some(&failed), &kept)?;
    let joint = Joint {
        name: shards.name().to_owned(),
        parts: readings
            .iter()
            .map(|reading| Part {
                reading,
                words: words(reading),
            })
            .collect(),
        missing: shards.missing(),
        unreadable,
    };
    let told = |error: &dyn std::fmt::Display| Failure::usage(error.to_string());
    let written = write_joint(&path, &joint).map_err(|error| told(&error))?;
    let failed = failed_of_all(&failed, &readings).map_err(|error| told(&error))?;
    let shown = |path: &PathBuf| path.display().to_string();
    let (page, failed) = (
        shown(&written.path),
        failed.iter().map(shown).collect::<Vec<_>>(),
    );
    if json {
        let counts = counts_as_json(&written.counts);
        let shown = json!({
            "name": shards.name(), "runs": shards.runs(), "report": page, "failed": failed,
            "files": {"report": page, "failed": failed},
            "counts": counts, "missing": joint.missing,
        });
        terminal.data(&format!("{shown:#}"));
    } else {
        terminal.data(&page);
        for path in &failed {
            terminal.data(path);
        }
    }
    Ok(())
}

/// Writes the rows that failed in any of the runs where their report has them; gives the files.
pub fn write_failed(shards: &Shards) -> Result<Vec<PathBuf>, Failure> {
    let readings: Vec<_> = shards.readings().collect();
    let path = place(None, shards.name())?.with_file_name(FAILED);
    failed_of_all(&path, &readings).map_err(|error| Failure::usage(error.to_string()))
}

/// Where the page goes: a place of its own for each name, unless one is said.
fn place(out: Option<&Path>, name: &str) -> Result<PathBuf, Failure> {
    if let Some(out) = out {
        return Ok(out.to_owned());
    }
    let folder = state_folder()?.join(FOLDER).join(name);
    make_private_folders(&folder).map_err(|error| {
        let (folder, why) = (folder.display(), reason(&error));
        Failure::usage(format!("cannot create `{folder}`: {why}")).hint("name a file with `--out`")
    })?;
    Ok(folder.join(REPORT))
}
