//! Looks at every row of a file or an array before the first is begun.
//!
//! Two rows with one key could not be told apart when the run is resumed, so
//! such rows are refused while nothing has been sent. Only eight bytes
//! of each row are kept; of two with the same, the keys themselves are looked at.

use std::collections::HashMap;

use rhai::{Array, Dynamic, ImmutableString};

use crate::display::text::{with_invisible, without_invisible_ends};
use crate::run::journal::{RowMark, RowMarks};
use crate::run::resume::{COLUMNS, DoneBefore, first_seen};
use crate::script::bulk::again::{Again, line};
use crate::script::bulk::identity::{Alike, Identity, Name, text};
use crate::script::csv::Rows;
use crate::script::csv::row::Row;
use crate::script::diagnostic::suggestion::suggestion;
use crate::script::engine::function::Fallible;
use crate::script::raise::Raised;
use crate::script::value::record::{map_of, map_of_own, put};

/// What rows say of an earlier run that had begun them.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct MarkedRows {
    /// The first that was begun.
    pub first: Option<DoneBefore>,
    /// Whether they would say so of themselves, as those of a file do.
    pub says_itself: bool,
}

/// What is known of all rows before the first.
pub(super) struct Survey {
    /// What a later pass knows them again by; empty where nobody keeps that.
    pub marks: RowMarks,
    /// How many rows there are.
    pub total: u64,
    /// What the rows say of an earlier run.
    pub marked: MarkedRows,
    /// Which of those that are alike comes next.
    pub alike: Alike,
}

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

/// Frees the keys of an array's records of what is around them that nobody sees, as those of
/// a file are; says what was found.
pub(super) fn free(items: &mut Array, key: &ImmutableString) -> Option<String> {
    let mut first = None;
    let mut count = 0_u64;
    for (number, item) in (1_u64..).zip(items) {
        let freed = map_of_own(item).and_then(|record| {
            let spelled = record.get(key.as_str())?.read_lock::<ImmutableString>()?;
            let bare = without_invisible_ends(spelled.trim());
            (bare.len() < spelled.len()).then(|| (ImmutableString::from(bare), spelled.clone()))
        });
        let Some((bare, spelled)) = freed else {
            continue;
        };
        put(item, key, bare.into());
        count += 1;
        first.get_or_insert_with(|| format!("row {number}: `{}`", with_invisible(&spelled)));
    }
    let first = first?;
    let keys = match count {
        1 => format!("1 key `{key}` ({first})"),
        count => format!("{count} keys `{key}` (first: {first})"),
    };
    Some(format!(
        "removed spaces and invisible characters around {keys}"
    ))
}

/// What a row says of itself that an earlier run had done of it.
fn begun_before(value: &Dynamic, number: u64) -> Option<DoneBefore> {
    if let Some(row) = value.read_lock::<Row>() {
        return row.done_before();
    }
    let record = map_of(value)?;
    let said = |column: &str| {
        let mut entries = record.iter();
        let (_, cell) = entries.find(|(name, _)| name.trim().eq_ignore_ascii_case(column))?;
        Some(cell.to_string())
    };
    DoneBefore::read(line(value).unwrap_or(number), said)
}

/// Whether a record has the columns that say so.
fn has_marks(value: &Dynamic) -> bool {
    let is_one = |name: &str| {
        COLUMNS
            .iter()
            .any(|column| name.trim().eq_ignore_ascii_case(column))
    };
    match (value.read_lock::<Row>(), map_of(value)) {
        (Some(row), _) => row.columns().iter().any(|name| is_one(name)),
        (None, Some(record)) => record.keys().any(|name| is_one(name)),
        (None, None) => false,
    }
}

/// Looks at all rows; refuses them where a key is empty, unless that may be, or where
/// one appears twice, or a lane is missing.
pub(super) fn survey(
    again: &Again,
    identity: &Identity,
    lane: Option<&ImmutableString>,
    keeps: bool,
) -> Fallible<Survey> {
    let values = again.values()?;
    let mut marks = Vec::new();
    let mut is_alike_only = true;
    let mut alike = Alike::default();
    let mut total = 0;
    let mut done_before = None;
    let mut says_itself = false;
    for value in values {
        let value = value?;
        total += 1;
        let number = again.taken + total;
        if let Some(lane) = lane.filter(|_| again.path.is_none()) {
            text(&value, lane, number)?;
        }
        let name = identity
            .name_row(&value, number)
            .map_err(|raised| again.about(raised, &value, identity))?;
        is_alike_only &= !matches!(name, Name::Key(..));
        if !keeps {
            marks.push(RowMark::of_key(&identity.key(&name, 1)));
            continue;
        }
        let key = identity.key(&name, alike.nth(&name));
        marks.push(identity.mark(&key, &name, &value));
        says_itself |= again.path.is_some() || has_marks(&value);
        if done_before.is_none() {
            done_before = begun_before(&value, number);
        }
    }
    let marks: RowMarks = marks.into_iter().collect();
    if !is_alike_only {
        refuse_same(&marks.suspects(), again, identity)?;
    }
    Ok(Survey {
        marks,
        total,
        marked: MarkedRows {
            // Records that were made of such rows say nothing of themselves.
            first: done_before.or_else(|| first_seen().filter(|_| keeps && !says_itself)),
            says_itself,
        },
        alike: if keeps {
            alike.again()
        } else {
            Alike::default()
        },
    })
}

/// Refuses keys of which two are equal; only those that may be are looked at.
fn refuse_same(suspects: &RowMarks, again: &Again, identity: &Identity) -> Fallible<()> {
    if suspects.is_empty() {
        return Ok(());
    }
    let mut known: HashMap<String, ((Dynamic, u64), String)> = HashMap::new();
    for (value, number) in again.values()?.zip(again.taken + 1..) {
        let value = value?;
        let name = identity.name_row(&value, number)?;
        let is_suspect = suspects.has(&identity.key(&name, 1));
        let Name::Key(key, spelled) = name else {
            continue;
        };
        if !is_suspect {
            continue;
        }
        let row = (value, number);
        if let Some((first, before)) = known.get(&key) {
            let twice = again.twice(identity, [first, &row], [before, &spelled]);
            return Err(twice.into());
        }
        known.insert(key, (row, spelled));
    }
    Ok(())
}
