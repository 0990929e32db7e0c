//! `client_by_email`: the client with exactly that address, or nothing.
//!
//! `GetClients` matches the beginning of addresses, names and companies, so it
//! may find several clients, or another one. `GetClientsDetails` takes an
//! address and answers with one client; its address is compared all the same.
//! A *user* who has that address but is no client is not found here.

use std::sync::Arc;

use rhai::{Dynamic, Module};
use serde_json::{Map, Value};

use crate::catalog::{self, Action};
use crate::client::{ActionRef, CallError, CallErrorKind, Params, Reply};
use crate::run::Run;
use crate::script::api::connection::Connection;
use crate::script::api::named;
use crate::script::bulk::state::note_reply;
use crate::script::engine::function::{Fallible, function};
use crate::script::host::Host;
use crate::script::raise::Raised;

/// What WHMCS says when no client has that address.
const NOT_FOUND: &str = "Client Not Found";

/// Looks up the client with that address by means of `details`, which makes the call.
fn find(
    email: &str,
    details: impl FnOnce(Params) -> Result<Reply, CallError>,
) -> Result<Option<Map<String, Value>>, Raised> {
    let email = email.trim();
    if email.is_empty() {
        return Err(Raised::new("value", "no client has an empty email address")
            .hint("test first: `if row.email != \"\" { … }`"));
    }
    let params = Params::from_iter([("email".to_owned(), email.into())]);
    let mut body = match details(params) {
        Ok(reply) => reply.body,
        Err(error) if is_not_found(&error) => return Ok(None),
        Err(error) => return Err(Raised::of_call(error)),
    };
    // Before 7.x the client's fields stood at the top of the reply.
    let client = match body.remove("client") {
        Some(Value::Object(client)) => client,
        _ => body,
    };
    let found = client.get("email").and_then(Value::as_str).unwrap_or("");
    let is_same = found.to_lowercase() == email.to_lowercase();
    Ok(is_same.then_some(client))
}

fn is_not_found(error: &CallError) -> bool {
    error.kind == CallErrorKind::Api && error.message.contains(NOT_FOUND)
}

/// Adds `client_by_email`.
pub(crate) fn register(module: &mut Module, host: &Arc<Host>) {
    let host = Arc::clone(host);
    function(
        "client_by_email",
        &["email: &str", "map"],
        "The full record of the client with exactly that email address, or `()`; upper and lower \
         case are the same.\n```rhai\nlet client = client_by_email(\"jo@example.com\");\nif client \
         == () { log(\"not a client yet\") }\n```",
    )
    .set_into_module(module, move |email: &str| client(&host.run, email));
    function(
        "client_by_email",
        &["connection: connection", "email: &str", "map"],
        "The client of another server with exactly that email address, or `()`.",
    )
    .set_into_module(module, |to: &mut Connection, email: &str| {
        client(&to.0, email)
    });
}

pub(super) fn client(run: &Run, email: &str) -> Fallible<Dynamic> {
    let reply = |params| {
        let action = details();
        let reply = run.call(&ActionRef::Known(action), &params);
        reply.inspect(|reply| note_reply(action.name, reply))
    };
    let client = find(email, reply)?;
    let known = details().fields().field("client");
    let known = known.map(|fields| (details(), fields));
    Ok(client.map_or(Dynamic::UNIT, |client| {
        named(run, Value::Object(client), known)
    }))
}

fn details() -> &'static Action {
    match catalog::action("GetClientsDetails") {
        Some(action) => action,
        None => unreachable!("the catalog has every documented action"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::client::Delivery;
    use crate::script::test_engine::TestEngine;

    fn found(email: &str, body: &Value) -> Option<Value> {
        let reply = Reply::remembered(body.as_object().unwrap().clone());
        find(email, |_| Ok(reply)).unwrap().map(Value::Object)
    }

    fn failed(kind: CallErrorKind, message: &str) -> Result<Option<Map<String, Value>>, Raised> {
        find("x@example.com", |_| {
            Err(CallError {
                kind,
                action: "GetClientsDetails".to_owned(),
                message: message.to_owned(),
                hint: None,
                http: Some(200),
                delivery: Delivery::Refused,
            })
        })
    }

    #[test]
    fn the_client_with_that_address_is_found_whatever_the_case() {
        let client = json!({ "id": 7, "email": "Jo@Example.com" });
        let body = json!({ "result": "success", "client": client });
        assert_eq!(found(" jo@example.COM ", &body), Some(client));
    }

    #[test]
    fn a_client_with_another_address_is_not_the_one() {
        let body = json!({ "client": { "id": 7, "email": "jo@example.com.org" } });
        assert_eq!(found("jo@example.com", &body), None);
    }

    #[test]
    fn the_fields_may_stand_at_the_top() {
        let body = json!({ "id": 7, "email": "jo@example.com" });
        assert_eq!(found("jo@example.com", &body), Some(body));
    }

    #[test]
    fn the_address_is_sent_as_given() {
        let mut sent = Params::new();
        let reply = find("Jo+x@example.com", |params| {
            sent = params;
            Ok(Reply::default())
        });
        assert_eq!(reply.unwrap(), None);
        assert_eq!(Value::Object(sent), json!({ "email": "Jo+x@example.com" }));
    }

    #[test]
    fn no_such_client_is_nothing_and_every_other_error_is_raised() {
        assert!(
            failed(CallErrorKind::Api, "Client Not Found")
                .unwrap()
                .is_none()
        );
        assert!(failed(CallErrorKind::Api, "Something Else").is_err());
        assert!(failed(CallErrorKind::Http, "Client Not Found").is_err());
    }

    #[test]
    fn an_empty_address_is_refused_before_anything_is_sent() {
        assert_eq!(
            TestEngine::new().refusal("client_by_email(\" \")"),
            "no client has an empty email address\nhint: test first: `if row.email != \"\" { … }`"
        );
    }

    #[test]
    fn the_catalog_has_the_action() {
        assert_eq!(details().name, "GetClientsDetails");
    }
}
