//! What is told of calls as they are made: which, about what, when, and how they
//! ended. Never a value but ids, and so never a secret.

mod file;

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::LazyJournal;
use super::list::record::whole_number;
use super::scope;
use super::transport::Transport;
use crate::catalog::{self, FieldKind, ParamKind};
use crate::client::{ActionRef, CallError, CallErrorKind, Delivery, Params, Reply};

pub use file::CallLogFile;

/// A call that was made, or could not be.
#[derive(Clone, Debug)]
pub struct Made<'c> {
    /// When it began.
    pub time: Timestamp,
    /// The name of the run, once it has one.
    pub run: Option<String>,
    /// What its user calls the run, and the shard it is of: `move 2/8`.
    pub called: Option<&'c str>,
    /// The row it was made for, by its place in its loop; its key may be personal.
    pub row: Option<u64>,
    /// The server's name among the profiles.
    pub server: &'c str,
    /// The action.
    pub action: &'c str,
    /// What it was about: the ids it was given, then those that came back.
    pub ids: Vec<(&'c str, u64)>,
    /// How it ended: `done`, `refused`, `failed`, `in doubt`, `not sent`.
    pub outcome: &'static str,
    /// Whether WHMCS warned of something although it was done.
    pub is_warned: bool,
    /// The class of its failure.
    pub kind: Option<CallErrorKind>,
    /// The HTTP status of its failure.
    pub http: Option<u16>,
    /// How long it took, with all its tries.
    pub elapsed: Duration,
}

/// Is told of every call.
pub trait CallLog: Send + Sync {
    /// A call ended; calls of several threads come at the same time.
    fn made(&self, call: &Made);
}

/// A transport whose calls are told.
pub struct LoggedTransport {
    inner: Box<dyn Transport>,
    server: String,
    log: Arc<dyn CallLog>,
    lazy_journal: Option<Arc<LazyJournal>>,
}

impl LoggedTransport {
    /// That transport to the server of that name; the journal names the run.
    pub fn new(
        inner: Box<dyn Transport>,
        server: String,
        log: Arc<dyn CallLog>,
        lazy_journal: Option<Arc<LazyJournal>>,
    ) -> Self {
        Self {
            inner,
            server,
            log,
            lazy_journal,
        }
    }
}

impl Transport for LoggedTransport {
    fn call(&self, action: &ActionRef, params: &Params) -> Result<Reply, CallError> {
        let (time, start) = (Timestamp::now(), Instant::now());
        let result = self.inner.call(action, params);
        let elapsed = start.elapsed();
        let journal = self
            .lazy_journal
            .as_ref()
            .and_then(|lazy_journal| lazy_journal.begun());
        let error = result.as_ref().err();
        self.log.made(&Made {
            time,
            run: journal.map(super::journal::Journal::run),
            called: self
                .lazy_journal
                .as_ref()
                .and_then(|lazy_journal| lazy_journal.name()),
            row: scope::row_number(),
            server: &self.server,
            action: action.name(),
            ids: ids(action, params, result.as_ref().ok()),
            outcome: error.map_or("done", outcome),
            is_warned: result
                .as_ref()
                .is_ok_and(|reply| !reply.said_warnings().is_empty()),
            kind: error.map(|error| error.kind),
            http: error.and_then(|error| error.http),
            elapsed,
        });
        result
    }

    fn check(&self, action: &ActionRef, params: &Params) -> Result<(), CallError> {
        self.inner.check(action, params)
    }
}

fn outcome(error: &CallError) -> &'static str {
    use CallErrorKind::{Api, Auth, Ip, Permission};
    match (error.delivery, error.kind) {
        (Delivery::InDoubt, _) => "in doubt",
        (Delivery::NotSent, _) => "not sent",
        (_, Api | Auth | Ip | Permission) => "refused",
        _ => "failed",
    }
}

/// The ids among the parameters and in the reply, as the catalog knows them.
fn ids<'c>(action: &ActionRef, params: &'c Params, reply: Option<&Reply>) -> Vec<(&'c str, u64)> {
    let ActionRef::Known(action) = action else {
        return Vec::new();
    };
    let given = params.iter().filter_map(|(name, value)| {
        let param = catalog::parameter(action, name)?;
        let is_id = param.kind == ParamKind::Int && !param.secret && is_name_of_id(param.name);
        Some((param.name, id(value).filter(|_| is_id)?))
    });
    let mut ids: Vec<_> = given.collect();
    let body: Option<&Map<String, Value>> = reply.map(|reply| &reply.body);
    for field in action.returns {
        let is_id = field.kind == FieldKind::Int && is_name_of_id(field.path);
        if let Some(number) = body.and_then(|body| id(body.get(field.path)?))
            && is_id
            && !ids.iter().any(|(name, _)| *name == field.path)
        {
            ids.push((field.path, number));
        }
    }
    ids
}

fn is_name_of_id(name: &str) -> bool {
    name.ends_with("id") && !name.contains('.')
}

fn id(value: &Value) -> Option<u64> {
    whole_number(value)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use serde_json::json;

    use super::*;
    use crate::run::scope::within_row;

    struct Fixed(Result<Value, CallErrorKind>);

    impl Transport for Fixed {
        fn call(&self, action: &ActionRef, _: &Params) -> Result<Reply, CallError> {
            match &self.0 {
                Ok(body) => Ok(Reply::remembered(body.as_object().cloned().unwrap())),
                Err(kind) => Err(CallError::new(
                    *kind,
                    action.name(),
                    "hunter2",
                    Delivery::Refused,
                )),
            }
        }
    }

    #[derive(Default)]
    struct Heard(Mutex<Vec<String>>);

    impl CallLog for Heard {
        fn made(&self, call: &Made) {
            let Made {
                row,
                server,
                action,
                ids,
                outcome,
                kind,
                ..
            } = call;
            let told = format!("{server} {action} {ids:?} {outcome} {kind:?} {row:?}");
            self.0.lock().unwrap().push(told);
        }
    }

    fn told(action: &str, params: &Value, result: Result<Value, CallErrorKind>) -> String {
        let heard = Arc::new(Heard::default());
        let logged =
            LoggedTransport::new(Box::new(Fixed(result)), "main".into(), heard.clone(), None);
        let action = ActionRef::Known(catalog::action(action).unwrap());
        let call = || logged.call(&action, params.as_object().unwrap());
        let _ = within_row("jo@example.com".into(), 4, false, call);
        heard.0.lock().unwrap().pop().unwrap()
    }

    #[test]
    fn ids_are_told_and_no_other_value() {
        let params = json!({"email": "jo@example.com", "password2": "hunter2", "groupid": "3", "currency": 2});
        let told = told(
            "AddClient",
            &params,
            Ok(json!({"clientid": 57, "message": "hunter2"})),
        );
        assert_eq!(
            told,
            "main AddClient [(\"groupid\", 3), (\"clientid\", 57)] done None Some(4)"
        );
    }

    #[test]
    fn a_failure_is_told_by_its_class_and_not_in_its_words() {
        let told = |kind| told("UpdateClient", &json!({"clientid": "x7"}), Err(kind));
        assert_eq!(
            told(CallErrorKind::Api),
            "main UpdateClient [] refused Some(Api) Some(4)"
        );
        assert_eq!(
            told(CallErrorKind::Html),
            "main UpdateClient [] failed Some(Html) Some(4)"
        );
    }
}
