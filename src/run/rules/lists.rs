//! What was read of the values that a server itself lists, and what was told of others.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};

/// What was read of the server's lists, and what was told.
#[derive(Default)]
pub(in crate::run) struct Lists {
    /// By the read; empty where it gave nothing.
    pub read: Mutex<HashMap<&'static str, Arc<[String]>>>,
    /// The parameters of actions, each with a value that is in no list.
    pub told: Mutex<HashSet<(&'static str, &'static str, String)>>,
}
