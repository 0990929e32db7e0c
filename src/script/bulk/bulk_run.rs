//! A bulk loop from its first row to its last, or to the one that stops it.

use std::collections::BTreeSet;
use std::time::Duration;

use rhai::{Dynamic, EvalAltResult, Map, Position};
use serde_json::Map as Object;

use crate::run::bulk::{self, Ended, Progress, Row, RowOutcome, Why};
use crate::run::journal::{RowState, SettledRow};
use crate::script::bulk::rows::{Item, RowFeed};
use crate::script::bulk::sink::{LeftOver, RowEnded, RowSink};
use crate::script::bulk::worker::{RowEnd, RowResult, Work};
use crate::script::engine::function::Fallible;
use crate::script::raise::Raised;

/// A bulk loop that goes on.
pub(super) struct BulkRun<'w> {
    sink: &'w dyn RowSink,
    work: &'w Work,
    unchanged: i64,
    /// Rows that were begun and are still to be done.
    broken_off: Vec<Item>,
    /// The places of cells that hold secrets, as far as that was found out.
    hidden: BTreeSet<usize>,
    /// Why nothing more was begun.
    stopped: Option<Box<EvalAltResult>>,
}

/// The rows that an earlier pass of the run did not settle; those it did are only counted.
struct Unsettled<'f> {
    feed: &'f mut RowFeed,
    sink: &'f dyn RowSink,
    schedule: &'f bulk::Options,
    /// How many were settled with nothing to change.
    unchanged: i64,
}

impl Iterator for Unsettled<'_> {
    type Item = Fallible<Row<Item>>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let row = match self.feed.next()? {
                Ok(row) => row,
                Err(error) => return Some(Err(error)),
            };
            let Some(past) = self.sink.past(&row.item.key) else {
                return Some(Ok(row));
            };
            self.unchanged += i64::from(past == SettledRow::Unchanged);
            self.schedule.progress.count(&match past {
                SettledRow::Skipped => RowOutcome::Skipped,
                SettledRow::Done | SettledRow::Unchanged => RowOutcome::Done,
            });
            if self.schedule.cancel.is_raised() {
                let interrupted = EvalAltResult::ErrorTerminated(Dynamic::UNIT, Position::NONE);
                return Some(Err(interrupted.into()));
            }
        }
    }
}

impl<'w> BulkRun<'w> {
    /// A loop that did not begin.
    pub fn new(sink: &'w dyn RowSink, work: &'w Work) -> Self {
        Self {
            sink,
            work,
            unchanged: 0,
            broken_off: Vec::new(),
            hidden: work.secret.clone(),
            stopped: None,
        }
    }

    /// Runs all rows; says how many ended how, or why they did not all begin.
    pub fn run(mut self, mut feed: RowFeed, schedule: &bulk::Options) -> Fallible<Map> {
        let work = self.work;
        if let Some(settled) = feed.all_settled() {
            let done = settled.done + settled.unchanged;
            schedule.progress.count_many(&RowOutcome::Done, done);
            let skipped = settled.skipped;
            schedule.progress.count_many(&RowOutcome::Skipped, skipped);
            self.unchanged = settled.unchanged.cast_signed();
            return Ok(self.counts(&schedule.progress));
        }
        let mut unsettled = Unsettled {
            feed: &mut feed,
            sink: self.sink,
            schedule,
            unchanged: 0,
        };
        let summary = bulk::run(
            &mut unsettled,
            schedule,
            |_| work.worker(),
            |row, ended, _, elapsed| self.ended(row, ended, elapsed),
        );
        self.unchanged += unsettled.unchanged;
        let stopped = self.stopped.take();
        let why = match summary.why {
            Why::Finished => return Ok(self.counts(&schedule.progress)),
            Why::Failures => limit(schedule).into(),
            Why::Stopped(why) => stopped.unwrap_or_else(|| Raised::new("script", why).into()),
            Why::Interrupted => {
                EvalAltResult::ErrorTerminated(Dynamic::UNIT, Position::NONE).into()
            }
            Why::Source(error) => error,
        };
        let unbegun = summary.unbegun.into_iter().map(|row| row.item);
        let host = work.factory.host();
        let left = self.leave(unbegun, feed);
        if left > 0 && is_exit(&why) {
            let rows = if left == 1 { "row was" } else { "rows were" };
            host.note(&format!(
                "`exit` in a row ended the loop: {left} {rows} not processed"
            ));
        }
        Err(why)
    }

    /// Hands on what became of a row.
    fn ended(&mut self, row: Row<Item>, ended: Ended<RowEnd>, elapsed: Duration) {
        let item = row.item;
        let told = match ended.left {
            RowEnd::Ended(told) => told,
            RowEnd::Stopped(error, hidden) => {
                self.hidden.extend(hidden);
                self.stopped.get_or_insert(error);
                self.broken_off.push(item);
                return;
            }
            RowEnd::Panicked(why) => self.panicked(&item, &why),
        };
        self.hidden.extend(&told.hidden);
        let unchanged = told.is_unchanged();
        self.unchanged += i64::from(unchanged);
        self.sink.row(RowEnded {
            key: item.key,
            number: item.number,
            line: item.line,
            cells: told.cells,
            hidden: told.hidden,
            state: told.state,
            unchanged,
            columns: told.columns,
            error: told.error,
            elapsed,
        });
    }

    fn panicked(&self, item: &Item, why: &str) -> RowResult {
        let message = format!("the row made whmcsh panic: {why}");
        let hint = "this is a defect of whmcsh: please report it together with the script";
        let error = [("kind", "defect"), ("message", &message), ("hint", hint)];
        let error = error.map(|(key, value)| (key.to_owned(), value.into()));
        RowResult {
            state: RowState::Failed,
            columns: Object::new(),
            error: Some(error.into_iter().collect()),
            hidden: Vec::new(),
            cells: self.work.open_cells(item, &self.hidden),
            sets_nothing: false,
        }
    }

    /// Hands on the rows that are still to be done, in their order; says how many.
    fn leave(self, unbegun: impl Iterator<Item = Item>, feed: RowFeed) -> u64 {
        let mut left = 0;
        let broken_off = self.broken_off.into_iter().map(|item| (item, true));
        let mut first: Vec<_> = broken_off
            .chain(unbegun.map(|item| (item, false)))
            .collect();
        first.sort_by_key(|(item, _)| item.number);
        if feed.has_unread() {
            self.sink.more_left();
        }
        let rest = feed.rest().map(|item| (item, false));
        for (item, is_begun) in first.into_iter().chain(rest) {
            if self.sink.past(&item.key).is_some() {
                continue;
            }
            self.sink.left_over(LeftOver {
                is_begun: is_begun || self.sink.was_begun(&item.key),
                cells: self.work.open_cells(&item, &self.hidden),
                hidden: self.hidden.iter().copied().collect(),
                number: item.number,
                line: item.line,
            });
            left += 1;
        }
        left
    }

    fn counts(&self, progress: &Progress) -> Map {
        let count = |number: u64| Dynamic::from_int(number.cast_signed());
        Map::from([
            ("ok".into(), count(progress.done())),
            ("failed".into(), count(progress.failed())),
            ("skipped".into(), count(progress.skipped())),
            ("in_doubt".into(), count(progress.in_doubt())),
            ("unchanged".into(), self.unchanged.into()),
            ("total".into(), count(progress.ended())),
        ])
    }
}

/// Whether the script ended itself; an interruption ends it with nothing.
fn is_exit(why: &EvalAltResult) -> bool {
    match why.unwrap_inner() {
        EvalAltResult::Exit(..) => true,
        EvalAltResult::ErrorTerminated(code, _) => !code.is_unit(),
        _ => false,
    }
}

fn limit(schedule: &bulk::Options) -> Raised {
    let progress = &schedule.progress;
    let failed = progress.failed() + progress.in_doubt();
    let ended = progress.ended();
    let rows = if ended == 1 { "row" } else { "rows" };
    let what =
        format!("stopped after {failed} of {ended} {rows} failed: `max_failures` was reached");
    Raised::new("limit", what)
        .hint("look at the failures first; to allow more, raise `max_failures`")
}
