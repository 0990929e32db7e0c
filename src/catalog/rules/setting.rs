//! Updates that set nothing.

use serde_json::{Map, Value};

use crate::catalog::{Action, parameter};

impl Action {
    /// Whether an update with those parameters changes nothing: they only say what is to
    /// be changed. Empty text sets a field, an empty array or map is not sent at all.
    pub fn sets_nothing(&self, params: &Map<String, Value>) -> bool {
        self.sets && params.iter().all(|(name, value)| self.is_idle(name, value))
    }

    fn is_idle(&self, name: &str, value: &Value) -> bool {
        match parameter(self, name) {
            Some(param) => param.idle || self.about.contains(&param.name) || is_empty(value),
            // What the catalog does not know may set anything.
            None => false,
        }
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
#[allow(
    clippy::needless_pass_by_value,
    reason = "what `json!` makes is written in place"
)]
mod tests {
    use serde_json::json;

    use crate::catalog::action;

    #[test]
    fn who_is_meant_is_not_what_is_set() {
        let sets_nothing = |name: &str, params: serde_json::Value| {
            action(name)
                .unwrap()
                .sets_nothing(params.as_object().unwrap())
        };
        for (name, params) in [
            ("UpdateClient", json!({"clientid": 1})),
            (
                "UpdateClient",
                json!({"clientemail": "jo@example.com", "skipvalidation": true}),
            ),
            ("UpdateClient", json!({"clientid": 1, "customfields": {}})),
            ("UpdateClientProduct", json!({"serviceid": 1, "unset": []})),
        ] {
            assert!(sets_nothing(name, params.clone()), "{name} {params}");
        }
        for (name, params) in [
            ("UpdateClient", json!({"clientid": 1, "notes": ""})),
            ("UpdateClient", json!({"clientid": 1, "city": null})),
            ("UpdateClient", json!({"clientid": 1, "own": "x"})),
            (
                "UpdateClientProduct",
                json!({"serviceid": 1, "autorecalc": true}),
            ),
            ("PendingOrder", json!({"orderid": 1})),
            ("CreateOrUpdateTLD", json!({"extension": ".com"})),
        ] {
            assert!(!sets_nothing(name, params.clone()), "{name} {params}");
        }
    }
}
