//! Replies to calls that are not sent: what the catalog says the action returns.
//!
//! A field that the call itself gave is as given; whatever else WHMCS would make
//! up is planned. A list is empty, for nothing is in it yet, and so are its counts.

use serde_json::{Map, Value};

use super::planned::Planned;
use crate::catalog::{Action, Field, FieldKind};
use crate::client::{ActionRef, Params};
use crate::run::scope::Scope;

/// The reply of the n-th call of the action in a scope that was not sent.
pub fn reply(
    action: &ActionRef,
    params: &Params,
    number: u64,
    scope: &Scope,
) -> Map<String, Value> {
    let mut body = Map::from_iter([("result".to_owned(), "success".into())]);
    if let ActionRef::Known(action) = action {
        for field in action.returns {
            let planned = |name: &str| Planned::new(name, action.name, number, scope);
            let value = value(action, field, params, planned);
            put(&mut body, field.path, value);
        }
    }
    body
}

fn value(
    action: &Action,
    field: &Field,
    params: &Params,
    planned: impl Fn(&str) -> Planned,
) -> Value {
    match field.kind {
        FieldKind::List => return Value::Array(Vec::new()),
        FieldKind::Map => return Value::Object(Map::new()),
        _ => {}
    }
    let name = field.path.rsplit('.').next().unwrap_or(field.path);
    let is_at_top = name == field.path;
    let is_id = field.kind == FieldKind::Int;
    let given = params.get(name).filter(|value| is_scalar(value));
    match given {
        Some(given) if field.kind != FieldKind::Secret => given.clone(),
        // The counts that stand beside a list.
        _ if is_at_top && is_id && action.list.is_some() => 0.into(),
        _ if is_id => planned(name).id().marked(),
        _ => planned(name).marked(),
    }
}

fn is_scalar(value: &Value) -> bool {
    !value.is_array() && (!value.is_object() || Planned::read_mark(value).is_some())
}

/// Puts a field where its path says; the records of a list and entries whose
/// name is data are not there.
fn put(body: &mut Map<String, Value>, path: &str, value: Value) {
    match path.split_once('.') {
        None if path != "*" => {
            body.entry(path).or_insert(value);
        }
        Some((first, rest)) if first != "*" => {
            let inner = body.entry(first).or_insert_with(|| Map::new().into());
            if let Value::Object(inner) = inner {
                put(inner, rest, value);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::catalog;
    use crate::client::CustomKind;

    fn placeholder(name: &str, params: &Value) -> Value {
        let action = ActionRef::Known(catalog::action(name).unwrap());
        Value::Object(reply(&action, params.as_object().unwrap(), 2, &Scope::Main))
    }

    fn shown(name: &str, params: &Value) -> Value {
        super::super::planned::readable(&placeholder(name, params))
    }

    #[test]
    fn a_new_record_has_a_planned_id() {
        assert_eq!(
            shown("AddClient", &json!({"email": "jo@example.com"})),
            json!({
                "result": "success",
                "clientid": "<clientid of AddClient 2>",
                "owner_id": "<owner_id of AddClient 2>",
            })
        );
    }

    #[test]
    fn what_was_sent_comes_back() {
        let given = Planned::new("clientid", "AddClient", 1, &Scope::Main)
            .id()
            .marked();
        let reply = placeholder("CloseClient", &json!({"clientid": given}));
        assert_eq!(reply["clientid"], given);
        assert_eq!(
            shown("CloseClient", &json!({"clientid": 7})),
            json!({"result": "success", "clientid": 7})
        );
    }

    #[test]
    fn an_order_has_planned_services() {
        let reply = shown("AddOrder", &json!({"clientid": 7, "pid": [1]}));
        assert_eq!(reply["orderid"], "<orderid of AddOrder 2>");
        assert_eq!(reply["serviceids"], "<serviceids of AddOrder 2>");
    }

    #[test]
    fn a_list_of_what_does_not_exist_is_empty() {
        let reply = shown("GetInvoices", &json!({"userid": 7}));
        assert_eq!(reply["totalresults"], 0);
        assert_eq!(reply["invoices"]["invoice"], json!([]));
    }

    #[test]
    fn a_record_that_does_not_exist_has_planned_fields() {
        let reply = shown("GetClientsDetails", &json!({"clientid": 7}));
        assert_eq!(reply["client"]["email"], "<email of GetClientsDetails 2>");
    }

    #[test]
    fn a_secret_is_never_handed_back() {
        for action in catalog::actions() {
            let secrets = action.returns.iter();
            let secrets = secrets.filter(|field| field.kind == FieldKind::Secret);
            for field in secrets {
                let name = field.path.rsplit('.').next().unwrap();
                let reply = placeholder(action.name, &json!({name: "s3cr3t"}));
                assert!(!reply.to_string().contains("s3cr3t"), "{}", action.name);
            }
        }
    }

    #[test]
    fn every_list_of_the_catalog_can_be_walked() {
        for action in catalog::actions() {
            let Some(list) = &action.list else { continue };
            let pointer = format!("/{}", list.path.replace('.', "/"));
            let reply = placeholder(action.name, &json!({}));
            assert_eq!(reply.pointer(&pointer), Some(&json!([])), "{}", action.name);
        }
    }

    #[test]
    fn of_an_unknown_action_only_its_success_is_known() {
        let action = ActionRef::Other {
            name: "MyAction".into(),
            kind: CustomKind::Write,
        };
        let reply = Value::Object(reply(&action, &Params::new(), 1, &Scope::Main));
        assert_eq!(reply, json!({"result": "success"}));
    }
}
