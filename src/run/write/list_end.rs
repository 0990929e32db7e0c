//! Reads how far a list went before a write, where nobody knows yet.

use std::sync::atomic::Ordering;

use serde_json::Value;

use super::seen::{First, HighestId};
use super::way::{gives_id, number, query, way};
use crate::catalog::{Action, FieldKind, Find};
use crate::client::{ActionRef, CallError, CallErrorKind, Delivery, Params, Reply};
use crate::run::Run;
use crate::run::journal::ReadAt;
use crate::run::list::page_search::SearchResult;

impl Run {
    /// The highest id there is, as far as is known, in the list that a write would be
    /// looked for in; `None` where nothing is known.
    pub(super) fn seen_before(
        &self,
        action: &ActionRef,
        params: &Params,
    ) -> Result<(HighestId, Option<First<'_>>), CallError> {
        let ActionRef::Known(known) = action else {
            return Ok((HighestId::default(), None));
        };
        if action.is_repeatable() {
            let id = self.id_before_move(known, params)?;
            return Ok((HighestId::unread(id), None));
        }
        let Some((find, looking)) = way(action, params) else {
            return Ok((HighestId::default(), None));
        };
        if !find.is.is_empty() {
            return match self.state_before(action, params, find, looking) {
                Err(error) if error.kind.stops_the_run() => Err(error),
                state => Ok((HighestId::unread(state.unwrap_or_default()), None)),
            };
        }
        if !find.grows.is_empty() {
            return match self.sum_before(action, params, find, looking) {
                Err(error) if error.kind.stops_the_run() => Err(error),
                sum => Ok((HighestId::unread(sum.unwrap_or_default()), None)),
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
                return Ok((HighestId::default(), None));
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
            let own = HighestId {
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
    ) -> Result<HighestId, CallError> {
        let read_at = Some(ReadAt::now());
        let mut highest = 0;
        let looked = self.look_unasked(looking, query, find.at, |record| {
            let id = record.get(find.id).and_then(number);
            highest = id.unwrap_or(0).max(highest);
            false
        });
        match looked {
            Ok(SearchResult::Nothing) => Ok(HighestId {
                seen: Some(highest),
                read_at,
            }),
            Err(error) if error.kind == CallErrorKind::Permission => {
                self.seen.cannot_look_by(looking.name);
                Ok(HighestId::default())
            }
            Err(error) if error.kind.stops_the_run() => Err(error),
            // A list that cannot be read is none to be looked at later either.
            Ok(_) | Err(_) => Ok(HighestId::default()),
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
