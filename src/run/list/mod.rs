//! Lists read page by page: how large the pages are, what they promise, what of them came;
//! one record looked for in a list, and lists frozen in files.

mod backlog;
pub mod frozen;
pub(super) mod location_cache;
pub(super) mod open_walks;
mod page_ranges;
pub(super) mod page_search;
mod page_size;
pub(super) mod partial;
mod promise;
pub(super) mod record;
#[cfg(test)]
mod simulated_tests;
pub(super) mod walk;
