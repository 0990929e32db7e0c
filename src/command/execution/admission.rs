//! Whether a resumed run may go on with the rows its source has now: the words for it.
//!
//! What is compared with what, and what follows, is decided in `run::resume`.

use std::collections::{HashMap, HashSet};

use crate::command::Terminal;
use crate::run::journal::{
    self, Earlier, Journal, JournalError, RowMark, RowMarks, RowState, Rules,
};
use crate::run::resume::{self, Compared, DoneBefore, Fresh, OfShard, Stop};
use crate::run::shell_word;
use crate::script::{SourceNow, Unfit};
use crate::secrets::is_secret;

/// So many pairs of rows are shown.
const SHOWN: usize = 10;

/// What the user said of rows that are not what they were.
#[derive(Clone, Debug, Default)]
pub struct RowChanges {
    /// Rows that are the same, as `OLD=NEW`.
    pub same: Vec<String>,
    /// Whether the others are what they seem: gone, and new.
    pub accepted: bool,
    /// Whether rows that a failed run had begun may be done from the beginning.
    pub again: bool,
}

/// Refuses rows that an earlier run's file says were begun, in a run that knows nothing of
/// that.
pub(in crate::command) fn refuse_done_before(
    source: &str,
    row: Option<DoneBefore>,
    changes: &RowChanges,
    runs: &[String],
) -> Result<(), Unfit> {
    let Some(row) = row.filter(|_| !changes.again) else {
        return Ok(());
    };
    let hint = match runs.first() {
        Some(resume) => format!(
            "correct the rows in the original file, then run: {resume}; `--again` does them from \
             the beginning"
        ),
        None => "resume the run they belong to; `--again` does them from the beginning".to_owned(),
    };
    Err(Unfit {
        what: format!("{source} {}", row.explain()),
        hint: Some(hint),
    })
}

/// Refuses a source whose rows have other values than a run that is done was given: nothing
/// would be done of them. A difference of spelling alone is none.
pub(super) fn refuse_changed(
    journal: &Journal,
    source: &SourceNow<'_>,
    way_out: &str,
) -> Result<(), Unfit> {
    let differing = differing(journal, source, |_| true).map_err(|error| unreadable(&error))?;
    let Some((row, column)) = differing.first() else {
        return Ok(());
    };
    let have = match differing.len() {
        1 => "1 row of".to_owned(),
        many => format!("{many} rows of"),
    };
    let verb = if differing.len() == 1 { "has" } else { "have" };
    Err(Unfit {
        what: format!(
            "{have} `{}` {verb} other values than when the run did them, and the run is done (the \
             first: row `{row}`, `{column}`); nothing was sent",
            source.name()
        ),
        hint: Some(way_out.to_owned()),
    })
}

/// Tells of the rows that are done and have other values by now: nothing more is done of them.
fn tell_changed(
    journal: &Journal,
    source: &SourceNow<'_>,
    terminal: Terminal,
) -> Result<(), JournalError> {
    if source.changed.is_empty() {
        return Ok(());
    }
    let is_done = |row: &Earlier| row.state.is_some_and(RowState::is_settled);
    let differing = differing(journal, source, is_done)?;
    if let Some((row, column)) = differing.first() {
        let (rows, have) = match differing.len() {
            1 => ("1 row".to_owned(), "has"),
            many => (format!("{many} rows"), "have"),
        };
        terminal.alert(&format!(
            "warning: {rows} of `{}` {have} other values than when the run did them; done rows are not done again \
             (the first: row `{row}`, `{column}`)",
            source.name()
        ));
    }
    Ok(())
}

/// The rows that have other values by now, with the first column of each that does.
fn differing(
    journal: &Journal,
    source: &SourceNow<'_>,
    is_wanted: impl Fn(&Earlier) -> bool,
) -> Result<Vec<(String, String)>, JournalError> {
    let reading = journal::read(journal.folder())?;
    let bulks = reading.bulks()?;
    let hidden = bulks.iter().find(|bulk| bulk.number == source.bulk);
    let hidden = hidden.map_or(&[][..], |bulk| &bulk.hidden);
    let now: HashMap<&str, &Fresh> = source
        .changed
        .iter()
        .map(|row| (row.key.as_str(), row))
        .collect();
    let mut differing = Vec::new();
    reading.earlier(
        &bulks,
        |key| now.contains_key(key),
        |before| {
            if !is_wanted(&before) {
                return;
            }
            let row = now[before.key.as_str()];
            let is_other = |(name, cell): &&(String, String)| {
                let was = before.cells.iter().find(|(other, _)| other == name);
                let is_told = !hidden.contains(name) && !is_secret(name);
                is_told && was.is_some_and(|(_, was)| resume::of_key(was) != resume::of_key(cell))
            };
            if let Some((column, _)) = row.cells.iter().find(is_other) {
                let name = journal::row_name(&row.key, Some(row.number));
                differing.push((name, column.clone()));
            }
        },
    )?;
    Ok(differing)
}

/// Compares a source with the run's journal, and writes down what follows of it.
///
/// A run that goes on by the `rules` of 0.1.0 says nothing of its source but the rows it did.
pub(super) fn admit(
    (journal, rules): (&Journal, Rules),
    source: &SourceNow<'_>,
    changes: &RowChanges,
    terminal: Terminal,
) -> Result<HashMap<String, String>, Unfit> {
    let is_unkept = rules == Rules::Spelled;
    if is_unkept && !source.has_key {
        let moved = moved(journal, source).map_err(|error| unreadable(&error))?;
        return match moved {
            Some(moved) if !changes.accepted => Err(moved.explain(&journal.run(), source)),
            _ => Ok(HashMap::new()),
        };
    }
    let compared = match source.before {
        None if is_unkept => compared_unkept(journal, source, changes),
        _ => compared(journal, source, changes),
    };
    let (compared, mut joined) = compared.map_err(|error| unreadable(&error))?;
    if let Some(said) = compared.unknown.first() {
        return Err(unknown(said, source));
    }
    if source.is_one_of_many && !changes.accepted && is_mostly_changed(source) {
        return Err(another_loop(source));
    }
    if is_unknowable(source) && !changes.accepted {
        return Err(unknowable(&journal.run(), source));
    }
    if let Some(stop) = &compared.stop {
        return Err(stopped(stop, &journal.run(), source, terminal));
    }
    tell(&compared, source, terminal);
    tell_changed(journal, source, terminal).map_err(|error| unreadable(&error))?;
    write_down(journal, source, &compared).map_err(|error| unreadable(&error))?;
    joined.extend(compared.joined);
    Ok(joined)
}

fn compared(
    journal: &Journal,
    source: &SourceNow<'_>,
    changes: &RowChanges,
) -> Result<(Compared, HashMap<String, String>), JournalError> {
    let joined = journal.joined_before()?;
    let Some(before) = source.before else {
        return Ok((compared_with_others(source, changes), joined));
    };
    if source.fresh.is_empty() && source.marks == before && changes.same.is_empty() {
        // The same rows as before: what was gone by then was answered for then.
        return Ok((Compared::default(), joined));
    }
    let reading = journal::read(journal.folder())?;
    let there: HashSet<&str> = joined
        .iter()
        .filter(|(new, _)| source.marks.has(new))
        .map(|(_, old)| old.as_str())
        .collect();
    let is_gone = |key: &str| {
        journal::is_of(source.bulk, key) && !source.marks.has(key) && !there.contains(key)
    };
    let mut gone = Vec::new();
    reading.earlier(&reading.bulks()?, is_gone, |row| gone.push(row))?;
    let is_another = resume::shares_nothing(source.marks, before)
        && !resume::is_used_up(&gone, source.marks, before);
    // The rows of another loop may be meant.
    let same = if gone.is_empty() {
        &[][..]
    } else {
        &changes.same
    };
    let fresh = &source.fresh;
    if !source.is_of_shard {
        let compared = resume::compare(&gone, fresh, same, changes.accepted, is_another);
        return Ok((compared, joined));
    }
    let shard = OfShard {
        bulk: source.bulk,
        before,
        now: source.marks,
    };
    // One that is joined to a row of another shard is not gone from here.
    let same = &changes.same;
    let accepts = changes.accepted;
    let compared = resume::compare_in_shard(&gone, fresh, same, accepts, is_another, &shard);
    Ok((compared, joined))
}

/// The same for a run whose version kept nothing of its sources but the rows it did.
fn compared_unkept(
    journal: &Journal,
    source: &SourceNow<'_>,
    changes: &RowChanges,
) -> Result<(Compared, HashMap<String, String>), JournalError> {
    if !journal.has_past() {
        return Ok((Compared::default(), HashMap::new()));
    }
    let reading = journal::read(journal.folder())?;
    let is_gone = |key: &str| journal::is_of(source.bulk, key) && !source.marks.has(key);
    let mut gone = Vec::new();
    reading.earlier(&reading.bulks()?, is_gone, |row| gone.push(row))?;
    // The rows of another loop may be meant.
    let same = if gone.is_empty() {
        &[][..]
    } else {
        &changes.same
    };
    let compared = resume::compare_unkept(&gone, &source.fresh, same, changes.accepted);
    Ok((compared, HashMap::new()))
}

/// Rows that go by their numbers and are done, where the source has other cells by now.
struct MovedRows {
    count: u64,
    first: String,
}

impl MovedRows {
    fn explain(&self, run: &str, source: &SourceNow<'_>) -> Unfit {
        let rows = match self.count {
            1 => "1 row that is done has".to_owned(),
            many => format!("{many} rows that are done have"),
        };
        Unfit {
            what: format!(
                "rows of run `{run}` have no key and are identified by their numbers, and {rows} other cells in `{}` \
                 now (the first: `{}`): rows that moved would be left out or done twice; nothing was sent",
                source.name(), self.first
            ),
            hint: Some(
                "give the run the rows in the order it began with; if rows were only edited, add `--rows-changed`"
                    .to_owned(),
            ),
        }
    }
}

/// Those of a loop whose rows go by their numbers, as far as the journal tells.
fn moved(journal: &Journal, source: &SourceNow<'_>) -> Result<Option<MovedRows>, JournalError> {
    if !journal.has_past() {
        return Ok(None);
    }
    let reading = journal::read(journal.folder())?;
    let bulks = reading.bulks()?;
    let own = bulks.iter().find(|bulk| bulk.number == source.bulk);
    let is_told = own.is_some_and(|bulk| {
        let is_even = source.path.is_some() || bulk.columns.len() == 1;
        // What was left out then and is no secret today cannot be compared.
        is_even && bulk.hidden.iter().all(|column| is_secret(column))
    });
    if !is_told {
        return Ok(None);
    }
    let mut moved: Option<MovedRows> = None;
    reading.earlier(
        &bulks,
        |key| journal::is_of(source.bulk, key),
        |row| {
            let cells = row.cells.iter().filter(|(name, _)| !is_secret(name));
            let cells = cells.map(|(_, cell)| cell);
            let seen = source
                .marks
                .seen(RowMark::make(source.seed, &row.key, "", cells));
            // One that is not there any more cannot be done again under its number.
            if row.has_effect && !row.cells.is_empty() && seen.is_some_and(|seen| seen.is_changed) {
                let first = journal::bare(&row.key).to_owned();
                let moved = moved.get_or_insert(MovedRows { count: 0, first });
                moved.count += 1;
            }
        },
    )?;
    Ok(moved)
}

/// Whether most of the rows that the loop knew have other cells: where it is begun with one
/// source after the other, it may be another's.
fn is_mostly_changed(source: &SourceNow<'_>) -> bool {
    let Some(before) = source.before else {
        return false;
    };
    let seen = source.marks.iter().filter_map(|mark| before.seen(mark));
    let (changed, same): (Vec<_>, Vec<_>) = seen.partition(|seen| seen.is_changed);
    changed.len() > same.len()
}

fn another_loop(source: &SourceNow<'_>) -> Unfit {
    Unfit {
        what: format!(
            "most rows of `{}` have other cells than when this loop did them: it may be another \
             loop of the script, whose rows would be skipped as done; nothing was sent for it",
            source.name()
        ),
        hint: Some(
            "put the loops of the script back in their former order; if the rows were edited, add \
             `--rows-changed`"
                .to_owned(),
        ),
    }
}

/// Whether rows go by their content while the key is lost that tells it.
fn is_unknowable(source: &SourceNow<'_>) -> bool {
    source.before.is_some_and(RowMarks::has_bare)
        && source.fresh.iter().any(|row| journal::is_content(&row.key))
}

fn unknowable(run: &str, source: &SourceNow<'_>) -> Unfit {
    Unfit {
        what: format!(
            "rows of `{}` have no key, and those that run `{run}` did cannot be recognised without its file `key`; \
             nothing was sent",
            source.name()
        ),
        hint: Some(format!(
            "put the `key` file of the original run into the folder of run `{run}`; if no row was \
             done, add `--rows-changed` to do all rows"
        )),
    }
}

/// Compares the source of a shard that begins with what others of its name knew: a row whose
/// key was mended between two of them would be done by both, or by none.
fn compared_with_others(source: &SourceNow<'_>, changes: &RowChanges) -> Compared {
    let mut all = Compared::default();
    for (before, fresh) in &source.others {
        let shard = OfShard {
            bulk: source.bulk,
            before,
            now: source.marks,
        };
        let (same, accepts) = (&changes.same, changes.accepted);
        let compared = resume::compare_in_shard(&[], fresh, same, accepts, false, &shard);
        all.joined.extend(compared.joined);
        all.stop = all.stop.or(compared.stop);
    }
    all
}

fn write_down(
    journal: &Journal,
    source: &SourceNow<'_>,
    compared: &Compared,
) -> Result<(), JournalError> {
    for (new, old) in &compared.joined {
        journal.join_row(new, old)?;
    }
    for key in &compared.replaced {
        journal.replace_row(key)?;
    }
    if source.before != Some(source.marks) {
        journal.source(source.bulk, source.marks)?;
    }
    Ok(())
}

fn tell(compared: &Compared, source: &SourceNow<'_>, terminal: Terminal) {
    let name = source.name();
    let rows = |count: u64| {
        if count == 1 {
            "1 row".to_owned()
        } else {
            format!("{count} rows")
        }
    };
    let respelled = source
        .before
        .map_or(0, |before| before.respelled(source.marks));
    if respelled > 0 {
        let (are, keys) = if respelled == 1 {
            ("has a key that is", "it is")
        } else {
            ("have keys that are", "they are")
        };
        terminal.note(&format!(
            "{} of `{name}` {are} spelled differently than before; {keys} treated as the same",
            rows(respelled)
        ));
    }
    if compared.gone > 0 {
        let are = if compared.gone == 1 { "is" } else { "are" };
        terminal.note(&format!(
            "{} that the run had done {are} no longer in `{name}`",
            rows(compared.gone)
        ));
    }
    let replaced = compared.replaced.len() as u64;
    if replaced > 0 {
        let are = if replaced == 1 { "is" } else { "are" };
        terminal.note(&format!(
            "{} that had changed nothing {are} no longer in `{name}` and no longer counted",
            rows(replaced)
        ));
    }
    for (new, old) in &compared.joined {
        if !journal::is_content(old) {
            terminal.note(&format!(
                "row `{}` continues row `{}`",
                journal::bare(new),
                journal::bare(old)
            ));
        }
    }
    let nameless = compared.joined.iter();
    let nameless = nameless.filter(|(_, old)| journal::is_content(old)).count() as u64;
    if nameless > 0 {
        let go = if nameless == 1 {
            "continues"
        } else {
            "continue"
        };
        terminal.note(&format!(
            "{} of `{name}` {go} earlier rows, by `--same-row`",
            rows(nameless)
        ));
    }
}

fn stopped(stop: &Stop, run: &str, source: &SourceNow<'_>, terminal: Terminal) -> Unfit {
    let name = source.name();
    let pairs = match stop {
        Stop::Another => {
            return Unfit {
                what: format!("no row of `{name}` is a row of run `{run}`; nothing was sent"),
                hint: Some(format!(
                    "use the rows that the run began with; to do these rows too, add \
                     `--rows-changed`; for other work, start a run without `--resume {run}`"
                )),
            };
        }
        Stop::Elsewhere(count, new) => {
            for new in new.iter().take(SHOWN) {
                terminal.alert(&format!("  row `{new}` is new in this shard"));
            }
            let example = shell_word(&format!("OLD={}", new[0]));
            let (rows, are) = match count {
                1 => ("1 row".to_owned(), "is"),
                many => (format!("{many} rows"), "are"),
            };
            return Unfit {
                what: format!(
                    "{rows} that other shards may have begun {are} gone from `{name}`, and others \
                     are new in this shard: if their keys were corrected, they would be done twice; \
                     nothing was sent"
                ),
                hint: Some(format!(
                    "add `--same-row {example}` on every shard for each pair that is the same \
                     row, or `--rows-changed` if none is"
                )),
            };
        }
        Stop::Changed(pairs) => pairs,
    };
    for (old, new) in pairs.iter().take(SHOWN) {
        terminal.alert(&match new {
            Some(new) => format!("  row `{old}` is gone, and the similar row `{new}` is new"),
            None => format!("  row `{old}` is gone, and rows are new"),
        });
    }
    if let Some(more) = pairs.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        terminal.alert(&format!("  and {more} more"));
    }
    let count = match pairs.len() {
        1 => "1 row".to_owned(),
        many => format!("{many} rows"),
    };
    let (verb, seem) = if pairs.len() == 1 {
        ("is", "seems")
    } else {
        ("are", "seem")
    };
    let example = pairs
        .iter()
        .find_map(|(old, new)| Some(format!("{old}={}", new.as_ref()?)));
    let example = example.map_or("OLD=NEW".to_owned(), |pair| shell_word(&pair));
    Unfit {
        what: format!(
            "{count} of run `{run}` that changed the server {verb} gone from `{name}` and {seem} \
             to have been corrected: as new rows they would be done twice; nothing was sent"
        ),
        hint: Some(format!(
            "add `--same-row {example}` for each pair that is the same row, or `--rows-changed` \
             if none is"
        )),
    }
}

fn unknown(said: &str, source: &SourceNow<'_>) -> Unfit {
    Unfit {
        what: format!(
            "`--same-row {said}` must name a row that is gone from `{}` and one that is new in \
             it, each only once; nothing was sent",
            source.name()
        ),
        hint: Some(
            "write `OLD=NEW` with the keys of both rows, or `#12=#13` with their lines".to_owned(),
        ),
    }
}

fn unreadable(error: &JournalError) -> Unfit {
    Unfit {
        what: format!("{error}; nothing was sent"),
        hint: error.hint().map(ToString::to_string),
    }
}
