//! Reads the keys of a file or an array before the first row is begun.
//!
//! Two rows with one key could not be told apart when the run is resumed, so
//! such rows are refused while nothing has been sent. Only a hash of
//! each key is kept; of two that are the same, the keys themselves are looked at.

use std::hash::{BuildHasher as _, RandomState};

use rhai::{Dynamic, ImmutableString};

use crate::script::bulk::options::Options;
use crate::script::bulk::rows::{key, text};
use crate::script::csv::Rows;
use crate::script::csv::rows::Source;
use crate::script::diagnostic::suggestion::suggestion;
use crate::script::engine::function::Fallible;
use crate::script::raise::Raised;

/// The place of a column in a file, which must have it.
pub(super) fn column(rows: &Rows, name: &str) -> Result<usize, Raised> {
    let columns = rows.columns();
    let columns: Vec<ImmutableString> = columns.into_iter().map(Dynamic::cast).collect();
    columns
        .iter()
        .position(|column| column == name)
        .ok_or_else(|| {
            let what = format!("`{}` has no column `{name}`", rows.path());
            let known = columns.iter().map(ImmutableString::as_str);
            Raised::new("csv", what).hint(suggestion(name, known))
        })
}

/// Refuses a file in which a key is empty, unless that may be, or appears twice; says
/// how many rows it has.
///
/// Gives nothing for what can be read only once, such as a pipe.
pub(super) fn check(rows: &Rows, key: &str, may_be_empty: bool) -> Fallible<Option<u64>> {
    let column = column(rows, key)?;
    let Some(mut source) = rows.again()? else {
        return Ok(None);
    };
    let hasher = RandomState::new();
    let mut keys: Vec<(u64, u64)> = Vec::new();
    let mut total = 0;
    while source.advance()? {
        rows.stop_if_asked()?;
        total += 1;
        let (line, _) = source.place();
        match source.cell(column) {
            "" if may_be_empty => {}
            "" => return Err(empty(rows, key, line).into()),
            text => keys.push((hasher.hash_one(text), line)),
        }
    }
    keys.sort_unstable();
    let same = keys.windows(2).filter(|pair| pair[0].0 == pair[1].0);
    let mut suspects: Vec<(u64, u64)> = same.map(|pair| (pair[1].1, pair[0].1)).collect();
    drop(keys);
    suspects.sort_unstable();
    for (second, first) in suspects {
        if let Some(text) = same_text(rows, column, first, second)? {
            return Err(twice(rows, key, &text, first, second).into());
        }
    }
    Ok(Some(total))
}

/// Refuses an array in which a row has no key or lane, or a key appears twice.
pub(super) fn check_items(items: &[Dynamic], options: &Options) -> Result<(), Raised> {
    let hasher = RandomState::new();
    let mut keys: Vec<(u64, usize)> = Vec::new();
    for (place, item) in items.iter().enumerate() {
        let number = place as u64 + 1;
        if let Some(lane) = &options.lane {
            text(item, lane, number)?;
        }
        if let Some(name) = &options.key
            && !(options.empty_keys && text(item, name, number)?.is_empty())
        {
            keys.push((hasher.hash_one(key(item, name, number)?), place));
        }
    }
    let Some(name) = &options.key else {
        return Ok(());
    };
    keys.sort_unstable();
    for pair in keys.windows(2).filter(|pair| pair[0].0 == pair[1].0) {
        let [first, second] = [pair[0].1, pair[1].1];
        let number = |place: usize| place as u64 + 1;
        let same = key(&items[first], name, number(first))?;
        if same == key(&items[second], name, number(second))? {
            let (first, second) = (number(first), number(second));
            let what = format!("rows {first} and {second} have the same `{name}`: `{same}`");
            return Err(Raised::new("row", what).hint(HINT));
        }
    }
    Ok(())
}

/// The key of both lines, if they have the same.
fn same_text(rows: &Rows, column: usize, first: u64, second: u64) -> Fallible<Option<String>> {
    let Some(mut source) = rows.again()? else {
        return Ok(None);
    };
    let first = text_of_line(source.as_mut(), column, first)?;
    let second = text_of_line(source.as_mut(), column, second)?;
    Ok(first.filter(|first| second.as_ref() == Some(first)))
}

fn text_of_line(
    source: &mut dyn Source,
    column: usize,
    line: u64,
) -> Result<Option<String>, Raised> {
    while source.advance()? {
        if source.place().0 == line {
            return Ok(Some(source.cell(column).to_owned()));
        }
    }
    Ok(None)
}

fn empty(rows: &Rows, key: &str, line: u64) -> Raised {
    let what = format!("`{}` line {line}: the key `{key}` is empty", rows.path());
    Raised::new("csv", what).hint(HINT)
}

fn twice(rows: &Rows, key: &str, text: &str, first: u64, second: u64) -> Raised {
    let path = rows.path();
    let what = format!("`{path}` lines {first} and {second} have the same `{key}`: `{text}`");
    Raised::new("csv", what).hint(HINT)
}

/// What to do about a column that is no key.
pub(super) const HINT: &str =
    "a key tells each row from the others; without `key`, rows go by their numbers";
