//! Looks on the server for the effect of a write whose reply was lost.
//!
//! Only where the catalog says how, and only by parameters that were sent: a
//! record that merely could be ours is never taken for it.

use std::time::Duration;

use serde_json::{Map, Value};

use super::Run;
use super::look::Looked;
use crate::catalog::{self, Action, Find};
use crate::client::{ActionRef, CallError, CallErrorKind, Delivery, Params};
use crate::run::journal::{Journal, WriteId};

/// So long a server is given to end a call nobody waits for any more.
const LATEST: Duration = Duration::from_secs(10);

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

/// The write that is looked for.
pub(super) struct Lost<'l> {
    /// The journal that knows the run's other writes.
    pub journal: &'l Journal,
    /// Its number there.
    pub id: WriteId,
    /// Its action.
    pub action: &'l ActionRef,
    /// Its parameters.
    pub params: &'l Params,
}

impl Run {
    /// Whether the server has the effect of that write.
    ///
    /// A server may still be at a call whose client was killed, so what is not
    /// there is looked for once more when it has had the time for it.
    pub(super) fn find(&self, lost: &Lost) -> Result<Found, CallError> {
        let ActionRef::Known(action) = lost.action else {
            return Ok(Found::Unknown);
        };
        let looking = action
            .find
            .as_ref()
            .filter(|find| is_certain(find, lost.params));
        let looking = looking.and_then(|find| Some((find, catalog::action(find.action)?)));
        let Some((find, looking)) = looking else {
            return Ok(Found::Unknown);
        };
        let look = || {
            let matches = self.matches(find, looking, lost.params);
            matches.map_err(|error| unseen(lost.action, error))
        };
        let mut matches = look()?;
        if matches.as_ref().is_some_and(Vec::is_empty) {
            let pause = lost.journal.settles_in(self.server.timeout.min(LATEST));
            if !pause.is_zero() {
                if !self.cancel.sleep(pause) {
                    return Err(super::interrupted(action.name));
                }
                matches = look()?;
            }
        }
        match matches {
            None => Ok(Found::Unknown),
            Some(matches) => Ok(ours(find, &matches, lost)),
        }
    }

    /// The records that are the same as what was sent; `None` if the server gives no list.
    fn matches(
        &self,
        find: &Find,
        looking: &'static Action,
        params: &Params,
    ) -> Result<Option<Vec<Value>>, CallError> {
        let query: Params = find
            .send
            .iter()
            .map(|(theirs, ours)| ((*theirs).to_owned(), params[*ours].clone()))
            .collect();
        let mut matches = Vec::new();
        // Every record is shown and none is taken: there may be several of the same.
        let gather = |record: &Value| {
            if is_same(find, record, params) {
                matches.push(record.clone());
            }
            false
        };
        let looked = self.look(looking, query, gather)?;
        Ok(matches!(looked, Looked::Nothing).then_some(matches))
    }
}

/// Which of the records is the write's: one that may be another's of this run is
/// nobody's before the user says so.
fn ours(find: &Find, matches: &[Value], lost: &Lost) -> Found {
    if matches.is_empty() {
        return Found::NotApplied;
    }
    let name = lost.action.name();
    let kept = super::shown::covered(lost.action, lost.params);
    let is_alike = |other: &Params| {
        let mut compared = find.same.iter().chain(find.send).map(|(_, ours)| *ours);
        compared.all(|name| {
            let other = sent(other, name);
            let mut ours = [lost.params, &kept].into_iter().map(|all| sent(all, name));
            ours.any(|ours| other.eq_ignore_ascii_case(&ours))
        })
    };
    match lost.journal.past().open_writes(name, lost.id) {
        Ok(others) if !others.iter().any(is_alike) => {}
        _ => return Found::Unknown,
    }
    let is_free = |reply: &Map<String, Value>| {
        find.reply.iter().all(|(field, _)| {
            let past = lost.journal.past();
            past.is_claimed(name, field, &text(&reply[*field])) == Ok(false)
        })
    };
    let mut replies = matches.iter().map(|record| given_back(find, record));
    replies.find(is_free).map_or(Found::Unknown, Found::Applied)
}

/// The error of a write in doubt that could not be looked for.
fn unseen(action: &ActionRef, cause: CallError) -> CallError {
    if cause.kind == CallErrorKind::Interrupted || cause.kind.stops_the_run() {
        return cause;
    }
    CallError {
        action: action.name().to_owned(),
        message: format!(
            "`{}` may or may not have been applied before, and it could not be looked for: {}",
            action.name(),
            cause.message
        ),
        delivery: Delivery::InDoubt,
        ..cause
    }
}

/// Whether the server can be asked for that write.
pub(super) fn can_find(action: &ActionRef, params: &Params) -> bool {
    let ActionRef::Known(action) = action else {
        return false;
    };
    action
        .find
        .as_ref()
        .is_some_and(|find| is_certain(find, params))
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
        // WHMCS keeps what it was sent with some letters as HTML writes them.
        let theirs = record.get(*theirs).map(text).unwrap_or_default();
        let theirs = plain(&theirs);
        theirs.to_lowercase() == sent(params, ours).to_lowercase()
    })
}

/// Text without the entities PHP's `htmlspecialchars` makes.
fn plain(text: &str) -> String {
    let entities = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#039;", "'"),
        ("&#39;", "'"),
    ];
    let plain = entities
        .iter()
        .fold(text.to_owned(), |text, (entity, letter)| {
            text.replace(entity, letter)
        });
    // The last, or what it makes would be taken for another.
    plain.replace("&amp;", "&")
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
        let brien = params(
            &json!({"clientid": 7, "email": "jo@example.com", "firstname": "Jo", "lastname": "O'Brien & Co"}),
        );
        let mut theirs = ours.clone();
        theirs["lastname"] = "O&#039;Brien &amp; Co".into();
        assert!(is_same(contact, &theirs, &brien));
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
