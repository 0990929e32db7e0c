//! A run held to a plan: each of its writes is one of the planned ones, and none is made
//! that is not.
//!
//! A write is compared as the plan shows it, without its secrets and without what is left
//! to the dice and the clock. Of many planned writes only hashes are in memory; one that
//! leaves something open is read again from the plan when its row comes to it.

mod file;
mod pattern;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use crate::client::Params;
use crate::run::journal::Fingerprint;
use crate::run::scope::Scope;
use file::Line;

pub use file::{Approval, MadeOf, NoPlan, PlanFile, VERSION, hex, tail_text};
pub use pattern::open_places;

/// So many planned writes that were not made are named.
const NAMED: usize = 10;

/// The plan that a run is held to.
#[derive(Debug)]
pub struct BoundPlan {
    slots: Vec<Slot>,
    /// What the plan calls the run's own server, and what that is called now.
    own: (String, String),
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    file: PlanFile,
    /// The writes that were made, by their places among the slots.
    used: Vec<bool>,
    /// Where in the script's own writes the first is that was not made.
    first: usize,
    /// Scopes a write of which was not planned: no other may follow.
    stopped: HashSet<u64>,
}

/// One planned write.
#[derive(Clone, Copy, Debug)]
struct Slot {
    scope: u64,
    /// Its fingerprint, or where it leaves something open that of its action alone.
    print: u64,
    line: Line,
    /// Which it is of the writes in that line, from 0.
    number: u32,
    is_open: bool,
}

/// A planned write that a run is about to make.
#[derive(Clone, Copy, Debug)]
pub struct TakenWrite(usize);

/// What a row did not do, for whoever resumes it.
#[derive(Debug, Default)]
pub struct Unmade {
    /// How many planned writes were not made.
    pub count: u64,
    /// The first of them, in words.
    pub named: Vec<String>,
}

impl BoundPlan {
    /// Reads a plan to hold a run to it.
    pub fn read(path: &Path) -> Result<Self, NoPlan> {
        let mut slots = Vec::new();
        let file = PlanFile::read(path, |line, entry| add(&mut slots, line, entry))?;
        slots.sort_by_key(|slot| slot.scope);
        let own = file.made_of.servers.first();
        let own = own.map(|(name, _)| name.clone()).unwrap_or_default();
        Ok(Self {
            own: (own.clone(), own),
            state: Mutex::new(State {
                file,
                used: vec![false; slots.len()],
                first: 0,
                stopped: HashSet::new(),
            }),
            slots,
        })
    }

    /// The same for a run whose own server has that name.
    #[must_use]
    pub fn under(self, now: &str) -> Self {
        Self {
            own: (self.own.0, now.to_owned()),
            ..self
        }
    }

    /// What the plan was made of.
    pub fn made_of(&self) -> MadeOf {
        self.state().file.made_of.clone()
    }

    /// What tells the plan from others.
    pub fn digest(&self) -> String {
        self.state().file.digest.clone()
    }

    /// Where a server was that the plan spoke to.
    pub fn place_of(&self, server: &str) -> Option<String> {
        let state = self.state();
        let mut servers = state.file.made_of.servers.iter();
        let found = servers.find(|(name, _)| name == server);
        found.map(|(_, place)| place.clone())
    }

    /// Why its script did not come to its end.
    pub fn error(&self) -> Option<String> {
        self.state().file.error.clone()
    }

    /// Who approved it as it is.
    pub fn approved(&self) -> Vec<Approval> {
        let state = self.state();
        let valid = |approval: &&Approval| approval.digest == state.file.digest;
        state.file.approved.iter().filter(valid).cloned().collect()
    }

    /// Takes the planned write that this one is; in words, why there is none.
    pub fn take(
        &self,
        scope: &Scope,
        (server, action): (&str, &str),
        params: &Params,
    ) -> Result<TakenWrite, String> {
        let server = self.planned_name(server);
        let of = hash_of(scope);
        let (whole, bare) = prints(server, action, params);
        let mut state = self.state();
        if state.stopped.contains(&of) {
            return Err(format!(
                "`{action}` was not sent: an earlier write here is not in the plan"
            ));
        }
        let range = self.range(of);
        let from = if *scope == Scope::Main {
            range.start.max(state.first)
        } else {
            range.start
        };
        let mut found = None;
        for place in from..range.end {
            if state.used[place] {
                continue;
            }
            let slot = self.slots[place];
            let is_it = if slot.is_open {
                slot.print == bare && state.is(slot, params)
            } else {
                slot.print == whole
            };
            if is_it {
                found = Some(place);
                break;
            }
        }
        let Some(place) = found else {
            state.stopped.insert(of);
            let candidates = (from..range.end).filter(|place| !state.used[*place]);
            let candidates: Vec<Slot> = candidates
                .map(|place| self.slots[place])
                .take(100)
                .collect();
            return Err(state.differs(&candidates, (server, action), params));
        };
        state.used[place] = true;
        if *scope == Scope::Main {
            let used = &state.used;
            state.first = (from..range.end)
                .find(|place| !used[*place])
                .unwrap_or(range.end);
        }
        Ok(TakenWrite(place))
    }

    /// Gives a planned write back that was not made after all.
    pub fn give_back(&self, taken: TakenWrite) {
        let mut state = self.state();
        state.used[taken.0] = false;
        state.first = state.first.min(taken.0);
    }

    /// The planned writes that were not made, where the journal has so many of some scopes,
    /// by their hashes.
    pub fn unmade(&self, done: &HashMap<u64, u64>) -> Unmade {
        let mut state = self.state();
        let mut unmade = Unmade::default();
        let mut first: BTreeMap<(u64, u32), Slot> = BTreeMap::new();
        for of in self.slots.chunk_by(|one, other| one.scope == other.scope) {
            let start = self.range(of[0].scope).start;
            let open: Vec<usize> = (start..start + of.len())
                .filter(|place| !state.used[*place])
                .collect();
            // A row that ended in an earlier pass is not gone through again.
            let before = done.get(&of[0].scope).copied().unwrap_or_default();
            let left = if open.len() == of.len() {
                (of.len() as u64).saturating_sub(before)
            } else {
                open.len() as u64
            };
            unmade.count += left;
            let skipped = open.len() - usize::try_from(left).unwrap_or(usize::MAX).min(open.len());
            for place in &open[skipped..] {
                let slot = self.slots[*place];
                first.insert((slot.line.start, slot.number), slot);
                if first.len() > NAMED {
                    first.pop_last();
                }
            }
        }
        let named = first.into_values().filter_map(|slot| state.named(slot));
        unmade.named = named.collect();
        unmade
    }

    fn planned_name<'n>(&'n self, server: &'n str) -> &'n str {
        if server == self.own.1 {
            &self.own.0
        } else {
            server
        }
    }

    fn range(&self, scope: u64) -> std::ops::Range<usize> {
        let start = self.slots.partition_point(|slot| slot.scope < scope);
        let end = self.slots.partition_point(|slot| slot.scope <= scope);
        start..end
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The planned write with what tells whose it is.
    fn write(&mut self, slot: Slot) -> Option<(Map<String, Value>, Map<String, Value>)> {
        let mut row = self.file.row(slot.line)?;
        let writes = row.remove("writes")?;
        let write = writes.get(slot.number as usize)?.as_object()?.clone();
        Some((row, write))
    }

    fn is(&mut self, slot: Slot, params: &Params) -> bool {
        let Some((_, write)) = self.write(slot) else {
            return false;
        };
        differences(&write, params).is_some_and(|differences| differences.is_empty())
    }

    /// Why a write is none of those, in words.
    fn differs(
        &mut self,
        open: &[Slot],
        (server, action): (&str, &str),
        params: &Params,
    ) -> String {
        let mut nearest: Option<Vec<String>> = None;
        for slot in open {
            let Some((_, write)) = self.write(*slot) else {
                continue;
            };
            let is_alike = write.get("action").is_some_and(|planned| planned == action)
                && write.get("server").is_some_and(|planned| planned == server);
            let Some(differences) = differences(&write, params).filter(|_| is_alike) else {
                continue;
            };
            if nearest
                .as_ref()
                .is_none_or(|nearest| differences.len() < nearest.len())
            {
                nearest = Some(differences);
            }
        }
        match nearest {
            Some(mut differences) => {
                let more = differences.len().saturating_sub(3);
                differences.truncate(3);
                let more = match more {
                    0 => String::new(),
                    more => format!(", and {more} more"),
                };
                let differences = differences.join(", ");
                format!("`{action}` differs from the plan: {differences}{more}; nothing was sent")
            }
            None => format!("`{action}` is not in the plan; nothing was sent"),
        }
    }

    /// A planned write in words.
    fn named(&mut self, slot: Slot) -> Option<String> {
        let (row, write) = self.write(slot)?;
        let whose = match (row.get("row"), row.get("key")) {
            (Some(Value::Number(number)), Some(Value::String(key)))
                if *key != format!("#{number}") =>
            {
                format!("row {number} ({key}): ")
            }
            (Some(Value::Number(number)), _) => format!("row {number}: "),
            (_, Some(Value::String(key))) => format!("row ({key}): "),
            _ => String::new(),
        };
        let action = write.get("action")?.as_str()?;
        let params = write.get("params")?.as_object()?.iter().take(6);
        let params = params.map(|(name, value)| match value {
            Value::String(text) => format!(" {name}={text}"),
            other => format!(" {name}={other}"),
        });
        Some(format!("{whose}{action}{}", params.collect::<String>()))
    }
}

/// The parameters of a write that are not the planned ones, in words.
fn differences(write: &Map<String, Value>, now: &Params) -> Option<Vec<String>> {
    let none = Map::new();
    let planned = write.get("params")?.as_object()?;
    let places = write
        .get("open")
        .and_then(Value::as_object)
        .unwrap_or(&none);
    let differing = pattern::differing("", planned, places, now);
    Some(
        differing
            .map(|(name, planned, now)| in_words(name, planned, now))
            .collect(),
    )
}

fn in_words(name: &str, planned: Option<&Value>, now: Option<&Value>) -> String {
    let shown = |value: &Value| match value {
        Value::String(text) => format!("`{text}`"),
        other => format!("`{other}`"),
    };
    match (planned, now) {
        (Some(planned), Some(now)) => {
            format!(
                "`{name}` would be {} instead of {}",
                shown(now),
                shown(planned)
            )
        }
        (Some(planned), None) => {
            format!("`{name}` would be left out instead of {}", shown(planned))
        }
        (None, now) => format!(
            "`{name}` would be {} instead of being left out",
            now.map(shown).unwrap_or_default()
        ),
    }
}

fn add(slots: &mut Vec<Slot>, line: Line, entry: &Map<String, Value>) {
    // The key as the journal has it, where people know the row by its number.
    let key = entry
        .get("row_id")
        .or(entry.get("key"))
        .and_then(Value::as_str);
    let scope = hash_of(&key.map_or(Scope::Main, Scope::row));
    let writes = entry.get("writes").and_then(Value::as_array);
    let writes = writes.into_iter().flatten();
    slots.extend(writes.zip(0..).filter_map(|(write, number)| {
        let (server, action) = (write["server"].as_str()?, write["action"].as_str()?);
        let (whole, bare) = prints(server, action, write["params"].as_object()?);
        let is_open = write["open"].is_object();
        Some(Slot {
            scope,
            print: if is_open { bare } else { whole },
            line,
            number,
            is_open,
        })
    }));
}

/// What tells a write from others, and what tells its action.
fn prints(server: &str, action: &str, params: &Params) -> (u64, u64) {
    let print = |params: &Params| Fingerprint::at(server, action, params).short();
    (print(params), print(&Params::new()))
}

/// What a place in a run goes by here.
pub fn hash_of(scope: &Scope) -> u64 {
    let Scope::Row(key) = scope else {
        return 0;
    };
    let digest = Sha256::new_with_prefix(b"row ")
        .chain_update(key.as_bytes())
        .finalize();
    let bytes = digest.iter().take(8);
    bytes
        .fold(0, |hash, byte| hash << 8 | u64::from(*byte))
        .max(1)
}
