//! Reads that a plan sends after writes that it does not: what they return is what stands
//! there now, and the run may read something else and go another way.
//!
//! Writes and reads meet by the catalog: in one group, or where the read is the one that
//! looks for such a write, and by what names the record. Of each write no more is kept than
//! hashes of those names.

use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, HashSet};
use std::hash::Hasher as _;

use serde_json::Value;

use crate::catalog::{Action, Effect, Param, ParamKind, Risk};
use crate::client::Params;

/// The group of everything else: its actions have nothing in common.
const SYSTEM: &str = "System";

/// The groups in which a client's balance, invoices and services are read.
const OF_MONEY: [&str; 2] = ["Client", "Billing"];

/// Parameters of a read that pick no record.
const PAGING: [&str; 5] = ["limitstart", "limitnum", "sorting", "orderby", "stats"];

/// What planned writes touch, and the reads of that.
#[derive(Default)]
pub(super) struct Stale {
    /// Each kind of record of a server that a write touches.
    kinds: HashSet<u64>,
    /// Kinds of which a write touches all, or nobody knows which.
    all: HashSet<u64>,
    /// Records, by their kind and a name.
    records: HashSet<u64>,
    reads: BTreeMap<String, u64>,
}

impl Stale {
    /// Notes a write that is planned.
    pub fn wrote(&mut self, server: &str, action: &'static Action, params: &Params) {
        let looks = [
            action.find.as_ref().map(|find| find.action),
            action.record.as_ref().map(|record| record.action),
        ];
        let mut kinds = vec![kind(action)];
        kinds.extend(looks.into_iter().flatten());
        self.kinds
            .extend(kinds.iter().map(|kind| print(&(server, kind))));
        if action.has_risk(Risk::Money) {
            kinds.extend(OF_MONEY);
        }
        let names = names(params, |name| {
            action
                .param(name)
                .is_some_and(|param| is_about(action, param))
        });
        for kind in kinds {
            if names.is_empty() {
                self.all.insert(print(&(server, kind)));
            }
            let name = |(class, value): &(String, String)| print(&(server, kind, class, value));
            self.records.extend(names.iter().map(name));
        }
        // The read's own name for the record, such as the `id` of `GetOrders`.
        let sent = action.find.iter().map(|find| (find.action, find.send));
        let of_record = action.record.iter();
        let sent = sent.chain(of_record.map(|record| (record.action, record.send)));
        for (read, send) in sent {
            for (theirs, ours) in send {
                let values = params.get(*ours).map(texts).unwrap_or_default();
                let name = |value: &String| print(&(server, read, class(theirs, value), value));
                self.records.extend(values.iter().map(name));
            }
        }
    }

    /// Notes a read that is sent.
    pub fn reads(&mut self, server: &str, action: &'static Action, params: &Params) {
        if self.is_touched(server, action, params) {
            *self.reads.entry(action.name.to_owned()).or_default() += 1;
        }
    }

    /// By action, the reads of what planned writes would have touched before.
    pub fn count_reads(&self) -> BTreeMap<String, u64> {
        self.reads.clone()
    }

    fn is_touched(&self, server: &str, action: &'static Action, params: &Params) -> bool {
        if self.records.is_empty() && self.all.is_empty() {
            return false;
        }
        // The pages behind the first are read before the next write.
        let goes_on = params.get("limitstart").and_then(Value::as_u64);
        if goes_on.is_some_and(|start| start > 0) {
            return false;
        }
        let picks = |name: &str| !PAGING.contains(&name);
        let names = names(params, picks);
        let is_filtered = params.keys().any(|name| {
            let param = action.param(name);
            picks(name)
                && param
                    .is_some_and(|param| param.values.is_empty() && param.kind != ParamKind::Bool)
        });
        [kind(action), action.name].into_iter().any(|kind| {
            let name = |(class, value): &(String, String)| print(&(server, kind, class, value));
            self.all.contains(&print(&(server, kind)))
                || names.iter().any(|pair| self.records.contains(&name(pair)))
                || !is_filtered && self.kinds.contains(&print(&(server, kind)))
        })
    }
}

fn kind(action: &Action) -> &'static str {
    if action.group == SYSTEM {
        action.name
    } else {
        action.group
    }
}

/// Whether it names the record that the write is about, or will be known by afterwards.
fn is_about(action: &Action, param: &Param) -> bool {
    let is_name = |name: &&str| **name == *param.name;
    let is_sent = |(_, ours): &(&str, &str)| *ours == param.name;
    action.about.iter().any(is_name)
        || action.find.iter().any(|find| find.send.iter().any(is_sent))
        || action.effect == Effect::Update && param.name == "email"
}

/// The values of those parameters, each with what it is a name in.
fn names(params: &Params, is_name: impl Fn(&str) -> bool) -> Vec<(String, String)> {
    let mut names = Vec::new();
    for (name, value) in params.iter().filter(|(name, _)| is_name(name)) {
        let values = texts(value).into_iter();
        names.extend(values.map(|value| (class(name, &value), value)));
    }
    names
}

/// What a value is a name in: text in whatever it stands, a number in its parameter.
fn class(name: &str, value: &str) -> String {
    match name {
        _ if value.bytes().any(|byte| !byte.is_ascii_digit()) => String::new(),
        "userid" => "clientid".to_owned(),
        name => name.to_owned(),
    }
}

/// The texts and numbers that stand there.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.trim().to_lowercase()],
        Value::Number(number) => vec![number.to_string()],
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        _ => Vec::new(),
    }
    .into_iter()
    .filter(|text| !text.is_empty())
    .collect()
}

fn print(what: &impl std::hash::Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    what.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::catalog;

    /// Whether the read returns what the write would have changed.
    fn is_stale(write: (&str, Value), read: (&str, Value)) -> bool {
        let mut stale = Stale::default();
        let params = |value: Value| value.as_object().unwrap().clone();
        let action = |name| catalog::action(name).unwrap();
        stale.wrote("main", action(write.0), &params(write.1));
        stale.reads("other", action(read.0), &params(read.1.clone()));
        assert!(stale.count_reads().is_empty(), "on another server");
        stale.reads("main", action(read.0), &params(read.1));
        !stale.count_reads().is_empty()
    }

    #[test]
    fn a_read_of_what_a_planned_write_touches_is_stale() {
        let client = || ("UpdateClient", json!({"clientid": 7, "city": "Bonn"}));
        let new = || ("AddClient", json!({"email": "Jo@example.com"}));
        let invoice = || ("CreateInvoice", json!({"userid": 7}));
        let credit = || ("AddCredit", json!({"clientid": 7, "amount": "5"}));
        for (write, read) in [
            (client(), ("GetClientsDetails", json!({"clientid": "7"}))),
            (client(), ("GetClients", json!({}))),
            (new(), ("GetClients", json!({"search": "jo@example.com"}))),
            (
                new(),
                ("GetClientsDetails", json!({"email": "jo@example.com"})),
            ),
            (
                new(),
                ("GetClients", json!({"status": "Active", "limitnum": 9})),
            ),
            (invoice(), ("GetInvoices", json!({}))),
            (
                invoice(),
                ("GetInvoices", json!({"userid": 7, "limitstart": 0})),
            ),
            (credit(), ("GetClientsDetails", json!({"clientid": 7}))),
            (credit(), ("GetCredits", json!({"clientid": 7}))),
            (
                ("GenInvoices", json!({})),
                ("GetInvoices", json!({"userid": 3})),
            ),
            (
                ("CancelOrder", json!({"orderid": 5})),
                ("GetOrders", json!({"id": 5})),
            ),
            (
                (
                    "UpdateClient",
                    json!({"clientid": 7, "email": "a@b.example"}),
                ),
                ("GetClients", json!({"search": "a@b.example"})),
            ),
        ] {
            let told = format!("{write:?} {read:?}");
            assert!(is_stale(write, read), "{told}");
        }
        for (write, read) in [
            (client(), ("GetClientsDetails", json!({"clientid": 8}))),
            (client(), ("GetClients", json!({"limitstart": 250}))),
            (client(), ("GetInvoices", json!({}))),
            (new(), ("GetClients", json!({"search": "al@example.com"}))),
            (invoice(), ("GetInvoice", json!({"invoiceid": 7}))),
            (invoice(), ("GetInvoices", json!({"userid": 8}))),
            (invoice(), ("GetClients", json!({}))),
            (credit(), ("GetProducts", json!({}))),
            (
                ("SendEmail", json!({"id": 7})),
                ("GetCurrencies", json!({})),
            ),
        ] {
            let told = format!("{write:?} {read:?}");
            assert!(!is_stale(write, read), "{told}");
        }
    }
}
