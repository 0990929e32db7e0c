//! The durable record of one run: every write before it is sent, what became of
//! it, and every row that ended.
//!
//! An intent is on the disk before [`Journal::intent`] returns; what could not be
//! written down is never sent. A kill at any instant leaves a journal that opens,
//! in which no outcome stands without its intent, and no row without the outcomes
//! that came before it. Secrets are the caller's to leave out. `SQLite` is
//! named nowhere else in this layer.

mod about;
mod beside;
mod bulks;
mod claims;
mod copies;
mod dates;
mod earlier_head;
mod earlier_writes;
mod elsewhere;
mod error;
mod file;
mod fingerprint;
mod folder;
mod head;
mod keys;
pub(super) mod lazy_journal;
mod lock;
pub mod log;
mod logged;
mod loop_place;
mod loops;
pub(super) mod moment;
mod notice;
mod queue;
mod reading;
mod record;
mod replays;
mod row_marks;
mod rules;
mod schema;
mod servers;
mod settled;
mod snapshot;
mod sound;
mod sources;
mod store;
mod stored;
mod stored_head;
mod stored_record;
mod tables;
mod taking;
mod tally;
mod times;
mod turns;
mod version;
mod wal;
mod write;
mod writer;
mod writing;

#[cfg(test)]
mod crash_tests;
#[cfg(test)]
mod damage_tests;
#[cfg(test)]
mod replay_tests;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use serde_json::{Map, Value};

use super::scope::{self, Scope};
use crate::client::Params;
use elsewhere::Reach;
use lock::Lock;
use logged::LogStore;
use loops::KnownLoops;
use moment::Moment;
use snapshot::StoredSnapshot;
use store::Store;
use stored::{StoredOutcome, StoredRow, json};
use stored_record::{Intent, SourceRecord, StoredRecord};

pub use beside::Beside;
pub use claims::LastSent;
pub use copies::{GoesOn, goes_on};
pub use dates::{Dated, Order, ReadAt};
pub use earlier_writes::{EarlierWrites, Replay};
pub use error::JournalError;
pub use fingerprint::{Fingerprint, Marks, wire_text};
pub use folder::{KEY, is_named_for, lock_names, new_folder, size};
pub use head::{Head, Input, State};
#[cfg(test)]
pub use log::HandClock;
pub use log::{Process, Watch, keep_note, mark_unbegun, note_of};
pub use logged::KeptRows;
pub use loop_place::LoopPlace;
pub use notice::JournalNotice;
pub use reading::{Reading, Which, read, read_head};
pub use record::{BulkRecord, Counts, MovedBefore, Noted, Outcome, RowRecord, RowState, WriteId};
pub use row_marks::{KnownRow, RowMark, RowMarks};
pub use rules::{CONTENT, DIGITS, Rules, bare, is_content, is_of, loop_of, row_name};
pub use settled::{AllSettled, SettledRow};
pub use snapshot::Snapshot;
pub use sources::Earlier;
pub use taking::Taking;
pub use tally::Reason;
pub use times::{Pass, Timed};
pub use turns::WriteRequest;
pub use write::{Kept, Write};

/// The journal of a run this process is at; nobody else can be.
pub struct Journal {
    store: Store,
    past: EarlierWrites,
    folder: PathBuf,
    /// When nobody else was at it any more.
    opened: Moment,
    is_copy: bool,
    /// Whether there may be writes of earlier passes that were sent again.
    has_repeats: bool,
    /// How far the lists had gone that writes are looked for in, by action, where it is a copy.
    copied_seen: Mutex<HashMap<String, Option<i64>>>,
    notices: Vec<JournalNotice>,
    /// What the earlier passes came to know of its loops; a database is asked for it.
    loops: Option<KnownLoops>,
    /// What the earlier passes moved; a database does not tell.
    moved: Option<MovedBefore>,
}

impl Journal {
    /// Begins the journal of a new run in that folder, which is made if need be.
    ///
    /// One of a rehearsal need not be durable: its server ends with it.
    pub fn create(folder: &Path, head: &Head) -> Result<Self, JournalError> {
        let of_file = |error| JournalError::of_file(folder, &error);
        folder::make(folder, true).map_err(of_file)?;
        if is_there(folder) {
            return Err(JournalError::Exists(folder.to_owned()));
        }
        let store = LogStore::create(folder, &json(head), !head.is_rehearsal())?;
        let journal = Self::of(
            folder,
            Store::Log(Box::new(store)),
            EarlierWrites::none(folder),
        );
        Ok(journal.knowing(KnownLoops::default(), MovedBefore::default()))
    }

    /// Opens the journal of a run that is to go on, and says what run that is.
    pub fn open(folder: &Path) -> Result<(Self, Head), JournalError> {
        Self::open_as(folder, &Taking::default())
    }

    /// Opens it as [`Self::open`] does, in that way.
    pub fn open_as(folder: &Path, taking: &Taking) -> Result<(Self, Head), JournalError> {
        if !folder.is_dir() {
            return Err(JournalError::Missing(folder.to_owned()));
        }
        if logged::is_there(folder) {
            Self::open_log(folder, taking)
        } else {
            Self::open_database(folder)
        }
    }

    fn open_log(folder: &Path, taking: &Taking) -> Result<(Self, Head), JournalError> {
        let mut opened = LogStore::open(folder, taking)?;
        let (head, text) = reading::head_of(&mut opened.survey, folder)?;
        // What it would do again goes by rules that nobody knows here.
        if head.is_of_later_version() {
            return Err(JournalError::later(folder, head.version));
        }
        let last = (opened.survey.sequence, opened.survey.last_row);
        let (is_copy, notices) = (opened.is_copy, std::mem::take(&mut opened.notices));
        let loops = std::mem::take(&mut opened.survey.loops);
        let moved = opened.survey.moved();
        let has_repeats = opened.survey.has_repeats;
        let reach = Reach {
            has_main: opened.survey.last_main > 0,
            loops: loops.reached(),
        };
        let (store, rows, last_intent) = opened.go_on(folder)?;
        let past = EarlierWrites::of_log(folder, rows, (last_intent, reach), (text, last));
        let journal = Self::of_opened(
            folder,
            Store::Log(Box::new(store)),
            past,
            (is_copy, notices),
        );
        let mut journal = journal.knowing(loops, moved);
        journal.has_repeats = has_repeats;
        Ok((journal, head))
    }

    fn open_database(folder: &Path) -> Result<(Self, Head), JournalError> {
        let lock = Lock::take(folder)?;
        let connection = file::open(folder)?;
        let (head, ..) = reading::run(&connection, folder)?;
        if head.is_of_later_version() {
            return Err(JournalError::later(folder, head.version));
        }
        if Rules::numbered(head.rules) == Some(Rules::Spelled) {
            let fault = sound::fault(&connection, &head);
            let fault = fault.map_err(|error| JournalError::corrupt(folder, error.to_string()))?;
            if let Some(fault) = fault {
                return Err(JournalError::corrupt(folder, fault));
            }
        }
        let past = EarlierWrites::load(folder)?;
        let store = Store::database(folder, (connection, lock), &past)?;
        let mut journal = Self::of(folder, store, past);
        journal.has_repeats = journal.has_past();
        Ok((journal, head))
    }

    /// Begins the journal of a run as earlier versions did; in at most so many pages.
    #[cfg(test)]
    fn create_database(folder: &Path, head: &Head, pages: u32) -> Result<Self, JournalError> {
        let lock = Lock::take(folder)?;
        let connection = file::create(folder, &json(head), State::Running.word())?;
        let limited = connection.pragma_update(None, "max_page_count", pages);
        limited.map_err(|error| JournalError::of_database(folder, &error))?;
        let past = EarlierWrites::none(folder);
        let store = Store::database(folder, (connection, lock), &past)?;
        Ok(Self::of(folder, store, past))
    }

    fn of(folder: &Path, store: Store, past: EarlierWrites) -> Self {
        Self::of_opened(folder, store, past, (false, Vec::new()))
    }

    fn of_opened(
        folder: &Path,
        store: Store,
        past: EarlierWrites,
        (is_copy, notices): (bool, Vec<JournalNotice>),
    ) -> Self {
        Self {
            store,
            past,
            folder: folder.to_owned(),
            opened: Moment::now(),
            is_copy,
            has_repeats: false,
            copied_seen: Mutex::default(),
            notices,
            loops: None,
            moved: None,
        }
    }

    fn knowing(mut self, loops: KnownLoops, moved: MovedBefore) -> Self {
        self.loops = Some(loops);
        self.moved = Some(moved);
        self
    }

    /// The money that the earlier passes moved; `None` where the journal has no place for it.
    pub fn moved(&self) -> Option<&MovedBefore> {
        self.moved.as_ref()
    }

    /// The run's folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The name of the run.
    pub fn run(&self) -> String {
        let name = self.folder.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    }

    /// Whether it is a copy, so that writes were made which it does not know.
    pub const fn is_copy(&self) -> bool {
        self.is_copy
    }

    /// What the user should know of it.
    pub fn notices(&self) -> &[JournalNotice] {
        &self.notices
    }

    /// Whether there was a pass before this one that wrote anything.
    pub fn has_past(&self) -> bool {
        self.past.last_intent() > 0
    }

    /// What the earlier passes left behind.
    pub fn past(&self) -> &EarlierWrites {
        &self.past
    }

    /// Writes down that a write is about to be sent; the parameters hold no secrets.
    ///
    /// It is on the disk when this returns. After an error nothing may be sent.
    pub fn intent(
        &self,
        scope: &Scope,
        action: &str,
        fingerprint: Fingerprint,
        params: &Params,
    ) -> Result<WriteId, JournalError> {
        self.intent_on(
            scope,
            action,
            fingerprint.into(),
            params,
            None,
            Noted::default(),
        )
    }

    /// Confirms that the run is this process's still, before something is sent for it.
    ///
    /// Errs if another process has taken it, or may have.
    pub fn hold(&self) -> Result<(), JournalError> {
        self.store.hold()
    }

    /// Writes down as [`Self::intent`] does, and with it what is about to be changed and
    /// what is noted of the write.
    pub fn intent_on(
        &self,
        scope: &Scope,
        action: &str,
        marks: Marks,
        params: &Params,
        snapshot: Option<&Snapshot>,
        noted: Noted,
    ) -> Result<WriteId, JournalError> {
        let params = json(params);
        let snapshot = snapshot.map(StoredSnapshot::encode);
        let number = self.store.intend(|number| Intent {
            number,
            scope: scope.clone(),
            action: action.to_owned(),
            marks,
            params,
            snapshot,
            row: scope::row_number(),
            place: noted.place,
            begun: dates::now(),
            moment: Moment::now(),
            seen: noted.seen,
            money: noted.money,
            read_at: noted.read_at,
        })?;
        Ok(WriteId(number))
    }

    /// Writes down what became of a write; a later outcome takes the place of an earlier.
    ///
    /// Does not wait; it is on the disk some milliseconds later. An error is of some earlier record; this one is kept, and
    /// written if writing works again.
    pub fn outcome(&self, write: WriteId, outcome: Outcome) -> Result<(), JournalError> {
        self.outcome_after(write, outcome, None)
    }

    /// Writes down as [`Self::outcome`] does, and with it how long the server took.
    pub fn outcome_after(
        &self,
        write: WriteId,
        outcome: Outcome,
        took: Option<Duration>,
    ) -> Result<(), JournalError> {
        let stored = StoredOutcome::encode(outcome, false).after(took);
        self.store.put(StoredRecord::Outcome(write.0, stored))
    }

    /// Writes down what is known of a bulk loop, before its rows.
    ///
    /// Waits and errs as [`Self::outcome`] does.
    pub fn bulk(&self, bulk: BulkRecord) -> Result<(), JournalError> {
        self.store.put(StoredRecord::Bulk(Box::new(bulk)))
    }

    /// Writes down that a row ended; a later pass's record takes the place of an earlier's.
    ///
    /// Waits and errs as [`Self::outcome`] does.
    pub fn row(&self, row: RowRecord) -> Result<(), JournalError> {
        self.past.forget(&row.key);
        let stored = Box::new(StoredRow::encode(row));
        self.store.put(StoredRecord::Row(stored))
    }

    /// Takes the user's word on a write in doubt: that it was applied, with that
    /// reply if it is known, or that it was not, and is to be sent again.
    pub fn settle(
        &self,
        write: WriteId,
        done: bool,
        reply: Option<Map<String, Value>>,
    ) -> Result<(), JournalError> {
        let outcome = if done {
            Outcome::Done(reply.unwrap_or_default())
        } else {
            Outcome::NotSent {
                kind: "settled".into(),
                message: "it was not applied".into(),
            }
        };
        let stored = StoredOutcome::encode(outcome, true);
        self.store
            .put_urgent(StoredRecord::Outcome(write.0, stored))
    }

    /// Takes the user's word on a write that was applied and that the script asks for with
    /// other values now: whether it stands for that one, which is not sent then.
    pub fn judge(&self, write: WriteId, stands: bool) -> Result<(), JournalError> {
        let verdict = SourceRecord::Verdict(write.0, stands);
        self.store.put_urgent(StoredRecord::Source(verdict))
    }

    /// Whether there are writes that may have been applied, those on their way among them, as
    /// far as can be said without a look at the disk.
    pub fn may_have_doubts(&self) -> bool {
        self.store.may_have_doubts()
    }

    /// The writes that may have been applied, as the disk has them when everything is on it.
    pub fn doubts(&self) -> Result<Vec<Write>, JournalError> {
        self.store.put_urgent(StoredRecord::Nothing)?;
        let mut writes = Vec::new();
        if !self.store.may_have_doubts() {
            return Ok(writes);
        }
        read(&self.folder)?.writes(Which::InDoubt, |write| writes.push(write))?;
        Ok(writes)
    }

    /// Writes down how far the run came, and waits until everything is on the disk.
    pub fn finish(&self, state: State) -> Result<(), JournalError> {
        let ended = (state != State::Running).then(|| jiff::ZonedDateTime::now().to_string());
        self.store.put_urgent(StoredRecord::State(state, ended))
    }
}

/// The other runs beside one, of those that are wanted, and of those of which nobody can say
/// whether they are: their journal is lost or damaged.
pub fn others(
    folder: &Path,
    is_wanted: impl Fn(&Head) -> bool,
) -> impl Iterator<Item = Result<Reading, JournalError>> {
    let own = folder.to_owned();
    let beside = folder.parent().and_then(|runs| fs::read_dir(runs).ok());
    let folders = beside.into_iter().flatten().filter_map(Result::ok);
    folders
        .map(|entry| entry.path())
        .filter(move |path| *path != own && path.is_dir())
        .filter_map(move |path| match read_head(&path) {
            Ok(head) => is_wanted(&head).then(|| read(&path)),
            Err(error) => had_journal(&path).then_some(Err(error)),
        })
}

/// Whether that is the folder of a run that was begun.
fn had_journal(folder: &Path) -> bool {
    // What is being removed is no run any more.
    let is_hidden = folder
        .file_name()
        .is_none_or(|name| name.as_encoded_bytes().starts_with(b"."));
    !is_hidden && (is_there(folder) || has_left(folder) && !is_unbegun(folder))
}

/// Removes a run with all it left, unless some process is at it; says how many bytes that were.
pub fn remove(folder: &Path, taking: &Taking) -> Result<u64, JournalError> {
    let _held = hold(folder, taking)?;
    folder::remove(folder).map_err(|error| JournalError::of_file(folder, &error))
}

/// The right to a run that nobody adds to meanwhile, as long as it lives.
pub struct Held(#[expect(dead_code, reason = "held, not used")] store::RemovalRight);

/// Keeps others from a run; refused while some process is at it.
pub fn hold(folder: &Path, taking: &Taking) -> Result<Held, JournalError> {
    store::RemovalRight::take(folder, taking).map(Held)
}

/// Whether that folder holds the journal of a run, in whatever form.
pub fn is_there(folder: &Path) -> bool {
    logged::is_there(folder) || file::is_there(folder)
}

/// Whether some process is at the run in that folder.
pub fn is_held(folder: &Path) -> bool {
    logged::is_held(folder) || lock::Lock::is_held(folder)
}

/// Whether a run was about to begin in that folder and never did: nothing was sent.
pub fn is_unbegun(folder: &Path) -> bool {
    log::is_log_unbegun(folder)
}

/// Whether something stands in that folder that stands beside a journal.
pub fn has_left(folder: &Path) -> bool {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let mut names = entries.filter_map(|entry| Some(entry.ok()?.file_name()));
    names.any(|name| name.as_encoded_bytes().starts_with(b"journal."))
}

impl Drop for Journal {
    fn drop(&mut self) {
        self.past.close();
    }
}
