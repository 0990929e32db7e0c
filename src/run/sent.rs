//! The secrets a row sends, noted while it goes on, so that whatever is kept of
//! the row can leave them out.

use std::cell::RefCell;

use secrecy::{ExposeSecret, SecretString};

use super::secrets;
use crate::client::{ActionRef, Params, Secrets};

/// Shorter texts say nothing: a `cvv` of `123` would hide a product of that number.
const SHORTEST: usize = 4;

/// Secrets that were sent.
#[derive(Default)]
pub struct Sent(Vec<SecretString>);

thread_local! {
    static SENT: RefCell<Option<Sent>> = const { RefCell::new(None) };
}

/// Stops noting, also when the body panics.
struct Stop;

impl Drop for Stop {
    fn drop(&mut self) {
        SENT.set(None);
    }
}

/// Runs the body and says which secrets its calls on this thread had.
pub fn noting<T>(body: impl FnOnce() -> T) -> (T, Sent) {
    SENT.set(Some(Sent::default()));
    let _stop = Stop;
    let result = body();
    let sent = SENT.with_borrow_mut(Option::take);
    (result, sent.unwrap_or_default())
}

/// Notes the secrets of a call, if somebody wants them.
pub(super) fn note(action: &ActionRef, params: &Params) {
    SENT.with_borrow_mut(|sent| {
        if let Some(Sent(sent)) = sent {
            let texts = secrets::texts(action, params).filter(|text| text.len() >= SHORTEST);
            sent.extend(texts.map(SecretString::from));
        }
    });
}

impl Sent {
    /// Whether that text is one of them.
    pub fn has(&self, text: &str) -> bool {
        self.0.iter().any(|secret| secret.expose_secret() == text)
    }

    /// What is to be covered: these and those.
    pub fn and<'s>(&'s self, more: impl Iterator<Item = &'s str>) -> Secrets {
        Secrets::new(self.0.iter().map(ExposeSecret::expose_secret).chain(more))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::catalog;

    #[test]
    fn secrets_of_calls_are_known_by_their_text_and_only_while_somebody_listens() {
        let action = ActionRef::Known(catalog::action("AddClient").unwrap());
        let params = json!({"email": "jo@example.com", "password2": "s3cr3t", "cvv": "123", "cardnum": 41111});
        let params = params.as_object().unwrap();
        note(&action, params);
        let ((), sent) = noting(|| note(&action, params));
        assert!(sent.has("s3cr3t") && sent.has("41111"));
        assert!(!sent.has("jo@example.com") && !sent.has("123") && !sent.has(""));
        let ((), sent) = noting(|| ());
        assert!(!sent.has("s3cr3t"));
    }
}
