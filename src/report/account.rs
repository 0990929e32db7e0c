//! What the journal of a run comes to, gathered in one walk over it.
//!
//! What grows with the rows are numbers only: a moment a row, a duration a write.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::time::Duration;

use serde_json::{Map, Value};

use super::alike::without_cells;
use super::moment::{self, Zone};
use super::row_status::{Event, RowStatus};
use crate::run::journal::{
    BulkRecord, Counts, JournalError, Kept, Outcome, Pass, Reading, RowRecord, State, Timed, Write,
};
use crate::run::scope::Scope;
use crate::run::undo::Changed;

/// Reasons that are told one by one.
const REASONS: usize = 1000;
/// Rows that are named of one reason.
pub(super) const NAMED: usize = 8;
/// Writes in doubt that are told one by one.
pub(super) const DOUBTS: usize = 100;

/// The writes of one action.
pub(super) struct ActionStats {
    pub action: String,
    pub done: u64,
    pub refused: u64,
    pub not_sent: u64,
    pub in_doubt: u64,
    /// How long the server took for those it was asked for, in microseconds, sorted.
    pub micros: Vec<u32>,
}

/// Rows that failed for the same reason.
pub(super) struct Reason {
    /// What their errors say, with a gap where each names what its row was given.
    pub text: String,
    /// What the first of them says.
    pub first: String,
    pub kind: String,
    pub place: String,
    pub hint: String,
    pub count: u64,
    /// The first of them: number and key.
    pub rows: Vec<(u64, String)>,
}

impl ActionStats {
    fn add(&mut self, other: Self) {
        self.done += other.done;
        self.refused += other.refused;
        self.not_sent += other.not_sent;
        self.in_doubt += other.in_doubt;
        self.micros.extend(other.micros);
    }
}

impl Reason {
    fn add(&mut self, other: Self) {
        self.count += other.count;
        self.rows.extend(other.rows);
        self.rows.sort_by_key(|(number, _)| *number);
        self.rows.truncate(NAMED);
    }
}

/// A write that may have been applied.
pub(super) struct Doubt {
    pub write: Write,
    pub timed: Timed,
    /// The number of its row, where that ended.
    pub row: Option<u64>,
}

/// What the journal of a run comes to.
#[derive(Default)]
pub(super) struct Account {
    pub counts: Counts,
    pub bulks: Vec<BulkRecord>,
    pub passes: Vec<Pass>,
    pub zone: Zone,
    /// The rows that ended, in the order of time.
    pub rows: Vec<Event>,
    /// The writes that ended, in the order of time.
    pub writes: Vec<Event>,
    /// Rows and writes of which the journal does not say when.
    pub untimed: u64,
    /// The commonest action first.
    pub actions: Vec<ActionStats>,
    /// The commonest reason first.
    pub reasons: Vec<Reason>,
    /// Rows that failed for reasons that are not told one by one.
    pub other_failures: u64,
    pub doubts: Vec<Doubt>,
    /// Writes the script made outside its rows.
    pub outside: u64,
    /// Fields that updates changed, by their snapshots.
    pub changes: u64,
    /// Records that were ended or removed, and kept as they were.
    pub kept: u64,
}

impl Account {
    /// Goes through the journal.
    pub fn count_up(reading: &Reading) -> Result<Self, JournalError> {
        let mut account = Self {
            counts: reading.counts()?,
            bulks: reading.bulks()?,
            passes: reading.passes()?,
            ..Self::default()
        };
        let mut actions = HashMap::new();
        reading.writes_in_time(|kept, timed| account.add_write(&mut actions, kept, timed))?;
        account.actions = sorted(actions);
        let mut reasons = HashMap::new();
        let mut doubtful: HashMap<String, Vec<usize>> = HashMap::new();
        for (place, doubt) in account.doubts.iter().enumerate() {
            if let Scope::Row(key) = &doubt.write.scope {
                doubtful.entry(key.to_string()).or_default().push(place);
            }
        }
        reading.rows_in_time(|row, ended, _| {
            for place in doubtful.get(&row.key).into_iter().flatten() {
                account.doubts[*place].row = Some(row.number);
            }
            account.add_row(&mut reasons, row, ended);
        })?;
        account.reasons = reasons.into_values().collect();
        let first = |reason: &Reason| reason.rows.first().map(|(number, _)| *number);
        account
            .reasons
            .sort_by_key(|reason| (u64::MAX - reason.count, first(reason)));
        account.rows.sort_by_key(|event| event.at);
        account.writes.sort_by_key(|event| event.at);
        account.zone = Zone::for_run(&reading.head().started, account.last(reading));
        Ok(account)
    }

    /// What two runs come to together; their loops and passes stay each's own.
    pub fn and(mut self, other: Self) -> Self {
        self.counts = self.counts.and(&other.counts);
        self.rows.extend(other.rows);
        self.rows.sort_by_key(|event| event.at);
        self.writes.extend(other.writes);
        self.writes.sort_by_key(|event| event.at);
        let ends = [
            self.rows.first(),
            self.rows.last(),
            self.writes.first(),
            self.writes.last(),
        ];
        let ends = ends.into_iter().flatten().map(|event| event.at);
        self.zone = self.zone.with(&other.zone, ends);
        let mut actions: HashMap<String, ActionStats> = HashMap::new();
        for stats in self.actions.into_iter().chain(other.actions) {
            match actions.entry(stats.action.clone()) {
                Entry::Vacant(slot) => {
                    slot.insert(stats);
                }
                Entry::Occupied(slot) => slot.into_mut().add(stats),
            }
        }
        self.actions = sorted(actions);
        for reason in other.reasons {
            let known = self
                .reasons
                .iter()
                .position(|known| known.text == reason.text);
            match known {
                Some(place) => self.reasons[place].add(reason),
                None if self.reasons.len() < REASONS => self.reasons.push(reason),
                None => self.other_failures += reason.count,
            }
        }
        self.reasons.sort_by_key(|reason| u64::MAX - reason.count);
        self.untimed += other.untimed;
        self.other_failures += other.other_failures;
        self.outside += other.outside;
        self.changes += other.changes;
        self.kept += other.kept;
        self
    }

    /// When the run was last at work, as far as is known.
    fn last(&self, reading: &Reading) -> i64 {
        let events = [self.rows.last(), self.writes.last()].into_iter().flatten();
        let known = [reading.ended(), Some(&reading.head().started)];
        let known = known.into_iter().flatten().filter_map(moment::millis);
        events.map(|event| event.at).chain(known).max().unwrap_or(0)
    }

    /// How many rows ended.
    pub fn ended(&self) -> u64 {
        let counts = &self.counts;
        counts.done + counts.failed + counts.skipped + counts.in_doubt
    }

    /// How many rows came to that.
    pub fn count(&self, status: RowStatus) -> u64 {
        let counts = &self.counts;
        match status {
            RowStatus::Done => counts.done - counts.unchanged,
            RowStatus::Unchanged => counts.unchanged,
            RowStatus::Skipped => counts.skipped,
            RowStatus::InDoubt => counts.in_doubt,
            RowStatus::Failed => counts.failed,
        }
    }

    /// How long each pass was at work: to its end, or to the last sign of it.
    pub fn worked(&self, place: usize, state: State) -> Duration {
        let pass = self.passes[place];
        let next = self.passes.get(place + 1).map(|next| next.began);
        let is_last_and_running = next.is_none() && state == State::Running;
        let last_sign = || {
            let events = self.rows.iter().chain(&self.writes);
            let its = events.filter(|event| next.is_none_or(|next| event.at < next));
            its.map(|event| event.at).max()
        };
        let end = match pass.ended {
            Some(ended) => ended,
            None if is_last_and_running => moment::now(),
            None => last_sign().unwrap_or(pass.began),
        };
        moment::between(pass.began, end)
    }

    fn add_write(&mut self, actions: &mut HashMap<String, ActionStats>, kept: Kept, timed: Timed) {
        let status = RowStatus::of_write(kept.write.outcome.as_ref());
        match timed.settled {
            Some(at) => self.writes.push(Event { at, status }),
            None if timed.begun.is_none() => self.untimed += 1,
            None => {}
        }
        let action = kept.write.action.clone();
        let of_action = actions
            .entry(action)
            .or_insert_with_key(|action| ActionStats {
                action: action.clone(),
                done: 0,
                refused: 0,
                not_sent: 0,
                in_doubt: 0,
                micros: Vec::new(),
            });
        *match &kept.write.outcome {
            Some(Outcome::Done(_)) => &mut of_action.done,
            Some(Outcome::Refused { .. }) => &mut of_action.refused,
            Some(Outcome::NotSent { .. }) => &mut of_action.not_sent,
            Some(Outcome::Unsettled(_)) | None => &mut of_action.in_doubt,
        } += 1;
        let took = timed.took.map(|took| took.as_micros());
        of_action
            .micros
            .extend(took.map(|took| u32::try_from(took).unwrap_or(u32::MAX)));
        self.outside += u64::from(kept.write.scope == Scope::Main);
        if status != RowStatus::Failed {
            match changes(&kept) {
                Some(changes) => self.changes += changes,
                None => self.kept += u64::from(kept.snapshot.is_some()),
            }
        }
        if status == RowStatus::InDoubt && self.doubts.len() < DOUBTS {
            self.doubts.push(Doubt {
                write: kept.write,
                timed,
                row: None,
            });
        }
    }

    fn add_row(&mut self, reasons: &mut HashMap<String, Reason>, row: RowRecord, at: Option<i64>) {
        let status = RowStatus::of_row(&row);
        match at {
            Some(at) => self.rows.push(Event { at, status }),
            None => self.untimed += 1,
        }
        if status != RowStatus::Failed {
            return;
        }
        let message = of_error(row.error.as_ref(), "message");
        let cells = row.original.iter().chain([&row.key]);
        let text = without_cells(&message, cells.map(String::as_str));
        let is_full = reasons.len() >= REASONS;
        let reason = match reasons.entry(text) {
            Entry::Vacant(_) if is_full => {
                self.other_failures += 1;
                return;
            }
            Entry::Vacant(slot) => {
                let error = row.error.as_ref();
                let text = slot.key().clone();
                slot.insert(Reason {
                    text,
                    first: message,
                    kind: of_error(error, "kind"),
                    place: of_error(error, "place"),
                    hint: of_error(error, "hint"),
                    count: 0,
                    rows: Vec::new(),
                })
            }
            Entry::Occupied(slot) => slot.into_mut(),
        };
        reason.count += 1;
        if reason.rows.len() < NAMED {
            reason.rows.push((row.number, row.key));
        }
    }
}

/// How many fields a write changed; `None` where it is no update with a snapshot.
fn changes(kept: &Kept) -> Option<u64> {
    let fields = Changed::by(kept)?.changes;
    Some(fields.iter().filter(|field| !field.is_idle()).count() as u64)
}

fn sorted(actions: HashMap<String, ActionStats>) -> Vec<ActionStats> {
    let mut actions: Vec<ActionStats> = actions.into_values().collect();
    for stats in &mut actions {
        stats.micros.sort_unstable();
    }
    actions.sort_by(|one, other| {
        let total =
            |stats: &ActionStats| stats.done + stats.refused + stats.not_sent + stats.in_doubt;
        (total(other), &one.action).cmp(&(total(one), &other.action))
    });
    actions
}

/// A word of a row's error.
pub(super) fn of_error(error: Option<&Map<String, Value>>, name: &str) -> String {
    error
        .and_then(|error| error.get(name))
        .map_or_else(String::new, text)
}

/// A value as text.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
