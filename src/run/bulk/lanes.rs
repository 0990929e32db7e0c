//! Rows of one lane keep their order and are never in hand at once.
//!
//! A row whose lane is busy waits in it; when the lane's row ends, the next one
//! is ready. Rows of other lanes pass by.

use std::collections::{HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use super::row::Row;

/// The lane of that name; two names may share one, which costs speed and nothing else.
pub fn lane(name: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    hasher.finish()
}

/// Rows taken from the source that did not begin yet, and the lanes that are busy.
#[derive(Debug)]
pub(super) struct Lanes<T> {
    /// Every busy lane, with the rows that wait in it.
    busy: HashMap<u64, VecDeque<Row<T>>>,
    /// Rows whose turn it is; their lanes are busy already.
    ready: VecDeque<Row<T>>,
    waiting: usize,
}

impl<T> Lanes<T> {
    /// No row waits, every lane is free.
    pub fn new() -> Self {
        Self {
            busy: HashMap::new(),
            ready: VecDeque::new(),
            waiting: 0,
        }
    }

    /// Gives the row back if its lane was free, which is busy from now on; else it waits.
    pub fn enter(&mut self, row: Row<T>) -> Option<Row<T>> {
        if let Some(queue) = self.busy.get_mut(&row.lane) {
            queue.push_back(row);
            self.waiting += 1;
            return None;
        }
        self.busy.insert(row.lane, VecDeque::new());
        Some(row)
    }

    /// A row that waited and whose turn it is.
    pub fn take(&mut self) -> Option<Row<T>> {
        let row = self.ready.pop_front()?;
        self.waiting -= 1;
        Some(row)
    }

    /// The lane's row ended: it is the next one's turn.
    pub fn leave(&mut self, lane: u64) {
        match self.busy.get_mut(&lane).and_then(VecDeque::pop_front) {
            Some(next) => self.ready.push_back(next),
            None => {
                self.busy.remove(&lane);
            }
        }
    }

    /// How many rows wait.
    pub fn waiting(&self) -> usize {
        self.waiting
    }

    /// Whether there is a row whose turn it is.
    pub fn has_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// All rows that wait, in no order.
    pub fn drain(&mut self) -> Vec<Row<T>> {
        self.waiting = 0;
        let queued = self.busy.values_mut().flat_map(|queue| queue.drain(..));
        self.ready.drain(..).chain(queued).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn whatever_ends_first_lanes_keep_their_order_and_every_row_has_its_turn(
            lanes in prop::collection::vec(0_u64..4, 0..60),
            choices in prop::collection::vec(any::<prop::sample::Index>(), 200),
        ) {
            let total = lanes.len();
            let mut source: VecDeque<Row<usize>> =
                lanes.into_iter().zip(0..).map(|(lane, item)| Row { lane, item }).collect();
            let mut scheduler = Lanes::new();
            let mut in_hand: Vec<Row<usize>> = Vec::new();
            let mut last: HashMap<u64, usize> = HashMap::new();
            let mut ended = 0;
            let mut choices = choices.into_iter().cycle();
            while ended < total {
                let choice = choices.next().unwrap();
                let begun = match (choice.index(3), source.len()) {
                    (0, 1..) => {
                        scheduler.enter(source.pop_front().unwrap())
                    }
                    (1, _) if !in_hand.is_empty() => {
                        let row = in_hand.remove(choice.index(in_hand.len()));
                        scheduler.leave(row.lane);
                        ended += 1;
                        None
                    }
                    _ => scheduler.take(),
                };
                if let Some(row) = begun {
                    prop_assert!(in_hand.iter().all(|other| other.lane != row.lane));
                    let before = last.insert(row.lane, row.item);
                    prop_assert!(before.is_none_or(|before| before < row.item));
                    in_hand.push(row);
                }
            }
            prop_assert_eq!(scheduler.waiting(), 0);
            prop_assert!(scheduler.busy.is_empty());
        }
    }

    #[test]
    fn rows_that_did_not_begin_are_given_back() {
        let mut lanes = Lanes::new();
        for item in 0..5 {
            let lane = item % 2;
            lanes.enter(Row { lane, item });
        }
        lanes.leave(0);
        let mut left: Vec<u64> = lanes.drain().into_iter().map(|row| row.item).collect();
        left.sort_unstable();
        assert_eq!(left, [2, 3, 4]);
        assert_eq!(lanes.waiting(), 0);
    }
}
