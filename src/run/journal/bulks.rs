//! The bulk loops of a run in the journal, and the cells of their rows.
//!
//! A row's cells stand in the order of its loop's columns. Where a resumed run is
//! given other columns, or one turns out to hold secrets, the cells of the rows
//! that ended earlier are put right. A log is written anew without them when its run is
//! left; in a journal of an earlier version what was on the disk of a secret stays there
//! until something is written over it.

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::BulkRecord;
use super::stored::{json, parsed, whole};

/// Rows that are put right at a time.
const PORTION: i64 = 1000;

/// The columns that [`read_bulk`] reads, in its order.
pub(super) const BULK_COLUMNS: &str = "number, columns, hidden";

/// The bulk loop in those columns.
pub(super) fn read_bulk(row: &Row<'_>) -> rusqlite::Result<BulkRecord> {
    Ok(BulkRecord {
        number: row.get::<_, i64>(0)?.unsigned_abs(),
        columns: parsed(1, row.get_ref(1)?.as_str()?)?,
        hidden: parsed(2, row.get_ref(2)?.as_str()?)?,
    })
}

/// Writes a bulk loop, in place of what was known of it before.
pub(super) fn write_bulk(connection: &Connection, bulk: &BulkRecord) -> rusqlite::Result<()> {
    let number = whole(bulk.number);
    let mut bulk = bulk.clone();
    let sql = format!("SELECT {BULK_COLUMNS} FROM bulks WHERE number = ?");
    let earlier = connection.query_row(&sql, [number], read_bulk).optional()?;
    if let Some(earlier) = &earlier {
        // What an earlier pass found to be secret stays so.
        let kept = earlier
            .hidden
            .iter()
            .filter(|name| !bulk.hidden.contains(name));
        let kept: Vec<String> = kept.cloned().collect();
        bulk.hidden.extend(kept);
    }
    connection
        .prepare_cached("INSERT OR REPLACE INTO bulks VALUES (?, ?, ?)")?
        .execute(params![number, json(&bulk.columns), json(&bulk.hidden)])?;
    match earlier {
        Some(earlier) if earlier != bulk => put_right(connection, &earlier.columns, &bulk),
        _ => Ok(()),
    }
}

/// Gives rows that had the cells of those columns the cells of the loop's columns now.
fn put_right(
    connection: &Connection,
    before: &[String],
    bulk: &BulkRecord,
) -> rusqlite::Result<()> {
    let place = |name: &String| {
        let is_shown = !bulk.hidden.contains(name);
        before.iter().position(|column| is_shown && column == name)
    };
    let places: Vec<Option<usize>> = bulk.columns.iter().map(place).collect();
    let sql = "SELECT id, original FROM rows
        WHERE bulk = ? AND original IS NOT NULL AND id > ? ORDER BY id LIMIT ?";
    let mut select = connection.prepare(sql)?;
    let mut update = connection.prepare("UPDATE rows SET original = ? WHERE id = ?")?;
    let mut last = 0;
    loop {
        let read = |row: &Row<'_>| Ok((row.get(0)?, parsed(1, row.get_ref(1)?.as_str()?)?));
        let portion = select.query_map(params![whole(bulk.number), last, PORTION], read)?;
        let portion: Vec<(i64, Vec<String>)> = portion.collect::<rusqlite::Result<_>>()?;
        let Some((id, _)) = portion.last() else {
            return Ok(());
        };
        last = *id;
        for (id, cells) in &portion {
            let cell = |place: &Option<usize>| place.and_then(|place| cells.get(place));
            let cells = places
                .iter()
                .map(|place| cell(place).cloned().unwrap_or_default());
            update.execute(params![json(&cells.collect::<Vec<_>>()), id])?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{created, row};
    use super::super::{Journal, RowRecord, RowState, read};
    use super::*;

    fn bulk(columns: &[&str], hidden: &[&str]) -> BulkRecord {
        let names = |names: &[&str]| names.iter().map(ToString::to_string).collect();
        BulkRecord {
            number: 1,
            columns: names(columns),
            hidden: names(hidden),
        }
    }

    fn ended(journal: &Journal, key: &str, cells: &[&str]) {
        let row = RowRecord {
            original: cells.iter().map(ToString::to_string).collect(),
            ..row(key, 1, RowState::Done)
        };
        journal.row(row).unwrap();
    }

    #[test]
    fn rows_that_ended_earlier_follow_the_columns_and_lose_what_is_secret() {
        let (folder, journal) = created();
        journal.bulk(bulk(&["a", "pw", "b"], &[])).unwrap();
        ended(&journal, "1", &["a1", "secret", "b1"]);
        journal.bulk(bulk(&["a", "pw", "b"], &["pw"])).unwrap();
        // What was found to be secret once need not be found again.
        journal.bulk(bulk(&["b", "new", "a", "pw"], &[])).unwrap();
        ended(&journal, "2", &["b2", "new2", "a2", ""]);
        drop(journal);
        let reading = read(folder.path()).unwrap();
        assert_eq!(
            reading.bulks().unwrap(),
            [bulk(&["b", "new", "a", "pw"], &["pw"])]
        );
        let mut cells = Vec::new();
        reading.rows(|row| cells.push(row.original)).unwrap();
        assert_eq!(cells, [["b1", "", "a1", ""], ["b2", "new2", "a2", ""]]);
    }
}
