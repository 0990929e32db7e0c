//! How far a list went before a write, so that a record behind it is known to be newer.
//!
//! Ids grow from one record to the next, and clocks of servers are not ours. What the
//! run's own writes gave back shows the highest id for nothing; before that, and where no
//! reply has one, the list is read before the run's first such write, and before each once
//! something was in doubt.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::way::{gives_id, number, way};
use crate::cancel::Cancel;
use crate::client::{ActionRef, Params, Reply};
use crate::run::journal::ReadAt;

/// How often a write that waits looks whether the user interrupted.
const GLANCE: Duration = Duration::from_millis(50);

/// The highest ids seen.
#[derive(Debug, Default)]
pub(in crate::run) struct HighestIds {
    known: Mutex<Known>,
    changed: Condvar,
    /// Whether a write was in doubt: then it is worth a read to know more of the next.
    pub(super) is_careful: AtomicBool,
}

#[derive(Debug, Default)]
pub(super) struct Known {
    /// By action: of all records of its list, for its own replies say so.
    pub own: HashMap<&'static str, HighestId>,
    /// By action and what is sent to look: of the records that were listed.
    pub listed: HashMap<(&'static str, String), HighestId>,
    /// Actions whose first write was begun, and whether it is known how far that went.
    begun: HashMap<&'static str, bool>,
    /// Reads that the role lacks.
    pub refused: HashSet<&'static str>,
}

/// How far a list went before a write.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct HighestId {
    /// The highest id; `None` where nothing is known.
    pub seen: Option<i64>,
    /// Since when all that came has a higher one: before it was read.
    pub read_at: Option<ReadAt>,
}

impl HighestId {
    /// One of which nobody knows when it was so.
    pub const fn unread(seen: Option<i64>) -> Self {
        Self {
            seen,
            read_at: None,
        }
    }

    /// The higher one; this one, where they are the same.
    pub(super) fn or(self, other: Self) -> Self {
        if other.seen > self.seen { other } else { self }
    }
}

/// The first write of an action whose replies have no id: the others wait until it is known
/// how far the list went by it, so that each has a bound.
pub(in crate::run) struct First<'r> {
    seen: &'r HighestIds,
    pub(super) action: &'static str,
    /// Before it was sent.
    pub(super) since: ReadAt,
    pub(super) is_bound: bool,
}

impl Drop for First<'_> {
    fn drop(&mut self) {
        let mut held = self.seen.held();
        if self.is_bound {
            held.begun.insert(self.action, true);
        } else {
            // The next is the first.
            held.begun.remove(self.action);
        }
        drop(held);
        self.seen.changed.notify_all();
    }
}

impl HighestIds {
    /// Whether this is the first write of the action; waits while another is.
    pub(super) fn first(
        &self,
        action: &'static str,
        waits: bool,
        cancel: &Cancel,
    ) -> Option<First<'_>> {
        let mut held = self.held();
        loop {
            match held.begun.get(action) {
                None => {
                    held.begun.insert(action, !waits);
                    return Some(First {
                        seen: self,
                        action,
                        since: ReadAt::now(),
                        is_bound: !waits,
                    });
                }
                Some(false) if !cancel.is_raised() => {
                    let waited = self.changed.wait_timeout(held, GLANCE);
                    (held, _) = waited.unwrap_or_else(PoisonError::into_inner);
                }
                Some(_) => return None,
            }
        }
    }

    /// From now on every list is read before a write that may have to be looked for in it.
    pub fn be_careful(&self) {
        self.is_careful.store(true, Ordering::Relaxed);
    }

    /// Whether the role has that read, as far as is known.
    pub fn can_look_by(&self, read: &str) -> bool {
        !self.held().refused.contains(read)
    }

    /// The role lacks that read.
    pub fn cannot_look_by(&self, read: &'static str) {
        self.held().refused.insert(read);
    }

    pub(super) fn held(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes the id that a write gave back which was sent since then.
    pub fn note(&self, action: &ActionRef, params: &Params, reply: &Reply, since: ReadAt) {
        let ActionRef::Known(known) = action else {
            return;
        };
        let Some((find, _)) = way(action, params) else {
            return;
        };
        let made = gives_id(find).and_then(|ours| number(reply.body.get(ours)?));
        if let Some(made) = made {
            let mut held = self.held();
            let made = HighestId {
                seen: Some(made),
                read_at: Some(since.until(ReadAt::now())),
            };
            let highest = held.own.entry(known.name).or_insert(made);
            *highest = highest.or(made);
        }
    }
}
