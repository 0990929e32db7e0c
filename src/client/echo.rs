//! Secrets that come back: what a server says of a call may hold what was sent.
//!
//! PHP writes arguments into its warnings and debug pages the whole request. In
//! what is said of a reply such a secret is covered; the reply's own fields are not
//! touched.

use std::borrow::Cow;
use std::fmt::Write as _;

use secrecy::ExposeSecret as _;
use serde_json::Value;

use super::encode::md5_hex;
use super::form::Form;
use super::{ActionRef, Credentials, Params, Server};
use crate::catalog;

/// What stands where a secret stood.
const COVER: &str = "(secret)";
/// Anything shorter is in every text.
const SHORTEST: usize = 3;
/// Anything shorter is a secret only as a word of its own.
const PLAIN: usize = 6;

/// Secrets as they may be written in a text.
#[derive(Default)]
pub struct Secrets(Vec<String>);

impl Secrets {
    /// These, however they are encoded.
    pub fn new<'s>(secrets: impl IntoIterator<Item = &'s str>) -> Self {
        let mut spelled: Vec<String> = secrets.into_iter().flat_map(spellings).collect();
        // Of two the longer first: the shorter may be its beginning.
        spelled.sort_by(|one, other| other.len().cmp(&one.len()).then(one.cmp(other)));
        spelled.dedup();
        Self(spelled)
    }

    /// The credentials and the secret parameters of a call.
    pub(super) fn of_call(server: &Server, action: &ActionRef, params: &Params) -> Self {
        let mut found = credentials(server);
        for (name, value) in params {
            if is_secret(action, name) {
                found.extend(texts_of(value));
            }
        }
        Self::new(found.iter().map(String::as_str))
    }

    /// Whether there are none that could stand in a text.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Covers them in every text of a value.
    pub fn cover_value(&self, value: &mut Value) {
        match value {
            Value::String(text) => {
                if let Cow::Owned(covered) = self.cover(text) {
                    *text = covered;
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.cover_value(item)),
            Value::Object(map) => map.values_mut().for_each(|item| self.cover_value(item)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// The text with each of them covered.
    pub fn cover<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut covered = Cow::Borrowed(text);
        for secret in &self.0 {
            if let Some(without) = without(&covered, secret) {
                covered = Cow::Owned(without);
            }
        }
        covered
    }
}

fn credentials(server: &Server) -> Vec<String> {
    let mut found = match &server.credentials {
        Credentials::Api { secret, .. } => vec![secret.expose_secret().to_owned()],
        Credentials::Admin { password, .. } => {
            let password = password.expose_secret();
            vec![password.to_owned(), md5_hex(password)]
        }
    };
    let key = server.access_key.iter();
    found.extend(key.map(|key| key.expose_secret().to_owned()));
    found
}

/// Of an action nobody knows, what is secret in any other.
fn is_secret(action: &ActionRef, name: &str) -> bool {
    let known = match action {
        ActionRef::Known(action) => catalog::parameter(action, name),
        ActionRef::Other { .. } => None,
    };
    known.map_or_else(
        || {
            let params = catalog::actions().iter().flat_map(|action| action.params);
            let mut secret = params.filter(|param| param.secret);
            secret.any(|param| param.name.eq_ignore_ascii_case(name))
        },
        |param| param.secret,
    )
}

/// Whether a secret was covered in that text.
pub fn is_covered(text: &str) -> bool {
    text.contains(COVER)
}

/// Every text and number in a value, at whatever depth.
pub fn texts_of(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Number(number) => vec![number.to_string()],
        Value::Array(items) => items.iter().flat_map(texts_of).collect(),
        Value::Object(map) => map.values().flat_map(texts_of).collect(),
        Value::Null | Value::Bool(_) => Vec::new(),
    }
}

/// As it is, in a form, in JSON and in HTML.
fn spellings(secret: &str) -> Vec<String> {
    if secret.chars().count() < SHORTEST {
        return Vec::new();
    }
    let mut form = Form::new();
    form.add("", secret);
    let form = String::from_utf8_lossy(&form.bytes()[1..]).into_owned();
    let quoted = Value::from(secret).to_string();
    let json = quoted[1..quoted.len() - 1].to_owned();
    let html = secret
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;");
    vec![
        secret.to_owned(),
        form.replace('+', "%20"),
        form,
        php_json(&json),
        json,
        html.replace('\'', "&#039;"),
        html,
    ]
}

/// As PHP writes JSON: slashes escaped, and all that is not ASCII.
fn php_json(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for letter in json.replace('/', "\\/").chars() {
        if letter.is_ascii() {
            text.push(letter);
        } else {
            for unit in letter.encode_utf16(&mut [0; 2]) {
                // Writing to a string cannot fail.
                let _ = write!(text, "\\u{unit:04x}");
            }
        }
    }
    text
}

/// The text without that secret; nothing where it does not stand in it.
fn without(text: &str, secret: &str) -> Option<String> {
    let is_short = secret.chars().count() < PLAIN;
    let mut result = String::new();
    let mut done = 0;
    for (at, _) in text.match_indices(secret) {
        let end = at + secret.len();
        let before = text[..at].chars().next_back();
        let after = text[end..].chars().next();
        let is_part = |next: Option<char>| next.is_some_and(char::is_alphanumeric);
        if is_short && (is_part(before) || is_part(after)) {
            continue;
        }
        result.push_str(&text[done..at]);
        result.push_str(COVER);
        done = end;
    }
    (done > 0).then(|| result + &text[done..])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::catalog::action;

    #[test]
    fn a_secret_is_covered_however_it_is_spelled() {
        let secrets = Secrets::new(["pä/s \"w&rd'", "s3cret", "s3cret-and-more"]);
        for spelled in [
            "pä/s \"w&rd'",
            "p%C3%A4%2Fs+%22w%26rd%27",
            "p%C3%A4%2Fs%20%22w%26rd%27",
            "pä/s \\\"w&rd'",
            "p\\u00e4\\/s \\\"w&rd'",
            "pä/s &quot;w&amp;rd&#039;",
            "s3cret",
            "s3cret-and-more",
        ] {
            let text = format!("f({spelled}) in {spelled}, {spelled}.php");
            assert_eq!(
                secrets.cover(&text),
                "f((secret)) in (secret), (secret).php",
                "{spelled}"
            );
        }
        assert_eq!(secrets.cover("nothing"), "nothing");
    }

    #[test]
    fn a_short_one_is_covered_where_it_stands_alone() {
        let secrets = Secrets::new(["123", "x", ""]);
        assert_eq!(
            secrets.cover("cvv 123, client 1234 x"),
            "cvv (secret), client 1234 x"
        );
    }

    #[test]
    fn the_secrets_of_a_call_are_its_credentials_and_what_the_catalog_says() {
        let credentials = Credentials::Admin {
            username: "admin".into(),
            password: "opensesame".into(),
        };
        let mut server = Server::new("main", "https://billing.example.com", credentials);
        server.access_key = Some("door-key".into());
        let params = json!({"password2": "hunter22", "email": "jo@example.com"});
        let text = format!(
            "admin opensesame {} door-key hunter22 jo@example.com",
            md5_hex("opensesame")
        );
        let custom = ActionRef::Other {
            name: "Own".into(),
            kind: crate::client::CustomKind::Write,
        };
        for action in [ActionRef::Known(action("AddClient").unwrap()), custom] {
            let secrets = Secrets::of_call(&server, &action, params.as_object().unwrap());
            assert_eq!(
                secrets.cover(&text),
                "admin (secret) (secret) (secret) (secret) jo@example.com"
            );
        }
    }
}
