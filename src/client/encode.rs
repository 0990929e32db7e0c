//! A call's parameters as WHMCS wants them on the wire.
//!
//! The catalog says how each parameter travels; a name it does not know, and
//! every parameter of an action it does not know, goes by the plain rules. The
//! sandbox has its own decoder on purpose: nothing here may be shared with it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use secrecy::ExposeSecret;
use serde_json::{Number, Value};

use super::digest::md5_hex;
use super::form::Form;
use super::{ActionRef, Credentials, Params, Server, php};
use crate::catalog::{self, Encoding, Param, ParamKind};

/// The body of a request on its way: the action, then its parameters, then the credentials.
pub(super) struct Encoder(Form);

impl Encoder {
    /// The body of a call of that action.
    pub fn new(action: &ActionRef) -> Self {
        let mut form = Form::new();
        form.add("action", action.name());
        Self(form)
    }

    /// Adds what is given under that name, with what the catalog knows of it.
    pub fn add(&mut self, param: Option<&Param>, name: &str, value: &Value) {
        let form = &mut self.0;
        match param {
            Some(param) if param.name == name => add_param(form, param, value),
            Some(param) => add_element(form, param, name, value),
            None => add_plain(form, name, value, None),
        }
    }

    /// The whole body, for that server.
    pub fn finish(self, server: &Server) -> Form {
        let mut form = self.0;
        form.add("responsetype", "json");
        add_credentials(&mut form, server);
        form
    }
}

fn add_credentials(form: &mut Form, server: &Server) {
    match &server.credentials {
        Credentials::Api { identifier, secret } => {
            form.add("identifier", identifier);
            form.add("secret", secret.expose_secret());
        }
        Credentials::Admin { username, password } => {
            form.add("username", username);
            form.add("password", &md5_hex(password.expose_secret()));
        }
    }
    if let Some(key) = &server.access_key {
        form.add("accesskey", key.expose_secret());
    }
}

/// A parameter under its own name.
fn add_param(form: &mut Form, param: &Param, value: &Value) {
    let name = param.name;
    match param.encoding {
        Encoding::Plain => match value {
            Value::Array(ids) if param.kind == ParamKind::Ids => form.add(name, &joined(ids)),
            value if param.kind.element().is_some() => {
                for (key, item) in listed(param, value) {
                    add_plain(form, &format!("{name}[{key}]"), item, Some(param));
                }
            }
            value => add_plain(form, name, value, Some(param)),
        },
        Encoding::Serialized => add_encoded(form, name, param, value, serialized),
        Encoding::Json64 => add_encoded(form, name, param, value, json),
        Encoding::SerializedEach => {
            for (key, item) in listed(param, value) {
                add_each(form, &format!("{name}[{key}]"), item);
            }
        }
        Encoding::Numbered => {
            for (key, item) in listed(param, value) {
                // An array's lines count from one; a map says its own numbers.
                let number = match (value, key.parse::<usize>()) {
                    (Value::Array(_), Ok(at)) => (at + 1).to_string(),
                    (Value::Object(_), _) => key,
                    _ => "1".into(),
                };
                add_plain(form, &format!("{name}{number}"), item, Some(param));
            }
        }
        Encoding::OnOff => add_on_off(form, name, value),
    }
}

/// One element of a parameter under a name such as `pid[0]`.
fn add_element(form: &mut Form, param: &Param, name: &str, value: &Value) {
    if param.encoding == Encoding::SerializedEach {
        add_each(form, name, value);
    } else {
        add_plain(form, name, value, Some(param));
    }
}

/// Scalars as they are, booleans as 1/0, arrays and maps in PHP brackets.
///
/// Nothing is sent for null, and so for an empty array: a form cannot say it.
/// What the catalog knows of the parameter shapes its texts: words for true and false
/// become 1/0 too, since to PHP the text `false` is true, and words of a fixed list leave
/// as they are documented.
fn add_plain(form: &mut Form, name: &str, value: &Value, param: Option<&Param>) {
    match value {
        Value::Null => {}
        Value::Bool(truth) => form.add(name, if *truth { "1" } else { "0" }),
        Value::Number(number) => form.add(name, &digits(number)),
        Value::String(text) => match (param, catalog::truth(text)) {
            (None, _) => form.add(name, text),
            (Some(param), Some(truth)) if is_truth(param) => {
                form.add(name, if truth { "1" } else { "0" });
            }
            (Some(param), _) => form.add(name, &catalog::spelled(param, text)),
        },
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                add_plain(form, &format!("{name}[{at}]"), item, param);
            }
        }
        Value::Object(fields) => {
            for (key, item) in fields {
                add_plain(form, &format!("{name}[{key}]"), item, param);
            }
        }
    }
}

fn add_on_off(form: &mut Form, name: &str, value: &Value) {
    let is_on = match value {
        Value::Bool(truth) => Some(*truth),
        Value::Number(number) => Some(number.as_f64() != Some(0.0)),
        Value::String(text) => catalog::truth(text),
        _ => None,
    };
    match is_on {
        Some(true) => form.add(name, "on"),
        Some(false) => form.add(name, "off"),
        None => add_plain(form, name, value, None),
    }
}

/// The whole value as base64; text was encoded by the caller and goes as it is.
fn add_encoded(
    form: &mut Form,
    name: &str,
    param: &Param,
    value: &Value,
    encode: fn(&Value) -> String,
) {
    match value {
        Value::Null => {}
        Value::String(ready) => form.add(name, ready),
        // One record stands for a list of one.
        one if param.kind.element().is_some() && !one.is_array() => {
            form.add(name, &encode(&Value::Array(vec![one.clone()])));
        }
        value => form.add(name, &encode(value)),
    }
}

fn add_each(form: &mut Form, name: &str, value: &Value) {
    match value {
        Value::Null => {}
        Value::String(ready) => form.add(name, ready),
        value => form.add(name, &serialized(value)),
    }
}

fn serialized(value: &Value) -> String {
    BASE64.encode(php::serialize(value))
}

fn json(value: &Value) -> String {
    BASE64.encode(value.to_string())
}

/// The elements of an array parameter with their keys; anything that is not an
/// array stands for an array of one, except a map of positions.
fn listed<'v>(param: &Param, value: &'v Value) -> Vec<(String, &'v Value)> {
    match value {
        Value::Array(items) => items
            .iter()
            .enumerate()
            .map(|(at, item)| (at.to_string(), item))
            .collect(),
        Value::Object(items)
            if param.kind.element() != Some(ParamKind::Map) || is_each_placed(param, items) =>
        {
            items
                .iter()
                .map(|(key, item)| (key.clone(), item))
                .collect()
        }
        one => vec![("0".into(), one)],
    }
}

/// Whether a map gives records that are sent one by one by their places.
fn is_each_placed(param: &Param, items: &Params) -> bool {
    param.encoding == Encoding::SerializedEach && catalog::is_list_of_places(items)
}

fn is_truth(param: &Param) -> bool {
    let kind = param.each.unwrap_or(param.kind);
    matches!(kind, ParamKind::Bool | ParamKind::Bools)
}

fn joined(ids: &[Value]) -> String {
    let ids: Vec<String> = ids
        .iter()
        .filter(|id| !id.is_null())
        .map(|id| match id {
            Value::String(text) => text.trim().to_owned(),
            Value::Number(number) => digits(number),
            other => other.to_string(),
        })
        .collect();
    ids.join(",")
}

/// A number without an exponent and without an idle `.0`.
fn digits(number: &Number) -> String {
    match number.as_f64() {
        Some(float) if number.is_f64() => float.to_string(),
        _ => number.to_string(),
    }
}
