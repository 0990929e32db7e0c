//! Values that the server itself lists: its gateways, ticket statuses and registrars.
//!
//! Hosts and modules add to them, so that no catalog has them. Where no read lists them the
//! profile may. A write with a value that is
//! in no such list is told of and sent: WHMCS may know better. So is a read that finds nothing
//! by such a value. What cannot be read is not checked, since nobody asked for the read.

use std::sync::Arc;

use serde_json::Value;

use super::Unlisted;
use super::lists::lock;
use crate::catalog::{self, HostValues, List};
use crate::client::{ActionRef, CallErrorKind, Params};
use crate::run::Run;
use crate::run::list::record::whole_number;
use crate::secrets;

impl Run {
    /// Tells the user of values of a write that the server does not list; once of each.
    pub(in crate::run) fn tell_unlisted(&self, action: &ActionRef, params: &Params) {
        let Some(action) = action.known().filter(|_| !self.is_of_earlier_rules()) else {
            return;
        };
        for (name, value) in params {
            let param = action.param(name);
            let listed = param.and_then(|param| Some((param, param.listed.as_ref()?)));
            let text = value.as_str().map(str::trim);
            let (Some((param, listed)), Some(text)) = (listed, text) else {
                continue;
            };
            if text.is_empty() || self.has_told(action.name, param.name, text) {
                continue;
            }
            let values = self.listed(listed.kind);
            let Some(unlisted) =
                Unlisted::describe((action, param, listed), text, &values, &self.allowed)
            else {
                continue;
            };
            lock(&self.lists.told).insert((action.name, param.name, text.to_owned()));
            let (what, hint) = (unlisted.what(), unlisted.hint());
            self.patience
                .tell(&secrets::cover_text(&format!("{what}; {hint}")));
        }
    }

    /// Tells the user why a list may be empty: it was asked for by what the server does not list.
    pub(in crate::run) fn tell_unlisted_filter(
        &self,
        action: &ActionRef,
        params: &Params,
        body: &Params,
    ) {
        let list = action.known().and_then(|action| action.list.as_ref());
        let is_first = params
            .get("limitstart")
            .is_none_or(|start| whole_number(start) == Some(0));
        if list.is_some_and(|list| is_first && records(list, body) == 0) {
            self.tell_unlisted(action, params);
        }
    }

    fn has_told(&self, action: &'static str, param: &'static str, value: &str) -> bool {
        lock(&self.lists.told).contains(&(action, param, value.to_owned()))
    }

    /// The values of that kind, read once; none where they cannot be read.
    fn listed(&self, kind: HostValues) -> Arc<[String]> {
        let Some((name, field)) = kind.read() else {
            return Arc::default();
        };
        // Held while it reads: the other rows wait for the one read.
        let mut read = lock(&self.lists.read);
        if let Some(values) = read.get(name) {
            return Arc::clone(values);
        }
        match self.read_listed(name, field) {
            // Somebody may go on after it.
            Err(CallErrorKind::Interrupted) => Arc::default(),
            other => {
                let values: Arc<[String]> = other.unwrap_or_default().into();
                read.insert(name, Arc::clone(&values));
                values
            }
        }
    }

    fn read_listed(&self, name: &str, field: &str) -> Result<Vec<String>, CallErrorKind> {
        let Some(action) = catalog::action(name) else {
            return Ok(Vec::new());
        };
        let mut values = Vec::new();
        let looked = self.look_unasked(action, Params::new(), None, |record| {
            let value = record.get(field).and_then(Value::as_str);
            values.extend(value.map(|value| self.entities().plain(value).into_owned()));
            false
        });
        looked.map_err(|error| error.kind)?;
        Ok(values)
    }
}

/// How many records a reply holds.
fn records(list: &List, body: &Params) -> usize {
    let mut steps = list.path.split('.');
    let first = steps.next().and_then(|step| body.get(step));
    let records = steps.fold(first, |value, step| value?.get(step));
    records.and_then(Value::as_array).map_or(0, Vec::len)
}

#[cfg(test)]
mod tests;
