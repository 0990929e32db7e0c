//! Who is at a run that is in a log.

use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use super::super::JournalError;
use super::super::log::{
    FolderHolders, Lease, LeaseError, Process, Surroundings as _, System, TERM, is_locked,
    last_holder,
};
use super::super::taking::Taking;

/// How often a run is tried for: somebody who only looks holds its lock for a moment.
const TRIES: u32 = 20;

fn take(folder: &Path, taking: &Taking) -> Result<Arc<Lease<FolderHolders>>, JournalError> {
    let insistence = taking.insistence();
    let mut tries = 1;
    loop {
        let files = FolderHolders::open(folder);
        let files = files.map_err(|error| JournalError::of_file(folder, &error))?;
        match Lease::take(files, Arc::new(taking.system.clone()), insistence) {
            Ok(lease) => return Ok(Arc::new(lease)),
            Err(LeaseError::Held(_)) if tries < TRIES && !insistence.waits => {
                tries += 1;
                thread::sleep(Duration::from_millis(5));
            }
            Err(error) => return Err(failed(folder, error)),
        }
    }
}

/// The right to a run, given back unless it is kept.
pub struct RunLease(Arc<Lease<FolderHolders>>, bool);

impl RunLease {
    /// Takes the run in that folder.
    pub fn take(folder: &Path, taking: &Taking) -> Result<Self, JournalError> {
        take(folder, taking).map(|lease| Self(lease, false))
    }

    /// The lease.
    pub fn lease(&self) -> &Arc<Lease<FolderHolders>> {
        &self.0
    }

    /// Keeps the run.
    pub fn keep(mut self) -> Arc<Lease<FolderHolders>> {
        self.1 = true;
        Arc::clone(&self.0)
    }
}

impl Drop for RunLease {
    fn drop(&mut self) {
        if !self.1 {
            // The next to come then finds that this process ended.
            let _ = self.0.release();
        }
    }
}

/// Whether some process is at the run in that folder, as far as can be said without
/// watching it.
pub fn is_held(folder: &Path) -> bool {
    if is_locked(folder) {
        return true;
    }
    let Some((holder, age)) = last_holder(folder) else {
        return false;
    };
    let system = System::default();
    if holder.is_released {
        false
    } else if system.process().is_near(&holder.process) {
        !system.is_gone(&holder.process)
    } else {
        age < TERM
    }
}

/// The process that took the run in that folder last.
pub fn holder(folder: &Path) -> Option<Process> {
    last_holder(folder).map(|(holder, _)| holder.process)
}

/// What the lease says, for whoever uses the run.
pub fn failed(folder: &Path, error: LeaseError) -> JournalError {
    let folder = folder.to_owned();
    match error {
        LeaseError::Held(process) => {
            let own = System::default().process();
            JournalError::InUse {
                folder,
                pid: process.as_ref().map(|process| process.pid),
                host: process
                    .filter(|process| process.host != own.host)
                    .map(|process| process.host),
            }
        }
        LeaseError::Stale(process) => JournalError::Stale {
            folder,
            pid: process.as_ref().map(|process| process.pid),
            host: process.map(|process| process.host),
        },
        LeaseError::Interrupted => JournalError::Interrupted(folder),
        LeaseError::Gone => JournalError::Gone(folder),
        LeaseError::Io(why) => JournalError::Io { folder, why },
        lost => JournalError::Lost {
            folder,
            why: lost.to_string(),
        },
    }
}
