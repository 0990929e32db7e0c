//! The one place that every call passes before it is sent, planned or written down.

use std::borrow::Cow;

use serde_json::Value;

use super::Allowed;
use crate::catalog::{self, Problem};
use crate::client::{ActionRef, CallError, CallErrorKind, Delivery, Params, Reply};
use crate::run::Run;
use crate::run::plan::known;
use crate::run::scope::{self, Scope};

impl Run {
    /// The same run with what the owner of the server lets pass.
    #[must_use]
    pub fn with_allowed(self, allowed: Allowed) -> Self {
        Self { allowed, ..self }
    }

    /// What is let pass although the reference says otherwise.
    pub fn allowed(&self) -> &Allowed {
        &self.allowed
    }

    /// Refuses a call that cannot mean what its caller wants; nothing is sent.
    ///
    /// A run that 0.1.0 began is finished by its rules, which knew of names and types alone.
    pub fn check(&self, action: &ActionRef, params: &Params) -> Result<(), CallError> {
        self.check_for(action, params, |_| true)
    }

    /// The same of parameters to which others may come: nothing is missing.
    pub fn check_given(&self, action: &ActionRef, params: &Params) -> Result<(), CallError> {
        self.check_for(action, params, |problem| problem.place().is_some())
    }

    fn check_for(
        &self,
        action: &ActionRef,
        params: &Params,
        counts: impl Fn(&Problem) -> bool,
    ) -> Result<(), CallError> {
        self.note_secrets(action, params);
        self.check_noted(action, params, counts)
    }

    /// Checks a call whose secrets are known.
    pub(in crate::run) fn check_noted(
        &self,
        action: &ActionRef,
        params: &Params,
        counts: impl Fn(&Problem) -> bool,
    ) -> Result<(), CallError> {
        let ActionRef::Known(known_action) = action else {
            let mut reserved = params.keys().filter(|name| catalog::is_reserved(name));
            let reserved = reserved
                .next()
                .map(|name| Problem::ReservedParameter { name: name.clone() });
            let params = as_known(params);
            let mut nul = params
                .iter()
                .filter_map(|(name, value)| catalog::check_no_nul(name, value).err());
            return reserved.or_else(|| nul.next()).map_or(Ok(()), |problem| {
                Err(refused(action, &problem.to_string(), problem.hint()))
            });
        };
        if self.is_of_earlier_rules() {
            return Ok(());
        }
        let problems = catalog::problems(known_action, &as_known(params));
        let stands = |problem: &&Problem| counts(problem) && !self.allowed.lifts(problem);
        let standing: Vec<&Problem> = problems.iter().filter(stands).collect();
        match catalog::sentence(&standing) {
            Some((what, hint)) => Err(refused(action, &what, hint)),
            None => Ok(()),
        }
    }

    pub(super) fn is_of_earlier_rules(&self) -> bool {
        let began = self
            .lazy_journal
            .as_ref()
            .and_then(|lazy_journal| lazy_journal.version());
        began == Some("0.1.0")
    }

    /// What a call gives that was not sent, since it sets nothing.
    pub(in crate::run) fn unchanged(&self, action: &ActionRef, params: &Params) -> Option<Reply> {
        let known_action = action.known().filter(|known| known.sets_nothing(params))?;
        if self.is_of_earlier_rules() {
            return None;
        }
        if scope::current() == Scope::Main {
            let name = action.name();
            self.patience
                .tell(&format!("`{name}` sets nothing, so it was not sent"));
        }
        let mut body = Params::from_iter([("result".to_owned(), Value::from("unchanged"))]);
        for field in known_action.returns {
            if let Some(given) = params.get(field.path) {
                body.insert(field.path.to_owned(), given.clone());
            }
        }
        Some(Reply {
            is_unchanged: true,
            ..Reply::remembered(body)
        })
    }
}

/// The parameters as far as they are known: a plan has null in place of what will only be
/// known when the run is real.
fn as_known(params: &Params) -> Cow<'_, Params> {
    if params
        .values()
        .all(|value| matches!(known(value), Cow::Borrowed(_)))
    {
        return Cow::Borrowed(params);
    }
    let entry = |(name, value): (&String, &Value)| (name.clone(), known(value).into_owned());
    Cow::Owned(params.iter().map(entry).collect())
}

fn refused(action: &ActionRef, what: &str, hint: Option<String>) -> CallError {
    let message = format!("{what}; nothing was sent");
    let kind = CallErrorKind::Parameter;
    let error = CallError::new(kind, action.name(), message, Delivery::NotSent);
    hint.into_iter().fold(error, CallError::hint)
}
