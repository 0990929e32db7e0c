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

use serde_json::Value;

use super::find::{number, query, way};
use crate::cancel::Cancel;
use crate::catalog::{Action, FieldKind, Find};
use crate::client::{ActionRef, CallError, CallErrorKind, Delivery, Params, Reply};
use crate::run::Run;
use crate::run::journal::ReadAt;
use crate::run::look::Looked;

/// How often a write that waits looks whether the user interrupted.
const GLANCE: Duration = Duration::from_millis(50);

/// The highest ids seen.
#[derive(Debug, Default)]
pub(in crate::run) struct Seen {
    known: Mutex<Known>,
    changed: Condvar,
    /// Whether a write was in doubt: then it is worth a read to know more of the next.
    is_careful: AtomicBool,
}

#[derive(Debug, Default)]
struct Known {
    /// By action: of all records of its list, for its own replies say so.
    own: HashMap<&'static str, Bound>,
    /// By action and what is sent to look: of the records that were listed.
    listed: HashMap<(&'static str, String), Bound>,
    /// Actions whose first write was begun, and whether it is known how far that went.
    begun: HashMap<&'static str, bool>,
    /// Reads that the role lacks.
    refused: HashSet<&'static str>,
}

/// How far a list went before a write.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Bound {
    /// The highest id; `None` where nothing is known.
    pub seen: Option<i64>,
    /// Since when all that came has a higher one: before it was read.
    pub read_at: Option<ReadAt>,
}

impl Bound {
    /// One of which nobody knows when it was so.
    pub const fn unread(seen: Option<i64>) -> Self {
        Self {
            seen,
            read_at: None,
        }
    }

    /// The higher one; this one, where they are the same.
    fn or(self, other: Self) -> Self {
        if other.seen > self.seen { other } else { self }
    }
}

/// The first write of an action whose replies have no id: the others wait until it is known
/// how far the list went by it, so that each has a bound.
pub(in crate::run) struct First<'r> {
    seen: &'r Seen,
    action: &'static str,
    /// Before it was sent.
    since: ReadAt,
    is_bound: bool,
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

impl Seen {
    /// Whether this is the first write of the action; waits while another is.
    fn first(&self, action: &'static str, waits: bool, cancel: &Cancel) -> Option<First<'_>> {
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

    fn held(&self) -> MutexGuard<'_, Known> {
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
            let made = Bound {
                seen: Some(made),
                read_at: Some(since.until(ReadAt::now())),
            };
            let highest = held.own.entry(known.name).or_insert(made);
            *highest = highest.or(made);
        }
    }
}

impl Run {
    /// The highest id there is, as far as is known, in the list that a write would be
    /// looked for in; `None` where nothing is known.
    pub(super) fn seen_before(
        &self,
        action: &ActionRef,
        params: &Params,
    ) -> Result<(Bound, Option<First<'_>>), CallError> {
        let ActionRef::Known(known) = action else {
            return Ok((Bound::default(), None));
        };
        let Some((find, looking)) = way(action, params).filter(|_| !action.is_repeatable()) else {
            return Ok((Bound::default(), None));
        };
        if !find.is.is_empty() {
            return match self.state_before(action, params, find, looking) {
                Err(error) if error.kind.stops_the_run() => Err(error),
                state => Ok((Bound::unread(state.unwrap_or_default()), None)),
            };
        }
        if !find.grows.is_empty() {
            return match self.sum_before(action, params, find, looking) {
                Err(error) if error.kind.stops_the_run() => Err(error),
                sum => Ok((Bound::unread(sum.unwrap_or_default()), None)),
            };
        }
        let query = query(find, params);
        let key = (known.name, Value::Object(query.clone()).to_string());
        let first = self.seen.first(
            known.name,
            gives_id(find).is_none() && !is_day(find, looking),
            &self.cancel,
        );
        {
            let held = self.seen.held();
            if held.refused.contains(looking.name) {
                return Ok((Bound::default(), None));
            }
            let listed = held.listed.get(&key).copied().unwrap_or_default();
            if let Some(own) = held.own.get(known.name) {
                return Ok((listed.or(*own), first));
            }
            let is_worth_it = first.is_some()
                || gives_id(find).is_some()
                || is_day(find, looking)
                || self.seen.is_careful.load(Ordering::Relaxed);
            if !is_worth_it {
                return Ok((listed, first));
            }
        }
        let highest = self.highest(find, looking, query)?;
        if highest.seen.is_some() {
            self.seen.held().listed.insert(key, highest);
        }
        Ok((highest, first))
    }

    /// Notes how far the list went by the first write of an action: whatever is made after
    /// it, in whatever part of the list, has a higher id.
    pub(super) fn bound(
        &self,
        mut first: First<'_>,
        action: &ActionRef,
        params: &Params,
        result: &Result<Reply, CallError>,
    ) {
        if let Err(error) = result {
            if error.delivery == Delivery::InDoubt {
                self.seen.be_careful();
            }
            return;
        }
        let Some((find, looking)) = way(action, params).filter(|_| !first.is_bound) else {
            return;
        };
        let query = query(find, params);
        let key = (first.action, Value::Object(query.clone()).to_string());
        if let Ok(highest) = self.highest(find, looking, query)
            && highest.seen > Some(0)
        {
            let mut held = self.seen.held();
            held.listed.insert(key, highest);
            // In another part of the list, records of others may be higher by now.
            let own = Bound {
                read_at: highest.read_at.map(|read| first.since.until(read)),
                ..highest
            };
            held.own.insert(first.action, own);
        }
        first.is_bound = true;
        drop(first);
    }

    /// The highest id in a list, if that can be told.
    fn highest(
        &self,
        find: &'static Find,
        looking: &'static Action,
        query: Params,
    ) -> Result<Bound, CallError> {
        let read_at = Some(ReadAt::now());
        let mut highest = 0;
        let looked = self.look_unasked(looking, query, find.at, |record| {
            let id = record.get(find.id).and_then(number);
            highest = id.unwrap_or(0).max(highest);
            false
        });
        match looked {
            Ok(Looked::Nothing) => Ok(Bound {
                seen: Some(highest),
                read_at,
            }),
            Err(error) if error.kind == CallErrorKind::Permission => {
                self.seen.cannot_look_by(looking.name);
                Ok(Bound::default())
            }
            Err(error) if error.kind.stops_the_run() => Err(error),
            // A list that cannot be read is none to be looked at later either.
            Ok(_) | Err(_) => Ok(Bound::default()),
        }
    }
}

/// Whether records are told apart by a day, which is no bound for other records.
fn is_day(find: &Find, looking: &Action) -> bool {
    let mut fields = looking.returns.iter();
    fields.any(|field| {
        field.kind == FieldKind::Date && field.path.rsplit('.').next() == Some(find.id)
    })
}

/// The field of the reply that is the record's id.
pub(super) fn gives_id(find: &Find) -> Option<&'static str> {
    let mut pairs = find.reply.iter();
    pairs
        .find(|(_, theirs)| *theirs == find.id)
        .map(|(ours, _)| *ours)
}
