//! What was read of a server's currencies, and of those of its clients.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

/// What was read of a server's currencies.
#[derive(Default)]
pub(in crate::run) struct Currencies {
    /// The codes by their ids; empty where they cannot be read.
    pub codes: Mutex<Option<Arc<BTreeMap<String, String>>>>,
    /// The codes of clients' currencies by their ids.
    pub clients: Mutex<HashMap<String, Option<String>>>,
}
