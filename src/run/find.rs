//! Looks on the server for the effect of a write whose reply was lost.
//!
//! Only where the catalog says how, and only by parameters that were sent: a
//! record that merely could be ours is never taken for it.

use serde_json::{Map, Value};

use super::Run;
use super::look::Looked;
use crate::catalog::{self, Find};
use crate::client::{ActionRef, CallError, Params};

/// What the server knows of a write.
#[derive(Debug, PartialEq)]
pub(super) enum Found {
    /// It was applied: what is left of its reply.
    Applied(Map<String, Value>),
    /// It was not.
    NotApplied,
    /// It cannot be told.
    Unknown,
}

impl Run {
    /// Whether the server has the effect of that write.
    pub(super) fn find(&self, action: &ActionRef, params: &Params) -> Result<Found, CallError> {
        let ActionRef::Known(action) = action else {
            return Ok(Found::Unknown);
        };
        let Some(find) = action.find.as_ref().filter(|find| is_certain(find, params)) else {
            return Ok(Found::Unknown);
        };
        let Some(looking) = catalog::action(find.action) else {
            return Ok(Found::Unknown);
        };
        let query: Params = find
            .send
            .iter()
            .map(|(theirs, ours)| ((*theirs).to_owned(), params[*ours].clone()))
            .collect();
        let is_it = |record: &Value| is_same(find, record, params);
        Ok(match self.look(looking, query, is_it)? {
            Looked::Record(record) => Found::Applied(given_back(find, &record)),
            Looked::Nothing => Found::NotApplied,
            Looked::Unreadable => Found::Unknown,
        })
    }
}

/// Whether what is looked for was sent, and nothing asked for a twin.
fn is_certain(find: &Find, params: &Params) -> bool {
    let is_given = |(_, ours): &(&str, &str)| !sent(params, ours).is_empty();
    find.send.iter().all(is_given) && !params.keys().any(|name| name.starts_with("allowduplicate"))
}

/// A parameter as text; what was left out is empty on the server too.
fn sent(params: &Params, name: &str) -> String {
    params.get(name).map(text).unwrap_or_default()
}

fn is_same(find: &Find, record: &Value, params: &Params) -> bool {
    find.same.iter().all(|(theirs, ours)| {
        let theirs = record.get(*theirs).map(text).unwrap_or_default();
        theirs.to_lowercase() == sent(params, ours).to_lowercase()
    })
}

fn given_back(find: &Find, record: &Value) -> Map<String, Value> {
    let mut reply = Map::new();
    reply.insert("result".into(), "success".into());
    for (ours, theirs) in find.reply {
        reply.insert(
            (*ours).to_owned(),
            record.get(*theirs).cloned().unwrap_or(Value::Null),
        );
    }
    reply
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn find(action: &str) -> &'static Find {
        catalog::action(action).unwrap().find.as_ref().unwrap()
    }

    fn params(value: &Value) -> Params {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn only_what_was_sent_can_be_looked_for() {
        let payment = find("AddTransaction");
        assert!(is_certain(payment, &params(&json!({"transid": "T1"}))));
        assert!(!is_certain(payment, &params(&json!({"transid": ""}))));
        assert!(!is_certain(payment, &params(&json!({"amountin": "5"}))));
        let twin = json!({"transid": "T1", "allowduplicatetransid": true});
        assert!(!is_certain(payment, &params(&twin)));
    }

    #[test]
    fn a_record_must_be_the_same_in_every_field_compared() {
        let sent = params(&json!({"clientid": 7, "email": "Jo@example.com", "firstname": "Jo"}));
        let ours = json!({"id": 3, "userid": "7", "email": "jo@example.com", "firstname": "Jo", "lastname": ""});
        let contact = find("AddContact");
        assert!(is_same(contact, &ours, &sent));
        assert_eq!(given_back(contact, &ours)["contactid"], 3);
        for (field, other) in [
            ("userid", "8"),
            ("email", "jo@example.org"),
            ("lastname", "Lee"),
        ] {
            let mut theirs = ours.clone();
            theirs[field] = other.into();
            assert!(!is_same(contact, &theirs, &sent), "{field}");
        }
    }
}
