//! What a run did, and how far it can be undone.
//!
//! The writes of a run are followed from the newest to the oldest, each record by
//! itself, to what stood in its fields before the run. Where somebody else changed
//! a field between two of the run's writes, it is followed no further.

mod bring_back;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::{Map, Value};

use super::journal::{Kept, Outcome};
use super::write::record_before::{self, Change, is_same, text};
use crate::catalog::{self, Action, Effect, Record};
use crate::client::{Entities, Params};

pub use bring_back::Undone;

/// Why a write of a run cannot be undone.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Irreversible {
    /// What it does has no way back.
    Never,
    /// The record was not kept as it was.
    NoSnapshot,
    /// It was sent to another server than the run's own.
    Elsewhere,
    /// Nobody knows whether it was applied, and nothing tells.
    InDoubt,
}

impl Irreversible {
    /// The reason as the user reads it.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Never => "has no way back",
            Self::NoSnapshot => "no snapshot was taken",
            Self::Elsewhere => "on another server",
            Self::InDoubt => "in doubt: settle it first",
        }
    }
}

/// What a run did, sorted by what can be done about it.
#[derive(Default)]
pub struct DoneWrites {
    /// What HTML entities in the snapshots mean.
    entities: Entities,
    trails: Vec<Trail>,
    places: HashMap<(&'static str, String), usize>,
    /// Writes that cannot be undone, by action and reason.
    pub beyond: BTreeMap<(String, Irreversible), Vec<Beyond>>,
}

/// A write that cannot be undone.
pub struct Beyond {
    /// Its number within the run.
    pub write: i64,
    /// The record as it was, where it was kept.
    pub record: Option<Map<String, Value>>,
}

/// A record that an update changed, by the snapshot taken before.
pub struct Changed {
    /// The record's id.
    pub id: String,
    /// What became of each field the update set, also of those that had the value already.
    pub changes: Vec<Change>,
}

/// What the updates of one record did, from the newest to the oldest.
pub struct Trail {
    action: &'static Action,
    way: &'static Record,
    id: String,
    fields: Vec<Field>,
    unread: Vec<String>,
    entities: Entities,
}

/// One field of a record, as the run left it and as it was before.
struct Field {
    change: Change,
    /// What the run wrote, as far as it can stand there.
    wrote: Vec<Value>,
    /// Whether every write followed so far is in doubt.
    is_in_doubt: bool,
    /// Whether somebody else changed the field between two of the run's writes.
    is_broken: bool,
}

impl Changed {
    /// What that write changed; `None` unless it is an update of which a snapshot was taken.
    pub fn by(kept: &Kept) -> Option<Self> {
        let (action, way) = update(&kept.write.action)?;
        let record = Value::Object(kept.snapshot.as_ref()?.record.clone());
        Some(Self {
            id: id(way, &record),
            changes: record_before::changes(
                action,
                way,
                record.as_object(),
                &kept.write.params,
                Entities::Decode,
            ),
        })
    }
}

/// The action of that name, and where its records are read, if it updates any.
fn update(name: &str) -> Option<(&'static Action, &'static Record)> {
    catalog::action(name)
        .filter(|action| action.effect == Effect::Update)
        .and_then(|action| Some((action, action.record.as_ref()?)))
}

fn id(way: &Record, record: &Value) -> String {
    let first = way.same.first();
    let id = first.and_then(|(theirs, _)| record_before::at(record, theirs));
    id.map(text).unwrap_or_default()
}

impl DoneWrites {
    /// Nothing so far, of a server whose texts are read like that.
    pub fn on(entities: Entities) -> Self {
        Self {
            entities,
            ..Self::default()
        }
    }

    /// Takes the next older write of the run that was on that server.
    pub fn add(&mut self, kept: Kept, server: &str) {
        let in_doubt = match &kept.write.outcome {
            Some(Outcome::Done(_)) => false,
            None | Some(Outcome::Unsettled(_)) => true,
            Some(Outcome::Refused { .. } | Outcome::NotSent { .. }) => return,
        };
        let why = match (update(&kept.write.action), &kept.snapshot) {
            _ if !kept.write.was_on(server) => Irreversible::Elsewhere,
            (Some((action, way)), Some(_)) => return self.follow(action, way, kept, in_doubt),
            _ if in_doubt => Irreversible::InDoubt,
            (Some(_), None) => Irreversible::NoSnapshot,
            (None, _) => Irreversible::Never,
        };
        let place = (kept.write.action, why);
        self.beyond.entry(place).or_default().push(Beyond {
            write: kept.write.id.number(),
            record: kept.snapshot.map(|snapshot| snapshot.record),
        });
    }

    /// The records that updates of the run changed, those changed last first.
    pub fn trails(&self) -> &[Trail] {
        &self.trails
    }

    fn follow(
        &mut self,
        action: &'static Action,
        way: &'static Record,
        kept: Kept,
        in_doubt: bool,
    ) {
        let snapshot = kept.snapshot.unwrap_or_default();
        let record = Value::Object(snapshot.record);
        let id = id(way, &record);
        let place = *self
            .places
            .entry((action.name, id.clone()))
            .or_insert_with(|| {
                self.trails.push(Trail {
                    action,
                    way,
                    id,
                    fields: Vec::new(),
                    unread: Vec::new(),
                    entities: self.entities,
                });
                self.trails.len() - 1
            });
        let trail = &mut self.trails[place];
        let params = &kept.write.params;
        let changes =
            record_before::changes(action, way, record.as_object(), params, self.entities);
        let named: HashSet<&str> = changes.iter().map(|change| change.name.as_str()).collect();
        for name in snapshot.old.keys() {
            // Its name is all that was kept of a secret.
            if !named.contains(name.as_str()) {
                trail.cannot_tell(name);
            }
        }
        for change in changes {
            trail.step(change, in_doubt);
        }
    }
}

impl Trail {
    /// The action that changed the record.
    pub fn action(&self) -> &'static str {
        self.action.name
    }

    /// The record's id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The fields that were changed and can be read.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(|field| field.change.name.as_str())
    }

    fn cannot_tell(&mut self, name: &str) {
        if !self.unread.iter().any(|known| known == name) {
            self.unread.push(name.to_owned());
        }
    }

    /// Takes the next older change of a field.
    fn step(&mut self, change: Change, in_doubt: bool) {
        let Some(old) = change.old.clone() else {
            return self.cannot_tell(&change.name);
        };
        let known = self.fields.iter_mut();
        let Some(field) = known
            .into_iter()
            .find(|field| field.change.name == change.name)
        else {
            self.fields.push(Field {
                wrote: vec![change.new.clone()],
                is_in_doubt: in_doubt,
                is_broken: false,
                change,
            });
            return;
        };
        if field.is_broken {
            return;
        }
        let later = field.change.old.as_ref().unwrap_or(&Value::Null);
        if !is_same(change.meaning, later, &change.new) && !is_same(change.meaning, later, &old) {
            field.is_broken = true;
            return;
        }
        // What was in doubt may not stand there, and then this does.
        if field.is_in_doubt {
            field.wrote.push(change.new);
            field.is_in_doubt = in_doubt;
        }
        field.change.old = Some(old);
    }

    /// The parameters that name the record.
    fn named(&self) -> Params {
        let ours = self.way.same.first().map(|(_, ours)| *ours);
        ours.into_iter()
            .map(|ours| (ours.to_owned(), Value::from(self.id.as_str())))
            .collect()
    }
}
