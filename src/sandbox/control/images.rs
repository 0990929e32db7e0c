//! The images that tests take: by a name of theirs, or by number.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::json;

use super::answer::{ControlAnswer, refused, restored, succeed};
use crate::sandbox::image::{Image, State};
use crate::sandbox::store::StoreError;

/// So many are kept: each holds the whole data.
const MOST: usize = 100;

/// The longest name of a snapshot.
const LONGEST: usize = 64;

/// What was taken so far.
#[derive(Debug, Default)]
pub(super) struct Images {
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    numbered: Vec<Arc<Image>>,
    named: BTreeMap<String, Arc<Image>>,
}

impl Images {
    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes one under a name, in the place of an older one of that name.
    pub(super) fn keep(&self, name: &str, state: &State) -> ControlAnswer {
        if !is_name(name) {
            return unnamed(name);
        }
        let mut kept = self.lock();
        if !kept.named.contains_key(name)
            && let Some(refusal) = kept.is_full()
        {
            return refusal;
        }
        match taken(state) {
            Ok(image) => {
                kept.named.insert(name.to_owned(), image);
                succeed(json!({"snapshot": name}))
            }
            Err(refusal) => refusal,
        }
    }

    /// The names that were given.
    pub(super) fn names(&self) -> Vec<String> {
        self.lock().named.keys().cloned().collect()
    }

    /// Removes the one of a name.
    pub(super) fn drop_named(&self, name: &str) -> ControlAnswer {
        let removed = self.lock().named.remove(name);
        match removed {
            Some(_) => succeed(json!({"removed": 1})),
            None => self.unknown(name),
        }
    }

    /// Goes back to the one of a name.
    pub(super) fn restore(&self, name: &str, state: &State) -> ControlAnswer {
        let found = self.lock().named.get(name).cloned();
        match found {
            Some(image) => restored(&image, state),
            None => self.unknown(name),
        }
    }

    /// Takes one; they are numbered from 1.
    pub(super) fn take(&self, state: &State) -> ControlAnswer {
        let mut kept = self.lock();
        if let Some(refusal) = kept.is_full() {
            return refusal;
        }
        match taken(state) {
            Ok(image) => {
                kept.numbered.push(image);
                succeed(json!({"image": kept.numbered.len()}))
            }
            Err(refusal) => refusal,
        }
    }

    /// Removes those that have a number; the next one is the first again.
    pub(super) fn forget(&self) -> ControlAnswer {
        let count = std::mem::take(&mut self.lock().numbered).len();
        succeed(json!({"removed": count}))
    }

    /// Goes back to the one of a number.
    pub(super) fn restore_number(&self, number: &str, state: &State) -> ControlAnswer {
        let at = number
            .parse::<usize>()
            .ok()
            .and_then(|number| number.checked_sub(1));
        let found = at.and_then(|at| self.lock().numbered.get(at).cloned());
        match found {
            Some(image) => restored(&image, state),
            None => refused(
                404,
                &format!("`{}` is not the number of an image", short(number)),
            ),
        }
    }

    fn unknown(&self, name: &str) -> ControlAnswer {
        if !is_name(name) {
            return unnamed(name);
        }
        let names = self.names();
        let there = if names.is_empty() {
            "there are none".to_owned()
        } else {
            format!("there are `{}`", names.join("`, `"))
        };
        refused(404, &format!("there is no snapshot `{name}`; {there}"))
    }
}

impl Kept {
    fn is_full(&self) -> Option<ControlAnswer> {
        let count = self.numbered.len() + self.named.len();
        (count >= MOST).then(|| {
            let why = format!(
                "{MOST} images exist already: restore one of them, or remove some with `DELETE \
                 image` or `DELETE snapshot/NAME`"
            );
            refused(409, &why)
        })
    }
}

fn taken(state: &State) -> Result<Arc<Image>, ControlAnswer> {
    // It could never be gone back to here, and nobody else can reach it.
    if state.store.is_file() {
        return Err(refused(409, &StoreError::OfFile.to_string()));
    }
    Image::take(state)
        .map(Arc::new)
        .map_err(|error| refused(500, &error.to_string()))
}

/// Whether a text can be the name of a snapshot: one that means nothing else to any program.
fn is_name(name: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    (1..=LONGEST).contains(&name.len()) && name.bytes().all(is_part) && !name.starts_with('.')
}

fn unnamed(name: &str) -> ControlAnswer {
    let why = format!(
        "`{}` is not a name for a snapshot: use 1 to {LONGEST} of `A-Z a-z 0-9 . _ -`, no dot first",
        short(name)
    );
    refused(400, &why)
}

fn short(text: &str) -> String {
    text.chars().take(LONGEST).collect()
}
