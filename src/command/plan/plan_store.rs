//! Keeps what is shown of a plan: its first rows in memory, all of them on disk
//! where the whole plan is wanted.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use super::entry::Entry;
use super::spool::{Place, Spool};
use crate::command::Terminal;
use crate::command::execution::admission::{RowChanges, refuse_done_before};
use crate::command::execution::rows::Rows;
use crate::error::Failure;
use crate::files::reason;
use crate::run::journal::{RowState, SettledRow};
use crate::run::plan::{Plan, PlannedWrite};
use crate::run::resume::DoneBefore;
use crate::script::{Begun, LeftOver, RowEnded, RowSink, SourceNow, Unfit};

/// Rows kept in memory, those that are shown.
pub(super) const SHOWN: usize = 20;

/// Everything that is kept.
pub(super) struct PlanStore {
    kept: Mutex<Kept>,
    /// What is to be said of rows that fail.
    rows: Rows,
}

/// How many rows ended how, by the word for it.
pub(super) type Outcomes = BTreeMap<&'static str, u64>;

struct Kept {
    first: BTreeMap<Place, Entry>,
    spool: Option<Spool>,
    /// Why the spool cannot be written any more.
    broken: Option<io::Error>,
    entries: u64,
    bulk: u64,
    writes: u64,
    outcomes: Outcomes,
}

impl PlanStore {
    /// A store of all rows if there is a folder to keep them in, else of the first.
    pub fn new(folder: Option<&Path>, terminal: Terminal) -> Result<Self, Failure> {
        let begin = |folder: &Path| {
            Spool::begin(folder).map_err(|error| {
                Failure::usage(format!(
                    "cannot keep the plan in `{}`: {}; nothing was sent",
                    folder.display(),
                    reason(&error)
                ))
            })
        };
        Ok(Self {
            kept: Mutex::new(Kept {
                first: BTreeMap::new(),
                spool: folder.map(begin).transpose()?,
                broken: None,
                entries: 0,
                bulk: 0,
                writes: 0,
                outcomes: Outcomes::new(),
            }),
            rows: Rows::new(None, terminal),
        })
    }

    /// Keeps a write of the script itself.
    pub fn script(&self, write: PlannedWrite) {
        let mut kept = self.kept();
        kept.writes += 1;
        // Behind the rows of the loop before it.
        let place = (kept.bulk, u64::MAX, kept.writes);
        kept.keep(
            place,
            Entry {
                row: None,
                outcome: "ok",
                reason: None,
                writes: vec![write],
            },
        );
    }

    fn row(&self, row: &RowEnded, writes: Vec<PlannedWrite>) {
        let said = row.error.as_ref().and_then(|error| error.get("message"));
        let entry = Entry {
            row: Some((Some(row.number), Arc::clone(&row.key))),
            outcome: outcome(row),
            reason: said.and_then(Value::as_str).map(str::to_owned),
            writes,
        };
        let mut kept = self.kept();
        *kept.outcomes.entry(entry.outcome).or_default() += 1;
        if !entry.writes.is_empty() || entry.reason.is_some() {
            let place = (kept.bulk, row.number, 0);
            kept.keep(place, entry);
        }
    }

    /// Keeps what rows would have done that were broken off when the plan stopped.
    pub fn broken_off(&self, plan: &Plan) {
        for (key, writes) in plan.broken_off() {
            let mut kept = self.kept();
            kept.writes += 1;
            // Behind the rows that ended.
            let place = (kept.bulk, u64::MAX, kept.writes);
            let entry = Entry {
                row: Some((None, key)),
                outcome: "broken off",
                reason: None,
                writes,
            };
            kept.keep(place, entry);
        }
    }

    /// The entries that are shown, and how many there are in all.
    pub fn first(&self) -> (Vec<Entry>, u64) {
        let kept = self.kept();
        (kept.first.values().cloned().collect(), kept.entries)
    }

    /// How many rows ended how.
    pub fn outcomes(&self) -> Outcomes {
        self.kept().outcomes.clone()
    }

    /// Hands on every entry as a line of JSON, in order.
    pub fn each(&self, line: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
        self.kept()
            .spool
            .as_mut()
            .map_or(Ok(()), |spool| spool.each(line))
    }

    /// Fails if not all entries could be kept.
    pub fn intact(&self) -> Result<(), Failure> {
        match &self.kept().broken {
            None => Ok(()),
            Some(error) => {
                let what = format!("cannot keep the plan: {}", reason(error));
                Err(Failure::usage(what)
                    .hint("free some disk space, or leave out `--out` and `--json`"))
            }
        }
    }

    /// What is to be said of rows that failed.
    pub fn verdict(&self) -> Result<(), Failure> {
        self.rows.verdict()
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn keep(&mut self, place: Place, entry: Entry) {
        self.entries += 1;
        if self.broken.is_none()
            && let Some(spool) = &mut self.spool
        {
            let line = entry.as_json().to_string();
            self.broken = spool.push(place, &line).err();
        }
        self.first.insert(place, entry);
        if self.first.len() > SHOWN {
            self.first.pop_last();
        }
    }
}

fn outcome(row: &RowEnded) -> &'static str {
    match row.state {
        RowState::Done if row.unchanged => "unchanged",
        RowState::Done => "ok",
        RowState::Failed => "failed",
        RowState::Skipped => "skipped",
        RowState::InDoubt => "in doubt",
    }
}

/// The rows of a plan's loops, as they end.
pub(super) struct RowsOf(pub Arc<PlanStore>, pub Arc<Plan>);

impl RowsOf {
    /// Says of rows that an earlier run had begun what a run would say of them.
    fn tell_begun(&self, source: &str, row: Option<DoneBefore>) {
        let refused = refuse_done_before(source, row, &RowChanges::default(), &[]);
        if let Err(Unfit { what, hint }) = refused {
            let hint = hint.map_or_else(String::new, |hint| format!(" ({hint})"));
            let what = what.replace("; nothing was sent", "");
            self.1
                .would_stop(&format!("would be refused: {what}{hint}"));
        }
    }
}

impl RowSink for RowsOf {
    fn begin(&self, _: &Begun) {
        self.0.kept().bulk += 1;
    }

    fn row(&self, row: RowEnded) {
        let writes = self.1.row_ended(&row.key);
        self.0.row(&row, writes);
        self.0.rows.row(row);
    }

    fn left_over(&self, _: LeftOver) {}

    fn end(&self) {}

    fn past(&self, _: &str) -> Option<SettledRow> {
        None
    }

    fn keeps(&self) -> bool {
        true
    }

    fn admit(&self, source: &SourceNow<'_>) -> Result<HashMap<String, String>, Unfit> {
        self.tell_begun(&format!("`{}`", source.name()), source.done_before);
        Ok(HashMap::new())
    }

    fn refuse_begun(&self, source: &str, row: DoneBefore) -> Result<(), Unfit> {
        self.tell_begun(source, Some(row));
        Ok(())
    }
}
