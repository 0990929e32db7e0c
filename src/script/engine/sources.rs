//! The texts of the scripts at hand, kept so that errors can show the line.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Script texts by the name errors show, usually a path as the user gave it.
#[derive(Debug, Default)]
pub(crate) struct Sources(Mutex<HashMap<String, Arc<str>>>);

impl Sources {
    /// Remembers a text under that name, replacing an older one.
    pub(crate) fn keep(&self, name: &str, text: &str) {
        let mut texts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        texts.insert(name.to_owned(), text.into());
    }

    /// The text of that name.
    pub(crate) fn text(&self, name: &str) -> Option<Arc<str>> {
        let texts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        texts.get(name).cloned()
    }
}
