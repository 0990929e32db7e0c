//! What one pass over a log tells of its run without any table: what it is, how far it
//! came, which rows are settled, which writes are open.
//!
//! A row that is settled takes 17 bytes, a write one; only rows that began and did not
//! settle are kept by name.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::super::log::LogEntry;
use super::super::loops::KnownLoops;
use super::super::record::{Counts, DONE, IN_DOUBT, MAIN, MovedBefore, RowState};
use super::super::settled::{RowIds, SettledRows, hash};
use super::super::stored_record::{SourceRecord, StoredRecord};
use super::super::{BulkRecord, State};
use super::fields::{Fields, Unreadable};
use super::late::LateSecrets;
use super::records::{
    self, BEGUN, BULK, COPIED, HEAD, INTENT, KEY, Logged, OUTCOME, ROW, SERVER, SOURCE, STATE,
};
use crate::run::money::amount::Money;

/// What a log tells of its run.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct Survey {
    /// What the run is, as JSON.
    pub head: Option<String>,
    pub state: Option<State>,
    /// When it last came to an end.
    pub ended: Option<String>,
    /// The highest number of a write.
    pub last_intent: i64,
    /// The same of those outside of rows; 0 where there is none.
    pub last_main: i64,
    /// The highest number of a write before the last pass.
    before_pass: i64,
    /// The highest number of a row.
    pub last_row: i64,
    /// What the passes came to know of the loops.
    pub loops: KnownLoops,
    /// The loops themselves, by their numbers.
    pub bulks: BTreeMap<u64, BulkRecord>,
    /// Whether it is a copy that was gone on with.
    pub is_copy: bool,
    /// Whether a write in doubt was sent again and is done.
    pub has_repeats: bool,
    /// What was found to be secret in the cells of its rows.
    pub late: LateSecrets,
    /// Where each further server is.
    pub servers: HashMap<String, String>,
    /// The last record that was looked at.
    pub sequence: u64,
    /// The first record that is not what this version writes.
    pub unreadable: Option<(u64, Unreadable)>,
    rows: Vec<RowMark>,
    /// What became of each write, and the place of its action.
    writes: Vec<(WriteMark, u16)>,
    actions: Vec<String>,
    /// Whether nobody asks which rows are settled: a hash for each takes its time.
    is_counting: bool,
    /// Whether that was asked all the same.
    lacks_keys: bool,
    /// The hashes of the keys of rows that began and did not settle.
    unsettled: HashMap<i64, u128>,
    settled: SettledRows,
    /// The money of the writes that the run counted, by their numbers.
    money: HashMap<i64, Option<Money>>,
}

#[derive(Clone, Copy, Default, Eq, PartialEq)]
enum RowMark {
    #[default]
    None,
    Begun,
    Ended(RowState, bool),
}

impl RowMark {
    fn is_settled(self) -> bool {
        matches!(self, Self::Ended(state, _) if state.is_settled())
    }
}

#[derive(Clone, Copy, Default, Eq, PartialEq)]
enum WriteMark {
    #[default]
    None,
    Open,
    Done,
    Other,
}

impl Survey {
    /// One that only counts rows, as long as none is replaced.
    pub fn counting() -> Self {
        Self {
            is_counting: true,
            ..Self::default()
        }
    }

    /// Whether counting was not enough.
    pub const fn lacks_keys(&self) -> bool {
        self.lacks_keys
    }

    /// Takes a record in.
    pub fn visit(&mut self, entry: LogEntry<'_>) {
        // The log's own records stand where a pass ends and another begins.
        if entry.sequence != self.sequence + 1 || entry.kind == BEGUN {
            self.before_pass = self.last_intent;
        }
        self.sequence = entry.sequence;
        if let Err(why) = self.take(entry) {
            self.unreadable.get_or_insert((entry.sequence, why));
        }
    }

    fn take(&mut self, entry: LogEntry<'_>) -> Result<(), Unreadable> {
        let (kind, body) = (entry.kind, entry.body);
        let fields = records::parse(kind, body)?;
        match kind {
            HEAD => {
                self.head = Some(fields.text(1)?.to_owned());
                self.state = Some(State::Running);
            }
            COPIED => self.is_copy = true,
            BEGUN => (self.state, self.ended) = (Some(State::Running), None),
            STATE => {
                let state = State::of_word(fields.text(1)?).ok_or(Unreadable::Later)?;
                (self.state, self.ended) = (Some(state), fields.owned(2)?);
            }
            KEY => {
                let bulk = fields.number(1)?.unsigned_abs();
                let column = fields.text(2)?;
                let keys = &mut self.loops.keys;
                keys.entry(bulk).or_insert_with(|| column.to_owned());
            }
            SERVER => {
                let (name, place) = (fields.text(1)?, fields.text(2)?);
                let known = self.servers.entry(name.to_owned());
                known.or_insert_with(|| place.to_owned());
            }
            ROW => self.take_row(&fields)?,
            INTENT => {
                let (number, row) = (fields.number(1)?, fields.number(2)?);
                if let Some(key) = fields.maybe_text(3)? {
                    if !self.is_counting {
                        self.unsettled.insert(row, hash(key));
                    }
                    self.last_row = self.last_row.max(row);
                    *mark(&mut self.rows, row)? = RowMark::Begun;
                }
                if row == MAIN {
                    self.last_main = self.last_main.max(number);
                }
                let action = self.action(fields.text(4)?)?;
                *mark(&mut self.writes, number)? = (WriteMark::Open, action);
                self.last_intent = self.last_intent.max(number);
                if let Some(money) = fields.maybe_text(15)? {
                    self.money.insert(number, money.parse().ok());
                }
            }
            OUTCOME => {
                let write = &mut mark(&mut self.writes, fields.number(1)?)?.0;
                // No outcome stands without its intent.
                if *write == WriteMark::None {
                    return Err(Unreadable::Odd);
                }
                *write = match fields.text(2)? {
                    DONE => {
                        self.has_repeats |= fields.maybe_number(11)?.is_some();
                        WriteMark::Done
                    }
                    IN_DOUBT => WriteMark::Open,
                    _ => WriteMark::Other,
                };
            }
            SOURCE => match records::read_source(&fields)? {
                SourceRecord::Rows(part) => self.loops.take_rows(&part, entry),
                SourceRecord::Joined(new, old) => _ = self.loops.joined.insert(new, old),
                SourceRecord::Replaced(key) => self.replace(&key),
                SourceRecord::Verdict(..) => {}
                SourceRecord::Place(bulk, place) => {
                    self.loops.since.entry(bulk).or_insert(self.before_pass);
                    self.loops.places.insert(bulk, place);
                }
            },
            BULK => {
                if let Logged::Other(StoredRecord::Bulk(bulk)) = records::read(kind, body)? {
                    self.late.learn(&bulk);
                    self.take_bulk(*bulk);
                }
            }
            // Whatever it is, this version must know it.
            _ => _ = records::read(kind, body)?,
        }
        Ok(())
    }

    /// Takes in what is known of a loop; what was found to be secret before stays so.
    fn take_bulk(&mut self, mut bulk: BulkRecord) {
        if let Some(earlier) = self.bulks.remove(&bulk.number) {
            let kept = earlier.hidden.into_iter();
            let kept: Vec<String> = kept.filter(|name| !bulk.hidden.contains(name)).collect();
            bulk.hidden.extend(kept);
        }
        self.bulks.insert(bulk.number, bulk);
    }

    /// Counts a row no more that did nothing.
    fn replace(&mut self, key: &str) {
        self.lacks_keys |= self.is_counting;
        let key = hash(key);
        let ids = self.unsettled.iter().filter(|(_, known)| **known == key);
        for id in ids.filter_map(|(id, _)| usize::try_from(*id).ok()) {
            if let Some(mark) = self.rows.get_mut(id) {
                *mark = RowMark::None;
            }
        }
    }

    fn take_row(&mut self, fields: &Fields<'_>) -> Result<(), Unreadable> {
        let row = fields.number(1)?;
        let state = RowState::of_word(fields.text(2)?).ok_or(Unreadable::Later)?;
        let key = fields.text(3)?;
        let is_unchanged = fields.number(7)? != 0;
        self.last_row = self.last_row.max(row);
        let mark = mark(&mut self.rows, row)?;
        let before = std::mem::replace(mark, RowMark::Ended(state, is_unchanged));
        if self.is_counting {
            return Ok(());
        }
        let key = hash(key);
        if before.is_settled() {
            self.settled.remove(key);
        }
        if state.is_settled() {
            self.unsettled.remove(&row);
            self.settled.add(key, state, is_unchanged);
        } else {
            self.unsettled.insert(row, key);
        }
        Ok(())
    }

    /// How many rows ended how, and what of the writes is open.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for row in &self.rows {
            match row {
                RowMark::None => {}
                RowMark::Begun => counts.begun += 1,
                RowMark::Ended(RowState::Done, is_unchanged) => {
                    counts.done += 1;
                    counts.unchanged += u64::from(*is_unchanged);
                }
                RowMark::Ended(RowState::Failed, _) => counts.failed += 1,
                RowMark::Ended(RowState::Skipped, _) => counts.skipped += 1,
                RowMark::Ended(RowState::InDoubt, _) => counts.in_doubt += 1,
            }
        }
        let number = |mark: WriteMark| self.writes.iter().filter(|is| is.0 == mark).count() as u64;
        counts.writes = number(WriteMark::Done);
        counts.writes_in_doubt = number(WriteMark::Open);
        counts
    }

    /// The writes that may have been applied.
    pub fn open_writes(&self) -> HashSet<i64> {
        let writes = (0..).zip(&self.writes);
        let open = writes.filter(|(_, (mark, _))| *mark == WriteMark::Open);
        open.map(|(number, _)| number).collect()
    }

    /// The money that the writes moved or may have moved, and the actions of those whose
    /// money nobody counted.
    pub fn moved(&self) -> MovedBefore {
        let mut moved = MovedBefore::default();
        let mut uncounted = HashSet::new();
        for (number, (mark, action)) in (0..).zip(&self.writes) {
            match (mark, self.money.get(&number)) {
                (WriteMark::None | WriteMark::Other, _) | (_, Some(None)) => {}
                (_, Some(Some(Money { amount, currency }))) => {
                    *moved.money.entry(currency.clone()).or_default() += amount;
                }
                (_, None) => _ = uncounted.insert(*action),
            }
        }
        let names = uncounted
            .into_iter()
            .map(|action| self.actions[usize::from(action)].clone());
        moved.uncounted = names.collect();
        moved
    }

    /// How many writes of each action were applied, the commonest first.
    pub fn actions(&self) -> Vec<(String, u64)> {
        let mut counts: Vec<_> = self.actions.iter().map(|name| (name.clone(), 0)).collect();
        for (mark, action) in &self.writes {
            if *mark == WriteMark::Done {
                counts[usize::from(*action)].1 += 1;
            }
        }
        counts.retain(|(_, count)| *count > 0);
        counts.sort_by(|(a, first), (b, second)| second.cmp(first).then_with(|| a.cmp(b)));
        counts
    }

    fn action(&mut self, name: &str) -> Result<u16, Unreadable> {
        let known = self.actions.iter().position(|known| known == name);
        let place = known.unwrap_or_else(|| {
            self.actions.push(name.to_owned());
            self.actions.len() - 1
        });
        u16::try_from(place).map_err(|_| Unreadable::Odd)
    }

    /// The rows that are settled, and the numbers of those that are not.
    pub fn rows(self) -> (SettledRows, RowIds) {
        let Self {
            mut settled,
            unsettled,
            ..
        } = self;
        settled.sort();
        let by_key = unsettled.into_iter().map(|(row, key)| (key, row));
        (settled, RowIds::new(by_key.collect()))
    }
}

/// The place for what is known of that number. A number that nothing could have
/// reached would take all memory.
pub(super) fn mark<T: Clone + Default>(
    marks: &mut Vec<T>,
    number: i64,
) -> Result<&mut T, Unreadable> {
    const MOST: usize = 1 << 32;
    let place = usize::try_from(number).map_err(|_| Unreadable::Odd)?;
    if place >= MOST {
        return Err(Unreadable::Odd);
    }
    if place >= marks.len() {
        marks.resize(place + 1, T::default());
    }
    Ok(&mut marks[place])
}
