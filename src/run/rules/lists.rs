//! What was read of the values that a server itself lists, and what was told of others.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::catalog::DayFormat;

/// What was read of the server's lists and settings, and what was told.
#[derive(Default)]
pub(in crate::run) struct Lists {
    /// By the read; empty where it gave nothing.
    pub read: Mutex<HashMap<&'static str, Arc<[String]>>>,
    /// The order in which the server has days written.
    pub day_format: Mutex<DayOrder>,
    /// The parameters of actions, each with a value that is in no list.
    pub told: Mutex<HashSet<(&'static str, &'static str, String)>>,
}

/// What is known of the order in which the server has days written.
#[derive(Clone, Copy, Default)]
pub(in crate::run) enum DayOrder {
    /// Nobody asked yet.
    #[default]
    Unasked,
    /// It was asked; none where it does not say.
    Asked(Option<DayFormat>),
}

/// What is locked is whole between any two statements.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
