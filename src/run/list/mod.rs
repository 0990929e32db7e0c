//! Lists read page by page: how large the pages are, what they promise, what of them came;
//! one record looked for in a list, and lists frozen in files.

mod backlog;
pub mod frozen;
pub(super) mod look;
pub(super) mod near;
pub(super) mod open_walks;
mod page_ranges;
mod page_size;
pub(super) mod partial;
mod promise;
pub(super) mod record;
#[cfg(test)]
mod simulated_tests;
pub(super) mod walk;
