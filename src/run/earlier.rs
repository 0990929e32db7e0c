//! What an earlier pass of the run did that is still to be asked for again.
//!
//! A script that looks at the server before it decides would be misled by what
//! the run itself did there: whoever decides for it asks here first. Nothing is
//! used up by asking.

use super::journal::{Fingerprint, Journal, Past};
use super::{Run, scope, sent};
use crate::client::{ActionRef, CallError, Params};

impl Run {
    /// Whether that write is there to be given back, or to be settled, when it is made.
    pub fn has_earlier(&self, action: &ActionRef, params: &Params) -> Result<bool, CallError> {
        let Some(past) = self.past() else {
            return Ok(false);
        };
        let shown = self.without_secrets(action, &self.as_sent(action, params));
        let fingerprint = Fingerprint::at(self.known_as(), action.name(), &shown);
        past.knows(&scope::current(), &fingerprint)
            .map_err(|error| super::writes::unrecorded(action, &error))
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
            .map_err(|error| super::writes::unrecorded(action, &error))?;
        let found = found.map(|found| uncovered(action, found, now));
        Ok(match found {
            Some(params) if self.has_earlier(action, &params)? => Some(params),
            _ => None,
        })
    }

    fn past(&self) -> Option<&Past> {
        self.ledger.as_ref()?.begun().map(Journal::past)
    }
}

/// The parameters with the values of `now` wherever those look the same covered.
fn uncovered(action: &ActionRef, mut found: Params, now: &Params) -> Params {
    let covered = sent::covered(action, now);
    for (name, value) in &mut found {
        if covered.get(name) == Some(&*value) {
            value.clone_from(&now[name.as_str()]);
        }
    }
    found
}
