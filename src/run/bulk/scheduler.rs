//! Where workers get their rows and report how these ended.
//!
//! The source is read by one worker at a time, outside the lock: one that has to
//! wait for the network holds up nobody who has a row. Rows in hand and rows
//! waiting in lanes are all the memory a source of any length needs.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::lanes::Lanes;
use super::options::Options;
use super::parking::Parking;
use super::row::{Row, RowOutcome, panic_message};
use super::slowdown::{Epoch, Slowdown};
use crate::run::condition::Condition;
use crate::run::pacing::in_flight::InFlight;

/// How often an idle worker looks whether the user interrupted.
const GLANCE: Duration = Duration::from_millis(50);

/// Rows that wait in lanes for every worker, before the source has to.
const LOOK_AHEAD: usize = 16;

/// Why no more rows were begun.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Why<E> {
    /// There are no more.
    Finished,
    /// Too many failed.
    Failures,
    /// A row said so, for that reason.
    Stopped(String),
    /// The user interrupted.
    Interrupted,
    /// The source failed.
    Source(E),
}

pub(super) struct Scheduler<'o, I, T, E> {
    options: &'o Options,
    /// What the calls of the rows in hand go through, where there are more of these.
    pub in_flight: Option<Arc<InFlight>>,
    /// Where the rows in hand that wait for a late server stand aside.
    pub parking: Arc<Parking>,
    state: Mutex<State<I, T, E>>,
    changed: Condition,
}

struct State<I, T, E> {
    source: Source<I>,
    lanes: Lanes<T>,
    slowdown: Slowdown,
    /// Rows begun that did not end; whoever reads the source counts as having one.
    in_hand: usize,
    why: Option<Why<E>>,
}

enum Source<I> {
    /// Nobody reads it at present.
    Idle(I),
    /// A worker reads the next row.
    InUse,
    /// There is nothing more to come.
    Exhausted,
}

/// What a worker is to do next.
enum Turn<I, T> {
    Begin(InHand<T>),
    Read(I),
}

/// A row in a worker's hand.
pub(super) struct InHand<T> {
    pub row: Row<T>,
    pub began: Epoch,
}

impl<'o, I, T, E> Scheduler<'o, I, T, E>
where
    I: Iterator<Item = Result<Row<T>, E>>,
{
    pub fn new(rows: I, options: &'o Options) -> Self {
        let scheduler = Self {
            options,
            parking: Arc::default(),
            in_flight: (options.waits_for_disk)
                .then(|| Arc::new(InFlight::new(options.workers.max(1)))),
            state: Mutex::new(State {
                source: Source::Idle(rows),
                lanes: Lanes::new(),
                slowdown: Slowdown::new(options.workers.max(1)),
                in_hand: 0,
                why: None,
            }),
            changed: Condition::default(),
        };
        options.progress.begin();
        scheduler.publish(&scheduler.lock());
        scheduler
    }

    /// Waits for a row; `None` when no more are to be begun.
    pub fn next(&self) -> Option<InHand<T>> {
        loop {
            let begun = match self.turn()? {
                Turn::Begin(row) => Some(row),
                Turn::Read(rows) => self.read(rows),
            };
            if begun.is_some() {
                return begun;
            }
        }
    }

    /// Waits until there is something to do.
    fn turn(&self) -> Option<Turn<I, T>> {
        let mut state = self.lock();
        loop {
            if state.is_over() {
                self.changed.notify_all();
                return None;
            }
            if self.options.cancel.is_raised() {
                self.halt(&mut state, Why::Interrupted);
                return None;
            }
            if let Some(turn) = state.turn(self.options, self.parking.parked()) {
                self.publish(&state);
                return Some(turn);
            }
            state = self.changed.wait_timeout(state, GLANCE);
        }
    }

    /// Reads one row; `None` if its lane is busy or there is none.
    fn read(&self, mut rows: I) -> Option<InHand<T>> {
        let read = catch_unwind(AssertUnwindSafe(|| rows.next()));
        let mut state = self.lock();
        state.source = Source::Idle(rows);
        let row = match read {
            Ok(Some(Ok(row))) => state.lanes.enter(row),
            Ok(None) => {
                state.source = Source::Exhausted;
                None
            }
            Ok(Some(Err(error))) => {
                self.halt(&mut state, Why::Source(error));
                None
            }
            Err(panic) => {
                let why = format!("the rows could not be read: {}", panic_message(&*panic));
                self.halt(&mut state, Why::Stopped(why));
                None
            }
        };
        if row.is_none() {
            state.in_hand -= 1;
            self.publish(&state);
        }
        // Somebody else may read the source now.
        self.changed.notify_one();
        let began = state.slowdown.epoch();
        row.map(|row| InHand { row, began })
    }

    /// Takes note of how a row ended.
    pub fn ended(&self, lane: u64, began: Epoch, outcome: &RowOutcome, busy: bool) {
        let progress = &self.options.progress;
        let mut state = self.lock();
        progress.count(outcome);
        state.in_hand -= 1;
        state.lanes.leave(lane);
        state.slowdown.ended(began, busy);
        if let Some(in_flight) = &self.in_flight {
            in_flight.allow(state.slowdown.active());
        }
        self.publish(&state);
        let failed = progress.failed() + progress.in_doubt();
        if let RowOutcome::Stop(why) = outcome {
            self.halt(&mut state, Why::Stopped(why.clone()));
        } else if let Some(limit) = self.options.max_failures
            && limit.is_reached(failed, progress.ended())
        {
            self.halt(&mut state, Why::Failures);
        }
        // This worker comes for one row; there may be work for another as well.
        if state.lanes.has_ready()
            || state.in_hand + 1 < self.options.rows_for(state.slowdown.active())
        {
            self.changed.notify_one();
        }
    }

    /// Lets no more rows begin.
    pub fn stop(&self, why: Why<E>) {
        self.halt(&mut self.lock(), why);
    }

    /// Why no more rows were begun, and the rows that were read and did not begin.
    pub fn close(self) -> (Why<E>, Vec<Row<T>>) {
        let mut state = self
            .state
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        (state.why.unwrap_or(Why::Finished), state.lanes.drain())
    }

    /// Only the first reason counts; what an interruption brings about is one.
    fn halt(&self, state: &mut State<I, T, E>, why: Why<E>) {
        let is_interrupted = self.options.cancel.is_raised();
        let why = if is_interrupted {
            Why::Interrupted
        } else {
            why
        };
        state.why.get_or_insert(why);
        self.parking.end();
        self.changed.notify_all();
    }

    fn publish(&self, state: &State<I, T, E>) {
        let progress = &self.options.progress;
        progress.set_workers(state.in_hand, state.slowdown.active());
        let has_more = !matches!(state.source, Source::Exhausted) || state.lanes.has_ready();
        self.parking.set(state.in_hand, has_more);
    }

    fn lock(&self) -> MutexGuard<'_, State<I, T, E>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<I, T, E> State<I, T, E> {
    /// A row whose turn it is, else the source, if another row may be in hand.
    fn turn(&mut self, options: &Options, parked: usize) -> Option<Turn<I, T>> {
        if self.in_hand >= options.rows_for(self.slowdown.active()) + parked {
            return None;
        }
        let look_ahead = LOOK_AHEAD * options.workers.max(1);
        let turn = if let Some(row) = self.lanes.take() {
            let began = self.slowdown.epoch();
            Turn::Begin(InHand { row, began })
        } else if self.lanes.waiting() < look_ahead {
            Turn::Read(self.source.take()?)
        } else {
            return None;
        };
        self.in_hand += 1;
        Some(turn)
    }

    /// Whether no row will begin any more.
    fn is_over(&self) -> bool {
        let is_exhausted = matches!(self.source, Source::Exhausted);
        self.why.is_some() || (is_exhausted && self.lanes.waiting() == 0)
    }
}

impl<I> Source<I> {
    fn take(&mut self) -> Option<I> {
        match std::mem::replace(self, Self::InUse) {
            Self::Idle(rows) => Some(rows),
            other => {
                *self = other;
                None
            }
        }
    }
}
