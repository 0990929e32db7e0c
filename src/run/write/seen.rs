//! How far a list went before a write, so that a record behind it is known to be newer.
//!
//! Ids grow from one record to the next, and clocks of servers are not ours. What the
//! run's own writes gave back shows the highest id for nothing; before that, and where no
//! reply has one, the list is read before the run's first such write, and before each once
//! something was in doubt.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use super::find::{number, query, way};
use crate::catalog::Find;
use crate::client::{ActionRef, CallError, CallErrorKind, Params, Reply};
use crate::run::Run;
use crate::run::look::Looked;

/// The highest ids seen.
#[derive(Debug, Default)]
pub(in crate::run) struct Seen {
    known: Mutex<Known>,
    /// Whether a write was in doubt: then it is worth a read to know more of the next.
    is_careful: AtomicBool,
}

#[derive(Debug, Default)]
struct Known {
    /// By action: of all records of its list, for its own replies say so.
    own: HashMap<&'static str, i64>,
    /// By action and what is sent to look: of the records that were listed.
    listed: HashMap<(&'static str, String), i64>,
    /// Actions before whose first write the list was read.
    begun: HashSet<&'static str>,
    /// Reads that the role lacks.
    refused: HashSet<&'static str>,
}

impl Seen {
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

    /// Notes the id that a write gave back.
    pub fn note(&self, action: &ActionRef, params: &Params, reply: &Reply) {
        let ActionRef::Known(known) = action else {
            return;
        };
        let Some((find, _)) = way(action, params) else {
            return;
        };
        let made = gives_id(find).and_then(|ours| number(reply.body.get(ours)?));
        if let Some(made) = made {
            let mut held = self.held();
            let highest = held.own.entry(known.name).or_insert(made);
            *highest = made.max(*highest);
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
    ) -> Result<Option<i64>, CallError> {
        let ActionRef::Known(known) = action else {
            return Ok(None);
        };
        let Some((find, looking)) = way(action, params).filter(|_| !action.is_repeatable()) else {
            return Ok(None);
        };
        let query = query(find, params);
        let key = (known.name, Value::Object(query.clone()).to_string());
        {
            let mut held = self.seen.held();
            if held.refused.contains(looking.name) {
                return Ok(None);
            }
            let is_first = held.begun.insert(known.name);
            let listed = held.listed.get(&key).copied();
            if let Some(own) = held.own.get(known.name) {
                return Ok(Some(listed.unwrap_or(0).max(*own)));
            }
            let is_worth_it = is_first
                || gives_id(find).is_some()
                || self.seen.is_careful.load(Ordering::Relaxed);
            if !is_worth_it {
                return Ok(listed);
            }
        }
        let mut highest = 0;
        let looked = self.look_unasked(looking, query, find.at, |record| {
            highest = record
                .get(find.id)
                .and_then(number)
                .unwrap_or(0)
                .max(highest);
            false
        });
        match looked {
            Ok(Looked::Nothing) => {
                self.seen.held().listed.insert(key, highest);
                Ok(Some(highest))
            }
            Err(error) if error.kind == CallErrorKind::Permission => {
                self.seen.cannot_look_by(looking.name);
                Ok(None)
            }
            Err(error) if error.kind.stops_the_run() => Err(error),
            // A list that cannot be read is none to be looked at later either.
            Ok(_) | Err(_) => Ok(None),
        }
    }
}

/// The field of the reply that is the record's id.
pub(super) fn gives_id(find: &Find) -> Option<&'static str> {
    let mut pairs = find.reply.iter();
    pairs
        .find(|(_, theirs)| *theirs == find.id)
        .map(|(ours, _)| *ours)
}
