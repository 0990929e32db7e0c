//! What a journal knows of writes in doubt: why, how old they are, and which others are
//! like them, so that no record on the server is taken for the effect of two.

use std::collections::HashMap;
use std::sync::{MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::OptionalExtension as _;
use serde_json::{Map, Value};

use super::dates::{Dated, ReadAt};
use super::moment::Moment;
use super::reading::Reading;
use super::record::{AGAIN, DONE, IN_DOUBT, Outcome};
use super::stored::{OUTCOME_COLUMNS, StoredOutcome};
use super::stored_record::StoredRecord;
use super::times::{date_columns, read_dates};
use super::write::{WRITE_COLUMNS, read_write};
use super::{Journal, JournalError, Which, Write, WriteId, read};

/// A call may leave so long after its intent was written down: it may have been told
/// to wait, more than once.
const QUIET: Duration = Duration::from_secs(150);

/// When a write was last about to be sent, and what was there before.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct LastSent {
    /// The moment: it cannot have left after it, or by more than [`QUIET`].
    moment: Option<Moment>,
    /// Whether that is when it was known to be in doubt, so that it left before.
    is_over: bool,
    /// The highest id that the run saw before it in the list it is looked for in.
    pub seen: Option<i64>,
    /// When that was read, where it was.
    pub read_at: Option<ReadAt>,
}

impl LastSent {
    /// Whether a version wrote it down that kept neither.
    pub const fn is_of_older_version(&self) -> bool {
        self.moment.is_none()
    }

    /// How old it is at least, for a run that was taken up then: nobody else was at it
    /// any more. Moments of another start of the machine say nothing, nor do files.
    fn age(self, opened: Moment, now: Moment) -> Duration {
        let since = |moment| now.since(moment).unwrap_or_default();
        let sent = self.moment.map(since).unwrap_or_default();
        let slack = if self.is_over { Duration::ZERO } else { QUIET };
        sent.saturating_sub(slack).max(since(opened))
    }
}

impl Journal {
    /// When a write of an earlier pass was last about to be sent.
    ///
    /// Where it does not say what was seen before it, as those of older versions do not,
    /// the replies to others of its action tell, by that field: those that had come by then.
    pub fn last_sent(
        &self,
        write: WriteId,
        id_field: Option<&str>,
    ) -> Result<LastSent, JournalError> {
        let found = self.past().look(|reader| {
            let mut last = last_sent(reader, write)?.unwrap_or_default();
            if let (None, Some(field)) = (last.seen, id_field) {
                last.seen = replied_before(reader, write, field)?;
            }
            Ok(last)
        })?;
        Ok(found.unwrap_or_default())
    }

    /// The highest id that earlier passes saw in the lists in which writes of that action
    /// are looked for, or that replies to it gave in that field, when it was first asked.
    pub fn seen_by(
        &self,
        action: &str,
        id_field: Option<&str>,
    ) -> Result<Option<i64>, JournalError> {
        let mut copied = self.copied_seen();
        if let Some(seen) = copied.get(action) {
            return Ok(*seen);
        }
        let sql = format!(
            "SELECT max(intents.seen), max(CAST(json_extract(reply, ?2) AS INTEGER)) FROM intents
             LEFT JOIN outcomes ON outcomes.intent = intents.id AND outcomes.state = '{DONE}'
             WHERE action = ?1 COLLATE NOCASE"
        );
        let path = format!("$.\"{}\"", id_field.unwrap_or_default());
        let found = self.past().look(|reader| {
            reader
                .prepare_cached(&sql)?
                .query_row([action, &path], |row| {
                    let (listed, replied): (Option<i64>, Option<i64>) = (row.get(0)?, row.get(1)?);
                    Ok(listed.max(replied.filter(|_| id_field.is_some())))
                })
        })?;
        // What this pass makes or finds is newer than the copy.
        copied.insert(action.to_owned(), found.flatten());
        Ok(found.flatten())
    }

    fn copied_seen(&self) -> MutexGuard<'_, HashMap<String, Option<i64>>> {
        let copied = self.copied_seen.lock();
        copied.unwrap_or_else(PoisonError::into_inner)
    }

    /// How old that is now at least.
    pub fn age(&self, sent: LastSent, now: Moment) -> Duration {
        sent.age(self.opened, now)
    }

    /// Writes down that a write in doubt is about to be sent once more; it is on the disk
    /// when this returns.
    pub fn again(&self, write: WriteId) -> Result<(), JournalError> {
        let message = "it was not found on the server, and sent again".to_owned();
        let outcome = Outcome::Unsettled(message);
        let stored = StoredOutcome::encode(outcome, false).because(AGAIN);
        self.store
            .put_urgent(StoredRecord::Outcome(write.0, stored))
    }

    /// Writes down that a write is in doubt, and for what reason.
    ///
    /// Waits and errs as [`Self::outcome`] does.
    pub fn doubt(
        &self,
        write: WriteId,
        cause: &str,
        message: String,
        took: Option<Duration>,
    ) -> Result<(), JournalError> {
        let outcome = Outcome::Unsettled(message);
        let stored = StoredOutcome::encode(outcome, false).because(cause);
        self.store
            .put(StoredRecord::Outcome(write.0, stored.after(took)))
    }

    /// Writes down that a write in doubt was sent again and is done, and since when what was
    /// sent first may have been on its way: it may still arrive.
    ///
    /// Waits and errs as [`Self::outcome`] does.
    pub fn repeated(
        &self,
        write: WriteId,
        reply: Map<String, Value>,
        took: Option<Duration>,
        first: Moment,
    ) -> Result<(), JournalError> {
        let stored = StoredOutcome::encode(Outcome::Done(reply), false);
        let stored = stored.after(took).sent_first_at(first);
        self.store.put(StoredRecord::Outcome(write.0, stored))
    }

    /// The writes of earlier passes that were sent again with success, and since when what was
    /// sent first may have been on its way.
    pub fn repeats(&self) -> Result<Vec<(Write, LastSent)>, JournalError> {
        if !self.has_repeats {
            return Ok(Vec::new());
        }
        let mut writes = Vec::new();
        read(self.folder())?.writes(Which::Repeated, |write| writes.push(write))?;
        let mut repeats = Vec::new();
        for write in writes {
            let moment = self.past().look(|reader| first_sent(reader, write.id))?;
            let sent = LastSent {
                moment,
                is_over: true,
                seen: None,
                read_at: None,
            };
            repeats.push((write, sent));
        }
        Ok(repeats)
    }

    /// Every write of that action with its dates, those in flight among them, as the disk has
    /// them when everything is on it; of those whose parameter of that name is that whole
    /// number, where one is said.
    ///
    /// The tables of a run that goes on are made once, for a copy looks before each write.
    pub fn writes_of(
        &self,
        action: &str,
        about: Option<(&str, i64)>,
    ) -> Result<Vec<(Write, Dated)>, JournalError> {
        self.store.put_urgent(StoredRecord::Nothing)?;
        let found = self
            .past()
            .look(|reader| writes_about(reader, action, about))?;
        match found {
            Some(found) => Ok(found),
            None => read(self.folder())?.dated_writes(action),
        }
    }
}

impl Reading {
    /// Every write of that action with its dates.
    pub fn dated_writes(&self, action: &str) -> Result<Vec<(Write, Dated)>, JournalError> {
        let known = self.dates_of(action)?;
        let mut writes = Vec::new();
        self.writes(Which::Of(action), |write| {
            let dated = known.get(&write.id.0).copied().unwrap_or_default();
            writes.push((write, dated));
        })?;
        Ok(writes)
    }
}

fn last_sent(reader: &rusqlite::Connection, write: WriteId) -> rusqlite::Result<Option<LastSent>> {
    let sql = format!(
        "SELECT intents.boot, intents.alive, intents.seen, outcomes.boot, outcomes.alive,
            outcomes.kind = '{AGAIN}', intents.read_day, intents.read_alive, intents.read_took
         FROM intents LEFT JOIN outcomes ON outcomes.intent = intents.id AND outcomes.state = '{IN_DOUBT}'
         WHERE intents.id = ?"
    );
    let mut statement = reader.prepare_cached(&sql)?;
    let found = statement.query_row([write.0], |row| {
        let moment = |at| {
            let (boot, millis): (Option<i64>, Option<i64>) = (row.get(at)?, row.get(at + 1)?);
            Ok::<_, rusqlite::Error>(
                boot.zip(millis)
                    .map(|(boot, millis)| Moment { boot, millis }),
            )
        };
        let (intent, doubt) = (moment(0)?, moment(3)?);
        let is_again: Option<bool> = row.get(5)?;
        Ok(LastSent {
            moment: doubt.or(intent),
            is_over: doubt.is_some() && is_again != Some(true),
            seen: row.get(2)?,
            read_at: match (intent, row.get(6)?, row.get(7)?) {
                (Some(intent), Some(day), Some(millis)) => Some(ReadAt {
                    day,
                    moment: Moment { millis, ..intent },
                    took: row.get::<_, Option<i64>>(8)?.unwrap_or(0),
                }),
                _ => None,
            },
        })
    });
    found.optional()
}

fn writes_about(
    reader: &rusqlite::Connection,
    action: &str,
    about: Option<(&str, i64)>,
) -> rusqlite::Result<Vec<(Write, Dated)>> {
    let (name, number) = about.unzip();
    let value = match name {
        // The names of parameters are the catalog's.
        Some(name) => format!("CAST(json_extract(params, '$.{name}') AS INTEGER)"),
        None => "NULL".to_owned(),
    };
    if let Some(name) = name {
        let index = format!(
            "CREATE INDEX IF NOT EXISTS by_{name} ON intents (action COLLATE NOCASE, {value})"
        );
        // A database is only read, and goes without.
        let _ = reader.execute_batch(&index);
    }
    let dates = date_columns(reader)?;
    let sql = format!(
        "SELECT {WRITE_COLUMNS}, {OUTCOME_COLUMNS}, {dates}
         FROM intents LEFT JOIN outcomes ON outcomes.intent = intents.id
         LEFT JOIN rows ON rows.id = intents.row
         WHERE action = ?1 COLLATE NOCASE AND {value} IS ?2 ORDER BY intents.id"
    );
    let mut statement = reader.prepare_cached(&sql)?;
    let writes = statement.query_map(rusqlite::params![action, number], |row| {
        Ok((read_write(row)?, read_dates(row)?))
    })?;
    writes.collect()
}

fn first_sent(reader: &rusqlite::Connection, write: WriteId) -> rusqlite::Result<Moment> {
    let sql = "SELECT boot, alive FROM outcomes WHERE intent = ?";
    reader.query_row(sql, [write.0], |row| {
        let (boot, millis) = (row.get(0)?, row.get(1)?);
        Ok(Moment { boot, millis })
    })
}

/// The highest id that replies to the same action had given before a write was begun.
fn replied_before(
    reader: &rusqlite::Connection,
    write: WriteId,
    field: &str,
) -> rusqlite::Result<Option<i64>> {
    let sql = format!(
        "SELECT max(CAST(json_extract(reply, ?2) AS INTEGER)) FROM intents AS own
         JOIN intents AS other ON other.action = own.action AND other.id < own.id
         JOIN outcomes ON outcomes.intent = other.id
         WHERE own.id = ?1 AND outcomes.state = '{DONE}' AND outcomes.settled < own.begun"
    );
    let path = format!("$.\"{field}\"");
    let mut statement = reader.prepare_cached(&sql)?;
    statement.query_row(rusqlite::params![write.0, path], |row| row.get(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(boot: i64, seconds: i64) -> Moment {
        Moment {
            boot,
            millis: seconds * 1000,
        }
    }

    fn age(moment: Option<Moment>, is_over: bool, opened: Moment, now: Moment) -> u64 {
        let sent = LastSent {
            moment,
            is_over,
            seen: None,
            read_at: None,
        };
        sent.age(opened, now).as_secs()
    }

    #[test]
    fn a_write_is_as_old_as_the_clock_of_one_start_of_the_machine_says() {
        let (opened, now) = (at(1, 1000), at(1, 1010));
        // Known to be in doubt then.
        assert_eq!(age(Some(at(1, 900)), true, opened, now), 110);
        // Killed: it may have been told to wait before it left.
        assert_eq!(age(Some(at(1, 800)), false, opened, now), 60);
        assert_eq!(age(Some(at(1, 990)), false, opened, now), 10);
    }

    #[test]
    fn across_two_starts_a_write_is_as_old_as_the_run_that_looks() {
        let (opened, now) = (at(2, 50), at(2, 57));
        for moment in [Some(at(1, 10)), Some(at(1, 56)), None] {
            for is_over in [true, false] {
                assert_eq!(age(moment, is_over, opened, now), 7, "{moment:?}");
            }
        }
    }
}
