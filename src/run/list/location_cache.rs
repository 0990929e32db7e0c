//! Where records were seen that a list does not give by their ids.
//!
//! `GetContacts` finds contacts by their client, and no contact by its id: one is
//! looked for through the whole list, and whatever is seen on the way is asked for
//! by its client the next time. What is remembered only says where to look first.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use super::record::whole_number;

/// By action and id, the number by which the list is narrowed.
#[derive(Default)]
pub(crate) struct LocationCache(Mutex<HashMap<&'static str, HashMap<u64, u64>>>);

impl LocationCache {
    /// Where the record of that id was seen.
    pub fn get(&self, action: &str, id: &Value) -> Option<u64> {
        self.lock().get(action)?.get(&whole_number(id)?).copied()
    }

    /// Remembers where a record was seen.
    pub fn saw(&self, action: &'static str, id: Option<&Value>, near: Option<&Value>) {
        let numbers = (id.and_then(whole_number), near.and_then(whole_number));
        if let (Some(id), Some(near)) = numbers {
            self.lock().entry(action).or_default().insert(id, near);
        }
    }

    /// The map is whole between any two statements.
    fn lock(&self) -> MutexGuard<'_, HashMap<&'static str, HashMap<u64, u64>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
