//! Brings a record back to what it was before a run, as far as it still is what
//! the run wrote.
//!
//! What stands on the server is read first and after: a field that somebody
//! changed since is left alone, so undoing twice, or once more after a kill, does
//! no harm, and nothing is said to be back that is not.

use serde_json::{Map, Value};

use super::{Field, Trail};
use crate::catalog::{ParamKind, truth};
use crate::client::{ActionRef, CallError, Params};
use crate::run::Run;
use crate::run::write::record_before::{self, Recorded, is_same, text};
use crate::secrets::{is_covered, texts_of};

/// What became of the fields of one record.
#[derive(Debug, Default, PartialEq)]
pub struct Undone {
    /// Fields brought back: name, what stood there, what stands there now.
    pub restored: Vec<(String, Value, Value)>,
    /// Fields left alone: name, and why.
    pub left: Vec<(String, String)>,
    /// Fields whose old value nothing tells.
    pub unread: Vec<String>,
    /// How many fields were as before the run already.
    pub same: usize,
}

/// What is to become of a field, by what stands there now.
#[derive(Debug, PartialEq)]
enum Fate {
    /// It is as before the run.
    Same,
    /// It goes back; what stands there now.
    Back(Value),
    /// It stays, for that reason.
    Stays(String),
}

impl Run {
    /// Brings a record back to what it was before the run, or only says what that would do.
    pub fn undo(&self, trail: &Trail, only_say: bool) -> Result<Undone, CallError> {
        let mut undone = Undone {
            unread: trail.unread.clone(),
            ..Undone::default()
        };
        let Some(record) = self.standing(trail)? else {
            for field in &trail.fields {
                let why = "was left, since the record no longer exists".to_owned();
                undone.left.push((self.name_field(trail, field), why));
            }
            return Ok(undone);
        };
        let fates = fates(trail, &record);
        let params = restoring(trail, &fates);
        let mut back = Vec::new();
        for (field, fate) in trail.fields.iter().zip(fates) {
            match fate {
                Fate::Same => undone.same += 1,
                Fate::Back(present) => back.push((field, present)),
                Fate::Stays(why) => undone.left.push((self.name_field(trail, field), why)),
            }
        }
        if back.is_empty() {
            return Ok(undone);
        }
        let now = if only_say {
            None
        } else {
            self.call_unchecked(&ActionRef::Known(trail.action), &params)?;
            self.standing(trail)?
        };
        for (field, present) in back {
            let name = self.name_field(trail, field);
            let now = now.as_ref().and_then(|now| field.value(trail, now));
            match now {
                Some(now) if !field.is_at(&now) => {
                    let why = format!("the server was sent the old value and still shows {now}");
                    undone.left.push((name, why));
                }
                _ => undone
                    .restored
                    .push((name, present, field.target().clone())),
            }
        }
        Ok(undone)
    }

    /// A field as people know it: custom fields by their names.
    fn name_field(&self, trail: &Trail, field: &Field) -> String {
        let action = ActionRef::Known(trail.action);
        self.custom_fields()
            .name_change(&action, &field.change.name)
    }

    /// The record as it stands on the server.
    fn standing(&self, trail: &Trail) -> Result<Option<Value>, CallError> {
        Ok(match self.record(trail.way, &trail.named())? {
            Recorded::Found(record) => Some(Value::Object(record)),
            Recorded::Missing | Recorded::Unnamed => None,
        })
    }
}

impl Field {
    fn target(&self) -> &Value {
        self.change.old.as_ref().unwrap_or(&Value::Null)
    }

    fn value(&self, trail: &Trail, record: &Value) -> Option<Value> {
        record_before::plain_old(
            record,
            trail.way,
            trail.action.param(&self.change.param)?,
            self.change.entry.as_deref(),
            trail.entities,
        )
    }

    fn is_at(&self, value: &Value) -> bool {
        is_same(self.change.meaning, value, self.target())
    }

    fn fate(&self, present: Option<Value>) -> Fate {
        let Some(present) = present else {
            return Fate::Stays("the record no longer has it".to_owned());
        };
        let mut wrote = self.wrote.iter();
        if self.is_at(&present) {
            Fate::Same
        } else if self
            .wrote
            .iter()
            .flat_map(texts_of)
            .any(|text| is_covered(&text))
        {
            Fate::Stays("the run wrote a secret there, and secrets are not kept".to_owned())
        } else if wrote.any(|wrote| is_same(self.change.meaning, &present, wrote)) {
            Fate::Back(present)
        } else {
            let wrote = self.wrote.first().unwrap_or(&Value::Null);
            Fate::Stays(format!(
                "changed since: the run wrote {wrote}, and now it is {present}"
            ))
        }
    }

    /// The key of the line it is in, where the server takes lines only as a whole.
    fn line<'f>(&'f self, trail: &Trail) -> Option<&'f str> {
        let entry = self.change.entry.as_deref()?;
        let together = trail.way.together;
        together
            .contains(&self.change.param.as_str())
            .then_some(entry)
    }
}

/// What is to become of every field; a line goes back as a whole or not at all.
fn fates(trail: &Trail, record: &Value) -> Vec<Fate> {
    let fate = |field: &Field| field.fate(field.value(trail, record));
    let mut fates: Vec<Fate> = trail.fields.iter().map(fate).collect();
    let stuck: Vec<&str> = trail
        .fields
        .iter()
        .zip(&fates)
        .filter(|(_, fate)| matches!(fate, Fate::Stays(_)))
        .filter_map(|(field, _)| field.line(trail))
        .collect();
    for (field, fate) in trail.fields.iter().zip(&mut fates) {
        let is_stuck = field.line(trail).is_some_and(|line| stuck.contains(&line));
        if is_stuck && matches!(fate, Fate::Back(_)) {
            *fate = Fate::Stays("its line was changed since".to_owned());
        }
    }
    fates
}

/// The parameters that bring the fields back.
fn restoring(trail: &Trail, fates: &[Fate]) -> Params {
    let is_back = |fate: &Fate| matches!(fate, Fate::Back(_));
    let pairs = || trail.fields.iter().zip(fates);
    let lines: Vec<&str> = pairs()
        .filter(|(_, fate)| is_back(fate))
        .filter_map(|(field, _)| field.line(trail))
        .collect();
    let mut params = trail.named();
    let mut emptied = Vec::new();
    for (field, fate) in pairs() {
        let goes_with_its_line = field.line(trail).is_some_and(|line| lines.contains(&line));
        if !is_back(fate) && !goes_with_its_line {
            continue;
        }
        let name = &field.change.param;
        match &field.change.entry {
            None if text(field.target()).is_empty() && empties(trail, name) => {
                emptied.push(Value::from(name.as_str()));
            }
            None => _ = params.insert(name.clone(), sendable(trail, field)),
            Some(entry) => {
                let map = params
                    .entry(name.clone())
                    .or_insert_with(|| Map::new().into());
                if let Value::Object(map) = map {
                    map.insert(entry.clone(), sendable(trail, field));
                }
            }
        }
    }
    if let Some(empties) = trail.way.empties
        && !emptied.is_empty()
    {
        params.insert(empties.to_owned(), emptied.into());
    }
    for (name, value) in trail.way.restore {
        params.insert((*name).to_owned(), Value::from(*value));
    }
    params
}

/// Whether a field is emptied by naming it rather than by sending nothing in it.
fn empties(trail: &Trail, name: &str) -> bool {
    let empties = trail
        .way
        .empties
        .and_then(|empties| trail.action.param(empties));
    empties.is_some_and(|empties| empties.values.contains(&name))
}

/// The length of `2026-11-23`.
const DAY: usize = 10;

/// The old value as the parameter takes it.
fn sendable(trail: &Trail, field: &Field) -> Value {
    let target = field.target();
    let kind = trail.action.param(&field.change.param).map(|param| {
        let each = param.each.filter(|_| field.change.entry.is_some());
        each.unwrap_or(param.kind)
    });
    let is_empty = text(target).is_empty();
    match kind {
        Some(ParamKind::Bool) if is_empty => Value::Bool(false),
        Some(ParamKind::Bool) => truth(&text(target)).map_or_else(|| target.clone(), Value::Bool),
        Some(ParamKind::Date | ParamKind::DateTime) if is_empty => Value::from("0000-00-00"),
        // The parameter is a day, though the record has a moment.
        Some(ParamKind::Date) => Value::from(text(target).get(..DAY).unwrap_or_default()),
        _ if target.is_null() => Value::from(""),
        _ => target.clone(),
    }
}
