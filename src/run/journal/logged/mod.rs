//! A run in its log: its records, numbered and put down by whoever makes them.

mod beat;
mod ended;
mod failure;
mod fields;
mod holding;
mod in_place;
mod index;
pub(super) mod kept_rows;
mod late;
mod records;
mod survey;
#[cfg(test)]
mod tests;
mod watched;

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::dates::now;
use super::folder::has;
use super::log::{
    FolderHolders, JournalLog, LOG, Lease, LeaseError, LogError, LogFile, LogHead, LogOwner,
    LogPass, STEP, Scanned, SystemClock, boot, create_log, is_copied, resume_log, scan_until,
    show_log, verify_log,
};
use super::notice::JournalNotice;
use super::record::{IN_DOUBT, MAIN};
use super::settled::{RowIds, SettledRows};
use super::stored_record::{Intent, StoredRecord};
use super::taking::Taking;
use super::{JournalError, State};
use crate::run::scope::Scope;
use beat::Beat;
use failure::{of_log, unreadable};
use in_place::InPlace;
use late::LateSecrets;

pub use ended::EndedRows;
pub use holding::{RunLease, holder, is_held};
pub use index::{Extent, Index, TablesIn};
pub use kept_rows::KeptRows;
pub use survey::Survey;
pub use watched::Watched;

/// Whether the run in that folder is in a log.
pub fn is_there(folder: &Path) -> bool {
    has(&folder.join(LOG))
}

/// What the log in that folder says that its run is; nothing else of it is read.
pub fn head(folder: &Path) -> Result<Option<String>, JournalError> {
    let mut head = None;
    let file = std::fs::File::open(folder.join(LOG));
    let file = file.map_err(|error| JournalError::of_file(folder, &error))?;
    let scanned = scan_until(&file, |entry| {
        if entry.kind == records::HEAD {
            let fields = records::parse(entry.kind, entry.body);
            head = fields.and_then(|fields| fields.owned(1)).unwrap_or(None);
        }
        head.is_some()
    });
    scanned.map_err(|error| of_log(folder, &error))?;
    Ok(head)
}

/// What the log in that folder tells of its run. One that somebody writes, and a copy, is
/// read up to where it is whole.
pub fn survey(folder: &Path, is_held: bool) -> Result<Survey, JournalError> {
    let counted = surveyed(folder, is_held, Survey::counting)?;
    if counted.lacks_keys() {
        return surveyed(folder, is_held, Survey::default);
    }
    Ok(counted)
}

fn surveyed(folder: &Path, is_held: bool, begin: fn() -> Survey) -> Result<Survey, JournalError> {
    let path = folder.join(LOG);
    if !is_held {
        let mut survey = begin();
        match verify_log(&path, |entry| survey.visit(entry)) {
            Ok(scanned) => return checked(folder, survey, &scanned),
            Err(LogError::Copied) => {}
            Err(LogError::Damaged(_)) if is_copied(folder) == Ok(true) => {}
            Err(error) => return Err(of_log(folder, &error)),
        }
    }
    let mut survey = begin();
    let scanned = show_log(&path, |entry| survey.visit(entry));
    let scanned = scanned.map_err(|error| of_log(folder, &error))?;
    checked(folder, survey, &scanned)
}

/// The log of a run this process is at.
pub struct LogStore {
    folder: PathBuf,
    log: Arc<JournalLog<LogFile>>,
    in_place: Arc<InPlace>,
    next_intent: AtomicI64,
    rows: Mutex<Rows>,
    /// What is found to be secret after it was written down.
    late: Mutex<LateSecrets>,
    /// The writes that may have been applied, also those on their way.
    open_writes: Mutex<HashSet<i64>>,
    /// Rows that an earlier pass began and did not settle.
    earlier: RowIds,
    /// The moment this pass began.
    since: i64,
    /// Whether the last record says how the run ended.
    is_ended: AtomicBool,
    beat: Option<Beat>,
    /// Given back when everything else is closed.
    lease: Option<Arc<Lease<FolderHolders>>>,
}

/// What a log has of earlier passes that the next goes on from.
#[derive(Default)]
struct Earlier {
    last_intent: i64,
    last_row: i64,
    rows: RowIds,
    late: LateSecrets,
    open_writes: HashSet<i64>,
}

/// The rows of this pass that did not end yet.
struct Rows {
    begun: HashMap<Arc<str>, i64>,
    next: i64,
    /// Whether the log says that the run is going on, in this pass.
    is_marked: bool,
}

impl LogStore {
    /// Begins the log of a new run in that folder, which is there.
    pub fn create(folder: &Path, head: &str, is_durable: bool) -> Result<Self, JournalError> {
        let lease = RunLease::take(folder, &Taking::default())?;
        let run = folder.file_name().unwrap_or_default().to_string_lossy();
        let log_head = LogHead {
            run: shortened(&run).to_owned(),
            salt: rand::random(),
            step: STEP,
            version: env!("CARGO_PKG_VERSION").to_owned(),
        };
        let body = records::head(head);
        let first = (records::HEAD, &*body);
        let log = create_log(folder, &log_head, owner(lease.lease()), first, is_durable);
        let log = log.map_err(|error| of_log(folder, &error))?;
        Self::start(folder, log, lease.keep(), Earlier::default())
    }

    /// Goes on with the log in that folder; what it tells of the earlier passes.
    pub fn open(folder: &Path, taking: &Taking) -> Result<Opened, JournalError> {
        let lease = RunLease::take(folder, taking)?;
        let is_copied = || is_copied(folder) == Ok(true);
        let is_adopted = taking.adopts && is_copied();
        let mut survey = Survey::default();
        let resumed = resume_log(folder, owner(lease.lease()), is_adopted, |entry| {
            survey.visit(entry);
        });
        let (log, scanned) = resumed.map_err(|error| match error {
            // It may have been copied in the middle of a write.
            LogError::Damaged(_) if !is_adopted && is_copied() => of_log(folder, &LogError::Copied),
            error => of_log(folder, &error),
        })?;
        let survey = checked(folder, survey, &scanned)?;
        if is_adopted {
            let adopted = log.promise(records::COPIED, &records::copied(now()));
            adopted.map_err(|error| of_log(folder, &error))?;
        }
        Ok(Opened {
            log,
            lease,
            is_copy: is_adopted || survey.is_copy,
            survey,
            notices: JournalNotice::from_scan(&scanned, is_adopted),
        })
    }

    fn start(
        folder: &Path,
        log: JournalLog<LogFile>,
        lease: Arc<Lease<FolderHolders>>,
        earlier: Earlier,
    ) -> Result<Self, JournalError> {
        let log = Arc::new(log);
        let of_file = |error| JournalError::of_file(folder, &error);
        let in_place = Arc::new(InPlace::locate(folder).map_err(of_file)?);
        let (own, held) = (Arc::clone(&log), Arc::clone(&lease));
        let (place, mut looked) = (Arc::clone(&in_place), Instant::now());
        let beat = Beat::start(move |age| {
            if place.look_after(&mut looked).is_err() {
                held.lose(LeaseError::Gone);
            }
            // Whoever writes or sends next is told.
            let _ = held.hold();
            !matches!(own.flush_if_older(age), Ok(None))
        });
        Ok(Self {
            folder: folder.to_owned(),
            log,
            in_place,
            next_intent: AtomicI64::new(earlier.last_intent + 1),
            rows: Mutex::new(Rows {
                begun: HashMap::new(),
                next: earlier.last_row + 1,
                is_marked: false,
            }),
            late: Mutex::new(earlier.late),
            open_writes: Mutex::new(earlier.open_writes),
            earlier: earlier.rows,
            since: now(),
            is_ended: AtomicBool::new(false),
            beat: Some(beat.map_err(of_file)?),
            lease: Some(lease),
        })
    }

    /// Puts an intent down; it has its number, and is on the disk, when this returns,
    /// and the run is this process's still.
    pub fn intend(&self, intent: impl FnOnce(i64) -> Intent) -> Result<i64, JournalError> {
        let number = self.next_intent.fetch_add(1, Ordering::Relaxed);
        let intent = intent(number);
        self.open_writes().insert(number);
        let (row, key) = if let Scope::Row(key) = &intent.scope {
            self.row_of(key)?
        } else {
            self.mark(&mut self.rows())?;
            (MAIN, None)
        };
        let body = records::intent(row, key.as_deref(), &intent);
        self.promise(records::INTENT, &body)?;
        self.hold()?;
        Ok(number)
    }

    /// Puts down what nobody waits for.
    pub fn put(&self, record: &StoredRecord) -> Result<(), JournalError> {
        match record {
            StoredRecord::Row(row) => {
                let id = self.end_row(&row.key)?;
                self.note(records::ROW, &records::row(id, row))
            }
            StoredRecord::Bulk(bulk) => {
                self.late().learn(bulk);
                self.mark(&mut self.rows())?;
                self.note_other(record)
            }
            StoredRecord::Outcome(write, outcome) => {
                self.note_other(record)?;
                if outcome.state == IN_DOUBT {
                    self.open_writes().insert(*write);
                } else {
                    self.open_writes().remove(write);
                }
                Ok(())
            }
            other => self.note_other(other),
        }
    }

    /// Whether there are writes that may have been applied.
    pub fn has_open_writes(&self) -> bool {
        !self.open_writes().is_empty()
    }

    /// How many writes of the run ended for sure, and how many more may have been sent.
    pub fn writes(&self) -> (u64, u64) {
        let open = self.open_writes().len() as u64;
        let intended = self.next_intent.load(Ordering::Relaxed) - 1;
        (intended.unsigned_abs().saturating_sub(open), open)
    }

    /// The columns of a loop in which secrets were found so far.
    pub fn hidden_of(&self, bulk: u64) -> Vec<String> {
        self.late().hidden_of(bulk)
    }

    /// Puts down what is on the disk, with all before it, when this returns.
    pub fn put_urgent(&self, record: &StoredRecord) -> Result<(), JournalError> {
        self.in_place.look()?;
        if let StoredRecord::State(state, ended) = record {
            let unwritten = (*state != State::Running).then(|| self.unmark());
            let at = now();
            let body = records::state(*state, ended.as_deref(), at, unwritten.flatten());
            self.note(records::STATE, &body)?;
            self.is_ended
                .store(*state != State::Running, Ordering::Relaxed);
        } else {
            self.put(record)?;
        }
        self.log.flush().map_err(|error| self.failed(&error))
    }

    /// Confirms that the run is this process's still.
    pub fn hold(&self) -> Result<(), JournalError> {
        let held = self.lease.as_ref().map_or(Ok(()), |lease| lease.hold());
        held.map_err(|error| holding::failed(&self.folder, error))
    }

    /// The number of a row, and its key if it is new.
    fn row_of(&self, key: &Arc<str>) -> Result<(i64, Option<Arc<str>>), JournalError> {
        let mut rows = self.rows();
        self.mark(&mut rows)?;
        if let Some(id) = self.find(&rows, key) {
            return Ok((id, None));
        }
        let id = rows.number();
        rows.begun.insert(Arc::clone(key), id);
        Ok((id, Some(Arc::clone(key))))
    }

    /// The number of a row that ended.
    fn end_row(&self, key: &str) -> Result<i64, JournalError> {
        let mut rows = self.rows();
        self.mark(&mut rows)?;
        let known = rows.begun.remove(key).or_else(|| self.earlier.get(key));
        Ok(known.unwrap_or_else(|| rows.number()))
    }

    fn find(&self, rows: &Rows, key: &str) -> Option<i64> {
        let begun = rows.begun.get(key).copied();
        begun.or_else(|| self.earlier.get(key))
    }

    /// Says that the run is going on, unless that was said in this pass.
    fn mark(&self, rows: &mut Rows) -> Result<(), JournalError> {
        if rows.is_marked {
            return Ok(());
        }
        self.note(records::BEGUN, &records::begun(self.since))?;
        rows.is_marked = true;
        self.is_ended.store(false, Ordering::Relaxed);
        Ok(())
    }

    /// The end of a pass; when it began, if the log does not say it yet.
    fn unmark(&self) -> Option<i64> {
        let is_marked = std::mem::take(&mut self.rows().is_marked);
        (!is_marked).then_some(self.since)
    }

    fn note_other(&self, record: &StoredRecord) -> Result<(), JournalError> {
        match records::other(record) {
            Some((kind, body)) => self.note(kind, &body),
            None => Ok(()),
        }
    }

    fn note(&self, kind: u8, body: &[u8]) -> Result<(), JournalError> {
        let noted = self.log.note(kind, body);
        if let Some(beat) = &self.beat {
            beat.wake();
        }
        noted.map(drop).map_err(|error| self.failed(&error))
    }

    fn promise(&self, kind: u8, body: &[u8]) -> Result<(), JournalError> {
        let promised = self.log.promise(kind, body);
        promised.map(drop).map_err(|error| self.failed(&error))
    }

    fn failed(&self, error: &LogError) -> JournalError {
        if self.in_place.is_gone() {
            return self.in_place.gone();
        }
        of_log(&self.folder, error)
    }

    fn late(&self) -> MutexGuard<'_, LateSecrets> {
        self.late.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn open_writes(&self) -> MutexGuard<'_, HashSet<i64>> {
        let open = self.open_writes.lock();
        open.unwrap_or_else(PoisonError::into_inner)
    }

    fn rows(&self) -> MutexGuard<'_, Rows> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Rows {
    fn number(&mut self) -> i64 {
        self.next += 1;
        self.next - 1
    }
}

impl Drop for LogStore {
    fn drop(&mut self) {
        self.beat = None;
        // Whoever asked for something to be on the disk was told if it is not.
        let _ = if self.is_ended.load(Ordering::Relaxed) {
            self.log.finish()
        } else {
            self.log.flush()
        };
        if let Some(lease) = self.lease.take() {
            if self.late().are_there() && self.in_place.look().is_ok() {
                // Where that fails, the next pass does it at its end.
                let _ = LateSecrets::remove(&self.folder, owner(&lease));
            }
            // The next to come then finds that this process ended.
            let _ = lease.release();
        }
    }
}

/// A log that was opened, before it is known whether it can go on.
pub struct Opened {
    log: JournalLog<LogFile>,
    lease: RunLease,
    /// What it tells of the earlier passes.
    pub survey: Survey,
    /// Whether it is a copy, or was one when an earlier pass took it.
    pub is_copy: bool,
    /// What the user should know of it.
    pub notices: Vec<JournalNotice>,
}

impl Opened {
    /// Goes on.
    pub fn go_on(
        mut self,
        folder: &Path,
    ) -> Result<(LogStore, (SettledRows, RowIds), i64), JournalError> {
        let last = self.survey.last_intent;
        let (last_row, open_writes) = (self.survey.last_row, self.survey.open_writes());
        let late = std::mem::take(&mut self.survey.late);
        let (settled, open) = self.survey.rows();
        let earlier = Earlier {
            last_intent: last,
            last_row,
            rows: open.clone(),
            late,
            open_writes,
        };
        let store = LogStore::start(folder, self.log, self.lease.keep(), earlier)?;
        Ok((store, (settled, open), last))
    }
}

fn owner(lease: &Arc<Lease<FolderHolders>>) -> LogOwner {
    let own = Arc::clone(lease);
    LogOwner {
        pass: LogPass {
            token: lease.token(),
            boot: boot(),
            file: 0,
            version: env!("CARGO_PKG_VERSION").to_owned(),
        },
        clock: Arc::new(SystemClock),
        may_write: Box::new(move || own.hold().map_err(|error| error.to_string())),
    }
}

/// What fits into the head of a log; the name stands in the run's own head too.
fn shortened(name: &str) -> &str {
    let end = (0..=name.len().min(256)).rev();
    let end = end.into_iter().find(|end| name.is_char_boundary(*end));
    &name[..end.unwrap_or(0)]
}

fn checked(folder: &Path, survey: Survey, scanned: &Scanned) -> Result<Survey, JournalError> {
    match survey.unreadable {
        Some((sequence, why)) => Err(unreadable(folder, sequence, why, scanned)),
        None => Ok(survey),
    }
}
