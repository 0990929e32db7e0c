//! What waits for a write in doubt: other writes to the record it updates, and the same
//! write once more.
//!
//! Which of two updates the server applied last could not be told otherwise, and a late
//! one would bring back what a later one had changed. A script that catches the doubt and
//! tries once more would do it twice. What earlier passes of the run left is known from its
//! journal, and what other shards of its name leave from theirs, looked at every few seconds.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use serde_json::Value;

use crate::catalog::{self, Effect};
use crate::client::{ActionRef, Params};
use crate::run::journal::moment::Moment;
use crate::run::journal::{
    self, Beside, Head, Journal, JournalError, Reading, Which, Write, WriteId,
};
use crate::run::scope::Scope;
use crate::run::write::way::whole;

/// The records, each with the write that is in doubt.
#[derive(Debug, Default)]
pub(in crate::run) struct BlockedRecords {
    records: Mutex<HashMap<String, Hold>>,
    /// Whether those of earlier passes are among them.
    pub(super) has_earlier: OnceLock<()>,
    /// The other shards, and when they were last looked at; nothing where there are none.
    shards: Mutex<Option<Shards>>,
}

/// The other shards of the run's name.
#[derive(Debug)]
pub(super) struct Shards {
    own: Head,
    beside: Beside,
    looked: Option<Moment>,
}

impl Shards {
    /// Those beside a run; nothing where it is none itself.
    pub fn read(journal: &Journal) -> Result<Option<Self>, JournalError> {
        let own = journal::read_head(journal.folder())?;
        let is_one = own.name.is_some() && own.invocation.limits.shard.is_some();
        Ok(is_one.then(|| Self {
            own,
            beside: Beside::look_beside(journal.folder()),
            looked: None,
        }))
    }

    /// Those that may have left a write in doubt since the last look, if it is time for one.
    pub fn look(&mut self, now: Moment) -> Vec<Reading> {
        let gone = self.looked.and_then(|looked| now.since(looked));
        if gone.is_some_and(|gone| gone < LOOK) {
            return Vec::new();
        }
        self.looked = Some(now);
        let own = &self.own;
        self.beside
            .look(|head| (&head.name, &head.host, &head.path) == (&own.name, &own.host, &own.path))
    }
}

/// How often other shards are looked at.
const LOOK: Duration = Duration::from_secs(5);

/// What holds a record.
#[derive(Clone, Debug)]
pub(super) struct Hold {
    pub write: WriteId,
    /// The folder of the run that the write is of, where that is another shard.
    pub of: Option<Arc<Path>>,
    /// The write is done since it was sent again, and what was sent first may still arrive
    /// for so long from then on.
    late: Option<(Moment, Duration)>,
}

impl Hold {
    const fn on_write(write: WriteId) -> Self {
        Self {
            write,
            of: None,
            late: None,
        }
    }

    /// Whether it is for that write of this run.
    fn is_own(&self, write: WriteId) -> bool {
        self.write == write && self.of.is_none()
    }

    /// Whether the other shard knows by now what became of the write.
    pub fn is_over(&self) -> bool {
        let Some(folder) = &self.of else {
            return false;
        };
        let mut is_open = false;
        let looked = journal::read(folder).and_then(|reading| {
            reading.writes(Which::InDoubt, |write| is_open |= write.id == self.write)
        });
        looked.is_ok() && !is_open
    }

    /// How much longer what was sent first may arrive; `None` if the write is in doubt.
    pub fn left(&self, now: Moment) -> Option<Duration> {
        let (then, left) = self.late?;
        Some(left.saturating_sub(now.since(then).unwrap_or_default()))
    }
}

impl BlockedRecords {
    /// Lets no other write go to the record of one that is in doubt, nor the same again.
    pub fn hold(&self, scope: &Scope, action: &ActionRef, params: &Params, write: WriteId) {
        let mut held = self.records();
        let keys = records(action, params);
        for key in keys.into_iter().chain(itself(scope, action, params)) {
            held.entry(key).or_insert_with(|| Hold::on_write(write));
        }
    }

    /// Lets no write go to the record of one that another shard left in doubt.
    pub(super) fn hold_of(&self, folder: &Arc<Path>, action: &ActionRef, write: &Write) {
        let mut held = self.records();
        for key in records(action, &write.params) {
            held.entry(key).or_insert_with(|| Hold {
                of: Some(Arc::clone(folder)),
                ..Hold::on_write(write.id)
            });
        }
    }

    /// Lets others go there again: that shard knows what became of its write.
    pub(super) fn drop_other(&self, other: &Hold) {
        let is_it = |held: &Hold| held.write == other.write && held.of == other.of;
        self.records().retain(|_, held| !is_it(held));
    }

    /// Lets no other write go to the record for so long from then on: what was sent first of
    /// a write that is done by now may still arrive, and bring back what another changed.
    pub fn hold_late(&self, write: WriteId, then: Moment, left: Duration) {
        for hold in self.records().values_mut() {
            if hold.is_own(write) {
                hold.late = Some((then, left));
            }
        }
    }

    /// Lets others go there again: it is known what became of that one.
    pub fn release(&self, write: WriteId) {
        self.records().retain(|_, held| !held.is_own(write));
    }

    /// The same, unless what was sent first may still arrive.
    pub fn release_known(&self, write: WriteId) {
        let is_known = |held: &Hold| held.is_own(write) && held.late.is_none();
        self.records().retain(|_, held| !is_known(held));
    }

    pub(super) fn shards(&self) -> MutexGuard<'_, Option<Shards>> {
        self.shards.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn records(&self) -> MutexGuard<'_, HashMap<String, Hold>> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The name of a write in its row, or in the script itself; none of one that may be repeated.
///
/// However its numbers are spelled it is the same write: `5` and `"5.00"`.
pub(super) fn itself(scope: &Scope, action: &ActionRef, params: &Params) -> Option<String> {
    if action.is_repeatable() {
        return None;
    }
    let params = whole(action, params);
    let given = params.iter().filter(|(_, value)| !value.is_null());
    let given: BTreeMap<&String, Value> = given
        .map(|(name, value)| (name, plain(action, name, value)))
        .collect();
    let given: Vec<String> = given
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    Some(format!("{} {scope:?} {}", action.name(), given.join(" ")))
}

/// A value with its numbers as everybody would write them.
fn plain(action: &ActionRef, name: &str, value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(|item| plain(action, name, item)).collect(),
        Value::Object(map) => map
            .iter()
            .map(|(key, value)| (key.clone(), plain(action, name, value)))
            .collect(),
        _ => {
            let text = match value {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            let compared = action
                .known()
                .map(|known| catalog::comparable(known, name, value));
            // Of a text, capitals count.
            let number = compared.filter(|compared| *compared != text.trim().to_lowercase());
            number.unwrap_or(text).into()
        }
    }
}

/// The names of the record that a write changes, removes or acts on; none of one that makes one.
pub(super) fn records(action: &ActionRef, params: &Params) -> Vec<String> {
    let ActionRef::Known(known) = action else {
        return Vec::new();
    };
    if known.effect == Effect::Create {
        return Vec::new();
    }
    let value = |name: &str| {
        let value = catalog::comparable(known, name, params.get(name)?);
        (!value.is_empty()).then_some(value)
    };
    let named = known.record.iter().flat_map(|way| {
        let names = way.send.iter().chain(way.same);
        names.filter_map(|(theirs, ours)| Some(format!("{} {theirs}={}", way.action, value(ours)?)))
    });
    let about = about(known.about).into_iter();
    let about = about.filter_map(|(name, kind)| Some(format!("{kind} {}", value(name)?)));
    named.chain(about).collect()
}

/// The parameters that name the record a write is about, by one word for each kind of record:
/// the catalog names some with others that say whose it is.
fn about(names: &'static [&'static str]) -> Vec<(&'static str, &'static str)> {
    const KINDS: [(&str, &str); 15] = [
        ("serviceid", "service"),
        ("accountid", "service"),
        ("domainid", "domain"),
        ("domain", "domain by name"),
        ("orderid", "order"),
        ("invoiceid", "invoice"),
        ("quoteid", "quote"),
        ("ticketid", "ticket"),
        ("contactid", "contact"),
        ("paymethodid", "pay method"),
        ("transactionid", "transaction"),
        ("projectid", "project"),
        ("taskid", "task"),
        ("itemid", "billable item"),
        ("clientid", "client"),
    ];
    let kind = |name: &str| KINDS.into_iter().find(|(other, _)| *other == name);
    let known: Vec<_> = names.iter().filter_map(|name| kind(name)).collect();
    let Some((_, last)) = known.last() else {
        return Vec::new();
    };
    // Of `projectid` and `taskid` the record is the task.
    let own = last.split(' ').next();
    let is_own = |(_, kind): &(_, &str)| kind.split(' ').next() == own;
    if names.last().is_some_and(|name| kind(name).is_none()) {
        return Vec::new();
    }
    known.into_iter().filter(is_own).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(action: &str, params: &Value) -> Vec<String> {
        let action = ActionRef::Known(catalog::action(action).unwrap());
        records(&action, params.as_object().unwrap())
    }

    fn meet(one: &(&str, Value), other: &(&str, Value)) -> bool {
        let (one, other) = (of(one.0, &one.1), of(other.0, &other.1));
        one.iter().any(|key| other.contains(key))
    }

    #[test]
    fn a_write_is_the_same_however_its_numbers_are_spelled() {
        let named = |action: &str, params: Value| {
            let Value::Object(params) = params else {
                panic!("parameters are a map")
            };
            let action = ActionRef::Known(catalog::action(action).unwrap());
            itself(&Scope::Main, &action, &params).unwrap()
        };
        let first = named(
            "AddCredit",
            json!({"clientid": 2, "amount": 5, "description": "Ab"}),
        );
        for (id, amount) in [(json!("2"), json!("5.00")), (json!("02"), json!(5.0))] {
            let again =
                json!({"amount": amount, "clientid": id, "description": "Ab", "date": null});
            assert_eq!(named("AddCredit", again), first);
        }
        let other = json!({"clientid": 2, "amount": 5, "description": "AB"});
        assert_ne!(named("AddCredit", other), first);
        let list = json!({"userid": 1, "itemdescription": ["a"], "itemamount": ["5.00"]});
        let pieces = json!({"userid": 1, "itemdescription1": "a", "itemamount1": 5});
        assert_eq!(named("CreateInvoice", list), named("CreateInvoice", pieces));
    }

    #[test]
    fn writes_to_one_record_meet_whatever_their_parameters_are_called() {
        let service = json!({ "serviceid": 7, "status": "Active" });
        for (name, params) in [
            ("ModuleSuspend", json!({ "serviceid": "7" })),
            ("ModuleSuspend", json!({ "accountid": 7 })),
            ("ModuleTerminate", json!({ "serviceid": 7 })),
        ] {
            assert!(
                meet(&("UpdateClientProduct", service.clone()), &(name, params)),
                "{name}"
            );
        }
        let order = json!({ "orderid": 3 });
        for name in ["CancelOrder", "AcceptOrder", "DeleteOrder"] {
            assert!(
                meet(&("PendingOrder", order.clone()), &(name, order.clone())),
                "{name}"
            );
        }
        let domain = json!({ "domainid": 5 });
        let lock = ("DomainUpdateLockingStatus", domain.clone());
        assert!(meet(&("UpdateClientDomain", domain), &lock));
    }

    #[test]
    fn writes_to_other_records_do_not_meet() {
        let one = json!({ "serviceid": 7 });
        assert!(!meet(
            &("ModuleSuspend", one.clone()),
            &("ModuleSuspend", json!({ "serviceid": 8 }))
        ));
        assert!(!meet(
            &("ModuleSuspend", one),
            &("PendingOrder", json!({ "orderid": 7 }))
        ));
        assert!(of("AddContact", &json!({ "clientid": 7 })).is_empty());
    }
}
