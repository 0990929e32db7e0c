//! Outcomes and rows as the columns of their tables, both ways.
//!
//! Whoever makes a record turns it into columns on its own thread, so that the
//! writer has nothing to do but write.

use std::time::Duration;

use rusqlite::types::Type;
use rusqlite::{Connection, Row, params};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::dates::now;
use super::moment::Moment;
use super::record::{DONE, IN_DOUBT, NOT_SENT};
use super::{Outcome, RowRecord, RowState};

/// The columns of an outcome.
pub(super) struct StoredOutcome {
    pub state: &'static str,
    pub reply: Option<String>,
    pub kind: Option<String>,
    pub message: Option<String>,
    pub http: Option<u16>,
    pub by_user: bool,
    pub settled: i64,
    pub micros: Option<i64>,
    /// When a write in doubt was last at the server, or about to be; of one that was done when
    /// it was sent again, the first time.
    pub moment: Option<Moment>,
}

/// The columns of a row that ended.
pub(super) struct StoredRow {
    pub key: String,
    pub bulk: i64,
    pub number: i64,
    pub line: Option<i64>,
    pub state: &'static str,
    pub unchanged: bool,
    pub columns: String,
    pub original: String,
    pub error: Option<String>,
    pub millis: i64,
    pub ended: i64,
}

/// The columns that [`read_outcome`] reads, in its order.
pub(super) const OUTCOME_COLUMNS: &str =
    "outcomes.state, outcomes.reply, outcomes.kind, outcomes.message, outcomes.http";

/// The columns that [`read_row`] reads, in its order.
pub(super) const ROW_COLUMNS: &str =
    "key, bulk, number, line, state, unchanged, columns, original, error, millis";

impl StoredOutcome {
    /// That state of a write as [`Outcome::word`] has it, if there is such a one.
    pub fn word(state: &str) -> Option<&'static str> {
        let words = [DONE, "refused", NOT_SENT, IN_DOUBT];
        words.into_iter().find(|word| *word == state)
    }

    pub fn encode(outcome: Outcome, by_user: bool) -> Self {
        let mut stored = Self {
            state: outcome.word(),
            reply: None,
            kind: None,
            message: None,
            http: None,
            by_user,
            settled: now(),
            micros: None,
            moment: None,
        };
        match outcome {
            Outcome::Done(reply) => stored.reply = Some(json(&reply)),
            Outcome::Refused {
                kind,
                message,
                http,
            } => {
                (stored.kind, stored.message, stored.http) = (Some(kind), Some(message), http);
            }
            Outcome::NotSent { kind, message } => {
                (stored.kind, stored.message) = (Some(kind), Some(message));
            }
            Outcome::Unsettled(message) => {
                (stored.message, stored.moment) = (Some(message), Some(Moment::now()));
            }
        }
        stored
    }

    /// The same for that reason.
    pub fn because(self, cause: &str) -> Self {
        let kind = Some(cause.to_owned());
        Self { kind, ..self }
    }

    /// The same with how long the server took.
    pub fn after(self, took: Option<Duration>) -> Self {
        let micros = took.map(|took| i64::try_from(took.as_micros()).unwrap_or(i64::MAX));
        Self { micros, ..self }
    }

    /// The same of a write that was sent again, and may have been on its way since then.
    pub fn sent_first_at(self, moment: Moment) -> Self {
        Self {
            moment: Some(moment),
            ..self
        }
    }

    /// Writes them, in place of an earlier outcome of that intent.
    pub fn write(&self, connection: &Connection, intent: i64) -> rusqlite::Result<()> {
        let sql = "INSERT OR REPLACE INTO outcomes
            (intent, state, reply, kind, message, http, by_user, settled, micros, boot, alive)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
        connection.prepare_cached(sql)?.execute(params![
            intent,
            self.state,
            self.reply,
            self.kind,
            self.message,
            self.http,
            self.by_user,
            self.settled,
            self.micros,
            self.moment.map(|moment| moment.boot),
            self.moment.map(|moment| moment.millis)
        ])?;
        Ok(())
    }
}

impl StoredRow {
    pub fn encode(row: RowRecord) -> Self {
        Self {
            bulk: whole(row.bulk),
            number: whole(row.number),
            line: row.line.map(whole),
            state: row.state.word(),
            unchanged: row.unchanged,
            columns: json(&row.columns),
            original: json(&row.original),
            error: row.error.as_ref().map(json),
            millis: whole(row.millis),
            ended: now(),
            key: row.key,
        }
    }

    /// The row they are of.
    pub fn record(self) -> serde_json::Result<RowRecord> {
        Ok(RowRecord {
            bulk: self.bulk.unsigned_abs(),
            number: self.number.unsigned_abs(),
            line: self.line.map(i64::unsigned_abs),
            // A word of this version's: nothing else is read from a log.
            state: RowState::of_word(self.state).unwrap_or(RowState::InDoubt),
            unchanged: self.unchanged,
            columns: serde_json::from_str(&self.columns)?,
            original: serde_json::from_str(&self.original)?,
            error: self
                .error
                .as_deref()
                .map(serde_json::from_str)
                .transpose()?,
            millis: self.millis.unsigned_abs(),
            key: self.key,
        })
    }

    /// Writes them: into the row of that number if there is one, else into a new one.
    pub fn write(&self, connection: &Connection, id: Option<i64>) -> rusqlite::Result<()> {
        // Null for the id gives the row the next one.
        let sql = "INSERT INTO rows (key, bulk, number, line, state, unchanged,
            columns, original, error, millis, ended, id)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (id) DO UPDATE SET key = excluded.key, bulk = excluded.bulk,
            number = excluded.number, line = excluded.line, state = excluded.state,
            unchanged = excluded.unchanged, columns = excluded.columns,
            original = excluded.original, error = excluded.error,
            millis = excluded.millis, ended = excluded.ended";
        connection.prepare_cached(sql)?.execute(params![
            self.key,
            self.bulk,
            self.number,
            self.line,
            self.state,
            self.unchanged,
            self.columns,
            self.original,
            self.error,
            self.millis,
            self.ended,
            id
        ])?;
        Ok(())
    }
}

/// The outcome whose columns begin at that place; `None` where there is none.
pub(super) fn read_outcome(row: &Row<'_>, at: usize) -> rusqlite::Result<Option<Outcome>> {
    let Some(state) = row.get::<_, Option<String>>(at)? else {
        return Ok(None);
    };
    let text =
        |place| Ok::<_, rusqlite::Error>(row.get::<_, Option<String>>(place)?.unwrap_or_default());
    Ok(Some(match state.as_str() {
        DONE => Outcome::Done(parsed(at + 1, &text(at + 1)?)?),
        "refused" => Outcome::Refused {
            kind: text(at + 2)?,
            message: text(at + 3)?,
            http: row.get(at + 4)?,
        },
        NOT_SENT => Outcome::NotSent {
            kind: text(at + 2)?,
            message: text(at + 3)?,
        },
        IN_DOUBT => Outcome::Unsettled(text(at + 3)?),
        other => return Err(unknown(at, other)),
    }))
}

/// The row in those columns.
pub(super) fn read_row(row: &Row<'_>) -> rusqlite::Result<RowRecord> {
    let state: String = row.get(4)?;
    let error: Option<String> = row.get(8)?;
    Ok(RowRecord {
        key: row.get(0)?,
        bulk: row.get::<_, i64>(1)?.unsigned_abs(),
        number: row.get::<_, i64>(2)?.unsigned_abs(),
        line: row.get::<_, Option<i64>>(3)?.map(i64::unsigned_abs),
        state: RowState::of_word(&state).ok_or_else(|| unknown(4, &state))?,
        unchanged: row.get(5)?,
        columns: parsed(6, row.get_ref(6)?.as_str()?)?,
        original: parsed(7, row.get_ref(7)?.as_str()?)?,
        error: error.map(|error| parsed(8, &error)).transpose()?,
        millis: row.get::<_, i64>(9)?.unsigned_abs(),
    })
}

/// What a JSON column holds.
pub(super) fn parsed<T: DeserializeOwned>(column: usize, text: &str) -> rusqlite::Result<T> {
    serde_json::from_str(text).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(error))
    })
}

/// A record as JSON; maps with text for keys always have one.
pub(super) fn json(record: &impl Serialize) -> String {
    serde_json::to_string(record).unwrap_or_default()
}

pub(super) fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn unknown(column: usize, word: &str) -> rusqlite::Error {
    let why = format!("unknown state `{word}`");
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, why.into())
}
