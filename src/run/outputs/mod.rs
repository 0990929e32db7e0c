//! The files a run leaves in its folder, made of its journal.
//!
//! They can be made again at any time, except `unprocessed.csv`, whose rows no
//! journal knows. Each appears whole or not at all; rows are passed through one
//! by one. Cells are written as they came, so that a file is valid input again:
//! whoever opens one in a spreadsheet sees what the input had.

mod draft;
mod error;
mod layout;
mod row_recorder;
mod sheet;
mod summary;
mod unprocessed;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::Part;
use super::journal::{BulkRecord, Reading, RowRecord};
use layout::{PROFILE, text};
use sheet::Sheet;
use summary::{SUMMARY, names};

pub use draft::Draft;
pub use error::OutputError;
pub use layout::{Layout, WARNING};
pub use row_recorder::{LoopBegun, RowRecorder};
pub use summary::{Ending, Outputs, counts_as_json, rfc3339};

/// Failure reasons that are named.
pub const REASONS: usize = 3;

const RESULTS: &str = "results";
const FAILED: &str = "failed";
/// How the names of files of rows begin that a run did not come to.
pub const UNPROCESSED: &str = "unprocessed";
/// The page `runs report` makes.
pub const REPORT: &str = "report.html";

/// Writes the files of the run whose journal that is, in place of older ones.
pub fn write(folder: &Path, reading: &Reading, ending: &Ending) -> Result<Outputs, OutputError> {
    let bulks = reading.bulks()?;
    let outputs = Outputs {
        counts: reading.counts()?,
        reasons: reading.reasons(REASONS)?,
        results: results(folder, reading, &bulks)?,
        failed: failed(folder, reading, &bulks)?,
        unprocessed: there(folder, UNPROCESSED),
    };
    summary::write(folder, reading, &outputs, ending)?;
    Ok(outputs)
}

/// Takes away what an earlier pass left: once rows go on, its files are no longer true,
/// and rows done meanwhile must not be taken from them.
pub fn clear(folder: &Path) -> Result<(), OutputError> {
    let named = [RESULTS, FAILED, UNPROCESSED];
    let sheets = named.iter().flat_map(|name| there(folder, name));
    sheets
        .chain([SUMMARY, REPORT].map(|name| folder.join(name)))
        .try_for_each(|path| match fs::remove_file(&path) {
            Err(why) if why.kind() != io::ErrorKind::NotFound => {
                Err(OutputError::File { path, why })
            }
            _ => Ok(()),
        })
}

/// Whether the run's last pass wrote its files.
pub fn are_there(folder: &Path) -> bool {
    folder.join(SUMMARY).is_file()
}

/// Where the summary of a run is.
pub fn summary(folder: &Path) -> PathBuf {
    folder.join(SUMMARY)
}

/// The files that are there, by what they hold: their names in the run's folder.
pub fn files_as_json(folder: &Path) -> Value {
    let one = |name: &str| folder.join(name).is_file().then(|| name.to_owned());
    json!({
        "results": names(&there(folder, RESULTS)), "failed": names(&there(folder, FAILED)),
        "unprocessed": names(&there(folder, UNPROCESSED)),
        "summary": one(SUMMARY), "report": one(REPORT),
    })
}

/// The names of the files that are there.
pub fn files(folder: &Path) -> Vec<String> {
    let sheets = [RESULTS, FAILED, UNPROCESSED].into_iter();
    let sheets = sheets.flat_map(|name| there(folder, name));
    let others = [SUMMARY, REPORT].map(|name| folder.join(name));
    let names = sheets.chain(others.into_iter().filter(|path| path.is_file()));
    names
        .filter_map(|path| Some(path.file_name()?.to_str()?.to_owned()))
        .collect()
}

/// The files of the rows that failed that are there.
pub fn failed_files(folder: &Path) -> Vec<PathBuf> {
    there(folder, FAILED)
}

fn results(
    folder: &Path,
    reading: &Reading,
    bulks: &[BulkRecord],
) -> Result<Vec<PathBuf>, OutputError> {
    let returned = reading.returned()?;
    let mut sheets = Sheets::new(folder, RESULTS, bulks, |bulk| {
        let own = returned.iter().filter(|(number, _)| *number == bulk.number);
        Layout::arrange(bulk, &["_row", "_line", "_outcome", "_error"])
            .returning(own.map(|(_, column)| column.clone()))
    });
    reading.rows(|row| {
        let own = [
            row.number.to_string(),
            line(row.line),
            row.state.word().to_owned(),
            word(row.error.as_ref(), "message"),
        ];
        sheets.put(&row, &own);
    })?;
    sheets.publish()
}

/// Writes the rows that failed in any of the runs into that file, and those of loops with
/// other columns into files beside it; gives those that have rows.
pub fn failed_of_all(path: &Path, readings: &[&Reading]) -> Result<Vec<PathBuf>, OutputError> {
    let mut sheets: Vec<(Vec<String>, Sheet)> = Vec::new();
    for reading in readings {
        let profile = match reading.head().invocation.part() {
            Part::Server(profile) => Some(profile),
            _ => None,
        };
        let mut added = OF_FAILED.to_vec();
        added.extend(profile.as_ref().map(|_| PROFILE));
        let bulks = reading.bulks()?;
        let mut problem = None;
        reading.failed_rows(|row, applied| {
            let bulk = bulks.iter().find(|bulk| bulk.number == row.bulk);
            let layout = Layout::arrange(bulk.unwrap_or(&BulkRecord::default()), &added);
            let mut own = of_failed(&row, &applied).to_vec();
            own.extend(profile.clone());
            let cells = layout.cells(&row.original, &own, &row.columns);
            if problem.is_none() {
                let put = sheet_of(&mut sheets, path, &layout);
                problem = put.and_then(|sheet| sheet.put(cells)).err();
            }
        })?;
        if let Some(problem) = problem {
            return Err(problem);
        }
    }
    sheets
        .into_iter()
        .map(|(_, sheet)| sheet.publish())
        .collect()
}

/// The sheet of rows with those columns, which is begun where there is none.
fn sheet_of<'s>(
    sheets: &'s mut Vec<(Vec<String>, Sheet)>,
    path: &Path,
    layout: &Layout,
) -> Result<&'s mut Sheet, OutputError> {
    let header: Vec<String> = layout.header().map(str::to_owned).collect();
    let known = sheets.iter().position(|(known, _)| *known == header);
    let place = known.unwrap_or(sheets.len());
    if known.is_none() {
        let path = match place {
            0 => path.to_owned(),
            number => path.with_extension(format!("{}.csv", number + 1)),
        };
        let mut sheet = Sheet::create(path)?;
        sheet.put(&header)?;
        sheets.push((header, sheet));
    }
    Ok(&mut sheets[place].1)
}

/// The columns that a file of failed rows adds.
const OF_FAILED: [&str; 6] = ["_row", "_line", "_error", "_kind", "_action", "_applied"];

/// What stands in them.
fn of_failed(row: &RowRecord, applied: &[String]) -> [String; 6] {
    let error = row.error.as_ref();
    [
        row.number.to_string(),
        line(row.line),
        word(error, "message"),
        word(error, "kind"),
        word(error, "action"),
        applied.join(" "),
    ]
}

fn failed(
    folder: &Path,
    reading: &Reading,
    bulks: &[BulkRecord],
) -> Result<Vec<PathBuf>, OutputError> {
    for old in there(folder, FAILED) {
        fs::remove_file(&old).map_err(|why| OutputError::File { path: old, why })?;
    }
    let mut sheets = Sheets::new(folder, FAILED, bulks, |bulk| {
        Layout::arrange(bulk, &OF_FAILED)
    });
    reading.failed_rows(|row, applied| sheets.put(&row, &of_failed(&row, &applied)))?;
    sheets.publish()
}

/// Rows on their way into the files of their bulk loops, which come one after the other.
struct Sheets<'b, L> {
    folder: &'b Path,
    name: &'static str,
    bulks: &'b [BulkRecord],
    layout: L,
    current: Option<(u64, Layout, Sheet)>,
    done: Vec<PathBuf>,
    problem: Option<OutputError>,
}

impl<'b, L: Fn(&BulkRecord) -> Layout> Sheets<'b, L> {
    fn new(folder: &'b Path, name: &'static str, bulks: &'b [BulkRecord], layout: L) -> Self {
        Self {
            folder,
            name,
            bulks,
            layout,
            current: None,
            done: Vec::new(),
            problem: None,
        }
    }

    /// Writes a row; after an error, none.
    fn put(&mut self, row: &RowRecord, own: &[String]) {
        if self.problem.is_none() {
            self.problem = self.try_put(row, own).err();
        }
    }

    fn try_put(&mut self, row: &RowRecord, own: &[String]) -> Result<(), OutputError> {
        if self
            .current
            .as_ref()
            .is_none_or(|(number, ..)| *number != row.bulk)
        {
            self.close()?;
            let bulk = self.bulks.iter().find(|bulk| bulk.number == row.bulk);
            let layout = (self.layout)(bulk.unwrap_or(&BulkRecord::default()));
            let mut sheet = Sheet::create(path(self.folder, self.name, row.bulk))?;
            sheet.put(layout.header())?;
            self.current = Some((row.bulk, layout, sheet));
        }
        match &mut self.current {
            Some((_, layout, sheet)) => sheet.put(layout.cells(&row.original, own, &row.columns)),
            None => Ok(()),
        }
    }

    fn close(&mut self) -> Result<(), OutputError> {
        if let Some((.., sheet)) = self.current.take() {
            self.done.push(sheet.publish()?);
        }
        Ok(())
    }

    fn publish(mut self) -> Result<Vec<PathBuf>, OutputError> {
        if let Some(problem) = self.problem.take() {
            return Err(problem);
        }
        self.close()?;
        Ok(self.done)
    }
}

/// `results.csv` of the first bulk loop, `results-2.csv` of the second.
fn path(folder: &Path, name: &str, bulk: u64) -> PathBuf {
    folder.join(match bulk {
        0 | 1 => format!("{name}.csv"),
        number => format!("{name}-{number}.csv"),
    })
}

/// The files of that name that are there, in the order of their loops.
fn there(folder: &Path, name: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let number = |file: &str| -> Option<u64> {
        let rest = file.strip_prefix(name)?.strip_suffix(".csv")?;
        match rest.strip_prefix('-') {
            Some(number) => number.parse().ok(),
            None => rest.is_empty().then_some(1),
        }
    };
    let files = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let mut numbers: Vec<u64> = files.filter_map(|file| number(&file)).collect();
    numbers.sort_unstable();
    let paths = numbers.into_iter().map(|bulk| path(folder, name, bulk));
    paths.collect()
}

fn line(line: Option<u64>) -> String {
    line.map_or_else(String::new, |line| line.to_string())
}

/// A word of a row's error.
fn word(error: Option<&Map<String, Value>>, name: &str) -> String {
    error
        .and_then(|error| error.get(name))
        .map_or_else(String::new, text)
}
