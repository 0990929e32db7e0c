//! Checks `record` against the read it names: where each old value is.
//!
//! Of an update every parameter must be accounted for: it names the record, a
//! field has its old value, no read tells its old value, or it is a mere switch.
//! What is secret is never read.

use std::collections::BTreeMap;

use super::super::kinds::{Effect, FieldKind, ParamKind};
use super::entry::{Entry, ParamEntry};
use super::record::RecordEntry;

/// The Rust of an action's `record`.
pub(super) fn render(entry: &Entry, entries: &BTreeMap<String, Entry>) -> Result<String, String> {
    let Some(record) = &entry.record else {
        return Ok("None".into());
    };
    let fields = check(entry, record, entries)
        .map_err(|what| format!("{}: `{}`: `record` {what}", entry.place, entry.name))?;
    let RecordEntry {
        action,
        send,
        near,
        at,
        same,
        unread,
        together,
        empties,
        restore,
        ..
    } = record;
    Ok(format!(
        "Some(Record {{ action: {action:?}, send: &{send:?}, near: {near:?}, at: {at:?}, same: &{same:?}, fields: &{fields:?}, \
         unread: &{unread:?}, together: &{together:?}, empties: {empties:?}, restore: &{restore:?} }})"
    ))
}

/// Every parameter with a field, and that field's path in the record.
fn check(
    entry: &Entry,
    record: &RecordEntry,
    entries: &BTreeMap<String, Entry>,
) -> Result<Vec<(String, String)>, String> {
    let read = entries
        .get(&record.action.to_ascii_lowercase())
        .filter(|read| read.effect == Effect::Read)
        .ok_or_else(|| format!("names `{}`, which is no read", record.action))?;
    let told = Told {
        read,
        at: &record.at,
    };
    for (theirs, ours) in &record.send {
        if read.param(theirs).is_none() || entry.param(ours).is_none() {
            return Err(format!(
                "sends `{theirs}` from `{ours}`, and one of them is no parameter"
            ));
        }
    }
    if let Some((theirs, field)) = &record.near
        && (read.param(theirs).is_none() || told.kind(field).is_none())
    {
        return Err(format!(
            "narrows `{theirs}` to `{field}`, and one of them does not exist"
        ));
    }
    for (theirs, ours) in &record.same {
        if told.kind(theirs).is_none() || entry.param(ours).is_none() {
            return Err(format!(
                "compares `{theirs}` with `{ours}`, and one of them does not exist"
            ));
        }
    }
    told.check_place()?;
    let lists = [&record.unread, &record.switches, &record.together];
    let restored = record.restore.iter().map(|(name, _)| name);
    for name in lists
        .into_iter()
        .flatten()
        .chain(&record.empties)
        .chain(restored)
    {
        if entry.param(name).is_none() {
            return Err(format!("names `{name}`, which is no parameter"));
        }
    }
    if entry.effect != Effect::Update {
        return match record.fields.first() {
            Some((name, _)) => Err(format!(
                "has a field for `{name}`, but the action is no update"
            )),
            None => Ok(Vec::new()),
        };
    }
    fields(entry, record, &told)
}

/// The fields that were written down, and those that follow from a parameter's name.
fn fields(
    entry: &Entry,
    record: &RecordEntry,
    told: &Told,
) -> Result<Vec<(String, String)>, String> {
    for (name, path) in &record.fields {
        let base = name.split('.').next().unwrap_or_default();
        let fits = entry
            .param(base)
            .is_some_and(|param| !param.secret && told.fits(param, name, path));
        if !fits {
            return Err(format!(
                "cannot read the old value of `{name}` from `{path}`"
            ));
        }
    }
    let mut fields = record.fields.clone();
    for param in &entry.params {
        if is_accounted_for(param, record) {
            continue;
        }
        if !told.fits(param, &param.name, &param.name) {
            return Err(format!(
                "does not say where the old value of `{}` is; \
                 put it into `fields`, `unread` or `switches`",
                param.name
            ));
        }
        fields.push((param.name.clone(), param.name.clone()));
    }
    Ok(fields)
}

fn is_accounted_for(param: &ParamEntry, record: &RecordEntry) -> bool {
    let named = |names: &[String]| names.contains(&param.name);
    let names_the_record = record
        .same
        .iter()
        .chain(&record.send)
        .any(|(_, ours)| *ours == param.name);
    let has_field = record
        .fields
        .iter()
        .any(|(name, _)| name.split('.').next() == Some(&param.name));
    param.secret
        || param.is_mail_switch
        || names_the_record
        || has_field
        || named(&record.unread)
        || named(&record.switches)
        || record.empties.as_ref() == Some(&param.name)
}

/// What a read's reply tells of a record.
struct Told<'e> {
    read: &'e Entry,
    at: &'e str,
}

impl Told<'_> {
    fn kind(&self, path: &str) -> Option<FieldKind> {
        let path = match self.at {
            "" => path.to_owned(),
            at => format!("{at}.{path}"),
        };
        let mut returns = self.read.returns.iter();
        returns
            .find(|(name, _)| *name == path)
            .map(|(_, kind)| *kind)
    }

    /// The record is the whole reply, a map in it, or one of the list the read is for.
    fn check_place(&self) -> Result<(), String> {
        let is_map = || {
            let mut returns = self.read.returns.iter();
            returns.any(|(path, kind)| path == self.at && *kind == FieldKind::Map)
        };
        if self.at.is_empty() || is_map() || self.read.list.as_deref() == Some(self.at) {
            return Ok(());
        }
        Err(format!("looks at `{}`, where no record is", self.at))
    }

    /// Whether the field can hold the parameter's old value. A path through a list
    /// of records with ids is a map by id; `param.key` is one value of a map.
    fn fits(&self, param: &ParamEntry, name: &str, path: &str) -> bool {
        let through_list = path.rsplit_once('.').is_some_and(|(list, _)| {
            self.kind(list) == Some(FieldKind::List) && self.kind(&format!("{list}.id")).is_some()
        });
        let is_map = param.kind == ParamKind::Map && !name.contains('.');
        match self.kind(path) {
            None | Some(FieldKind::Secret | FieldKind::List) => false,
            Some(FieldKind::Map) => is_map && !through_list,
            Some(_) => is_map == through_list,
        }
    }
}
