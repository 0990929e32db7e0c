//! The records of a run as the log keeps them, both ways.
//!
//! A row gets its number, and its key is written down, with its first record; what
//! follows has the number alone, but for the record of its end, which has both.

use super::super::dates::ReadAt;
use super::super::head::State;
use super::super::record::{MAIN, RowState};
use super::super::snapshot::StoredSnapshot;
use super::super::stored::{StoredOutcome, StoredRow, json, whole};
use super::super::stored_record::{Intent, RowsPart, SourceRecord, StoredRecord};
use super::super::{BulkRecord, Fingerprint, Marks};
use super::fields::{Body, Fields, Unreadable};
use crate::run::journal::moment::Moment;
use crate::run::scope::Scope;

/// What the run is: the first record.
pub const HEAD: u8 = 1;
/// The run was set going, or going on.
pub const BEGUN: u8 = 2;
/// It came to an end.
pub const STATE: u8 = 3;
pub const BULK: u8 = 4;
pub const KEY: u8 = 5;
pub const SERVER: u8 = 6;
pub const ROW: u8 = 7;
pub const INTENT: u8 = 8;
pub const OUTCOME: u8 = 9;
/// What is known of a source, or of a row that is another one now.
pub const SOURCE: u8 = 10;
/// The log is a copy that was gone on with.
pub const COPIED: u8 = 11;

/// A record as the log has it.
pub enum Logged {
    /// What the run is: that is known by then.
    Head,
    /// When the pass began that had something to write down.
    Begun(i64),
    /// How far the run came, and when that pass began, had it nothing to write down.
    State {
        state: State,
        ended: Option<String>,
        at: i64,
        unwritten: Option<i64>,
    },
    /// A write of that row, whose key is there if it is new.
    Intent {
        row: i64,
        key: Option<String>,
        intent: Box<Intent>,
    },
    /// The end of that row.
    Row(i64, Box<StoredRow>),
    /// What follows was written in a copy.
    Copied,
    Other(StoredRecord),
}

pub fn head(json: &str) -> Vec<u8> {
    Body::new().text(1, json).finish()
}

pub fn begun(since: i64) -> Vec<u8> {
    Body::new().number(1, since).finish()
}

pub fn copied(at: i64) -> Vec<u8> {
    Body::new().number(1, at).finish()
}

pub fn state(state: State, ended: Option<&str>, at: i64, unwritten: Option<i64>) -> Vec<u8> {
    let body = Body::new().text(1, state.word()).maybe_text(2, ended);
    body.number(3, at).maybe_number(4, unwritten).finish()
}

pub fn row(id: i64, row: &StoredRow) -> Vec<u8> {
    Body::new()
        .number(1, id)
        .text(2, row.state)
        .text(3, &row.key)
        .number(4, row.bulk)
        .number(5, row.number)
        .maybe_number(6, row.line)
        .number(7, i64::from(row.unchanged))
        .text(8, &row.columns)
        .text(9, &row.original)
        .maybe_text(10, row.error.as_deref())
        .number(11, row.millis)
        .number(12, row.ended)
        .finish()
}

/// A write of that row, or of the script itself; with the key of a new row.
pub fn intent(row: i64, key: Option<&str>, intent: &Intent) -> Vec<u8> {
    let body = Body::new()
        .number(1, intent.number)
        .number(2, row)
        .maybe_text(3, key)
        .text(4, &intent.action)
        .bytes(5, &intent.marks.bytes())
        .text(6, &intent.params)
        .number(7, intent.begun)
        .number(10, intent.moment.boot)
        .number(11, intent.moment.millis)
        .maybe_number(12, intent.seen)
        .maybe_number(13, intent.row.map(whole))
        .maybe_text(14, intent.place.as_deref())
        .maybe_text(15, intent.money.as_deref())
        .maybe_number(16, intent.read_at.map(|read| read.day))
        .maybe_number(17, intent.read_at.map(|read| read.moment.millis))
        .maybe_number(18, intent.read_at.map(|read| read.took));
    match &intent.snapshot {
        Some(snapshot) => body.text(8, &snapshot.record).text(9, &snapshot.old),
        None => body,
    }
    .finish()
}

fn outcome(intent: i64, outcome: &StoredOutcome) -> Vec<u8> {
    Body::new()
        .number(1, intent)
        .text(2, outcome.state)
        .maybe_text(3, outcome.reply.as_deref())
        .maybe_text(4, outcome.kind.as_deref())
        .maybe_text(5, outcome.message.as_deref())
        .maybe_number(6, outcome.http.map(i64::from))
        .number(7, i64::from(outcome.by_user))
        .number(8, outcome.settled)
        .maybe_number(9, outcome.micros)
        .maybe_number(10, outcome.moment.map(|moment| moment.boot))
        .maybe_number(11, outcome.moment.map(|moment| moment.millis))
        .finish()
}

/// A record that has nothing to do with the numbers of rows; nothing of what the log
/// has in another form, or not at all.
pub fn other(record: &StoredRecord) -> Option<(u8, Vec<u8>)> {
    Some(match record {
        StoredRecord::Outcome(intent, known) => (OUTCOME, outcome(*intent, known)),
        StoredRecord::Bulk(bulk) => {
            let names = |names: &[String]| json(&names);
            let body = Body::new().number(1, whole(bulk.number));
            let body = body.text(2, &names(&bulk.columns));
            (BULK, body.text(3, &names(&bulk.hidden)).finish())
        }
        StoredRecord::Key(bulk, column) => {
            let body = Body::new().number(1, whole(*bulk));
            (KEY, body.text(2, column).finish())
        }
        StoredRecord::Server(name, place) => {
            (SERVER, Body::new().text(1, name).text(2, place).finish())
        }
        StoredRecord::Source(known) => (SOURCE, source(known)),
        StoredRecord::Intent(_)
        | StoredRecord::Row(_)
        | StoredRecord::State(..)
        | StoredRecord::Nothing => {
            return None;
        }
    })
}

/// The fields of a record, if this version knows records of its kind.
pub fn parse(kind: u8, body: &[u8]) -> Result<Fields<'_>, Unreadable> {
    if (HEAD..=COPIED).contains(&kind) {
        Fields::parse(body)
    } else {
        Err(Unreadable::Later)
    }
}

/// Reads a record.
pub fn read(kind: u8, body: &[u8]) -> Result<Logged, Unreadable> {
    let fields = parse(kind, body)?;
    Ok(match kind {
        HEAD => fields.up_to(1)?.text(1).map(|_| Logged::Head)?,
        BEGUN => Logged::Begun(fields.up_to(1)?.number(1)?),
        COPIED => fields.up_to(1)?.number(1).map(|_| Logged::Copied)?,
        STATE => read_state(&fields.up_to(4)?)?,
        BULK => {
            let fields = fields.up_to(3)?;
            Logged::Other(StoredRecord::Bulk(Box::new(BulkRecord {
                number: fields.number(1)?.unsigned_abs(),
                columns: names(fields.text(2)?)?,
                hidden: names(fields.text(3)?)?,
            })))
        }
        KEY => {
            let fields = fields.up_to(2)?;
            let bulk = fields.number(1)?.unsigned_abs();
            Logged::Other(StoredRecord::Key(bulk, fields.text(2)?.to_owned()))
        }
        SERVER => {
            let fields = fields.up_to(2)?;
            let (name, place) = (fields.text(1)?, fields.text(2)?);
            Logged::Other(StoredRecord::Server(name.to_owned(), place.to_owned()))
        }
        ROW => {
            let fields = fields.up_to(12)?;
            Logged::Row(fields.number(1)?, Box::new(read_row(&fields)?))
        }
        INTENT => read_intent(&fields.up_to(18)?)?,
        SOURCE => Logged::Other(StoredRecord::Source(read_source(&fields.up_to(6)?)?)),
        OUTCOME => {
            let fields = fields.up_to(11)?;
            Logged::Other(StoredRecord::Outcome(
                fields.number(1)?,
                read_outcome(&fields)?,
            ))
        }
        _ => return Err(Unreadable::Later),
    })
}

/// The first field says what it is.
fn source(known: &SourceRecord) -> Vec<u8> {
    let of = |what| Body::new().number(1, what);
    match known {
        SourceRecord::Rows(part) => {
            let body = of(ROWS).number(2, whole(part.bulk)).bytes(3, &part.marks);
            if part.is_whole() {
                body
            } else {
                body.number(5, whole(part.rows)).number(6, whole(part.from))
            }
        }
        SourceRecord::Joined(new, old) => of(JOINED).text(3, new).text(4, old),
        SourceRecord::Replaced(key) => of(REPLACED).text(3, key),
        SourceRecord::Verdict(write, stands) => {
            of(VERDICT).number(2, *write).number(4, i64::from(*stands))
        }
        SourceRecord::Place(bulk, place) => of(PLACE).number(2, whole(*bulk)).text(3, &json(place)),
    }
    .finish()
}

/// Reads what is known of a source.
pub fn read_source(fields: &Fields<'_>) -> Result<SourceRecord, Unreadable> {
    Ok(match fields.number(1)? {
        ROWS => SourceRecord::Rows(read_rows(fields)?),
        JOINED => SourceRecord::Joined(fields.text(3)?.to_owned(), fields.text(4)?.to_owned()),
        REPLACED => SourceRecord::Replaced(fields.text(3)?.to_owned()),
        VERDICT => SourceRecord::Verdict(fields.number(2)?, fields.number(4)? != 0),
        PLACE => {
            let place = serde_json::from_str(fields.text(3)?).map_err(|_| Unreadable::Odd)?;
            SourceRecord::Place(fields.number(2)?.unsigned_abs(), place)
        }
        _ => return Err(Unreadable::Later),
    })
}

fn read_rows(fields: &Fields<'_>) -> Result<RowsPart, Unreadable> {
    let whole = RowsPart::whole(fields.number(2)?.unsigned_abs(), fields.bytes(3)?.to_vec());
    let maybe = |field| Ok(fields.maybe_number(field)?.map(i64::unsigned_abs));
    Ok(RowsPart {
        rows: maybe(5)?.unwrap_or(whole.rows),
        from: maybe(6)?.unwrap_or(0),
        ..whole
    })
}

const ROWS: i64 = 1;
const JOINED: i64 = 2;
const REPLACED: i64 = 3;
const VERDICT: i64 = 4;
const PLACE: i64 = 5;

fn names(json: &str) -> Result<Vec<String>, Unreadable> {
    serde_json::from_str(json).map_err(|_| Unreadable::Odd)
}

fn read_state(fields: &Fields<'_>) -> Result<Logged, Unreadable> {
    Ok(Logged::State {
        state: State::of_word(fields.text(1)?).ok_or(Unreadable::Later)?,
        ended: fields.owned(2)?,
        at: fields.number(3)?,
        unwritten: fields.maybe_number(4)?,
    })
}

fn read_row(fields: &Fields<'_>) -> Result<StoredRow, Unreadable> {
    let state = RowState::of_word(fields.text(2)?).ok_or(Unreadable::Later)?;
    Ok(StoredRow {
        state: state.word(),
        key: fields.text(3)?.to_owned(),
        bulk: fields.number(4)?,
        number: fields.number(5)?,
        line: fields.maybe_number(6)?,
        unchanged: fields.number(7)? != 0,
        columns: fields.text(8)?.to_owned(),
        original: fields.text(9)?.to_owned(),
        error: fields.owned(10)?,
        millis: fields.number(11)?,
        ended: fields.number(12)?,
    })
}

fn read_intent(fields: &Fields<'_>) -> Result<Logged, Unreadable> {
    let row = fields.number(2)?;
    let key = fields.owned(3)?;
    let snapshot = match (fields.owned(8)?, fields.owned(9)?) {
        (Some(record), Some(old)) => Some(StoredSnapshot { record, old }),
        (None, None) => None,
        _ => return Err(Unreadable::Odd),
    };
    let scope = match &key {
        _ if row == MAIN => Scope::Main,
        Some(key) => Scope::row(key),
        // Its key was written down with its first record.
        None => Scope::row(""),
    };
    let boot = fields.number(10)?;
    let read_at = match (fields.maybe_number(16)?, fields.maybe_number(17)?) {
        (Some(day), Some(millis)) => Some(ReadAt {
            day,
            // By the process that wrote the intent.
            moment: Moment { boot, millis },
            took: fields.maybe_number(18)?.unwrap_or(0),
        }),
        _ => None,
    };
    let intent = Intent {
        number: fields.number(1)?,
        scope,
        action: fields.text(4)?.to_owned(),
        marks: read_marks(fields.bytes(5)?).ok_or(Unreadable::Odd)?,
        params: fields.text(6)?.to_owned(),
        snapshot,
        begun: fields.number(7)?,
        moment: Moment {
            boot,
            millis: fields.number(11)?,
        },
        seen: fields.maybe_number(12)?,
        read_at,
        row: fields.maybe_number(13)?.map(i64::unsigned_abs),
        place: fields.owned(14)?,
        money: fields.owned(15)?,
    };
    Ok(Logged::Intent {
        row,
        key,
        intent: Box::new(intent),
    })
}

fn read_marks(bytes: &[u8]) -> Option<Marks> {
    let (sent, rest) = bytes.split_first_chunk::<32>()?;
    let shown = if rest.is_empty() {
        sent
    } else {
        rest.try_into().ok()?
    };
    Some(Marks {
        sent: Fingerprint(*sent),
        shown: Fingerprint(*shown),
    })
}

fn read_outcome(fields: &Fields<'_>) -> Result<StoredOutcome, Unreadable> {
    let http = fields.maybe_number(6)?.map(u16::try_from).transpose();
    Ok(StoredOutcome {
        state: StoredOutcome::word(fields.text(2)?).ok_or(Unreadable::Later)?,
        reply: fields.owned(3)?,
        kind: fields.owned(4)?,
        message: fields.owned(5)?,
        http: http.map_err(|_| Unreadable::Odd)?,
        by_user: fields.number(7)? != 0,
        settled: fields.number(8)?,
        micros: fields.maybe_number(9)?,
        moment: match (fields.maybe_number(10)?, fields.maybe_number(11)?) {
            (Some(boot), Some(millis)) => Some(Moment { boot, millis }),
            _ => None,
        },
    })
}
