//! Updates that change the very field by which they name their record, such as a client's
//! address: sent again, they do not find it there any more.
//!
//! Which record it is, is read before such an update is sent. If that very record goes by the
//! new value, the update was applied; another's that does settles nothing.

use serde_json::{Map, Value};

use super::record_before::at;
use super::way::{number, sent};
use super::written::Written;
use crate::catalog::{self, Action, Record};
use crate::client::{ActionRef, CallError, CallErrorKind, Delivery, Params};
use crate::run::Run;
use crate::run::list::page_search::SearchResult;

/// How a record is read by a field that an update changes.
struct Move {
    read: &'static Action,
    at: &'static str,
    /// The field of the record, and the parameter of the update and of the read.
    field: &'static str,
    /// The parameter of the update that has its former value.
    former: &'static str,
    /// The field that has the record's id, and the parameter that would.
    id: (&'static str, &'static str),
}

impl Move {
    /// Nothing where the update names its record by what it does not change.
    fn detect(action: &'static Action, params: &Params) -> Option<Self> {
        let way: &Record = action.record.as_ref()?;
        let id = *way.same.first()?;
        let is_moved = |(theirs, ours): &&(&str, &str)| {
            theirs != ours
                && action.param(theirs).is_some()
                && [theirs, ours]
                    .iter()
                    .all(|name| !sent(params, name).is_empty())
        };
        let (field, former) = *way.send.iter().find(is_moved)?;
        let read = catalog::action(way.action).filter(|_| sent(params, id.1).is_empty())?;
        Some(Self {
            read,
            at: way.at,
            field,
            former,
            id,
        })
    }

    /// The id of the record that goes by that value of the field.
    fn id_of(&self, run: &Run, value: &Value) -> Result<Option<i64>, CallError> {
        let query = Params::from_iter([(self.field.to_owned(), value.clone())]);
        let mut id = None;
        let looked = run.look_unasked(self.read, query, Some("."), |reply| {
            let record = at(reply, self.at);
            id = record.and_then(|record| number(record.get(self.id.0)?));
            id.is_some()
        })?;
        Ok(id.filter(|_| matches!(looked, SearchResult::Record(_))))
    }
}

impl Run {
    /// The id of the record that an update names by a field which it changes.
    pub(super) fn id_before_move(
        &self,
        action: &'static Action,
        params: &Params,
    ) -> Result<Option<i64>, CallError> {
        let Some(moves) = Move::detect(action, params) else {
            return Ok(None);
        };
        match moves.id_of(self, &params[moves.former]) {
            Err(error) if error.kind == CallErrorKind::Permission => Ok(None),
            Err(error) if error.kind.stops_the_run() => Err(error),
            id => Ok(id.unwrap_or_default()),
        }
    }

    /// What is left of the reply to an update whose record goes by the new value of the field
    /// by which it was named, so that it was not found when it was sent again.
    pub(super) fn found_moved(
        &self,
        write: &Written,
        error: &CallError,
        seen: Option<i64>,
    ) -> Option<Map<String, Value>> {
        let ActionRef::Known(action) = write.action else {
            return None;
        };
        let is_refused = (error.kind, error.delivery) == (CallErrorKind::Api, Delivery::Refused);
        let moves = Move::detect(action, write.params).filter(|_| is_refused)?;
        let id = moves.id_of(self, &write.params[moves.field]).ok()??;
        (Some(id) == seen).then(|| Map::from_iter([(moves.id.1.to_owned(), id.into())]))
    }
}
