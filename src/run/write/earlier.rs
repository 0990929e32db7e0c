//! What an earlier pass of the run did that is still to be asked for again.
//!
//! A script that looks at the server before it decides would be misled by what
//! the run itself did there: whoever decides for it asks here first. Nothing is
//! used up by asking.

use super::covered;
use crate::client::{ActionRef, CallError, Params};
use crate::run::journal::{EarlierWrites, Fingerprint, Journal, JournalError};
use crate::run::{Run, scope};

impl Run {
    /// Whether that write is there to be given back, or to be settled, when it is made.
    pub fn has_earlier(&self, action: &ActionRef, params: &Params) -> Result<bool, CallError> {
        let Some(past) = self.past() else {
            return Ok(false);
        };
        let sent = self.as_sent(action, params);
        let shown = self.without_secrets(action, &sent);
        let fingerprint = Fingerprint::at(self.known_as(), action.name(), &shown);
        let known = past.knows(&scope::current(), &fingerprint);
        let known = known.and_then(|is_known| {
            Ok(is_known || self.earlier_fingerprint(past, action, &sent)?.is_some())
        });
        known.map_err(|error| super::unrecorded(action, &error))
    }

    /// The fingerprint that 0.1.0 gave that write, where it is another than today's and the
    /// journal has a write of it that is still to be asked for.
    pub(in crate::run) fn earlier_fingerprint(
        &self,
        past: &EarlierWrites,
        action: &ActionRef,
        sent: &Params,
    ) -> Result<Option<Fingerprint>, JournalError> {
        let scope = scope::current();
        if past.is_empty(&scope) {
            return Ok(None);
        }
        let marked = self.marked_in_0_1_0(action, sent);
        if marked == *self.without_secrets(action, sent) {
            return Ok(None);
        }
        let fingerprint = Fingerprint::at(self.known_as(), action.name(), &marked);
        let is_known = past.knows(&scope, &fingerprint)?;
        Ok(Some(fingerprint).filter(|_| is_known))
    }

    /// The parameters, without secrets, of the row's first write of that action
    /// that is still to be given back; in the script itself, still in doubt. Where a
    /// secret is covered in one, it is the value `now` has under its name.
    pub fn earlier(&self, action: &ActionRef, now: &Params) -> Result<Option<Params>, CallError> {
        let Some(past) = self.past() else {
            return Ok(None);
        };
        let found = past
            .unused(&scope::current(), action.name())
            .map_err(|error| super::unrecorded(action, &error))?;
        let found = found.map(|found| uncovered(action, found, now));
        Ok(match found {
            Some(params) if self.has_earlier(action, &params)? => Some(params),
            _ => None,
        })
    }

    fn past(&self) -> Option<&EarlierWrites> {
        self.lazy_journal.as_ref()?.begun().map(Journal::past)
    }
}

/// The parameters with the values of `now` wherever those look the same covered.
fn uncovered(action: &ActionRef, mut found: Params, now: &Params) -> Params {
    let covered = covered::covered(action, now);
    for (name, value) in &mut found {
        if covered.get(name) == Some(&*value) {
            value.clone_from(&now[name.as_str()]);
        }
    }
    found
}
