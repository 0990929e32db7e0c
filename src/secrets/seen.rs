//! The secrets that a run, a row, a script or a session has seen, noted while it goes on,
//! so that whatever is kept or shown of it can leave them out wherever they stand.
//!
//! Those it sent; those it holds: cells, arguments and variables that are called like a
//! secret, and the credentials of its servers; and those that a reply told it. The last are
//! written down nowhere, and yet may be printed: to tell them is why such a call is made.
//! A row knows its own, and what the script itself knew when the loop began.

use std::borrow::Cow;
use std::cell::{OnceCell, RefCell};
use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};

use super::cover::{Cover, covered, is_covered};
use super::names::is_secret;
use super::replies::cover_reply;
use super::values::{cover_in, holds, texts_of};
use crate::catalog::Action;

/// Of what a reply tells, anything shorter says nothing: it would hide a product of that
/// number.
const SHORTEST_LEARNED: usize = 4;

/// So many of the last ones of each kind are known outside of rows: there may be as many as
/// a file has rows, and a list may have as many as a server has services.
const MOST: usize = 100;

/// How a secret came to be known.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Origin {
    /// It is an argument or a variable, and is known to the end.
    Kept,
    /// It is in a cell that is called like a secret.
    Held,
    /// A call sent it.
    Sent,
    /// A reply told it.
    Told,
}

/// Secrets that will not become more, ready to be covered.
#[derive(Debug, Default)]
pub struct Known {
    secrets: Vec<(Origin, SecretString)>,
    /// Covers all but those that a reply told.
    shown: Cover,
    told: Cover,
}

impl Known {
    /// Secrets that are known to the end, such as credentials.
    pub fn from_secrets(secrets: Vec<SecretString>) -> Self {
        let kept = secrets.into_iter().map(|secret| (Origin::Kept, secret));
        Self::from(kept.collect::<Vec<_>>())
    }

    /// What covers them.
    pub fn cover(&self) -> &Cover {
        &self.shown
    }
}

impl From<Vec<(Origin, SecretString)>> for Known {
    fn from(secrets: Vec<(Origin, SecretString)>) -> Self {
        let cover = |is_told: bool| {
            let those = secrets.iter();
            let those = those.filter(|(origin, _)| (*origin == Origin::Told) == is_told);
            Cover::new(those.map(|(_, secret)| secret.expose_secret()))
        };
        Self {
            shown: cover(false),
            told: cover(true),
            secrets,
        }
    }
}

/// Secrets that are known before something begins.
#[derive(Clone, Debug, Default)]
pub struct Held(Vec<Arc<Known>>);

/// The secrets that a thread has seen.
#[derive(Default)]
pub struct Seen {
    before: Vec<Arc<Known>>,
    own: Vec<(Origin, SecretString)>,
    ready: OnceCell<Arc<Known>>,
    is_row: bool,
}

thread_local! {
    static SEEN: RefCell<Seen> = RefCell::default();
}

/// Puts back what was seen before the row, also when the body panics.
struct Outer(Seen);

impl Drop for Outer {
    fn drop(&mut self) {
        SEEN.set(std::mem::take(&mut self.0));
    }
}

/// Runs the body of a row that holds those secrets, and says which it knew at its end.
pub fn noting<'c, T>(
    before: &Held,
    holding: impl Iterator<Item = &'c str>,
    body: impl FnOnce() -> T,
) -> (T, Seen) {
    let mut row = Seen {
        before: before.0.clone(),
        is_row: true,
        ..Seen::default()
    };
    holding.for_each(|secret| row.add(Origin::Held, secret));
    let _outer = Outer(SEEN.replace(row));
    let result = body();
    (result, SEEN.take())
}

/// What the thread knows, for the rows of a loop that it begins, or for who reads with it.
pub fn held() -> Held {
    SEEN.with_borrow(|seen| {
        let mut all = seen.before.clone();
        if !seen.own.is_empty() {
            all.push(Arc::clone(seen.ready()));
        }
        Held(all)
    })
}

/// Notes a secret that the thread works with.
pub fn hold(secret: &str) {
    SEEN.with_borrow_mut(|seen| seen.add(Origin::Held, secret));
}

/// Notes a secret that a script gave the name of one. What is known stays as it is known:
/// what a reply told may go on to be shown.
pub fn note_named(secret: &str) {
    SEEN.with_borrow_mut(|seen| {
        let before = seen.before.iter().flat_map(|known| &known.secrets);
        let mut known = before.chain(&seen.own);
        if !known.any(|(_, known)| known.expose_secret() == secret) {
            seen.add(Origin::Held, secret);
        }
    });
}

/// Notes the secrets of a value that the names in it tell, at any depth.
pub fn hold_named(value: &Value) {
    each_named_in(value, &mut hold);
}

/// Calls for each text under the name of a secret.
fn each_named(entries: &Map<String, Value>, found: &mut dyn FnMut(&str)) {
    for (name, value) in entries {
        if is_secret(name) {
            for secret in texts_of(value) {
                found(&secret);
            }
        } else {
            each_named_in(value, found);
        }
    }
}

fn each_named_in(value: &Value, found: &mut dyn FnMut(&str)) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| each_named_in(item, found)),
        Value::Object(entries) => each_named(entries, found),
        _ => {}
    }
}

/// Notes a secret that the thread is to know to its end.
pub fn keep(secret: &str) {
    SEEN.with_borrow_mut(|seen| seen.add(Origin::Kept, secret));
}

/// Notes a secret that a reply told.
pub fn learn(secret: &str) {
    if secret.chars().count() >= SHORTEST_LEARNED {
        SEEN.with_borrow_mut(|seen| seen.add(Origin::Told, secret));
    }
}

/// Notes secrets of a call.
pub fn note_sent(secrets: &[String]) {
    SEEN.with_borrow_mut(|seen| {
        for secret in secrets {
            seen.add(Origin::Sent, secret);
        }
    });
}

/// Notes secrets that others know too, such as the credentials of a server.
pub fn share(known: &Arc<Known>) {
    SEEN.with_borrow_mut(|seen| {
        if !seen.before.iter().any(|before| Arc::ptr_eq(before, known)) {
            seen.before.push(Arc::clone(known));
        }
    });
}

/// Notes secrets that another thread knows.
pub fn hold_all(held: &Held) {
    SEEN.with_borrow_mut(|seen| {
        for known in &held.0 {
            if seen.before.iter().any(|before| Arc::ptr_eq(before, known)) {
                continue;
            }
            for (origin, secret) in &known.secrets {
                seen.add(*origin, secret.expose_secret());
            }
        }
    });
}

/// Whether the thread is at a row.
pub fn is_in_row() -> bool {
    SEEN.with_borrow(|seen| seen.is_row)
}

/// A text as it may be written down.
pub fn cover_text(text: &str) -> Cow<'_, str> {
    SEEN.with_borrow(|seen| seen.covered(text))
}

/// A text as it may be shown to who runs the script: what a reply told him stays.
pub fn cover_shown(text: &str) -> Cow<'_, str> {
    SEEN.with_borrow(|seen| covered(&seen.covers(false), text))
}

/// Covers what the thread knows in every text of a value.
pub fn cover_value(value: &mut Value) {
    SEEN.with_borrow(|seen| seen.cover(value));
}

/// Whether there is anything in one of the values that [`cover_value`] would cover.
pub fn knows_any<'v>(mut values: impl Iterator<Item = &'v Value>) -> bool {
    SEEN.with_borrow(|seen| {
        let covers = seen.covers(true);
        !covers.is_empty() && values.any(|value| holds(&covers, value))
    })
}

/// Covers what the thread sent or holds in a reply to it, as far as that leaves the reply's
/// own numbers and days alone.
pub fn cover_in_reply(action: Option<&'static Action>, reply: &mut Map<String, Value>) {
    SEEN.with_borrow(|seen| cover_reply(action, &seen.covers(false), reply));
}

/// The same with what replies told, for what is written down of it.
pub fn cover_all_in_reply(action: Option<&'static Action>, reply: &mut Map<String, Value>) {
    SEEN.with_borrow(|seen| cover_reply(action, &seen.covers(true), reply));
}

/// A record without the fields in whose text a secret stands: what is brought back from it
/// must not be a cover.
pub fn without_covered(mut record: Map<String, Value>) -> Map<String, Value> {
    SEEN.with_borrow(|seen| {
        remove(&mut record, &seen.covers(true));
    });
    record
}

fn remove(record: &mut Map<String, Value>, covers: &[&Cover]) {
    record.retain(|_, value| match value {
        // A number may well be that of a record.
        Value::String(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => true,
        Value::String(text) => {
            !is_covered(text) && matches!(covered(covers, text), Cow::Borrowed(_))
        }
        _ => true,
    });
    for value in record.values_mut() {
        match value {
            Value::Object(inner) => remove(inner, covers),
            Value::Array(items) => {
                let inner = items.iter_mut().filter_map(Value::as_object_mut);
                inner.for_each(|inner| remove(inner, covers));
            }
            _ => {}
        }
    }
}

impl Seen {
    /// Whether that text is one of those sent, and long enough to be no number of a record.
    pub fn sent(&self, text: &str) -> bool {
        let is_it = |(origin, secret): &(Origin, SecretString)| {
            *origin == Origin::Sent && secret.expose_secret() == text
        };
        text.chars().count() >= SHORTEST_LEARNED && self.own.iter().any(is_it)
    }

    /// Notes the secrets among the columns that a row gave back, at any depth.
    pub fn note_columns(&mut self, columns: &Map<String, Value>) {
        each_named(columns, &mut |secret| self.add(Origin::Held, secret));
    }

    /// A text as it may be written down.
    pub fn covered<'t>(&self, text: &'t str) -> Cow<'t, str> {
        covered(&self.covers(true), text)
    }

    /// Covers what is known in every text of a value.
    pub fn cover(&self, value: &mut Value) {
        cover_in(&self.covers(true), value);
    }

    fn add(&mut self, origin: Origin, secret: &str) {
        if secret.is_empty() {
            return;
        }
        let mut own = self.own.iter_mut();
        if let Some((known, _)) = own.find(|(_, known)| known.expose_secret() == secret) {
            // What was told and then sent is a secret that was sent.
            if origin != *known && origin != Origin::Told {
                *known = origin;
                self.ready.take();
            }
            return;
        }
        let of_its_kind = || self.own.iter().filter(|(known, _)| *known == origin);
        if !self.is_row && origin != Origin::Kept && of_its_kind().count() >= MOST {
            let first = self.own.iter().position(|(known, _)| *known == origin);
            first.map(|at| self.own.remove(at));
        }
        self.own.push((origin, secret.to_owned().into()));
        self.ready.take();
    }

    fn ready(&self) -> &Arc<Known> {
        self.ready
            .get_or_init(|| Arc::new(Known::from(self.own.clone())))
    }

    fn covers(&self, with_told: bool) -> Vec<&Cover> {
        let own = (!self.own.is_empty()).then(|| self.ready());
        let known = self.before.iter().chain(own);
        let both = known.flat_map(|known| [Some(&known.shown), with_told.then_some(&known.told)]);
        both.flatten().filter(|cover| !cover.is_empty()).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn text(text: &str) -> String {
        cover_text(text).into_owned()
    }

    fn sent(secret: &str) {
        note_sent(&[secret.to_owned()]);
    }

    #[test]
    fn a_row_knows_its_own_and_what_was_known_before() {
        sent("of-the-script");
        let before = held();
        let ((), row) = noting(&before, ["of-a-cell"].into_iter(), || {
            assert!(is_in_row());
            sent("of-the-row");
            let all = "of-the-script of-a-cell of-the-row";
            assert_eq!(text(all), "(secret) (secret) (secret)");
        });
        assert!(row.sent("of-the-row") && !row.sent("of-a-cell") && !row.sent("of-the-script"));
        assert_eq!(row.covered("of-the-row of-the-script"), "(secret) (secret)");
        assert!(!is_in_row());
        assert_eq!(text("of-the-script of-the-row"), "(secret) of-the-row");
    }

    #[test]
    fn what_a_row_knew_is_forgotten_even_when_it_panics() {
        let caught = std::panic::catch_unwind(|| {
            noting(&Held::default(), std::iter::empty(), || {
                sent("of-the-row");
                panic!("as it may");
            })
        });
        assert!(caught.is_err());
        assert_eq!(text("of-the-row"), "of-the-row");
    }

    #[test]
    fn outside_of_rows_the_last_hundred_of_a_kind_are_known_and_what_is_kept() {
        keep("of-the-arguments");
        share(&Arc::new(Known::from_secrets(vec![
            "of-the-profile".to_owned().into(),
        ])));
        hold("of-a-cell");
        for number in 0..=MOST {
            sent(&format!("secret-no-{number:04}"));
        }
        assert_eq!(
            text("secret-no-0000 secret-no-0001"),
            "secret-no-0000 (secret)"
        );
        let others = "of-the-arguments of-the-profile of-a-cell";
        assert_eq!(text(others), "(secret) (secret) (secret)");
        let ((), row) = noting(&Held::default(), std::iter::empty(), || {
            (0..=MOST).for_each(|number| sent(&format!("secret-no-{number:04}")));
        });
        assert!(row.sent("secret-no-0000"));
    }

    #[test]
    fn what_a_reply_told_may_be_shown_and_not_written_down() {
        learn("told-by-a-reply");
        learn("abc");
        assert_eq!(text("told-by-a-reply abc"), "(secret) abc");
        assert_eq!(text("abc"), "abc");
        assert_eq!(cover_shown("told-by-a-reply"), "told-by-a-reply");
        sent("told-by-a-reply");
        assert_eq!(cover_shown("told-by-a-reply"), "(secret)");
    }

    #[test]
    fn another_thread_learns_what_this_one_knows() {
        sent("of-one-thread");
        share(&Arc::new(Known::from_secrets(vec![
            "of-the-profile".to_owned().into(),
        ])));
        let known = held();
        let there = std::thread::spawn(move || {
            hold_all(&known);
            hold_all(&known);
            text("of-one-thread of-the-profile")
        });
        assert_eq!(there.join().unwrap(), "(secret) (secret)");
    }

    #[test]
    fn of_a_record_what_holds_a_secret_is_left_out() {
        sent("hunter22");
        sent("4711");
        let record = json!({
            "id": "4711", "notes": "pw hunter22", "city": "Bonn",
            "list": [{"a": "hunter22", "b": 1}],
        });
        let left = without_covered(record.as_object().unwrap().clone());
        assert_eq!(
            Value::Object(left),
            json!({"id": "4711", "city": "Bonn", "list": [{"b": 1}]})
        );
    }
}
