//! The journal a run writes in, from before it is begun: what it is to begin with is
//! kept until a write or a row needs it.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use super::{Journal, JournalError, LoopPlace, RowMarks, Rules};
use crate::run::invocation::Snapshots;
use crate::run::journal;
use crate::run::scope::Place;

/// The journal of a run, begun when it is first needed.
pub struct LazyJournal {
    begin: Box<dyn Fn() -> Result<Journal, JournalError> + Send + Sync>,
    journal: OnceLock<Result<Journal, JournalError>>,
    /// The keys of bulk loops that the journal is to begin with.
    keys: Mutex<Vec<(u64, String)>>,
    /// Where bulk loops stand that the journal is to begin with.
    loops: Mutex<Vec<(u64, LoopPlace)>>,
    /// The rows of the sources that the journal is to begin with.
    sources: Mutex<Vec<(u64, RowMarks)>>,
    /// Where the servers are that the journal is to begin with.
    places: Mutex<Vec<(String, String)>>,
    snapshots: Snapshots,
    /// The name its user gave the run, and the shard it is of.
    called: Option<String>,
    /// What the run's own server is called now, and what it was called when it began.
    own: Option<(String, String)>,
    /// The version of the program that began the run, where it goes on.
    version: Option<String>,
    /// The rules by which the run knows its rows.
    rules: Rules,
    /// What to do about other work than the run's, where the run is done.
    way_out: Option<String>,
    /// Whether rows that an earlier run had begun may be done from the beginning.
    does_again: bool,
    /// The hashes of the scripts of this pass, by their names.
    texts: HashMap<String, String>,
}

impl LazyJournal {
    /// A journal whose journal is begun by the first write or row.
    pub fn new(begin: impl Fn() -> Result<Journal, JournalError> + Send + Sync + 'static) -> Self {
        Self {
            begin: Box::new(begin),
            journal: OnceLock::new(),
            keys: Mutex::default(),
            loops: Mutex::default(),
            sources: Mutex::default(),
            places: Mutex::default(),
            snapshots: Snapshots::default(),
            called: None,
            own: None,
            version: None,
            rules: Rules::default(),
            way_out: None,
            does_again: false,
            texts: HashMap::new(),
        }
    }

    /// The same journal with snapshots taken before those writes.
    #[must_use]
    pub fn taking(self, snapshots: Snapshots) -> Self {
        Self { snapshots, ..self }
    }

    /// The same journal of a run that its user calls so.
    #[must_use]
    pub fn called(self, called: Option<String>) -> Self {
        Self { called, ..self }
    }

    /// The name its user gave the run, and the shard it is of: `move 2/8`.
    pub fn name(&self) -> Option<&str> {
        self.called.as_deref()
    }

    /// The same journal of a run that may do rows from the beginning which an earlier run had
    /// begun.
    #[must_use]
    pub fn doing_again(self, does_again: bool) -> Self {
        Self { does_again, ..self }
    }

    /// Whether rows may be done that say of themselves that an earlier run had begun them:
    /// somebody insists, or the version asked for nothing that began the run.
    pub(in crate::run) fn may_do_again(&self) -> bool {
        self.does_again || self.rules == Rules::Spelled
    }

    /// The same journal for a server that is called `now` what it `began` with.
    #[must_use]
    pub fn under(self, now: &str, began: &str) -> Self {
        Self {
            own: Some((now.to_owned(), began.to_owned())),
            ..self
        }
    }

    /// The same journal of a run that this version of the program began.
    #[must_use]
    pub fn begun_by(self, version: &str) -> Self {
        Self {
            version: Some(version.to_owned()),
            ..self
        }
    }

    /// The version of the program by whose rules the run's rows, keys, shards and values
    /// are known again; `None` in a run's first pass, which goes by this one's.
    pub fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// The same journal of a run that knows its rows by those rules.
    #[must_use]
    pub fn by(self, rules: Rules) -> Self {
        Self { rules, ..self }
    }

    /// The same journal of a run of these scripts: their names and the hashes of their texts.
    #[must_use]
    pub fn of_scripts(self, texts: HashMap<String, String>) -> Self {
        if let Some(journal) = self.begun() {
            journal.past().with_texts(texts.values().cloned().collect());
        }
        Self { texts, ..self }
    }

    /// A place in the run's scripts as the journal keeps it.
    pub(in crate::run) fn place(&self, place: &Place) -> Option<String> {
        let text = self.texts.get(&*place.script)?;
        Some(format!("{text}:{}:{}", place.line, place.column))
    }

    /// The rules by which the run knows its rows.
    pub const fn rules(&self) -> Rules {
        self.rules
    }

    /// The same journal of a run that is done: nothing is added to it.
    #[must_use]
    pub fn finished(self, way_out: String) -> Self {
        Self {
            way_out: Some(way_out),
            ..self
        }
    }

    /// What to do about other work than that of the run, where the run is done.
    pub fn way_out(&self) -> Option<&str> {
        self.way_out.as_deref()
    }

    /// What a server was called when the run began: its writes go by that.
    pub(in crate::run) fn known_as<'n>(&'n self, server: &'n str) -> &'n str {
        match &self.own {
            Some((now, began)) if now == server => began,
            _ => server,
        }
    }

    /// The journal of a run that goes on.
    pub fn resumed(journal: Journal) -> Self {
        let lazy_journal = Self::new(|| unreachable!("the journal is there"));
        // The cell is new, so this is its first value.
        let _ = lazy_journal.journal.set(Ok(journal));
        lazy_journal
    }

    /// Before which writes snapshots are taken.
    pub(in crate::run) const fn snapshots(&self) -> Snapshots {
        self.snapshots
    }

    /// The journal, begun now if it was not before.
    pub fn journal(&self) -> Result<&Journal, JournalError> {
        self.journal
            .get_or_init(|| self.open())
            .as_ref()
            .map_err(Clone::clone)
    }

    fn open(&self) -> Result<Journal, JournalError> {
        let journal = (self.begin)()?;
        let keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        let places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        for (bulk, place) in held(&self.loops).iter() {
            journal.loop_stands(*bulk, place)?;
        }
        for (bulk, column) in keys.iter() {
            journal.rows_go_by(*bulk, column)?;
        }
        let sources = std::mem::take(&mut *held(&self.sources));
        for (bulk, rows) in sources {
            journal.source(bulk, &rows)?;
        }
        for (name, place) in places.iter() {
            journal.speaks_to(name, place)?;
        }
        Ok(journal)
    }

    /// Sees to it that the journal says by which column the rows of a bulk loop go,
    /// empty for their numbers, before it has anything of them; does not begin it.
    pub fn rows_go_by(&self, bulk: u64, column: &str) -> Result<(), JournalError> {
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(journal) = self.begun() {
            return journal.rows_go_by(bulk, column);
        }
        keys.push((bulk, column.to_owned()));
        Ok(())
    }

    /// Sees to it that the journal says where a bulk loop stands before it says by which
    /// column its rows go; does not begin it.
    pub fn loop_stands(&self, bulk: u64, place: &LoopPlace) -> Result<(), JournalError> {
        let mut loops = held(&self.loops);
        if let Some(journal) = self.begun() {
            return journal.loop_stands(bulk, place);
        }
        loops.push((bulk, place.clone()));
        Ok(())
    }

    /// Sees to it that the journal says which rows the source of a bulk loop has, before
    /// it has anything of them; does not begin it.
    pub fn source(&self, bulk: u64, rows: &RowMarks) -> Result<(), JournalError> {
        let mut sources = held(&self.sources);
        if let Some(journal) = self.begun() {
            return journal.source(bulk, rows);
        }
        sources.push((bulk, rows.clone()));
        Ok(())
    }

    /// Sees to it that the journal says where a server is before it has anything of it;
    /// gives where it was when an earlier pass spoke to it.
    pub fn speaks_to(&self, server: &str, place: &str) -> Result<Option<String>, JournalError> {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        let known = (server.to_owned(), place.to_owned());
        if places.contains(&known) {
            return Ok(None);
        }
        let before = match self.begun() {
            Some(journal) => journal::read(journal.folder())?.place_of(server)?,
            None => None,
        };
        if before.as_deref().is_none_or(|before| before == place) {
            if let Some(journal) = self.begun() {
                journal.speaks_to(server, place)?;
            }
            places.push(known);
        }
        Ok(before)
    }

    /// The journal, if one was begun.
    pub fn begun(&self) -> Option<&Journal> {
        self.journal.get()?.as_ref().ok()
    }
}

/// What these locks guard is whole between any two statements.
fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
