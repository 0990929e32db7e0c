//! The currencies of a server, and that of each client: each is read once.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Map, Value};

use super::told::{first_at, known_id};
use crate::catalog;
use crate::client::{ActionRef, CallError, CallErrorKind, Params};
use crate::run::Run;

/// So many clients are kept in mind: memory does not grow with the rows of a plan.
const CLIENTS: usize = 10_000;

impl Run {
    /// The code of the currency, where the server has one alone.
    pub(super) fn only_currency(&self) -> Result<Option<String>, CallError> {
        let codes = self.currency_codes()?;
        let mut all = codes.values();
        Ok(all.next().filter(|_| all.next().is_none()).cloned())
    }

    /// The code of the currency with that id.
    pub(super) fn currency_with_id(&self, id: &str) -> Result<Option<String>, CallError> {
        Ok(self.currency_codes()?.get(id).cloned())
    }

    /// The code of a client's currency.
    pub(super) fn currency_of_client(&self, client: &str) -> Result<Option<String>, CallError> {
        if let Some(known) = lock(&self.currencies.clients).get(client) {
            return Ok(known.clone());
        }
        let query = Params::from_iter([("clientid".to_owned(), client.into())]);
        let reply = self.read_unasked("GetClientsDetails", &query)?;
        let reply = reply.map_or(Value::Null, Value::Object);
        let code = first_at(&reply, "client.currency_code").and_then(code);
        let code = match (code, first_at(&reply, "client.currency").and_then(known_id)) {
            (None, Some(id)) => self.currency_with_id(&id)?,
            (code, _) => code,
        };
        let mut clients = lock(&self.currencies.clients);
        if clients.len() >= CLIENTS {
            clients.clear();
        }
        clients.insert(client.to_owned(), code.clone());
        Ok(code)
    }

    fn currency_codes(&self) -> Result<Arc<BTreeMap<String, String>>, CallError> {
        // Held while it reads: the other rows wait for the one read.
        let mut codes = lock(&self.currencies.codes);
        if let Some(codes) = &*codes {
            return Ok(Arc::clone(codes));
        }
        let reply = self.read_unasked("GetCurrencies", &Params::new())?;
        let reply = reply.map_or(Value::Null, Value::Object);
        let records = reply["currencies"]["currency"].as_array();
        let entry = |record: &Value| Some((known_id(&record["id"])?, code(&record["code"])?));
        let read: BTreeMap<_, _> = records.into_iter().flatten().filter_map(entry).collect();
        let read = Arc::new(read);
        *codes = Some(Arc::clone(&read));
        Ok(read)
    }

    /// The reply of a read that nobody asked for; `None` where it fails, unless that stops
    /// the run.
    pub(in crate::run) fn read_unasked(
        &self,
        action: &'static str,
        query: &Params,
    ) -> Result<Option<Map<String, Value>>, CallError> {
        let Some(action) = catalog::action(action).map(ActionRef::Known) else {
            return Ok(None);
        };
        let result = self
            .admit(&action, query)
            .and_then(|()| self.send_unasked(&action, query));
        match result {
            Ok(reply) => Ok(Some(reply.body)),
            Err(error)
                if error.kind == CallErrorKind::Interrupted
                    || error.kind.stops_the_run() && error.kind != CallErrorKind::Permission =>
            {
                Err(error)
            }
            Err(_) => Ok(None),
        }
    }
}

fn code(value: &Value) -> Option<String> {
    let code = value.as_str()?.trim();
    (!code.is_empty()).then(|| code.to_uppercase())
}

/// What these locks guard is whole between any two statements.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
