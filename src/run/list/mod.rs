//! Lists read page by page: how large the pages are, what they promise, what of them came.

mod backlog;
pub(super) mod open_walks;
mod page_ranges;
mod page_size;
pub(super) mod partial;
mod promise;
#[cfg(test)]
mod simulated_tests;
pub(super) mod walk;
