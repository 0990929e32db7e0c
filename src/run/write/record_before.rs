//! A record as it is before a write, and the old value of what the write sets.
//!
//! How it is read the catalog says. What is secret is never kept, neither of the
//! record nor of what is written; what no read tells has no old value.

use serde_json::{Map, Value};

use crate::catalog::{self, Action, Meaning, Param, Record};
use crate::client::{ActionRef, CallError, CallErrorKind, Delivery, Entities, Params};
use crate::run::Run;
use crate::run::list::page_search::SearchResult;
use crate::secrets;

/// A record as it is before a write.
#[derive(Clone, Debug, PartialEq)]
pub struct Before {
    record: Option<Map<String, Value>>,
    changes: Vec<Change>,
}

/// What a write makes of one field.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The parameter, such as `city`, or one value of a map, such as `customfields.3`.
    pub name: String,
    /// What the field holds before, as the server says it, but for HTML entities; a date
    /// that is not set is null. `None` where no read tells.
    pub old: Option<Value>,
    /// What is written; text without anything in it where the field is emptied.
    pub new: Value,
    /// The parameter without the key of one of its values.
    pub(in crate::run) param: String,
    /// The key of that value.
    pub(in crate::run) entry: Option<String>,
    pub(in crate::run) meaning: Meaning,
}

/// What the server has of a record that a write names.
pub(in crate::run) enum Recorded {
    /// The record without its secrets.
    Found(Map<String, Value>),
    /// There is none.
    Missing,
    /// The write does not say which it is.
    Unnamed,
}

impl Before {
    /// The record without its secrets; `None` if the server has no such record.
    pub fn record(&self) -> Option<&Map<String, Value>> {
        self.record.as_ref()
    }

    /// The record without its secrets, and nothing else.
    pub fn into_record(self) -> Option<Map<String, Value>> {
        self.record
    }

    /// What the write makes of every field it sets, in the order it names them;
    /// fields it sets to what they are already are among them.
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }
}

impl Change {
    /// Whether the field has the value already, as far as can be told.
    pub fn is_idle(&self) -> bool {
        let old = self.old.as_ref();
        old.is_some_and(|old| is_same(self.meaning, old, &self.new))
    }
}

impl Run {
    /// Reads the record that a write is about to change or remove; `None` where
    /// the catalog knows no way, or the parameters do not name the record.
    pub fn before(&self, action: &ActionRef, params: &Params) -> Result<Option<Before>, CallError> {
        self.before_read(action, params, self.entities())
    }

    /// Reads the record as [`Self::before`] does; the old values are as `entities` says, the
    /// record is as it was sent.
    pub(in crate::run) fn before_read(
        &self,
        action: &ActionRef,
        params: &Params,
        entities: Entities,
    ) -> Result<Option<Before>, CallError> {
        let ActionRef::Known(action) = action else {
            return Ok(None);
        };
        let Some(way) = &action.record else {
            return Ok(None);
        };
        let record = match self.record(way, params)? {
            Recorded::Found(record) => Some(record),
            Recorded::Missing => None,
            Recorded::Unnamed => return Ok(None),
        };
        let shown = self.without_secrets(&ActionRef::Known(action), params);
        Ok(Some(Before {
            changes: changes(action, way, record.as_ref(), &shown, entities),
            record,
        }))
    }

    /// The record that the parameters name, without its secrets.
    pub(in crate::run) fn record(
        &self,
        way: &Record,
        params: &Params,
    ) -> Result<Recorded, CallError> {
        let Some(read) = catalog::action(way.action).filter(|_| is_named(way, params)) else {
            return Ok(Recorded::Unnamed);
        };
        let query: Params = way
            .send
            .iter()
            .filter(|(_, ours)| !sent(params, ours).is_empty())
            .map(|(theirs, ours)| ((*theirs).to_owned(), params[*ours].clone()))
            .collect();
        let is_it = |record: &Value| is_the_one(way, record, params);
        let found = if read.list.as_ref().is_some_and(|list| list.path == way.at) {
            self.look_near(read, way, query, params)
        } else {
            self.read(read, &query).map(|reply| {
                match at(&Value::Object(reply.body), way.at) {
                    Some(record) if is_it(record) => SearchResult::Record(record.clone()),
                    // No record, or another than the one that was asked for.
                    _ => SearchResult::Unreadable,
                }
            })
        };
        match found {
            Ok(SearchResult::Record(Value::Object(record))) => {
                let record = secrets::without_record_secrets(read, way.at, record);
                Ok(Recorded::Found(self.custom_fields().kept(record)))
            }
            Ok(SearchResult::Nothing) => Ok(Recorded::Missing),
            Ok(_) => Err(unreadable(read)),
            Err(error) if is_missing(read, &error) => Ok(Recorded::Missing),
            Err(error) => Err(error),
        }
    }
}

impl Run {
    /// Looks for a record where it was seen before, then everywhere.
    fn look_near(
        &self,
        read: &'static Action,
        way: &Record,
        query: Params,
        params: &Params,
    ) -> Result<SearchResult, CallError> {
        let is_it = |record: &Value| is_the_one(way, record, params);
        let (Some((narrows, field)), Some((id, ours))) = (way.near, way.same.first()) else {
            return self.look(read, query, is_it);
        };
        let seen = params
            .get(*ours)
            .and_then(|id| self.near.get(read.name, id));
        if let Some(near) = seen {
            let mut narrowed = query.clone();
            narrowed.insert(narrows.to_owned(), near.into());
            if let SearchResult::Record(record) = self.look(read, narrowed, is_it)? {
                return Ok(SearchResult::Record(record));
            }
        }
        self.look(read, query, |record| {
            self.near.saw(read.name, record.get(id), record.get(field));
            is_it(record)
        })
    }
}

/// Whether the parameters say which record it is.
fn is_named(way: &Record, params: &Params) -> bool {
    let mut names = way.same.iter().chain(way.send);
    names.any(|(_, ours)| !sent(params, ours).is_empty())
}

/// Whether a record is the one that the parameters name, by all they say of it.
fn is_the_one(way: &Record, record: &Value, params: &Params) -> bool {
    way.same.iter().all(|(theirs, ours)| {
        let wanted = sent(params, ours);
        let theirs = at(record, theirs).map(text).unwrap_or_default();
        wanted.is_empty() || theirs.eq_ignore_ascii_case(&wanted)
    })
}

/// Whether the read was refused because there is no such record.
fn is_missing(read: &Action, error: &CallError) -> bool {
    let says = |words: &str| error.message.to_lowercase().contains(&words.to_lowercase());
    let mut documented = read.errors.iter();
    error.kind == CallErrorKind::Api
        && documented.any(|words| words.to_lowercase().contains("not found") && says(words))
}

fn unreadable(read: &Action) -> CallError {
    let message = format!("the reply to `{}` has no readable record", read.name);
    CallError::new(
        CallErrorKind::NotJson,
        read.name,
        message,
        Delivery::Refused,
    )
}

pub(in crate::run) fn changes(
    action: &'static Action,
    way: &Record,
    record: Option<&Map<String, Value>>,
    shown: &Params,
    entities: Entities,
) -> Vec<Change> {
    let record = record.cloned().map(Value::Object);
    let fields = Fields {
        way,
        record: record.as_ref(),
        entities,
    };
    let mut changes = Vec::new();
    for (name, new) in shown.iter().filter(|(_, new)| !new.is_null()) {
        let (base, entry) = split(name);
        let Some(param) = catalog::parameter(action, base) else {
            changes.push(Change {
                name: name.clone(),
                old: None,
                new: new.clone(),
                param: name.clone(),
                entry: None,
                meaning: Meaning::Text,
            });
            continue;
        };
        if way.empties == Some(param.name) {
            changes.extend(fields.emptied(action, new));
        } else if sets_a_field(way, param) {
            match (entry, new) {
                (None, Value::Object(map)) => {
                    for (entry, new) in map {
                        changes.push(fields.change(param, Some(entry), new));
                    }
                }
                (entry, new) => changes.push(fields.change(param, entry, new)),
            }
        }
    }
    changes
}

/// A parameter as scripts write it, or as PHP does: `customfields[3]`.
fn split(name: &str) -> (&str, Option<&str>) {
    name.split_once('[').map_or((name, None), |(base, rest)| {
        (base, Some(rest.trim_end_matches(']')))
    })
}

/// Whether the parameter holds a value of the record, rather than saying how or which.
fn sets_a_field(way: &Record, param: &Param) -> bool {
    path(way, param.name, None).is_some() || way.unread.contains(&param.name)
}

/// The fields of a record before a write.
struct Fields<'r> {
    way: &'r Record,
    record: Option<&'r Value>,
    entities: Entities,
}

impl Fields<'_> {
    /// What the write makes of one of them.
    fn change(&self, param: &Param, entry: Option<&str>, new: &Value) -> Change {
        let name = match entry {
            Some(entry) => format!("{}.{entry}", param.name),
            None => param.name.to_owned(),
        };
        let old = self
            .record
            .and_then(|record| plain_old(record, self.way, param, entry, self.entities));
        Change {
            name,
            old,
            new: new.clone(),
            param: param.name.to_owned(),
            entry: entry.map(str::to_owned),
            meaning: Meaning::for_param(param, entry.is_some()),
        }
    }

    /// What the write empties by naming the fields.
    fn emptied(&self, action: &'static Action, names: &Value) -> Vec<Change> {
        let names = match names {
            Value::Array(names) => names.iter().map(text).collect(),
            one => vec![text(one)],
        };
        let params = names.iter().filter_map(|name| action.param(name));
        params
            .map(|param| self.change(param, None, &Value::from("")))
            .collect()
    }
}

/// The value the record has for a parameter, or for one entry of a map, as it was typed
/// unless it is HTML by nature.
pub(in crate::run) fn plain_old(
    record: &Value,
    way: &Record,
    param: &Param,
    entry: Option<&str>,
    entities: Entities,
) -> Option<Value> {
    let old = old(record, way, param.name, entry)?;
    Some(if param.html {
        old
    } else {
        entities.plain_value(old)
    })
}

/// The path of a parameter's old value, and whether it has the entry in it already.
fn path(way: &Record, param: &str, entry: Option<&str>) -> Option<(&'static str, bool)> {
    let mut fields = way.fields.iter();
    let whole = entry.map(|entry| format!("{param}.{entry}"));
    let of_entry = whole.and_then(|whole| fields.find(|(ours, _)| *ours == whole));
    if let Some((_, theirs)) = of_entry {
        return Some((theirs, true));
    }
    way.fields
        .iter()
        .find(|(ours, _)| ours.split('.').next() == Some(param))
        .filter(|(ours, _)| entry.is_none() || *ours == param)
        .map(|(_, theirs)| (*theirs, false))
}

/// The value the record has for a parameter, or for one entry of a map.
fn old(record: &Value, way: &Record, param: &str, entry: Option<&str>) -> Option<Value> {
    let (path, is_of_entry) = path(way, param, entry)?;
    let entry = entry.filter(|_| !is_of_entry);
    let Some((list, field)) = path.rsplit_once('.') else {
        let value = at(record, path)?;
        return match entry {
            Some(entry) => value.get(entry).cloned(),
            None => Some(value.clone()),
        };
    };
    match (at(record, list)?, entry) {
        (Value::Array(items), Some(entry)) => {
            let is_it = |item: &&Value| item.get("id").map(text).as_deref() == Some(entry);
            items.iter().find(is_it)?.get(field).cloned()
        }
        (Value::Object(map), None) => map.get(field).cloned(),
        _ => None,
    }
}

/// The value at a dotted path; the empty path is the value itself.
pub(in crate::run) fn at<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    let mut steps = path.split('.').filter(|step| !step.is_empty());
    steps.try_fold(value, |value, step| value.get(step))
}

/// Whether both values mean the same to the server.
pub(in crate::run) fn is_same(meaning: Meaning, one: &Value, other: &Value) -> bool {
    meaning.is_same(&text(one), &text(other))
}

fn sent(params: &Params, name: &str) -> String {
    params.get(name).map(text).unwrap_or_default()
}

pub(in crate::run) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests;
