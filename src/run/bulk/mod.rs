//! Many rows at once: the scheduler of a bulk loop, which knows nothing of scripts.
//!
//! Rows are read when a worker is free for one, so a source of any length needs
//! little memory. Rows of one lane keep their order; a row that fails stops no
//! other; a server that is busy gets fewer at once. When no more are to be begun,
//! those in hand are let finish.

pub mod gather;
mod lanes;
mod limit;
mod options;
mod parking;
mod progress;
mod row;
mod scheduler;
mod shard;
mod slowdown;
#[cfg(test)]
mod stop_tests;
#[cfg(test)]
mod tests;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use parking::Alive;
use scheduler::Scheduler;

pub use lanes::lane;
pub use limit::{Limit, NoLimit};
pub use options::Options;
pub(in crate::run) use parking::park;
pub use progress::Progress;
pub(in crate::run) use row::panic_message;
pub use row::{Ended, Panicked, Row, RowOutcome};
pub use scheduler::Why;
pub use shard::{NoShard, Shard};

/// The stack of a worker: the script engine's limits are set for it. Only what is
/// used of it is memory.
pub(in crate::run) const STACK: usize = 16 << 20;

/// How a bulk loop went; its numbers are in [`Progress`].
#[derive(Debug)]
pub struct Summary<T, E> {
    /// Why no more rows were begun.
    pub why: Why<E>,
    /// Rows that were read from the source and not begun, in no order; what
    /// comes after them is still in the source.
    pub unbegun: Vec<Row<T>>,
    /// How long it took.
    pub elapsed: Duration,
}

/// Runs a worker over all rows, on as many threads as the options say.
///
/// The factory makes one worker for a thread, on that thread, when its first row
/// comes, and another after a panic. The observer is told of every row in the
/// order in which they end, before the next of the lane begins.
pub fn run<I, T, E, W, L>(
    rows: I,
    options: &Options,
    factory: impl Fn(usize) -> W + Sync,
    observer: impl FnMut(Row<T>, Ended<L>, usize, Duration) + Send,
) -> Summary<T, E>
where
    I: Iterator<Item = Result<Row<T>, E>> + Send,
    T: Send,
    E: Send,
    W: FnMut(&Row<T>) -> Ended<L>,
    L: From<Panicked>,
{
    let began = Instant::now();
    let scheduler = Scheduler::new(rows, options);
    let observer = Mutex::new(observer);
    thread::scope(|scope| {
        let spawn = |number: usize| {
            let (scheduler, factory, observer) = (&scheduler, &factory, &observer);
            let alive = scheduler.parking.thread();
            thread::Builder::new()
                .name(format!("worker {}", number + 1))
                .stack_size(STACK)
                .spawn_scoped(scope, move || {
                    work(number, scheduler, factory, observer, alive);
                })
        };
        let threads = options.rows_for(options.workers.max(1));
        for number in 0..threads {
            if let Err(error) = spawn(number) {
                // The others get along without it, if there are others.
                if number == 0 {
                    scheduler.stop(Why::Stopped(format!("no thread for the rows: {error}")));
                }
                break;
            }
        }
        // A row that waits for a late server keeps its thread: others need one.
        let mut spare = 0;
        while scheduler.parking.needs_thread(spare) {
            if spawn(threads + spare).is_err() {
                break;
            }
            spare += 1;
        }
    });
    let (why, unbegun) = scheduler.close();
    Summary {
        why,
        unbegun,
        elapsed: began.elapsed(),
    }
}

fn work<I, T, E, W, L>(
    number: usize,
    scheduler: &Scheduler<'_, I, T, E>,
    factory: &impl Fn(usize) -> W,
    observer: &Mutex<impl FnMut(Row<T>, Ended<L>, usize, Duration)>,
    _alive: Alive,
) where
    I: Iterator<Item = Result<Row<T>, E>>,
    W: FnMut(&Row<T>) -> Ended<L>,
    L: From<Panicked>,
{
    let _alarm = Alarm(scheduler);
    scheduler.parking.guard_thread();
    if let Some(in_flight) = &scheduler.in_flight {
        in_flight.guard_thread();
    }
    let mut worker = None;
    while let Some(in_hand) = scheduler.next() {
        let row = in_hand.row;
        let began = Instant::now();
        let result = catch_unwind(AssertUnwindSafe(|| {
            worker.get_or_insert_with(|| factory(number))(&row)
        }));
        let ended = result.unwrap_or_else(|panic| {
            // Nobody knows what the panic left of it.
            worker = None;
            Ended {
                outcome: RowOutcome::Failed,
                busy: false,
                left: Panicked(panic_message(&*panic)).into(),
            }
        });
        let (lane, outcome, busy) = (row.lane, ended.outcome.clone(), ended.busy);
        let mut tell = observer.lock().unwrap_or_else(PoisonError::into_inner);
        tell(row, ended, number, began.elapsed());
        drop(tell);
        scheduler.ended(lane, in_hand.began, &outcome, busy);
    }
}

/// Stops the others when a worker's thread ends by a panic of the observer.
struct Alarm<'d, 'o, I, T, E>(&'d Scheduler<'o, I, T, E>)
where
    I: Iterator<Item = Result<Row<T>, E>>;

impl<I, T, E> Drop for Alarm<'_, '_, I, T, E>
where
    I: Iterator<Item = Result<Row<T>, E>>,
{
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.stop(Why::Stopped("a worker panicked".into()));
        }
    }
}
