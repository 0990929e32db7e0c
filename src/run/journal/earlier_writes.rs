//! What the earlier passes of a run left behind: rows done, writes to be replayed.
//!
//! A write matches the first unused write of its scope with the same fingerprint
//! that was applied or may have been; refused ones and ones that were not sent
//! do not count. Rows are remembered by hashes, and the writes of a scope are
//! read when it first asks, so memory grows with neither.

use std::collections::hash_map::Entry as Slot;
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError, RwLock, RwLockReadGuard};

use rusqlite::{Connection, OptionalExtension as _};
use serde_json::{Map, Value};

use super::about::mark_about;
use super::elsewhere::{self, Elsewhere, Reach};
use super::record::{DONE, IN_DOUBT, MAIN, REPLACED, WriteId};
use super::replays::Replays;
use super::row_marks::RowMarks;
use super::schema::has_table;
use super::settled::{AllSettled, RowIds, SettledRow, SettledRows, hash};
use super::stored::{OUTCOME_COLUMNS, parsed, read_outcome};
use super::tables::Tables;
use super::turns::{Turns, WriteRequest};
use super::{Fingerprint, JournalError, Outcome, RowState, file, rules};
use crate::catalog;
use crate::client::Params;
use crate::run::scope::Scope;

/// The number that no row has.
const NO_ROW: i64 = -1;

/// What an earlier pass knows of a write that is about to be sent.
#[derive(Clone, Debug, PartialEq)]
pub enum Replay {
    /// Nothing: it is to be sent.
    Fresh,
    /// It was applied, with that reply; it is not sent again.
    Done(WriteId, Map<String, Value>),
    /// It may have been applied: the write, and its parameters without secrets.
    InDoubt(WriteId, Params),
    /// The row did the same action with other parameters, which the script does
    /// not ask for any more.
    Contradiction {
        /// The earlier write.
        earlier: WriteId,
        /// Its parameters without secrets.
        params: Params,
        /// Whether it is in doubt itself; else it was applied.
        is_in_doubt: bool,
    },
    /// The very same was done in another row, or outside of rows, where this pass did not
    /// come to; or something else of the same action, about the same.
    Elsewhere {
        /// The earlier write.
        earlier: WriteId,
        /// Its parameters without secrets, where they are others.
        other: Option<Params>,
        /// Its row as people know it; `None` outside of rows.
        row: Option<String>,
        /// Whether it is in doubt itself; else it was applied.
        is_in_doubt: bool,
    },
}

/// What the earlier passes of a run left behind; empty in the first one.
pub struct EarlierWrites {
    folder: PathBuf,
    /// Rows done or skipped; given up once the run has ended.
    settled: RwLock<SettledRows>,
    /// Rows begun and not settled.
    open: RowIds,
    /// The last intent of the earlier passes.
    last: i64,
    /// Where they wrote anything.
    reach: Reach,
    scopes: Mutex<Scopes>,
    /// The scripts whose places are still what they were, by their hashes.
    texts: OnceLock<HashSet<String>>,
}

#[derive(Default)]
struct Scopes {
    reader: Option<Tables>,
    /// Writes by row number; `None` once the row ended.
    loaded: HashMap<i64, Option<Replays>>,
    /// Whose turn is when in each of them.
    turns: HashMap<i64, Turns>,
    /// Writes that stand for the same in another scope.
    moved: HashSet<i64>,
    /// Whether writes can be found by their fingerprints.
    is_prepared: bool,
}

impl EarlierWrites {
    pub(super) fn none(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            settled: RwLock::default(),
            open: RowIds::default(),
            last: 0,
            reach: Reach::default(),
            scopes: Mutex::default(),
            texts: OnceLock::new(),
        }
    }

    pub(super) fn load(folder: &Path) -> Result<Self, JournalError> {
        let reader = file::reader(folder, true)?;
        let mut past = Self::none(folder);
        past.read_rows(&reader)
            .map_err(|error| JournalError::of_database(folder, &error))?;
        past.scopes = Mutex::new(Scopes {
            reader: Some(Tables::Database(reader)),
            ..Scopes::default()
        });
        Ok(past)
    }

    /// What a log left behind: its rows, its last intent, and what it is, with the numbers of
    /// its last record and row.
    pub(super) fn of_log(
        folder: &Path,
        (settled, open): (SettledRows, RowIds),
        (last, reach): (i64, Reach),
        (head, last_records): (String, (u64, i64)),
    ) -> Self {
        let scopes = Scopes {
            reader: Some(Tables::of_log(folder, head, last_records)),
            ..Scopes::default()
        };
        Self {
            settled: RwLock::new(settled),
            open,
            last,
            reach,
            scopes: Mutex::new(scopes),
            ..Self::none(folder)
        }
    }

    fn read_rows(&mut self, reader: &Connection) -> rusqlite::Result<()> {
        let sql = "SELECT coalesce(max(id), 0) FROM intents";
        self.last = reader.query_row(sql, [], |row| row.get(0))?;
        let (mut open, mut settled) = (HashMap::new(), SettledRows::default());
        let mut statement = reader.prepare("SELECT id, key, state, unchanged FROM rows")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let key = hash(row.get_ref(1)?.as_str()?);
            let state = row.get_ref(2)?.as_str_or_null()?;
            let state = state.and_then(RowState::of_word);
            match state.filter(|state| state.is_settled()) {
                Some(state) => {
                    let unchanged = row.get::<_, Option<bool>>(3)?.unwrap_or(false);
                    settled.add(key, state, unchanged);
                }
                None => _ = open.insert(key, row.get(0)?),
            }
        }
        settled.sort();
        self.settled = RwLock::new(settled);
        self.open = RowIds::new(open);
        Ok(())
    }

    pub(super) fn open_rows(&self) -> RowIds {
        self.open.clone()
    }

    pub(super) fn last_intent(&self) -> i64 {
        self.last
    }

    /// How the row of that key ended, if it is not to be run again.
    pub fn settled(&self, key: &str) -> Option<SettledRow> {
        self.settled_rows().meet(key)
    }

    /// How the rows of a source ended, if no row is open and these are all that were settled;
    /// then this pass came to each of them.
    pub fn all_settled(&self, rows: &RowMarks) -> Option<AllSettled> {
        if !self.open.is_empty() {
            return None;
        }
        let settled = self.settled_rows();
        let all = settled.are_those_of(rows)?;
        settled.meet_all();
        Some(all)
    }

    /// How many rows were done or skipped.
    pub fn rows_done(&self) -> usize {
        self.settled_rows().len()
    }

    /// Gives up which rows are settled, 16 bytes each: a run that has ended asks for none, and
    /// its files take as much.
    pub fn forget_settled(&self) {
        let mut settled = self.settled.write().unwrap_or_else(PoisonError::into_inner);
        *settled = SettledRows::default();
    }

    fn settled_rows(&self) -> RwLockReadGuard<'_, SettledRows> {
        self.settled.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is known of a write that is about to be sent; what is found is used up.
    pub fn take(
        &self,
        scope: &Scope,
        action: &str,
        fingerprint: Fingerprint,
    ) -> Result<Replay, JournalError> {
        let Some(row) = self.row(scope) else {
            return Ok(Replay::Fresh);
        };
        self.prepared()?
            .take(row, self.last, action, fingerprint)
            .map_err(|error| JournalError::of_database(&self.folder, &error))
    }

    /// Whether no earlier pass wrote anything there.
    pub fn is_empty(&self, scope: &Scope) -> bool {
        self.row(scope).is_none()
    }

    /// Says which scripts' places are still what they were, by their hashes.
    pub fn with_texts(&self, texts: HashSet<String>) {
        // They are said once, before the first write.
        let _ = self.texts.set(texts);
    }

    /// What is known of a write that is about to be sent, by where it is asked for and
    /// what it is about too; what is found is used up.
    pub fn take_in_turn(
        &self,
        scope: &Scope,
        asked: &WriteRequest<'_>,
    ) -> Result<Replay, JournalError> {
        let of_database = |error| JournalError::of_database(&self.folder, &error);
        let texts = self.texts.get_or_init(HashSet::new);
        let row = self.row(scope);
        if let Some(row) = row {
            let replay = self
                .prepared()?
                .take_in_turn(row, self.last, asked, texts)
                .map_err(of_database)?;
            if replay != Replay::Fresh {
                return Ok(replay);
            }
        }
        let bulk = match scope {
            Scope::Main => None,
            Scope::Row(key) => Some(rules::loop_number(key)),
        };
        let Some(place) = asked.place.filter(|_| self.reach.goes_beyond(bulk)) else {
            return Ok(Replay::Fresh);
        };
        if catalog::action(asked.action).is_some_and(|action| action.about.is_empty()) {
            // Log entries may be the same any number of times.
            return Ok(Replay::Fresh);
        }
        let met = |other: &Elsewhere| {
            let its_bulk = rules::loop_number(&other.key);
            other.row != MAIN && (bulk == Some(its_bulk) || self.settled_rows().is_met(&other.key))
        };
        let mut scopes = self.prepared()?;
        scopes.prepare(self.last, texts).map_err(of_database)?;
        let row = row.unwrap_or(NO_ROW);
        let same = scopes.elsewhere(&asked.fingerprint, (row, self.last), place, texts);
        let same = same.map_err(of_database)?;
        if let Some(other) = same.into_iter().find(|other| !met(other)) {
            return scopes.moved(&other, false).map_err(of_database);
        }
        // What was done since the run came to the loop stands beside what the loop does.
        let before = self.reach.before(bulk, self.last);
        let about = scopes.about_elsewhere(asked, (row, before));
        let about = about.map_err(of_database)?;
        match about.into_iter().find(|other| !met(other)) {
            Some(other) => scopes.moved(&other, true).map_err(of_database),
            None => Ok(Replay::Fresh),
        }
    }

    /// Whether a write of that fingerprint would be found; it is not used up.
    pub fn knows(&self, scope: &Scope, fingerprint: &Fingerprint) -> Result<bool, JournalError> {
        let Some(row) = self.row(scope) else {
            return Ok(false);
        };
        let mut scopes = self.prepared()?;
        let replays = scopes.get(row, self.last);
        let replays = replays.map_err(|error| JournalError::of_database(&self.folder, &error))?;
        Ok(replays.is_some_and(|replays| replays.knows(fingerprint)))
    }

    /// The parameters of a row's first unused write of that action; in the script
    /// itself, of the first that is in doubt.
    pub fn unused(&self, scope: &Scope, action: &str) -> Result<Option<Params>, JournalError> {
        let Some(row) = self.row(scope) else {
            return Ok(None);
        };
        self.prepared()?
            .unused(row, self.last, action)
            .map_err(|error| JournalError::of_database(&self.folder, &error))
    }

    /// The number of a scope in the journal, if an earlier pass wrote anything in it.
    fn row(&self, scope: &Scope) -> Option<i64> {
        match scope {
            Scope::Main => Some(MAIN).filter(|_| self.last > 0),
            Scope::Row(key) => self.open.get(key),
        }
    }

    /// Lets go of a row that ended: whatever has its key now is another one.
    pub(super) fn forget(&self, key: &str) {
        if let Some(row) = self.open.get(key) {
            let mut scopes = self.scopes();
            scopes.loaded.insert(row, None);
            scopes.turns.remove(&row);
        }
    }

    /// The keys of the rows that an earlier pass began, that wrote or may have written
    /// something, and that this pass did not bring to an end: it did not come to them.
    pub fn not_met_again(&self) -> Result<Vec<String>, JournalError> {
        let left: Vec<i64> = {
            let scopes = self.scopes();
            let is_over = |row: &i64| matches!(scopes.loaded.get(row), Some(None));
            self.open.ids().filter(|row| !is_over(row)).collect()
        };
        if left.is_empty() {
            return Ok(Vec::new());
        }
        let keys = self.look(|connection| written_of(connection, &left))?;
        Ok(keys.unwrap_or_default())
    }

    /// Closes the journal, so that whoever writes it is the last at it.
    pub(super) fn close(&self) {
        self.scopes().reader = None;
    }

    /// Does something with the journal as it is now; nothing in a run's first pass.
    pub(super) fn look<T>(
        &self,
        look: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, JournalError> {
        let mut scopes = self.scopes();
        let reader = scopes.reader.as_mut().map(Tables::now).transpose()?;
        let found = reader.map(look).transpose();
        found.map_err(|error| JournalError::of_database(&self.folder, &error))
    }

    /// With the tables to read in.
    fn prepared(&self) -> Result<MutexGuard<'_, Scopes>, JournalError> {
        let scopes = self.scopes();
        scopes.reader.as_ref().map(Tables::get).transpose()?;
        Ok(scopes)
    }

    fn scopes(&self) -> MutexGuard<'_, Scopes> {
        self.scopes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The keys of those rows of which a write was applied or may have been, in their order.
fn written_of(connection: &Connection, rows: &[i64]) -> rusqlite::Result<Vec<String>> {
    // A row that goes on under another key came to its end there.
    let joined = if has_table(connection, "joined")? {
        "AND key NOT IN (SELECT old FROM joined)"
    } else {
        ""
    };
    let sql = format!(
        "SELECT key FROM rows WHERE id = ?1 AND (state IS NULL OR state <> '{REPLACED}') {joined}
           AND EXISTS (
             SELECT 1 FROM intents LEFT JOIN outcomes ON outcomes.intent = intents.id
             WHERE intents.row = rows.id
               AND (outcomes.state IS NULL OR outcomes.state IN ('{DONE}', '{IN_DOUBT}')))"
    );
    let mut statement = connection.prepare(&sql)?;
    let mut rows = rows.to_vec();
    rows.sort_unstable();
    let mut keys = Vec::new();
    for row in rows {
        keys.extend(statement.query_row([row], |row| row.get(0)).optional()?);
    }
    Ok(keys)
}

impl Scopes {
    /// The writes of a row, and the journal to read them in; none once it ended.
    fn both(
        &mut self,
        row: i64,
        last: i64,
    ) -> rusqlite::Result<(Option<&mut Replays>, Option<&Connection>)> {
        let Some(reader) = self.reader.as_ref().and_then(Tables::made) else {
            return Ok((None, None));
        };
        let replays = match self.loaded.entry(row) {
            Slot::Occupied(slot) => slot.into_mut(),
            Slot::Vacant(slot) => slot.insert(Some(Replays::load(reader, row, last)?)),
        };
        Ok((replays.as_mut(), Some(reader)))
    }

    fn get(&mut self, row: i64, last: i64) -> rusqlite::Result<Option<&mut Replays>> {
        Ok(self.both(row, last)?.0)
    }

    fn unused(&mut self, row: i64, last: i64, action: &str) -> rusqlite::Result<Option<Params>> {
        let (Some(replays), Some(reader)) = self.both(row, last)? else {
            return Ok(None);
        };
        let write = replays.unused(action);
        write.map(|write| Ok(read(reader, write)?.0)).transpose()
    }

    fn take(
        &mut self,
        row: i64,
        last: i64,
        action: &str,
        fingerprint: Fingerprint,
    ) -> rusqlite::Result<Replay> {
        let (Some(replays), Some(reader)) = self.both(row, last)? else {
            return Ok(Replay::Fresh);
        };
        if let Some(write) = replays.take(&fingerprint) {
            let (params, reply) = read(reader, write)?;
            return Ok(outcome(WriteId(write), params, reply));
        }
        // The script itself may well do the same action many times over.
        if row != MAIN
            && let Some(write) = replays.contradicted(action, &fingerprint)
        {
            let (params, reply) = read(reader, write)?;
            return Ok(Replay::Contradiction {
                earlier: WriteId(write),
                params,
                is_in_doubt: reply.is_none(),
            });
        }
        Ok(Replay::Fresh)
    }
}

impl Scopes {
    fn take_in_turn(
        &mut self,
        row: i64,
        last: i64,
        asked: &WriteRequest<'_>,
        texts: &HashSet<String>,
    ) -> rusqlite::Result<Replay> {
        if self.both(row, last)?.0.is_none() {
            return Ok(Replay::Fresh);
        }
        let reader = self.reader.as_ref().and_then(Tables::made);
        let (Some(reader), Some(Some(replays))) = (reader, self.loaded.get_mut(&row)) else {
            return Ok(Replay::Fresh);
        };
        let turns = match self.turns.entry(row) {
            Slot::Occupied(slot) => slot.into_mut(),
            Slot::Vacant(slot) => slot.insert(Turns::load(reader, row, last, texts)?),
        };
        let turn = turns.call(asked, row == MAIN);
        if let Some(write) = replays.take(&asked.fingerprint) {
            turns.used(write);
            return replay(reader, write);
        }
        let was_asked = turns.take_idle(&asked.fingerprint);
        // The row is another one: whatever it did is not what it would do now.
        if row != MAIN && asked.row_has_changed {
            let others = replays.contradicting(asked.action, &asked.fingerprint);
            if let Some(write) = others
                .into_iter()
                .find(|write| turns.stands(*write) != Some(false))
            {
                return contradicted(reader, replays, turns, write);
            }
        }
        while !was_asked && let Some(write) = turns.passed(&turn) {
            if was_on(reader, write, asked)? {
                return contradicted(reader, replays, turns, write);
            }
            turns.used(write);
        }
        Ok(Replay::Fresh)
    }
}

impl Scopes {
    /// Lets the writes of other scopes be found.
    fn prepare(&mut self, last: i64, texts: &HashSet<String>) -> rusqlite::Result<()> {
        if let Some(reader) = self.reader.as_ref().and_then(Tables::made)
            && !self.is_prepared
        {
            elsewhere::prepare(reader, last, texts, |action, params| {
                Ok(mark_about(action, &parsed(2, params)?))
            })?;
            self.is_prepared = true;
        }
        Ok(())
    }

    /// The same writes of other scopes that nothing in this pass asked for, in rows that
    /// did not begin in it.
    fn elsewhere(
        &self,
        fingerprint: &Fingerprint,
        of: (i64, i64),
        place: &str,
        texts: &HashSet<String>,
    ) -> rusqlite::Result<Vec<Elsewhere>> {
        let Some(reader) = self.reader.as_ref().and_then(Tables::made) else {
            return Ok(Vec::new());
        };
        let mut others = elsewhere::find(reader, fingerprint, of, place, texts)?;
        others.retain(|other| self.is_open(other));
        Ok(others)
    }

    /// Writes of the same action about the same, in other scopes, that nothing in this pass
    /// asked for, at places that are gone.
    fn about_elsewhere(
        &self,
        asked: &WriteRequest<'_>,
        of: (i64, i64),
    ) -> rusqlite::Result<Vec<Elsewhere>> {
        let Some(reader) = self.reader.as_ref().and_then(Tables::made) else {
            return Ok(Vec::new());
        };
        let Some(mark) = mark_about(asked.action, asked.params) else {
            return Ok(Vec::new());
        };
        let mut others = Vec::new();
        for other in elsewhere::about(reader, mark, of)? {
            if self.is_open(&other) && was_on(reader, other.write, asked)? {
                others.push(other);
            }
        }
        Ok(others)
    }

    /// Whether nothing in this pass asked for that write, and its row did not begin in it.
    fn is_open(&self, other: &Elsewhere) -> bool {
        let is_used = match self.loaded.get(&other.row) {
            Some(Some(replays)) if other.row == MAIN => replays.is_used(other.write),
            loaded => other.row != MAIN && loaded.is_some(),
        };
        !is_used && other.stands != Some(false) && !self.moved.contains(&other.write)
    }

    /// What becomes of a write that another scope made: it is given back where the user said
    /// that it stands for this one.
    fn moved(&mut self, other: &Elsewhere, is_other: bool) -> rusqlite::Result<Replay> {
        let Some(reader) = self.reader.as_ref().and_then(Tables::made) else {
            return Ok(Replay::Fresh);
        };
        if other.stands == Some(true) {
            self.moved.insert(other.write);
            return replay(reader, other.write);
        }
        let (params, reply) = read(reader, other.write)?;
        Ok(Replay::Elsewhere {
            earlier: WriteId(other.write),
            other: is_other.then_some(params),
            row: (other.row != MAIN).then(|| rules::bare(&other.key).to_owned()),
            is_in_doubt: reply.is_none(),
        })
    }
}

fn outcome(write: WriteId, params: Params, reply: Option<Map<String, Value>>) -> Replay {
    match reply {
        Some(reply) => Replay::Done(write, reply),
        None => Replay::InDoubt(write, params),
    }
}

/// What is known of a write that is asked for again.
fn replay(reader: &Connection, write: i64) -> rusqlite::Result<Replay> {
    let (params, reply) = read(reader, write)?;
    Ok(outcome(WriteId(write), params, reply))
}

/// What becomes of a write in whose place another one was made: that one is given back
/// where the user said that it stands for this one.
fn contradicted(
    reader: &Connection,
    replays: &mut Replays,
    turns: &mut Turns,
    write: i64,
) -> rusqlite::Result<Replay> {
    if turns.stands(write) == Some(true) {
        replays.use_up(write);
        turns.used(write);
        return replay(reader, write);
    }
    let (params, reply) = read(reader, write)?;
    Ok(Replay::Contradiction {
        earlier: WriteId(write),
        params,
        is_in_doubt: reply.is_none(),
    })
}

/// Whether a write was made on the server that is asked now.
fn was_on(reader: &Connection, write: i64, asked: &WriteRequest<'_>) -> rusqlite::Result<bool> {
    let sql = "SELECT action, params, substr(fingerprint, -32) FROM intents WHERE id = ?";
    reader.prepare_cached(sql)?.query_row([write], |row| {
        let params: Params = parsed(1, row.get_ref(1)?.as_str()?)?;
        let own = Fingerprint::at(asked.server, row.get_ref(0)?.as_str()?, &params);
        Ok(own == Fingerprint(row.get(2)?))
    })
}

/// The parameters of a write, and its reply if it was applied.
fn read(reader: &Connection, write: i64) -> rusqlite::Result<(Params, Option<Map<String, Value>>)> {
    let sql = format!(
        "SELECT params, {OUTCOME_COLUMNS} FROM intents
         LEFT JOIN outcomes ON outcomes.intent = intents.id WHERE intents.id = ?"
    );
    reader.prepare_cached(&sql)?.query_row([write], |row| {
        let params = parsed(0, row.get_ref(0)?.as_str()?)?;
        let reply = match read_outcome(row, 1)? {
            Some(Outcome::Done(reply)) => Some(reply),
            _ => None,
        };
        Ok((params, reply))
    })
}
