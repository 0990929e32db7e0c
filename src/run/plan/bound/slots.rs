//! The planned writes in the order of their scopes, as little of each as tells it again.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use super::file::Line;
use super::numbered::numbered;
use super::reference::{Reference, references};
use crate::client::Params;
use crate::run::journal::Fingerprint;
use crate::run::scope::Scope;

/// One planned write.
#[derive(Clone, Copy, Debug)]
pub struct Slot {
    pub scope: u64,
    /// Its fingerprint, or where it leaves something open that of its action alone.
    pub print: u64,
    pub line: Line,
    /// Which it is of the writes in that line, from 0.
    pub number: u32,
    pub is_open: bool,
    /// Which call of its action it is.
    call: Call,
    /// Whether a later write needs something of its reply.
    pub is_needed: bool,
}

/// Which call of an action: that of its name, and which of those in its row, or of those that
/// the script makes outside of rows, from 1.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
struct Call {
    action: u64,
    number: u64,
}

/// All planned writes.
#[derive(Debug, Default)]
pub struct Slots {
    all: Vec<Slot>,
    /// The places of the script's own writes that others need something of.
    needed: HashMap<Call, usize>,
}

/// The planned writes as they are read.
#[derive(Default)]
pub struct Unsorted {
    all: Vec<Slot>,
    calls: HashMap<u64, u64>,
    needed: HashSet<Call>,
}

impl Unsorted {
    /// Adds the writes of a line of the plan.
    pub fn add(&mut self, line: Line, entry: &Map<String, Value>) {
        // The key as the journal has it, where people know the row by its number.
        let key = entry
            .get("row_id")
            .or(entry.get("key"))
            .and_then(Value::as_str);
        let scope = hash_of(&key.map_or(Scope::Main, Scope::row));
        let mut of_row = HashMap::new();
        let calls = match key {
            Some(_) => &mut of_row,
            None => &mut self.calls,
        };
        let first = self.all.len();
        let writes = entry.get("writes").and_then(Value::as_array);
        for (number, write) in (0..).zip(writes.into_iter().flatten()) {
            let (Some(server), Some(action)) = (write["server"].as_str(), write["action"].as_str())
            else {
                continue;
            };
            for reference in references(&write["open"]) {
                let call = Call::read(&reference);
                if reference.is_of_row {
                    let mut before = self.all[first..].iter_mut();
                    if let Some(slot) = before.find(|slot| slot.call == call) {
                        slot.is_needed = true;
                    }
                } else {
                    self.needed.insert(call);
                }
            }
            let call = calls.entry(name_hash(action)).or_default();
            *call += 1;
            let (whole, bare) = prints(server, action, &numbered(write));
            let is_open = write["open"].is_object();
            self.all.push(Slot {
                scope,
                print: if is_open { bare } else { whole },
                line,
                number,
                is_open,
                call: Call {
                    action: name_hash(action),
                    number: *call,
                },
                is_needed: false,
            });
        }
    }

    /// All of them, by their scopes.
    pub fn sorted(mut self) -> Slots {
        self.all.sort_by_key(|slot| slot.scope);
        let mut needed = HashMap::new();
        let of_script = self.all.iter_mut().enumerate();
        for (place, slot) in of_script.take_while(|(_, slot)| slot.scope == 0) {
            if self.needed.contains(&slot.call) {
                slot.is_needed = true;
                needed.insert(slot.call, place);
            }
        }
        Slots {
            all: self.all,
            needed,
        }
    }
}

impl Slots {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// The one at that place.
    pub fn at(&self, place: usize) -> Slot {
        self.all[place]
    }

    /// Where those of a scope are.
    pub fn range(&self, scope: u64) -> Range<usize> {
        let start = self.all.partition_point(|slot| slot.scope < scope);
        let end = self.all.partition_point(|slot| slot.scope <= scope);
        start..end
    }

    /// Where those of each scope are.
    pub fn scopes(&self) -> impl Iterator<Item = (u64, Range<usize>)> {
        let mut start = 0;
        let of_one = self.all.chunk_by(|one, other| one.scope == other.scope);
        of_one.map(move |of| {
            let range = start..start + of.len();
            start = range.end;
            (of[0].scope, range)
        })
    }

    /// Where the write is whose reply a write of that slot needs.
    pub fn referred(&self, slot: Slot, reference: &Reference) -> Option<usize> {
        let call = Call::read(reference);
        if !reference.is_of_row {
            return self.needed.get(&call).copied();
        }
        let is_it = |place: &usize| {
            let other = self.all[*place];
            other.line.start == slot.line.start && other.call == call
        };
        self.range(slot.scope).find(is_it)
    }
}

impl Call {
    fn read(reference: &Reference) -> Self {
        Self {
            action: name_hash(reference.action),
            number: reference.number,
        }
    }
}

fn name_hash(action: &str) -> u64 {
    short(Sha256::new_with_prefix(b"action ").chain_update(action.as_bytes()))
}

/// What tells a write from others, and what tells its action.
pub fn prints(server: &str, action: &str, params: &Params) -> (u64, u64) {
    let print = |params: &Params| Fingerprint::at(server, action, params).short();
    (print(params), print(&Params::new()))
}

/// What a place in a run goes by here.
pub fn hash_of(scope: &Scope) -> u64 {
    let Scope::Row(key) = scope else {
        return 0;
    };
    short(Sha256::new_with_prefix(b"row ").chain_update(key.as_bytes())).max(1)
}

fn short(digest: Sha256) -> u64 {
    let digest = digest.finalize();
    let bytes = digest.iter().take(8);
    bytes.fold(0, |hash, byte| hash << 8 | u64::from(*byte))
}
