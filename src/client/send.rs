//! The client: one call in, one reply or one classified error out.

use std::sync::OnceLock;

use serde_json::Value;

use super::encode::Encoder;
use super::exchange::Exchange;
use super::form::Form;
use super::http::{Http, Unusable};
use super::reply::read;
use super::retry::{Backoff, Failed, interrupted, persist};
use super::{ActionRef, CallError, CallErrorKind, Delivery, Params, Reply, Server};
use crate::cancel::Cancel;
use crate::catalog::{self, Param, Problem};
use crate::secrets::{Cover, Known, collect_secrets, texts_of};

/// A client for one server; workers share it by reference.
///
/// Making one costs nothing: the connection is set up by the first call.
pub struct Client {
    server: Server,
    credentials: Known,
    cancel: Cancel,
    allow_unknown: bool,
    backoff: Backoff,
    http: OnceLock<Result<Http, Unusable>>,
}

impl Client {
    /// A client that has not connected yet.
    pub fn new(server: Server, cancel: Cancel) -> Self {
        Self {
            credentials: server.secrets(),
            server,
            cancel,
            allow_unknown: false,
            backoff: Backoff::default(),
            http: OnceLock::new(),
        }
    }

    /// The same client, sending parameters and values the catalog does not
    /// know: the user says that the server knows better.
    #[must_use]
    pub fn allow_unknown(mut self, allow: bool) -> Self {
        self.allow_unknown = allow;
        self
    }

    /// The same client, trying every call once: for finding out what is wrong.
    #[must_use]
    pub fn once(mut self) -> Self {
        self.backoff.tries = 1;
        self
    }

    /// The same client with other pauses between tries.
    #[cfg(test)]
    pub(super) fn backoff(mut self, backoff: Backoff) -> Self {
        self.backoff = backoff;
        self
    }

    /// The server it speaks to.
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// Refuses what cannot be meant: a name the action does not have, a value
    /// that cannot be the parameter's. Sends nothing.
    ///
    /// A missing parameter is for WHMCS to refuse: the catalog may be behind.
    pub fn check(&self, action: &ActionRef, params: &Params) -> Result<(), CallError> {
        for (name, value) in params {
            self.checked(action, name, value)?;
        }
        Ok(())
    }

    /// What the catalog knows of what is given under that name, if it can be meant.
    fn checked(
        &self,
        action: &ActionRef,
        name: &str,
        value: &Value,
    ) -> Result<Option<&'static Param>, CallError> {
        let plain = catalog::check_no_nul(name, value);
        plain.map_err(|problem| refused(action, &problem))?;
        let checked = match action {
            ActionRef::Known(known) if !self.allow_unknown => catalog::check_name(known, name)
                .and_then(|param| {
                    catalog::check_value(known, param, name, value).map(|()| Some(param))
                }),
            _ if catalog::is_reserved(name) => Err(Problem::ReservedParameter {
                name: name.to_owned(),
            }),
            ActionRef::Known(known) => Ok(catalog::parameter(known, name)),
            ActionRef::Other { .. } => Ok(None),
        };
        checked.map_err(|problem| refused(action, &problem))
    }

    /// The body of a call, and what covers the secrets in it: each parameter is checked,
    /// looked at for secrets and encoded in one pass.
    fn request(&self, action: &ActionRef, params: &Params) -> Result<(Form, Cover), CallError> {
        let mut encoder = Encoder::new(action);
        let mut secrets = Vec::new();
        for (name, value) in params {
            let param = self.checked(action, name, value)?;
            collect_secrets(param, name, value, &mut secrets);
            encoder.add(param, name, value);
        }
        let secrets: Vec<String> = secrets
            .iter()
            .flat_map(|(_, value)| texts_of(value))
            .collect();
        let cover = Cover::new(secrets.iter().map(String::as_str));
        Ok((encoder.finish(&self.server), cover))
    }

    /// Makes one call and waits for its reply, trying again where that is safe.
    pub fn call(&self, action: &ActionRef, params: &Params) -> Result<Reply, CallError> {
        let (form, sent) = self.request(action, params)?;
        let http = self
            .http
            .get_or_init(|| Http::open(&self.server))
            .as_ref()
            .map_err(|unusable| {
                let kind = CallErrorKind::Connection;
                CallError::new(kind, action.name(), &unusable.message, Delivery::NotSent)
                    .hint(&unusable.hint)
            })?;
        let exchange = Exchange {
            action,
            server: &self.server,
            host: http.host(),
        };
        if self.cancel.is_raised() {
            return Err(interrupted(&exchange));
        }
        let covers = [self.credentials.cover(), &sent];
        persist(&exchange, &self.cancel, &self.backoff, || {
            let answer = http.post(&exchange, &form)?;
            read(&exchange, &answer, &covers).map_err(|error| Failed {
                error,
                retry_after: answer.retry_after,
            })
        })
    }
}

fn refused(action: &ActionRef, problem: &Problem) -> CallError {
    let message = format!("{problem}; nothing was sent");
    let kind = CallErrorKind::Parameter;
    let error = CallError::new(kind, action.name(), message, Delivery::NotSent);
    match problem.hint() {
        Some(hint) => error.hint(hint),
        None => error,
    }
}
