//! A run held to a plan: each of its writes is one of the planned ones, and none is made
//! that is not.
//!
//! A write is compared as the plan shows it, without the values of its secrets and without
//! what is left to the dice. Those of a row come in their order, and so do those of the
//! script itself, around the rows between them. A day is as far from the run's clock as it
//! was planned, and an id is the one that the write gave which it comes from. Of many planned
//! writes only hashes are in memory; one that leaves something open is read again from the
//! plan when its row comes to it.

mod file;
mod numbered;
mod pattern;
mod reference;
mod slots;
mod words;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Map, Value};

use crate::catalog::Action;
use crate::client::Params;
use crate::run::scope::Scope;
use pattern::Context;
use slots::{Slot, Slots, Unsorted, prints};

pub use file::{Approval, MadeOf, NoPlan, PlanFile, VERSION, hex, tail_text};
pub use pattern::open_places;
pub use slots::hash_of;

/// So many planned writes that were not made are named.
const NAMED: usize = 10;

/// So many planned writes are looked at for the one that a write is nearest to.
const NEAREST: usize = 100;

/// The plan that a run is held to.
#[derive(Debug)]
pub struct BoundPlan {
    slots: Slots,
    /// What the plan calls the run's own server, and what that is called now.
    own: (String, String),
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    file: PlanFile,
    /// The writes that were made, by their places among the slots.
    used: Vec<bool>,
    /// Where the first of the script's own writes is that may still be made.
    next: usize,
    /// How far in the plan the script's own writes have come, and those of rows.
    far: Far,
    /// The ids that writes gave which others need, by the places of those.
    given: HashMap<usize, Vec<(&'static str, String)>>,
    /// Scopes a write of which was not planned: no other may follow.
    stopped: HashSet<u64>,
}

/// How far a run has come, by where its furthest writes stand in the file of the plan.
#[derive(Debug, Default)]
struct Far {
    script: u64,
    rows: u64,
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
        let mut slots = Unsorted::default();
        let file = PlanFile::read(path, |line, entry| slots.add(line, entry))?;
        let slots = slots.sorted();
        let own = file.made_of.servers.first();
        let own = own.map(|(name, _)| name.clone()).unwrap_or_default();
        Ok(Self {
            own: (own.clone(), own),
            state: Mutex::new(State {
                file,
                used: vec![false; slots.len()],
                next: 0,
                far: Far::default(),
                given: HashMap::new(),
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

    /// Takes the planned write that this one is, whose parameters are as the plan compares
    /// them; in words, why there is none.
    pub fn take(
        &self,
        scope: &Scope,
        (server, action): (&str, &str),
        params: &Params,
    ) -> Result<TakenWrite, String> {
        let server = self.planned_name(server);
        let of = hash_of(scope);
        let mut state = self.state();
        if state.stopped.contains(&of) {
            return Err(format!(
                "`{action}` was not sent: an earlier write here is not in the plan"
            ));
        }
        let range = self.slots.range(of);
        let next = match scope {
            Scope::Main => range.start.max(state.next),
            Scope::Row(_) => state.behind_last(&range),
        };
        let prints = prints(server, action, params);
        let is_it = |state: &mut State, place: &usize| {
            !state.used[*place] && self.is(state, *place, prints, params)
        };
        let found = (next..range.end).find(|place| is_it(&mut state, place));
        let is_late = match found {
            Some(place) => state.far.is_past(self.slots.at(place)),
            None => (range.start..next).any(|place| is_it(&mut state, &place)),
        };
        let Some(place) = found.filter(|_| !is_late) else {
            state.stopped.insert(of);
            if is_late {
                return Err(format!(
                    "`{action}` comes later than in the plan: a write that was planned after it \
                     was made before; nothing was sent"
                ));
            }
            let open = (next..range.end).filter(|place| !state.used[*place]);
            let open: Vec<usize> = open.take(NEAREST).collect();
            return Err(self.differs(&mut state, &open, (server, action), params));
        };
        state.used[place] = true;
        state.far.reach(self.slots.at(place));
        if *scope == Scope::Main {
            state.next = place + 1;
        }
        Ok(TakenWrite(place))
    }

    /// Gives a planned write back that was not made after all.
    pub fn give_back(&self, taken: TakenWrite) {
        let mut state = self.state();
        state.used[taken.0] = false;
        if self.slots.at(taken.0).scope == 0 {
            state.next = taken.0;
        }
    }

    /// Notes the reply to a planned write, as far as later ones need it.
    pub fn made(&self, taken: TakenWrite, action: &'static Action, reply: &Map<String, Value>) {
        let slot = self.slots.at(taken.0);
        let range = self.slots.range(slot.scope);
        let mut state = self.state();
        if slot.is_needed {
            let ids = reference::ids_in(action, reply);
            state.given.insert(taken.0, ids);
        }
        if slot.scope != 0 && taken.0 + 1 == range.end && !state.given.is_empty() {
            for place in range {
                state.given.remove(&place);
            }
        }
    }

    /// The planned writes that were not made, where the journal has so many of some scopes,
    /// by their hashes.
    pub fn unmade(&self, done: &HashMap<u64, u64>) -> Unmade {
        let mut state = self.state();
        let mut unmade = Unmade::default();
        let mut first: BTreeMap<(u64, u32), Slot> = BTreeMap::new();
        for (scope, of) in self.slots.scopes() {
            let all = of.len();
            let open: Vec<usize> = of.filter(|place| !state.used[*place]).collect();
            // A row that ended in an earlier pass is not gone through again.
            let before = done.get(&scope).copied().unwrap_or_default();
            let left = if open.len() == all {
                (all as u64).saturating_sub(before)
            } else {
                open.len() as u64
            };
            unmade.count += left;
            let skipped = open.len() - usize::try_from(left).unwrap_or(usize::MAX).min(open.len());
            for place in &open[skipped..] {
                let slot = self.slots.at(*place);
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

    /// Whether a write with those prints is the planned one.
    fn is(&self, state: &mut State, place: usize, (whole, bare): (u64, u64), now: &Params) -> bool {
        let slot = self.slots.at(place);
        if !slot.is_open {
            return slot.print == whole;
        }
        let differences = |state: &mut State| {
            let (_, write) = state.write(slot)?;
            self.differences(state, slot, &write, now)
        };
        slot.print == bare && differences(state).is_some_and(|differences| differences.is_empty())
    }

    /// The parameters of a write that are not the planned ones, in words.
    fn differences(
        &self,
        state: &State,
        slot: Slot,
        write: &Value,
        now: &Params,
    ) -> Option<Vec<String>> {
        let none = Map::new();
        let planned = write["params"].as_object()?;
        let places = write["open"].as_object().unwrap_or(&none);
        let given = |reference: &reference::Reference| {
            let place = self.slots.referred(slot, reference)?;
            let mut ids = state.given.get(&place)?.iter();
            let (_, id) = ids.find(|(field, _)| *field == reference.field)?;
            Some(id.clone())
        };
        let context = Context {
            planned_on: state.file.today,
            given: &given,
        };
        let now = numbered::named(write, now);
        let differing = pattern::differing("", planned, (places, &context), &now);
        Some(
            differing
                .map(|(name, planned, now)| words::difference(name, planned, now))
                .collect(),
        )
    }

    /// Why a write is none of those, in words.
    fn differs(
        &self,
        state: &mut State,
        open: &[usize],
        (server, action): (&str, &str),
        params: &Params,
    ) -> String {
        let nearest = open.iter().filter_map(|place| {
            let slot = self.slots.at(*place);
            let (_, write) = state.write(slot)?;
            let is_alike = write["action"] == action && write["server"] == server;
            is_alike.then(|| self.differences(state, slot, &write, params))?
        });
        match nearest.min_by_key(Vec::len) {
            Some(differences) => words::differs(action, differences),
            None => format!("`{action}` is not in the plan; nothing was sent"),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The planned write with the line that tells whose it is.
    fn write(&mut self, slot: Slot) -> Option<(Map<String, Value>, Value)> {
        let mut row = self.file.row(slot.line)?;
        let mut writes = row.remove("writes")?;
        let write = writes.get_mut(slot.number as usize)?.take();
        Some((row, write))
    }

    /// The place behind the last of those that were made.
    fn behind_last(&self, of: &Range<usize>) -> usize {
        let last = of.clone().rev().find(|place| self.used[*place]);
        last.map_or(of.start, |last| last + 1)
    }

    fn named(&mut self, slot: Slot) -> Option<String> {
        let (row, write) = self.write(slot)?;
        words::named(&row, write.as_object()?)
    }
}

impl Far {
    /// Whether what was planned behind that write was made: of the script for one of a row,
    /// of rows for one of the script.
    fn is_past(&self, slot: Slot) -> bool {
        let others = if slot.scope == 0 {
            self.rows
        } else {
            self.script
        };
        slot.line.start < others
    }

    fn reach(&mut self, slot: Slot) {
        let own = if slot.scope == 0 {
            &mut self.script
        } else {
            &mut self.rows
        };
        *own = slot.line.start.max(*own);
    }
}
