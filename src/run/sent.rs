//! The secrets a row or a script works with, noted while it goes on, so that
//! whatever is kept of it can leave them out wherever they stand.
//!
//! Those it sent, and those it holds: the cells of columns that are called like a
//! secret, and what the catalog calls one in a reply. A row knows its own, and what the script itself knew when the loop began.

use std::borrow::Cow;
use std::cell::RefCell;

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};

use super::secrets;
use crate::catalog::{self, ParamKind};
use crate::client::{ActionRef, CallError, Params, Secrets};

/// Shorter texts say nothing: a `cvv` of `123` would hide a product of that number.
const SHORTEST: usize = 4;

/// So many of the last ones are known: outside of rows there may be as many as a file
/// has rows, and a list may have as many as a server has services.
const MOST: usize = 100;

/// Secrets that were sent, and those that are held besides.
#[derive(Default)]
pub struct Sent {
    by_calls: Vec<SecretString>,
    held: Vec<SecretString>,
    is_row: bool,
}

/// Secrets that are known before they are sent.
#[derive(Clone, Default)]
pub struct Held(Vec<SecretString>);

thread_local! {
    static SENT: RefCell<Sent> = RefCell::default();
}

/// Puts back what was noted before the row, also when the body panics.
struct Outer(Sent);

impl Drop for Outer {
    fn drop(&mut self) {
        SENT.set(std::mem::take(&mut self.0));
    }
}

/// Runs the body of a row and says which secrets its calls on this thread had.
pub fn noting<T>(held: Held, body: impl FnOnce() -> T) -> (T, Sent) {
    let row = Sent {
        held: held.0,
        is_row: true,
        ..Sent::default()
    };
    let _outer = Outer(SENT.replace(row));
    let result = body();
    (result, SENT.take())
}

/// What the thread knows, for the rows of a loop that it begins, or for who reads with it.
pub fn held() -> Held {
    SENT.with_borrow(|known| Held(known.by_calls.iter().chain(&known.held).cloned().collect()))
}

/// Notes a secret that the thread works with.
pub fn hold(secret: &str) {
    if secret.len() >= SHORTEST {
        SENT.with_borrow_mut(|known| add(&mut known.held, secret.to_owned()));
    }
}

/// Notes secrets that another thread knows.
pub fn hold_all(held: &Held) {
    held.0
        .iter()
        .for_each(|secret| hold(secret.expose_secret()));
}

/// Whether the thread is at a row.
pub fn is_in_row() -> bool {
    SENT.with_borrow(|known| known.is_row)
}

/// Notes the secrets of a call.
pub(super) fn note(action: &ActionRef, params: &Params) {
    SENT.with_borrow_mut(|known| {
        for text in secrets::texts(action, params).filter(|text| text.len() >= SHORTEST) {
            add(&mut known.by_calls, text);
        }
    });
}

fn add(secrets: &mut Vec<SecretString>, text: String) {
    if secrets.iter().any(|known| known.expose_secret() == text) {
        return;
    }
    if secrets.len() >= MOST {
        secrets.remove(0);
    }
    secrets.push(text.into());
}

/// Every secret the thread knows.
fn known() -> Secrets {
    SENT.with_borrow(Sent::secrets)
}

/// Parameters as they may be written down: with the secrets covered that stand in
/// such as are none. What must be a number, a day or a truth value is left alone.
pub(super) fn covered<'p>(action: &ActionRef, params: &'p Params) -> Cow<'p, Params> {
    let secrets = known();
    if secrets.is_empty() {
        return Cow::Borrowed(params);
    }
    let mut params = params.clone();
    for (name, value) in &mut params {
        if is_text(action, name) {
            secrets.cover_value(value);
        }
    }
    Cow::Owned(params)
}

fn is_text(action: &ActionRef, name: &str) -> bool {
    let ActionRef::Known(action) = action else {
        return true;
    };
    let kind = catalog::parameter(action, name).map(|param| param.kind);
    kind.is_none_or(|kind| {
        matches!(
            kind,
            ParamKind::String
                | ParamKind::Strings
                | ParamKind::Map
                | ParamKind::Maps
                | ParamKind::Any
        )
    })
}

/// A value of a field as it may be shown.
pub(super) fn covered_value(mut value: Value) -> Value {
    known().cover_value(&mut value);
    value
}

/// An error without the secrets that its words repeat.
pub(super) fn covered_error(mut error: CallError) -> CallError {
    let secrets = known();
    for words in [Some(&mut error.message), error.hint.as_mut()] {
        if let Some(words) = words
            && let Cow::Owned(covered) = secrets.cover(words)
        {
            *words = covered;
        }
    }
    error
}

/// A record without the fields in whose text a secret stands: what is brought back
/// from it must not be a cover.
pub(super) fn without(mut record: Map<String, Value>) -> Map<String, Value> {
    let secrets = known();
    if !secrets.is_empty() {
        remove(&mut record, &secrets);
    }
    record
}

fn remove(record: &mut Map<String, Value>, secrets: &Secrets) {
    record.retain(|_, value| match value {
        // A number may well be that of a record.
        Value::String(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => true,
        Value::String(text) => matches!(secrets.cover(text), Cow::Borrowed(_)),
        _ => true,
    });
    for value in record.values_mut() {
        match value {
            Value::Object(inner) => remove(inner, secrets),
            Value::Array(items) => {
                let inner = items.iter_mut().filter_map(Value::as_object_mut);
                inner.for_each(|inner| remove(inner, secrets));
            }
            _ => {}
        }
    }
}

impl Held {
    /// These, and those texts.
    #[must_use]
    pub fn and<'t>(&self, texts: impl Iterator<Item = &'t str>) -> Self {
        let texts = texts.map(|text| SecretString::from(text.to_owned()));
        Self(self.0.iter().cloned().chain(texts).collect())
    }
}

impl Sent {
    /// Whether that text is one of those sent.
    pub fn has(&self, text: &str) -> bool {
        self.by_calls
            .iter()
            .any(|secret| secret.expose_secret() == text)
    }

    /// What is to be covered.
    pub fn secrets(&self) -> Secrets {
        let known = self.by_calls.iter().chain(&self.held);
        Secrets::new(known.map(ExposeSecret::expose_secret))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn known_action(name: &str) -> ActionRef {
        ActionRef::Known(catalog::action(name).unwrap())
    }

    fn note_all(params: &Value) {
        note(&known_action("AddClient"), params.as_object().unwrap());
    }

    #[test]
    fn secrets_of_calls_are_known_by_their_text_and_only_while_the_row_goes_on() {
        let params = json!({"email": "jo@example.com", "password2": "s3cr3t", "cvv": "123", "cardnum": 41111});
        let ((), sent) = noting(Held::default(), || note_all(&params));
        assert!(sent.has("s3cr3t") && sent.has("41111"));
        assert!(!sent.has("jo@example.com") && !sent.has("123") && !sent.has(""));
        let ((), sent) = noting(Held::default(), || ());
        assert!(!sent.has("s3cr3t"));
        assert!(known().is_empty());
    }

    #[test]
    fn what_a_row_holds_or_sends_is_covered_in_whatever_else_it_sends() {
        let held = Held::default().and(["hunter22"].into_iter());
        noting(held, || {
            note_all(&json!({"password2": "s3cr3t", "cvv": "4111"}));
            let params = json!({
                "clientid": "4111", "notes": "pw hunter22, then s3cr3t", "city": "Bonn",
                "customfields": {"3": "s3cr3t"},
            });
            let shown = covered(&known_action("UpdateClient"), params.as_object().unwrap());
            assert_eq!(
                Value::Object(shown.into_owned()),
                json!({
                    "clientid": "4111", "notes": "pw (secret), then (secret)", "city": "Bonn",
                    "customfields": {"3": "(secret)"},
                })
            );
        });
    }

    #[test]
    fn the_rows_of_a_loop_know_what_the_script_knew_and_the_script_nothing_of_theirs() {
        std::thread::spawn(|| {
            hold("outer-secret");
            let ((), sent) = noting(held(), || {
                assert!(is_in_row());
                note_all(&json!({"password2": "inner-secret"}));
            });
            let secrets = sent.secrets();
            assert_eq!(secrets.cover("outer-secret"), "(secret)");
            assert_eq!(secrets.cover("inner-secret"), "(secret)");
            assert!(!sent.has("outer-secret"));
            assert_eq!(
                known().cover("outer-secret inner-secret"),
                "(secret) inner-secret"
            );
        })
        .join()
        .unwrap();
    }

    #[test]
    fn outside_of_rows_the_last_ones_are_known() {
        std::thread::spawn(|| {
            for number in 0..2 * MOST {
                note_all(&json!({"password2": format!("password-{number}-")}));
            }
            let last = 2 * MOST - 1;
            assert_eq!(
                known().cover(&format!("password-0- password-{last}-")),
                "password-0- (secret)"
            );
        })
        .join()
        .unwrap();
    }

    #[test]
    fn a_record_loses_the_fields_that_hold_one() {
        let held = Held::default().and(["hunter22", "4111"].into_iter());
        noting(held, || {
            let record = json!({
                "id": "4111", "notes": "pw hunter22", "city": "Bonn",
                "items": {"item": [{"id": 1, "description": "hunter22"}]},
            });
            assert_eq!(
                Value::Object(without(record.as_object().unwrap().clone())),
                json!({"id": "4111", "city": "Bonn", "items": {"item": [{"id": 1}]}})
            );
        });
    }
}
