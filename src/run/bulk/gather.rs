//! Many things read at once and handed out in order, without knowing of scripts.
//!
//! Threads take the items as they come and stay ahead of whoever asks for the results,
//! but not far: a source of any length needs little memory. The first error is the
//! last result.

use std::collections::BTreeMap;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use super::{Panicked, STACK, panic_message};

/// Results that may wait to be asked for, for every worker.
const AHEAD: usize = 2;

/// The results of a worker over items, in the order of the items.
pub struct Gather<R, E> {
    scheduler: Arc<Desk<R, E>>,
    threads: Vec<JoinHandle<()>>,
}

/// Where results wait.
struct Desk<R, E> {
    state: Mutex<State<R, E>>,
    changed: Condvar,
    /// How many items may be begun whose results nobody took.
    room: u64,
}

struct State<R, E> {
    ready: BTreeMap<u64, Result<R, E>>,
    /// The results handed out.
    taken: u64,
    /// The items somebody has begun to ask for.
    begun: u64,
    /// How many results there will be, once that is known.
    end: Option<u64>,
}

/// The items that are left.
struct Items<T, E> {
    source: Option<Box<dyn Iterator<Item = Result<T, E>> + Send>>,
    number: u64,
}

impl<R, E> Gather<R, E>
where
    R: Send + 'static,
    E: From<Panicked> + Send + 'static,
{
    /// Begins to read, with so many workers; the factory makes one for a thread, on
    /// that thread.
    ///
    /// # Errors
    ///
    /// The system gives no thread.
    pub fn new<T, W>(
        source: Box<dyn Iterator<Item = Result<T, E>> + Send>,
        workers: usize,
        factory: impl Fn() -> W + Send + Sync + 'static,
    ) -> io::Result<Self>
    where
        T: 'static,
        W: FnMut(T) -> Result<R, E>,
    {
        let workers = workers.max(1);
        let scheduler = Arc::new(Desk {
            state: Mutex::new(State {
                ready: BTreeMap::new(),
                taken: 0,
                begun: 0,
                end: None,
            }),
            changed: Condvar::new(),
            room: (workers * (1 + AHEAD)) as u64,
        });
        let source = Some(source);
        let items = Arc::new(Mutex::new(Items { source, number: 0 }));
        let factory = Arc::new(factory);
        // Made first, so that threads already begun are ended with it on an error.
        let mut gather = Self {
            scheduler,
            threads: Vec::new(),
        };
        for number in 1..=workers {
            let (scheduler, items) = (Arc::clone(&gather.scheduler), Arc::clone(&items));
            let factory = Arc::clone(&factory);
            let spawned = thread::Builder::new()
                .name(format!("reader {number}"))
                .stack_size(STACK)
                .spawn(move || work(&scheduler, &items, &*factory));
            match spawned {
                Ok(thread) => gather.threads.push(thread),
                Err(error) if number == 1 => return Err(error),
                // The others get along without it.
                Err(_) => break,
            }
        }
        Ok(gather)
    }
}

impl<R, E> Iterator for Gather<R, E> {
    type Item = Result<R, E>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut state = self.scheduler.lock();
        loop {
            let next = state.taken;
            // What was begun behind an error may be ready all the same.
            if state.end.is_some_and(|end| next >= end) {
                return None;
            }
            if let Some(result) = state.ready.remove(&next) {
                state.taken += 1;
                self.scheduler.changed.notify_all();
                return Some(result);
            }
            state = self.scheduler.wait(state);
        }
    }
}

impl<R, E> Drop for Gather<R, E> {
    fn drop(&mut self) {
        self.scheduler.ends_at(0);
        for thread in self.threads.drain(..) {
            // A worker's panic has become a result; nothing is lost with the thread.
            let _ = thread.join();
        }
    }
}

impl<R, E> Desk<R, E> {
    fn lock(&self) -> MutexGuard<'_, State<R, E>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'s>(&self, state: MutexGuard<'s, State<R, E>>) -> MutexGuard<'s, State<R, E>> {
        let waited = self.changed.wait(state);
        waited.unwrap_or_else(PoisonError::into_inner)
    }

    /// Nothing comes from that place on.
    fn ends_at(&self, place: u64) {
        let mut state = self.lock();
        let end = state.end.map_or(place, |end| end.min(place));
        state.end = Some(end);
        self.changed.notify_all();
    }

    /// Waits until another item may be begun; `false` when none may be any more.
    fn may_begin(&self) -> bool {
        let mut state = self.lock();
        while state.end.is_none() {
            if state.begun < state.taken + self.room {
                state.begun += 1;
                return true;
            }
            state = self.wait(state);
        }
        false
    }

    fn put(&self, place: u64, result: Result<R, E>) {
        if result.is_err() {
            self.ends_at(place + 1);
        }
        self.lock().ready.insert(place, result);
        self.changed.notify_all();
    }
}

fn work<T, R, E, W>(scheduler: &Desk<R, E>, items: &Mutex<Items<T, E>>, factory: &dyn Fn() -> W)
where
    E: From<Panicked>,
    W: FnMut(T) -> Result<R, E>,
{
    let mut worker = None;
    while scheduler.may_begin() {
        let Some((place, item)) = items.lock().unwrap_or_else(PoisonError::into_inner).next()
        else {
            break;
        };
        let result =
            item.and_then(|item| caught(|| worker.get_or_insert_with(factory)(item)).flatten());
        scheduler.put(place, result);
    }
    let items = items.lock().unwrap_or_else(PoisonError::into_inner);
    if items.source.is_none() {
        scheduler.ends_at(items.number);
    }
}

impl<T, E: From<Panicked>> Items<T, E> {
    /// The next item and its place; nothing after the last or after an error.
    fn next(&mut self) -> Option<(u64, Result<T, E>)> {
        let source = self.source.as_mut()?;
        let item = caught(|| source.next()).transpose();
        let item = item.map(Result::flatten);
        if !matches!(item, Some(Ok(_))) {
            self.source = None;
        }
        let place = self.number;
        self.number += u64::from(item.is_some());
        Some((place, item?))
    }
}

fn caught<T, E: From<Panicked>>(body: impl FnOnce() -> T) -> Result<T, E> {
    let result = catch_unwind(AssertUnwindSafe(body));
    result.map_err(|panic| Panicked(panic_message(&*panic)).into())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;

    type Source = Box<dyn Iterator<Item = Result<u64, String>> + Send>;

    fn numbers(to: u64) -> Source {
        Box::new((1..=to).map(Ok))
    }

    fn gather(
        source: Source,
        workers: usize,
        work: impl Fn(u64) -> Result<u64, String> + Send + Sync + Clone + 'static,
    ) -> Gather<u64, String> {
        Gather::new(source, workers, move || work.clone()).unwrap()
    }

    #[test]
    fn results_come_in_the_order_of_the_items_whoever_is_first() {
        let slow_at_first = |n: u64| {
            thread::sleep(Duration::from_millis(if n % 8 == 1 { 5 } else { 0 }));
            Ok(n * 10)
        };
        let results: Vec<_> = gather(numbers(100), 8, slow_at_first).collect();
        let expected: Vec<_> = (1..=100).map(|n| Ok(n * 10)).collect();
        assert_eq!(results, expected);
    }

    #[test]
    fn items_are_in_hand_at_the_same_time() {
        let both = Arc::new(std::sync::Barrier::new(2));
        let meet = move |n: u64| {
            both.wait();
            Ok(n)
        };
        assert_eq!(gather(numbers(2), 2, meet).count(), 2);
    }

    #[test]
    fn nobody_runs_far_ahead_of_who_takes_the_results() {
        let read = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&read);
        let source = (0..1_000_000).inspect(move |_| _ = counter.fetch_add(1, Ordering::SeqCst));
        let mut results = gather(Box::new(source.map(Ok)), 4, Ok);
        assert_eq!(results.next(), Some(Ok(0)));
        drop(results);
        assert!(read.load(Ordering::SeqCst) <= 1 + 4 * (1 + AHEAD));
    }

    #[test]
    fn the_first_error_is_the_last_result() {
        let odd = |n: u64| if n > 3 { Err(format!("no {n}")) } else { Ok(n) };
        let mut results = gather(numbers(100), 8, odd);
        let firsts: Vec<_> = results.by_ref().collect();
        let no = Err("no 4".to_owned());
        assert_eq!(firsts, [Ok(1), Ok(2), Ok(3), no]);
        assert_eq!(results.next(), None);
    }

    #[test]
    fn what_is_ready_behind_an_error_is_not_handed_out() {
        let both = Arc::new(std::sync::Barrier::new(2));
        let work = move |n: u64| {
            both.wait();
            if n == 1 {
                Err("no 1".to_owned())
            } else {
                Ok(n)
            }
        };
        let mut results = gather(numbers(2), 2, work);
        for thread in results.threads.drain(..) {
            thread.join().unwrap();
        }
        assert_eq!(results.next(), Some(Err("no 1".to_owned())));
        assert_eq!(results.next(), None);
    }

    #[test]
    fn an_error_of_the_source_ends_it() {
        let source = [Ok(1), Err("lost".to_owned()), Ok(2)].into_iter();
        let results: Vec<_> = gather(Box::new(source), 2, Ok).collect();
        assert_eq!(results, [Ok(1), Err("lost".to_owned())]);
    }

    #[test]
    fn a_panic_is_an_error_of_its_item() {
        let work = |n: u64| if n == 2 { panic!("a defect") } else { Ok(n) };
        let results: Vec<_> = gather(numbers(3), 1, work).collect();
        assert_eq!(results, [Ok(1), Err("a defect".to_owned())]);
        let source = (1..=3).map(|n| if n == 2 { panic!("lost") } else { Ok(n) });
        let results: Vec<_> = gather(Box::new(source), 2, Ok).collect();
        assert_eq!(results, [Ok(1), Err("lost".to_owned())]);
    }

    #[test]
    fn nothing_gives_nothing() {
        assert_eq!(gather(numbers(0), 3, Ok).count(), 0);
    }
}
