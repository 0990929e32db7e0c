//! Whose turn it is: of the writes about one record that are made at one place of the
//! script, the first of this pass belongs to the first of the passes before, the second
//! to the second.
//!
//! A write that was asked for before and comes again with other values would be done
//! beside the first. So an entry whose turn has come or passed, and that nothing in this
//! pass asked for, stands against a write that nobody asked for before.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher as _, RandomState};

use rusqlite::Connection;

use super::about::about;
use super::fingerprint::Fingerprint;
use super::record::{DONE, IN_DOUBT, MAIN};
use super::schema::has_table;
use super::stored::parsed;
use crate::client::Params;

/// A write that is about to be sent, as the journal is asked for it.
#[derive(Clone, Copy, Debug)]
pub struct WriteRequest<'a> {
    /// Its action.
    pub action: &'a str,
    /// The name of its server.
    pub server: &'a str,
    /// What it is found by.
    pub fingerprint: Fingerprint,
    /// Its parameters without secrets.
    pub params: &'a Params,
    /// Where in the script it is made; unknown where the script says only what is wanted.
    pub place: Option<&'a str>,
    /// Whether the cells of its row are others than in an earlier pass.
    pub row_has_changed: bool,
}

/// The writes of one scope in the order in which they were asked for.
#[derive(Default)]
pub(super) struct Turns {
    entries: Vec<Entry>,
    /// The places of the entries about one record at one place, in their order.
    groups: HashMap<u64, Vec<usize>>,
    /// How many calls of this pass there were about one record at one place.
    calls: HashMap<u64, usize>,
    by_write: HashMap<i64, usize>,
    /// The places of those that did nothing, the last one first.
    idle: HashMap<Fingerprint, Vec<usize>>,
    hasher: RandomState,
}

struct Entry {
    write: i64,
    /// Whether it was applied, or may have been.
    is_there: bool,
    /// Whether it stands for the other write, where the user said so.
    stands: Option<bool>,
    is_used: bool,
}

/// The groups a call belongs to, and the how-manieth it is in each.
pub(super) type GroupTurn = Vec<(u64, usize)>;

impl Turns {
    /// The writes of that row up to the last intent of the earlier passes; `texts` are the
    /// scripts whose places are still what they were.
    pub fn load(
        reader: &Connection,
        row: i64,
        last: i64,
        texts: &HashSet<String>,
    ) -> rusqlite::Result<Self> {
        let mut turns = Self::default();
        let (verdict, joined) = if has_table(reader, "verdicts")? {
            (
                "verdicts.stands",
                "LEFT JOIN verdicts ON verdicts.intent = intents.id",
            )
        } else {
            ("NULL", "")
        };
        let sql = format!(
            "SELECT id, substr(fingerprint, 1, 32), action, params, place, outcomes.state, {verdict}
             FROM intents LEFT JOIN outcomes ON outcomes.intent = intents.id {joined}
             WHERE row = ?1 AND id <= ?2 ORDER BY id"
        );
        let mut statement = reader.prepare_cached(&sql)?;
        let mut rows = statement.query([row, last])?;
        while let Some(found) = rows.next()? {
            let params: Params = parsed(3, found.get_ref(3)?.as_str()?)?;
            let place = found.get_ref(4)?.as_str_or_null()?;
            let state = found.get_ref(5)?.as_str_or_null()?;
            let entry = Entry {
                write: found.get(0)?,
                is_there: state.is_none_or(|state| state == DONE || state == IN_DOUBT),
                stands: found.get(6)?,
                is_used: false,
            };
            // A place of a text that is gone may be any.
            let place = place.filter(|place| {
                let text = place.split(':').next().unwrap_or_default();
                texts.contains(text)
            });
            let action = found.get_ref(2)?.as_str()?;
            let group = turns.group(action, &params, place, row == MAIN);
            turns.add(entry, Fingerprint(found.get(1)?), group);
        }
        turns.idle.values_mut().for_each(|places| places.reverse());
        Ok(turns)
    }

    fn add(&mut self, entry: Entry, fingerprint: Fingerprint, group: Option<u64>) {
        let at = self.entries.len();
        if let Some(group) = group {
            self.groups.entry(group).or_default().push(at);
        }
        if entry.is_there {
            self.by_write.insert(entry.write, at);
        } else {
            self.idle.entry(fingerprint).or_default().push(at);
        }
        self.entries.push(entry);
    }

    /// What a write is about at that place: nothing where the catalog does not say it of
    /// one outside of rows.
    fn group(
        &self,
        action: &str,
        params: &Params,
        place: Option<&str>,
        is_main: bool,
    ) -> Option<u64> {
        let about = about(action, params).filter(|about| !(is_main && about.is_empty()))?;
        let key = (
            action.to_ascii_lowercase(),
            about,
            place.unwrap_or_default(),
        );
        Some(self.hasher.hash_one(key))
    }

    /// Takes note of a call, and says whose turn it is.
    pub fn call(&mut self, asked: &WriteRequest<'_>, is_main: bool) -> GroupTurn {
        let Some(place) = asked.place else {
            return Vec::new();
        };
        let groups = [Some(place), None];
        let groups = groups.map(|place| self.group(asked.action, asked.params, place, is_main));
        let mut turn = GroupTurn::new();
        for group in groups.into_iter().flatten() {
            let calls = self.calls.entry(group).or_default();
            *calls += 1;
            turn.push((group, *calls));
        }
        turn
    }

    /// Takes note that a call asked for that write.
    pub fn used(&mut self, write: i64) {
        if let Some(at) = self.by_write.get(&write) {
            self.entries[*at].is_used = true;
        }
    }

    /// Whether an earlier pass asked for that in vain; that is used up.
    pub fn take_idle(&mut self, fingerprint: &Fingerprint) -> bool {
        let place = self.idle.get_mut(fingerprint).and_then(Vec::pop);
        if let Some(at) = place {
            self.entries[at].is_used = true;
        }
        place.is_some()
    }

    /// The first write that nothing asked for in its turn, unless the user said that it
    /// stands for itself.
    pub fn passed(&self, turn: &GroupTurn) -> Option<i64> {
        let entries = turn.iter().flat_map(|(group, calls)| {
            let places = self.groups.get(group).into_iter().flatten();
            places.take(*calls).map(|at| &self.entries[*at])
        });
        let mut open = entries.filter(|entry| entry.is_there && !entry.is_used);
        open.find(|entry| entry.stands != Some(false))
            .map(|entry| entry.write)
    }

    /// What the user said of a write: whether it stands for the other one.
    pub fn stands(&self, write: i64) -> Option<bool> {
        self.entries[*self.by_write.get(&write)?].stands
    }
}
