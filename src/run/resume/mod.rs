//! Which rows of a source are the rows of the run, pass after pass.
//!
//! A row goes by its key as people compare keys, by the id of its record on the server,
//! or by the content of its cells; never by its place. A loop goes by where it stands in
//! the script, never by its number. Before a resumed run sends
//! anything for a loop, its source is compared with what the journal knows. Nothing
//! here reads a file or the journal, and nothing is printed.

mod compare;
mod done_before;
mod key;
mod loops;
mod slip;

pub use compare::{
    Compared, Fresh, OfShard, Stop, compare, compare_in_shard, compare_unkept, is_used_up,
    shares_nothing,
};
pub use done_before::{
    COLUMNS, DoneBefore, RowsSeen, ask, begun, first_seen, go_on_from, look_at, looked, saw,
};
pub use key::{compared, of_content, of_key, of_record, scoped};
pub use loops::{Loops, Unclear, told_apart};
