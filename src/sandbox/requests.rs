//! The record of the requests: what was asked, and what was answered.
//!
//! Credentials are never in it, and what the catalog calls secret is covered. It holds
//! the last of them only, so that a long life costs no more memory than a short one.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::civil::DateTime;
use serde::Serialize;
use serde_json::{Map, Value};

use super::call::unserialized;
use super::clock::spelled;
use super::reply::Answer;
use super::tree::{Array, Tree};
use crate::catalog::{self, Action, Encoding, is_reserved};

/// So many are kept.
const MOST: usize = 10_000;

/// What stands for a value that must not be shown.
const COVERED: &str = "***";

/// What makes a name that the catalog does not know a secret's.
const SECRET_WORDS: &[&str] = &["card", "cvv", "key", "pass", "pin", "pw", "secret", "token"];

/// One request.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RequestRecord {
    /// The how-manieth call it was.
    pub number: u64,
    /// The sandbox's moment when it came, as `MySQL` prints it.
    pub at: String,
    /// The action, as the catalog spells it where it knows it.
    pub action: String,
    /// Its parameters without credentials; a secret is `***`. Serialized ones are unpacked.
    pub parameters: Map<String, Value>,
    /// `success`, `error` or `warning`; empty where nothing was answered by WHMCS itself.
    pub result: String,
    /// What was said with it.
    pub message: String,
    /// The faults that struck, as they were written.
    pub faults: Vec<String>,
    /// Whether the action was handed to WHMCS, which may have refused it.
    pub carried_out: bool,
}

/// The requests of a running sandbox, if they are kept.
#[derive(Debug)]
pub struct Requests {
    is_kept: bool,
    kept: Mutex<RequestsImage>,
}

/// The requests up to some moment.
pub type RequestsImage = VecDeque<Arc<RequestRecord>>;

impl Requests {
    /// None so far; none ever when they are not to be kept.
    pub fn new(is_kept: bool) -> Self {
        Self {
            is_kept,
            kept: Mutex::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, RequestsImage> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A request was read whole.
    pub fn arrived(
        &self,
        number: u64,
        now: DateTime,
        action: &str,
        variables: &Array,
        faults: &[String],
    ) {
        if !self.is_kept {
            return;
        }
        let known = catalog::action(action);
        let record = RequestRecord {
            number,
            at: spelled(now).to_string(),
            action: known
                .map_or(action, |action| action.name)
                .chars()
                .take(100)
                .collect(),
            parameters: parameters(known, variables),
            result: String::new(),
            message: String::new(),
            faults: faults.to_vec(),
            carried_out: false,
        };
        let mut kept = self.lock();
        if kept.len() == MOST {
            kept.pop_front();
        }
        kept.push_back(Arc::new(record));
    }

    /// What was answered to it.
    pub fn answered(&self, number: u64, answer: &Answer, carried_out: bool) {
        if !self.is_kept {
            return;
        }
        let mut kept = self.lock();
        // Among the last, as a rule. It is gone if the record was emptied since.
        let found = kept.iter_mut().rev().find(|record| record.number == number);
        if let Some(record) = found {
            let record = Arc::make_mut(record);
            answer.text("result").clone_into(&mut record.result);
            answer.text("message").clone_into(&mut record.message);
            record.carried_out = carried_out;
        }
    }

    /// All that are kept, the oldest first.
    pub fn all(&self) -> Vec<RequestRecord> {
        self.lock()
            .iter()
            .map(|record| RequestRecord::clone(record))
            .collect()
    }

    /// Forgets them; how many they were.
    pub fn clear(&self) -> usize {
        std::mem::take(&mut *self.lock()).len()
    }

    /// What they are now.
    pub fn image(&self) -> RequestsImage {
        self.lock().clone()
    }

    /// Makes them what they were.
    pub fn restore(&self, image: &RequestsImage) {
        image.clone_into(&mut self.lock());
    }
}

fn parameters(action: Option<&'static Action>, variables: &Array) -> Map<String, Value> {
    variables
        .iter()
        .filter(|(name, _)| !is_reserved(name))
        .map(|(name, value)| (name.to_owned(), cover_value(action, name, value)))
        .collect()
}

fn cover_value(action: Option<&'static Action>, name: &str, value: &Tree) -> Value {
    let param = action.and_then(|action| catalog::parameter(action, name));
    let is_secret = param.map_or_else(|| sounds_secret(name), |param| param.secret);
    if is_secret {
        return COVERED.into();
    }
    let packed = param
        .filter(|param| param.encoding == Encoding::Serialized)
        .and_then(|_| value.text())
        .and_then(unserialized);
    match packed {
        Some(array) => listed(&array),
        None => plain(value),
    }
}

fn sounds_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRET_WORDS.iter().any(|word| name.contains(word))
}

fn plain(value: &Tree) -> Value {
    match value {
        Tree::Text(text) => text.as_str().into(),
        Tree::Array(array) => listed(array),
    }
}

/// A list where the keys are 0, 1, 2 …, else a map.
fn listed(array: &Array) -> Value {
    let is_list = array
        .iter()
        .enumerate()
        .all(|(at, (key, _))| key == at.to_string());
    if is_list {
        return array.iter().map(|(_, value)| plain(value)).collect();
    }
    let entries = array
        .iter()
        .map(|(key, value)| (key.to_owned(), plain(value)));
    Value::Object(entries.collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::form;
    use super::super::reply::Fields;
    use super::Requests;

    fn arrive(requests: &Requests, number: u64, query: &str) {
        let variables = form::decode(query.as_bytes());
        let action = variables
            .get_any_case("action")
            .and_then(super::Tree::text)
            .unwrap_or_default()
            .to_owned();
        let now = jiff::civil::date(2026, 12, 1).at(0, 0, 0, 0);
        requests.arrived(number, now, &action, &variables, &[]);
    }

    #[test]
    fn secrets_and_credentials_are_not_in_the_record() {
        let requests = Requests::new(true);
        arrive(
            &requests,
            1,
            "identifier=me&secret=quiet&accesskey=quiet&action=addclient&firstname=A&password2=quiet\
             &customfields=YToxOntpOjM7czoxOiJ4Ijt9",
        );
        arrive(
            &requests,
            2,
            "username=me&password=quiet&action=Unknown&apikey=quiet&pid[]=1&pid[]=2&x[a]=1",
        );
        let all = requests.all();
        assert_eq!(all[0].action, "AddClient");
        assert_eq!(
            serde_json::Value::Object(all[0].parameters.clone()),
            json!({"firstname": "A", "password2": "***", "customfields": {"3": "x"}})
        );
        assert_eq!(
            serde_json::Value::Object(all[1].parameters.clone()),
            json!({"apikey": "***", "pid": ["1", "2"], "x": {"a": "1"}})
        );
    }

    #[test]
    fn an_answer_stands_with_its_request_and_only_the_last_are_kept() {
        let requests = Requests::new(true);
        for number in 1..=super::MOST as u64 + 5 {
            arrive(&requests, number, "action=GetClients");
        }
        requests.answered(3, &Fields::success(), true);
        requests.answered(7, &Fields::success(), true);
        let all = requests.all();
        assert_eq!(all.len(), super::MOST);
        assert_eq!((all[0].number, all[0].result.as_str()), (6, ""));
        assert_eq!(
            (all[1].result.as_str(), all[1].carried_out),
            ("success", true)
        );
        assert_eq!(requests.clear(), super::MOST);
    }

    #[test]
    fn nothing_is_kept_unless_asked_for() {
        let requests = Requests::new(false);
        arrive(&requests, 1, "action=GetClients");
        assert!(requests.all().is_empty());
    }
}
