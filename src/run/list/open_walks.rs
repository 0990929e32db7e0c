//! The lists being walked in a run, which are read to their ends before a write.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use crate::client::CallError;

/// A list of which there may be more.
pub(super) trait Unread: Send + Sync {
    /// Reads everything that is left into memory.
    fn read_to_end(self: Arc<Self>) -> Result<(), CallError>;
}

/// The lists being walked in a run.
#[derive(Default)]
pub(in crate::run) struct OpenWalks(Mutex<Vec<Weak<dyn Unread>>>);

impl OpenWalks {
    pub(super) fn add(&self, list: Weak<dyn Unread>) {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|list| list.strong_count() > 0);
        open.push(list);
    }

    /// Reads every open list to its end; the first that fails is the error.
    pub(in crate::run) fn read_to_end(&self) -> Result<(), CallError> {
        let open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let lists: Vec<Arc<dyn Unread>> = open.iter().filter_map(Weak::upgrade).collect();
        drop(open);
        lists.into_iter().try_for_each(Unread::read_to_end)
    }
}
