//! How a bulk loop is to be run.

use std::sync::Arc;

use super::limit::Limit;
use super::progress::Progress;
use crate::cancel::Cancel;

/// One row more in hand for so many workers.
const WORKERS_A_SPARE: usize = 8;

/// How a bulk loop is to be run.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// How many calls may be at the server at once, and about as many rows in
    /// hand; none is taken for one.
    pub workers: usize,
    /// How many rows may fail before no more are begun.
    pub max_failures: Option<Limit>,
    /// Raised when the user wants to stop.
    pub cancel: Cancel,
    /// Where the numbers are kept.
    pub progress: Arc<Progress>,
    /// Whether calls wait for the disk before they go to the server: then a few more
    /// rows are in hand, so that the server has no less to do.
    pub waits_for_disk: bool,
}

impl Options {
    /// How many rows may be in hand so that so many calls can be at the server.
    pub(super) fn rows_for(&self, calls: usize) -> usize {
        if self.waits_for_disk {
            calls + calls / WORKERS_A_SPARE
        } else {
            calls
        }
    }
}
