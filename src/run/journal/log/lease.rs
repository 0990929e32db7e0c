//! One run is written by one process at a time, on whatever host.
//!
//! Who holds it renews a record of itself; who wants it watches that record for a
//! whole term. The holder stops by itself once half a term passed without a renewal,
//! so that it has stopped before anybody else begins. Records are numbered, and each
//! is made by the one process that succeeds in making a file of that name. The lock of the
//! file system, where there is one, only speaks against taking a run, never for it.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use thiserror::Error;

use super::holder::{Holder, Process};
use super::surroundings::{Surroundings, Watch};
use crate::files::reason;

/// After how long without a renewal nobody holds a run.
pub const TERM: Duration = Duration::from_secs(30);
/// How often a record is looked at while it is watched.
const LOOK: Duration = Duration::from_secs(1);

/// What the system's lock says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum LockState {
    /// We have it, as long as the files live.
    Ours,
    /// Another process has it.
    Others,
    /// There are no locks here.
    None,
}

/// The files of the holders of one run.
pub trait HolderFiles: Send + Sync {
    /// Tries the lock.
    fn lock(&self) -> io::Result<LockState>;
    /// The numbers of the records there are, in any order; they begin at 1.
    fn numbers(&self) -> io::Result<Vec<u64>>;
    /// What a record holds; nothing if it is not there.
    fn read(&self, number: u64) -> io::Result<Vec<u8>>;
    /// Makes a record, if there is none of that number; whether it did.
    fn create(&self, number: u64, bytes: &[u8]) -> io::Result<bool>;
    /// Writes a record again.
    fn rewrite(&self, number: u64, bytes: &[u8]) -> io::Result<()>;
    /// Removes a record.
    fn remove(&self, number: u64) -> io::Result<()>;
}

/// What to do if somebody holds the run, or did.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Insistence {
    /// Wait up to a term for a holder that is alive.
    pub waits: bool,
    /// Take the run from a holder that was watched for a term and did not renew.
    pub takes_stale: bool,
}

/// Why a run cannot be taken, or is not held any more.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum LeaseError {
    /// Another process holds it.
    #[error("another process is working on this run{}", by(.0.as_deref()))]
    Held(Option<Box<Process>>),
    /// The holder did not renew for a whole term, but nobody can say that it ended.
    #[error("the process that worked on this run was last seen {} s ago{}", TERM.as_secs(), by(.0.as_deref()))]
    Stale(Option<Box<Process>>),
    /// This process has given it back.
    #[error("this process has released the run")]
    Released,
    /// Another process has taken it.
    #[error("another process has taken over this run")]
    Taken,
    /// What it is for is not there any more.
    #[error("the journal was removed or replaced")]
    Gone,
    /// It was not renewed in time, so that another may take it.
    #[error("this process could not confirm for {} s that it still holds the run{}", TERM.as_secs() / 2, because(.0))]
    Expired(String),
    /// There is to be no more waiting.
    #[error("interrupted while waiting for the run")]
    Interrupted,
    /// The system refuses.
    #[error("cannot find out which process is working on this run: {0}")]
    Io(String),
}

fn by(process: Option<&Process>) -> String {
    process.map_or_else(String::new, |process| {
        format!(" (process {} on `{}`)", process.pid, process.host)
    })
}

fn because(why: &str) -> String {
    if why.is_empty() {
        String::new()
    } else {
        format!(": {why}")
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is handed to `map_err`")]
fn of_io(error: io::Error) -> LeaseError {
    LeaseError::Io(reason(&error))
}

/// The right to write a run.
///
/// Somebody calls [`Self::hold`] at least every few seconds: before each send,
/// before each group of the log, and while everybody waits.
pub struct Lease<F: HolderFiles> {
    files: F,
    surroundings: Arc<dyn Surroundings>,
    number: u64,
    state: Mutex<State>,
}

struct State {
    holder: Holder,
    /// When the last renewal was begun.
    renewed: Duration,
    /// Why it is not held any more.
    lost: Option<LeaseError>,
}

impl<F: HolderFiles> Lease<F> {
    /// Takes a run, if nobody holds it.
    pub fn take(
        files: F,
        surroundings: Arc<dyn Surroundings>,
        insistence: Insistence,
    ) -> Result<Self, LeaseError> {
        let begun = surroundings.now();
        loop {
            let taker = Taker {
                files: &files,
                surroundings: &*surroundings,
                insistence,
            };
            match taker.take() {
                Ok((number, state)) => {
                    return Ok(Self {
                        files,
                        surroundings,
                        number,
                        state: Mutex::new(state),
                    });
                }
                Err(LeaseError::Held(process))
                    if insistence.waits && surroundings.now() < begun + TERM =>
                {
                    let watch = Watch {
                        process,
                        is_alive: true,
                        left: (begun + TERM).saturating_sub(surroundings.now()),
                    };
                    if !surroundings.pause(LOOK, &watch) {
                        return Err(LeaseError::Interrupted);
                    }
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// The token of this lease, which no other has.
    pub fn token(&self) -> [u8; 16] {
        self.state().holder.token
    }

    /// Confirms that the run is held, and renews the lease if it is time; after an
    /// error this process may neither send nor write anything for the run any more.
    pub fn hold(&self) -> Result<(), LeaseError> {
        let mut state = self.state();
        if let Some(lost) = &state.lost {
            return Err(lost.clone());
        }
        let now = self.surroundings.now();
        let age = now.saturating_sub(state.renewed);
        let held = if age > TERM / 2 {
            Err(LeaseError::Expired(String::new()))
        } else if age > TERM / 6 {
            self.renew(&mut state, now)
        } else {
            Ok(())
        };
        if let Err(lost) = &held {
            state.lost = Some(lost.clone());
        }
        held
    }

    /// Holds it no more, for that reason.
    pub fn lose(&self, why: LeaseError) {
        self.state().lost.get_or_insert(why);
    }

    fn renew(&self, state: &mut State, begun: Duration) -> Result<(), LeaseError> {
        let mut holder = state.holder.clone();
        holder.renewals += 1;
        let written = self.files.rewrite(self.number, &holder.encode());
        // Who takes it looks at the record after it made its own; so one sees the other.
        match written.and_then(|()| newest(&self.files)) {
            Ok(newest) if newest != self.number => return Err(LeaseError::Taken),
            Ok(_) => {
                state.holder = holder;
                state.renewed = begun;
            }
            // Time is left to try again.
            Err(error) => {
                if self.surroundings.now().saturating_sub(state.renewed) > TERM / 2 {
                    return Err(LeaseError::Expired(error.to_string()));
                }
            }
        }
        if self.surroundings.now().saturating_sub(state.renewed) > TERM / 2 {
            return Err(LeaseError::Expired(String::new()));
        }
        Ok(())
    }

    /// Gives the run back, so that the next can take it at once.
    pub fn release(&self) -> Result<(), LeaseError> {
        let mut state = self.state();
        if let Some(lost) = &state.lost {
            return Err(lost.clone());
        }
        let mut holder = state.holder.clone();
        holder.is_released = true;
        state.lost = Some(LeaseError::Released);
        let written = self.files.rewrite(self.number, &holder.encode());
        written.map_err(of_io)
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Who wants a run.
struct Taker<'t, F> {
    files: &'t F,
    surroundings: &'t dyn Surroundings,
    insistence: Insistence,
}

/// What a record says about the run.
enum Finding {
    Free,
    Held,
    Unknown,
}

impl<F: HolderFiles> Taker<'_, F> {
    fn take(&self) -> Result<(u64, State), LeaseError> {
        let lock = self.files.lock().map_err(of_io)?;
        let newest = newest(self.files).map_err(of_io)?;
        let bytes = self.read(newest)?;
        if lock == LockState::Others {
            return Err(held(&bytes));
        }
        match self.look(newest, &bytes) {
            Finding::Free => self.claim(newest, &bytes),
            Finding::Held => Err(held(&bytes)),
            Finding::Unknown => self.watch(newest, &bytes),
        }
    }

    fn read(&self, number: u64) -> Result<Vec<u8>, LeaseError> {
        if number == 0 {
            return Ok(Vec::new());
        }
        self.files.read(number).map_err(of_io)
    }

    fn look(&self, newest: u64, bytes: &[u8]) -> Finding {
        if newest == 0 {
            return Finding::Free;
        }
        match Holder::decode(bytes) {
            Some(holder) if holder.is_released => Finding::Free,
            Some(Holder { process, .. }) if self.surroundings.process().is_near(&process) => {
                if self.surroundings.is_gone(&process) {
                    Finding::Free
                } else {
                    Finding::Held
                }
            }
            // On another host, or it is just being made, or nobody finished it.
            _ => Finding::Unknown,
        }
    }

    /// Looks for a whole term whether the record changes.
    fn watch(&self, newest: u64, bytes: &[u8]) -> Result<(u64, State), LeaseError> {
        let begun = self.surroundings.now();
        let mut watch = Watch {
            process: process(bytes),
            is_alive: false,
            left: TERM,
        };
        loop {
            if !self.surroundings.pause(LOOK, &watch) {
                return Err(LeaseError::Interrupted);
            }
            watch.left = (begun + TERM).saturating_sub(self.surroundings.now());
            // The time first: the last look comes after the whole term.
            let is_over = self.surroundings.now().saturating_sub(begun) >= TERM;
            let now = self.read(newest)?;
            if self::newest(self.files).map_err(of_io)? != newest {
                return Err(held(&now));
            }
            if now != bytes {
                return if Holder::decode(&now).is_some_and(|holder| holder.is_released) {
                    self.claim(newest, &now)
                } else {
                    Err(held(&now))
                };
            }
            if is_over {
                break;
            }
        }
        if self.insistence.takes_stale {
            self.claim(newest, bytes)
        } else {
            Err(LeaseError::Stale(process(bytes)))
        }
    }

    /// Makes the next record; of several processes that try, one succeeds.
    fn claim(&self, newest: u64, bytes: &[u8]) -> Result<(u64, State), LeaseError> {
        let number = newest + 1;
        let renewed = self.surroundings.now();
        let holder = Holder {
            token: self.surroundings.token(),
            process: self.surroundings.process(),
            renewals: 0,
            is_released: false,
        };
        let is_made = self.files.create(number, &holder.encode());
        if !is_made.map_err(of_io)? {
            return Err(held(&self.read(number)?));
        }
        // Whoever was slow may come by a number that was given before and removed;
        // and a holder that was held up may have renewed in the last moment.
        let numbers = self.files.numbers().map_err(of_io)?;
        let is_newest = numbers.iter().max() == Some(&number);
        if !is_newest || self.read(newest)? != bytes {
            self.files.remove(number).map_err(of_io)?;
            return Err(held(bytes));
        }
        // The one before it stays, so that some record is there whenever somebody looks.
        for old in numbers.into_iter().filter(|old| *old < newest) {
            // A record too many does no harm.
            let _ = self.files.remove(old);
        }
        let state = State {
            holder,
            renewed,
            lost: None,
        };
        Ok((number, state))
    }
}

/// The highest number that a record has; 0 if there is none.
fn newest(files: &impl HolderFiles) -> io::Result<u64> {
    Ok(files.numbers()?.into_iter().max().unwrap_or(0))
}

fn held(bytes: &[u8]) -> LeaseError {
    LeaseError::Held(process(bytes))
}

fn process(bytes: &[u8]) -> Option<Box<Process>> {
    Holder::decode(bytes).map(|holder| Box::new(holder.process))
}
